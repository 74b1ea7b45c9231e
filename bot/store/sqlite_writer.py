"""Writes to SQLite: threads that want to commit at the same time share one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine

Work = Callable[[Connection], Any]

BATCH = 200  # units in one transaction: enough to share a sync to disk, few enough to answer soon


class WriterStopped(Exception):
    """The store was closed, so nothing more can be written to it."""


class Unit:
    """One queued piece of work. `leads` says that its thread has to commit it, and what is queued behind it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.leads = False
        self.result: Any = None
        self.error: Exception | None = None
        self._asleep = threading.Lock()  # an Event would cost twice as much, and there is one of these per write
        self._asleep.acquire()

    def wait(self) -> None:
        """Wait until another thread has committed this unit, or leaves the commit to this one."""
        with self._asleep:
            pass

    def wake(self) -> None:
        """End the wait."""
        self._asleep.release()


class Writer:
    """SQLite allows one writer at a time and each commit waits for the disk, so threads that write on their
    own queue behind each other's syncs. Here they queue in memory and share one.

    There is no thread for it: a thread that finds nobody writing commits at once, without a change of threads. What
    others queue meanwhile is the next transaction, and the first of them commits it for all.

    Each unit has a SAVEPOINT, so that a failing one fails alone. `before_commit` may raise to stop the whole
    transaction."""

    def __init__(self, engine: Engine, before_commit: Callable[[], None]) -> None:
        self._engine = engine
        self._before_commit = before_commit
        self._connection: Connection | None = None  # the leader's
        self._lock = threading.Lock()
        self._quiet = threading.Condition(self._lock)
        self._queue: deque[Unit] = deque()
        self._leader: int | None = None  # the thread that commits now
        self._busy = False
        self._stopped = False

    def run(self, work: Work) -> Any:
        """Commit `work`, alone or with what is queued beside it, and return its result or raise its error."""
        unit = Unit(work)
        with self._lock:
            if self._stopped:
                raise WriterStopped
            if self._leader == threading.get_ident():
                raise RuntimeError("a write inside a write would wait for itself; use the connection given")
            self._queue.append(unit)
            unit.leads, self._busy = not self._busy, True
        if not unit.leads:
            unit.wait()
        if unit.leads:
            self._lead(unit)
        if unit.error is not None:
            raise unit.error
        return unit.result

    def stop(self) -> None:
        """Refuse new work, wait until what is queued is committed, and disconnect."""
        with self._lock:
            self._stopped = True
            self._quiet.wait_for(lambda: not self._busy)
            self._disconnect()

    @property
    def waiting(self) -> int:
        """How many units are queued."""
        return len(self._queue)

    def _lead(self, own: Unit) -> None:
        """Commit the queue, of which `own` is the head, and leave to the next in line what came meanwhile."""
        with self._lock:
            self._leader = threading.get_ident()
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
        try:
            self._connection = self._connection or self._engine.connect()
            self._commit(self._connection, batch)
        except BaseException as error:
            # Nothing of the batch is in the database: each caller gets the error, none is left waiting.
            for unit in batch:
                unit.error = error if isinstance(error, Exception) else WriterStopped()
            self._disconnect()
            if not isinstance(error, Exception):
                raise
        finally:
            self._hand_over()
            for unit in batch[1:]:
                unit.wake()

    def _hand_over(self) -> None:
        with self._lock:
            self._leader = None
            if self._queue:
                self._queue[0].leads = True
                self._queue[0].wake()
            else:
                self._busy = False
                self._quiet.notify_all()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

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
