"""A district whose turn it is: reminded after 5 and 10 business days, and phoned after 15."""

from __future__ import annotations

import pytest

from tests.stories.acts import Story
from tests.stories.conftest import Tell
from tests.stories.dde.ways import to_quality, to_waiting

# The files were sent back on Friday, January 9 at 15:30; Monday the 19th is a holiday.
FIVE, TEN, FIFTEEN = "2026-01-16 15:30", "2026-01-26 15:30", "2026-02-02 15:30"


def test_reminders_up_to_the_phone_call(tell: Tell) -> None:
    """Each comes once, at its minute; then the team is asked to phone, and nothing more comes."""
    story = to_waiting(tell())
    said = story.talk
    story.at("2026-01-16 15:29")
    assert story.talk == said
    story.at(FIVE)
    assert story.talk == [*said, "bot to district: reminder"]
    assert "corrected files" in story.last
    story.at("2026-01-26 15:29")
    assert story.talk == [*said, "bot to district: reminder"]
    story.at(TEN)
    assert story.to_district[-2:] == ["reminder", "reminder"]
    story.at("2026-02-02 15:29")
    assert story.to_team == []
    story.at(FIFTEEN)
    assert story.to_team == ["please phone the district"]
    assert "[~accountid:712020:hanna]" in story.last
    assert "for 15 business days" in story.last
    story.at("2026-04-01 10:00")
    assert story.to_district.count("reminder") == 2
    assert story.to_team == ["please phone the district"]


def test_the_first_question_is_reminded_of_too(tell: Tell) -> None:
    """A district that has not said whether it can produce the files is reminded to reply CONFIRM."""
    story = tell().opened()
    story.at("2026-01-12 09:00")
    assert story.to_district[-1] == "reminder"
    assert "CONFIRM" in story.last
    story.contact("Confirmed", at="2026-01-13 10:00")
    story.at("2026-01-26 10:00")
    assert story.to_district.count("reminder") == 1


@pytest.mark.parametrize(("back", "public", "internal"), [("2026-01-28 10:00", 1, 0), ("2026-02-10 10:00", 0, 1)])
def test_after_an_outage_at_most_the_highest(tell: Tell, back: str, public: int, internal: int) -> None:
    """A bot that was away does not make up for every reminder that it missed."""
    story = to_waiting(tell())
    story.harness.stop_bot()
    story.harness.clock.set(story.harness.local(back))
    story.harness.start_bot()
    story.harness.bot.reconciler.enqueue([story.ticket.id])
    story.harness.settle()
    assert story.to_district.count("reminder") == public
    assert story.to_team.count("please phone the district") == internal


def test_no_reminder_while_it_is_the_teams_turn(tell: Tell) -> None:
    """A late folder is the office's fault; the district's turn begins when the folder is there."""
    story = tell().opened().to_folder()
    story.at("2026-01-20 10:00")
    assert "reminder" not in story.to_district
    story.set_to("folder", "Done", at="2026-01-21 10:00")
    story.at("2026-01-28 09:59")
    assert "reminder" not in story.to_district
    story.at("2026-01-28 10:00")
    assert story.to_district[-1] == "reminder"


def test_no_reminder_in_a_review(tell: Tell) -> None:
    """While the office reviews files, the district owes nothing."""
    story = to_quality(tell())
    story.at("2026-02-20 10:00")
    assert "reminder" not in story.to_district
    assert "please phone the district" not in story.to_team


def test_no_reminder_after_the_district_has_answered(tell: Tell) -> None:
    """New files end the district's turn; the next turn is counted from its own beginning."""
    story = to_waiting(tell())
    story.contact("FILES READY", at="2026-01-16 10:00")
    story.at("2026-01-19 10:00")
    assert "reminder" not in story.to_district
    story.note("Findings:\n* one more", on="review")
    story.set_to("review", "Needs Revision", at="2026-01-20 10:00")
    story.at("2026-01-27 09:59")
    assert "reminder" not in story.to_district
    story.at("2026-01-27 10:00")
    assert story.to_district[-1] == "reminder"


def _wait_without_findings(tell: Tell) -> Story:
    story = tell().opened().to_review()
    story.move("Waiting for District", at="2026-01-09 15:30")
    return story


def test_the_turn_begins_with_the_feedback(tell: Tell) -> None:
    """The feedback came ten business days after the move: the first reminder is due five days after the feedback."""
    story = _wait_without_findings(tell)
    story.at("2026-01-26 10:00")
    story.note("Findings:\n* no birth dates")
    assert story.to_district[-1] == "please correct your files"
    story.at("2026-02-02 09:59")
    assert "reminder" not in story.to_district
    story.at("2026-02-02 10:00")
    assert story.to_district[-1] == "reminder"


def test_answers_are_never_delayed_by_a_reminder(tell: Tell) -> None:
    """On the day of a reminder a question is answered as on any other."""
    story = to_waiting(tell())
    story.at(FIVE)
    story.contact("STATUS", at="2026-01-16 16:00")
    assert story.to_district[-2:] == ["reminder", "where you stand"]
