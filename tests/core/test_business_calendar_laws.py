"""The laws that business time keeps, whatever the calendar: proved on offices and moments that hypothesis draws."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.core.time.business_calendar import Calendar
from bot.core.time.goals import Goal, Unit
from tests.core.oracle_cases import ODD_DAYS, ZONES, Office, zone_changes

# The same examples in every run: a red build must mean that somebody changed something.
LAW = settings(max_examples=60, deadline=None, derandomize=True)
TICK = timedelta(microseconds=1)
OPEN_TIME = [unit for unit in Unit if unit is not Unit.HOURS]
MOST = {Unit.BUSINESS_HOURS: 60, Unit.BUSINESS_DAYS: 12, Unit.HOURS: 200, Unit.DAYS: 40, Unit.WEEKS: 5, Unit.MONTHS: 7}

# Zones with a day near which their clocks do something; in St John's they once went back into the day before, in
# Havana and Beirut at midnight.
PLACES = [(zone, day) for zone in ZONES for year in (2011, 2026) for day in zone_changes(zone, year)] + [
    ("Asia/Kolkata", date(2028, 2, 28)),
    ("America/Phoenix", date(2010, 12, 31)),
    ("America/St_Johns", date(2010, 11, 7)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("Asia/Beirut", date(2026, 10, 25)),
]


# Made once, since hypothesis takes its time to make them.
OPEN_DAYS = st.sampled_from(list(ODD_DAYS.values()))
DAYS = OPEN_DAYS | st.just(())
WEEKS = st.fixed_dictionaries(dict.fromkeys(range(6), DAYS) | {6: OPEN_DAYS})
SPECIAL = st.dictionaries(st.integers(-9, 9), DAYS, max_size=4)
CLOSED = st.sets(st.integers(-9, 30), max_size=6)
# About the day: within the hours of a change, within a week, or two months before.
MINUTES = st.integers(-1500, 1500) | st.integers(-10_000, 10_000) | st.integers(-90_000, -30_000)
PARTS = st.sampled_from([timedelta(), timedelta(), TICK, timedelta(seconds=59, microseconds=999_999)])
OFFSETS = st.builds(lambda minutes, part: timedelta(minutes=minutes) + part, MINUTES, PARTS)
NUMBERS = {unit: st.lists(st.integers(1, most), min_size=2, max_size=2) for unit, most in MOST.items()}


@st.composite
def offices(draw: st.DrawFn) -> tuple[Office, datetime]:
    """An office, and a day near which much can go wrong."""
    zone, near = draw(st.sampled_from(PLACES))
    week, shift = draw(WEEKS), draw(st.integers(0, 6))
    special = {near + timedelta(days): kept for days, kept in draw(SPECIAL).items()}
    closed = {near + timedelta(days) for days in draw(CLOSED)}
    office = Office("drawn", zone, {(day + shift) % 7: kept for day, kept in week.items()}, closed, special)
    return office, datetime.combine(near, time(0), UTC)


@st.composite
def asked(draw: st.DrawFn, *units: Unit, count: int = 1) -> tuple[Calendar, Goal, list[datetime]]:
    """A calendar, a goal in one of the units, often a range, and as many moments as asked for, in order."""
    office, near = draw(offices())
    unit = draw(st.sampled_from(units or tuple(Unit)))
    low, high = sorted(draw(NUMBERS[unit]))
    return office.calendar, Goal(low, high, unit), sorted(near + draw(OFFSETS) for _ in range(count))


def longer(goal: Goal) -> Goal:
    """A goal that takes one more."""
    return Goal(goal.low, goal.high + 1, goal.unit)


@LAW
@given(asked(Unit.BUSINESS_HOURS))
def test_business_hours_take_exactly_as_many_open_hours(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """elapsed(start, due(start, N business hours)) is N hours."""
    calendar, goal, (start,) = case
    assert calendar.elapsed(start, calendar.due(start, goal)) == timedelta(hours=goal.high)


@LAW
@given(asked(Unit.BUSINESS_HOURS, Unit.HOURS))
def test_one_more_hour_is_due_later(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """In hours and business hours, due is strictly monotone in the goal: one more takes an hour of its own."""
    calendar, goal, (start,) = case
    earlier, later = calendar.due(start, goal), calendar.due(start, longer(goal))
    between = later - earlier if goal.unit is Unit.HOURS else calendar.elapsed(earlier, later)
    assert between == timedelta(hours=1)


@LAW
@given(asked())
def test_a_longer_goal_is_never_due_earlier(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """Due is monotone in the goal, in every unit. Days, weeks and months may be due at the same moment: two of
    them can both be pulled back to one close."""
    calendar, goal, (start,) = case
    assert calendar.due(start, goal) <= calendar.due(start, longer(goal))


@LAW
@given(asked(Unit.BUSINESS_HOURS, Unit.HOURS, count=2))
def test_a_later_start_in_hours_is_never_due_earlier(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """In hours and business hours, due is monotone in the start, wherever the clocks change."""
    calendar, goal, (first, second) = case
    assert calendar.due(first, goal) <= calendar.due(second, goal)


@LAW
@given(asked(Unit.BUSINESS_DAYS, Unit.DAYS, Unit.WEEKS, Unit.MONTHS, count=2))
def test_a_later_start_in_days_is_never_due_earlier(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """In days of either kind, weeks and months, due is monotone in the start, but for two kinds of later start: one in
    an hour that the wall clock reads for the second time (it promises the same time as the first), and one whose
    day the month of the due moment does not have (January 31 at 10:00 promises less than January 28 at 12:00)."""
    calendar, goal, (first, second) = case
    there = second.astimezone(ZoneInfo(calendar.zone))
    assume(there.fold == 0)
    if goal.unit is Unit.MONTHS:
        month = there.month - 1 + goal.high
        assume(there.day <= monthrange(there.year + month // 12, month % 12 + 1)[1])
    assert calendar.due(first, goal) <= calendar.due(second, goal)


def test_where_a_later_start_is_due_earlier() -> None:
    """The two exceptions are real: "the same time" of a repeated hour, and of a day that a month does not have."""
    always = Office("always", "America/Chicago", dict.fromkeys(range(7), ODD_DAYS["around the clock"]), set(), {})
    first, second = datetime(2026, 11, 1, 6, 50, tzinfo=UTC), datetime(2026, 11, 1, 7, 10, tzinfo=UTC)
    day = Goal(1, 1, Unit.BUSINESS_DAYS)
    assert always.calendar.due(first, day) - always.calendar.due(second, day) == timedelta(minutes=40)
    first, second = datetime(2026, 1, 28, 18, tzinfo=UTC), datetime(2026, 1, 31, 16, tzinfo=UTC)
    month = Goal(1, 1, Unit.MONTHS)
    assert always.calendar.due(first, month) - always.calendar.due(second, month) == timedelta(hours=2)


@LAW
@given(asked(count=3))
def test_elapsed_is_additive(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """The open time of a span is that of its two parts; it is never negative, and never more than the span."""
    calendar, _, (a, b, c) = case
    assert calendar.elapsed(a, c) == calendar.elapsed(a, b) + calendar.elapsed(b, c)
    assert timedelta() <= calendar.elapsed(a, b) <= b - a


@LAW
@given(asked(*OPEN_TIME))
def test_a_due_moment_is_never_an_opening(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """Right before a due moment the office is open, unless the goal is in hours of the clock."""
    calendar, goal, (start,) = case
    assert calendar.is_open(calendar.due(start, goal) - TICK)


@LAW
@given(asked(), st.floats(0, 1))
def test_the_budget_ends_at_the_due_moment(case: tuple[Calendar, Goal, list[datetime]], share: float) -> None:
    """Spending the whole budget from the start on ends at the due moment; a share of it ends no later."""
    calendar, goal, (start,) = case
    due, budget = calendar.due(start, goal), calendar.budget(start, goal)
    part = calendar.moment_at(start, goal, share)
    assert calendar.moment_at(start, goal, 1) == due
    if due <= start:  # in a closure: nothing is left to spend
        assert (budget, part) == (timedelta(), due)
        return
    assert start <= part <= due
    if goal.unit is Unit.HOURS:
        assert (start + budget, part - start) == (due, budget * share)
    else:
        assert calendar.after(start, budget) == due
        assert calendar.elapsed(start, part) == budget * share


@LAW
@given(asked(count=2), st.timedeltas(timedelta(), timedelta(hours=60)))
def test_a_pause_spends_nothing(case: tuple[Calendar, Goal, list[datetime]], spent: timedelta) -> None:
    """after and elapsed undo each other; open time spent in two parts ends where it would have in one."""
    calendar, _, (first, second) = case
    assert calendar.elapsed(first, calendar.after(first, spent)) == spent
    between = calendar.elapsed(first, second)
    assert calendar.after(first, between) <= second
    if spent:
        assert calendar.after(first, between + spent) == calendar.after(second, spent)


@LAW
@given(asked(count=2))
def test_intervals_are_the_open_time(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """The intervals lie between the two moments in order, none touching the next; they sum up to elapsed, and
    the office is open from each opening up to each closing and not at it."""
    calendar, _, (start, end) = case
    found = list(calendar.intervals(start, end))
    borders = [border for interval in found for border in interval]
    assert borders == sorted(set(borders))
    assert all(start <= border <= end for border in borders)
    assert sum((b - a for a, b in found), timedelta()) == calendar.elapsed(start, end)
    for opening, closing in found:
        assert calendar.is_open(opening)
        assert calendar.is_open(closing - TICK)
        assert closing == end or not calendar.is_open(closing)
        assert opening == start or not calendar.is_open(opening - TICK)


@LAW
@given(asked(count=2))
def test_the_next_opening_is_the_first_open_moment(case: tuple[Calendar, Goal, list[datetime]]) -> None:
    """next_open is open, with no open time before it; of an open moment it is the moment; and it is monotone."""
    calendar, _, (first, second) = case
    opening = calendar.next_open(first)
    assert calendar.is_open(opening)
    assert calendar.elapsed(first, opening) == timedelta()
    assert (opening == first) == calendar.is_open(first)
    assert opening <= calendar.next_open(second)
    assert calendar.next_open(opening) == opening


@LAW
@given(offices(), OFFSETS, st.sampled_from(Unit), st.data())
def test_agrees_with_a_walk_where_clocks_change_at_midnight(
    case: tuple[Office, datetime], offset: timedelta, unit: Unit, data: st.DataObject
) -> None:
    """The walk along the wall clock agrees in zones, too, that the cases of the oracle do not have."""
    office, near = case
    start, (low, high) = near + offset, sorted(data.draw(NUMBERS[unit]))
    assert office.calendar.due(start, Goal(low, high, unit)) == office.walker.due(start, high, unit.value)
    assert office.calendar.next_open(start) == office.walker.next_open(start)
