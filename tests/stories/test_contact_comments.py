"""What the contact writes: replies, questions for the status, and everything else, which a person reads."""

from __future__ import annotations

from bot.sandbox.accounts import HANNA
from tests.stories.conftest import Tell


def test_status_is_answered_everywhere(tell: Tell) -> None:
    """Step, round, whose turn it is, the expected date, and what is next, as they are at that moment."""
    story = tell().opened()
    story.contact("status?", at="2026-01-05 10:00")
    assert story.to_district[-1] == "where you stand"
    assert "it is your turn" in story.last
    assert "CONFIRM" in story.last

    story.to_folder()
    story.contact("What is the status, please?", at="2026-01-06 12:00")
    assert "it is your turn and ours" in story.last
    assert "by the end of Thursday, January 8" in story.last

    story.set_to("folder", "Done", at="2026-01-07 10:00")
    story.contact("FILES READY", at="2026-01-08 15:30")
    story.contact("Hello team,\n\nSTATUS\n\nThank you", at="2026-01-09 09:00")
    assert "it is our turn (CLI Help Center)" in story.last
    assert "by the end of Tuesday, January 13" in story.last
    assert 'The step after this one is "Quality Review"' in story.last

    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision")
    story.contact("Status", at="2026-01-12 09:00")
    assert "it is your turn" in story.last
    assert "FILES READY" in story.last
    assert story.to_team == []


def test_two_questions_for_the_status_before_the_bot_reconciles(tell: Tell) -> None:
    """Several questions are answered by one comment."""
    story = tell(webhooks=False).opened()
    story.at("2026-01-06 10:00")
    for _ in range(3):
        story.contact("STATUS")
    story.at("2026-01-07 10:00")
    assert story.to_district == ["can you produce the files?", "where you stand"]


def test_other_words_bring_one_note_to_the_team(tell: Tell) -> None:
    """Every comment is reported to the team once, the bot says nothing to the district, and nothing moves."""
    story = tell().opened()
    story.contact("Where do I find the requirements?", at="2026-01-06 10:00")
    assert story.status == "Confirming Files"
    assert story.to_team == ["please answer the contact"]
    assert "[~accountid:712020:hanna]" in story.last
    assert "Where do I find the requirements" in story.last
    story.contact("Thanks, found them.", at="2026-01-06 11:00")
    assert story.to_team == ["please answer the contact", "please answer the contact"]
    story.at("2026-01-07 10:00")
    assert len(story.to_team) == 2


def test_a_question_or_a_negation_is_not_a_yes(tell: Tell) -> None:
    """The ticket is not moved, and a person reads each of them."""
    story = tell().opened()
    for words in ("We cannot confirm.", "Should I confirm?"):
        story.contact(words)
    assert story.status == "Confirming Files"
    assert story.to_team == ["please answer the contact", "please answer the contact"]


def test_the_right_word_at_the_wrong_time(tell: Tell) -> None:
    """FILES READY when nobody waits for files is reported to the team."""
    story = tell().opened()
    story.contact("FILES READY", at="2026-01-05 12:00")
    assert story.status == "Confirming Files"
    assert story.to_team == ["please answer the contact"]


def test_staff_cannot_answer_for_the_contact(tell: Tell) -> None:
    """A public comment by staff is not a reply, whatever it says, and is not reported."""
    story = tell().opened()
    story.harness.site.comment(HANNA, story.key, "Please write CONFIRM")
    story.harness.site.comment(HANNA, story.key, "CONFIRM")
    story.harness.settle()
    assert story.status == "Confirming Files"
    assert story.to_team == []


def test_an_answer_with_a_question_below(tell: Tell) -> None:
    """The reply counts, and the question is reported to the team."""
    story = tell().opened()
    story.contact("Confirmed\n\nWhen will the folder be there?", at="2026-01-06 10:00")
    assert story.status == "SecureStor Folder"
    assert story.to_team == ["please answer the contact"]


def test_an_answer_edited_later_changes_nothing_that_was_done(tell: Tell) -> None:
    """The ticket has moved on; a person reads the edited comment."""
    story = tell().opened()
    comment = story.contact("Confirmed", at="2026-01-06 10:00")
    story.at("2026-01-06 12:00")
    story.harness.site.edit_comment(comment.author, comment.id, "We cannot confirm after all")
    story.harness.settle()
    assert story.status == "SecureStor Folder"
    assert story.to_team == ["please answer the contact"]
    assert story.ledger["visits"][0]["decided"]["at"] == "2026-01-06T16:00:00Z"
