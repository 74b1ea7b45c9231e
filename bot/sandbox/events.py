"""The bodies of the webhooks that the sandbox sends, in Cloud's shapes with Cloud's oddities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.sandbox.accounts import Account
from bot.sandbox.records import ChangeItem, CommentRecord, HistoryEntry, IssueRecord
from bot.sandbox.shapes import Shapes, milliseconds


def about_issue(
    shapes: Shapes, event: str, record: IssueRecord, by: Account, at: datetime, entry: HistoryEntry | None
) -> dict[str, Any]:
    """The body of jira:issue_created, jira:issue_updated or jira:issue_deleted."""
    body: dict[str, Any] = {
        "timestamp": milliseconds(at),
        "webhookEvent": event,
        "issue_event_type_name": event.removeprefix("jira:"),
        "user": shapes.user(by),
        "issue": _issue(shapes, record, shapes.fields(record)),
    }
    if event == "jira:issue_updated":
        body["issue_event_type_name"] = "issue_generic"
    if entry is not None:
        body["changelog"] = {"id": entry.id, "items": [shapes.item(i) for i in entry.items]}
    return body


def about_comment(
    shapes: Shapes, event: str, record: IssueRecord, comment: CommentRecord, at: datetime
) -> dict[str, Any]:
    """The body of comment_created, comment_updated or comment_deleted: no user, and an issue that is cut."""
    return {
        "timestamp": milliseconds(at),
        "webhookEvent": event,
        "comment": shapes.comment(record, comment),
        "issue": _issue(shapes, record, shapes.cut_fields(record)),
        "eventType": "primaryAction",
    }


def birth(entry_id: str, record: IssueRecord, status_id: str, by: Account) -> HistoryEntry:
    """The changelog that Cloud sends with an issue_created: a status out of nothing, which is no transition,
    under the field's display name. It is never kept in the issue's history."""
    item = ChangeItem("Status", "status", "jira", None, None, status_id, record.status)
    return HistoryEntry(entry_id, by, record.created, (item,))


def _issue(shapes: Shapes, record: IssueRecord, fields: dict[str, Any]) -> dict[str, Any]:
    broken = shapes.link(record.id)  # Cloud leaves "issue/" out of `self` in webhooks
    return {"id": record.id, "self": broken, "key": record.key, "fields": fields}
