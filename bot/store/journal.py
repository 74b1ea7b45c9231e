"""The journal: what the bot was about to do, did, gave up or missed, and why it did nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from bot.clock import Clock
from bot.store.agenda import Agenda, Claim
from bot.store.database import Store
from bot.store.tables import deliveries, effects, intents, looks, meta

State = Literal["done", "parked", "missed"]


LEAK = "leak in "  # with a project's key: an internal comment came out public there
MESSAGE = "message"  # the kind of intent of what leaves no trace in Jira


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
class Known:
    """What the journal holds of one issue when a look begins: the calls whose answer is not known, the oldest first;
    the effects that are done, each with its id in Jira or an empty string; and those that were given up, each with its
    reason."""

    open_intents: tuple[Intent, ...]
    done: Mapping[str, str]
    parked: Mapping[str, str]


@dataclass(frozen=True)
class JournalEntry:
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
        self._began: dict[int, float] = {}  # open calls, by when they began on this process's stopwatch
        self._record, self._record_done = _upsert(store, effects.c.state != "done"), _upsert(store, None)

    def known(self, issue_id: str) -> Known:
        """All that a look wants to know of one issue."""
        return self._store.read(lambda connection: self._known_in(connection, {"issue": issue_id}))

    def _known_in(self, connection: Connection, issue: Mapping[str, str]) -> Known:
        found = connection.execute(_EFFECTS, issue).all()
        return Known(
            tuple(_intent(row) for row in connection.execute(_OPEN, issue).mappings()),
            {row.effect_id: row.ref for row in found if row.state == "done"},
            {row.effect_id: row.reason for row in found if row.state == "parked"},
        )

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
            row = {
                "issue_id": issue_id,
                "kind": kind,
                "effect_ids": list(effect_ids),
                "call": dict(call),
                "highest_comment": highest_comment,
                "subtasks": list(subtasks),
                "public": public,
                "began_at": self._clock.now(),
                "began": self._store.machine(connection),
                "state": "open",
                "reason": "",
            }
            return int(connection.execute(_NEW_INTENT, row).scalar_one())

        began = self._clock.steady()
        intent_id = self._store.write(open_)
        self._began[intent_id] = began
        return intent_id

    def age(self, intent: Intent) -> float:
        """For how many seconds a call may have been on its way. A stopwatch tells, since the machine's clock may be
        corrected meanwhile; only what an earlier process, or another replica, began is dated by that clock once."""
        now = self._clock.steady()
        if intent.id not in self._began:
            self._began[intent.id] = now - max(0.0, self._store.machine_now() - intent.began)
        return now - self._began[intent.id]

    def close_intent(self, intent_id: int, issue_id: str, refs: Mapping[str, str]) -> None:
        """The call on that issue happened: the intent is done, and so are its effects, each with its id in Jira or "".

        Nobody waits for it: if it is lost the intent stays open, and a later look settles it."""

        def close(connection: Connection) -> None:
            connection.execute(_END_INTENT, {"intent": intent_id, "ended": "done", "why": ""})
            self._record_in(connection, issue_id, refs, "done")

        self._store.write_soon(close)
        self._began.pop(intent_id, None)

    def fail_intent(self, intent_id: int, reason: str) -> None:
        """The call surely did not happen: its effects may be wished again."""
        row = {"intent": intent_id, "ended": "failed", "why": reason}
        self._store.write(lambda connection: connection.execute(_END_INTENT, row))
        self._began.pop(intent_id, None)

    def open_intents(self, issue_id: str) -> list[Intent]:
        """The calls on one issue whose answer is not known, the oldest first."""
        found = self._store.read(lambda c: c.execute(_OPEN, {"issue": issue_id}).mappings().all())
        return [_intent(row) for row in found]

    def count_public(self, issue_id: str, day: datetime, hour: datetime) -> tuple[int, int]:
        """How many public comments were, or may have been, sent: of this issue since `day`, of all since `hour`
        (business time)."""
        asked = {"issue": issue_id, "day": day, "hour": hour}
        of_issue, of_all = self._store.read(lambda connection: connection.execute(_PUBLIC, asked).one())
        return of_issue, of_all

    def leaks(self, project: str) -> bool:
        """Whether an internal comment of that project came out public."""
        return self._store.get_fact(LEAK + project) is not None

    def note_leak(self, project: str) -> None:
        """Remember, for all replicas and until `retry` of everything, that one did."""
        self._store.set_fact(LEAK + project, self._clock.now().isoformat())

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
        self._store.write(lambda c: self._record_in(c, issue_id, {effect_id: ""}, "parked", reason))

    def miss(self, issue_id: str, effect_ids: Iterable[str], reason: str) -> None:
        """A step was passed before these were done; they are not made up."""
        refs = dict.fromkeys(effect_ids, "")
        self._store.write_soon(lambda c: self._record_in(c, issue_id, refs, "missed", reason))

    def retry(self, effect_ids: Iterable[str] | None = None) -> list[str]:
        """Forget that these effects (None: all, and leaks too) were parked; the ids of the issues to look at."""

        def retry(connection: Connection) -> list[str]:
            rows = sa.delete(effects).where(effects.c.state == "parked")
            if effect_ids is None:
                connection.execute(sa.delete(meta).where(meta.c.name.startswith(LEAK, autoescape=True)))
            else:
                rows = rows.where(effects.c.effect_id.in_(list(effect_ids)))
            return sorted(set(connection.execute(rows.returning(effects.c.issue_id)).scalars()))

        return self._store.write(retry)

    def _effects(self, condition: sa.ColumnElement[bool]) -> list[EffectRecord]:
        query = sa.select(effects).where(condition).order_by(effects.c.at, effects.c.effect_id)
        rows = self._store.read(lambda connection: connection.execute(query).mappings().all())
        return [EffectRecord(**row) for row in rows]

    def _record_in(
        self, connection: Connection, issue_id: str, refs: Mapping[str, str], state: State, reason: str = ""
    ) -> None:
        common = {"issue_id": issue_id, "state": state, "reason": reason, "at": self._clock.now()}
        if refs:
            rows = [{**common, "effect_id": effect_id, "ref": ref} for effect_id, ref in refs.items()]
            connection.execute(self._record_done if state == "done" else self._record, rows)

    # -- looks

    def add_entry(self, issue_id: str, key: str, reason: str, applied: Sequence[str], at: datetime) -> None:
        """Keep that the issue was looked at, what was applied and why, in one sentence."""
        row = {"issue_id": issue_id, "key": key, "at": at, "reason": reason, "effects": list(applied)}
        self._store.write_soon(lambda c: c.execute(_NEW_ENTRY, {**row, "looked": self._store.machine(c)}))

    def last_reason(self, issue_id: str) -> str | None:
        """Why the latest look at an issue did what it did, None where there was none."""
        asked = {"issue": issue_id}
        return self._store.read(lambda connection: connection.execute(_LAST_REASON, asked).scalar_one_or_none())

    def entries(self, issue_id: str, limit: int = 50) -> list[JournalEntry]:
        """The latest looks at one issue, the newest first."""
        query = sa.select(looks).where(looks.c.issue_id == issue_id).order_by(looks.c.id.desc()).limit(limit)
        rows = self._store.read(lambda connection: connection.execute(query).mappings().all())
        return [
            JournalEntry(effects=tuple(r["effects"]), **{k: r[k] for k in ("issue_id", "key", "at", "reason")})
            for r in rows
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


def _intent(row: RowMapping) -> Intent:
    same = ("id", "issue_id", "kind", "call", "highest_comment", "public", "began_at", "began")
    return Intent(
        effect_ids=tuple(row["effect_ids"]), subtasks=tuple(row["subtasks"]), **{name: row[name] for name in same}
    )


def _upsert(store: Store, known: sa.ColumnElement[bool] | None) -> sa.Executable:
    """Keep what became of an effect; where there is a word of it already, only where that is as in `known`."""
    row = store.insert(effects).values({c.name: sa.bindparam(c.name) for c in effects.c})
    news = {name: row.excluded[name] for name in ("state", "ref", "reason", "at")}
    return row.on_conflict_do_update(index_elements=["issue_id", "effect_id"], set_=news, where=known)


# Statements are put together once: every look needs them.
_ISSUE = sa.bindparam("issue", type_=sa.Text())
_EFFECTS = sa.select(effects.c.effect_id, effects.c.state, effects.c.ref, effects.c.reason).where(
    effects.c.issue_id == _ISSUE
)
_OPEN = sa.select(intents).where(intents.c.issue_id == _ISSUE, intents.c.state == "open").order_by(intents.c.id)
_LAST_REASON = sa.select(looks.c.reason).where(looks.c.issue_id == _ISSUE).order_by(looks.c.id.desc()).limit(1)
_NEW_ENTRY = sa.insert(looks)
_NEW_INTENT = sa.insert(intents).returning(intents.c.id)
_END_INTENT = (
    sa.update(intents)
    .where(intents.c.id == sa.bindparam("intent"))
    .values(state=sa.bindparam("ended"), reason=sa.bindparam("why"))
)


def _public_since(moment: str) -> sa.Select[int]:
    began = sa.bindparam(moment, type_=intents.c.began_at.type)
    return sa.select(sa.func.count()).where(intents.c.public, intents.c.began_at >= began, intents.c.state != "failed")


_PUBLIC = sa.select(
    _public_since("day").where(intents.c.issue_id == _ISSUE).scalar_subquery(), _public_since("hour").scalar_subquery()
)
