"""The guides in docs/guides/, tried: what they say to write works, and what they say to be noticed is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import load_checked
from bot.config.load import EXAMPLE_CONFIG
from bot.config.source import ConfigError
from bot.core.history.replies import KEYWORDS, Reply, parse_reply
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.harness import Harness
from bot.web.flask_app import new_app
from tests.stories.conftest import MORNING

GUIDES = Path(__file__).parents[1] / "docs/guides"


def blocks(guide: str, language: str) -> list[str]:
    """The blocks of code in a guide."""
    text = (GUIDES / guide).read_text()
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


# -- a step


class Office:
    """A copy of the example configuration, as the guide's reader edits it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "config"
        shutil.copytree(EXAMPLE_CONFIG, self.folder)
        self.process = self.folder / "processes/dde.yaml"
        self.comment = self.folder / "templates/comments/dde/training.j2"
        self.subtask = self.folder / "templates/subtasks/dde/hold_training.j2"

    def follow_the_guide(self) -> None:
        """Write what its blocks say."""
        (step,) = blocks("add-a-step.md", "yaml")
        text = self.process.read_text().rstrip("\n")
        assert text.endswith("next: done")
        self.process.write_text(text.removesuffix("next: done") + "next: training\n\n" + step)
        for path, source in zip((self.comment, self.subtask), blocks("add-a-step.md", "jinja"), strict=True):
            path.parent.mkdir(parents=True)
            path.write_text(source)

    def replace(self, old: str, new: str) -> None:
        """Edit the process file."""
        assert old in self.process.read_text()
        self.process.write_text(self.process.read_text().replace(old, new))

    def problems(self) -> str:
        """What `check` says."""
        try:
            load_checked(self.folder)
        except ConfigError as error:
            return str(error)
        return ""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office whose reader has done all that the guide says."""
    office = Office(tmp_path)
    office.follow_the_guide()
    return office


@pytest.fixture
def harness(office: Office, tmp_path: Path) -> Iterator[Harness]:
    """A bot and a sandbox Jira with the guide's step."""
    with Harness(load_checked(office.folder), tmp_path, MORNING) as harness:
        yield harness


def test_the_step_of_the_guide_is_worked(harness: Harness) -> None:
    """A ticket that enters it gets its subtask and its comment, and ends when the subtask is done."""
    ticket = harness.site.open_request(CARLA, "Lakeside ISD", status="Training")
    harness.settle()
    (subtask,) = harness.site.subtasks(ticket)
    assert subtask.summary == "Hold the training session for Lakeside ISD"
    said = [comment.body for comment in harness.site.comments(ticket)]
    assert len(said) == 1
    assert "we are planning your training session" in said[0]
    harness.site.transition(HANNA, subtask.key, "Done")
    harness.settle()
    assert harness.site.issue(ticket).status == "Done"


def test_what_check_says_of_a_forgotten_part_of_a_step(office: Office) -> None:
    """Each in the words of the guide."""
    assert office.problems() == ""
    office.comment.rename(office.comment.with_suffix(".txt"))
    assert "comments/dde/training.j2:1: there is no such template" in office.problems()
    office.comment.with_suffix(".txt").rename(office.comment)
    office.replace("    title: Training Session\n", "")
    assert '"title" is missing in "training"' in office.problems()
    office.replace("    status: Training\n", "    status: Training\n    title: Training Session\n")
    office.replace("next: training", "next: done")
    assert 'no step leads to "training"' in office.problems()


# -- a reply word


@pytest.mark.parametrize("intent", KEYWORDS)
def test_a_keyword_alone_is_understood(intent: str) -> None:
    """What a template asks for is what the bot understands."""
    assert parse_reply(KEYWORDS[intent]) == Reply(intent)


# -- a page


def test_the_page_of_the_guide_is_served(tmp_path: Path) -> None:
    """The module and the template of the guide, as they stand there."""
    (module,), (template,) = blocks("add-a-page.md", "python"), blocks("add-a-page.md", "html")
    made: dict[str, Any] = {"__name__": "waiting"}
    exec(compile(module, "waiting.py", "exec"), made)
    app = new_app("guide")
    folder = tmp_path / "waiting"
    folder.mkdir()
    (folder / "page.html").write_text(template)
    app.template_folder = str(tmp_path)
    app.register_blueprint(made["waiting_page"](lambda: 3))
    answer = app.test_client().get("/waiting")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "3 tickets are due." in answer.text
