"""A changed configuration is taken up while the bot runs, and a bad one is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.app import load_checked
from bot.config.load import Config
from bot.config.reload import Reloader
from bot.words.files import SHIPPED_TEMPLATES

ROOT = Path(__file__).parents[2]


class Watched:
    """A copy of the configuration, and what a reloader took up from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "config"
        shutil.copytree(ROOT / "config", self.folder)
        self.used: list[Config] = []
        self.reloader = Reloader((self.folder, SHIPPED_TEMPLATES), lambda: load_checked(self.folder), self.used.append)

    def change(self, file: str, old: str, new: str) -> None:
        """Edit a file and let the reloader check."""
        path = self.folder / file
        path.write_text(path.read_text().replace(old, new))
        self.reloader.check()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_nothing_is_read_again_while_nothing_changed(watched: Watched) -> None:
    """A check of unchanged folders takes nothing up."""
    watched.reloader.check()
    assert watched.used == []


def test_a_changed_file_is_taken_up(watched: Watched) -> None:
    """The next check takes it up."""
    watched.change("bot.yaml", "auto_advance: on", "auto_advance: off")
    assert [config.office.auto_advance for config in watched.used] == [False]


def test_a_bad_file_is_refused_and_reported_until_it_is_fixed(watched: Watched) -> None:
    """The old configuration is kept; every problem is kept for whoever asks."""
    watched.change("processes/dde.yaml", "next: create_securestor_folder", "next: nowhere")
    assert watched.used == []
    assert any("nowhere" in problem for problem in watched.reloader.problems)
    watched.change("processes/dde.yaml", "next: nowhere", "next: create_securestor_folder")
    assert (len(watched.used), watched.reloader.problems) == (1, ())


def test_an_own_template_is_taken_up(watched: Watched) -> None:
    """A file in the configuration's templates folder replaces the shipped one."""
    own = watched.folder / "templates/comments/dde/confirm_files.j2"
    own.parent.mkdir(parents=True)
    own.write_text("Can {{ district }} do it? Please answer CONFIRM.\n")
    watched.reloader.check()
    assert len(watched.used) == 1


def test_a_file_that_vanishes_while_it_looks_is_no_trouble(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process writes a calendar anew: its temporary file was there a moment ago."""
    passing = watched.folder / "calendars/.cli.yaml.7"
    listed = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda at, glob: [*listed(at, glob), *[passing][: at == watched.folder]])
    watched.reloader.check()
    watched.change("bot.yaml", "auto_advance: on", "auto_advance: off")
    assert len(watched.used) == 1
