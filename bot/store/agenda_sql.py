"""What the agenda says to the database, put together once: every turn of every worker needs it."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.agenda_reader import LEASE_SECONDS, MACHINE, NOW, col, free
from bot.store.database import Store
from bot.store.global_limit import ASTRAY_SECONDS
from bot.store.tables import agenda

NEW = ("key", "due_at", "not_before", "woken", "tries", "priority")  # what a row has from its first put


def upsert(store: Store) -> sa.Executable:
    """Put a new row, or bring forward the one that is there."""
    row = store.insert(agenda).values({name: sa.bindparam(name) for name in NEW})
    new = row.excluded
    return row.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "due_at": sa.case((col.due_at.is_(None) | (col.due_at > new.due_at), new.due_at), else_=col.due_at),
            "priority": sa.case(
                (col.due_at.is_(None) | (col.priority > new.priority), new.priority), else_=col.priority
            ),
            "woken": col.woken + 1,
        },
    )


def _lease() -> sa.Executable:
    """Lease the first `most` free rows of one class (`wanted`), for `now`, `machine` and `claimed_as`; none that was
    tried before where a token between `own` and `after_own` is on such a row."""
    mine = sa.alias(agenda).c
    suspect = sa.exists().where(
        mine.token >= sa.bindparam("own"),
        mine.token < sa.bindparam("after_own"),
        mine.tries > 1,
        mine.leased_until > MACHINE,
        mine.leased_until <= MACHINE + LEASE_SECONDS + ASTRAY_SECONDS,
    )
    first = (
        sa.select(col.key)
        .where(col.priority == sa.bindparam("wanted"), col.due_at <= NOW, *free(), sa.or_(col.tries == 0, ~suspect))
        .order_by(col.due_at)
        .limit(sa.bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("first")
    )
    return (
        sa.update(agenda)
        .where(col.key.in_(sa.select(first.c.key)))
        .values(
            token=sa.bindparam("claimed_as", type_=sa.Text()) + col.key,
            leased_until=MACHINE + LEASE_SECONDS,
            tries=col.tries + 1,
        )
        .returning(col.key, col.token, col.woken, col.tries, col.due_at)
    )


def _release() -> sa.Executable:
    """End a lease: due `again`, or `soon` where it was woken since; `calm` says that `again` is a later moment, and
    then it is of the class `later`."""
    quiet = col.woken == sa.bindparam("woken_then")
    again, soon = sa.bindparam("again", type_=col.due_at.type), sa.bindparam("soon", type_=col.due_at.type)
    calm = sa.bindparam("calm", type_=sa.Integer) == 1
    return _MINE.values(
        token=None,
        leased_until=None,
        not_before=sa.bindparam("held", type_=sa.Double()),
        tries=sa.bindparam("left", type_=sa.Integer),
        due_at=sa.case((quiet, again), else_=soon),
        priority=sa.case((sa.and_(quiet, calm), sa.bindparam("later", type_=sa.Integer)), else_=col.priority),
    )


_MINE = sa.update(agenda).where(col.key == sa.bindparam("claimed"), col.token == sa.bindparam("claimed_as"))
LEASE = _lease()
RENEW = _MINE.values(leased_until=sa.bindparam("until", type_=sa.Double()))
RELEASE = _release()
PARK = _MINE.values(token=None, leased_until=None, parked=sa.bindparam("reason", type_=sa.Text()))
GIVE_BACK = _MINE.values(token=None, leased_until=None, tries=col.tries - 1)  # as if it had not been claimed
TOKEN = sa.select(col.token).where(col.key == sa.bindparam("claimed")).with_for_update()
