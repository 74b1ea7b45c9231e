"""Jira's JSON shapes of what the sandbox keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.accounts import Account
from bot.sandbox.catalogue import Catalogue, IssueType, Project
from bot.sandbox.field_shapes import FieldShapes
from bot.sandbox.records import AttachmentRecord, ChangeItem, CommentRecord, HistoryEntry, IssueRecord

# Times have the site's offset and are never in UTC, so that nothing relies on a "Z".
ZONE = ZoneInfo("America/Chicago")
CATEGORIES = {"new": (2, "To Do", "blue-gray"), "indeterminate": (4, "In Progress", "yellow")}
CATEGORIES["done"] = (3, "Done", "green")


def moment(at: datetime) -> str:
    """A moment as Jira writes it: milliseconds, and an offset without a colon."""
    local = at.astimezone(ZONE)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def milliseconds(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(at.timestamp() * 1000)


class Shapes:
    """Turns records into JSON; `url` is the site's own address, `most` what an embedded list holds at most."""

    def __init__(self, catalogue: Catalogue, issues: Mapping[str, IssueRecord]) -> None:
        self.url = "http://127.0.0.1"
        self.most = 100
        self._catalogue = catalogue
        self._issues = issues
        self.of_fields = FieldShapes(catalogue, self.link, self.user)

    def link(self, path: str) -> str:
        """An address below the REST API."""
        return f"{self.url}/rest/api/2/{path}"

    def user(self, account: Account | None) -> dict[str, Any] | None:
        """An account; like Cloud for strangers, without its email."""
        if account is None:
            return None
        return {
            "self": self.link(f"user?accountId={account.id}"),
            "accountId": account.id,
            "accountType": account.kind,
            "displayName": account.name,
            "active": True,
            "timeZone": "America/Chicago",
            "avatarUrls": {},
        }

    def status(self, name: str) -> dict[str, Any]:
        """A status with its category."""
        status = self._catalogue.statuses[name]
        number, title, colour = CATEGORIES[status.category]
        return {
            "self": self.link(f"status/{status.id}"),
            "description": "",
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "self": self.link(f"statuscategory/{number}"),
                "id": number,
                "key": status.category,
                "colorName": colour,
                "name": title,
            },
        }

    def issue_type(self, kind: IssueType) -> dict[str, Any]:
        """An issue type."""
        return {
            "self": self.link(f"issuetype/{kind.id}"),
            "id": kind.id,
            "description": "",
            "name": kind.name,
            "subtask": kind.subtask,
            "hierarchyLevel": -1 if kind.subtask else 0,
        }

    def project(self, project: Project) -> dict[str, Any]:
        """A project."""
        return {
            "self": self.link(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "service_desk",
            "simplified": False,
        }

    def comment(self, record: IssueRecord, comment: CommentRecord) -> dict[str, Any]:
        """A comment, with the body as wiki markup."""
        return {
            "self": self.link(f"issue/{record.id}/comment/{comment.id}"),
            "id": comment.id,
            "author": self.user(comment.author),
            "body": comment.body,
            "updateAuthor": self.user(comment.editor),
            "created": moment(comment.created),
            "updated": moment(comment.updated),
            "jsdPublic": comment.public,
        }

    def attachment(self, file: AttachmentRecord) -> dict[str, Any]:
        """A file on an issue."""
        return {
            "self": self.link(f"attachment/{file.id}"),
            "id": file.id,
            "filename": file.filename,
            "author": self.user(file.author),
            "created": moment(file.created),
            "size": file.size,
            "mimeType": file.kind,
            "content": self.link(f"attachment/content/{file.id}"),
        }

    def item(self, item: ChangeItem) -> dict[str, Any]:
        """One item of a changelog entry."""
        return {
            "field": item.field,
            "fieldtype": item.field_type,
            "fieldId": item.field_id,
            "from": item.old,
            "fromString": item.old_text,
            "to": item.new,
            "toString": item.new_text,
        }

    def entry(self, entry: HistoryEntry) -> dict[str, Any]:
        """One changelog entry."""
        return {
            "id": entry.id,
            "author": self.user(entry.author),
            "created": moment(entry.at),
            "items": [self.item(i) for i in entry.items],
        }

    def transitions(self, record: IssueRecord) -> list[dict[str, Any]]:
        """The moves that exist from the issue's present status."""
        workflow = self._catalogue.workflow(record.project, record.type)
        return [
            {"id": t.id, "name": t.name, "to": self.status(t.to), "hasScreen": False, "isAvailable": True}
            for t in workflow.available(record.status)
        ]

    def brief(self, record: IssueRecord) -> dict[str, Any]:
        """An issue as another one shows it: as its subtask or parent."""
        fields = {
            "summary": record.summary,
            "status": self.status(record.status),
            "priority": self._system("priority", record),
            "issuetype": self.issue_type(self._catalogue.types[record.type]),
        }
        return {"id": record.id, "key": record.key, "self": self.link(f"issue/{record.id}"), "fields": fields}

    def fields(self, record: IssueRecord) -> dict[str, Any]:
        """All fields of an issue; comments are the first `most`, oldest first."""
        comments = [self.comment(record, c) for c in record.comments[: self.most]]
        subtasks = [self._issues[i] for i in record.subtask_ids if i in self._issues]
        fields = self.cut_fields(record) | {
            "description": record.description,
            "reporter": self.user(record.reporter),
            "creator": self.user(record.creator),
            "labels": list(record.labels),
            "components": self._system("components", record),
            "duedate": record.duedate,
            "resolution": {"id": "10000", "name": record.resolution} if record.resolution else None,
            "created": moment(record.created),
            "updated": moment(record.updated),
            "subtasks": [self.brief(s) for s in subtasks],
            "issuelinks": [],
            "attachment": [self.attachment(a) for a in record.attachments],
            "comment": {
                "comments": comments,
                "self": self.link(f"issue/{record.id}/comment"),
                "maxResults": self.most,
                "total": len(record.comments),
                "startAt": 0,
            },
        }
        for field in self._catalogue.screen(record.project, record.type):
            if field.custom:
                value = record.custom.get(field.id)
                fields[field.id] = self.of_fields.value(field, record.project, value)
        if record.parent_id and record.parent_id in self._issues:
            fields["parent"] = self.brief(self._issues[record.parent_id])
        return fields

    def _system(self, name: str, record: IssueRecord) -> Any:
        return self.of_fields.value(self._catalogue.system[name], record.project, getattr(record, name))

    def cut_fields(self, record: IssueRecord) -> dict[str, Any]:
        """The few fields that a comment's webhook carries of its issue."""
        return {
            "summary": record.summary,
            "issuetype": self.issue_type(self._catalogue.types[record.type]),
            "project": self.project(self._catalogue.projects[record.project]),
            "assignee": self.user(record.assignee),
            "priority": self._system("priority", record),
            "status": self.status(record.status),
        }

    def issue(
        self,
        record: IssueRecord,
        fields: Sequence[str] = ("*all",),
        expand: Sequence[str] = (),
        properties: Sequence[str] = (),
    ) -> dict[str, Any]:
        """An issue with the wanted fields, expansions (changelog, transitions) and entity properties."""
        shape: dict[str, Any] = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": record.id,
            "self": self.link(f"issue/{record.id}"),
            "key": record.key,
            "fields": _wanted(self.fields(record), fields),
        }
        if properties:
            kept = record.properties
            shape["properties"] = {k: v for k, v in kept.items() if k in properties or "*all" in properties}
        if "changelog" in expand:
            newest_first = record.history[::-1][: self.most]
            shape["changelog"] = {
                "startAt": 0,
                "maxResults": self.most,
                "total": len(record.history),
                "histories": [self.entry(e) for e in newest_first],
            }
        if "transitions" in expand:
            shape["transitions"] = self.transitions(record)
        return shape


def _wanted(fields: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    chosen = {n for n in names if not n.startswith(("*", "-"))}
    if "*navigable" in names:
        chosen |= set(fields) - {"comment"}
    if "*all" in names or not any(not n.startswith("-") for n in names):
        chosen = set(fields)
    chosen -= {n[1:] for n in names if n.startswith("-")}
    return {name: value for name, value in fields.items() if name in chosen}
