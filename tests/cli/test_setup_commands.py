"""The commands of who sets the bot up: what they print, and the exit that a script can go by."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.main import app
from bot.clock import SystemClock
from bot.config.load import load
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from bot.store.agenda import Agenda
from bot.store.agenda_reader import Priority
from bot.store.database import Store
from bot.store.global_limit import PAUSED
from tests.small_office import write_office

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small office's configuration."""
    return write_office(tmp_path)


@pytest.fixture
def run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in an operator's folder, with no settings but those that a test gives."""
    monkeypatch.chdir(tmp_path)
    for name in ("JIRA_URL", "JIRA_EMAIL", "JIRA_API_TOKEN", "JIRA_PAT", "BOT_CLOCK", "BOT_CONFIG", "OPERATOR_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/bot.db")
    monkeypatch.setattr("bot.cli.console.set_up_logging", lambda *_: None)  # it would take pytest's own away
    return lambda *args: CliRunner().invoke(app, args)


@pytest.fixture
def jira(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A sandbox Jira that the settings name."""
    site = Site(load(folder).processes, SystemClock(), search_lag=timedelta(0))
    with SandboxServer(site) as server:
        monkeypatch.setenv("JIRA_URL", server.url)
        monkeypatch.setenv("JIRA_EMAIL", BOT.email)
        monkeypatch.setenv("JIRA_API_TOKEN", BOT.token)
        yield site


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the moment that the commands take for now."""

    def put(moment: datetime) -> None:
        (tmp_path / "now").write_text(moment.isoformat())
        monkeypatch.setenv("BOT_CLOCK", str(tmp_path / "now"))

    return put


# -- check


def test_check_prints_the_closed_days_of_the_office_s_own_year(run: Run, at: Callable[[datetime], None]) -> None:
    """The year is that of the calendar's zone, where it is still the old one."""
    at(datetime(2027, 1, 1, 3, 0, tzinfo=UTC))
    done = run("check")
    assert done.exit_code == 0, done.output
    assert "cli: days of 2026 that differ from the week:\n  2026-12-25 Fri  Christmas Day\n" in done.output
    assert "2027-01-01" not in done.output
    assert "! " not in done.output


def test_check_warns_before_the_list_ends(run: Run, at: Callable[[datetime], None]) -> None:
    """It is a warning: all else is good, and so is the exit."""
    at(datetime(2027, 11, 20, 12, 0, tzinfo=UTC))
    done = run("check")
    assert done.exit_code == 0
    assert "! The closed days of the calendar cli end with 2027" in done.output


def test_check_judges_the_folder_that_serve_would_take(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """BOT_CONFIG counts, and the option goes before it."""
    monkeypatch.setenv("BOT_CONFIG", "nowhere")
    assert run("check").exit_code == 2
    assert run("check", "--config", str(folder)).exit_code == 0


# -- doctor


def test_the_doctor_needs_no_database_and_exits_0_without_a_problem(run: Run, jira: Site, tmp_path: Path) -> None:
    """It is the first thing to run on a new site."""
    done = run("doctor")
    assert done.exit_code == 0, done.output
    assert f"({BOT.id}, atlassian); its token is accepted." in done.output
    assert "No problem found" in done.output
    assert not (tmp_path / "bot.db").exists()


def test_the_doctor_exits_1_where_something_must_be_mended(run: Run, jira: Site, folder: Path) -> None:
    """A status that the site does not have; `--json` tells the same to a program."""
    process = folder / "processes/hello.yaml"
    process.write_text(process.read_text().replace("status: Confirming Files", "status: Confirmed"))
    done = run("doctor")
    assert done.exit_code == 1
    assert 'problem  status "Confirmed" of hello' in done.output
    told = run("doctor", "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert found["healthy"] is False
    assert next(row["name"] for row in found["rows"] if row["state"] == "problem") == 'status "Confirmed" of hello'


def test_the_doctor_names_missing_settings(run: Run) -> None:
    """As every command that reads Jira."""
    done = run("doctor")
    assert done.exit_code == 2
    assert "JIRA_URL is not set" in done.output


# -- preview


def test_preview_shows_a_template_with_sample_facts(run: Run) -> None:
    """Neither Jira nor its settings are needed."""
    done = run("preview", "hello")
    assert done.exit_code == 0, done.output
    assert "hello/hello · public" in done.output
    assert "Welcome, Bluebonnet Valley ISD: it is your turn." in done.output
    assert "any/overdue · internal" in run("preview").output


def test_preview_names_the_nearest_template(run: Run) -> None:
    """A name that nothing has is a mistake."""
    done = run("preview", "helo")
    assert done.exit_code == 2
    assert "There is no template 'helo'; did you mean 'hello'?" in done.output


def test_preview_writes_a_page(run: Run, tmp_path: Path) -> None:
    """For a browser, in place of the terminal."""
    done = run("preview", "--html", "page.html")
    assert done.exit_code == 0
    assert "Welcome" not in done.output
    assert "Bluebonnet Valley ISD" in (tmp_path / "page.html").read_text()
    assert run("preview", "--html", "nowhere/page.html").exit_code == 2


def test_preview_fills_a_template_with_what_a_ticket_holds(run: Run, jira: Site) -> None:
    """And writes nothing to Jira."""
    ticket = jira.open_request(CARLA, "Lakeside ISD")
    done = run("preview", "status", "--issue", ticket.key)
    assert done.exit_code == 0, done.output
    assert 'Lakeside ISD is in the step "Greeting", and it is your turn.' in done.output
    assert jira.comments(ticket) == []
    assert run("preview", "--issue", "DDE-99").exit_code == 2


def test_preview_of_a_ticket_that_no_process_is_for(run: Run, jira: Site) -> None:
    """There are no facts of it, and the reason is told."""
    ticket = jira.open_request(CARLA, "Lakeside ISD")
    jira.set_labels(HANNA, ticket, ["bot-off"])
    done = run("preview", "hello", "--issue", ticket.key)
    assert done.exit_code == 2
    assert "bot-off tells the bot to leave this ticket alone" in done.output


# -- calendar propose


def test_a_proposal_is_yaml_to_paste(run: Run) -> None:
    """What only some offices keep is a comment."""
    done = run("calendar", "propose", "cli", "2028")
    assert done.exit_code == 0
    assert "  2028-12-25: Christmas Day" in done.output
    assert "  # 2028-03-02: Texas Independence Day" in done.output


def test_a_proposal_for_a_calendar_that_is_not_there(run: Run) -> None:
    """The nearest name is told."""
    done = run("calendar", "propose", "clu", "2028")
    assert done.exit_code == 2
    assert 'There is no calendar "clu" (did you mean "cli"?)' in done.output


def test_a_proposal_without_a_region(run: Run, folder: Path) -> None:
    """The line to add is told."""
    calendar = folder / "calendars/cli.yaml"
    calendar.write_text(calendar.read_text().replace("holidays:", "# holidays:"))
    done = run("calendar", "propose", "cli", "2028")
    assert done.exit_code == 2
    assert "add `holidays: {country: US, subdivision: TX}` to its file" in done.output


# -- what must work while the configuration does not


@pytest.fixture
def agenda(tmp_path: Path) -> Iterator[Agenda]:
    """The agenda of the database that the settings name."""
    store = Store(f"sqlite:///{tmp_path}/bot.db", SystemClock())
    agenda = Agenda(store, SystemClock())
    yield agenda
    agenda.close()
    store.close()


def test_pause_works_with_a_broken_configuration(run: Run, folder: Path, agenda: Agenda) -> None:
    """Who must stop the bot now need not mend a file first."""
    (folder / "bot.yaml").write_text("teams: [")
    assert run("pause").exit_code == 0
    assert agenda._store.get_fact(PAUSED) is True
    assert run("unpause").exit_code == 0
    assert agenda._store.get_fact(PAUSED) is None


def test_a_ticket_that_was_given_up_is_listed_and_released(run: Run, agenda: Agenda) -> None:
    """As an effect is, by its id."""
    agenda.put("issue 10001", SystemClock().now(), Priority.PEOPLE)
    claim = agenda.claim()
    assert claim is not None
    agenda.park(claim, "10 looks failed: KeyError")
    assert run("parked").output == "10001  10 looks failed: KeyError\n"
    assert "1 ticket." in run("retry", "10001").output
    row = agenda.row("issue 10001")
    assert row is not None
    assert (row.parked, row.tries) == (None, 0)
    assert run("parked").output == "Nothing is given up.\n"
    assert run("retry", "10001").exit_code == 2


def test_an_operators_address_that_is_none_ends_serve_with_one_line(
    run: Run, jira: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As any other setting that is wrong, and without the secret."""
    monkeypatch.setenv("OPERATOR_URL", "nothing://s3cret")
    monkeypatch.setenv("WEBHOOKS", "off")
    done = run("serve")
    assert done.exit_code == 2
    assert "OPERATOR_URL is not an address that the apprise library knows" in done.output
    assert "s3cret" not in done.output
