"""The review clocks of one visit: when each started, was paused, is due, and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.history.branches import BranchState, BranchStatus
from bot.core.history.step_start import StepStart
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

_NO_CLOCK = (BranchStatus.SKIPPED, BranchStatus.UNKNOWN, BranchStatus.BLOCKED)

Pauses = tuple[Pause, ...]
Extensions = tuple[Goal, ...]


@dataclass(frozen=True)
class Clock:
    """One running or stopped review clock of a visit; `branch` is "" for the step's own.

    `pauses` are its ended pauses. With `paused` it has been paused since that moment, and `due` is when it would be
    due without that pause. `extended` are the goals that staff added."""

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
        """Its name in the ledger: its branch, or STEP_CLOCK for the step's own clock."""
        return self.branch or STEP_CLOCK

    def moment(self, calendar: Calendar, fraction: float) -> datetime:
        """When that fraction of the time, with extensions, is used; for 1, the due moment."""
        if fraction == 1:
            return self.due
        end = unpaused_due(calendar, self.goal, self.started, self.extended)
        if end <= self.started:
            moment = end
        elif self.goal.unit is Unit.HOURS:
            moment = self.started + (end - self.started) * fraction
        else:
            moment = calendar.after(self.started, calendar.elapsed(self.started, end) * fraction)
        return after_pauses(calendar, self.goal, moment, self.pauses)


def visit_clocks(
    process: Process,
    step: Step,
    visit: Visit,
    ledger: Ledger,
    branches: tuple[BranchState, ...],
    begun: StepStart,
    calendars: Mapping[str, Calendar],
    at: datetime,
) -> tuple[Clock, ...]:
    """The clocks of a visit as they are at the moment `at`: the step's own and one for each branch with a goal, but
    none before the step has begun."""
    start = visit.received if step.review else begun.at
    if start is None or begun.at is None:
        return ()
    start = max(start, begun.at) if step.starts_when else start
    pauses = pauses_of(ledger, visit, begun.pauses)
    builder = _ClockBuilder(calendars[process.calendar], start, visit, pauses, extensions_of(ledger, visit))
    clocks = []
    goal = goal_of(process, step, visit, ledger)
    if goal is not None:
        stopped = visit.decided.at if visit.decided else visit.ended
        team = next((p for p in step.parties if p != DISTRICT), step.parties[0])
        clocks.append(builder.clock("", team, goal, stopped))
    for state in branches:
        if state.branch.goal is not None and state.status not in _NO_CLOCK:
            stopped = _branch_stopped(state, visit, at)
            own = replace(
                builder,
                start=start if state.begins is None else _begins(state, start, visit, ledger),
                pauses=pauses_of(ledger, visit, begun.pauses, state.branch.name),
                extend_commands=extensions_of(ledger, visit, state.branch.name),
            )
            clocks.append(own.clock(state.branch.name, state.branch.party, state.branch.goal, stopped))
    return tuple(clocks)


def _begins(state: BranchState, start: datetime, visit: Visit, ledger: Ledger) -> datetime:
    """When the clock of a branch starts that is younger than the visit. Once it runs, that stays so, even if the work
    before it is opened and done again."""
    recorded = [v.clocks[state.branch.name].started for v in ledger.chain(visit) if state.branch.name in v.clocks]
    return min(recorded) if recorded and state.subtask is not None else max(start, state.begins or start)


def _after_start(start: datetime, pauses: Pauses) -> Pauses:
    """The parts of these pauses after a start, which may have been corrected to a moment after a pause began."""
    return tuple(replace(p, begin=max(p.begin, start)) for p in pauses if p.end is None or p.end > start)


@dataclass(frozen=True)
class _ClockBuilder:
    """Builds the clocks of a visit from what they have in common."""

    calendar: Calendar
    start: datetime
    visit: Visit
    pauses: Pauses
    extend_commands: tuple[CommandRecord, ...]

    def clock(self, branch: str, team: str, goal: Goal, stopped: datetime | None) -> Clock:
        pauses = _after_start(self.start, self.pauses)
        if stopped is not None:
            pauses = tuple(_clip_end(stopped, p) for p in pauses if p.begin < stopped)
        over = tuple(p for p in pauses if p.end is not None)
        paused = next((p.begin for p in pauses if p.end is None), None)
        extended = tuple(parse_goal(o.value) for o in self.extend_commands if stopped is None or o.at < stopped)
        name, recorded = self.calendar.name, self._recorded(branch, over, extended) if stopped is not None else None
        if recorded is not None:
            goal, name, due = parse_goal(recorded.goal), recorded.calendar, recorded.due
        else:
            due = after_pauses(self.calendar, goal, unpaused_due(self.calendar, goal, self.start, extended), over)
        return Clock(branch, team, goal, name, self.start, due, stopped, over, paused, extended)

    def _recorded(self, branch: str, over: Pauses, extended: Extensions) -> ClockRecord | None:
        """The ledger's record of a stopped clock, if it still applies. A new goal or calendar does not change it; an
        extension or a pause that was not known yet does."""
        record = self.visit.clocks.get(branch or STEP_CLOCK)
        if record is None or record.started != self.start or record.extended != tuple(map(str, extended)):
            return None
        return record if [(p.begin, p.end) for p in record.pauses] == [(p.begin, p.end) for p in over] else None


def goal_of(process: Process, step: Step, visit: Visit, ledger: Ledger) -> Goal | None:
    """The step's goal or, for files that a revision asked for, what that revision says instead."""
    asker = requesting_review(process, step, visit, ledger)
    revision = asker.revision if asker else None
    return revision.goal if revision is not None and revision.goal is not None else step.goal


def requesting_review(process: Process, step: Step, visit: Visit, ledger: Ledger) -> Step | None:
    """The review whose revision asked for the present files and sent them to this step; None if there is none."""
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


def extensions_of(ledger: Ledger, visit: Visit, branch: str = "") -> tuple[CommandRecord, ...]:
    """The /extend commands of a visit and of those that it continues, oldest first: those of the whole step, and those
    of `branch`. A clock that had stopped before a command is not extended by it."""
    every = (c for v in reversed(ledger.chain(visit)) for c in v.commands if c.kind == CommandName.EXTEND)
    return tuple(command for command in every if command.branch in ("", branch))


def _clip_end(stopped: datetime, pause: Pause) -> Pause:
    return pause if pause.end is not None and pause.end <= stopped else replace(pause, end=stopped)


def unpaused_due(calendar: Calendar, goal: Goal, start: datetime, extended: Extensions) -> datetime:
    """The due moment of a goal with its extensions, without any pause."""
    due = calendar.due(start, goal)
    for more in extended:
        due = calendar.due(due, more)
    return due


def after_pauses(calendar: Calendar, goal: Goal, moment: datetime, pauses: Pauses) -> datetime:
    """A moment of a clock moved later by its pauses: the time left when a pause began counts after its end."""
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
        record = visit.clocks.get(state.branch.name)
        return (record.stopped if record else None) or at
    return visit.ended


def clock_record(clock: Clock) -> ClockRecord:
    """The record of the clock for the ledger."""
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
