"""A second opinion on business time that shares no code with it: it walks minute by minute along the wall clock.

A minute is open when the wall clock at its beginning reads a time within the date's open hours. Nothing else is
known here. Where nothing can happen within it, a quarter of an hour or a day is taken in one stride: the minutes
of a quarter are counted once, those of a day are the sum, and the last steps are minutes again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

Hours = tuple[tuple[time, time], ...]
MINUTE = timedelta(minutes=1)
QUARTER, DAY = 15, 24 * 60
_START = datetime(1, 1, 1)  # noqa: DTZ001 (minutes are counted from here, on either clock)
_START_UTC = _START.replace(tzinfo=UTC)
_TOO_FAR = 12 * 366 * DAY


def number_of(at: datetime) -> tuple[int, timedelta]:
    """The minute that a clock's reading is in, counted from the year 1, and how far into it the reading is."""
    minutes, rest = divmod(at.replace(tzinfo=None) - _START, MINUTE)
    return minutes, rest


def moment_of(minute: int) -> datetime:
    """The beginning of a minute of UTC."""
    return _START_UTC + timedelta(minutes=minute)


def reading(zone: str, minute: int) -> int:
    """The minute that the clock on the wall reads at the beginning of a minute of UTC."""
    ahead = moment_of(minute).astimezone(ZoneInfo(zone)).utcoffset()
    assert ahead is not None  # a ZoneInfo always knows
    return minute + ahead // MINUTE


@cache
def readings(zone: str, day: int) -> array[int]:
    """What the wall clock reads at each quarter of a day of UTC, and at the day's end."""
    first, end = day * DAY, (day + 1) * DAY
    ahead = {reading(zone, minute) - minute for minute in range(first, end + 1, 60)}
    if len(ahead) > 1:
        return array("i", (reading(zone, minute) for minute in range(first, end + 1, QUARTER)))
    return array("i", range(first + min(ahead), end + min(ahead) + 1, QUARTER))


@cache
def steady(zone: str, day: int) -> bool:
    """Whether the wall clock advances by a quarter, from one whole quarter to the next, all through a day of UTC."""
    clocks = readings(zone, day)
    return clocks[0] % QUARTER == 0 and all(b - a == QUARTER for a, b in pairwise(clocks))


@cache
def minutes_in(hours: Hours) -> bytes:
    """Of each minute of a date with these hours, 1 if it is open."""
    clocks = [time(minute // 60, minute % 60) for minute in range(DAY)]
    return bytes(any(a <= clock and (clock < b or b == time(0)) for a, b in hours) for clock in clocks)


@cache
def quarters_in(hours: Hours) -> bytes:
    """How many minutes of each quarter of such a date are open."""
    minutes = minutes_in(hours)
    return bytes(sum(minutes[at : at + QUARTER]) for at in range(0, DAY, QUARTER))


@dataclass(frozen=True)
class Page:
    """One day of UTC: the open minutes of each quarter, their sum, and the local days they belong to."""

    quarters: bytes
    total: int
    days: tuple[int, ...]


class MinuteWalker:
    """Answers as an office with these hours would; `special` dates go before their weekday."""

    def __init__(self, zone: str, week: Mapping[int, Hours], special: Mapping[date, Hours]) -> None:
        self.zone, self.week, self.special = zone, week, special
        self._hours: dict[int, Hours] = {}
        self._pages: dict[int, Page] = {}

    def due(self, start: datetime, count: int, unit: str) -> datetime:
        """When so many of a unit are used up."""
        if unit == "business hours":
            return self.after(start, timedelta(hours=count))
        if unit == "hours":
            return start + timedelta(hours=count)
        if unit == "business days":
            return self.business_days(start, count)
        if unit == "months":
            return self.months(start, count)
        return self.days(start, count * 7 if unit == "weeks" else count)

    def is_open(self, at: datetime) -> bool:
        """Whether the minute that the moment is in is open."""
        return self._open(number_of(at)[0])

    def next_open(self, at: datetime) -> datetime:
        """The moment itself in an open minute, else the beginning of the next."""
        return at if self.is_open(at) else moment_of(self._nth_open(number_of(at)[0], 0))

    def pulled_back(self, at: datetime) -> datetime:
        """Back to a moment that has open time right before it."""
        minute, rest = number_of(at)
        return at if rest and self._open(minute) else moment_of(self._last_open(minute) + 1)

    def after(self, start: datetime, open_time: timedelta) -> datetime:
        """When so much open time has passed."""
        minute, rest = number_of(start)
        if not open_time:
            return start
        if rest:
            left = MINUTE - rest if self._open(minute) else timedelta()
            if open_time <= left:
                return start + open_time
            open_time, minute = open_time - left, minute + 1
        whole, part = divmod(open_time, MINUTE)
        if not part:  # spent at the end of an open minute, not at the beginning of the next
            whole, part = whole - 1, MINUTE
        return moment_of(self._nth_open(minute, whole)) + part

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """How much open time lies between."""
        first, head = number_of(start)
        last, tail = number_of(end)
        return self._count(first, last) * MINUTE - head * self._open(first) + tail * self._open(last)

    def intervals(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The runs of open minutes between, cut off at both ends."""
        first, last = number_of(start)[0], number_of(end)[0] + 1
        runs: list[list[int]] = []
        while first < last:
            count, stride = self._stride(first, last)
            if count not in (0, stride):
                count, stride = self._open(first), 1
            if count and runs and runs[-1][1] == first:
                runs[-1][1] += stride
            elif count:
                runs.append([first, first + stride])
            first += stride
        cut = ((max(start, moment_of(a)), min(end, moment_of(b))) for a, b in runs)
        return [(a, b) for a, b in cut if a < b]

    def business_days(self, start: datetime, days: int) -> datetime:
        """The same time on the Nth day with open minutes, a start in closed time counted as the last close."""
        minute, rest = number_of(start)
        if self._open(minute):
            day, clock = divmod(self._reading(minute), DAY)
        else:
            day, clock = divmod(self._reading(self._last_open(minute)), DAY)
            clock, rest = clock + 1, timedelta()
        page = minute // DAY
        while days:
            for open_day in self._page(page).days:
                if open_day > day and days:
                    day, days = open_day, days - 1
            page += 1
        return self.pulled_back(self._first_reading(day * DAY + clock, rest))

    def days(self, start: datetime, days: int) -> datetime:
        """The same wall time so many days of the calendar on."""
        minute, rest = number_of(start)
        return self.pulled_back(self._first_reading(self._reading(minute) + days * DAY, rest))

    def months(self, start: datetime, months: int) -> datetime:
        """The same wall time so many months on, on the month's last day where it is too short."""
        minute, rest = number_of(start)
        now = _START + self._reading(minute) * MINUTE
        number = now.year * 12 + now.month - 1 + months
        for day in range(now.day, 0, -1):
            try:
                target = now.replace(year=number // 12, month=number % 12 + 1, day=day)
            except ValueError:
                continue
            break
        return self.pulled_back(self._first_reading(number_of(target)[0], rest))

    def _reading(self, minute: int) -> int:
        page, within = readings(self.zone, minute // DAY), minute % DAY
        quarter = within // QUARTER
        if page[quarter + 1] - page[quarter] == QUARTER:
            return page[quarter] + within % QUARTER
        return reading(self.zone, minute)  # the clocks change in this quarter

    def _first_reading(self, target: int, rest: timedelta) -> datetime:
        """The first moment at which the wall clock has reached `rest` after the minute `target`."""
        minute = target - 16 * 60  # no wall clock is further ahead
        minute -= minute % QUARTER
        while (now := self._reading(minute)) < target:
            plain = minute % QUARTER == 0 and self._reading(minute + QUARTER) == now + QUARTER <= target
            minute += QUARTER if plain else 1
        return moment_of(minute) + (rest if now == target else timedelta())

    def _hours_of(self, day: int) -> Hours:
        if day not in self._hours:
            there = date.fromordinal(day + 1)
            self._hours[day] = self.special.get(there, self.week.get(there.weekday(), ()))
        return self._hours[day]

    def _open(self, minute: int) -> bool:
        day, clock = divmod(self._reading(minute), DAY)
        return bool(minutes_in(self._hours_of(day))[clock])

    def _page(self, day: int) -> Page:
        if day not in self._pages:
            self._pages[day] = self._steady(day) if steady(self.zone, day) else self._walked(day)
        return self._pages[day]

    def _steady(self, day: int) -> Page:
        """The end of one local day and the beginning of the next."""
        today, clock = divmod(readings(self.zone, day)[0], DAY)
        head = quarters_in(self._hours_of(today))[clock // QUARTER :]
        tail = quarters_in(self._hours_of(today + 1))[: clock // QUARTER]
        days = [local for local, part in ((today, head), (today + 1, tail)) if any(part)]
        return Page(head + tail, sum(head + tail), tuple(days))

    def _walked(self, day: int) -> Page:
        found = [minute for minute in range(day * DAY, (day + 1) * DAY) if self._open(minute)]
        quarters = Counter(minute % DAY // QUARTER for minute in found)
        days = sorted({self._reading(minute) // DAY for minute in found})
        return Page(bytes(quarters[quarter] for quarter in range(DAY // QUARTER)), len(found), tuple(days))

    def _stride(self, minute: int, last: int) -> tuple[int, int]:
        """How many minutes are open in a stride from here, and its length: a quarter or more of them alike, within
        a day of UTC and up to `last`, or else a minute."""
        within = minute % DAY
        if within % QUARTER or minute + QUARTER > last:
            return self._open(minute), 1
        quarters = self._page(minute // DAY).quarters[within // QUARTER :]
        if quarters[0] not in (0, QUARTER):
            return quarters[0], QUARTER
        alike = min(len(quarters) - len(quarters.lstrip(quarters[:1])), (last - minute) // QUARTER)
        return quarters[0] * alike, QUARTER * alike

    def _count(self, first: int, last: int) -> int:
        count = 0
        while first < last:
            if first % DAY == 0 and first + DAY <= last:
                found, stride = self._page(first // DAY).total, DAY
            else:
                found, stride = self._stride(first, last)
            count, first = count + found, first + stride
        return count

    def _nth_open(self, minute: int, before: int) -> int:
        """The first open minute from this one on that has so many open ones before it."""
        end = minute + _TOO_FAR
        while minute < end:
            page, within = self._page(minute // DAY), minute % DAY
            if within == 0 and page.total <= before:
                before, minute = before - page.total, minute + DAY
            elif within % QUARTER == 0 and page.quarters[within // QUARTER] <= before:
                before, minute = before - page.quarters[within // QUARTER], minute + QUARTER
            elif self._open(minute):
                if before == 0:
                    return minute
                before, minute = before - 1, minute + 1
            else:
                minute += 1
        raise AssertionError(f"nothing is open in the years up to {moment_of(end)}")

    def _last_open(self, minute: int) -> int:
        """The last open minute before this one."""
        end = minute - _TOO_FAR
        while minute > end:
            page, within = self._page((minute - 1) // DAY), minute % DAY
            if within == 0 and page.total == 0:
                minute -= DAY
            elif within % QUARTER == 0 and page.quarters[(minute - 1) % DAY // QUARTER] == 0:
                minute -= QUARTER
            elif self._open(minute - 1):
                return minute - 1
            else:
                minute -= 1
        raise AssertionError(f"nothing is open in the years since {moment_of(end)}")
