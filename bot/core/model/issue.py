"""One Jira issue as it was read at one moment: all that the core knows about Jira."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Person:
    """An account. `kind` is Jira's accountType: "atlassian", "customer" or "app" ("atlassian" if unknown)."""

    id: str
    name: str
    kind: str = "atlassian"


@dataclass(frozen=True)
class Change:
    """One item of one changelog entry. `field` is Jira's fieldId, if given ("status", "labels", "duedate"). `old_id`
    and `new_id` are the ids of the values, where the field has such, as Jira writes them: "10021", "[10021, 10022]"."""

    id: str
    at: datetime
    author: Person | None
    field: str
    old: str | None
    new: str | None
    old_id: str | None = None
    new_id: str | None = None


@dataclass(frozen=True)
class Comment:
    """A comment in its current version. `public` means that the customer can read it."""

    id: str
    author: Person | None
    created: datetime
    updated: datetime
    body: str
    public: bool


@dataclass(frozen=True)
class Attachment:
    """A file on a ticket; `kind` is its media type, such as "application/pdf"."""

    id: str
    name: str
    kind: str
    author: Person | None
    created: datetime


@dataclass(frozen=True)
class Subtask:
    """A subtask. `changes` and `comments` are filled only if `whole` is true (its own history was read)."""

    id: str
    key: str
    summary: str
    status: str
    whole: bool = False
    changes: tuple[Change, ...] = ()
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True)
class Issue:
    """The whole issue: every change and comment, oldest first. A status is always the name that the process
    file uses, mapped from Jira's id by the gateway. `participants` are the people outside the office that the
    configured fields name; `ledger` is the raw entity property, None if absent."""

    id: str
    key: str
    project: str
    type: str
    status: str
    summary: str
    created: datetime
    reporter: Person | None
    participants: tuple[Person, ...] = ()
    labels: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    comments: tuple[Comment, ...] = ()
    subtasks: tuple[Subtask, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    ledger: Any = None
    parent_id: str | None = None
    service_desk: bool = False

    @property
    def newest(self) -> datetime:
        """The newest moment in this snapshot; `now` must not be before it."""
        moments = [self.created, *(c.at for c in self.changes), *(c.updated for c in self.comments)]
        for subtask in self.subtasks:
            moments += [c.at for c in subtask.changes] + [c.updated for c in subtask.comments]
        return max(moments)
