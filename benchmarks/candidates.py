"""The ways to calculate business time that are measured, each set up as its documentation says is best."""

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


class CannotSay(ValueError):
    """The library cannot express this; the text says what."""


class Candidate(Protocol):
    """One way to calculate. `due` and `elapsed` are what is timed; what they take and return is the library's own,
    made by `moment` and `goal` before the clock starts, and read by `plain` after it."""

    def moment(self, at: datetime) -> Any:
        """An aware moment in the form that the library handles best."""

    def goal(self, goal: Goal) -> Any:
        """A goal in business hours or days. Raises CannotSay where there is no such thing."""

    def due(self, start: Any, goal: Any) -> Any:
        """When a goal is due."""

    def elapsed(self, start: Any, end: Any) -> Any:
        """The open time between two moments."""

    def plain(self, answer: Any) -> datetime | timedelta:
        """An answer as a moment in UTC, or as a time."""


class Ours:
    """The calendar of this project. Moments are in UTC, as Jira's are after reading."""

    def __init__(self, calendar: Calendar) -> None:
        self.due, self.elapsed = calendar.due, calendar.elapsed

    def moment(self, at: datetime) -> datetime:
        return at.astimezone(UTC)

    def goal(self, goal: Goal) -> Goal:
        return goal

    def plain(self, answer: datetime | timedelta) -> datetime | timedelta:
        return answer


class PlainLoop:
    """The loop over days of `day_loop.py`."""

    def __init__(self, calendar: Calendar) -> None:
        self._loop = DayLoop(ZoneInfo(calendar.zone), calendar.week, special_days(calendar))
        self.elapsed = self._loop.elapsed

    def moment(self, at: datetime) -> datetime:
        return at.astimezone(UTC)

    def goal(self, goal: Goal) -> timedelta | int:
        return timedelta(hours=goal.high) if goal.unit is Unit.BUSINESS_HOURS else goal.high

    def due(self, start: datetime, goal: timedelta | int) -> datetime:
        return self._loop.due_days(start, goal) if isinstance(goal, int) else self._loop.due(start, goal)

    def plain(self, answer: datetime | timedelta) -> datetime | timedelta:
        return answer


class BusinessTimeDelta:
    """businesstimedelta: a WorkDayRule for each group of weekdays, a LunchTimeRule for each break, a HolidayRule for
    the closed days, all in the office's pytz zone, and so are the moments. It has no dates with hours of their own.

    Of what HolidayRule takes, a set is fastest: faster than a list or an object of the holidays library."""

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

    def plain(self, answer: Any) -> datetime | timedelta:
        found = answer.timedelta if isinstance(answer, self._library.BusinessTimeDelta) else answer
        return found.astimezone(UTC) if isinstance(found, datetime) else found


class Pandas:
    """pandas: CustomBusinessHour and CustomBusinessDay with weekmask, holidays and, for a break, lists of openings
    and closings; Timestamps in the office's zone. It has no elapsed: the hours of a date_range are counted."""

    def __init__(self, calendar: Calendar) -> None:
        import pandas

        self._pandas, self._zone = pandas, ZoneInfo(calendar.zone)
        weekmask = "".join("1" if calendar.week.get(weekday) else "0" for weekday in range(7))
        self._days = {"weekmask": weekmask, "holidays": closed_days(calendar)}
        (hours, *others) = dict.fromkeys(hours for hours in calendar.week.values() if hours)
        if others:
            raise CannotSay("hours that differ by weekday")
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

    def plain(self, answer: Any) -> datetime | timedelta:
        if isinstance(answer, int):
            return timedelta(hours=max(answer, 0))
        return answer.to_pydatetime().astimezone(UTC)  # type: ignore[no-any-return]


OURS, REFERENCE = "ours", "day loop"
CANDIDATES: Mapping[str, Callable[[Calendar], Candidate]] = {
    OURS: Ours,
    "businesstimedelta": BusinessTimeDelta,
    "pandas": Pandas,
    REFERENCE: PlainLoop,
}


def special_days(calendar: Calendar) -> dict[date, Hours]:
    """The dates that differ from their week, with their hours."""
    closed: dict[date, Hours] = dict.fromkeys(calendar.closed, ())
    return closed | {day: exception.intervals for day, exception in calendar.exceptions.items()}


def closed_days(calendar: Calendar) -> list[date]:
    """The dates without any open hour."""
    return sorted(day for day, hours in special_days(calendar).items() if not hours)
