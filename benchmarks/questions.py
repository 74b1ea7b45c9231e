"""Questions on which reckoners of business time differ, with the right answers, each written down by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from benchmarks.rivals import RIVALS, CannotSay
from bot.core.time.business_calendar import Calendar, DayException, Hours
from bot.core.time.goals import parse_goal

CHICAGO = "America/Chicago"
RIGHT = "right"


@dataclass(frozen=True)
class Question:
    """From a moment either to another one, or by a goal; the answer to the first is a time, to the second a moment.

    Moments are ISO 8601 with their offset; `calendar` is the office that is asked about."""

    about: str
    calendar: Calendar
    start: str
    answer: str
    goal: str = ""
    end: str = ""

    def ask(self, rival: str) -> tuple[str, str]:
        """`right`, or what the rival says instead; and where it says nothing, why."""
        try:
            said = self._ask(rival)
        except CannotSay as missing:
            return "cannot", f"{rival} cannot say {missing}"
        except Exception as error:  # whatever a library raises is its answer
            return "fails", f"{rival}, {self.about}: {type(error).__name__}: {error}"
        return (RIGHT if said == self.right() else self.written(said)), ""

    def right(self) -> datetime | timedelta:
        """The right answer."""
        if self.goal:
            return datetime.fromisoformat(self.answer)
        hours, minutes, seconds = map(int, self.answer.split(":"))
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def written(self, answer: datetime | timedelta) -> str:
        """An answer as the office's wall clock reads it."""
        if isinstance(answer, timedelta):
            return str(answer)
        return answer.astimezone(ZoneInfo(self.calendar.zone)).strftime("%a %b %d %H:%M")

    def _ask(self, rival: str) -> datetime | timedelta:
        asked = RIVALS[rival](self.calendar)
        start = asked.moment(datetime.fromisoformat(self.start))
        if self.goal:
            answer = asked.told(asked.due(start, asked.goal(parse_goal(self.goal))))
        else:
            answer = asked.told(asked.elapsed(start, asked.moment(datetime.fromisoformat(self.end))))
        return answer if isinstance(answer, timedelta) else _to_the_second(answer)


def office(
    *hours: str,
    zone: str = CHICAGO,
    days: range = range(5),
    week: Mapping[int, Hours] | None = None,
    closed: tuple[str, ...] = (),
    exceptions: Mapping[str, str] | None = None,
) -> Calendar:
    """A calendar with the same hours, like 8-17, on some weekdays; without hours it is open from 8 to 17."""
    same = dict.fromkeys(days, _hours(*(hours or ("8-17",))))
    special = {
        date.fromisoformat(day): DayException(_hours(text), "special") for day, text in (exceptions or {}).items()
    }
    names = dict.fromkeys(map(date.fromisoformat, closed), "closed")
    return Calendar("office", zone, "office time", {**same, **(week or {})}, names, special)


def _hours(*spans: str) -> Hours:
    return tuple((_clock(a), _clock(b)) for a, _, b in (span.partition("-") for span in spans))


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour) % 24, int(minute or 0))


def _to_the_second(at: datetime) -> datetime:
    """businesstimedelta knows no 24:00, only the last microsecond of a day; that is not held against it."""
    return (at + timedelta(milliseconds=500)).astimezone(UTC).replace(microsecond=0)


_WEEK = office(closed=("2026-09-07", "2027-01-01", "2030-01-01"))
_WINTER = office(closed=tuple(str(date(2026, 12, 21) + timedelta(days=n)) for n in range(14)) + ("2030-01-01",))
_HALF_DAY = office(closed=("2026-12-24", "2026-12-25", "2030-01-01"), exceptions={"2026-12-23": "8-12"})
_NIGHTS = office("0-6", days=range(7))
_FROM_HALF_PAST_TWO = office("2:30-6", days=range(7))
_AROUND_THE_CLOCK = office("0-24", days=range(7))

QUESTIONS = (
    Question(
        "20 hours within the week", _WEEK, "2026-03-03T10:07-06:00", "2026-03-05T12:07-06:00", "20 business hours"
    ),
    Question("asked from another zone", _WEEK, "2026-03-03T17:07+01:00", "2026-03-05T12:07-06:00", "20 business hours"),
    Question("asked on a Saturday", _WEEK, "2026-08-08T11:00-05:00", "2026-08-10T11:00-05:00", "3 business hours"),
    Question("over a holiday", _WEEK, "2026-09-04T16:00-05:00", "2026-09-08T09:00-05:00", "2 business hours"),
    Question(
        "over a closure of two weeks", _WINTER, "2026-12-18T16:00-06:00", "2027-01-04T09:00-06:00", "2 business hours"
    ),
    Question(
        "five years without a closed day",
        office(closed=("2026-01-01",)),
        "2026-03-03T10:07-06:00",
        "2026-03-05T12:07-06:00",
        "20 business hours",
    ),
    Question("due at a close", _WEEK, "2026-08-07T15:00-05:00", "2026-08-07T17:00-05:00", "2 business hours"),
    Question("elapsed, whole hours", _WEEK, "2026-03-03T10:07-06:00", "20:00:00", end="2026-03-05T12:07-06:00"),
    Question("elapsed, to the second", _WEEK, "2026-03-03T10:07:30-06:00", "8:13:15", end="2026-03-04T09:20:45-06:00"),
    Question("elapsed, over a closed night", _WEEK, "2026-03-03T18:00-06:00", "0:00:00", end="2026-03-04T07:00-06:00"),
    Question(
        "a lunch break", office("8-12", "13-17"), "2026-03-03T11:00-06:00", "2026-03-03T14:00-06:00", "2 business hours"
    ),
    Question(
        "a lunch break, elapsed",
        office("8-12", "13-17"),
        "2026-03-03T10:00-06:00",
        "5:00:00",
        end="2026-03-03T16:00-06:00",
    ),
    Question(
        "Fridays until noon",
        office(week={4: _hours("8-12")}),
        "2026-08-07T11:00-05:00",
        "2026-08-10T09:00-05:00",
        "2 business hours",
    ),
    Question("a half day", _HALF_DAY, "2026-12-23T11:00-06:00", "2026-12-28T09:00-06:00", "2 business hours"),
    Question(
        "a worked Saturday",
        office(exceptions={"2026-08-15": "9-13"}),
        "2026-08-14T16:00-05:00",
        "2026-08-15T10:00-05:00",
        "2 business hours",
    ),
    Question(
        "open around the clock",
        _AROUND_THE_CLOCK,
        "2026-08-07T12:00-05:00",
        "2026-08-08T12:00-05:00",
        "24 business hours",
    ),
    Question(
        "spring change while open", _NIGHTS, "2026-03-08T00:00-06:00", "2026-03-08T05:00-05:00", "4 business hours"
    ),
    Question("spring change, elapsed", _NIGHTS, "2026-03-07T18:00-06:00", "5:00:00", end="2026-03-08T18:00-05:00"),
    Question(
        "autumn change while open", _NIGHTS, "2026-11-01T00:00-05:00", "2026-11-01T03:00-06:00", "4 business hours"
    ),
    Question("autumn change, elapsed", _NIGHTS, "2026-10-31T18:00-05:00", "7:00:00", end="2026-11-01T18:00-06:00"),
    Question(
        "opening in the skipped hour",
        _FROM_HALF_PAST_TWO,
        "2026-03-08T00:00-06:00",
        "3:00:00",
        end="2026-03-08T12:00-05:00",
    ),
    Question(
        "a date that was skipped (Apia)",
        office(zone="Pacific/Apia", days=range(7)),
        "2011-12-29T12:00-10:00",
        "9:00:00",
        end="2011-12-31T12:00+14:00",
    ),
    Question("5 business days", _WEEK, "2026-08-07T15:30-05:00", "2026-08-14T15:30-05:00", "5 business days"),
    Question(
        "5 business days from a Saturday", _WEEK, "2026-08-08T11:00-05:00", "2026-08-14T17:00-05:00", "5 business days"
    ),
    Question(
        "5 business days, to a half day",
        _HALF_DAY,
        "2026-12-16T15:30-06:00",
        "2026-12-23T12:00-06:00",
        "5 business days",
    ),
)
