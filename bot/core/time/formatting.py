"""Formats moments and lengths of time for staff, in a calendar's zone, without rounding."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.time.business_calendar import Calendar

_TICK = timedelta(microseconds=1)


def moment(at: datetime, calendar: Calendar) -> str:
    """Return a moment to the minute: "Tue 2026-01-13 15:30 CST"."""
    return at.astimezone(ZoneInfo(calendar.zone)).strftime("%a %Y-%m-%d %H:%M %Z")


def exact(at: datetime, calendar: Calendar) -> str:
    """Return a moment with its seconds and fractions, if any: "Tue 2026-01-13 15:30:12.345 CST"."""
    local = at.astimezone(ZoneInfo(calendar.zone))
    return f"{day_name(local.date())} {_clock(local)} {local.tzname()}"


def clock_at(at: datetime, calendar: Calendar) -> str:
    """Return the time of day of a moment, with its seconds and fractions, if any: "15:30 CST"."""
    local = at.astimezone(ZoneInfo(calendar.zone))
    return f"{_clock(local)} {local.tzname()}"


def time_range(begin: datetime, end: datetime, calendar: Calendar) -> str:
    """Return a range of time within one day: "08:00-17:00 CST". Its end is in the offset from UTC that applied until
    then, and the midnight that ends the day is 24:00."""
    zone = ZoneInfo(calendar.zone)
    first, last = begin.astimezone(zone), (end - _TICK).astimezone(zone)
    closing = last.replace(tzinfo=None) + _TICK
    until = "24:00" if closing.date() > last.date() else _clock(closing)
    names = (first.tzname() or "", last.tzname() or "")
    return f"{_clock(first)}{'' if names[0] == names[1] else ' ' + names[0]}-{until} {names[1]}"


def day_name(day: date) -> str:
    """Return a date with its weekday: "Tue 2026-01-13"."""
    return f"{day:%a} {day.isoformat()}"


def day_at(at: datetime, calendar: Calendar) -> date:
    """Return the date of a moment in the calendar's zone."""
    return at.astimezone(ZoneInfo(calendar.zone)).date()


def day_before(at: datetime, calendar: Calendar) -> date:
    """Return the date that a closing belongs to: the date of the instant before it, so midnight belongs to the day that
    it ends."""
    return day_at(at - _TICK, calendar)


def day_range(first: datetime, last: datetime, calendar: Calendar) -> str:
    """Return the days of two moments: "Mon 2026-01-12 to Tue 2026-01-27", or the one day if they are the same."""
    days = [day_name(day_before(at, calendar)) for at in (first, last)]
    return days[0] if days[0] == days[1] else " to ".join(days)


def midnight(day: date, calendar: Calendar) -> datetime:
    """Return the moment at which a date begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(calendar.zone)).astimezone(UTC)


def length(time: timedelta) -> str:
    """Return a length of time such as "9 h 00 min", or with seconds, if any, "1 h 19 min 47.655 s"."""
    minutes, rest = divmod(time, timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    text = f"{hours} h {minutes:02} min"
    return f"{text} {_seconds(rest.seconds, rest.microseconds)} s" if rest else text


def _clock(at: datetime) -> str:
    text = f"{at:%H:%M}"
    return f"{text}:{_seconds(at.second, at.microsecond)}" if at.second or at.microsecond else text


def _seconds(seconds: int, microseconds: int) -> str:
    return f"{seconds:02}.{microseconds:06}".rstrip("0") if microseconds else f"{seconds:02}"
