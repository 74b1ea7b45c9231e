"""Reads from a delivery or a search result which issue to look at, and who caused it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.model.process import Office
from bot.core.model.roles import district_name
from bot.jira.json_values import Unreadable, account_of, as_id, as_label, as_list, as_object, project_prefix

UNNAMED = "unnamed"

_ISSUE_OF_COMMENT = re.compile(r"/issue/([1-9][0-9]{0,18})/comment/")

# These never raise, whatever the payload is.


def issue_of(payload: object) -> str | None:
    """The id of the issue to look at for a delivery, None where it names none; for a subtask, its parent's id."""
    body = as_object(payload)
    issue = _issue_in(body)
    fields = as_object(issue.get("fields"))
    if as_object(fields.get("issuetype")).get("subtask") in (True, "true"):
        parent = as_id(as_object(fields.get("parent")).get("id"))
        if parent:
            return parent
    return (
        as_id(issue.get("id"))
        or _issue_of_comment(as_object(body.get("comment")))
        or as_id(as_object(body.get("worklog")).get("issueId"))
    )


def event_of(payload: object) -> str:
    """The delivery's event ("jira:issue_updated"), or "unnamed" where it has none, as with Automation."""
    return as_label(as_object(payload).get("webhookEvent")) or UNNAMED


def author_of(payload: object) -> str | None:
    """The account that caused a delivery, None where it names none. Cloud's comment events name only an author."""
    body = as_object(payload)
    comment = as_object(body.get("comment"))
    for raw in (body.get("user"), comment.get("updateAuthor"), comment.get("author")):
        if account := account_of(as_object(raw)):
            return account
    return None


def project_of(payload: object) -> str | None:
    """The project key in a delivery, from the issue's fields or else its key; None where there is none."""
    issue = _issue_in(as_object(payload))
    named = as_label(as_object(as_object(issue.get("fields")).get("project")).get("key"))
    return named or project_prefix(issue.get("key"))


def type_of(payload: object) -> str:
    """The name of the issue's type in a delivery or an answer, empty where it has none."""
    fields = as_object(_issue_in(as_object(payload)).get("fields"))
    return str(as_object(fields.get("issuetype")).get("name") or "")


@dataclass(frozen=True)
class SearchHit:
    """One search result: which issue to look at, and a token that changes when the issue does."""

    look_at: str
    issue_id: str
    updated: str


def search_hit_of(raw: Mapping[str, Any]) -> SearchHit:
    """A search result with the fields parent, issuetype and updated; a subtask leads to its parent.

    Raises Unreadable where it has no id."""
    issue_id = as_id(raw.get("id"))
    if issue_id is None:
        raise Unreadable("Jira's search result has no readable id.")
    updated = str(as_object(raw.get("fields")).get("updated") or "")
    return SearchHit(issue_of(raw) or issue_id, issue_id, updated)


@dataclass(frozen=True)
class FoundTicket:
    """A ticket in a search result, with the ledger as the index has it; `district` is the district's name."""

    issue_id: str
    key: str
    project: str
    type: str
    district: str
    labels: frozenset[str]
    ledger: Any


def ticket_fields(offices: Iterable[Office]) -> list[str]:
    """The fields that `found_ticket_of` reads, whichever of the offices a ticket has."""
    districts = dict.fromkeys(office.district_field for office in offices if office.district_field)
    return ["project", "issuetype", "summary", "labels", *districts]


def found_ticket_of(
    raw: Mapping[str, Any], property_key: str, office_of: Callable[[str, str], Office]
) -> FoundTicket | None:
    """A search result with these fields and the entity property; None for a subtask, which has no ledger. `office_of`
    gives the office for a project and an issue type.

    Raises Unreadable where it has no id."""
    issue_id, fields = as_id(raw.get("id")), as_object(raw.get("fields"))
    if issue_id is None:
        raise Unreadable("Jira's search result has no readable id.")
    kind = as_object(fields.get("issuetype"))
    if kind.get("subtask") in (True, "true"):
        return None
    project, name = project_of(raw) or "", type_of(raw)
    summary = as_label(fields.get("summary")) or ""
    return FoundTicket(
        issue_id=issue_id,
        key=as_label(raw.get("key")) or issue_id,
        project=project,
        type=name,
        district=as_label(district_name(fields, summary, office_of(project, name))) or "",
        labels=frozenset(label for one in as_list(fields.get("labels")) if (label := as_label(one))),
        ledger=as_object(raw.get("properties")).get(property_key),
    )


def _issue_in(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body's issue; Automation's "issue data" is the issue itself, without an envelope."""
    if issue := as_object(body.get("issue")):
        return issue
    bare = not body.get("webhookEvent") and ("fields" in body or project_prefix(body.get("key")))
    return body if bare else {}


def _issue_of_comment(comment: Mapping[str, Any]) -> str | None:
    """The issue id in a comment's URL, the only place where Data Center's comment events have it."""
    address = comment.get("self")
    match = _ISSUE_OF_COMMENT.search(address) if isinstance(address, str) else None
    return match[1] if match else None
