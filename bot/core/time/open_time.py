"""The open time of an office as one sorted list of instants, built year by year on demand.

Instants are whole microseconds since 1970 in UTC; a local time is the same count on the wall clock.
A lookup is a binary search. A table is replaced by a longer one, never changed, so threads may share a timeline.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

Hours = tuple[tuple[time, time], ...]  # each from opening to closing; a closing of 00:00 is the end of the day

DAY = 86_400_000_000
_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MAX_CLOSED_TIME = 3653 * DAY  # ten years without an open minute is a mistake in the calendar
_LAST_YEAR = 2400


@dataclass(frozen=True)
class _Table:
    """Whole years, from `start` up to `end`. `opens` and `closes` are the open intervals in order, none touching the
    next; `sums` is the open time up to each closing; `days` are the local days (since 1970) that have open time; and
    from each instant of `changes` on, the zone has the offset at the same position of `offsets`."""

    start: int
    end: int
    opens: list[int]
    closes: list[int]
    sums: list[int]
    days: list[int]
    changes: list[int]
    offsets: list[int]

    def before(self, at: int) -> int:
        """Return the position of the last interval that opened at or before `at`, or -1."""
        return bisect_right(self.opens, at) - 1

    def spent(self, at: int) -> int:
        """Return the open time from the table's start to `at`."""
        i = self.before(at)
        return 0 if i < 0 else self.sums[i] - max(0, self.closes[i] - at)

    def local(self, at: int) -> int:
        """Return the local time that the wall clock shows at an instant."""
        return at + self.offsets[bisect_right(self.changes, at) - 1]


class Timeline:
    """All lookups that business time needs; `hours_on` returns the open hours of a date.

    Methods raise ValueError if the office is not open within ten years of the given instant; its text has the
    calendar's `name`."""

    def __init__(self, name: str, zone: str, hours_on: Callable[[date], Hours]) -> None:
        self._name = name
        self._zone = ZoneInfo(zone)
        self._hours_on = hours_on
        self._table: _Table | None = None

    def elapsed(self, first: int, last: int) -> int:
        """Return the open time between two instants."""
        table = self._covering(first, last)
        return table.spent(last) - table.spent(first)

    def after(self, at: int, budget: int) -> int:
        """Return the instant at which the open time `budget` is used up: a closing rather than the next opening."""
        if budget == 0:
            return at
        table = self._covering(at, at)
        while (target := table.spent(at) + budget) > (table.sums[-1] if table.sums else 0):
            table = self._later(table, at)
        i = bisect_left(table.sums, target)
        return table.closes[i] - (table.sums[i] - target)

    def close_before(self, at: int) -> int:
        """Return the instant itself if it is within open time or at a closing, else the closing before it."""
        table = self._covering(at, at)
        while (i := bisect_left(table.opens, at) - 1) < 0:
            table = self._earlier(table, at)
        return min(at, table.closes[i])

    def is_open(self, at: int) -> bool:
        """Whether the instant is in open time; a closing is not in open time."""
        table = self._covering(at, at)
        i = table.before(at)
        return i >= 0 and at < table.closes[i]

    def next_open(self, at: int) -> int:
        """Return the instant itself if it is within open time, else the next opening."""
        if self.is_open(at):
            return at
        table = self._covering(at, at)
        while (i := bisect_right(table.opens, at)) == len(table.opens):
            table = self._later(table, at)
        return table.opens[i]

    def spans(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield the open intervals between two instants, clipped to both."""
        table = self._covering(first, last)
        for i in range(max(0, table.before(first)), len(table.opens)):
            if table.opens[i] >= last:
                break
            opening, closing = max(first, table.opens[i]), min(last, table.closes[i])
            if opening < closing:
                yield opening, closing

    def local(self, at: int) -> int:
        """Return the local time that the wall clock shows at an instant."""
        return self._covering(at, at).local(at)

    def instant(self, local: int) -> int:
        """Return the first instant at which the wall clock has reached a local time: the earlier instant of a time
        that occurs twice, and the end of the gap for a time that is skipped."""
        table = self._covering(local - DAY, local + DAY)  # no offset is as large as a day
        i = bisect_right(table.changes, local - DAY) - 1
        ends = (*table.changes[i + 1 : i + 3], table.end)
        for j, end in enumerate(ends, start=i):
            if local - table.offsets[j] < end:
                break
        return max(table.changes[j], local - table.offsets[j])

    def business_day_and_time(self, at: int) -> tuple[int, int]:
        """Return the local day and time of an instant in open time, or of the last closing at or before it.

        A closing at midnight belongs to the day that it ends, as the time 24:00."""
        table = self._covering(at, at)
        while (i := table.before(at)) < 0:
            table = self._earlier(table, at)
        if at < table.closes[i]:
            return divmod(table.local(at), DAY)
        day, clock = divmod(table.local(table.closes[i] - 1), DAY)
        return day, clock + 1

    def business_day(self, day: int, count: int) -> int:
        """Return the `count`th local day after `day` that has open time."""
        at = day * DAY
        table = self._covering(at, at)
        while (i := bisect_right(table.days, day) + count - 1) >= len(table.days):
            table = self._later(table, at)
        return table.days[i]

    def _covering(self, first: int, last: int) -> _Table:
        table = self._table
        if table is not None and table.start <= first and last < table.end:
            return table
        table = table or self._year(_year_of(first))
        while last >= table.end:
            table = _joined(table, self._year(_year_of(table.end)))
        while first < table.start:
            table = _joined(self._year(_year_of(table.start - 1)), table)
        self._table = table
        return table

    def _later(self, table: _Table, at: int) -> _Table:
        reached = max(at, table.closes[-1]) if table.closes else at
        if table.end - reached > _MAX_CLOSED_TIME or _year_of(table.end) >= _LAST_YEAR:
            raise self._closed(reached, "after")
        return self._covering(table.start, table.end)

    def _earlier(self, table: _Table, at: int) -> _Table:
        if at - table.start > _MAX_CLOSED_TIME:
            raise self._closed(at, "before")
        return self._covering(table.start - 1, table.start)

    def _closed(self, at: int, side: str) -> ValueError:
        day = (_EPOCH + timedelta(microseconds=at)).date()
        return ValueError(
            f'the calendar "{self._name}" has not enough open time in the ten years {side} {day}; '
            "give its week open hours"
        )

    def _year(self, year: int) -> _Table:
        start, end = _new_year(year), _new_year(year + 1)
        changes, offsets = self._offsets(start, end)
        opens: list[int] = []
        closes: list[int] = []
        days: list[int] = []
        for first, last, offset in zip(changes, (*changes[1:], end), offsets, strict=True):
            for day in range((first + offset) // DAY, (last + offset - 1) // DAY + 1):
                midnight = day * DAY - offset
                for opening, closing in self._hours_on(date.fromordinal(day + _EPOCH_DAY)):
                    # Clip to the time in which the wall clock has this offset, which handles gaps and repeats.
                    opens_at = max(first, midnight + _since_midnight(opening))
                    closes_at = min(last, midnight + (_since_midnight(closing) or DAY))
                    if opens_at >= closes_at:
                        continue
                    if closes and closes[-1] == opens_at:
                        closes[-1] = closes_at
                    else:
                        opens.append(opens_at)
                        closes.append(closes_at)
                    if not days or days[-1] < day:
                        days.append(day)
        sums = list(accumulate(c - o for o, c in zip(opens, closes, strict=True)))
        return _Table(start, end, opens, closes, sums, days, changes, offsets)

    def _offsets(self, start: int, end: int) -> tuple[list[int], list[int]]:
        changes, offsets = [start], [self._offset(start)]
        for day in range(start, end, DAY):
            if self._offset(min(day + DAY, end - 1)) != offsets[-1]:
                low, high = day, day + DAY
                while high - low > _SECOND:  # zones change on whole seconds
                    middle = (low + high) // 2 // _SECOND * _SECOND
                    low, high = (middle, high) if self._offset(middle) == offsets[-1] else (low, middle)
                changes.append(high)
                offsets.append(self._offset(high))
        return changes, offsets

    def _offset(self, at: int) -> int:
        there = (_EPOCH + timedelta(microseconds=at)).astimezone(self._zone).utcoffset()
        assert there is not None  # a ZoneInfo always knows
        return there // timedelta(microseconds=1)


def _joined(a: _Table, b: _Table) -> _Table:
    """Return two adjacent tables as one; an interval or day that the boundary split is joined again."""
    total = a.sums[-1] if a.sums else 0
    cut = bool(a.closes and b.opens and a.closes[-1] == b.opens[0])
    same_day = bool(a.days and b.days and a.days[-1] == b.days[0])
    same_offset = a.offsets[-1] == b.offsets[0]
    return _Table(
        start=a.start,
        end=b.end,
        opens=a.opens + b.opens[cut:],
        closes=a.closes[: len(a.closes) - cut] + b.closes,
        sums=a.sums[: len(a.sums) - cut] + [total + s for s in b.sums],
        days=a.days + b.days[same_day:],
        changes=a.changes + b.changes[same_offset:],
        offsets=a.offsets + b.offsets[same_offset:],
    )


def _new_year(year: int) -> int:
    return (date(year, 1, 1).toordinal() - _EPOCH_DAY) * DAY


def _year_of(at: int) -> int:
    return date.fromordinal(at // DAY + _EPOCH_DAY).year


def _since_midnight(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * _SECOND + clock.microsecond
