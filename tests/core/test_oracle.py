"""Business time answers as a walk along the wall clock does; and the walk itself is as simple as it claims."""

from __future__ import annotations

import re
import subprocess
import sys
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.core.minute_walker import MINUTE, Hours, MinuteWalker, moment_of, number_of
from tests.core.oracle import cases, kinds_of, replay, run
from tests.core.oracle_cases import ODD_DAYS, STARTS, ZONES, observed, office_of, zone_changes

# As many as a test run can wait for, in parts that run side by side. `make oracle` asks a hundred thousand.
PARTS = [range(first, first + 200) for first in range(0, 1200, 200)]


@pytest.mark.parametrize("numbers", PARTS, ids=str)
def test_agrees_with_a_walk_along_the_wall_clock(numbers: range) -> None:
    """Every question of every case has one answer, whoever is asked."""
    _, wrong = run("test", numbers.start, numbers.stop)
    assert not wrong, "\n".join(map(str, wrong))


def test_the_cases_have_every_zone_unit_and_kind_of_start() -> None:
    """What a hundred thousand cases are said to hold is in the small run too."""
    found = {kind for case in cases("test", 0, PARTS[-1].stop) for kind in kinds_of(case)}
    units = {"business hours", "business days", "hours", "days", "weeks", "months"}
    expected = (
        {f"zone {zone}" for zone in ZONES} | {f"unit {unit}" for unit in units} | {f"start {at}" for at in STARTS}
    )
    assert found == expected | {"week office", "week mixed", "week always", "a range", "seconds"}


def test_the_offices_have_what_makes_calendars_hard() -> None:
    """Holidays kept on another day, also in another year; long closures; extra Saturdays; a day that never was."""
    offices = [office_of("test", group) for group in range(80)]
    assert observed(date(2011, 1, 1)) == date(2010, 12, 31)
    closed = [sorted(office.closed) for office in offices]
    assert any(day.month == 12 and day.day == 31 and day.weekday() == 4 for days in closed for day in days)
    in_a_row = [len([1 for a, b in pairwise(days) if b - a == timedelta(1)]) for days in closed]
    assert max(in_a_row) >= 13
    assert any(day.weekday() == 5 and hours for office in offices for day, hours in office.exceptions.items())
    assert any(office.exceptions.keys() & office.closed for office in offices)
    apia = [office for office in offices if office.zone == "Pacific/Apia"]
    assert any(office.year == 2011 for office in apia)
    assert zone_changes("Pacific/Apia", 2011)[-1] == date(2011, 12, 30)
    assert zone_changes("America/Chicago", 2026) == (date(2026, 3, 8), date(2026, 11, 1))
    assert zone_changes("America/Phoenix", 2026) == ()


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Chicago", date(2026, 3, 8)),
        ("America/Chicago", date(2026, 11, 1)),
        ("Asia/Kolkata", date(2026, 2, 27)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Pacific/Apia", date(2011, 12, 30)),
        ("America/St_Johns", date(2010, 11, 7)),  # there the clocks went back at 00:01, into the day before
    ],
)
@pytest.mark.parametrize(
    "name", ["odd minutes", "a few minutes", "across a change", "around a change", "around the clock"]
)
def test_strides_skip_nothing(zone: str, day: date, name: str) -> None:
    """Strides of a quarter or a day find the same open minutes as steps of a minute."""
    walker = MinuteWalker(zone, dict.fromkeys(range(7), ODD_DAYS[name]), {})
    first = number_of(datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=22))[0] + 7
    steps = [minute for minute in range(first, first + 2880) if stepped_on(zone, ODD_DAYS[name], minute)]
    start, end = moment_of(first), moment_of(first + 2880)
    found = walker.intervals(start, end)
    assert walker.elapsed(start, end) == sum((b - a for a, b in found), timedelta()) == len(steps) * MINUTE
    assert [a for a, _ in found] == [moment_of(b) for a, b in pairwise([0, *steps]) if b - a > 1]
    for count in range(1, len(steps), 7):
        assert walker.after(start, count * MINUTE) == moment_of(steps[count - 1] + 1)
    for minute in range(steps[0] + 1, steps[-1], 11):
        i = bisect_left(steps, minute)
        assert walker.next_open(moment_of(minute)) == moment_of(steps[i])
        assert walker.pulled_back(moment_of(minute)) == moment_of(steps[i - 1] + 1)


def stepped_on(zone: str, kept: Hours, minute: int) -> bool:
    """Whether a minute is open, asked of nothing but the zone and the hours."""
    clock = moment_of(minute).astimezone(ZoneInfo(zone)).time()
    return any(a <= clock and (clock < b or b == time(0)) for a, b in kept)


def test_a_difference_can_be_replayed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A difference names its case, the question, both answers and what the calendar holds near by."""
    monkeypatch.setattr(MinuteWalker, "next_open", lambda walker, at: at - MINUTE)
    _, wrong = run("test", 3, 4)
    report = (
        r"case 3: next_open\n  walked .+\n  found  .+\n  America/Chicago, start \d{4}-.+\n  week .+\n  near the start"
    )
    assert re.match(report, str(wrong[0]))
    assert replay("test", 3) == 1
    assert re.match(report, capsys.readouterr().out)


def test_the_runner_says_how_many_and_fails_on_a_difference() -> None:
    """What `make oracle` calls prints cases, differences and seconds."""
    asked = [sys.executable, "-m", "tests.core.oracle", "--cases", "60", "--seed", "test"]
    done = subprocess.run(asked, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.match(r"60 cases, 0 differences, \d+\.\d seconds \(seed test,", done.stdout.splitlines()[-1])
