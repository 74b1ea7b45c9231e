"""The plain day loop of the benchmarks, held against our calendar: two ways to reckon that share no code."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from benchmarks.day_loop import DayLoop, Hours
from bot.core.time.business_calendar import Calendar, DayException
from bot.core.time.goals import Goal, Unit

CHICAGO = "America/Chicago"
LUNCH: Hours = ((time(8), time(12)), (time(13), time(17)))
NIGHT: Hours = ((time(0), time(6)), (time(22), time(0)))
CLOSED, HALF_DAY = date(2026, 12, 25), date(2026, 12, 24)


def both(day: Hours, days: range) -> tuple[Calendar, DayLoop]:
    """One office, told to our calendar and to the loop."""
    week = dict.fromkeys(days, day)
    half = day[:1]
    calendar = Calendar(
        "office", CHICAGO, "Central Time", week, {CLOSED: "Christmas"}, {HALF_DAY: DayException(half, "half day")}
    )
    return calendar, DayLoop(ZoneInfo(CHICAGO), week, {CLOSED: (), HALF_DAY: half})


STARTS = [
    datetime.fromisoformat(text).astimezone(UTC)
    for text in (
        "2026-03-06T15:30-06:00",  # the Friday before the spring change
        "2026-03-08T01:30-06:00",  # half an hour before it
        "2026-10-31T23:15-05:00",  # the night of the autumn change
        "2026-12-23T12:30-06:00",  # in a lunch break, before a half day and a closed day
        "2026-12-26T09:00-06:00",  # a Saturday
    )
]


@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize(("day", "days"), [(LUNCH, range(5)), (NIGHT, range(7))], ids=["lunch", "night"])
def test_the_day_loop_agrees_with_our_calendar(day: Hours, days: range, start: datetime) -> None:
    """What is timed side by side answers the same, over both changes of the clock, a break and a half day."""
    calendar, loop = both(day, days)
    for count in (1, 8, 20, 200):
        due = loop.due(start, timedelta(hours=count))
        assert due == calendar.due(start, Goal(count, count, Unit.BUSINESS_HOURS))
        assert loop.elapsed(start, due) == calendar.elapsed(start, due) == timedelta(hours=count)
        assert loop.due_days(start, count) == calendar.due(start, Goal(count, count, Unit.BUSINESS_DAYS))
