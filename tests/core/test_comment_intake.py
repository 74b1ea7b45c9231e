"""Which comments the bot reads, and what becomes of those that are no reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model.effects import PostComment
from bot.core.model.issue import Comment, Person
from tests.core.world import CARLA, HANNA, HOLD, MONDAY, OFFICE, PROCESS, ROBOT, World, effects_of, in_folder, in_review

MANUAL = replace(OFFICE, auto_advance=False)


def said(world: World) -> list[str]:
    """The templates of the internal comments that are planned."""
    return [str(e.template) for e in effects_of(world.plan(), PostComment) if not e.public]


@pytest.mark.parametrize(("hours", "replies"), [(-1, 0), (0, 1), (1, 1)])
def test_comments_count_from_since_on(hours: int, replies: int) -> None:
    """Including one at that very moment."""
    since = MONDAY + timedelta(hours=5)
    world = World(process=replace(PROCESS, since=since))
    world.now = since + timedelta(hours=hours)
    world.say("confirm")
    world.now = since + timedelta(hours=2)
    assert len(world.follow().visit.replies) == replies


def test_a_comment_is_read_once_for_each_edit() -> None:
    """Also when the ledger has no room for its id any more, by the moment up to which all were read."""
    world = World().rest().wait(minutes=1)
    comment = world.say("Where is it?")
    assert said(world) == ["unheard"]
    assert said(world.rest()) == []
    world.ledger["heard_until"] = world.ledger["heard"].pop(comment)
    assert world.follow().new_comments.unrecognized == []
    world.wait(minutes=1).edit(comment, "Where is it now?")
    assert len(world.follow().new_comments.unrecognized) == 1


@pytest.mark.parametrize(
    ("words", "by", "public", "answers"),
    [
        ("/usr is a path", CARLA, True, ["unheard"]),
        ("/usr is a path", HANNA, True, []),
        ("/usr is a path", HANNA, False, ["order_refused"]),
        ("/hlod it", HANNA, True, ["order_in_public"]),
        ("/hold it", HANNA, True, ["order_in_public"]),
        ("/hold it", HANNA, False, ["order_obeyed"]),
        ("/hold it", CARLA, True, ["order_by_contact"]),
        ("/hold it", ROBOT, False, []),
        ("Hello", HANNA, True, []),
        ("Hello", HANNA, False, []),
        ("confirm", HANNA, True, []),
        ("Hello", CARLA, True, ["unheard"]),
    ],
)
def test_what_a_comment_is_taken_for(words: str, by: Person, public: bool, answers: list[str]) -> None:
    """By who wrote it, where, and whether it begins like a command."""
    world = World().rest().wait(minutes=1)
    world.say(words, by, public)
    assert said(world) == answers
    assert said(world.rest()) == []


@pytest.mark.parametrize(
    ("words", "by", "answers"),
    [
        ("/hold it", HANNA, ["order_refused"]),
        ("/hlod it", HANNA, []),
        ("Hello", HANNA, []),
        ("/hold it", CARLA, []),
    ],
)
def test_a_command_on_a_subtask_is_answered_on_the_ticket(words: str, by: Person, answers: list[str]) -> None:
    """It changes nothing there, and the answer names the subtask."""
    world = in_folder().wait(hours=1)
    (folder,) = [s for s in world.subtasks if s.summary == "Folder"]
    comment = Comment("77", by, world.now, world.now, words, False)
    world.subtasks[world.subtasks.index(folder)] = replace(folder, comments=(comment,))
    assert said(world) == answers
    assert all(folder.key in e.facts["reason"] for e in effects_of(world.plan(), PostComment))
    assert world.rest().follow().visit.commands == []


def test_a_question_that_a_move_overtook_is_for_a_person() -> None:
    """The bot was down: the step in which it was asked is over, so STATUS and early files are not answered by rule."""
    world = World().rest().wait(minutes=1)
    world.say("STATUS")
    world.wait(minutes=1).move("SecureStor Folder")
    assert said(world) == ["unheard"]
    assert "status" not in world.rest().bot_comments(public=True)
    assert not any(":status" in effect for effect in world.journal)
    world = in_review().wait(minutes=1)
    world.say("files ready")
    world.wait(minutes=1).move("Quality Review")
    assert said(world) == ["unheard"]


@pytest.mark.parametrize(
    ("begin", "words", "answer"),
    [
        (lambda: World().rest(), "files ready", ["unheard"]),  # nobody has asked for files yet
        (in_folder, "confirm", ["unheard"]),  # that was asked before
        (in_review, "confirm", ["unheard"]),
        (in_review, "files ready", ["files_ready_early"]),
        (lambda: in_folder().move(HOLD).rest(), "files ready", ["unheard"]),
        (lambda: in_folder().move("Waiting for District").rest(), "confirm", ["unheard"]),
        (lambda: in_folder().move("Waiting for District").rest(), "STATUS", []),
        (in_review, "STATUS", []),
        (lambda: in_folder().move(HOLD).rest(), "STATUS", ["unheard"]),
    ],
)
def test_a_reply_that_nobody_asked_for_is_for_a_person(begin: object, words: str, answer: list[str]) -> None:
    """STATUS may be asked in every step and while the ticket waits."""
    world = begin().wait(hours=1)  # type: ignore[operator]
    world.say(words)
    assert said(world) == answer


def test_the_same_reply_counts_once() -> None:
    """A comment that is edited and still says the same adds none; another comment does."""
    world = World(office=MANUAL).rest().wait(minutes=1)
    comment = world.say("confirm")
    world.rest().wait(minutes=1).edit(comment, "We confirm")
    assert [r.comment for r in world.rest().follow().visit.replies] == [comment]
    world.wait(minutes=1).say("confirm")
    assert len(world.rest().follow().visit.replies) == 2


def test_what_was_written_before_the_bots_first_visit_is_left_alone() -> None:
    """In visits that are over; what was written in the present one is read."""
    world = World().wait(minutes=1)
    world.say("Where is it?")
    world.say("/explain", HANNA, public=False)
    world.wait(minutes=1).move("SecureStor Folder").wait(minutes=1).say("And now?")
    (note,) = [e for e in effects_of(world.plan(), PostComment) if not e.public]
    assert note.facts["items"] == ("Carla: And now?",)
