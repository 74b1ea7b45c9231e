"""Threads that take from the agenda what is due, and have it worked on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from bot.controller.periodic_jobs import Jobs
from bot.controller.reconciler import Reconciler
from bot.store.agenda import Agenda, Claim
from bot.store.database import Store, StoreError, StoreGone
from bot.store.keys import JOB

LOG = logging.getLogger(__name__)


class Workers:
    """Threads that work what is due, a claim at a time each. `gone` is called where the database went away."""

    def __init__(
        self,
        agenda: Agenda,
        reconciler: Reconciler,
        jobs: Jobs,
        store: Store,
        gone: Callable[[str], None],
        count: int = 4,
    ) -> None:
        self._agenda, self._store, self._work = agenda, store, (reconciler, jobs)
        self._gone, self._count = gone, count
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._waiting = threading.Lock()

    def start(self) -> None:
        """Start the threads."""
        for n in range(self._count):
            thread = threading.Thread(target=self._run, name=f"worker-{n + 1}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def use(self, reconciler: Reconciler, jobs: Jobs) -> None:
        """Work with these from the next claim on."""
        self._work = (reconciler, jobs)

    def stop(self, patience: float = 8.0) -> None:
        """Take nothing new, and give calls in flight `patience` seconds; what is not back then is left as an open
        intent, which the next start settles."""
        self._stopping.set()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            while thread.is_alive() and (left := deadline - time.monotonic()) > 0:
                self._agenda.nudge()  # each time again: it may have gone to wait just after the last one
                thread.join(min(left, 0.1))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except StoreGone as gone:
                self._gone(str(gone))
                return
            except StoreError as down:
                LOG.error("%s", down)
                self._stopping.wait(1.0)
            except Exception:
                # A worker must outlive whatever a claim brings; the claim's lease runs out by itself.
                LOG.exception("a worker failed by the bot's own fault")
                self._stopping.wait(1.0)

    def _turn(self) -> None:
        claim = self._next()
        reconciler, jobs = self._work
        if claim is None:
            return
        if claim.key.startswith(JOB):
            jobs.run(claim)
        else:
            reconciler.reconcile(claim)

    def _next(self) -> Claim | None:
        """Wait for a claim; None where it is time to stop. One idle thread at a time waits, for if all did, one put
        would wake them all to find one row."""
        with self._waiting:
            while not self._stopping.is_set():
                if (claim := self._agenda.claim()) is not None:
                    return claim
                self._agenda.wait(60.0)
        return None
