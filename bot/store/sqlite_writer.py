"""The one thread that writes to SQLite: it commits whatever is queued in one transaction."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine

LOG = logging.getLogger(__name__)

Work = Callable[[Connection], Any]

BATCH = 200  # units in one transaction: enough to share a sync to disk, few enough to answer soon


class WriterStopped(Exception):
    """The store was closed, so nothing more can be written to it."""


class Unit:
    """One queued piece of work and, once it is done, what came of it; `awaited` says whether anybody waits."""

    def __init__(self, work: Work, awaited: bool = True) -> None:
        self.work = work
        self.awaited = awaited
        self.result: Any = None
        self.error: Exception | None = None
        self._under_way = threading.Lock()  # an Event would cost twice as much, and there is one of these a write
        self._under_way.acquire()

    def wait(self) -> None:
        """Wait until it is done."""
        with self._under_way:
            pass

    def end(self) -> None:
        """Say that it is done, well or not."""
        self._under_way.release()


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
        self._put(unit, urgent)
        unit.wait()
        if unit.error is not None:
            raise unit.error
        return unit.result

    def run_soon(self, work: Work) -> Unit:
        """Queue `work` and go on; it is in the database no later than what is queued after it. An error is logged."""
        unit = Unit(work, awaited=False)
        self._put(unit, urgent=False)
        return unit

    def _put(self, unit: Unit, urgent: bool) -> None:
        with self._queue:
            if self._stopped:
                raise WriterStopped
            if self._thread is threading.current_thread():
                raise RuntimeError("a write inside a write would wait for itself; use the connection given")
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
                self._thread.start()
            (self._urgent if urgent else self._other).append(unit)
            self._queue.notify()

    def stop(self) -> None:
        """Finish what is queued and end the thread."""
        with self._queue:
            self._stopped = True
            self._queue.notify()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        connection: Connection | None = None
        while batch := self._next_batch():
            try:
                connection = connection or self._engine.connect()
                self._commit(connection, batch)
            except Exception as error:
                # Nothing of the batch is in the database: each caller is told so, none is left waiting.
                for unit in batch:
                    unit.error = error
                if connection is not None:
                    connection.close()
                    connection = None
            for unit in batch:
                unit.end()
                if unit.error is not None and not unit.awaited:
                    LOG.error("a write that nobody waits for was lost: %s", unit.error)
        if connection is not None:
            connection.close()

    def _next_batch(self) -> list[Unit]:
        """Wait for work, the urgent first; an empty batch means stop."""
        with self._queue:
            self._queue.wait_for(lambda: self._urgent or self._other or self._stopped)
            batch: list[Unit] = []
            while len(batch) < BATCH and (self._urgent or self._other):
                batch.append((self._urgent or self._other).popleft())
            return batch

    def _commit(self, connection: Connection, batch: list[Unit]) -> None:
        with connection.begin():
            # Asked of the driver: a SAVEPOINT of SQLAlchemy's costs more than most of what is written here.
            database: Any = connection.connection.driver_connection
            for unit in batch:
                database.execute("SAVEPOINT unit")
                try:
                    unit.result = unit.work(connection)
                except Exception as error:
                    # A full disk makes SQLite roll back the whole transaction, not just this unit's part.
                    if not database.in_transaction:
                        raise
                    database.execute("ROLLBACK TO unit")
                    unit.error = error
                database.execute("RELEASE unit")
            self._before_commit()
