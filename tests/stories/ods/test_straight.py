"""A district's straight way: an existing pipeline and two vendors, from signed agreements to the last one."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox.accounts import OLIVE
from bot.words.wiki import unescaped
from tests.stories.dde.ways import clock
from tests.stories.ods.ways import (
    CORA,
    DESSA,
    DEVIN,
    DISTRICT,
    STAR,
    Begin,
    finish_vendor,
    open_work,
    opened,
    put,
    to_builds,
    to_etl,
    to_pipeline,
    to_validation,
    to_vendors,
)


def test_the_whole_way(ods: Begin) -> None:
    """Each step's words in order, each move by the bot, every subtask done, and the ticket closed."""
    story = to_vendors(ods())
    finish_vendor(story, STAR, "2026-02-10 10:00")
    finish_vendor(story, DESSA, "2026-02-13 10:00")
    assert story.to_district == [
        "please fill out the template",
        "we have your template",
        "we set up the pipeline",
        "we load your data",
        "you can see your data",
        "we validate your data and train you",
        "we connect your vendors",
        "STAR is connected",
        "DESSA is connected",
        "the onboarding is complete",
    ]
    assert story.moves() == [
        "Onboarding: Data Pipeline",
        "Onboarding: WESD ETL",
        "Onboarding: Data Validation (Developers)",
        "Onboarding: Data Validation (Customer Service)",
        "Onboarding: Test Vendors",
        "Onboarding: Done",
    ]
    assert (story.ticket.resolution, story.labels, story.due, open_work(story)) == ("Done", set(), None, [])


def test_the_first_words(ods: Begin) -> None:
    """They ask for the template, link it, name READY, and call the time usual; the district has a subtask."""
    story = opened(ods())
    assert story.ticket.comments[0].public
    for words in (DISTRICT, "new-district-information-template", "READY", "usually takes 1-5 business days"):
        assert words in story.last
    assert open_work(story) == [f"{DISTRICT}: fill out the New District Information Template"]
    assert clock(story)["due"] == "2026-01-12T17:00:00Z"  # five business days: Monday at 9:00 in Oregon


def test_the_shared_drive_is_for_staff(ods: Begin) -> None:
    """The subtask names the folder; no word to the district does, in any step."""
    story = to_validation(ods())
    assert "Shared drives" in str(story.subtask("save").description)
    public = [c.body for c in story.ticket.comments if c.public]
    assert len(public) == 6
    assert [body for body in public if "drive" in body.casefold()] == []
    templates = Path(__file__).parents[3] / "templates/comments"
    assert [file.name for file in templates.rglob("*.j2") if "shared_drive" in file.read_text()] == []


def test_the_developers_find_the_pipeline(ods: Begin) -> None:
    """They analyze first; both estimates are told to the district, and the finding makes the subtask and the clock."""
    story = to_pipeline(ods())
    assert open_work(story) == [f"Analyze {DISTRICT}'s template, and set the field Pipeline"]
    assert "usually takes 5-10 business days" in story.last
    assert "usually takes 1-3 months" in story.last
    assert story.due is None
    story = to_etl(ods())
    assert "join: Done" in story.work
    done = next(v for v in story.ledger["visits"] if v["step"] == "data_pipeline")
    assert done["clocks"]["step"]["due"] == "2026-01-23T18:00:00Z"  # ten business days, past Monday the 19th


def test_staging_comes_before_the_warehouse(ods: Begin) -> None:
    """The second subtask is made when the first is done; the goal counts from the step's beginning."""
    story = to_etl(ods())
    assert open_work(story) == [f"Load {DISTRICT}'s source data into the staging tables"]
    assert "usually takes 5-10 business days" in story.last
    story.set_to("staging", "Done", at="2026-01-20 10:00", by=DEVIN)
    assert open_work(story) == [f"Integrate {DISTRICT}'s data into the Production Data Warehouse"]
    assert clock(story)["due"] == "2026-01-29T18:00:00Z"


def test_history_is_built_while_the_builds_are_monitored(ods: Begin) -> None:
    """The district learns that it can see its data; both subtasks are open at once."""
    story = to_builds(ods())
    assert story.to_district[-1] == "you can see your data"
    assert "usually takes 3-5 business days" in story.last
    assert open_work(story) == [f"Monitor the builds for {DISTRICT}", f"Build {DISTRICT}'s historical data"]
    assert clock(story)["due"] == "2026-01-30T18:00:00Z"


def test_customer_service_is_told_when_validation_is_theirs(ods: Begin) -> None:
    """Internally and by name; the district learns who will contact it, and both subtasks are theirs."""
    story = to_validation(ods())
    (told,) = [c.body for c in story.ticket.comments if not c.public]
    assert "[~accountid:712020:cora]" in told
    assert "please begin" in told
    assert "usually take 5-10 business days" in story.last
    assert open_work(story) == [f"Validate {DISTRICT}'s data with the district", f"Train {DISTRICT}"]
    assert clock(story)["due"] == "2026-02-10T18:00:00Z"
    story.set_to("validate", "Done", at="2026-02-02 10:00", by=CORA)
    assert story.status == "Data Validation (Customer Service)"  # training is left


def test_every_estimate_is_called_one(ods: Begin) -> None:
    """Each public sentence that names a length of time says "usually", and none names a day."""
    story = to_vendors(ods())
    lines = [line for c in story.ticket.comments if c.public for line in c.body.splitlines()]
    lengths = [line for line in lines if "business day" in line or "week" in line or "month" in line]
    assert len(lengths) == 7
    assert [line for line in lengths if "usually" not in line] == []
    assert [line for line in lines if "Pacific Time" in line] == []


def test_where_the_district_stands(ods: Begin) -> None:
    """A reply STATUS is answered with the published titles, and with estimates that are called that."""
    story = to_etl(ods())
    story.contact("STATUS", by=OLIVE)
    assert 'in the step "WESD ETL (Extract, Transform, Load)"' in unescaped(story.last)
    assert 'The next step is "Data Validation"' in story.last
    assert "This step usually ends by" in story.last
    assert "The whole onboarding usually ends between" in story.last


def test_the_published_total_stands_beside_the_forecast(ods: Begin) -> None:
    """Staff see both; the district gets the forecast as one range of days, the wider one while the finding is not
    known, and reads that it can take longer."""
    story = to_pipeline(ods())
    story.contact("STATUS", by=OLIVE)
    assert "usually ends between Wednesday, February 18 and Wednesday, June 10" in unescaped(story.last)
    assert "It can take longer" in story.last
    put(story, by=DEVIN, pipeline="existing")
    story.note("/status", by=DEVIN)
    assert "Expected end" in story.last
    assert "3-5 weeks in all" in story.last
    story.contact("STATUS", by=OLIVE, at="2026-01-08 11:00")
    assert "June" not in story.last
