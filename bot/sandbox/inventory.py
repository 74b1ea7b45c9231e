"""What the sandbox says about itself: fields, screens, projects, people, rights, and its service desks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bot.sandbox.catalogue import IssueType, Project
from bot.sandbox.records import Refused
from bot.sandbox.rest_answers import caller, seen, signed_in, the_site

inventory = Blueprint("inventory", __name__)
desk = Blueprint("desk", __name__, url_prefix="/rest/servicedeskapi")

# Jira's own fields, as far as the sandbox has them: id, name, type, and whether the edit screen holds it.
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
CUSTOM_TYPES = {"user": "user", "users": "array", "text": "string", "date": "date"}
# What anybody on the staff may do here; customers may write comments, and nobody may administer anything.
STAFF_RIGHTS = frozenset(
    {
        "BROWSE_PROJECTS",
        "CREATE_ISSUES",
        "EDIT_ISSUES",
        "TRANSITION_ISSUES",
        "ADD_COMMENTS",
        "DELETE_OWN_COMMENTS",
        "EDIT_OWN_COMMENTS",
        "SCHEDULE_ISSUES",
        "ASSIGN_ISSUES",
        "RESOLVE_ISSUES",
        "SERVICEDESK_AGENT",
    }
)
RIGHTS = STAFF_RIGHTS | {"ADMINISTER_PROJECTS", "DELETE_ALL_COMMENTS", "ADMINISTER"}
CUSTOMER_RIGHTS = frozenset({"BROWSE_PROJECTS", "ADD_COMMENTS"})


@inventory.get("/field")
def fields() -> ResponseReturnValue:
    """The fields of the site; to a stranger Jira's own only."""
    known = the_site().catalogue.fields.values() if caller() else ()
    shown = [
        {"id": i, "key": i, "name": name, "custom": False, "schema": {"type": kind, "system": i}}
        for i, name, kind, _ in SYSTEM_FIELDS
    ]
    shown += [
        {"id": f.id, "key": f.id, "name": f.name, "custom": True, "schema": {"type": CUSTOM_TYPES[f.kind]}}
        for f in known
    ]
    return jsonify(shown)


@inventory.get("/issue/<issueIdOrKey>/editmeta")
def edit_screen(issueIdOrKey: str) -> ResponseReturnValue:
    """The fields of an issue that the caller may edit; none for a customer."""
    seen(issueIdOrKey)
    account = caller()
    shown = {} if account and account.customer else {f["fieldId"]: f for f in _screen(required=("summary",))}
    return jsonify(fields={i: {k: v for k, v in f.items() if k != "fieldId"} for i, f in shown.items()})


@inventory.get("/issue/createmeta/<projectIdOrKey>/issuetypes/<issueTypeId>")
def create_screen(projectIdOrKey: str, issueTypeId: str) -> ResponseReturnValue:
    """The fields that an issue of a type is made with."""
    project = the_site().catalogue.project(projectIdOrKey)
    kind = next((t for t in project.types if t.id == issueTypeId), None) if project and caller() else None
    found: list[dict[str, Any]] = []
    if kind is not None:
        framed = ("project", "issuetype", *(("parent",) if kind.subtask else ()))
        found = [_field(name, name.capitalize(), name, required=True) for name in framed]
        found += _screen(required=("summary", "reporter"))
    return jsonify(fields=found, startAt=0, maxResults=len(found), total=len(found))


def _screen(required: Sequence[str]) -> list[dict[str, Any]]:
    custom = the_site().catalogue.fields.values()
    own = [_field(i, name, kind, i in required) for i, name, kind, editable in SYSTEM_FIELDS if editable]
    return own + [_field(f.id, f.name, CUSTOM_TYPES[f.kind], required=False) for f in custom]


def _field(field_id: str, name: str, kind: str, required: bool) -> dict[str, Any]:
    return {
        "fieldId": field_id,
        "key": field_id,
        "name": name,
        "required": required,
        "hasDefaultValue": field_id == "reporter",  # the one who creates the issue
        "operations": ["set"],
        "schema": {"type": kind} if field_id.startswith("customfield_") else {"type": kind, "system": field_id},
    }


@inventory.get("/project/<projectIdOrKey>")
def project_details(projectIdOrKey: str) -> ResponseReturnValue:
    """One project with its issue types; the sandbox has no components."""
    project = the_site().catalogue.project(projectIdOrKey)
    if project is None or caller() is None:
        raise Refused(404, f"No project could be found with key or id '{projectIdOrKey}'.")
    shapes = the_site().shapes
    types = [shapes.issue_type(t) for t in project.types]
    return jsonify({**shapes.project(project), "issueTypes": types, "components": []})


@inventory.get("/mypermissions")
def my_permissions() -> ResponseReturnValue:
    """Which of the wanted rights the caller has."""
    wanted = [name for name in request.args.get("permissions", "").split(",") if name]
    if not wanted or not RIGHTS.issuperset(wanted):
        raise Refused(400, "Permissions must be named, and each must be one that exists.")
    project = request.args.get("projectKey")
    if project is not None and the_site().catalogue.project(project) is None:
        raise Refused(404, f"No project could be found with key '{project}'.")
    account = caller()
    held: frozenset[str] = frozenset()
    if account is not None:
        held = CUSTOMER_RIGHTS if account.customer else STAFF_RIGHTS
    return jsonify(permissions={n: {"key": n, "type": "PROJECT", "havePermission": n in held} for n in wanted})


@inventory.get("/user")
def user() -> ResponseReturnValue:
    """One account by its id; for staff."""
    if signed_in().customer:
        raise Refused(403, "You do not have permission to browse users.")
    found = the_site().people.get(request.args.get("accountId", ""))
    if found is None:
        raise Refused(404, "The user named does not exist, or you do not have permission to see it.")
    return jsonify(the_site().shapes.user(found))


@desk.get("/servicedesk")
def desks() -> ResponseReturnValue:
    """Every service desk, by pages."""
    signed_in()
    projects = the_site().catalogue.projects.values()
    return _page([_desk(number, project) for number, project in enumerate(projects, 1)])


@desk.get("/servicedesk/<serviceDeskId>/queue")
def queues(serviceDeskId: str) -> ResponseReturnValue:
    """The queues of a desk; for its agents."""
    _, project = _desk_of(serviceDeskId)
    if signed_in().customer:
        raise Refused(403, "You need to be an agent of this service desk to do that.")
    jql = f'project = "{project.key}" AND resolution = Unresolved'
    return _page([{"id": "1", "name": "All open", "jql": jql, "fields": ["issuekey", "summary", "duedate"]}])


@desk.get("/servicedesk/<serviceDeskId>/requesttype")
def request_types(serviceDeskId: str) -> ResponseReturnValue:
    """What customers can ask of a desk: one request type for each issue type."""
    number, project = _desk_of(serviceDeskId)
    return _page([_request_type(number, kind) for kind in project.types if not kind.subtask])


def _desk(number: int, project: Project) -> dict[str, Any]:
    return {"id": str(number), "projectId": project.id, "projectKey": project.key, "projectName": project.name}


def _request_type(number: int, kind: IssueType) -> dict[str, Any]:
    shown = {"id": f"1{kind.id}", "name": kind.name, "description": "", "issueTypeId": kind.id}
    return {**shown, "serviceDeskId": str(number), "portalId": str(number), "groupIds": ["1"]}


def _desk_of(ref: str) -> tuple[int, Project]:
    signed_in()
    for number, project in enumerate(the_site().catalogue.projects.values(), 1):
        if ref == str(number):
            return number, project
    raise Refused(404, "The service desk does not exist.")


def _page(values: list[dict[str, Any]]) -> ResponseReturnValue:
    start, limit = max(0, request.args.get("start", 0, type=int)), request.args.get("limit", 50, type=int)
    shown = values[start : start + max(0, limit)]
    last = start + len(shown) >= len(values)
    return jsonify(size=len(shown), start=start, limit=limit, isLastPage=last, values=shown)


def _refused(refused: Refused) -> ResponseReturnValue:
    # A service desk words its errors otherwise than the rest of Jira.
    message = str(refused)
    shape = {"errorMessage": message, "i18nErrorMessage": {"i18nKey": "sandbox", "parameters": []}}
    return jsonify(shape), refused.status, refused.headers


desk.register_error_handler(Refused, cast("Callable[[Exception], ResponseReturnValue]", _refused))
