"""What may be asked of the agenda without touching it: for status, explain, and whoever waits for quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import RowMapping

from bot.clock import Clock
from bot.store import Store
from bot.tables import agenda

col = agenda.c


class Class(IntEnum):
    """Whose work goes first: a person who waits, then a moment that was promised, then routine."""

    PEOPLE = 0
    TIMERS = 1
    SWEEPS = 2


@dataclass(frozen=True)
class Row:
    """One row as `status` and `explain` show it. Machine moments are in seconds."""

    key: str
    cls: Class
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

    def next_due(self) -> datetime | None:
        """The earliest business moment at which a row that is neither leased nor parked is due."""
        firsts = [
            sa.select(col.due_at)
            .where(col.cls == int(cls), col.due_at.is_not(None), col.token.is_(None), col.parked.is_(None))
            .order_by(col.due_at)
            .limit(1)
            for cls in Class
        ]
        found = self._store.read(lambda c: [c.execute(first).scalar_one_or_none() for first in firsts])
        return min((moment for moment in found if moment is not None), default=None)

    def idle(self) -> bool:
        """Whether no row is due or leased. A row that is due and held back is not idle; a parked one is."""
        now = self._clock.now()
        due = [sa.exists().where(col.cls == int(cls), col.due_at <= now, col.parked.is_(None)) for cls in Class]
        # A token is never empty, and SQLite seeks with > in an index where IS NOT NULL makes it scan the table.
        busy = sa.select(sa.or_(sa.exists().where(col.token > ""), *due))
        return not self._store.read(lambda connection: connection.execute(busy).scalar_one())

    def row(self, key: str) -> Row | None:
        """One key's row, None where it was never put."""
        found = self._rows(sa.select(agenda).where(col.key == key))
        return found[0] if found else None

    def rows(self, limit: int = 1000) -> list[Row]:
        """The rows, the soonest due first, those that are not due last."""
        return self._rows(sa.select(agenda).order_by(col.due_at.is_(None), col.due_at, col.key).limit(limit))

    def _rows(self, query: sa.Select[Any]) -> list[Row]:
        return self._store.read(lambda c: [_row(mapping) for mapping in c.execute(query).mappings()])


def _row(found: RowMapping) -> Row:
    shown = ("key", "due_at", "not_before", "leased_until", "tries", "parked")
    return Row(cls=Class(found["cls"]), **{name: found[name] for name in shown})
