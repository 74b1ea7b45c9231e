"""The documentation, held against the code."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.cli.main import app
from bot.config.schema import (
    BranchModel,
    EscalationModel,
    ProcessModel,
    RemindersModel,
    RevisionModel,
    StepModel,
)
from bot.config.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_readme(name: str) -> None:
    """A command that nobody can find is not there."""
    assert re.search(rf"`{name}[ `]", README)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(name: str) -> None:
    """Each setting is named, as the environment spells it."""
    assert f"`{name.upper()}`" in README


def test_the_readme_names_no_setting_that_is_gone() -> None:
    """The table of settings holds nothing but settings."""
    table = README[README.index("| setting |") : README.index("3. **The configuration.**")]
    named = {
        n for row in table.splitlines()[2:] for n in re.findall(r"`([A-Z_]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert named == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("page", ["README.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))])
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    """Folders and files of the project that a page names exist."""
    text = (ROOT / page).read_text()
    named = re.findall(r"`((?:bot|config|templates|tests|docs)/[\w./*-]*)`", text)
    assert [one for one in named if not list(ROOT.glob(one.rstrip("/")))] == []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)", README))))
def test_every_make_target_that_the_readme_names_is_there(target: str) -> None:
    """`make demo` in the README is a target of the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_table_of_the_page_on_business_time_is_what_the_command_prints() -> None:
    """The command that stands before it, run with the shipped calendar."""
    page = (ROOT / "docs/business-time.md").read_text()
    args, printed = re.findall(r"^    python -m bot (time explain .*)\n\n((?:    .*\n|\n)+)", page, re.MULTILINE)[0]
    done = CliRunner().invoke(app, [*shlex.split(args), "--config", str(ROOT / "config")])
    assert done.exit_code == 0
    assert textwrap.dedent(printed).strip() == done.output.strip()


GRAMMAR = (ROOT / "docs/process-files.md").read_text()
SECTIONS = {
    "The process": ProcessModel,
    "A step": StepModel,
    "A branch": BranchModel,
    "A revision": RevisionModel,
    "An escalation": EscalationModel,
    "Reminders": RemindersModel,
}


@pytest.mark.parametrize("title", SECTIONS)
def test_the_grammar_of_process_files_is_the_one_in_use(title: str) -> None:
    """Each key is described once, none is gone, and the star stands where the key must be there."""
    section = GRAMMAR.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    described = dict(re.findall(r"^\| `(\w+)`( \*)? \|", section, re.MULTILINE))
    fields = SECTIONS[title].model_fields
    assert {name: bool(star) for name, star in described.items()} == {n: f.is_required() for n, f in fields.items()}
