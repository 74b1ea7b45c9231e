"""Both processes in one bot: each with its own voice, people, calendar, and texts."""

from __future__ import annotations

from bot.config.load import Config
from bot.sandbox.accounts import CARLA, OLIVE
from tests.stories.acts import Story
from tests.stories.dde.ways import clock
from tests.stories.ods.ways import Begin, opened


def test_one_in_draft_and_one_in_full(ods: Begin, shipped: Config) -> None:
    """The same bot writes to one district at once, and asks staff first before it writes to the other."""
    ods_story = opened(ods(shipped))
    dde = Story(ods_story.harness)
    dde.key = ods_story.harness.site.open_request(CARLA, "Lakeside ISD", project="DDE").key
    ods_story.harness.settle()
    assert dde.to_district == ["the requirements; can you produce the files?"]
    assert ods_story.to_district == []
    assert ods_story.to_team == ["draft: please fill out the template"]
    ods_story.note("/send", by="712020:cora")
    assert ods_story.to_district == ["please fill out the template"]


def test_each_has_its_own_hours_words_and_people(ods: Begin) -> None:
    """The team, the texts and the time zone of one process never show up in the other."""
    story = opened(ods())
    dde = Story(story.harness)
    dde.key = story.harness.site.open_request(CARLA, "Lakeside ISD", project="DDE").key
    story.harness.settle()
    dde.contact("Confirmed, thanks", by=CARLA)
    assert "CLI" not in story.last
    assert "WESD" not in dde.last
    assert "Central Time" in dde.last
    assert clock(story)["due"] == "2026-01-12T17:00:00Z"  # 9:00 in Oregon
    story.contact("Which file do you mean?", by=OLIVE)
    assert "[~accountid:712020:cora]" in story.last
    assert "712020:hanna" not in story.last
