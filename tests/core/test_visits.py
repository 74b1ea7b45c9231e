"""Stays, files and rounds: what a history means, and what a later change can no longer rewrite."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.core.model.effects import MoveSubtask, PostComment, TransitionIssue
from bot.core.model.ledger import Verdict
from tests.core.world import (
    BOT,
    CLI,
    CONFIRMING,
    FOLDER,
    FRED,
    HANNA,
    MONDAY,
    QUALITY,
    REVIEW,
    ROBOT,
    WAITING,
    World,
    effects_of,
    in_folder,
    in_review,
    waiting,
)


def test_an_edited_comment_does_not_rewrite_the_past() -> None:
    """The reply counts as it was when it was read."""
    world = World().rest()
    words = world.say("confirm")
    world.rest().wait(hours=1)
    world.edit(words, "We cannot confirm")
    world.rest()
    assert world.status == FOLDER
    assert world.follow().ledger.visits[0].decided is not None
    assert world.bot_comments(public=False) == ["unheard"]


def test_a_comment_edited_into_an_answer_counts_from_then() -> None:
    """It was last edited in the present visit, so it is read, with the moment of the edit."""
    world = waiting().wait(hours=2)
    world.edit(world.comments[1].id, "FILES READY")
    world.rest()
    assert world.status == REVIEW
    assert world.follow().visit.received == MONDAY + timedelta(hours=3)


def test_an_old_reply_does_not_count_in_a_new_visit() -> None:
    """FILES READY said before the ticket waited for files is none for it."""
    world = in_folder()
    world.say("files ready")
    world.rest().wait(hours=1).move(WAITING)
    world.rest()
    assert world.status == WAITING


def test_the_contacts_words_just_before_a_move_are_not_lost() -> None:
    """A comment that came too late for its visit is brought to the team."""
    world = World().rest().wait(minutes=1)
    world.say("Where are the requirements?")
    world.wait(minutes=1).move(FOLDER).rest()
    assert world.bot_comments(public=False) == ["unheard"]


def test_a_round_begins_with_the_comment_that_says_so() -> None:
    """Receipt is the comment's moment, not the move's."""
    world = waiting().wait(hours=1)
    world.say("FILES READY")
    world.wait(hours=5).rest()
    visit = world.follow().visit
    assert (visit.round, visit.received) == (2, MONDAY + timedelta(hours=2))


def test_rounds_count_sets_of_files_that_got_a_verdict() -> None:
    """A set that staff sent back to the folder got none: the next is still the first."""
    world = in_review().wait(hours=1).move(FOLDER).rest().wait(hours=1)
    world.set("Folder", "Done").say("files ready")
    world.rest()
    visit = world.follow().visit
    assert (world.status, visit.round, visit.received) == (REVIEW, 1, MONDAY + timedelta(hours=2))


def test_verdicts() -> None:
    """A person's move from a review is its verdict; any other move only leaves it."""
    for status, verdict in ((WAITING, Verdict.REVISION), (QUALITY, Verdict.GOOD), (FOLDER, Verdict.LEFT)):
        world = in_review().wait(hours=1).move(status).rest()
        ended = next(v for v in world.follow().ledger.visits if v.step == "review")
        assert ended.verdict == verdict
        assert ended.ended_by == HANNA.id


def test_an_app_moves_the_ticket_out_of_waiting() -> None:
    """That is status, nobody's decision: no round begins, and the bot does not move the ticket back. The review has
    its work anew, since the earlier one is over."""
    world = waiting().wait(hours=1).move(REVIEW, ROBOT).rest()
    assert world.status == REVIEW
    assert world.follow().visit.round == 1
    assert world.states() == {"Complete?": "To Do", "Accurate?": "To Do", "Folder": "Done", "Files": "Done"}
    world.move(WAITING, ROBOT).rest().move(REVIEW, ROBOT).rest()
    assert world.status == REVIEW
    assert world.bot_comments(public=True).count("files_need_revision") == 1


def test_an_app_that_enters_a_review_brings_no_files() -> None:
    """Where no files were received there is nothing to review, and the bot waits."""
    world = in_folder().wait(hours=1).move(REVIEW, ROBOT).rest()
    assert world.bot_comments(public=True)[-1] == "securestor_folder"
    assert world.follow().clocks == ()
    assert world.plan().reason == "No files were received for this review."


def test_a_persons_move_wins_over_the_bots() -> None:
    """The bot's move landed on a ticket that a person had just moved: it goes back, and the team is notified."""
    world = World().rest().wait(minutes=5)
    world.say("confirm")
    stale = copy.deepcopy(world)
    stale.reconcile()  # the ledger says which move was decided; the move itself is still on its way
    world.ledger = stale.ledger
    world.move(QUALITY)
    world.move(FOLDER, BOT)
    plan = world.reconcile()
    assert [e.status for e in effects_of(plan, TransitionIssue)] == [QUALITY]
    assert [e.template for e in effects_of(plan, PostComment)] == ["move_undone"]
    world.rest()
    assert world.status == QUALITY
    assert world.subtasks == []
    assert world.bot_comments(public=True) == ["confirm_files"]


def test_both_moved_to_the_same_status() -> None:
    """Where a person and the bot wanted the same, nothing is undone."""
    world = World().rest().wait(minutes=5)
    world.say("confirm")
    stale = copy.deepcopy(world)
    stale.reconcile()
    world.ledger = stale.ledger
    world.move(FOLDER)
    world.rest()
    assert world.status == FOLDER
    assert world.bot_comments(public=False) == []


def test_a_changed_calendar_replans_running_clocks() -> None:
    """A snow day moves what is still to come."""
    world = in_review()
    before = world.follow().clocks[0].due
    world.calendar = replace(CLI, closed={**CLI.closed, date(2026, 1, 6): "snow"})
    assert world.follow().clocks[0].due == before + timedelta(days=1)


def test_a_changed_calendar_leaves_closed_clocks() -> None:
    """What ended keeps the moment that it ended with, in earlier visits and in the present one."""
    world = in_review().wait(hours=1)
    due = world.follow().clocks[0].due
    world.set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED)
    world.rest()  # without findings: the ticket is not moved, its clock has stopped
    world.calendar = replace(CLI, closed={**CLI.closed, date(2026, 1, 6): "snow"})
    progress = world.follow()
    assert progress.clocks[0].due == due
    assert progress.running == ()
    world.rest().move(WAITING).rest()
    assert next(v for v in world.follow().ledger.visits if v.step == "review").clocks["step"].due == due


def test_a_changed_process_does_not_rewrite_the_past() -> None:
    """The verdict that a branch gave still counts, though the branch is gone from the file."""
    world = waiting()
    review = world.process.step("review")
    steps = tuple(replace(s, branches=s.branches[:1]) if s.name == "review" else s for s in world.process.steps)
    world.process = replace(world.process, steps=steps, version="2")
    world.rest()
    ended = next(v for v in world.follow().ledger.visits if v.step == "review")
    assert ended.verdict == Verdict.REVISION
    assert set(ended.finished) == {b.name for b in review.branches}
    assert world.follow().ledger.version == "2"


def test_a_deleted_subtask_stays_withdrawn() -> None:
    """Also in a visit that continues the one it was deleted in."""
    world = in_folder().wait(hours=1)
    world.delete("Folder")
    world.rest().move(CONFIRMING).rest().wait(hours=1).move(FOLDER).rest()
    assert [s.summary for s in world.subtasks] == ["Files"]
    world.say("files ready")
    assert world.rest().status == REVIEW


def test_what_was_withdrawn_when_a_visit_ended_stays_withdrawn() -> None:
    """Reopened after it, before the bot had looked at either: no new files came in the next visit."""
    world = in_review().wait(hours=1).move(FOLDER).rest().set("Files", "To Do").rest()
    world.set("Files", "Superseded").wait(minutes=1).move(CONFIRMING)
    world.wait(minutes=1).set("Files", "To Do").wait(minutes=1).move(FOLDER).wait(minutes=1).move(REVIEW)
    assert world.rest().follow().visit.received == MONDAY


def test_a_branch_that_people_reopened_later_was_finished_in_its_visit() -> None:
    """A reconcile after an outage reads each visit as it was when it ended."""
    world = in_review().wait(hours=1).set("Complete?", "Done", FRED).wait(hours=1).move(FOLDER)
    world.wait(hours=1).set("Complete?", "To Do").wait(hours=1).set("Complete?", "Done", HANNA)
    review = next(v for v in world.follow().ledger.visits if v.step == "review")
    assert (review.finished["first"].at, review.finished["first"].by) == (MONDAY + timedelta(hours=1), FRED.id)
    assert "second" not in review.finished


@pytest.mark.parametrize("words", ["files ready", "STATUS"])
def test_what_was_said_before_an_unseen_move_is_brought_to_staff_once(words: str) -> None:
    """In the note of what a person must read, and in no other."""
    world = in_review().wait(hours=1)
    said = world.bot_comments(public=True)
    world.say(words)
    world.wait(minutes=1).move(QUALITY).rest()
    assert (world.bot_comments(public=True), world.bot_comments(public=False)) == (said, ["unheard"])


def test_files_that_nobody_waits_for_any_more() -> None:
    """The district's subtask was deleted: its words count all the same, and without them the folder's end does."""
    world = in_folder().wait(hours=1)
    world.delete("Files")
    world.rest().wait(hours=1).say("files ready")
    world.rest().wait(hours=1).set("Folder", "Done").wait(hours=1).rest()
    assert (world.status, world.follow().visit.received) == (REVIEW, MONDAY + timedelta(hours=2))

    world = in_folder().wait(hours=1)
    world.delete("Files")
    world.rest().wait(hours=1).set("Folder", "Done").wait(hours=1).rest()
    assert (world.status, world.follow().visit.received) == (REVIEW, MONDAY + timedelta(hours=2))
    assert world.bot_comments(public=True)[-1] == "files_received"


def test_a_missed_visit_is_named() -> None:
    """The ticket passed a step before the bot looked: that is written down, and not made up."""
    world = World().rest()
    world.move(FOLDER).wait(minutes=1).move(REVIEW)
    plan = world.reconcile()
    assert len(plan.missed) == 1
    world.rest()
    assert world.bot_comments(public=True) == ["confirm_files", "files_received"]


def test_nothing_is_wished_in_a_status_that_no_process_knows() -> None:
    """The plan says so."""
    world = in_review().wait(hours=1).move("On Hold")
    plan = world.rest().plan()
    assert plan.effects == ()
    assert plan.reason == "On Hold is not a step of the process."
    assert effects_of(plan, MoveSubtask) == []


def test_one_move_by_hand_that_changes_nothing() -> None:
    """A history entry from a status to itself begins no visit."""
    world = in_review()
    visits = len(world.follow().ledger.visits)
    world._change("status", REVIEW, REVIEW, HANNA)
    assert len(world.follow().ledger.visits) == visits
