"""What staff order in the first line of an internal comment, and what it does to rounds and clocks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.decide.engine import leave
from bot.core.history.command_text import parse_command
from bot.core.model.effects import CloseDay, PostComment
from bot.core.model.issue import Person
from bot.core.model.ledger_json import to_json
from bot.core.model.process import Process, Reminders, Revision
from bot.core.time.goals import parse_goal
from tests.core.world import (
    BOT,
    CARLA,
    CLI,
    FOLDER,
    HANNA,
    HOLD,
    LENA,
    OFFICE,
    PROCESS,
    REVIEW,
    ROBOT,
    WAITING,
    World,
    effects_of,
    in_folder,
    in_review,
    waiting,
)

ZONE = ZoneInfo("America/Chicago")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of January 2026, in Texas."""
    return datetime(2026, 1, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def due(world: World) -> datetime:
    """When the first clock is due."""
    return world.follow().clocks[0].due


def refused(world: World) -> str:
    """Why the newest command was refused."""
    return str(effects_of(world.plan(), PostComment)[-1].facts["reason"])


def write(world: World, words: str, by: Person = HANNA, public: bool = False) -> World:
    """Somebody writes, and the bot comes to rest."""
    world.say(words, by, public)
    return world.rest()


# -- what is an order


@pytest.mark.parametrize(
    ("body", "name", "rest"),
    [
        ("/hold waits for the lawyer", "hold", "waits for the lawyer"),
        ("  /HOLD vendor   new rosters \nmore words", "hold", "vendor   new rosters"),
        ("/new-round", "new-round", ""),
        ("/not-received\r\n", "not-received", ""),
        ("\n/status", "status", ""),
        ("/hold\u00a0lawyer", "hold", "lawyer"),
        ("\ufeff/resume\u200b", "resume", ""),
        ("/hold:lawyer", "hold", "lawyer"),
        ("/hold(lawyer)", "hold", "(lawyer)"),
        ("/extend8 business hours ill", "extend", "8 business hours ill"),
        ("/explain?", "explain", ""),
        ("/resume!!", "resume", ""),
        ("/not\u2011received", "not-received", ""),
        ("/new  round", "new-round", ""),
        ("{{/hold lawyer}}", "hold", "lawyer"),
        ("*/resume*", "resume", ""),
        ("{color:#172b4d}/hold lawyer{color}\nmore", "hold", "lawyer"),
        ("/resume\\\\thanks", "resume", ""),
    ],
)
def test_the_first_line_gives_the_command(body: str, name: str, rest: str) -> None:
    """Case and spaces around it do not matter; the lines below are for people."""
    command = parse_command(body)
    assert command is not None
    assert (command.name, command.rest) == (name, rest)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hold",
        "Please /hold",
        "/ hold",
        "/etc/passwd",
        "/usr.local/bin",
        "/api2/x",
        "/u",
        "//hold",
        "/hold/",
        "Thanks\n/hold it",
        "* /hold REASON: it stands still",
        "/42",
    ],
)
def test_what_is_not_a_command(body: str) -> None:
    """Paths, and words in the middle of a text."""
    assert parse_command(body) is None


@pytest.mark.parametrize(
    ("typed", "suggestion"), [("/hlod x", "hold"), ("/resumed", "resume"), ("/usr", ""), ("/close x", "closed")]
)
def test_a_mistyped_command_gets_a_suggestion(typed: str, suggestion: str) -> None:
    """It is never executed."""
    command = parse_command(typed)
    assert command is not None
    assert (command.known, command.suggestion) == (False, suggestion)


@pytest.mark.parametrize(
    ("typed", "name"), [("/hold: lawyer", "hold"), ("/new_round", "new-round"), ("/New round.", "new-round")]
)
def test_small_departures_are_read_as_they_are_meant(typed: str, name: str) -> None:
    """A colon after the command, a space within it."""
    command = parse_command(typed)
    assert command is not None
    assert command.name == name


# -- holds


def test_a_hold_stops_the_clock_and_resume_lets_it_go_on() -> None:
    """What was left when it began is spent after it."""
    world = in_review().wait(hours=1)
    before = due(world)
    write(world, "/hold waits for the lawyer")
    clock = world.follow().clocks[0]
    assert clock.paused == world.now
    assert world.wait(hours=2).follow().counting == ()
    write(world, "/resume")
    assert due(world) == before + timedelta(hours=2)
    assert world.bot_comments(public=False) == ["order_obeyed", "order_obeyed"]


def test_the_answer_to_a_command_shows_each_clock() -> None:
    """One line for each, as it is after the command."""
    world = in_review().wait(hours=1)
    world.say("/extend 1 business hour sick", HANNA, public=False)
    (answer,) = effects_of(world.plan(), PostComment)
    assert answer.facts["items"] == (
        "Review, round 1: 20 business hours and 1 business hour more from Mon 2026-01-05 09:00 CST, "
        "due Wed 2026-01-07 12:00 CST; running",
    )


def test_nothing_is_flagged_during_a_hold() -> None:
    """Though the moment passes that the clock would have kept."""
    world = write(in_review().wait(hours=1), "/hold vendor their rosters").wait(days=30).rest()
    assert world.labels == ()
    assert "overdue" not in world.bot_comments(public=False)
    write(world, "/resume")
    assert world.wait(days=7).rest().labels == ("review-overdue",)


@pytest.mark.parametrize("words", ["/hold vendor: rosters", "/hold Vendor\u00a0rosters", "/hold vendor rosters"])
def test_a_hold_for_a_vendor(words: str) -> None:
    """Said however people type it."""
    assert write(in_review(), words).follow().visit.commands[0].value == "vendor"


def test_a_hold_ends_with_its_visit() -> None:
    """Who moves the ticket on has gone on with it."""
    world = write(in_review().wait(hours=1), "/hold lawyer").wait(hours=1)
    world.move(FOLDER).rest()
    assert world.follow().clocks[0].paused is None


def test_a_hold_outlives_its_comment() -> None:
    """Tidied away, edited, the database deleted: the same clocks."""
    world = in_review().wait(hours=1)
    order = world.say("/hold lawyer", HANNA, public=False)
    world.rest().wait(hours=2)
    write(world, "/resume")
    before = world.follow().clocks
    world.edit(order, "never mind")
    world.comments = [c for c in world.comments if c.id != order]
    world.journal.clear()
    assert world.rest().follow().clocks == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("/hold", "the reason is missing"),
        ("/hold vendor", "the reason is missing"),
        ("/resume", "it is not on hold"),
        ("/extend", "the time is missing"),
        ("/extend 8 business hours", "the reason is missing"),
        ("/extend 8 fortnights more", '"fortnights more" in the goal'),
        ("/extend 5-10 business days sick", "is a range"),
        ("/received yesterday", '"yesterday" is not a moment'),
        ("/received 2026-01-05 13:15 PM", "is not a moment"),
        ("/received 2026-01-05 8:40 AM EST", "EST is not the time of this office; write the moment in CST"),
        ("/received 2026-01-05 14:40 UTC", "UTC is not the time of this office"),
        ("/received 2026-02-30 10:00", '"2026-02-30 10:00" is not a moment'),
        ("/received 2026-03-01 10:00", "is still to come"),
        ("/received 2025-12-31 10:00", "is before this ticket was made"),
        ("/not-received", "has no words"),
        ("/hlod lawyer", "perhaps you mean /hold"),
    ],
)
def test_a_refused_command_is_answered_with_the_reason(words: str, why: str) -> None:
    """And changes nothing."""
    world = in_review().wait(hours=1)
    before = world.follow().clocks
    world.say(words, HANNA, public=False)
    assert why in refused(world)
    assert world.rest().follow().clocks == before
    assert world.bot_comments(public=False) == ["order_refused"]


@pytest.mark.parametrize("words", ["/extend 2 weeks sick", "/received 2026-01-05 09:00", "/new-round", "/not-received"])
def test_commands_for_a_review_are_refused_outside_one(words: str) -> None:
    """Here while the contact has yet to confirm."""
    world = write(World().rest().wait(hours=1), words)
    assert world.bot_comments(public=False) == ["order_refused"]


def test_a_second_hold_is_refused() -> None:
    """The first goes on."""
    world = write(in_review().wait(hours=1), "/hold lawyer")
    began = world.now
    world.wait(hours=1).say("/hold again", HANNA, public=False)
    assert "on hold already" in refused(world)
    assert world.rest().follow().clocks[0].paused == began


# -- more time, and the moment of receipt


@pytest.mark.parametrize(
    ("words", "moved"),
    [
        ("/extend 8 business hours new colleague", at(8, 10)),
        ("/extend 1 business hour x", at(7, 12)),
        ("/extend 2 weeks holidays", at(21, 11)),
    ],
)
def test_an_extension_adds_to_the_time(words: str, moved: datetime) -> None:
    """Counted from the due moment on, which was Wednesday at eleven."""
    world = in_review()
    assert due(world) == at(7, 11)
    assert due(write(world.wait(hours=1), words)) == moved


def test_an_extension_moves_the_thresholds_and_takes_the_bots_label_off() -> None:
    """People moved the moment, so what had passed is in the future again; it is still reported only once."""
    world = in_review().wait(days=2, hours=3).rest()
    assert world.labels == ("review-overdue",)
    write(world, "/extend 5 business days new colleague")
    assert world.labels == ()
    world.wait(days=14).rest()
    assert world.labels == ("review-overdue",)
    assert world.bot_comments(public=False).count("overdue") == 1


def test_a_corrected_receipt_plans_anew() -> None:
    """The files came two hours before anybody noticed."""
    world = in_review(created=at(4, 9)).wait(hours=3)
    before = due(world)
    write(world, "/received 2026-01-05 08:00")
    assert due(world) == before - timedelta(hours=1)
    assert world.follow().visit.commands[0].value == at(5, 9).isoformat()


@pytest.mark.parametrize(
    "words",
    ["/received 2026-01-05 1:15 PM", "/received 2026-01-05 01:15p.m. by mail", "/received 2026-01-05 13:15 (CDT)"],
)
def test_a_receipt_in_the_afternoon(words: str) -> None:
    """A clock of twelve hours is read as its office reads it, never as the night before."""
    world = write(in_review(created=at(4, 9)).wait(hours=6), words)
    assert world.follow().visit.received == at(5, 13, 15)


# -- rounds


def test_a_new_round_begins_without_a_move() -> None:
    """Other files came during the review: they are another set, with subtasks and time of their own."""
    world = in_review().wait(hours=3)
    write(world, "/new-round")
    progress = world.follow()
    assert (progress.visit.round, progress.visit.received) == (2, world.now)
    assert [v.verdict for v in progress.ledger.visits if v.step == "review"] == ["replaced", None]
    assert [s.status for s in world.subtasks if s.summary == "Complete?"] == ["Superseded", "To Do"]
    assert world.bot_comments(public=True)[-1] == "files_received"
    assert due(world) == at(7, 14)


def test_rounds_go_on_counting_after_a_new_round() -> None:
    """The set that a new one replaced has its number for good."""
    world = write(in_review().wait(hours=3), "/new-round").wait(hours=1)
    world.say("Findings:\n* no birth dates", HANNA, public=False)
    world.set("Complete?", "Needs Revision").set("Accurate?", "Done").rest()
    world.wait(hours=1).say("files ready")
    assert world.rest().follow().visit.round == 3


def test_a_set_that_was_replaced_keeps_its_number() -> None:
    """Its successor was sent back without a verdict, and the next set takes the number of that one."""
    world = write(in_review().wait(hours=3), "/new-round").wait(hours=1)
    world.move(FOLDER).rest().wait(hours=1).say("files ready")
    assert world.rest().follow().visit.round == 2


def test_each_new_round_adds_one() -> None:
    """Whatever number the set had that it replaces."""
    world = waiting().wait(hours=1)
    world.say("files ready")
    world.rest()
    assert write(write(world.wait(hours=1), "/new-round").wait(hours=1), "/new-round").follow().visit.round == 4


def test_a_new_round_ends_the_wait_for_the_district() -> None:
    """The files came by another way than a reply."""
    world = write(waiting().wait(hours=1), "/new-round")
    progress = world.follow()
    assert (world.status, progress.visit.round, progress.visit.received) == (REVIEW, 2, world.now)


def test_no_files_received_sends_the_ticket_back() -> None:
    """As a reviewer's subtask would, where the process has words for it."""
    world = in_review(process=_with_not_received()).wait(hours=1)
    write(world, "/not-received")
    assert world.status == WAITING
    assert world.bot_comments(public=True)[-1] == "nothing_came"
    assert world.follow().review is not None


def _with_not_received() -> Process:
    step = PROCESS.step("review")
    revision = Revision("review", "files_need_revision", not_received="nothing_came")
    return replace(PROCESS, steps=tuple(replace(s, revision=revision) if s is step else s for s in PROCESS.steps))


# -- who, where and when


def test_staff_are_notified_of_a_command_by_the_contact() -> None:
    """It does nothing, and the contact gets no answer."""
    world = in_review().wait(hours=1)
    said = len(world.bot_comments(public=True))
    write(world, "/hold please", CARLA, public=True)
    assert world.follow().clocks[0].paused is None
    assert world.bot_comments(public=False) == ["order_by_contact"]
    assert len(world.bot_comments(public=True)) == said


def test_a_command_in_public_is_not_executed() -> None:
    """It has been mailed to the district: staff are asked to delete it."""
    world = write(in_review().wait(hours=1), "/extend 2 weeks sick", public=True)
    assert world.bot_comments(public=False) == ["order_in_public"]
    assert world.follow().clocks[0].extended == ()


@pytest.mark.parametrize("by", [ROBOT, BOT])
def test_an_app_gives_no_commands(by: Person) -> None:
    """What an app writes is nobody's wish."""
    world = write(in_review().wait(hours=1), "/hold robots", by)
    assert world.follow().clocks[0].paused is None


def test_staff_whom_no_list_names_may_give_commands() -> None:
    """Only staff can write internal comments."""
    assert write(in_review().wait(hours=1), "/hold lawyer", LENA).follow().clocks[0].paused is not None


def test_a_command_is_executed_once() -> None:
    """Edited, it is answered with the way out, and changes nothing."""
    world = in_review().wait(hours=1)
    order = world.say("/extend 8 business hours sick", HANNA, public=False)
    before = world.rest().follow().clocks
    world.wait(hours=1).edit(order, "/extend 80 business hours sick")
    assert "only once" in refused(world)
    assert world.rest().follow().clocks == before


def test_a_comment_that_becomes_a_command_counts_from_its_edit() -> None:
    """As Jira tells it."""
    world = in_review().wait(hours=1)
    note = world.say("hold it", HANNA, public=False)
    world.rest().wait(hours=1).edit(note, "/hold lawyer")
    assert world.rest().follow().clocks[0].paused == world.now


def test_commands_given_while_the_bot_was_down_count_from_their_moment() -> None:
    """A hold and its end, both unseen."""
    world = in_review()
    before = due(world)
    world.wait(hours=1).say("/hold lawyer", HANNA, public=False)
    world.wait(hours=2).say("/resume", HANNA, public=False)
    world.wait(hours=1).rest()
    assert due(world) == before + timedelta(hours=2)
    assert world.bot_comments(public=False) == ["order_obeyed", "order_obeyed"]


def test_a_lost_ledger_is_rebuilt_from_the_comments() -> None:
    """Holds, extensions and rounds come out the same, and nothing is answered again."""
    world = write(in_review().wait(hours=1), "/hold lawyer").wait(hours=2)
    write(write(world, "/resume"), "/extend 8 business hours sick").wait(hours=1)
    write(world, "/new-round").wait(hours=1)
    write(world, "/extend 3 business hours x")
    before, said = world.follow().clocks, len(world.comments)
    world.ledger = None
    assert world.rest().follow().clocks == before
    assert len(world.comments) == said


def test_a_hold_holds_reminders_back_too() -> None:
    """The district is not asked for what the office holds up."""
    reminders = Reminders((parse_goal("5 business days"),), "reminder")
    world = waiting(process=replace(PROCESS, reminders=reminders)).wait(hours=1)
    write(world, "/hold lawyer").wait(days=60).rest()
    assert "reminder" not in world.bot_comments(public=True)
    write(world, "/resume").wait(days=4).rest()
    assert "reminder" not in world.bot_comments(public=True)
    assert world.wait(days=4).rest().bot_comments(public=True)[-1] == "reminder"


def test_outside_the_process_nothing_can_be_held() -> None:
    """The clocks of a ticket in a foreign status are paused anyway."""
    world = write(in_review().wait(hours=1).move(HOLD).rest(), "/hold lawyer")
    assert world.bot_comments(public=False)[-1] == "order_refused"


def test_resume_where_the_status_stops_the_clocks() -> None:
    """No command resumes what a move stopped; the answer names the move."""
    world = in_review().wait(hours=1).move("On Hold").rest()
    world.say("/resume", HANNA, public=False)
    assert "no /hold stops it, its status does: move it to a status of the process" in refused(world)


def test_help_and_status_are_answered_where_they_are_asked() -> None:
    """Each once."""
    world = write(write(in_folder().wait(hours=1), "/help"), "/status")
    assert world.bot_comments(public=False) == ["help", "standing"]


# -- what a critical reader found


def test_commands_of_a_visit_before_the_bots_time_are_answered() -> None:
    """The bot does not speak of itself yet, but who asks it gets an answer."""
    world = World(process=replace(PROCESS, since=at(6, 9))).rest().move(FOLDER).rest().wait(days=2)
    write(write(write(world, "/status"), "/hold lawyer"), "/closed 2026-01-12 storm")
    assert world.bot_comments(public=False) == ["standing", "order_obeyed", "order_refused"]


def test_an_old_command_that_is_edited_is_not_executed_again() -> None:
    """However many comments were read since."""
    world = in_review().wait(hours=1)
    order = world.say("/extend 8 business hours sick", HANNA, public=False)
    for _ in range(60):
        world.rest().wait(minutes=1).say("a question?")
    before = world.rest().follow().clocks
    world.wait(hours=1).edit(order, "/extend 8 business hours, sick")
    assert world.rest().follow().clocks == before


def test_a_clock_that_has_stopped_is_not_extended() -> None:
    """The verdict was late, and a later command does not change that."""
    world = in_review().wait(days=4).set("Complete?", "Done").set("Accurate?", "Needs Revision").rest()
    before = world.follow().clocks
    world.wait(hours=1).say("/extend 5 business days sick", HANNA, public=False)
    assert "no review clock runs" in refused(world)
    assert world.rest().follow().clocks == before


def test_work_that_is_done_during_a_hold_is_judged_at_once() -> None:
    """Its clock was paused from the hold on; /resume changes nothing of it any more."""
    world = write(in_folder().wait(hours=1), "/hold lawyer").wait(days=10).set("Folder", "Done").rest()
    before = world.follow().clocks
    assert before[0].stopped is not None
    assert before[0].stopped <= before[0].due
    assert write(world.wait(days=1), "/resume").follow().clocks == before


def test_a_parked_answer_comes_after_a_retry() -> None:
    """The command was executed once, and is not executed again."""
    world = in_review().wait(hours=1)
    order = world.say("/hold lawyer", HANNA, public=False)
    visit = world.follow().visit.id
    world.parked = {f"10001:{visit}:answer:{order}:{int(world.now.timestamp())}": "Jira refused"}
    world.rest()
    assert world.bot_comments(public=False) == ["parked"]
    world.parked.clear()
    assert world.wait(hours=1).rest().bot_comments(public=False) == ["parked", "order_obeyed"]
    assert [o.kind for o in world.follow().visit.commands] == ["hold"]


def test_a_command_whose_visit_has_ended_is_refused() -> None:
    """A hold and a move while the bot was down: the hold ended with its visit."""
    world = in_review().wait(hours=1)
    world.say("/hold lawyer", HANNA, public=False)
    world.wait(hours=1).move(FOLDER).rest()
    answer = next(e for e in world.done if isinstance(e, PostComment) and e.template == "order_obeyed")
    assert (answer.facts.get("items"), answer.facts["status"]) == (None, FOLDER)


def test_a_closure_is_entered_whatever_the_ticket_did_since() -> None:
    """/closed and questions belong to no visit."""
    world = in_review(office=replace(OFFICE, lead=(HANNA.id,))).wait(hours=1)
    world.say("/closed 2026-01-12 storm", HANNA, public=False)
    world.wait(minutes=1).say("/status", HANNA, public=False)
    plan = world.move(FOLDER).plan()
    assert len(effects_of(plan, CloseDay)) == 1
    assert [e.template for e in effects_of(plan, PostComment)].count("standing") == 1


def test_a_ticket_that_leaves_the_process_spends_nothing_meanwhile() -> None:
    """It is as in a foreign status."""
    world = in_review().wait(hours=1)
    before = due(world)
    progress = world.follow()
    plan = leave(progress, world.office, {"cli": world.calendar})
    assert plan.update.ledger is not None
    world.ledger = to_json(plan.update.ledger)
    world.wait(days=7).rest()
    assert due(world) == CLI.after(world.now, CLI.elapsed(progress.now, before))


def test_a_receipt_before_the_last_rounds_end_is_refused() -> None:
    """The files of the second set cannot have come before the first was judged."""
    world = waiting().wait(hours=1)
    world.say("files ready")
    world.rest().wait(hours=1).say("/received 2026-01-05 09:30", HANNA, public=False)
    assert "before the review of the set before" in refused(world)


def test_a_long_record_keeps_the_running_clock() -> None:
    """Where there is no room for all visits, what the running one counts by is kept."""
    world = write(in_review().wait(hours=1), "/extend 8 business hours sick").wait(hours=1)
    for _ in range(160):
        world.move(HOLD, ROBOT).wait(minutes=1).move(REVIEW, ROBOT).wait(minutes=1)
    before = world.follow().clocks
    world.rest()
    assert len(json.dumps(world.ledger)) < 32_000
    after = world.follow().clocks
    assert [(c.due, c.extended) for c in after] == [(c.due, c.extended) for c in before]
