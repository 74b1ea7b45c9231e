"""The agenda's SQL statements, built once because every claim needs them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bot.store.agenda_reader import LEASE_SECONDS, NOW, Priority, col, free
from bot.store.database import Store
from bot.store.global_limit import ASTRAY_SECONDS, stopped
from bot.store.prepared import Prepared
from bot.store.tables import agenda

NEW = ("key", "due_at", "not_before", "woken", "tries", "priority")  # what a row has from its first put


def insert_if_ours(table: sa.Table, values: Mapping[str, sa.ColumnElement[Any]]) -> Prepared:
    """Insert a row into another table where the token `claimed_as` is still that of the row `claimed`, and return the
    new row's id. On PostgreSQL the agenda's row is then locked until the commit."""
    ours = col.key == sa.bindparam("claimed"), col.token == sa.bindparam("claimed_as")
    row = sa.select(*values.values()).where(*ours).with_for_update(of=agenda)
    return Prepared(sa.insert(table).from_select(list(values), row, include_defaults=False).returning(table.c.id))


def upsert(store: Store) -> Prepared:
    """Put a new row, or bring forward the one that is there."""
    row = store.insert(agenda).values({name: sa.bindparam(name) for name in NEW})
    new = row.excluded
    upserted = row.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "due_at": sa.case((col.due_at.is_(None) | (col.due_at > new.due_at), new.due_at), else_=col.due_at),
            "priority": sa.case(
                (col.due_at.is_(None) | (col.priority > new.priority), new.priority), else_=col.priority
            ),
            "woken": col.woken + 1,
        },
    )
    return Prepared(upserted)


@lru_cache(maxsize=8)
def lease(machine: sa.ColumnElement[float]) -> Prepared:
    """Lease one free row for `now`, at `machine`, as `claimed_as`: of the most urgent priority that has one, the
    longest due; none while nothing may be claimed. A row that was tried before is left alone
    while a token between `own` and `after_own` is on another such row."""
    mine = sa.alias(agenda).c
    suspect = sa.exists().where(
        mine.token >= sa.bindparam("own"),
        mine.token < sa.bindparam("after_own"),
        mine.tries > 1,
        mine.leased_until > machine,
        mine.leased_until <= machine + LEASE_SECONDS + ASTRAY_SECONDS,
    )
    # One question for each priority, as the index then gives the first row of each without reading the others.
    firsts: list[sa.CTE] = []
    for priority in Priority:
        more_urgent = [~sa.exists().select_from(first) for first in firsts]
        free_row = (~stopped(machine), *free(machine), sa.or_(col.tries == 0, ~suspect))
        firsts.append(
            sa.select(col.key)
            .where(*more_urgent, col.priority == int(priority), col.due_at <= NOW, *free_row)
            .order_by(col.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .cte(f"first_{priority.name.lower()}")
        )
    leased = (
        sa.update(agenda)
        .where(col.key.in_(sa.union_all(*(sa.select(first.c.key) for first in firsts))))
        .values(
            token=sa.bindparam("claimed_as", type_=sa.Text()) + col.key,
            leased_until=machine + LEASE_SECONDS,
            tries=col.tries + 1,
        )
        .returning(col.key, col.token, col.woken, col.tries, col.priority, col.due_at)
    )
    return Prepared(leased)


def _release() -> sa.Executable:
    """End a lease: due `again`, or `soon` where it was woken since; `calm` says that `again` is a later moment, and
    then it gets the priority `later`."""
    quiet = col.woken == sa.bindparam("woken_then")
    again, soon = sa.bindparam("again", type_=col.due_at.type), sa.bindparam("soon", type_=col.due_at.type)
    calm = sa.bindparam("calm", type_=sa.Integer) == 1
    return _MINE.values(
        token=None,
        leased_until=None,
        not_before=sa.bindparam("delayed", type_=sa.Double()),
        tries=sa.bindparam("left", type_=sa.Integer),
        due_at=sa.case((quiet, again), else_=soon),
        priority=sa.case((sa.and_(quiet, calm), sa.bindparam("later", type_=sa.Integer)), else_=col.priority),
    )


_MINE = sa.update(agenda).where(col.key == sa.bindparam("claimed"), col.token == sa.bindparam("claimed_as"))
RENEW = _MINE.values(leased_until=sa.bindparam("until", type_=sa.Double()))
RELEASE = Prepared(_release())
PARK = _MINE.values(token=None, leased_until=None, parked=sa.bindparam("reason", type_=sa.Text()))
