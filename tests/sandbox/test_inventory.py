"""What the sandbox tells of itself: fields, screens, projects, people, rights, and its service desks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.jira_site import Site
from bot.sandbox.rest import sandbox_app

OPENAPI = Path(__file__).parents[3] / "shared" / "jira" / "jsm-openapi.json"


def test_paths_of_the_service_desk_are_atlassians(site: Site) -> None:
    """Every path and method below servicedeskapi stands in Atlassian's own document."""
    if not OPENAPI.exists():
        pytest.skip(f"shared/jira/{OPENAPI.name} is not beside the project")
    known = json.loads(OPENAPI.read_text())["paths"]
    rules = [r for r in sandbox_app().url_map.iter_rules() if r.rule.startswith("/rest/servicedeskapi/")]
    assert rules
    for rule in rules:
        path = rule.rule.replace("<", "{").replace(">", "}")
        assert {m.lower() for m in rule.methods or ()} - {"head", "options"} <= set(known[path])


def test_fields_are_jiras_own_and_the_sites(bot, stranger) -> None:
    """The due date is a field of Jira's, the district's name one of the site; a stranger sees Jira's only."""
    fields = {f["id"]: f for f in bot.json("GET", "/field")}
    assert (fields["duedate"]["custom"], fields["customfield_10051"]["custom"]) == (False, True)
    assert not any(f["custom"] for f in stranger.json("GET", "/field"))


def test_the_edit_screen_is_for_staff(bot, carla, ticket: str) -> None:
    """Staff may edit the due date and the labels, a customer nothing."""
    fields = bot.json("GET", f"/issue/{ticket}/editmeta")["fields"]
    assert {"duedate", "labels", "summary"} <= set(fields)
    assert (fields["summary"]["required"], fields["duedate"]["required"]) == (True, False)
    assert "status" not in fields
    assert carla.json("GET", f"/issue/{ticket}/editmeta")["fields"] == {}


def test_the_create_screen_of_a_subtask_wants_its_parent(bot) -> None:
    """What a type must be made with is told as required, with a default where Jira fills it."""
    kind = next(t for t in bot.json("GET", "/issue/createmeta/DDE/issuetypes")["issueTypes"] if t["subtask"])
    fields = {f["fieldId"]: f for f in bot.json("GET", f"/issue/createmeta/DDE/issuetypes/{kind['id']}")["fields"]}
    required = {i for i, f in fields.items() if f["required"] and not f["hasDefaultValue"]}
    assert required == {"project", "issuetype", "parent", "summary"}
    assert bot.json("GET", "/issue/createmeta/DDE/issuetypes/1")["fields"] == []


def test_a_project_is_known_by_key_or_not_at_all(bot, stranger) -> None:
    """A project tells its kind and its types; an unknown one, and any to a stranger, is a 404."""
    project = bot.json("GET", "/project/DDE")
    assert (project["projectTypeKey"], len(project["issueTypes"])) == ("service_desk", 2)
    assert bot("GET", "/project/NONE").status_code == 404
    assert stranger("GET", "/project/DDE").status_code == 404


def test_rights_differ_by_who_asks(bot, carla, stranger) -> None:
    """Staff may edit, customers may comment, strangers may nothing; a right that does not exist is a 400."""
    path = "/mypermissions?projectKey=DDE&permissions=EDIT_ISSUES,ADD_COMMENTS"
    held = [
        {n for n, p in who.json("GET", path)["permissions"].items() if p["havePermission"]}
        for who in (bot, carla, stranger)
    ]
    assert held == [{"EDIT_ISSUES", "ADD_COMMENTS"}, {"ADD_COMMENTS"}, set()]
    assert bot("GET", "/mypermissions?permissions=FLY").status_code == 400
    assert bot("GET", "/mypermissions").status_code == 400
    assert bot("GET", "/mypermissions?projectKey=NONE&permissions=EDIT_ISSUES").status_code == 404


def test_people_are_found_by_account_id(bot, carla) -> None:
    """Staff may look anybody up by account id; a customer nobody."""
    assert bot.json("GET", "/user", params={"accountId": HANNA.id})["displayName"] == HANNA.name
    assert bot.json("GET", "/user", params={"accountId": CARLA.id})["accountType"] == "customer"
    assert bot("GET", "/user", params={"accountId": "712020:nobody"}).status_code == 404
    assert carla("GET", "/user", params={"accountId": BOT.id}).status_code == 403


def test_queues_are_for_agents(bot, carla, stranger) -> None:
    """A desk belongs to its project; its queues are an agent's, and a refusal has the desk's own shape."""
    desk = bot.json("GET", "/rest/servicedeskapi/servicedesk")["values"][0]
    assert desk["projectKey"] == "DDE"
    path = f"/rest/servicedeskapi/servicedesk/{desk['id']}/queue"
    assert bot.json("GET", path)["values"][0]["name"] == "All open"
    refused = carla("GET", path)
    assert refused.status_code == 403
    assert set(refused.json()) == {"errorMessage", "i18nErrorMessage"}
    assert stranger("GET", path).status_code == 401
    assert bot("GET", "/rest/servicedeskapi/servicedesk/9/queue").status_code == 404


def test_request_types_stand_for_issue_types(bot) -> None:
    """Each type but the subtask's can be asked for, by pages."""
    types = {t["name"]: t["id"] for t in bot.json("GET", "/issue/createmeta/DDE/issuetypes")["issueTypes"]}
    path = "/rest/servicedeskapi/servicedesk/1/requesttype"
    page = bot.json("GET", path)
    assert [t["issueTypeId"] for t in page["values"]] == [types["DDE Set-Up"]]
    assert page["isLastPage"] is True
    assert bot.json("GET", f"{path}?start=1")["values"] == []
