"""One look: whatever happens in it, the claim is given back as the kind of trouble deserves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config.load import Config
from bot.controller.reconciler import MOST_TRIES
from bot.core.model.effects import CreateSubtasks, PostComment
from bot.core.model.ledger import PROPERTY
from bot.jira.call import Conflict, Limited, Missing, Unauthenticated, Unreachable
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.harness import Harness
from bot.store.agenda import Claim
from bot.store.agenda_reader import Priority, Row
from bot.store.database import StoreDown
from bot.store.keys import JOB, key_of

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))


@pytest.fixture
def harness(config: Config, tmp_path: Path) -> Iterator[Harness]:
    """A sandbox and a bot whose workers rest: the test makes every look itself."""
    with Harness(config, tmp_path, START, webhooks=False) as harness:
        harness.site.limits.limits = ()
        harness.settle()
        harness.bot.workers.stop()
        yield harness


@pytest.fixture
def ticket(harness: Harness) -> str:
    """The id of a new ticket."""
    return harness.site.open_request(CARLA, "Lakeside ISD").id


def claim(harness: Harness, issue_id: str) -> Claim:
    """Put an issue on the agenda and claim it."""
    harness.bot.agenda.put(key_of(issue_id), harness.clock.now(), Priority.PEOPLE)
    claimed = harness.bot.agenda.claim()
    while claimed is not None and claimed.key.startswith(JOB):  # a job that is due goes first; here it is no matter
        harness.bot.agenda.release(claimed, None)
        claimed = harness.bot.agenda.claim()
    assert claimed is not None
    assert claimed.key == key_of(issue_id)
    return claimed


def look(harness: Harness, issue_id: str) -> Row:
    """One look at an issue; its row afterwards."""
    harness.bot.reconciler.reconcile(claim(harness, issue_id))
    row = harness.bot.agenda.row(key_of(issue_id))
    assert row is not None
    assert row.leased_until is None
    return row


def look_until_quiet(harness: Harness, issue_id: str) -> None:
    """Look until nothing more is due."""
    while (due := look(harness, issue_id).due_at) is not None and due <= harness.clock.now():
        pass


def held(harness: Harness, row: Row) -> float:
    """For how many seconds a row is held back."""
    return (row.not_before or 0.0) - harness.clock.machine()


def fail_with(harness: Harness, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Every reading of an issue fails so."""

    def fetch(*_: Any) -> None:
        raise error

    monkeypatch.setattr(harness.bot.gateway, "fetch", fetch)


@pytest.mark.parametrize("error", [Unreachable("away"), Conflict("twice"), StoreDown("locked")])
def test_what_jiras_state_causes_backs_off_and_is_no_try(
    error: Exception, harness: Harness, ticket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a second, doubling, to a quarter of an hour at most, for ever; one success forgets it."""
    fail_with(harness, monkeypatch, error)
    waits = []
    for _ in range(14):
        row = look(harness, ticket)
        assert (row.tries, row.parked, row.due_at) == (0, None, harness.clock.now())
        waits.append(held(harness, row))
        harness.clock.jump_machine(waits[-1] + 0.1)
    assert 0.9 < waits[0] <= 1.5
    assert waits[5] > 20
    assert 500 < waits[-1] <= 900
    monkeypatch.undo()
    look_until_quiet(harness, ticket)
    fail_with(harness, monkeypatch, error)
    assert held(harness, look(harness, ticket)) <= 1.5


def test_a_fault_of_our_own_parks_the_issue_at_last(
    harness: Harness, ticket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten tries; and setbacks by Jira's state before it do not count."""
    fail_with(harness, monkeypatch, Unreachable("away"))
    for _ in range(12):
        harness.clock.jump_machine(held(harness, look(harness, ticket)) + 0.1)
    fail_with(harness, monkeypatch, KeyError("a bug"))
    for n in range(1, MOST_TRIES):
        row = look(harness, ticket)
        assert (row.tries, row.parked) == (n, None)
        harness.clock.jump_machine(held(harness, row) + 0.1)
    parked = look(harness, ticket).parked
    assert parked is not None
    assert "KeyError" in parked


@pytest.mark.parametrize(
    ("error", "seconds", "site"),
    [
        (Limited("wait", 40, site=False), 40, False),
        (Limited("wait", 1847, site=True), 1847, True),
        (Unauthenticated("dead token"), 60, True),
    ],
)
def test_a_limit_is_kept_to_the_second(
    error: Exception, seconds: float, site: bool, harness: Harness, ticket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the issue: the issue waits. Of the site, or with a dead token: everything does."""
    fail_with(harness, monkeypatch, error)
    assert held(harness, look(harness, ticket)) == pytest.approx(seconds, abs=2)
    harness.bot.agenda.put("issue 5", harness.clock.now(), Priority.PEOPLE)
    assert (harness.bot.agenda.claim() is None) == site


def test_a_404_decides_nothing(harness: Harness, ticket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again soon, and daily when that was in vain; a ticket that shows again goes on."""
    fail_with(harness, monkeypatch, Missing("hidden"))
    for _ in range(4):
        row = look(harness, ticket)
        assert row.due_at == harness.clock.now()
        harness.clock.jump_machine(held(harness, row) + 0.1)
    assert look(harness, ticket).due_at == harness.clock.now() + timedelta(days=1)
    monkeypatch.undo()
    look_until_quiet(harness, ticket)
    assert len(harness.site.comments(ticket)) == 1


def test_a_look_without_its_lease_writes_nothing(harness: Harness, ticket: str) -> None:
    """An intent is not committed where the token is another's by now: the other look makes the call, once."""
    first = claim(harness, ticket)
    harness.clock.jump_machine(121)
    second = harness.bot.agenda.claim()
    assert second is not None
    assert second.key == first.key
    harness.bot.reconciler.reconcile(first)
    assert harness.site.comments(ticket) == []
    harness.bot.reconciler.reconcile(second)
    assert len(harness.site.comments(ticket)) == 1


def test_a_look_at_a_subtask_leads_to_its_ticket(harness: Harness, ticket: str) -> None:
    """The subtask itself has nothing to be looked at for."""
    subtask = harness.site.create_subtask(HANNA, ticket, "folder")
    assert look(harness, subtask.id).due_at is None
    row = harness.bot.agenda.row(key_of(ticket))
    assert row is not None
    assert row.due_at == harness.clock.now()


def test_seeing_applies_nothing(harness: Harness, ticket: str) -> None:
    """What a dry run or `explain` asks is only read."""
    mark = len(harness.site.calls)
    view = harness.bot.reconciler.dry_run(harness.site.issue(ticket).key)
    assert [type(e) for e in view.plan.effects] == [PostComment]
    assert {call.method for call in harness.site.calls_since(mark)} == {"GET"}


@pytest.mark.parametrize("label", ["bot-off", None])
def test_the_bot_stays_out(label: str | None, harness: Harness, config: Config) -> None:
    """A ticket with the label bot-off, or of a type that no process names, is left alone."""
    if label:
        issue = harness.site.open_request(CARLA, "Lakeside ISD").id
        harness.site.set_labels(HANNA, issue, [label])
    else:
        issue = harness.site.open_request(CARLA, "Lakeside ISD").id
        harness.bot.reconciler._config = replace(config, processes=())
    assert look(harness, issue).due_at is None
    assert harness.site.comments(issue) == []
    assert harness.site.property(issue, PROPERTY) is None


def test_a_broken_ledger_is_told_once(harness: Harness, ticket: str) -> None:
    """Staff hear of it in one internal comment, and the bot does nothing else until it is repaired."""
    harness.site.edit(HANNA, ticket, properties={PROPERTY: {"v": 1, "process": 7}})
    for _ in range(3):
        assert look(harness, ticket).due_at is None
    assert [(c.author, c.public) for c in harness.site.comments(ticket)] == [(BOT, False)]
    harness.site.edit(HANNA, ticket, properties={PROPERTY: {"v": 99}})  # another one is told anew
    look(harness, ticket)
    assert len(harness.site.comments(ticket)) == 2


def test_marks_are_looked_for_only_where_something_may_be_forgotten(harness: Harness, ticket: str) -> None:
    """A database that has seen the whole stay knows what was done: no comment's mark is read."""
    harness.clock.advance(timedelta(hours=1))
    late = harness.site.open_request(CARLA, "Springfield ISD").id
    for issue in (ticket, late):
        look_until_quiet(harness, issue)
    harness.clock.advance(timedelta(minutes=1))
    mark = len(harness.site.calls)
    harness.site.comment(CARLA, late, "STATUS")
    look_until_quiet(harness, late)
    assert [c for c in harness.site.calls_since(mark) if "/properties/" in c.path] == []


def test_every_plan_has_a_reason(harness: Harness, ticket: str) -> None:
    """The journal keeps what was done and why, also that nothing was to do."""
    look_until_quiet(harness, ticket)
    look_until_quiet(harness, ticket)
    looks = harness.bot.journal.entries(ticket)
    assert [entry.effects for entry in looks] == [(), ("public comment: confirm_files",)]
    assert looks[0].reason == "Waiting for the district."


def test_a_plan_in_the_past_is_only_labelled(config: Config, harness: Harness, ticket: str) -> None:
    """Before the process's `since` nothing is said, made or moved."""
    process = replace(config.processes[0], since=START + timedelta(days=1))
    harness.bot.reconciler._config = replace(config, processes=(process,))
    view = harness.bot.reconciler.dry_run(ticket)
    assert not any(isinstance(e, PostComment | CreateSubtasks) for e in view.plan.effects)
    look_until_quiet(harness, ticket)
    assert harness.site.comments(ticket) == []


def test_an_issue_that_was_retyped_is_let_go(harness: Harness, ticket: str) -> None:
    """Moved to where no process applies: labels and due day go, its clocks are closed, nothing is said; back
    again, it goes on where it was."""
    look(harness, ticket)
    harness.site.comment(CARLA, ticket, "I confirm")
    look(harness, ticket)
    look(harness, ticket)
    harness.clock.set(harness.local("2026-01-09 12:00"))
    look(harness, ticket)
    assert "review-overdue" in harness.site.labels(ticket)
    said = len(harness.site.comments(ticket))
    config = harness.bot.reconciler._config
    elsewhere = tuple(replace(p, issue_types=("Another",)) for p in config.processes)
    harness.bot.reconciler._config = replace(config, processes=elsewhere)
    for _ in range(2):
        look(harness, ticket)
    shown = harness.site.issue(ticket)
    assert (list(shown.labels), shown.duedate, len(shown.comments)) == ([], None, said)
    last = harness.site.property(ticket, PROPERTY)["visits"][-1]
    assert (last["verdict"], "stopped" in last["clocks"]["folder"]) == ("left", True)
    harness.bot.reconciler._config = config
    look(harness, ticket)
    assert harness.site.issue(ticket).duedate is not None
    assert len(harness.site.comments(ticket)) == said


def test_what_a_process_says_for_itself_counts_for_its_tickets(harness: Harness, ticket: str) -> None:
    """Here the label without which its tickets are left alone, and the field of the due day."""
    config = harness.bot.reconciler._config
    harness.bot.reconciler._config = replace(config, own={"dde": {"only": "pilot", "due_field": None}})
    look_until_quiet(harness, ticket)
    assert harness.site.comments(ticket) == []
    harness.site.set_labels(HANNA, ticket, add=["pilot"])
    look_until_quiet(harness, ticket)
    harness.site.comment(CARLA, ticket, "I confirm")
    look_until_quiet(harness, ticket)
    assert harness.site.comments(ticket) != []
    assert harness.site.issue(ticket).duedate is None


def test_a_ticket_with_bot_off_is_left_alone_wherever_it_goes(harness: Harness, ticket: str) -> None:
    """Retyped to where no process applies, not even its labels are touched."""
    look(harness, ticket)
    harness.site.comment(CARLA, ticket, "I confirm")
    look(harness, ticket)
    look(harness, ticket)
    harness.site.set_labels(HANNA, ticket, add=["bot-off"])
    before = harness.site.issue(ticket)
    config = harness.bot.reconciler._config
    elsewhere = tuple(replace(p, issue_types=("Another",)) for p in config.processes)
    harness.bot.reconciler._config = replace(config, processes=elsewhere)
    look(harness, ticket)
    assert before.duedate is not None
    assert harness.site.issue(ticket) == before


def test_a_field_of_the_issue_chooses_its_calendar(config: Config, harness: Harness, ticket: str) -> None:
    """A clock that runs is planned anew when the field is set; one that has stopped keeps what it ran by."""
    cli = config.calendars["cli"]
    late = replace(cli, name="late", zone="America/Los_Angeles", spoken="Pacific Time")
    office = replace(config.office, calendar_field="customfield_10040", district_calendars={"west": "late"})
    calendars = {**config.calendars, "late": late}
    harness.bot.reconciler._config = replace(config, office=office, calendars=calendars)
    harness.bot.reconciler._calendars = lambda facts: calendars
    look_until_quiet(harness, ticket)
    harness.site.comment(CARLA, ticket, "I confirm")
    look_until_quiet(harness, ticket)

    def clock() -> tuple[str, str]:
        view = harness.bot.reconciler.dry_run(ticket)
        assert view.progress is not None
        (found,) = view.progress.clocks
        return found.calendar, found.due.astimezone(ZoneInfo("America/Chicago")).strftime("%d %H:%M")

    def shown(value: object) -> None:
        fetch = type(harness.bot.gateway).fetch

        def bent(issue_id: str, applied: Any) -> Any:
            snapshot = fetch(harness.bot.gateway, issue_id, applied)
            fields = {**snapshot.issue.fields, "customfield_10040": value}
            return replace(snapshot, issue=replace(snapshot.issue, fields=fields))

        harness.bot.gateway.fetch = bent  # type: ignore[method-assign]

    assert clock() == ("cli", "07 11:00")
    shown({"value": "West"})
    assert clock() == ("late", "07 12:00")
    look_until_quiet(harness, ticket)
    folder = next(s for s in harness.site.subtasks(ticket) if "folder" in s.summary)
    harness.site.transition(HANNA, folder.key, "Done")
    look_until_quiet(harness, ticket)
    shown(None)
    assert clock() == ("late", "07 12:00")
