"""Moments and lengths of time as staff read them, in the calendar's zone and without rounding."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.time.formatting import clock_at, day_at, day_before, day_name, exact, length, midnight, moment, time_range
from tests.core.world import CLI

SUMMER = datetime(2026, 7, 14, 20, 30, tzinfo=UTC)  # half past three in Texas
MIDNIGHT = datetime(2026, 7, 15, 5, tzinfo=UTC)


def test_a_moment_is_in_the_offices_zone() -> None:
    """To the minute or, where it is to be exact, with what there is of seconds."""
    assert moment(SUMMER, CLI) == exact(SUMMER, CLI) == "Tue 2026-07-14 15:30 CDT"
    later = SUMMER + timedelta(seconds=7, milliseconds=50)
    assert moment(later, CLI) == "Tue 2026-07-14 15:30 CDT"
    assert exact(later, CLI) == "Tue 2026-07-14 15:30:07.05 CDT"
    assert clock_at(SUMMER + timedelta(seconds=40), CLI) == "15:30:40 CDT"
    assert clock_at(SUMMER + timedelta(microseconds=1), CLI) == "15:30:00.000001 CDT"


@pytest.mark.parametrize(
    ("begin", "end", "text"),
    [
        ((7, 14, 13, 0), (7, 14, 22, 0), "08:00-17:00 CDT"),
        ((1, 14, 14, 0), (1, 14, 23, 30), "08:00-17:30 CST"),
        ((3, 8, 7, 0), (3, 8, 9, 0), "01:00 CST-04:00 CDT"),  # the clocks go forward at two
        ((11, 1, 6, 0), (11, 1, 9, 0), "01:00 CDT-03:00 CST"),  # and back at two
        ((3, 8, 7, 0), (3, 8, 8, 0), "01:00-02:00 CST"),  # its end is in the time that was until then
        ((7, 14, 13, 0), (7, 15, 5, 0), "08:00-24:00 CDT"),
        ((7, 14, 5, 0), (7, 14, 6, 0), "00:00-01:00 CDT"),
    ],
)
def test_a_range_names_each_zone_once(begin: tuple[int, ...], end: tuple[int, ...], text: str) -> None:
    """Both where the clocks change in it; the midnight that ends a day is 24:00."""
    first, last = (datetime(2026, *at, tzinfo=UTC) for at in (begin, end))  # type: ignore[arg-type]
    assert time_range(first, last, CLI) == text


def test_the_day_of_a_moment() -> None:
    """A closing at midnight belongs to the day that it ends, an opening to the one that it begins."""
    assert (day_before(MIDNIGHT, CLI), day_at(MIDNIGHT, CLI)) == (date(2026, 7, 14), date(2026, 7, 15))
    assert midnight(date(2026, 7, 15), CLI) == MIDNIGHT
    assert day_name(date(2026, 7, 4)) == "Sat 2026-07-04"


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ({}, "0 h 00 min"),
        ({"minutes": 59}, "0 h 59 min"),
        ({"minutes": 60}, "1 h 00 min"),
        ({"days": 1, "hours": 2}, "26 h 00 min"),
        ({"minutes": 79, "seconds": 47, "milliseconds": 655}, "1 h 19 min 47.655 s"),
        ({"seconds": 5}, "0 h 00 min 05 s"),
        ({"microseconds": 10}, "0 h 00 min 00.00001 s"),
    ],
)
def test_a_length_of_time(time: dict[str, float], text: str) -> None:
    """In hours and minutes, and with seconds if there are any."""
    assert length(timedelta(**time)) == text
