"""Starts the bot's own threads in each gunicorn worker, after it was forked; --preload is fine."""

import sys

from bot.store.database import StoreBusy, StoreError

REFUSED = 3  # gunicorn takes this exit for a worker that can never start, and ends instead of trying for ever


def post_worker_init(worker):
    """Every worker is one more replica; a SQLite file takes one alone, and a second one ends gunicorn."""
    try:
        worker.wsgi.extensions["bot"].start()
    except StoreError as error:
        hint = " With SQLite give gunicorn --workers 1." if isinstance(error, StoreBusy) else ""
        worker.log.critical("%s.%s", error, hint)
        sys.exit(REFUSED)


def worker_exit(server, worker):
    """Give leases back before the worker ends."""
    bot = worker.wsgi.extensions["bot"]
    if bot.running:
        bot.stop()
