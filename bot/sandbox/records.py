"""What the sandbox site keeps: issues with their comments and history, and how it says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.sandbox.accounts import Account

INTERNAL = "sd.public.comment"  # the comment property by which a service desk hides a comment from customers


class Refused(Exception):
    """Jira says no: an HTTP status with messages, per field where it names one."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.messages = list(messages)
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})
        super().__init__("; ".join([*messages, *(f"{k}: {v}" for k, v in self.errors.items())]))

    def body(self) -> dict[str, Any]:
        """The refusal in Jira's error shape."""
        return {"errorMessages": self.messages, "errors": self.errors}


@dataclass(frozen=True)
class ChangeItem:
    """One item of a changelog entry; `old`/`new` are ids, the texts what people read."""

    field: str
    field_id: str
    field_type: str
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None


@dataclass(frozen=True)
class HistoryEntry:
    """One changelog entry: who changed what, at one moment."""

    id: str
    author: Account
    at: datetime
    items: tuple[ChangeItem, ...]


@dataclass(frozen=True)
class CommentRecord:
    """A comment as it is now."""

    id: str
    author: Account
    editor: Account
    created: datetime
    updated: datetime
    body: str
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def public(self) -> bool:
        """Whether customers can read it (Jira's jsdPublic)."""
        mark = self.properties.get(INTERNAL)
        return not (isinstance(mark, Mapping) and mark.get("internal") is True)


@dataclass(frozen=True)
class AttachmentRecord:
    """A file on an issue; `size` is in bytes, `kind` its media type."""

    id: str
    filename: str
    author: Account
    created: datetime
    size: int
    kind: str


@dataclass
class IssueRecord:
    """One issue as the site keeps it. `project` is the key, `type` and `status` are names, `priority`, `components`,
    and the values of custom fields with options are ids of options (of a cascading select one or two)."""

    id: str
    key: str
    project: str
    type: str
    status: str
    summary: str
    creator: Account
    reporter: Account
    created: datetime
    updated: datetime
    description: str | None = None
    parent_id: str | None = None
    assignee: Account | None = None
    duedate: str | None = None
    resolution: str | None = None
    labels: Sequence[str] = ()
    priority: str = "3"
    components: tuple[str, ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    comments: list[CommentRecord] = field(default_factory=list)
    history: list[HistoryEntry] = field(default_factory=list)
    attachments: list[AttachmentRecord] = field(default_factory=list)
    subtask_ids: list[str] = field(default_factory=list)

    def snapshot(self) -> IssueRecord:
        """A copy that later acts do not change."""
        return replace(
            self,
            custom=dict(self.custom),
            properties=dict(self.properties),
            comments=list(self.comments),
            history=list(self.history),
            attachments=list(self.attachments),
            subtask_ids=list(self.subtask_ids),
        )

    def for_customer(self) -> IssueRecord:
        """What a customer may see of it: no internal comment, subtask, history or property."""
        public = [c for c in self.comments if c.public]
        return replace(self.snapshot(), comments=public, history=[], subtask_ids=[], properties={})


@dataclass(frozen=True)
class Act:
    """What somebody is about to do, for rules that refuse it: `kind` is "create", "comment", "edit_comment",
    "delete_comment", "edit", "transition", "attach" or "delete"; `issue` is the parent for a new subtask, None for a
    new request; `data` the fields, or {"body": ...}, {"to": status name}, or {"filename": ...}."""

    kind: str
    by: Account
    issue: IssueRecord | None
    data: Mapping[str, Any]
