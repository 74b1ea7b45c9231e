"""What a reconcile asks of the database: a count of SQL statements, from its claim to its release."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.config.load import Config
from bot.sandbox.accounts import CARLA
from bot.sandbox.harness import Harness
from bot.store.agenda_reader import Priority
from bot.store.keys import JOB, key_of
from bot.store.tables import intents

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
MOST = 12  # with a call each for subtasks, comment, and labels with the ledger
NOTHING_TO_DO = 3  # claim, what is known of the issue and which days are closed, release


@pytest.fixture
def harness(config: Config, tmp_path: Path, engine_url: str) -> Iterator[Harness]:
    """A sandbox and a bot whose workers rest: the test makes every reconcile itself."""
    with Harness(config, tmp_path, START, webhooks=False, database_url=engine_url) as harness:
        harness.settle()
        harness.bot.workers.stop()
        yield harness


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that this thread executes meanwhile; what is executed for many rows at once is one."""
    found: list[str] = []
    thread = threading.get_ident()

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if threading.get_ident() == thread:
            found.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", count)


def reconcile(harness: Harness, issue_id: str) -> list[str]:
    """Claim an issue and reconcile it; the statements that took."""
    bot = harness.bot
    bot.agenda.put(key_of(issue_id), harness.clock.now(), Priority.PEOPLE)
    while True:
        with counted() as statements:
            claim = bot.agenda.claim()
            assert claim is not None
            if not claim.key.startswith(JOB):
                bot.reconciler.reconcile(claim)
                return without_pace(statements)
        bot.agenda.release(claim, None)


def without_pace(statements: list[str]) -> list[str]:
    """The statements but for those by which replicas on PostgreSQL share one pace: four for each call to Jira."""
    found = list(statements)
    for n, statement in reversed([*enumerate(statements)]):
        if statement.startswith("SET LOCAL synchronous_commit"):
            del found[n : n + 4]
    return found


def test_entering_a_step_takes_at_most_12_statements(harness: Harness) -> None:
    """Subtasks in bulk, a public comment, then labels with the ledger: three calls, each with its intent."""
    for name in ("Lakeside ISD", "Hillside ISD"):  # the first also asks what a process asks once
        ticket = harness.site.open_request(CARLA, name)
        reconcile(harness, ticket.id)
        harness.site.comment(CARLA, ticket.key, "Confirmed")
        reconcile(harness, ticket.id)  # it moves the ticket
        statements = reconcile(harness, ticket.id)
    made = sa.select(intents.c.kind).order_by(intents.c.id)
    assert harness.bot.store.read(lambda c: c.execute(made).scalars().all())[-3:] == ["subtasks", "comment", "record"]
    assert len(statements) <= MOST, "\n".join(statements)


def test_nothing_to_do_takes_3_statements(harness: Harness) -> None:
    """Most reconciles find nothing to do, for every webhook is one."""
    ticket = harness.site.open_request(CARLA, "Lakeside ISD").id
    reconcile(harness, ticket)
    reconcile(harness, ticket)
    statements = reconcile(harness, ticket)
    assert len(statements) == NOTHING_TO_DO, "\n".join(statements)
