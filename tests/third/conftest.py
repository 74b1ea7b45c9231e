"""A sandbox for the library and its badges, and what must be true on it when a story is over."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.app import load_checked
from bot.config.load import Config
from bot.sandbox.harness import Harness
from tests.stories.acts import Story, check
from tests.stories.conftest import RARE
from tests.third.ways import CHANNELS, OFFICE, Colleague

MORNING = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Denver"))


@pytest.fixture(scope="session")
def config() -> Config:
    """The third office, without its limit on calls per second."""
    found = load_checked(OFFICE, "", CHANNELS)
    return replace(found, office=replace(found.office, calls_per_second=1000))


@pytest.fixture
def begin(config: Config, tmp_path: Path, new_database: Path) -> Iterator[Callable[..., Colleague]]:
    """Begins a story, of the configuration that is given or of the office's own."""
    told: list[Colleague] = []

    def begin(config: Config = config) -> Colleague:
        shutil.copyfile(new_database, tmp_path / "bot.db")
        told.append(Colleague(Harness(config, tmp_path, MORNING, periods=RARE, process="library")))
        return told[-1]

    try:
        yield begin
        for one in told:
            check(Story(one.harness, one.key))
    finally:
        for one in told:
            one.harness.close()


@pytest.fixture
def colleague(begin: Callable[..., Colleague]) -> Colleague:
    """Somebody new at the library, whose ticket is not open yet."""
    return begin()
