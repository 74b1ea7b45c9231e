"""Folders of configuration that a test may spoil, and what is then wrong with them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config.load import ConfigError, load

ODS = Path(__file__).parent / "ods"


@pytest.fixture
def ods(tmp_path: Path) -> Path:
    """A copy of a configuration with one process that uses facts throughout."""
    return Path(shutil.copytree(ODS, tmp_path / "ods"))


@pytest.fixture
def ods_change(ods: Path) -> Callable[[str, str], int]:
    """Replaces a text in the process file, and returns the line on which the new one ends."""

    def change(old: str, new: str) -> int:
        path = ods / "processes/ods.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return (text[: text.index(old)] + new.rstrip("\n")).count("\n") + 1

    return change


@pytest.fixture
def ods_problems(ods: Path) -> Callable[[], list[str]]:
    """What is wrong with the folder, as a person reads it, files named from the folder on."""

    def found() -> list[str]:
        with pytest.raises(ConfigError) as error:
            load(ods)
        return [str(problem).replace(f"{ods}/", "") for problem in error.value.problems]

    return found
