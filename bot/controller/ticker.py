"""The ticks that wake the workers, and check database, configuration and alerts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

from bot.store.agenda import Agenda
from bot.store.database import Store, StoreError, StoreGone

LOG = logging.getLogger(__name__)

RELOAD_SECONDS = 5.0  # how soon a changed configuration is seen
WATCH_SECONDS = 60.0

# A process that was stopped for an hour (a suspended machine) has missed 3,600 ticks. `coalesce` makes them one; no
# grace time, however short, lets that one be dropped for being late; and a slow tick is not run twice at a time.
MISSED_TICKS = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}


def new_scheduler() -> BackgroundScheduler:
    """A scheduler that runs a tick that was missed once, however often and for however long it was missed."""
    return BackgroundScheduler(timezone="UTC", job_defaults=MISSED_TICKS)


class Ticker:
    """APScheduler's clock, which only ticks: the agenda knows what is due, so a missed tick loses nothing.

    `reload` takes up a changed configuration, `watch` tells the operator what is new; `ticked` is the machine second
    of the latest tick, None before the first."""

    def __init__(
        self,
        agenda: Agenda,
        store: Store,
        gone: Callable[[str], None],
        reload: Callable[[], None],
        watch: Callable[[], None],
    ) -> None:
        self._agenda, self._store, self._gone = agenda, store, gone
        self.ticked: float | None = None
        self._scheduler = new_scheduler()
        self._scheduler.add_job(self._tick, "interval", seconds=1, id="sweep")
        self._scheduler.add_job(self._check, "interval", seconds=5, id="database")
        self._scheduler.add_job(reload, "interval", seconds=RELOAD_SECONDS, id="configuration")
        self._scheduler.add_job(watch, "interval", seconds=WATCH_SECONDS, id="operator")

    def start(self) -> None:
        """Start ticking in a thread of its own."""
        self._scheduler.start()
        self._tick()

    def stop(self) -> None:
        """Stop ticking."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _tick(self) -> None:
        self.ticked = self._store.clock.machine()
        try:
            due = self._agenda.claimable()
        except StoreError:
            return  # the workers say so, and wait for it themselves
        if due:  # one question a second, where every worker of every replica would else claim in vain
            self._agenda.nudge()

    def _check(self) -> None:
        try:
            self._store.check_file()
        except StoreGone as gone:
            self._gone(str(gone))
        except StoreError as down:
            LOG.error("%s", down)
