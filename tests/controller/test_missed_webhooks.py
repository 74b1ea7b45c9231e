"""The watch finds out whether Jira still sends webhooks, from what the catch-up finds and when the latest one came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from bot.app import load_checked
from bot.clock import SettableClock
from bot.controller.missed_webhooks import FACT, LATEST_DELIVERY, Counted, WebhookWatch, count
from bot.controller.periodic_jobs import Periods
from bot.jira.references import SearchHit
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.harness import Harness
from bot.store.agenda_reader import Priority
from bot.store.database import Store
from bot.store.keys import JOB
from bot.store.tables import intents, looks
from tests.small_office import write_office

EVERY = timedelta(minutes=5)
LATER = timedelta(hours=2, minutes=1)


class Office:
    """A catch-up every few minutes, and what people do between two of them; tickets are numbers."""

    def __init__(self, store: Store, clock: SettableClock, every: timedelta = EVERY) -> None:
        self.store, self.clock, self.every = store, clock, every
        self.watch = WebhookWatch(store, 3 * every)
        self.last: datetime | None = None
        self.shown: dict[str, SearchHit] = {}
        self.sent = 0
        self.catch_up()

    def catch_up(self, after: timedelta | None = None) -> None:
        """Let time pass, one period unless told, with catch-ups in their period, and one at its end."""
        end = self.clock.now() + (after or self.every)
        while self.clock.now() < end:
            self.clock.set(min(end, self.clock.now() + self.every))
            self.watch.note(self.shown.values(), self.clock.now(), self.last)
            self.last = self.clock.now()

    def change(self, ticket: int, announced: bool, issue: int | None = None, handled: bool = True) -> None:
        """Somebody changes a ticket, or an issue below it, and a webhook announces it or does not."""
        self.clock.advance(timedelta(seconds=1))
        now, issue_id = self.clock.now(), str(issue or ticket)
        self.shown[issue_id] = SearchHit(str(ticket), issue_id, now.isoformat())
        if announced:
            self.deliver(ticket)
        if handled:
            row = {"issue_id": str(ticket), "key": "DDE-1", "at": now, "looked": 0.0, "reason": "", "effects": []}
            self.store.write(lambda c: c.execute(sa.insert(looks).values(row)))

    def deliver(self, issue: int) -> None:
        """A webhook comes."""
        self.sent += 1
        facts = {"identifier": str(self.sent), "event": "x", "author_id": None, "size": 1, "sha256": ""}
        self.store.write(lambda c: self.store.record_delivery_in(c, issue_id=str(issue), **facts))

    def bot_writes(self, ticket: int) -> None:
        """The bot makes a call for a ticket, which changes it."""
        row = {"issue_id": str(ticket), "kind": "comment", "effect_ids": [], "call": {}, "highest_comment": "",
               "subtasks": [], "public": False, "began_at": self.clock.now(), "began": 0.0, "state": "done",
               "reason": ""}  # fmt: skip
        self.store.write(lambda c: c.execute(sa.insert(intents).values(row)))

    def found(self) -> Counted:
        """What the watch says, with five changes as its limit."""
        delivered = self.store.read(lambda c: c.execute(LATEST_DELIVERY).scalar_one_or_none())
        return count(self.store.get_fact(FACT), delivered, 5)


@pytest.fixture
def office(store: Store, clock: SettableClock) -> Office:
    """A bot that has run for a while."""
    return Office(store, clock)


@pytest.fixture
def calm_office(store: Store, clock: SettableClock) -> Office:
    """The same with a catch-up each half an hour, for what takes days."""
    return Office(store, clock, timedelta(minutes=30))


def test_what_a_webhook_announced_is_fine(office: Office) -> None:
    """Each change counts once, however often the search shows it."""
    for ticket in range(1, 8):
        office.change(ticket, announced=True)
    office.catch_up(3 * EVERY)
    found = office.found()
    assert (found.changes, found.untold, found.stopped) == (7, 0, False)


def test_changes_that_only_the_search_found_are_judged_after_two_hours(office: Office) -> None:
    """Until then Jira may still send; then five of them say that it has stopped."""
    for ticket in range(1, 6):
        office.change(ticket, announced=False)
    office.catch_up()
    assert office.found() == Counted(0, 0, None, False)
    office.catch_up(LATER)
    found = office.found()
    assert (found.changes, found.untold, found.stopped) == (5, 5, True)


def test_fewer_changes_say_nothing(office: Office) -> None:
    """Of a subtask that a person makes no webhook comes either."""
    for ticket in range(1, 5):
        office.change(ticket, announced=False)
    office.catch_up(LATER)
    assert (office.found().untold, office.found().stopped) == (4, False)


def test_a_webhook_that_comes_late_is_one(office: Office) -> None:
    """Jira resends what was refused, for more than an hour."""
    for ticket in range(1, 6):
        office.change(ticket, announced=False)
    office.catch_up(timedelta(minutes=75))
    office.deliver(1)
    office.catch_up(LATER)
    assert (office.found().changes, office.found().untold) == (5, 0)


def test_the_bots_own_changes_do_not_count(office: Office) -> None:
    """Of some of its own writes no webhook comes, such as of the subtasks that it makes."""
    for ticket in range(1, 6):
        office.bot_writes(ticket)
        office.change(ticket, announced=False)
    office.catch_up(LATER)
    assert office.found().changes == 0


def test_an_answer_of_the_bot_does_not_hide_what_it_answered(office: Office) -> None:
    """It writes because the search found the change, so the change was seen first."""
    for ticket in range(1, 6):
        office.change(ticket, announced=False)
    office.catch_up()
    for ticket in range(1, 6):
        office.bot_writes(ticket)
        office.change(ticket, announced=False)
    office.catch_up(LATER)
    assert office.found().untold == 5


def test_a_subtask_counts_to_its_ticket(office: Office) -> None:
    """An act on five subtasks is one change."""
    for subtask in range(101, 106):
        office.change(1, announced=False, issue=subtask)
    office.catch_up(LATER)
    assert office.found().untold == 1


def test_tickets_that_the_bot_does_not_handle_do_not_count(office: Office) -> None:
    """The search shows the whole project, and webhooks are registered for one kind of ticket."""
    for ticket in range(1, 9):
        office.change(ticket, announced=False, handled=False)
    office.catch_up(LATER)
    assert office.found().changes == 0


def test_a_bot_that_was_away_blames_nobody(office: Office) -> None:
    """What changed while it was down could not be delivered, nor what was not judged before."""
    for ticket in range(1, 6):
        office.change(ticket, announced=False)
    office.catch_up()
    office.clock.advance(timedelta(hours=8))
    for ticket in range(6, 15):
        office.change(ticket, announced=False)
    office.catch_up(LATER)
    assert office.found() == Counted(0, 0, None, False)
    for ticket in range(20, 25):
        office.change(ticket, announced=False)
    office.catch_up(LATER)
    assert office.found().stopped


def test_a_restart_does_not_hide_that_jira_stopped(office: Office) -> None:
    """What was judged before the bot was away stays so."""
    for ticket in range(1, 6):
        office.change(ticket, announced=False)
    office.catch_up(LATER)
    office.clock.advance(timedelta(hours=8))
    office.catch_up()
    assert office.found().stopped


def test_a_stop_at_noon_is_seen_the_same_day(office: Office) -> None:
    """However much was announced in the morning."""
    for ticket in range(1, 41):
        office.change(ticket, announced=True)
    office.catch_up(timedelta(minutes=30))
    for ticket in range(41, 46):
        office.change(ticket, announced=False)
    office.catch_up(LATER)
    assert (office.found().changes, office.found().untold, office.found().stopped) == (45, 5, True)


def test_a_quiet_weekend_is_neither_a_stop_nor_its_end(calm_office: Office) -> None:
    """Without changes nobody knows; the first webhook after it shows that Jira sends."""
    office = calm_office
    office.change(1, announced=True)
    office.catch_up(timedelta(days=2))
    assert not office.found().stopped
    for ticket in range(1, 6):
        office.change(ticket, announced=False)
    office.catch_up(timedelta(days=2))
    assert office.found().stopped
    office.change(10, announced=True)
    assert not office.found().stopped


def test_a_day_later_announced_changes_are_forgotten(calm_office: Office) -> None:
    """What counts is the last day, and what came after the latest webhook."""
    office = calm_office
    for ticket in range(1, 5):
        office.change(ticket, announced=True)
    office.catch_up(timedelta(days=1))
    office.change(9, announced=True)
    office.catch_up()
    assert (office.found().changes, office.found().untold) == (1, 0)


# -- from outside: a sandbox, whose webhooks are lost

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
OFTEN = Periods(catch_up=EVERY, nightly=timedelta(days=7), identity=timedelta(days=7), spread=timedelta(0))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the messages to the operator, in place of sending them."""
    titles: list[str] = []

    def send(title: str, body: str) -> bool:
        titles.append(title.split(": ")[1])
        return True

    monkeypatch.setattr("bot.app.operator_of", lambda settings: (send, lambda: None))
    return titles


@pytest.fixture
def harness(tmp_path: Path, told: list[str]) -> Iterator[Harness]:
    """A bot that waits for webhooks, and a Jira where nobody has registered any yet."""
    config = load_checked(write_office(tmp_path))
    config = replace(config, office=replace(config.office, untold_changes=3))
    with Harness(config, tmp_path, START, periods=OFTEN, webhooks=False) as harness:
        harness.site.search_lag = timedelta(0)
        harness.settle()
        yield harness


def test_the_operator_hears_once_that_jira_sends_nothing_and_that_it_does_again(
    harness: Harness, told: list[str]
) -> None:
    """People's changes are found all the same; /statusz is red until webhooks come; the bot's own do not count."""
    tickets = [harness.site.open_request(CARLA, f"District {n}") for n in range(3)]
    harness.advance(START + timedelta(hours=3))
    assert [len(harness.site.comments(ticket)) for ticket in tickets] == [1, 1, 1]

    answer = requests.get(f"{harness.web.url}/statusz", timeout=5)
    found = answer.json()
    assert (answer.status_code, found["state"], found["ready"]) == (503, "red", True)
    assert found["reasons"] == [
        "Jira has stopped sending webhooks, or they do not arrive: the search alone found the latest 3 changes."
    ]
    assert (found["webhooks"]["stopped"], found["webhooks"]["latest_at"]) == (True, None)
    for _ in range(3):
        harness.bot.watch()
    assert told == ["Jira has stopped sending webhooks"]

    harness.register_webhooks()
    for ticket in tickets:
        harness.site.comment(HANNA, ticket, "a word", public=False)
        harness.settle()
    harness.bot.agenda.put(f"{JOB}catch_up", harness.clock.now(), Priority.SWEEPS)
    harness.settle()
    found = requests.get(f"{harness.web.url}/statusz", timeout=5).json()
    assert (found["state"], found["reasons"], found["webhooks"]["stopped"]) == ("green", [], False)
    for _ in range(2):
        harness.bot.watch()
    assert told == ["Jira has stopped sending webhooks", "Jira sends webhooks again"]
