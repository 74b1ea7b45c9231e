"""Every kind of edit of a process file, tried on a ticket in every place: who would be stranded, and who would not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.core.decide.process_change import IndexedTicket, OpenWork, Place, stranded
from bot.core.model.facts import Condition
from bot.core.model.process import AUTOMATED, Branch, Process
from tests.core.world import CONFIRMING, FOLDER, HOLD, PROCESS, QUALITY, REVIEW, WAITING

Edit = Callable[[Process], Process | None]

FOLDER_WORK, FILES_WORK = OpenWork("folder", "folder", "501"), OpenWork("folder", "files", "502")
TICKETS = {
    key: IndexedTicket(key, "DDE", "DDE Set-Up", place, step, status, work)
    for key, place, step, status, work in (
        ("confirms", Place.STEP, "confirm", CONFIRMING, (OpenWork("confirm", "answer"),)),
        ("folder", Place.STEP, "folder", FOLDER, (FOLDER_WORK, FILES_WORK)),
        ("uploads", Place.STEP, "folder", FOLDER, (FILES_WORK,)),
        ("review", Place.STEP, "review", REVIEW, (OpenWork("review", "first", "503"),)),
        ("quality", Place.STEP, "quality", QUALITY, ()),
        ("left work", Place.STEP, "quality", QUALITY, (FOLDER_WORK,)),
        ("waits", Place.WAITING, "review", WAITING, ()),
        ("on hold", Place.OUTSIDE, "folder", HOLD, (FOLDER_WORK,)),
        ("done", Place.END, "done", "Done", ()),
    )
}
UNDER_WAY = set(TICKETS) - {"done"}
IN_FOLDER = {"folder", "uploads", "on hold"}


def step(name: str, /, **changes: object) -> Edit:
    """An edit of one step."""

    def edit(process: Process) -> Process:
        steps = (replace(s, **changes) if s.name == name else s for s in process.steps)  # type: ignore[arg-type]
        return replace(process, steps=tuple(steps))

    return edit


def process(**changes: object) -> Edit:
    """An edit of the process itself."""
    return lambda one: replace(one, **changes)  # type: ignore[arg-type]


def without_step(name: str) -> Edit:
    """The step is taken out."""
    return lambda one: replace(one, steps=tuple(s for s in one.steps if s.name != name))


def branch(step_name: str, name: str, /, **changes: object) -> Edit:
    """An edit of one branch; without changes it is taken out."""
    branches = tuple(
        replace(b, **changes) if b.name == name else b  # type: ignore[arg-type]
        for b in PROCESS.step(step_name).branches
        if changes or b.name != name
    )
    return step(step_name, branches=branches)


NO_ONE: set[str] = set()
EDITS: dict[str, tuple[Edit, set[str]]] = {
    "nothing": (process(), NO_ONE),
    "the file is gone": (lambda _: None, UNDER_WAY),
    "another project": (process(project="ODS"), UNDER_WAY),
    "another issue type": (process(issue_types=("Task",)), UNDER_WAY),
    "one more issue type": (process(issue_types=("Task", "DDE Set-Up")), NO_ONE),
    "a step renamed": (step("folder", name="make_folder"), IN_FOLDER | {"left work"}),
    "a step renamed with was": (step("folder", name="make_folder", was=("folder",)), NO_ONE),
    "a step taken out": (without_step("folder"), IN_FOLDER | {"left work"}),
    "the review taken out": (without_step("review"), {"review", "waits"}),
    "a step without tickets in it added": (
        lambda one: replace(one, steps=(*one.steps, replace(one.steps[-1], name="more", status="More"))),
        NO_ONE,
    ),
    "a branch renamed": (branch("folder", "folder", name="room"), {"folder", "left work", "on hold"}),
    "a branch renamed with was": (branch("folder", "folder", name="room", was=("folder",)), NO_ONE),
    "a branch taken out": (branch("folder", "folder"), {"folder", "left work", "on hold"}),
    "the other branch taken out": (branch("folder", "files"), {"folder", "uploads"}),
    "the only branch taken out": (branch("confirm", "answer"), {"confirms"}),
    "a branch added": (step("quality", branches=(Branch("look", "functional_team", subtask="Look"),)), NO_ONE),
    "a branch without its subtask": (branch("folder", "files", subtask=None), {"folder", "uploads"}),
    "a branch for each value": (branch("folder", "files", for_each="vendors"), {"folder", "uploads"}),
    "a status renamed": (step("folder", status="Folder"), {"folder", "uploads"}),
    "a waiting status renamed": (process(waiting_status="Waiting"), {"waits"}),
    "a waiting status renamed with was": (process(waiting_status="Waiting", waiting_was=(WAITING,)), NO_ONE),
    "an end's status renamed": (process(ends={"done": "Closed", "withdrawn": "Withdrawn"}), {"done"}),
    "an end renamed": (process(ends={"complete": "Done", "withdrawn": "Withdrawn"}), NO_ONE),
    "a step made automated": (step("quality", parties=(AUTOMATED,)), {"quality", "left work"}),
    "other words": (step("folder", title="Folder!", say="hello", goal=None), NO_ONE),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("key", TICKETS)
def test_an_edit_strands_who_is_where_it_cuts(edit: str, key: str) -> None:
    """Each edit on a ticket in each place; whoever is stranded gets a reason and a way out."""
    change, expected = EDITS[edit]
    found = stranded(PROCESS, change(PROCESS), [TICKETS[key]])
    assert bool(found) == (key in expected), found
    assert all(one.key == key and one.why and one.way_out for one in found)


@pytest.mark.parametrize("edit", EDITS)
def test_without_the_old_process_nobody_more_is_let_through(edit: str) -> None:
    """If the accepted text cannot be read any more, whoever would be stranded is found all the same, except by a step
    that becomes automated."""
    change, expected = EDITS[edit]
    found = {one.key for one in stranded(None, change(PROCESS), TICKETS.values())}
    assert found >= (set() if edit == "a step made automated" else expected)


@pytest.mark.parametrize(
    "ticket",
    [
        replace(TICKETS["folder"], step="unknown", work=(OpenWork("unknown", "x", "501"),)),
        replace(TICKETS["folder"], status="Renamed in Jira"),
        replace(TICKETS["waits"], status="Renamed in Jira"),
        replace(TICKETS["done"], status="Closed"),
        replace(TICKETS["review"], work=(OpenWork("review", "gone long ago", "501"),)),
    ],
)
def test_what_was_so_before_is_not_held_against_a_change(ticket: IndexedTicket) -> None:
    """A ticket that the file so far does not know either is not stranded by another goal."""
    assert stranded(PROCESS, step("folder", title="Folder!")(PROCESS), [ticket]) == ()


def test_all_reasons_are_given_at_once() -> None:
    """For one ticket, and for all."""
    change = step("folder", status="Folder", branches=())
    whys = [one.why for one in stranded(PROCESS, change(PROCESS), [TICKETS["folder"], TICKETS["left work"]])]
    assert whys == [
        'the status "SecureStor Folder" of the step folder is gone',
        "the branch folder.folder is gone while its subtask is open",
        "the branch folder.files is gone while its subtask is open",
        "the branch folder.folder is gone while its subtask is open",
    ]


def test_a_branch_whose_condition_is_dropped_strands_those_that_turned_on_it() -> None:
    """Its subtask was made under a name of its own, which no branch has any more."""
    conditional = branch("folder", "folder", condition=Condition({"pipeline": ("new",)}))(PROCESS)
    turned = replace(TICKETS["folder"], work=(OpenWork("folder", "folder@77", "501"), FILES_WORK))
    assert [one.why for one in stranded(conditional, PROCESS, [turned])] == [
        "the branch folder.folder is gone while its subtask is open"
    ]
    assert stranded(conditional, PROCESS, [TICKETS["folder"]]) == ()


def test_one_of_several_branches_for_each_value_follows_its_branch() -> None:
    """It is found by its name in the file, also by an earlier one."""
    each = branch("folder", "files", for_each="vendors")(PROCESS)
    ticket = replace(TICKETS["folder"], work=(OpenWork("folder", "files~10001@8", "501"),))
    renamed = branch("folder", "files", name="exchange", was=("files",), for_each="vendors")(PROCESS)
    assert stranded(each, each, [ticket]) == ()
    assert stranded(each, renamed, [ticket]) == ()
    assert len(stranded(each, branch("folder", "files")(PROCESS), [ticket])) == 1
