"""A calendar's closed days: what a library of holidays proposes for a year, what is listed, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta

from bot.core.time.business_calendar import Calendar, DayException

WARN = timedelta(days=60)
_WINTER = timedelta(days=7)  # a list that ends with the first days of January ends with the year before

_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .()")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off"}  # which YAML takes for something else
_PLAIN = re.compile(r"[A-Za-z0-9][^:#\\]*[^:#\\\s]")  # what needs no quotes in YAML


@dataclass(frozen=True)
class Region:
    """Whose holidays are proposed: a country and, where given, a part of it, by their ISO codes (US, TX)."""

    country: str
    subdivision: str | None = None

    def __str__(self) -> str:
        return f"{self.country}-{self.subdivision}" if self.subdivision else self.country


@dataclass(frozen=True)
class Proposal:
    """A day that the office may be closed on. `already` is the name under which the file lists it; `optional` a
    day of the country's part alone, on which many offices are open; `proposed` is false where only the file
    has the day."""

    day: date
    name: str
    optional: bool
    already: str | None
    proposed: bool = True


def unknown(region: Region) -> str | None:
    """A sentence that says why the library cannot propose days for a region, None if it can."""
    from holidays import list_supported_countries  # where it is needed alone: it is slow to import

    countries = list_supported_countries(include_aliases=True)
    if region.country not in countries:
        return f'no holidays are known for a country "{region.country}"; give its ISO code, such as US'
    if region.subdivision is not None and region.subdivision not in countries[region.country]:
        known = ", ".join(countries[region.country]) or "none"
        return f'no holidays are known for "{region.subdivision}" in {region.country} (known: {known})'
    return None


def propose(calendar: Calendar, year: int, region: Region) -> list[Proposal]:
    """What the library proposes for a year and what the file lists, by date.

    Raises ValueError for a region that the library does not know."""
    if why := unknown(region):
        raise ValueError(f"The calendar {calendar.name} cannot be proposed for: {why}.")
    nationwide, here = _holidays(Region(region.country), year), _holidays(region, year)
    listed = {day: name for day, name in calendar.closed.items() if day.year == year}
    listed |= {day: one.name for day, one in calendar.exceptions.items() if day.year == year}
    # If a holiday of the part is also one of the country, the country's name is clearer.
    found = [Proposal(d, nationwide.get(d, name), d not in nationwide, listed.get(d)) for d, name in here.items()]
    found += [Proposal(d, name, False, name, False) for d, name in listed.items() if d not in here]
    return sorted(found, key=lambda one: one.day)


def _holidays(region: Region, year: int) -> Mapping[date, str]:
    from holidays import country_holidays

    found = country_holidays(region.country, subdiv=region.subdivision, years=year)
    return {day: name for day, name in found.items() if day.year == year}


def proposal_lines(calendar: Calendar, year: int, region: Region) -> list[str]:
    """The proposal as YAML, to paste below `closed:` in place of that year's lines. What a person must decide,
    and what changes nothing, is commented out."""
    return [
        f"# Days of {year} to go under `closed:`, in place of those that are there now.",
        f"# Proposed by the holidays library for {region}; keep or delete each line.",
        *(_line(calendar, one) for one in propose(calendar, year, region)),
    ]


def _line(calendar: Calendar, one: Proposal) -> str:
    exception = one.day in calendar.exceptions
    name = one.name if one.already is None else one.already
    if one.already is not None:
        note = "in the file" if one.proposed else "only in the file"
        note += ", below `exceptions:`" if exception else ""
        note += f" (the library: {one.name})" if one.proposed and one.name != name else ""
    elif not calendar.week.get(one.day.weekday()):
        note = f"a {one.day:%A}, closed anyway"
    else:
        note = "optional, to be decided: many offices are open" if one.optional else "new"
    keeps = note == "new" or (one.already is not None and not exception)
    return f"  {'' if keeps else '# '}{one.day}: {_scalar(name)}".ljust(56) + f"  # {note}"


def _scalar(text: str) -> str:
    # Anything odd goes between single quotes, in which YAML knows one escape only.
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "''") + "'"


def exception_line(day: date, exception: DayException) -> str:
    """The line of YAML that stands for an exception below `exceptions:`, without its indent."""
    hours = [f"{opens.hour}:{opens:%M}-{_closing(end)}" for opens, end in exception.intervals]
    spans = hours[0] if len(hours) == 1 else f"[{', '.join(hours)}]"
    name = exception.name
    plain = name[0].isalpha() and _SAFE.issuperset(name) and name.casefold() not in _WORDS
    quoted = name if plain else "'" + name.replace("'", "''") + "'"
    return f"{day}: {{name: {quoted}, open: {spans}}}"


def _closing(end: time) -> str:
    return f"{end.hour}:{end:%M}" if end != time(0) else "24:00"


def closed_days_of_year(calendar: Calendar, year: int) -> list[str]:
    """One line for each day of a year that differs from the week, in order: date, weekday, name, hours."""
    days = {day: name for day, name in calendar.closed.items() if day.year == year}
    for day, exception in calendar.exceptions.items():
        if day.year == year:
            hours = ", ".join(f"{opening:%H:%M}-{closing:%H:%M}" for opening, closing in exception.intervals)
            days[day] = f"{exception.name} ({f'open {hours}' if hours else 'closed'})"
    return [f"{day} {day:%a}  {name}" for day, name in sorted(days.items())]


def runs_out(calendar: Calendar, today: date) -> str | None:
    """The warning that the list of closed days ends soon or has ended, None while it does not.

    The list ends with the last year that it names a day of; the warning begins 60 days before. A calendar
    without any closed day is that of an office that never closes, and does not run out."""
    last = max(_years(calendar), default=None)
    if last is None or today < date(last, 12, 31) - WARN:
        return None
    end = "ended" if today > date(last, 12, 31) else "end"
    return (
        f"The closed days of the calendar {calendar.name} {end} with {last}: "
        f"list those of {last + 1}, which python -m bot calendar propose {calendar.name} {last + 1} proposes."
    )


def _years(calendar: Calendar) -> Iterator[int]:
    return ((day - _WINTER).year for day in calendar.closed)
