"""Corners of a ticket's history: late comments, moves that are taken back, and which files are which."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.decide.engine import leave
from bot.core.history.sla_clocks import goal_of
from bot.core.model.effects import PostComment
from bot.core.model.issue import Comment, Person
from bot.core.model.ledger import Mover, Verdict
from bot.core.model.process import Office, Process, Revision
from bot.core.time.goals import parse_goal
from tests.core.world import (
    BOT,
    CARLA,
    CLI,
    FOLDER,
    FRED,
    HANNA,
    MONDAY,
    OFFICE,
    PROCESS,
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

OTHER = parse_goal("5 business hours")
MANUAL = replace(OFFICE, auto_advance=False)


def _process(**changes: object) -> Process:
    """The process with another review."""
    steps = tuple(replace(s, **changes) if s.name == "review" else s for s in PROCESS.steps)  # type: ignore[arg-type]
    return replace(PROCESS, steps=steps)


ASKING = _process(revision=Revision("review", "files_need_revision", OTHER))


def _goal(world: World) -> object:
    """The goal of the current review."""
    progress = world.follow()
    assert progress.step is not None
    return goal_of(world.process, progress.step, progress.visit, progress.ledger)


# -- comments that the bot sees late


def _appears(world: World, words: str, at: datetime) -> None:
    """A comment of the contact appears that was written earlier."""
    world.comments.append(Comment("5", CARLA, at, at, words, True))


@pytest.mark.parametrize("words", ["confirm", "STATUS", "Where is it?"])
def test_a_comment_of_an_earlier_visit_that_appears_late_is_for_a_person(words: str) -> None:
    """It cannot answer what the ticket asks now, and it is not lost."""
    world = in_folder().wait(hours=1)
    _appears(world, words, MONDAY - timedelta(minutes=1))
    world.rest()
    assert world.bot_comments(public=False) == ["unheard"]
    assert world.bot_comments(public=True) == ["confirm_files", "securestor_folder"]


def test_a_comment_from_before_the_ticket_is_left_alone() -> None:
    """When the bot sees a ticket for the first time."""
    world = World()
    _appears(world, "Where is it?", MONDAY - timedelta(minutes=1))
    assert world.rest().bot_comments(public=False) == []


def test_a_comment_at_the_moment_of_the_visit_belongs_to_it() -> None:
    """One that a move and a comment share."""
    world = World().rest()
    _appears(world, "confirm", MONDAY)
    assert world.rest().status == FOLDER


def test_a_command_whose_reply_was_given_up_is_not_executed_with_other_words() -> None:
    """The ledger remembers the command, so an edit of its comment is refused, and the clock is on hold only once."""
    world = in_review().wait(hours=1)
    comment = world.say("/hold waits for the lawyer", HANNA, public=False)
    (reply,) = world.plan().effects
    world.parked = {reply.ids[0]: "Jira refused it"}
    world.rest().wait(hours=1).edit(comment, "/hold vendor waits for rosters")
    refused = effects_of(world.plan(), PostComment)[-1]
    assert "takes an order only once" in str(refused.facts["reason"])
    assert len(world.follow().visit.commands) == 1


def test_a_contact_who_writes_more_below_a_reply_is_read_by_a_person_too() -> None:
    """The reply counts, and the question below it is not lost."""
    world = World().rest().wait(minutes=1)
    world.say("confirm\nBut when will you begin?")
    world.rest()
    assert (world.status, world.bot_comments(public=False)) == (FOLDER, ["unheard"])


# -- moves that are taken back


def _undone() -> World:
    """A person's move, with the bot's own late move undone."""
    world = World().rest().wait(minutes=5)
    world.say("confirm")
    stale = copy.deepcopy(world)
    stale.reconcile()
    world.ledger = stale.ledger
    return world.move(QUALITY, FRED).wait(minutes=1).move(FOLDER, BOT).wait(minutes=1).rest()


def test_after_an_undo_the_visit_is_the_persons_again() -> None:
    """By whom, of which kind, and with the same work."""
    visit = _undone().follow().visit
    persons = next(v for v in _undone().follow().ledger.visits if v.status == QUALITY)
    assert (visit.status, visit.by, visit.mover) == (QUALITY, FRED.id, Mover.PERSON)
    assert visit.continues == persons.id
    assert (visit.files, visit.round, visit.received) == (persons.files, persons.round, persons.received)


def test_an_undo_is_made_once() -> None:
    """The team gets one note, and the ticket is left where the person put it."""
    world = _undone().wait(days=1).rest()
    assert (world.status, world.bot_comments(public=False)) == (QUALITY, ["move_undone"])


# -- which files are which


def test_files_announced_twice_are_those_of_the_last_comment() -> None:
    """If nobody has moved the ticket in between."""
    world = waiting(office=MANUAL).wait(hours=1)
    world.say("files ready")
    world.rest().wait(hours=1)
    last = world.say("files ready")
    received = world.now
    world.rest().wait(hours=1).move(REVIEW).rest()
    visit = world.follow().visit
    assert (visit.files, visit.received, visit.round) == (f"c{last}", received, 2)


def test_a_first_review_makes_its_subtasks_for_every_set_of_files() -> None:
    """Also where no step before it receives the files."""
    steps = tuple(s for s in PROCESS.steps if s.name in ("review", "quality"))
    world = World(process=replace(PROCESS, steps=steps), status=WAITING).rest().wait(hours=1)
    world.say("files ready")
    world.rest().wait(hours=1).say("Findings:\n* no birth dates", HANNA, public=False)
    world.set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED).rest().wait(hours=1)
    world.say("files ready")
    world.rest()
    assert (world.status, world.follow().visit.round) == (REVIEW, 2)
    assert [s.status for s in world.subtasks if s.summary == "Complete?"] == ["Done", "To Do"]


def test_a_set_that_staff_replaced_was_not_asked_for_by_a_revision() -> None:
    """So the review has its own goal, and the receipt names no review that asked."""
    world = in_review(process=ASKING).wait(hours=1)
    world.say("/new-round", HANNA, public=False)
    world.rest()
    assert (world.follow().visit.round, _goal(world)) == (2, parse_goal("20 business hours"))
    assert "asked_by" not in [e for e in world.done if isinstance(e, PostComment) and e.public][-1].facts


def test_files_that_came_back_without_new_ones_were_not_asked_for() -> None:
    """An app moved the ticket: it is the same set, whatever its revision says of the next."""
    world = waiting(process=ASKING).wait(hours=1).move(REVIEW, ROBOT).rest()
    assert (world.follow().visit.round, _goal(world)) == (1, parse_goal("20 business hours"))


def test_the_goal_of_a_revision_is_for_the_step_that_it_sends_files_to() -> None:
    """Not for another review on their way."""
    quality = replace(PROCESS.step("quality"), revision=Revision("quality", "files_need_revision"), goal=OTHER)
    review = replace(PROCESS.step("review"), revision=Revision("quality", "files_need_revision", parse_goal("1 week")))
    steps = tuple({"quality": quality, "review": review}.get(s.name, s) for s in PROCESS.steps)
    world = waiting(process=replace(PROCESS, steps=steps)).wait(hours=1)
    world.say("files ready")
    assert (world.rest().status, _goal(world)) == (QUALITY, parse_goal("1 week"))
    assert _goal(world.wait(hours=1).move(REVIEW).rest()) == parse_goal("20 business hours")


# -- clocks that have stopped


def _stopped() -> World:
    """A review that found too little, at eleven; nobody has written the findings yet."""
    world = in_review().wait(hours=2).set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED).rest()
    assert world.follow().clocks[0].stopped == world.now
    return world


def test_a_corrected_receipt_moves_a_clock_that_has_stopped() -> None:
    """Its start is another one, so the due moment that was recorded does not count any more."""
    world = _stopped()
    due = world.follow().clocks[0].due
    world.wait(minutes=30).say("/received 2026-01-05 10:00", HANNA, public=False)
    world.rest()
    (clock,) = world.follow().clocks
    assert (clock.started, clock.due) == (MONDAY + timedelta(hours=1), due + timedelta(hours=1))


def test_a_changed_goal_leaves_a_clock_that_has_stopped() -> None:
    """It was judged by the goal that it had."""
    world = _stopped()
    before = world.follow().clocks
    world.process = _process(goal=OTHER)
    assert world.wait(hours=1).rest().follow().clocks == before


# -- a ticket that leaves the process


def test_a_ticket_that_leaves_the_process_loses_the_bots_labels_and_date() -> None:
    """Its clocks are closed with the visit, which has no verdict but that it was left."""
    world = in_review().wait(days=2, hours=5).rest()
    world.label(add=("vip",))
    assert world.fields["duedate"] == "2026-01-07"
    assert set(world.labels) > {"review-overdue"}
    plan = leave(world.follow(), OFFICE, {"cli": CLI})
    assert (plan.update.add_labels, plan.update.remove_labels) == ((), ("review-overdue",))
    assert (plan.update.fields, plan.effects, plan.reason) == ({"duedate": None}, (), "It no longer follows DDE.")
    assert plan.update.ledger is not None
    visit = plan.update.ledger.visits[-1]
    assert (visit.ended, visit.verdict, visit.decided) == (world.now, Verdict.LEFT, None)
    assert {clock.stopped for clock in visit.clocks.values()} == {world.now}


def test_a_clock_that_had_stopped_keeps_its_moment_when_the_ticket_leaves() -> None:
    """It was not the leaving that ended it."""
    world = _stopped()
    stopped = world.now
    plan = leave(world.wait(hours=3).follow(), OFFICE, {"cli": CLI})
    assert plan.update.ledger is not None
    assert [clock.stopped for clock in plan.update.ledger.visits[-1].clocks.values()] == [stopped]


# -- commands at the edge of what they may say


def _templates(world: World) -> list[str]:
    return [str(e.template) for e in effects_of(world.plan(), PostComment)]


def _obeyed(world: World, words: str) -> bool:
    """Whether a command is carried out, not refused."""
    world.say(words, HANNA, public=False)
    assert ("order_obeyed" in _templates(world)) != ("order_refused" in _templates(world))
    return "order_obeyed" in _templates(world)


@pytest.mark.parametrize(
    ("words", "good"),
    [
        ("/received 2026-01-05 11:00", True),  # this very moment
        ("/received 2026-01-05 11:01", False),
        ("/received 2026-01-05 09:00", True),  # when the ticket was made
        ("/received 2026-01-05 08:59", False),
    ],
)
def test_a_first_set_was_received_between_the_making_of_the_ticket_and_now(words: str, good: bool) -> None:
    """Both moments are good."""
    assert _obeyed(in_review().wait(hours=2), words) == good


@pytest.mark.parametrize(
    ("words", "good"), [("/received 2026-01-05 10:00", True), ("/received 2026-01-05 09:59", False)]
)
def test_a_second_set_was_received_after_the_review_of_the_first(words: str, good: bool) -> None:
    """Which ended at ten; that the district announced its files an hour later does not matter."""
    world = waiting().wait(hours=1)
    world.say("files ready")
    assert _obeyed(world.rest().wait(hours=1), words) == good


def test_a_ticket_that_waits_for_the_district_can_be_put_on_hold() -> None:
    """One outside the process cannot, and at an end nothing runs."""
    assert _obeyed(waiting().wait(hours=1), "/hold lawyer")
    assert not _obeyed(in_review().move("On Hold").rest().wait(hours=1), "/hold lawyer")
    assert not _obeyed(in_review().move("Withdrawn").rest().wait(hours=1), "/hold lawyer")


@pytest.mark.parametrize(
    ("world", "good"),
    [
        (lambda: World().rest(), False),  # no clock at all
        (in_folder, True),
        (in_review, True),
        (lambda: in_folder().wait(hours=1).set("Folder", "Done").rest(), False),  # its only clock stopped
        (_stopped, False),
        (lambda: World(status=REVIEW).rest(), False),  # no files to review
        (waiting, False),
    ],
)
def test_more_time_is_given_to_a_clock_that_runs(world: Callable[[], World], good: bool) -> None:
    """And to no other."""
    assert _obeyed(world().wait(hours=1), "/extend 8 business hours new staff") == good


@pytest.mark.parametrize(("words", "answer"), [("/extend 1 week ill", "order_refused"), ("/status", "standing")])
def test_a_command_of_the_visit_before_that_appears_late(words: str, answer: str) -> None:
    """It was meant for the visit that is over, so it is refused; a question is answered all the same."""
    world = in_review().wait(hours=1)
    written = world.now - timedelta(minutes=1)
    world.move(FOLDER).rest()
    world.comments.append(Comment("5", HANNA, written, written, words, False))
    assert _templates(world) == [answer]


# -- what a move says of the visit that it ends

GRACE = replace(OFFICE, grace=timedelta(seconds=60))


@pytest.mark.parametrize(
    ("begins", "ends", "by", "verdict"),
    [
        (REVIEW, WAITING, HANNA, Verdict.REVISION),
        (REVIEW, WAITING, ROBOT, Verdict.LEFT),
        (REVIEW, QUALITY, HANNA, Verdict.GOOD),
        (REVIEW, QUALITY, ROBOT, Verdict.LEFT),
        (REVIEW, FOLDER, HANNA, Verdict.LEFT),
        (FOLDER, REVIEW, HANNA, Verdict.DONE),
        (FOLDER, QUALITY, HANNA, Verdict.LEFT),
        (FOLDER, WAITING, HANNA, Verdict.LEFT),
        (QUALITY, "Done", HANNA, Verdict.DONE),
        (QUALITY, "Withdrawn", HANNA, Verdict.LEFT),
        (WAITING, REVIEW, HANNA, Verdict.LEFT),
        ("On Hold", FOLDER, HANNA, Verdict.LEFT),
    ],
)
def test_the_verdict_of_a_move(begins: str, ends: str, by: Person, verdict: Verdict) -> None:
    """A person who moves the ticket where its step leads has completed that; an app only sets a status."""
    world = (in_review() if begins == REVIEW else World(status=begins).rest()).wait(hours=1)
    visit = world.move(ends, by).follow().ledger.visits[-2]
    assert (visit.verdict, visit.ended, visit.ended_by) == (verdict, world.now, by.id)
    decided = visit.decided
    if verdict == Verdict.LEFT:
        assert decided is None
    else:
        assert decided is not None
        assert (decided.verdict, decided.at, decided.by, decided.to) == (verdict, world.now, by.id, ends)


def test_an_app_corrects_no_mistake() -> None:
    """A person ended the review; that an app put the ticket back at once changes no verdict."""
    world = in_review(office=GRACE).wait(hours=1).move(WAITING, HANNA).rest().wait(seconds=10).move(REVIEW, ROBOT)
    assert [v.verdict for v in world.rest().follow().ledger.visits if v.step == "review"] == [Verdict.REVISION, None]


def test_a_move_to_a_third_status_corrects_no_mistake() -> None:
    """The ticket is not back where it was."""
    world = in_review(office=GRACE).wait(hours=1).move(WAITING).rest().wait(seconds=10).move(QUALITY)
    assert world.rest().follow().ledger.visits[-3].verdict == Verdict.REVISION


# -- when files were received


def test_a_further_review_of_the_same_files_counts_from_its_own_beginning() -> None:
    """Also when the ticket comes back to it; the round stays the same."""
    quality = replace(PROCESS.step("quality"), revision=Revision("quality", "files_need_revision"), goal=OTHER)
    process = replace(PROCESS, steps=tuple(quality if s.name == "quality" else s for s in PROCESS.steps))
    world = in_review(process=process).wait(hours=1).move(QUALITY).rest()
    began = world.now
    assert (world.follow().visit.received, world.follow().visit.round) == (began, 1)
    world.wait(hours=1).move("On Hold").rest().wait(hours=1).move(QUALITY).rest()
    assert (world.follow().visit.received, world.follow().visit.round) == (began, 1)
    world.wait(hours=1).move(REVIEW).rest()
    assert (world.follow().visit.received, world.follow().visit.round) == (MONDAY, 1)


@pytest.mark.parametrize(("by", "files"), [(HANNA, True), (ROBOT, False)])
def test_who_moves_the_ticket_on_while_files_are_owed(by: Person, files: bool) -> None:
    """A person acts for the district; an app's move brings nothing."""
    visit = in_folder().wait(hours=1).move(REVIEW, by).rest().follow().visit
    assert bool(visit.files) == files
    assert visit.received == (MONDAY + timedelta(hours=1) if files else None)
    assert visit.round == int(files)


def test_a_subtask_that_staff_finish_receives_the_files() -> None:
    """At that moment, whoever moves the ticket later; the set is named after the subtask and the moment."""
    world = in_folder(office=MANUAL).wait(hours=1).set("Files", "Done").rest()
    received = world.now
    subtask = next(s.id for s in world.subtasks if s.summary == "Files")
    visit = world.wait(hours=1).move(REVIEW).rest().follow().visit
    assert (visit.received, visit.files) == (received, f"s{subtask}.{int(received.timestamp())}")


def test_a_ticket_that_comes_back_to_an_unfinished_review_brings_no_files_again() -> None:
    """They were received in the visit before, and the same set is reviewed on."""
    world = in_review().wait(hours=1)
    files = world.follow().visit.files
    world.move(QUALITY).rest().wait(hours=1).move(REVIEW).rest()
    visit = world.follow().visit
    assert (visit.files, visit.received, visit.round) == (files, MONDAY, 1)


def test_a_visit_that_the_bot_worked_in_was_not_missed() -> None:
    """Only one that passed wholly between two reconciles was; what was before the bot's time is not counted."""
    world = World().rest().wait(hours=1).move(FOLDER)
    assert world.plan().missed == ()
    world.rest().wait(hours=1).move(REVIEW)
    assert world.plan().missed == ()
    world.wait(hours=1).move(QUALITY)
    assert len(world.plan().missed) == 1
    assert World().move(FOLDER).wait(hours=1).move(REVIEW).plan().missed == ()


def test_a_persons_move_wins_in_every_step() -> None:
    """What the bot had decided is read from the last visit that the ledger knows."""
    world = in_folder().wait(hours=1).set("Folder", "Done").rest().wait(hours=1)
    world.say("files ready")
    stale = copy.deepcopy(world)
    stale.reconcile()
    world.ledger = stale.ledger
    world.move(QUALITY, FRED).move(REVIEW, BOT)
    assert world.follow().visit.undo == QUALITY
    assert world.rest().status == QUALITY


def test_a_person_who_moves_twice_wins_over_the_bots_plan() -> None:
    """The second move is where the bot wanted the ticket too: it is the person's, and is not undone."""
    world = World().rest().wait(minutes=5)
    world.say("confirm")
    stale = copy.deepcopy(world)
    stale.reconcile()
    world.ledger = stale.ledger
    world.move(QUALITY, FRED).move(FOLDER, FRED)
    assert (world.follow().visit.undo, world.follow().visit.mover) == ("", Mover.PERSON)
    assert world.rest().status == FOLDER


def test_a_move_after_a_new_round_begins_a_visit() -> None:
    """Though the round itself began with a comment; moves before it are not read again."""
    world = in_review().wait(hours=1)
    world.say("/new-round", HANNA, public=False)
    visits = len(world.rest().follow().ledger.visits)
    world.wait(hours=1).move(QUALITY)
    assert len(world.follow().ledger.visits) == visits + 1
    assert world.follow().visit.status == QUALITY


def test_a_move_by_nobody_is_an_apps() -> None:
    """Jira does not name the author of every change."""
    world = in_folder().wait(hours=1)
    world.move(REVIEW, None)  # type: ignore[arg-type]
    visit = world.follow().visit
    assert (visit.status, visit.by, visit.mover, visit.files) == (REVIEW, "", Mover.APP, "")
    assert world.follow().ledger.visits[-2].ended_by == ""


def test_a_slip_in_a_second_round_is_no_verdict_either() -> None:
    """The ticket is back where it was, and the round goes on."""
    world = waiting(office=GRACE).rest().wait(hours=1).rest()
    world.say("files ready")
    world.rest().wait(hours=1).move(WAITING).rest().wait(seconds=10).move(REVIEW).rest()
    assert [v.verdict for v in world.follow().ledger.visits if v.step == "review"] == [
        Verdict.REVISION,
        Verdict.LEFT,
        None,
    ]
    assert world.follow().visit.round == 2


def test_a_move_to_wait_means_that_files_came_unless_somebody_said_otherwise() -> None:
    """Also where the process has words for files that were not received."""
    world = in_review(process=_process(revision=Revision("review", "files_need_revision", not_received="not_received")))
    world.wait(hours=1).say("/extend 8 business hours ill", HANNA, public=False)
    world.rest().wait(hours=1).move(WAITING)
    assert world.follow().ledger.visits[-2].verdict == Verdict.REVISION


def test_a_reply_within_the_grace_makes_a_move_no_mistake() -> None:
    """The bot sees it all at once: the district has sent new files in between."""
    world = in_review(office=GRACE).wait(hours=1).move(WAITING).wait(seconds=10)
    world.say("files ready")
    world.wait(seconds=10).move(REVIEW)
    assert world.follow().visit.round == 2
    assert [v.verdict for v in world.follow().ledger.visits if v.step == "review"] == [Verdict.REVISION, None]


@pytest.mark.parametrize(
    ("status", "continued"), [(WAITING, True), (FOLDER, True), (REVIEW, True), ("Withdrawn", False)]
)
def test_what_a_visit_after_a_hold_continues(status: str, continued: bool) -> None:
    """The same step or wait; an end is nothing that goes on."""
    world = in_review().wait(hours=1)
    if status != REVIEW:
        world.move(status).rest().wait(hours=1)
    first = world.follow().visit.id
    world.move("On Hold").rest().wait(hours=1).move(status)
    assert world.follow().visit.continues == (first if continued else "")


@pytest.mark.parametrize(("office", "hours"), [(OFFICE, 1), (MANUAL, 2)])
def test_files_that_nobody_awaited_are_received_with_the_step_before(office: Office, hours: int) -> None:
    """When it was complete, if the bot moves the ticket on, however late; otherwise with the person's move."""
    folder = replace(PROCESS.step("folder"), branches=PROCESS.step("folder").branches[:1])
    process = replace(PROCESS, steps=tuple(folder if s.name == "folder" else s for s in PROCESS.steps))
    world = in_folder(process=process, office=office).wait(hours=1).set("Folder", "Done")
    world.wait(hours=1).rest()
    visit = world.move(REVIEW).rest().follow().visit
    assert (visit.received, visit.round) == (MONDAY + timedelta(hours=hours), 1)


def test_a_comment_goes_before_a_move_at_the_same_moment() -> None:
    """The move may be its result, so the reply is one to the step that it left."""
    world = World().rest().wait(minutes=1)
    world.move(FOLDER).say("confirm")
    before, visit = world.follow().ledger.visits
    assert ([r.intent for r in before.replies], visit.replies) == (["confirm"], [])
    assert world.rest().bot_comments(public=False) == []


@pytest.mark.parametrize("ticket", [lambda: World().rest(), in_folder, in_review, waiting])
def test_without_its_ledger_the_bot_does_nothing_twice(ticket: Callable[[], World]) -> None:
    """Its database knows what was done in every visit, the first too."""
    world = ticket()
    world.ledger = None
    assert world.plan().effects == ()
