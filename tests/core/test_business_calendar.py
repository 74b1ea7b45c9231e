"""When an office is open, and when a goal is due."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.time.business_calendar import Calendar, DayException, Hours
from bot.core.time.goals import Goal, Unit, parse_goal
from tests.core.oracle_cases import hours

CHICAGO = "America/Chicago"


def office(
    zone: str = CHICAGO,
    day: Hours = hours("8:00-17:00"),
    days: range = range(5),
    closed: tuple[str, ...] = (),
    **exceptions: Hours,
) -> Calendar:
    """A calendar with the same hours on some weekdays; exceptions are given as d2026_12_24=hours(...)."""
    special = {
        date.fromisoformat(key.lstrip("d").replace("_", "-")): DayException(value, "special")
        for key, value in exceptions.items()
    }
    closures = {date.fromisoformat(text): "closed" for text in closed}
    return Calendar("office", zone, "office time", dict.fromkeys(days, day), closures, special)


def at(text: str, zone: str = CHICAGO) -> datetime:
    """A wall time as a moment; the earlier one where it comes twice."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def due(calendar: Calendar, start: str, goal: str) -> str:
    """The due moment as the office's wall clock reads it."""
    moment = calendar.due(at(start, calendar.zone), parse_goal(goal))
    assert moment.tzinfo is UTC
    return moment.astimezone(ZoneInfo(calendar.zone)).strftime("%a %Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "goal", "expected"),
    [
        ("2026-01-08 15:40", "20 business hours", "Tue 2026-01-13 08:40"),
        ("2026-01-09 16:00", "1 business hour", "Fri 2026-01-09 17:00"),
        ("2026-01-09 17:00", "9 business hours", "Mon 2026-01-12 17:00"),
        ("2026-01-10 12:00", "1 business hour", "Mon 2026-01-12 09:00"),
        ("2026-03-06 16:00", "2 business hours", "Mon 2026-03-09 09:00"),
    ],
)
def test_business_hours_spend_open_time_only(start: str, goal: str, expected: str) -> None:
    """Business hours count open time, and end at a closing rather than the opening after it."""
    assert due(office(), start, goal) == expected


@pytest.mark.parametrize(
    ("start", "goal", "expected"),
    [
        ("2026-01-09 15:30", "5 business days", "Fri 2026-01-16 15:30"),
        ("2026-01-10 11:00", "5 business days", "Fri 2026-01-16 17:00"),
        ("2026-01-09 17:00", "5 business days", "Fri 2026-01-16 17:00"),
        ("2026-01-12 07:00", "1 business day", "Mon 2026-01-12 17:00"),
        ("2026-01-12 08:00", "5 business days", "Fri 2026-01-16 17:00"),
        ("2026-01-12 08:01", "5 business days", "Mon 2026-01-19 08:01"),
        ("2026-01-09 15:30", "5-10 business days", "Fri 2026-01-23 15:30"),
        ("2026-03-06 15:30", "1 business day", "Mon 2026-03-09 15:30"),
    ],
)
def test_business_days_keep_the_local_time(start: str, goal: str, expected: str) -> None:
    """N business days end at the same local time; a start in closed time counts as the last close."""
    assert due(office(), start, goal) == expected


def test_business_days_are_pulled_back_into_open_hours() -> None:
    """Before opening: the close before; in a break: its start; after closing: the close; holidays are no days."""
    lunch = office(day=hours("8:00-12:00", "13:00-17:00"))
    assert due(lunch, "2026-01-12 12:30", "1 business day") == "Tue 2026-01-13 12:00"
    assert due(lunch, "2026-01-12 13:00", "1 business day") == "Tue 2026-01-13 12:00"
    odd = office(
        closed=("2026-12-25",), d2026_12_24=hours("8:00-12:00"), d2026_12_29=hours("10:00-13:00", "14:00-17:00")
    )
    assert due(odd, "2026-12-23 15:00", "1 business day") == "Thu 2026-12-24 12:00"
    assert due(odd, "2026-12-24 11:00", "1 business day") == "Mon 2026-12-28 11:00"
    assert due(odd, "2026-12-28 09:00", "1 business day") == "Mon 2026-12-28 17:00"
    assert due(odd, "2026-12-28 13:30", "1 business day") == "Tue 2026-12-29 13:00"


def test_an_extra_saturday_is_a_business_day() -> None:
    """An exception can open a day that the week closes, and one that is listed as closed."""
    calendar = office(closed=("2026-01-17",), d2026_01_17=hours("9:00-13:00"))
    assert due(calendar, "2026-01-16 10:00", "1 business day") == "Sat 2026-01-17 10:00"
    assert due(calendar, "2026-01-16 16:00", "2 business hours") == "Sat 2026-01-17 10:00"


@pytest.mark.parametrize(
    ("start", "goal", "expected"),
    [
        ("2026-01-30 10:00", "1 month", "Fri 2026-02-27 17:00"),
        ("2027-12-31 10:00", "2 months", "Tue 2028-02-29 10:00"),
        ("2026-01-31 10:00", "1-3 months", "Thu 2026-04-30 10:00"),
        ("2026-01-12 10:00", "2-4 weeks", "Mon 2026-02-09 10:00"),
        ("2026-01-12 10:00", "3 days", "Thu 2026-01-15 10:00"),
        ("2026-01-12 10:00", "1-5 days", "Fri 2026-01-16 17:00"),
        ("2026-03-06 10:00", "3 days", "Mon 2026-03-09 10:00"),
        ("2026-03-05 08:00", "1 day", "Thu 2026-03-05 17:00"),
        ("2026-01-10 10:00", "2 weeks", "Fri 2026-01-23 17:00"),
        ("2026-03-02 08:00", "1 week", "Fri 2026-03-06 17:00"),
        ("2026-03-02 09:00", "1 week", "Mon 2026-03-09 09:00"),
        ("2026-01-10 23:30", "1 hour", "Sun 2026-01-11 00:30"),
        ("2026-03-07 12:00", "24 hours", "Sun 2026-03-08 13:00"),
    ],
)
def test_days_weeks_and_months_follow_the_calendar_and_hours_the_clock(start: str, goal: str, expected: str) -> None:
    """Days, weeks and months keep the wall time and fall back to the close before; hours are clock time."""
    assert due(office(), start, goal) == expected


def test_a_month_that_is_too_short_ends_on_its_last_day() -> None:
    """January 31 and one month is the last day of February."""
    always = office(day=hours("0:00-24:00"), days=range(7))
    assert due(always, "2026-01-31 10:00", "1 month") == "Sat 2026-02-28 10:00"
    assert due(always, "2028-01-31 10:00", "1 month") == "Tue 2028-02-29 10:00"


def test_a_close_at_midnight_belongs_to_the_day_it_ends() -> None:
    """A weekend start in an office open until 24:00 on Friday counts as Friday."""
    late = office(day=hours("16:00-24:00"))
    assert due(late, "2026-01-10 10:00", "1 business day") == "Tue 2026-01-13 00:00"
    assert due(late, "2026-01-10 00:00", "1 business day") == "Tue 2026-01-13 00:00"


def test_a_long_closure_can_leave_weeks_without_open_time() -> None:
    """A goal of a week that begins and ends in one closure is due at the close before it, with no budget."""
    winter = tuple(f"2026-12-{day}" for day in range(21, 32)) + ("2027-01-01",)
    calendar, goal = office(closed=winter), parse_goal("1 week")
    start = at("2026-12-23 10:00")
    assert due(calendar, "2026-12-23 10:00", "1 week") == "Fri 2026-12-18 17:00"
    assert calendar.budget(start, goal) == timedelta()
    assert calendar.moment_at(start, goal, 0.75) == calendar.due(start, goal)


def test_a_half_day_and_a_late_one_can_leave_a_business_day_without_open_time() -> None:
    """Closed from Monday noon to Tuesday at 13:00: a start between counts as Monday 12:00, and Tuesday at 12:00
    is before opening, so that the due moment is the close before, which has passed."""
    calendar = office(d2026_01_12=hours("8:00-12:00"), d2026_01_13=hours("13:00-17:00"))
    assert due(calendar, "2026-01-12 14:00", "1 business day") == "Mon 2026-01-12 12:00"
    assert calendar.budget(at("2026-01-12 14:00"), parse_goal("1 business day")) == timedelta()


def test_the_spring_gap_is_not_open_and_the_autumn_hour_is_open_twice() -> None:
    """Open means that the wall clock reads a time within the hours."""
    night = office(day=hours("1:30-2:30"), days=range(7))
    spring = night.elapsed(at("2026-03-08 00:00"), at("2026-03-09 00:00"))
    autumn = list(night.intervals(at("2026-11-01 00:00"), at("2026-11-02 00:00")))
    assert spring == timedelta(minutes=30)
    assert [(a.strftime("%H:%M"), b.strftime("%H:%M")) for a, b in autumn] == [
        ("06:30", "07:00"),
        ("07:30", "08:30"),
    ]


def test_a_due_time_in_the_gap_moves_to_its_end() -> None:
    """02:30 does not exist on the day the clocks go forward: the due moment is 03:00."""
    always = office(day=hours("0:00-24:00"), days=range(7))
    assert due(always, "2026-03-07 02:30", "1 business day") == "Sun 2026-03-08 03:00"
    assert due(always, "2026-03-01 02:30", "1 week") == "Sun 2026-03-08 03:00"


def test_half_hours_of_lord_howe_are_counted() -> None:
    """On Lord Howe Island the clocks move by half an hour."""
    always = office("Australia/Lord_Howe", hours("0:00-24:00"), range(7))
    day = [at(f"2026-{text} 00:00", always.zone) for text in ("04-05", "04-06", "10-04", "10-05")]
    assert always.elapsed(day[0], day[1]) == timedelta(hours=24, minutes=30)
    assert always.elapsed(day[2], day[3]) == timedelta(hours=23, minutes=30)


def test_the_day_that_samoa_skipped_is_no_business_day() -> None:
    """Friday, December 30, 2011 never was in Apia."""
    apia = office("Pacific/Apia")
    assert due(apia, "2011-12-29 15:00", "1 business day") == "Mon 2012-01-02 15:00"
    assert due(apia, "2011-12-29 15:00", "3 business hours") == "Mon 2012-01-02 09:00"


def test_open_at_the_opening_and_closed_at_the_closing() -> None:
    """Open intervals are half-open."""
    calendar = office()
    assert calendar.is_open(at("2026-01-12 08:00"))
    assert not calendar.is_open(at("2026-01-12 17:00"))
    assert calendar.next_open(at("2026-01-12 08:30")) == at("2026-01-12 08:30")
    assert calendar.next_open(at("2026-01-09 17:00")) == at("2026-01-12 08:00")
    assert calendar.next_open(at("2025-12-31 23:59")) == at("2026-01-01 08:00")


def test_intervals_are_cut_at_both_ends() -> None:
    """Only open time between the two moments is listed, in UTC."""
    calendar = office(day=hours("8:00-12:00", "13:00-17:00"))
    found = list(calendar.intervals(at("2026-01-09 09:00"), at("2026-01-12 08:10")))
    assert found == [
        (at("2026-01-09 09:00"), at("2026-01-09 12:00")),
        (at("2026-01-09 13:00"), at("2026-01-09 17:00")),
        (at("2026-01-12 08:00"), at("2026-01-12 08:10")),
    ]
    assert list(calendar.intervals(at("2026-01-10 09:00"), at("2026-01-10 19:00"))) == []
    assert list(calendar.intervals(at("2026-01-09 09:00"), at("2026-01-09 09:00"))) == []


def test_a_fraction_of_a_goal_is_spent_in_its_own_time() -> None:
    """75 % of open time falls in open time, of clock time anywhere; 100 % is the due moment."""
    calendar, goal = office(), parse_goal("20 business hours")
    start = at("2026-01-08 15:40")
    assert calendar.moment_at(start, goal, 0.75) == at("2026-01-12 12:40")
    assert calendar.moment_at(start, goal, 1) == calendar.due(start, goal)
    assert calendar.moment_at(start, goal, 0) == start
    night = at("2026-01-10 23:00")
    assert calendar.moment_at(night, parse_goal("1 hour"), 0.75) == night + timedelta(minutes=45)
    month = calendar.moment_at(start, parse_goal("5 business days"), 0.2)
    assert month == at("2026-01-09 15:40")


def test_pausing_spends_nothing() -> None:
    """A budget taken up again later ends as much later as it was paused."""
    calendar = office()
    left = timedelta(hours=20) - calendar.elapsed(at("2026-01-08 15:40"), at("2026-01-09 09:00"))
    assert calendar.after(at("2026-01-12 09:00"), left) == at("2026-01-14 08:40")
    assert calendar.after(at("2026-01-10 09:00"), timedelta()) == at("2026-01-10 09:00")


def test_nothing_is_rounded() -> None:
    """Seconds and microseconds of a start come back in its due moment."""
    start = at("2026-01-08 15:40") + timedelta(seconds=59, microseconds=123_457)
    assert office().due(start, parse_goal("20 business hours")) == at("2026-01-13 08:40") + timedelta(
        seconds=59, microseconds=123_457
    )


def test_the_order_of_questions_does_not_matter() -> None:
    """Years are built where they are asked for, forward and back, and intervals over New Year stay whole."""
    eastern = office("Pacific/Auckland", hours("0:00-24:00"), range(7))
    later = eastern.due(at("2031-06-01 12:00"), parse_goal("30 business hours"))
    assert eastern.elapsed(at("1999-12-31 00:00"), at("2000-01-02 00:00")) == timedelta(hours=48)
    assert eastern.elapsed(at("1999-12-31 00:00"), at("2031-06-01 12:00")) == at("2031-06-01 12:00") - at(
        "1999-12-31 00:00"
    )
    assert later == at("2031-06-01 12:00") + timedelta(hours=30)
    assert len(list(eastern.intervals(at("2025-01-01 00:00"), at("2028-01-01 00:00")))) == 1


def test_threads_may_share_a_calendar() -> None:
    """Many threads that build years in both directions all get the right answers."""
    calendar = office()
    wrong: list[str] = []

    def ask(offset: int) -> None:
        for year in (2026 + offset, 2026 - offset):
            found = due(calendar, f"{year}-06-02 12:00", "5000 business hours")
            if found != due(office(), f"{year}-06-02 12:00", "5000 business hours"):
                wrong.append(found)

    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=ask, args=(offset,)) for offset in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(switching)
    assert wrong == []


GOALS = ["1 business hour", "1 business day", "1 hour", "1 week", "1 month"]
NAIVE = datetime(2026, 1, 12, 8)  # noqa: DTZ001
MONDAY = at("2026-01-12 08:00")
WITH_A_MOMENT: dict[str, Callable[[Calendar], object]] = {
    **{f"due {goal}": lambda c, goal=goal: c.due(NAIVE, parse_goal(goal)) for goal in GOALS},
    **{f"budget {goal}": lambda c, goal=goal: c.budget(NAIVE, parse_goal(goal)) for goal in GOALS},
    "moment_at": lambda c: c.moment_at(NAIVE, parse_goal("1 hour"), 0.5),
    "after": lambda c: c.after(NAIVE, timedelta(hours=1)),
    "elapsed from": lambda c: c.elapsed(NAIVE, MONDAY),
    "elapsed to": lambda c: c.elapsed(MONDAY, NAIVE),
    "intervals from": lambda c: c.intervals(NAIVE, MONDAY),
    "intervals to": lambda c: c.intervals(MONDAY, NAIVE),
    "is_open": lambda c: c.is_open(NAIVE),
    "next_open": lambda c: c.next_open(NAIVE),
}


@pytest.mark.parametrize("ask", WITH_A_MOMENT.values(), ids=WITH_A_MOMENT)
def test_refuses_a_moment_without_an_offset(ask: Callable[[Calendar], object]) -> None:
    """A naive datetime could be any moment of a day; the error names it and shows one that is accepted."""
    says = "the moment 2026-01-12 08:00:00 has no offset from UTC; accepted is one like 2026-01-12 08:00:00-06:00"
    with pytest.raises(ValueError, match=f"^{says}$"):
        ask(office())


def test_refuses_what_has_no_answer() -> None:
    """An end before its start, far years and negative shares: the error says what was given and what is accepted."""
    calendar, before = office(), MONDAY - timedelta(hours=1)
    says = r"the end 2026-01-12 13:00.* is before the start 2026-01-12 14:00.*; accepted is an end at or after it"
    with pytest.raises(ValueError, match=says):
        calendar.elapsed(MONDAY, before)
    with pytest.raises(ValueError, match=says):
        calendar.intervals(MONDAY, before)
    with pytest.raises(ValueError, match=r"9999-12-31.* is too far away; accepted are the years 1920 to 2199"):
        calendar.is_open(datetime(9999, 12, 31, tzinfo=UTC))
    with pytest.raises(ValueError, match=r"fraction -0\.5 is negative; accepted is zero or more"):
        calendar.moment_at(MONDAY, parse_goal("1 business hour"), -0.5)
    with pytest.raises(ValueError, match=r"open time -1 day, 23:00:00 is negative; accepted is zero or more"):
        calendar.after(MONDAY, timedelta(hours=-1))


def test_the_first_and_the_last_moment_that_may_be_asked() -> None:
    """The years 1920 to 2199: the instant before them and the one after them are refused."""
    calendar, tick = office(), timedelta(microseconds=1)
    first, end = datetime(1920, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
    assert not calendar.is_open(first)
    assert calendar.elapsed(end - timedelta(days=1), end - tick) == timedelta(hours=9)
    for outside in (first - tick, end):
        with pytest.raises(ValueError, match="is too far away"):
            calendar.is_open(outside)


def test_open_time_is_looked_for_ten_years_away() -> None:
    """Back and ahead from a fresh calendar, so that a long closure has an answer, and an endless one an error."""
    once = office(day=(), d2017_06_01=hours("9:00-17:00"))
    assert once.close_before(at("2026-05-01 12:00")) == at("2017-06-01 17:00")
    with pytest.raises(ValueError, match="in the ten years before 2029-05-01; give its week open hours"):
        office(day=(), d2017_06_01=hours("9:00-17:00")).close_before(at("2029-05-01 12:00"))
    later = office(day=(), d2026_06_01=hours("9:00-17:00"))
    assert later.next_open(at("2017-08-01 12:00")) == at("2026-06-01 09:00")
    with pytest.raises(ValueError, match="in the ten years after 2014-05-01; give its week open hours"):
        office(day=(), d2026_06_01=hours("9:00-17:00")).next_open(at("2014-05-01 12:00"))


def test_the_close_before_a_year_that_begins_with_a_closed_day() -> None:
    """It is in the year before, also where that is asked first."""
    asked = "2026-01-01 10:00"
    assert due(office(closed=("2026-01-01",)), asked, "1 business day") == "Fri 2026-01-02 17:00"
    assert office(closed=("2026-01-01",)).close_before(at(asked)) == at("2025-12-31 17:00")


@pytest.mark.parametrize("unit", [Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS, Unit.DAYS, Unit.WEEKS])
def test_an_office_that_never_opens_is_an_error(unit: Unit) -> None:
    """Without open hours nothing can be due; after ten empty years the search ends."""
    empty = Calendar("empty", CHICAGO, "never", {})
    with pytest.raises(ValueError, match='the calendar "empty" has not enough open time'):
        empty.due(at("2026-01-12 08:00"), Goal(1, 1, unit))
    with pytest.raises(ValueError, match="not enough open time"):
        empty.next_open(at("2026-01-12 08:00"))
