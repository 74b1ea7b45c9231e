"""One site for several processes: projects, types, workflows, fields and people of their own, and added moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.clock import SettableClock
from bot.core.model.facts import Condition, Fact, FactKind
from bot.core.model.process import Office, Process, Step, Team
from bot.sandbox.accounts import CARLA, DANA, HANNA, Account
from bot.sandbox.field_types import (
    COMPONENTS,
    DATE,
    MULTI_SELECT,
    NUMBER,
    PRIORITY,
    SELECT,
    TEXT,
    USER,
    YES_NO,
    Field,
)
from bot.sandbox.jira_site import Site
from bot.sandbox.needs import Needs, needs_of, needs_of_all, pass_over
from bot.sandbox.records import Refused
from bot.sandbox.workflows import Move, workflow_of

PIPELINE, VENDORS = "customfield_10065", "customfield_10066"
OLIVE = Account("qm:1f0c:olive", "Olive Oregon", "olive@bend.example", "token-olive", kind="customer")
DEV = Account("712020:dev", "Dev Developer", "dev@onboarding.example", "token-dev")


def _steps(*names: str) -> tuple[Step, ...]:
    following = (*names[1:], "done")
    return tuple(Step(n, n, n.title(), ("developers",), then) for n, then in zip(names, following, strict=True))


@pytest.fixture
def ods() -> Process:
    """Five steps without a review, so that nothing waits for the district; three of them may be passed over."""
    steps = _steps("outreach", "pipeline", "etl", "validation", "vendors")
    return Process("ods", "ODS", "ODS", ("ODS Onboarding",), None, "cli", "", {"done": "Done"}, steps)


OPTIONAL = ("pipeline", "etl", "vendors")


@pytest.fixture
def needs(ods: Process) -> Needs:
    """What the second process has beside its steps."""
    fields = (
        Field(PIPELINE, "Pipeline", SELECT, ("existing", "new")),
        Field(VENDORS, "Test vendors", MULTI_SELECT, ("STAR",), others=True),
        Field("components", "Components", COMPONENTS, ("Data",)),
    )
    return Needs(fields=fields, moves=pass_over(ods, OPTIONAL), people=(OLIVE, DEV))


@pytest.fixture
def site(process: Process, ods: Process, needs: Needs, clock: SettableClock) -> Iterator[Site]:
    """A site with both projects."""
    site = Site([process, ods], clock, needs={"ods": needs}, search_lag=timedelta(0), retry_delay=0.01)
    yield site
    site.hooks.stop()


def test_each_project_counts_its_own_keys(site: Site, bot) -> None:
    """Tickets of both projects live side by side, each with its type, its first status, and its own numbers."""
    opened = [
        site.open_request(CARLA, "A"),
        site.open_request(HANNA, "B", project="ODS"),
        site.open_request(CARLA, "C"),
    ]
    assert [i.key for i in opened] == ["DDE-1", "ODS-1", "DDE-2"]
    assert (opened[1].type, opened[1].status) == ("ODS Onboarding", "Outreach")
    found = bot.json("GET", "/search/jql", params={"jql": "project = ODS", "fields": "summary"})["issues"]
    assert [i["key"] for i in found] == ["ODS-1"]
    assert [d["projectKey"] for d in bot.json("GET", "/rest/servicedeskapi/servicedesk")["values"]] == ["DDE", "ODS"]


def test_each_project_has_its_own_fields(site: Site, bot) -> None:
    """A field of one process is neither shown nor set on a ticket of the other; components belong to a project."""
    dde, ods = site.open_request(CARLA, "A"), site.open_request(HANNA, "B", project="ODS")
    fields = [set(bot.json("GET", f"/issue/{i.id}/editmeta")["fields"]) for i in (dde, ods)]
    assert fields[1] - fields[0] == {PIPELINE, VENDORS}
    site.edit(DEV, ods, {PIPELINE: {"value": "new"}, "components": [{"name": "Data"}]})
    with pytest.raises(Refused, match="not on the appropriate screen"):
        site.edit(HANNA, dde, {PIPELINE: {"value": "new"}})
    with pytest.raises(Refused, match="Component name 'Data' is not valid"):
        site.edit(HANNA, dde, {"components": [{"name": "Data"}]})


def test_each_project_has_its_own_people(site: Site, calling) -> None:
    """Contacts see their own requests, whichever project they are in; staff see both projects."""
    mine = site.open_request(OLIVE, "Bend SD", project="ODS")
    other = site.open_request(CARLA, "Springfield ISD")
    olive, dev = calling(OLIVE), calling(DEV)
    assert [olive("GET", f"/issue/{i.id}").status_code for i in (mine, other)] == [200, 404]
    assert [dev("GET", f"/issue/{i.id}").status_code for i in (mine, other)] == [200, 200]


def test_a_contact_sees_what_staff_opened_for_them(site: Site, calling) -> None:
    """A ticket that staff opened in a contact's name, or with them as a participant, is that contact's request."""
    person = {"accountId": OLIVE.id}
    for fields in ({"reporter": person}, {"customfield_10010": [person]}):
        opened = site.open_request(DEV, "Bend SD", project="ODS", fields=fields)
        assert calling(OLIVE)("GET", f"/issue/{opened.id}").status_code == 200


def test_workflows_do_not_mix(site: Site) -> None:
    """A ticket moves in its own process's statuses only, and a process that asks for no revision waits for nobody."""
    ticket = site.open_request(HANNA, "B", project="ODS")
    for status in ("SecureStor Folder", "Waiting for District"):
        with pytest.raises(Refused):
            site.transition(DEV, ticket, status)
    assert site.transition(DEV, ticket, "Pipeline").status == "Pipeline"
    assert "" not in site.catalogue.statuses


def test_two_processes_share_a_field(process: Process, ods: Process, clock: SettableClock) -> None:
    """Both projects hold it, with the options of both."""
    needs = {
        "dde": Needs(fields=(Field(PIPELINE, "Pipeline", SELECT, ("existing",)),)),
        "ods": Needs(fields=(Field(PIPELINE, "Pipeline", SELECT, ("existing", "new")),)),
    }
    site = Site([process, ods], clock, needs=needs)
    ids = [site.catalogue.options.by_name(PIPELINE, name) for name in ("existing", "new")]
    assert [o.name for o in ids if o] == ["existing", "new"]
    for project in ("DDE", "ODS"):
        site.edit(DANA, site.open_request(CARLA, "A", project=project), {PIPELINE: {"value": "new"}})


def test_a_site_that_cannot_be_is_not_built(process: Process, ods: Process, clock: SettableClock) -> None:
    """One field as two kinds, an unknown process, an unknown kind, and a move from nowhere are errors."""
    two = {
        "dde": Needs(fields=(Field(PIPELINE, "Pipeline", SELECT, ("existing",)),)),
        "ods": Needs(fields=(Field(PIPELINE, "Pipeline", NUMBER),)),
    }
    with pytest.raises(ValueError, match=PIPELINE):
        Site([process, ods], clock, needs=two)
    with pytest.raises(ValueError, match="no process 'xyz'"):
        Site([process], clock, needs={"xyz": Needs()})
    with pytest.raises(ValueError, match="no fields of the kind 'colour'"):
        Field(PIPELINE, "Pipeline", "colour")
    with pytest.raises(ValueError, match="no status 'Nowhere'"):
        workflow_of(ods, [Move("Outreach", "Nowhere", "Go")])


def test_a_process_may_use_the_id_of_a_usual_field(process: Process, ods: Process, clock: SettableClock) -> None:
    """The fields that every site has give way to what a process says of its own."""
    need = Needs(fields=(Field("customfield_10052", "Pipeline", SELECT, ("existing",)),))
    site = Site([process, ods], clock, needs={"ods": need})
    assert site.catalogue.fields["customfield_10052"].name == "Pipeline"
    contact = Needs(fields=(Field("customfield_10051", "District", TEXT),))
    assert not Site([process, ods], clock, needs={"ods": contact}).catalogue.fields["customfield_10051"].places


def test_the_page_asks_which_request_is_opened(site: Site, stranger) -> None:
    """With several projects the form has a choice; a kind that no project has is refused."""
    assert "ODS Onboarding (ODS)" in stranger("GET", "/").text
    stranger("POST", "/sandbox/act/open", data={"summary": "Bend SD", "kind": "ODS/ODS Onboarding"})
    assert [i.key for i in site.issues()] == ["ODS-1"]
    assert stranger("POST", "/sandbox/act/open", data={"summary": "x", "kind": "ODS/Sub-task"}).status_code == 400


# -- moves past optional steps


def test_optional_steps_can_be_passed_over(ods: Process) -> None:
    """From the step before one to the step after, also past several in a row, and to an end."""
    assert {(m.source, m.to) for m in pass_over(ods, OPTIONAL)} == {
        ("Outreach", "Etl"),
        ("Outreach", "Validation"),
        ("Pipeline", "Validation"),
        ("Validation", "Done"),
    }


def test_nothing_is_passed_over_unless_it_is_optional(process: Process) -> None:
    """A process without optional steps needs no move more."""
    assert pass_over(process, ()) == ()


def test_an_optional_step_that_a_revision_returns_to_is_passed_over_too(process: Process) -> None:
    """Out of the waiting status the move leads past it, as from the step before."""
    moves = {(m.source, m.to) for m in pass_over(process, {"review"})}
    assert moves == {("SecureStor Folder", "Quality Review"), ("Waiting for District", "Quality Review")}


def test_added_moves_change_no_id(process: Process, ods: Process) -> None:
    """The moves that were there keep their ids, and a move that is there already is not added again."""
    plain = workflow_of(process)
    grown = workflow_of(process, pass_over(process, {"folder"}))
    assert grown.transitions[: len(plain.transitions)] == plain.transitions
    (added,) = grown.transitions[len(plain.transitions) :]
    assert (added.source, added.to, added.name) == (
        "Confirming Files",
        "Initial File Review",
        "Skip to Initial File Review",
    )
    to_done = [t for t in workflow_of(ods, pass_over(ods, OPTIONAL)).available("Validation") if t.to == "Done"]
    assert len(to_done) == 1


def test_a_ticket_is_moved_past_steps_in_one_move(site: Site) -> None:
    """What was added to the workflow can be done, as one change of the status."""
    ticket = site.open_request(HANNA, "B", project="ODS")
    site.transition(DEV, ticket, "Validation")
    ((item,),) = (entry.items for entry in site.issue(ticket).history)
    assert (item.old_text, item.new_text) == ("Outreach", "Validation")


# -- what a process needs


@pytest.fixture
def facts() -> dict[str, Fact]:
    """One fact of each kind, and one on a system field."""
    return {
        name: Fact(name, name.title(), field, kind, options, others, none)
        for name, field, kind, options, others, none in (
            ("signed", "customfield_1", FactKind.YES_NO, (), False, None),
            ("sis", "customfield_2", FactKind.TEXT, (), False, None),
            ("since", "customfield_3", FactKind.DATE, (), False, None),
            ("size", "customfield_4", FactKind.NUMBER, (), False, None),
            ("pipeline", "customfield_5", FactKind.ONE_OF, ("existing", "new"), False, None),
            ("vendors", "customfield_6", FactKind.SOME_OF, ("STAR",), True, "No vendor"),
            ("urgent", "priority", FactKind.ONE_OF, ("High",), False, None),
        )
    }


def test_what_a_process_needs_follows_from_its_facts_its_optional_steps_and_its_office(
    ods: Process, facts: dict[str, Fact]
) -> None:
    """Fields with their options, moves past optional steps, and the people of its teams."""
    steps = tuple(
        replace(s, condition=Condition({"vendors": ("any",)})) if s.name == "vendors" else s for s in ods.steps
    )
    teams = {"developers": Team("developers", "Developers", ("712020:dana", "712020:devin"))}
    office = Office(teams=teams, contact_field="customfield_10050", lead=("712020:lou",))
    needs = needs_of(replace(ods, facts=facts, steps=steps), office)
    assert [(f.id, f.kind, f.options, f.others) for f in needs.fields] == [
        ("customfield_10050", USER, (), False),
        ("customfield_1", YES_NO, ("Yes", "No"), False),
        ("customfield_2", TEXT, (), False),
        ("customfield_3", DATE, (), False),
        ("customfield_4", NUMBER, (), False),
        ("customfield_5", SELECT, ("existing", "new"), False),
        ("customfield_6", MULTI_SELECT, ("STAR", "No vendor"), True),
        ("priority", PRIORITY, ("High",), False),
    ]
    assert [(m.source, m.to) for m in needs.moves] == [("Validation", "Done")]
    assert [(p.id, p.name) for p in needs.people] == [
        ("712020:lou", "Lou (Lead)"),
        ("712020:devin", "Devin (Developers)"),
        ("qm:1f0c33a7:olive", "Olive Contact"),
    ]


def test_a_site_with_what_its_processes_need_can_be_built(
    process: Process, ods: Process, facts: dict[str, Fact], clock: SettableClock
) -> None:
    """Two processes of one office, of which one has facts."""
    processes = [process, replace(ods, facts=facts)]
    site = Site(processes, clock, needs=needs_of_all(processes, lambda name: Office(teams={})))
    ticket = site.open_request(HANNA, "B", project="ODS", fields={"customfield_5": {"value": "new"}})
    assert site.edit(DANA, ticket, {"priority": {"name": "High"}}).priority == "2"
