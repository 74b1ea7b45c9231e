"""The command that closes a day: what it prints, what it writes, beside a running bot and without one."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot.cli.main import app
from bot.clock import SystemClock
from bot.config.load import load
from bot.sandbox.accounts import BOT
from bot.sandbox.harness import Harness
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from tests.stories.acts import Story

ROOT = Path(__file__).parents[1]
START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
LINES = "exceptions:\n  2026-01-12: {name: ice storm, open: []}\n"
MOVED = "DDE-1 Lakeside ISD, Initial File Review, round 1: Tue 2026-01-13 08:30 CST -> Wed 2026-01-14 08:30 CST\n"

Run = Callable[..., Result]


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    """The calendar's file of an operator's own configuration."""
    shutil.copytree(ROOT / "spine", tmp_path / "config")
    return tmp_path / "config/calendars/cli.yaml"


@pytest.fixture
def run(yaml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Closes days in that operator's folder, on Friday, January 9."""
    monkeypatch.chdir(tmp_path)
    for name in ("JIRA_PAT", "BOT_CONFIG", "OPERATOR_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/bot.db")
    monkeypatch.setenv("JIRA_EMAIL", BOT.email)
    monkeypatch.setenv("JIRA_API_TOKEN", BOT.token)
    monkeypatch.setattr("bot.cli.console.set_up_logging", lambda *_: None)  # it would take pytest's own away
    (tmp_path / "now").write_text("2026-01-09T12:00:00+00:00")
    monkeypatch.setenv("BOT_CLOCK", str(tmp_path / "now"))

    def close(*args: str, reason: str = "ice storm") -> Result:
        return CliRunner().invoke(app, ["calendar", "close", *args, "--reason", reason])

    return close


@pytest.fixture
def serving(yaml: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    """A bot that serves that database, and a ticket in its first review."""
    with Harness(load(yaml.parent.parent), tmp_path, START) as harness:
        harness.site.search_lag = timedelta(0)
        monkeypatch.setenv("JIRA_URL", harness.jira.url)
        story = Story(harness).opened().to_review()
        story.at("2026-01-09 06:00")
        yield story


@pytest.fixture
def jira(yaml: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A Jira without tickets, and no bot that runs."""
    site = Site(load(yaml.parent.parent).processes, SystemClock(), search_lag=timedelta(0))
    with SandboxServer(site) as server:
        monkeypatch.setenv("JIRA_URL", server.url)
        yield site


def kept(tmp_path: Path) -> list[Any]:
    """The closures that the database knows."""
    with sqlite3.connect(tmp_path / "bot.db") as database:
        return database.execute("SELECT name FROM meta WHERE name LIKE 'closure %'").fetchall()


def test_a_day_is_closed_while_the_bot_runs(run: Run, serving: Story, yaml: Path) -> None:
    """The running bot plans anew; the answer names what moved, and what stands where."""
    before = yaml.read_text()
    done = run("cli", "2026-01-12")
    assert done.exit_code == 0, done.output
    assert "cli: Monday, 2026-01-12 is closed: ice storm.\n" in done.output
    assert f"Running reviews whose due moment moves:\n  {MOVED}" in done.output
    kept_in = "It is kept in the database and in config/calendars/closures.json; each other server keeps it in its own"
    assert kept_in in done.output
    assert yaml.read_text() == before
    serving.harness.settle()
    assert serving.due == "2026-01-14"
    assert run("cli", "2026-01-12").output == done.output


def test_a_dry_run_only_prints(run: Run, serving: Story, yaml: Path, tmp_path: Path) -> None:
    """Neither the database nor a file is written."""
    done = run("cli", "2026-01-12", "--from", "12:00", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "cli: Monday, 2026-01-12 would be closed from 12:00: ice storm.\n" in done.output
    assert "Tue 2026-01-13 08:30 CST -> Tue 2026-01-13 13:30 CST\n" in done.output
    assert done.output.endswith("Nothing was changed.\n")
    assert (kept(tmp_path), [path.name for path in yaml.parent.iterdir()]) == ([], ["cli.yaml"])


def test_a_day_is_closed_while_no_bot_runs(run: Run, jira: Site, yaml: Path, tmp_path: Path) -> None:
    """The next `serve` finds it in its database, and `check`, which has none, prints it at once from the file."""
    done = run("cli", "2026-01-08", reason="it stormed: really")  # yesterday
    assert done.exit_code == 0, done.output
    assert "No running review's due moment moves.\n" in done.output
    assert len(kept(tmp_path)) == 1
    checked = CliRunner().invoke(app, ["check"])
    assert checked.exit_code == 0
    assert "\n  2026-01-08 Thu  it stormed: really (closed)\n" in checked.output


def test_a_mistake_is_taken_back(run: Run, jira: Site, tmp_path: Path) -> None:
    """In the database and in the file, by one command."""
    run("cli", "2026-01-12")
    back = CliRunner().invoke(app, ["calendar", "reopen", "cli", "2026-01-12"])
    assert back.exit_code == 0, back.output
    assert back.output == "cli: 2026-01-12 is no longer an unplanned closed day.\n"
    assert kept(tmp_path) == []
    assert "ice storm" not in CliRunner().invoke(app, ["check"]).output
    again = CliRunner().invoke(app, ["calendar", "reopen", "cli", "2026-01-12"])
    assert again.exit_code == 2
    assert "cli has no unplanned closed day on 2026-01-12 (entered: none); nothing was changed." in again.output


def test_what_the_office_planned_itself_is_not_taken_back(run: Run, jira: Site, yaml: Path) -> None:
    """A person is given the line to take out of the calendar, which the bot does not edit."""
    run("cli", "2026-01-12")
    yaml.write_text(yaml.read_text() + LINES)
    back = CliRunner().invoke(app, ["calendar", "reopen", "cli", "2026-01-12"])
    assert "Take it out of config/calendars/cli.yaml, on every server:\n" in back.output
    assert "    2026-01-12: {name: ice storm, open: []}\n" in back.output


def test_business_time_counts_the_day(run: Run, jira: Site) -> None:
    """`due` needs no database, and has the day from the file."""
    asked = ["time", "due", "--calendar", "cli", "--from", "2026-01-09T15:00-06:00", "--goal", "4 business hours"]
    assert CliRunner().invoke(app, asked).output == "2026-01-12T10:00:00-06:00\n"
    run("cli", "2026-01-12")
    assert CliRunner().invoke(app, asked).output == "2026-01-13T10:00:00-06:00\n"


def test_a_half_day_is_checked_as_one(run: Run, jira: Site) -> None:
    """`check` prints the hours that are left."""
    assert run("cli", "2026-01-12", "--from", "9:30").exit_code == 0
    assert "\n  2026-01-12 Mon  ice storm (open 08:00-09:30)\n" in CliRunner().invoke(app, ["check"]).output


def test_a_folder_that_cannot_be_written_is_said(
    run: Run, jira: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The closure counts, and a person gets the lines to add."""

    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("bot.controller.office_closures.write_closures", refused)  # root can write to any folder
    done = run("cli", "2026-01-12")
    assert done.exit_code == 0
    assert "It counts from the database alone (" in done.output
    assert "cannot be written: Read-only file system). Add it to config/calendars/cli.yaml:\n" in done.output
    assert "\n  exceptions:\n    2026-01-12: {name: ice storm, open: []}\n" in done.output
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize(
    ("args", "reason", "complaint"),
    [
        (("clu", "2026-01-12"), "ice storm", 'There is no calendar "clu" (did you mean "cli"?); nothing was changed.'),
        (("cli", "2026-01-10"), "ice storm", "is closed on Saturday, 2026-01-10 anyhow; nothing was changed."),
        (("cli", "2026-01-19"), "ice storm", "anyhow (Martin Luther King Jr. Day); nothing was changed."),
        (("cli", "01/12/2026"), "ice storm", '"01/12/2026" is not a date; write one like 2026-12-04.'),
        (("cli", "2026-01-12", "--from", "noon"), "ice storm", '"noon" is not a time of day; write one like 12:00.'),
        (("cli", "2026-01-12"), " ", "It does not say why the office is closed"),
    ],
)
def test_a_mistake_ends_with_2_and_one_sentence(
    run: Run, jira: Site, tmp_path: Path, args: tuple[str, ...], reason: str, complaint: str
) -> None:
    """And nothing is changed."""
    done = run(*args, reason=reason)
    assert done.exit_code == 2
    assert complaint in done.output
    assert done.output.count("\n") == 1
    assert not (tmp_path / "bot.db").exists() or kept(tmp_path) == []


def test_a_jira_that_cannot_be_asked_is_one_line(
    run: Run, yaml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The closure is not kept: what moves by it is not known, so it has to be told again."""
    monkeypatch.setenv("JIRA_URL", "http://127.0.0.1:9")
    before = yaml.read_text()
    done = run("cli", "2026-01-12")
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert (yaml.read_text(), kept(tmp_path)) == (before, [])
