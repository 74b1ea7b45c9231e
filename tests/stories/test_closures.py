"""An office closes on a day that nobody planned: running clocks become due later, and what is over does not change."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config.load import Config, load
from bot.core.history.closure_impact import moved_lines
from bot.core.time.closures import Closure
from bot.sandbox.accounts import LENA
from tests.stories.acts import Story
from tests.stories.conftest import Tell, with_office

ROOT = Path(__file__).parents[1]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The stories' configuration in a folder of its own, because closures are written there."""
    shutil.copytree(ROOT / "spine", tmp_path / "config")
    return with_office(load(tmp_path / "config"), calls_per_second=1000)


def closed(story: Story, day: date, closes: time | None = None) -> list[str]:
    """The team lead says that the office is closed; returns the lines that say which due moments move."""
    story.harness.site.search_lag = timedelta(0)
    bot = story.harness.bot
    moved = bot.closures.close(Closure("cli", day, closes, "ice storm", "Lena", story.harness.clock.now()))
    story.harness.settle()
    return list(moved_lines(moved, bot.closures.calendars()))


def clocks(story: Story, number: int) -> Any:
    """The clocks of a round, as the ledger has them."""
    return [v["clocks"] for v in story.ledger["visits"] if v.get("round") == number and "clocks" in v]


def test_a_storm_moves_the_running_round_and_no_other(tell: Tell, config: Config) -> None:
    """A closure announced ahead moves the due date, one entered afterwards moves it again, the earlier round does not
    change, and each escalation happens once, at its new minute."""
    story = tell(config).opened().to_review()
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision", at="2026-01-09 10:00")
    first = clocks(story, 1)
    story.contact("FILES READY", at="2026-01-12 10:00")  # 20 business hours: Wednesday, January 14, at 12:00
    assert story.due == "2026-01-14"

    story.at("2026-01-13 06:00")
    assert closed(story, date(2026, 1, 13)) == [
        "DDE-1 Lakeside ISD, Initial File Review, round 2: Wed 2026-01-14 12:00 CST -> Thu 2026-01-15 12:00 CST"
    ]
    assert story.due == "2026-01-15"
    story.at("2026-01-14 15:59")
    assert story.labels == set()
    story.at("2026-01-14 16:00")
    assert story.labels == {"review-at-risk"}

    assert closed(story, date(2026, 1, 9)) == []  # the storm hit on Friday already, but that round is over
    assert closed(story, date(2026, 1, 12), time(13)) == [
        "DDE-1 Lakeside ISD, Initial File Review, round 2: Thu 2026-01-15 12:00 CST -> Thu 2026-01-15 16:00 CST"
    ]
    story.at("2026-01-15 15:59")
    assert "overdue" not in story.to_team
    story.at("2026-01-15 16:00")
    assert story.to_team.count("overdue") == 1
    assert clocks(story, 1) == first
    overdue = next(c.body for c in story.ticket.comments if "is overdue since" in c.body)
    assert "overdue since Thu Jan 15, 2026, 4:00 PM Central Time" in overdue


def test_a_round_that_ended_before_the_closure_was_entered_does_not_change(tell: Tell, config: Config) -> None:
    """A review that was finished late remains late, even if the storm is entered afterwards."""
    story = tell(config).opened().to_review()
    story.set_to("review", "Done", at="2026-01-13 09:00")  # half an hour late
    assert story.status == "Quality Review"
    before = clocks(story, 1)[0]
    closed(story, date(2026, 1, 12))
    assert clocks(story, 1)[0] == before


def test_a_paused_clock_is_not_reported(tell: Tell, config: Config) -> None:
    """A closure does not report a paused clock: once resumed, it counts by the calendar as it is then."""
    story = tell(config).opened().to_review()
    story.note("/hold the reviewer is ill")
    assert closed(story, date(2026, 1, 12)) == []
    story.note("/resume")
    assert story.due == "2026-01-14"


def test_the_calendar_file_has_the_closure(tell: Tell, config: Config) -> None:
    """The configuration has the closure when it is loaded again, so nothing has to be remembered elsewhere."""
    story = tell(config).opened().to_review()
    closed(story, date(2026, 1, 12), time(12))
    again = load(config.folder).calendars_with_closures["cli"]
    assert again == replace(config.calendars["cli"], exceptions=again.exceptions)
    assert again.hours_on(date(2026, 1, 12)) == ((time(8), time(12)),)


def test_the_lead_closes_a_day_by_a_comment(tell: Tell, config: Config) -> None:
    """The reply names the clocks that move, the calendar file has the day, the due moment moves, and nobody but the
    team lead can do this."""
    story = tell(with_office(config, lead=(LENA.id,))).opened().to_review()
    story.harness.site.search_lag = timedelta(0)
    story.at("2026-01-12 08:00")
    story.note("/closed 2026-01-12 from 12:00 ice storm")
    assert "only those may close a day" in story.last
    story.note("/closed 2026-01-12 from noon ice storm", by=LENA)
    assert "is not a time of day" in story.last
    story.note("/closed 2026-01-12 from 12:00 ice storm", by=LENA)
    closed = [c.body for c in story.ticket.comments if "the office is closed on" in c.body]
    told = closed[-1].replace("\\", "")
    assert "closed on Mon 2026-01-12 from 12:00 (ice storm)" in told
    assert "Tue 2026-01-13 08:30 CST -> Tue 2026-01-13 13:30 CST" in told
    assert load(config.folder).calendars_with_closures["cli"].hours_on(date(2026, 1, 12)) == ((time(8), time(12)),)
    story.note("/closed 2026-01-17 storm", by=LENA)
    assert "closed on Saturday, 2026-01-17 anyhow" in story.last.replace("\\", "")
    story.at("2026-01-13 13:29")
    assert "review-overdue" not in story.labels
    story.at("2026-01-13 13:30")
    assert "review-overdue" in story.labels
