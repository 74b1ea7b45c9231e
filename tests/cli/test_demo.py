"""The demo tells its story, and notices when it did not end as it should."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot.app import load_checked
from bot.cli.main import app
from bot.sandbox.demo import story as demo
from bot.sandbox.demo.script import NoStory

ROOT = Path(__file__).parents[2]
FIRST = """
process: aaa
title: Another one
applies_to: {project: AAA, issue_type: Task}
calendar: wesd
ends: {done: Done}
steps:
  only: {title: Only, status: Only, party: developers, next: done, branches: {work: {party: developers, subtask: Work}}}
"""


def test_the_story_is_told_and_jira_holds_what_it_should(tmp_path: Path) -> None:
    """From the question to a good verdict in the second round."""
    out = Console(record=True, width=200)
    problems = demo.play(load_checked(ROOT / "config"), tmp_path, out, once=True, ports=(0, 0))
    told = out.export_text()
    assert problems == []
    for line in ("Carla Contact writes", "set the label review-overdue", "why: ", "due: 20 business hours from"):
        assert line in told


def test_the_story_of_a_process_with_facts(tmp_path: Path) -> None:
    """Told in its own time zone, on a site that holds both projects; fields and files are printed, too."""
    out = Console(record=True, width=200)
    problems = demo.play(load_checked(ROOT / "config"), tmp_path, out, once=True, ports=(0, 0), process="ods")
    told = out.export_text()
    assert problems == []
    for line in ("sets Pipeline to new", "attaches “New District Information.docx”", "due: 1-3 months"):
        assert line in told


def test_a_process_that_sorts_first_changes_no_story(tmp_path: Path) -> None:
    """Whatever other files the office has, the story is told of its own process and in its own time."""
    folder = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    (folder / "processes/aaa.yaml").write_text(FIRST)
    config = load_checked(folder)
    assert config.processes[0].name == "aaa"
    assert demo.play(config, tmp_path, Console(quiet=True), once=True, ports=(0, 0)) == []


@pytest.mark.parametrize("process", ["aaa", "ods"])
def test_a_story_that_cannot_be_told_is_refused(tmp_path: Path, process: str) -> None:
    """Nobody has written it, or the configuration has no such process."""
    config = load_checked(ROOT / "config")
    alone = replace(config, processes=config.processes[:1])
    with pytest.raises(NoStory, match=f'"{process}"'):
        demo.play(alone, tmp_path, Console(quiet=True), once=True, ports=(0, 0), process=process)


def test_the_command_says_which_stories_there_are() -> None:
    """A misspelled process ends it with one sentence, and exit 2."""
    done = CliRunner().invoke(app, ["demo", "--once", "--process", "od"])
    assert done.exit_code == 2
    assert "there are stories of dde and ods" in " ".join(done.output.split())


def test_an_end_that_is_not_as_it_should_be_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story that stops where the district asked is found out by reading Jira."""

    def begin(story: demo.Story) -> str:
        story.act(story.script.acts[1])
        return story.key

    monkeypatch.setattr(demo.Story, "play", begin)
    problems = demo.play(load_checked(ROOT / "config"), tmp_path, Console(quiet=True), once=True, ports=(0, 0))
    assert any("its subtasks are" in problem for problem in problems)
