"""`process diff` and `process release`, as an operator uses them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import Result

from bot.clock import SystemClock
from bot.config.load import load
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from tests.cli import test_main as operator

FILE = "config/processes/dde.yaml"
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An operator's folder: a configuration that speaks since an hour ago."""
    return operator.folder_in(tmp_path)


@pytest.fixture
def jira(folder: Path) -> Iterator[SandboxServer]:
    """A sandbox Jira in real time, with two tickets: one is asked whether it can produce the files, the other one's
    folder is being made."""
    site = Site(load(folder / "config").processes, SystemClock(), search_lag=timedelta(0))
    site.open_request(CARLA, "Lakeside ISD")
    other = site.open_request(CARLA, "Hillside ISD")
    site.transition(HANNA, other, "SecureStor Folder")
    with SandboxServer(site) as server:
        yield server


@pytest.fixture
def run(folder: Path, jira: SandboxServer) -> Run:
    """Runs a command; every ticket was reconciled once."""
    env = operator.environment(folder, jira)

    def command(*args: str) -> Result:
        return operator.bot(folder, env, *args)

    assert command("reconcile", "--all").exit_code == 0
    assert command("reconcile", "--all").exit_code == 0
    return command


def edited(folder: Path, old: str, new: str) -> Path:
    """A changed copy of the process file, elsewhere."""
    text = (folder / FILE).read_text()
    assert old in text
    copy = folder / "changed" / "dde.yaml"
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(text.replace(old, new))
    return copy


def test_a_diff_shows_goals_and_branches_and_applies_nothing(folder: Path, jira: SandboxServer, run: Run) -> None:
    """A ticket that nothing would happen to has no line."""
    changed = edited(
        folder,
        'goal: 20 business hours\n        subtask: "Create',
        'goal: 30 business hours\n        subtask: "Create',
    )
    text = changed.read_text().replace(
        "      files:  ", "      more: {party: help_center, subtask: More}\n      files:  "
    )
    changed.write_text(text)
    before = jira.site.version
    found = run("process", "diff", str(changed))
    assert found.exit_code == 0, found.output
    assert "DDE-2 (dde, create_securestor_folder)" in found.output
    assert "goal: 20 business hours -> 30 business hours" in found.output
    assert "due: " in found.output
    assert "new: more" in found.output
    assert "DDE-1" not in found.output
    assert "2 open tickets: 0 would be stranded, 1 would change otherwise." in found.output
    assert jira.site.version == before


@pytest.mark.parametrize("given", ["file", "folder"])
def test_a_diff_ends_with_1_where_a_ticket_would_be_stranded(folder: Path, run: Run, given: str) -> None:
    """With the reason, the way out, and the same as JSON."""
    changed = edited(folder, "create_securestor_folder", "make_folder")
    path = str(changed if given == "file" else changed.parent)
    found = run("process", "diff", path)
    assert found.exit_code == 1, found.output
    assert "! stranded: the step create_securestor_folder is gone. Put it back" in found.output
    found = run("process", "diff", path, "--json")
    assert found.exit_code == 1
    by_key = {one["key"]: one for one in json.loads(found.stdout)}
    assert by_key["DDE-1"]["stranded"] == []
    assert by_key["DDE-2"]["stranded"][0]["why"] == "the step create_securestor_folder is gone"
    assert by_key["DDE-2"]["goal"]["before"] == "20 business hours"


def test_a_bad_file_is_named_with_its_line(folder: Path, run: Run) -> None:
    """As `check` would say it."""
    changed = edited(folder, "next: quality_review", "next: nowhere")
    found = run("process", "diff", str(changed))
    assert found.exit_code == 2
    assert "nowhere" in found.output
    assert run("process", "diff", str(folder / "missing.yaml")).exit_code == 2
    (folder / "empty").mkdir()
    assert "no process file" in run("process", "diff", str(folder / "empty")).output


def test_release_takes_labels_and_due_days_off_with_one_note(folder: Path, jira: SandboxServer, run: Run) -> None:
    """Then the file may go; without it, the bot would have refused that."""
    site = jira.site
    assert site.issue("DDE-2").duedate is not None
    listed = run("process", "release", "dde", "--dry-run")
    assert "2 tickets (DDE-1, DDE-2)" in listed.output
    assert site.issue("DDE-2").duedate is not None

    assert run("process", "release", "dde").exit_code == 0
    assert site.issue("DDE-2").duedate is None
    for key in ("DDE-1", "DDE-2"):
        notes = [c for c in site.comments(key) if "without the bot" in c.body]
        assert [note.public for note in notes] == [False]
    said = [len(site.comments(key)) for key in ("DDE-1", "DDE-2")]
    run("reconcile", "--all")
    assert [len(site.comments(key)) for key in ("DDE-1", "DDE-2")] == said
    assert "0 tickets" in run("process", "release", "dde", "--dry-run").output


def test_a_release_can_be_taken_back(jira: SandboxServer, run: Run) -> None:
    """The tickets go on where they are."""
    run("process", "release", "dde")
    assert run("process", "release", "dde", "--undo").exit_code == 0
    assert jira.site.issue("DDE-2").duedate is not None


def test_an_unknown_process_is_named_with_the_nearest(run: Run) -> None:
    """And nothing is done."""
    found = run("process", "release", "dda")
    assert found.exit_code == 2
    assert 'did you mean "dde"?' in found.output


def test_check_names_the_tickets_that_a_changed_file_would_strand(folder: Path, run: Run) -> None:
    """Once the files were accepted by a start; a command alone accepts nothing."""
    changed = edited(folder, "create_securestor_folder", "make_folder")
    assert run("check").exit_code == 0
    operator.accept(folder)
    (folder / FILE).write_text(changed.read_text())
    found = run("check")
    assert found.exit_code == 2
    assert "the step create_securestor_folder is gone (DDE-2)" in found.output
    assert "Nothing was changed" in run("process", "release", "dde", "--dry-run").output


def test_without_any_process_file_commands_go_on_with_the_accepted_ones(folder: Path, run: Run) -> None:
    """As if the file had only been deleted by mistake."""
    operator.accept(folder)
    (folder / FILE).unlink()
    found = run("explain", "DDE-2")
    assert found.exit_code == 0, found.output
    assert "SecureStor" in found.output
