"""How an unplanned closed day is entered, how it changes a calendar, and which clocks it moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from bot.core.history.closure_impact import MovedClock, moved_clocks, moved_lines, recorded_due
from bot.core.model.ledger import ClockRecord, Ledger, PauseRecord, Visit
from bot.core.time.business_calendar import DayException
from bot.core.time.closures import Closure, changes_no_hours, cut, parse_closure, with_closures, with_day
from tests.core.world import CLI, PROCESS

TUESDAY = date(2026, 1, 6)
NINE = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # Monday, nine in the morning in Texas


def closure(day: date = TUESDAY, closes: time | None = None, **more: Any) -> Closure:
    """An ice storm."""
    return Closure(
        **{"calendar": "cli", "day": day, "closes": closes, "reason": "ice storm", "by": "", "at": NINE} | more
    )


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of January 2026, in Texas (UTC-6)."""
    return datetime(2026, 1, day, hour + 6, minute, tzinfo=UTC)


# -- the words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("2026-12-04 ice storm", (date(2026, 12, 4), None, "ice storm")),
        ("  2026-12-04   from 12:00   ice  storm ", (date(2026, 12, 4), time(12), "ice storm")),
        ("2026-12-04 From 9:30 burst pipe", (date(2026, 12, 4), time(9, 30), "burst pipe")),
        ("2026-12-04\tfrom 12:00 ice", (date(2026, 12, 4), time(12), "ice")),
        ("2026-12-04 from 1:00 PM ice storm", (date(2026, 12, 4), time(13), "ice storm")),
        ("2026-12-04 from 12:30pm: ice storm", (date(2026, 12, 4), time(12, 30), "ice storm")),
        ("2026-12-04, from 9:15 a.m. ice storm", (date(2026, 12, 4), time(9, 15), "ice storm")),
        ("2026-12-04 from 9:15 a pipe burst", (date(2026, 12, 4), time(9, 15), "a pipe burst")),
        ("2026-12-04 from 1:00 PM, ice storm", (date(2026, 12, 4), time(13), "ice storm")),
        ("2026-12-04 from 12:15 AM ice storm", (date(2026, 12, 4), time(0, 15), "ice storm")),
        ("2026-12-04 from 23:59 ice storm", (date(2026, 12, 4), time(23, 59), "ice storm")),
        ("2000-01-01 ice storm", (date(2000, 1, 1), None, "ice storm")),
        ("2099-12-31 ice storm", (date(2099, 12, 31), None, "ice storm")),
        ("2026-12-04 2 feet of snow, to be safe", (date(2026, 12, 4), None, "2 feet of snow, to be safe")),
        ("2026-12-04 smoke from the kitchen", (date(2026, 12, 4), None, "smoke from the kitchen")),
        ("2026-12-04 ice\x00\x1b storm\n", (date(2026, 12, 4), None, "ice storm")),
    ],
)
def test_a_closure_is_entered_in_one_line(words: str, expected: tuple[date, time | None, str]) -> None:
    """A day, perhaps a time, and why."""
    assert parse_closure(words) == expected


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("", "does not say which day is closed, and why"),
        ("tomorrow ice storm", '"tomorrow" is not a date; write one like 2026-12-04'),
        ("2026-13-04 ice storm", '"2026-13-04" is not a date'),
        ("20261204 ice storm", '"20261204" is not a date'),
        ("2062-02-30 ice storm", '"2062-02-30" is not a date'),
        ("2206-12-04 ice storm", "The year 2206 is too far away"),
        ("2100-01-01 ice storm", "The year 2100 is too far away"),
        ("1999-12-31 ice storm", "The year 1999 is too far away"),
        ("2026-12-04", "does not say why"),
        ("2026-12-04 from", "from what time on"),
        ("2026-12-04 from noon ice storm", '"noon" is not a time of day; write one like 12:00'),
        ("2026-12-04 from 24:00 ice storm", '"24:00" is not a time of day'),
        ("2026-12-04 from 12:00", "does not say why"),
        ("2026-12-04 from 1:00 PM", "does not say why"),
        ("2026-12-04 from 12:60 ice", '"12:60" is not a time of day'),
        ("2026-12-04 from 13:00 PM ice", '"13:00 PM" is not a time of day'),
        ("2026-12-04 from 0:30 am ice", '"0:30 am" is not a time of day'),
        ("2026-12-04 until 12:00 ice", '"until 12:00" is no reason; .* by itself'),
        ("2026-12-04 - 2026-12-05 ice", '"- 2026-12-05" is no reason'),
        ("2026-12-04 2026-12-05 ice", '"2026-12-05" is no reason'),
        ("2026-12-04 12:00 ice", '"12:00" is no reason'),
        ("2026-12-04 from 12:00 to 2:00 PM ice", '"to 2:00" is no reason'),
        ("2026-12-04 " + "x" * 101, "at most 100 characters"),
    ],
)
def test_what_is_no_closure_is_said_in_a_sentence(words: str, complaint: str) -> None:
    """What was wrong, and what is accepted."""
    with pytest.raises(ValueError, match=complaint) as refused:
        parse_closure(words)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


# -- the calendar


@pytest.mark.parametrize(
    ("hours", "closes", "left"),
    [
        (((time(8), time(17)),), None, ()),
        (((time(8), time(17)),), time(12), ((time(8), time(12)),)),
        (((time(8), time(12)), (time(13), time(17))), time(12, 30), ((time(8), time(12)),)),
        (((time(8), time(12)), (time(13), time(17))), time(13), ((time(8), time(12)),)),
        (((time(8), time(17)),), time(8), ()),
        (((time(8), time(17)),), time(17), ((time(8), time(17)),)),
        (((time(0), time(0)),), time(6), ((time(0), time(6)),)),  # a closing at 00:00 is the end of the day
        (((time(22), time(0)),), time(6), ()),
        ((), time(12), ()),
    ],
)
def test_a_days_hours_are_cut(hours: Any, closes: time | None, left: Any) -> None:
    """What is open before that time stays open."""
    assert cut(hours, closes) == left


def test_a_calendar_with_closures() -> None:
    """Only that day changes, and the reason is its name; a day that had an exception is cut from it."""
    half = with_day(CLI, TUESDAY, DayException(((time(9), time(13)),), "half day"))
    shut = with_closures(half, [closure(closes=time(12)), closure(date(2026, 1, 7)), closure(calendar="other")])
    assert shut.exceptions == {
        TUESDAY: DayException(((time(9), time(12)),), "ice storm"),
        date(2026, 1, 7): DayException((), "ice storm"),
    }
    assert shut.due(at(6, 8), PROCESS.step("review").goal) > half.due(at(6, 8), PROCESS.step("review").goal)  # type: ignore[arg-type]
    assert with_day(with_day(shut, TUESDAY, half.exceptions[TUESDAY]), date(2026, 1, 7), None) == half


@pytest.mark.parametrize("day", [date(2026, 1, 10), date(2026, 1, 19)])
def test_a_day_that_is_closed_anyhow(day: date) -> None:
    """A weekend or a holiday: the calendar is the same object, so nothing is built again."""
    assert changes_no_hours(CLI, closure(day))
    assert with_closures(CLI, [closure(day)]) is CLI
    shut = with_closures(CLI, [closure()])
    assert with_closures(shut, [closure()]) is shut


# -- the clocks


def note(**more: Any) -> ClockRecord:
    """20 business hours since Monday at nine: due on Wednesday at eleven."""
    return ClockRecord(**{"goal": "20 business hours", "calendar": "cli", "started": NINE, "due": at(7, 11)} | more)


def ledger(**clocks: ClockRecord) -> Ledger:
    """A ticket in its second round of the first review."""
    visit = Visit("9", "review", "Initial File Review", NINE, round=2, clocks=clocks)
    return Ledger("dde", "", [visit])


SHUT = with_closures(CLI, [closure()])


@pytest.mark.parametrize(
    ("made", "due", "moved"),
    [
        (note(), at(7, 11), at(8, 11)),
        (note(extended=["4 business hours"]), at(7, 15), at(8, 15)),
        (note(pauses=[PauseRecord(at(6, 8), at(7, 8), "hold")]), at(8, 11), at(8, 11)),  # the day was a pause anyway
        (note(pauses=[PauseRecord(at(5, 10), at(5, 12), "hold")]), at(7, 13), at(8, 13)),
        (note(goal="2 business days"), at(7, 9), at(8, 9)),
        (note(goal="20 hours"), at(6, 5), at(6, 5)),  # clock time goes on in a storm
    ],
)
def test_a_note_tells_when_it_is_due(made: ClockRecord, due: datetime, moved: datetime) -> None:
    """By its goal, its pauses and what was added, on any calendar."""
    assert (recorded_due(made, CLI), recorded_due(made, SHUT)) == (due, moved)


def test_running_clocks_move() -> None:
    """With the step's title, and the branch's name where it is a branch's clock."""
    found = list(moved_clocks(ledger(step=note(), second_look=note()), PROCESS, CLI, SHUT, "DDE-12", "Lakeside ISD"))
    assert found == [
        MovedClock("DDE-12", "Lakeside ISD", "Review", 2, "cli", at(7, 11), at(8, 11)),
        MovedClock("DDE-12", "Lakeside ISD", "Review (second look)", 2, "cli", at(7, 11), at(8, 11)),
    ]
    assert moved_lines(found[:1], {"cli": CLI}) == (
        "DDE-12 Lakeside ISD, Review, round 2: Wed 2026-01-07 11:00 CST -> Thu 2026-01-08 11:00 CST",
    )


@pytest.mark.parametrize(
    "resting",
    [
        note(stopped=at(5, 12)),
        note(paused=at(5, 12)),
        note(calendar="other"),
        note(started=at(6, 17), due=at(8, 17)),  # it began when the day was over
    ],
)
def test_clocks_that_do_not_move(resting: ClockRecord) -> None:
    """A clock that stopped, is on hold, counts by another calendar, or does not use the day."""
    assert list(moved_clocks(ledger(step=resting), PROCESS, CLI, SHUT, "DDE-12", "Lakeside ISD")) == []


def test_a_visit_that_has_ended_has_no_clock_that_moves() -> None:
    """Whatever its notes say."""
    over = ledger(step=note())
    over.visits[0] = replace(over.visits[0], ended=at(5, 12))
    assert list(moved_clocks(over, PROCESS, CLI, SHUT, "DDE-12", "Lakeside ISD")) == []
    assert list(moved_clocks(Ledger("dde", ""), PROCESS, CLI, SHUT, "DDE-12", "Lakeside ISD")) == []
