"""Jira's JSON into the core's types: the only module that knows the names of Jira's fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.issue import Change, Comment, Issue, Person, Subtask

StatusName = Callable[[str, str], str]  # (status id, name that Jira shows) -> name in the process file

UNNAMED = "unnamed"

_ID = re.compile(r"[1-9][0-9]{0,18}")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-[0-9]+")
_ISSUE_OF_COMMENT = re.compile(r"/issue/([1-9][0-9]{0,18})/comment/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_MILLISECONDS = re.compile(r"-?[0-9]{12,14}")


class Unreadable(Exception):
    """An answer of Jira whose shape cannot be understood; the message says in one sentence what was wrong."""


@dataclass(frozen=True)
class Transition:
    """A move that Jira offers from the issue's present status, and the status that it leads to."""

    id: str
    to_status_id: str
    to_name: str


# What a delivery is good for: which issue to look at. These functions never raise, whatever the JSON value.


def issue_of(payload: object) -> str | None:
    """The id of the issue that a delivery says to look at: its parent's where a subtask names its parent."""
    body = _object(payload)
    issue = _issue_in(body)
    fields = _object(issue.get("fields"))
    if _object(fields.get("issuetype")).get("subtask") in (True, "true"):
        parent = _id(_object(fields.get("parent")).get("id"))
        if parent:
            return parent
    return (
        _id(issue.get("id"))
        or _issue_of_comment(_object(body.get("comment")))
        or _id(_object(body.get("worklog")).get("issueId"))
    )


def event_of(payload: object) -> str:
    """The delivery's event ("jira:issue_updated"), or "unnamed" where it tells none, as Automation's do."""
    return _label(_object(payload).get("webhookEvent")) or UNNAMED


def author_of(payload: object) -> str | None:
    """The account whose act a delivery tells of. Cloud's comment events have no `user`, only an author."""
    body = _object(payload)
    comment = _object(body.get("comment"))
    for raw in (body.get("user"), comment.get("updateAuthor"), comment.get("author")):
        if account := _account(_object(raw)):
            return account
    return None


def project_of(payload: object) -> str | None:
    """The key of the project that a delivery names, from the issue's fields or else from its key."""
    issue = _issue_in(_object(payload))
    named = _label(_object(_object(issue.get("fields")).get("project")).get("key"))
    return named or _prefix(issue.get("key"))


# What the gateway reads. These raise Unreadable where a part that must be there is not.


def person(raw: object) -> Person | None:
    """A user of Cloud (`accountId`) or of Data Center (`key`, else `name`); None where nobody is named."""
    user = _object(raw)
    account = _account(user)
    if account is None:
        return None
    name = _label(user.get("displayName")) or _label(user.get("name")) or account
    return Person(account, name, _label(user.get("accountType")) or "atlassian")


def parse_moment(value: object) -> datetime:
    """A moment of Jira's in UTC: ISO 8601 with an offset (also "+0700") or "Z", or milliseconds since 1970.

    Raises Unreadable for anything else, a moment without an offset among it."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return _EPOCH + timedelta(milliseconds=value)
        if isinstance(value, str) and _EPOCH_MILLISECONDS.fullmatch(value):
            return _EPOCH + timedelta(milliseconds=int(value))
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
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

    `people_fields` are the user fields that name outside people, one or several each; `more_changes` and
    `more_comments` are raw entries of further pages; what came twice counts once.
    Raises Unreadable where id, key, status or a moment is missing or broken."""
    issue_id, key = _required_id(raw), _required(raw.get("key"), "an issue", "key")
    fields = _object(raw.get("fields"))
    issue_type, project = _object(fields.get("issuetype")), _object(fields.get("project"))
    parent = _id(_object(fields.get("parent")).get("id")) if issue_type.get("subtask") is True else None
    named = (fields.get(name) for name in people_fields)
    people = (person(one) for value in named for one in (value if isinstance(value, list) else [value]))
    return Issue(
        id=issue_id,
        key=key,
        project=_label(project.get("key")) or _prefix(key) or "",
        type=str(issue_type.get("name") or ""),
        status=_status(fields.get("status"), status_name, key),
        summary=str(fields.get("summary") or ""),
        created=parse_moment(fields.get("created")),
        reporter=person(fields.get("reporter")),
        participants=tuple(one for one in people if one),
        labels=tuple(str(label) for label in _list(fields.get("labels"))),
        fields=fields,
        changes=_changes(raw, more_changes or (), status_name),
        comments=_comments(raw, more_comments or ()),
        subtasks=tuple(_brief_subtask(one, status_name) for one in _list(fields.get("subtasks"))),
        ledger=_object(raw.get("properties")).get(property_key),
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
        whole="changelog" in raw and "comment" in _object(raw.get("fields")),
        changes=_changes(raw, more_changes or (), status_name),
        comments=_comments(raw, more_comments or ()),
    )


def changes_missing(raw: Mapping[str, Any]) -> bool:
    """Whether the embedded changelog holds less than all entries, so that its own pages must be read."""
    return _missing(raw.get("changelog"), "histories")


def comments_missing(raw: Mapping[str, Any]) -> bool:
    """Whether the embedded comments are fewer than the issue has, so that their own pages must be read."""
    return _missing(_object(raw.get("fields")).get("comment"), "comments")


def transitions_of(raw: Mapping[str, Any]) -> tuple[Transition, ...]:
    """The moves that Jira offers, from GET issue with `expand=transitions` or from GET transitions."""
    found = []
    for one in map(_object, _list(raw.get("transitions"))):
        to = _object(one.get("to"))
        if one.get("id") is not None and to.get("id") is not None:
            found.append(Transition(str(one["id"]), str(to["id"]), str(to.get("name") or "")))
    return tuple(found)


@dataclass(frozen=True)
class Hit:
    """One issue that a search showed: which issue to look at, and a token that changes when the issue does."""

    look_at: str
    issue_id: str
    updated: str


def hit_of(raw: Mapping[str, Any]) -> Hit:
    """A search result with the fields parent, issuetype and updated; a subtask leads to its parent.

    Raises Unreadable where it has no id."""
    issue_id = _required_id(raw)
    updated = str(_object(raw.get("fields")).get("updated") or "")
    return Hit(issue_of(raw) or issue_id, issue_id, updated)


# Parts of both.


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _id(value: object) -> str | None:
    """Digits only, because an id becomes a part of an address; an int beyond any id of Jira's is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value < 10**19 else None
    text = value.strip() if isinstance(value, str) else ""
    return text if _ID.fullmatch(text) else None


def _label(value: object) -> str | None:
    """A short printable text. A NUL or half a surrogate pair would be refused by the database."""
    if not isinstance(value, str) or not value:
        return None
    return "".join(char if char.isprintable() else "?" for char in value[:255])


def _prefix(key: object) -> str | None:
    match = _KEY.fullmatch(key) if isinstance(key, str) else None
    return match[1] if match else None


def _account(user: Mapping[str, Any]) -> str | None:
    return _label(user.get("accountId")) or _label(user.get("key")) or _label(user.get("name"))


def _issue_in(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body's issue; Automation's "issue data" is the issue itself, without an envelope."""
    if issue := _object(body.get("issue")):
        return issue
    bare = not body.get("webhookEvent") and ("fields" in body or _prefix(body.get("key")))
    return body if bare else {}


def _issue_of_comment(comment: Mapping[str, Any]) -> str | None:
    """Data Center's comment events name their issue nowhere but in the comment's address."""
    address = comment.get("self")
    match = _ISSUE_OF_COMMENT.search(address) if isinstance(address, str) else None
    return match[1] if match else None


def _required(value: object, where: str, what: str) -> str:
    if isinstance(value, str) and value:
        return value
    raise Unreadable(f"Jira's answer about {where} has no readable {what}.")


def _required_id(raw: Mapping[str, Any]) -> str:
    return _required(_id(raw.get("id")), str(raw.get("key") or "an issue"), "id")


def _status(raw: object, status_name: StatusName, where: str) -> str:
    status = _object(raw)
    if status.get("id") is None:
        raise Unreadable(f"Jira's answer about {where} has no readable status.")
    return status_name(str(status["id"]), str(status.get("name") or ""))


def _brief_subtask(raw: object, status_name: StatusName) -> Subtask:
    subtask = _object(raw)
    fields = _object(subtask.get("fields"))
    key = _required(subtask.get("key"), "a subtask", "key")
    status = _status(fields.get("status"), status_name, key)
    return Subtask(_required_id(subtask), key, str(fields.get("summary") or ""), status)


def _missing(page: object, entries: str) -> bool:
    if not isinstance(page, Mapping):
        return True
    total = page.get("total")
    return isinstance(total, int) and total > len(_list(page.get(entries)))


def _once(entries: Iterable[object]) -> dict[str, Mapping[str, Any]]:
    """The entries by id: pages overlap where somebody writes meanwhile; the later reading counts."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in map(_object, entries):
        found[_required(_id(entry.get("id")), "a history", "id of an entry")] = entry
    return found


def _changes(raw: Mapping[str, Any], more: Iterable[Mapping[str, Any]], status_name: StatusName) -> tuple[Change, ...]:
    """One Change per item, oldest first; items of one entry keep their order."""
    histories = _once([*_list(_object(raw.get("changelog")).get("histories")), *more])
    found = []
    for entry_id, entry in histories.items():
        at, author = parse_moment(entry.get("created")), person(entry.get("author"))
        for item in map(_object, _list(entry.get("items"))):
            name = _field(item)
            # What an issue was created with is written as a change from nothing, and is no transition.
            if name != "status" or item.get("from") is not None:
                found.append(Change(entry_id, at, author, name, *_old_and_new(name, item, status_name)))
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
    if name == "duedate":  # the words are "2026-01-13 00:00:00.0"; the values are ISO dates
        return old_id or old, new_id or new
    return (old_id if old is None else old), (new_id if new is None else new)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _comments(raw: Mapping[str, Any], more: Iterable[Mapping[str, Any]]) -> tuple[Comment, ...]:
    """The comments, oldest first."""
    page = _object(_object(raw.get("fields")).get("comment"))
    found = [_comment(one_id, one) for one_id, one in _once([*_list(page.get("comments")), *more]).items()]
    return tuple(sorted(found, key=lambda comment: (comment.created, int(comment.id))))


def _comment(comment_id: str, raw: Mapping[str, Any]) -> Comment:
    body = raw.get("body")
    if body is not None and not isinstance(body, str):
        raise Unreadable(f"The body of comment {comment_id} is not a text; read it through REST version 2.")
    created = parse_moment(raw.get("created"))
    updated = raw.get("updated")
    public = raw.get("jsdPublic")
    return Comment(
        id=comment_id,
        author=person(raw.get("author")),
        created=created,
        updated=created if updated is None else parse_moment(updated),
        body=body or "",
        # Where Jira does not say (Data Center without JSM), a restricted comment is none of the customer's.
        public=public if isinstance(public, bool) else not raw.get("visibility"),
    )
