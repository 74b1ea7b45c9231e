"""When a ticket is expected to end: a range, walked through the steps that are left in business time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.core.history.branches import BranchState
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import Clock, after_pauses, unpaused_due
from bot.core.history.ticket_step import ticket_step
from bot.core.model.expected_end import Forecast, Usual
from bot.core.model.pauses import Pause
from bot.core.model.process import Branch, Process, Step
from bot.core.time.business_calendar import Calendar
from bot.core.time.formatting import day_range
from bot.core.time.goals import Goal


def forecast(progress: Progress, calendars: Mapping[str, Calendar], usual: Mapping[str, Usual]) -> Forecast | None:
    """The forecast of one ticket as it is now, None if it has ended or is outside the process.

    Where a fact is not known, each value that it may have is considered. `usual` has what finished tickets took, by the
    name of the step."""
    here = progress.place
    if here is None or progress.outside:
        return None
    calendar = calendars[progress.process.calendar]
    soonest = _Walk(progress, calendar, usual, soonest=True)
    latest = _Walk(progress, calendar, usual, soonest=False)
    first, last = soonest.run(here), latest.run(here)
    return Forecast(min(first, last), last, tuple(dict.fromkeys([*soonest.no_estimate, *latest.no_estimate])))


def steps_sum(process: Process, start: datetime, calendar: Calendar) -> tuple[datetime, datetime]:
    """When a ticket that begins at `start` ends by the goals of all steps, at the soonest and at the latest: to compare
    with the published total."""
    ends = []
    for soonest in (True, False):
        end = start
        for step in process.steps:
            if soonest and step.condition is not None:
                continue
            own = _goals_of(step) or ((step.wait,) if step.wait is not None else ())
            side_by_side = [goal for branch in step.branches for goal in _goals_of(branch)]
            found = _ends(own or side_by_side, end, calendar, soonest)
            end = (min if soonest and own else max)(found, default=end)
        ends.append(end)
    return ends[0], ends[1]


def expected_days(expected: Forecast | None) -> tuple[datetime, ...]:
    """The first and the last expected day, each as a moment in it; empty if a step has no estimate, because then
    nobody knows."""
    return () if expected is None or expected.no_estimate else (expected.first, expected.last)


def forecast_lines(progress: Progress, expected: Forecast | None, calendars: Mapping[str, Calendar]) -> Iterator[str]:
    """The forecast in lines for staff, with the sum of all steps beside the published total, if there is one."""
    process, calendar = progress.process, calendars[progress.process.calendar]
    if expected is not None:
        yield f"Expected end {day_range(expected.first, expected.last, calendar)}, usually"
        if expected.no_estimate:
            yield f"             no estimate for {', '.join(expected.no_estimate)}, which are left out of this"
    by = process.total_by
    total = process.total or (progress.facts.at(by.fact, progress.now).goal(by) if by is not None else None)
    published = str(total) if total else " or ".join(map(str, by.every)) if by is not None else ""
    if published:
        soonest, latest = steps_sum(process, progress.ledger.visits[0].began, calendar)
        days = day_range(soonest, latest, calendar)
        yield f"Published    {published} in all; by the goals of its steps it would end {days}"


@dataclass
class _Walk:
    """One walk through the steps that are left, always by the shortest or always by the longest of what may be."""

    progress: Progress
    calendar: Calendar
    usual: Mapping[str, Usual]
    soonest: bool
    no_estimate: list[str] = field(default_factory=list)

    def run(self, here: Step) -> datetime:
        """The moment at which the last step ends."""
        progress = self.progress
        if progress.waiting or progress.begun.at is None:
            # Nothing says when the district answers, or when the step can begin; from then on, all of it is to come.
            self.no_estimate.append(here.title)
            end = self._future(here, progress.now)
        else:
            end = self._current(here)
        return self._onward(here, end)

    def _onward(self, step: Step, start: datetime) -> datetime:
        """When the steps after a step end. A step that may or may not be called for counts at the latest alone."""
        end, seen = start, {step.name}
        name = step.next
        while (following := self.progress.process.find_step(name)) is not None and name not in seen:
            seen.add(name)
            holds = following.condition is None or self.progress.facts.holds(following.condition, self.progress.now)
            if holds or (holds is None and not self.soonest):
                end = self._future(following, end)
            name = following.next
        return end

    def _future(self, step: Step, start: datetime) -> datetime:
        """When a step ends that begins at `start`."""
        now = self.progress.now
        resolved = ticket_step(step, self.progress.facts, now, now)
        if step.wait is not None:
            return self.calendar.next_open(self.calendar.due(start, step.wait))
        own = list(_goals_of(resolved))
        if own:
            return self._pick(_ends(own, start, self.calendar, self.soonest))
        ends = self._branch_ends(resolved.branches, start)
        return self._usual(step, start, max(ends, default=start))

    def _branch_ends(self, branches: Iterable[Branch], start: datetime) -> list[datetime]:
        """When each branch ends, those that need others after these."""
        every = [b for b in branches if b.exists or (b.exists is None and not self.soonest)]
        ends: dict[str, datetime] = {}
        for _ in every:  # each round settles at least those whose needs are settled
            for branch in every:
                needed = [one for one in every if (one.family or one.name) in branch.needs]
                if branch.name not in ends and all(one.name in ends for one in needed):
                    begin = max([start, *(ends[one.name] for one in needed)])
                    ends[branch.name] = self._pick(_ends(_goals_of(branch), begin, self.calendar, self.soonest), begin)
        return list(ends.values())

    def _usual(self, step: Step, start: datetime, least: datetime) -> datetime:
        """When a step without a goal of its own ends, by what finished tickets took."""
        if step.branches and all(b.goal or b.goal_by for b in step.branches):
            return least
        usual = self.usual.get(step.name)
        if usual is None:
            if not step.automated:
                self.no_estimate.append(step.title)
            return least
        return max(least, self.calendar.after(start, usual.median if self.soonest else usual.most))

    def _current(self, step: Step) -> datetime:
        """When the step that the ticket is in ends, with what its clocks have used."""
        progress = self.progress
        if progress.ends_at is not None:
            return max(progress.now, progress.ends_at)
        own = next((clock for clock in progress.clocks if not clock.branch), None)
        if own is not None:
            return self._clock_end(own)
        if step.goal_by is not None:  # the fact on which it depends is not known
            return self._pick(_ends(_goals_of(step), progress.begun.at or progress.now, self.calendar, self.soonest))
        ends = [self._clock_end(clock) for clock in progress.clocks if clock.stopped is None]
        waiting = [state.branch for state in progress.branches if not state.settled and not _has_clock(progress, state)]
        ends += self._branch_ends(waiting, max([progress.now, *ends]))
        return max(progress.now, self._usual(step, progress.begun.at or progress.now, max(ends, default=progress.now)))

    def _clock_end(self, clock: Clock) -> datetime:
        count = clock.goal.low if self.soonest else clock.goal.high
        goal = Goal(count, count, clock.goal.unit)
        paused = (Pause(clock.paused, self.progress.now),) if clock.paused is not None else ()
        due = unpaused_due(self.calendar, goal, clock.started, clock.extended)
        return max(self.progress.now, after_pauses(self.calendar, goal, due, (*clock.pauses, *paused)))

    def _pick(self, ends: list[datetime], default: datetime | None = None) -> datetime:
        if not ends:
            return default if default is not None else self.progress.now
        return min(ends) if self.soonest else max(ends)


def _has_clock(progress: Progress, state: BranchState) -> bool:
    return any(clock.branch == state.branch.name for clock in progress.clocks)


def _goals_of(one: Step | Branch) -> tuple[Goal, ...]:
    """The goal of a step or branch or, while it depends on a fact that is not known, each that it may be."""
    if one.goal is not None:
        return (one.goal,)
    return one.goal_by.every if one.goal_by is not None else ()


def _ends(goals: Iterable[Goal], start: datetime, calendar: Calendar, soonest: bool) -> list[datetime]:
    """When each goal ends that begins at `start`, at its lower or its upper end."""
    counts = ((goal, goal.low if soonest else goal.high) for goal in goals)
    return [max(start, calendar.due(start, replace(goal, low=count, high=count))) for goal, count in counts]
