"""A stage for each story, with the configuration that the tests share or a variant of it, and what ends every story."""

from __future__ import annotations

import os
import pickle
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
# `make stories-without-webhooks` tells every story to a bot that nobody calls: it asks Jira what changed.
WITHOUT_WEBHOOKS = os.environ.get("STORIES") == "without-webhooks"
MORNING = datetime(2026, 1, 5, 9, 0, tzinfo=ZONE)

Tell = Callable[..., Story]

# The periodic jobs would find what a webhook lost; a story whose webhooks all arrive need not pay for them.
RARE = Periods(
    catch_up=timedelta(days=90),
    nightly=timedelta(days=90),
    identity=timedelta(days=90),
    pace=timedelta(0),
    spread=timedelta(0),
)


@pytest.fixture(autouse=True)
def unchanged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In every story, what `follow` and `decide` are given is afterwards as it was."""
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
def tell(config: Config, tmp_path: Path) -> Iterator[Tell]:
    """Begins a story: `tell()`, or with another configuration or start. What must always hold is checked
    when the test is over."""
    told: list[Story] = []

    def begin(config: Config = config, start: datetime = MORNING, **harness: Any) -> Story:
        var = tmp_path / str(len(told))
        var.mkdir()
        if WITHOUT_WEBHOOKS and "webhooks" not in harness:
            harness |= {"asks": True, "webhooks": False}
        harness.setdefault("periods", RARE if harness.get("webhooks", True) else CALM)
        story = Story(Harness(config, var, start, **harness))
        story.harness.site.limits.limits = ()  # weeks are played in a second here, which is no haste of the bot's
        told.append(story)
        return story

    try:
        yield begin
        for story in told:
            check(story)
    finally:
        for story in told:
            story.harness.close()


def with_process(config: Config, **changes: Any) -> Config:
    """The configuration with another process."""
    process: Process = replace(config.processes[0], **changes)
    return replace(config, processes=(process,))


def with_step(config: Config, name: str, **changes: Any) -> Config:
    """The configuration with one step changed."""
    steps = tuple(replace(s, **changes) if s.name == name else s for s in config.processes[0].steps)
    return with_process(config, steps=steps)


def with_office(config: Config, **changes: Any) -> Config:
    """The configuration with another bot.yaml."""
    return replace(config, office=replace(config.office, **changes))
