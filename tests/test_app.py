"""The bot as it is wired: a changed configuration, life without webhooks, and who hears of trouble."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from pydantic import SecretStr

from bot.app import build, load_checked
from bot.clock import FileClock, SettableClock
from bot.config.settings import Settings, SettingsError
from bot.config.source import ConfigError
from bot.sandbox.accounts import BOT, CARLA
from bot.sandbox.harness import CALM, Harness
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from bot.store.agenda import Agenda
from bot.store.database import Store, StoreDown
from bot.web.wsgi_server import WebServer
from bot.words.render import Unfit
from tests.small_office import HELLO_FILE, write_office

ROOT = Path(__file__).parent.parent
START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


def until(what: Callable[[], Any], patience: float = 20.0) -> None:
    """Wait, in real time, until it is so."""
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small office's configuration."""
    return write_office(tmp_path)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the operator was told, instead of being told."""
    told: list[tuple[str, str]] = []

    def send(title: str, body: str) -> bool:
        told.append((title.removeprefix("District Onboarding Bot: "), body))
        return True

    monkeypatch.setattr("bot.app.operator_of", lambda settings: (send, lambda: None))
    return told


@pytest.fixture
def harness(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harness]:
    """A bot that serves the small office, and looks at its files often."""
    monkeypatch.setattr("bot.controller.ticker.RELOAD_SECONDS", 0.1)
    with Harness(load_checked(folder), tmp_path, START) as harness:
        harness.settle()
        yield harness


# -- a changed configuration


def said(harness: Harness) -> str:
    """What the bot says to a district that comes new."""
    ticket = harness.site.open_request(CARLA, "Lakeside ISD")
    harness.settle()
    (comment,) = harness.site.comments(ticket)
    return str(comment.body)


def statusz(harness: Harness) -> dict[str, Any]:
    """The page, which must say that the bot can work."""
    answer = requests.get(f"{harness.web.url}/statusz", timeout=5)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_running_bot_speaks_with_changed_files(harness: Harness, folder: Path) -> None:
    """A text of the office and a template are taken up without a restart; a bad template is refused, the old one
    stays, and /statusz tells why until it is mended."""
    assert said(harness) == "Welcome, Lakeside ISD: it is your turn. Please read https://old.example.org/requirements"
    begun = harness.bot.loaded

    office = folder / "bot.yaml"
    office.write_text(office.read_text().replace("//old.", "//new."))
    until(lambda: harness.bot.loaded > begun)
    assert "https://new.example.org/requirements" in said(harness)

    hello, begun = folder / HELLO_FILE, harness.bot.loaded
    good = "Good day, {{ district }}: it is your turn.\n"
    hello.write_text(good)
    until(lambda: harness.bot.loaded > begun)
    assert said(harness) == "Good day, Lakeside ISD: it is your turn."

    hello.write_text("{{ distrct }}, your SLA begins.\n")
    until(lambda: statusz(harness)["configuration"]["problems"])
    (problem,) = statusz(harness)["configuration"]["problems"]
    assert problem.startswith("processes/hello.yaml:")
    assert "did you mean 'district'" in problem
    assert said(harness) == "Good day, Lakeside ISD: it is your turn."

    hello.write_text(good + "\nThank you.\n")
    until(lambda: not statusz(harness)["configuration"]["problems"])
    assert said(harness).endswith("Thank you.")


def test_a_configuration_that_would_silence_the_bot_is_refused(harness: Harness, folder: Path) -> None:
    """`serve` would not start without `since:`, so it is not taken up either."""
    process = folder / "processes/hello.yaml"
    process.write_text(process.read_text().replace("since:", "# since:"))
    until(lambda: harness.bot.reloader.problems)
    assert "`since:` is missing" in harness.bot.reloader.problems[0]
    assert said(harness).startswith("Welcome")


def test_a_changed_configuration_looks_at_every_ticket_again(harness: Harness, folder: Path) -> None:
    """What it means for a ticket that is under way does not wait for the night."""
    harness.site.search_lag = timedelta(0)
    ticket = harness.site.open_request(CARLA, "Lakeside ISD")
    harness.settle()
    begun, mark = harness.bot.loaded, len(harness.site.calls)
    office = folder / "bot.yaml"
    office.write_text(office.read_text() + "off_label: leave-me\n")
    until(lambda: harness.bot.loaded > begun)
    until(lambda: any(call.issue == ticket.id for call in harness.site.calls_since(mark)))


def test_a_file_that_cannot_be_read_is_a_problem_of_the_configuration(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a line for a person, and no traceback."""

    def load(folder: Path, texts: object) -> Any:
        raise PermissionError(13, "Permission denied", str(folder / "bot.yaml"))

    monkeypatch.setattr("bot.controller.checked_config.load", load)
    with pytest.raises(ConfigError, match=r"bot\.yaml:1: it cannot be read: Permission denied"):
        load_checked(folder)


# -- without webhooks


@pytest.fixture
def now(tmp_path: Path) -> Callable[[datetime], None]:
    """Sets the business now of the bot and of its Jira, which they read from a file."""

    def put(moment: datetime) -> None:
        fresh = tmp_path / "now.new"
        fresh.write_text(moment.isoformat())
        fresh.rename(tmp_path / "now")

    put(START)
    return put


def test_without_webhooks_a_minute_tells_all(folder: Path, tmp_path: Path, now: Callable[[datetime], None]) -> None:
    """`serve` starts without a secret, has no receiver, and asks Jira every 60 s what changed."""
    clock = FileClock(tmp_path / "now")
    site = Site(load_checked(folder).processes, clock, search_lag=timedelta(0))
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    database = f"sqlite:///{tmp_path}/bot.db"
    with SandboxServer(site) as jira:
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "WEBHOOKS": "off", "PORT": str(port)}
        env |= {"JIRA_URL": jira.url, "JIRA_EMAIL": BOT.email, "JIRA_API_TOKEN": BOT.token}
        env |= {"BOT_CONFIG": str(folder), "BOT_CLOCK": str(tmp_path / "now"), "DATABASE_URL": database}
        log = (tmp_path / "log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"], cwd=tmp_path, env=env, stdout=log, stderr=log
        )
        try:
            assert_served(f"http://127.0.0.1:{port}", site, database, now)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=15) == 0
        finally:
            process.kill()
            process.wait()
            log.close()
    assert "Traceback" not in (tmp_path / "log").read_text()


def assert_served(url: str, site: Site, database: str, now: Callable[[datetime], None]) -> None:
    """It works, a minute after a minute."""

    def caught_up() -> str | None:
        try:
            found = requests.get(f"{url}/statusz", timeout=5).json()
        except requests.RequestException:
            return None
        return str(found.get("caught_up_at")) if found["ready"] else None

    until(lambda: caught_up() == START.isoformat())
    assert requests.post(f"{url}/webhooks/jira", json={}, timeout=5).status_code == 404
    store = Store(database, SettableClock(START))
    agenda = Agenda(store, SettableClock(START))
    until(lambda: (row := agenda.row("job catch_up")) and row.due_at == START + timedelta(seconds=60))
    agenda.close()
    store.close()
    ticket = site.open_request(CARLA, "Lakeside ISD")
    now(START + timedelta(seconds=61))
    until(lambda: len(site.comments(ticket)) == 1)


# -- the operator


def test_addresses_that_are_none_are_told_as_settings_and_never_shown() -> None:
    """One line for each, without the secret."""
    settings = Settings(
        operator_url=SecretStr("nothing-of-the-kind://s3cret"), heartbeat_url=SecretStr("s3cret.example.org")
    )
    with pytest.raises(SettingsError) as wrong:
        build(settings, load_checked(ROOT / "config"))
    operator, beat = wrong.value.lines
    assert operator.startswith("OPERATOR_URL is not an address")
    assert beat.startswith("HEARTBEAT_URL is not a web address")
    assert "s3cret" not in str(wrong.value)


def test_the_heart_beats_after_each_sweep_that_went_well(folder: Path, tmp_path: Path) -> None:
    """One call for each catch-up, none for one that failed."""
    beats: list[str] = []
    app = Flask("monitor")
    app.add_url_rule("/beat", view_func=lambda: beats.append("beat") or "")
    monitor = WebServer(app).start()

    class Monitored(Harness):
        def settings(self) -> Settings:
            address = SecretStr(f"{monitor.url}/beat")
            return super().settings().model_copy(update={"heartbeat_url": address})

    often = replace(CALM, catch_up=timedelta(minutes=5))
    with Monitored(load_checked(folder), tmp_path, START, periods=often) as harness:
        until(lambda: len(beats) == 1)
        harness.advance(START + timedelta(minutes=5))
        until(lambda: len(beats) == 2)
        harness.site.revoke(BOT)
        harness.clock.advance(timedelta(minutes=5))
        harness.bot.agenda.nudge()
        until(harness.bot.agenda.global_limit.active)
        assert len(beats) == 2
    monitor.stop()


def test_the_operator_hears_of_trouble_and_of_its_end(harness: Harness, sent: list[tuple[str, str]]) -> None:
    """After ten minutes of a dead token, once, and again when it is well."""
    restarted(harness)
    limit = harness.bot.agenda.global_limit
    limit.set(harness.clock.machine() + 3600, "Jira does not accept the bot's token (401, no reason given).")
    for _ in range(12):
        harness.bot.watch()
        harness.clock.jump_machine(60)
    ((title, body),) = sent
    assert title == "not ready"
    assert "does not accept the bot's token" in body
    limit.clear()
    harness.clock.jump_machine(130)
    harness.bot.watch()
    assert [title for title, _ in sent] == ["not ready", "working again"]


def restarted(harness: Harness) -> None:
    """The bot anew, with what the test changed of how it is built."""
    harness.stop_bot()
    harness.start_bot()
    harness.settle()


def test_the_operator_hears_what_is_parked_and_that_a_token_ends(
    folder: Path, tmp_path: Path, sent: list[tuple[str, str]]
) -> None:
    """Each once, and no word of a ticket with it."""
    config = load_checked(folder)
    config = replace(config, office=replace(config.office, token_expires=date(2020, 1, 1)))
    with Harness(config, tmp_path, START) as harness:
        harness.settle()
        harness.bot.journal.park_effect("10001", "10001:1:say", "Jira says no of Lakeside ISD")
        harness.bot.watch()
        harness.bot.watch()
        assert sorted(title for title, _ in sent) == ["its Jira token expired", "something is parked"]
        assert "Lakeside" not in str(sent)
        assert "10001" not in str(sent)


def test_a_database_that_is_away_is_no_news_of_what_is_parked(
    harness: Harness, sent: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told that all was released because nobody could look."""
    restarted(harness)
    harness.bot.journal.park_effect("10001", "10001:1:say", "Jira says no")
    harness.bot.watch()

    def away(*_: Any) -> Any:
        raise StoreDown("the database cannot be used")

    monkeypatch.setattr("bot.app.HealthFacts.readiness", away)
    harness.bot.watch()
    assert [title for title, _ in sent] == ["something is parked"]


# -- where people work in Jira


def test_behind_atlassians_gateway_no_public_text_links_to_the_site_itself(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The calls' address is not the one that staff would paste, so Jira is asked for that one."""
    monkeypatch.setattr("bot.app.ATLASSIAN_GATEWAY", "http://127.0.0.1:")
    with Harness(load_checked(folder), tmp_path, START) as harness:
        harness.jira.site.shapes.url = "https://lakeside.example.org"
        restarted(harness)
        with pytest.raises(Unfit, match="must not link into the staff's view"):
            harness.bot.words.edited("See https://lakeside.example.org/browse/DDE-1")
