"""The ways to reckon business time that are measured, each told the same office as its documentation says is best."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from benchmarks.day_loop import DayLoop
from bot.core.time.business_calendar import Calendar, Hours
from bot.core.time.goals import Goal, Unit

OURS = "ours"


class CannotSay(ValueError):
    """The library has no word for this; the text says for what."""


class Rival(Protocol):
    """One way to reckon. `due` and `elapsed` are what is timed; what they take and give is the library's own, made
    by `moment` and `goal` before the clock runs, and read by `told` after it."""

    def moment(self, at: datetime) -> Any:
        """An aware moment as the library likes it best."""

    def goal(self, goal: Goal) -> Any:
        """A goal in business hours or days; CannotSay where there is no such thing."""

    def due(self, start: Any, goal: Any) -> Any:
        """When a goal is due."""

    def elapsed(self, start: Any, end: Any) -> Any:
        """The open time between two moments."""

    def told(self, answer: Any) -> datetime | timedelta:
        """An answer as a moment in UTC, or as a time."""


class Ours:
    """The calendar of this project. Moments are in UTC, as Jira's are after reading."""

    name = OURS

    def __init__(self, calendar: Calendar) -> None:
        self.due, self.elapsed = calendar.due, calendar.elapsed

    def moment(self, at: datetime) -> datetime:
        return at.astimezone(UTC)

    def goal(self, goal: Goal) -> Goal:
        return goal

    def told(self, answer: datetime | timedelta) -> datetime | timedelta:
        return answer


class PlainLoop:
    """The loop over days of `day_loop.py`."""

    name = "day loop"

    def __init__(self, calendar: Calendar) -> None:
        self._loop = DayLoop(ZoneInfo(calendar.zone), calendar.week, special_days(calendar))
        self.elapsed = self._loop.elapsed

    def moment(self, at: datetime) -> datetime:
        return at.astimezone(UTC)

    def goal(self, goal: Goal) -> timedelta | int:
        return timedelta(hours=goal.high) if goal.unit is Unit.BUSINESS_HOURS else goal.high

    def due(self, start: datetime, goal: timedelta | int) -> datetime:
        return self._loop.due_days(start, goal) if isinstance(goal, int) else self._loop.due(start, goal)

    def told(self, answer: datetime | timedelta) -> datetime | timedelta:
        return answer


class BusinessTimeDelta:
    """businesstimedelta: a WorkDayRule for each group of weekdays, a LunchTimeRule for each break, a HolidayRule for
    the closed days; all in the office's pytz zone, and so are the moments. Dates with hours of their own it has not.

    Of what HolidayRule takes, a set is asked fastest: faster than a list or an object of the holidays library."""

    name = "businesstimedelta"

    def __init__(self, calendar: Calendar) -> None:
        import businesstimedelta as library
        import pytz

        self._library, self._zone = library, pytz.timezone(calendar.zone)
        by_hours: dict[Hours, list[int]] = {}
        for weekday, hours in calendar.week.items():
            by_hours.setdefault(hours, []).append(weekday)
        rules = []
        for hours, days in by_hours.items():
            ends = hours[-1][1] if hours[-1][1] > time() else time.max  # it knows no 24:00
            rules.append(library.WorkDayRule(hours[0][0], ends, days, tz=self._zone))
            for (_, closes), (opens, _) in pairwise(hours):
                rules.append(library.LunchTimeRule(closes, opens, days, tz=self._zone))
        if closed := frozenset(closed_days(calendar)):
            rules.append(library.HolidayRule(closed, tz=self._zone))
        self._rules = library.Rules(rules)
        self.due, self.elapsed = operator.add, self._rules.difference

    def moment(self, at: datetime) -> datetime:
        return at.astimezone(self._zone)

    def goal(self, goal: Goal) -> Any:
        if goal.unit is not Unit.BUSINESS_HOURS:
            raise CannotSay(f"a goal in {goal.unit.value}")
        return self._library.BusinessTimeDelta(self._rules, hours=goal.high)

    def told(self, answer: Any) -> datetime | timedelta:
        told: datetime | timedelta = answer
        if isinstance(answer, self._library.BusinessTimeDelta):
            told = answer.timedelta
        return told.astimezone(UTC) if isinstance(told, datetime) else told


class Pandas:
    """pandas: CustomBusinessHour and CustomBusinessDay with weekmask, holidays and, for a break, lists of openings
    and closings; Timestamps in the office's zone. It has no elapsed: the hours of a date_range are counted."""

    name = "pandas"

    def __init__(self, calendar: Calendar) -> None:
        import pandas

        self._pandas, self._zone = pandas, ZoneInfo(calendar.zone)
        self._days = {"weekmask": weekmask(calendar), "holidays": closed_days(calendar)}
        hours = same_hours(calendar)
        self._hours = {**self._days, "start": [o for o, _ in hours], "end": [c for _, c in hours]}
        self._one_hour = pandas.offsets.CustomBusinessHour(**self._hours)
        self.due = operator.add

    def moment(self, at: datetime) -> Any:
        return self._pandas.Timestamp(at).tz_convert(self._zone)

    def goal(self, goal: Goal) -> Any:
        if goal.unit is Unit.BUSINESS_DAYS:
            return self._pandas.offsets.CustomBusinessDay(goal.high, **self._days)
        return self._pandas.offsets.CustomBusinessHour(goal.high, **self._hours)

    def elapsed(self, start: Any, end: Any) -> int:
        return len(self._pandas.date_range(start, end, freq=self._one_hour)) - 1

    def told(self, answer: Any) -> datetime | timedelta:
        if isinstance(answer, int):
            return timedelta(hours=max(answer, 0))
        return answer.to_pydatetime().astimezone(UTC)  # type: ignore[no-any-return]


class NumpyCount:
    """numpy.busday_count for the whole days and the two ends by hand, on wall times: the fastest that the business
    days behind pandas allow, for an office with one interval a day. It has no due."""

    name = "numpy by hand"

    def __init__(self, calendar: Calendar) -> None:
        import numpy

        hours = same_hours(calendar)
        if len(hours) > 1:
            raise CannotSay("more than one interval a day")
        self._zone, self._count, self._is_open = ZoneInfo(calendar.zone), numpy.busday_count, numpy.is_busday
        self._days = numpy.busdaycalendar(weekmask(calendar), closed_days(calendar))
        self._opens = _since_midnight(hours[0][0])
        self._length = (_since_midnight(hours[0][1]) or timedelta(days=1)) - self._opens

    def moment(self, at: datetime) -> datetime:
        return at.astimezone(self._zone).replace(tzinfo=None)

    def goal(self, goal: Goal) -> Any:
        raise CannotSay("when a goal is due")

    def due(self, start: Any, goal: Any) -> Any:
        raise CannotSay("when a goal is due")

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        whole = int(self._count(start.date(), end.date(), busdaycal=self._days))
        return whole * self._length + self._into(end) - self._into(start)

    def _into(self, at: datetime) -> timedelta:
        if not self._is_open(at.date(), busdaycal=self._days):
            return timedelta()
        return min(max(_since_midnight(at.time()) - self._opens, timedelta()), self._length)

    def told(self, answer: timedelta) -> timedelta:
        return answer


RIVALS: Mapping[str, Callable[[Calendar], Rival]] = {
    Ours.name: Ours,
    BusinessTimeDelta.name: BusinessTimeDelta,
    Pandas.name: Pandas,
    NumpyCount.name: NumpyCount,
    PlainLoop.name: PlainLoop,
}


def special_days(calendar: Calendar) -> dict[date, Hours]:
    """The dates that differ from their week, with their hours."""
    closed: dict[date, Hours] = dict.fromkeys(calendar.closed, ())
    return closed | {day: exception.intervals for day, exception in calendar.exceptions.items()}


def closed_days(calendar: Calendar) -> list[date]:
    """The dates without any open hour."""
    return sorted(day for day, hours in special_days(calendar).items() if not hours)


def weekmask(calendar: Calendar) -> str:
    """The open weekdays as numpy reads them: 1111100."""
    return "".join("1" if calendar.week.get(weekday) else "0" for weekday in range(7))


def same_hours(calendar: Calendar) -> Hours:
    """The hours of every open weekday; CannotSay where they differ."""
    (hours, *others) = dict.fromkeys(hours for hours in calendar.week.values() if hours)
    if others:
        raise CannotSay("hours that differ by weekday")
    return hours


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second, microseconds=clock.microsecond)
