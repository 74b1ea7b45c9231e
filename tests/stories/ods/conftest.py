"""The stories of the second shipped process, beside the first one in the same bot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.config.load import Config, load
from bot.core.model.process import FULL
from tests.stories.acts import Story
from tests.stories.conftest import Tell, with_office
from tests.stories.ods.ways import PHRASES

MORNING = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Los_Angeles"))


@pytest.fixture(scope="session")
def shipped() -> Config:
    """The configuration that the project ships, without its limit on calls per second."""
    return with_office(load(Path(__file__).parents[3] / "config"), calls_per_second=1000)


@pytest.fixture(scope="session")
def config(shipped: Config) -> Config:
    """The same, but the second process, too, may write to the district at once."""
    return replace(shipped, own={**shipped.own, "ods": {**shipped.own["ods"], "voice": FULL}})


@pytest.fixture
def ods(tell: Tell, config: Config) -> Callable[..., Story]:
    """Begins a story of the second process, in its own time zone."""

    def begin(config: Config = config, start: datetime = MORNING) -> Story:
        story = tell(config, start, process="ods")
        story.phrases = PHRASES
        return story

    return begin
