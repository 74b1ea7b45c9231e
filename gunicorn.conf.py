"""Starts the bot's own threads in each gunicorn worker, after it was forked."""


def post_worker_init(worker):
    """Every worker is one more replica; with SQLite, which one process serves, run a single worker."""
    worker.wsgi.extensions["bot"].start()


def worker_exit(server, worker):
    """Give leases back before the worker ends."""
    bot = worker.wsgi.extensions["bot"]
    if bot.running:
        bot.stop()
