"""Branches: finished by a subtask or by the district's words, withdrawn by people, joined into a verdict."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.history.branches import BranchState, BranchStatus
from bot.core.model.ledger import Verdict
from bot.core.model.process import SubtaskStatuses
from tests.core.world import BOT, CARLA, FRED, MONDAY, REVIEW, ROBOT, World, in_folder, in_review

HOUR = timedelta(hours=1)


def state(world: World, name: str) -> BranchState:
    """The branch of that name as it is now."""
    return next(b for b in world.follow().branches if b.branch.name == name)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("To Do", BranchStatus.OPEN),
        ("In Progress", BranchStatus.OPEN),
        ("Done", BranchStatus.FINISHED),
        ("Needs Revision", BranchStatus.REVISE),
        ("Superseded", BranchStatus.WITHDRAWN),
        ("Something of the site's own", BranchStatus.OPEN),
    ],
)
def test_a_subtasks_status_tells(status: str, expected: str) -> None:
    """Only the statuses that mean something to the bot end a branch."""
    world = in_review().wait(hours=1).set("Complete?", status)
    assert state(world, "first").status == expected


def test_statuses_have_the_sites_own_names() -> None:
    """bot.yaml says which status means what."""
    world = in_review()
    names = SubtaskStatuses(done="Erledigt")
    world.office = type(world.office)(**{**vars(world.office), "subtask_statuses": names})
    world.set("Complete?", "Erledigt")
    assert state(world, "first").status == BranchStatus.FINISHED


def test_the_deeds_moment_and_author() -> None:
    """A branch was finished when its subtask was set, by whom its history names."""
    world = in_review().wait(hours=1).set("Complete?", "Done", FRED).wait(hours=5)
    assert (state(world, "first").at, state(world, "first").by) == (MONDAY + HOUR, FRED.id)


def test_the_districts_reply_finishes_the_branch() -> None:
    """The bot closes the subtask for them: theirs is the moment, not the bot's."""
    world = in_folder().wait(hours=1)
    world.say("files ready")
    assert state(world, "files").to_close
    world.wait(hours=2).rest()
    found = state(world, "files")
    assert (found.status, found.at, found.by, found.to_close) == (BranchStatus.FINISHED, MONDAY + HOUR, CARLA.id, False)


def test_a_reopened_subtask_takes_the_words_back() -> None:
    """All of them until then; the next ones count."""
    world = in_folder().wait(hours=1)
    world.say("files ready")
    world.rest()
    world.say("The files are ready")
    world.rest().wait(hours=1).set("Files", "To Do").rest()
    assert state(world, "files").status == BranchStatus.OPEN
    world.wait(hours=1).say("Files ready")
    assert state(world, "files").at == MONDAY + 3 * HOUR


def test_in_progress_takes_nothing_back() -> None:
    """Only who takes a subtask out of Done withdraws what was said."""
    world = in_folder().wait(hours=1)
    world.say("files ready")
    world.wait(hours=1).set("Files", "In Progress")
    assert state(world, "files").to_close


def test_an_answer_before_the_subtask_could_be_made() -> None:
    """Jira refused the subtask, and the district answered anyway: the answer counts, and none is made later."""
    world = World().rest()
    world.say("confirm")
    world.reconcile()
    world.wait(minutes=1).say("files ready")
    world.rest()
    assert world.states() == {"Folder": "To Do"}
    assert state(world, "files").status == BranchStatus.FINISHED


def test_verdicts_of_two_reviewers() -> None:
    """A revision as soon as all have ended and one wants it; good only where all say so."""
    for one, other, verdict in (
        ("Done", "Done", Verdict.GOOD),
        ("Done", "Needs Revision", Verdict.REVISION),
        ("Needs Revision", "Needs Revision", Verdict.REVISION),
        ("Needs Revision", "Superseded", Verdict.REVISION),
        ("Superseded", "Done", Verdict.GOOD),
    ):
        world = in_review().wait(hours=1).set("Complete?", one).wait(hours=1).set("Accurate?", other, FRED)
        decided = world.follow().visit.decided
        assert decided is not None
        assert decided.verdict == verdict
    assert in_review().wait(hours=1).set("Complete?", "Needs Revision").follow().visit.decided is None


def test_everything_withdrawn_decides_nothing() -> None:
    """At least one branch must have been finished in this visit."""
    world = in_review().wait(hours=1)
    world.delete("Complete?")
    world.set("Accurate?", "Superseded")
    assert world.follow().visit.decided is None
    assert world.rest().status == REVIEW


def test_who_finishes_a_branch_may_be_anybody() -> None:
    """An automation that sets a subtask to Done has finished it; what is done is done."""
    world = in_review().wait(hours=1).set("Complete?", "Done", ROBOT)
    assert state(world, "first").status == BranchStatus.FINISHED
    assert BOT.id != state(world, "first").by
