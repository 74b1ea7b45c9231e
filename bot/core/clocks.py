"""The review clocks of one stay: when each started, what it spends, when it is due, when it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bot.core.branches import FINISHED, NOT_RECEIVED, REVISE, WITHDRAWN, BranchState
from bot.core.business_time import Calendar
from bot.core.goals import Goal, Unit
from bot.core.ledger import REVISION, ClockNote, Ledger, Visit
from bot.core.process import DISTRICT, Process, Step

Pauses = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True)
class Clock:
    """One running or stopped review clock of a stay; `branch` is "" for the step's own. `pauses` are the times in
    which the ticket stood outside the process, and nothing was spent."""

    branch: str
    team: str
    goal: Goal
    calendar: str
    started: datetime
    due: datetime
    stopped: datetime | None
    pauses: Pauses = ()


def clocks_of(
    process: Process,
    step: Step,
    visit: Visit,
    ledger: Ledger,
    branches: tuple[BranchState, ...],
    calendars: Mapping[str, Calendar],
    at: datetime,
) -> tuple[Clock, ...]:
    """The clocks of a stay as they stand at the moment `at`: the step's own and one for each branch with a goal."""
    start = visit.received if step.review else ledger.chain(visit)[-1].began
    if start is None:
        return ()
    calendar, pauses = calendars[process.calendar], pauses_of(ledger, visit)
    clocks = []
    goal = goal_of(process, step, visit, ledger)
    if goal is not None:
        stopped = visit.decided.at if visit.decided else visit.ended
        team = next((p for p in step.parties if p != DISTRICT), step.parties[0])
        clocks.append(_clock("", team, goal, calendar, start, stopped, visit, pauses))
    for state in branches:
        if state.branch.goal is not None:
            stopped = _branch_stopped(state, visit, at)
            team, goal = state.branch.party, state.branch.goal
            clocks.append(_clock(state.branch.name, team, goal, calendar, start, stopped, visit, pauses))
    return tuple(clocks)


def goal_of(process: Process, step: Step, visit: Visit, ledger: Ledger) -> Goal | None:
    """The step's goal or, for files that a revision asked for, what that revision says instead."""
    asker = asked_by(process, step, visit, ledger)
    revision = asker.revision if asker else None
    return revision.goal if revision is not None and revision.goal is not None else step.goal


def asked_by(process: Process, step: Step, visit: Visit, ledger: Ledger) -> Step | None:
    """The review whose revision asked for the files at hand and sent them to this step, None where none did."""
    for earlier in reversed(ledger.visits[: ledger.visits.index(visit)]):
        asker = next((s for s in process.steps if s.name == earlier.step), None)
        if asker is None or asker.revision is None or earlier.files == visit.files or earlier.verdict != REVISION:
            continue
        return asker if asker.revision.return_to == step.name else None
    return None


def _branch_stopped(state: BranchState, visit: Visit, at: datetime) -> datetime | None:
    if state.state in (FINISHED, REVISE, NOT_RECEIVED):
        return state.at
    if state.state == WITHDRAWN:
        noted = visit.clocks.get(state.branch.name)
        return (noted.stopped if noted else None) or at
    return visit.ended


def _clock(
    branch: str,
    team: str,
    goal: Goal,
    calendar: Calendar,
    start: datetime,
    stopped: datetime | None,
    visit: Visit,
    pauses: Pauses,
) -> Clock:
    noted = visit.clocks.get(branch or "step")
    if stopped is not None and noted is not None and noted.started == start:
        due = noted.due  # a closed clock keeps the moment it ended with
    else:
        due = shifted(calendar, goal, calendar.due(start, goal), pauses)
    return Clock(branch, team, goal, calendar.name, start, due, stopped, pauses)


def pauses_of(ledger: Ledger, visit: Visit) -> Pauses:
    """When the ticket stood in a status outside the process between stays that go on with one another."""
    pauses = []
    chain = ledger.chain(visit)
    for later, earlier in pairwise(chain):
        first, last = ledger.visits.index(earlier), ledger.visits.index(later)
        between = ledger.visits[first + 1 : last]
        if between and all(not v.step for v in between) and earlier.ended is not None:
            pauses.append((earlier.ended, later.began))
    return tuple(reversed(pauses))


def shifted(calendar: Calendar, goal: Goal, moment: datetime, pauses: Pauses) -> datetime:
    """A moment of a clock, moved on by its pauses: what was left of the time when a pause began is spent after it."""
    for begin, end in pauses:
        if begin >= moment:
            break
        if goal.unit is Unit.HOURS:
            moment = end + (moment - begin)
        else:
            moment = calendar.after(end, calendar.elapsed(begin, moment))
    return moment


def note(clock: Clock) -> ClockNote:
    """The clock as the ledger keeps it."""
    return ClockNote(str(clock.goal), clock.calendar, clock.started, clock.due, clock.stopped)
