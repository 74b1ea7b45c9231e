"""The rows of an explanation: each open interval that was counted, and by name each day and hour that was not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from bot.core.time.business_calendar import Calendar, Hours
from bot.core.time.formatting import clock_at, day_at, day_before, day_name, exact, midnight, time_range

MAX_ROWS = 60  # a longer table is folded
DAY = timedelta(days=1)

Span = tuple[datetime, datetime]
Amount = timedelta | int  # time or, in a table of business days, days


@dataclass(frozen=True)
class Row:
    """One row of the table. It begins at `at` and covers the local days from `day` through `last`.

    A row of counted time has an `amount` and the running `total`; any other row has only its `text`. A `plain` row
    looks the same every week and may be merged with its neighbors."""

    at: datetime
    day: date
    last: date
    text: str
    amount: Amount | None = None
    total: Amount | None = None
    plain: bool = False


def event(at: datetime, calendar: Calendar, text: str, end: datetime | None = None) -> Row:
    """Return a row for something that happened at a moment, or that lasted until `end`."""
    day = day_at(at, calendar)
    if end is None:
        return Row(at, day, day, f"{clock_at(at, calendar)}: {text}")
    until = clock_at(end, calendar) if day_at(end, calendar) == day else exact(end, calendar)
    return Row(at, day, day, f"{clock_at(at, calendar)} to {until}: {text}")


def table_of_open_time(calendar: Calendar, spans: Sequence[Span], events: Iterable[Row] = ()) -> list[Row]:
    """Return the rows for the open time in all spans with its running sum, and for every closed or special day."""
    rows = list(events)
    between: dict[tuple[date, str], Row] = {}  # two spans may include the same day
    total = timedelta()
    for begin, end in spans:
        for row in _days_between(calendar, begin, end):
            between.setdefault((row.day, row.text), row)
        counted = list(_openings(calendar, begin, end))
        for number, (first, last) in enumerate(counted):
            total += last - first
            plain = 0 < number < len(counted) - 1 and _is_usual(calendar, first, last)
            day = day_at(first, calendar)
            rows.append(Row(first, day, day, time_range(first, last, calendar), last - first, total, plain))
    return folded(_in_order([*rows, *between.values()]))


def table_of_clock_time(calendar: Calendar, spans: Sequence[Span], events: Iterable[Row] = ()) -> list[Row]:
    """Return the rows for goals that count clock time: one row per span, with the running sum."""
    rows = list(events)
    total = timedelta()
    for begin, end in spans:
        if begin < end:
            total += end - begin
            day = day_at(begin, calendar)
            same = day_at(end, calendar) == day
            until = clock_at(end, calendar) if same else exact(end, calendar)
            rows.append(Row(begin, day, day, f"{clock_at(begin, calendar)} to {until}", end - begin, total))
    return _in_order(rows)


def table_of_days(calendar: Calendar, start: datetime, count: int, first_row: Row) -> list[Row]:
    """Return the rows of business days 1 to `count`, after `first_row`, which is for the day that a start counts as."""
    numbers = {calendar.business_day(first_row.day, n): n for n in range(1, count + 1)}
    last = max(numbers)
    rows = [first_row]
    for row in _days_between(calendar, first_row.at, midnight(last + DAY, calendar)):
        if row.day > first_row.day:
            rows.append(row)
    for day, number in numbers.items():
        usual = day not in calendar.exceptions and number < count
        rows.append(Row(midnight(day, calendar), day, day, _hours_text(calendar.hours_on(day)), 1, number, usual))
    return folded(_in_order(rows))


def why_closed(at: datetime, calendar: Calendar) -> str:
    """Return a few words that say why an office is closed at a moment."""
    day = day_at(at, calendar)
    if calendar.hours_on(day):
        exception = calendar.exceptions.get(day)
        return exception.name if exception else "outside its hours"
    return _closed_by(calendar, day)[0].removeprefix("closed: ")


# -- days between openings


def _days_between(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Row]:
    """Yield a row for each closed day, each exception and each daylight saving change from `begin` to `end`."""
    if begin >= end:
        return
    zone = ZoneInfo(calendar.zone)
    day, last = day_at(begin, calendar), day_before(end, calendar)
    while day <= last:
        first, until = midnight(day, calendar), midnight(day + DAY, calendar)
        if first < until:  # else a date that the country skipped
            at = max(first, begin)
            if not calendar.hours_on(day):
                text, plain = _closed_by(calendar, day)
                yield Row(at, day, day, text, plain=plain)
            elif day in calendar.exceptions:
                text = f"{calendar.exceptions[day].name}: open {_hours_text(calendar.hours_on(day))}"
                yield Row(at, day, day, text)
            before, after = at.astimezone(zone), min(until, end).astimezone(zone)
            if before.utcoffset() != after.utcoffset():
                yield Row(at, day, day, f"the clocks change from {before.tzname()} to {after.tzname()}")
        day += DAY


def _closed_by(calendar: Calendar, day: date) -> tuple[str, bool]:
    """Return why a day is closed, and whether it is closed every week."""
    if day in calendar.exceptions:
        return f"closed: {calendar.exceptions[day].name}", False
    if day in calendar.closed:
        return f"closed: {calendar.closed[day]}", False
    return ("weekend" if day.weekday() >= 5 else f"closed every {day:%A}"), True


def _openings(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Span]:
    """Yield the open time, split at each midnight and at each opening, even if no closed time lies in between."""
    for first, last in calendar.intervals(begin, end):
        cuts = {first, last}
        day = day_at(first, calendar)
        while day <= day_at(last, calendar):
            cuts.add(midnight(day, calendar))
            cuts.update(_opening(calendar, day, opening) for opening, _ in calendar.hours_on(day))
            day += DAY
        inside = sorted(cut for cut in cuts if first <= cut <= last)
        yield from pairwise(inside)


def _opening(calendar: Calendar, day: date, clock: time) -> datetime:
    """Return when the wall clock shows that time, or the day's midnight if the wall clock skips it."""
    at = datetime.combine(day, clock, ZoneInfo(calendar.zone)).astimezone(UTC)
    local = at.astimezone(ZoneInfo(calendar.zone))
    return at if (local.date(), local.time()) == (day, clock) else midnight(day, calendar)


def _is_usual(calendar: Calendar, begin: datetime, end: datetime) -> bool:
    """Whether this is one whole open interval that every week has."""
    day = day_at(begin, calendar)
    usual = {(_opening(calendar, day, a), _closing(calendar, day, b)) for a, b in calendar.hours_on(day)}
    return day not in calendar.exceptions and (begin, end) in usual


def _closing(calendar: Calendar, day: date, clock: time) -> datetime:
    return midnight(day + DAY, calendar) if clock == time(0) else _opening(calendar, day, clock)


def _hours_text(hours: Hours) -> str:
    spans = [f"{opening:%H:%M}-{'24:00' if closing == time(0) else f'{closing:%H:%M}'}" for opening, closing in hours]
    return ", ".join(spans)


# -- order and length


def _in_order(rows: Iterable[Row]) -> list[Row]:
    """Return the rows by moment, with notes before counted time, and with consecutive days closed for the same reason
    merged into one row."""
    found: list[Row] = []
    for row in sorted(rows, key=lambda r: (r.at, r.amount is not None)):
        before = found[-1] if found else None
        if before and row.amount is before.amount is None and _joins(before, row):
            found[-1] = replace(before, last=row.last)
        else:
            found.append(row)
    return found


def _joins(before: Row, row: Row) -> bool:
    same = before.text == row.text and before.plain == row.plain and before.last + DAY == row.day
    return same and (row.plain or row.text.startswith("closed: "))


def folded(rows: list[Row]) -> list[Row]:
    """Return at most MAX_ROWS rows as they are. Merge a longer table so that each plain week is one row or, if that is
    still too long, each run of plain rows. Special rows are never merged, however many there are."""
    if len(rows) <= MAX_ROWS:
        return rows
    weeks = _grouped(rows, by_week=True)
    return weeks if len(weeks) <= MAX_ROWS else _grouped(rows, by_week=False)


def _grouped(rows: list[Row], by_week: bool) -> list[Row]:
    found: list[Row] = []
    for (plain, _), group in groupby(rows, lambda r: (r.plain, _monday(r.day) if by_week else None)):
        run = list(group)
        whole = run[0].day.weekday() == 0 and run[-1].last.weekday() == 6
        counted = [row for row in run if row.amount is not None]
        if plain and (whole or not by_week) and len(counted) > 1:
            days = len({row.day for row in counted})
            text = f"to {day_name(run[-1].last)}: {days} open day{'s' if days > 1 else ''}"
            amount = sum_of(row.amount for row in counted)
            found.append(Row(run[0].at, run[0].day, run[-1].last, text, amount, counted[-1].total, True))
        else:
            found += run
    return found


def sum_of(amounts: Iterable[Amount | None]) -> Amount:
    """Return the sum of the counted amounts, as time or as a number of days."""
    every = list(amounts)
    numbers = [a for a in every if isinstance(a, int)]
    return sum(numbers) if numbers else sum((a for a in every if isinstance(a, timedelta)), timedelta())


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
