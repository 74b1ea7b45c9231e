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
    """A ticket whose first question stands there as a draft."""
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
def test_what_is_no_order(words: str) -> None:
    """The order stands alone in the first line: nothing that was meant for a colleague goes to a district."""
    assert order(drafting(), words) == []


@pytest.mark.parametrize(("by", "public"), [(CARLA, True), (CARLA, False), (HANNA, True), (BOT, False), (ROBOT, False)])
def test_who_may_not_send(by: object, public: bool) -> None:
    """The contact, an app, the bot itself, and staff in a public comment."""
    assert order(drafting(), by=by, public=public) == []


def test_staff_whom_no_list_names_may_send() -> None:
    """Who writes internally is staff."""
    assert len(order(drafting(), by=LENA)) == 1


def test_an_order_before_the_draft_sends_nothing() -> None:
    """What nobody has read is not sent."""
    world = World(office=DRAFTING)
    world.say("/send", HANNA, public=False)
    world.wait(minutes=1).rest()
    assert world.told(public=True) == []


def test_each_draft_and_each_order_counts_once() -> None:
    """Also where two of the team write it at the same time, or an order is edited later."""
    world = drafting()
    first = world.say("/send", HANNA, public=False)
    world.say("/send", LENA, public=False)
    world.rest()
    assert world.told(public=True) == ["confirm_files"]
    world.wait(minutes=1).edit(first, "/send\nOther words")
    world.rest()
    assert world.told(public=True) == ["confirm_files"]


def test_an_order_after_an_edit() -> None:
    """A comment that becomes an order counts from its edit."""
    world = drafting()
    note = world.say("I will read it", HANNA, public=False)
    world.rest().wait(minutes=1).edit(note, "/send")
    world.rest()
    assert world.told(public=True) == ["confirm_files"]


def test_a_second_order_does_not_send_what_is_past() -> None:
    """The newest draft goes out; the question of the step before stays in the drawer."""
    world = in_folder(office=DRAFTING).wait(minutes=5)
    world.say("/send", HANNA, public=False)
    world.say("/send", LENA, public=False)
    world.rest()
    assert world.told(public=True) == ["securestor_folder"]


def test_two_drafts_of_the_same_stay_are_sent_by_two_orders() -> None:
    """The newest first."""
    world = drafting()
    world.say("STATUS", CARLA)
    world.rest().wait(minutes=1)
    world.say("/send", HANNA, public=False)
    world.wait(minutes=1).say("/send", HANNA, public=False)
    world.rest()
    assert world.told(public=True) == ["status", "confirm_files"]


def test_until_the_office_chooses_the_bot_writes_drafts_and_waits_a_minute() -> None:
    """Nobody has to know of the settings for the bot to be careful."""
    world = World(office=replace(OFFICE, voice=None, grace=None)).rest()
    assert world.told(public=True) == []
    assert [c.body for c in world.comments] == [drafted("confirm_files")]
    world.move("SecureStor Folder").rest()
    assert world.plan().requeue_at == world.now + timedelta(seconds=60)


def test_nothing_goes_out_in_silence() -> None:
    """There is no draft to send, and who orders it hears so."""
    world = World(office=replace(OFFICE, voice=SILENT)).rest()
    assert order(world) == []
    assert world.rest().told(public=True) == []
    assert world.told(public=False) == ["order_refused"]


def test_a_grace_holds_drafts_too() -> None:
    """A slip of the hand makes no draft."""
    world = World(office=replace(DRAFTING, grace=timedelta(seconds=60))).rest()
    before = len(world.comments)
    world.move("SecureStor Folder").rest().wait(seconds=30).move("Confirming Files").rest().wait(minutes=5).rest()
    assert len(world.comments) == before


def test_words_on_the_line_of_send_are_asked_about_once() -> None:
    """They may be meant for colleagues: nothing goes out, and staff read how to write it."""
    world = drafting()
    world.say("/send looks good to me", HANNA, public=False)
    world.rest()
    assert world.told(public=True) == []
    assert world.told(public=False).count("order_refused") == 1


def test_a_draft_that_was_sent_long_ago_is_not_sent_again() -> None:
    """Though both the record and the database are gone: the order is of a stay that has passed."""
    world = drafting()
    world.say("/send", HANNA, public=False)
    world.rest().wait(hours=1).move("SecureStor Folder").rest().wait(hours=1)
    said = world.told(public=True)
    world.ledger = None
    world.journal.clear()
    assert world.rest().told(public=True) == said


def test_a_draft_whose_day_has_passed_is_not_sent_as_it_stands() -> None:
    """Who sends it hears why, and own words still go."""
    world = in_folder(office=DRAFTING).set("Folder", "Done").rest()
    world.say("files ready")
    world.rest().move("Initial File Review").rest().wait(hours=1).say("status")
    world.rest().wait(days=9)
    world.say("/send", HANNA, public=False)
    world.rest()
    assert world.told(public=True) == []
    assert "order_refused" in world.told(public=False)
    world.wait(hours=1).say("/send\nWe are late, sorry", HANNA, public=False)
    assert world.rest().told(public=True) == ["We are late, sorry"]


def test_an_order_to_send_that_came_before_a_move_is_not_lost_in_silence() -> None:
    """Both unseen: nothing is posted in the next stay, and who ordered it hears so, once."""
    world = drafting()
    world.say("/send", HANNA, public=False)
    world.wait(minutes=1).move("SecureStor Folder").rest()
    assert world.told(public=True) == []
    assert world.told(public=False).count("order_refused") == 1
