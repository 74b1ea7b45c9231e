"""What a process that uses facts needs of Jira: its fields, their options, and the moves past optional steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SettableClock
from bot.config.load import load
from bot.doctor.examine import Row
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.jira_site import Site
from bot.sandbox.needs import needs_of_all
from bot.sandbox.server import SandboxServer
from tests.doctor.test_doctor import CALENDAR, OFFICE, Doctor, not_ok

PROCESS = """
process: ods
title: Data suite
applies_to: {project: ODS, issue_type: Onboarding}
calendar: cli
contact: {field: customfield_10050}
lead: ["712020:nobody"]
waiting_status: Waiting
ends: {done: Done}
facts:
  pipeline: {field: customfield_20001, one_of: [existing, new]}
  signed: {field: customfield_20002, kind: yes_no}
  since: {field: customfield_20003, kind: date}
  vendors: {field: labels, some_of: [star], others: true}
steps:
  plan: {title: Plan, status: Planning, party: help_center, next: join, revision: {return_to: plan, say: sorry}}
  join: {title: Join, status: Joining, party: help_center, if: {pipeline: existing}, next: build}
  build:
    title: Build
    status: Building
    party: help_center
    if: {pipeline: new}
    revision: {return_to: plan}
    next: check
  check: {title: Check, status: Checking, party: help_center, next: done}
"""
STATUSES = ("Planning", "Joining", "Building", "Checking", "Waiting")
FIELDS: list[dict[str, Any]] = [
    {"id": "customfield_20001", "name": "Pipeline", "schema": {"type": "option"}},
    {"id": "customfield_20002", "name": "Signed", "schema": {"type": "option"}},
    {"id": "customfield_20003", "name": "In use since", "schema": {"type": "date"}},
]
SCREEN: dict[str, Any] = {
    "customfield_20001": {"allowedValues": [{"value": "Existing"}, {"value": "new"}]},
    "customfield_20002": {"allowedValues": [{"value": "Yes"}, {"value": "No"}]},
    "customfield_20003": {},
}
PAST = {  # the moves past optional steps, which the sandbox's workflow lacks here
    'move "Planning" to "Building" of ods': "problem",
    'move "Planning" to "Checking" of ods': "problem",
    'move "Joining" to "Checking" of ods': "problem",
    "712020:nobody, the lead": "problem",
}
Examine = Callable[..., dict[str, Row]]


@pytest.fixture
def examine(tmp_path: Path, clock: SettableClock) -> Examine:
    """Examines a site made for the process, with these fields of Jira and these on the edit screen."""

    def examine(
        text: str = PROCESS, fields: Any = FIELDS, screen: Any = SCREEN, tickets: bool = True
    ) -> dict[str, Row]:
        for name, content in (("bot.yaml", OFFICE), ("calendars/cli.yaml", CALENDAR), ("processes/ods.yaml", text)):
            path = tmp_path / "config" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        config = load(tmp_path / "config")
        site = Site(config.processes, clock, search_lag=timedelta(0))
        made = [site.open_request(CARLA, status, status=status) for status in STATUSES if tickets]
        for ticket in made[:1]:
            site.create_subtask(BOT, ticket, "A subtask")
        bends = {
            "/editmeta": lambda answer: {"fields": {**answer["fields"], **screen}},
            "/api/2/field": lambda answer: [*answer, *fields],
        }
        with SandboxServer(site) as server:
            return Doctor(server.url, config)(bends=bends)

    return examine


def test_each_move_past_an_optional_step_must_be_there(examine: Examine) -> None:
    """From each step before it to the one that comes next; everything else of that site is as it should be."""
    rows = examine()
    assert not_ok(rows) == PAST
    assert rows['move "Building" to "Planning" of ods'].state == "ok"
    assert 'move "Building" to "Waiting" of ods' not in rows
    assert rows["fact pipeline of ods"].said == 'People can set it in "Pipeline", which has its options.'


def test_a_field_of_a_fact_that_is_not_there(examine: Examine) -> None:
    """The row says which fact names it, and where."""
    row = examine(fields=FIELDS[1:])["field customfield_20001"]
    assert row.state == "problem"
    assert "the fact pipeline at " in row.fix


def test_a_field_that_people_cannot_set(examine: Examine) -> None:
    """It must be on the edit screen."""
    screen = {name: field for name, field in SCREEN.items() if name != "customfield_20001"}
    rows = examine(screen=screen)
    assert not_ok(rows) == {**PAST, "fact pipeline of ods": "problem"}
    assert '"Pipeline" is not on the edit screen' in rows["fact pipeline of ods"].said


def test_an_option_that_jira_does_not_have(examine: Examine) -> None:
    """It is named with the nearest one that it has; case does not matter."""
    screen = {**SCREEN, "customfield_20001": {"allowedValues": [{"value": "Existng"}, {"value": "NEW"}]}}
    row = examine(screen=screen)["fact pipeline of ods"]
    assert (row.state, row.said) == ("problem", '"Pipeline" lacks the option "existing" (did you mean "Existng"?).')


def test_yes_and_no_must_be_options(examine: Examine) -> None:
    """Of a fact that is yes or no."""
    row = examine(screen={**SCREEN, "customfield_20002": {"allowedValues": [{"value": "Yes"}]}})["fact signed of ods"]
    assert row.said == '"Signed" lacks the option "No" (known: Yes).'


@pytest.mark.parametrize(
    ("number", "schema", "says"),
    [
        (0, {"type": "array", "items": "user"}, '"Pipeline" holds people, and a fact cannot be a person.'),
        (2, {"type": "string"}, '"In use since" is a field of the type "string", and the fact is a date.'),
    ],
)
def test_a_field_that_cannot_hold_the_fact(examine: Examine, number: int, schema: Any, says: str) -> None:
    """Whatever its options."""
    fields = [{**field, "schema": schema} if n == number else field for n, field in enumerate(FIELDS)]
    rows = examine(fields=fields)
    assert [row.said for name, row in rows.items() if name.startswith("fact ") and row.state == "problem"] == [says]


def test_without_a_ticket_the_screen_is_not_known(examine: Examine) -> None:
    """That is no failure."""
    rows = examine(tickets=False)
    assert {row.state for name, row in rows.items() if name.startswith("fact ")} == {"unsure"}


def test_what_a_process_says_for_itself_is_checked(examine: Examine) -> None:
    """Its field of the contact, and the field of its due day, with the line that names each."""
    rows = examine(PROCESS.replace("customfield_10050}", "customfield_9}\ndue_field: customfield_20001"))
    assert "`contact: field` at " in rows["field customfield_9"].fix
    assert rows["field customfield_20001"].said == '"Pipeline" is not a plain date field.'


def test_each_of_several_issue_types_is_checked(examine: Examine) -> None:
    """With rows of its own."""
    rows = examine(PROCESS.replace("issue_type: Onboarding", "issue_type: [Onboarding, Conversion]"))
    assert rows['type "Onboarding" in ODS'].state == "ok"
    assert rows['status "Planning" of ods ("Onboarding")'].state == "ok"
    assert rows['type "Conversion" in ODS'].state == "ok"


def test_a_site_made_for_the_shipped_processes_holds_all_that_they_need(clock: SettableClock) -> None:
    """Fields with their options, on the screens of their tickets, and the moves past optional steps."""
    config = load(Path(__file__).parents[2] / "config")
    needs = needs_of_all(config.processes, config.office_for)
    site = Site(config.processes, clock, needs=needs, search_lag=timedelta(0))
    for process in config.processes:
        for status in process.statuses:
            ticket = site.open_request(HANNA, status, project=process.project, status=status)
        site.create_subtask(BOT, ticket, "A subtask")
    with SandboxServer(site) as server:
        rows = Doctor(server.url, config)()
    asked = {title: row for title, row in rows.items() if title.startswith(("fact ", "move ")) and "ods" in title}
    assert len(asked) > 10
    assert not_ok(asked) == {}
