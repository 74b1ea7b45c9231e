"""Which date was announced to a district, and what is posted when that date moves or passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.core.decide.announced_dates import announced_date_of, next_passing_date
from bot.core.decide.drafts import CORRECTION_HEAD
from bot.core.model.process import ASK, AUTO, DRAFT, NEVER, SILENT, Branch
from bot.core.time.goals import parse_goal
from tests.core.world import BOT, CLI, HANNA, MONDAY, OFFICE, PROCESS, World, in_folder, in_review

CALENDARS = {"cli": CLI}


def drafts(world: World) -> list[str]:
    """The corrections that staff could send."""
    return [t.split("{quote}")[1].strip() for t in world.bot_comments(public=False) if t.startswith(CORRECTION_HEAD)]


def announced_due(world: World) -> object:
    """The due moment that was announced last."""
    announced = announced_date_of(world.follow())
    return announced.due if announced else None


def write(world: World, words: str) -> World:
    """Staff write internally, and the bot comes to rest."""
    world.say(words, HANNA, public=False)
    return world.rest()


def late(**more: object) -> World:
    """A review whose day, Wednesday at eleven, is to pass; nothing else is posted."""
    process = replace(PROCESS, steps=tuple(replace(s, escalations=()) for s in PROCESS.steps), **more)
    return in_review(process=process)


def test_the_announced_date_is_the_newest_that_a_public_comment_named() -> None:
    """Here with the receipt of the files."""
    world = in_review()
    assert announced_due(world) == world.follow().clocks[0].due


def test_a_date_in_a_deleted_comment_was_not_announced() -> None:
    """Staff took it back before anybody could rely on it."""
    world = in_review()
    world.comments = [c for c in world.comments if c.body != "files_received"]
    assert announced_date_of(world.follow()) is None


def test_a_day_that_was_announced_in_a_comment_that_is_internal_now_was_not_announced() -> None:
    """Staff hid it from the district, so nothing about that day has to be corrected."""
    world = in_review()
    world.comments = [replace(c, public=c.public and c.body != "files_received") for c in world.comments]
    assert announced_date_of(world.follow()) is None


def test_a_due_moment_that_moves_within_its_day_is_no_news() -> None:
    """A day was announced, never a minute."""
    assert drafts(write(in_review().wait(hours=1), "/extend 2 business hours sick")) == []


def test_a_day_that_moves_is_brought_to_staff_once() -> None:
    """With the words to post; looking again brings nothing new."""
    world = write(in_review().wait(hours=1), "/extend 2 business days sick")
    assert drafts(world) == ["day_moved"]
    assert drafts(world.wait(hours=1).rest()) == ["day_moved"]


@pytest.mark.parametrize("mode", [ASK, AUTO])
def test_no_correction_goes_out_beside_another_public_comment(mode: str) -> None:
    """Another comment of the same plan already names the new day, so the district reads it once."""
    world = late(tell_district_when_late=mode).wait(hours=1)
    said = len(world.bot_comments(public=True))
    world.say("/extend 2 business days sick", HANNA, public=False)
    world.say("status")
    world.rest().wait(hours=1).rest()
    assert (world.bot_comments(public=True)[said:], drafts(world)) == (["status"], [])
    assert announced_due(world) == world.follow().clocks[0].due


def test_tell_posts_them_and_the_new_date_is_the_announced_one() -> None:
    """So that the same words are not offered again."""
    world = write(in_review().wait(hours=1), "/extend 2 business days sick").wait(hours=1)
    write(world, "/tell")
    assert world.bot_comments(public=True)[-1] == "day_moved"
    assert announced_due(world) == world.follow().clocks[0].due
    assert drafts(write(world, "/status")) == ["day_moved"]


def test_a_due_moment_that_moves_on_within_the_day_offers_no_second_draft() -> None:
    """The words would be the same, and whoever read both would post both."""
    world = write(in_review().wait(hours=1), "/extend 2 business days sick").wait(hours=1)
    assert drafts(write(world, "/extend 1 business hour still sick")) == ["day_moved"]
    assert announced_due(write(world, "/tell").wait(hours=1)) != world.follow().clocks[0].due
    assert world.bot_comments(public=True)[-1] == "day_moved"


def test_a_second_tell_posts_no_older_words() -> None:
    """Two colleagues give the same command: a draft older than the newest comment is no longer true, or was sent."""
    world = late().wait(days=3).rest()  # Thursday at nine, and the day has passed
    write(world, "/extend 2 business days sick").wait(hours=1)
    assert drafts(world) == ["day_passed", "day_moved"]
    said = len(write(world, "/tell").bot_comments(public=True))
    assert len(write(world.wait(minutes=1), "/tell").bot_comments(public=True)) == said
    assert world.bot_comments(public=False)[-1] == "order_refused"


def test_own_words_below_tell_are_posted_instead() -> None:
    """Nobody knows which day they name, so the announced date does not change."""
    world = write(in_review().wait(hours=1), "/extend 2 business days sick").wait(hours=1)
    before = announced_due(world)
    write(world, "/tell\nIt takes longer, sorry")
    assert world.bot_comments(public=True)[-1] == "It takes longer, sorry"
    assert announced_due(world) == before


def test_tell_without_anything_to_tell_is_answered() -> None:
    """Nothing is posted."""
    world = write(in_review().wait(hours=1), "/tell")
    assert world.bot_comments(public=False) == ["order_refused"]


def test_send_does_not_post_what_is_for_tell() -> None:
    """Each draft has its own word."""
    world = write(in_review().wait(hours=1), "/extend 2 business days sick")
    said = world.bot_comments(public=True)
    assert write(world.wait(hours=1), "/send").bot_comments(public=True) == said


def test_a_day_that_has_passed_is_brought_to_staff_when_the_office_opens() -> None:
    """Wednesday was announced; on Thursday at eight the bot reconciles by itself."""
    world = late()
    thursday = world.follow().clocks[0].due.replace(hour=14, minute=0) + timedelta(days=1)
    assert next_passing_date(world.follow(), CALENDARS) == thursday
    world.now = thursday - timedelta(minutes=1)
    assert drafts(world.rest()) == []
    assert drafts(world.wait(minutes=1).rest()) == ["day_passed"]


def test_auto_tells_the_district_itself() -> None:
    """In the voice that the office chose."""
    world = late(tell_district_when_late=AUTO).wait(days=3).rest()
    assert world.bot_comments(public=True)[-1] == "day_passed"
    drafting = late(tell_district_when_late=AUTO)
    drafting.office = replace(OFFICE, voice=DRAFT)
    assert drafting.wait(days=3).rest().bot_comments(public=True)[-1] != "day_passed"


@pytest.mark.parametrize("how", ["never", "silent"])
def test_where_nothing_is_to_be_announced_nothing_is_offered(how: str) -> None:
    """The process says never, or the bot is silent."""
    world = late(tell_district_when_late=NEVER) if how == "never" else late()
    world.office = replace(OFFICE, voice=SILENT) if how == "silent" else OFFICE
    said = len(world.comments)
    assert len(world.wait(days=3).rest().comments) == said


def test_a_date_announced_during_a_hold_passes_all_the_same() -> None:
    """The district waits for that day, whatever the office does inside."""
    world = write(late().wait(hours=1), "/hold lawyer").wait(days=3).rest()
    assert drafts(world) == ["day_passed"]


def test_an_old_date_is_not_announced_once_the_visit_is_over() -> None:
    """Somebody writes /tell too late."""
    world = write(in_review().wait(hours=1), "/extend 2 business days sick").wait(hours=1)
    world.set("Complete?", "Done").set("Accurate?", "Done").rest()
    said = world.bot_comments(public=True)
    assert write(world.wait(hours=1), "/tell").bot_comments(public=True) == said


def test_a_draft_that_is_no_longer_true_is_not_posted() -> None:
    """The date moved and moved back: /tell is answered that there is nothing to post."""
    world = write(in_review(created=MONDAY - timedelta(days=3)).wait(hours=1), "/extend 2 business days sick")
    said = world.bot_comments(public=True)
    world.wait(hours=1).say("/new-round", HANNA, public=False)
    world.rest()
    assert write(world.wait(hours=1), "/tell").bot_comments(public=True)[len(said) :] == ["files_received"]


def test_work_that_is_done_in_time_announces_nothing() -> None:
    """Another branch of the step is due later, and that date was never announced."""
    later = Branch("contract", "functional_team", goal=parse_goal("10 business days"), subtask="Contract")
    step = PROCESS.step("folder")
    steps = tuple(replace(s, branches=(*s.branches, later)) if s is step else s for s in PROCESS.steps)
    world = in_folder(process=replace(PROCESS, steps=steps)).wait(hours=1)
    world.say("status")
    world.rest().wait(hours=1).set("Folder", "Done")
    assert drafts(world.rest()) == []
    assert drafts(world.wait(days=5).rest()) == []


def test_a_verdict_without_findings_does_not_keep_the_word() -> None:
    """The clock has stopped, but the district waits for its answer."""
    world = late().wait(hours=1).set("Complete?", "Done").set("Accurate?", "Needs Revision").rest()
    assert drafts(world.wait(days=4).rest()) == ["day_passed"]


def test_auto_waits_for_a_slip_of_the_hand() -> None:
    """Three commands in a minute are one message."""
    world = late(tell_district_when_late=AUTO).wait(hours=1)
    world.office = replace(OFFICE, grace=timedelta(seconds=60))
    said = len(world.bot_comments(public=True))
    for _ in range(3):
        write(world, "/extend 1 business day sick").wait(seconds=10)
    assert len(world.bot_comments(public=True)) == said
    assert world.wait(minutes=2).rest().bot_comments(public=True)[said:] == ["day_moved"]


@pytest.mark.parametrize(("status", "offered"), [("On Hold", ["day_passed"]), ("Withdrawn", []), ("Done", [])])
def test_a_date_passes_outside_the_process_too(status: str, offered: list[str]) -> None:
    """As a draft for staff, even where the bot itself corrects dates; at an end nothing is left to do."""
    world = late(tell_district_when_late=AUTO).wait(hours=1).move(status).rest()
    said = world.bot_comments(public=True)
    assert (next_passing_date(world.follow(), CALENDARS) is not None) == bool(offered)
    assert drafts(world.wait(days=3).rest()) == offered
    assert world.bot_comments(public=True) == said


def test_a_date_that_was_corrected_is_not_corrected_again_outside_the_process() -> None:
    """Staff have the draft already."""
    world = late().wait(days=3).rest()
    assert drafts(world) == ["day_passed"]
    assert drafts(world.move("On Hold").rest().wait(days=1).rest()) == ["day_passed"]
    assert drafts(world.move("Initial File Review").rest().wait(days=1).rest()) == ["day_passed"]


def test_a_ticket_that_is_moved_now_is_told_of_no_date() -> None:
    """The work is done in the same reconcile, and the next step says what comes."""
    world = late().wait(days=3).set("Complete?", "Done").set("Accurate?", "Done")
    assert drafts(world.rest()) == []


@pytest.mark.parametrize(("hours", "offered"), [(47.9, []), (71, ["day_passed"])])
def test_a_date_passes_with_its_day_and_not_with_its_minute(hours: float, offered: list[str]) -> None:
    """It is due on Wednesday at eleven; on Thursday morning, when the office opens, it has passed."""
    world = late().wait(hours=hours).rest()
    assert drafts(world) == offered
    assert (next_passing_date(world.follow(), CALENDARS) is None) == bool(offered)


def test_the_newest_of_two_announced_dates_counts() -> None:
    """The older one is no longer what the district waits for."""
    world = in_review().wait(hours=1)
    world.say("/extend 2 business days sick", HANNA, public=False)
    world.say("status")
    world.rest()
    assert announced_due(world) == world.follow().clocks[0].due
    world.comments = [c for c in world.comments if c.body != "status" or c.author != BOT]
    assert announced_due(world) != world.follow().clocks[0].due


def test_auto_corrects_at_once_where_no_command_was_given() -> None:
    """The calendar moved the date, and there is no slip of a hand to wait for."""
    world = late(tell_district_when_late=AUTO).wait(hours=1)
    world.office = replace(OFFICE, grace=timedelta(seconds=60))
    world.calendar = replace(CLI, closed={**CLI.closed, date(2026, 1, 6): "ice storm"})
    assert world.rest().bot_comments(public=True)[-1] == "day_moved"


def test_a_correction_waits_exactly_for_the_grace() -> None:
    """And the bot comes back at its end."""
    world = late(tell_district_when_late=AUTO).wait(hours=1)
    world.office = replace(OFFICE, grace=timedelta(seconds=60))
    given = world.now
    write(world, "/extend 1 business day sick")
    assert world.plan().requeue_at == given + timedelta(seconds=60)
    assert world.wait(seconds=59).rest().bot_comments(public=True)[-1] != "day_moved"
    assert world.wait(seconds=1).rest().bot_comments(public=True)[-1] == "day_moved"
