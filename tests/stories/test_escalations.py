"""Escalations on a ticket: an outage that hides three of them, and a pause after three quarters of the time."""

from __future__ import annotations

from bot.config.load import Config
from bot.core.model.process import LEAD, NEVER, Escalation
from bot.core.time.goals import parse_goal
from tests.stories.conftest import Tell, with_process, with_step

# Files received on Thursday, January 8 at 15:30: half of 20 business hours is used on Friday at 16:30, three
# quarters on Monday the 12th at 12:30, all on Tuesday the 13th at 8:30.
LADDER = (
    Escalation(0.5, None, "team"),
    Escalation(0.75, "review-at-risk", "team"),
    Escalation(1.0, "review-overdue", "team"),
    Escalation(1.0, None, LEAD, every=parse_goal("1 business day")),
)


def climbing(config: Config) -> Config:
    """The configuration with these escalations for the review, and no corrections of announced dates."""
    config = with_step(config, "initial_file_review", escalations=LADDER)
    return with_process(config, tell_district_when_late=NEVER)


def test_after_an_outage_only_the_highest_is_reported(tell: Tell, config: Config) -> None:
    """Three escalations passed while the bot was down: the team gets only the last one, once the office is open."""
    story = tell(climbing(config)).opened().to_review()
    story.harness.stop_bot()
    story.harness.clock.set(story.harness.local("2026-01-13 20:00"))
    story.harness.start_bot()
    story.harness.settle()
    assert (story.to_team, story.labels) == ([], set())
    story.at("2026-01-14 08:00")
    assert (story.to_team, story.labels) == (["overdue"], {"review-overdue"})
    story.at("2026-01-14 08:30")
    assert story.to_team == ["overdue", "still overdue"]
    story.at("2026-01-16 12:00")
    assert story.to_team == ["overdue", "still overdue", "still overdue", "still overdue"]
    assert [name for name in story.ledger["visits"][-1]["done"] if "+" in name][-1].endswith(":3")


def test_a_hold_after_three_quarters(tell: Tell, config: Config) -> None:
    """During a hold nothing is posted and the label stays on; afterwards the rest of the time is counted, and nothing
    happens twice."""
    story = tell(climbing(config)).opened().to_review()
    story.at("2026-01-12 12:30")
    assert story.to_team == ["half of the time is used", "three quarters of the time are used"]
    story.at("2026-01-12 13:00")
    story.note("/hold waits for the lawyer")
    count = len(story.to_team)
    story.at("2026-01-20 13:00")  # Tuesday; Monday was a holiday
    assert (len(story.to_team), story.labels) == (count, {"review-at-risk"})
    story.note("/resume")
    before = len(story.to_team)
    story.at("2026-01-21 08:29")
    assert (len(story.to_team), story.labels) == (before, {"review-at-risk"})
    story.at("2026-01-21 08:30")
    assert (story.to_team[before:], story.labels) == (["overdue"], {"review-at-risk", "review-overdue"})
