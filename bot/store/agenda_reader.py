"""Questions about the agenda that change nothing: for status, explain, and those who wait until it is idle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import RowMapping
from sqlalchemy.sql.elements import ColumnElement

from bot.clock import Clock
from bot.store.database import Store
from bot.store.global_limit import ASTRAY_SECONDS, LONGEST_DELAY_SECONDS
from bot.store.prepared import Prepared
from bot.store.tables import agenda

col = agenda.c
NOW: sa.BindParameter[datetime] = sa.bindparam("now", type_=col.due_at.type)
LEASE_SECONDS = 120.0


class Priority(IntEnum):
    """Whose work goes first: a person who waits, then a moment that has come, then routine."""

    PEOPLE = 0
    TIMERS = 1
    SWEEPS = 2


@dataclass(frozen=True)
class Row:
    """One row as `status` and `explain` show it. Machine moments are in seconds."""

    key: str
    priority: Priority
    due_at: datetime | None
    not_before: float | None
    leased_until: float | None
    tries: int
    parked: str | None


class AgendaReader:
    """The agenda's rows, read only."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._claimable = _claimable(store.machine_value())

    def next_due(self) -> datetime | None:
        """The earliest business moment at which a row that is neither leased nor parked is due."""
        found = self._store.read(lambda connection: _NEXT_DUE.first(connection, {}))
        return min((moment for moment in found or () if moment is not None), default=None)

    def idle(self) -> bool:
        """Whether no row is due or leased. A row that is due and delayed is not idle; a parked one is."""
        now = {"now": self._clock.now()}
        found = self._store.read(lambda connection: _BUSY.first(connection, now))
        return found is None or not found[0]

    def claimable(self) -> bool:
        """Whether a claim would find a row, a global limit aside. It asks once and locks nothing."""
        moment = {"now": self._clock.now(), **self._store.machine_parameter()}
        found = self._store.read(lambda connection: self._claimable.first(connection, moment))
        return found is not None and bool(found[0])

    def row(self, key: str) -> Row | None:
        """One key's row, None where it was never put."""
        found = self._rows(sa.select(agenda).where(col.key == key))
        return found[0] if found else None

    def rows(self, limit: int = 1000) -> list[Row]:
        """The rows, the soonest due first, those that are not due last."""
        return self._rows(sa.select(agenda).order_by(col.due_at.is_(None), col.due_at, col.key).limit(limit))

    def _rows(self, query: sa.Select[Any]) -> list[Row]:
        return self._store.read(lambda c: [_row(mapping) for mapping in c.execute(query).mappings()])


def free(machine: ColumnElement[float]) -> tuple[ColumnElement[bool], ...]:
    """The conditions of a row that is not leased, delayed or parked at `machine`; a moment too late to be true is
    from before the clock was set back, and counts as over."""
    return (
        sa.or_(
            col.token.is_(None),
            col.leased_until <= machine,
            col.leased_until > machine + LEASE_SECONDS + ASTRAY_SECONDS,
        ),
        sa.or_(
            col.not_before.is_(None),
            col.not_before <= machine,
            col.not_before > machine + LONGEST_DELAY_SECONDS + ASTRAY_SECONDS,
        ),
        col.parked.is_(None),
    )


@lru_cache(maxsize=8)
def _claimable(machine: ColumnElement[float]) -> Prepared:
    due = (sa.exists().where(col.priority == int(p), col.due_at <= NOW, *free(machine)) for p in Priority)
    return Prepared(sa.select(sa.or_(*due)))


def _row(found: RowMapping) -> Row:
    shown = ("key", "due_at", "not_before", "leased_until", "tries", "parked")
    return Row(priority=Priority(found["priority"]), **{name: found[name] for name in shown})


# Compiled once: those who wait until it is idle ask often, and compiling costs more than the answer.
_NEXT_DUE = Prepared(
    sa.select(
        *(
            sa.select(col.due_at)
            .where(col.priority == int(priority), col.due_at.is_not(None), col.token.is_(None), col.parked.is_(None))
            .order_by(col.due_at)
            .limit(1)
            .scalar_subquery()
            for priority in Priority
        )
    )
)
# A token is never empty, and SQLite seeks with > in an index where IS NOT NULL makes it scan the table.
_BUSY = Prepared(
    sa.select(
        sa.or_(
            sa.exists().where(col.token > ""),
            *(
                sa.exists().where(col.priority == int(priority), col.due_at <= NOW, col.parked.is_(None))
                for priority in Priority
            ),
        )
    )
)
