"""Which review clocks become due at another moment because of an unplanned closed day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.history.sla_clocks import after_pauses, unpaused_due
from bot.core.model.ledger import STEP_CLOCK, ClockRecord, Ledger
from bot.core.model.pauses import Pause
from bot.core.model.process import Process
from bot.core.time.business_calendar import Calendar
from bot.core.time.formatting import moment
from bot.core.time.goals import parse_goal


@dataclass(frozen=True)
class MovedClock:
    """A running review clock whose due moment moves from `old` to `new`; `what` is the step or branch it measures."""

    key: str
    district: str
    what: str
    round: int
    calendar: str
    old: datetime
    new: datetime


def recorded_due(record: ClockRecord, calendar: Calendar) -> datetime:
    """When a review clock in the ledger is due by a calendar."""
    goal, extended = parse_goal(record.goal), tuple(parse_goal(goal) for goal in record.extended)
    pauses = tuple(Pause(p.begin, p.end, p.why) for p in record.pauses)
    return after_pauses(calendar, goal, unpaused_due(calendar, goal, record.started, extended), pauses)


def moved_clocks(
    ledger: Ledger, process: Process, old: Calendar, new: Calendar, key: str, district: str
) -> Iterator[MovedClock]:
    """The running clocks of one ticket whose due moment differs between two states of a calendar. Stopped
    and paused clocks are left out, and so are those of another calendar."""
    visit = ledger.visits[-1] if ledger.visits else None
    if visit is None or visit.ended is not None:
        return
    step = process.find_step(visit.step)
    for name, record in visit.clocks.items():
        if record.calendar != new.name or record.stopped is not None or record.paused is not None:
            continue
        before, after = recorded_due(record, old), recorded_due(record, new)
        if before != after:
            title = step.title if step else visit.status
            what = title if name == STEP_CLOCK else f"{title} ({name.replace('_', ' ')})"
            yield MovedClock(key, district, what, visit.round, new.name, before, after)


def moved_lines(moved: Iterable[MovedClock], calendars: Mapping[str, Calendar]) -> tuple[str, ...]:
    """Each moved clock as a line of plain text, its moments in the calendar's time zone."""
    return tuple(_line(one, calendars[one.calendar]) for one in moved)


def _line(one: MovedClock, calendar: Calendar) -> str:
    set_of_files = f", round {one.round}" if one.round else ""
    from_to = f"{moment(one.old, calendar)} -> {moment(one.new, calendar)}"
    return f"{one.key} {one.district}, {one.what}{set_of_files}: {from_to}"
