"""Business time as one writes it without a library: a loop over the days, each turned into UTC. Slow, and readable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

Hours = tuple[tuple[time, time], ...]  # from opening up to closing; a closing of 00:00 is the end of the day
ONE_DAY = timedelta(days=1)
MOST_DAYS = 4000


@dataclass(frozen=True)
class DayLoop:
    """An office: its zone, the hours of each weekday, and those of the dates that differ; all answers are in UTC."""

    zone: ZoneInfo
    week: Mapping[int, Hours]
    special: Mapping[date, Hours]

    def due(self, start: datetime, open_time: timedelta) -> datetime:
        """When so much open time has passed since `start`."""
        for days in range(MOST_DAYS):
            for opens, closes in self._intervals(self._date(start) + days * ONE_DAY):
                begins = max(start, opens)
                if begins >= closes:
                    continue
                if open_time <= closes - begins:
                    return begins + open_time
                open_time -= closes - begins
        raise ValueError("the office is not open long enough")

    def due_days(self, start: datetime, days: int) -> datetime:
        """The same wall time on so many open days later, pulled back into the open hours."""
        day, moment = self._worked(start)
        clock = moment.astimezone(self.zone).replace(tzinfo=None) - datetime.combine(day, time())
        while days:
            day += ONE_DAY
            days -= any(True for _ in self._intervals(day))
        return self._pulled_back(day, self._instant(datetime.combine(day, time()) + clock))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The open time from `start` to `end`."""
        total, day = timedelta(), self._date(start)
        while day <= self._date(end):
            for opens, closes in self._intervals(day):
                total += max(min(end, closes) - max(start, opens), timedelta())
            day += ONE_DAY
        return total

    def _date(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _instant(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone).astimezone(UTC)

    def _intervals(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        hours = self.special[day] if day in self.special else self.week.get(day.weekday(), ())
        for opening, closing in hours:
            last_day = day if closing > time() else day + ONE_DAY
            yield self._instant(datetime.combine(day, opening)), self._instant(datetime.combine(last_day, closing))

    def _worked(self, at: datetime) -> tuple[date, datetime]:
        """The moment itself in open hours, else the close before it; and the day that it belongs to."""
        for back in count():
            day = self._date(at) - back * ONE_DAY
            begun = [closes for opens, closes in self._intervals(day) if opens <= at]
            if begun:
                return day, min(at, begun[-1])
        raise AssertionError

    def _pulled_back(self, day: date, at: datetime) -> datetime:
        """The moment itself in open hours, else the close before it; an opening is not in them."""
        for back in count():
            begun = [closes for opens, closes in self._intervals(day - back * ONE_DAY) if opens < at]
            if begun:
                return min(at, begun[-1])
        raise AssertionError
