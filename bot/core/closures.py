"""Unplanned closed days: how one is told, what it makes of a calendar, and which review clocks it moves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from bot.core.business_time import Calendar, DayException, Hours
from bot.core.clocks import planned, shifted
from bot.core.goals import parse_goal
from bot.core.ledger import ClockNote, Ledger
from bot.core.pauses import Pause
from bot.core.process import Process
from bot.core.wall_clock import moment

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


@dataclass(frozen=True)
class Moved:
    """A running review clock whose due moment moves: of which ticket, what it measures, from when to when."""

    key: str
    district: str
    what: str
    round: int
    calendar: str
    old: datetime
    new: datetime


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


# -- the clocks


def due_of_note(note: ClockNote, calendar: Calendar) -> datetime:
    """When a review clock of the ledger is due by a calendar."""
    goal, extended = parse_goal(note.goal), tuple(parse_goal(goal) for goal in note.extended)
    pauses = tuple(Pause(p.begin, p.end, p.why) for p in note.pauses)
    return shifted(calendar, goal, planned(calendar, goal, note.started, extended), pauses)


def moves_of(
    ledger: Ledger, process: Process, old: Calendar, new: Calendar, key: str, district: str
) -> Iterator[Moved]:
    """The running clocks of one ticket whose due moment differs between two states of a calendar. A clock that
    has stopped or is paused is passed over, and so is one of another calendar."""
    visit = ledger.visits[-1] if ledger.visits else None
    if visit is None or visit.ended is not None:
        return
    step = next((s for s in process.steps if s.name == visit.step), None)
    for name, note in visit.clocks.items():
        if note.calendar != new.name or note.stopped is not None or note.paused is not None:
            continue
        before, after = due_of_note(note, old), due_of_note(note, new)
        if before != after:
            title = step.title if step else visit.status
            what = title if name == "step" else f"{title} ({name.replace('_', ' ')})"
            yield Moved(key, district, what, visit.round, new.name, before, after)


def moved_lines(moved: Iterable[Moved], calendars: Mapping[str, Calendar]) -> tuple[str, ...]:
    """Each moved clock in a line of plain text, its moments in the calendar's own time."""
    return tuple(_line(one, calendars[one.calendar]) for one in moved)


def _line(one: Moved, calendar: Calendar) -> str:
    set_of_files = f", round {one.round}" if one.round else ""
    from_to = f"{moment(one.old, calendar)} -> {moment(one.new, calendar)}"
    return f"{one.key} {one.district}, {one.what}{set_of_files}: {from_to}"
