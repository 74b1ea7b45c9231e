"""Business time: when an office is open, and when a goal is due. Every result is in UTC.

An office is open at an instant if its wall clock then shows a time within its open hours. So an hour that daylight
saving time skips is not open, an hour that it repeats is open twice, and a date that a country skipped does not
count as a day. Instants are whole microseconds since 1970; nothing is ever rounded.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bot.core.time.goals import Goal, Unit
from bot.core.time.open_time import DAY, Hours, Timeline

__all__ = ["Calendar", "DayException", "Hours"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600_000_000
# Bound once: in Python 3.11, each lookup of an enum member takes a tenth of the time that a due moment takes.
_BUSINESS_HOURS, _BUSINESS_DAYS, _CLOCK_HOURS = Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS, Unit.HOURS
_DAYS, _WEEKS = Unit.DAYS, Unit.WEEKS
# Far more than any goal needs; a typo in a year must not build a table of eight thousand years.
_FIRST, _LAST = datetime(1920, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class DayException:
    """The open hours of one date that differs from the weekly schedule; empty if the office is closed."""

    intervals: Hours
    name: str


@dataclass(frozen=True)
class Calendar:
    """When an office is open. `week` has the hours of each weekday (0 is Monday) that has any, and `closed` the
    names of closed dates; an exception overrides both. `spoken` is the name of the zone that districts read.

    All methods raise ValueError for a datetime without an offset or outside 1920 to 2199, for an end before
    its start, and if the office is not open within ten years of the given moment."""

    name: str
    zone: str
    spoken: str
    week: Mapping[int, Hours]
    closed: Mapping[date, str] = field(default_factory=dict)
    exceptions: Mapping[date, DayException] = field(default_factory=dict)
    _line: Timeline = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_line", Timeline(self.name, self.zone, self.hours_on))

    def hours_on(self, day: date) -> Hours:
        """Return the open hours of a date, in wall clock time."""
        if day in self.exceptions:
            return self.exceptions[day].intervals
        return () if day in self.closed else self.week.get(day.weekday(), ())

    def due(self, start: datetime, goal: Goal) -> datetime:
        """Return the moment at which a goal that began at `start` is breached; a range is breached at its upper end.

        The due moment is never an opening, but the close before it. A goal in days, weeks or months can be due before
        its start if the office is closed from the start to the planned end, as in a long closure."""
        at = self._instant(start)
        if goal.unit is _BUSINESS_HOURS:
            return self._moment(self._line.after(at, goal.high * _HOUR))
        if goal.unit is _CLOCK_HOURS:
            return self._moment(at + goal.high * _HOUR)
        return self._moment(self._line.close_before(self._aim(at, goal)))

    def aim(self, start: datetime, goal: Goal) -> datetime:
        """Return the same local time on the day on which a goal of days of either kind, weeks or months ends, before it
        is pulled back into open hours."""
        return self._moment(self._aim(self._instant(start), goal))

    def _aim(self, at: int, goal: Goal) -> int:
        if goal.unit is _BUSINESS_DAYS:
            day, clock = self._line.business_day_and_time(at)
            return self._line.instant(self._line.business_day(day, goal.high) * DAY + clock)
        day, clock = divmod(self._line.local(at), DAY)
        return self._line.instant(_last_day(day, goal) * DAY + clock)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return the amount of open time from `start` to `end`."""
        return timedelta(microseconds=self._line.elapsed(*self._span(start, end)))

    def budget(self, start: datetime, goal: Goal) -> timedelta:
        """Return the time that a goal allows: clock time for a goal in hours, open time for any other."""
        due = self.due(start, goal)
        if goal.unit is _CLOCK_HOURS:
            return timedelta(hours=goal.high)
        return self.elapsed(start, due) if due > start else timedelta()

    def after(self, start: datetime, open_time: timedelta) -> datetime:
        """Return the moment at which that much open time has passed since `start`; never an opening."""
        if open_time < timedelta():
            raise ValueError(f"the open time {open_time} is negative; accepted is zero or more")
        return self._moment(self._line.after(self._instant(start), open_time // _MICROSECOND))

    def moment_at(self, start: datetime, goal: Goal, fraction: float) -> datetime:
        """Return the moment at which that fraction of the goal's time is used; a fraction of 1 gives the due moment."""
        if fraction < 0:
            raise ValueError(f"the fraction {fraction} is negative; accepted is zero or more")
        due = self.due(start, goal)
        if fraction == 1 or due <= start:
            return due
        share = self.budget(start, goal) * fraction
        if goal.unit is _CLOCK_HOURS:
            return self._moment(self._instant(start) + share // _MICROSECOND)
        return self.after(start, share)

    def intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Return the open intervals from `start` to `end`, in order, clipped to these two moments."""
        first, last = self._span(start, end)
        spans = self._line.spans(first, last)
        return ((self._moment(opening), self._moment(closing)) for opening, closing in spans)

    def is_open(self, at: datetime) -> bool:
        """Whether the office is open at that moment; at its closing time it is not."""
        return self._line.is_open(self._instant(at))

    def next_open(self, at: datetime) -> datetime:
        """Return the moment itself if the office is open then, else the next opening."""
        return self._moment(self._line.next_open(self._instant(at)))

    def close_before(self, at: datetime) -> datetime:
        """Return the moment itself if it is within open time or at a closing, else the closing before it; never an
        opening."""
        return self._moment(self._line.close_before(self._instant(at)))

    def business_day(self, day: date, count: int) -> date:
        """Return the `count`th local date after `day` that has open time."""
        return date.fromordinal(self._line.business_day(day.toordinal() - _EPOCH_DAY, count) + _EPOCH_DAY)

    def _span(self, start: datetime, end: datetime) -> tuple[int, int]:
        first, last = self._instant(start), self._instant(end)
        if last < first:
            raise ValueError(f"the end {end} is before the start {start}; accepted is an end at or after it")
        return first, last

    def _instant(self, at: datetime) -> int:
        try:
            inside = _FIRST <= at < _LAST
        except TypeError:
            raise ValueError(f"the moment {at} has no offset from UTC; accepted is one like {at}-06:00") from None
        if not inside:
            raise ValueError(f"the moment {at} is too far away; accepted are the years 1920 to 2199")
        return (at - _EPOCH) // _MICROSECOND

    def _moment(self, instant: int) -> datetime:
        return _EPOCH + timedelta(microseconds=instant)


def _last_day(day: int, goal: Goal) -> int:
    """Return the day on which a goal of calendar days, weeks or months ends; days are counted since 1970."""
    if goal.unit is _DAYS:
        return day + goal.high
    return day + 7 * goal.high if goal.unit is _WEEKS else _months_on(day, goal.high)


def _months_on(day: int, months: int) -> int:
    """Return the same day of a later month, or that month's last day; days are counted since 1970."""
    start = date.fromordinal(day + _EPOCH_DAY)
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1])).toordinal() - _EPOCH_DAY
