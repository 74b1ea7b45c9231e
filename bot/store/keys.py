"""How the agenda's keys are called: a ticket's by its id, a periodic job's by its name."""

from __future__ import annotations

JOB = "job "
_ISSUE = "issue "


def key_of(issue_id: str) -> str:
    """The agenda's key of an issue."""
    return f"{_ISSUE}{issue_id}"


def issue_of(key: str) -> str:
    """The id of the issue whose key that is."""
    return key.removeprefix(_ISSUE)
