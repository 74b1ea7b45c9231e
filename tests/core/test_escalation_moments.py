"""At which moment an escalation happens, when the bot comes for it, and which of its repetitions the ledger keeps."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.core.decide.escalations import forget_repetitions
from bot.core.model.ledger import NOTED, Visit
from bot.core.model.process import LEAD, OPERATOR, Escalation
from tests.core.test_escalations import DAILY, DUE, HALF, TEXAS, at, fired, notes, order, reviewed
from tests.core.world import MONDAY

FIVE, EIGHT = (datetime(2026, 1, 6, hour, tzinfo=TEXAS) for hour in (5, 8))  # the office opens at eight


@pytest.mark.parametrize(
    ("escalation", "moment"),
    [
        (Escalation(1.0, None, OPERATOR), FIVE),
        (Escalation(1.0, "late", OPERATOR), EIGHT),
        (Escalation(1.0, None, OPERATOR, "leads"), EIGHT),
        (Escalation(1.0, None, "team"), EIGHT),
        (Escalation(1.0, "late"), EIGHT),
        (Escalation(1.0, None, None, "leads"), EIGHT),
    ],
)
def test_only_what_is_for_the_operator_alone_happens_at_night(escalation: Escalation, moment: datetime) -> None:
    """All else waits until the office opens, and the bot comes back exactly then."""
    world = reviewed(escalation, goal="20 hours")  # due at five in the morning
    assert world.plan().requeue_at == moment
    assert bool(fired(at(world, FIVE))) == (moment == FIVE)
    assert fired(at(world, EIGHT)) == ["flag:step:100"]


def test_a_night_in_which_nothing_is_due_ends_unnoticed() -> None:
    """The bot does not come back when the office opens, but when half of the time is used."""
    world = at(reviewed(), datetime(2026, 1, 5, 20, tzinfo=TEXAS))
    assert world.plan().requeue_at == HALF


def test_the_label_of_a_repeated_escalation_comes_with_its_first_repetition() -> None:
    """Also when it is set again, after staff gave more time: not with the due moment, nor with a later repetition."""
    world = reviewed(Escalation(1.0, "nagged", "team", every=DAILY))
    assert world.plan().requeue_at == DUE + timedelta(days=1)
    assert at(world, DUE).labels == ()
    assert at(world, DUE + timedelta(days=1)).labels == ("nagged",)
    order(world, "/extend 9 business hours a colleague is ill", DUE + timedelta(days=1))
    assert world.labels == ()
    again = DUE + timedelta(days=2)  # a business day after Thursday, on which it is due now
    assert at(world, again - timedelta(minutes=1)).labels == ()
    assert world.plan().requeue_at == again
    assert at(world, again).labels == ("nagged",)


def test_repetitions_are_counted_on_after_more_time() -> None:
    """The first one was sent, so after the new due moment the second is the next, and the first comes no more."""
    world = at(at(reviewed(Escalation(1.0, None, LEAD, "leads", every=DAILY)), DUE), DUE + timedelta(days=1))
    assert len(world.alerts) == 1
    order(world, "/extend 9 business hours a colleague is ill", DUE + timedelta(days=1, hours=1))
    new_due = DUE + timedelta(days=1)
    assert world.follow().clocks[0].due == new_due
    second = datetime(2026, 1, 12, 11, tzinfo=TEXAS)
    assert world.plan().requeue_at == second
    assert len(at(world, datetime(2026, 1, 9, 16, tzinfo=TEXAS)).alerts) == 1
    assert len(at(world, second).alerts) == 2


@pytest.mark.parametrize(("days", "passed", "following"), [(2, 2, 5), (5, 3, 6), (8, 6, 9)])
def test_after_an_outage_the_bot_comes_back_for_the_next_repetition(days: int, passed: int, following: int) -> None:
    """Whatever number of them has passed; two of the days after Wednesday are a weekend."""
    world = at(reviewed(Escalation(1.0, None, LEAD, "leads", every=DAILY)), DUE + timedelta(days=days))
    assert fired(world) == [f"flag:step:100+1-business-day:{passed}"]
    assert world.plan().requeue_at == DUE + timedelta(days=following)


def test_a_higher_share_makes_a_lower_one_unnecessary_in_its_own_clock() -> None:
    """At the same moment the higher one alone happens; what has a lower share is spent even if its moment moves."""
    world = reviewed(Escalation(0.5, None, None, "half"), Escalation(0.9, None, None, "most"))
    at(world, DUE)
    assert [alert.partition(":")[0] for alert in world.alerts] == ["most"]
    order(world, "/extend 20 business hours a colleague is ill", DUE)
    assert len(at(world, world.follow().clocks[0].due).alerts) == 1


def test_two_escalations_at_one_share_both_happen() -> None:
    """Neither stands for the other while both are new: one repeats, and begins a day later."""
    world = at(reviewed(Escalation(1.0, None, "team"), Escalation(1.0, "late", LEAD, "leads", every=DAILY)), DUE)
    assert (len(notes(world)), world.alerts, world.labels) == (1, [], ())
    at(world, DUE + timedelta(days=1))
    assert (len(notes(world)), len(world.alerts), world.labels) == (2, 1, ("late",))


def _visit(*done: str) -> Visit:
    return Visit("created", "review", "Initial File Review", MONDAY, done=dict.fromkeys(done, NOTED))


def test_of_each_series_the_last_repetition_is_kept() -> None:
    """By number, in whichever visit it is; of what is no repetition nothing is lost."""
    daily, weekly = "flag:step:100+1-business-day", "flag:step:100+5-business-days"
    kept = ["say", "flag:step:100", f"{weekly}:3", "flag:folder:100+1-business-day:2"]
    odd = ["flag:step", f"{daily}:x", "flag:step:often:7", "flag:step:100+1-business-day:1:1"]
    older = _visit(*kept, *odd, f"{daily}:2", f"{daily}:9")
    newer = _visit(f"{daily}:10", f"{weekly}:1")
    forget_repetitions([newer, older])
    assert list(older.done) == [*kept, *odd]
    assert list(newer.done) == [f"{daily}:10"]


def test_an_effect_that_only_looks_like_an_escalation_counts_as_none() -> None:
    """A ledger may hold names of another version; the escalation happens all the same."""
    world = reviewed(Escalation(1.0, None, None, "leads"))
    world.rest()
    world.ledger["visits"][-1]["done"] |= {"flag:step:often": "-", "flag:step:100:x": "-", "flag:step": "-"}
    assert len(at(world, DUE).alerts) == 1


def test_a_clock_on_hold_has_no_next_moment() -> None:
    """The bot comes back when somebody ends the hold."""
    assert order(reviewed(), "/hold waits for the lawyer", HALF - timedelta(hours=1)).plan().requeue_at is None


def test_more_time_moves_the_next_moment() -> None:
    """Half of forty hours are used when all of twenty were."""
    assert order(reviewed(), "/extend 20 business hours ill", HALF - timedelta(hours=1)).plan().requeue_at == DUE
