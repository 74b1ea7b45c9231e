"""Passes: a ticket that comes back to a step goes on with its work, or gets it anew where that was complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model.issue import Person
from bot.core.model.own_templates import OwnTemplate
from tests.core.world import (
    FOLDER,
    FRED,
    HANNA,
    HOLD,
    MONDAY,
    OFFICE,
    QUALITY,
    REVIEW,
    ROBOT,
    WAITING,
    World,
    in_folder,
    in_review,
)

GRACE = replace(OFFICE, grace=timedelta(seconds=60))


def in_quality(**more: object) -> World:
    """A ticket whose review was passed at 10:00, so that the bot has moved it to the Quality Review."""
    return in_review(**more).wait(hours=1).set("Complete?", "Done").set("Accurate?", "Done", FRED).rest()


def open_subtasks(world: World) -> list[str]:
    return [s.summary for s in world.subtasks if s.status == "To Do"]


def test_a_ticket_that_is_dragged_back_over_a_complete_step_gets_its_work_anew() -> None:
    """Subtasks, words and clock; nothing of the earlier pass is taken for this one's."""
    world = in_quality().wait(hours=2).move(REVIEW).rest()
    assert (world.status, open_subtasks(world)) == (REVIEW, ["Complete?", "Accurate?"])
    assert world.bot_comments(public=True).count("files_received") == 2
    (clock,) = world.follow().running
    assert clock.started == MONDAY + timedelta(hours=3)


def test_a_pass_over_the_same_files_keeps_their_number() -> None:
    world = in_quality().wait(hours=2).move(REVIEW).rest()
    assert world.follow().visit.round == 1


def test_the_new_pass_is_decided_by_its_own_verdicts_alone() -> None:
    world = in_quality().wait(hours=2).move(REVIEW).rest().wait(hours=1)
    world.set("Complete?", "Done").rest()
    assert world.status == REVIEW
    world.set("Accurate?", "Done", FRED).rest()
    assert world.status == QUALITY


def test_two_steps_back() -> None:
    """Folder and review are both complete, and both are done anew, with the district's new files as set 2."""
    world = in_quality().wait(hours=2).move(FOLDER).rest()
    assert open_subtasks(world) == ["Folder", "Files"]
    world.wait(hours=1).set("Folder", "Done").rest()
    world.say("files ready")
    world.rest()
    assert (world.status, open_subtasks(world)) == (REVIEW, ["Complete?", "Accurate?"])
    assert world.follow().visit.round == 2


@pytest.mark.parametrize("by", [HANNA, ROBOT], ids=["a person", "an app"])
def test_whoever_moves_it_a_step_is_never_left_with_nothing_open(by: Person) -> None:
    world = in_quality().wait(hours=2).move(REVIEW, by).rest()
    assert open_subtasks(world) == ["Complete?", "Accurate?"]


def test_a_pass_that_is_not_complete_goes_on_where_it_was() -> None:
    """A look elsewhere makes nothing twice, and what was done stays done."""
    world = in_review().wait(hours=1).set("Complete?", "Done").rest().wait(hours=1).move(HOLD).rest()
    world.wait(hours=1).move(REVIEW).rest()
    assert [s.summary for s in world.subtasks].count("Complete?") == 1
    world.set("Accurate?", "Done", FRED).rest()
    assert world.status == QUALITY


def test_the_last_open_branch_may_also_be_withdrawn_after_a_look_elsewhere() -> None:
    """Its pass has work that was done, and nothing is left of it: the ticket moves on."""
    world = in_review().wait(hours=1).set("Complete?", "Done").rest().wait(hours=1).move(HOLD).rest()
    world.wait(hours=1).move(REVIEW).rest()
    world.delete("Accurate?")
    world.rest()
    assert world.status == QUALITY


def test_nothing_begins_before_the_grace_is_over() -> None:
    """A slip of the hand that is put right at once makes nothing."""
    world = in_quality(office=GRACE).wait(hours=2).move(REVIEW)
    made = len(world.subtasks)
    world.rest().wait(seconds=30).rest()
    assert len(world.subtasks) == made
    world.move(QUALITY).rest().wait(hours=1).rest()
    assert len(world.subtasks) == made
    world.move(REVIEW).wait(seconds=60).rest()
    assert len(world.subtasks) == made + 2


def test_a_slip_out_of_a_step_that_was_just_completed_does_not_undo_it() -> None:
    """The bot had not moved the ticket yet, and moves it once it is back."""
    world = in_review(office=GRACE).wait(hours=1).set("Complete?", "Done").set("Accurate?", "Done", FRED)
    world.move(FOLDER).wait(seconds=20).move(REVIEW).rest()
    assert world.status == QUALITY


def test_a_review_that_ended_with_a_revision_begins_anew_where_people_take_the_ticket_back() -> None:
    """By hand from the wait, the files count as received with the move, so it is the next set."""
    world = in_review().wait(hours=1)
    world.say("Findings:\n* no birth dates", HANNA, public=False)
    world.set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED)
    world.rest().move(WAITING).rest().wait(hours=1).move(REVIEW).rest()
    assert open_subtasks(world) == ["Complete?", "Accurate?"]
    assert world.follow().visit.round == 2


def test_it_does_not_go_round_on_an_old_verdict() -> None:
    """Dragged back after a revision, the review waits for new verdicts, and the district is not asked twice."""
    world = in_review().wait(hours=1)
    world.say("Findings:\n* no birth dates", HANNA, public=False)
    world.set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED)
    world.rest()
    assert world.status == WAITING
    world.wait(hours=1).move(QUALITY).rest().wait(hours=1).move(REVIEW).rest().wait(hours=1).rest()
    assert world.status == REVIEW
    assert world.bot_comments(public=True).count("files_need_revision") == 1


def test_a_step_whose_branches_were_all_withdrawn_is_asked_about_once() -> None:
    """Nobody did anything in it, so the bot neither moves the ticket nor leaves it in silence."""
    world = in_review()
    world.delete("Complete?")
    world.delete("Accurate?")
    world.rest().wait(days=1).rest()
    assert world.status == REVIEW
    assert world.bot_comments(public=False).count(OwnTemplate.NOTHING_OPEN) == 1


def test_work_that_is_added_to_such_a_step_is_a_persons_matter() -> None:
    """Once people move it on, all goes its way."""
    world = in_review()
    world.delete("Complete?")
    world.delete("Accurate?")
    world.rest().wait(hours=1).move(QUALITY).rest()
    assert world.status == QUALITY


def test_the_folder_again() -> None:
    """A step before any files has passes, too."""
    world = in_folder().set("Folder", "Done").rest()
    world.say("files ready")
    world.rest()
    assert world.status == REVIEW
    world.wait(hours=1).move(FOLDER).rest()
    assert open_subtasks(world)[-2:] == ["Folder", "Files"]
    assert world.bot_comments(public=True).count("securestor_folder") == 2


def test_what_a_pass_left_open_is_closed_as_the_next_one_begins() -> None:
    """Staff moved the ticket on before the reviewers were done, and new files came later."""
    world = in_review().wait(hours=1).move(QUALITY).rest().wait(hours=1).move(WAITING).rest().wait(hours=1)
    world.say("files ready")
    world.rest()
    assert (world.status, open_subtasks(world)) == (REVIEW, ["Complete?", "Accurate?"])
