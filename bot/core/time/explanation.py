"""Why a due moment is what it is: an explanation that a reader can verify step by step, and its form as text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.time.breakdown import (
    Amount,
    Row,
    table_of_clock_time,
    table_of_days,
    table_of_open_time,
    why_closed,
)
from bot.core.time.business_calendar import Calendar
from bot.core.time.formatting import clock_at, day_at, day_before, day_name, exact, length
from bot.core.time.goals import Goal, Unit

MAX_WIDTH = 100  # characters of a line; exceeded by moments finer than a millisecond alone
_DAY_WIDTH = len("Tue 2026-01-13")
_GAP = "  "
_WHOLE = re.compile(r"[A-Z][a-z]{2} \d{4}-\d\d-\d\d [\d:.]+ \S+|\d+ h \d\d min")
_UNBROKEN = "\u00a0"


@dataclass(frozen=True)
class Part:
    """Some sentences and, in `rows`, the table that they describe, if there is one. The table's last columns count
    time or days."""

    sentences: tuple[str, ...]
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """How a due moment was calculated. `due` is None while there is no due moment; `ending` describes the current
    state."""

    title: str
    calendar: Calendar
    parts: tuple[Part, ...]
    due: datetime | None
    ending: tuple[str, ...] = ()


def explanation_of_goal(calendar: Calendar, goal: Goal, start: datetime) -> Explanation:
    """Return the explanation of the due moment of a goal that begins at `start` and is never paused. Raises ValueError
    as Calendar does."""
    due = calendar.due(start, goal)
    start = start.astimezone(UTC)
    parts = [*goal_parts(calendar, goal, start)]
    if goal.unit is Unit.BUSINESS_HOURS:
        parts.append(Part((), tuple(table_of_open_time(calendar, [(start, due)]))))
    elif goal.unit is Unit.HOURS:
        parts.append(Part((), tuple(table_of_clock_time(calendar, [(start, due)]))))
    return Explanation(f"{goal} from {exact(start, calendar)}", calendar, tuple(parts), due)


def goal_parts(calendar: Calendar, goal: Goal, start: datetime) -> Iterator[Part]:
    """Yield the parts that explain how a goal's due moment follows from its start: in words and, for business days, as
    a table."""
    upper = f"It is a range, and is breached at its upper end, {goal.high} {goal.unit.value}. "
    ranged = upper if goal.low != goal.high else ""
    if goal.unit is Unit.BUSINESS_HOURS:
        yield Part((f"{ranged}Only open time counts: {length(timedelta(hours=goal.high))} of it.",))
    elif goal.unit is Unit.HOURS:
        yield Part((f"{ranged}Hours count by the clock, nights and closed days too: {goal.high} h 00 min.",))
    elif goal.unit is Unit.BUSINESS_DAYS:
        yield _business_days(calendar, goal, start, ranged)
    else:
        aim = calendar.aim(start, goal)
        count = f"{goal.high} {goal.unit.value if goal.high > 1 else goal.unit.value[:-1]}"
        short = goal.unit is Unit.MONTHS and day_at(aim, calendar).day < day_at(start, calendar).day
        said = f"{ranged}{count} on, at the same local time: {exact(aim, calendar)}"
        said += " (the last day of a shorter month)" if short else ""
        yield Part((f"{said}.", *_pulled_back(calendar, goal, start, start)))


def _business_days(calendar: Calendar, goal: Goal, start: datetime, ranged: str) -> Part:
    """Explain a goal in business days. Day 0 is the start's day or, outside open hours, the day of the last close
    before the start."""
    sentences = [f"{ranged}Days with open time count, and the time of day stays."]
    counted, day, word = start, day_at(start, calendar), "the start"
    if not calendar.is_open(start):
        counted = calendar.close_before(start)
        day, word = day_before(counted, calendar), "the close that counts as the start"
        sentences.append(
            "A start outside open hours counts as the last close before it: "
            f"{exact(start, calendar)} as {exact(counted, calendar)}."
        )
    clock = clock_at(counted, calendar)
    if day < day_at(counted, calendar):
        clock = clock.replace("00:00", "24:00", 1)  # a close at midnight ends its day
    first = Row(counted, day, day, f"{clock}: {word}")
    rows = table_of_days(calendar, start, goal.high, first)
    aim = calendar.aim(start, goal)
    sentences.append(f"The same time on business day {goal.high}: {exact(aim, calendar)}.")
    return Part((*sentences, *_pulled_back(calendar, goal, start, counted)), tuple(rows))


def _pulled_back(calendar: Calendar, goal: Goal, start: datetime, counted: datetime) -> Iterator[str]:
    """Yield what happens if daylight saving time skips the same local time, or if that time is not in open hours."""
    zone = ZoneInfo(calendar.zone)
    aim, due = calendar.aim(start, goal), calendar.due(start, goal)
    if aim.astimezone(zone).time() != counted.astimezone(zone).time():
        yield "The clocks skip that time on that day; the end of the gap is taken."
    if due < aim:
        opening = calendar.is_open(aim)
        why = "That is an opening" if opening else f"The office is closed then ({why_closed(aim, calendar)})"
        yield f"{why}, so the close before it counts: {exact(due, calendar)}."
    if due < start:
        yield "That is before the start, for the office is closed all the while."


# -- as text


def render(explanation: Explanation) -> tuple[str, ...]:
    """Return the explanation as lines of plain text for a monospaced font."""
    calendar = explanation.calendar
    lines = [*_wrapped(explanation.title), f"Calendar {calendar.name}, in the time of {calendar.zone}."]
    for part in explanation.parts:
        for sentence in part.sentences:
            lines += _wrapped(sentence)
        if part.rows:
            lines += ["", *_table(part.rows), ""]
    lines += [""] if lines[-1] else []
    if explanation.due is not None:
        lines.append(f"Due: {exact(explanation.due, calendar)}")
    for sentence in explanation.ending:
        lines += _wrapped(sentence)
    return tuple(lines)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    days = any(isinstance(row.amount, int) for row in rows)
    cells = [_cells(row) for row in rows]
    counted = [cell for row, cell in zip(rows, cells, strict=True) if row.amount is not None]
    heads = ("Day", "Open" if days else "Counted", "Business day" if days else "Length", "" if days else "Sum")
    widths = [max(len(heads[n]), *(len(cell[n]) for cell in counted), 0) for n in range(4)]
    yield _line(heads, widths)
    before = None
    for row, (day, text, amount, total) in zip(rows, cells, strict=True):
        shown = "" if row.day == before else day
        before = row.last if row.day == row.last else None
        if row.amount is None:
            more = _wrapped(text, MAX_WIDTH - _DAY_WIDTH - len(_GAP))
            for line in more:
                yield f"{shown:{_DAY_WIDTH}}{_GAP}{line}".rstrip()
                shown = ""
        else:
            yield _line((shown, text, amount, total), widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    day, text, amount, total = cells
    return f"{day:{_DAY_WIDTH}}{_GAP}{text:{widths[1]}}{_GAP}{amount:>{widths[2]}}{_GAP}{total:>{widths[3]}}".rstrip()


def _cells(row: Row) -> tuple[str, str, str, str]:
    text = " ".join(row.text.split())
    if row.amount is None and row.last > row.day:
        text = f"to {day_name(row.last)}: {text}"
    amount, total = _amount(row.amount), _amount(row.total)
    if isinstance(row.amount, int) and isinstance(row.total, int):
        first = row.total - row.amount + 1
        amount, total = (str(row.total) if first == row.total else f"{first} to {row.total}"), ""
    return day_name(row.day), text, amount, total


def _amount(amount: Amount | None) -> str:
    return length(amount) if isinstance(amount, timedelta) else ""


def _wrapped(sentence: str, width: int = MAX_WIDTH) -> list[str]:
    """Return lines of at most that width; a moment or a length of time is never split."""
    whole = _WHOLE.sub(lambda found: found.group().replace(" ", _UNBROKEN), " ".join(sentence.split()))
    return [line.replace(_UNBROKEN, " ") for line in textwrap.wrap(whole, width)] or [""]
