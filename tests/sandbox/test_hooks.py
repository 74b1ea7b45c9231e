"""Webhooks: their shape, signature, filters, retries and switches."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.hooks import MOST_RETRIES
from bot.sandbox.jira_site import Site

EVENTS = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
]
SECRET = "a secret"


@pytest.fixture
def hooked(site: Site, receiver) -> Site:
    """A site that tells the receiver everything."""
    site.register_webhook(receiver.url, SECRET, EVENTS)
    return site


def test_a_delivery_is_signed_and_named(hooked: Site, receiver) -> None:
    """It carries an HMAC of the raw body, an identifier, its flow, and no retry count the first time."""
    hooked.open_request(CARLA, "Springfield ISD – Süd")
    assert hooked.hooks.wait_idle(5)
    headers, body = receiver.got[0]
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature"] == f"sha256={digest}"
    assert headers["X-Atlassian-Webhook-Identifier"]
    assert headers["X-Atlassian-Webhook-Flow"] == "Primary"
    assert "X-Atlassian-Webhook-Retry" not in headers


def test_a_creation_has_a_changelog_out_of_nothing(hooked: Site, receiver) -> None:
    """As on Cloud an issue_created carries a status item from null; the issue's history has none."""
    issue = hooked.open_request(CARLA, "Springfield ISD")
    assert hooked.hooks.wait_idle(5)
    (item,) = receiver.bodies[0]["changelog"]["items"]
    assert (item["field"], item["fieldId"], item["from"]) == ("Status", "status", None)
    assert "/issue/" not in receiver.bodies[0]["issue"]["self"]
    assert hooked.issue(issue).history == []


def test_a_transition_is_told_with_its_changelog(hooked: Site, receiver, ticket: str) -> None:
    """The entry in the webhook is the one in the history, also where the bot itself moved it."""
    hooked.transition(BOT, ticket, "SecureStor Folder")
    assert hooked.hooks.wait_idle(5)
    told = next(b for b in receiver.bodies if b["webhookEvent"] == "jira:issue_updated")
    (entry,) = hooked.issue(ticket).history
    assert told["changelog"]["id"] == entry.id
    assert told["user"]["accountId"] == BOT.id
    assert told["issue_event_type_name"] == "issue_generic"


def test_a_comment_is_told_with_a_cut_issue(hooked: Site, receiver, ticket: str) -> None:
    """A comment's webhook has jsdPublic, no user, and six fields of its issue; internal ones are told too."""
    hooked.comment(HANNA, ticket, "psst", public=False)
    assert hooked.hooks.wait_idle(5)
    told = next(b for b in receiver.bodies if b["webhookEvent"] == "comment_created")
    assert told["comment"]["jsdPublic"] is False
    assert "user" not in told
    cut = {"summary", "issuetype", "project", "assignee", "priority", "status"}
    assert set(told["issue"]["fields"]) == cut


def test_every_kind_of_change_is_told_once(hooked: Site, receiver, ticket: str) -> None:
    """Comments made, edited and deleted, and a deletion with its comments; a property tells nobody."""
    comment = hooked.comment(CARLA, ticket, "CONFIRM")
    hooked.edit_comment(CARLA, comment.id, "FILES READY")
    hooked.delete_comment(HANNA, comment.id)
    hooked.comment(CARLA, ticket, "hello")
    hooked.edit(BOT, ticket, properties={"onboarding-bot": {}})
    hooked.delete_issue(HANNA, ticket)
    assert hooked.hooks.wait_idle(5)
    assert receiver.events == [
        "comment_created",
        "comment_created",
        "comment_deleted",
        "comment_deleted",
        "comment_updated",
        "jira:issue_created",
        "jira:issue_deleted",
    ]
    flows = {h["X-Atlassian-Webhook-Flow"] for h, _ in receiver.got}
    assert flows == {"Primary", "Secondary"}


def test_a_registration_filters_events_and_types(site: Site, receiver, ticket: str) -> None:
    """One webhook for tickets, one for subtasks without "created": each act is told once or not at all."""
    site.register_webhook(receiver.url, SECRET, ["comment_created"], jql_types="tickets")
    site.register_webhook(receiver.url, SECRET, ["jira:issue_updated"], jql_types="subtasks")
    subtask = site.create_subtask(BOT, ticket, "Create the folder")
    site.transition(HANNA, subtask, "Done")
    site.transition(HANNA, ticket, "SecureStor Folder")
    site.comment(HANNA, subtask, "Findings: none")
    site.comment(HANNA, ticket, "hello")
    assert site.hooks.wait_idle(5)
    told = {(b["webhookEvent"], b["issue"]["id"]) for b in receiver.bodies}
    assert told == {("jira:issue_updated", subtask.id), ("comment_created", ticket)}


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_a_failure_of_the_moment_is_tried_again(hooked: Site, receiver, status: int) -> None:
    """The same delivery comes again under the same identifier, now with its retry count."""
    receiver.statuses = [status]
    hooked.open_request(CARLA, "Springfield ISD")
    assert hooked.hooks.wait_idle(5)
    first, second = (headers for headers, _ in receiver.got)
    name = "X-Atlassian-Webhook-Identifier"
    assert first[name] == second[name]
    assert second["X-Atlassian-Webhook-Retry"] == "1"


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_any_other_refusal_is_final(hooked: Site, receiver, status: int) -> None:
    """A delivery that is refused so is never sent again."""
    receiver.statuses = [status]
    hooked.open_request(CARLA, "Springfield ISD")
    assert hooked.hooks.wait_idle(5)
    assert [(o.status, o.tries) for o in hooked.hooks.outcomes] == [(status, 1)]


def test_after_five_retries_it_is_lost(site: Site) -> None:
    """Nobody there: six tries, then the event is gone."""
    site.register_webhook("http://127.0.0.1:9/hook", SECRET, EVENTS)
    site.open_request(CARLA, "Springfield ISD")
    assert site.hooks.wait_idle(10)
    assert [(o.status, o.tries) for o in site.hooks.outcomes] == [(None, MOST_RETRIES + 1)]


def test_what_waits_for_a_retry_is_unsent(site: Site, receiver) -> None:
    """`unsent` counts what is queued, under way or to be tried again."""
    site.hooks.retry_delay = 60.0
    receiver.statuses = [503]
    site.register_webhook(receiver.url, SECRET, EVENTS)
    site.open_request(CARLA, "Springfield ISD")
    assert not site.hooks.wait_idle(0.2)
    assert site.hooks.unsent() == 1


def test_deliveries_can_be_held_back(hooked: Site, receiver) -> None:
    """Paused, nothing goes out and all stays unsent; resumed, it does."""
    hooked.hooks.pause()
    hooked.open_request(CARLA, "Springfield ISD")
    assert not hooked.hooks.wait_idle(0.1)
    assert (receiver.got, hooked.hooks.unsent()) == ([], 1)
    hooked.hooks.resume()
    assert hooked.hooks.wait_idle(5)
    assert len(receiver.got) == 1


def test_deliveries_can_be_lost(hooked: Site, receiver) -> None:
    """With `drop_all` what happens is told to nobody, not even later."""
    hooked.hooks.drop_all = True
    hooked.open_request(CARLA, "Springfield ISD")
    assert hooked.hooks.wait_idle(5)
    hooked.hooks.drop_all = False
    hooked.open_request(CARLA, "Shelbyville ISD")
    assert hooked.hooks.wait_idle(5)
    assert [b["issue"]["fields"]["summary"] for b in receiver.bodies] == ["Shelbyville ISD"]
