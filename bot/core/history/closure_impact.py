"""Which review clocks an unplanned closed day moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.history.sla_clocks import planned, shifted
from bot.core.model.ledger import STEP_CLOCK, ClockRecord, Ledger
from bot.core.model.pauses import Pause
from bot.core.model.process import Process
from bot.core.time.business_calendar import Calendar
from bot.core.time.formatting import moment
from bot.core.time.goals import parse_goal


@dataclass(frozen=True)
class Moved:
    """A running review clock whose due moment moves: of which ticket, what it measures, from when to when."""

    key: str
    district: str
    what: str
    round: int
    calendar: str
    old: datetime
    new: datetime


def due_of_note(note: ClockRecord, calendar: Calendar) -> datetime:
    """When a review clock of the ledger is due by a calendar."""
    goal, extended = parse_goal(note.goal), tuple(parse_goal(goal) for goal in note.extended)
    pauses = tuple(Pause(p.begin, p.end, p.why) for p in note.pauses)
    return shifted(calendar, goal, planned(calendar, goal, note.started, extended), pauses)


def moves_of(
    ledger: Ledger, process: Process, old: Calendar, new: Calendar, key: str, district: str
) -> Iterator[Moved]:
    """The running clocks of one ticket whose due moment differs between two states of a calendar. A clock that
    has stopped or is paused is passed over, and so is one of another calendar."""
    visit = ledger.visits[-1] if ledger.visits else None
    if visit is None or visit.ended is not None:
        return
    step = process.find_step(visit.step)
    for name, note in visit.clocks.items():
        if note.calendar != new.name or note.stopped is not None or note.paused is not None:
            continue
        before, after = due_of_note(note, old), due_of_note(note, new)
        if before != after:
            title = step.title if step else visit.status
            what = title if name == STEP_CLOCK else f"{title} ({name.replace('_', ' ')})"
            yield Moved(key, district, what, visit.round, new.name, before, after)


def moved_lines(moved: Iterable[Moved], calendars: Mapping[str, Calendar]) -> tuple[str, ...]:
    """Each moved clock in a line of plain text, its moments in the calendar's own time."""
    return tuple(_line(one, calendars[one.calendar]) for one in moved)


def _line(one: Moved, calendar: Calendar) -> str:
    set_of_files = f", round {one.round}" if one.round else ""
    from_to = f"{moment(one.old, calendar)} -> {moment(one.new, calendar)}"
    return f"{one.key} {one.district}, {one.what}{set_of_files}: {from_to}"
