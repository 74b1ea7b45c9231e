"""When a clock was paused: commands, recorded pauses, and what is left of them where they overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.model.ledger import (
    VENDOR,
    WAITING,
    CommandName,
    CommandRecord,
    Ledger,
    PauseReason,
    PauseRecord,
    Visit,
)
from bot.core.model.pauses import command_pauses, open_pause, pauses_of, record_pause

START = datetime(2026, 1, 5, 15, tzinfo=UTC)
Spans = list[tuple[int, int | None]]


def at(hour: int) -> datetime:
    """So many hours after the visit began."""
    return START + timedelta(hours=hour)


def visit(name: str = "h1", **more: object) -> Visit:
    """A review that began at hour 0."""
    return Visit(name, "review", "Initial File Review", START, **more)  # type: ignore[arg-type]


def given(*commands: tuple[int, CommandName, str]) -> list[CommandRecord]:
    """Commands of staff, each with the hour and its value."""
    return [CommandRecord(f"{hour}", kind, at(hour), "712020:hanna", value) for hour, kind, value in commands]


def spans(ledger: Ledger, one: Visit) -> Spans:
    """The pauses in hours."""
    hour = timedelta(hours=1)
    return [
        ((p.begin - START) // hour, None if p.end is None else (p.end - START) // hour) for p in pauses_of(ledger, one)
    ]


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ([(1, 2), (3, 4)], [(1, 2), (3, 4)]),
        ([(3, 4), (1, 2)], [(1, 2), (3, 4)]),
        ([(1, 2), (2, 3)], [(1, 2), (2, 3)]),
        ([(1, 3), (2, 4)], [(1, 3), (3, 4)]),
        ([(1, 4), (2, 3)], [(1, 4)]),
        ([(1, 4), (2, 4)], [(1, 4)]),
        ([(1, 4), (2, 3), (3, 5)], [(1, 4), (4, 5)]),
    ],
)
def test_time_in_two_pauses_counts_once(recorded: list[tuple[int, int]], expected: Spans) -> None:
    """Oldest first, and what overlaps is of the earlier one."""
    one = visit(pauses=[PauseRecord(at(a), at(b), PauseReason.OUTSIDE) for a, b in recorded])
    assert spans(Ledger("dde", "1", [one]), one) == expected


def test_a_hold_within_a_recorded_pause_begins_after_it() -> None:
    """And lasts, since nobody has ended it; a pause within an open hold is none of its own."""
    held = given((2, CommandName.HOLD, ""))
    one = visit(commands=held, pauses=[PauseRecord(at(1), at(3), PauseReason.OUTSIDE)])
    assert spans(Ledger("dde", "1", [one]), one) == [(1, 3), (3, None)]
    one = visit(commands=held, pauses=[PauseRecord(at(3), at(4), PauseReason.OUTSIDE)])
    assert spans(Ledger("dde", "1", [one]), one) == [(2, None)]


def test_the_pauses_of_what_a_visit_continues_are_its_own() -> None:
    """Those of another visit are not."""
    pauses = [PauseRecord(at(1), at(2), PauseReason.OUTSIDE)]
    first, other = visit("h1", pauses=pauses, ended=at(4)), visit("h2", pauses=pauses, ended=at(5))
    last = visit("h3", continues="h1", commands=given((6, CommandName.HOLD, "")))
    assert spans(Ledger("dde", "1", [first, other, last]), last) == [(1, 2), (6, None)]


def test_a_hold_ends_with_a_resume_or_with_its_visit() -> None:
    """Each keeps its reason and the comment that began it; a resume without a hold ends nothing."""
    commands = given(
        (1, CommandName.RESUME, ""),
        (2, CommandName.HOLD, ""),
        (3, CommandName.RESUME, ""),
        (4, CommandName.HOLD, VENDOR),
    )
    over = visit(commands=commands, ended=at(6))
    found = [(p.begin, p.end, p.why, p.comment) for p in command_pauses(over)]
    assert found == [
        (at(2), at(3), PauseReason.ON_HOLD, "2"),
        (at(4), at(6), PauseReason.ON_VENDOR, "4"),
    ]
    assert open_pause(over) is None


def test_the_open_hold_is_the_last_one() -> None:
    """None is open once it was ended."""
    commands = given((1, CommandName.HOLD, ""), (2, CommandName.RESUME, ""), (3, CommandName.HOLD, ""))
    still = open_pause(visit(commands=commands))
    assert still is not None
    assert (still.begin, still.end) == (at(3), None)
    assert open_pause(visit(commands=commands[:2])) is None
    assert open_pause(visit()) is None


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        ([""], [(at(1), at(5), PauseReason.OUTSIDE)]),
        ([WAITING], [(at(1), at(5), PauseReason.AWAY)]),
        ([WAITING, ""], [(at(1), at(5), PauseReason.OUTSIDE)]),
        (["folder"], []),
        (["", "folder"], []),
        ([], []),
    ],
)
def test_what_lay_between_two_visits_of_a_step(between: list[str], expected: list[object]) -> None:
    """A pause if nobody could work on it: outside the process, or with the district; work in another step is none."""
    first = visit("h1", ended=at(1))
    others = [Visit(f"h2{n}", step, "Elsewhere", at(1 + n), ended=at(2 + n)) for n, step in enumerate(between)]
    new = Visit("h9", "review", "Initial File Review", at(5), continues="h1")
    record_pause(Ledger("dde", "1", [first, *others]), new)
    assert [(p.begin, p.end, p.why) for p in new.pauses] == expected


def test_a_visit_that_continues_none_has_no_pause_before_it() -> None:
    """Nor has one that continues a visit whose end is not known."""
    for earlier, continues in ((visit("h1", ended=at(1)), ""), (visit("h1"), "h1")):
        new = Visit("h9", "review", "Initial File Review", at(5), continues=continues)
        record_pause(Ledger("dde", "1", [earlier, Visit("h2", "", "On Hold", at(1), ended=at(5))]), new)
        assert new.pauses == []
