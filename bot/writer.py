"""The one thread that writes to SQLite: it commits whatever is queued in one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine

Work = Callable[[Connection], Any]

BATCH = 200  # units in one transaction: enough to share a sync to disk, few enough to answer soon


class Unit:
    """One queued piece of work and, once `done` is set, what came of it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.done = threading.Event()
        self.result: Any = None
        self.error: Exception | None = None


class Writer:
    """SQLite allows one writer at a time and each commit waits for the disk, so threads that write on their
    own queue behind each other's syncs. Here they queue in memory and share one.

    Each unit has a SAVEPOINT, so that a failing one fails alone. `before_commit` may raise to stop the whole
    transaction. The thread starts with the first unit."""

    def __init__(self, engine: Engine, before_commit: Callable[[], None]) -> None:
        self._engine = engine
        self._before_commit = before_commit
        self._queue = threading.Condition()
        self._urgent: deque[Unit] = deque()
        self._other: deque[Unit] = deque()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def run(self, work: Work, urgent: bool) -> Any:
        """Queue `work`, wait for the commit, and return its result or raise its error."""
        unit = Unit(work)
        with self._queue:
            if self._stopped:
                raise RuntimeError("the store was closed, so nothing more can be written to it")
            if self._thread is threading.current_thread():
                raise RuntimeError("a write inside a write would wait for itself; use the connection given")
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
                self._thread.start()
            (self._urgent if urgent else self._other).append(unit)
            self._queue.notify()
        unit.done.wait()
        if unit.error is not None:
            raise unit.error
        return unit.result

    def stop(self) -> None:
        """Finish what is queued and end the thread."""
        with self._queue:
            self._stopped = True
            self._queue.notify()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while batch := self._next_batch():
            try:
                self._commit(batch)
            except Exception as error:
                # Nothing of the batch is in the database: each caller is told so, none is left waiting.
                for unit in batch:
                    unit.error = error
            for unit in batch:
                unit.done.set()

    def _next_batch(self) -> list[Unit]:
        """Wait for work, the urgent first; an empty batch means stop."""
        with self._queue:
            self._queue.wait_for(lambda: self._urgent or self._other or self._stopped)
            batch: list[Unit] = []
            while len(batch) < BATCH and (self._urgent or self._other):
                batch.append((self._urgent or self._other).popleft())
            return batch

    def _commit(self, batch: list[Unit]) -> None:
        with self._engine.begin() as connection:
            for unit in batch:
                try:
                    with connection.begin_nested():
                        unit.result = unit.work(connection)
                except Exception as error:
                    # A full disk makes SQLite roll back the whole transaction, not just this unit's part.
                    if not getattr(connection.connection.driver_connection, "in_transaction", False):
                        raise
                    unit.error = error
            self._before_commit()
