"""The sandbox's own paths, for tests in another process."""

from __future__ import annotations

import pytest

from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.jira_site import Site


def test_a_whole_story_can_be_told_from_outside(stranger) -> None:
    """Opening, commenting, moving and labelling give back what Jira then holds, and so does the state."""
    opened = stranger.json("POST", "/sandbox/api/open", json={"by": CARLA.id, "summary": "Springfield ISD"})
    key = opened["key"]
    comment = {"by": HANNA.id, "issue": key, "body": "psst", "public": False}
    assert stranger.json("POST", "/sandbox/api/comment", json=comment)["jsdPublic"] is False
    subtask = {"by": BOT.id, "parent": key, "summary": "Create the folder"}
    made = stranger.json("POST", "/sandbox/api/subtask", json=subtask)
    stranger.json("POST", "/sandbox/api/transition", json={"by": HANNA.id, "issue": made["key"], "status": "Done"})
    stranger.json("POST", "/sandbox/api/labels", json={"by": HANNA.id, "issue": key, "add": ["x"]})
    state = stranger.json("GET", "/sandbox/api/state")
    (ticket,) = state["tickets"]
    assert ticket == stranger.json("GET", f"/sandbox/api/issue/{key}")
    assert [s["status"] for s in ticket["subtasks"]] == ["Done"]
    assert [c["author"] for c in ticket["comments"]] == [HANNA.id]
    assert ticket["changelog"][0]["items"][0]["toString"] == "x"


def test_webhooks_are_steered_from_outside(site: Site, stranger, receiver) -> None:
    """A webhook is registered, held back, counted and let go."""
    hook = {"url": receiver.url, "secret": "s", "events": ["jira:issue_created"], "types": "tickets"}
    stranger.json("POST", "/sandbox/api/webhook", json=hook)
    stranger.json("POST", "/sandbox/api/hooks", json={"paused": True})
    stranger.json("POST", "/sandbox/api/open", json={"by": CARLA.id, "summary": "Springfield ISD"})
    assert stranger.json("GET", "/sandbox/api/hooks")["unsent"] == 1
    stranger.json("POST", "/sandbox/api/hooks", json={"paused": False})
    assert site.hooks.wait_idle(5)
    assert [o["status"] for o in stranger.json("GET", "/sandbox/api/hooks")["outcomes"]] == [202]


def test_jira_is_made_difficult_from_outside(stranger, bot, ticket: str) -> None:
    """A refusal for so many times, a dead token, and limits."""
    rule = {"kind": "comment", "contains": "x", "status": 503, "times": 1}
    stranger.json("POST", "/sandbox/api/refuse", json=rule)
    path = f"/issue/{ticket}/comment"
    assert [bot("POST", path, json={"body": "x"}).status_code for _ in range(2)] == [503, 201]
    stranger.json("POST", "/sandbox/api/settings", json={"limits": [[1, 60]], "search_lag": 1})
    assert bot("POST", path, json={"body": "x"}).status_code == 429
    stranger.json("POST", "/sandbox/api/token", json={"account": BOT.id, "revoked": True})
    assert bot("GET", "/myself").status_code == 401
    calls = stranger.json("GET", "/sandbox/api/calls?since=3")
    assert [c["path"] for c in calls] == ["/rest/api/2/myself"]


@pytest.mark.parametrize(("verb", "status"), [("fly", 404), ("comment", 400)])
def test_a_wrong_act_is_told(stranger, verb: str, status: int) -> None:
    """An unknown act and a missing word are answered in Jira's error shape."""
    answer = stranger("POST", f"/sandbox/api/{verb}", json={})
    assert (answer.status_code, set(answer.json())) == (status, {"errorMessages", "errors"})
