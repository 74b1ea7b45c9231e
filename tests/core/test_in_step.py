"""A ticket in a step: the bot's own step, words that were said already, work in order, calls to the district."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model.effects import CreateSubtasks, Notify, PostComment, TransitionIssue
from bot.core.model.process import AUTOMATED, OPERATOR, SILENT, Escalation, Process, Revision, Step
from bot.core.time.goals import parse_goal
from tests.core.world import (
    CONFIRMING,
    FOLDER,
    FRED,
    HANNA,
    LENA,
    MONDAY,
    OFFICE,
    PROCESS,
    QUALITY,
    REVIEW,
    WAITING,
    World,
    effects_of,
    in_review,
)

ASKED = "Information Requested"
ALONE = Step(
    "request",
    "Request",
    ASKED,
    (AUTOMATED,),
    "confirm",
    goal=parse_goal("1 hour"),
    say="requirements",
    escalations=(Escalation(1.0, None, OPERATOR),),
)


def _automated() -> Process:
    first, *rest = PROCESS.steps
    return replace(PROCESS, steps=(ALONE, replace(first, said_by="request"), *rest))


def _asked(**more: object) -> World:
    return World(process=_automated(), status=ASKED, **more)  # type: ignore[arg-type]


def test_an_automated_step_takes_one_reconcile() -> None:
    """It speaks and moves on; the next step's comment, which asks the same, is not said."""
    world = _asked()
    plan = world.reconcile()
    assert [c.template for c in effects_of(plan, PostComment)] == ["requirements"]
    assert world.status == CONFIRMING
    world.rest()
    assert world.bot_comments(public=True) == ["requirements"]
    assert world.follow().clocks == ()


def test_its_move_comes_after_its_words() -> None:
    """The move names the comment without which it is not made, and the decision that is then written down."""
    (move,) = effects_of(_asked().plan(), TransitionIssue)
    assert move.after == "10001:created:say"
    assert move.decided.to == CONFIRMING


def test_words_that_were_refused_move_nothing() -> None:
    """A comment that was given up leaves the ticket where it is; when its hour is over the operator is notified."""
    world = _asked(parked={"10001:created:say": "Jira refused it"}).rest()
    assert world.status == ASKED
    assert world.alerts == []
    world.wait(minutes=59).rest()
    assert world.alerts == []
    world.wait(minutes=1).rest()
    assert len(world.alerts) == 1
    world.wait(hours=30).rest()
    assert len(world.alerts) == 1
    assert world.labels == ()


def test_a_late_answer_is_an_answer() -> None:
    """A bot that comes back after the hour alerts the operator and does its work."""
    world = _asked().wait(hours=2).rest()
    assert world.status == CONFIRMING
    assert len(world.alerts) == 1
    assert world.bot_comments(public=False) == []


def test_in_silence_it_moves_on_all_the_same() -> None:
    """Silence is no failure."""
    world = _asked(office=replace(OFFICE, voice=SILENT)).rest()
    assert world.status == CONFIRMING
    assert world.bot_comments(public=True) == []
    assert effects_of(world.wait(hours=2).plan(), Notify) == []


def test_the_same_is_not_asked_twice_by_whoever_moves_the_ticket() -> None:
    """Without auto_advance a person moves it on; the question is there already."""
    world = _asked(office=replace(OFFICE, auto_advance=False)).rest()
    assert world.status == ASKED
    world.move(CONFIRMING, HANNA).rest()
    assert world.bot_comments(public=True) == ["requirements"]
    assert world.bot_comments(public=False) == ["step_ready"]


def test_what_was_not_said_is_asked_in_the_next_step() -> None:
    """Staff who were faster than the bot took the ticket from a step that had said nothing."""
    world = _asked().move(CONFIRMING, HANNA).rest()
    assert world.bot_comments(public=True) == ["confirm_files"]


def test_a_ticket_put_back_into_it_is_not_moved_on() -> None:
    """People win there too; nothing is said again, and no alarm is raised."""
    world = _asked().rest().wait(hours=1).move(ASKED, HANNA).rest().wait(hours=5).rest()
    assert world.status == ASKED
    assert world.bot_comments(public=True) == ["requirements"]
    assert world.alerts == []


def test_a_ticket_put_back_before_the_step_had_spoken_goes_on() -> None:
    """Its words go out now, and the move that comes after them is made, though the bot dies in between."""
    world = _asked().move(CONFIRMING, HANNA).rest().wait(minutes=10).move(ASKED, HANNA)
    world.reconcile(cut=1)
    assert (world.status, world.bot_comments(public=True)[-1]) == (ASKED, "requirements")
    assert world.wait(minutes=1).rest().status == CONFIRMING


def test_its_clock_stops_with_its_words() -> None:
    """At the moment of that comment, whatever else was written on the ticket."""
    world = _asked(office=replace(OFFICE, auto_advance=False))
    world.say("Hello, here is the contact")
    world.wait(minutes=20).rest().wait(minutes=5).say("Good morning")
    (clock,) = world.rest().follow().clocks
    assert clock.stopped == MONDAY + timedelta(minutes=20)


# -- a review in which work has an order


def _in_order(at_once: bool) -> World:
    step = PROCESS.step("review")
    assert step.revision is not None
    ordered = replace(step, revision=replace(step.revision, at_once=at_once))
    process = replace(PROCESS, steps=tuple(ordered if s is step else s for s in PROCESS.steps))
    world = in_review(process=process).wait(hours=1)
    world.say("Findings:\n* no birth dates", HANNA, public=False)
    return world.set("Complete?", "Needs Revision").rest()


def test_what_fails_first_ends_a_round_of_ordered_work() -> None:
    """With `at_once` nobody waits for work that cannot be done any more."""
    world = _in_order(at_once=True)
    assert world.status == WAITING
    assert world.states()["Accurate?"] == "Superseded"
    assert world.bot_comments(public=True)[-1] == "files_need_revision"
    assert world.bot_comments(public=False)[1:] == []


def test_without_an_order_the_others_finish_first() -> None:
    """So that the district gets everything in one comment."""
    world = _in_order(at_once=False)
    assert world.status == REVIEW
    assert "first_needs_revision" in world.bot_comments(public=False)


# -- why new files come where they come


@pytest.mark.parametrize(("back", "asked_by"), [("review", "Quality"), ("quality", "Quality")])
def test_the_receipt_says_which_review_asked(back: str, asked_by: str) -> None:
    """Also that they came straight back to it, so that no comment claims another review before."""
    last = PROCESS.step("quality")
    quality = replace(last, revision=Revision(back, "files_need_revision"), say="quality_review")
    process = replace(PROCESS, steps=tuple(quality if s is last else s for s in PROCESS.steps))
    world = in_review(process=process).wait(hours=1).move(QUALITY).rest().wait(hours=1)
    world.say("Findings:\n* no birth dates", HANNA, public=False)
    world.move(WAITING).rest().wait(hours=1).say("files ready")
    world.rest()
    posts = [e for e in world.done if isinstance(e, PostComment) and e.public]
    assert posts[-1].facts["asked_by"] == asked_by
    assert posts[-1].facts["return_title"] == process.step(back).title
    assert "asked_by" not in posts[0].facts


# -- from some round on


def test_the_lead_is_asked_once_for_each_set() -> None:
    """However often the ticket is moved about in the meantime."""
    world = in_review(process=replace(PROCESS, call_from_round=1), office=replace(OFFICE, lead=(LENA.id,)))
    assert world.bot_comments(public=False).count("call_district") == 1
    world.wait(hours=1).move(QUALITY).rest().wait(hours=1).move(REVIEW).rest()
    world.move(QUALITY, FRED).rest()
    assert world.bot_comments(public=False).count("call_district") == 1


def test_a_team_without_a_lead_is_asked_itself() -> None:
    """Somebody is always asked."""
    world = in_review(process=replace(PROCESS, call_from_round=1))
    calls = [e for e in world.done if isinstance(e, PostComment) and e.template == "call_district"]
    assert calls[0].facts["accounts"] == (HANNA.id,)


# -- grace


def test_a_step_entered_by_a_person_makes_its_subtasks_at_once_and_speaks_later() -> None:
    """Work may begin; only what the district reads waits."""
    world = World(office=replace(OFFICE, grace=timedelta(seconds=60))).rest().wait(hours=1).move(FOLDER)
    plan = world.plan()
    assert len(effects_of(plan, CreateSubtasks)) == 1
    assert effects_of(plan, PostComment) == []
    assert plan.requeue_at == MONDAY + timedelta(hours=1, seconds=60)
    world.rest().wait(seconds=60).rest()
    assert world.bot_comments(public=True) == ["confirm_files", "securestor_folder"]


def test_without_auto_advance_the_team_is_asked_without_any_webhook() -> None:
    """The next reconcile follows at once; it does not hang on Jira's telling of the bot's own comment."""
    first = replace(PROCESS.steps[0], parties=("automated",), branches=())
    process = replace(PROCESS, steps=(first, *PROCESS.steps[1:]))
    world = World(process=process, office=replace(OFFICE, auto_advance=False))
    assert world.reconcile().requeue_at == world.now
    assert world.reconcile().requeue_at is None
    assert world.bot_comments(public=False) == ["step_ready"]
