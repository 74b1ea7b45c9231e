"""Rounds of files: what a verdict does, who is notified, and what happens when findings are missing."""

from __future__ import annotations

from bot.config.load import Config
from bot.core.model.process import Branch
from bot.sandbox.accounts import FRED, HECTOR
from tests.stories.acts import Story
from tests.stories.conftest import Tell, with_step

SECOND = Branch(
    "accuracy",
    "functional_team",
    subtask="Check {{ district }}'s rosters (set {{ round }})",
    description="review_files",
)


def test_two_revision_rounds(tell: Tell) -> None:
    """Three sets of files: each round has its number, its subtask, and its clock, which starts at the receipt."""
    story = tell().opened().to_review()
    assert story.due == "2026-01-13"

    story.at("2026-01-09 15:30")
    story.note("Findings:\n* 14 rows have no teacher\n- no birth dates", on="review")
    story.set_to("review", "Needs Revision")
    assert story.status == "Waiting for District"
    assert story.due is None
    assert "* 14 rows have no teacher\n* no birth dates" in story.last

    story.contact("FILES READY", at="2026-01-14 09:00")
    assert story.due == "2026-01-16"  # Wednesday 9:00 and 20 business hours: Friday 11:00
    story.at("2026-01-15 16:00")
    story.note("Findings:\n1. two classes have no teacher")  # on the ticket, this time
    story.set_to("review", "Needs Revision", by=HECTOR)
    assert "* two classes have no teacher" in story.last
    assert "birth dates" not in story.last

    story.contact("The files are ready", at="2026-01-27 16:30")
    assert story.due == "2026-01-30"  # Tuesday 16:30: half an hour, Wednesday, Thursday, and till 9:30 on Friday
    story.set_to("review", "Done", at="2026-01-29 10:00")

    assert story.status == "Quality Review"
    assert story.work == [
        "folder: Done",
        "files: Done",
        "review 1: Needs Revision",
        "review 2: Needs Revision",
        "review 3: Done",
    ]
    assert story.to_district[3:] == [
        "we have the files",
        "please correct your files",
        "we have set 2",
        "please correct your files",
        "we have set 3",
    ]
    assert story.to_team == []
    reviews = [v for v in story.ledger["visits"] if v["step"] == "initial_file_review"]
    assert [(v["round"], v["verdict"], v["clocks"]["step"]["due"]) for v in reviews] == [
        (1, "revision", "2026-01-13T14:30:00Z"),
        (2, "revision", "2026-01-16T17:00:00Z"),
        (3, "good", "2026-01-30T15:30:00Z"),
    ]


def _two_reviewers(tell: Tell, config: Config) -> Story:
    review = config.processes[0].step("initial_file_review")
    return tell(with_step(config, review.name, branches=(*review.branches, SECOND))).opened().to_review()


def test_two_reviewers_give_one_verdict(tell: Tell, config: Config) -> None:
    """A first "Needs Revision" is for the team alone; the feedback goes out once, with the findings of both."""
    story = _two_reviewers(tell, config)
    story.at("2026-01-09 10:00")
    story.note("Findings:\n* no birth dates", on="review")
    story.set_to("review", "Needs Revision")
    assert story.status == "Initial File Review"
    assert story.to_team == ["a first review needs revision"]
    assert story.to_district[-1] == "we have the files"

    story.at("2026-01-12 10:00")
    story.note("findings: two classes have no teacher", on="accuracy", by=FRED)
    story.set_to("accuracy", "Needs Revision", by=FRED)
    assert story.status == "Waiting for District"
    assert story.to_district[-2:] == ["we have the files", "please correct your files"]
    assert "* no birth dates\n* two classes have no teacher" in story.last
    assert story.to_team == ["a first review needs revision"]


def test_one_good_and_one_bad_review_need_a_revision(tell: Tell, config: Config) -> None:
    """The verdict is a revision when all reviewers are done and one of them wants it."""
    story = _two_reviewers(tell, config)
    story.set_to("accuracy", "Done", at="2026-01-09 10:00", by=FRED)
    story.note("Findings:\n* no birth dates", on="review")
    story.set_to("review", "Needs Revision")
    assert story.status == "Waiting for District"
    assert story.to_team == []


def test_staff_end_the_round_and_open_reviews_are_superseded(tell: Tell, config: Config) -> None:
    """Staff who move the ticket to the district give the verdict at once, and every open review is closed."""
    story = _two_reviewers(tell, config)
    story.at("2026-01-09 10:00")
    story.note("Findings:\n* no birth dates", on="review")
    story.set_to("review", "Needs Revision")
    story.move("Waiting for District")
    assert story.work[-2:] == ["review 1: Needs Revision", "accuracy 1: Superseded"]
    assert story.to_district[-1] == "please correct your files"

    story.contact("FILES READY", at="2026-01-12 10:00")
    assert story.work[-2:] == ["review 2: To Do", "accuracy 2: To Do"]


def test_no_findings_then_findings(tell: Tell) -> None:
    """Without findings the ticket remains in the review and the district gets no comment; the clock stopped at the
    verdict."""
    story = tell().opened().to_review()
    story.set_to("review", "Needs Revision", at="2026-01-12 10:00")
    assert story.status == "Initial File Review"
    assert story.due is None
    assert story.to_team == ["please write the findings"]
    assert "Findings:" in story.last
    story.at("2026-01-20 12:00")  # long after the round would have been overdue
    assert story.labels == set()
    assert story.to_district[-1] == "we have the files"

    story.note("Findings:\n* no birth dates")
    assert story.status == "Waiting for District"
    assert story.to_district[-1] == "please correct your files"
    # The announced date, the 13th, had passed without feedback.
    assert story.to_team == ["please write the findings", "correction for the district"]
    review = [v for v in story.ledger["visits"] if v["step"] == "initial_file_review"][-1]
    assert review["clocks"]["step"]["stopped"] == "2026-01-12T16:00:00Z"


def test_staff_move_to_waiting_with_findings(tell: Tell) -> None:
    """Findings on the ticket and a manual move: the feedback goes out, and the review's subtask is closed."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("Findings:\n* no birth dates")
    story.move("Waiting for District")
    assert story.to_district[-1] == "please correct your files"
    assert story.to_team == []
    assert story.work[-1] == "review 1: Superseded"
    story.contact("Files ready", at="2026-01-12 10:00")
    assert story.status == "Initial File Review"
    assert story.to_district[-1] == "we have set 2"
    assert story.due == "2026-01-14"


def test_staff_move_to_waiting_without_findings(tell: Tell) -> None:
    """A manual move without findings: staff are asked for them, and the feedback follows."""
    story = tell().opened().to_review()
    story.move("Waiting for District", at="2026-01-09 10:00")
    assert story.status == "Waiting for District"
    assert story.to_team == ["please write the findings"]
    assert story.to_district[-1] == "we have the files"

    story.note("Findings:\n* no birth dates")
    assert story.to_district[-1] == "please correct your files"


def test_findings_after_the_feedback_are_for_the_team(tell: Tell) -> None:
    """The feedback goes out once; later findings are reported to the team, who decide."""
    story = tell().opened().to_review()
    story.at("2026-01-09 10:00")
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision")
    story.note("Findings:\n* one more thing", by=FRED)
    assert story.to_district[-1] == "please correct your files"
    assert story.to_team == ["late findings"]


def test_new_files_before_the_feedback(tell: Tell) -> None:
    """A district that sends files before the findings are written starts the next round."""
    story = tell().opened().to_review()
    story.move("Waiting for District", at="2026-01-09 10:00")
    story.contact("FILES READY", at="2026-01-09 14:00")
    assert story.status == "Initial File Review"
    assert story.to_district[-1] == "we have set 2"
    assert story.work[-2:] == ["review 1: Superseded", "review 2: To Do"]
