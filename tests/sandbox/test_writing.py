"""What the REST API lets be written, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clock import SettableClock
from bot.sandbox.accounts import BOT, CARLA, FRED, HANNA
from bot.sandbox.jira_site import Site
from bot.sandbox.records import Act, Refused

INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}


def _subtask(parent: str, summary: Any, **fields: Any) -> dict[str, Any]:
    frame = {"project": {"key": "DDE"}, "issuetype": {"name": "Sub-task"}, "parent": {"id": parent}}
    return {"fields": {**frame, "summary": summary, **fields}}


def _transition(bot: Any, ticket: str, to: str) -> str:
    transitions = bot.json("GET", f"/issue/{ticket}/transitions")["transitions"]
    return next(t["id"] for t in transitions if t["to"]["name"] == to)


def test_bulk_create_succeeds_in_part(site: Site, bot, ticket: str) -> None:
    """One good subtask of three is made with its property; the others are told by number, with 201."""
    good = _subtask(ticket, "Create the folder", labels=["x"], description="how")
    good["properties"] = [{"key": "onboarding-bot", "value": {"effects": ["1:2:folder"]}}]
    sent = {"issueUpdates": [_subtask(ticket, "a\nb"), good, _subtask(ticket, "s", nosuch=1)]}
    answer = bot("POST", "/issue/bulk", json=sent)
    assert answer.status_code == 201
    assert [e["failedElementNumber"] for e in answer.json()["errors"]] == [0, 2]
    assert "summary" in answer.json()["errors"][0]["elementErrors"]["errors"]
    (made,) = site.subtasks(ticket)
    assert made.id == answer.json()["issues"][0]["id"]
    assert made.properties == {"onboarding-bot": {"effects": ["1:2:folder"]}}
    assert (made.status, made.description, made.labels) == ("To Do", "how", ("x",))


def test_bulk_create_fails_only_where_all_fail(site: Site, bot, ticket: str) -> None:
    """400 means that nothing was made."""
    answer = bot("POST", "/issue/bulk", json={"issueUpdates": [_subtask(ticket, None)]})
    assert (answer.status_code, site.subtasks(ticket)) == (400, [])


def test_bulk_create_takes_fifty(site: Site, bot, ticket: str) -> None:
    """Fifty-one issues in one call are refused whole."""
    updates = [_subtask(ticket, f"s{n}") for n in range(51)]
    assert bot("POST", "/issue/bulk", json={"issueUpdates": updates}).status_code == 400
    assert bot("POST", "/issue/bulk", json={"issueUpdates": updates[:50]}).status_code == 201


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"summary": "x" * 256}, "summary"),
        ({"summary": " "}, "summary"),
        ({"parent": {"id": "1"}}, "parent"),
        ({"description": "x" * 32_768}, "description"),
        ({"labels": ["two words"]}, "labels"),
        ({"duedate": "soon"}, "duedate"),
        ({"assignee": {"accountId": "nobody"}}, "assignee"),
        ({"customfield_99999": 1}, "customfield_99999"),
        ({"issuetype": {"name": "Epic"}}, "issuetype"),
        ({"project": {"key": "NOPE"}}, "project"),
    ],
)
def test_a_create_names_the_wrong_field(bot, ticket: str, fields: dict[str, Any], wrong: str) -> None:
    """What Jira refuses is refused with 400 under the field's name."""
    update = _subtask(ticket, "fine")
    update["fields"].update(fields)
    answer = bot("POST", "/issue", json=update)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [wrong]


def test_a_comment_is_public_unless_marked(site: Site, bot, ticket: str) -> None:
    """Without the service desk's property a comment is public; with it jsdPublic is false."""
    public = bot.json("POST", f"/issue/{ticket}/comment", json={"body": "hello"})
    sent = {"body": "psst", "properties": [INTERNAL, {"key": "onboarding-bot", "value": {"effects": ["e"]}}]}
    internal = bot.json("POST", f"/issue/{ticket}/comment", json=sent)
    assert (public["jsdPublic"], internal["jsdPublic"]) == (True, False)
    path = f"/comment/{internal['id']}/properties/onboarding-bot"
    assert bot.json("GET", path) == {"key": "onboarding-bot", "value": {"effects": ["e"]}}
    assert bot("GET", f"/comment/{public['id']}/properties/onboarding-bot").status_code == 404


@pytest.mark.parametrize("body", ["", "  ", "x" * 32_768, {"type": "doc"}, None])
def test_a_comment_needs_words_that_fit(bot, ticket: str, body: Any) -> None:
    """An empty comment, one that is too long and one that is no string are refused."""
    assert bot("POST", f"/issue/{ticket}/comment", json={"body": body}).status_code == 400


def test_a_comment_can_be_edited_and_deleted(site: Site, bot, clock: SettableClock, ticket: str) -> None:
    """An edit keeps `created` and moves `updated`; neither it nor the deletion writes a changelog."""
    comment = site.comment(CARLA, ticket, "CONFIRM")
    clock.set(clock.now().replace(hour=16))
    edited = bot.json("PUT", f"/issue/{ticket}/comment/{comment.id}", json={"body": "no"})
    assert edited["created"] < edited["updated"]
    assert edited["updateAuthor"]["accountId"] == BOT.id
    assert bot("DELETE", f"/issue/{ticket}/comment/{comment.id}").status_code == 204
    assert site.comments(ticket) == []
    assert site.issue(ticket).history == []


def test_a_customer_only_comments_and_asks(site: Site, carla, ticket: str) -> None:
    """A customer writes publicly on their own request, and moves, labels and whispers nothing."""
    path = f"/issue/{ticket}"
    assert carla("POST", f"{path}/comment", json={"body": "CONFIRM"}).status_code == 201
    whispered = carla("POST", f"{path}/comment", json={"body": "x", "properties": [INTERNAL]})
    assert whispered.status_code == 403
    assert carla("PUT", path, json={"update": {"labels": [{"add": "x"}]}}).status_code == 403
    assert carla("POST", f"{path}/transitions", json={"transition": {"id": "11"}}).status_code == 403
    assert [c.body for c in site.comments(ticket)] == ["CONFIRM"]


def test_a_put_is_one_changelog_entry(site: Site, bot, ticket: str) -> None:
    """Fields, labels and ledger go in one PUT: 204, and one entry whose items tell old and new."""
    sent = {
        "fields": {"duedate": "2026-02-02", "customfield_10051": "Springfield", "summary": "New"},
        "update": {"labels": [{"add": "a"}, {"add": "b"}, {"remove": "a"}]},
        "properties": [{"key": "onboarding-bot", "value": {"visits": []}}],
    }
    assert bot("PUT", f"/issue/{ticket}", json=sent).status_code == 204
    issue = site.issue(ticket)
    (entry,) = issue.history
    items = {i.field_id: (i.old_text, i.new_text) for i in entry.items}
    assert items == {
        "duedate": (None, "2026-02-02 00:00:00.0"),
        "customfield_10051": (None, "Springfield"),
        "summary": ("Springfield ISD", "New"),
        "labels": ("", "b"),
    }
    assert issue.properties == {"onboarding-bot": {"visits": []}}


def test_a_put_that_changes_nothing_leaves_no_trace(site: Site, bot, clock: SettableClock, ticket: str) -> None:
    """Setting what is there already, or a property alone, bumps neither `updated` nor the changelog."""
    clock.set(clock.now().replace(hour=17))
    before = site.issue(ticket).updated
    sent = {"fields": {"summary": "Springfield ISD"}, "update": {"labels": [{"remove": "x"}]}}
    assert bot("PUT", f"/issue/{ticket}", json=sent).status_code == 204
    ledger = [{"key": "onboarding-bot", "value": {"a": 1}}]
    assert bot("PUT", f"/issue/{ticket}", json={"properties": ledger}).status_code == 400  # as Jira
    assert bot("PUT", f"/issue/{ticket}", json={"fields": {}, "properties": ledger}).status_code == 204
    after = site.issue(ticket)
    assert (after.history, after.updated, after.properties) == ([], before, {"onboarding-bot": {"a": 1}})


def test_an_unknown_field_is_not_on_the_screen(site: Site, bot, ticket: str) -> None:
    """A PUT with one unknown field is refused whole, in Jira's words."""
    answer = bot("PUT", f"/issue/{ticket}", json={"fields": {"summary": "New", "colour": "red"}})
    assert answer.status_code == 400
    wanted = "Field 'colour' cannot be set. It is not on the appropriate screen, or unknown."
    assert answer.json()["errors"] == {"colour": wanted}
    assert site.issue(ticket).summary == "Springfield ISD"


def test_a_property_has_a_size(bot, ticket: str) -> None:
    """A value of more than 32,768 characters is refused; a new one answers 201, a second one 200."""
    path = f"/issue/{ticket}/properties/onboarding-bot"
    assert bot("PUT", path, json="x" * 32_767).status_code == 400
    assert [bot("PUT", path, json={"a": n}).status_code for n in (1, 2)] == [201, 200]
    assert bot.json("GET", path)["value"] == {"a": 2}


def test_a_user_field_holds_an_account(site: Site, bot, ticket: str) -> None:
    """User fields are written by accountId and read back as users; the changelog has id and name."""
    sent = {"fields": {"assignee": {"accountId": FRED.id}, "customfield_10050": {"accountId": CARLA.id}}}
    assert bot("PUT", f"/issue/{ticket}", json=sent).status_code == 204
    fields = bot.json("GET", f"/issue/{ticket}")["fields"]
    assert fields["assignee"]["displayName"] == FRED.name
    assert fields["customfield_10050"]["accountType"] == "customer"
    items = {i.field_id: (i.new, i.new_text) for i in site.issue(ticket).history[0].items}
    assert items["assignee"] == (FRED.id, FRED.name)


def test_a_transition_exists_from_the_present_status_only(site: Site, bot, ticket: str) -> None:
    """The same id works once; from the new status it is refused with 400."""
    sent = {"transition": {"id": _transition(bot, ticket, "SecureStor Folder")}}
    path = f"/issue/{ticket}/transitions"
    assert [bot("POST", path, json=sent).status_code for _ in range(2)] == [204, 400]
    assert bot("POST", path, json={}).status_code == 400
    (entry,) = site.issue(ticket).history
    (item,) = entry.items
    statuses = site.catalogue.statuses
    assert (item.old, item.new) == (statuses["Confirming Files"].id, statuses["SecureStor Folder"].id)


def test_a_done_status_brings_a_resolution(site: Site, ticket: str) -> None:
    """Entering a done status writes the resolution before the status; leaving it takes it off again."""
    site.transition(HANNA, ticket, "Done")
    assert site.issue(ticket).resolution == "Done"
    site.transition(HANNA, ticket, "Confirming Files")
    entries = [[(i.field_id, i.new_text) for i in e.items] for e in site.issue(ticket).history]
    assert entries == [
        [("resolution", "Done"), ("status", "Done")],
        [("resolution", None), ("status", "Confirming Files")],
    ]


def test_a_deleted_subtask_is_gone_without_a_word(site: Site, bot, ticket: str) -> None:
    """It leaves its parent's list and no changelog there; a parent with subtasks needs the flag."""
    subtask = site.create_subtask(BOT, ticket, "Create the folder").id
    assert bot("DELETE", f"/issue/{ticket}").status_code == 400
    assert bot("DELETE", f"/issue/{subtask}").status_code == 204
    assert bot("GET", f"/issue/{subtask}").status_code == 404
    assert (site.subtasks(ticket), site.issue(ticket).history) == ([], [])
    assert bot("DELETE", f"/issue/{ticket}?deleteSubtasks=true").status_code == 204


def test_one_issue_takes_so_many_writes(site: Site, bot, clock: SettableClock, ticket: str) -> None:
    """Past the limit 429 tells when to come back; a bulk create is one write of its parent."""
    site.limits.limits = ((3, 2.0),)
    bulk = {"issueUpdates": [_subtask(ticket, f"s{n}") for n in range(5)]}
    assert bot("POST", "/issue/bulk", json=bulk).status_code == 201
    path = f"/issue/{ticket}/comment"
    answers = [bot("POST", path, json={"body": "x"}) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 429]
    assert answers[-1].headers["RateLimit-Reason"] == "jira-per-issue-on-write"
    assert int(answers[-1].headers["Retry-After"]) in (1, 2)
    clock.jump_machine(2.1)
    assert bot("POST", path, json={"body": "x"}).status_code == 201


def test_clouds_limit_is_twenty_in_two_seconds(site: Site, clock: SettableClock) -> None:
    """As it comes, an issue takes twenty writes in two seconds and a hundred in thirty."""
    for _ in range(5):
        for _ in range(20):
            site.limits.count("1")
        with pytest.raises(Refused):
            site.limits.count("1")
        clock.jump_machine(2.1)
    with pytest.raises(Refused) as refused:
        site.limits.count("1")
    assert 15 < int(refused.value.headers["Retry-After"]) <= 30


def test_jira_can_be_told_to_refuse(site: Site, bot, ticket: str) -> None:
    """A rule refuses what a test wants refused, with any status, until it is undone."""

    def rule(act: Act) -> Refused | None:
        if act.kind == "comment" and "forbidden" in act.data["body"]:
            return Refused(409, "not this word")
        return None

    undo = site.refuse(rule)
    path = f"/issue/{ticket}/comment"
    assert bot("POST", path, json={"body": "a forbidden word"}).status_code == 409
    assert bot("POST", path, json={"body": "a fine word"}).status_code == 201
    undo()
    assert bot("POST", path, json={"body": "a forbidden word"}).status_code == 201


def test_an_imported_ticket_has_no_history(site: Site) -> None:
    """A ticket opened with a status stands there without a changelog."""
    issue = site.open_request(HANNA, "Shelbyville ISD", status="Initial File Review")
    assert (issue.status, issue.history) == ("Initial File Review", [])
