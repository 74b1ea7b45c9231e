"""Questions that candidates answer differently, with the right answers, each written down by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from benchmarks.candidates import CANDIDATES, CannotSay
from bot.core.time.business_calendar import Calendar, DayException, Hours
from bot.core.time.goals import parse_goal

RIGHT = "right"


@dataclass(frozen=True)
class Question:
    """From `start` by a goal or to another moment, `by`. The answer is a moment, or the open time between the two."""

    calendar: Calendar
    about: str
    start: str
    by: str
    answer: str

    def ask(self, candidate: str) -> tuple[str, str]:
        """`right`, or what the candidate says instead; and why, where it says nothing."""
        try:
            said = self._ask(candidate)
        except CannotSay as missing:
            return "cannot", f"{candidate} cannot say {missing}"
        except Exception as error:  # whatever a library raises is its answer
            return "fails", f"{candidate}, {self.about}: {type(error).__name__}: {error}"
        return (RIGHT if said == self.right() else self.written(said)), ""

    def right(self) -> datetime | timedelta:
        """The right answer."""
        if "T" in self.answer:
            return datetime.fromisoformat(self.answer)
        hours, minutes, seconds = map(int, self.answer.split(":"))
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def written(self, answer: datetime | timedelta) -> str:
        """An answer in the office's local time."""
        if isinstance(answer, timedelta):
            return str(answer)
        return answer.astimezone(ZoneInfo(self.calendar.zone)).strftime("%a %b %d %H:%M")

    def _ask(self, candidate: str) -> datetime | timedelta:
        asked = CANDIDATES[candidate](self.calendar)
        start = asked.moment(datetime.fromisoformat(self.start))
        if "business" not in self.by:
            return asked.plain(asked.elapsed(start, asked.moment(datetime.fromisoformat(self.by))))
        answer = asked.plain(asked.due(start, asked.goal(parse_goal(self.by))))
        assert isinstance(answer, datetime)
        # businesstimedelta knows no 24:00, only the last microsecond of a day; that does not count against it.
        return (answer + timedelta(milliseconds=500)).astimezone(UTC).replace(microsecond=0)


def office(
    *hours: str,
    zone: str = "America/Chicago",
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


def _asked(calendar: Calendar, lines: str) -> Iterator[Question]:
    for line in lines.strip().splitlines():
        about, start, by, answer = (cell.strip() for cell in line.split("|"))
        yield Question(calendar, about, start, by, answer)


_WEEK = office(closed=("2026-09-07", "2027-01-01", "2030-01-01"))
_WINTER = office(closed=tuple(str(date(2026, 12, 21) + timedelta(days=n)) for n in range(14)) + ("2030-01-01",))
_NOTHING_CLOSED = office(closed=("2026-01-01",))
_LUNCH = office("8-12", "13-17")
_FRIDAYS = office(week={4: _hours("8-12")})
_HALF_DAY = office(closed=("2026-12-24", "2026-12-25", "2030-01-01"), exceptions={"2026-12-23": "8-12"})
_SATURDAY = office(exceptions={"2026-08-15": "9-13"})
_AROUND_THE_CLOCK, _NIGHTS = office("0-24", days=range(7)), office("0-6", days=range(7))
_FROM_HALF_PAST_TWO = office("2:30-6", days=range(7))
_APIA = office(zone="Pacific/Apia", days=range(7))

# About what | from | by a goal, or to | the right answer.
_ASKED = (
    _asked(
        _WEEK,
        """
        20 hours within the week      | 2026-03-03T10:07-06:00    | 20 business hours         | 2026-03-05T12:07-06:00
        asked from another zone       | 2026-03-03T17:07+01:00    | 20 business hours         | 2026-03-05T12:07-06:00
        asked on a Saturday           | 2026-08-08T11:00-05:00    | 3 business hours          | 2026-08-10T11:00-05:00
        over a holiday                | 2026-09-04T16:00-05:00    | 2 business hours          | 2026-09-08T09:00-05:00
        due at a close                | 2026-08-07T15:00-05:00    | 2 business hours          | 2026-08-07T17:00-05:00
        elapsed, whole hours          | 2026-03-03T10:07-06:00    | 2026-03-05T12:07-06:00    | 20:00:00
        elapsed, to the second        | 2026-03-03T10:07:30-06:00 | 2026-03-04T09:20:45-06:00 | 8:13:15
        elapsed, over a closed night  | 2026-03-03T18:00-06:00    | 2026-03-04T07:00-06:00    | 0:00:00
        5 business days               | 2026-08-07T15:30-05:00    | 5 business days           | 2026-08-14T15:30-05:00
        5 business days, a Saturday   | 2026-08-08T11:00-05:00    | 5 business days           | 2026-08-14T17:00-05:00
        """,
    ),
    _asked(_WINTER, "closed for two weeks | 2026-12-18T16:00-06:00 | 2 business hours | 2027-01-04T09:00-06:00"),
    _asked(
        _NOTHING_CLOSED,
        "no closed day in five years | 2026-03-03T10:07-06:00 | 20 business hours | 2026-03-05T12:07-06:00",
    ),
    _asked(
        _LUNCH,
        """
        a lunch break                 | 2026-03-03T11:00-06:00    | 2 business hours          | 2026-03-03T14:00-06:00
        a lunch break, elapsed        | 2026-03-03T10:00-06:00    | 2026-03-03T16:00-06:00    | 5:00:00
        """,
    ),
    _asked(_FRIDAYS, "Fridays until noon | 2026-08-07T11:00-05:00 | 2 business hours | 2026-08-10T09:00-05:00"),
    _asked(
        _HALF_DAY,
        """
        a half day                    | 2026-12-23T11:00-06:00    | 2 business hours          | 2026-12-28T09:00-06:00
        5 business days, a half day   | 2026-12-16T15:30-06:00    | 5 business days           | 2026-12-23T12:00-06:00
        """,
    ),
    _asked(_SATURDAY, "a worked Saturday | 2026-08-14T16:00-05:00 | 2 business hours | 2026-08-15T10:00-05:00"),
    _asked(
        _AROUND_THE_CLOCK,
        "open around the clock | 2026-08-07T12:00-05:00 | 24 business hours | 2026-08-08T12:00-05:00",
    ),
    _asked(
        _NIGHTS,
        """
        spring change while open      | 2026-03-08T00:00-06:00    | 4 business hours          | 2026-03-08T05:00-05:00
        spring change, elapsed        | 2026-03-07T18:00-06:00    | 2026-03-08T18:00-05:00    | 5:00:00
        autumn change while open      | 2026-11-01T00:00-05:00    | 4 business hours          | 2026-11-01T03:00-06:00
        autumn change, elapsed        | 2026-10-31T18:00-05:00    | 2026-11-01T18:00-06:00    | 7:00:00
        """,
    ),
    _asked(
        _FROM_HALF_PAST_TWO,
        "opening in the skipped hour | 2026-03-08T00:00-06:00 | 2026-03-08T12:00-05:00 | 3:00:00",
    ),
    _asked(_APIA, "a skipped date (Apia) | 2011-12-29T12:00-10:00 | 2011-12-31T12:00+14:00 | 9:00:00"),
)
QUESTIONS = tuple(question for asked in _ASKED for question in asked)
