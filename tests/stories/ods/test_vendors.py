"""The last step: one branch and one clock for each test vendor that was named, or none at all."""

from __future__ import annotations

from bot.words.wiki import unescaped
from tests.stories.acts import Story
from tests.stories.ods.ways import (
    CORA,
    DESSA,
    DEVIN,
    DISTRICT,
    STAR,
    VENDORS,
    Begin,
    finish_vendor,
    open_work,
    put,
    to_validation,
    to_vendors,
)


def dues(story: Story) -> dict[str, str]:
    """When each vendor is due, by the first word of its subtask."""
    clocks = story.ledger["visits"][-1]["clocks"]
    return {name: clock["due"] for name, clock in sorted(clocks.items())}


def due_days(story: Story) -> list[str]:
    return sorted(due[:10] for due in dues(story).values())


def test_two_vendors(ods: Begin) -> None:
    """A subtask and a clock of four weeks for each; each is told of when it is done; the step ends with the last."""
    story = to_vendors(ods())
    assert f"Test vendors: {STAR}, {DESSA}" in story.last
    assert "usually takes 2-4 weeks for each vendor" in story.last
    assert open_work(story) == [
        f"{STAR} for {DISTRICT}: secure data exchange, compatible formats",
        f"{DESSA} for {DISTRICT}: secure data exchange, compatible formats",
    ]
    assert due_days(story) == ["2026-03-03", "2026-03-03"]
    finish_vendor(story, DESSA, "2026-02-10 10:00")
    assert (story.status, story.to_district[-1]) == ("Test Vendors", "DESSA is connected")
    finish_vendor(story, STAR, "2026-02-13 10:00")
    assert story.status == "Done"
    assert story.to_district[-2:] == ["STAR is connected", "the onboarding is complete"]
    assert "skipped" not in story.last


def test_a_vendor_that_is_late_is_flagged_to_staff_only(ods: Begin) -> None:
    """After four weeks the developers get one note for it, and the district nothing."""
    story = to_vendors(ods())
    finish_vendor(story, DESSA, "2026-02-10 10:00")
    public = list(story.to_district)
    story.at("2026-03-03 10:00")
    assert "estimate-passed" in story.labels
    assert story.to_team[-1] == "overdue"
    assert STAR in story.last
    story.at("2026-03-20 10:00")
    assert (story.to_team.count("overdue"), story.to_district) == (1, public)


def test_a_vendor_is_added_and_one_removed(ods: Begin) -> None:
    """The new one's clock starts with the change, the other's subtask is closed; a vendor not listed counts, too."""
    story = to_vendors(ods(), vendors=(STAR,))
    put(story, "2026-02-10 10:00", by=DEVIN, vendors=(STAR, DESSA))
    assert due_days(story) == ["2026-03-03", "2026-03-10"]
    put(story, "2026-02-11 10:00", by=DEVIN, vendors=(DESSA,))
    assert [s.status for s in story.subtasks()][-2:] == ["Superseded", "To Do"]
    site = story.harness.site
    site.add_option(CORA, VENDORS, "NWEA MAP")
    put(story, "2026-02-12 10:00", by=DEVIN, vendors=(DESSA, "NWEA MAP"))
    assert open_work(story)[-1].startswith("NWEA MAP for")
    finish_vendor(story, DESSA, "2026-02-17 10:00")
    finish_vendor(story, "NWEA MAP", "2026-02-18 10:00")
    assert story.status == "Done"
    assert "STAR is connected" not in story.to_district


def test_no_vendors(ods: Begin) -> None:
    """The step is passed over in one move, and the closing words say so."""
    story = to_validation(ods(), vendors=("No vendor",))
    story.set_to("validate", "Done", at="2026-02-03 10:00", by=CORA)
    story.set_to("train", "Done", by=CORA)
    assert story.status == "Done"
    assert "Test Vendors" not in "".join(story.moves())
    assert story.to_district[-1] == "the onboarding is complete"
    assert 'We skipped the step "Integration with Third-Party Test Vendors"' in unescaped(story.last)


def test_vendors_that_nobody_knows_any_more(ods: Begin) -> None:
    """The field was cleared: whether the step is called for is not known, so the ticket waits and staff are asked."""
    story = to_validation(ods())
    put(story, vendors=())
    story.set_to("validate", "Done", at="2026-02-03 10:00", by=CORA)
    story.set_to("train", "Done", by=CORA)
    assert story.status == "Data Validation (Customer Service)"
    assert "* Test vendors" in story.last
    put(story, "2026-02-04 10:00", vendors=("No vendor",))
    assert story.status == "Done"


def test_a_hold_because_of_the_vendors(ods: Begin) -> None:
    """Both clocks stand still, and the time is booked to a third party."""
    story = to_vendors(ods())
    story.at("2026-02-10 10:00")
    story.note("/hold vendor both wait for their keys", by=DEVIN)
    story.at("2026-02-17 10:00")
    story.note("/resume", by=DEVIN)
    assert due_days(story) == ["2026-03-09", "2026-03-09"]  # Monday, February 16 was a holiday
    assert story.ledger["visits"][-1]["orders"][0]["value"] == "vendor"


def test_a_hold_for_one_vendor(ods: Begin) -> None:
    """Its clock alone stands still; the vendor is named by a word of its name."""
    story = to_vendors(ods())
    story.at("2026-02-10 10:00")
    story.note("/hold STAR vendor waits for their key", by=DEVIN)
    assert story.to_team[-1] == "on hold"
    story.at("2026-02-17 10:00")
    story.note("/resume STAR", by=DEVIN)
    assert due_days(story) == ["2026-03-03", "2026-03-09"]


def test_a_vendor_that_is_renamed_in_jira_is_the_same(ods: Begin) -> None:
    """Its subtask and its clock stay; what is said from then on has the new name."""
    story = to_vendors(ods(), vendors=(STAR,))
    site = story.harness.site
    option = site.catalogue.options.by_name(VENDORS, STAR)
    assert option is not None
    site.rename_option(CORA, VENDORS, option.id, "Star Assessments")
    story.move("On Hold", at="2026-02-10 10:00", by=DEVIN)
    story.move("Test Vendors", by=DEVIN)
    assert len(open_work(story)) == 1
    finish_vendor(story, STAR, "2026-02-12 10:00")
    assert story.status == "Done"
    assert "Star Assessments is now connected" in story.to_district[-2]


def test_more_time_for_one_vendor(ods: Begin) -> None:
    """The other one's clock stays as it is."""
    story = to_vendors(ods())
    story.note("/extend Renaissance STAR 5 business days new keys", by=DEVIN)
    assert due_days(story) == ["2026-03-03", "2026-03-10"]


def test_words_that_name_no_vendor_hold_the_step(ods: Begin) -> None:
    """Then the whole step is meant."""
    story = to_vendors(ods())
    story.at("2026-02-10 10:00")
    story.note("/hold the developers are at a conference", by=DEVIN)
    story.at("2026-02-12 10:00")
    story.note("/resume", by=DEVIN)
    assert due_days(story) == ["2026-03-05", "2026-03-05"]
