"""The guides in docs/guides/, tried: what they say to write works, and what they say to be noticed is."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bot.app import load_checked
from bot.cli.main import app
from bot.config.load import EXAMPLE_CONFIG
from bot.config.settings import Settings
from bot.config.source import ConfigError
from bot.core.history.replies import KEYWORDS, Reply, parse_reply
from bot.sandbox.accounts import BOT, CARLA, HANNA
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


# -- a whole process

OWN = "write-your-own-process.md"
OWN_FILES = ("bot.yaml", "calendars/library.yaml", "processes/visits.yaml")
OWN_TEXTS = ("invitation", "preparing", "done")
OWN_PROCESS, OWN_TEXT = OWN_FILES[2], "templates/comments/visits/preparing.j2"
KIND, KITS = "customfield_10201", "customfield_10202"


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    """A folder in which the reader of the guide has written what it says."""
    folder = tmp_path / "visits"
    files = dict(zip(OWN_FILES, blocks(OWN, "yaml"), strict=True))
    texts = zip(OWN_TEXTS, blocks(OWN, "jinja"), strict=True)
    files |= {f"templates/comments/visits/{name}.j2": text for name, text in texts}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_process_of_the_guide_is_played(visits: Path, tmp_path: Path) -> None:
    """The school confirms, staff set the facts, each kit has its subtask, and the last one ends it."""
    with Harness(load_checked(visits), tmp_path, MORNING) as harness:
        site = harness.site
        ticket = site.open_request(CARLA, "Lakeside School")
        harness.settle()
        site.comment(CARLA, ticket, "CONFIRM")
        harness.settle()
        notes = [comment.body for comment in site.comments(ticket) if not comment.public]
        assert ["* Kind of visit\n* Kits" in note for note in notes] == [True]
        site.edit(HANNA, ticket, {KIND: {"value": "research"}, KITS: [{"value": "Maps"}, {"value": "Robots"}]})
        harness.settle()
        assert site.issue(ticket).status == "Preparing"
        assert site.issue(ticket).duedate == "2026-01-09"
        for subtask in site.subtasks(ticket):
            site.transition(HANNA, subtask, "Done")
        harness.settle()
        assert site.issue(ticket).status == "Done"
        assert [s.summary for s in site.subtasks(ticket)] == [
            "Book a room for Lakeside School", "Pack Maps for Lakeside School", "Pack Robots for Lakeside School",
        ]  # fmt: skip
        assert [comment.body.splitlines()[0] for comment in site.comments(ticket) if comment.public] == [
            "Thank you for asking, Lakeside School. It is your turn: please reply CONFIRM if your class can come in "
            "the morning.",
            "CONFIRM",
            "Lakeside School, it is our turn: we are preparing your research.",
            "Lakeside School, all is ready for your class. You do not need to do anything else.",
        ]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (OWN_TEXT, None, "", "comments/visits/preparing.j2:1: there is no such template"),
        (OWN_PROCESS, ", else: 2 business days", "", 'the goal by "kind" has none for "story hour"; add it, or "else"'),
        (OWN_PROCESS, "{by: kind,", "{by: kid,", 'there is no fact "kid" (did you mean "kind"?)'),
        (OWN_PROCESS, ", public: true", "", "comments/visits/preparing.j2:2"),
    ],
)  # fmt: skip
def test_what_check_says_of_a_slip_in_the_process(
    visits: Path, file: str, old: str | None, new: str, says: str
) -> None:
    """Each in the words of the guide."""
    path = visits / file
    if old is None:
        path.unlink()
    else:
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ConfigError) as wrong:
        load_checked(visits)
    assert says in str(wrong.value)


def test_the_commands_of_the_guide(visits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` and `preview` are run as they are typed; those that do not end by themselves know their options, and the
    settings are those that the sandbox prints."""
    monkeypatch.chdir(visits.parent)
    text = (GUIDES / OWN).read_text()
    typed = [shlex.split(line) for line in re.findall(r"^    \.venv/bin/python -m bot (.+)$", text, re.MULTILINE)]
    assert [words[0] for words in typed] == ["check", "preview", "sandbox", "serve"]
    for name, *options in typed[:2]:
        done = CliRunner().invoke(app, [name, *options])
        assert done.exit_code == 0, done.output
    for name, *options in typed[2:]:
        typer.main.get_command(app).commands[name].make_context(name, options)  # type: ignore[attr-defined]
    settings = dict(re.findall(r"([A-Z_]+)=(\S+)", " ".join(re.findall(r"^    export (.+)$", text, re.MULTILINE))))
    assert (settings["JIRA_EMAIL"], settings["JIRA_API_TOKEN"]) == (BOT.email, BOT.token)
    assert f"--secret {settings['JIRA_WEBHOOK_SECRET']}" in text
    assert {name.lower() for name in settings} <= set(Settings.model_fields)


def test_the_guide_to_a_process_is_short() -> None:
    """With its blocks it is read in a few minutes."""
    assert len((GUIDES / OWN).read_text().split()) <= 900


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
    pages = new_app("guide")
    folder = tmp_path / "waiting"
    folder.mkdir()
    (folder / "page.html").write_text(template)
    pages.template_folder = str(tmp_path)
    pages.register_blueprint(made["waiting_page"](lambda: 3))
    answer = pages.test_client().get("/waiting")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "3 tickets are due." in answer.text
