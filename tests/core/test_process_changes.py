"""A process file that changes while tickets are in it: `was` takes them along, and what is unknown is a hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.model.effects import MoveSubtask, PostComment, TransitionIssue
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import Process, Step
from tests.core.world import (
    FRED,
    HANNA,
    PROCESS,
    QUALITY,
    REVIEW,
    WAITING,
    World,
    effects_of,
    in_folder,
    in_review,
    waiting,
)


def renamed_step(old: str, new: str, was: tuple[str, ...] = ()) -> Process:
    """The process with a step under another name, and what leads to it."""

    def change(step: Step) -> Step:
        revision = step.revision and replace(step.revision, return_to=new if step.revision.return_to == old else "")
        if revision is not None and not revision.return_to:
            revision = step.revision
        step = replace(step, next=new if step.next == old else step.next, revision=revision)
        return replace(step, name=new, was=was) if step.name == old else step

    return replace(PROCESS, steps=tuple(change(step) for step in PROCESS.steps), version="2")


def renamed_branches(step_name: str, was: bool) -> Process:
    """The process with other names for the branches of a step."""

    def change(step: Step) -> Step:
        if step.name != step_name:
            return step
        branches = (replace(b, name=f"new_{b.name}", was=(b.name,) if was else ()) for b in step.branches)
        return replace(step, branches=tuple(branches))

    return replace(PROCESS, steps=tuple(change(step) for step in PROCESS.steps), version="2")


def in_progress() -> World:
    """A review in which one of two reviewers is done."""
    return in_review().wait(hours=1).set("Complete?", "Done").rest()


PLACES: dict[str, tuple[Callable[[], World], str]] = {
    "folder": (in_folder, "folder"),
    "review": (in_progress, "review"),
    "waiting": (waiting, "review"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_renamed_step_with_was_changes_nothing_for_its_tickets(place: str) -> None:
    """No effect is planned, and the same clocks run."""
    begin, step = PLACES[place]
    world = begin()
    clocks = [(c.name, c.due) for c in world.follow().running]
    world.process = renamed_step(step, "new_name", was=("earlier", step))
    assert effects_of(world.plan(), object) == []
    assert [(c.name, c.due) for c in world.follow().running] == clocks


def test_a_ticket_in_a_renamed_step_goes_its_way() -> None:
    world = in_progress()
    world.process = renamed_step("review", "first_review", was=("review",))
    world.rest().wait(hours=1).set("Accurate?", "Done", FRED).rest()
    assert world.status == QUALITY
    assert [v.step for v in world.follow().ledger.visits][-2:] == ["first_review", "quality"]


@pytest.mark.parametrize("place", PLACES)
def test_renamed_branches_with_was_keep_their_subtasks(place: str) -> None:
    """Nothing is made a second time or closed, though the database, too, knows the former names."""
    begin, step = PLACES[place]
    world = begin()
    world.process = renamed_branches(step, was=True)
    assert effects_of(world.plan(), object) == []
    world.ledger = None  # lost: what the database knows is enough
    assert effects_of(world.plan(), MoveSubtask) == []


def test_work_goes_on_in_a_renamed_branch() -> None:
    world = in_progress()
    world.process = renamed_branches("review", was=True)
    world.rest().wait(hours=1).set("Accurate?", "Done", FRED).rest()
    assert world.status == QUALITY


@pytest.mark.parametrize("place", PLACES)
def test_a_step_that_is_unknown_is_a_hold(place: str) -> None:
    """Nothing is superseded, said to the district, moved or unlabeled, and no clock closes: one internal note."""
    begin, step = PLACES[place]
    world = begin()
    statuses, labels, said = world.states(), world.labels, world.bot_comments(public=True)
    before = world.ledger["visits"][-1].get("clocks")
    world.process = renamed_step(step, "new_name")
    world.rest().wait(days=20).rest()
    if place == "waiting":
        return  # its own status is still known
    assert (world.states(), world.labels, world.bot_comments(public=True)) == (statuses, labels, said)
    assert world.ledger["visits"][-1].get("clocks") == before
    assert effects_of(world.plan(), TransitionIssue) == []
    (note,) = [e for e in world.done if isinstance(e, PostComment) and e.template == OwnTemplate.OUTSIDE]
    assert note.facts["reason"] == "the process file no longer has the step or the status that it is in"


@pytest.mark.parametrize(
    ("begin", "status"), [(in_progress, REVIEW), (waiting, WAITING)], ids=["in a review", "waiting"]
)
def test_a_status_that_is_unknown_is_a_hold(begin: Callable[[], World], status: str) -> None:
    """Also if the last review is done meanwhile: nobody had looked at the files, so the ticket does not move on."""
    world = begin()
    steps = tuple(replace(s, status="Another") if s.status == status else s for s in PROCESS.steps)
    world.process = replace(PROCESS, steps=steps, version="2")
    if status == WAITING:
        world.process = replace(PROCESS, waiting_status="Another", version="2")
    before = world.states()
    world.rest().wait(days=20).rest()
    assert (world.status, world.states()) == (status, before)
    assert world.bot_comments(public=False).count(OwnTemplate.OUTSIDE) == 1
    assert "reminder" not in world.bot_comments(public=True)


def test_a_file_that_is_put_right_ends_the_hold() -> None:
    """The ticket goes on where it was."""
    world = in_progress()
    world.process = renamed_step("review", "new_name")
    world.rest().wait(hours=2).set("Accurate?", "Done", FRED).rest()
    assert world.status == REVIEW
    world.process = renamed_step("review", "new_name", was=("review",))
    assert world.rest().status == QUALITY


def test_a_person_may_move_a_ticket_out_of_an_unknown_step() -> None:
    world = in_progress()
    world.process = renamed_step("review", "new_name")
    world.rest().wait(hours=1).move(QUALITY, HANNA).rest()
    assert world.follow().visit.step == "quality"
    assert world.follow().visit.began - world.created == timedelta(hours=2)
