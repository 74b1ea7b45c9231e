"""Paths through the seven steps that many stories begin with."""

from __future__ import annotations

from bot.sandbox.accounts import DANA, FIONA, HANNA, Account
from tests.stories.acts import Story

CHECKS = ("information", "formats", "classrooms")  # the branches of the quality review
PREPARATION = (
    "prepare",
    "test",
    "update_ids",
    "production",
)  # the branches of the file preparation, in the order of the work


def to_waiting(story: Story) -> Story:
    """The first set of files was sent back on Friday, January 9 at 15:30."""
    story.opened().to_review()
    return revise(story, "review", at="2026-01-09 15:30")


def to_quality(story: Story) -> Story:
    """The files passed the first review on Monday, January 12 at 9:00: the quality review is due on the 20th at 9:00,
    because Monday the 19th is a holiday."""
    story.opened().to_review()
    story.set_to("review", "Done", at="2026-01-12 09:00")
    return story


def to_preparation(story: Story) -> Story:
    """The files passed the quality review on Wednesday, January 14 at 10:00."""
    to_quality(story)
    for branch in CHECKS:
        story.set_to(branch, "Done", at="2026-01-14 10:00", by=FIONA)
    return story


def to_production(story: Story) -> Story:
    """The files were moved to Production on Friday, January 16 at 14:00."""
    to_preparation(story)
    for branch in PREPARATION:
        story.set_to(branch, "Done", at="2026-01-16 14:00", by=DANA)
    return story


def revise(story: Story, branch: str, at: str, by: Account = HANNA, finding: str = "no birth dates") -> Story:
    """A reviewer writes a finding and sets a subtask to Needs Revision."""
    story.at(at)
    story.note(f"Findings:\n* {finding}", on=branch, by=by)
    story.set_to(branch, "Needs Revision", by=by)
    return story


def clock(story: Story, branch: str = "step") -> dict[str, str]:
    """A review clock of the newest visit, as the ledger has it."""
    return dict(story.ledger["visits"][-1]["clocks"][branch])
