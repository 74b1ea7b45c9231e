"""An exception is written into a calendar's YAML, and everything else in the file stays as it was, to the byte."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
from datetime import date, time
from pathlib import Path

import pytest

from bot.config.calendar_file import NotWritten, find, write
from bot.config.load import calendar_from
from bot.core.time.business_calendar import DayException
from bot.core.time.closures import with_day
from tests.small_office import CALENDAR

ROOT = Path(__file__).parents[2]
DAY = date(2026, 12, 4)
STORM = DayException((), "ice storm")
HALF = DayException(((time(8), time(12)),), "ice storm")
BLOCK = """# A calendar.
calendar: cli
zone: America/Chicago
spoken: Central Time
exceptions:   # days that differ
  # the school year
  "2026-08-15": {name: 'Saturday', open: 9:00-13:00}  # as every year
  2026-12-23:
    name: Half day   # before Christmas
    open: 8:00-12:00

  # and what comes after
week: {monday: 8:00-17:00, friday: 8:00-17:00}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration's folder with room for calendars."""
    (tmp_path / "calendars").mkdir()
    return tmp_path


def written(folder: Path, text: str, day: date = DAY, exception: DayException = STORM) -> str:
    """Write an exception into a file of that text; the new text, which must mean the old one and the exception."""
    path = folder / "calendars/the-office.yaml"
    path.write_bytes(text.encode())
    file = find(folder, "cli")
    assert file is not None
    write(file, day, exception)
    assert calendar_from(path) == with_day(file.calendar, day, exception)
    assert [p.name for p in (folder / "calendars").iterdir()] == [path.name]
    return path.read_bytes().decode()


def changes(old: str, new: str) -> list[str]:
    """The lines that were taken out and put in."""
    found = difflib.ndiff(old.splitlines(keepends=True), new.splitlines(keepends=True))
    return [line for line in found if line[0] in "+-"]


def test_the_shipped_calendar_gets_two_lines(folder: Path) -> None:
    """Its `exceptions:` are commented out: the block begins below that comment, and all else stays."""
    text = (ROOT / "config/calendars/cli.yaml").read_text()
    new = written(folder, text)
    assert new == text + "exceptions:\n  2026-12-04: {name: ice storm, open: []}\n"
    assert changes(new, written(folder, new, date(2026, 12, 7), HALF)) == [
        "+   2026-12-07: {name: ice storm, open: 8:00-12:00}\n"
    ]


@pytest.mark.parametrize(
    ("day", "after"),
    [
        (date(2026, 1, 2), "exceptions:   # days that differ\n"),
        (date(2026, 12, 4), "as every year\n"),
        (date(2027, 1, 4), "    open: 8:00-12:00\n"),
    ],
)
def test_a_line_goes_between_its_neighbours(folder: Path, day: date, after: str) -> None:
    """In the order of the days, where the block has one."""
    new = written(folder, BLOCK, day)
    line = f"  {day}: {{name: ice storm, open: []}}\n"
    assert new == BLOCK.replace(after, after + line)


def test_a_day_that_is_there_is_replaced(folder: Path) -> None:
    """Its key, its quotes and the comment behind it stay."""
    assert changes(BLOCK, written(folder, BLOCK, date(2026, 8, 15))) == [
        "-   \"2026-08-15\": {name: 'Saturday', open: 9:00-13:00}  # as every year\n",
        '+   "2026-08-15": {name: ice storm, open: []}  # as every year\n',
    ]
    new = written(folder, BLOCK, date(2026, 12, 23), HALF)
    assert "  2026-12-23: {name: ice storm, open: 8:00-12:00}  # before Christmas\n\n  # and what comes after\n" in new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("exceptions:", "exceptions:\n  2026-12-04: {name: ice storm, open: []}\n"),
        ("exceptions: # none\n", "exceptions: # none\n  2026-12-04: {name: ice storm, open: []}\n"),
        ("exceptions: {}\n", "exceptions: {2026-12-04: {name: ice storm, open: []}}\n"),
        (
            "exceptions: {2026-08-15: {name: Saturday, open: 9:00-13:00}}\n",
            "exceptions: {2026-12-04: {name: ice storm, open: []}, 2026-08-15: {name: Saturday, open: 9:00-13:00}}\n",
        ),
        (
            "exceptions:\n  2026-08-15: {name: Saturday, open: 9:00-13:00}",
            "exceptions:\n  2026-08-15: {name: Saturday, open: 9:00-13:00}\n"
            "  2026-12-04: {name: ice storm, open: []}\n",
        ),
        ("holidays:", "holidays:\n\nexceptions:\n  2026-12-04: {name: ice storm, open: []}\n"),
        ("", "\nexceptions:\n  2026-12-04: {name: ice storm, open: []}\n"),
    ],
)
def test_other_ways_to_write_exceptions(folder: Path, old: str, new: str) -> None:
    """Empty, in braces, at the end without a line's end, or not there at all."""
    head = "calendar: cli\nzone: America/Chicago\nspoken: Central Time\nweek: {monday: 8:00-17:00}\n"
    assert written(folder, head + old) == head + new


def test_the_ends_of_lines_are_kept(folder: Path) -> None:
    """A file from Windows stays one."""
    crlf = BLOCK.replace("\n", "\r\n")
    new = written(folder, crlf)
    assert new.replace("\r\n", "") == new.replace("\n", "").replace("\r", "")
    assert changes(crlf, new) == ["+   2026-12-04: {name: ice storm, open: []}\r\n"]
    bare = CALENDAR.strip("\n").replace("\n", "\r\n")
    assert written(folder, bare) == bare + "\r\n\r\nexceptions:\r\n  2026-12-04: {name: ice storm, open: []}\r\n"


@pytest.mark.parametrize(
    "name",
    ["O'Neil: {no power}, #1", "null", "yes", "2026", "- x", "Schnee & Eis, Müller 😀", "[x]", "a\\b", '"'],
)
def test_any_reason_can_be_read_back(folder: Path, name: str) -> None:
    """What means something in YAML is quoted."""
    hours = ((time(8), time(12)), (time(13), time(0)))
    assert "open: [8:00-12:00, 13:00-24:00]" in written(folder, BLOCK, DAY, DayException(hours, name))


@pytest.mark.parametrize(
    "odd",
    [
        "exceptions: &same\n  2026-01-02: &x {name: a, open: []}\n  2026-12-04: *x\nspoken: Central Time\n",
        "exceptions: ~\nspoken: Central Time\n",
        "spoken: Central Time\n...\n",
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone(folder: Path, odd: str) -> None:
    """An alias, a null that is written out, an end of the document: a person must do it."""
    path = folder / "calendars/cli.yaml"
    path.write_text(f"calendar: cli\nzone: America/Chicago\nweek: {{monday: 8:00-17:00}}\n{odd}")
    before = path.read_bytes()
    file = find(folder, "cli")
    assert file is not None
    with pytest.raises(NotWritten):
        write(file, DAY, STORM)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_file_keeps_its_mode_and_its_place(folder: Path) -> None:
    """A link stays a link, and what it leads to is written."""
    real = folder / "real.yaml"
    real.write_text(BLOCK)
    real.chmod(0o640)
    (folder / "calendars/cli.yaml").symlink_to(real)
    file = find(folder, "cli")
    assert file is not None
    write(file, DAY, STORM)
    assert "ice storm" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert (folder / "calendars/cli.yaml").is_symlink()


def test_the_file_is_found_by_what_it_says(folder: Path) -> None:
    """Its name does not matter; one that cannot be read is no calendar's file."""
    shutil.copy(ROOT / "config/calendars/cli.yaml", folder / "calendars/texas.yaml")
    file = find(folder, "cli")
    assert file is not None
    assert file.path.name == "texas.yaml"
    assert find(folder, "other") is None
    file.path.write_text("calendar: cli\nzone: [")
    assert find(folder, "cli") is None


def test_a_file_that_is_gone_is_no_failure_of_its_own(folder: Path) -> None:
    """It is one more reason why a person must do it."""
    (folder / "calendars/cli.yaml").write_text(BLOCK)
    file = find(folder, "cli")
    assert file is not None
    os.unlink(file.path)
    with pytest.raises(NotWritten, match="No such file"):
        write(file, DAY, STORM)
