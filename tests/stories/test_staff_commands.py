"""What the commands of staff, on the first line of an internal comment, do to a ticket."""

from __future__ import annotations

from bot.config.load import Config
from bot.core.model.process import AUTO
from bot.sandbox.accounts import CARLA, DANA, HANNA
from tests.stories.conftest import Tell, with_process
from tests.stories.test_ledger_lost import forget as forget

DUE = "2026-01-13"  # for a review whose files were received on Thursday, January 8, at 15:30


def test_a_hold_and_its_end(tell: Tell) -> None:
    """Nothing is escalated while the ticket is on hold; then the rest of the time is counted, and the due date has
    moved."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("/hold vendor waits for the roster export")
    assert "Lakeside ISD is on hold" in story.last
    story.at("2026-01-15 10:00")
    assert story.labels == set()
    assert story.due == DUE  # the due date is left as it is until the new one is known
    story.note("/resume")
    # Three and a half of the twenty hours were spent: 16.5 are left from Thursday, the 15th, at 10:00.
    assert "due Tue 2026-01-20 08:30 CST" in story.ticket.comments[-2].body.replace("\\", "")
    assert story.due == "2026-01-20"
    assert story.to_team[-1] == "correction for the district"
    assert "has changed: it was the end of Tuesday, January 13" in story.last
    said = story.to_district
    story.note("/tell")
    assert len(story.to_district) == len(said) + 1
    assert "by the end of Tuesday, January 20 (Central Time)" in story.last


def test_a_hold_that_the_bots_own_move_ends(tell: Tell) -> None:
    """The person who put the ticket on hold is notified once that the hold is over, because nobody else would tell them
    that the clocks run again."""
    story = tell().opened()
    story.note("/hold waits for our lawyer")
    story.contact("CONFIRM")
    notes = [c.body for c in story.ticket.comments if "is no longer on hold" in c.body and not c.public]
    assert len(notes) == 1
    assert "went on to SecureStor Folder" in notes[0]
    assert "[~accountid:712020:hanna]" in notes[0]
    story.at("2026-01-07 10:00")
    assert "is no longer on hold" not in story.last


def test_more_time(tell: Tell) -> None:
    """The reply has the new due moment, and escalations follow it."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("/extend 8 business hours a colleague is ill")
    assert "There is more time for Lakeside ISD" in story.last
    assert "due Tue 2026-01-13 16:30 CST" in story.last.replace("\\", "")
    assert story.due == DUE  # the same day, so the district needs no correction
    story.at("2026-01-13 08:30")
    assert "review-overdue" not in story.labels
    story.at("2026-01-13 16:30")
    assert "review-overdue" in story.labels


def test_a_corrected_receipt(tell: Tell) -> None:
    """The files had been there since the morning: the clock is planned again, and STATUS gives the new date."""
    story = tell().opened().to_review()
    story.note("/received 2026-01-08 09:30")
    assert "due Mon 2026-01-12 11:30 CST" in story.ticket.comments[-2].body.replace("\\", "")
    assert story.due == "2026-01-12"
    story.contact("STATUS", at="2026-01-09 10:00")
    assert "by the end of Monday, January 12" in story.last


def test_new_files_during_a_review(tell: Tell) -> None:
    """Staff announce new files with /new-round: a second set with its own subtasks and clock, and a comment to the
    district."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("/new-round")
    assert story.work[-2:] == ["review 1: Superseded", "review 2: To Do"]
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-13"
    assert story.to_district[-1] == "we have set 2"
    story.set_to("review", "Done", at="2026-01-12 10:00")
    assert story.status == "Quality Review"


def test_commands_by_the_contact_and_in_public(tell: Tell) -> None:
    """Neither is carried out; staff are notified of both, and the contact is not."""
    story = tell().opened().to_review()
    said = story.to_district
    story.contact("/hold please", at="2026-01-09 10:00")
    assert "an order for staff alone, and nothing was done" in story.last
    story.harness.site.comment(HANNA, story.key, "/hold lawyer", public=True)
    story.harness.settle()
    assert "please delete the public comment with /hold" in story.last
    assert story.to_district == said
    story.at("2026-01-13 08:30")
    assert "review-overdue" in story.labels


def test_the_same_clocks_without_database_and_comments(tell: Tell) -> None:
    """The pauses are in the ledger: deleting the commands' comments and losing the database changes no due moment."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("/hold lawyer")
    story.at("2026-01-12 10:00")
    story.note("/resume")
    due = story.due
    for comment in [c for c in story.ticket.comments if c.body.startswith("/")]:
        story.harness.site.delete_comment(DANA, comment.id)
    forget(story, ledger=False, database=True)
    assert story.due == due
    assert story.to_team.count("gave up") == 0


def test_help_and_status(tell: Tell) -> None:
    """Both are answered internally and at once, and the contact cannot use them."""
    story = tell().opened().to_review()
    story.note("/help")
    assert "/extend 8 business hours REASON" in story.last
    story.note("/status")
    assert "Whose turn" in story.last
    story.contact("/status", by=CARLA)
    assert story.to_team[-1] == "the contact wrote a command"


def test_a_hold_where_no_clock_runs(tell: Tell) -> None:
    """Staff can put a ticket on hold and resume it during the district's turn, and each command gets its reply."""
    story = tell().opened()
    story.note("/hold the contract is with the lawyer")
    assert "Lakeside ISD is on hold" in story.last
    story.note("/resume")
    assert "Lakeside ISD is no longer on hold" in story.last
    story.to_review()
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision")
    story.note("/hold the contract is with the lawyer")
    assert "Lakeside ISD is on hold" in story.last


def test_new_files_while_the_ticket_waits_for_them(tell: Tell) -> None:
    """Staff announce them for the district with /new-round: the command is confirmed, and the review begins."""
    story = tell().opened().to_review()
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision")
    story.note("/new-round")
    said = [c.body for c in story.ticket.comments if "Noted for Lakeside ISD: new files were received" in c.body]
    assert len(said) == 1
    assert story.to_district[-1] == "we have set 2"


def test_a_command_on_a_subtask(tell: Tell) -> None:
    """It is not carried out, and a comment on the ticket says once where to write it."""
    story = tell().opened().to_review()
    due = story.due
    key = story.subtask("review").key
    story.note("/hold waits for the lawyer", on="review")
    assert f"/hold: it was written on {key}; write it on this ticket itself" in story.last.replace("\\", "")
    assert story.due == due
    said = story.talk
    story.note("The files are in /etc/files", on="review")
    story.note("/home/rosters has them", on="review")
    story.at("2026-01-09 10:00")
    assert story.talk == said


def test_a_second_command_in_one_comment(tell: Tell) -> None:
    """Only the first line is read, and the reply names the command that was not."""
    story = tell().opened().to_review()
    story.note("/extend 8 business hours a colleague is ill\n/hold until Monday")
    assert "There is more time for Lakeside ISD" in story.last
    assert "/hold" in story.last
    assert "has not been read" in story.last
    story.note("/hold a lawyer reads it\nas agreed with Lena")
    assert "has not been read" not in story.last


def test_send_where_tell_is_meant(tell: Tell) -> None:
    """The reply to /send names /tell where that would post something; with no draft at all it says how to write to the
    district."""
    story = tell().opened().to_review()
    story.note("/send\nDear Carla")
    assert "write to the district in a public comment" in story.last
    story.note("/extend 2 business days a colleague is ill")
    story.note("/send")
    assert "/tell posts the words that wait here" in story.last


def test_a_day_passes_while_the_ticket_is_out_of_the_process(tell: Tell, config: Config) -> None:
    """Outside the process the bot does not write to the district on its own: staff get the correction, which names the
    step."""
    story = tell(with_process(config, tell_district_when_late=AUTO)).opened().to_review()
    story.move("On Hold", at="2026-01-09 10:00")
    said = story.to_district
    story.at("2026-01-15 10:00")
    assert story.to_district == said
    assert story.to_team[-1] == "correction for the district"
    assert 'still working on the step "Initial File Review"' in story.last


def test_a_day_that_passed_is_announced_once_wherever_the_ticket_goes(tell: Tell, config: Config) -> None:
    """The correction in the review is not repeated when the ticket is taken out of the process, or comes back."""
    story = tell(with_process(config, tell_district_when_late=AUTO)).opened().to_review()
    story.at("2026-01-14 10:00")
    assert "We have not finished our part" in story.last
    said = (story.to_district, story.to_team)
    story.move("On Hold")
    story.move("Initial File Review", at="2026-01-15 10:00")
    assert (story.to_district, story.to_team) == (said[0], [*said[1], "on hold"])


def test_explain_while_the_status_stops_the_clocks(tell: Tell) -> None:
    """/explain says that all clocks are paused, and by which status."""
    story = tell().opened().to_review()
    story.move("On Hold", at="2026-01-09 10:00")
    story.note("/explain")
    assert "The review clocks of Lakeside ISD stand still while the ticket is in On Hold" in story.last
