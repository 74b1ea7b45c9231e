"""What the sandbox says about its fields: their kinds, the screens that hold them, and their options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bot.sandbox.field_types import WITH_OPTIONS, Field
from bot.sandbox.records import Refused
from bot.sandbox.rest_answers import caller, seen, signed_in, the_site

fields = Blueprint("fields", __name__)

# Jira's own fields without options, as far as the sandbox has them: id, name, type, and whether a screen holds it.
SYSTEM_FIELDS = (
    ("summary", "Summary", "string", True),
    ("description", "Description", "string", True),
    ("labels", "Labels", "array", True),
    ("duedate", "Due date", "date", True),
    ("assignee", "Assignee", "user", True),
    ("reporter", "Reporter", "user", True),
    ("status", "Status", "status", False),
    ("issuetype", "Issue Type", "issuetype", False),
    ("project", "Project", "project", False),
    ("resolution", "Resolution", "resolution", False),
)
LONGEST_PAGE = 100


@fields.get("/field")
def all_fields() -> ResponseReturnValue:
    """The fields of the site; to a stranger Jira's own only."""
    site = the_site()
    known = [*site.catalogue.system.values(), *(site.catalogue.fields.values() if caller() else ())]
    shown = [
        {"id": i, "key": i, "name": name, "custom": False, "schema": _schema(i, kind)}
        for i, name, kind, _ in SYSTEM_FIELDS
    ]
    shown += [
        {"id": f.id, "key": f.id, "name": f.name, "custom": f.custom, "schema": site.shapes.of_fields.schema(f)}
        for f in known
    ]
    return jsonify(shown)


@fields.get("/issue/<issueIdOrKey>/editmeta")
def edit_screen(issueIdOrKey: str) -> ResponseReturnValue:
    """The fields of an issue that the caller may edit; none for a customer."""
    record, account = seen(issueIdOrKey), caller()
    held = [] if account and account.customer else _screen(record.project, record.type, required=("summary",))
    return jsonify(fields={f["fieldId"]: {k: v for k, v in f.items() if k != "fieldId"} for f in held})


@fields.get("/issue/createmeta/<projectIdOrKey>/issuetypes/<issueTypeId>")
def create_screen(projectIdOrKey: str, issueTypeId: str) -> ResponseReturnValue:
    """The fields that an issue of a type is made with."""
    project = the_site().catalogue.project(projectIdOrKey)
    kind = next((t for t in project.types if t.id == issueTypeId), None) if project and caller() else None
    found: list[dict[str, Any]] = []
    if project is not None and kind is not None:
        framed = ("project", "issuetype", *(("parent",) if kind.subtask else ()))
        found = [_own(name, name.capitalize(), name, required=True) for name in framed]
        found += _screen(project.key, kind.name, required=("summary", "reporter"))
    return jsonify(fields=found, startAt=0, maxResults=len(found), total=len(found))


def _screen(project: str, issue_type: str, required: Sequence[str]) -> list[dict[str, Any]]:
    site = the_site()
    own = [_own(i, name, kind, i in required) for i, name, kind, editable in SYSTEM_FIELDS if editable]
    with site.lock:
        return own + [site.shapes.of_fields.on_screen(f, project) for f in site.catalogue.screen(project, issue_type)]


def _own(field_id: str, name: str, kind: str, required: bool) -> dict[str, Any]:
    return {
        "fieldId": field_id,
        "key": field_id,
        "name": name,
        "required": required,
        "hasDefaultValue": field_id == "reporter",  # the one who creates the issue
        "operations": ["add", "set", "remove"] if kind == "array" else ["set"],
        "schema": _schema(field_id, kind),
    }


def _schema(field_id: str, kind: str) -> dict[str, str]:
    return {"type": kind, "system": field_id} | ({"items": "string"} if kind == "array" else {})


@fields.get("/priority")
def priorities() -> ResponseReturnValue:
    """The priorities of the site."""
    signed_in()
    return jsonify(the_site().shapes.of_fields.allowed(the_site().catalogue.system["priority"], ""))


@fields.get("/field/<fieldId>/context")
def contexts(fieldId: str) -> ResponseReturnValue:
    """The contexts of a custom field, of which each has one here; for administrators, as on Cloud."""
    return _page([_context(_administered(fieldId))])


@fields.get("/field/<fieldId>/context/<contextId>/option")
def context_options(fieldId: str, contextId: str) -> ResponseReturnValue:
    """The options of a custom field in a context, a second level after the first; for administrators."""
    field = _administered(fieldId)
    if contextId != _context(field)["id"] or field.kind not in WITH_OPTIONS:
        raise Refused(404, "The custom field context was not found.")
    site = the_site()
    with site.lock:
        first = site.catalogue.options.of(site.catalogue.options_key(field, ""))
        shown = [{"id": o.id, "value": o.name, "disabled": False} for o in first]
        for above in first:
            second = site.catalogue.options.of(above.id)
            shown += [{"id": o.id, "value": o.name, "optionId": above.id, "disabled": False} for o in second]
    return _page(shown)


def _administered(field_id: str) -> Field:
    if not signed_in().admin:
        raise Refused(403, "Only administrators of this Jira may do that.")
    field = the_site().catalogue.fields.get(field_id)
    if field is None:
        raise Refused(404, "The custom field was not found.")
    return field


def _context(field: Field) -> dict[str, Any]:
    everywhere = not field.places
    return {
        "id": f"1{field.id.removeprefix('customfield_')}",
        "name": f"Context of {field.name}",
        "description": "",
        "isGlobalContext": everywhere,
        "isAnyIssueType": everywhere,
    }


def _page(values: list[dict[str, Any]]) -> ResponseReturnValue:
    start = max(0, request.args.get("startAt", 0, type=int))
    size = max(0, min(LONGEST_PAGE, request.args.get("maxResults", LONGEST_PAGE, type=int)))
    shown = values[start : start + size]
    last = start + len(shown) >= len(values)
    return jsonify(startAt=start, maxResults=size, total=len(values), isLast=last, values=shown)
