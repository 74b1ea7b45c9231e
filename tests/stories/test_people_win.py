"""People win: a ticket remains where staff put it, and what staff remove is not made again."""

from __future__ import annotations

import pytest

from bot.sandbox.accounts import HECTOR
from tests.stories.acts import Story
from tests.stories.conftest import Tell


def test_a_ticket_dragged_back_and_on(tell: Tell) -> None:
    """A step that was complete is done anew; on by hand, staff act for the district, and the review begins anew."""
    story = tell().opened().to_review()
    story.move("SecureStor Folder", at="2026-01-09 10:00")
    story.at("2026-01-12 10:00")
    assert story.status == "SecureStor Folder"
    assert story.work[-2:] == ["folder: To Do", "files: To Do"]
    assert story.to_district[-2:] == ["we have the files", "we make the folder, please prepare the files"]

    story.move("Initial File Review")
    assert story.work[2:3] + story.work[-1:] == ["review 1: Superseded", "review 1: To Do"]
    assert story.due == "2026-01-14"  # Monday 10:00 and 20 business hours
    story.set_to("review", "Done", at="2026-01-12 12:00")
    assert story.status == "Quality Review"


def test_a_ticket_dragged_back_to_its_first_step(tell: Tell) -> None:
    """The district is asked again; a new answer moves the ticket on, and the old one does not."""
    story = tell().opened().to_folder()
    story.move("Confirming Files", at="2026-01-07 10:00")
    story.at("2026-01-08 10:00")
    assert story.status == "Confirming Files"
    assert story.to_district[-1] == "can you produce the files?"
    story.contact("Confirmed again")
    assert story.status == "SecureStor Folder"
    assert story.work == ["folder: To Do", "files: To Do"]  # nobody had finished these, so they go on


def test_a_deleted_subtask_was_withdrawn(tell: Tell) -> None:
    """It is not made again, and its branch does not block the ticket."""
    story = tell().opened().to_folder()
    story.at("2026-01-07 10:00")
    story.harness.site.delete_issue(HECTOR, story.subtask("folder"))
    story.harness.settle()
    assert story.work == ["files: To Do"]
    assert story.due is None  # nobody owes a folder anymore
    story.contact("FILES READY", at="2026-01-08 15:30")
    assert story.status == "Initial File Review"
    assert story.work == ["files: Done", "review 1: To Do"]


def test_the_last_subtask_deleted_moves_nothing(tell: Tell) -> None:
    """A step in which nothing was finished is not complete, though nothing is left to do in it."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.harness.site.delete_issue(HECTOR, story.subtask("review"))
    story.at("2026-01-12 10:00")
    assert story.status == "Initial File Review"
    story.move("Quality Review")
    assert story.status == "Quality Review"


def test_a_label_taken_off_stays_off(tell: Tell) -> None:
    """Even after another reconcile; a label that staff set themselves is not removed."""
    story = tell().opened().to_review()
    story.label(add=("vip",))
    story.at("2026-01-12 13:00")
    assert story.labels == {"vip", "review-at-risk"}
    story.label(remove=("review-at-risk",))
    story.contact("STATUS", at="2026-01-12 14:00")
    assert story.labels == {"vip"}
    story.set_to("review", "Done")
    assert story.labels == {"vip"}


def test_a_label_of_staff_is_theirs(tell: Tell) -> None:
    """If staff set the very label that the bot uses, the bot does not remove it at the end of the clock."""
    story = tell().opened().to_review()
    story.label(add=("review-overdue",))
    story.set_to("review", "Done", at="2026-01-09 12:00")
    assert story.labels == {"review-overdue"}


def test_a_changed_due_date_is_left_alone(tell: Tell) -> None:
    """A due date set by staff remains until the next step starts its own clock."""
    story = tell().opened().to_review()
    story.harness.site.set_field(HECTOR, story.key, "duedate", "2026-01-30")
    story.contact("status", at="2026-01-09 10:00")
    assert story.due == "2026-01-30"


def test_files_ready_withdrawn_by_reopening_the_subtask(tell: Tell) -> None:
    """Staff who reopen the district's subtask withdraw its reply; the next reply counts as the receipt."""
    story = tell().opened().to_folder()
    story.contact("FILES READY", at="2026-01-06 14:00")
    story.set_to("files", "To Do", at="2026-01-07 09:00")
    assert story.work == ["folder: To Do", "files: To Do"]
    story.set_to("folder", "Done", at="2026-01-07 10:00")
    assert story.status == "SecureStor Folder"
    assert story.to_district[-1] == "the folder is ready, please upload"

    story.contact("FILES READY", at="2026-01-08 15:30")
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-13"  # counted from the second comment
    assert story.work == ["folder: Done", "files: Done", "review 1: To Do"]


def test_files_ready_twice_then_withdrawn(tell: Tell) -> None:
    """A withdrawal takes back every reply before it, however many there are."""
    story = tell().opened().to_folder()
    story.contact("FILES READY", at="2026-01-06 14:00")
    story.contact("Hello, the files are ready", at="2026-01-06 15:00")
    story.set_to("files", "To Do", at="2026-01-07 09:00")
    assert story.work == ["folder: To Do", "files: To Do"]
    story.set_to("folder", "Done", at="2026-01-07 10:00")
    assert story.status == "SecureStor Folder"


def test_withdrawn_then_closed_by_staff(tell: Tell) -> None:
    """After a withdrawal staff close the subtask themselves: that counts as the receipt, not the old comment."""
    story = tell().opened().to_folder()
    story.contact("FILES READY", at="2026-01-06 14:00")
    story.set_to("files", "To Do", at="2026-01-07 09:00")
    story.set_to("folder", "Done", at="2026-01-07 10:00")
    story.set_to("files", "Done", at="2026-01-08 15:30")
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-13"


@pytest.fixture
def dragged_back(tell: Tell) -> Story:
    """The files were under review, and staff found that they are not there yet."""
    story = tell().opened().to_review()
    story.move("SecureStor Folder", at="2026-01-09 10:00")
    return story


def test_files_ready_withdrawn_by_dragging_the_ticket_back(dragged_back: Story) -> None:
    """The ticket waits for the folder and a new reply, which counts as the receipt; the unneeded review is closed."""
    story = dragged_back
    story.set_to("folder", "Done", at="2026-01-09 11:00")
    story.contact("FILES READY", at="2026-01-12 10:00")
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-14"  # Monday 10:00 and 20 business hours: Wednesday at noon
    assert story.work[2:3] + story.work[-1:] == ["review 1: Superseded", "review 1: To Do"]
    assert story.to_district[-1] == "we have the files"


def test_dragged_back_within_the_step_that_is_not_complete(tell: Tell) -> None:
    """Staff may also reopen the district's subtask first: then the folder's work goes on, and nothing is made twice."""
    story = tell().opened().to_review()
    story.set_to("files", "To Do", at="2026-01-09 09:55")
    story.move("SecureStor Folder", at="2026-01-09 10:00")
    story.at("2026-01-12 09:00")
    assert story.status == "SecureStor Folder"
    assert story.work[:2] == ["folder: Done", "files: To Do"]
    story.contact("FILES READY", at="2026-01-12 10:00")
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-14"
    assert story.work[1] == "files: Done"


def test_a_ticket_put_on_hold(tell: Tell) -> None:
    """A status that no process knows pauses the clocks, and staff are notified once; when the ticket comes back, they
    go on."""
    story = tell().opened().to_review()
    said = story.talk
    story.move("On Hold", at="2026-01-09 10:00")
    story.at("2026-01-12 09:00")
    assert story.status == "On Hold"
    story.move("Initial File Review")
    assert story.talk == [*said, "bot to team: on hold"]
    assert "on hold, in On Hold" in story.last
    assert (
        story.ledger["visits"][-1]["clocks"]["step"]["due"] == "2026-01-13T22:30:00Z"
    )  # the pause lasted 8 open hours
    story.set_to("review", "Done")
    assert story.status == "Quality Review"


def test_a_ticket_closed_and_reopened(tell: Tell) -> None:
    """At an end the bot says nothing; in a step that was complete, a reopened ticket begins anew."""
    story = tell().opened().to_folder()
    story.move("Withdrawn", at="2026-01-07 10:00")
    assert story.due is None
    story.contact("Thank you for everything", at="2026-01-07 11:00")
    assert story.to_district[-1] == "we make the folder, please prepare the files"
    story.move("Confirming Files", at="2026-01-08 10:00")
    assert story.to_district[-1] == "can you produce the files?"


def test_staff_bring_the_new_files_themselves(tell: Tell) -> None:
    """Staff who move a waiting ticket back into the review act for the district: a new round begins with it."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision")
    story.move("Initial File Review", at="2026-01-12 10:00")
    assert story.to_district[-2:] == ["please correct your files", "we have set 2"]
    assert story.work[-2:] == ["review 1: Needs Revision", "review 2: To Do"]
    assert story.due == "2026-01-14"
