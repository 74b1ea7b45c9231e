"""A second opinion on business time that shares no code with it: it walks the wall clock minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

Hours = tuple[tuple[time, time], ...]
MINUTE = timedelta(minutes=1)


@cache
def wall(zone: str, at: datetime) -> datetime:
    """What the clock on the wall reads, without its zone."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


class MinuteWalker:
    """Answers for starts on whole minutes. A minute is open when the wall clock at its beginning says so."""

    def __init__(self, zone: str, week: dict[int, Hours], special: dict[date, Hours]) -> None:
        self.zone, self.week, self.special = zone, week, special

    def open(self, at: datetime) -> bool:
        """Whether the minute that begins at `at` is open."""
        now = wall(self.zone, at)
        hours = self.special.get(now.date(), self.week.get(now.weekday(), ()))
        clock = now.time()
        return any(a <= clock and (clock < b or b == time(0)) for a, b in hours)

    def business_hours(self, start: datetime, hours: int) -> datetime:
        """When so many open hours have passed."""
        left, at = hours * 60, start
        while left:
            left -= self.open(at)
            at += MINUTE
        return at

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """How many minutes are open."""
        count, at = 0, start
        while at < end:
            count += self.open(at)
            at += MINUTE
        return count * MINUTE

    def pulled_back(self, at: datetime) -> datetime:
        """Back to a moment that has an open minute right before it."""
        while not self.open(at - MINUTE):
            at -= MINUTE
        return at

    def first_reading(self, target: datetime) -> datetime:
        """The first moment at which the wall clock has reached `target`."""
        at = target.replace(tzinfo=UTC) - timedelta(hours=16)
        while wall(self.zone, at) < target:
            at += MINUTE
        return at

    def business_days(self, start: datetime, days: int) -> datetime:
        """The same time on the Nth day with open minutes, a start in closed time counted as the last close."""
        if self.open(start):
            counted = wall(self.zone, start)
            day, clock = counted.date(), counted - datetime.combine(counted.date(), time(0))
        else:
            last = wall(self.zone, self.pulled_back(start) - MINUTE)
            day, clock = last.date(), last - datetime.combine(last.date(), time(0)) + MINUTE
        at, found = start, [day]
        while len(found) <= days:
            if self.open(at) and (today := wall(self.zone, at).date()) > found[-1]:
                found.append(today)
            at += MINUTE
        return self.pulled_back(self.first_reading(datetime.combine(found[-1], time(0)) + clock))

    def weeks(self, start: datetime, weeks: int) -> datetime:
        """The same wall time so many weeks on."""
        return self.pulled_back(self.first_reading(wall(self.zone, start) + timedelta(weeks=weeks)))

    def months(self, start: datetime, months: int) -> datetime:
        """The same wall time so many months on, on the month's last day where it is too short."""
        now = wall(self.zone, start)
        number = now.year * 12 + now.month - 1 + months
        for day in range(now.day, 0, -1):
            try:
                target = now.replace(year=number // 12, month=number % 12 + 1, day=day)
            except ValueError:
                continue
            break
        return self.pulled_back(self.first_reading(target))
