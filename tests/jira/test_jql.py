"""The queries by which the bot finds tickets."""

from __future__ import annotations

from bot.core.model.process import Process, Step
from bot.jira.jql import under_way


def process(name: str, project: str, step: str, end: str) -> Process:
    """A process of one step, with a waiting status."""
    steps = (Step("only", "Only", step, ("team",), "done"),)
    return Process(name, name, project, (name,), None, "cli", f"{name} waits", {"done": end}, steps)


def test_tickets_that_have_ended_are_not_under_way() -> None:
    """Whatever the process."""
    found = under_way([process("a", "A", "Review", "Done"), process("b", "B", "Load", "Closed")])
    assert found == 'project in ("A", "B") AND status not in ("Closed", "Done")'


def test_an_end_that_is_a_step_elsewhere_leaves_no_ticket_out() -> None:
    """The tickets of the other process are at work in that status."""
    found = under_way([process("a", "A", "Review", "Load"), process("b", "B", "Load", "Closed")])
    assert found == 'project in ("A", "B") AND status not in ("Closed")'
    found = under_way([process("a", "A", "Review", "Load"), process("b", "B", "Load", "a waits")])
    assert found == 'project in ("A", "B")'
