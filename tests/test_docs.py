"""The documentation, held against the code."""

from __future__ import annotations

import re
import shlex
import textwrap
import tomllib
from datetime import date
from pathlib import Path

import pytest
import typer
from pydantic import SecretStr
from typer.testing import CliRunner

import bot
from bot.app import build, load_checked
from bot.cli.main import app
from bot.config.branch_checks import DONE_BY
from bot.config.process_schema import (
    BranchModel,
    EscalationModel,
    FactModel,
    ProcessModel,
    RemindersModel,
    RevisionModel,
    StepModel,
)
from bot.config.settings import Settings
from bot.core.history.replies import KEYWORDS, STATUS
from bot.core.model.facts import ANY, ELSE, NONE, FactKind
from bot.core.model.ledger import CommandName
from bot.core.time.goals import Unit
from bot.web.factory import web_app

ROOT = Path(__file__).parent.parent
DOCS = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "docs").rglob("*.md")}
README = (ROOT / "README.md").read_text()
PAGES = {"README.md": README, "CONTRIBUTING.md": (ROOT / "CONTRIBUTING.md").read_text(), **DOCS}
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


# -- the README


def test_the_readme_is_short() -> None:
    """A reader decides in a few minutes; the specification is in docs/."""
    assert len(README.split()) <= 900


@pytest.mark.parametrize("page", PAGES)
def test_commands_are_shown_as_they_are_typed(page: str) -> None:
    """A line to type works as it stands, in a checkout after `make`, or installed."""
    lines = re.findall(r"^    (.*-m bot .*)$", PAGES[page], re.MULTILINE)
    assert [line for line in lines if not re.search(r"\.venv/bin/python -m bot", line)] == []
    typed = re.findall(r"(?:\.venv/bin/python -m bot|^    onboarding-bot|`onboarding-bot) +([a-z]+)", PAGES[page], re.M)
    assert [name for name in typed if name not in COMMANDS] == []


# -- what is described


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_described(name: str) -> None:
    """A command that nobody can find is not there."""
    assert re.search(rf"`{name}[ `]", DOCS["docs/commands.md"])


@pytest.mark.parametrize("name", CommandName)
def test_every_command_of_staff_is_described(name: CommandName) -> None:
    """In the table of what staff can type into Jira."""
    assert re.search(rf"`/{name}[ `]", DOCS["docs/commands.md"])


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_described(name: str) -> None:
    """Each setting is named, as the environment spells it."""
    assert f"`{name.upper()}`" in DOCS["docs/settings.md"]


def test_no_setting_is_described_that_is_gone() -> None:
    """The table of settings holds nothing but settings."""
    rows = re.findall(r"^\| (`[A-Z].*?) \|", DOCS["docs/settings.md"], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert named == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", KEYWORDS)
def test_every_reply_is_described(name: str) -> None:
    """The keyword where a person looks, and its name where a process file's author does."""
    assert f"`{KEYWORDS[name]}`" in DOCS["docs/specification.md"]
    assert name == STATUS or f"`{name}`" in DOCS["docs/process-files.md"]


def test_every_page_is_described(tmp_path: Path) -> None:
    """Each address that the bot answers is in the table of its pages."""
    settings = Settings(
        jira_url="https://jira.example.org",
        jira_pat=SecretStr("only for this test"),
        jira_webhook_secret=SecretStr("only for this test"),
        database_url=SecretStr(f"sqlite:///{tmp_path}/bot.db"),
    )
    made = build(settings, load_checked(ROOT / "config"))
    rules = {rule.rule for rule in web_app(made).url_map.iter_rules()}
    made.agenda.close()
    made.store.close()
    page = DOCS["docs/specification.md"]
    assert {rule for rule in rules if not re.search(rf"[ `]{re.escape(rule)}`", page)} == set()


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)))
)
def test_every_make_target_is_described(target: str) -> None:
    """What `make` can do is in the page on commands."""
    assert target == "help" or f"`make {target}`" in DOCS["docs/commands.md"]


# -- what is named


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_a_page_names_is_there(page: str) -> None:
    """`make demo` on a page is a target of the Makefile."""
    named = set(re.findall(r"`(?:[A-Z_]+=\S+ )?make ([a-z-]+)", PAGES[page]))
    makefile = (ROOT / "Makefile").read_text()
    assert {one for one in named if not re.search(rf"^{one}:", makefile, re.MULTILINE)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    """Folders and files of the project that a page names exist."""
    if page.startswith("docs/guides/"):
        return  # a guide names files that its reader will make
    named = re.findall(r"`((?:bot|config|templates|tests|docs)/[\w./*-]*)`", PAGES[page])
    assert [one for one in named if not list(ROOT.glob(one.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_another_page_leads_somewhere(page: str) -> None:
    """A relative link is a file or folder, as seen from the page that has it."""
    linked = re.findall(r"\]\((?!https?://|#)([^)#]+)", PAGES[page])
    here = (ROOT / page).parent
    assert [one for one in linked if not (here / one).exists()] == []


@pytest.mark.parametrize("page", sorted(name for name in DOCS if "/decisions/" not in name))
def test_every_page_is_linked(page: str) -> None:
    """From the README a reader finds every page."""
    assert f"]({page})" in README


# -- versions


def test_one_version_everywhere() -> None:
    """The package, what is installed, and the newest version in the changelog."""
    changelog = (ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\S+)$", changelog, re.MULTILINE)
    assert versions[0][0] == bot.__version__
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == bot.__version__
    days = [date.fromisoformat(day) for _, day in versions]
    assert days == sorted(days, reverse=True)


# -- what is printed


def test_the_table_of_the_page_on_business_time_is_what_the_command_prints() -> None:
    """The command that stands before it, run with the shipped calendar."""
    page = DOCS["docs/business-time.md"]
    typed = r"^    \.venv/bin/python -m bot (time explain .*)\n\n((?:    .*\n|\n)+)"
    args, printed = re.findall(typed, page, re.MULTILINE)[0]
    done = CliRunner().invoke(app, [*shlex.split(args), "--config", str(ROOT / "config")])
    assert done.exit_code == 0
    assert textwrap.dedent(printed).strip() == done.output.strip()


SECTIONS = {
    "The process": ProcessModel,
    "A fact": FactModel,
    "A step": StepModel,
    "A branch": BranchModel,
    "A revision": RevisionModel,
    "An escalation": EscalationModel,
    "Reminders": RemindersModel,
}


@pytest.mark.parametrize("title", SECTIONS)
def test_the_grammar_of_process_files_is_the_one_in_use(title: str) -> None:
    """Each key is described once, none is gone, and the star stands where the key must be there."""
    section = DOCS["docs/process-files.md"].split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    described = dict(re.findall(r"^\| `(\w+)`( \*)? \|", section, re.MULTILINE))
    fields = {field.alias or name: field for name, field in SECTIONS[title].model_fields.items()}
    assert {name: bool(star) for name, star in described.items()} == {n: f.is_required() for n, f in fields.items()}


@pytest.mark.parametrize("word", [*DONE_BY, *FactKind, ANY, NONE, ELSE, "by", *(unit.value for unit in Unit)])
def test_every_word_of_process_files_is_described(word: str) -> None:
    """What can stand as a value: replies, kinds of facts, words of conditions, and units."""
    assert re.search(rf"\b{word}\b", DOCS["docs/process-files.md"])
