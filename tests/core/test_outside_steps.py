"""A ticket that is in no step: it waits, was taken out, or has ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model.effects import Notify, TransitionIssue
from bot.core.model.ledger import Verdict
from bot.core.model.process import Closing, Revision
from tests.core.world import (
    FRED,
    HANNA,
    HOLD,
    OFFICE,
    PROCESS,
    QUALITY,
    REVIEW,
    WAITING,
    World,
    effects_of,
    in_review,
    waiting,
)

STEP = PROCESS.step("review")
NOTHING = Revision("review", "files_need_revision", not_received="not_received")
KNOWING = replace(PROCESS, steps=tuple(replace(s, revision=NOTHING) if s is STEP else s for s in PROCESS.steps))
GRACE = replace(OFFICE, grace=timedelta(seconds=60))


def _verdicts(world: World) -> list[str]:
    return [v.verdict for v in world.follow().ledger.visits if v.step == "review"]


def test_not_received_ends_the_round_at_once() -> None:
    """The other reviewer need not finish; the round has no number of its own, and a comment goes to the district."""
    world = in_review(process=KNOWING).wait(hours=1).set("Complete?", "Not Received").rest()
    assert world.status == WAITING
    assert world.bot_comments(public=True)[-1] == "not_received"
    assert world.states()["Accurate?"] == "Superseded"
    assert "ask_findings" not in world.bot_comments(public=False)
    world.wait(hours=1).say("files ready")
    world.rest()
    assert world.follow().visit.round == 1
    assert _verdicts(world) == [Verdict.NOT_RECEIVED, None]


def test_not_received_by_a_move_of_staff() -> None:
    """Who sets it and drags the ticket means the same as who sets it alone."""
    world = in_review(process=KNOWING)
    world.wait(hours=1).set("Complete?", "Not Received").move(WAITING).rest()
    assert _verdicts(world) == [Verdict.NOT_RECEIVED]
    assert world.bot_comments(public=True)[-1] == "not_received"


def test_not_received_where_the_process_has_no_words_for_it() -> None:
    """It waits for a person, and is no verdict."""
    world = in_review().wait(hours=1).set("Complete?", "Not Received").set("Accurate?", "Done", FRED).rest()
    assert world.status == REVIEW
    world.move(WAITING).rest()
    assert _verdicts(world) == [Verdict.REVISION]


def test_a_set_that_was_counted_keeps_its_number() -> None:
    """Not Received for the second set: the next one is the second again, not the first."""
    world = waiting(process=KNOWING).wait(hours=1)
    world.say("files ready")
    world.rest().set("Complete?", "Not Received").rest()
    world.wait(hours=1).say("files ready")
    world.rest()
    assert world.follow().visit.round == 2


def test_staff_are_notified_of_a_hold_once() -> None:
    """With who did it; nothing is posted to the district."""
    world = in_review().wait(hours=1)
    said = world.bot_comments(public=True)
    world.move(HOLD).rest().wait(days=20).rest()
    assert [t for t in world.bot_comments(public=False) if "{quote}" not in t] == ["foreign_status"]
    assert world.bot_comments(public=True) == said


def test_labels_stay_in_a_hold() -> None:
    """A flag is neither taken off nor set while nobody works."""
    world = in_review().wait(days=3).rest()
    flagged = world.labels
    assert flagged
    world.move(HOLD).rest().wait(days=20).rest()
    assert world.labels == flagged


CLOSING = replace(PROCESS, closings={"done": Closing("done", "Done")}, ends={"done": "Done", "withdrawn": "Withdrawn"})


def test_the_closing_comment_follows_the_last_step() -> None:
    """And no other: who is set to Done from the middle was not completed."""
    world = in_review(process=CLOSING).move(QUALITY).rest().wait(hours=1).move("Done").rest()
    assert world.bot_comments(public=True)[-1] == "done"
    world = in_review(process=CLOSING).wait(hours=1).move("Done").rest()
    assert "done" not in world.bot_comments(public=True)


def test_an_end_closes_what_is_open_once_it_stands() -> None:
    """Within the grace period it may be a mistake; afterwards nothing is left open or planned."""
    world = in_review(office=GRACE).wait(hours=1).move("Withdrawn").rest()
    assert set(world.states().values()) == {"Done", "To Do"}
    assert world.plan().requeue_at == world.now + timedelta(seconds=60)
    world.wait(seconds=60).rest()
    assert set(world.states().values()) == {"Done", "Superseded"}
    assert world.plan().requeue_at is None


@pytest.mark.parametrize(("seconds", "verdict"), [(59, Verdict.LEFT), (60, Verdict.REVISION), (3600, Verdict.REVISION)])
def test_a_slip_to_the_waiting_status_is_no_verdict(seconds: int, verdict: str) -> None:
    """Put right within the grace, the round goes on; later the move back brings a new set."""
    world = in_review(office=GRACE).wait(hours=1)
    said = world.bot_comments(public=True)
    world.move(WAITING).rest().wait(seconds=seconds).move(REVIEW, FRED).rest().wait(seconds=60).rest()
    assert _verdicts(world)[0] == verdict
    assert (world.bot_comments(public=True) == said) == (verdict == Verdict.LEFT)
    assert world.follow().visit.round == (1 if verdict == Verdict.LEFT else 2)
    if verdict == Verdict.LEFT:
        world.wait(hours=1).set("Complete?", "Done").set("Accurate?", "Done").rest()
        assert world.status == QUALITY


def test_a_mistaken_move_without_a_reconcile_in_between() -> None:
    """The bot may see both moves at once."""
    world = in_review(office=GRACE).wait(hours=1)
    world.move(WAITING, HANNA).wait(seconds=10).move(REVIEW, HANNA).rest().wait(hours=1).rest()
    assert world.follow().visit.round == 1
    assert world.bot_comments(public=True)[-1] == "files_received"


def test_files_within_the_grace_are_files() -> None:
    """A reply of the district is never a mistake."""
    world = in_review(office=GRACE).wait(hours=1).move(WAITING).rest().wait(seconds=20)
    world.say("files ready")
    world.rest()
    assert world.status == REVIEW
    assert world.follow().visit.round == 2


def test_nothing_is_moved_or_posted_outside() -> None:
    """In a hold the plan moves nothing and alerts nobody."""
    plan = in_review().wait(hours=1).move(HOLD).rest().wait(days=20).plan()
    assert effects_of(plan, TransitionIssue) + effects_of(plan, Notify) == []
