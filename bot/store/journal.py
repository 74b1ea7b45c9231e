"""The journal: what the bot was about to do, did, gave up or missed, and why it did nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from bot.clock import Clock
from bot.store.agenda import Agenda, Claim
from bot.store.database import Store, StoreError, starting_with
from bot.store.journal_sql import END_INTENT, FACT, KNOWN, OPEN, PUBLIC, JournalSql
from bot.store.tables import deliveries, effects, intents, looks, meta
from bot.store.unsaved import Unsaved

LOG = logging.getLogger(__name__)

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
    """What the journal knows of one issue when a reconcile begins: the calls whose answer is unknown, the oldest
    first; the effects that are done, each with its id in Jira or an empty string; those that were given up, each with
    its reason; and why the latest reconcile did what it did, None where there was none. `digest` is that of the issue's
    row in the index of tickets, None where it has none, and `facts` are the facts of the bot that were asked for."""

    open_intents: tuple[Intent, ...]
    done: Mapping[str, str]
    parked: Mapping[str, str]
    last_reason: str | None
    digest: str | None = None
    facts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class JournalEntry:
    """One reconcile of an issue: what it did and why. `key` is the issue's label at that time."""

    issue_id: str
    key: str
    at: datetime
    reason: str
    effects: tuple[str, ...]


class Journal:
    """Intents, effects and entries. All of it can be lost: the ledger and the marks in Jira are the truth.

    What nobody waits for goes with the claim's next commit: that a call was answered with the next intent or the
    release, an entry with the release. The release takes it by `save_in`; where a reconcile ends in another way,
    `flush` does. An intent is never closed before its effects are recorded, so whatever is lost on the way is a call
    that a later reconcile settles."""

    def __init__(self, store: Store, agenda: Agenda, clock: Clock) -> None:
        self._store = store
        self._agenda = agenda
        self._clock = clock
        self._began: dict[int, float] = {}  # open calls, by when they began on this process's stopwatch
        self._unsaved: dict[str, Unsaved] = {}  # by the claim's token, which one thread works for
        self._sql = JournalSql(store)

    def known(self, issue_id: str, facts: str) -> Known:
        """All that a reconcile needs to know of one issue, and the facts of the bot whose names begin with `facts`."""
        asked = {"issue": issue_id, "pattern": starting_with(facts)}
        return self._store.read(lambda connection: self._known_in(connection, asked))

    def _known_in(self, connection: Connection, asked: Mapping[str, str]) -> Known:
        found = KNOWN.rows(connection, asked)
        is_open, last_reason, digest = next(row[:3] for row in found if row[4] != FACT)
        named = sorted((name, value) for _, _, _, name, state, value, _ in found if state == FACT)
        return Known(
            tuple(_intent(row) for row in connection.execute(OPEN, asked).mappings()) if is_open else (),
            {effect: ref for *_, effect, state, ref, _ in found if state == "done"},
            {effect: reason for *_, effect, state, _, reason in found if state == "parked"},
            last_reason,
            digest,
            tuple(json.loads(value) for _, value in named),
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
        row = {
            "issue_id": issue_id,
            "kind": kind,
            "effect_ids": list(effect_ids),
            "call": dict(call),
            "highest_comment": highest_comment,
            "subtasks": list(subtasks),
            "public": public,
            "began_at": self._clock.now(),
            "state": "open",
            "reason": "",
        }
        return self._insert_intent(claim, row)

    def _insert_intent(self, claim: Claim, row: Mapping[str, Any]) -> int:
        unsaved = self._unsaved.get(claim.token)

        def insert(connection: Connection) -> int:
            if unsaved is not None:
                unsaved.save_effects_in(connection)
            values = {**row, **self._store.machine_parameter()}
            return self._agenda.insert_in(connection, claim, self._sql.new_intent, values)

        began = self._clock.steady()
        intent_id = self._store.write(insert)
        self._began[intent_id] = began
        if unsaved is not None:
            unsaved.effects_saved()
        return intent_id

    def age(self, intent: Intent) -> float:
        """For how many seconds a call may have been on its way, by a stopwatch, because the machine's clock may be
        corrected meanwhile. Only what an earlier process or another replica began is dated by that clock, once."""
        now = self._clock.steady()
        if intent.id not in self._began:
            self._began[intent.id] = now - max(0.0, self._store.machine_now() - intent.began)
        return now - self._began[intent.id]

    def close_intent(self, claim: Claim, intent_id: int, issue_id: str, refs: Mapping[str, str]) -> None:
        """The call on that issue happened: the intent is done, and so are its effects, each with its id in Jira or "".

        It is recorded with the claim's next commit; if it is lost the intent stays open, and a later reconcile settles
        it."""
        self._began.pop(intent_id, None)
        unsaved = self._unsaved_of(claim)
        unsaved.done += _effect_rows(issue_id, refs, "done", self._clock.now())
        unsaved.answered.append({"intent": intent_id, "ended": "done", "why": ""})

    def save_in(self, connection: Connection, claim: Claim) -> None:
        """Record, in the caller's transaction, what the claim has to record and nobody waited for."""
        if (unsaved := self._unsaved.get(claim.token)) is not None:
            unsaved.save_in(connection)

    def saved(self, claim: Claim) -> None:
        """What `save_in` recorded was committed."""
        self._unsaved.pop(claim.token, None)

    def flush(self, claim: Claim) -> None:
        """Record it in a transaction of its own, where there is any. Where the database is down it is lost."""
        if claim.token not in self._unsaved:
            return
        try:
            self._store.write(lambda connection: self.save_in(connection, claim))
        except StoreError as down:
            LOG.error("what became of the latest calls for %s is not recorded and will be settled: %s", claim.key, down)
        finally:
            self.saved(claim)

    def _unsaved_of(self, claim: Claim) -> Unsaved:
        if claim.token not in self._unsaved:
            self._unsaved[claim.token] = Unsaved(self._store, self._sql)
        return self._unsaved[claim.token]

    def fail_intent(self, intent_id: int, reason: str) -> None:
        """The call surely did not happen: its effects may be planned again."""
        row = {"intent": intent_id, "ended": "failed", "why": reason}
        self._store.write(lambda connection: END_INTENT.execute(connection, row))
        self._began.pop(intent_id, None)

    def open_intents(self, issue_id: str) -> list[Intent]:
        """The calls on one issue whose answer is not known, the oldest first."""
        found = self._store.read(lambda c: c.execute(OPEN, {"issue": issue_id}).mappings().all())
        return [_intent(row) for row in found]

    def count_public(self, issue_id: str, day: datetime, hour: datetime) -> tuple[int, int]:
        """How many public comments were, or may have been, sent: of this issue since `day`, of all since `hour`
        (business time)."""
        asked = {"issue": issue_id, "day": day, "hour": hour}
        of_issue, of_all = self._store.read(lambda connection: PUBLIC.rows(connection, asked)[0])
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
        rows = _effect_rows(issue_id, {effect_id: ""}, "parked", self._clock.now(), reason)
        self._store.write(lambda connection: self._sql.record_effect.execute_many(connection, rows))

    def miss(self, claim: Claim, issue_id: str, effect_ids: Iterable[str], reason: str) -> None:
        """A step was passed before these were done, and they will not be. It is recorded with the claim's next
        commit."""
        refs = dict.fromkeys(effect_ids, "")
        self._unsaved_of(claim).missed += _effect_rows(issue_id, refs, "missed", self._clock.now(), reason)

    def retry(self, effect_ids: Iterable[str] | None = None) -> list[str]:
        """Forget that these effects (None: all, and leaks too) were parked; the ids of the issues to reconcile."""

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

    # -- entries

    def add_entry(
        self, claim: Claim, issue_id: str, key: str, reason: str, applied: Sequence[str], at: datetime
    ) -> None:
        """Keep what a reconcile applied and why, in one sentence. It is recorded with the claim's next commit."""
        row = {"issue_id": issue_id, "key": key, "at": at, "reason": reason, "effects": list(applied)}
        self._unsaved_of(claim).entries.append(row)

    def entries(self, issue_id: str, limit: int = 50) -> list[JournalEntry]:
        """The latest entries of one issue, the newest first."""
        query = sa.select(looks).where(looks.c.issue_id == issue_id).order_by(looks.c.id.desc()).limit(limit)
        rows = self._store.read(lambda connection: connection.execute(query).mappings().all())
        return [
            JournalEntry(effects=tuple(r["effects"]), **{k: r[k] for k in ("issue_id", "key", "at", "reason")})
            for r in rows
        ]

    def prune(self, older_than: timedelta) -> int:
        """Delete entries, deliveries and ended intents of that machine age; how many rows. Effects stay."""

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


def _effect_rows(
    issue_id: str, refs: Mapping[str, str], state: State, at: datetime, reason: str = ""
) -> list[dict[str, Any]]:
    common = {"issue_id": issue_id, "state": state, "reason": reason, "at": at}
    return [{**common, "effect_id": effect_id, "ref": ref} for effect_id, ref in refs.items()]
