"""Jira's JSON, in every shape that it was seen in, becomes the core's types or one clear refusal."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.model.issue import Comment, Person
from bot.jira.json_values import Unreadable
from bot.jira.payloads import (
    Transition,
    changes_missing,
    comments_missing,
    issue_from,
    parse_moment,
    person,
    subtask_from,
    transitions_of,
)
from bot.jira.references import author_of, event_of, issue_of, project_of

RECORDED = Path(__file__).parents[3] / "shared" / "jira" / "webhooks"

# file -> issue to look at, author, project
EXPECTED: dict[str, tuple[str, str | None, str | None]] = {
    "atlassian-docs__issue_updated-documented-example.json": ("99291", None, "JRA"),
    "defectdojo__server-comment_created.json": ("2", "valentijn", None),
    "defectdojo__server-issue_updated-issue_commented.json": ("2", "valentijn", "ISEC"),
    "derived__automation-issue-data-bare-issue.json": ("10040", None, "TES"),
    "derived__cloud-jsm-comment_created-INTERNAL.json": ("10002", "619a4432ebce470067f20384", "SB"),
    "derived__cloud-jsm-comment_created-by-customer.json": (
        "10002",
        "qm:5a82b573-3fb7-472b-9ecc-5ab90388d8be:72e66569-cae7-433b-8b6d-c4109f0f7aae",
        "SB",
    ),
    "derived__cloud-subtask-issue_updated-status-done.json": ("11389", "5c5f880629be9642ba529340", "TES"),
    "jenkins-jira-trigger__cloud-comment_added.json": (
        "10023",
        "557058:eb43b4a2-fad1-4ff6-a2d9-38eee0b088b9",
        "TEST",
    ),
    "jenkins-jira-trigger__server-issue_updated-status-no-event-type.json": ("10010", "admin", "TEST"),
    "mattermost__cloud-comment_created.json": ("10040", "5c5f880629be9642ba529340", "TES"),
    "mattermost__cloud-comment_updated.json": ("10040", "5c5f880629be9642ba529340", "TES"),
    "mattermost__cloud-issue_created.json": ("10040", "5c5f880629be9642ba529340", "TES"),
    "mattermost__cloud-issue_updated-assigned-EMPTY-changelog.json": ("10001", "123456", "TEST"),
    "mattermost__cloud-issue_updated-status+resolution.json": ("10040", "5c5f880629be9642ba529340", "TES"),
    "mattermost__cloud-issue_updated-status.json": ("10040", "5c5f880629be9642ba529340", "TES"),
    "mattermost__cloud-issue_updated-unassigned.json": ("10040", "5c5f880629be9642ba529340", "TES"),
    "mattermost__server-comment_created-NO-issue.json": ("10013", "levbrouk", None),
    "mattermost__server-issue_updated-issue_commented-NO-changelog.json": ("10013", "levbrouk", "PRJX"),
    "mattermost__server-issue_updated-status-issue_work_started.json": ("10300", "admin", "TES"),
    "mobitel__cloud-issue_updated-child-with-parent.json": ("19435", "5c07f55ba1b46046f530e0f3", "INDEV"),
    "mobitel__cloud-issue_updated-status.json": ("11442", "5bcede20b3e37a158c364fef", "INDEV"),
    "zulip__cloud-comment_created-2024-mention-eventType.json": ("10002", "619a4432ebce470067f20384", "SB"),
}

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    *("issue", "fields", "id", "key", "issuetype", "subtask", "parent", "project", "comment", "self"),
    *("user", "author", "updateAuthor", "accountId", "webhookEvent", "worklog", "issueId", "displayName"),
    *(
        "changelog",
        "histories",
        "items",
        "created",
        "from",
        "to",
        "status",
        "subtasks",
        "transitions",
        "name",
    ),
]
known_names = st.recursive(
    any_json | st.sampled_from(["10001", "DDE-1", 7, True]),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_delivery_names_its_issue_author_and_project(name: str) -> None:
    """Each recorded body leads to the issue, the author and the project that it names."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded payloads are not there: ../shared/jira/webhooks")
    body = json.loads((RECORDED / name).read_text())

    assert (issue_of(body), author_of(body), project_of(body)) == EXPECTED[name]


def test_every_recorded_delivery_is_in_the_table() -> None:
    """A recorded body that is added has to say what is expected of it."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded payloads are not there: ../shared/jira/webhooks")

    assert {path.name for path in RECORDED.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        pytest.param({"issue": {"id": 10001}}, "10001", id="an id that is a number"),
        pytest.param({"issue": {"id": " 10001 "}}, "10001", id="spaces of a smart value"),
        pytest.param({"issue": {"id": "../../admin"}}, None, id="an id that is no number"),
        pytest.param({"issue": {"id": True}}, None, id="a boolean is no id"),
        pytest.param({"issue": {"id": 10**30}}, None, id="a number beyond any id"),
        pytest.param({"issue": {"id": "１２"}}, None, id="digits of another script"),
        pytest.param(
            {"issue": {"id": "5", "fields": {"issuetype": {"subtask": True}, "parent": {"id": 3}}}},
            "3",
            id="a subtask leads to its parent",
        ),
        pytest.param(
            {"issue": {"id": "5", "fields": {"issuetype": {"subtask": False}, "parent": {"id": 3}}}},
            "5",
            id="a child of an epic stays itself",
        ),
        pytest.param(
            {
                "webhookEvent": "comment_created",
                "issue": {"id": "5", "fields": {"issuetype": {"subtask": 1}}},
            },
            "5",
            id="a subtask without its parent is looked at itself",
        ),
        pytest.param(
            {"comment": {"self": "https://host/jira/rest/api/2/issue/77/comment/9"}},
            "77",
            id="Data Center under a path",
        ),
        pytest.param({"comment": {"self": "https://host/rest/api/2/issue/DDE-1/comment/9"}}, None, id="a key"),
        pytest.param({"webhookEvent": "worklog_created", "worklog": {"issueId": "8"}}, "8", id="a worklog"),
        pytest.param({"id": 9, "key": "DDE-1", "fields": {}}, "9", id="Automation's bare issue"),
        pytest.param({"webhookEvent": "", "issue": {"id": "9"}}, "9", id="an imitated envelope"),
        pytest.param({"webhookEvent": "jira:version_released", "id": 9, "key": "V-1"}, None, id="a version"),
        pytest.param({"id": 9, "name": "Release"}, None, id="something with an id that is no issue"),
        pytest.param({"issue": {"key": "DDE-1"}}, None, id="a key is a label, no identity"),
        pytest.param([], None, id="a list"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_the_issue_of_a_delivery(body: object, issue: str | None) -> None:
    """Only digits are an id, a subtask leads to its parent, and what names no issue leads nowhere."""
    assert issue_of(body) == issue


@settings(max_examples=150, deadline=None)
@given(any_json | known_names)
def test_no_json_makes_the_readers_of_a_delivery_raise(body: object) -> None:
    """Whatever JSON comes, a delivery's facts are short printable texts or None."""
    for fact in (issue_of(body), author_of(body), project_of(body), event_of(body)):
        assert fact is None or (len(fact) <= 255 and fact.isprintable())


def test_an_event_without_a_name_is_called_unnamed() -> None:
    """Automation's bodies name no event."""
    assert event_of({"issue": {}}) == "unnamed"
    assert event_of({"webhookEvent": "jira:issue_updated"}) == "jira:issue_updated"


def test_what_a_database_would_refuse_is_made_harmless() -> None:
    """A NUL or half a surrogate pair in an account or an event does not reach the store."""
    assert author_of({"user": {"accountId": "a\x00b\ud800"}}) == "a?b?"


def test_the_project_is_read_from_the_key_where_the_fields_do_not_tell() -> None:
    """A cut body still tells its project by its issue's key."""
    assert project_of({"issue": {"id": "1", "key": "DDE-12"}}) == "DDE"
    assert project_of({"issue": {"id": "1", "key": "nonsense"}}) is None


def test_a_person_of_cloud_and_one_of_data_center() -> None:
    """Cloud names people by accountId, Data Center by key or name; nobody is None."""
    cloud = {"accountId": "qm:1", "name": "x", "displayName": "Ada", "accountType": "customer"}
    assert person(cloud) == Person("qm:1", "Ada", "customer")
    assert person({"key": "JIRAUSER7", "name": "ada", "displayName": ""}) == Person("JIRAUSER7", "ada")
    assert person({"name": "ada"}) == Person("ada", "ada")
    assert person({"displayName": "Ada"}) is None
    assert person(None) is None


@pytest.mark.parametrize(
    "value", ["2024-07-31T14:38:13.985+0700", "2024-07-31T07:38:13.985Z", 1722411493985, "1722411493985"]
)
def test_moments_are_read_into_utc(value: object) -> None:
    """An offset without a colon, a Z and milliseconds mean the same moment."""
    moment = parse_moment(value)
    assert moment == datetime(2024, 7, 31, 7, 38, 13, 985000, tzinfo=UTC)
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "value", [None, "", "yesterday", "2024-07-31T14:38:13", "0001-01-01T00:00:00+1400", 10**20, True, {}]
)
def test_a_broken_moment_is_refused_in_one_sentence(value: object) -> None:
    """A moment without an offset, or none at all, is not guessed."""
    with pytest.raises(Unreadable, match="where a moment with an offset was expected"):
        parse_moment(value)


def status_name(status_id: str, name: str) -> str:
    """The statuses of these tests: known by id, whatever Jira shows."""
    return {"1": "Confirming Files", "2": "SecureStor Folder"}.get(status_id, name)


def entry(entry_id: str, at: str, *items: dict[str, Any]) -> dict[str, Any]:
    """One changelog entry of Jira's."""
    return {"id": entry_id, "created": at, "author": {"accountId": "ann"}, "items": list(items)}


def raw_issue(**more: Any) -> dict[str, Any]:
    """GET issue in Jira's shape, with `more` fields."""
    return {
        "id": "100",
        "key": "DDE-7",
        "fields": {
            "summary": "Springfield",
            "status": {"id": "1", "name": "Bestätigung"},
            "issuetype": {"name": "DDE Set-Up", "subtask": False},
            "project": {"key": "DDE", "projectTypeKey": "service_desk"},
            "created": "2026-01-05T09:00:00.000-0600",
            "reporter": {"accountId": "qm:1", "displayName": "Dee", "accountType": "customer"},
            "labels": ["pilot"],
            "customfield_1": [{"accountId": "qm:2", "displayName": "Eve", "accountType": "customer"}, None],
            **more,
        },
        "properties": {"onboarding-bot": {"version": 1}},
    }


def read(raw: dict[str, Any], **more: Any) -> Any:
    """`issue_from` with this office's names."""
    return issue_from(
        raw,
        status_name=status_name,
        property_key="onboarding-bot",
        people_fields=["customfield_1"],
        **more,
    )


def test_an_issue_is_read_with_its_parts() -> None:
    """Identity, people, labels, ledger and the status under the process file's name."""
    issue = read(raw_issue())

    assert (issue.id, issue.key, issue.project, issue.type) == ("100", "DDE-7", "DDE", "DDE Set-Up")
    assert issue.status == "Confirming Files"
    assert issue.created == datetime(2026, 1, 5, 15, tzinfo=UTC)
    assert issue.reporter == Person("qm:1", "Dee", "customer")
    assert [one.id for one in issue.participants] == ["qm:2"]
    assert (issue.labels, issue.ledger, issue.parent_id) == (("pilot",), {"version": 1}, None)
    assert issue.service_desk
    assert issue.fields["summary"] == "Springfield"


def test_missing_parts_are_read_as_empty() -> None:
    """Null or absent people, labels, histories and properties are nothing, not an error."""
    raw = raw_issue(reporter=None, labels=None, customfield_1=None, comment=None, subtasks=None)
    raw["properties"] = None

    issue = read(raw)

    assert (issue.reporter, issue.participants, issue.labels, issue.ledger) == (None, (), (), None)
    assert (issue.changes, issue.comments, issue.subtasks) == ((), (), ())


def test_the_history_is_flat_and_oldest_first() -> None:
    """One Change per item, by moment, then entry, then the item's place; pages that overlap count once."""
    label = {"field": "labels", "fieldtype": "jira", "fieldId": "labels", "fromString": "", "toString": "a b"}
    move = {"field": "Статус", "fieldtype": "jira", "fieldId": "status", "from": "1", "to": "2"}
    raw = raw_issue()
    raw["changelog"] = {
        "total": 3,
        "histories": [
            entry("10", "2026-01-06T09:00:00.000+0000", move, label),
            entry("9", "2026-01-06T09:00:00.000+0000", label),
        ],
    }
    more = [
        entry("8", "2026-01-07T09:00:00.000+0000", label),
        entry("9", "2026-01-06T09:00:00.000+0000", label),
    ]

    changes = read(raw, more_changes=more).changes

    assert [(change.id, change.field) for change in changes] == [
        ("9", "labels"),
        ("10", "status"),
        ("10", "labels"),
        ("8", "labels"),
    ]
    assert (changes[1].old, changes[1].new) == ("Confirming Files", "SecureStor Folder")
    assert (changes[0].old, changes[0].new) == ("", "a b")
    assert changes[0].author == Person("ann", "ann")


@pytest.mark.parametrize(
    ("item", "field", "old", "new"),
    [
        pytest.param(
            {
                "field": "Status",
                "fieldtype": "jira",
                "from": "1",
                "fromString": "A",
                "to": "9",
                "toString": "B",
            },
            *("status", "Confirming Files", "B"),
            id="Data Center gives no fieldId",
        ),
        pytest.param(
            {"field": "Status", "fieldtype": "custom", "from": "1", "fromString": "A", "toString": "B"},
            *("Status", "A", "B"),
            id="a custom field called Status is not the status",
        ),
        pytest.param(
            {
                "field": "duedate",
                "fieldtype": "jira",
                "to": "2026-01-13",
                "toString": "2026-01-13 00:00:00.0",
            },
            *("duedate", None, "2026-01-13"),
            id="a due date is its ISO date",
        ),
        pytest.param(
            {"field": "Key", "fieldtype": "jira", "from": None, "fromString": "A-1", "toString": "B-1"},
            *("key", "A-1", "B-1"),
            id="a move to another project",
        ),
        pytest.param(
            {"field": "IssueParentAssociation", "fieldtype": "jira", "from": 4, "to": 5},
            *("issueparentassociation", "4", "5"),
            id="values where there are no words",
        ),
    ],
)
def test_one_item_of_a_changelog(item: dict[str, Any], field: str, old: str | None, new: str | None) -> None:
    """The field's id goes before its shown name, and each kind of field gives its plainest values."""
    raw = raw_issue()
    raw["changelog"] = {"histories": [entry("1", "2026-01-06T09:00:00.000+0000", item)]}

    (change,) = read(raw).changes

    assert (change.field, change.old, change.new) == (field, old, new)


def test_the_status_that_an_issue_was_created_with_is_no_transition() -> None:
    """A status item from nothing is left out; the entry's other items stay."""
    raw = raw_issue()
    created = [
        {"field": "Status", "fieldtype": "jira", "fieldId": "status", "from": None, "to": "1"},
        {"field": "priority", "fieldtype": "jira", "fieldId": "priority", "from": None, "toString": "High"},
    ]
    raw["changelog"] = {"histories": [entry("1", "2026-01-06T09:00:00.000+0000", *created)]}

    assert [change.field for change in read(raw).changes] == ["priority"]


@pytest.mark.parametrize(
    ("said", "public"),
    [
        ({"jsdPublic": True}, True),
        ({"jsdPublic": False}, False),
        ({}, True),
        ({"visibility": {"type": "role", "value": "Agents"}}, False),
    ],
)
def test_who_can_read_a_comment(said: dict[str, Any], public: bool) -> None:
    """JSM says it; where it does not, only a restricted comment is kept from the customer."""
    comment = {"id": "5", "created": "2026-01-06T09:00:00.000+0000", "body": None, **said}

    (read_comment,) = read(raw_issue(comment={"comments": [comment]})).comments

    assert (read_comment.public, read_comment.body) == (public, "")
    assert read_comment.updated == read_comment.created


def test_comments_are_oldest_first_and_once() -> None:
    """Overlapping pages of comments make no second one, and the later reading counts."""
    first = {"id": "5", "created": "2026-01-06T09:00:00.000+0000", "body": "a"}
    second = {"id": "6", "created": "2026-01-06T09:00:00.000+0000", "body": "b"}
    edited = {**first, "updated": "2026-01-07T09:00:00.000+0000", "body": "a2"}

    issue = read(raw_issue(comment={"comments": [second, first]}), more_comments=[edited])

    assert [comment.body for comment in issue.comments] == ["a2", "b"]
    assert issue.newest == datetime(2026, 1, 7, 9, tzinfo=UTC)


def test_subtasks_of_an_issue_are_brief() -> None:
    """What the parent tells of a subtask holds no history, and says so."""
    brief = {"id": "101", "key": "DDE-8", "fields": {"summary": "Folder", "status": {"id": "2", "name": "x"}}}

    (subtask,) = read(raw_issue(subtasks=[brief])).subtasks

    assert (subtask.id, subtask.key, subtask.summary) == ("101", "DDE-8", "Folder")
    assert (subtask.status, subtask.whole) == ("SecureStor Folder", False)


def test_only_a_subtask_has_a_parent() -> None:
    """The parent of a story is its epic, and not ours."""
    epic = {"parent": {"id": "50"}}
    assert read(raw_issue(**epic)).parent_id is None
    assert read(raw_issue(**epic, issuetype={"name": "Sub-task", "subtask": True})).parent_id == "50"


def test_a_subtask_with_its_own_history_is_whole() -> None:
    """Changelog and comments must both have come, or the subtask is not called whole."""
    move = {"field": "status", "fieldtype": "jira", "fieldId": "status", "from": "1", "to": "2"}
    raw = raw_issue(comment={"comments": [{"id": "5", "created": "2026-01-06T09:00:00.000+0000", "body": "a"}]})
    assert not subtask_from(raw, status_name=status_name).whole

    raw["changelog"] = {"histories": [entry("1", "2026-01-06T09:00:00.000+0000", move)]}
    subtask = subtask_from(raw, status_name=status_name)

    assert subtask.whole
    assert [change.new for change in subtask.changes] == ["SecureStor Folder"]
    assert [comment.body for comment in subtask.comments] == ["a"]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"id": "x"}, "DDE-7 has no readable id"),
        ({"key": None}, "has no readable key"),
        ({"fields": None}, "has no readable status"),
        ({"changelog": {"histories": [{"items": []}]}}, "id of an entry"),
        ({"changelog": {"histories": [{"id": "1"}]}}, "a moment with an offset"),
    ],
)
def test_a_broken_issue_is_refused_in_one_sentence(broken: dict[str, Any], words: str) -> None:
    """What identity and time hang on must be there; the sentence says what was not."""
    with pytest.raises(Unreadable, match=words):
        read(raw_issue() | broken)


def test_a_comment_in_another_format_is_refused() -> None:
    """A document instead of wiki markup is a sign of the wrong REST version."""
    comment = {"id": "5", "created": "2026-01-06T09:00:00.000+0000", "body": {"type": "doc"}}
    with pytest.raises(Unreadable, match="comment 5 is not a text"):
        read(raw_issue(comment={"comments": [comment]}))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), known_names, max_size=6))
def test_no_shape_breaks_the_reader_of_an_issue_otherwise(raw: dict[str, Any]) -> None:
    """Any shape is read or refused as unreadable; there is no third way."""
    transitions_of(raw)
    with contextlib.suppress(Unreadable):
        assert read(raw_issue() | raw).id


def test_the_moves_that_jira_offers() -> None:
    """A transition is known by the status it leads to; one that leads nowhere is none."""
    offered = {"transitions": [{"id": 4, "name": "Go", "to": {"id": "2", "name": "Folder"}}, {"id": "5"}]}
    assert transitions_of(offered) == (Transition("4", "2", "Folder"),)
    assert transitions_of({}) == ()


def test_a_cut_history_is_noticed() -> None:
    """Fewer entries than the total, or none told at all, means that pages must be read."""
    raw = raw_issue(comment={"comments": [{}], "total": 1})
    assert changes_missing(raw)
    assert not comments_missing(raw)
    assert changes_missing({"changelog": {"histories": [{}], "total": 2}})
    assert not changes_missing({"changelog": {"histories": [{}], "total": 1}})


def comments_of(*raw: dict[str, object]) -> tuple[Comment, ...]:
    """The comments of an issue that holds these."""
    fields = {"status": {"id": "1", "name": "Open"}, "created": MOMENT, "comment": {"comments": list(raw)}}
    issue = {"id": "10", "key": "DDE-1", "fields": fields}
    return issue_from(issue, status_name=lambda _, name: name, property_key="x").comments


MOMENT = "2026-01-05T09:00:00.000-0600"
CARLA = {"accountId": "qm:1:carla", "displayName": "Carla"}
HANNA = {"accountId": "1:hanna", "displayName": "Hanna"}


def test_data_center_hides_a_comment_by_its_property() -> None:
    """There is no jsdPublic there; the property that made the comment internal is all that tells."""
    hidden = {"key": "sd.public.comment", "value": {"internal": True}}
    shown = {"key": "sd.public.comment", "value": {"internal": False}}
    raw = [
        {"id": "1", "author": HANNA, "created": MOMENT, "body": "a", "properties": [hidden]},
        {"id": "2", "author": HANNA, "created": MOMENT, "body": "b", "properties": [shown]},
        {"id": "3", "author": HANNA, "created": MOMENT, "body": "c", "properties": []},
    ]
    assert [c.public for c in comments_of(*raw)] == [False, True, True]


def test_an_edit_by_another_person_says_nothing_anew() -> None:
    """Staff take student data out of a contact's old comment: it stays as old as it was."""
    later = "2026-01-12T09:00:00.000-0600"
    raw = {"id": "1", "author": CARLA, "created": MOMENT, "updated": later, "body": "Files ready"}
    (own,) = comments_of({**raw, "updateAuthor": CARLA})
    (redacted,) = comments_of({**raw, "updateAuthor": HANNA})
    assert own.updated > own.created
    assert redacted.updated == redacted.created


def test_a_changelog_as_long_as_jira_ever_gives_may_not_be_whole() -> None:
    """Bulkfetch gives the newest 40 entries and does not reliably say that there are more."""
    forty = {"changelog": {"histories": [{"id": str(n)} for n in range(40)]}}
    assert not changes_missing(forty)
    assert changes_missing(forty, 40)
    assert not changes_missing(forty, 41)
