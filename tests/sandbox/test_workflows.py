"""Which moves the derived workflow has."""

from __future__ import annotations

import pytest

from bot.core.model.process import Process
from bot.sandbox.workflows import SUBTASK_WORKFLOW, workflow_of

FROM = {
    "Confirming Files": {"SecureStor Folder", "Done", "Declined", "On Hold"},
    "SecureStor Folder": {"Confirming Files", "Initial File Review", "Done", "Declined", "On Hold"},
    "Initial File Review": {
        "Confirming Files",
        "SecureStor Folder",
        "Quality Review",
        "Waiting for District",
        "Done",
        "Declined",
        "On Hold",
    },
    "Quality Review": {
        "Confirming Files",
        "SecureStor Folder",
        "Initial File Review",
        "Done",
        "Declined",
        "On Hold",
    },
    "Waiting for District": {
        "Confirming Files",
        "SecureStor Folder",
        "Initial File Review",
        "Done",
        "Declined",
        "On Hold",
    },
    "On Hold": {
        "Confirming Files",
        "SecureStor Folder",
        "Initial File Review",
        "Quality Review",
        "Waiting for District",
    },
    "Done": {"Confirming Files"},
    "Declined": {"Confirming Files"},
}


@pytest.mark.parametrize("status", FROM)
def test_the_moves_from_a_status(process: Process, status: str) -> None:
    """A step leads on, back, to the ends and on hold; a review also to waiting, which leads back to it."""
    assert {t.to for t in workflow_of(process).available(status)} == FROM[status]


def test_transition_ids_are_stable(process: Process) -> None:
    """The same process gives the same ids, and no id stands for two moves."""
    first, second = workflow_of(process), workflow_of(process)
    assert first == second
    assert len({t.id for t in first.transitions}) == len(first.transitions)


def test_a_transition_is_not_named_like_a_status(process: Process) -> None:
    """Names of moves are their own, so that nobody finds a move by the name of a status."""
    workflow = workflow_of(process)
    assert workflow.leading("SecureStor Folder", "Initial File Review")
    names = {t.name for t in workflow.transitions}
    assert "Start Initial File Review" in names
    assert not names & set(workflow.categories)


def test_every_subtask_status_leads_to_every_other() -> None:
    """A subtask moves freely between its five statuses."""
    for status in SUBTASK_WORKFLOW.categories:
        to = {t.to for t in SUBTASK_WORKFLOW.available(status)}
        assert to == set(SUBTASK_WORKFLOW.categories) - {status}
