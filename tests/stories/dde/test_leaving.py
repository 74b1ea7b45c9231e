"""Ways out of the process, pauses, and moves made by mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.config.load import Config
from bot.sandbox.accounts import FRED, LENA
from tests.stories.acts import Story
from tests.stories.conftest import Tell, with_office
from tests.stories.dde.ways import CHECKS, clock, to_preparation, to_quality, to_waiting

OPEN = {"To Do", "In Progress"}


def test_the_district_cannot_produce_the_files(tell: Tell) -> None:
    """The district says so in its own words, and a person reads it and declines: nothing more is said, and no reminder
    comes."""
    story = tell().opened()
    story.contact("We can not produce these files, sorry", at="2026-01-07 10:00")
    assert story.to_team == ["please answer the contact"]
    story.move("Declined", at="2026-01-07 14:00")
    said = story.talk
    story.at("2026-02-20 10:00")
    assert story.status == "Declined"
    assert story.talk == said
    assert (story.labels, story.due, story.subtasks()) == (set(), None, [])


def test_a_withdrawal_in_the_middle_of_a_review(tell: Tell) -> None:
    """Clocks and reminders end, labels and due date are removed, no subtask is left open, and the district gets no
    comment."""
    story = to_quality(tell())
    story.set_to("formats", "Done", at="2026-01-13 10:00", by=FRED)
    story.at("2026-01-16 17:00")
    assert story.labels == {"review-at-risk"}
    said = story.talk
    story.move("Withdrawn", by=LENA)
    assert (story.labels, story.due) == (set(), None)
    assert not [s for s in story.subtasks() if s.status in OPEN]
    assert story.work[-3:] == ["information 1: Superseded", "formats 1: Done", "classrooms 1: Superseded"]
    story.at("2026-03-02 10:00")
    assert story.talk == said
    left = next(v for v in story.ledger["visits"] if v["step"] == "quality_review")
    assert (left["verdict"], left["clocks"]["step"]["stopped"]) == ("left", "2026-01-16T23:00:00Z")


def test_a_withdrawal_while_the_district_has_its_turn(tell: Tell) -> None:
    """A district that has left is not reminded."""
    story = to_waiting(tell())
    story.move("Withdrawn", at="2026-01-12 10:00")
    said = story.talk
    story.at("2026-02-20 10:00")
    assert story.talk == said


def test_a_foreign_status_and_back(tell: Tell) -> None:
    """The clock pauses and later uses the rest of its time; staff are notified once, the district not at all."""
    story = to_quality(tell())  # due on Tuesday the 20th at 9:00
    said = story.talk
    story.move("On Hold", at="2026-01-13 15:00")
    assert story.talk == [*said, "bot to team: on hold"]
    assert "Hanna Helpcenter has put the ticket" in story.last
    story.at("2026-01-27 12:00")  # long after the review would have been overdue
    assert story.labels == set()
    assert story.status == "On Hold"
    story.move("Quality Review", at="2026-01-28 09:00")
    # The announced date, the 20th, passed in the meantime and has moved now.
    words = ["bot to team: correction for the district"] * 2
    assert story.talk == [*said, "bot to team: on hold", *words]
    assert "has changed: it was the end of Tuesday, January 20" in story.last
    # From Tuesday the 13th at 15:00 to the 20th at 9:00 are 2 + 9 + 9 + 9 + 1 open hours: Monday at noon.
    assert clock(story)["due"] == "2026-02-02T18:00:00Z"
    assert story.due == "2026-02-02"
    story.at("2026-02-02 11:59")
    assert "review-overdue" not in story.labels
    story.at("2026-02-02 12:00")
    assert "review-overdue" in story.labels


def test_a_foreign_status_while_the_district_has_its_turn(tell: Tell) -> None:
    """No reminder comes while the ticket is outside the process."""
    story = to_waiting(tell())
    story.move("On Hold", at="2026-01-12 10:00")
    said = story.talk
    story.at("2026-02-20 10:00")
    assert story.talk == said


# -- moves made by mistake


@pytest.fixture
def graceful(tell: Tell, config: Config) -> Story:
    """The files are in the quality review, and the bot waits a minute before it comments on a person's move."""
    return to_quality(tell(with_office(config, grace=timedelta(seconds=60))))


def test_a_slip_put_right_within_the_grace_says_nothing(graceful: Story) -> None:
    """A ticket dragged too far and back within a minute brings the district no comment."""
    story = graceful
    said = story.talk
    story.move("File Preparation", at="2026-01-13 10:00:00")
    assert story.talk == said
    story.move("Quality Review", at="2026-01-13 10:00:50")
    story.at("2026-01-13 12:00")
    assert story.status == "Quality Review"
    assert story.talk == said
    assert story.due == "2026-01-20"
    assert [s.status for s in story.subtasks() if s.summary.startswith("Check")] == ["To Do"] * 3


def test_a_move_that_stands_after_the_grace_is_told_once(graceful: Story) -> None:
    """After a minute the move is deliberate: the step's comment goes out, once."""
    story = graceful
    said = story.talk
    story.move("File Preparation", at="2026-01-13 10:00:00")
    story.at("2026-01-13 10:00:59")
    assert story.talk == said
    story.at("2026-01-13 10:01:00")
    assert story.talk == [*said, "bot to district: we prepare your files"]
    story.move("Quality Review", at="2026-01-13 10:05:00")
    story.move("File Preparation", at="2026-01-13 10:10:00")
    story.at("2026-01-13 12:00")
    assert story.talk == [*said, "bot to district: we prepare your files"]


def test_a_slip_to_the_waiting_status(graceful: Story) -> None:
    """Findings are written, and the ticket is dragged to the district and back: no feedback went out."""
    story = graceful
    story.at("2026-01-13 09:00")
    story.note("Findings:\n* no birth dates", on="formats", by=FRED)
    said = story.talk
    story.move("Waiting for District", at="2026-01-13 10:00:00")
    story.move("Quality Review", at="2026-01-13 10:00:30")
    story.at("2026-01-13 12:00")
    assert story.talk == said
    assert story.work[-3:] == ["information 1: To Do", "formats 1: To Do", "classrooms 1: To Do"]
    assert story.due == "2026-01-20"
    for branch in CHECKS:
        story.set_to(branch, "Done", at="2026-01-14 10:00", by=FRED)
    assert story.status == "File Preparation"


def test_the_bots_own_moves_need_no_grace(tell: Tell, config: Config) -> None:
    """The comment on a move by the bot goes out in the same reconcile."""
    story = to_preparation(tell(with_office(config, grace=timedelta(seconds=60))))
    assert story.to_district[-1] == "we prepare your files"


def test_staff_end_it_themselves(tell: Tell) -> None:
    """If staff move the ticket from the last step to Done, the closing comment goes out all the same."""
    story = to_preparation(tell())
    story.move("Files in Production", at="2026-01-15 10:00")
    story.move("Done", at="2026-01-16 10:00")
    assert story.to_district[-1] == "the set-up is complete"
    assert not [s for s in story.subtasks() if s.status in OPEN]
