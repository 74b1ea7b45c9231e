"""What staff order with the first line of an internal comment, as the ticket shows it."""

from __future__ import annotations

from bot.config.load import Config
from bot.core.model.process import AUTO
from bot.sandbox.accounts import CARLA, DANA, HANNA
from tests.stories.conftest import Tell, with_process
from tests.stories.test_ledger_lost import _forget as forget

DUE = "2026-01-13"  # of a review whose files came on Thursday, January 8, at 15:30


def test_a_hold_and_its_end(tell: Tell) -> None:
    """Nothing is flagged while the ticket is on hold; then what was left is spent, and the day has moved."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("/hold vendor waits for the roster export")
    assert "Lakeside ISD is on hold" in story.last
    story.at("2026-01-15 10:00")
    assert story.labels == set()
    assert story.due == DUE  # what stood there stays, until it is known again
    story.note("/resume")
    # Three and a half of the twenty hours were spent: 16.5 are left from Thursday, the 15th, at ten.
    assert "due Tue 2026-01-20 08:30 CST" in story.ticket.comments[-2].body.replace("\\", "")
    assert story.due == "2026-01-20"
    assert story.to_team[-1] == "words for the district"
    assert "has changed: it was the end of Tuesday, January 13" in story.last
    said = story.to_district
    story.note("/tell")
    assert len(story.to_district) == len(said) + 1
    assert "by the end of Tuesday, January 20 (Central Time)" in story.last


def test_a_hold_that_the_bots_own_move_ends(tell: Tell) -> None:
    """Who had it held hears that it is over, once; nobody else would have told them that the clocks run again."""
    story = tell().opened()
    story.note("/hold waits for our lawyer")
    story.contact("CONFIRM")
    told = [c.body for c in story.ticket.comments if "is no longer on hold" in c.body and not c.public]
    assert len(told) == 1
    assert "went on to SecureStor Folder" in told[0]
    assert "[~accountid:712020:hanna]" in told[0]
    story.at("2026-01-07 10:00")
    assert "is no longer on hold" not in story.last


def test_more_time(tell: Tell) -> None:
    """The confirmation has the new due moment; flags come at the new one."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("/extend 8 business hours a colleague is ill")
    assert "There is more time for Lakeside ISD" in story.last
    assert "due Tue 2026-01-13 16:30 CST" in story.last.replace("\\", "")
    assert story.due == DUE  # the day is the same, so the district need not hear of it
    story.at("2026-01-13 08:30")
    assert "review-overdue" not in story.labels
    story.at("2026-01-13 16:30")
    assert "review-overdue" in story.labels


def test_a_corrected_receipt(tell: Tell) -> None:
    """The files had been there since the morning; the clock is planned anew, and STATUS tells the new day."""
    story = tell().opened().to_review()
    story.note("/received 2026-01-08 09:30")
    assert "due Mon 2026-01-12 11:30 CST" in story.ticket.comments[-2].body.replace("\\", "")
    assert story.due == "2026-01-12"
    story.contact("STATUS", at="2026-01-09 10:00")
    assert "by the end of Monday, January 12" in story.last


def test_new_files_during_a_review(tell: Tell) -> None:
    """Staff say so: a second set, with its own subtasks, its own clock, and a word to the district."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("/new-round")
    assert story.work[-2:] == ["review 1: Superseded", "review 2: To Do"]
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-13"
    assert story.to_district[-1] == "we have set 2"
    story.set_to("review", "Done", at="2026-01-12 10:00")
    assert story.status == "Quality Review"


def test_orders_of_the_contact_and_in_public(tell: Tell) -> None:
    """Neither is obeyed; staff hear of both, and the contact reads nothing of it."""
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
    """The holds are in the ledger: tidying the ticket up and losing the database changes no due moment."""
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
    """Both answer inside, at once; the contact may not ask so."""
    story = tell().opened().to_review()
    story.note("/help")
    assert "/extend 8 business hours REASON" in story.last
    story.note("/status")
    assert "Whose turn" in story.last
    story.contact("/status", by=CARLA)
    assert story.to_team[-1] == "the contact wrote an order"


def test_a_hold_where_no_clock_runs(tell: Tell) -> None:
    """While it is the district's turn staff may hold the ticket and let it go on; each time they read what was done."""
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
    """Staff announce them for the district: that is confirmed, and the review begins."""
    story = tell().opened().to_review()
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision")
    story.note("/new-round")
    said = [c.body for c in story.ticket.comments if "Noted for Lakeside ISD: new files were received" in c.body]
    assert len(said) == 1
    assert story.to_district[-1] == "we have set 2"


def test_an_order_on_a_subtask(tell: Tell) -> None:
    """It is not obeyed, and not passed over in silence: staff read on the ticket where to write it, once."""
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


def test_a_second_order_in_one_comment(tell: Tell) -> None:
    """Only the first line is read, and whoever wrote two orders is told which one was not."""
    story = tell().opened().to_review()
    story.note("/extend 8 business hours a colleague is ill\n/hold until Monday")
    assert "There is more time for Lakeside ISD" in story.last
    assert "/hold" in story.last
    assert "has not been read" in story.last
    story.note("/hold a lawyer reads it\nas agreed with Lena")
    assert "has not been read" not in story.last


def test_the_other_word_for_a_draft(tell: Tell) -> None:
    """Who writes /send where /tell is meant is told so; who has nothing to send, how the district is written to."""
    story = tell().opened().to_review()
    story.note("/send\nDear Carla")
    assert "write to the district in a public comment" in story.last
    story.note("/extend 2 business days a colleague is ill")
    story.note("/send")
    assert "/tell posts the words that wait here" in story.last


def test_a_day_passes_while_the_ticket_is_out_of_the_process(tell: Tell, config: Config) -> None:
    """The bot says nothing to the district there, by itself too: staff get the words, which name the step."""
    story = tell(with_process(config, tell_district_when_late=AUTO)).opened().to_review()
    story.move("On Hold", at="2026-01-09 10:00")
    said = story.to_district
    story.at("2026-01-15 10:00")
    assert story.to_district == said
    assert story.to_team[-1] == "words for the district"
    assert 'still working on the step "Initial File Review"' in story.last


def test_a_day_that_passed_is_told_once_wherever_the_ticket_goes(tell: Tell, config: Config) -> None:
    """What was said in the review is not said again when the ticket is taken out of the process, and back."""
    story = tell(with_process(config, tell_district_when_late=AUTO)).opened().to_review()
    story.at("2026-01-14 10:00")
    assert "We have not finished our part" in story.last
    said = (story.to_district, story.to_team)
    story.move("On Hold")
    story.move("Initial File Review", at="2026-01-15 10:00")
    assert (story.to_district, story.to_team) == (said[0], [*said[1], "on hold"])


def test_explain_while_the_status_stops_the_clocks(tell: Tell) -> None:
    """That nothing runs is explained, too: by the status that the ticket is in."""
    story = tell().opened().to_review()
    story.move("On Hold", at="2026-01-09 10:00")
    story.note("/explain")
    assert "The review clocks of Lakeside ISD stand still while the ticket is in On Hold" in story.last
