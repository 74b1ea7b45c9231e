"""Messages outside Jira: what they hold, that each goes out once at most, and that each channel has an address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.app import load_checked
from bot.config.load import Config, load
from bot.config.settings import Settings
from bot.config.source import ConfigError
from bot.core.model.effects import Notify
from bot.core.model.process import OPERATOR, Escalation
from bot.jira.call import Unknown
from bot.notify.channels import Messenger, senders
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.harness import Harness
from bot.store.keys import JOB
from tests.small_office import write_office

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
SPINE = Path(__file__).parents[1] / "spine"
DUE = datetime(2026, 1, 13, 14, 30, tzinfo=UTC)


class Outbox:
    """Keeps what would go out."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.fails: type[Exception] | None = None
        self.answer = True

    def __call__(self, title: str, body: str) -> bool:
        self.sent.append((title, body))
        if self.fails:
            raise self.fails("nobody knows what came of it")
        return self.answer


def test_a_message_names_the_ticket_the_moment_and_the_link() -> None:
    """By its own channel; where none is set up, what is spare takes it."""
    leads, spare = Outbox(), Outbox()
    messenger = Messenger({"leads": leads}, spare, load(SPINE).calendars, "https://example.atlassian.net/")
    message = Notify(("1",), "leads", "DDE-1: overdue", "Quality Review, round 2.", DUE, "cli", "DDE-1")
    assert messenger.send(message)
    assert leads.sent == [
        (
            "DDE-1: overdue",
            "Quality Review, round 2.\nDue Tue Jan 13, 2026, 8:30 AM Central Time.\n"
            "https://example.atlassian.net/browse/DDE-1",
        )
    ]
    messenger.send(Notify(("2",), OPERATOR, "DDE: overdue", "The step Greeting: overdue."))
    assert spare.sent == [("District Onboarding Bot: DDE: overdue", "The step Greeting: overdue.")]


# -- once at most


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """Where the channel `leads` leads to."""
    box = Outbox()
    monkeypatch.setattr("bot.app.senders", lambda config, addresses: {"leads": box})
    return box


@pytest.fixture
def harness(outbox: Outbox, tmp_path: Path) -> Iterator[Harness]:
    """A bot that tells the leads of half of a goal, by message alone."""
    shipped = load(SPINE)
    half = (Escalation(0.5, None, None, "leads"),)
    process = replace(
        shipped.processes[0], steps=tuple(replace(s, escalations=half) for s in shipped.processes[0].steps)
    )
    with Harness(replace(shipped, processes=(process,)), tmp_path, START) as harness:
        yield harness


def half_used(harness: Harness) -> str:
    """A ticket whose folder has used half of its time; its id."""
    issue = harness.site.open_request(CARLA, "Lakeside ISD", status="SecureStor Folder")
    harness.settle()
    harness.at("2026-01-06 12:00")
    return issue.id


def test_a_message_is_sent_once_and_journalled(harness: Harness, outbox: Outbox) -> None:
    """Looks, restarts and weeks later."""
    issue = half_used(harness)
    assert [title for title, _ in outbox.sent] == ["DDE-1: 50% of the time is used"]
    harness.stop_bot()
    harness.start_bot()
    harness.site.set_labels(HANNA, "DDE-1", add=["vip"])
    harness.at("2026-01-20 12:00")
    assert len(outbox.sent) == 1
    deeds = [deed for look in harness.bot.journal.entries(issue) for deed in look.effects]
    assert deeds.count("message to leads") == 1


def test_a_message_whose_outcome_is_unknown_counts_as_sent(harness: Harness, outbox: Outbox) -> None:
    """Its intent is settled as done: nobody can look for it, and twice would be wrong."""
    issue = harness.site.open_request(CARLA, "Lakeside ISD", status="SecureStor Folder").id
    harness.settle()
    harness.bot.workers.stop()
    harness.clock.set(harness.local("2026-01-06 12:00"))
    outbox.fails = Unknown
    for _ in range(3):
        harness.bot.reconciler.enqueue([issue])
        while (claim := harness.bot.agenda.claim()) is not None and claim.key.startswith(JOB):
            harness.bot.agenda.release(claim, None)
        assert claim is not None
        harness.bot.reconciler.reconcile(claim)
        harness.clock.jump_machine(200)
    assert len(outbox.sent) == 1
    assert harness.bot.journal.open_intents(issue) == []
    assert any(":notify:" in effect for effect in harness.bot.journal.done(issue))


def test_a_message_that_did_not_go_out_is_in_the_log(
    harness: Harness, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    """With what it said, and it is not tried again: a part of it may have gone out."""
    outbox.answer = False
    half_used(harness)
    harness.at("2026-01-12 12:00")
    assert len(outbox.sent) == 1
    assert "a message may not have gone out to leads: DDE-1: 50% of the time is used" in caplog.text


# -- addresses


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small office whose process names a channel."""
    folder = write_office(tmp_path)
    file = folder / "processes" / "hello.yaml"
    file.write_text(
        file.read_text().replace(
            "    next: done", "    goal: 1 hour\n    escalations: [{at: 50%, notify: leads}]\n    next: done"
        )
    )
    return folder


@pytest.mark.parametrize(
    ("addresses", "says"),
    [
        ({}, 'the channel "leads" has no address: set NOTIFY_LEADS in the environment or .env'),
        ({"lead": "json://x"}, 'NOTIFY_LEADS in the environment or .env (did you mean "lead"?)'),
        ({"leads": "nothing://s3cret"}, "NOTIFY_LEADS is not an address that the apprise library knows"),
    ],
)
def test_a_channel_needs_an_address(folder: Path, addresses: dict[str, str], says: str) -> None:
    """One sentence with the file and line, and never the address."""
    with pytest.raises(ConfigError) as wrong:
        load_checked(folder, "", addresses)
    (problem,) = wrong.value.problems
    assert says in problem.text
    assert "s3cret" not in str(problem)
    assert problem.file.endswith("hello.yaml")
    assert "notify" in Path(problem.file).read_text().splitlines()[problem.line - 1]


def test_only_channels_that_are_named_are_made(folder: Path) -> None:
    """What else begins with NOTIFY_ belongs to some other program."""
    config: Config = load_checked(folder, "", {"leads": "json://localhost", "port": "tcp://10.0.0.1"})
    assert list(senders(config, {"leads": "json://localhost", "port": "tcp://10.0.0.1"})) == ["leads"]


def test_channels_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name in small letters, an empty one not at all; their addresses are secrets."""
    monkeypatch.setenv("NOTIFY_LEADS", "mailto://ann:pw@example.org")
    monkeypatch.setenv("NOTIFY_HELP_DESK", " json://desk ")
    monkeypatch.setenv("NOTIFY_EMPTY", "")
    settings = Settings()
    assert settings.channels == {"leads": "mailto://ann:pw@example.org", "help_desk": "json://desk"}
    assert "mailto://ann:pw@example.org" in settings.secrets
    assert "ann:pw" not in f"{settings!r} {settings.model_dump()}"
