"""Converts Jira's JSON to the core's types; the only module that knows the names of Jira's fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.model.issue import Attachment, Change, Comment, Issue, Person, Subtask
from bot.jira.json_values import Unreadable, account_of, as_id, as_label, as_list, as_object, project_prefix

StatusName = Callable[[str, str], str]  # (status id, name that Jira shows) -> name in the process file

INTERNAL = "sd.public.comment"  # the comment property by which JSM hides a comment from the customer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1970, 2200)  # no calendar covers other years
_EPOCH_MILLISECONDS = re.compile(r"-?[0-9]{12,14}")


@dataclass(frozen=True)
class Transition:
    """A transition that Jira offers from the issue's current status, and the status it leads to."""

    id: str
    to_status_id: str
    to_name: str


# What the gateway reads. These raise Unreadable where a required part is missing.


def person(raw: object) -> Person | None:
    """A user of Cloud (`accountId`) or of Data Center (`key`, else `name`); None where it is neither."""
    user = as_object(raw)
    account = account_of(user)
    if account is None:
        return None
    name = as_label(user.get("displayName")) or as_label(user.get("name")) or account
    return Person(account, name, as_label(user.get("accountType")) or "atlassian")


def parse_moment(value: object) -> datetime:
    """A moment of Jira's in UTC: ISO 8601 with an offset (also "+0700") or "Z", or milliseconds since 1970.

    Raises Unreadable for anything else, including a moment without an offset."""
    moment = None
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            moment = _EPOCH + timedelta(milliseconds=value)
        elif isinstance(value, str) and _EPOCH_MILLISECONDS.fullmatch(value):
            moment = _EPOCH + timedelta(milliseconds=int(value))
        elif isinstance(value, str):
            read = datetime.fromisoformat(value)
            moment = read.astimezone(UTC) if read.tzinfo is not None else None
    except (ValueError, OverflowError):
        pass
    if moment is not None and moment.year in _YEARS:
        return moment
    raise Unreadable(f"Jira gave {value!r:.60} where a moment with an offset was expected.")


def issue_from(
    raw: Mapping[str, Any],
    *,
    status_name: StatusName,
    property_key: str,
    people_fields: Iterable[str] = (),
    more_changes: Iterable[Mapping[str, Any]] | None = None,
    more_comments: Iterable[Mapping[str, Any]] | None = None,
) -> Issue:
    """The whole issue from GET issue with `expand=changelog`, all fields and the property `property_key`.

    `people_fields` are user fields with people outside the staff, one or several each; `more_changes` and
    `more_comments` are raw entries of further pages; duplicates count once.
    Raises Unreadable where id, key, status or a moment is missing or broken."""
    issue_id, key = _required_id(raw), _required(raw.get("key"), "an issue", "key")
    fields = as_object(raw.get("fields"))
    issue_type, project = as_object(fields.get("issuetype")), as_object(fields.get("project"))
    parent = as_id(as_object(fields.get("parent")).get("id")) if issue_type.get("subtask") is True else None
    named = (fields.get(name) for name in people_fields)
    people = (person(one) for value in named for one in (value if isinstance(value, list) else [value]))
    return Issue(
        id=issue_id,
        key=key,
        project=as_label(project.get("key")) or project_prefix(key) or "",
        type=str(issue_type.get("name") or ""),
        status=_status(fields.get("status"), status_name, key),
        summary=str(fields.get("summary") or ""),
        created=parse_moment(fields.get("created")),
        reporter=person(fields.get("reporter")),
        participants=tuple(one for one in people if one),
        labels=tuple(str(label) for label in as_list(fields.get("labels"))),
        fields=fields,
        changes=_changes(raw, more_changes or (), status_name),
        comments=_comments(raw, more_comments or ()),
        attachments=_attachments(fields.get("attachment")),
        subtasks=tuple(_brief_subtask(one, status_name) for one in as_list(fields.get("subtasks"))),
        ledger=as_object(raw.get("properties")).get(property_key),
        parent_id=parent,
        service_desk=project.get("projectTypeKey") == "service_desk",
    )


def subtask_from(
    raw: Mapping[str, Any],
    *,
    status_name: StatusName,
    more_changes: Iterable[Mapping[str, Any]] | None = None,
    more_comments: Iterable[Mapping[str, Any]] | None = None,
) -> Subtask:
    """A subtask with its own history, from bulkfetch with `expand: [changelog]` and the fields summary,
    status, comment; `whole` only where changelog and comments came. Raises Unreadable like `issue_from`."""
    brief = _brief_subtask(raw, status_name)
    return Subtask(
        id=brief.id,
        key=brief.key,
        summary=brief.summary,
        status=brief.status,
        whole="changelog" in raw and "comment" in as_object(raw.get("fields")),
        changes=_changes(raw, more_changes or (), status_name),
        comments=_comments(raw, more_comments or ()),
    )


def changes_missing(raw: Mapping[str, Any], most: int | None = None) -> bool:
    """Whether the embedded changelog may be incomplete, so that its own pages must be read. `most` is the most entries
    that Jira embeds: exactly that many may be all, or the newest of more."""
    if most is not None and len(as_list(as_object(raw.get("changelog")).get("histories"))) >= most:
        return True
    return _missing(raw.get("changelog"), "histories")


def comments_missing(raw: Mapping[str, Any]) -> bool:
    """Whether the embedded comments are incomplete, so that their own pages must be read."""
    return _missing(as_object(raw.get("fields")).get("comment"), "comments")


def audience_unknown(raw: Mapping[str, Any]) -> bool:
    """Whether Jira does not say for some embedded comment if the customer can read it."""
    comments = as_list(as_object(as_object(raw.get("fields")).get("comment")).get("comments"))
    return any(not isinstance(as_object(one).get("jsdPublic"), bool) for one in comments)


def transitions_of(raw: Mapping[str, Any]) -> tuple[Transition, ...]:
    """The transitions that Jira offers, from GET issue with `expand=transitions` or from GET transitions."""
    found = []
    for one in map(as_object, as_list(raw.get("transitions"))):
        to = as_object(one.get("to"))
        if one.get("id") is not None and to.get("id") is not None:
            found.append(Transition(str(one["id"]), str(to["id"]), str(to.get("name") or "")))
    return tuple(found)


# Shared by both.


def _required(value: object, where: str, what: str) -> str:
    if isinstance(value, str) and value:
        return value
    raise Unreadable(f"Jira's answer about {where} has no readable {what}.")


def _required_id(raw: Mapping[str, Any]) -> str:
    return _required(as_id(raw.get("id")), str(raw.get("key") or "an issue"), "id")


def _status(raw: object, status_name: StatusName, where: str) -> str:
    status = as_object(raw)
    if status.get("id") is None:
        raise Unreadable(f"Jira's answer about {where} has no readable status.")
    return status_name(str(status["id"]), str(status.get("name") or ""))


def _brief_subtask(raw: object, status_name: StatusName) -> Subtask:
    subtask = as_object(raw)
    fields = as_object(subtask.get("fields"))
    key = _required(subtask.get("key"), "a subtask", "key")
    status = _status(fields.get("status"), status_name, key)
    return Subtask(_required_id(subtask), key, str(fields.get("summary") or ""), status)


def _missing(page: object, entries: str) -> bool:
    if not isinstance(page, Mapping):
        return True
    total = page.get("total")
    return isinstance(total, int) and total > len(as_list(page.get(entries)))


def _once(entries: Iterable[object]) -> dict[str, Mapping[str, Any]]:
    """The entries by id. Pages overlap when somebody writes meanwhile; the later copy counts."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in map(as_object, entries):
        found[_required(as_id(entry.get("id")), "a history", "id of an entry")] = entry
    return found


def _changes(raw: Mapping[str, Any], more: Iterable[Mapping[str, Any]], status_name: StatusName) -> tuple[Change, ...]:
    """One Change per item, oldest first; items of one entry keep their order."""
    histories = _once([*as_list(as_object(raw.get("changelog")).get("histories")), *more])
    found = []
    for entry_id, entry in histories.items():
        at, author = parse_moment(entry.get("created")), person(entry.get("author"))
        for item in map(as_object, as_list(entry.get("items"))):
            name = _field(item)
            # The status at creation is recorded as a change from nothing, and is not a transition.
            if name != "status" or item.get("from") is not None:
                ids = _text(item.get("from")), _text(item.get("to"))
                found.append(Change(entry_id, at, author, name, *_old_and_new(name, item, status_name), *ids))
    return tuple(sorted(found, key=lambda change: (change.at, int(change.id))))  # the sort is stable


def _field(item: Mapping[str, Any]) -> str:
    """`field` is a display name ("Status" on creation, other words in other languages), so the id goes first;
    Data Center gives no id. A custom field may be called Status too: only Jira's own are folded."""
    name = str(item.get("fieldId") or "")
    if name:
        return name
    shown = str(item.get("field") or "")
    return shown.casefold() if item.get("fieldtype") == "jira" else shown


def _old_and_new(name: str, item: Mapping[str, Any], status_name: StatusName) -> tuple[str | None, str | None]:
    old_id, old = _text(item.get("from")), _text(item.get("fromString"))
    new_id, new = _text(item.get("to")), _text(item.get("toString"))
    if name == "status":
        return status_name(old_id or "", old or ""), status_name(new_id or "", new or "")
    if name == "duedate":  # the strings are "2026-01-13 00:00:00.0"; the values are ISO dates
        return old_id or old, new_id or new
    return (old_id if old is None else old), (new_id if new is None else new)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _comments(raw: Mapping[str, Any], more: Iterable[Mapping[str, Any]]) -> tuple[Comment, ...]:
    """The comments, oldest first."""
    page = as_object(as_object(raw.get("fields")).get("comment"))
    found = [_comment(one_id, one) for one_id, one in _once([*as_list(page.get("comments")), *more]).items()]
    return tuple(sorted(found, key=lambda comment: (comment.created, int(comment.id))))


def _attachments(raw: object) -> tuple[Attachment, ...]:
    """The files on an issue, oldest first."""
    found = [
        Attachment(
            id=_required(as_id(one.get("id")), "an issue", "id of an attachment"),
            name=str(one.get("filename") or ""),
            kind=str(one.get("mimeType") or ""),
            author=person(one.get("author")),
            created=parse_moment(one.get("created")),
        )
        for one in map(as_object, as_list(raw))
    ]
    return tuple(sorted(found, key=lambda file: (file.created, int(file.id))))


def _comment(comment_id: str, raw: Mapping[str, Any]) -> Comment:
    body = raw.get("body")
    if body is not None and not isinstance(body, str):
        raise Unreadable(f"The body of comment {comment_id} is not a text; read it through REST version 2.")
    created, author = parse_moment(raw.get("created")), person(raw.get("author"))
    editor, updated = person(raw.get("updateAuthor")), raw.get("updated")
    # Removing something from someone else's comment is not saying it again: only the author's own edits count.
    own = editor is None or author is None or editor.id == author.id
    return Comment(
        id=comment_id,
        author=author,
        created=created,
        updated=created if updated is None or not own else parse_moment(updated),
        body=body or "",
        public=_public(raw),
    )


def _public(raw: Mapping[str, Any]) -> bool:
    """Whether the customer can read a comment: Cloud says so; on Data Center a property makes a comment internal.
    Without a service desk, customers cannot read comments with restricted visibility."""
    said = raw.get("jsdPublic")
    if isinstance(said, bool):
        return said
    for one in map(as_object, as_list(raw.get("properties"))):
        if one.get("key") == INTERNAL:
            return as_object(one.get("value")).get("internal") is not True
    return not raw.get("visibility")
