"""What stops all work, not one issue's: a person's pause, or a limit of the site's (a burst, a quota, a dead token)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.database import Store
from bot.store.tables import meta

LONGEST_DELAY_SECONDS = 3600.0  # nothing is delayed longer than this unless it is asked for again
# Another transaction may have read machine time later than this one that still goes on. Only what ends later than
# even that is left from before the clock was set back.
ASTRAY_SECONDS = 120.0
FACT = "site_not_before"
PAUSED = "paused"


@dataclass(frozen=True)
class ActiveLimit:
    """No worker claims before `until`, in machine seconds, because of `reason`."""

    until: float
    reason: str


class GlobalLimit:
    """One shared row that stops all workers of all replicas for a while."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def set(self, until: float, reason: str) -> None:
        """Let no worker of any replica claim before `until` (machine seconds, at most an hour ahead).

        A limit that lasts longer stays: of two calls that met one at the same time, either may be recorded last."""

        self._store.write(lambda connection: self.set_in(connection, until, reason))

    def set_in(self, connection: Connection, until: float, reason: str) -> None:
        """As `set`, in the caller's transaction."""
        machine = self._store.machine(connection)
        until_then = min(until, machine + LONGEST_DELAY_SECONDS)
        then = meta.c.value["until"].as_float()
        over = sa.or_(then <= machine, then > machine + LONGEST_DELAY_SECONDS + ASTRAY_SECONDS)
        row = self._store.insert(meta).values(name=FACT, value={"until": until_then, "reason": reason})
        # One statement, because another replica may be recording another limit at this moment.
        longer = row.on_conflict_do_update(
            index_elements=["name"], set_={"value": row.excluded.value}, where=sa.or_(over, then < until_then)
        )
        connection.execute(longer)

    def clear(self) -> None:
        """End the global limit early."""
        self._store.set_fact(FACT, None)

    def active(self) -> ActiveLimit | None:
        """The global limit, None where there is none now."""
        return self._store.read(lambda c: self.active_in(c, self._store.machine(c)))

    def active_in(self, connection: Connection, machine: float) -> ActiveLimit | None:
        """As `active`, in the caller's transaction."""
        return _hold(self._store.get_fact_in(connection, FACT), machine)


def stopped(machine: sa.ColumnElement[float]) -> sa.ColumnElement[bool]:
    """The condition that nothing may be claimed at `machine`: there is a global limit, or a person paused the bot."""
    until = meta.c.value["until"].as_float()
    limited = sa.and_(meta.c.name == FACT, until > machine, until <= machine + LONGEST_DELAY_SECONDS + ASTRAY_SECONDS)
    return sa.exists().where(meta.c.name == PAUSED) | sa.exists().where(limited)


def _hold(value: Any, machine: float) -> ActiveLimit | None:
    if value is None or not machine < value["until"] <= machine + LONGEST_DELAY_SECONDS + ASTRAY_SECONDS:
        return None
    return ActiveLimit(value["until"], value["reason"])
