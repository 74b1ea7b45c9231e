"""Unplanned closed days: how staff enter one, and how it changes a calendar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from bot.core.time.business_calendar import Calendar, DayException, Hours

MAX_REASON_LENGTH = 100
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HALF = re.compile(r"[ap]\.?m\.?", re.IGNORECASE)
_TIME = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?:\s*(?P<half>[ap])\.?m\.?)?", re.IGNORECASE)
# What a reason may not begin with: "until 12:00" or a second day means something other than one whole day.
_SPAN = re.compile(
    r"(?:(?:until|till|through|thru)\b\s*\S*|(?:(?:-|–|—|to|and|&|before)\s*)?(?:\d{4}-\d\d?-\d|\d{1,2}:\d\d)\S*)",
    re.IGNORECASE,
)
_MIDNIGHT = time(0)


@dataclass(frozen=True)
class Closure:
    """A day on which the office of a calendar is closed although that was not planned: from the wall clock time
    `closes` on, or the whole day if that is None. `by` entered it at the moment `at`."""

    calendar: str
    day: date
    closes: time | None
    reason: str
    by: str
    at: datetime

    @property
    def when(self) -> str:
        """The day or part of a day that is closed, such as "Fri 2026-12-04" or "Fri 2026-12-04 from 12:00"."""
        return f"{self.day:%a %Y-%m-%d}" + (f" from {self.closes:%H:%M}" if self.closes else "")


# -- parsing


def parse_closure(words: str) -> tuple[date, time | None, str]:
    """Parse text such as "2026-12-04 from 12:00 ice storm" and return the day, the time from which the office is closed
    (None: the whole day), and the reason. Raises ValueError, with one sentence, for any other text."""
    parts = words.split()
    if not parts:
        raise ValueError("It does not say which day is closed, and why.")
    day = parse_day(parts[0].rstrip(",:;"))
    if len(parts) == 1 or parts[1].casefold() != "from":
        return day, None, _reason_only(parts[1:])
    if len(parts) == 2:
        raise ValueError("It does not say from what time on the office is closed, and why.")
    end = 4 if len(parts) > 3 and _HALF.fullmatch(parts[3].rstrip(",:;")) else 3  # "1:00 PM" is two words
    return day, parse_time(" ".join(parts[2:end]).rstrip(",:;")), _reason_only(parts[end:])


def _reason_only(parts: list[str]) -> str:
    """Return the reason. Raises ValueError if it begins with a second day or with an end time, which a closure cannot
    have."""
    if (span := _SPAN.match(" ".join(parts))) is not None:
        one = "a closure is one whole day, or one day from a time on, so close each day by itself"
        raise ValueError(f'"{span[0]}" is no reason; {one}.')
    return parse_reason(" ".join(parts))


def parse_day(text: str) -> date:
    """Parse a date such as 2026-12-04. Raises ValueError if it is not a date, or not in the years 2000 to 2099."""
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
    """Parse a time of day such as 15:40 or 3:40 PM. Raises ValueError if it is not a time of day."""
    found = _TIME.fullmatch(text)
    hour, minute = (int(found["hour"]), int(found["minute"])) if found else (24, 0)
    if found and found["half"]:
        # 12:30 AM is half an hour after midnight, 12:30 PM half an hour after noon.
        hour = hour % 12 + (12 if found["half"] in "pP" else 0) if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59:
        raise ValueError(f'"{text}" is not a time of day; write one like 12:00.')
    return time(hour, minute)


def parse_reason(text: str) -> str:
    """Return the reason as one printable line. Raises ValueError if it is empty or too long."""
    reason = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not reason:
        raise ValueError("It does not say why the office is closed; a word or two will do.")
    if len(reason) > MAX_REASON_LENGTH:
        raise ValueError(f"The reason is too long: at most {MAX_REASON_LENGTH} characters are accepted.")
    return reason


# -- applying closures to a calendar


def with_closures(calendar: Calendar, closures: Iterable[Closure]) -> Calendar:
    """Return the calendar with the hours of those days shortened, or the same object if no hours change. Closures of
    other calendars are ignored."""
    exceptions = dict(calendar.exceptions)
    for closure in closures:
        if closure.calendar == calendar.name:
            exception = exceptions.get(closure.day)
            hours = exception.intervals if exception else calendar.hours_on(closure.day)
            if (left := cut(hours, closure.closes)) != hours:
                exceptions[closure.day] = DayException(left, closure.reason)
    return calendar if exceptions == calendar.exceptions else replace(calendar, exceptions=exceptions)


def with_day(calendar: Calendar, day: date, exception: DayException | None) -> Calendar:
    """Return the calendar with the given exception on a day, or with no exception on that day if it is None."""
    others = {d: e for d, e in calendar.exceptions.items() if d != day}
    return replace(calendar, exceptions=others if exception is None else {**others, day: exception})


def changes_no_hours(calendar: Calendar, closure: Closure) -> bool:
    """Whether the closure leaves the open hours of its day as they are."""
    hours = calendar.hours_on(closure.day)
    return cut(hours, closure.closes) == hours


def cut(hours: Hours, closes: time | None) -> Hours:
    """Return the open hours that are left of a day on which the office closes at `closes`, or all day if that is
    None."""
    if closes is None:
        return ()
    return tuple((opens, _earlier(end, closes)) for opens, end in hours if opens < closes)


def _earlier(end: time, closes: time) -> time:
    return closes if end == _MIDNIGHT else min(end, closes)  # a closing at 00:00 is the end of the day
