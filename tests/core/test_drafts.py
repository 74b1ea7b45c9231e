"""Drafts, and who sends which of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.decide.drafts import DRAFT_HEAD, DraftRelease, draft_releases, drafted
from bot.core.model.process import DRAFT, SILENT
from tests.core.world import BOT, CARLA, HANNA, LENA, OFFICE, ROBOT, World, in_folder

DRAFTING = replace(OFFICE, voice=DRAFT)


def drafting() -> World:
    """A ticket whose first question is there as a draft."""
    return World(office=DRAFTING).rest().wait(minutes=5)


def order(world: World, words: str = "/send", by: object = HANNA, public: bool = False) -> list[DraftRelease]:
    """What is to be sent after somebody wrote this."""
    world.say(words, by, public)  # type: ignore[arg-type]
    return draft_releases(world.follow())


def test_a_draft_says_what_it_is() -> None:
    """Its head, and the text between quotes."""
    assert drafted("Hello\n\nthere") == f"{DRAFT_HEAD}\n\n{{quote}}\nHello\n\nthere\n{{quote}}"


def test_send_is_the_drafts_own_words() -> None:
    """Without other words below it."""
    assert [s.text for s in order(drafting())] == ["confirm_files"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("/send\nOther words", "Other words"),
        ("  /SEND  \n\nTwo\n\nparagraphs\n", "Two\n\nparagraphs"),
        ("/send\r\nOther words", "Other words"),
        ("/send\n   \n", "confirm_files"),
    ],
)
def test_words_below_are_sent_instead(words: str, text: str) -> None:
    """As they stand, without the room around them."""
    assert [s.text for s in order(drafting(), words)] == [text]


@pytest.mark.parametrize("words", ["/send it, please", "/sending", "Please /send", "send", "/ send", "I did\n/send"])
def test_what_is_not_a_command(words: str) -> None:
    """The command is alone on the first line: nothing written for a colleague goes to a district."""
    assert order(drafting(), words) == []


@pytest.mark.parametrize(("by", "public"), [(CARLA, True), (CARLA, False), (HANNA, True), (BOT, False), (ROBOT, False)])
def test_who_may_not_send(by: object, public: bool) -> None:
    """The contact, an app, the bot itself, and staff in a public comment."""
    assert order(drafting(), by=by, public=public) == []


def test_staff_whom_no_list_names_may_send() -> None:
    """Who writes internally is staff."""
    assert len(order(drafting(), by=LENA)) == 1


def test_a_command_before_the_draft_sends_nothing() -> None:
    """What nobody has read is not sent."""
    world = World(office=DRAFTING)
    world.say("/send", HANNA, public=False)
    world.wait(minutes=1).rest()
    assert world.bot_comments(public=True) == []


def test_each_draft_and_each_command_counts_once() -> None:
    """Also where two of the team write it at the same time, or a command is edited later."""
    world = drafting()
    first = world.say("/send", HANNA, public=False)
    world.say("/send", LENA, public=False)
    world.rest()
    assert world.bot_comments(public=True) == ["confirm_files"]
    world.wait(minutes=1).edit(first, "/send\nOther words")
    world.rest()
    assert world.bot_comments(public=True) == ["confirm_files"]


def test_a_command_after_an_edit() -> None:
    """A comment that becomes a command counts from its edit."""
    world = drafting()
    note = world.say("I will read it", HANNA, public=False)
    world.rest().wait(minutes=1).edit(note, "/send")
    world.rest()
    assert world.bot_comments(public=True) == ["confirm_files"]


def test_a_second_command_does_not_send_an_old_draft() -> None:
    """The newest draft goes out; the question of the step before is not sent."""
    world = in_folder(office=DRAFTING).wait(minutes=5)
    world.say("/send", HANNA, public=False)
    world.say("/send", LENA, public=False)
    world.rest()
    assert world.bot_comments(public=True) == ["securestor_folder"]


def test_two_drafts_of_the_same_visit_are_sent_by_two_commands() -> None:
    """The newest first."""
    world = drafting()
    world.say("STATUS", CARLA)
    world.rest().wait(minutes=1)
    world.say("/send", HANNA, public=False)
    world.wait(minutes=1).say("/send", HANNA, public=False)
    world.rest()
    assert world.bot_comments(public=True) == ["status", "confirm_files"]


def test_until_the_office_chooses_the_bot_writes_drafts_and_waits_a_minute() -> None:
    """Nobody has to know of the settings for the bot to be careful."""
    world = World(office=replace(OFFICE, voice=None, grace=None)).rest()
    assert world.bot_comments(public=True) == []
    assert [c.body for c in world.comments] == [drafted("confirm_files")]
    world.move("SecureStor Folder").rest()
    assert world.plan().requeue_at == world.now + timedelta(seconds=60)


def test_nothing_goes_out_in_silence() -> None:
    """There is no draft to send, and the answer says so."""
    world = World(office=replace(OFFICE, voice=SILENT)).rest()
    assert order(world) == []
    assert world.rest().bot_comments(public=True) == []
    assert world.bot_comments(public=False) == ["order_refused"]


def test_a_grace_holds_drafts_too() -> None:
    """A mistake makes no draft."""
    world = World(office=replace(DRAFTING, grace=timedelta(seconds=60))).rest()
    before = len(world.comments)
    world.move("SecureStor Folder").rest().wait(seconds=30).move("Confirming Files").rest().wait(minutes=5).rest()
    assert len(world.comments) == before


def test_words_on_the_line_of_send_are_asked_about_once() -> None:
    """They may be meant for colleagues: nothing goes out, and staff read how to write it."""
    world = drafting()
    world.say("/send looks good to me", HANNA, public=False)
    world.rest()
    assert world.bot_comments(public=True) == []
    assert world.bot_comments(public=False).count("order_refused") == 1


def test_a_draft_that_was_sent_long_ago_is_not_sent_again() -> None:
    """Even if ledger and database are both lost: the command belongs to a visit that has ended."""
    world = drafting()
    world.say("/send", HANNA, public=False)
    world.rest().wait(hours=1).move("SecureStor Folder").rest().wait(hours=1)
    said = world.bot_comments(public=True)
    world.ledger = None
    world.journal.clear()
    assert world.rest().bot_comments(public=True) == said


def test_a_draft_whose_day_has_passed_is_not_sent_as_it_stands() -> None:
    """The answer says why, and own words can still be sent."""
    world = in_folder(office=DRAFTING).set("Folder", "Done").rest()
    world.say("files ready")
    world.rest().move("Initial File Review").rest().wait(hours=1).say("status")
    world.rest().wait(days=9)
    world.say("/send", HANNA, public=False)
    world.rest()
    assert world.bot_comments(public=True) == []
    assert "order_refused" in world.bot_comments(public=False)
    world.wait(hours=1).say("/send\nWe are late, sorry", HANNA, public=False)
    assert world.rest().bot_comments(public=True) == ["We are late, sorry"]


def test_a_send_command_before_a_move_is_answered() -> None:
    """Both happened while the bot was down: nothing is posted in the next visit, and the answer says so, once."""
    world = drafting()
    world.say("/send", HANNA, public=False)
    world.wait(minutes=1).move("SecureStor Folder").rest()
    assert world.bot_comments(public=True) == []
    assert world.bot_comments(public=False).count("order_refused") == 1
