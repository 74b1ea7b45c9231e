"""The index of tickets is kept by each reconcile: where a ticket is, whose turn it is, and which work is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.config.load import Config
from bot.controller.index_rows import rebuild_ended
from bot.sandbox.harness import Harness
from bot.store.tables import tickets
from bot.store.ticket_index import END, LEFT, OUTSIDE, STEP, WAITING, OpenBranch, TicketRow
from tests.stories.acts import Story

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
HOUR = 3600


@pytest.fixture
def harness(config: Config, tmp_path: Path, engine_url: str) -> Iterator[Harness]:
    """A sandbox and a bot that has nothing to do yet."""
    with Harness(config, tmp_path, START, database_url=engine_url) as harness:
        harness.settle()
        yield harness


def row(harness: Harness, issue_id: str) -> TicketRow:
    """The ticket's row once all is at rest."""
    harness.settle()
    found = harness.bot.index.row(issue_id)
    assert found is not None
    return found


def test_a_ticket_is_followed_through_a_step_a_review_and_the_wait(harness: Harness) -> None:
    """With its pass, its round, its due moment, and the work that is open."""
    story = Story(harness).opened()
    ticket = story.ticket.id
    first = row(harness, ticket)
    assert (first.place, first.step, first.turn) == (STEP, "district_confirms", ("district",))
    assert (first.district, first.version) == ("Lakeside ISD", harness.bot.config.processes[0].version)
    assert first.branches == (OpenBranch("district_confirms", "answer"),)

    story.to_folder()
    folder = row(harness, ticket)
    assert (folder.step, folder.turn) == ("create_securestor_folder", ("help_center", "district"))
    assert {b.subtask for b in folder.branches} == {subtask.id for subtask in story.subtasks()}
    assert folder.due is not None

    story.to_review()
    review = row(harness, ticket)
    assert (review.place, review.step, review.round, review.pass_number) == (STEP, "initial_file_review", 1, 1)

    story.note("Findings: the enrollment file is empty")
    story.set_to("review", "Needs Revision")
    waits = row(harness, ticket)
    assert (waits.place, waits.step, waits.turn) == (WAITING, "initial_file_review", ("district",))
    assert (waits.branches, waits.due) == ((), None)

    story.contact("FILES READY")
    again = row(harness, ticket)
    assert (again.place, again.round, again.pass_number) == (STEP, 2, 2)
    assert [b.branch for b in again.branches] == ["review"]


def test_a_ticket_outside_the_process_keeps_the_step_that_it_came_from(harness: Harness) -> None:
    """Its open subtasks are still known, since it may come back."""
    story = Story(harness).opened().to_folder()
    before = row(harness, story.ticket.id)
    story.move("On Hold")
    outside = row(harness, story.ticket.id)
    assert (outside.place, outside.step, outside.status) == (OUTSIDE, before.step, "On Hold")
    assert outside.branches == before.branches


def test_an_ended_ticket_keeps_a_summary(harness: Harness) -> None:
    """Its passes, its outcome, and whose the time was; no branch is open."""
    story = Story(harness).opened()
    story.move("Withdrawn", at="2026-01-06 09:00")
    ended = row(harness, story.ticket.id)
    assert (ended.place, ended.step, ended.branches, ended.due) == (END, "withdrawn", (), None)
    assert ended.summary is not None
    assert (ended.summary["outcome"], ended.summary["passes"]) == ("withdrawn", 1)
    assert ended.summary["times"] == {
        **dict.fromkeys(("ours", "vendor", "outside"), 0),
        **{"district": 9 * HOUR, "closed": 15 * HOUR},
    }


def test_a_ticket_that_leaves_the_process_is_not_under_way(harness: Harness) -> None:
    """As one whose type no process takes any more."""
    story = Story(harness).opened()
    assert [one.issue_id for one in harness.bot.index.under_way()] == [story.ticket.id]
    config = harness.bot.config
    elsewhere = tuple(replace(p, issue_types=("Another",)) for p in config.processes)
    harness.bot.adopt(replace(config, processes=elsewhere))
    harness.bot.reconciler.enqueue([story.ticket.id])
    assert row(harness, story.ticket.id).place == LEFT
    assert harness.bot.index.under_way() == []


def test_a_lost_index_is_rebuilt_by_reconciling(harness: Harness) -> None:
    """Nothing is in it that Jira does not have."""
    story = Story(harness).opened().to_folder()
    before = row(harness, story.ticket.id)
    harness.bot.store.write(lambda connection: connection.execute(sa.delete(tickets)))
    harness.bot.reconciler.enqueue([story.ticket.id])
    assert row(harness, story.ticket.id) == before


def test_ended_tickets_are_rebuilt_from_their_ledgers(harness: Harness) -> None:
    """As they were, without a reconcile; what is known already stays."""
    harness.site.search_lag = timedelta(0)
    story = Story(harness).opened()
    story.move("Withdrawn", at="2026-01-06 09:00")
    before = row(harness, story.ticket.id)
    bot = harness.bot
    arguments = bot.config, bot.gateway, bot.index, bot.closures.calendars(), bot.clock.now()
    assert rebuild_ended(*arguments) == 0
    bot.store.write(lambda connection: connection.execute(sa.delete(tickets)))
    assert rebuild_ended(*arguments) == 1
    assert row(harness, story.ticket.id) == before
