"""The happy path: from a request on a Saturday night to rosters in production."""

from __future__ import annotations

from datetime import datetime

from bot.config.load import Config
from bot.sandbox.accounts import CARLA, FRED, HANNA
from tests.stories.conftest import ZONE, Tell, with_office
from tests.stories.dde.ways import to_preparation, to_production, to_quality

SATURDAY = datetime(2026, 1, 3, 21, 40, tzinfo=ZONE)


def test_a_saturday_night_request(tell: Tell) -> None:
    """The bot answers at once: one comment with the requirements and the question, and none from the next step, to
    which it moves the ticket in the same reconcile."""
    story = tell(start=SATURDAY).opened("2026-01-03 21:40")
    assert story.status == "Confirming Files"
    assert story.moves() == ["Onboarding: Confirming Files"]
    assert story.talk == ["bot to district: the requirements; can you produce the files?"]
    assert "https://example.org/dde/requirements" in story.last
    assert "can your district produce the required files?" in story.last
    first = story.harness.bot.journal.entries(story.ticket.id, 10)[-1]
    assert list(first.effects) == ["public comment: requirements", "moved the ticket to Confirming Files"]
    story.at("2026-01-05 12:00")
    assert "message to operator" not in story.actions
    assert (story.labels, story.due) == (set(), None)  # the district's time has no goal


def test_a_saturday_night_request_answered_late(tell: Tell) -> None:
    """The operator is notified that the hour has passed; the ticket gets no review label, and is answered."""
    story = tell(start=SATURDAY)
    story.harness.stop_bot()
    story.key = story.harness.site.open_request(CARLA, "Lakeside ISD").key
    story.harness.clock.set(story.harness.local("2026-01-03 23:10"))
    story.harness.start_bot()
    story.harness.bot.reconciler.enqueue([story.ticket.id])
    story.harness.settle()
    assert story.actions.count("message to operator") == 1
    assert story.to_district == ["the requirements; can you produce the files?"]
    assert story.to_team == []
    assert story.status == "Confirming Files"
    story.at("2026-01-06 09:00")
    assert story.actions.count("message to operator") == 1
    labelled = [i.new_text for h in story.ticket.history for i in h.items if i.field == "labels"]
    assert labelled == []


def test_a_request_whose_answer_cannot_be_written(tell: Tell, config: Config) -> None:
    """The ticket is not moved, and staff read why; after an hour the operator is alerted, and no review label is
    set."""
    story = tell(with_office(config, texts={}), start=SATURDAY)
    story.parked = True
    story.opened("2026-01-03 21:40")
    assert story.status == "Information Requested"
    assert story.talk == ["bot to team: gave up"]
    story.at("2026-01-03 22:39")
    assert "message to operator" not in story.actions
    story.at("2026-01-03 22:40")
    assert story.actions.count("message to operator") == 1
    story.at("2026-01-05 12:00")
    assert story.actions.count("message to operator") == 1
    assert (story.status, story.labels) == ("Information Requested", set())


def test_the_whole_way(tell: Tell) -> None:
    """Each action of a person is followed by one comment, up to the closing one; the ticket ends in Done."""
    story = to_production(tell())
    assert story.status == "Files in Production"
    assert story.due == "2026-01-21"  # Friday 14:00 and two business days; Monday is a holiday
    assert "over two business days" in story.last
    assert "by the end of Wednesday, January 21 (Central Time)" in story.last
    assert "nightly export" in story.last
    story.set_to("check", "Done", at="2026-01-20 11:00", by=FRED)

    assert (story.status, story.ticket.resolution) == ("Done", "Done")
    assert (story.labels, story.due) == (set(), None)
    assert {s.status for s in story.subtasks()} == {"Done"}
    assert story.talk == [
        "bot to district: the requirements; can you produce the files?",
        "Carla: Confirmed, thanks",
        "bot to district: we make the folder, please prepare the files",
        "bot to district: the folder is ready, please upload",
        "Carla: FILES READY",
        "bot to district: we have the files",
        "bot to district: your files go to the quality review",
        "bot to district: we prepare your files",
        "bot to district: your files are in production",
        "bot to district: the set-up is complete",
    ]
    assert "every night" in story.last
    assert [m.partition(": ")[2] for m in story.moves()] == [
        "Confirming Files",
        "SecureStor Folder",
        "Initial File Review",
        "Quality Review",
        "File Preparation",
        "Files in Production",
        "Done",
    ]
    assert {m.partition(": ")[0] for m in story.moves()} == {"Onboarding"}


def test_what_each_step_makes(tell: Tell) -> None:
    """The subtasks in the order of the work; each is labeled with its step and, where files are reviewed, its round."""
    story = to_production(tell())
    made = [(s.summary, sorted(s.labels)) for s in story.subtasks()]
    review, quality = "step-initial-file-review", "step-quality-review"
    assert made == [
        ("Create the SecureStor folder for Lakeside ISD and add the contact", ["step-create-securestor-folder"]),
        ("Lakeside ISD: create and upload the files", ["step-create-securestor-folder"]),
        ("Review Lakeside ISD's files (set 1): complete, appear accurate", ["round-1", review]),
        ("Check Lakeside ISD's files (set 1): required information is accurate", ["round-1", quality]),
        ("Check Lakeside ISD's files (set 1): formats are right for the DDE", ["round-1", quality]),
        ("Check Lakeside ISD's files (set 1): students are in the right teacher's classroom", ["round-1", quality]),
        ("1. Prepare Lakeside ISD's files for upload", ["round-1", "step-file-preparation"]),
        ("2. Test that Lakeside ISD's files update Engage", ["round-1", "step-file-preparation"]),
        (
            "3. Update the identification numbers of Lakeside ISD's existing students",
            ["round-1", "step-file-preparation"],
        ),
        ("4. Move Lakeside ISD's files to Production", ["round-1", "step-file-preparation"]),
        ("Check that Lakeside ISD's rosters are updated", ["step-files-in-production"]),
    ]
    assert all(s.description for s in story.subtasks())


def test_the_words_of_the_folder_step(tell: Tell) -> None:
    """Numbers for students who are already in CLI Engage, the email from SecureStor, and that data is shared through it
    alone."""
    story = tell().opened().to_folder()
    assert "If some of your students are in CLI Engage already, include their identification numbers" in story.last
    assert "SecureStor sends you an email" in story.last
    assert "https://example.org/securestor/help" in story.last
    assert "only through SecureStor" in story.last


def test_the_words_of_the_preparation(tell: Tell) -> None:
    """The district reads what is done with its files, and until when; the database team is notified when it is late."""
    story = to_preparation(tell())
    assert "no student, teacher or class is doubled or missing" in story.last
    assert "by the end of Thursday, January 22 (Central Time)" in story.last
    assert story.due == "2026-01-22"
    story.at("2026-01-22 10:00")
    assert story.to_team == ["overdue"]
    assert "[~accountid:712020:dana]" in story.last


def test_the_quality_review_takes_five_business_days(tell: Tell) -> None:
    """Its clock starts when the team gets the files and is escalated at three quarters and at its end."""
    story = to_quality(tell())
    assert story.work[-3:] == ["information 1: To Do", "formats 1: To Do", "classrooms 1: To Do"]
    assert story.due == "2026-01-20"
    assert "by the end of Tuesday, January 20 (Central Time)" in story.last
    story.at("2026-01-16 17:00")
    assert story.labels == {"review-at-risk"}
    story.at("2026-01-20 08:59")
    assert story.labels == {"review-at-risk"}
    story.at("2026-01-20 09:00")
    assert story.labels == {"review-at-risk", "review-overdue"}
    assert story.to_team == ["overdue"]
    assert "[~accountid:712020:fred] [~accountid:712020:fiona]" in story.last


def test_without_auto_advance_the_automated_step_asks_the_team(tell: Tell, config: Config) -> None:
    """The requirements go out all the same; staff are asked to move the ticket, and the question is not repeated."""
    story = tell(with_office(config, auto_advance=False), start=SATURDAY).opened("2026-01-03 21:40")
    assert story.status == "Information Requested"
    assert story.talk == [
        "bot to district: the requirements; can you produce the files?",
        "bot to team: please move the ticket",
    ]
    assert "to Confirming Files" in story.last
    story.at("2026-01-05 09:00")
    assert "message to operator" not in story.actions  # it was answered within the hour
    story.move("Confirming Files")
    assert story.to_district == ["the requirements; can you produce the files?"]


def test_staff_take_a_request_out_of_the_automated_step(tell: Tell) -> None:
    """Staff were faster than the bot: nothing is moved back, and the question is asked in the ticket's new step."""
    story = tell()
    story.at("2026-01-05 09:00")
    story.harness.stop_bot()
    site = story.harness.site
    story.key = site.open_request(CARLA, "Lakeside ISD").key
    site.transition(HANNA, story.key, "Confirming Files")
    story.harness.start_bot()
    story.harness.bot.reconciler.enqueue([story.ticket.id])
    story.harness.settle()
    assert story.moves() == ["Hanna: Confirming Files"]
    assert story.to_district == ["can you produce the files?"]
    assert "https://example.org/dde/requirements" in story.last


def test_staff_put_a_request_back_into_the_automated_step(tell: Tell) -> None:
    """It remains where a person put it; nothing is repeated, and nobody is alerted."""
    story = tell().opened()
    story.move("Information Requested", at="2026-01-06 10:00")
    story.at("2026-01-08 10:00")
    assert story.status == "Information Requested"
    assert story.talk == ["bot to district: the requirements; can you produce the files?"]
    assert "message to operator" not in story.actions
    story.move("Confirming Files")
    assert story.talk == ["bot to district: the requirements; can you produce the files?"]
