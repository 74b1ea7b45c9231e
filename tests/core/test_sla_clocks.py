"""Clocks that pause, and the goal that a revision sets for the files that it asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.history.sla_clocks import after_pauses, goal_of
from bot.core.model.pauses import Pause, pauses_of
from bot.core.model.process import Revision
from bot.core.time.goals import parse_goal
from tests.core.world import (
    CLI,
    FOLDER,
    HANNA,
    HOLD,
    MONDAY,
    PROCESS,
    QUALITY,
    REVIEW,
    WAITING,
    in_folder,
    in_review,
    waiting,
)

ZONE = ZoneInfo("America/Chicago")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of January 2026, in Texas."""
    return datetime(2026, 1, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("pauses", "moved"),
    [
        ((), at(7, 12)),
        (((at(6, 9), at(6, 11)),), at(7, 14)),  # two open hours
        (((at(5, 18), at(6, 7)),), at(7, 12)),  # a night, in which nothing is spent anyway
        (((at(5, 16), at(6, 9)),), at(7, 14)),  # an hour in the evening and one in the morning
        (((at(6, 9), at(6, 10)), (at(6, 15), at(6, 16))), at(7, 14)),
        (((at(7, 12), at(8, 12)),), at(7, 12)),  # it began when the time was over
        (((at(6, 9), at(20, 9)),), at(21, 12)),  # two weeks: 12 open hours were left
    ],
)
def test_what_is_left_when_a_pause_begins_is_spent_after_it(
    pauses: tuple[tuple[datetime, datetime], ...], moved: datetime
) -> None:
    """In open time, for a goal of business hours that is due on Wednesday at noon."""
    assert after_pauses(CLI, parse_goal("20 business hours"), at(7, 12), tuple(Pause(*p) for p in pauses)) == moved


def test_a_goal_of_clock_hours_is_moved_by_the_clock() -> None:
    """Night and weekend count for it, in a pause too."""
    pauses = (Pause(at(9, 20), at(11, 21)),)
    assert after_pauses(CLI, parse_goal("5 hours"), at(9, 23), pauses) == at(12, 0)


@pytest.mark.parametrize("goal", ["20 business hours", "5 business days", "3 hours", "2 weeks"])
def test_a_pause_of_no_length_moves_nothing(goal: str) -> None:
    """Whatever the goal is counted in."""
    assert after_pauses(CLI, parse_goal(goal), at(7, 12), (Pause(at(6, 9), at(6, 9)),)) == at(7, 12)


def test_only_a_status_outside_the_process_is_a_pause() -> None:
    """A ticket that was dragged to another step was at work; one on hold was not."""
    world = in_review().wait(hours=1).move(FOLDER).rest().wait(hours=1).move(REVIEW).rest()
    progress = world.follow()
    assert pauses_of(progress.ledger, progress.visit) == ()
    begin = world.now
    world.move(HOLD).rest().wait(hours=2).move(REVIEW).rest()
    progress = world.follow()
    assert pauses_of(progress.ledger, progress.visit) == (Pause(begin, begin + timedelta(hours=2)),)


def test_two_holds_are_two_pauses() -> None:
    """Each by itself, oldest first, and the due moment is moved by both."""
    world = in_review()
    due = world.follow().clocks[0].due
    for _ in range(2):
        world.wait(hours=1).move(HOLD).rest().wait(hours=1).move(REVIEW).rest()
    progress = world.follow()
    assert len(pauses_of(progress.ledger, progress.visit)) == 2
    assert progress.clocks[0].due == due + timedelta(hours=2)


def test_a_clock_that_stopped_keeps_its_due_moment() -> None:
    """What happens to the ticket later rewrites nothing."""
    world = in_review().wait(hours=1)
    due = world.follow().clocks[0].due
    world.set("Complete?", "Done").set("Accurate?", "Done").rest()
    ended = next(v for v in world.follow().ledger.visits if v.step == "review")
    assert ended.clocks["step"].due == due
    assert ended.clocks["step"].stopped == world.now


OTHER = parse_goal("5 business hours")


def _asking(goal: bool = True) -> list[object]:
    """After a revision whose goal is five hours, the files are received at eleven."""
    step = PROCESS.step("review")
    revision = Revision("review", "files_need_revision", OTHER if goal else None)
    process = replace(PROCESS, steps=tuple(replace(s, revision=revision) if s is step else s for s in PROCESS.steps))
    world = waiting(process=process).wait(hours=1)
    world.say("files ready")
    world.rest()
    progress = world.follow()
    assert progress.step is not None
    return [goal_of(process, progress.step, v, progress.ledger) for v in progress.ledger.visits if v.step == "review"]


def test_the_goal_of_a_revision_is_for_the_files_that_it_asked_for() -> None:
    """The first set had the step's own goal, and keeps it."""
    assert _asking() == [parse_goal("20 business hours"), OTHER]


def test_a_revision_without_a_goal_leaves_the_steps_own() -> None:
    """As in the process that is shipped."""
    assert _asking(goal=False) == [parse_goal("20 business hours")] * 2


def test_a_pause_begins_no_clock_outside_a_visit() -> None:
    """While the ticket waits for the district nothing runs, hold or not."""
    world = waiting().move(HOLD).rest().wait(days=3).move(WAITING).rest()
    assert world.follow().clocks == ()
    assert world.move(QUALITY).rest().status == QUALITY


# -- whose clock it is, and when it stops


@pytest.mark.parametrize(
    ("parties", "team"),
    [
        (("help_center", "district"), "help_center"),
        (("district", "functional_team"), "functional_team"),
        (("district",), "district"),
    ],
)
def test_the_clock_of_a_step_is_that_of_its_first_team(parties: tuple[str, ...], team: str) -> None:
    """The district's only where it is alone."""
    steps = tuple(replace(s, parties=parties) if s.name == "review" else s for s in PROCESS.steps)
    assert [c.team for c in in_review(process=replace(PROCESS, steps=steps)).follow().clocks] == [team]


def test_the_clock_of_a_branch_that_was_withdrawn_stops_there() -> None:
    """When the bot saw it, and it is not moved by later reconciles."""
    world = in_folder().wait(hours=1)
    world.delete("Folder")
    stopped = world.rest().now
    (clock,) = world.wait(hours=5).rest().follow().clocks
    assert (clock.branch, clock.stopped) == ("folder", stopped)


def test_a_clock_that_runs_stops_with_its_visit() -> None:
    """And goes on in the visit that continues it, less the time in between."""
    world = in_folder().wait(hours=1).move(HOLD).rest()
    stopped = world.now
    left = next(v for v in world.follow().ledger.visits if v.step == "folder")
    assert (left.clocks["folder"].stopped, left.clocks["folder"].started) == (stopped, MONDAY)
    (clock,) = world.wait(hours=2).move(FOLDER).rest().follow().clocks
    assert (clock.started, clock.stopped, clock.due) == (MONDAY, None, at(7, 13))


def test_a_pause_that_is_on_when_a_clock_stops_ends_with_it() -> None:
    """What was held after that is no pause of this clock."""
    world = in_review().wait(hours=1)
    held = world.now
    world.say("/hold lawyer", HANNA, public=False)
    world.rest().wait(hours=1).set("Complete?", "Done").set("Accurate?", "Needs Revision").rest()
    (clock,) = world.follow().clocks
    assert [(p.begin, p.end) for p in clock.pauses] == [(held, world.now)]
    assert (clock.stopped, clock.paused, clock.due) == (world.now, None, at(7, 12))
    world.wait(hours=1).say("/resume", HANNA, public=False)
    assert world.rest().follow().clocks == (clock,)


def test_a_hold_after_a_clock_has_stopped_is_none_of_its_pauses() -> None:
    """The same moment counts as after it."""
    for hours in (0, 1):
        world = in_review().wait(hours=1).set("Complete?", "Done").set("Accurate?", "Needs Revision").rest()
        before = world.follow().clocks
        world.wait(hours=hours).say("/hold lawyer", HANNA, public=False)
        assert world.rest().wait(hours=1).follow().clocks == before
        assert before[0].pauses == ()


@pytest.mark.parametrize(
    ("goal", "half"),
    [("20 business hours", at(6, 10)), ("20 hours", at(5, 19)), ("2 business days", at(6, 9))],
)
def test_half_of_a_goal(goal: str, half: datetime) -> None:
    """By the clock for hours, in open time for all else; the whole is the due moment."""
    steps = tuple(replace(s, goal=parse_goal(goal)) if s.name == "review" else s for s in PROCESS.steps)
    (clock,) = in_review(process=replace(PROCESS, steps=steps)).follow().clocks
    assert clock.moment(CLI, 0.5) == half
    assert clock.moment(CLI, 1) == clock.due
