"""The index of tickets: where each one stood at its latest reconcile, and for good what each ended one took.

All of it can be rebuilt from Jira. A reconcile writes a row only where it differs from the one that is there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from bot.store.database import Store
from bot.store.prepared import Prepared
from bot.store.tables import tickets

STEP, WAITING, OUTSIDE, END, LEFT = "step", "waiting", "outside", "end", "left"  # the places of a ticket
UNDER_WAY = (STEP, WAITING, OUTSIDE)


@dataclass(frozen=True)
class OpenBranch:
    """A branch whose work is not done: its step, its name in the ledger, and its subtask's id, "" if it has none."""

    step: str
    branch: str
    subtask: str = ""


@dataclass(frozen=True)
class TicketRow:
    """One ticket as its latest reconcile left it.

    `place` is one of UNDER_WAY, END or LEFT; `step` the name of the step, of the end, or of the step that a ticket
    outside came from. `pass_id` is the visit that began the pass, `pass_number` which pass through the step it is, and
    `turn` the parties that have to act. `since` is when the pass began, `due` when the earliest clock is due; the
    forecast is a range of days. `version` is the hash of the process file, `summary` is what an ended ticket took."""

    issue_id: str
    key: str
    process: str
    project: str
    type: str
    place: str
    step: str
    status: str
    pass_id: str
    pass_number: int
    round: int
    turn: tuple[str, ...]
    since: datetime
    due: datetime | None
    version: str
    branches: tuple[OpenBranch, ...]
    district: str
    summary: Mapping[str, Any] | None = None
    forecast_from: date | None = None
    forecast_to: date | None = None

    @cached_property
    def digest(self) -> str:
        """What changes whenever the row does."""
        text = json.dumps(asdict(self), sort_keys=True, default=lambda moment: moment.isoformat())
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class TicketIndex:
    """The rows, one for each ticket."""

    def __init__(self, store: Store) -> None:
        self._store = store
        row = store.insert(tickets).values({c.key: sa.bindparam(c.key, type_=c.type) for c in tickets.c})
        news = {c.key: row.excluded[c.key] for c in tickets.c if not c.primary_key}
        self._save = Prepared(row.on_conflict_do_update(index_elements=["issue_id"], set_=news))

    def save_in(self, connection: Connection, row: TicketRow, at: datetime) -> None:
        """Keep a row, in the caller's transaction."""
        self._save.execute(connection, _values(row, at))

    def add(self, rows: Sequence[TicketRow], at: datetime) -> int:
        """Add the rows of tickets that have none yet; how many."""

        def add(connection: Connection) -> int:
            known = set(connection.execute(sa.select(tickets.c.issue_id)).scalars())
            new = [_values(row, at) for row in rows if row.issue_id not in known]
            if new:
                connection.execute(sa.insert(tickets), new)
            return len(new)

        return self._store.write(add)

    def leave_in(self, connection: Connection, issue_id: str) -> None:
        """Note, in the caller's transaction, that a ticket is no longer the bot's; an ended one keeps its row."""
        _LEAVE.execute(connection, {"issue": issue_id})

    def row(self, issue_id: str) -> TicketRow | None:
        """The row of one ticket, None where it was never reconciled."""
        return next(iter(self._rows(tickets.c.issue_id == issue_id)), None)

    def rows(self, process: str | None = None, *places: str) -> list[TicketRow]:
        """The rows of a process (None: of all) in these places (none given: wherever they are), by their age."""
        one = sa.true() if process is None else tickets.c.process == process
        there = tickets.c.place.in_(places) if places else sa.true()
        return self._rows(sa.and_(one, there))

    def under_way(self, process: str | None = None) -> list[TicketRow]:
        """The rows of the tickets of a process (None: of all) that are under way."""
        return self.rows(process, *UNDER_WAY)

    def _rows(self, condition: sa.ColumnElement[bool]) -> list[TicketRow]:
        query = sa.select(tickets).where(condition).order_by(sa.func.length(tickets.c.issue_id), tickets.c.issue_id)
        found = self._store.read(lambda connection: connection.execute(query).mappings().all())
        return [_row(one) for one in found]


_FIELDS = tuple(one.name for one in fields(TicketRow))
_LEAVE = Prepared(
    sa.update(tickets)
    .where(tickets.c.issue_id == sa.bindparam("issue", type_=sa.Text()), tickets.c.place != END)
    .values(place=LEFT, digest="")
)


def _values(row: TicketRow, at: datetime) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _FIELDS}
    values |= {"turn": list(row.turn), "branches": [asdict(branch) for branch in row.branches]}
    return {**values, "digest": row.digest, "updated": at}


def _row(found: RowMapping) -> TicketRow:
    values = {name: found[name] for name in _FIELDS}
    values |= {"turn": tuple(found["turn"]), "branches": tuple(OpenBranch(**one) for one in found["branches"])}
    return TicketRow(**values)
