"""What a ticket that has ended took, built from its ledger alone."""

from __future__ import annotations

from datetime import timedelta

from bot.core.history.ticket_summary import TicketSummary, Whose, ticket_summary
from bot.core.model.ledger_json import read_ledger
from tests.core.world import CLI, FOLDER, FRED, HANNA, HOLD, PROCESS, QUALITY, REVIEW, WAITING, World, in_review

HOUR = timedelta(hours=1)


def summary(world: World) -> TicketSummary | None:
    """The summary from the ledger that is on the ticket."""
    world.rest()
    ledger = read_ledger(world.ledger)
    assert ledger is not None
    return ticket_summary(ledger, PROCESS, CLI)


def hours(found: TicketSummary, step: str) -> dict[str, float]:
    """The hours of a step, by whose they were, without those that are none."""
    (one,) = [s for s in found.steps if s.step == step]
    return {whose.value: time / HOUR for whose, time in one.times.items() if time}


def test_a_ticket_under_way_has_no_summary() -> None:
    """It is not known yet."""
    assert summary(World()) is None


def test_time_is_the_districts_only_where_nobody_else_has_to_act() -> None:
    """In a step for two parties, it is the office's until its branch is done."""
    world = World().wait(hours=2)
    world.rest()
    world.move(FOLDER).rest()
    world.wait(hours=3)
    world.set("Folder", "Done").rest()
    world.wait(hours=1).move("Withdrawn")
    found = summary(world)
    assert found is not None
    assert (found.outcome, found.passes, found.rounds) == ("withdrawn", 2, 0)
    assert hours(found, "confirm") == {"district": 2}
    assert hours(found, "folder") == {"ours": 3, "district": 1}
    assert found.times[Whose.DISTRICT] == 3 * HOUR


def test_holds_waits_and_closed_hours_are_counted_apart() -> None:
    """A vendor's hold is the vendor's, another one the office's; at night the time is nobody's."""
    world = World(status=QUALITY)
    world.rest()
    world.say("/hold vendor no answer yet", HANNA, public=False)
    world.rest()
    world.wait(hours=2)
    world.say("/resume", HANNA, public=False)
    world.rest()
    world.wait(hours=1).move(HOLD).rest()
    world.wait(hours=1).move(QUALITY).rest()
    world.wait(days=1).move("Done")
    found = summary(world)
    assert found is not None
    assert hours(found, "quality") == {"vendor": 2, "ours": 1 + 9, "closed": 15}
    assert hours(found, "") == {"outside": 1}
    assert found.outcome == "done"


def test_rounds_and_passes_are_counted() -> None:
    """A review that new files go to again is another pass and another round."""
    world = in_review()
    world.say("Findings: too short", FRED, public=False)
    world.set("Complete?", "Needs Revision")
    world.set("Accurate?", "Done")
    world.rest()
    assert world.status == WAITING
    world.wait(hours=1).say("FILES READY")
    world.rest()
    assert world.status == REVIEW
    world.wait(hours=1).move("Done")
    found = summary(world)
    assert found is not None
    assert [(s.step, s.passes) for s in found.steps][-2:] == [("review", 2), ("waiting", 1)]
    assert hours(found, "waiting") == {"district": 1}
    assert found.rounds == 2
