"""Search by JQL: what it understands, how it pages, and that it lags."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import SettableClock
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.jira_site import Site


@pytest.fixture
def three(site: Site, clock: SettableClock) -> list[str]:
    """Three tickets, opened at 15:00, 16:00 and 17:00 UTC; the second is labelled, the third closed."""
    ids = []
    for number in range(3):
        ids.append(site.open_request(CARLA, f"District {number}").id)
        clock.advance(timedelta(hours=1))
    site.set_labels(HANNA, ids[1], add=["pilot"])
    site.transition(HANNA, ids[2], "Declined")
    site.create_subtask(HANNA, ids[0], "a subtask")
    return ids


def _ids(bot: Any, jql: str, **more: Any) -> list[str]:
    return [i["id"] for i in bot.json("POST", "/search/jql", json={"jql": jql, **more})["issues"]]


@pytest.mark.parametrize(
    ("jql", "hits"),
    [
        ("project = DDE AND issuetype = 'DDE Set-Up' ORDER BY created", [0, 1, 2]),
        ("project in (DDE) and type = 10001 order by created DESC", [2, 1, 0]),
        ('issuetype in ("DDE Set-Up") AND statusCategory != Done ORDER BY id', [0, 1]),
        ("statusCategory = done", [2]),
        ("status = 'confirming files' AND issuetype != Sub-task ORDER BY key", [0, 1]),
        ("status not in ('To Do', \"Confirming Files\")", [2]),
        ("labels in (pilot, other)", [1]),
        ("labels = pilot", [1]),
        ("labels != other", [1]),
        ("key in (DDE-1, DDE-3) ORDER BY updated, id", [0, 2]),
        ("id = 10001", [0]),
        ("created >= '2026-01-05 10:00' AND project = DDE AND type = 'DDE Set-Up' ORDER BY id", [1, 2]),
        ("created < 1767628800000", [0]),
    ],
)
def test_the_jql_it_understands(bot, three: list[str], jql: str, hits: list[int]) -> None:
    """Each restriction finds what it would find in Jira, in the order that was asked for."""
    assert _ids(bot, jql) == [three[n] for n in hits]


def test_subtasks_are_found_by_parent(site: Site, bot, three: list[str]) -> None:
    """`parent` takes an id or a key."""
    subtask = site.subtasks(three[0])[0].id
    assert _ids(bot, "parent = DDE-1") == _ids(bot, f"parent = {three[0]}") == [subtask]


@pytest.mark.parametrize(
    "jql",
    [
        "",
        "order by key",
        "project = DDE OR status = Done",
        "project = NOPE",
        "status = Nowhere",
        "key = DDE-99",
        "updated >= yesterday",
        "assignee = currentUser()",
        "project >= DDE",
        "project in (DDE",
        "project = ",
        "NOT project = DDE",
        "project = DDE ORDER BY colour",
        "project = DDE ORDER BY id, id, id, id, id, id, id, id",
    ],
)
def test_other_jql_is_refused(bot, three: list[str], jql: str) -> None:
    """An unbounded query, an unknown field or value, and all that is not understood: 400 with a message."""
    answer = bot("GET", "/search/jql", params={"jql": jql})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"]


def test_an_unknown_value_is_no_error_for_a_stranger(stranger, three: list[str]) -> None:
    """Without a login the same query finds nothing, with 200."""
    assert stranger.json("GET", "/search/jql", params={"jql": "project = NOPE"})["issues"] == []


def test_pages_follow_a_token(bot, three: list[str]) -> None:
    """There is a token until the last page, never a total, and ids only unless more is asked for."""
    sent: dict[str, Any] = {"jql": "type = 'DDE Set-Up' ORDER BY id", "maxResults": 2}
    first = bot.json("POST", "/search/jql", json=sent)
    assert first["issues"] == [{"id": three[0]}, {"id": three[1]}]
    assert (first["isLast"], "total" in first) == (False, False)
    last = bot.json("POST", "/search/jql", json={**sent, "nextPageToken": first["nextPageToken"]})
    assert (last["issues"], last["isLast"]) == ([{"id": three[2]}], True)
    assert "nextPageToken" not in last
    wrong = bot("POST", "/search/jql", json={**sent, "nextPageToken": "made-up"})
    assert wrong.status_code == 400


def test_a_page_with_fields_may_be_short(site: Site, bot, three: list[str]) -> None:
    """Where fields are asked for a page may hold less than maxResults, and is still not the last."""
    site.index.fat_page = 1
    sent = {"jql": "project = DDE", "fields": ["summary", "updated"], "maxResults": 100}
    page = bot.json("POST", "/search/jql", json=sent)
    assert (len(page["issues"]), page["isLast"]) == (1, False)
    assert set(page["issues"][0]["fields"]) == {"summary", "updated"}


@pytest.mark.parametrize("most", [0, 5001, "many"])
def test_a_page_has_a_size(bot, three: list[str], most: Any) -> None:
    """maxResults is between 1 and 5000."""
    sent = {"jql": "project = DDE", "maxResults": most}
    assert bot("POST", "/search/jql", json=sent).status_code == 400


def test_the_index_lags(site: Site, bot, clock: SettableClock, ticket: str) -> None:
    """A search sees a write only after `search_lag`, and until then what was there before; a GET sees it."""
    site.search_lag = timedelta(seconds=5)
    clock.advance(timedelta(seconds=5))
    site.transition(HANNA, ticket, "Declined")
    assert _ids(bot, "status = 'Confirming Files'") == [ticket]
    assert bot.json("GET", f"/issue/{ticket}")["fields"]["status"]["name"] == "Declined"
    clock.advance(timedelta(seconds=5))
    assert _ids(bot, "status = 'Confirming Files'") == []
    assert _ids(bot, "status = Declined") == [ticket]
    site.delete_issue(HANNA, ticket)
    assert _ids(bot, "project = DDE") == [ticket]
    clock.advance(timedelta(seconds=5))
    assert _ids(bot, "project = DDE") == []


def test_the_old_search_is_gone(bot) -> None:
    """GET and POST /search answer 410."""
    for method in ("GET", "POST"):
        answer = bot(method, "/search", params={"jql": "project = DDE"})
        assert (answer.status_code, answer.json()["errors"]) == (410, {})


def test_entity_properties_come_along(site: Site, bot, three: list[str]) -> None:
    """Those that are asked for, at most five, in the address or in the body; a write of one alone is seen."""
    site.edit(HANNA, three[0], properties={"ledger": {"v": 1}, "other": [2]})
    jql = "project = DDE AND issuetype = 'DDE Set-Up' ORDER BY id"
    found = bot.json("POST", "/search/jql", json={"jql": jql, "fields": ["labels"], "properties": ["ledger"]})["issues"]
    assert [one["properties"] for one in found] == [{"ledger": {"v": 1}}, {}, {}]
    assert set(found[0]["fields"]) == {"labels"}
    asked = {"jql": jql, "properties": "ledger,other"}
    first = bot.json("GET", "/search/jql", params=asked)["issues"][0]
    assert first == {"id": three[0], "properties": {"ledger": {"v": 1}, "other": [2]}}
    assert "properties" not in bot.json("POST", "/search/jql", json={"jql": jql, "fields": ["labels"]})["issues"][0]
    too_many = {"jql": jql, "properties": ["a", "b", "c", "d", "e", "f"]}
    assert bot("POST", "/search/jql", json=too_many).status_code == 400
