"""`pip install .`: the installed command works far from the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[2]
SOURCES = ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "bot", "templates", "config")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the bot in it; what it runs on is lent by the one of the tests."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=True)
    pip = [str(home / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, str(source)], check=True, timeout=300)
    site = sysconfig.get_path("purelib", vars={"base": str(home)})
    Path(site, "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def run(installed: Path, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a folder of its own, with an empty environment."""
    command = [str(installed / "bin/onboarding-bot"), *args]
    env = {"COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.slow
def test_the_installed_command_works_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    """It tells its version, proves the shipped example, and plays the demo's story to its end."""
    assert run(installed, tmp_path, "--version").stdout == f"onboarding-bot {bot.__version__}\n"
    checked = run(installed, tmp_path, "check")
    assert (checked.returncode, "example_config/ is good" in checked.stdout) == (0, True), checked.stderr
    told = run(installed, tmp_path, "demo", "--once")
    assert (told.returncode, "Jira holds what it should" in told.stdout) == (0, True), told.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_every_file_is_installed(installed: Path) -> None:
    """Code, templates, example configuration and the sandbox's pages: none is left in the checkout."""
    there = Path(sysconfig.get_path("purelib", vars={"base": str(installed)}), "bot")
    folders = {ROOT / "bot": there, ROOT / "templates": there / "templates", ROOT / "config": there / "example_config"}
    kept = [
        (path, to / path.relative_to(folder))
        for folder, to in folders.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name[0] != "."
    ]
    assert [str(path) for path, copy in kept if not copy.is_file()] == []


@pytest.mark.slow
def test_a_command_that_needs_a_configuration_says_where_the_example_is(installed: Path, tmp_path: Path) -> None:
    """`serve` and `doctor` never take the example for an office's own files."""
    done = run(installed, tmp_path, "doctor")
    assert done.returncode == 2
    assert "There is no folder config: set BOT_CONFIG" in done.stderr
    assert "example_config" in done.stderr
    assert sys.prefix not in done.stderr
