"""/statusz tells whether the bot can work, and nothing that a stranger should not read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.app import load_checked
from bot.sandbox.accounts import BOT, CARLA
from bot.sandbox.harness import SECRET, Harness
from bot.store.agenda_reader import Priority
from bot.store.database import StoreDown
from bot.store.global_limit import PAUSED
from tests.small_office import write_office

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    """A bot at rest."""
    with Harness(load_checked(write_office(tmp_path)), tmp_path, START) as harness:
        harness.settle()
        yield harness


def asked(harness: Harness) -> tuple[int, dict[str, Any]]:
    """The page's status and what it says."""
    answer = requests.get(f"{harness.web.url}/statusz", timeout=5)
    found: dict[str, Any] = answer.json()
    return answer.status_code, found


def until(what: Callable[[], Any]) -> None:
    """Wait, in real time, until it is so."""
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.01)


def test_a_bot_that_is_well(harness: Harness) -> None:
    """200, who it is, what waits, since when it knows everything."""
    code, found = asked(harness)
    assert code == 200
    assert (found["ready"], found["trouble"], found["paused"], found["parked"]) == (True, None, False, 0)
    assert (found["jira"]["state"], found["jira"]["account"]) == ("ok", BOT.id)
    assert found["jira"]["identity_checked_at"] is not None
    assert found["agenda"] == {"due": 0, "oldest_due_seconds": 0, "held_back": 0}
    assert datetime.fromisoformat(found["caught_up_at"]) == START
    assert found["configuration"]["problems"] == []
    assert datetime.fromisoformat(found["configuration"]["loaded_at"]).tzinfo is not None
    assert found["scheduler"]["alive"]


def test_green_or_red_with_reasons(harness: Harness) -> None:
    """Where nothing is to be done it is green; what waits for a person without stopping the work is told besides."""
    code, found = asked(harness)
    assert (code, found["state"], found["reasons"], found["attention"]) == (200, "green", [], [])
    assert found["nightly_at"] is None  # its first one is a night away
    harness.bot.journal.park_effect("10001", "10001:1:say", "Jira says no")
    code, found = asked(harness)
    assert (code, found["state"], len(found["attention"])) == (200, "green", 1)
    assert "`python -m bot parked`" in found["attention"][0]
    harness.site.revoke(BOT)
    harness.bot.agenda.put("job identity", harness.clock.now(), Priority.SWEEPS)
    until(harness.bot.agenda.global_limit.active)
    code, found = asked(harness)
    assert (code, found["state"], found["reasons"]) == (503, "red", [found["trouble"]])


def test_work_that_is_not_done_is_red(harness: Harness) -> None:
    """What is due for half an hour, without waiting for anything that is known; a pause is known."""
    harness.bot.store.set_fact(PAUSED, True)
    time.sleep(0.1)  # a worker may be between its question and its claim
    harness.bot.workers.stop()
    harness.bot.agenda.put("issue 10001", harness.clock.now() - timedelta(minutes=31), Priority.PEOPLE)
    assert asked(harness)[0] == 200
    harness.bot.store.set_fact(PAUSED, None)
    code, found = asked(harness)
    assert (code, found["ready"]) == (503, True)
    assert found["reasons"] == ["What is due is not worked on: the longest has waited for 31 minutes."]


def test_deliveries_that_jira_sent_are_counted(harness: Harness) -> None:
    """When the latest came, and how many changes were told by one or by the search alone."""
    harness.site.open_request(CARLA, "Lakeside ISD")
    harness.settle()
    harness.bot.agenda.put("job catch_up", harness.clock.now(), Priority.SWEEPS)
    harness.settle()
    hooks = asked(harness)[1]["webhooks"]
    assert (hooks["expected"], hooks["stopped"], hooks["untold"]) == (True, False, 0)
    assert datetime.fromisoformat(hooks["latest_at"]) == START


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("image/png", "application/json"),
    ],
)
def test_a_browser_gets_a_page_and_a_program_json(harness: Harness, accept: str | None, kind: str) -> None:
    """By what they accept; /statusz.json is JSON for everybody."""
    answer = requests.get(f"{harness.web.url}/statusz", headers={"Accept": accept}, timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, kind)
    json_too = requests.get(f"{harness.web.url}/statusz.json", headers={"Accept": "text/html"}, timeout=5)
    assert json_too.json()["state"] == "green"


@pytest.mark.parametrize("away", [False, True], ids=["well", "without a database"])
def test_the_page_says_what_the_json_says(harness: Harness, monkeypatch: pytest.MonkeyPatch, away: bool) -> None:
    """Also where the database is away."""

    def read(fn: Any) -> Any:
        raise StoreDown("the database cannot be used")

    if away:
        monkeypatch.setattr(harness.bot.store, "read", read)
    answer = requests.get(f"{harness.web.url}/statusz", headers={"Accept": "text/html"}, timeout=5)
    monkeypatch.undo()
    assert answer.status_code == (503 if away else 200)
    assert ("The bot cannot work" if away else "The bot works") in answer.text
    assert ("The database cannot be used" in answer.text) == away


def test_a_database_that_takes_nothing_in_is_red(harness: Harness, tmp_path: Path) -> None:
    """Though all can be read of it, as while another process writes."""
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    code, found = asked(harness)
    other.execute("ROLLBACK")
    other.close()
    assert (code, found["ready"]) == (503, False)
    assert found["reasons"] == ["The database does not answer within 2 seconds."]


def test_a_stranger_reads_nothing_of_tickets_or_secrets(harness: Harness, tmp_path: Path) -> None:
    """Neither of a ticket that is parked, nor where anything is."""
    ticket = harness.site.open_request(CARLA, "Lakeside ISD")
    harness.settle()
    harness.bot.journal.park_effect(ticket.id, f"{ticket.id}:1:say", "Jira says no of Lakeside ISD")
    text = requests.get(f"{harness.web.url}/statusz", timeout=5).text
    assert '"parked": 1' in text
    assert not [word for word in (ticket.key, ticket.id, "Lakeside", SECRET, BOT.token, str(tmp_path)) if word in text]


def test_a_dead_token_is_told(harness: Harness) -> None:
    """503 and why, for as long as nothing is decided because of it."""
    harness.site.revoke(BOT)
    harness.bot.agenda.put("job identity", harness.clock.now(), Priority.SWEEPS)
    until(harness.bot.agenda.global_limit.active)
    code, found = asked(harness)
    assert code == 503
    assert "does not accept the bot's token" in found["jira"]["state"]
    assert found["trouble"] == found["jira"]["state"]


def test_a_dead_token_is_told_from_the_start(harness: Harness) -> None:
    """A bot that starts with one says so at once, not when its next check is due."""
    harness.stop_bot()
    harness.site.revoke(BOT)
    harness.start_bot()
    until(lambda: asked(harness)[0] == 503)


def test_a_jira_that_is_away_is_told_until_it_is_back(harness: Harness) -> None:
    """Also between two tries, when nothing is held back just now."""
    harness.jira.stop()
    harness.bot.agenda.put("job catch_up", harness.clock.now(), Priority.SWEEPS)
    until(lambda: asked(harness)[0] == 503)
    code, found = asked(harness)
    assert (code, "cannot be reached" in found["trouble"]) == (503, True)
    assert found["agenda"]["due"] == 1
    harness.jira.start()
    harness.clock.jump_machine(900)
    harness.bot.agenda.nudge()
    until(lambda: asked(harness)[0] == 200)


def test_a_job_that_fails_by_our_own_fault_is_told(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the fault itself, which is in the log."""

    def search(jql: str) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(harness.bot.gateway, "search", search)
    harness.bot.agenda.put("job catch_up", harness.clock.now(), Priority.SWEEPS)
    until(lambda: asked(harness)[0] == 503 and "own fault" in asked(harness)[1]["trouble"])


def test_a_job_that_cannot_use_the_database_is_told_without_its_place(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The log says where it is."""

    def search(jql: str) -> Any:
        raise StoreDown(f"the database sqlite:///{tmp_path}/bot.db cannot be used: disk I/O error")

    monkeypatch.setattr(harness.bot.gateway, "search", search)
    harness.bot.agenda.put("job catch_up", harness.clock.now(), Priority.SWEEPS)
    until(lambda: asked(harness)[0] == 503 and "could not use the database" in asked(harness)[1]["trouble"])
    assert str(tmp_path) not in str(asked(harness))


def test_a_paused_bot_is_well_and_says_so(harness: Harness) -> None:
    """A person wanted that; what is due is shown, with how long it has been."""
    harness.bot.store.set_fact(PAUSED, True)
    time.sleep(0.1)  # a worker may be between its question and its claim
    harness.bot.agenda.put("issue 10001", harness.clock.now() - timedelta(minutes=2), Priority.PEOPLE)
    code, found = asked(harness)
    assert (code, found["paused"]) == (200, True)
    assert found["agenda"] == {"due": 1, "oldest_due_seconds": 120, "held_back": 0}


def test_tickets_that_were_given_up_count_as_parked(harness: Harness) -> None:
    """An issue that no look can work on is parked as well as an effect."""
    harness.bot.workers.stop()
    harness.bot.agenda.put("issue 10001", harness.clock.now(), Priority.PEOPLE)
    claim = harness.bot.agenda.claim()
    assert claim is not None
    harness.bot.agenda.park(claim, "10 looks failed: KeyError")
    assert asked(harness)[1]["parked"] == 1


def test_a_database_that_is_away(harness: Harness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """503, without the database's place."""

    def read(fn: Any) -> Any:
        raise StoreDown(f"the database sqlite:///{tmp_path}/bot.db cannot be used: disk I/O error")

    monkeypatch.setattr(harness.bot.store, "read", read)
    code, found = asked(harness)
    monkeypatch.undo()
    assert code == 503
    assert found["trouble"] == "The database cannot be used; the bot's log says why."
    assert str(tmp_path) not in str(found)


def test_a_scheduler_that_stands_still(harness: Harness) -> None:
    """Without ticks nothing that is due by time alone is done."""
    harness.bot.ticker.stop()
    harness.clock.jump_machine(60)
    code, found = asked(harness)
    assert (code, found["scheduler"]["alive"]) == (503, False)
    assert "scheduler" in found["trouble"]
