"""Unplanned closed days: how one is written, and what it makes of a calendar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from bot.core.time.business_calendar import Calendar, DayException, Hours

LONGEST_REASON = 100
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HALF = re.compile(r"[ap]\.?m\.?", re.IGNORECASE)
_TIME = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?:\s*(?P<half>[ap])\.?m\.?)?", re.IGNORECASE)
# What a reason may not begin with: whoever writes "until 12:00" or a second day means other hours than the whole day.
_SPAN = re.compile(
    r"(?:(?:until|till|through|thru)\b\s*\S*|(?:(?:-|–|—|to|and|&|before)\s*)?(?:\d{4}-\d\d?-\d|\d{1,2}:\d\d)\S*)",
    re.IGNORECASE,
)
_MIDNIGHT = time(0)


@dataclass(frozen=True)
class Closure:
    """A day on which the office of a calendar is closed though nobody planned it: from `closes` on, a time of its
    wall clock, or the whole day where that is None. `by` told it at the moment `at`."""

    calendar: str
    day: date
    closes: time | None
    reason: str
    by: str
    at: datetime

    @property
    def when(self) -> str:
        """Which part of which day is closed: "Fri 2026-12-04", "Fri 2026-12-04 from 12:00"."""
        return f"{self.day:%a %Y-%m-%d}" + (f" from {self.closes:%H:%M}" if self.closes else "")


# -- the words


def parse_closure(words: str) -> tuple[date, time | None, str]:
    """What "2026-12-04 from 12:00 ice storm" says: the day, the time from which it is closed (None: the whole day),
    and the reason. ValueError with one sentence where it says something else."""
    told = words.split()
    if not told:
        raise ValueError("It does not say which day is closed, and why.")
    day = parse_day(told[0].rstrip(",:;"))
    if len(told) == 1 or told[1].casefold() != "from":
        return day, None, _reason_alone(told[1:])
    if len(told) == 2:
        raise ValueError("It does not say from what time on the office is closed, and why.")
    end = 4 if len(told) > 3 and _HALF.fullmatch(told[3].rstrip(",:;")) else 3  # "1:00 PM" are two words
    return day, parse_time(" ".join(told[2:end]).rstrip(",:;")), _reason_alone(told[end:])


def _reason_alone(told: list[str]) -> str:
    """The reason, where it is not the rest of a time that a closure cannot have."""
    if (span := _SPAN.match(" ".join(told))) is not None:
        one = "a closure is one whole day, or one day from a time on, so close each day by itself"
        raise ValueError(f'"{span[0]}" is no reason; {one}.')
    return parse_reason(" ".join(told))


def parse_day(text: str) -> date:
    """A date like 2026-12-04. ValueError where it is none, or of no year in which anybody works here."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f'"{text}" is not a date; write one like 2026-12-04.')
    if not 2000 <= day.year < 2100:
        raise ValueError(f"The year {day.year} is too far away; accepted are 2000 to 2099.")
    return day


def parse_time(text: str) -> time:
    """A time of day like 15:40 or 3:40 PM. ValueError where it is none."""
    found = _TIME.fullmatch(text)
    hour, minute = (int(found["hour"]), int(found["minute"])) if found else (24, 0)
    if found and found["half"]:
        # 12:30 AM is half past midnight, 12:30 PM half past noon.
        hour = hour % 12 + (12 if found["half"] in "pP" else 0) if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59:
        raise ValueError(f'"{text}" is not a time of day; write one like 12:00.')
    return time(hour, minute)


def parse_reason(text: str) -> str:
    """The reason in one printable line. ValueError where there is none, or one that is too long for a name."""
    reason = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not reason:
        raise ValueError("It does not say why the office is closed; a word or two will do.")
    if len(reason) > LONGEST_REASON:
        raise ValueError(f"The reason is too long: at most {LONGEST_REASON} characters are accepted.")
    return reason


# -- the calendar


def with_closures(calendar: Calendar, closures: Iterable[Closure]) -> Calendar:
    """The calendar with the hours of those days cut; the very same one where nothing is cut. Closures of other
    calendars are passed over."""
    exceptions = dict(calendar.exceptions)
    for closure in closures:
        if closure.calendar == calendar.name:
            told = exceptions.get(closure.day)
            hours = told.intervals if told else calendar.hours_on(closure.day)
            if (left := cut(hours, closure.closes)) != hours:
                exceptions[closure.day] = DayException(left, closure.reason)
    return calendar if exceptions == calendar.exceptions else replace(calendar, exceptions=exceptions)


def with_day(calendar: Calendar, day: date, exception: DayException | None) -> Calendar:
    """The calendar with another exception on a day, or with none."""
    others = {d: e for d, e in calendar.exceptions.items() if d != day}
    return replace(calendar, exceptions=others if exception is None else {**others, day: exception})


def closed_anyhow(calendar: Calendar, closure: Closure) -> bool:
    """Whether the closure changes no open hour of its day."""
    hours = calendar.hours_on(closure.day)
    return cut(hours, closure.closes) == hours


def cut(hours: Hours, closes: time | None) -> Hours:
    """The hours of a day that is closed from then on; none where it is closed as a whole."""
    if closes is None:
        return ()
    return tuple((opens, _earlier(end, closes)) for opens, end in hours if opens < closes)


def _earlier(end: time, closes: time) -> time:
    return closes if end == _MIDNIGHT else min(end, closes)  # a closing at 00:00 is the end of the day
