"""The demo tells its story, and notices when it did not end as it should."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from bot.app import load_checked
from bot.sandbox.demo import story as demo

ROOT = Path(__file__).parents[2]


def test_the_story_is_told_and_jira_holds_what_it_should(tmp_path: Path) -> None:
    """From the question to a good verdict in the second round."""
    out = Console(record=True, width=200)
    problems = demo.play(load_checked(ROOT / "config"), tmp_path, out, once=True, ports=(0, 0))
    told = out.export_text()
    assert problems == []
    for line in ("Carla Contact writes", "set the label review-overdue", "why: ", "due: 20 business hours from"):
        assert line in told


def test_an_end_that_is_not_as_it_should_be_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story that stops where the district asked is found out by reading Jira."""

    def begin(story: demo.Story) -> str:
        story.act(demo.START, story._open)
        return story.key

    monkeypatch.setattr(demo.Story, "play", begin)
    problems = demo.play(load_checked(ROOT / "config"), tmp_path, Console(quiet=True), once=True, ports=(0, 0))
    assert any("its subtasks are" in problem for problem in problems)
