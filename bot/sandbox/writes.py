"""The writing half of the sandbox's REST API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from bot.sandbox import field_checks, rest_answers
from bot.sandbox.accounts import Account
from bot.sandbox.records import IssueRecord, Refused
from bot.sandbox.rest_answers import seen, signed_in, the_site, writing

MOST_CREATED = 50
writes = Blueprint("writes", __name__)


@writes.post("/issue")
def create_issue() -> ResponseReturnValue:
    """Make one issue."""
    account, update = signed_in(), rest_answers.body()
    _count_parents([update])
    return jsonify(_created(_create(account, update))), 201


@writes.post("/issue/bulk")
def create_issues() -> ResponseReturnValue:
    """Make up to 50 issues: 201 if any could be made, 400 only if none could."""
    account, updates = signed_in(), rest_answers.body().get("issueUpdates")
    if not isinstance(updates, list) or not 1 <= len(updates) <= MOST_CREATED:
        raise Refused(400, f"issueUpdates must list 1 to {MOST_CREATED} issues.")
    _count_parents(updates)
    issues, errors = [], []
    for number, update in enumerate(updates):
        try:
            issues.append(_created(_create(account, update)))
        except Refused as refused:
            errors.append({"status": refused.status, "elementErrors": refused.body(), "failedElementNumber": number})
    return jsonify(issues=issues, errors=errors), 201 if issues else 400


def _count_parents(updates: list[Any]) -> None:
    # A bulk create is one write of each parent, however many subtasks it makes.
    parents = set()
    for update in updates:
        parent = _fields(update).get("parent")
        if isinstance(parent, Mapping):
            found = the_site().find(str(parent.get("id") or parent.get("key") or ""))
            parents |= {found.id} if found else set()
    for parent_id in parents:
        g.issue_id = parent_id
        the_site().limits.count(parent_id)


def _fields(update: Any) -> Mapping[str, Any]:
    fields = update.get("fields") if isinstance(update, Mapping) else None
    return fields if isinstance(fields, Mapping) else {}


def _create(account: Account, update: Any) -> IssueRecord:
    properties = field_checks.properties(update.get("properties") if isinstance(update, Mapping) else None)
    return the_site().create(account, _fields(update), properties)


def _created(record: IssueRecord) -> dict[str, str]:
    return {"id": record.id, "key": record.key, "self": the_site().shapes.link(f"issue/{record.id}")}


@writes.put("/issue/<issueIdOrKey>")
def edit_issue(issueIdOrKey: str) -> ResponseReturnValue:
    """Set fields and properties."""
    account, record = writing(issueIdOrKey)
    sent = rest_answers.body()
    if sent.get("fields") is None and sent.get("update") is None:
        raise Refused(400, "one of 'fields' or 'update' required")  # also where only properties are to be set
    fields, update = sent.get("fields") or {}, sent.get("update") or {}
    if not isinstance(fields, Mapping) or not isinstance(update, Mapping):
        raise Refused(400, "'fields' and 'update' must be objects.")
    properties = field_checks.properties(sent.get("properties"))
    the_site().edit(account, record, fields, operations=update, properties=properties)
    return "", 204


@writes.delete("/issue/<issueIdOrKey>")
def delete_issue(issueIdOrKey: str) -> ResponseReturnValue:
    """Delete an issue; with subtasks only where `deleteSubtasks=true`."""
    account, record = writing(issueIdOrKey)
    subtasks = request.args.get("deleteSubtasks") == "true"
    the_site().delete_issue(account, record, subtasks=subtasks)
    return "", 204


@writes.post("/issue/<issueIdOrKey>/transitions")
def do_transition(issueIdOrKey: str) -> ResponseReturnValue:
    """Move an issue by the id of a transition that exists from its present status."""
    account, record = writing(issueIdOrKey)
    sent = rest_answers.body()
    if sent.get("fields") or sent.get("update"):
        raise Refused(400, "The sandbox has no transition screens, so no fields can be set on the way.")
    transition = sent.get("transition")
    if not isinstance(transition, Mapping) or "id" not in transition:
        raise Refused(400, "Missing 'transition' identifier")
    the_site().transition_by_id(account, record, str(transition["id"]))
    return "", 204


@writes.post("/issue/<issueIdOrKey>/comment")
def add_comment(issueIdOrKey: str) -> ResponseReturnValue:
    """Write a comment, public unless its properties say internal."""
    account, record = writing(issueIdOrKey)
    sent = rest_answers.body()
    properties = field_checks.properties(sent.get("properties"))
    body = field_checks.comment_body(sent.get("body"))
    comment = the_site().comment(account, record, body, properties=properties)
    return jsonify(the_site().shapes.comment(record, comment)), 201


@writes.put("/issue/<issueIdOrKey>/comment/<id>")
def edit_comment(issueIdOrKey: str, id: str) -> ResponseReturnValue:
    """Change a comment's words."""
    account, record = writing(issueIdOrKey)
    _own_comment(record, id)
    comment = the_site().edit_comment(account, id, field_checks.comment_body(rest_answers.body().get("body")))
    return jsonify(the_site().shapes.comment(record, comment))


@writes.delete("/issue/<issueIdOrKey>/comment/<id>")
def delete_comment(issueIdOrKey: str, id: str) -> ResponseReturnValue:
    """Delete a comment."""
    account, record = writing(issueIdOrKey)
    _own_comment(record, id)
    the_site().delete_comment(account, id)
    return "", 204


def _own_comment(record: IssueRecord, comment_id: str) -> None:
    if comment_id not in {c.id for c in record.comments}:
        raise Refused(404, f"Can not find a comment for the id: {comment_id}.")


@writes.put("/issue/<issueIdOrKey>/properties/<propertyKey>")
def set_property(issueIdOrKey: str, propertyKey: str) -> ResponseReturnValue:
    """Set one entity property of an issue: 201 if it is new, 200 if it was there."""
    account, record = writing(issueIdOrKey)
    value = field_checks.property_value(request.get_json(silent=True, force=True))
    the_site().edit(account, record, properties={propertyKey: value})
    return "", 200 if propertyKey in record.properties else 201


@writes.put("/comment/<commentId>/properties/<propertyKey>")
def set_comment_property(commentId: str, propertyKey: str) -> ResponseReturnValue:
    """Set one entity property of a comment: 201 if it is new, 200 if it was there."""
    account = signed_in()
    record, _ = the_site().comment_of(commentId)
    the_site().limits.count(seen(record.id).id)
    value = field_checks.property_value(request.get_json(silent=True, force=True))
    new = the_site().set_comment_property(account, commentId, propertyKey, value)
    return "", 201 if new else 200
