"""What the developers find: a new pipeline, a finding that is corrected, and an estimate that passes."""

from __future__ import annotations

from tests.stories.dde.ways import clock
from tests.stories.ods.ways import DEVIN, DISTRICT, Begin, open_work, put, to_pipeline


def test_a_new_pipeline_that_passes_its_third_month(ods: Begin) -> None:
    """Staff get a label and one note, at the upper end of the estimate; the district hears nothing of it."""
    story = to_pipeline(ods())
    put(story, "2026-01-09 10:00", by=DEVIN, pipeline="new")
    story.set_to("analyze", "Done", by=DEVIN)
    assert open_work(story) == [f"Build a new pipeline for {DISTRICT}"]
    assert clock(story)["due"] == "2026-04-08T17:00:00Z"  # three months after Thursday, January 8 at 10:00
    public = list(story.to_district)
    story.at("2026-04-08 09:59")
    assert story.labels == {"estimate-nearly-used"}
    assert story.to_team == []
    story.at("2026-04-08 10:00")
    assert "estimate-passed" in story.labels
    assert story.to_team == ["overdue"]
    assert "[~accountid:712020:devin]" in story.last
    story.at("2026-05-15 10:00")
    assert (story.to_team, story.to_district) == (["overdue"], public)
    story.set_to("build", "Done", at="2026-05-18 10:00", by=DEVIN)
    assert story.status == "WESD ETL"
    assert story.labels == set()


def test_a_finding_that_is_corrected_in_mid_step(ods: Begin) -> None:
    """One subtask is closed and the other made, the clock has the other goal from the same beginning, and the
    district hears nothing. Corrected back, the work is made anew."""
    story = to_pipeline(ods())
    put(story, "2026-01-09 10:00", by=DEVIN, pipeline="existing")
    story.set_to("analyze", "Done", by=DEVIN)
    said = story.talk
    put(story, "2026-01-13 10:00", by=DEVIN, pipeline="new")
    assert story.work[-2:] == ["join: Superseded", "build: To Do"]
    assert clock(story)["due"] == "2026-04-08T17:00:00Z"
    put(story, "2026-01-14 10:00", by=DEVIN, pipeline="existing")
    assert story.work[-3:] == ["join: Superseded", "build: Superseded", "join: To Do"]
    assert clock(story)["due"] == "2026-01-23T18:00:00Z"
    assert story.talk == said
    story.set_to("join", "Done", at="2026-01-15 10:00", by=DEVIN)
    assert story.status == "WESD ETL"


def test_a_finding_that_is_missing(ods: Begin) -> None:
    """An analysis without the field makes neither subtask; the developers are asked once for it."""
    story = to_pipeline(ods())
    story.set_to("analyze", "Done", at="2026-01-09 10:00", by=DEVIN)
    story.at("2026-01-12 10:00")
    assert (story.status, open_work(story), story.due) == ("Data Pipeline", [], None)
    assert story.to_team == ["please set the fields"]
    assert "[~accountid:712020:devin]" in story.last
    assert "* Pipeline" in story.last
    put(story, by=DEVIN, pipeline="new")
    assert open_work(story) == [f"Build a new pipeline for {DISTRICT}"]
