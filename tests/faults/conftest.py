"""Rigs for the tests of faults, and what the story leaves in Jira where nothing goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config.load import Config
from tests.faults.rig import Rig, end_state, play

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))

MakeRig = Callable[..., Rig]


@pytest.fixture
def make_rig(config: Config, tmp_path: Path, new_database: Path) -> Iterator[MakeRig]:
    """Makes rigs that are stopped when the test is over."""
    made: list[Rig] = []

    def make(**harness: Any) -> Rig:
        var = tmp_path / str(len(made))
        var.mkdir()
        shutil.copyfile(new_database, var / "bot.db")
        kind = harness.pop("kind", Rig)
        made.append(kind(harness.pop("config", config), var, START, **harness))
        return made[-1]

    yield make
    for rig in made:
        rig.close()


@pytest.fixture
def rig(make_rig: MakeRig) -> Rig:
    """A rig on which nothing is wrong yet."""
    return make_rig()


@pytest.fixture(scope="session")
def clean(config: Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What Jira holds after each act of the story, where nothing goes wrong."""
    with Rig(config, tmp_path_factory.mktemp("clean"), START) as rig:
        states: dict[str, dict[str, Any]] = {}

        def keep(act: str) -> None:
            states[act] = end_state(rig.site, rig.ticket)

        states["end"] = end_state(rig.site, play(rig, keep))
        return states
