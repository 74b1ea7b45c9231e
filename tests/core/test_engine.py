"""What is wished, in which words and for whom, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.model.effects import CreateSubtasks, PostComment, TransitionIssue
from bot.core.model.process import Office, Reminders
from bot.core.time.goals import parse_goal
from tests.core.world import (
    CONFIRMING,
    FOLDER,
    FRED,
    HANNA,
    MONDAY,
    OFFICE,
    PROCESS,
    REVIEW,
    WAITING,
    World,
    effects_of,
    in_folder,
    in_review,
    waiting,
)

MANUAL = replace(OFFICE, auto_advance=False)


def test_entering_a_step() -> None:
    """All its subtasks in one call, one public comment, the due day of the earliest clock."""
    world = World().rest()
    world.say("confirm")
    world.reconcile()
    plan = world.plan()
    made = effects_of(plan, CreateSubtasks)
    assert [[i.branch for i in e.items] for e in made] == [["folder", "files"]]
    assert [(e.template, e.public) for e in effects_of(plan, PostComment)] == [("securestor_folder", True)]
    assert plan.update.fields == {"duedate": "2026-01-07"}
    assert plan.reason == "The ticket entered Folder; waiting for CLI Help Center and the district."


def test_effect_ids_are_made_of_facts() -> None:
    """Issue, the changelog entry that began the visit, and what is done."""
    world = in_folder()
    entry = next(c.id for c in world.changes if c.new == FOLDER)
    ids = set(world.journal)
    assert {f"10001:h{entry}:say", f"10001:h{entry}:subtask:folder", "10001:created:say"} <= ids


def test_the_bot_speaks_for_nobody_before_since() -> None:
    """In a visit that began earlier it sets labels and the day, and reconciles again when the next flag is due."""
    world = World(process=replace(PROCESS, since=MONDAY + timedelta(hours=1)), status=FOLDER)
    world.wait(days=1)
    plan = world.plan()
    assert plan.effects == ()
    assert plan.update.fields == {"duedate": "2026-01-07"}
    assert plan.requeue_at == MONDAY + timedelta(days=1, hours=6)
    world.rest().wait(days=2)
    assert set(world.rest().labels) == {"review-overdue"}
    assert world.comments == []


def test_nothing_but_escalations_is_waited_for_before_since() -> None:
    """Neither a reminder nor a day that passes will be said in such a visit."""
    reminders = Reminders((parse_goal("5 business days"),), "reminder")
    process = replace(PROCESS, since=MONDAY + timedelta(hours=1), reminders=reminders)
    assert World(process=process, status=WAITING).rest().plan().requeue_at is None


def test_without_since_nothing_is_said() -> None:
    """A process that was never switched on."""
    world = World(process=replace(PROCESS, since=None))
    world.say("confirm")
    assert world.rest().plan().effects == ()
    assert world.status == CONFIRMING


def test_one_act_one_comment() -> None:
    """STATUS asked together with an answer is answered by what the next step says."""
    world = World().rest().wait(minutes=1)
    world.say("STATUS")
    world.say("confirm")
    world.rest()
    assert world.bot_comments(public=True) == ["confirm_files", "securestor_folder"]


def test_status_asked_at_the_very_beginning() -> None:
    """The step's first words answer it, and carry the mark, so that it is never answered again."""
    world = World()
    comment = world.say("STATUS")
    world.rest()
    assert world.bot_comments(public=True) == ["confirm_files"]
    assert f"10001:created:c{comment}:status" in world.journal


def test_several_unread_comments_are_one_note() -> None:
    """The team gets one list."""
    world = World().rest().wait(minutes=1)
    world.say("Where is it?")
    world.say("Hello? " + "x" * 500)
    plan = world.reconcile()
    (note,) = effects_of(plan, PostComment)
    assert (note.template, note.public, len(note.ids)) == ("unheard", False, 2)
    items = note.facts["items"]
    assert items[0] == "Carla: Where is it?"
    assert len(items[1]) < 320
    assert note.facts["accounts"] == (HANNA.id,)  # a step of the district's alone: who comes next is asked


def test_a_revision_with_findings() -> None:
    """The ticket moves, then the feedback goes out with everybody's findings, in the order they were written."""
    world = in_review().wait(hours=1)
    world.say("Findings:\n* one\n\n- two\n3. three", HANNA, public=False)
    world.say("*Findings*: four", FRED, public=False)
    world.say("findings are late", FRED, public=False)
    world.set("Complete?", "Needs Revision").set("Accurate?", "Done", FRED)
    assert [e.status for e in effects_of(world.reconcile(), TransitionIssue)] == [WAITING]
    (feedback,) = effects_of(world.reconcile(), PostComment)
    assert feedback.facts["findings"] == ("one", "two", "three", "four")
    assert feedback.public


def test_findings_of_another_round_are_not_sent_again() -> None:
    """Each round has its own."""
    world = waiting().wait(hours=1)
    world.say("files ready")
    world.rest().wait(hours=1)
    world.say("Findings:\n* second", HANNA, public=False)
    world.set("Complete?", "Needs Revision").set("Accurate?", "Done", FRED)
    world.reconcile()
    (feedback,) = effects_of(world.reconcile(), PostComment)
    assert feedback.facts["findings"] == ("second",)
    assert feedback.facts["round"] == 2


def test_the_form_that_the_bot_itself_writes_is_no_finding() -> None:
    """Nor is a public comment, nor an empty list."""
    world = in_review().wait(hours=1)
    world.say("Findings:\n* quoted", public=True, by=HANNA)
    world.say("Findings:\n", public=False, by=HANNA)
    world.set("Complete?", "Needs Revision").set("Accurate?", "Needs Revision", FRED)
    assert world.rest().status == REVIEW
    assert world.bot_comments(public=False)[-1] == "ask_findings"


def test_without_findings_nothing_goes_out() -> None:
    """Not moved, nothing posted to the district; one request to the team of the review."""
    world = in_review().wait(hours=1).set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED)
    plan = world.reconcile()
    (ask,) = effects_of(plan, PostComment)
    assert (ask.template, ask.public, ask.facts["accounts"]) == ("ask_findings", False, (HANNA.id,))
    assert effects_of(plan, TransitionIssue) == []
    assert plan.update.fields == {"duedate": None}
    assert plan.requeue_at == datetime(2026, 1, 8, 14, tzinfo=UTC)  # the announced date has passed


def test_open_subtasks_of_an_ended_round() -> None:
    """Those without a last word are superseded; nobody else's subtask is touched."""
    world = in_review().wait(hours=1).set("Complete?", "In Progress")
    world.move(WAITING).rest()
    assert world.states() == {
        "Folder": "Done",
        "Files": "Done",
        "Complete?": "Superseded",
        "Accurate?": "Superseded",
    }


def test_files_sent_back_leave_no_work_behind() -> None:
    """A review that people broke off is closed when the next files come, and not before."""
    world = in_review().wait(hours=1).move(FOLDER).rest()
    assert world.states()["Complete?"] == "To Do"
    world.wait(hours=1).say("files ready")
    world.set("Folder", "Done").reconcile()
    assert world.states()["Complete?"] == "To Do"
    world.rest()
    assert [s.status for s in world.subtasks if s.summary == "Complete?"] == ["Superseded", "To Do"]


@pytest.mark.parametrize(
    ("world", "status"),
    [
        (lambda: _confirmed(MANUAL), FOLDER),
        (lambda: _revised(MANUAL), WAITING),
        (lambda: _sent_again(MANUAL), REVIEW),
    ],
)
def test_auto_advance_off(world: object, status: str) -> None:
    """No move, whatever for; the team is notified once where the ticket should go."""
    one: World = world()  # type: ignore[operator]
    plan = one.reconcile()
    assert effects_of(plan, TransitionIssue) == []
    (comment,) = effects_of(plan, PostComment)
    assert (comment.template, comment.public, comment.facts["status"]) == ("step_ready", False, status)
    assert one.plan().effects == ()


def _confirmed(office: Office) -> World:
    world = World(office=office).rest().wait(minutes=1)
    world.say("confirm")
    return world


def _revised(office: Office) -> World:
    world = in_review(office=office).wait(hours=1)
    world.say("Findings:\n* one", HANNA, public=False)
    return world.set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED)


def _sent_again(office: Office) -> World:
    world = waiting(office=office).wait(hours=1)
    world.say("files ready")
    return world


def test_a_step_that_is_ready_a_second_time_is_announced_again() -> None:
    """Without auto_advance staff who put a ticket back hear of its next completion too."""
    world = _confirmed(MANUAL).rest().move(FOLDER).rest().wait(hours=1).move(CONFIRMING).rest().wait(hours=1)
    assert world.bot_comments(public=False) == ["step_ready"]
    world.say("confirm")
    assert world.rest().bot_comments(public=False) == ["step_ready", "step_ready"]


def test_late_findings_are_shown_to_the_team() -> None:
    """Those that came after the feedback, and no others."""
    world = waiting().wait(hours=1)
    world.say("Findings:\n* one more", FRED, public=False)
    (note,) = effects_of(world.reconcile(), PostComment)
    assert (note.template, note.public, note.facts["items"]) == ("late_findings", False, ("one more",))


@pytest.mark.parametrize("status", ["On Hold", "Withdrawn"])
def test_status_asked_where_no_step_is(status: str) -> None:
    """The bot does not know how far the district is, so a person answers."""
    world = in_review().wait(hours=1).move(status).rest().wait(hours=1)
    world.say("STATUS")
    world.rest()
    assert world.bot_comments(public=True)[-1] == "files_received"
    assert world.bot_comments(public=False)[-1] == "unheard"


def test_status_asked_while_waiting_without_a_review() -> None:
    """Staff may have the district wait at any step: that step is named, and its team is asked."""
    world = in_folder().wait(hours=1).move(WAITING).rest().wait(hours=1)
    world.say("STATUS")
    (answer,) = effects_of(world.reconcile(), PostComment)
    assert (answer.template, answer.facts["step"], answer.facts["turn"]) == ("status", "Folder", "district")


def test_a_parked_effect_is_reported_and_holds_its_step() -> None:
    """Jira refused a subtask: staff hear of it once, the rest of the step goes on, and it is not complete."""
    world = World().rest()
    world.say("confirm")
    world.reconcile()
    entry = next(c.id for c in world.changes if c.new == FOLDER)
    world.parked = {f"10001:h{entry}:subtask:folder": "the field is required"}
    world.rest()
    assert world.states() == {"Files": "To Do"}
    assert world.bot_comments(public=False) == ["parked"]
    world.wait(hours=1).say("files ready")
    assert world.rest().status == FOLDER
    world.parked = {}
    world.rest().set("Folder", "Done")
    assert world.rest().status == REVIEW


def test_a_parked_move_is_reported() -> None:
    """The workflow has no such move: the team must do it."""
    world = World().rest()
    world.say("confirm")
    world.parked = {"10001:created:move": "the workflow offers no move"}
    assert world.rest().status == CONFIRMING
    assert world.bot_comments(public=False) == ["parked"]


def test_every_plan_has_a_reason() -> None:
    """One sentence, also where nothing is to do."""
    for world in (World(), in_folder(), in_review(), waiting(), World(status="Done"), World(status="On Hold")):
        for plan in (world.plan(), world.rest().plan()):
            assert plan.reason[0].isupper()
            assert plan.reason.endswith(".")
            assert len(plan.reason) > 10
