"""The machine's clock is corrected, is behind Jira's, or differs between replicas: nothing is lost or doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.clock import SettableClock
from bot.controller.backoff import Backoff
from bot.jira.call import Limited, Unreachable
from bot.sandbox.accounts import CARLA
from bot.store.agenda import Agenda
from bot.store.agenda_reader import Priority
from bot.store.database import Store
from bot.store.journal import Journal
from tests.faults.proxy import CUT_AFTER, HOLD_UNTIL
from tests.faults.rig import DISTRICT, Rig, end_state, play, sent, wait_for, writes

HOUR = 3600.0


@pytest.mark.parametrize("hours", [1, -1])
def test_the_clock_is_corrected_while_a_call_is_in_flight(hours: int, rig: Rig, clean: dict[str, Any]) -> None:
    """By the corrected clock the lease is over, so another worker takes the issue. It neither sends again what is
    still on its way, nor takes it for lost."""
    answer = threading.Event()
    comment = writes(rig)["public comment"]
    held = rig.to_jira.rule(comment, do=HOLD_UNTIL(answer), times=1)
    rig.settle()
    ticket = rig.site.open_request(CARLA, DISTRICT)
    wait_for(lambda: held.used)
    rig.clock.correct_machine(hours * HOUR)
    looks = len(rig.to_jira.seen)
    rig.bot.reconciler.enqueue([ticket.id])
    row = wait_for(lambda: (r := rig.bot.agenda.row(f"issue {ticket.id}")) and r.leased_until is None and r)
    assert row.not_before is not None
    assert len(rig.to_jira.seen) == looks
    answer.set()
    # The call has an end before 90 s are over, which `settle` would jump over while it is still on its way.
    wait_for(lambda: rig.site.comments(ticket))
    rig.settle()
    assert sent(rig, comment) == 1
    assert end_state(rig.site, ticket.key) == clean["opened"]


@pytest.mark.parametrize("hours", [1, -1])
def test_the_clock_is_corrected_before_a_lost_call_is_settled(hours: int, rig: Rig, clean: dict[str, Any]) -> None:
    """It is settled 90 s after it began, by a stopwatch: neither at once, nor an hour late."""
    comment = writes(rig)["public comment"]
    rig.to_jira.rule(comment, do=CUT_AFTER, times=1)
    ticket = rig.site.open_request(CARLA, DISTRICT)
    rig.wait_held()
    rig.clock.correct_machine(hours * HOUR)
    rig.bot.agenda.nudge()
    if hours < 0:  # what is held back by the old clock is so for an hour at most
        rig.clock.jump_machine(HOUR + 2)
        rig.bot.agenda.nudge()
        rig.settle()
    else:
        assert 80 < rig.wait_held(seconds=10) <= 90
        rig.settle()
    assert sent(rig, comment) == 1
    assert end_state(rig.site, ticket.key) == clean["opened"]


@pytest.mark.parametrize("hours", [1, -1])
def test_the_clock_is_corrected_between_any_two_acts(hours: int, rig: Rig, clean: dict[str, Any]) -> None:
    """The story ends the same."""
    key = play(rig, lambda act: rig.clock.correct_machine(hours * HOUR))
    assert end_state(rig.site, key) == clean["end"]


class Behind(SettableClock):
    """A clock that is 90 s behind the one that tests set."""

    def __init__(self, right: SettableClock) -> None:
        super().__init__(right.now())
        self._right = right

    def now(self) -> datetime:
        return self._right.now() - timedelta(seconds=90)

    def machine(self) -> float:
        return self._right.machine() - 90

    def steady(self) -> float:
        return self._right.steady()


class Late(Rig):
    """A rig whose bot has such a clock; Jira has the right one."""

    def start_bot(self) -> None:
        """Start the bot on its own clock."""
        right, self.clock = self.clock, Behind(self.clock)
        super().start_bot()
        self.clock = right

    def advance(self, to: datetime) -> None:
        """As on any stage, but the bot notices 90 s later what is due."""
        late = timedelta(seconds=90)
        self.settle()
        while (due := self.bot.agenda.next_due()) is not None and due + late <= to:
            self.clock.set(max(due + late, self.clock.now()))
            self.settle()
        self.clock.set(max(to, self.clock.now()))
        self.settle()


def test_the_clock_is_90_seconds_behind_jiras(make_rig: Callable[..., Rig], clean: dict[str, Any]) -> None:
    """What happened is dated by Jira, so clocks and rounds are the same, and nothing that people did is passed
    over because it lies in the bot's future."""
    rig = make_rig(kind=Late)

    def later(act: str) -> None:
        rig.advance(rig.clock.now() + timedelta(seconds=91))

    key = play(rig, later)
    mine, theirs = end_state(rig.site, key), clean["end"]
    assert {**mine, "visits": 0} == {**theirs, "visits": 0}


@pytest.mark.parametrize("engine_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("hours", [1, -1])
def test_replicas_whose_clocks_differ(hours: int, engine_url: str, clock: SettableClock) -> None:
    """On PostgreSQL leases, back-off, limits and settling follow the database's clock, so a replica whose own is an
    hour wrong waits as long as Jira asks, and no other takes what it has."""
    wrong = SettableClock(clock.now())
    wrong.correct_machine(hours * HOUR)
    right_store, wrong_store = Store(engine_url, clock), Store(engine_url, wrong)
    right, odd = Agenda(right_store, clock), Agenda(wrong_store, wrong)
    try:
        odd.put("issue 1", clock.now(), Priority.PEOPLE)
        claim = odd.claim()
        assert claim is not None
        assert right.claim() is None
        intent = Journal(wrong_store, odd, wrong).open_intent(claim, "1", "comment", ["1:a:b"], {})
        (seen,) = Journal(right_store, right, clock).open_intents("1")
        assert seen.id == intent
        assert 0 <= Journal(right_store, right, clock).age(seen) < 60
        assert 0 <= Journal(wrong_store, odd, wrong).age(seen) < 60
        Backoff(odd, wrong).take(claim, Unreachable("away"))
        row = right.row("issue 1")
        assert row is not None
        assert row.not_before is not None
        assert 0 < row.not_before - right.machine() < 2
        Backoff(odd, wrong).take(claim, Limited("wait", 1847, site=True))
        held = right.global_limit.active()
        assert held is not None
        assert 1800 < held.until - right.machine() <= 1847
    finally:
        for one in (right, odd):
            one.close()
        for store in (right_store, wrong_store):
            store.close()
