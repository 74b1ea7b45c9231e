"""A district that is in the suite already and has a new student information system."""

from __future__ import annotations

from tests.stories.ods.ways import DEVIN, DISTRICT, Begin, open_work, opened, put, to_builds, to_validation


def test_a_conversion_builds_no_history(ods: Begin) -> None:
    """Its data now comes from the new system, its history is there, and monitoring is all that is left."""
    story = to_builds(ods(), kind="conversion")
    assert story.to_district[-1] == "your data comes from the new system"
    assert "Your historical data is still there" in story.last
    assert open_work(story) == [f"Monitor the builds for {DISTRICT}"]
    story.set_to("monitor", "Done", at="2026-01-27 10:00", by=DEVIN)
    assert story.status == "Data Validation (Customer Service)"


def test_the_first_words_to_a_conversion(ods: Begin) -> None:
    """Where the kind is known from the start, they speak of the move to the new system."""
    story = opened(ods(), signed="")
    put(story, kind="conversion", signed="Yes")
    assert "your move to a new student information system" in story.last


def test_a_conversion_that_nobody_had_known_of(ods: Begin) -> None:
    """The field is corrected while the history is being built: that subtask is closed, and the step can end."""
    story = to_builds(ods())
    put(story, "2026-01-26 10:00", by=DEVIN, kind="conversion")
    assert open_work(story) == [f"Monitor the builds for {DISTRICT}"]
    assert story.work[-1] == "history: Superseded"
    story.set_to("monitor", "Done", at="2026-01-27 10:00", by=DEVIN)
    assert story.status == "Data Validation (Customer Service)"


def test_a_conversion_gets_to_validation(ods: Begin) -> None:
    """And no subtask for history was ever made."""
    story = to_validation(ods(), kind="conversion")
    assert [w for w in story.work if w.startswith("history")] == []
