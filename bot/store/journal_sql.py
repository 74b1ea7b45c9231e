"""The journal's SQL statements, built once because every reconcile needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bot.store.agenda_sql import insert_if_ours
from bot.store.database import Store
from bot.store.prepared import Prepared
from bot.store.tables import effects, intents, looks, meta, tickets


class JournalSql:
    """The statements that differ by database."""

    def __init__(self, store: Store) -> None:
        machine = store.machine_value()
        self.record_effect = _record_effect(store, effects.c.state != "done")  # one that is done stays done
        self.record_done = _record_effect(store, None)
        self.new_intent = insert_if_ours(intents, {**_parameters(intents, _INTENT), "began": machine})
        self.new_entry = Prepared(sa.insert(looks).values({**_parameters(looks, _ENTRY), "looked": machine}).inline())


def _record_effect(store: Store, known: sa.ColumnElement[bool] | None) -> Prepared:
    """Record what became of an effect; where something is recorded already, only if that is as in `known`."""
    row = store.insert(effects).values({c.name: sa.bindparam(c.name) for c in effects.c})
    news = {name: row.excluded[name] for name in ("state", "ref", "reason", "at")}
    return Prepared(row.on_conflict_do_update(index_elements=["issue_id", "effect_id"], set_=news, where=known))


def _parameters(table: sa.Table, names: Sequence[str]) -> dict[str, sa.BindParameter[Any]]:
    """A parameter for each of these columns, named like it."""
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in names}


# Statements are built once: every reconcile needs them.
_INTENT = tuple(c.name for c in intents.c if c.name not in ("id", "began"))
_ENTRY = ("issue_id", "key", "at", "reason", "effects")
_ISSUE = sa.bindparam("issue", type_=sa.Text())
_OPEN_OF_ISSUE = (intents.c.issue_id == _ISSUE, intents.c.state == "open")
OPEN = sa.select(intents).where(*_OPEN_OF_ISSUE).order_by(intents.c.id)
_LAST = sa.select(looks.c.reason).where(looks.c.issue_id == _ISSUE).order_by(looks.c.id.desc()).limit(1)
_DIGEST = sa.select(tickets.c.digest).where(tickets.c.issue_id == _ISSUE)
_HEAD = sa.select(
    sa.exists().where(*_OPEN_OF_ISSUE).label("is_open"),
    _LAST.scalar_subquery().label("last_reason"),
    _DIGEST.scalar_subquery().label("digest"),
).subquery()
FACT = "fact"  # the state in the rows of KNOWN that are facts of the bot
# One row per effect, and one without an effect where there is none yet; after these, a row per fact whose name is
# like `pattern`. In one statement, because every reconcile asks for both.
KNOWN = Prepared(
    sa.union_all(
        sa.select(_HEAD, effects.c.effect_id, effects.c.state, effects.c.ref, effects.c.reason).select_from(
            _HEAD.outerjoin(effects, effects.c.issue_id == _ISSUE)
        ),
        sa.select(
            sa.false(),
            sa.null(),
            sa.null(),
            meta.c.name,
            sa.literal_column(f"'{FACT}'", sa.Text),
            sa.cast(meta.c.value, sa.Text),
            sa.literal_column("''", sa.Text),
        ).where(meta.c.name.like(sa.bindparam("pattern", type_=sa.Text()), escape="/")),
    )
)
END_INTENT = Prepared(
    sa.update(intents)
    .where(intents.c.id == sa.bindparam("intent"))
    .values(state=sa.bindparam("ended"), reason=sa.bindparam("why"))
)


def _public_since(moment: str) -> sa.Select[int]:
    began = sa.bindparam(moment, type_=intents.c.began_at.type)
    return sa.select(sa.func.count()).where(intents.c.public, intents.c.began_at >= began, intents.c.state != "failed")


PUBLIC = Prepared(
    sa.select(
        _public_since("day").where(intents.c.issue_id == _ISSUE).scalar_subquery(),
        _public_since("hour").scalar_subquery(),
    )
)
