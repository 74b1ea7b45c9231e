"""The watch tells whether Jira still sends webhooks, from what the catch-up finds and the deliveries that came."""

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
from bot.controller.missed_webhooks import FACT, Counted, WebhookWatch, count
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

    def __init__(self, store: Store, clock: SettableClock) -> None:
        self.store, self.clock = store, clock
        self.watch = WebhookWatch(store, 3 * EVERY)
        self.last: datetime | None = None
        self.shown: dict[str, SearchHit] = {}
        self.sent = 0
        self.catch_up()

    def catch_up(self, after: timedelta = EVERY) -> None:
        """Let time pass, with catch-ups in their period, and one at its end."""
        end = self.clock.now() + after
        while self.clock.now() < end:
            self.clock.set(min(end, self.clock.now() + EVERY))
            self.watch.note(self.shown.values(), self.clock.now(), self.last)
            self.last = self.clock.now()

    def change(self, ticket: int, told: bool, issue: int | None = None, cared_for: bool = True) -> None:
        """Somebody changes a ticket, or an issue below it, and a webhook tells of it or does not."""
        self.clock.advance(timedelta(seconds=1))
        now, issue_id = self.clock.now(), str(issue or ticket)
        self.shown[issue_id] = SearchHit(str(ticket), issue_id, now.isoformat())
        if told:
            self.deliver(ticket)
        if cared_for:
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
        """What the watch says, with five changes and half of all as its limits."""
        return count(self.store.get_fact(FACT), 5, 0.5)


@pytest.fixture
def office(store: Store, clock: SettableClock) -> Office:
    """A bot that has run for a while."""
    return Office(store, clock)


def test_what_a_webhook_told_is_well(office: Office) -> None:
    """Each change counts once, however often the search shows it."""
    for ticket in range(1, 8):
        office.change(ticket, told=True)
    office.catch_up(3 * EVERY)
    found = office.found()
    assert (found.changes, found.untold, found.stopped) == (7, 0, False)


def test_changes_that_only_the_search_found_are_judged_after_two_hours(office: Office) -> None:
    """Until then Jira may still send; then five of them say that it has stopped."""
    for ticket in range(1, 6):
        office.change(ticket, told=False)
    office.catch_up()
    assert office.found() == Counted(0, 0, None, False)
    office.catch_up(LATER)
    found = office.found()
    assert (found.changes, found.untold, found.stopped) == (5, 5, True)


def test_a_webhook_that_comes_within_two_hours_is_no_loss(office: Office) -> None:
    """Jira sends again what was refused, for more than an hour."""
    for ticket in range(1, 6):
        office.change(ticket, told=False)
    office.catch_up(timedelta(minutes=75))
    for ticket in range(1, 6):
        office.deliver(ticket)
    office.catch_up(LATER)
    found = office.found()
    assert (found.changes, found.untold) == (5, 0)


def test_the_bots_own_changes_do_not_count(office: Office) -> None:
    """Of some of its own writes no webhook tells, such as the subtasks that it makes."""
    for ticket in range(1, 6):
        office.bot_writes(ticket)
        office.change(ticket, told=False)
    office.catch_up(LATER)
    assert office.found().changes == 0


def test_an_answer_of_the_bot_does_not_hide_what_it_answered(office: Office) -> None:
    """It writes because the search found the change, so the change was seen first."""
    for ticket in range(1, 6):
        office.change(ticket, told=False)
    office.catch_up()
    for ticket in range(1, 6):
        office.bot_writes(ticket)
        office.change(ticket, told=False)
    office.catch_up(LATER)
    assert office.found().untold == 5


def test_a_subtask_counts_to_its_ticket(office: Office) -> None:
    """A webhook tells of a subtask under its ticket, and an act on five subtasks is one change."""
    for subtask in range(101, 106):
        office.change(1, told=False, issue=subtask)
    office.catch_up(LATER)
    assert office.found().untold == 1
    office.change(2, told=True, issue=201)
    office.catch_up()
    assert (office.found().changes, office.found().untold) == (2, 1)


def test_tickets_that_the_bot_does_not_look_after_do_not_count(office: Office) -> None:
    """The search shows the whole project, and the webhooks tell of one kind of tickets."""
    for ticket in range(1, 9):
        office.change(ticket, told=False, cared_for=False)
    office.catch_up(LATER)
    assert office.found().changes == 0


def test_a_bot_that_was_away_blames_nobody(office: Office) -> None:
    """What changed while it was down could not be told, nor what it had no time to hear of before."""
    for ticket in range(1, 6):
        office.change(ticket, told=False)
    office.catch_up()
    office.clock.advance(timedelta(hours=8))
    for ticket in range(6, 15):
        office.change(ticket, told=False)
    office.catch_up(LATER)
    assert office.found() == Counted(0, 0, None, False)
    for ticket in range(20, 25):
        office.change(ticket, told=False)
    office.catch_up(LATER)
    assert office.found().stopped


def test_some_losses_among_many_changes_are_no_stop(office: Office) -> None:
    """Of a subtask that a person makes no webhook tells either."""
    for ticket in range(1, 20):
        office.change(ticket, told=ticket % 4 != 0)
        office.catch_up()
    office.catch_up(LATER)
    found = office.found()
    assert (found.untold, found.stopped) == (4, False)


def test_a_stop_at_noon_is_seen_the_same_day(office: Office) -> None:
    """What came in the morning does not outweigh it."""
    for ticket in range(1, 41):
        office.change(ticket, told=True)
    office.catch_up()
    for ticket in range(41, 46):
        office.change(ticket, told=False)
    office.catch_up(LATER)
    assert office.found().stopped


def test_a_quiet_weekend_mends_nothing(office: Office) -> None:
    """Without changes nobody knows; the first one after it that a webhook tells shows that Jira sends."""
    for ticket in range(1, 6):
        office.change(ticket, told=False)
    office.catch_up(timedelta(days=2))
    assert office.found().stopped
    office.change(10, told=True)
    office.catch_up()
    assert not office.found().stopped


def test_once_the_latest_changes_were_all_told_again_it_is_over(office: Office) -> None:
    """Though of the day most were not."""
    for ticket in range(1, 9):
        office.change(ticket, told=False)
    office.catch_up(LATER)
    for ticket in range(10, 15):
        assert office.found().stopped
        office.change(ticket, told=True)
        office.catch_up()
    assert (office.found().untold, office.found().stopped) == (8, False)


def test_what_was_lost_a_day_ago_is_forgotten(office: Office) -> None:
    """The day ends with the latest change that was told."""
    for ticket in range(1, 5):
        office.change(ticket, told=False)
    office.catch_up(timedelta(days=1))
    office.change(9, told=True)
    office.catch_up()
    assert (office.found().changes, office.found().untold) == (1, 0)


# -- from outside: a sandbox, whose webhooks are lost

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
OFTEN = Periods(catch_up=EVERY, nightly=timedelta(days=7), identity=timedelta(days=7), spread=timedelta(0))


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    """A bot that waits for webhooks, and a Jira where nobody has registered any yet."""
    config = load_checked(write_office(tmp_path))
    config = replace(config, office=replace(config.office, untold_changes=3))
    with Harness(config, tmp_path, START, periods=OFTEN, webhooks=False) as harness:
        harness.site.search_lag = timedelta(0)
        harness.settle()
        yield harness


def test_a_jira_that_sends_nothing_is_told_to_the_operator_once_and_its_end(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People's changes are found all the same; /statusz is red until webhooks come; the bot's own do not count."""
    told: list[str] = []
    monkeypatch.setattr(harness.bot.alerts, "_send", lambda title, body: told.append(title.split(": ")[1]) is None)
    tickets = [harness.site.open_request(CARLA, f"District {n}") for n in range(3)]
    harness.advance(START + timedelta(hours=3))
    assert [len(harness.site.comments(ticket)) for ticket in tickets] == [1, 1, 1]

    answer = requests.get(f"{harness.web.url}/statusz", timeout=5)
    found = answer.json()
    assert (answer.status_code, found["state"], found["ready"]) == (503, "red", True)
    assert found["reasons"] == [
        "Jira has stopped sending webhooks, or they do not arrive: of the latest 3 changes the search alone found 3."
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
