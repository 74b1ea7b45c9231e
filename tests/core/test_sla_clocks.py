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
from tests.core.world import CLI, FOLDER, HOLD, PROCESS, QUALITY, REVIEW, WAITING, in_review, waiting

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
