"""Rounds over both reviews: revisions, several teams, files that are not there, a test that fails."""

from __future__ import annotations

from dataclasses import replace

from bot.config.load import Config
from bot.core.model.process import Team
from bot.core.time.goals import parse_goal
from bot.sandbox.accounts import DANA, FIONA, FRED, HANNA
from tests.stories.acts import Story
from tests.stories.conftest import Tell, with_office, with_process, with_step
from tests.stories.dde.ways import CHECKS, clock, revise, to_preparation, to_quality, to_waiting


def _quality_wants_a_revision(story: Story) -> Story:
    to_quality(story)
    story.set_to("information", "Done", at="2026-01-14 09:00", by=FRED)
    story.set_to("classrooms", "Done", by=FRED)
    return revise(story, "formats", at="2026-01-14 10:00", by=FIONA, finding="dates are written 2/3/26")


def test_after_the_quality_review_new_files_pass_the_first_review_again(tell: Tell) -> None:
    """The comment says why; 20 business hours run from the receipt, then the quality review's five days start again."""
    story = _quality_wants_a_revision(tell())
    assert story.status == "Waiting for District"
    assert story.to_district[-1] == "please correct your files"
    assert "dates are written 2/3/26" in story.last
    assert 'first pass the step "Initial File Review" again' in story.last
    assert "(20 business hours) starts again" in story.last
    assert (story.due, story.labels) == (None, set())

    story.contact("FILES READY", at="2026-01-15 10:00")
    assert story.status == "Initial File Review"
    assert story.to_district[-1] == "we have set 2"
    assert story.due == "2026-01-20"
    assert clock(story)["due"] == "2026-01-20T18:00:00Z"  # Thursday 10:00 and 20 business hours: Tuesday at noon
    story.set_to("review", "Done", at="2026-01-16 10:00")
    assert story.status == "Quality Review"
    assert story.to_district[-1] == "your new set goes to the quality review"
    assert clock(story)["due"] == "2026-01-26T16:00:00Z"  # five business days, past Monday the 19th
    assert story.work[-4:] == ["review 2: Done", "information 2: To Do", "formats 2: To Do", "classrooms 2: To Do"]


def test_new_files_during_the_quality_review_are_not_said_to_have_passed_the_first(tell: Tell) -> None:
    """Staff announce them with /new-round: the comment says that they were received, because nobody has reviewed them
    yet."""
    story = to_quality(tell())
    story.at("2026-01-13 11:00")
    story.note("/new-round")
    assert story.to_district[-1] == "we have set 2"
    assert 'now in the step "Quality Review"' in story.last


def test_new_files_during_the_preparation_are_not_said_to_have_passed_the_reviews(tell: Tell) -> None:
    """In the preparation, too, the comment says that they were received."""
    story = to_preparation(tell())
    story.at("2026-01-14 11:00")
    story.note("/new-round")
    assert story.to_district[-1] == "we have set 2"
    assert 'now in the step "File Preparation and Student ID Number Update"' in story.last


def test_the_other_reading_a_second_look_by_the_functional_team(tell: Tell, config: Config) -> None:
    """With `return_to: quality_review` and a goal of its own, the functional team has 20 business hours for the
    new files, and the first review is not repeated."""
    step = config.processes[0].step("quality_review")
    assert step.revision is not None
    other = replace(step.revision, return_to=step.name, goal=parse_goal("20 business hours"))
    story = _quality_wants_a_revision(tell(with_step(config, step.name, revision=other)))
    assert "again, and then come back" not in story.last
    assert "(20 business hours) starts again" in story.last

    story.contact("FILES READY", at="2026-01-15 10:00")
    assert story.status == "Quality Review"
    assert story.moves()[-1] == "Onboarding: Quality Review"
    assert clock(story)["due"] == "2026-01-20T18:00:00Z"
    assert story.due == "2026-01-20"
    assert "We have received the 2nd set of files" in story.last
    assert "by the end of Tuesday, January 20 (Central Time)" in story.last
    assert story.work[-3:] == ["information 2: To Do", "formats 2: To Do", "classrooms 2: To Do"]
    story.at("2026-01-20 12:00")
    assert "review-overdue" in story.labels
    for branch in CHECKS:
        story.set_to(branch, "Done", by=FIONA)
    assert story.status == "File Preparation"


def test_new_files_may_return_to_a_step_that_is_no_review(tell: Tell, config: Config) -> None:
    """Its work is done anew, then the review has the next set, by a clock that starts when those files are received."""
    step = config.processes[0].step("initial_file_review")
    assert step.revision is not None
    back = replace(step.revision, return_to="create_securestor_folder")
    story = to_waiting(tell(with_step(config, step.name, revision=back)))
    story.contact("FILES READY", at="2026-01-12 10:00")
    assert story.status == "SecureStor Folder"
    story.set_to("folder", "Done", at="2026-01-12 12:00")
    story.contact("FILES READY", at="2026-01-12 13:00")
    assert story.status == "Initial File Review"
    assert story.to_district[-1] == "we have set 2"
    assert clock(story)["due"] == "2026-01-14T21:00:00Z"  # Monday 13:00 and 20 business hours
    assert story.work[-1] == "review 2: To Do"


def test_one_number_over_both_reviews(tell: Tell) -> None:
    """A revision in the first review and one in the quality review: the next set is the district's third."""
    story = to_waiting(tell())
    story.contact("FILES READY", at="2026-01-13 10:00")
    story.set_to("review", "Done", at="2026-01-14 10:00")
    for branch in ("information", "classrooms"):
        story.set_to(branch, "Done", at="2026-01-15 10:00", by=FRED)
    revise(story, "formats", at="2026-01-15 11:00", by=FIONA)
    assert "We have reviewed the 2nd set of files" in story.last
    story.contact("FILES READY", at="2026-01-16 10:00")
    assert story.to_district[-1] == "we have set 3"
    assert story.work[-1] == "review 3: To Do"


def test_several_functional_teams(tell: Tell, config: Config) -> None:
    """A branch for each team: all are asked, the verdict waits for all, and each finding goes out in one comment."""
    step = config.processes[0].step("quality_review")
    teams = {**config.office.teams, "rosters": Team("rosters", "Roster Team", (DANA.id,), assignee=DANA.id)}
    branches = tuple(replace(b, party="rosters") if b.name == "classrooms" else b for b in step.branches)
    parties = ("functional_team", "rosters", "district")
    story = to_quality(tell(with_office(with_step(config, step.name, branches=branches, parties=parties), teams=teams)))
    assert story.subtask("classrooms").assignee == DANA
    assert story.subtask("formats").assignee is None

    story.set_to("information", "Done", at="2026-01-13 10:00", by=FRED)
    revise(story, "formats", at="2026-01-13 11:00", by=FIONA, finding="dates are written 2/3/26")
    assert story.status == "Quality Review"
    assert story.to_team == ["a first review needs revision"]
    assert "students are in the right teacher's classroom" in story.last
    assert "[~accountid:712020:dana]" in story.last

    revise(story, "classrooms", at="2026-01-14 10:00", by=DANA, finding="two classes have no teacher")
    assert story.status == "Waiting for District"
    assert "* dates are written 2/3/26\n* two classes have no teacher" in story.last


def test_an_overdue_review_of_several_teams_is_reported_to_those_who_owe_it(tell: Tell, config: Config) -> None:
    """A team whose branch is done is not asked to act."""
    step = config.processes[0].step("quality_review")
    teams = {**config.office.teams, "rosters": Team("rosters", "Roster Team", (DANA.id,))}
    branches = tuple(replace(b, party="rosters") if b.name == "classrooms" else b for b in step.branches)
    parties = ("functional_team", "rosters", "district")
    story = to_quality(tell(with_office(with_step(config, step.name, branches=branches, parties=parties), teams=teams)))
    for branch in ("information", "formats"):
        story.set_to(branch, "Done", at="2026-01-13 10:00", by=FRED)
    story.at("2026-01-20 09:00")
    assert story.to_team == ["overdue"]
    assert "[~accountid:712020:dana]" in story.last
    assert "fred" not in story.last


def test_not_received_is_no_round(tell: Tell) -> None:
    """The reviewer found no files: the district is notified, no finding is asked for, and the next set is the first."""
    story = tell().opened().to_review()
    story.set_to("review", "Not Received", at="2026-01-09 10:00")
    assert story.status == "Waiting for District"
    assert story.to_district[-1] == "we found no files"
    assert "We have not counted this" in story.last
    assert story.to_team == []
    assert (story.due, story.labels) == (None, set())
    story.contact("FILES READY", at="2026-01-12 10:00")
    assert story.status == "Initial File Review"
    assert story.to_district[-1] == "we have the files"
    assert story.work[-2:] == ["review 1: Not Received", "review 1: To Do"]
    assert clock(story)["due"] == "2026-01-14T18:00:00Z"


def test_not_received_where_staff_move_the_ticket(tell: Tell, config: Config) -> None:
    """Staff who set it and move the ticket themselves mean the same."""
    story = tell(with_office(config, auto_advance=False)).opened()
    story.move("Confirming Files")
    story.move("SecureStor Folder", at="2026-01-06 10:00")
    story.move("Initial File Review", at="2026-01-08 15:30")
    story.set_to("review", "Not Received", at="2026-01-09 10:00")
    assert story.to_district[-1] == "we have the files"
    story.move("Waiting for District")
    assert story.to_district[-1] == "we found no files"
    assert "please write the findings" not in story.to_team
    story.contact("FILES READY", at="2026-01-12 10:00")
    story.move("Initial File Review")
    assert story.to_district[-1] == "we have the files"
    assert story.work[-1] == "review 1: To Do"


def test_not_received_in_the_quality_review(tell: Tell) -> None:
    """One of the team found nothing: the others' subtasks are closed, and the district is asked for the files."""
    story = to_quality(tell())
    story.set_to("formats", "Not Received", at="2026-01-13 10:00", by=FIONA)
    assert story.status == "Waiting for District"
    assert story.to_district[-1] == "we found no files"
    assert story.work[-3:] == ["information 1: Superseded", "formats 1: Not Received", "classrooms 1: Superseded"]


def test_files_ready_while_a_review_is_running(tell: Tell) -> None:
    """No round begins and no clock starts again: the reviewer is notified, once."""
    story = tell().opened().to_review()
    said = story.to_district
    story.contact("FILES READY", at="2026-01-09 10:00")
    assert story.status == "Initial File Review"
    assert story.to_team == ["files announced during a review"]
    assert "[~accountid:712020:hanna]" in story.last
    story.at("2026-01-12 09:00")
    assert story.to_team == ["files announced during a review"]
    assert story.to_district == said
    assert story.due == "2026-01-13"
    assert story.work[-1] == "review 1: To Do"


def test_a_failed_engage_test(tell: Tell) -> None:
    """The work after a failed test cannot be done: the round ends with it, the district gets the findings, and new
    files pass the first review again."""
    story = to_preparation(tell())
    assert story.due == "2026-01-22"  # Wednesday and five business days
    story.set_to("prepare", "Done", at="2026-01-15 09:00", by=DANA)
    revise(story, "test", at="2026-01-15 10:00", by=DANA, finding="14 classes are refused by Engage")
    assert story.status == "Waiting for District"
    assert story.to_district[-1] == "please correct your files"
    assert "14 classes are refused by Engage" in story.last
    assert 'come back to the step "File Preparation and Student ID Number Update"' in story.last
    assert story.work[-2:] == ["update_ids: Superseded", "production: Superseded"]
    assert story.to_team == []
    story.contact("FILES READY", at="2026-01-16 10:00")
    assert story.status == "Initial File Review"
    assert story.to_district[-1] == "we have set 2"


def test_from_the_third_set_on_the_lead_is_asked_to_call(tell: Tell) -> None:
    """Once for each set of files, even if it passes two reviews; before the third set nobody is asked."""
    story = to_waiting(tell())
    story.contact("FILES READY", at="2026-01-12 10:00")
    assert "please call the district" not in story.to_team
    revise(story, "review", at="2026-01-13 10:00", by=HANNA)
    story.contact("FILES READY", at="2026-01-14 10:00")
    assert story.to_team == ["please call the district"]
    called = next(c.body for c in story.ticket.comments if "please call" in c.body)
    assert "[~accountid:712020:lena]" in called
    story.set_to("review", "Done", at="2026-01-15 10:00")
    assert story.status == "Quality Review"
    assert story.to_team == ["please call the district"]
    for branch in ("information", "classrooms"):
        story.set_to(branch, "Done", at="2026-01-16 10:00", by=FRED)
    revise(story, "formats", at="2026-01-16 11:00", by=FIONA)
    story.contact("FILES READY", at="2026-01-20 10:00")
    assert story.to_team.count("please call the district") == 2


def test_nobody_is_asked_to_call_where_the_process_does_not_say_so(tell: Tell, config: Config) -> None:
    """Without `call_from_round`, the third set is like any other."""
    story = to_waiting(tell(with_process(config, call_from_round=None)))
    story.contact("FILES READY", at="2026-01-12 10:00")
    revise(story, "review", at="2026-01-13 10:00")
    story.contact("FILES READY", at="2026-01-14 10:00")
    assert story.to_team == []
