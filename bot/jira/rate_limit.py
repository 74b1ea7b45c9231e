"""Limits how many calls to Jira start per second, for this process alone or for all replicas together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.database import Store, StoreError
from bot.store.tables import meta

Pace = Callable[[], float]  # reserves a turn, and returns how many seconds to wait for it

STARTED = "calls_started"  # the machine seconds at which the latest calls started or will start, oldest first
FAR_SECONDS = 60.0  # no turn is reserved that far ahead: such an entry is from before the clock was set back


class OwnPace:
    """At most `per_second` turns in any second, counted in this process."""

    def __init__(self, per_second: float) -> None:
        self._started: deque[float] = deque(maxlen=max(1, int(per_second)))
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            now = time.monotonic()
            full = len(self._started) == self._started.maxlen
            start = max(now, self._started[0] + 1.0) if full else now
            self._started.append(start)
        return start - now


class SharedPace:
    """At most `per_second` turns in any second, counted in PostgreSQL, because the site's budget is shared by all
    replicas. While the database is unavailable this process counts on its own."""

    def __init__(self, store: Store, per_second: float) -> None:
        self._store, self._most = store, max(1, int(per_second))
        self._own = OwnPace(per_second)

    def __call__(self) -> float:
        try:
            return self._store.write(self._take)
        except StoreError:
            return self._own()

    def _take(self, connection: Connection) -> float:
        # Losing a turn when the database crashes does no harm, so the commit does not wait for the disk.
        connection.execute(sa.text("SET LOCAL synchronous_commit TO off"))
        row = sa.select(meta.c.value).where(meta.c.name == STARTED).with_for_update()
        taken = connection.execute(row).scalar_one_or_none()
        if taken is None:  # the very first call
            self._store.set_fact_in(connection, STARTED, [], keep=True)
            taken = connection.execute(row).scalar_one()
        now = self._store.machine(connection)  # after the lock, which may have taken a while
        taken = [moment for moment in taken if moment < now + FAR_SECONDS]
        start = max(now, taken[-self._most] + 1.0) if len(taken) >= self._most else now
        self._store.set_fact_in(connection, STARTED, [*taken, start][-self._most :])
        return start - now
