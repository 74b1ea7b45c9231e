"""The doctor holds the configuration against a live Jira, here the sandbox, and only reads."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console

from bot.clock import SettableClock
from bot.config.load import Config, load
from bot.config.settings import Settings
from bot.core.model.process import SubtaskStatuses, Team
from bot.doctor.examine import Row, examine, healthy, summary, to_json, to_table
from bot.jira.call import JiraTrouble, Missing, Refused, Unreachable
from bot.jira.client import Credentials, JiraClient
from bot.jira.transport import Timeouts
from bot.sandbox.accounts import BOT, CARLA, HANNA, Account
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from tests.jira.changed_answers import answered

OFFICE = """
teams:
  help_center: {title: Help Center, accounts: ["712020:hanna"]}
district_contact: {participants_field: customfield_10010}
due_field: duedate
"""
CALENDAR = """
calendar: cli
zone: America/Chicago
spoken: Central Time
week: {monday: 8:00-17:00}
"""
PROCESS = """
process: dde
title: Set-up
applies_to: {project: DDE, issue_type: DDE Set-Up}
since: 2026-01-01T00:00-06:00
calendar: cli
waiting_status: Waiting for District
ends: {done: Done, declined: Declined}
steps:
  folder: {title: Folder, status: SecureStor Folder, party: help_center, next: review}
  review:
    title: Review
    status: Initial File Review
    party: help_center
    branches: {review: {party: help_center, subtask: Review}}
    revision: {return_to: review, say: sorry}
    next: done
"""
STATUSES = ("SecureStor Folder", "Initial File Review", "Waiting for District")
Answer = Callable[[Any], Any]


def bent(bends: Mapping[str, JiraTrouble | Answer]) -> Callable[[str, Callable[[], Any]], Any]:
    """Replaces answers by a part of their path: each by a trouble, or by a function of the real answer."""

    def answer(path: str, ask: Callable[[], Any]) -> Any:
        bend = next((b for part, b in bends.items() if part in path), None)
        if isinstance(bend, JiraTrouble):
            raise bend
        return ask() if bend is None else bend(ask())

    return answer


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A process of two steps, the second a review, and an office with one team."""
    for name, text in (("bot.yaml", OFFICE), ("calendars/cli.yaml", CALENDAR), ("processes/dde.yaml", PROCESS)):
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return load(tmp_path / "config")


@pytest.fixture
def site(config: Config, clock: SettableClock) -> Iterator[Site]:
    """A site made for that process, with a ticket in every open status and a subtask."""
    site = Site(config.processes, clock, search_lag=timedelta(0))
    tickets = [site.open_request(CARLA, status, status=status) for status in STATUSES]
    site.create_subtask(BOT, tickets[0], "Make the folder")
    with SandboxServer(site):
        yield site


class Doctor:
    """Examines the site as one account."""

    def __init__(self, url: str, config: Config) -> None:
        self.url, self.config = url, config

    def __call__(
        self, *, by: Account = BOT, bends: Mapping[str, Any] | None = None, pat: str = "", **office: Any
    ) -> dict[str, Row]:
        """The rows by name; `bends` replace answers, `office` what bot.yaml says."""
        config = replace(self.config, office=replace(self.config.office, **office))
        settings = Settings(
            jira_url=self.url, jira_email=by.email, jira_api_token=SecretStr(by.token), jira_pat=SecretStr(pat)
        )
        client = JiraClient(self.url, Credentials(by.email, by.token, pat), 1000, Timeouts(1, 2, 3))
        with answered(bent(bends or {})):
            rows = examine(client, config, settings)
        assert all(bool(row.fix) == (row.state != "ok") for row in rows), "each row that is not ok says how to fix it"
        named = {row.name: row for row in rows}
        assert len(named) == len(rows), "no two rows have the same name"
        return named


@pytest.fixture
def doctor(site: Site, config: Config) -> Doctor:
    """The doctor of that site."""
    return Doctor(site.shapes.url, config)


def not_ok(rows: Mapping[str, Row]) -> dict[str, str]:
    """The states of the rows that are not ok."""
    return {name: row.state for name, row in rows.items() if row.state != "ok"}


def test_a_site_made_for_the_configuration_is_well(doctor: Doctor) -> None:
    """Every row is ok where Jira has all that the files name, and a ticket stands in each open status."""
    rows = doctor()
    assert not_ok(rows) == {}
    assert healthy(rows.values())
    assert {
        "Jira",
        "account",
        "project DDE",
        "rights in DDE",
        "agent seat in DDE",
        'status "Waiting for District" of dde',
        'move "Initial File Review" to "Waiting for District" of dde',
        'move "Waiting for District" to "Initial File Review" of dde',
        'a way to "Declined" of dde',
        'move subtasks to "Superseded" in DDE',
        "new subtasks in DDE",
        "field duedate",
        'edit screen of "DDE Set-Up" in DDE',
        'request type for "DDE Set-Up" in DDE',
        "712020:hanna of help_center",
    } <= set(rows)


def test_it_only_reads(site: Site, doctor: Doctor) -> None:
    """Nothing on the site changes, and each call is a GET."""
    before = site.version
    doctor()
    assert {call.method for call in site.calls} == {"GET"}
    assert site.version == before


def test_without_an_answer_nothing_else_is_asked(config: Config) -> None:
    """A Jira that cannot be reached is one problem; what follows from it is unsure, not wrong."""
    rows = Doctor("http://127.0.0.1:9", config)()
    assert not_ok(rows)["Jira"] == "problem"
    assert {state for name, state in not_ok(rows).items() if name != "Jira"} == {"unsure"}
    assert rows["project DDE"].said == "Not checked."


def test_a_dead_token_is_no_lack_of_anything_else(site: Site, doctor: Doctor) -> None:
    """Jira serves a dead token as a stranger; the doctor says so, and calls nothing else missing."""
    site.revoke(BOT)
    rows = doctor()
    assert rows["Jira"].state == "ok"
    assert rows["account"].state == "problem"
    assert "JIRA_API_TOKEN" in rows["account"].fix
    assert [name for name, state in not_ok(rows).items() if state == "problem"] == ["account"]


def test_a_customer_is_no_account_for_the_bot(doctor: Doctor) -> None:
    """A portal customer's account cannot be the bot's."""
    assert doctor(by=CARLA)["account"].state == "problem"


def test_credentials_of_the_other_kind_are_named(doctor: Doctor) -> None:
    """A personal access token, as for Data Center, on a Cloud site."""
    rows = doctor(pat=BOT.token)
    assert rows["credentials"].state == "problem"
    assert "JIRA_EMAIL" in rows["credentials"].fix


def test_another_address_of_the_site_is_told(doctor: Doctor) -> None:
    """Where the site calls itself otherwise than JIRA_URL does, people would be led elsewhere."""
    rows = doctor(bends={"/serverInfo": lambda answer: {**answer, "baseUrl": "https://other.example"}})
    assert not_ok(rows) == {"address": "unsure"}


def test_who_sees_no_queues_is_no_agent(doctor: Doctor) -> None:
    """Queues are for agents alone."""
    rows = doctor(bends={"/queue": Refused("Jira answered 403: no reason given")})
    assert not_ok(rows) == {"agent seat in DDE": "problem"}
    assert "license" in rows["agent seat in DDE"].fix


def test_a_site_without_a_service_desk_leaves_the_seat_open(doctor: Doctor) -> None:
    """Another kind of project, or no servicedeskapi at all, is unsure, and hides nothing else."""
    software = {"/project/DDE": lambda a: {**a, "projectTypeKey": "software"} if isinstance(a, dict) else a}
    gone = {"servicedeskapi": Unreachable("something else than Jira answered (404)")}
    for bends in (software, gone):
        states = not_ok(doctor(bends=bends))
        assert set(states.values()) == {"unsure"}
        assert len(states) == 2  # the agent's seat and the request type


def test_a_missing_right_is_named(doctor: Doctor) -> None:
    """The fix names the right as Jira's permission scheme does."""
    denied = {"DELETE_OWN_COMMENTS": {"havePermission": False}}
    bends = {"/mypermissions": lambda answer: {"permissions": {**answer["permissions"], **denied}}}
    rows = doctor(bends=bends)
    assert not_ok(rows) == {"rights in DDE": "problem"}
    assert "Delete own comments" in rows["rights in DDE"].fix


def test_only_the_rights_that_the_configuration_needs_are_asked(doctor: Doctor) -> None:
    """Setting the due date or an assignee needs a right of its own; without them nobody must grant it."""
    row = doctor()["rights in DDE"].said
    assert "Schedule issues" in row
    assert "Assign issues" not in row
    team = Team("help_center", "Help Center", (HANNA.id,), assignee=HANNA.id)
    row = doctor(due_field=None, teams={"help_center": team})["rights in DDE"].said
    assert "Schedule issues" not in row
    assert "Assign issues" in row


def test_a_project_that_is_not_there(doctor: Doctor, config: Config) -> None:
    """Its row names the line of the process file; what lies in the project is not called missing as well."""
    process = replace(config.processes[0], project="NONE")
    doctor.config = replace(config, processes=(process,))
    rows = doctor()
    assert rows["project NONE"].state == "problem"
    assert "processes/dde.yaml:4" in rows["project NONE"].fix
    assert [name for name, state in not_ok(rows).items() if state == "problem"] == ["project NONE", "rights in NONE"]


def test_a_type_must_have_exactly_the_name(doctor: Doctor, config: Config) -> None:
    """The bot compares names exactly, so another case is another type; the known ones are listed."""
    doctor.config = replace(config, processes=(replace(config.processes[0], issue_types=("dde set-up",)),))
    row = doctor()['type "dde set-up" in DDE']
    assert row.state == "problem"
    assert "DDE Set-Up" in row.said


def test_a_status_that_the_workflow_lacks(doctor: Doctor, config: Config) -> None:
    """It is one problem with its line; moves from and to it have no rows of their own."""
    process = config.processes[0]
    steps = (replace(process.steps[0], status="Folder"), process.steps[1])
    doctor.config = replace(config, processes=(replace(process, steps=steps),))
    rows = doctor()
    assert not_ok(rows) == {'status "Folder" of dde': "problem"}
    assert "processes/dde.yaml:10" in rows['status "Folder" of dde'].fix
    assert not any('"Folder"' in name for name in rows if name.startswith("move"))


def without(name: str) -> Answer:
    """Takes the transitions to a status out of an issue."""

    def bend(answer: Any) -> Any:
        if "transitions" in answer:
            kept = [t for t in answer["transitions"] if t["to"]["name"] != name]
            return {**answer, "transitions": kept}
        return answer

    return bend


def test_a_missing_transition_is_named(doctor: Doctor) -> None:
    """Where no ticket of the status offers the move, the fix says which transition to add."""
    rows = doctor(bends={"/api/2/issue/": without("Waiting for District")})
    name = 'move "Initial File Review" to "Waiting for District" of dde'
    assert not_ok(rows) == {name: "problem"}
    assert 'a transition from "Initial File Review" to "Waiting for District"' in rows[name].fix


def test_a_move_that_only_some_tickets_offer_is_unsure(site: Site, doctor: Doctor) -> None:
    """A condition may shut tickets out: the row says which."""
    other = site.open_request(CARLA, "other", status="Initial File Review")
    rows = doctor(bends={f"/api/2/issue/{other.id}": without("Done")})
    name = 'move "Initial File Review" to "Done" of dde'
    assert not_ok(rows) == {name: "unsure"}
    assert other.key in rows[name].said


def test_a_new_site_has_unsure_rows_and_no_problem(config: Config, clock: SettableClock) -> None:
    """Without tickets no move and no edit screen can be seen; that is no failure, and the last line says so."""
    with SandboxServer(Site(config.processes, clock)) as server:
        rows = Doctor(server.url, config)()
    states = not_ok(rows)
    assert set(states.values()) == {"unsure"}
    assert 'move "SecureStor Folder" to "Initial File Review" of dde' in states
    assert 'edit screen of "DDE Set-Up" in DDE' in states
    assert healthy(rows.values())
    assert "check them yourself" in summary(list(rows.values()))


def test_the_index_may_be_late(site: Site, doctor: Doctor, clock: SettableClock) -> None:
    """A ticket counts for the status that it has, not for the one that the search index still shows."""
    site.search_lag = timedelta(hours=1)
    clock.advance(timedelta(hours=2))
    site.transition(HANNA, "DDE-1", "Initial File Review")
    rows = doctor()
    assert not_ok(rows) == {'move "SecureStor Folder" to "Initial File Review" of dde': "unsure"}


def test_the_subtasks_statuses_must_be_there(doctor: Doctor) -> None:
    """A subtask type without a status that the bot reads is a problem, and so is no such type at all."""
    rows = doctor(subtask_statuses=SubtaskStatuses(needs_revision="Needs Work"))
    assert not_ok(rows) == {'subtask status "Needs Work" in DDE': "problem"}
    assert not_ok(doctor(subtask_type="Chore")) == {'subtask type "Chore" in DDE': "problem"}


def test_a_field_that_subtasks_demand_and_the_bot_does_not_fill(doctor: Doctor) -> None:
    """Else every subtask would be refused."""
    cost = {"fieldId": "customfield_1", "name": "Cost", "required": True, "hasDefaultValue": False}
    bends = {"/issuetypes/": lambda answer: {**answer, "fields": [*answer["fields"], cost]}}
    rows = doctor(bends=bends)
    assert not_ok(rows) == {"new subtasks in DDE": "problem"}
    assert "does not fill: Cost." in rows["new subtasks in DDE"].said


def test_fields_must_exist_and_the_due_date_be_a_date(doctor: Doctor) -> None:
    """A field that Jira does not know is a problem, and so is a due field with another kind of value."""
    assert not_ok(doctor(contact_field="customfield_99999")) == {"field customfield_99999": "problem"}
    assert not_ok(doctor(calendar_field="customfield_99999")) == {"field customfield_99999": "problem"}
    assert not_ok(doctor(due_field="customfield_10051")) == {"field customfield_10051": "problem"}
    assert not_ok(doctor(due_field=None)) == {}


def test_what_the_bot_writes_must_be_on_the_edit_screen(doctor: Doctor) -> None:
    """Jira refuses a field that the screen lacks."""

    def off_screen(answer: Any) -> Any:
        return {"fields": {name: field for name, field in answer["fields"].items() if name != "duedate"}}

    rows = doctor(bends={"/editmeta": off_screen})
    name = 'edit screen of "DDE Set-Up" in DDE'
    assert not_ok(rows) == {name: "problem"}
    assert "duedate" in rows[name].fix


def test_people_must_exist_and_be_staff(doctor: Doctor) -> None:
    """An unknown account and a customer's are problems; what the bot may not look up is unsure, for each alone."""
    team = Team("help_center", "Help Center", (HANNA.id, CARLA.id, "712020:nobody"))
    rows = doctor(teams={"help_center": team}, lead=("712020:gone",))
    assert set(not_ok(rows).values()) == {"problem"}
    assert {name.split()[0].rstrip(",") for name in not_ok(rows)} == {CARLA.id, "712020:nobody", "712020:gone"}
    rows = doctor(bends={"/user": Refused("Jira answered 403: no reason given")})
    assert not_ok(rows) == {f"{HANNA.id} of help_center": "unsure"}


def test_a_component_must_be_in_the_project(doctor: Doctor) -> None:
    """Subtasks that go to a component that is not there would be refused."""
    team = Team("help_center", "Help Center", (HANNA.id,), component="Reviews")
    assert not_ok(doctor(teams={"help_center": team})) == {'component "Reviews" in DDE': "problem"}


@pytest.mark.parametrize("path", ["/statuses", "/search", "/field", "/user", "/mypermissions", "servicedeskapi"])
@pytest.mark.parametrize("trouble", [Unreachable("gone"), Missing("hidden"), Refused("no")], ids=lambda t: str(t))
def test_one_trouble_hides_no_other_row(doctor: Doctor, path: str, trouble: JiraTrouble) -> None:
    """Whatever one path answers, the rows of the others are there and ok."""
    rows = doctor(bends={path: trouble})
    assert not_ok(rows)
    assert {rows[name].state for name in ("Jira", "account", "project DDE")} == {"ok"}
    others = {"/user": "field duedate"}.get(path, f"{HANNA.id} of help_center")
    assert rows[others].state == "ok"


PATHS = ("serverInfo", "myself", "project/DDE", "mypermissions", "servicedeskapi", "search", "issue/", "field", "user")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "answer", [None, [], {}, "word", [None], {"values": None, "fields": "x", "issues": [{}]}], ids=str
)
def test_an_answer_of_no_known_shape_is_a_row_too(doctor: Doctor, path: str, answer: Any) -> None:
    """Whatever a proxy or another version answers, the doctor ends with rows."""
    assert len(doctor(bends={path: lambda _: answer})) > 10


ROWS = [
    Row("first", "ok", "It is [bold]there[/bold]."),
    Row("second", "unsure", "Nobody knows.", "Look."),
    Row("third", "problem", "It is gone.", "Make it."),
]


def test_rows_as_json() -> None:
    """A script reads the whole, and whether it is healthy."""
    told = json.loads(to_json(ROWS))
    assert told["healthy"] is False
    assert told["rows"][2] == {"name": "third", "state": "problem", "said": "It is gone.", "mend": "Make it."}


@pytest.mark.parametrize("terminal", [True, False])
def test_rows_for_people(terminal: bool) -> None:
    """A table on a terminal, else a line each; Jira's texts are shown as they are."""
    written = io.StringIO()
    to_table(ROWS, Console(file=written, force_terminal=terminal, width=120, soft_wrap=True, color_system=None))
    shown = written.getvalue()
    for word in ("[bold]there[/bold]", "Look.", "Make it.", "1 problem to fix, 1 unsure, of 3 rows."):
        assert word in shown
    assert ("problem  third: It is gone. Fix: Make it." in shown.splitlines()) is not terminal


def test_the_last_line_counts() -> None:
    """Healthy means no problem; what is unsure is still told."""
    assert (healthy(ROWS), healthy(ROWS[:2]), healthy(ROWS[:1])) == (False, True, True)
    assert summary(ROWS[:1]) == "All is well, in 1 row."
    assert summary(ROWS[:2]).startswith("No problem found, but 1 row ")
