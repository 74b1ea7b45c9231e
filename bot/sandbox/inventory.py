"""What the sandbox says about itself: projects, people, rights, and its service desks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bot.sandbox.catalogue import IssueType, Project
from bot.sandbox.records import Refused
from bot.sandbox.rest_answers import caller, signed_in, the_site

inventory = Blueprint("inventory", __name__)
desk = Blueprint("desk", __name__, url_prefix="/rest/servicedeskapi")

# What anybody on the staff may do here; customers may write comments, and only admins may administer anything.
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


@inventory.get("/project/<projectIdOrKey>")
def project_details(projectIdOrKey: str) -> ResponseReturnValue:
    """One project with its issue types and components."""
    project, shapes = _project(projectIdOrKey), the_site().shapes
    types = [shapes.issue_type(t) for t in project.types]
    return jsonify({**shapes.project(project), "issueTypes": types, "components": _components(project)})


@inventory.get("/project/<projectIdOrKey>/components")
def project_components(projectIdOrKey: str) -> ResponseReturnValue:
    """The components of one project."""
    return jsonify(_components(_project(projectIdOrKey)))


def _project(ref: str) -> Project:
    project = the_site().catalogue.project(ref)
    if project is None or caller() is None:
        raise Refused(404, f"No project could be found with key or id '{ref}'.")
    return project


def _components(project: Project) -> list[dict[str, Any]]:
    site = the_site()
    return site.shapes.of_fields.allowed(site.catalogue.system["components"], project.key)


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
        held = CUSTOMER_RIGHTS if account.customer else RIGHTS if account.admin else STAFF_RIGHTS
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
