"""Corners of a plan: what is given up or skipped, who is asked, and what a comment is told to say."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.decide.explain_clock import clocks_explained
from bot.core.model.effects import CreateSubtasks, PostComment, TransitionIssue
from bot.core.model.issue import Person
from bot.core.model.process import SILENT, Branch, Closing, Process, Reminders, Revision, Step
from bot.core.time.goals import parse_goal
from tests.core.world import (
    BOT,
    CARLA,
    CLI,
    FOLDER,
    FRED,
    HANNA,
    LENA,
    MONDAY,
    OFFICE,
    PROCESS,
    QUALITY,
    REVIEW,
    TWENTY,
    WAITING,
    World,
    effects_of,
    in_folder,
    in_review,
    waiting,
)

REMINDERS = Reminders(
    (parse_goal("5 business days"), parse_goal("10 business days")), "reminder", parse_goal("15 business days")
)
REMINDING = replace(PROCESS, reminders=REMINDERS)
GRACE = replace(OFFICE, grace=timedelta(seconds=60))


def posts(world: World, template: str) -> list[PostComment]:
    """The planned comments of a template."""
    return [e for e in effects_of(world.plan(), PostComment) if e.template == template]


def with_branches(step: str, *more: Branch) -> Process:
    """The process with more branches in a step."""
    steps = tuple(replace(s, branches=(*s.branches, *more)) if s.name == step else s for s in PROCESS.steps)
    return replace(PROCESS, steps=steps)


# -- what was given up


def test_each_effect_that_was_given_up_is_reported_by_itself() -> None:
    """In the order of their ids, with what it was and what Jira said."""
    world = in_folder().set("Folder", "Done")
    visit = world.follow().visit.id
    parked = {f"10001:{visit}:{name}": reason for name, reason in (("say", "second"), ("move", "first"))}
    world.parked = parked
    found = [(e.facts["what"], e.facts["reason"]) for e in posts(world, "parked")]
    assert found == [("moving the ticket on", "first"), ("the comment to the district", "second")]
    world.parked = dict(reversed(parked.items()))
    assert [e.facts["reason"] for e in posts(world, "parked")] == ["first", "second"]


def test_what_an_earlier_visit_gave_up_is_not_reported_now() -> None:
    """Nor a report that itself was given up."""
    world = in_folder()
    visit = world.follow().visit.id
    world.parked = {"10001:created:move": "no such move", f"10001:{visit}:parked:say": "refused"}
    assert posts(world, "parked") == []


def test_a_branch_whose_closing_was_given_up_holds_its_step() -> None:
    """As long as its subtask stands open on the ticket; what another visit gave up holds nothing."""
    world = in_folder().wait(hours=1)
    world.say("files ready")
    (close,) = [i for e in world.plan().effects for i in e.ids if ":close:" in i]
    world.parked = {close: "no such move", "10001:created:subtask:folder": "refused"}
    assert world.rest().set("Folder", "Done").rest().status == FOLDER
    world.parked = {"10001:created:subtask:folder": "refused"}
    assert world.rest().status == REVIEW


def test_a_reminder_that_was_given_up_is_not_tried_again() -> None:
    """The next one is."""
    world = World(process=REMINDING).rest().wait(days=8)
    (reminder,) = posts(world, "reminder")
    world.parked = {reminder.ids[0]: "refused"}
    assert posts(world, "reminder") == []
    assert len(posts(world.wait(days=7), "reminder")) == 1


# -- reminders


def test_a_reminder_stands_for_those_before_it() -> None:
    """They are recorded as done, without a comment."""
    plan = World(process=REMINDING).rest().wait(days=15).plan()
    assert [e.template for e in effects_of(plan, PostComment)] == ["reminder"]
    (passed,) = plan.done_without_call
    assert passed.startswith("10001:created:remind:1:")


def test_the_request_to_phone_says_for_how_long() -> None:
    """In business days, since when, and to the team that comes next."""
    (phone,) = posts(World(process=REMINDING).rest().wait(days=22), "phone_district")
    assert (phone.public, phone.facts["days"], phone.facts["since"]) == (False, 15, MONDAY)
    assert phone.facts["accounts"] == (HANNA.id,)


def test_the_request_to_phone_comes_also_beside_a_comment_to_the_district() -> None:
    """A comment may remind the district; it does not phone."""
    world = World(process=REMINDING).rest().wait(days=22)
    world.say("STATUS")
    templates = [e.template for e in effects_of(world.plan(), PostComment)]
    assert "phone_district" in templates
    assert "status" in templates


def test_a_ticket_that_is_moved_now_is_not_reminded() -> None:
    """The bot was down for a week: it takes its own late move back, and the district hears nothing of it."""
    asked = Step("again", "Again", "Asking Again", ("district",), "folder")
    first, *rest = REMINDING.steps
    process = replace(REMINDING, steps=(replace(first, next="again"), asked, *rest))
    world = World(process=process).rest().wait(minutes=5)
    world.say("confirm")
    stale = copy.deepcopy(world)
    stale.reconcile()
    world.ledger = stale.ledger
    world.move(QUALITY).move("Asking Again", BOT).wait(days=8)
    plan = world.plan()
    assert [e.status for e in effects_of(plan, TransitionIssue)] == [QUALITY]
    assert [e.template for e in effects_of(plan, PostComment)] == ["move_undone"]


# -- comments that a person must read


@pytest.mark.parametrize(("length", "shown"), [(299, 299), (300, 300), (301, 300), (900, 300)])
def test_a_long_comment_is_cut_to_three_hundred_characters(length: int, shown: int) -> None:
    """Its last one is a sign that there is more."""
    world = World().rest().wait(minutes=1)
    world.say("x" * length)
    (item,) = posts(world, "unheard")[0].facts["items"]
    text = item.removeprefix("Carla: ")
    assert (len(text), text.endswith("…")) == (shown, length > 300)


def test_a_cut_leaves_no_space_before_its_sign() -> None:
    """And line breaks become spaces."""
    world = World().rest().wait(minutes=1)
    world.say("a\n\nb " + "x" * 294 + " " + "y" * 20)
    assert posts(world, "unheard")[0].facts["items"] == (f"Carla: a b {'x' * 294}…",)


def test_files_that_come_during_a_review_are_for_its_team() -> None:
    """With since when the review of the others runs."""
    world = in_review().wait(hours=1)
    world.say("files ready")
    (note,) = posts(world, "files_ready_early")
    assert (note.public, note.facts["items"], note.facts["started"]) == (False, ("Carla: files ready",), MONDAY)
    assert note.facts["accounts"] == (HANNA.id,)
    assert posts(world.rest(), "files_ready_early") == []


# -- work in a step


def test_subtasks_have_the_labels_of_their_step_and_round() -> None:
    """Only a review has rounds; what Jira refuses in a label is a hyphen."""
    steps = tuple(replace(s, name="the_folder step") if s.name == "folder" else s for s in PROCESS.steps)
    first = replace(steps[0], next="the_folder step")
    world = World(process=replace(PROCESS, steps=(first, *steps[1:]))).rest()
    world.say("confirm")
    world.reconcile()
    (made,) = effects_of(world.plan(), CreateSubtasks)
    assert {item.labels for item in made.items} == {("step-the-folder-step",)}
    reviewed = in_review()
    made = [e for e in reviewed.done if isinstance(e, CreateSubtasks)][-1]
    assert {item.labels for item in made.items} == {("step-review", "round-1")}


def test_a_first_revision_names_what_failed_and_who_is_still_at_work() -> None:
    """Each by its subtask; work without one is nobody's to wait for here."""
    process = with_branches("review", Branch("third", "functional_team", subtask="Third?"), Branch("talk", "district"))
    world = in_review(process=process).wait(hours=1).set("Complete?", "Needs Revision")
    (note,) = posts(world, "first_needs_revision")
    assert (note.facts["what"], note.facts["items"]) == ("Complete?", ("Accurate?", "Third?"))
    world.rest().set("Accurate?", "Needs Revision", FRED)
    assert posts(world, "first_needs_revision") == []


def test_a_part_that_is_done_is_announced_in_its_own_visit_only() -> None:
    """A ticket that comes back does not say again what was done before."""
    world = in_folder().wait(hours=1).set("Folder", "Done").rest()
    assert world.bot_comments(public=True)[-1] == "folder_ready"
    world.move("On Hold").rest().wait(hours=1).move(FOLDER).rest()
    assert world.bot_comments(public=True).count("folder_ready") == 1


@pytest.mark.parametrize(("first", "calls"), [(None, 0), (1, 2), (2, 1), (3, 0)])
def test_from_which_set_on_a_call_is_asked_for(first: int | None, calls: int) -> None:
    """Once for each set of files, here for two."""
    world = waiting(process=replace(PROCESS, call_from_round=first)).wait(hours=1)
    world.say("files ready")
    world.rest()
    assert world.bot_comments(public=False).count("call_district") == calls


def test_the_lead_is_asked_to_call_where_there_is_one() -> None:
    """Instead of the team."""
    world = in_review(process=replace(PROCESS, call_from_round=1), office=replace(OFFICE, lead=(LENA.id,)))
    (call,) = [e for e in world.done if isinstance(e, PostComment) and e.template == "call_district"]
    assert (call.public, call.facts["accounts"]) == (False, (LENA.id,))


def test_a_branch_that_the_process_has_no_more_holds_nothing() -> None:
    """Its subtask was given up in this visit, and then the file of the process changed."""
    world = in_folder().wait(hours=1)
    world.parked = {f"10001:{world.follow().visit.id}:subtask:contract": "refused"}
    world.say("files ready")
    assert world.set("Folder", "Done").rest().status == REVIEW


def test_what_was_asked_in_the_step_before_is_done_in_this_one() -> None:
    """Without a call to Jira, so that it is not asked when the ticket comes back."""
    steps = tuple(replace(s, said_by="confirm", say="folder_too") if s.name == "folder" else s for s in PROCESS.steps)
    world = World(process=replace(PROCESS, steps=steps)).rest()
    world.say("confirm")
    world.reconcile()
    assert [i.rpartition(":")[2] for i in world.plan().done_without_call] == ["say"]
    assert world.rest().plan().done_without_call == ()
    assert "folder_too" not in world.rest().wait(hours=1).move("On Hold").rest().move(FOLDER).rest().bot_comments(True)


# -- outside the steps


def test_the_note_on_a_ticket_that_was_taken_out_says_who_and_when() -> None:
    """By the change that took it out."""
    world = in_review().wait(hours=1).move("On Hold", FRED).wait(hours=1)
    (note,) = posts(world, "foreign_status")
    assert (note.facts["status"], note.facts["author"], note.facts["since"]) == (
        "On Hold",
        "Fred",
        MONDAY + timedelta(hours=1),
    )


def test_a_ticket_that_is_made_outside_was_taken_out_by_nobody() -> None:
    """It has no change that a person made."""
    (note,) = posts(World(status="On Hold"), "foreign_status")
    assert (note.public, note.facts["author"]) == (False, "")


CLOSING = replace(PROCESS, closings={"done": Closing("done", "Done"), "withdrawn": Closing()})


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [(QUALITY, "Done", ["done"]), (QUALITY, "Withdrawn", []), (FOLDER, "Done", []), ("On Hold", "Done", [])],
)
def test_a_ticket_of_one_step_is_closed_like_any_other(begins: str, ends: str, said: list[str]) -> None:
    """Only the step that leads to that end, and only an end that has words."""
    world = World(process=CLOSING, status=begins).rest().wait(hours=1).move(ends)
    assert [e.template for e in effects_of(world.plan(), PostComment)] == said


def test_a_ticket_that_is_made_at_its_end_is_told_nothing() -> None:
    """Nothing was done on it."""
    assert World(process=CLOSING, status="Done").plan().effects == ()


def test_the_closing_comment_waits_for_the_grace() -> None:
    """A slip of the hand closes nothing."""
    world = World(process=CLOSING, status=QUALITY, office=GRACE).rest().wait(hours=1).move("Done")
    assert effects_of(world.plan(), PostComment) == []
    assert [e.template for e in effects_of(world.wait(seconds=60).plan(), PostComment)] == ["done"]


def _held(*words: tuple[str, Person]) -> World:
    """A ticket in its very first step after these commands, an hour each."""
    world = World().rest()
    for command, by in words:
        world.wait(hours=1).say(command, by, public=False)
        world.rest()
    return world.wait(hours=1)


def test_a_hold_that_the_bots_move_ended_is_reported_to_who_began_it() -> None:
    """To nobody else who gave a command there, and not to the district."""
    world = _held(("/hold a form", FRED), ("/resume", FRED), ("/hold waits for the lawyer", HANNA))
    world.say("confirm", CARLA)
    world.reconcile()
    (note,) = posts(world, "hold_over")
    assert (note.public, note.facts["accounts"], note.facts["status"]) == (False, (HANNA.id,), FOLDER)
    assert posts(world.rest(), "hold_over") == []


def test_a_hold_that_a_person_ended_is_not_reported() -> None:
    """Neither by /resume nor by a move."""
    world = _held(("/hold a form", FRED), ("/resume", FRED))
    world.say("confirm", CARLA)
    world.reconcile()
    assert posts(world, "hold_over") == []
    assert posts(_held(("/hold a form", FRED)).move(FOLDER, HANNA), "hold_over") == []


NOTHING = Revision("review", "files_need_revision", not_received="not_received")


def test_files_that_were_not_received_are_asked_for_once() -> None:
    """After the grace, where the process has words for it."""
    steps = tuple(replace(s, revision=NOTHING) if s.name == "review" else s for s in PROCESS.steps)
    process = replace(PROCESS, steps=steps)
    world = in_review(process=process, office=GRACE).wait(hours=1).rest()
    world.set("Complete?", "Not Received").move(WAITING)
    assert posts(world, "not_received") == []
    assert len(posts(world.wait(seconds=60), "not_received")) == 1
    assert posts(world.rest(), "not_received") == []


@pytest.mark.parametrize("goal", [None, parse_goal("5 business hours")])
def test_the_feedback_says_how_long_the_next_review_has(goal: object) -> None:
    """By its own revision or, without that, by the step that the files come back to."""
    revision = Revision("review", "files_need_revision", goal)  # type: ignore[arg-type]
    steps = tuple(replace(s, revision=revision) if s.name == "review" else s for s in PROCESS.steps)
    world = waiting(process=replace(PROCESS, steps=steps))
    feedback = [e for e in world.done if isinstance(e, PostComment) and e.template == "files_need_revision"]
    assert [e.facts["goal"] for e in feedback] == [str(goal or TWENTY)]
    assert [e.facts["return_title"] for e in feedback] == ["Review"]


def test_late_findings_are_shown_once_each() -> None:
    """All of the new ones in one note."""
    world = waiting().wait(hours=1)
    world.say("Findings:\n* one more", FRED, public=False)
    world.rest().wait(hours=1)
    world.say("Findings:\n* two\n* three", FRED, public=False)
    (note,) = posts(world, "late_findings")
    assert note.facts["items"] == ("two", "three")
    assert posts(world.rest(), "late_findings") == []


# -- the office's voice, and explanations


def test_a_silent_office_makes_nobody_wait() -> None:
    """What would have been said counts as done."""
    world = World(office=replace(OFFICE, voice=SILENT))
    assert [i.rpartition(":")[2] for i in world.plan().done_without_call] == ["say"]
    assert world.rest().comments == []


def test_the_explanations_of_two_clocks_are_apart() -> None:
    """By one empty line, with none before the first or after the last."""
    process = with_branches("folder", Branch("contract", "functional_team", goal=TWENTY, subtask="Contract"))
    world = in_folder(process=process)
    lines = clocks_explained(world.follow(), {"cli": CLI})
    second = next(n for n, line in enumerate(lines) if line.startswith("Contract: "))
    assert lines[0].startswith("Folder: ")
    assert (lines[second - 1], lines[second - 2] != "", lines[-1] != "") == ("", True, True)
    assert clocks_explained(World().follow(), {"cli": CLI}) == []


@pytest.mark.parametrize("words", ["", "/hold a form", "/extend 8 business hours ill"])
def test_what_a_pause_does_is_explained_where_there_is_one(words: str) -> None:
    """Also while the first one lasts."""
    world = in_review().wait(hours=1)
    if words:
        world.say(words, HANNA, public=False)
        world.rest().wait(hours=1)
    text = "\n".join(clocks_explained(world.follow(), {"cli": CLI}))
    assert ("In a pause nothing is spent" in text) == words.startswith("/hold")


def test_without_words_for_files_that_were_not_received_nothing_is_said() -> None:
    """The process lost them after the verdict: the ticket waits all the same."""
    steps = tuple(replace(s, revision=NOTHING) if s.name == "review" else s for s in PROCESS.steps)
    world = in_review(process=replace(PROCESS, steps=steps)).wait(hours=1).set("Complete?", "Not Received")
    world.reconcile()
    world.process = PROCESS
    plan = world.plan()
    assert (world.status, plan.reason) == (WAITING, "A reviewer found no files.")
    assert effects_of(plan, PostComment) == []


def test_a_review_that_a_person_ended_without_findings_asks_for_them() -> None:
    """The team of the review, once."""
    world = in_review().wait(hours=1).move(WAITING)
    (ask,) = posts(world, "ask_findings")
    assert (ask.public, ask.facts["accounts"]) == (False, (HANNA.id,))
    assert posts(world.rest(), "ask_findings") == []


def test_the_feedback_on_a_persons_move_waits_for_the_grace() -> None:
    """It may be a slip of the hand; the open subtasks wait with it."""
    world = in_review(office=GRACE).wait(hours=1)
    world.say("Findings:\n* no birth dates", HANNA, public=False)
    plan = world.move(WAITING).plan()
    assert plan.effects == ()
    assert plan.reason.startswith("A person has just moved the ticket; ")
    assert plan.requeue_at == world.now + timedelta(seconds=60)
    assert len(posts(world.wait(seconds=60), "files_need_revision")) == 1


def test_an_end_without_words_is_reached_in_silence() -> None:
    """Also from the step that leads to it."""
    process = replace(PROCESS, closings={"done": Closing(None, "Done")})
    world = World(process=process, status=QUALITY).rest().wait(hours=1).move("Done")
    assert world.plan().effects == ()


def test_a_receipt_names_its_review_where_the_files_are_new() -> None:
    """A further review of the same files is no arrival, and other steps receive none."""
    quality = replace(
        PROCESS.step("quality"), revision=Revision("quality", "files_need_revision"), say="quality_review"
    )
    process = replace(PROCESS, steps=tuple(quality if s.name == "quality" else s for s in PROCESS.steps))
    world = in_review(process=process).wait(hours=1).set("Complete?", "Done").set("Accurate?", "Done", FRED).rest()
    world.wait(hours=1).say("/new-round", HANNA, public=False)
    world.rest()
    said = {(e.template, e.facts["round"]): e.facts.get("return_title") for e in world.done if _is_public(e)}
    assert said == {
        ("confirm_files", 0): None,
        ("securestor_folder", 0): None,
        ("folder_ready", 0): None,
        ("files_received", 1): "Review",
        ("quality_review", 1): None,
        ("quality_review", 2): "Quality",
    }


def _is_public(effect: object) -> bool:
    return isinstance(effect, PostComment) and effect.public


def test_another_step_that_has_spoken_has_not_asked_the_same() -> None:
    """Only the step that is named counts, and only straight before."""
    steps = tuple(replace(s, said_by="quality") if s.name == "confirm" else s for s in PROCESS.steps)
    steps = tuple(replace(s, say="quality_review") if s.name == "quality" else s for s in steps)
    process = replace(PROCESS, steps=steps)
    for before, said in (([FOLDER], True), ([QUALITY], False), ([QUALITY, FOLDER], True), ([FOLDER, QUALITY], False)):
        world = World(process=process, status=before[0]).rest()
        for status in (*before[1:], "Confirming Files"):
            world.wait(hours=1).move(status).rest()
        assert ("confirm_files" in world.bot_comments(public=True)) == said
