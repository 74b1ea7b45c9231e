"""The sentence that the journal keeps with every plan: why the bot did something, or why there was nothing to do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model.process import ASK, AUTOMATED, DRAFT, NEVER, OPERATOR, Escalation, Reminders, Revision, Step
from bot.core.time.goals import parse_goal
from tests.core.world import (
    BOT,
    FOLDER,
    FRED,
    HANNA,
    HOLD,
    MONDAY,
    OFFICE,
    PROCESS,
    QUALITY,
    WAITING,
    World,
    in_folder,
    in_review,
    waiting,
)

HOUR = timedelta(hours=1)
QUIET = replace(PROCESS, steps=tuple(replace(s, escalations=()) for s in PROCESS.steps))
GRACE = replace(OFFICE, grace=timedelta(seconds=60))
REMINDING = replace(
    PROCESS, reminders=Reminders((parse_goal("5 business days"),), "reminder", parse_goal("10 business days"))
)


def _with_review(**changes: object) -> World:
    """A review with other settings, an hour after it began."""
    steps = tuple(replace(s, **changes) if s.name == "review" else s for s in PROCESS.steps)  # type: ignore[arg-type]
    return in_review(process=replace(PROCESS, steps=steps)).wait(hours=1)


def _after(world: World, words: str, internal: bool = False) -> World:
    """The world once somebody has written this: the contact or, internally, staff."""
    if internal:
        world.say(words, HANNA, public=False)
    else:
        world.say(words)
    return world


def _judged(*, findings: bool, second: str = "Needs Revision") -> World:
    """A review that both reviewers have finished."""
    world = in_review().wait(hours=1)
    if findings:
        world.say("Findings:\n* no birth dates", HANNA, public=False)
    return world.set("Complete?", "Done").set("Accurate?", second, FRED)


def _found_no_files() -> World:
    world = _with_review(revision=Revision("review", "files_need_revision", not_received="not_received"))
    world.set("Complete?", "Not Received").reconcile()
    return world


def _feedback_is_due() -> World:
    world = _judged(findings=True)
    world.reconcile()
    return world


def _both_moved() -> World:
    """A person moved the ticket while the bot's own move was on its way."""
    world = World().rest().wait(minutes=5)
    world.say("confirm")
    stale = copy.deepcopy(world)
    stale.reconcile()
    world.ledger = stale.ledger
    return world.move(QUALITY).move(FOLDER, BOT)


def _requested(parked: dict[str, str]) -> World:
    """A ticket that begins in a step of the bot's own, at rest."""
    asked = Step("request", "Request", "Requested", (AUTOMATED,), "confirm", say="requirements")
    process = replace(PROCESS, steps=(asked, *PROCESS.steps))
    return World(process=process, status="Requested", parked=parked).rest()


def _put_back_after_its_comment() -> World:
    return _requested({}).wait(hours=1).move("Requested").rest()


def _escalated(*escalations: Escalation, days: float) -> World:
    """A review, with nothing done yet about the time that it has taken."""
    world = _with_review(escalations=escalations)
    world.process = replace(world.process, tell_district_when_late=NEVER)
    return world.wait(days=days)


def _still_overdue() -> World:
    every = parse_goal("1 business day")
    return _escalated(Escalation(1.0, None, "team", every=every), days=3.1)


def _date_moved() -> World:
    return _after(in_review().wait(hours=1), "/extend 2 business days sick", internal=True)


def _date_passed() -> World:
    return in_review(process=replace(QUIET, tell_district_when_late=ASK)).wait(days=3.1)


def _draft_sent() -> World:
    world = World(office=replace(OFFICE, voice=DRAFT)).rest().wait(minutes=5)
    return _after(world, "/send", internal=True)


REASONS: dict[str, Callable[[], World]] = {
    # in a step
    "The ticket entered Confirm; waiting for the district.": World,
    "Waiting for the district.": lambda: World().rest(),
    "Waiting for CLI Help Center and the district.": in_folder,
    "Waiting for CLI Help Center and CLI Functional Team.": in_review,
    "A person has just moved the ticket; waiting for CLI Help Center and the district.": lambda: (
        World(office=GRACE).rest().wait(hours=1).move(FOLDER)
    ),
    "Confirm is complete.": lambda: _after(World().rest(), "confirm"),
    "Review is complete.": lambda: _judged(findings=True, second="Done"),
    "The files need a revision.": lambda: _judged(findings=True),
    "The files need a revision, and nobody has written the findings yet.": lambda: _judged(findings=False),
    "Its comment went out before a person put the ticket back here.": _put_back_after_its_comment,
    # outside the steps
    "A reviewer found no files.": _found_no_files,
    "Round 1 ended with findings.": _feedback_is_due,
    "The feedback waits for its findings.": lambda: in_review().wait(hours=1).move(WAITING),
    "Waiting for the district's new files.": waiting,
    "The district has sent new files.": lambda: _after(waiting(), "files ready"),
    "A person had moved the ticket to Quality Review first.": _both_moved,
    "The onboarding has ended in Withdrawn.": lambda: in_folder().move("Withdrawn"),
    "On Hold is not a step of the process.": lambda: in_folder().move(HOLD),
    f"This visit began before the process's since ({MONDAY + HOUR}).": lambda: World(
        process=replace(PROCESS, since=MONDAY + HOUR)
    ),
    "Nothing to do.": lambda: _requested({"10001:created:say": "Jira refused it"}),
    # what people wrote
    "Somebody wrote /help.": lambda: _after(in_folder().move(HOLD), "/help", internal=True),
    "The contact wrote something that a person must read; waiting for the district.": lambda: _after(
        World().rest(), "Where is it?"
    ),
    "The contact announced files while a review is running; "
    "waiting for CLI Help Center and CLI Functional Team.": lambda: _after(in_review(), "files ready"),
    "Waiting for the district; the contact asked where they stand.": lambda: _after(World().rest(), "STATUS"),
    "Somebody wrote /explain; waiting for the district.": lambda: _after(World().rest(), "/explain", internal=True),
    "Staff sent a draft; somebody wrote /send; waiting for the district.": _draft_sent,
    # time
    "Waiting for the district; the district's turn has lasted 5 business days.": lambda: (
        World(process=REMINDING).rest().wait(days=8)
    ),
    "Waiting for the district; the district's turn has lasted 10 business days.": lambda: (
        World(process=REMINDING).rest().wait(days=20)
    ),
    "Waiting for CLI Help Center and CLI Functional Team; Review, round 1: 75% of the time is used.": lambda: (
        _escalated(Escalation(0.75, None, "team"), days=1.25)
    ),
    "Waiting for CLI Help Center and CLI Functional Team; Review, round 1: overdue.": lambda: _escalated(
        Escalation(1.0, None, None, "leads"), days=2.1
    ),
    "Waiting for CLI Help Center and CLI Functional Team; Review, round 1: still overdue.": _still_overdue,
    "Waiting for CLI Help Center and CLI Functional Team; Review, round 1: 50% of the time is used.": lambda: (
        _escalated(Escalation(0.5, None, OPERATOR), days=1.1)
    ),
    "Somebody wrote /extend; waiting for CLI Help Center and CLI Functional Team; "
    "the date announced to the district has moved.": _date_moved,
    "Waiting for CLI Help Center and CLI Functional Team; the date announced to the district has passed.": _date_passed,
}


@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_of_a_plan(reason: str) -> None:
    """Each in the words that staff read in the journal."""
    assert REASONS[reason]().plan().reason == reason


def test_a_repetition_before_the_due_moment_says_that_work_is_not_finished() -> None:
    """It repeats no share, since that has been passed for long."""
    every = parse_goal("1 business hour")
    world = _escalated(Escalation(0.5, None, "team", every=every), days=1.15)
    assert world.plan().reason.endswith("Review, round 1: not finished yet.")


def _label_is_due() -> World:
    return in_review().wait(days=1.25)


def _due_day_is_gone() -> World:
    world = in_review().wait(hours=1)
    world.put("duedate", None, BOT)
    return world


def _label_is_over() -> World:
    """The bot died after its comment, and before it took the label off that its clock no longer needs."""
    world = in_review(office=replace(OFFICE, due_field=None)).wait(days=1.25).rest()
    world.set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED).reconcile(cut=1)
    return world


@pytest.mark.parametrize("ticket", [_label_is_due, _due_day_is_gone, _label_is_over])
def test_a_plan_of_labels_and_fields_alone_says_so(ticket: Callable[[], World]) -> None:
    """Whichever it is: a label to add, the due day, or a label to remove."""
    plan = ticket().plan()
    assert plan.effects == ()
    assert plan.reason.endswith("; labels and fields were out of date.")


def test_a_plan_with_effects_does_not_name_its_labels() -> None:
    """What it does is reason enough."""
    plan = in_folder().set("Folder", "Done").plan()
    assert plan.update.fields
    assert plan.effects
    assert "labels" not in plan.reason
