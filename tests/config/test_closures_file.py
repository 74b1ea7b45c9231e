"""The bot's own file of unplanned closed days: what is written is read back, and nothing else in the folder changes."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from bot.config.closed_days import closed_days_of_year, runs_out
from bot.config.closures_file import Kept, one_writer, path_in, read_closures, write_closures
from bot.config.load import ConfigError, load
from bot.core.time.business_calendar import DayException
from bot.core.time.closures import Closure
from tests.small_office import write_office

AT = datetime(2026, 1, 9, 12, tzinfo=UTC)
STORM = Kept(Closure("cli", date(2026, 1, 12), None, "ice storm — “Ñandú”", "Lena", AT), None)
HALF_DAY = DayException(((time(8), time(12)), (time(13), time(0))), "Half day")
NOON = Kept(Closure("cli", date(2026, 1, 13), time(12), "no water", "557058:lena", AT), HALF_DAY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small office's configuration."""
    return write_office(tmp_path)


def test_what_is_written_is_read_back(folder: Path) -> None:
    """All of it, and it replaces what was there."""
    assert read_closures(folder) == ()
    write_closures(folder, [STORM, NOON])
    assert read_closures(folder) == (STORM, NOON)
    write_closures(folder, [NOON])
    assert read_closures(folder) == (NOON,)


def test_people_can_read_it_and_find_out_what_it_is(folder: Path) -> None:
    """Whoever may read the folder, root having made it or not; its text is plain."""
    before = sorted(path.name for path in path_in(folder).parent.iterdir())
    write_closures(folder, [STORM])
    found = path_in(folder).stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o644, folder.stat().st_uid)
    text = path_in(folder).read_text(encoding="utf-8")
    assert "ice storm — “Ñandú”" in text
    assert "calendar reopen" in json.loads(text)["about"]
    assert sorted(path.name for path in path_in(folder).parent.iterdir()) == sorted([*before, "closures.json"])


def test_only_one_copies_at_a_time(folder: Path) -> None:
    """The folder is locked until the one that copies is done; the lock leaves no file behind."""
    before = sorted(path.name for path in path_in(folder).parent.iterdir())
    number = os.open(path_in(folder).parent, os.O_RDONLY)
    with one_writer(folder), pytest.raises(BlockingIOError):
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(number)
    assert sorted(path.name for path in path_in(folder).parent.iterdir()) == before


def test_a_file_that_cannot_be_replaced_stays_whole(folder: Path) -> None:
    """The error says so, and no half-written file is left next to it."""
    path_in(folder).mkdir()  # so that nobody, not even root, can replace it
    (path_in(folder) / "full").touch()
    with pytest.raises(OSError, match=r"closures\.json"):
        write_closures(folder, [STORM])
    assert [name for name in os.listdir(path_in(folder).parent) if name.startswith(".closures")] == []


def test_commands_without_a_database_have_the_days_too(folder: Path) -> None:
    """They are among the year's days, beside what the office planned, and do not make its list last longer."""
    write_closures(folder, [replace(STORM, closure=replace(STORM.closure, day=date(2029, 1, 8)))])
    config = load(folder)
    calendar = config.calendars_with_closures["cli"]
    assert closed_days_of_year(calendar, 2029) == ["2029-01-08 Mon  ice storm — “Ñandú” (closed)"]
    planned = config.calendars["cli"]
    assert planned.hours_on(date(2029, 1, 8)) != ()
    assert runs_out(calendar, date(2027, 11, 1)) == runs_out(planned, date(2027, 11, 1)) is not None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"closures": [{"calendar": "cli"}]}', '{"closures": 7}', "\xff"])
def test_a_file_that_a_person_broke_is_a_problem_of_the_configuration(folder: Path, text: str) -> None:
    """It says what to do, and is not taken for an empty one."""
    path_in(folder).write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"closures\.json:1: the bot cannot read its list of closed days; delete it"):
        load(folder)
