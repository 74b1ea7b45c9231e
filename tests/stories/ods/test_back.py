"""Staff drag a ticket back, because something that was done has to be done again."""

from __future__ import annotations

from tests.stories.ods.ways import CORA, DEVIN, DISTRICT, Begin, open_work, to_validation, to_vendors


def test_dragged_back_two_steps_from_validation(ods: Begin) -> None:
    """The work of the step is there again, with a new clock, and so is that of the step between. Validation, which was
    not complete, goes on where it was."""
    story = to_validation(ods())
    before = len(story.to_district)
    story.move("WESD ETL", at="2026-01-28 10:00", by=CORA)
    validation = [f"Validate {DISTRICT}'s data with the district", f"Train {DISTRICT}"]
    assert open_work(story) == [*validation, f"Load {DISTRICT}'s source data into the staging tables (again)"]
    assert story.due == "2026-02-11"
    story.set_to("staging", "Done", at="2026-01-29 10:00", by=DEVIN)
    story.set_to("warehouse", "Done", at="2026-01-30 10:00", by=DEVIN)
    assert story.status == "Data Validation (Developers)"
    assert [s for s in open_work(story) if s.endswith("(again)")] == [
        f"Monitor the builds for {DISTRICT} (again)",
        f"Build {DISTRICT}'s historical data (again)",
    ]
    story.set_to("monitor", "Done", at="2026-02-02 10:00", by=DEVIN)
    story.set_to("history", "Done", by=DEVIN)
    assert story.status == "Data Validation (Customer Service)"
    assert open_work(story) == validation
    assert story.to_district[before:] == ["we load your data", "you can see your data"]


def test_dragged_back_after_validation_was_complete(ods: Begin) -> None:
    """Then validation is done anew as well, with its own subtasks, words and note to customer service."""
    story = to_vendors(ods())
    before, told = len(story.to_district), len(story.to_team)
    story.move("Data Validation (Developers)", at="2026-02-04 10:00", by=CORA)
    story.set_to("monitor", "Done", at="2026-02-05 10:00", by=DEVIN)
    story.set_to("history", "Done", by=DEVIN)
    assert story.status == "Data Validation (Customer Service)"
    assert [s.rpartition(" ")[2] for s in open_work(story)][-2:] == ["(again)", "(again)"]
    assert story.to_district[before:] == ["you can see your data", "we validate your data and train you"]
    assert story.to_team[told:] == ["please begin"]


def test_a_slip_back_and_forth_makes_nothing_anew(ods: Begin) -> None:
    """Validation was not complete: the ticket goes on there where it was."""
    story = to_validation(ods())
    story.set_to("validate", "Done", at="2026-01-28 09:00", by=CORA)
    work = [w for w in story.work if w.startswith(("validate", "train"))]
    story.move("Data Validation (Developers)", at="2026-01-28 10:00", by=CORA)
    story.move("Data Validation (Customer Service)", by=CORA)
    assert [w for w in story.work if w.startswith(("validate", "train"))] == work
