"""Fields of every kind that Jira has: how they are written, read, refused, and worded in the changelog."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.clock import SettableClock
from bot.core.model.process import Process
from bot.sandbox.accounts import BOT, CARLA, HANNA, Account
from bot.sandbox.field_types import (
    CASCADING,
    COMPONENTS,
    DATE,
    LABELS,
    MULTI_SELECT,
    NUMBER,
    PRIORITY,
    SELECT,
    TEXT,
    YES_NO,
    Field,
)
from bot.sandbox.jira_site import Site
from bot.sandbox.needs import Needs

PIPELINE, VENDORS, AGREED = "customfield_10065", "customfield_10066", "customfield_10060"
HOSTED, SINCE, SIS, SEATS, TAGS = (f"customfield_1007{n}" for n in range(5))
ADMIN = Account("712020:ada", "Ada Admin", "ada@onboarding.example", "token-ada", admin=True)
FIELDS = (
    Field(PIPELINE, "Pipeline", SELECT, ("existing", "new")),
    Field(VENDORS, "Test vendors", MULTI_SELECT, ("Renaissance STAR", "Aperture DESSA", "No vendor"), others=True),
    Field(AGREED, "Agreements signed", YES_NO),
    Field(HOSTED, "Where it is hosted", CASCADING, ("cloud", "here"), children={"cloud": ("east", "west")}),
    Field(SINCE, "In use since", DATE),
    Field(SIS, "Student information system", TEXT),
    Field(SEATS, "Seats", NUMBER),
    Field(TAGS, "Tags", LABELS),
    Field("priority", "Priority", PRIORITY, ("Urgent",)),
    Field("components", "Components", COMPONENTS, ("Web", "Data")),
)


@pytest.fixture
def site(process: Process, clock: SettableClock) -> Iterator[Site]:
    """A site that holds a field of each kind, and somebody who administers it."""
    needs = {process.name: Needs(fields=FIELDS, people=(ADMIN,))}
    site = Site([process], clock, needs=needs, search_lag=timedelta(0), retry_delay=0.01)
    yield site
    site.hooks.stop()


def _id(site: Site, field_id: str, name: str, project: str = "DDE") -> str:
    field = site.catalogue.field(field_id)
    assert field
    option = site.catalogue.options.by_name(site.catalogue.options_key(field, project), name)
    assert option
    return option.id


def _set(bot, ticket: str, name: str, value: Any) -> Any:
    """The value that a read shows after a write."""
    answer = bot("PUT", f"/issue/{ticket}", json={"fields": {name: value}})
    assert answer.status_code == 204, answer.text
    return bot.json("GET", f"/issue/{ticket}")["fields"][name]


def _change(site: Site, ticket: str) -> tuple[Any, ...]:
    (item,) = site.issue(ticket).history[-1].items
    return item.old, item.old_text, item.new, item.new_text


def test_a_select_holds_one_option(site: Site, bot, ticket: str) -> None:
    """It is written by value or id, read as an option, and its changelog has the option's id and value."""
    existing, new = _id(site, PIPELINE, "existing"), _id(site, PIPELINE, "new")
    shown = _set(bot, ticket, PIPELINE, {"value": "existing"})
    assert (shown["value"], shown["id"]) == ("existing", existing)
    assert shown["self"].endswith(f"/rest/api/2/customFieldOption/{existing}")
    assert _change(site, ticket) == (None, None, existing, "existing")
    assert _set(bot, ticket, PIPELINE, {"id": new})["value"] == "new"
    assert _change(site, ticket) == (existing, "existing", new, "new")
    assert _set(bot, ticket, PIPELINE, None) is None
    assert _change(site, ticket) == (new, "new", None, None)


def test_a_multi_select_lists_ids_in_its_changelog(site: Site, bot, ticket: str) -> None:
    """The ids stand as a list in one text, the values joined; the order written does not matter."""
    star, dessa = _id(site, VENDORS, "Renaissance STAR"), _id(site, VENDORS, "Aperture DESSA")
    shown = _set(bot, ticket, VENDORS, [{"value": "Aperture DESSA"}, {"id": star}])
    assert [v["value"] for v in shown] == ["Renaissance STAR", "Aperture DESSA"]
    assert _change(site, ticket) == (None, None, f"[{star}, {dessa}]", "Renaissance STAR, Aperture DESSA")
    _set(bot, ticket, VENDORS, [{"id": dessa}, {"id": star}])
    assert len(site.issue(ticket).history) == 1
    assert _set(bot, ticket, VENDORS, []) is None


def test_yes_or_no_is_a_choice_of_two(site: Site, bot, ticket: str) -> None:
    """It starts empty, and takes Yes and No only."""
    assert bot.json("GET", f"/issue/{ticket}")["fields"][AGREED] is None
    assert _set(bot, ticket, AGREED, {"value": "Yes"})["value"] == "Yes"
    assert bot("PUT", f"/issue/{ticket}", json={"fields": {AGREED: {"value": "Maybe"}}}).status_code == 400


def test_a_cascading_select_holds_two_levels(site: Site, bot, ticket: str) -> None:
    """The second level is the `child` of the first; the changelog puts both, with their ids, into its text."""
    cloud = _id(site, HOSTED, "cloud")
    shown = _set(bot, ticket, HOSTED, {"value": "cloud", "child": {"value": "west"}})
    assert (shown["value"], shown["child"]["value"]) == ("cloud", "west")
    west = shown["child"]["id"]
    words = f"Parent values: cloud({cloud})Level 1 values: west({west})"
    assert _change(site, ticket) == (None, None, None, words)
    assert "child" not in _set(bot, ticket, HOSTED, {"value": "cloud"})
    assert _change(site, ticket) == (None, words, None, f"Parent values: cloud({cloud})")
    wrong = {"value": "here", "child": {"value": "west"}}
    assert bot("PUT", f"/issue/{ticket}", json={"fields": {HOSTED: wrong}}).status_code == 400


def test_plain_values(site: Site, bot, ticket: str) -> None:
    """A date is an ISO day and reads like 5/Jun/26 in the changelog; a number may be 0; a text is itself."""
    assert _set(bot, ticket, SINCE, "2026-06-05") == "2026-06-05"
    assert _change(site, ticket) == (None, None, "2026-06-05", "5/Jun/26")
    assert _set(bot, ticket, SEATS, 0) == 0
    assert _change(site, ticket) == (None, None, None, "0")
    assert _set(bot, ticket, SEATS, 2.5) == 2.5
    assert _change(site, ticket) == (None, "0", None, "2.5")
    assert _set(bot, ticket, SIS, "Synergy") == "Synergy"
    assert _set(bot, ticket, TAGS, ["a", "b"]) == ["a", "b"]
    assert _change(site, ticket) == (None, None, None, "a b")


def test_a_priority_is_never_empty(site: Site, bot, ticket: str) -> None:
    """It is Medium at first, is written by name or id, and cannot be cleared."""
    assert bot.json("GET", f"/issue/{ticket}")["fields"]["priority"]["name"] == "Medium"
    assert _set(bot, ticket, "priority", {"id": "1"})["name"] == "Highest"
    assert _change(site, ticket) == ("3", "Medium", "1", "Highest")
    assert _set(bot, ticket, "priority", {"name": "Urgent"})["name"] == "Urgent"
    assert list(_refused(bot, ticket, {"priority": None})) == ["priority"]


def test_each_component_is_a_change_of_its_own(site: Site, bot, ticket: str) -> None:
    """One entry has an item for each component that was added and each that was taken away."""
    web, data = _id(site, "components", "Web"), _id(site, "components", "Data")
    assert bot.json("GET", f"/issue/{ticket}")["fields"]["components"] == []
    assert [c["name"] for c in _set(bot, ticket, "components", [{"name": "Web"}])] == ["Web"]
    assert [c["name"] for c in _set(bot, ticket, "components", [{"name": "Data"}])] == ["Data"]
    items = [(i.field, i.old, i.new, i.new_text) for i in site.issue(ticket).history[-1].items]
    assert items == [("Component", web, None, None), ("Component", None, data, "Data")]


def _refused(bot, ticket: str, fields: dict[str, Any]) -> Any:
    answer = bot("PUT", f"/issue/{ticket}", json={"fields": fields})
    assert answer.status_code == 400
    return answer.json()["errors"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (PIPELINE, {"value": "Existing pipeline"}),
        (PIPELINE, {"id": "1"}),
        (PIPELINE, "existing"),
        (PIPELINE, [{"value": "existing"}]),
        (VENDORS, {"value": "Renaissance STAR"}),
        (VENDORS, [{"value": "Somebody else"}]),
        (VENDORS, ["Renaissance STAR"]),
        (HOSTED, {"value": "west"}),
        (SINCE, "June"),
        (SIS, 5),
        (SIS, "x" * 256),
        (SEATS, "5"),
        (SEATS, True),
        (SEATS, 10**400),
        (TAGS, ["two words"]),
        ("components", [{"name": "Nothing"}]),
        ("priority", {"name": "Nothing"}),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(site: Site, bot, ticket: str, name: str, value: Any) -> None:
    """An option that does not exist and a value of another kind are a 400 under the field's id, and change nothing."""
    assert list(_refused(bot, ticket, {"summary": "New", name: value})) == [name]
    assert site.issue(ticket).history == []


def test_a_refusal_names_every_wrong_field(site: Site, bot, ticket: str) -> None:
    """All wrong fields are named at once."""
    errors = _refused(bot, ticket, {PIPELINE: {"value": "none such"}, SEATS: "many", SIS: "fine"})
    assert errors == {
        PIPELINE: "Option value 'none such' is not valid",
        SEATS: "Operation value must be a number",
    }


def test_an_update_adds_and_removes(site: Site, bot, ticket: str) -> None:
    """Operations on a list change one item each; a field that holds one value can only be set."""
    update = {
        VENDORS: [{"add": {"value": "Renaissance STAR"}}, {"add": {"value": "Aperture DESSA"}}],
        PIPELINE: [{"set": {"value": "new"}}],
        "components": [{"add": {"name": "Web"}}],
    }
    assert bot("PUT", f"/issue/{ticket}", json={"update": update}).status_code == 204
    sent = {"update": {VENDORS: [{"remove": {"value": "Renaissance STAR"}}]}}
    assert bot("PUT", f"/issue/{ticket}", json=sent).status_code == 204
    fields = bot.json("GET", f"/issue/{ticket}")["fields"]
    assert [v["value"] for v in fields[VENDORS]] == ["Aperture DESSA"]
    assert (fields[PIPELINE]["value"], fields["components"][0]["name"]) == ("new", "Web")
    answer = bot("PUT", f"/issue/{ticket}", json={"update": {PIPELINE: [{"add": {"value": "new"}}]}})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [PIPELINE])


def test_a_field_is_not_in_fields_and_update(site: Site, bot, ticket: str) -> None:
    """One field both set and updated is refused."""
    sent = {"fields": {SIS: "a"}, "update": {SIS: [{"set": "b"}]}}
    answer = bot("PUT", f"/issue/{ticket}", json=sent)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [SIS])


@pytest.mark.parametrize("sent", [{"fields": "x"}, {"update": "x"}, {"update": {SIS: "x"}}, {"update": {SIS: ["x"]}}])
def test_what_is_no_edit_is_refused(bot, ticket: str, sent: dict[str, Any]) -> None:
    """Fields and updates that are no objects, and operations that are no list of objects, are a 400."""
    assert bot("PUT", f"/issue/{ticket}", json=sent).status_code == 400


def test_a_request_can_be_made_with_its_fields(site: Site, bot) -> None:
    """A create checks the same, and what it sets is no change."""
    kind = {"project": {"key": "DDE"}, "issuetype": {"name": "DDE Set-Up"}, "summary": "Springfield ISD"}
    sent = {"fields": {**kind, PIPELINE: {"value": "new"}, "priority": {"name": "High"}}}
    made = bot.json("POST", "/issue", json=sent)
    fields = bot.json("GET", f"/issue/{made['id']}")["fields"]
    assert (fields[PIPELINE]["value"], fields["priority"]["name"]) == ("new", "High")
    assert site.issue(made["id"]).history == []


def test_a_change_is_sent_by_webhook(site: Site, bot, receiver, ticket: str) -> None:
    """The webhook of a changed field carries the field's item, and the issue with its new value."""
    site.register_webhook(receiver.url, "s", ["jira:issue_updated"])
    _set(bot, ticket, PIPELINE, {"value": "new"})
    assert site.hooks.wait_idle(5)
    (body,) = receiver.bodies
    (item,) = body["changelog"]["items"]
    assert {k: item[k] for k in ("field", "fieldId", "fieldtype", "toString")} == {
        "field": "Pipeline",
        "fieldId": PIPELINE,
        "fieldtype": "custom",
        "toString": "new",
    }
    assert body["issue"]["fields"][PIPELINE]["value"] == "new"


def test_an_option_keeps_its_id_when_it_is_renamed(site: Site, bot, ticket: str) -> None:
    """Every issue shows the new name under the same id; the changelog keeps what was written then."""
    before = _set(bot, ticket, PIPELINE, {"value": "existing"})
    site.rename_option(HANNA, PIPELINE, before["id"], "shared")
    after = bot.json("GET", f"/issue/{ticket}")["fields"][PIPELINE]
    assert (after["id"], after["value"]) == (before["id"], "shared")
    assert _change(site, ticket)[3] == "existing"
    assert site.add_option(HANNA, PIPELINE, "shared").id == before["id"]
    added = site.add_option(HANNA, PIPELINE, "none yet")
    assert _set(bot, ticket, PIPELINE, {"id": added.id})["value"] == "none yet"


def test_screens_name_the_options(site: Site, bot, ticket: str) -> None:
    """Edit and create screens say which operations and options each field has."""
    fields = bot.json("GET", f"/issue/{ticket}/editmeta")["fields"]
    assert [o["value"] for o in fields[AGREED]["allowedValues"]] == ["Yes", "No"]
    assert [o["name"] for o in fields["components"]["allowedValues"]] == ["Web", "Data"]
    (cloud, here) = fields[HOSTED]["allowedValues"]
    assert ([c["value"] for c in cloud["children"]], here["children"]) == (["east", "west"], [])
    assert fields[VENDORS]["operations"] == ["add", "set", "remove"]
    kind = next(t for t in bot.json("GET", "/issue/createmeta/DDE/issuetypes")["issueTypes"] if not t["subtask"])
    made_with = bot.json("GET", f"/issue/createmeta/DDE/issuetypes/{kind['id']}")["fields"]
    assert {PIPELINE, VENDORS, "priority"} <= {f["fieldId"] for f in made_with}


def test_subtasks_do_not_have_a_process_s_fields(site: Site, bot, ticket: str) -> None:
    """A process's fields are on its tickets' screens only."""
    subtask = site.create_subtask(BOT, ticket, "Create the folder")
    assert PIPELINE not in bot.json("GET", f"/issue/{subtask.id}")["fields"]
    answer = bot("PUT", f"/issue/{subtask.id}", json={"fields": {PIPELINE: {"value": "new"}}})
    assert "not on the appropriate screen" in answer.json()["errors"][PIPELINE]


def test_fields_name_their_kind(site: Site, bot) -> None:
    """The list of fields has Jira's type of each."""
    schemas = {f["id"]: f["schema"] for f in bot.json("GET", "/field")}
    assert schemas[VENDORS] == {
        "type": "array",
        "items": "option",
        "custom": "com.atlassian.jira.plugin.system.customfieldtypes:multiselect",
        "customId": 10066,
    }
    assert schemas["components"] == {"type": "array", "items": "component", "system": "components"}
    assert [p["name"] for p in bot.json("GET", "/priority")][:3] == ["Highest", "High", "Medium"]
    assert [c["name"] for c in bot.json("GET", "/project/DDE/components")] == ["Web", "Data"]


def test_contexts_are_for_administrators(site: Site, bot, calling) -> None:
    """An administrator reads a field's context and its options, both levels; the bot may not."""
    ada = calling(ADMIN)
    (context,) = ada.json("GET", f"/field/{HOSTED}/context")["values"]
    path = f"/field/{HOSTED}/context/{context['id']}/option"
    options = ada.json("GET", path)["values"]
    assert [o["value"] for o in options] == ["cloud", "here", "east", "west"]
    assert options[2]["optionId"] == options[0]["id"]
    assert bot("GET", path).status_code == 403
    assert ada("GET", f"/field/{HOSTED}/context/1/option").status_code == 404


def test_fields_are_set_from_outside(site: Site, stranger, ticket: str) -> None:
    """Tests in another process set several fields in one act, add an option, and read what Jira then holds."""
    option = stranger.json(
        "POST", "/sandbox/api/option", json={"by": HANNA.id, "field": VENDORS, "value": "Somebody else"}
    )
    sent = {
        "by": HANNA.id,
        "issue": ticket,
        "fields": {PIPELINE: {"value": "new"}, "customfield_10050": {"accountId": CARLA.id}},
        "update": {VENDORS: [{"add": {"id": option["id"]}}]},
    }
    after = stranger.json("POST", "/sandbox/api/fields", json=sent)
    assert after["fields"][PIPELINE]["value"] == "new"
    assert [v["value"] for v in after["fields"][VENDORS]] == ["Somebody else"]
    assert after["fields"]["customfield_10050"] == CARLA.id
    assert (after["priority"]["name"], after["components"], len(after["changelog"])) == ("Medium", [], 1)
    renamed = {"by": HANNA.id, "field": VENDORS, "id": option["id"], "value": "Another"}
    assert stranger.json("POST", "/sandbox/api/option", json=renamed) == {"id": option["id"], "value": "Another"}
