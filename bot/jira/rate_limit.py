"""How many calls to Jira may start in a second: by this process alone, or by all replicas together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.database import Store, StoreError
from bot.store.tables import meta

Pace = Callable[[], float]  # takes a turn, and tells how many seconds to wait for it

STARTED = "calls_started"  # the machine seconds at which the latest calls started or will start, oldest first
FAR_SECONDS = 60.0  # no turn is that far ahead: one that is was taken before the clock was set back


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
    """At most `per_second` turns in any second, counted in PostgreSQL, for a site has one budget and not one for
    each replica. While the database cannot be used this process counts by itself."""

    def __init__(self, store: Store, per_second: float) -> None:
        self._store, self._most = store, max(1, int(per_second))
        self._own = OwnPace(per_second)

    def __call__(self) -> float:
        try:
            return self._store.write(self._take)
        except StoreError:
            return self._own()

    def _take(self, connection: Connection) -> float:
        # A turn that a crash of the database forgets is no harm, so nobody waits for the disk.
        connection.execute(sa.text("SET LOCAL synchronous_commit TO off"))
        row = sa.select(meta.c.value).where(meta.c.name == STARTED).with_for_update()
        taken = connection.execute(row).scalar_one_or_none()
        if taken is None:  # the first call of all
            self._store.set_fact_in(connection, STARTED, [], keep=True)
            taken = connection.execute(row).scalar_one()
        now = self._store.machine(connection)  # after the lock, which may have taken a while
        taken = [moment for moment in taken if moment < now + FAR_SECONDS]
        start = max(now, taken[-self._most] + 1.0) if len(taken) >= self._most else now
        self._store.set_fact_in(connection, STARTED, [*taken, start][-self._most :])
        return start - now
