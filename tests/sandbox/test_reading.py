"""What the REST API tells, and to whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.clock import SettableClock
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.jira_site import Site
from bot.sandbox.rest import sandbox_app

OPENAPI = Path(__file__).parents[3] / "shared" / "jira" / "jira-cloud-openapi.json"
# Cloud answers 410 here, and the document has dropped it.
REMOVED = {"/rest/api/2/search"}


def test_paths_and_methods_are_atlassians(site: Site) -> None:
    """Every path and method of the sandbox's REST API stands in Atlassian's own document."""
    if not OPENAPI.exists():
        pytest.skip(f"shared/jira/{OPENAPI.name} is not beside the project")
    known = json.loads(OPENAPI.read_text())["paths"]
    for rule in sandbox_app().url_map.iter_rules():
        if not rule.rule.startswith("/rest/api/2/") or rule.rule in REMOVED:
            continue
        path = rule.rule.replace("<", "{").replace(">", "}").replace("/api/2/", "/api/3/")
        assert path in known
        methods = {m.lower() for m in rule.methods or ()} - {"head", "options"}
        assert methods <= set(known[path])


def test_an_issue_is_whole(site: Site, bot, ticket: str) -> None:
    """One GET tells fields, comments, subtasks, transitions, changelog and the wanted property."""
    site.comment(CARLA, ticket, "CONFIRM")
    site.create_subtask(BOT, ticket, "Create the folder")
    site.edit(BOT, ticket, properties={"onboarding-bot": {"v": 1}, "other": 2})
    site.transition(HANNA, ticket, "SecureStor Folder")
    path = f"/issue/{ticket}?fields=*all&expand=changelog,transitions&properties=onboarding-bot"
    issue = bot.json("GET", path)
    assert issue["fields"]["status"]["name"] == "SecureStor Folder"
    assert [c["body"] for c in issue["fields"]["comment"]["comments"]] == ["CONFIRM"]
    assert [s["fields"]["summary"] for s in issue["fields"]["subtasks"]] == ["Create the folder"]
    assert issue["properties"] == {"onboarding-bot": {"v": 1}}
    assert "Start Initial File Review" in {t["name"] for t in issue["transitions"]}
    assert issue["changelog"]["histories"][0]["author"]["accountId"] == HANNA.id
    assert issue["fields"]["project"]["projectTypeKey"] == "service_desk"


def test_fields_are_chosen(bot, ticket: str) -> None:
    """`fields` limits what is told, and the key of an issue works in any case."""
    assert set(bot.json("GET", "/issue/dde-1?fields=summary,labels")["fields"]) == {"summary", "labels"}


def test_long_histories_are_cut_and_paged(site: Site, bot, ticket: str) -> None:
    """An issue holds the newest changes, newest first, and the first comments; the lists tell all, by pages."""
    site.shapes.most = 2
    for number in range(5):
        site.comment(BOT, ticket, f"word {number}")
        site.set_labels(BOT, ticket, add=[f"label-{number}"])
    issue = bot.json("GET", f"/issue/{ticket}?expand=changelog")
    log, comments = issue["changelog"], issue["fields"]["comment"]
    assert (len(log["histories"]), log["total"]) == (2, 5)
    assert log["histories"][0]["items"][0]["toString"].endswith("label-4")
    assert ([c["body"] for c in comments["comments"]], comments["total"]) == (["word 0", "word 1"], 5)
    page = bot.json("GET", f"/issue/{ticket}/changelog?startAt=4&maxResults=100")
    assert (len(page["values"]), page["isLast"], page["total"], page["maxResults"]) == (1, True, 5, 2)
    page = bot.json("GET", f"/issue/{ticket}/comment?startAt=2&orderBy=created")
    assert [c["body"] for c in page["comments"]] == ["word 2", "word 3"]


def test_bulkfetch_sorts_and_lists_errors_apart(site: Site, bot, ticket: str) -> None:
    """Issues come by ascending id; one that does not exist stands among the errors."""
    other = site.open_request(CARLA, "Shelbyville ISD").id
    got = bot.json("POST", "/issue/bulkfetch", json={"issueIdsOrKeys": [other, ticket, "DDE-99"]})
    assert [i["id"] for i in got["issues"]] == [ticket, other]
    assert [e["id"] for e in got["issueErrors"]] == ["DDE-99"]


def test_the_project_tells_its_types_and_statuses(bot) -> None:
    """Ids of types and statuses can be resolved by name."""
    types = {t["name"]: t for t in bot.json("GET", "/project/DDE/statuses")}
    names = [s["name"] for s in types["Sub-task"]["statuses"]]
    assert names == ["To Do", "In Progress", "Done", "Needs Revision", "Not Received", "Superseded"]
    categories = {s["name"]: s["statusCategory"]["key"] for s in types["DDE Set-Up"]["statuses"]}
    assert categories["Confirming Files"] == "new"
    assert categories["Waiting for District"] == "indeterminate"
    assert categories["Declined"] == "done"
    meta = bot.json("GET", "/issue/createmeta/DDE/issuetypes")
    assert [t["subtask"] for t in meta["issueTypes"]] == [False, True]


def test_wrong_credentials_are_served_as_anonymous(site: Site, bot, ticket: str) -> None:
    """A dead token reads empty lists with 200, and only the header and /myself tell."""
    assert bot("GET", "/myself").headers["X-Seraph-LoginReason"] == "OK"
    site.revoke(BOT)
    answer = bot("POST", "/search/jql", json={"jql": "project = DDE"})
    assert (answer.status_code, answer.json()["issues"]) == (200, [])
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert bot("GET", "/myself").status_code == 401
    assert bot("GET", f"/issue/{ticket}").status_code == 404
    assert bot("POST", f"/issue/{ticket}/comment", json={"body": "x"}).status_code == 401
    assert site.comments(ticket) == []


def test_a_personal_token_is_as_good(url: str, stranger) -> None:
    """A bearer token stands for its account."""
    answer = stranger("GET", "/myself", headers={"Authorization": f"Bearer {BOT.token}"})
    assert answer.json()["accountId"] == BOT.id


def test_a_stranger_sees_nothing(stranger, ticket: str) -> None:
    """Without credentials an issue does not exist, lists are empty, and no header speaks of a login."""
    answer = stranger("GET", f"/issue/{ticket}")
    assert answer.status_code == 404
    assert answer.json()["errorMessages"] == ["Issue does not exist or you do not have permission to see it."]
    assert "X-Seraph-LoginReason" not in answer.headers
    assert stranger.json("POST", "/issue/bulkfetch", json={"issueIdsOrKeys": [ticket]})["issues"] == []
    assert stranger.json("GET", "/issue/createmeta/DDE/issuetypes")["total"] == 0


def test_a_customer_reads_public_words_only(site: Site, carla, ticket: str) -> None:
    """A customer sees their own request with its public comments: no note, subtask or other's request."""
    site.comment(BOT, ticket, "for staff", public=False)
    site.comment(BOT, ticket, "for you")
    subtask = site.create_subtask(BOT, ticket, "inner work").id
    other = site.open_request(HANNA, "Shelbyville ISD").id
    issue = carla.json("GET", f"/issue/{ticket}")
    assert [c["body"] for c in issue["fields"]["comment"]["comments"]] == ["for you"]
    assert issue["fields"]["subtasks"] == []
    assert "for staff" not in carla("GET", f"/issue/{ticket}/comment").text
    assert carla("GET", f"/issue/{subtask}").status_code == 404
    assert carla("GET", f"/issue/{other}").status_code == 404
    assert carla.json("GET", f"/issue/{ticket}/transitions")["transitions"] == []


def test_unknown_paths_answer_in_jiras_shape(bot) -> None:
    """What the sandbox does not know is a 404 with Jira's error object."""
    answer = bot("GET", "/rest/api/2/nothing/here")
    assert answer.status_code == 404
    assert set(answer.json()) == {"errorMessages", "errors"}
    assert answer.headers["Atl-Traceid"]


def test_calls_are_counted(site: Site, bot, ticket: str) -> None:
    """Each answered call is kept with its template, caller and issue."""
    mark = len(site.calls)
    bot("GET", f"/issue/{ticket}?fields=*all")
    bot("POST", f"/issue/{ticket}/comment", json={"body": "x"})
    assert site.calls_since(mark) == [
        ("GET", "/rest/api/2/issue/{issueIdOrKey}", BOT.id, ticket),
        ("POST", "/rest/api/2/issue/{issueIdOrKey}/comment", BOT.id, ticket),
    ]


def test_moments_carry_an_offset_and_never_run_backwards(site: Site, bot, clock: SettableClock) -> None:
    """Moments are told in the site's zone, to the millisecond, and a clock put back does not put them back."""
    first = site.open_request(CARLA, "one")
    clock.set(clock.now().replace(year=2025))
    second = site.open_request(CARLA, "two")
    assert second.created == first.created
    assert int(second.id) > int(first.id)
    created = bot.json("GET", f"/issue/{first.id}")["fields"]["created"]
    assert created == "2026-01-05T09:00:00.000-0600"
