"""The agenda against a model of its contract, with crashes and clock jumps between any two statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.store.agenda import Agenda, Claim, LeaseLost, backoff
from bot.store.agenda_reader import LEASE_SECONDS, Priority, Row
from bot.store.agenda_sql import insert_if_ours
from bot.store.database import Store
from bot.store.global_limit import ASTRAY_SECONDS, LONGEST_DELAY_SECONDS
from bot.store.tables import agenda as agenda_table
from bot.store.tables import looks
from tests.examples import examples

KEYS = st.sampled_from(["issue 1", "issue 2"])
CLASSES = st.sampled_from(Priority)
MINUTES = st.sampled_from([0, -5, 5]).map(lambda n: timedelta(minutes=n))

# A row of another table that only the owner of a lease may insert.
PROOF = insert_if_ours(
    looks,
    {
        "issue_id": sa.literal("1"),
        "key": sa.literal("A-1"),
        "at": sa.literal(datetime(2026, 1, 5, tzinfo=UTC), looks.c.at.type),
        "looked": sa.literal(0.0, sa.Double()),
        "reason": sa.literal(""),
        "effects": sa.literal([], sa.JSON()),
    },
)


class Death(Exception):
    """The process died here; its thread survives, so that the test can go on."""


class StandingClock:
    """Both times stand still until they are moved."""

    def __init__(self) -> None:
        self.business = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
        self.seconds = 1_000_000_000.0

    def now(self) -> datetime:
        return self.business

    def machine(self) -> float:
        return self.seconds

    def steady(self) -> float:
        """Nothing here is told by a stopwatch."""
        return 0.0


class ModelStore(Store):
    """Machine time is the model's on PostgreSQL too."""

    def machine(self, connection: sa.Connection) -> float:
        return self.clock.machine()

    def machine_value(self) -> sa.ColumnElement[float]:
        return sa.bindparam("machine", type_=sa.Double())

    def machine_parameter(self) -> dict[str, float]:
        return {"machine": self.clock.machine()}


@dataclass(frozen=True)
class Model:
    """What the contract says that one row is."""

    row: Row
    woken: int
    token: str | None

    def leased(self, machine: float) -> bool:
        """Whether a lease lives that could have been made about now."""
        until = self.row.leased_until
        latest = machine + LEASE_SECONDS + ASTRAY_SECONDS
        return self.token is not None and until is not None and machine < until <= latest

    def held(self, machine: float) -> bool:
        """Whether the row is held back by a moment that could have been set about now."""
        until = self.row.not_before
        return until is not None and machine < until <= machine + LONGEST_DELAY_SECONDS + ASTRAY_SECONDS

    def due(self, now: datetime) -> bool:
        """Whether its moment has come."""
        return self.row.due_at is not None and self.row.due_at <= now and self.row.parked is None


class AgendaMachine(RuleBasedStateMachine):
    """Puts, claims and releases by several workers in any order; `claims` keeps the dead tokens too."""

    claims = Bundle("claims")

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.clock = StandingClock()
        self.open()
        self.store.write(lambda c: c.execute(sa.delete(agenda_table)))
        self.model: dict[str, Model] = {}
        self.live: dict[str, Claim] = {}  # per key, the claim whose token is in the row

    def open(self) -> None:
        self.store = ModelStore(self.url, self.clock)
        self.store.lock()
        self.agenda = Agenda(self.store, self.clock, chance=lambda: 0.0)

    def teardown(self) -> None:
        self.agenda.close()
        self.store.close()

    def change(self, key: str, **values: Any) -> None:
        """Set fields of the model's row; a None token ends its lease."""
        old = self.model[key]
        woken, token = values.pop("woken", old.woken), values.pop("token", old.token)
        if token is None:
            values["leased_until"] = None
            self.live.pop(key, None)
        self.model[key] = Model(replace(old.row, **values), woken, token)

    def own(self, token: str | None) -> bool:
        return token is not None and token.startswith(f"{self.agenda._name}:")

    def ours(self, claim: Claim) -> bool:
        return key_token(self.model, claim.key) == claim.token

    # -- the verbs

    @rule(key=KEYS, offset=MINUTES, priority=CLASSES)
    def put(self, key: str, offset: timedelta, priority: Priority) -> None:
        at = self.clock.now() + offset
        self.agenda.put(key, at, priority)
        self.model_put(key, at, priority)

    def model_put(self, key: str, at: datetime, priority: Priority) -> None:
        old = self.model.get(key)
        if old is None:
            self.model[key] = Model(Row(key, priority, at, None, None, 0, None), 1, None)
        elif old.row.due_at is None:
            self.change(key, due_at=at, priority=priority, woken=old.woken + 1)
        else:
            due, urgency = min(old.row.due_at, at), min(old.row.priority, priority)
            self.change(key, due_at=due, priority=urgency, woken=old.woken + 1)

    @rule(key=KEYS, offset=MINUTES)
    def put_once(self, key: str, offset: timedelta) -> None:
        at = self.clock.now() + offset
        new = self.agenda.put_once(key, at, Priority.SWEEPS)
        assert new == (key not in self.model)
        if new:
            self.model_put(key, at, Priority.SWEEPS)

    @rule(target=claims)
    def claim(self) -> Any:
        claim = self.agenda.claim()
        now, machine = self.clock.now(), self.clock.machine()
        free = [m for m in self.model.values() if m.due(now) and not m.leased(machine) and not m.held(machine)]
        if any(m.leased(machine) and m.row.tries > 1 and self.own(m.token) for m in self.model.values()):
            free = [m for m in free if m.row.tries == 0]
        if claim is None:
            assert free == []
            return multiple()
        old = self.model[claim.key]
        first = min((m.row.priority, m.row.due_at) for m in free)
        assert (claim.priority, claim.due_at) == first == (old.row.priority, old.row.due_at)
        assert old in free, "a live lease, a hold or a parking was passed over"
        assert (claim.woken, claim.tries) == (old.woken, old.row.tries + 1)
        self.change(claim.key, token=claim.token, leased_until=machine + LEASE_SECONDS, tries=claim.tries)
        self.live[claim.key] = claim
        return claim

    @rule(claim=claims)
    def renew(self, claim: Claim) -> None:
        assert self.agenda.renew(claim) == self.ours(claim)
        if self.ours(claim):
            self.change(claim.key, leased_until=self.clock.machine() + LEASE_SECONDS)

    @rule(claim=claims, offset=st.none() | MINUTES)
    def release(self, claim: Claim, offset: timedelta | None) -> None:
        now = self.clock.now()
        again = None if offset is None else now + offset
        ours = self.ours(claim)
        assert self.agenda.release(claim, again) == ours
        if not ours:
            return
        woken = self.model[claim.key].woken != claim.woken
        self.change(claim.key, token=None, not_before=None, tries=0, due_at=now if woken else again)
        if not woken and again is not None and again > now:
            self.change(claim.key, priority=Priority.TIMERS)
        if woken:
            row = self.agenda.row(claim.key)
            assert row is not None
            assert row.due_at is not None, "a wake-up was lost"
            assert row.due_at <= now, "a wake-up was put off"

    @rule(claim=claims, seconds=st.none() | st.sampled_from([10.0, 1e9]))
    def fail(self, claim: Claim, seconds: float | None) -> None:
        machine = self.clock.machine()
        held = machine + (backoff(claim.tries, lambda: 0.0) if seconds is None else seconds)
        given = None if seconds is None else held
        ours = self.ours(claim)
        assert self.agenda.release(claim, None, not_before=given, failed=True) == ours
        if ours:
            held = min(held, machine + LONGEST_DELAY_SECONDS)
            self.change(claim.key, token=None, not_before=held, due_at=self.clock.now())

    @rule(claim=claims)
    def park(self, claim: Claim) -> None:
        ours = self.ours(claim)
        assert self.agenda.park(claim, "broken") == ours
        if ours:
            self.change(claim.key, token=None, parked="broken")

    @rule(key=KEYS)
    def unpark(self, key: str) -> None:
        parked = key in self.model and self.model[key].row.parked is not None
        assert self.agenda.unpark(key) == parked
        if parked:
            self.change(key, parked=None, due_at=self.clock.now(), not_before=None, tries=0)

    @rule(claim=claims)
    def prove(self, claim: Claim) -> None:
        try:
            self.store.write(lambda c: self.agenda.insert_in(c, claim, PROOF, {}))
        except LeaseLost:
            assert not self.ours(claim)
        else:
            assert self.ours(claim)

    # -- what seldom comes about by chance: a row that surely can be claimed, and what may happen to its look

    @rule(target=claims, key=KEYS, priority=CLASSES, then=st.sampled_from(["work", "wake", "fail", "outlive", "keep"]))
    def look(self, key: str, priority: Priority, then: str) -> Any:
        self.unpark(key)
        self.machine_time_jumps(4000.0)
        self.put(key, timedelta(0), priority)
        claim = self.claim()
        if not isinstance(claim, Claim):
            return claim
        if then == "wake":
            self.put(claim.key, timedelta(0), priority)
        if then in ("work", "wake"):
            self.release(claim, timedelta(minutes=5))
        elif then == "fail":
            self.fail(claim, None)
            self.put(claim.key, timedelta(0), priority)
            self.claim()
        elif then == "outlive":
            self.machine_time_jumps(121.0)
            self.claim()
            self.release(claim, None)
        return claim

    # -- time and death

    @rule(minutes=st.sampled_from([-10, 1, 5, 60]))
    def business_time_jumps(self, minutes: int) -> None:
        self.clock.business += timedelta(minutes=minutes)

    @rule(seconds=st.sampled_from([-1e6, -200.0, -5.0, 1.0, 60.0, 121.0, 4000.0]))
    def machine_time_jumps(self, seconds: float) -> None:
        self.clock.seconds += seconds

    @rule(statement=st.integers(0, 5), key=KEYS, verb=st.sampled_from(["put", "claim", "release", "park"]))
    def crash(self, statement: int, key: str, verb: str) -> None:
        """The process dies before the `statement`-th statement of a verb: the verb did nothing at all."""
        verbs: dict[str, Callable[[Claim], object]] = {
            "release": lambda claim: self.agenda.release(claim, None),
            "park": lambda claim: self.agenda.park(claim, "broken"),
        }
        if verb == "put":
            self.die(statement, lambda: self.agenda.put(key, self.clock.now(), Priority.PEOPLE))
        elif verb == "claim":
            self.die(statement, self.agenda.claim)
        elif key in self.live:
            self.die(statement, lambda: verbs[verb](self.live[key]))

    def die(self, statement: int, verb: Callable[[], object]) -> None:
        count = 0

        def strike(*_: object) -> None:
            nonlocal count
            count += 1
            if count > statement:
                raise Death

        def survive(*_: object) -> None:
            raise Death

        engine = self.store.engine()
        sa.event.listen(engine, "before_cursor_execute", strike)
        sa.event.listen(engine, "commit", survive)  # at the latest it dies before the commit
        try:
            verb()
        except Death:
            pass
        else:
            raise AssertionError("the verb returned before its commit")
        finally:
            sa.event.remove(engine, "before_cursor_execute", strike)
            sa.event.remove(engine, "commit", survive)
        self.restart()

    @rule()
    def restart(self) -> None:
        """A new process on the same database; the old one's claims are forgotten, not released."""
        self.teardown()
        self.open()

    @rule()
    def the_leases_of_the_dead_are_given_back(self) -> None:
        """As `serve` does when it starts; on PostgreSQL other replicas may live, so nothing happens."""
        leased = [key for key, m in self.model.items() if m.token is not None]
        assert self.agenda.give_back_all() == (len(leased) if self.store.sqlite else 0)
        if self.store.sqlite:
            for key in leased:
                tries = self.model[key].row.tries
                held = self.clock.machine() + backoff(tries, lambda: 0.0) if tries > 1 else None
                self.change(key, token=None, not_before=held)

    @precondition(lambda self: self.live)
    @rule()
    def this_process_is_told_to_stop(self) -> None:
        """Its own leases end, and only these; a look that was cut short is no failed try."""
        own = [key for key, claim in self.live.items() if self.own(claim.token)]
        assert self.agenda.give_back_own() == len(own)
        for key in own:
            self.change(key, token=None, tries=self.model[key].row.tries - 1)

    # -- what always holds

    @invariant()
    def the_rows_are_what_the_contract_says(self) -> None:
        assert {row.key: row for row in self.agenda.rows()} == {k: m.row for k, m in self.model.items()}

    @invariant()
    def questions_are_answered_from_the_rows(self) -> None:
        now = self.clock.now()
        rows = self.model.values()
        assert self.agenda.idle() == (not any(m.due(now) or m.token is not None for m in rows))
        waiting = [m.row.due_at for m in rows if m.row.due_at and m.token is None and m.row.parked is None]
        assert self.agenda.next_due() == min(waiting, default=None)


def key_token(model: dict[str, Model], key: str) -> str | None:
    """The token in the model's row of that key."""
    return model[key].token if key in model else None


def test_the_agenda_keeps_its_contract(engine_url: str) -> None:
    """No two live leases on one key, no lost wake-up, no back-off ended by a put, no power in a lost token."""
    run_state_machine_as_test(
        lambda: AgendaMachine(engine_url),
        settings=settings(
            max_examples=examples(3, 10),
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],  # to shrink a failure would take minutes; its steps are printed as they are
            suppress_health_check=list(HealthCheck),
        ),
    )
