"""Checks of a project: whether it exists, what the bot may do in it, and how customers reach it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.model.process import Process
from bot.doctor.rows import Questions, Row, inside, listed, ok, problem, unsure, whole
from bot.doctor.workflow import named_type, types_of
from bot.jira.call import Missing, Refused
from bot.jira.client import JiraClient

DESKS = "/rest/servicedeskapi/servicedesk"
RIGHTS = {
    "BROWSE_PROJECTS": "Browse projects",
    "CREATE_ISSUES": "Create issues",
    "EDIT_ISSUES": "Edit issues",
    "TRANSITION_ISSUES": "Transition issues",
    "ADD_COMMENTS": "Add comments",
    "DELETE_OWN_COMMENTS": "Delete own comments",
}
# Permissions that only some configurations need, because of a field they set.
DUE_DATE = {"SCHEDULE_ISSUES": "Schedule issues"}
ASSIGNEE = {"ASSIGN_ISSUES": "Assign issues"}
RESOLUTION = {"RESOLVE_ISSUES": "Resolve issues"}
_MOST_PAGES = 50


def project(ask: Questions, key: str) -> Iterator[Row]:
    """Whether the project exists, with the components that teams' subtasks use."""
    name = f"project {key}"
    try:
        found = whole(ask.once(JiraClient.project, key))
    except Missing:
        fix = f"Create the project, allow the bot's account to browse it, or fix `project:` in {_files(ask, key)}."
        yield problem(name, "Jira has no such project, or the bot is not allowed to see it.", fix)
        return
    yield ok(name, f"It exists: {found.get('name', key)}.")
    known = {str(one.get("name")) for one in listed(found, "components")}
    for team in ask.config.office.teams.values():
        if team.component and team.component not in known:
            fix = f"Add the component to {key}, or fix `teams: {team.name}: component` in bot.yaml."
            yield problem(f'component "{team.component}" in {key}', "The project has no such component.", fix)


def _files(ask: Questions, key: str) -> str:
    return " and ".join(ask.config.where(p.name, "applies_to", "project") for p in _processes(ask, key))


def _processes(ask: Questions, key: str) -> list[Process]:
    return [p for p in ask.config.processes if p.project == key]


def rights(ask: Questions, key: str) -> Iterator[Row]:
    """Whether the bot's account has the permissions in the project that the bot needs."""
    name, wanted = f"rights in {key}", _wanted_rights(ask, key)
    try:
        answer = ask.once(JiraClient.permissions, key, ",".join(wanted))
    except Missing:
        yield problem(name, "The bot cannot even see the project.", f"Allow the bot's account to browse {key}.")
        return
    answered = inside(answer, "permissions")
    missing = [title for right, title in wanted.items() if inside(answered, right).get("havePermission") is False]
    unknown = [title for right, title in wanted.items() if right not in answered]
    if missing:
        fix = f"Give the bot's account the role in {key} with these permissions: {', '.join(missing)}."
        yield problem(name, f"The bot lacks these permissions: {', '.join(missing)}.", fix)
    elif unknown:
        yield unsure(
            name, f"Jira's answer does not cover: {', '.join(unknown)}.", "Check the project's permission scheme."
        )
    else:
        yield ok(name, f"{', '.join(wanted.values())}.")


def _wanted_rights(ask: Questions, key: str) -> dict[str, str]:
    office = ask.config.office
    closings = [closing for p in _processes(ask, key) for closing in p.closings.values()]
    wanted = dict(RIGHTS)
    due_fields = {ask.config.office_for(process.name).due_field for process in _processes(ask, key)}
    wanted |= DUE_DATE if "duedate" in due_fields else {}
    wanted |= ASSIGNEE if any(team.assignee for team in office.teams.values()) else {}
    return wanted | (RESOLUTION if any(closing.resolution for closing in closings) else {})


def agent(ask: Questions, key: str) -> Iterator[Row]:
    """Whether the bot's account is an agent. Only an agent may list a desk's queues, and of the calls that
    only agents may make this one needs no ticket and changes nothing."""
    name = f"agent seat in {key}"
    desk = _desk(ask, key, name)
    if isinstance(desk, Row):
        yield desk
        return
    try:
        ask.get(f"{DESKS}/{desk}/queue", {"limit": "1"})
    except Refused as trouble:
        fix = f"Give the bot's account a Jira Service Management license and the role Service Desk Team in {key}."
        yield problem(name, f"Jira does not show the bot the queues, so it is not an agent: {trouble}", fix)
        return
    yield ok(name, "The bot can see the queues, so it is an agent.")


def request_type(ask: Questions, process: Process, issue_type: str) -> Iterator[Row]:
    """Whether customers can open requests of an issue type of the process."""
    name = f'request type for "{issue_type}" in {process.project}'
    desk = _desk(ask, process.project, name)
    kind = named_type(types_of(ask, process.project), issue_type)
    if isinstance(desk, Row):
        yield desk
    elif kind is not None:  # where the type is missing, its own row says so
        wanted = str(kind.get("id"))
        found = [t for t in _pages(ask, f"{DESKS}/{desk}/requesttype") if str(t.get("issueTypeId")) == wanted]
        if found:
            yield ok(name, f"{', '.join(str(one.get('name')) for one in found)}.")
        else:
            fix = f'Add a request type for "{issue_type}" in {process.project}, unless it is restricted.'
            yield unsure(name, "The bot sees none, and could not see a restricted one.", fix)


def _desk(ask: Questions, key: str, name: str) -> str | Row:
    """The id of the project's service desk, or the row that says why there is none."""
    found = whole(ask.once(JiraClient.project, key))
    if found.get("projectTypeKey") != "service_desk":
        fix = "Use a service project, or make sure that no district contact can browse this one."
        return unsure(name, f"{key} is not a service project, so it has no internal comments.", fix)
    try:
        desks = _pages(ask, DESKS)
    except Missing as trouble:
        return unsure(name, f"The site shows no service desks: {trouble}", "Check in Jira.")
    desk = next((str(one["id"]) for one in desks if one.get("projectKey") == key and "id" in one), None)
    if desk is None:
        fix = f"Give the bot's account the role Service Desk Team in {key}."
        return problem(name, f"Jira shows the bot no service desk for {key}.", fix)
    return desk


def _pages(ask: Questions, path: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for _ in range(_MOST_PAGES):
        answer = ask.get(path, {"start": str(len(found)), "limit": "50"})
        page = [dict(one) for one in listed(answer, "values")]
        found += page
        if not page or whole(answer).get("isLastPage", True):
            break
    return found
