"""What the explanation of a ticket's clock says in each of its states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.decide.explain_clock import clocks_explained, name_of
from bot.core.model.issue import Person
from bot.core.model.process import Step
from bot.core.time.goals import parse_goal
from tests.core.world import BOT, CARLA, CLI, FRED, HANNA, PROCESS, WAITING, World, in_folder, in_review

STRANGER = Person("712020:zoe", "Zoe")


def text(world: World) -> str:
    """The explanations of the clocks, in one line."""
    return " ".join(" ".join(clocks_explained(world.follow(), {"cli": CLI})).split())


def review(**changes: object) -> World:
    """A review with other settings, an hour after it began."""
    steps: tuple[Step, ...] = tuple(
        replace(s, **changes) if s.name == "review" else s  # type: ignore[arg-type]
        for s in PROCESS.steps
    )
    return in_review(process=replace(PROCESS, steps=steps)).wait(hours=1)


def write(world: World, words: str, by: Person = HANNA) -> World:
    """Staff write internally, an hour passes, and the bot comes to rest."""
    world.say(words, by, public=False)
    return world.rest().wait(hours=1)


@pytest.mark.parametrize(("hours", "words"), [(50, "Overdue by 0 h 00 min"), (49, "Running: 1 h 00 min")])
def test_a_clock_is_overdue_from_its_due_moment_on(hours: int, words: str) -> None:
    """Which is Wednesday at eleven."""
    assert words in text(in_review().wait(hours=hours))


@pytest.mark.parametrize(
    ("hours", "words"), [(50, "Met, with 0 h 00 min of open time left."), (51, "Breached by 1 h 00 min of open time.")]
)
def test_a_clock_that_stopped_at_its_due_moment_was_met(hours: int, words: str) -> None:
    """An hour later it is breached."""
    world = in_review().wait(hours=hours).set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED)
    assert f". {words}" in text(world.rest())


def test_clock_hours_are_not_called_open_time() -> None:
    """They count at night too."""
    found = text(review(goal=parse_goal("20 hours")))
    assert "Running: 19 h 00 min left at" in found
    assert "open time" not in found


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("20 business hours", None),
        ("30 hours", None),
        ("5 business days", "Time to use: 45 h 00 min for 5 business days, all the open time until then."),
    ],
)
def test_the_time_to_use_is_named_where_the_goal_is_not_in_hours(goal: str, words: str | None) -> None:
    """For a clock with a pause; one in hours says its time itself."""
    found = text(write(write(review(goal=parse_goal(goal)), "/hold a form"), "/resume"))
    assert ("Time to use" in found) == (words is not None)
    assert words is None or words in found


def test_each_extension_is_named_with_who_gave_it() -> None:
    """In their order, and the sum below."""
    world = write(
        write(in_review().wait(hours=1), "/extend 2 business hours ill"), "/extend 1 business hour late", FRED
    )
    found = text(world)
    more = "2 h 00 min for 2 business hours more (Hanna: ill) and 1 h 00 min for 1 business hour more (Fred: late)"
    assert f"Time to use: 20 h 00 min for 20 business hours and {more}; together 23 h 00 min." in found
    assert "10:00 CST: 2 business hours more (Hanna: ill)" in found
    assert "11:00 CST: 1 business hour more (Fred: late)" in found


def test_two_pauses_are_told_each_with_its_reason() -> None:
    """In their order, with what did not count."""
    world = in_review().wait(hours=1)
    for words, by in (("/hold a form", HANNA), ("/resume", HANNA), ("/hold vendor rosters", FRED), ("/resume", HANNA)):
        write(world, words, by)
    found = text(world)
    assert "10:00 CST to 11:00 CST: on hold (Hanna: a form); 1 h 00 min of open time not counted" in found
    assert "12:00 CST to 13:00 CST: on hold for a vendor (Fred: rosters); 1 h 00 min of open time not" in found
    assert found.count("In a pause nothing is spent") == 1


def test_time_with_the_district_is_told_as_waiting() -> None:
    """Where the same files came back without new ones."""
    world = in_folder().wait(hours=1).move(WAITING).rest().wait(hours=1).move("SecureStor Folder").rest().wait(hours=1)
    assert "10:00 CST to 11:00 CST: waiting for the district; 1 h 00 min of open time not counted" in text(world)


@pytest.mark.parametrize(("length", "shown"), [(200, 200), (201, 200)])
def test_a_long_reason_is_cut(length: int, shown: int) -> None:
    """After two hundred characters."""
    reason = " ".join("x" * 19 for _ in range(10)) + "y" * (length - 199)
    found = text(write(in_review().wait(hours=1), f"/hold {reason}"))
    assert (f"(Hanna: {reason[:shown].rstrip()} …)" in found) == (length > 200)
    assert (f"(Hanna: {reason})" in found) == (length == 200)


def test_a_command_whose_comment_says_something_else_now_has_no_reason() -> None:
    """Only who gave it."""
    world = in_review().wait(hours=1)
    comment = world.say("/hold a form", HANNA, public=False)
    world.rest().wait(hours=1).edit(comment, "never mind")
    assert "on hold (Hanna), and still so" in text(world)


def test_a_paused_clock_that_is_overdue_shows_its_due_moment() -> None:
    """None of its time is left, so the pause changes nothing."""
    found = text(write(in_review().wait(hours=51), "/hold a form"))
    assert "Due: Wed 2026-01-07 11:00 CST" in found
    assert "Overdue by 2 h 00 min of open time" in found
    assert "In a pause" not in found


def test_names_come_from_whatever_somebody_did() -> None:
    """A comment, a change, a subtask; an account that did nothing is written as it is."""
    world = in_folder().wait(hours=1).set("Folder", "In Progress", STRANGER).move("On Hold", FRED)
    world.say("Hello", HANNA)
    progress = world.follow()
    found = [name_of(progress, person.id) for person in (BOT, CARLA, HANNA, FRED, STRANGER)]
    assert found == ["the bot", "Carla", "Hanna", "Fred", "Zoe"]
    assert (name_of(progress, "712020:gone"), name_of(progress, "")) == ("712020:gone", "somebody")


def test_a_clock_of_another_calendar_is_explained_by_its_own() -> None:
    """The ledger says by which one it was judged; the present one counts if that is gone."""
    world = in_review().wait(hours=2).set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED).rest()
    world.ledger["visits"][-1]["clocks"]["step"]["calendar"] = "other"
    progress = world.follow()
    other = replace(CLI, name="other")
    assert "Calendar other, in the time of" in " ".join(clocks_explained(progress, {"cli": CLI, "other": other}))
    assert "Calendar cli, in the time of" in " ".join(clocks_explained(progress, {"cli": CLI}))
