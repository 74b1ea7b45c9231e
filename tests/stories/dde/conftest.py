"""The stories of the shipped process, with all its seven steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.load import Config, load
from tests.stories.conftest import with_office


@pytest.fixture(scope="session")
def config() -> Config:
    """The configuration that the project ships, without its limit on calls per second."""
    return with_office(load(Path(__file__).parents[3] / "config"), calls_per_second=1000)
