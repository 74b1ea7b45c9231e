"""A sandbox for each story, with the tests' configuration or a variant of it, and the checks at the end of every
story."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config.load import Config
from bot.controller.periodic_jobs import Periods
from bot.core.decide.engine import decide
from bot.core.history.progress import follow
from bot.core.model.process import Process
from bot.sandbox.harness import CALM, Harness
from tests.stories.acts import Story, check

ZONE = ZoneInfo("America/Chicago")
# `make stories-without-webhooks` runs every story without webhooks: the bot asks Jira what has changed.
WITHOUT_WEBHOOKS = os.environ.get("STORIES") == "without-webhooks"
MORNING = datetime(2026, 1, 5, 9, 0, tzinfo=ZONE)

Tell = Callable[..., Story]

# The periodic jobs find what webhooks miss; a story whose webhooks all arrive does without them, to be faster.
RARE = Periods(
    catch_up=timedelta(days=90),
    nightly=timedelta(days=90),
    identity=timedelta(days=90),
    pace=timedelta(0),
    spread=timedelta(0),
)


@pytest.fixture(autouse=True)
def unchanged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In every story, `follow` and `decide` leave the values that they are given unchanged."""
    changed: list[str] = []

    def checked(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(given: Any, *others: Any) -> Any:
            before = pickle.loads(pickle.dumps(given))
            result = function(given, *others)
            if given != before:
                changed.append(function.__name__)
            return result

        return call

    for function in (follow, decide):
        monkeypatch.setattr(f"bot.controller.reconciler.{function.__name__}", checked(function))
    yield
    assert changed == []


@pytest.fixture
def tell(config: Config, tmp_path: Path, new_database: Path) -> Iterator[Tell]:
    """Begins a story: `tell()`, or with another configuration or start. When the test is over, what must be true at the
    end of every story is checked."""
    stories: list[Story] = []

    def begin(config: Config = config, start: datetime = MORNING, **harness: Any) -> Story:
        var = tmp_path / str(len(stories))
        var.mkdir()
        shutil.copyfile(new_database, var / "bot.db")
        if WITHOUT_WEBHOOKS and "webhooks" not in harness:
            harness |= {"asks": True, "webhooks": False}
        harness.setdefault("periods", RARE if harness.get("webhooks", True) else CALM)
        story = Story(Harness(config, var, start, **harness))
        story.harness.site.limits.limits = ()  # a story plays weeks in a second, so no rate limit applies
        story.harness.site.hooks.retry_delay = 0.05
        stories.append(story)
        return story

    try:
        yield begin
        for story in stories:
            check(story)
    finally:
        for story in stories:
            story.harness.close()


def with_process(config: Config, **changes: Any) -> Config:
    """The configuration with a changed process."""
    process: Process = replace(config.processes[0], **changes)
    return replace(config, processes=(process,))


def with_step(config: Config, name: str, **changes: Any) -> Config:
    """The configuration with one step changed."""
    steps = tuple(replace(s, **changes) if s.name == name else s for s in config.processes[0].steps)
    return with_process(config, steps=steps)


def with_office(config: Config, **changes: Any) -> Config:
    """The configuration with a changed bot.yaml."""
    return replace(config, office=replace(config.office, **changes))
