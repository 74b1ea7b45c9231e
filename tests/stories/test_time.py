"""What time alone does: escalations to the minute, an overdue folder, and a district that may take as long as it
likes."""

from __future__ import annotations

from tests.stories.conftest import Tell

# Files received on Thursday, January 8 at 15:30: 15 business hours end on Monday at 12:30, 20 on Tuesday at 8:30.


def test_escalations_come_at_their_minute(tell: Tell) -> None:
    """A minute before, nothing; at 75 % the first label; at 100 % the second, and the team is notified once."""
    story = tell().opened().to_review()
    story.at("2026-01-12 12:29")
    assert story.labels == set()
    story.at("2026-01-12 12:30")
    assert story.labels == {"review-at-risk"}
    story.at("2026-01-13 08:29")
    assert story.labels == {"review-at-risk"}
    assert story.to_team == []
    story.at("2026-01-13 08:30")
    assert story.labels == {"review-at-risk", "review-overdue"}
    assert story.to_team == ["overdue"]
    assert "[~accountid:712020:hanna] [~accountid:712020:hector]" in story.last
    assert "overdue since Tue Jan 13, 2026, 8:30 AM Central Time" in story.last
    said = story.talk
    story.at("2026-01-14 07:59")
    assert story.talk == said
    story.at("2026-01-16 12:00")  # the announced date has passed
    assert story.talk == [*said, "bot to team: correction for the district"]


def test_a_verdict_removes_the_labels(tell: Tell) -> None:
    """A clock that is closed, or starts again with new files, has no label."""
    story = tell().opened().to_review()
    story.at("2026-01-13 12:00")
    assert story.labels == {"review-at-risk", "review-overdue"}
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision")
    assert story.labels == set()
    story.contact("FILES READY", at="2026-01-15 10:00")
    assert story.labels == set()
    assert story.due == "2026-01-20"  # Monday the 19th is a holiday
    story.at("2026-01-20 11:59")
    assert story.labels == {"review-at-risk"}
    story.at("2026-01-20 12:00")
    assert story.labels == {"review-at-risk", "review-overdue"}
    assert story.to_team == ["overdue", "overdue"]  # once in each round
    story.set_to("review", "Done")
    assert story.labels == set()


def test_an_overdue_folder_and_its_clearing(tell: Tell) -> None:
    """The folder's own clock sets the labels; finishing the folder removes them, though the files are still missing."""
    story = tell().opened().to_folder()
    story.at("2026-01-08 11:59")
    assert story.labels == {"review-at-risk"}
    story.at("2026-01-08 12:00")
    assert story.labels == {"review-at-risk", "review-overdue"}
    assert story.to_team == ["overdue"]
    assert "Create the SecureStor folder" in story.last

    story.set_to("folder", "Done", at="2026-01-09 09:00")
    assert story.labels == set()
    assert story.due is None
    assert story.status == "SecureStor Folder"
    assert story.to_district[-1] == "the folder is ready, please upload"


def test_a_district_takes_six_weeks(tell: Tell) -> None:
    """The district's time is never escalated: neither for its files nor for a corrected set."""
    story = tell().opened().to_folder()
    story.set_to("folder", "Done", at="2026-01-07 10:00")
    story.at("2026-02-18 10:00")
    assert story.labels == set()
    assert story.to_team == []
    assert story.due is None
    story.contact("FILES READY")
    assert story.due == "2026-02-20"
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision")
    said = story.talk
    story.at("2026-04-01 10:00")
    assert story.labels == set()
    assert story.talk == said


def test_an_escalation_does_not_come_at_night(tell: Tell) -> None:
    """What was due at the close of a day is escalated when somebody is there to read it."""
    story = tell().opened()
    story.contact("Confirm", at="2026-01-06 15:00")  # 20 business hours: Thursday at 17:00
    story.at("2026-01-08 23:00")
    assert story.due == "2026-01-08"
    assert "review-overdue" not in story.labels
    story.at("2026-01-09 08:00")
    assert "review-overdue" in story.labels
