"""What the work in a step adds up to: the verdict or completion, since when, by whom, and where the ticket goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.history.branches import BranchState, BranchStatus, open_subtasks, status_then
from bot.core.history.case import Case
from bot.core.history.decisions import outcome
from bot.core.history.fact_values import FactValues
from bot.core.model.issue import Change, Subtask
from bot.core.model.ledger import CommandName, CommandRecord, Ledger, Verdict, Visit
from bot.core.model.process import Branch, Revision, Step, SubtaskStatuses
from bot.core.model.roles import People
from tests.core.world import (
    BOT,
    FOLDER,
    FRED,
    HANNA,
    MONDAY,
    OFFICE,
    PROCESS,
    QUALITY,
    REVIEW,
    WAITING,
    World,
    in_folder,
    in_review,
    waiting,
)

OPEN, DONE, REVISE, NOTHING, GONE = (
    BranchStatus.OPEN,
    BranchStatus.FINISHED,
    BranchStatus.REVISE,
    BranchStatus.NOT_RECEIVED,
    BranchStatus.WITHDRAWN,
)
REVIEWING = PROCESS.step("review")
ASKING = replace(REVIEWING, revision=Revision("review", "files_need_revision", not_received="not_received"))
AT_ONCE = replace(REVIEWING, revision=Revision("review", "files_need_revision", at_once=True))
PLAIN = PROCESS.step("folder")
Found = tuple[BranchStatus, int | None]


def _decided(step: Step, *found: Found, commands: tuple[CommandRecord, ...] = ()) -> tuple[str, int, str, str] | None:
    """The decision of a visit that began at hour 10: verdict, hour, by whom, and where to."""
    visit = Visit("h1", step.name, step.status, MONDAY + timedelta(hours=10), commands=list(commands))
    branches = tuple(
        BranchState(
            Branch(f"b{n}", "help_center"), status, None if hour is None else MONDAY + timedelta(hours=hour), f"by {n}"
        )
        for n, (status, hour) in enumerate(found)
    )
    issue = World().issue
    case = Case(issue, PROCESS, People(issue, OFFICE, {BOT.id}), FactValues({}))
    made = outcome(case, step, visit, Ledger("dde", "1", [visit]), branches, None, MONDAY + timedelta(days=1)).decided
    return None if made is None else (made.verdict, (made.at - MONDAY) // timedelta(hours=1), made.by, made.to)


@pytest.mark.parametrize(
    ("step", "found", "expected"),
    [
        # all must be settled
        (REVIEWING, [(OPEN, None), (OPEN, None)], None),
        (REVIEWING, [(DONE, 11), (OPEN, None)], None),
        (REVIEWING, [(REVISE, 11), (OPEN, None)], None),
        (REVIEWING, [(GONE, None), (GONE, None)], None),
        # since the last of them, and by whoever did that
        (REVIEWING, [(DONE, 11), (DONE, 12)], (Verdict.GOOD, 12, "by 1", QUALITY)),
        (REVIEWING, [(DONE, 13), (DONE, 12)], (Verdict.GOOD, 13, "by 0", QUALITY)),
        (REVIEWING, [(DONE, 11), (GONE, None)], (Verdict.GOOD, 11, "by 0", QUALITY)),
        (REVIEWING, [(REVISE, 11), (DONE, 12)], (Verdict.REVISION, 12, "by 1", WAITING)),
        (REVIEWING, [(DONE, 11), (REVISE, 12)], (Verdict.REVISION, 12, "by 1", WAITING)),
        # at least one of them in this visit
        (REVIEWING, [(DONE, 8), (DONE, 9)], None),
        (REVIEWING, [(DONE, 8), (DONE, 10)], (Verdict.GOOD, 10, "by 1", QUALITY)),
        (REVIEWING, [(REVISE, 8), (DONE, 11)], (Verdict.REVISION, 11, "by 1", WAITING)),
        # a step that is no review is done, or not
        (PLAIN, [(DONE, 11), (DONE, 12)], (Verdict.DONE, 12, "by 1", REVIEW)),
        (PLAIN, [(DONE, 11), (REVISE, 12)], None),
        (PLAIN, [(DONE, 11), (NOTHING, 12)], None),
        # no files, where the process has words for that
        (ASKING, [(NOTHING, 12), (OPEN, None)], (Verdict.NOT_RECEIVED, 12, "by 0", WAITING)),
        (ASKING, [(NOTHING, 13), (NOTHING, 12)], (Verdict.NOT_RECEIVED, 12, "by 1", WAITING)),
        (ASKING, [(REVISE, 11), (NOTHING, 12)], (Verdict.NOT_RECEIVED, 12, "by 1", WAITING)),
        (ASKING, [(NOTHING, 9), (OPEN, None)], None),
        (ASKING, [(DONE, 11), (DONE, 12)], (Verdict.GOOD, 12, "by 1", QUALITY)),
        (REVIEWING, [(NOTHING, 12), (DONE, 11)], None),
        # with `at_once` the first revision is enough
        (AT_ONCE, [(REVISE, 12), (OPEN, None)], (Verdict.REVISION, 12, "by 0", WAITING)),
        (AT_ONCE, [(REVISE, 12), (REVISE, 11)], (Verdict.REVISION, 11, "by 1", WAITING)),
        (AT_ONCE, [(DONE, 11), (OPEN, None)], None),
        (AT_ONCE, [(REVISE, 9), (OPEN, None)], None),
    ],
)
def test_what_the_branches_add_up_to(step: Step, found: list[Found], expected: object) -> None:
    """For a visit that began at hour 10."""
    assert _decided(step, *found) == expected


def test_staff_may_say_that_no_files_came() -> None:
    """Their first command counts, whatever the branches say."""
    commands = tuple(
        CommandRecord(f"{hour}", kind, MONDAY + timedelta(hours=hour), f"in {hour}")
        for hour, kind in ((11, CommandName.EXTEND), (12, CommandName.NOT_RECEIVED), (13, CommandName.NOT_RECEIVED))
    )
    expected = (Verdict.NOT_RECEIVED, 12, "in 12", WAITING)
    assert _decided(ASKING, (DONE, 11), (DONE, 12), commands=commands) == expected
    assert _decided(ASKING, (OPEN, None), commands=commands[:1]) is None


# -- subtasks


def _subtask(*moves: tuple[int, str, str], status: str) -> Subtask:
    changes = tuple(Change(f"{h}", MONDAY + timedelta(hours=h), HANNA, "status", a, b) for h, a, b in moves)
    return Subtask("7", "DDE-7", "Folder", status, changes=changes, whole=True)


@pytest.mark.parametrize(
    ("hour", "expected"), [(0, "To Do"), (1, "Doing"), (2, "Doing"), (3, "Done"), (4, "Done"), (5, "To Do")]
)
def test_the_status_of_a_subtask_at_a_moment(hour: int, expected: str) -> None:
    """By its history: a change counts from its own moment on."""
    subtask = _subtask((1, "To Do", "Doing"), (3, "Doing", "Done"), (5, "Done", "To Do"), status="To Do")
    assert status_then(subtask, MONDAY + timedelta(hours=hour)) == expected


def test_a_subtask_without_a_history_was_always_as_it_is() -> None:
    """Its history was not read."""
    assert status_then(_subtask(status="Done"), MONDAY) == "Done"


def test_open_subtasks_are_those_in_no_final_status() -> None:
    """Of those that are asked for."""
    names = SubtaskStatuses()
    final = (names.done, names.needs_revision, names.not_received, names.superseded)
    subtasks = tuple(
        Subtask(str(n), f"DDE-{n}", "x", status) for n, status in enumerate((*final, "To Do", "In Progress", "To Do"))
    )
    issue = replace(World().issue, subtasks=subtasks)
    assert [s.id for s in open_subtasks(issue, {str(n) for n in range(6)}, names)] == ["4", "5"]


def test_a_subtask_whose_history_is_not_read_any_more_is_finished_as_the_ledger_says() -> None:
    """When and by whom, so that the clock of its branch does not move."""
    world = in_folder().wait(hours=2).set("Folder", "Done", FRED).rest()
    world.subtasks = [replace(s, changes=(), whole=False) for s in world.subtasks]
    state = world.wait(hours=3).follow().branches[0]
    assert (state.status, state.at, state.by) == (DONE, MONDAY + timedelta(hours=2), FRED.id)


# -- findings, and where new files go


def test_the_findings_of_a_round() -> None:
    """Internal comments of staff on the ticket and on the round's own subtasks, since it began, in their order."""
    world = in_review().wait(hours=1)
    world.say("Findings:\n* third", FRED, public=False)
    third = world.comments[-1]
    world.say("Findings:\n* public", FRED)
    subtasks = {s.summary: s for s in world.subtasks}
    for summary, words, minutes in (("Complete?", "second", 30), ("Accurate?", "fourth", 90), ("Files", "other", 40)):
        at = MONDAY + timedelta(minutes=minutes)
        note = replace(third, id=f"9{minutes}", body=f"Findings:\n* {words}", created=at, updated=at)
        old = subtasks[summary]
        world.subtasks[world.subtasks.index(old)] = replace(old, comments=(note,))
    early = MONDAY - timedelta(hours=1)
    world.comments.append(replace(third, id="5", body="Findings:\n* old", created=early, updated=early))
    edited = replace(third, id="6", body="Findings:\n* first", created=early, updated=world.now)
    world.comments.append(edited)
    assert [f.lines for f in world.follow().findings] == [("first",), ("second",), ("third",), ("fourth",)]


def test_files_go_back_to_the_step_that_their_review_names() -> None:
    """Without a review before, to where the first review sends them."""
    quality = replace(PROCESS.step("quality"), revision=Revision("review", "files_need_revision"))
    process = replace(PROCESS, steps=tuple(quality if s.name == "quality" else s for s in PROCESS.steps))
    for world, back in (
        (in_folder(process=process).wait(hours=1).move(WAITING), REVIEW),
        (waiting(process=process), REVIEW),
        (in_review(process=process).wait(hours=1).move(QUALITY).rest().wait(hours=1).move(WAITING), REVIEW),
    ):
        world.rest().wait(hours=1).say("files ready")
        decided = world.follow().visit.decided
        assert decided is not None
        assert (decided.verdict, decided.at, decided.to) == (Verdict.RECEIVED, world.now, back)


def test_without_any_review_files_go_to_the_first_step() -> None:
    """There is no other place for them."""
    steps = tuple(replace(s, revision=None) for s in PROCESS.steps)
    world = in_folder(process=replace(PROCESS, steps=steps)).wait(hours=1).move(WAITING).rest()
    world.wait(hours=1).say("files ready")
    decided = world.follow().visit.decided
    assert decided is not None
    assert decided.to == PROCESS.steps[0].status
    assert world.status != FOLDER
