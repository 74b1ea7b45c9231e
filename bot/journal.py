"""The journal: what the bot was about to do, did, gave up or missed, and why it did nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.agenda import Agenda, Claim
from bot.clock import Clock
from bot.store import Store
from bot.tables import deliveries, effects, intents, looks

State = Literal["done", "parked", "missed"]


@dataclass(frozen=True)
class Intent:
    """A call that is about to be made, or whose answer is unknown.

    `began` is in machine seconds; `highest_comment` and `subtasks` are what the issue had before the call."""

    id: int
    issue_id: str
    kind: str
    effect_ids: tuple[str, ...]
    call: Mapping[str, Any]
    highest_comment: str
    subtasks: tuple[str, ...]
    public: bool
    began_at: datetime
    began: float


@dataclass(frozen=True)
class EffectRecord:
    """What became of one effect; `ref` is the id of its comment or subtask, or empty."""

    issue_id: str
    effect_id: str
    state: State
    ref: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Look:
    """One look at an issue: what it did and why. `key` is the issue's label at that time."""

    issue_id: str
    key: str
    at: datetime
    reason: str
    effects: tuple[str, ...]


class Journal:
    """Intents, effects and looks. All of it can be lost: the ledger and the marks in Jira are the truth."""

    def __init__(self, store: Store, agenda: Agenda, clock: Clock) -> None:
        self._store = store
        self._agenda = agenda
        self._clock = clock

    # -- intents

    def open_intent(
        self,
        claim: Claim,
        issue_id: str,
        kind: str,
        effect_ids: Sequence[str],
        call: Mapping[str, Any],
        *,
        highest_comment: str = "",
        subtasks: Sequence[str] = (),
        public: bool = False,
    ) -> int:
        """Commit that a call is about to be made, and return the intent's id.

        `call` is small JSON without any text for people. Raises LeaseLost: then the call must not be made."""

        def open_(connection: Connection) -> int:
            self._agenda.assert_ours(connection, claim)
            row = sa.insert(intents).values(
                issue_id=issue_id,
                kind=kind,
                effect_ids=list(effect_ids),
                call=dict(call),
                highest_comment=highest_comment,
                subtasks=list(subtasks),
                public=public,
                began_at=self._clock.now(),
                began=self._store.machine(connection),
                state="open",
                reason="",
            )
            return int(connection.execute(row.returning(intents.c.id)).scalar_one())

        return self._store.write(open_)

    def close_intent(self, intent_id: int, refs: Mapping[str, str]) -> None:
        """The call happened: the intent is done, and so are its effects, each with its id in Jira or ""."""

        def close(connection: Connection) -> None:
            row = sa.update(intents).where(intents.c.id == intent_id).values(state="done")
            issue_id = connection.execute(row.returning(intents.c.issue_id)).scalar_one()
            for effect_id, ref in refs.items():
                self._record_in(connection, issue_id, effect_id, "done", ref=ref)

        self._store.write(close)

    def fail_intent(self, intent_id: int, reason: str) -> None:
        """The call surely did not happen: its effects may be wished again."""
        row = sa.update(intents).where(intents.c.id == intent_id).values(state="failed", reason=reason)
        self._store.write(lambda connection: connection.execute(row))

    def open_intents(self, issue_id: str) -> list[Intent]:
        """The calls on one issue whose answer is not known, the oldest first."""
        query = sa.select(intents).where(intents.c.issue_id == issue_id, intents.c.state == "open")
        found = self._store.read(lambda c: c.execute(query.order_by(intents.c.id)).mappings().all())
        return [
            Intent(
                effect_ids=tuple(row["effect_ids"]),
                subtasks=tuple(row["subtasks"]),
                **{k: row[k] for k in ("id", "issue_id", "kind", "call", "highest_comment")},
                **{k: row[k] for k in ("public", "began_at", "began")},
            )
            for row in found
        ]

    def count_public(self, since: datetime, issue_id: str | None = None) -> int:
        """How many public comments were, or may have been, sent since then (business time); all, or one issue's."""
        query = sa.select(sa.func.count()).where(
            intents.c.public, intents.c.began_at >= since, intents.c.state != "failed"
        )
        if issue_id is not None:
            query = query.where(intents.c.issue_id == issue_id)
        return self._store.read(lambda connection: connection.execute(query).scalar_one())

    # -- effects

    def done(self, issue_id: str) -> dict[str, str]:
        """The effects of one issue that are done, each with its id in Jira or an empty string."""
        return {e.effect_id: e.ref for e in self.effects(issue_id) if e.state == "done"}

    def effects(self, issue_id: str) -> list[EffectRecord]:
        """What became of each effect of one issue, the oldest first."""
        return self._effects(effects.c.issue_id == issue_id)

    def parked(self, issue_id: str | None = None) -> list[EffectRecord]:
        """The effects that were given up, of one issue or of all."""
        one = sa.true() if issue_id is None else effects.c.issue_id == issue_id
        return self._effects(sa.and_(effects.c.state == "parked", one))

    def park_effect(self, issue_id: str, effect_id: str, reason: str) -> None:
        """Give up one effect, until `retry`; one that is done stays done."""
        self._store.write(lambda c: self._record_in(c, issue_id, effect_id, "parked", reason=reason))

    def miss(self, issue_id: str, effect_ids: Iterable[str], reason: str) -> None:
        """A step was passed before these were done; they are not made up."""

        def miss(connection: Connection) -> None:
            for effect_id in effect_ids:
                self._record_in(connection, issue_id, effect_id, "missed", reason=reason)

        self._store.write(miss)

    def retry(self, effect_ids: Iterable[str] | None = None) -> list[str]:
        """Forget that these effects (None: all) were parked; the ids of the issues to look at."""

        def retry(connection: Connection) -> list[str]:
            rows = sa.delete(effects).where(effects.c.state == "parked")
            if effect_ids is not None:
                rows = rows.where(effects.c.effect_id.in_(list(effect_ids)))
            return sorted(set(connection.execute(rows.returning(effects.c.issue_id)).scalars()))

        return self._store.write(retry)

    def _effects(self, condition: sa.ColumnElement[bool]) -> list[EffectRecord]:
        query = sa.select(effects).where(condition).order_by(effects.c.at, effects.c.effect_id)
        rows = self._store.read(lambda connection: connection.execute(query).mappings().all())
        return [EffectRecord(**row) for row in rows]

    def _record_in(
        self,
        connection: Connection,
        issue_id: str,
        effect_id: str,
        state: State,
        *,
        ref: str = "",
        reason: str = "",
    ) -> None:
        news = {"state": state, "ref": ref, "reason": reason, "at": self._clock.now()}
        row = self._store.insert(effects).values(issue_id=issue_id, effect_id=effect_id, **news)
        known = None if state == "done" else effects.c.state != "done"
        connection.execute(row.on_conflict_do_update(index_elements=["issue_id", "effect_id"], set_=news, where=known))

    # -- looks

    def look(self, issue_id: str, key: str, reason: str, applied: Sequence[str], at: datetime) -> None:
        """Keep that the issue was looked at, what was applied and why, in one sentence."""

        def keep(connection: Connection) -> None:
            row = sa.insert(looks).values(
                issue_id=issue_id,
                key=key,
                at=at,
                looked=self._store.machine(connection),
                reason=reason,
                effects=list(applied),
            )
            connection.execute(row)

        self._store.write(keep)

    def looks(self, issue_id: str, limit: int = 50) -> list[Look]:
        """The latest looks at one issue, the newest first."""
        query = sa.select(looks).where(looks.c.issue_id == issue_id).order_by(looks.c.id.desc()).limit(limit)
        rows = self._store.read(lambda connection: connection.execute(query).mappings().all())
        return [
            Look(effects=tuple(r["effects"]), **{k: r[k] for k in ("issue_id", "key", "at", "reason")}) for r in rows
        ]

    def prune(self, older_than: timedelta) -> int:
        """Delete looks, deliveries and ended intents of that machine age; how many rows. Effects stay."""

        def prune(connection: Connection) -> int:
            before = self._store.machine(connection) - older_than.total_seconds()
            ended = sa.and_(intents.c.began < before, intents.c.state != "open")
            return sum(
                connection.execute(rows).rowcount
                for rows in (
                    sa.delete(looks).where(looks.c.looked < before),
                    sa.delete(deliveries).where(deliveries.c.received < before),
                    sa.delete(intents).where(ended),
                )
            )

        return self._store.write(prune)
