"""The review clocks of one stay: when each started, what it spends, when it is due, when it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.history.branches import BranchState, BranchStatus
from bot.core.model.ledger import (
    STEP_CLOCK,
    ClockRecord,
    CommandName,
    CommandRecord,
    Ledger,
    PauseRecord,
    Verdict,
    Visit,
)
from bot.core.model.pauses import Pause, pauses_of
from bot.core.model.process import DISTRICT, Process, Step
from bot.core.time.business_calendar import Calendar
from bot.core.time.goals import Goal, Unit, parse_goal

Pauses = tuple[Pause, ...]
Extensions = tuple[Goal, ...]


@dataclass(frozen=True)
class Clock:
    """One running or stopped review clock of a stay; `branch` is "" for the step's own.

    In its `pauses` nothing was spent; with `paused` it stands still since then, and `due` is the moment that it
    would have kept. `extended` are the goals that staff added."""

    branch: str
    team: str
    goal: Goal
    calendar: str
    started: datetime
    due: datetime
    stopped: datetime | None
    pauses: Pauses = ()
    paused: datetime | None = None
    extended: Extensions = ()

    @property
    def name(self) -> str:
        """The branch whose clock it is, STEP_CLOCK for the step's own: as the ledger calls it."""
        return self.branch or STEP_CLOCK

    def moment(self, calendar: Calendar, fraction: float) -> datetime:
        """When that fraction of the time, extensions included, is used; of 1, the due moment itself."""
        if fraction == 1:
            return self.due
        end = planned(calendar, self.goal, self.started, self.extended)
        if end <= self.started:
            moment = end
        elif self.goal.unit is Unit.HOURS:
            moment = self.started + (end - self.started) * fraction
        else:
            moment = calendar.after(self.started, calendar.elapsed(self.started, end) * fraction)
        return shifted(calendar, self.goal, moment, self.pauses)


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
    oldest = ledger.chain(visit)[-1]
    start = visit.received if step.review else oldest.first or oldest.began
    if start is None:
        return ()
    pauses = tuple(_from(start, pause) for pause in pauses_of(ledger, visit) if pause.end is None or pause.end > start)
    face = _Face(calendars[process.calendar], start, visit, pauses, extensions_of(ledger, visit))
    clocks = []
    goal = goal_of(process, step, visit, ledger)
    if goal is not None:
        stopped = visit.decided.at if visit.decided else visit.ended
        team = next((p for p in step.parties if p != DISTRICT), step.parties[0])
        clocks.append(face.clock("", team, goal, stopped))
    for state in branches:
        if state.branch.goal is not None:
            stopped = _branch_stopped(state, visit, at)
            clocks.append(face.clock(state.branch.name, state.branch.party, state.branch.goal, stopped))
    return tuple(clocks)


def _from(start: datetime, pause: Pause) -> Pause:
    """What of a pause comes after the start, which may have been corrected to a later moment than its begin."""
    return replace(pause, begin=max(pause.begin, start))


@dataclass(frozen=True)
class _Face:
    """What all clocks of a stay have in common."""

    calendar: Calendar
    start: datetime
    visit: Visit
    pauses: Pauses
    orders: tuple[CommandRecord, ...]

    def clock(self, branch: str, team: str, goal: Goal, stopped: datetime | None) -> Clock:
        pauses = self.pauses if stopped is None else tuple(_until(stopped, p) for p in self.pauses if p.begin < stopped)
        over = tuple(p for p in pauses if p.end is not None)
        paused = next((p.begin for p in pauses if p.end is None), None)
        extended = tuple(parse_goal(o.value) for o in self.orders if stopped is None or o.at < stopped)
        name, kept = self.calendar.name, self._kept(branch, over, extended) if stopped is not None else None
        if kept is not None:
            goal, name, due = parse_goal(kept.goal), kept.calendar, kept.due
        else:
            due = shifted(self.calendar, goal, planned(self.calendar, goal, self.start, extended), over)
        return Clock(branch, team, goal, name, self.start, due, stopped, over, paused, extended)

    def _kept(self, branch: str, over: Pauses, extended: Extensions) -> ClockRecord | None:
        """The note that a clock which has stopped ends with: another goal or calendar since rewrites nothing, an
        order or a pause that was not known yet does."""
        noted = self.visit.clocks.get(branch or STEP_CLOCK)
        if noted is None or noted.started != self.start or noted.extended != tuple(map(str, extended)):
            return None
        return noted if [(p.begin, p.end) for p in noted.pauses] == [(p.begin, p.end) for p in over] else None


def goal_of(process: Process, step: Step, visit: Visit, ledger: Ledger) -> Goal | None:
    """The step's goal or, for files that a revision asked for, what that revision says instead."""
    asker = asked_by(process, step, visit, ledger)
    revision = asker.revision if asker else None
    return revision.goal if revision is not None and revision.goal is not None else step.goal


def asked_by(process: Process, step: Step, visit: Visit, ledger: Ledger) -> Step | None:
    """The review whose revision asked for the files at hand and sent them to this step, None where none did."""
    for earlier in reversed(ledger.visits[: ledger.visits.index(visit)]):
        asker = process.find_step(earlier.step)
        if (
            asker is None
            or asker.revision is None
            or earlier.files == visit.files
            or earlier.verdict != Verdict.REVISION
        ):
            continue
        return asker if asker.revision.return_to == step.name else None
    return None


def extensions_of(ledger: Ledger, visit: Visit) -> tuple[CommandRecord, ...]:
    """The orders by which staff have added to the time of a stay and of those that it goes on with, oldest first.
    A clock that had stopped by then has nothing of them."""
    return tuple(o for v in reversed(ledger.chain(visit)) for o in v.commands if o.kind == CommandName.EXTEND)


def _until(stopped: datetime, pause: Pause) -> Pause:
    return pause if pause.end is not None and pause.end <= stopped else replace(pause, end=stopped)


def planned(calendar: Calendar, goal: Goal, start: datetime, extended: Extensions) -> datetime:
    """The due moment of a goal that is never paused, with what was added to it."""
    due = calendar.due(start, goal)
    for more in extended:
        due = calendar.due(due, more)
    return due


def shifted(calendar: Calendar, goal: Goal, moment: datetime, pauses: Pauses) -> datetime:
    """A moment of a clock, moved on by its pauses: what was left of the time when a pause began is spent after it."""
    for pause in pauses:
        if pause.begin >= moment or pause.end is None:
            break
        if goal.unit is Unit.HOURS:
            moment = pause.end + (moment - pause.begin)
        else:
            moment = calendar.after(pause.end, calendar.elapsed(pause.begin, moment))
    return moment


def day_of(due: datetime, calendar: Calendar) -> date:
    """The local day that ends with a due moment or later: a midnight ends the day before it."""
    return (due - timedelta(microseconds=1)).astimezone(ZoneInfo(calendar.zone)).date()


def _branch_stopped(state: BranchState, visit: Visit, at: datetime) -> datetime | None:
    if state.status in (BranchStatus.FINISHED, BranchStatus.REVISE, BranchStatus.NOT_RECEIVED):
        return state.at
    if state.status == BranchStatus.WITHDRAWN:
        noted = visit.clocks.get(state.branch.name)
        return (noted.stopped if noted else None) or at
    return visit.ended


def note(clock: Clock) -> ClockRecord:
    """The clock as the ledger keeps it."""
    return ClockRecord(
        goal=str(clock.goal),
        calendar=clock.calendar,
        started=clock.started,
        due=clock.due,
        stopped=clock.stopped,
        pauses=tuple(PauseRecord(p.begin, p.end, p.why) for p in clock.pauses if p.end is not None),
        paused=clock.paused,
        extended=tuple(map(str, clock.extended)),
    )
