"""Explanations of due moments: what a finger can check adds up, and reads as a person would write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.decide.explain_clock import explanation_of_clock
from bot.core.history.sla_clocks import Clock, after_pauses, unpaused_due
from bot.core.model.ledger import PauseReason
from bot.core.model.pauses import Pause
from bot.core.time.breakdown import MAX_ROWS, Row
from bot.core.time.business_calendar import Calendar, DayException
from bot.core.time.explanation import Explanation, Part, explanation_of_goal, render
from bot.core.time.goals import Goal, Unit, parse_goal
from tests.core.oracle_cases import hours
from tests.core.test_business_calendar import at, office
from tests.core.test_business_calendar_laws import MINUTES, offices
from tests.core.world import CLI, FRED, HANNA, PROCESS, in_folder, in_review
from tests.core.world import HOLD as ON_HOLD_STATUS
from tests.core.world import REVIEW as REVIEW_STATUS

DAYS = parse_goal("5 business days")
PROGRESS = in_review().follow()
HOLIDAYS = replace(
    CLI,
    closed={date(2026, 12, 24): "Christmas Eve", date(2026, 12, 25): "Christmas Day"},
    exceptions={date(2026, 12, 23): DayException(((time(8), time(12)),), "Half day before Christmas")},
)
UNITS = st.builds(
    lambda count, unit: Goal(count, count, unit),
    st.integers(1, 40) | st.just(7),
    st.sampled_from((Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS, Unit.HOURS, Unit.DAYS, Unit.WEEKS)),
) | st.builds(lambda count: Goal(count, count, Unit.MONTHS), st.integers(1, 3))


def text_of(explanation: Explanation) -> str:
    """The lines as one text."""
    return "\n".join(render(explanation))


def explained(calendar: Calendar, start: str, goal: str) -> str:
    """The explanation of a goal from a wall time on."""
    return text_of(explanation_of_goal(calendar, parse_goal(goal), at(start, calendar.zone)))


def counted(explanation: Explanation) -> list[Row]:
    """The rows with counted time."""
    return [row for part in explanation.parts for row in part.rows if isinstance(row.amount, timedelta)]


def days_of(explanation: Explanation) -> list[Row]:
    """The rows with counted business days."""
    return [row for part in explanation.parts for row in part.rows if isinstance(row.amount, int)]


def adds_up(rows: Sequence[Row]) -> bool:
    """Whether each total is the one before it and the row's own amount, in order."""
    totals = [timedelta(), *(row.total for row in rows)]
    return all(row.total == before + row.amount for before, row in zip(totals, rows, strict=False))  # type: ignore[operator]


# -- what adds up


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and a start near a day on which much can go wrong."""
    office, near = draw(offices())
    return office.calendar, near + timedelta(minutes=draw(MINUTES))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases(), UNITS)
def test_the_table_ends_at_the_due_moment(case: tuple[Calendar, datetime], goal: Goal) -> None:
    """For every unit and any calendar: lengths add up to the budget, days are counted to the last."""
    calendar, start = case
    explanation = explanation_of_goal(calendar, goal, start)
    assert explanation.due == calendar.due(start, goal)
    rows, days = counted(explanation), days_of(explanation)
    if goal.unit in (Unit.BUSINESS_HOURS, Unit.HOURS):
        assert adds_up(rows)
        assert rows[-1].total == timedelta(hours=goal.high)
        assert isinstance(rows[-1].amount, timedelta)
        assert rows[-1].at + rows[-1].amount == explanation.due
    elif goal.unit is Unit.BUSINESS_DAYS:
        assert sum(row.amount for row in days if isinstance(row.amount, int)) == goal.high
        assert days[-1].total == goal.high
    lines = render(explanation)
    assert max(map(len, lines)) <= 100
    assert any(line.startswith("Due: ") for line in lines)


@st.composite
def clocks(draw: st.DrawFn) -> tuple[Calendar, Clock]:
    """A clock that runs or is paused, with pauses that do not overlap and extensions."""
    calendar, start = draw(cases())
    goal, extended = draw(UNITS), tuple(draw(st.lists(UNITS, max_size=2)))
    moments = sorted(start + timedelta(minutes=m) for m in draw(st.sets(st.integers(0, 9000), max_size=6)))
    reasons = st.sampled_from([PauseReason.ON_HOLD, PauseReason.ON_VENDOR, PauseReason.OUTSIDE])
    pauses = tuple(Pause(a, b, draw(reasons)) for a, b in zip(moments[::2], moments[1::2], strict=False))
    paused = moments[-1] if len(moments) % 2 else None
    due = after_pauses(calendar, goal, unpaused_due(calendar, goal, start, extended), pauses)
    return calendar, Clock("", "help_center", goal, calendar.name, start, due, None, pauses, paused, extended)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(clocks())
def test_the_table_of_a_clock_is_its_budget(drawn: tuple[Calendar, Clock]) -> None:
    """However it was paused and extended: the whole time was spent or, in a pause, the explanation gives the rest."""
    calendar, clock = drawn
    explanation = explanation_of_clock(PROGRESS, clock, calendar, clock.started)
    rows, end = counted(explanation), unpaused_due(calendar, clock.goal, clock.started, clock.extended)
    assert adds_up(rows)
    lines = render(explanation)
    assert max(map(len, lines)) <= 100
    if explanation.due is None:
        assert clock.paused is not None
        assert any(line.startswith("No due moment while it stands still") for line in lines)
        return
    assert explanation.due == clock.due
    if rows and end > clock.started:
        clock_time = clock.goal.unit is Unit.HOURS
        assert rows[-1].total == (end - clock.started if clock_time else calendar.elapsed(clock.started, end))


@pytest.mark.parametrize("goal", ["2000 business hours", "250 business days", "1000 business days"])
def test_a_long_table_is_folded_and_names_all_that_is_special(goal: str) -> None:
    """No holiday is hidden in a folded row, and the running sum is right across it."""
    days = {date(2026, 12, 24) + timedelta(days=70 * n): f"Holiday {n}" for n in range(5)}
    calendar = replace(CLI, closed=days)
    explanation = explanation_of_goal(calendar, parse_goal(goal), at("2026-11-02 10:00"))
    rows = counted(explanation) or days_of(explanation)
    assert sum(len(part.rows) for part in explanation.parts) <= MAX_ROWS
    assert sum((row.amount for row in rows), timedelta() if counted(explanation) else 0) == rows[-1].total  # type: ignore[arg-type]
    shown = [day for day in days if day <= rows[-1].last]
    text = text_of(explanation)
    open_days = [day for day in shown if day.weekday() < 5]
    assert [day for day in open_days if f"closed: {days[day]}\n" not in text] == []


def test_each_opening_has_its_row() -> None:
    """A break parts a day, and so do midnight and an opening at which the one before ends."""
    shifts = office(day=hours("0:00-8:00", "8:00-24:00"), days=range(7))
    text = explained(shifts, "2026-01-12 22:00", "12 business hours")
    assert [line[16:31] for line in text.splitlines() if "CST  " in line] == [
        "22:00-24:00 CST",
        "00:00-08:00 CST",
        "08:00-10:00 CST",
    ]


def test_moments_are_shown_to_the_last_digit() -> None:
    """Jira's moments have milliseconds; without them the lengths would not add up."""
    start = at("2026-01-08 15:40") + timedelta(seconds=12, milliseconds=345)
    text = text_of(explanation_of_goal(CLI, parse_goal("2 business hours"), start))
    assert "15:40:12.345-17:00 CST  1 h 19 min 47.655 s  1 h 19 min 47.655 s" in text
    assert "Due: Fri 2026-01-09 08:40:12.345 CST" in text


# -- how it reads

TWENTY_HOURS = """\
20 business hours from Tue 2026-12-22 14:10 CST
Calendar cli, in the time of America/Chicago.
Only open time counts: 20 h 00 min of it.

Day             Counted              Length          Sum
Tue 2026-12-22  14:10-17:00 CST  2 h 50 min   2 h 50 min
Wed 2026-12-23  Half day before Christmas: open 08:00-12:00
                08:00-12:00 CST  4 h 00 min   6 h 50 min
Thu 2026-12-24  closed: Christmas Eve
Fri 2026-12-25  closed: Christmas Day
Sat 2026-12-26  to Sun 2026-12-27: weekend
Mon 2026-12-28  08:00-17:00 CST  9 h 00 min  15 h 50 min
Tue 2026-12-29  08:00-12:10 CST  4 h 10 min  20 h 00 min

Due: Tue 2026-12-29 12:10 CST"""

FIVE_DAYS = """\
5 business days from Sat 2026-01-10 11:00 CST
Calendar cli, in the time of America/Chicago.
Days with open time count, and the time of day stays.
A start outside open hours counts as the last close before it: Sat 2026-01-10 11:00 CST as
Fri 2026-01-09 17:00 CST.
The same time on business day 5: Fri 2026-01-16 17:00 CST.

Day             Open         Business day
Fri 2026-01-09  17:00 CST: the close that counts as the start
Sat 2026-01-10  to Sun 2026-01-11: weekend
Mon 2026-01-12  08:00-17:00             1
Tue 2026-01-13  08:00-17:00             2
Wed 2026-01-14  08:00-17:00             3
Thu 2026-01-15  08:00-17:00             4
Fri 2026-01-16  08:00-17:00             5

Due: Fri 2026-01-16 17:00 CST"""


WEEKS = """\
60 business days from Wed 2026-11-04 10:00 CST
Calendar cli, in the time of America/Chicago.
Days with open time count, and the time of day stays.
The same time on business day 60: Thu 2027-01-28 10:00 CST.

Day             Open                            Business day
Wed 2026-11-04  10:00 CST: the start
Thu 2026-11-05  08:00-17:00                                1
Fri 2026-11-06  08:00-17:00                                2
Sat 2026-11-07  to Sun 2026-11-08: weekend
Mon 2026-11-09  to Sun 2026-11-15: 5 open days        3 to 7
Mon 2026-11-16  to Sun 2026-11-22: 5 open days       8 to 12
Mon 2026-11-23  to Sun 2026-11-29: 5 open days      13 to 17
Mon 2026-11-30  to Sun 2026-12-06: 5 open days      18 to 22
Mon 2026-12-07  to Sun 2026-12-13: 5 open days      23 to 27
Mon 2026-12-14  to Sun 2026-12-20: 5 open days      28 to 32
Mon 2026-12-21  08:00-17:00                               33
Tue 2026-12-22  08:00-17:00                               34
Wed 2026-12-23  08:00-17:00                               35
Thu 2026-12-24  closed: Christmas Eve
Fri 2026-12-25  08:00-17:00                               36
Sat 2026-12-26  to Sun 2026-12-27: weekend
Mon 2026-12-28  to Sun 2027-01-03: 5 open days      37 to 41
Mon 2027-01-04  to Sun 2027-01-10: 5 open days      42 to 46
Mon 2027-01-11  to Sun 2027-01-17: 5 open days      47 to 51
Mon 2027-01-18  to Sun 2027-01-24: 5 open days      52 to 56
Mon 2027-01-25  08:00-17:00                               57
Tue 2027-01-26  08:00-17:00                               58
Wed 2027-01-27  08:00-17:00                               59
Thu 2027-01-28  08:00-17:00                               60

Due: Thu 2027-01-28 10:00 CST"""

RUNS = """\
350 business days from Wed 2026-11-04 10:00 CST
Calendar cli, in the time of America/Chicago.
Days with open time count, and the time of day stays.
The same time on business day 350: Thu 2028-03-09 10:00 CST.

Day             Open                              Business day
Wed 2026-11-04  10:00 CST: the start
Thu 2026-11-05  to Wed 2026-12-23: 35 open days        1 to 35
Thu 2026-12-24  closed: Christmas Eve
Fri 2026-12-25  to Sun 2027-03-14: 56 open days       36 to 91
Sun 2027-03-14  the clocks change from CST to CDT
Mon 2027-03-15  to Sun 2027-11-07: 170 open days     92 to 261
Sun 2027-11-07  the clocks change from CDT to CST
Mon 2027-11-08  to Wed 2028-03-08: 88 open days     262 to 349
Thu 2028-03-09  08:00-17:00                                350

Due: Thu 2028-03-09 10:00 CST"""


@pytest.mark.parametrize(
    ("start", "goal", "text"),
    [
        ("2026-12-22 14:10", "20 business hours", TWENTY_HOURS),
        ("2026-01-10 11:00", "5 business days", FIVE_DAYS),
    ],
)
def test_it_reads_as_a_person_would_write_it(start: str, goal: str, text: str) -> None:
    """Hours over a half day, two holidays and a weekend; days from a Saturday."""
    assert explained(HOLIDAYS, start, goal) == text


@pytest.mark.parametrize(
    ("calendar", "start", "goal", "line"),
    [
        (CLI, "2026-01-30 10:00", "1 month",
         "The office is closed then (weekend), so the close before it counts: Fri 2026-02-27 17:00 CST."),
        (CLI, "2026-01-31 10:00", "1 month",
         "1 month on, at the same local time: Sat 2026-02-28 10:00 CST (the last day of a shorter month)."),
        (CLI, "2026-03-02 08:00", "1 week",
         "That is an opening, so the close before it counts: Fri 2026-03-06 17:00 CST."),
        (HOLIDAYS, "2026-12-22 15:00", "1 business day",
         "The office is closed then (Half day before Christmas), so the close before it counts:"),
        (HOLIDAYS, "2026-12-18 10:00", "1 week",
         "The office is closed then (Christmas Day), so the close before it counts: Wed 2026-12-23 12:00 CST."),
        (office(day=hours("0:00-24:00"), days=range(7)), "2026-03-07 02:30", "1 business day",
         "The clocks skip that time on that day; the end of the gap is taken."),
        (CLI, "2026-01-08 10:00", "5-10 hours",
         "It is a range, and is breached at its upper end, 10 hours. Hours count by the clock, nights and"),
        (office(day=hours("16:00-24:00")), "2026-01-10 10:00", "1 business day",
         "Fri 2026-01-09  24:00 CST: the close that counts as the start"),
        (office(closed=tuple(f"2026-12-{day}" for day in range(21, 32))), "2026-12-23 10:00", "1 week",
         "That is before the start, for the office is closed all the while."),
        (office(days=range(4)), "2026-01-08 10:00", "1 business day",
         "Fri 2026-01-09  closed every Friday"),
        (CLI, "2026-03-06 16:00", "2 business hours",
         "Sun 2026-03-08  the clocks change from CST to CDT"),
    ],
)  # fmt: skip
def test_a_rule_that_applied_is_explained(calendar: Calendar, start: str, goal: str, line: str) -> None:
    """In a sentence or a row of its own."""
    assert line in explained(calendar, start, goal).splitlines()


@pytest.mark.parametrize(("goal", "text"), [("60 business days", WEEKS), ("350 business days", RUNS)])
def test_a_folded_table_reads_as_a_person_would_write_it(goal: str, text: str) -> None:
    """Whole weeks as one row or, where that is still too long, all that lies between two special days."""
    calendar = replace(CLI, closed={date(2026, 12, 24): "Christmas Eve"})
    assert explained(calendar, "2026-11-04 10:00", goal) == text


@pytest.mark.parametrize(("width", "lines"), [(100, 1), (101, 2)])
def test_a_line_has_at_most_a_hundred_characters(width: int, lines: int) -> None:
    """A sentence is broken where the next word would make its line longer, and so is the text of a row."""
    words = "x" * 50 + " " + "y" * (width - 51)
    assert len(render(Explanation(words, CLI, (), None))) - 2 == lines
    day = date(2026, 1, 5)
    row = Row(at("2026-01-05 09:00"), day, day, words[16:])
    assert len(render(Explanation("Title", CLI, (Part((), (row,)),), None))) - 5 == lines


# -- the clocks of a ticket


def test_a_hold_and_an_extension_across_the_change_of_clocks() -> None:
    """Each with who said so and why; a comment that is gone is not made up."""
    world = in_review(now=at("2026-03-05 15:00"), created=at("2026-03-05 15:00"))
    for when, who, words in (
        ("2026-03-06 10:00", HANNA, "/hold waits for a signed form"),
        ("2026-03-06 11:00", FRED, "/extend 8 business hours new staff"),
        ("2026-03-09 09:00", HANNA, "/resume"),
    ):
        world.now = at(when)
        world.say(words, who, public=False)
        world.rest()
    world.comments = [comment for comment in world.comments if not comment.body.startswith("/extend")]
    world.now = at("2026-03-11 12:00")
    progress = world.follow()
    text = text_of(explanation_of_clock(progress, progress.clocks[0], CLI, progress.now))
    assert text == HELD


HELD = """\
Review, round 1: 20 business hours from Thu 2026-03-05 15:00 CST
Calendar cli, in the time of America/Chicago.
Only open time counts: 20 h 00 min of it.
Time to use: 20 h 00 min for 20 business hours and 8 h 00 min for 8 business hours more
(712020:fred; the comment is gone); together 28 h 00 min.
In a pause nothing is spent; what was left when it began is spent after it.

Day             Counted              Length          Sum
Thu 2026-03-05  15:00 CST: files received, round 1
                15:00-17:00 CST  2 h 00 min   2 h 00 min
Fri 2026-03-06  08:00-10:00 CST  2 h 00 min   4 h 00 min
                10:00 CST to Mon 2026-03-09 09:00 CDT: on hold (Hanna: waits for a signed form);
                8 h 00 min of open time not counted
                11:00 CST: 8 business hours more (712020:fred; the comment is gone)
Mon 2026-03-09  09:00-17:00 CDT  8 h 00 min  12 h 00 min
Tue 2026-03-10  08:00-17:00 CDT  9 h 00 min  21 h 00 min
Wed 2026-03-11  08:00-15:00 CDT  7 h 00 min  28 h 00 min

Due: Wed 2026-03-11 15:00 CDT
Running: 3 h 00 min of open time left at Wed 2026-03-11 12:00 CDT."""


def clock_text(world: object) -> str:
    """The explanation of the first clock."""
    progress = world.follow()  # type: ignore[attr-defined]
    return text_of(explanation_of_clock(progress, progress.clocks[0], CLI, progress.now))


def test_a_clock_on_hold_has_no_due_moment() -> None:
    """It tells since when, what is left, and what it would be."""
    world = in_review().wait(hours=2)
    world.say("/hold vendor new rosters", HANNA, public=False)
    world.rest()
    text = clock_text(world.wait(days=1))
    assert "11:00 CST: on hold for a vendor (Hanna: new rosters), and still so" in text
    assert "\nDue: " not in text
    assert "No due moment while it stands still, since Mon 2026-01-05 11:00 CST; 18 h 00 min of open" in text
    assert "Without this pause it would be due Wed 2026-01-07 11:00 CST." in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("/hold: waits for a form", "on hold (Hanna: waits for a form)"),
        ("/hold\u00a0waits for a form", "on hold (Hanna: waits for a form)"),
        ("{{/hold vendor, waits for a form}}", "on hold for a vendor (Hanna: waits for a form)"),
        ("/extend: 8 business hours new staff", "8 business hours more (Hanna: new staff)"),
        ("/EXTEND 1 business day, new staff", "1 business day more (Hanna: new staff)"),
    ],
)
def test_a_reason_is_shown_however_its_command_was_typed(words: str, expected: str) -> None:
    """A command that was executed had a reason, so it is shown."""
    world = in_review().wait(hours=1)
    world.say(words, HANNA, public=False)
    world.rest().wait(hours=1)
    assert expected in " ".join(clock_text(world).split())


def test_the_start_of_a_goal_in_days_has_its_moment() -> None:
    """Also where no table of hours stands below the one of days, and after a correction."""
    process = replace(PROCESS, steps=tuple(replace(s, goal=DAYS) if s.goal else s for s in PROCESS.steps))
    world = in_review(process=process).wait(hours=2)
    world.say("/received 2026-01-05 09:30", HANNA, public=False)
    text = " ".join(clock_text(world.rest()).split())
    assert "Start: Mon 2026-01-05 09:30 CST, files received, round 1 (corrected by Hanna; before, Mon" in text


def test_a_status_outside_the_process_is_named() -> None:
    """As a pause, with the open time that did not count."""
    world = in_review().wait(hours=1).move(ON_HOLD_STATUS).rest().wait(hours=2).move(REVIEW_STATUS).rest()
    expected = "10:00 CST to 12:00 CST: in the status On Hold, outside the process; 2 h 00 min of open time not counted"
    assert expected in " ".join(clock_text(world).split())


def test_a_corrected_receipt_shows_what_counted_before() -> None:
    """And who corrected it."""
    world = in_review().wait(hours=1)
    world.say("/received 2026-01-05 09:00", HANNA, public=False)
    world.rest().wait(hours=1)
    world.say("/received 2026-01-05 09:30", FRED, public=False)
    world.rest()
    text = " ".join(clock_text(world).split())
    assert "09:30 CST: files received, round 1" in text
    assert "(corrected by Fred; before, Mon 2026-01-05 09:00 CST counted)" in text


def test_a_clock_that_stopped_tells_who_and_whether_in_time() -> None:
    """With what was left of its time."""
    world = in_folder().wait(hours=2).set("Folder", "Done", FRED)
    text = clock_text(world)
    assert "the step began" in text
    assert "Stopped: Mon 2026-01-05 11:00 CST by Fred. Met, with 18 h 00 min of open time left." in text
    late = in_folder().wait(days=10).set("Folder", "Done", FRED)
    assert "by Fred. Breached by" in clock_text(late)


def test_a_steps_clock_was_stopped_by_whoever_decided() -> None:
    """The last reviewer, though the ticket still waits for the findings and nobody has moved it."""
    world = in_review().wait(hours=1).set("Complete?", "Done").wait(hours=1)
    world.set("Accurate?", "Needs Revision", FRED).rest()
    assert "Stopped: Mon 2026-01-05 11:00 CST by Fred. Met, with 18 h 00 min" in clock_text(world)


@pytest.mark.parametrize(("goal", "expected"), [("20 business hours", True), ("20 hours", False)])
def test_an_end_in_closed_time_is_explained_where_open_time_counts(goal: str, expected: bool) -> None:
    """Only an extension in clock hours can end such a clock at night; a clock of hours always may."""
    process = replace(PROCESS, steps=tuple(replace(s, goal=parse_goal(goal)) if s.goal else s for s in PROCESS.steps))
    world = in_review(process=process).wait(hours=1)
    world.say("/extend 15 hours night shift", HANNA, public=False)
    text = clock_text(world.rest())
    assert ("the end, by the clock, as the extension counts" in text) == expected


def test_a_clock_that_runs_tells_what_is_left() -> None:
    """And by how much it is overdue."""
    world = in_review()
    assert "Running: 18 h 00 min of open time left at Mon 2026-01-05 11:00 CST." in clock_text(world.wait(hours=2))
    assert "Overdue by 9 h 00 min of open time at Thu 2026-01-08 11:00 CST." in clock_text(world.wait(days=3))


def test_the_note_of_a_stopped_clock_counts_where_the_calendar_has_changed() -> None:
    """And it is said that today's calendar would give another moment."""
    world = in_folder().wait(hours=2).set("Folder", "Done", FRED)
    progress = world.follow()
    changed = replace(CLI, closed={**CLI.closed, date(2026, 1, 6): "Ice storm"})
    text = text_of(explanation_of_clock(progress, progress.clocks[0], changed, progress.now))
    assert "Due: Wed 2026-01-07 11:00 CST" in text
    assert "The calendar as it is today gives Thu 2026-01-08 11:00 CST; the moment above was noted when" in text


def test_a_pause_before_the_start_moves_nothing() -> None:
    """The receipt was corrected to a moment after a hold: the due moment counts from there."""
    world = in_review().wait(hours=1)
    world.say("/hold a form", HANNA, public=False)
    world.rest().wait(hours=2)
    world.say("/resume", HANNA, public=False)
    world.rest().wait(hours=1)
    world.say("/received 2026-01-05 11:00", HANNA, public=False)
    world.rest()
    clock = world.wait(days=1).follow().clocks[0]
    assert [(p.begin, p.end) for p in clock.pauses] == [(at("2026-01-05 11:00"), at("2026-01-05 12:00"))]
    assert clock.due == CLI.due(at("2026-01-05 12:00"), clock.goal)


def test_nothing_is_said_in_another_zone() -> None:
    """All moments are in the calendar's zone, whatever offset a start was given with."""
    start = datetime(2026, 1, 8, 21, 40, tzinfo=UTC)
    assert "UTC" not in text_of(explanation_of_goal(CLI, parse_goal("3 hours"), start))
