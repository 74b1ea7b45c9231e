"""Cases for the oracle: offices with every oddity a calendar may have, and moments near which much can go wrong.

A case is made from the seed and its number alone. `GROUP` cases that follow each other share an office, and so
its calendar, which has then answered other questions before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from bot.core.time.business_calendar import Calendar, DayException
from tests.core.minute_walker import Hours, MinuteWalker

GROUP = 100
ZONES = (
    "America/Chicago",
    "America/Los_Angeles",
    "America/New_York",
    "America/Phoenix",
    "Europe/London",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
YEARS = range(2010, 2038)
SKIPPED = date(2011, 12, 30)  # in Apia


def span(text: str) -> tuple[time, time]:
    """`8:30-17:00` as two times; 24:00 is the midnight that ends the day."""
    clocks = [tuple(map(int, part.split(":"))) for part in text.split("-")]
    return time(*clocks[0]), time(clocks[1][0] % 24, clocks[1][1])


def hours(*texts: str) -> Hours:
    """Several spans as the open hours of a day."""
    return tuple(span(text) for text in texts)


OFFICE_DAYS = {
    "plain": hours("8:00-17:00"),
    "lunch": hours("8:00-12:00", "13:00-17:00"),
    "two breaks": hours("7:30-10:00", "10:15-12:00", "12:45-18:00"),
    "odd minutes": hours("8:05-12:20", "13:11-16:59"),
    "touching": hours("8:00-12:00", "12:00-17:00"),
}
HALF_DAY, LATE_DAY = hours("8:00-12:00"), hours("13:00-17:00")
ODD_DAYS = {
    **OFFICE_DAYS,
    "half": HALF_DAY,
    "late": hours("16:00-24:00"),
    "night": hours("0:00-6:00", "22:00-24:00"),
    "around the clock": hours("0:00-24:00"),
    "one minute": hours("12:00-12:01"),
    "a few minutes": hours("9:58-10:02", "10:04-10:13", "23:59-24:00"),
    "across a change": hours("1:30-2:30"),
    "the gap": hours("2:00-3:00"),
    "the repeat": hours("1:00-2:00"),
    "around a change": hours("0:00-1:00", "2:00-2:10", "3:00-5:00"),
    "ends at a change": hours("0:30-2:00", "20:00-21:00"),
    "the half hour": hours("1:45-2:15", "2:30-2:45"),
}


@cache
def zone_changes(zone: str, year: int) -> tuple[date, ...]:
    """The local days of a year on which the clocks change; with the day that was skipped, if it is in this year."""
    there = ZoneInfo(zone)
    noons = [datetime(year, 1, 1, 12, tzinfo=there) + timedelta(day) for day in range(-1, 366)]
    days = [b.date() for a, b in pairwise(noons) if a.utcoffset() != b.utcoffset()]
    return (*days, SKIPPED) if zone == "Pacific/Apia" and year == SKIPPED.year else tuple(days)


def observed(day: date) -> date:
    """The weekday on which a holiday is kept."""
    return day + timedelta({5: -1, 6: 1}.get(day.weekday(), 0))


def nth(year: int, month: int, weekday: int, count: int) -> date:
    """The third Monday of a month, say."""
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (count - 1))


@dataclass(frozen=True)
class Office:
    """One office as data; `trait` says in a word what is special about its week."""

    trait: str
    zone: str
    week: dict[int, Hours]
    closed: set[date]
    exceptions: dict[date, Hours]
    year: int | None = None

    @cached_property
    def calendar(self) -> Calendar:
        """What is tested."""
        exceptions = {day: DayException(kept, "special") for day, kept in self.exceptions.items()}
        return Calendar("office", self.zone, "office time", self.week, dict.fromkeys(self.closed, "x"), exceptions)

    @cached_property
    def walker(self) -> MinuteWalker:
        """What it is tested against."""
        return MinuteWalker(self.zone, self.week, {**dict.fromkeys(self.closed, ()), **self.exceptions})


@dataclass(frozen=True)
class Case:
    """One question; `at` says what is special about the start."""

    number: int
    office: Office = field(repr=False)
    at: str
    start: datetime
    end: datetime
    low: int
    high: int
    unit: str
    spend: timedelta
    share: float

    @property
    def goal(self) -> str:
        """As a process file would say it."""
        count = str(self.low) if self.low == self.high else f"{self.low}-{self.high}"
        return f"{count} {self.unit.removesuffix('s') if count == '1' else self.unit}"


def office_of(seed: str, group: int) -> Office:
    """The office that a group of cases shares."""
    rng = Random(f"{seed} office {group}")
    zone = ZONES[group % len(ZONES)]
    year = None if rng.random() < 0.1 else rng.choice(YEARS)
    if zone == "Pacific/Apia" and rng.random() < 0.5:
        year = SKIPPED.year
    trait = rng.choice(("office", "office", "office", "mixed", "mixed", "always"))
    if trait == "always":
        week = dict.fromkeys(range(7), ODD_DAYS["around the clock"])
    elif trait == "office":
        late = (ODD_DAYS["late"], ODD_DAYS["night"])
        week = dict.fromkeys(range(5), rng.choice((*OFFICE_DAYS.values(), *late)))
        if rng.random() < 0.3:
            week[5] = HALF_DAY
    else:
        odd = tuple(ODD_DAYS.values())
        week = {day: rng.choice(odd) for day in range(7) if rng.random() < 0.7}
        week[rng.randrange(7)] = rng.choice(odd)
    closed: set[date] = set()
    exceptions: dict[date, Hours] = {}
    if trait != "always" or rng.random() < 0.5:
        winter = rng.random() < 0.4
        for special in YEARS if year is None else (year - 1, year, year + 1):
            _mark(rng, zone, special, winter, closed, exceptions)
    return Office(trait, zone, week, closed, exceptions, year)


def _mark(rng: Random, zone: str, year: int, winter: bool, closed: set[date], exceptions: dict[date, Hours]) -> None:
    """Mark the special days of a year."""
    fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)]
    closed |= {observed(date(year, month, day)) for month, day in fixed}  # January 1 may be kept in December
    thanksgiving = nth(year, 11, 3, 4)
    closed |= {nth(year, 1, 0, 3), nth(year, 9, 0, 1), thanksgiving, thanksgiving + timedelta(1)}
    if winter:
        first = nth(year, 12, 0, 4)
        closed |= {first + timedelta(day) for day in range(14)}
    else:
        exceptions[date(year, 12, 24)] = HALF_DAY
    exceptions[thanksgiving - timedelta(1)] = HALF_DAY
    new_year = date(year, 1, 1)
    for _ in range(3):
        exceptions[new_year + timedelta((5 - new_year.weekday()) % 7 + 7 * rng.randrange(52))] = HALF_DAY  # Saturdays
        exceptions[new_year + timedelta(rng.randrange(365))] = rng.choice((LATE_DAY, HALF_DAY, ()))  # snow
    if rng.random() < 0.5:
        exceptions[rng.choice(sorted(closed))] = LATE_DAY  # an exception goes before a closed day
    for day in zone_changes(zone, year):
        if rng.random() < 0.6:
            exceptions[day + timedelta(rng.choice((-1, 0, 0, 0, 1)))] = rng.choice(tuple(ODD_DAYS.values()))


def case_of(seed: str, number: int, office: Office) -> Case:
    """A case of the office."""
    rng = Random(f"{seed} case {number}")
    at = rng.choice(tuple(STARTS))
    year = rng.choice(YEARS) if office.year is None else office.year
    start = STARTS[at](rng, office, year)
    longest = rng.choice((600, 2880, 10080, 10080, 20160, 50000))
    if rng.random() < 0.01:
        longest = 700 * 1440
    unit = rng.choice(
        ("business hours", "business hours", "business days", "business days", "hours", "days", "weeks", "months")
    )
    a_month = max(1, 4 * sum(map(_open_minutes, office.week.values())) // 60)
    most = {
        "business hours": min(a_month, 1000), "business days": 25, "hours": 600, "days": 60, "weeks": 9, "months": 14,
    }[unit]  # fmt: skip
    high = rng.randint(1, rng.choice((most, max(1, most // 5))))
    if at == "aims at a change":
        start, high, unit = _aim_at_a_change(rng, office, year)
    if rng.random() < 0.1:
        start += timedelta(microseconds=rng.randrange(60_000_000))
    end = start + timedelta(minutes=rng.randrange(longest))
    low = rng.randint(1, high) if rng.random() < 0.25 else high
    spend = timedelta(minutes=rng.randrange(a_month * 60), microseconds=rng.choice((0, 0, 1, 59_999_999)))
    return Case(number, office, at, start, end, low, high, unit, spend, rng.choice((0.25, 0.5, 0.75, 0.9)))


def _aim_at_a_change(rng: Random, office: Office, year: int) -> tuple[datetime, int, str]:
    """A start and a goal that end on a day on which the clocks change, within its hours."""
    day = rng.choice(zone_changes(office.zone, year) or (date(year, 11, 1),))
    count, unit = rng.randint(1, 4), rng.choice(("business days", "weeks", "months"))
    back = day - timedelta(7 * count)
    if unit == "months":
        back = date(year - (day.month <= count), (day.month - count - 1) % 12 + 1, min(day.day, 28))
    clock = rng.choice((0, 30, 60, 90, 105, 110, 119, 120, 150, 180))
    open_days = sum(map(bool, office.week.values()))
    return _local(office, back, clock), count * open_days if unit == "business days" else count, unit


def _open_minutes(kept: Hours) -> int:
    return sum((b.hour or 24) * 60 + b.minute - a.hour * 60 - a.minute for a, b in kept)


def _local(office: Office, day: date, minutes: int) -> datetime:
    """A moment at or near a wall time; in a repeated hour the later one where the minutes are odd."""
    midnight = datetime.combine(day, time(0)) + timedelta(minutes=minutes)
    return midnight.replace(tzinfo=ZoneInfo(office.zone), fold=minutes % 2).astimezone(UTC)


def _day(rng: Random, year: int) -> date:
    return date(year, 1, 1) + timedelta(rng.randrange(365))


def _any_minute(rng: Random, office: Office, year: int) -> datetime:
    return _local(office, _day(rng, year), rng.randrange(1440))


def _opening(rng: Random, office: Office, year: int) -> datetime:
    return office.walker.next_open(_any_minute(rng, office, year))


def _closing(rng: Random, office: Office, year: int) -> datetime:
    return office.walker.pulled_back(_any_minute(rng, office, year))


def _last_open_minute(rng: Random, office: Office, year: int) -> datetime:
    return _closing(rng, office, year) - timedelta(minutes=1)


def _last_minute(rng: Random, office: Office, year: int) -> datetime:
    return _local(office, _day(rng, year), 1439)


def _midnight(rng: Random, office: Office, year: int) -> datetime:
    return _local(office, _day(rng, year), 0)


def _near_a_change(rng: Random, office: Office, year: int) -> datetime:
    days = zone_changes(office.zone, year) or (date(year, 3, 8),)
    return _local(office, rng.choice(days), rng.choice((rng.randrange(-3000, 3000), rng.randrange(300))))


def _near_new_year(rng: Random, office: Office, year: int) -> datetime:
    return _local(office, date(year, 12, 31), rng.randrange(-20000, 8000))


def _near_a_special_day(rng: Random, office: Office, year: int) -> datetime:
    days = sorted(day for day in {*office.closed, *office.exceptions} if day.year == year) or [date(year, 7, 4)]
    return _local(office, rng.choice(days), rng.randrange(-2880, 2880))


STARTS: dict[str, Callable[[Random, Office, int], datetime]] = {
    "any minute": _any_minute,
    "opening": _opening,
    "closing": _closing,
    "last open minute": _last_open_minute,
    "last minute of a day": _last_minute,
    "midnight": _midnight,
    "near a change": _near_a_change,
    "aims at a change": _any_minute,
    "near new year": _near_new_year,
    "near a special day": _near_a_special_day,
}
