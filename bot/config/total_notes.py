"""Whether the steps of a process may take longer than its published total: a note, for that may be so on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.core.model.facts import ELSE, GoalByFact
from bot.core.model.process import Branch, Process, Step
from bot.core.time.business_calendar import Calendar
from bot.core.time.goals import Goal

_NO_DATE = datetime(2026, 1, 5, 18, tzinfo=UTC)  # for a process that does not say from when it is in use

Value = tuple[str, str]  # a fact and its value


def total_notes(process: Process, calendar: Calendar) -> Iterator[tuple[tuple[str, ...], str]]:
    """For each total that the upper ends of the steps exceed, its place in the file and a sentence."""
    start = calendar.next_open(process.since or _NO_DATE)
    if process.total is not None and _exceeded(process, calendar, start, process.total, None):
        yield ("total",), _sentence(process.total, "")
    if process.total_by is not None:
        by = process.total_by
        for value, goal in by.goals.items():
            if _exceeded(process, calendar, start, goal, (by.fact, value)):
                yield ("total", value), _sentence(goal, f", with {by.fact} {value},")
        if by.otherwise is not None and _exceeded(process, calendar, start, by.otherwise, (by.fact, ELSE)):
            yield ("total", ELSE), _sentence(by.otherwise, f", with any other {by.fact},")


def _sentence(total: Goal, when: str) -> str:
    return f'the goals of the steps{when} add up to more than the total of "{total}"; that may be so on purpose'


def _exceeded(process: Process, calendar: Calendar, start: datetime, total: Goal, value: Value | None) -> bool:
    try:
        at = start
        for step in process.steps:
            at = max(_end(step, calendar, at, value), at)
        return at > calendar.due(start, total)
    except ValueError:  # the calendar does not reach so far
        return False


def _end(step: Step, calendar: Calendar, start: datetime, value: Value | None) -> datetime:
    """The latest moment at which a step that began at `start` keeps its goals."""
    ends = [calendar.due(start, goal) for goal in _goals(step.goal, step.goal_by, value)]
    ends += [calendar.due(start, step.wait)] if step.wait else []
    done: dict[str, datetime] = {}
    ends += [_branch_end(step, branch, calendar, start, value, done) for branch in step.branches]
    return max(ends, default=start)


def _branch_end(
    step: Step, branch: Branch, calendar: Calendar, start: datetime, value: Value | None, done: dict[str, datetime]
) -> datetime:
    if branch.name not in done:
        needed = [_branch_end(step, step.branch(name), calendar, start, value, done) for name in branch.needs]
        begins = max(needed, default=start)
        ends = [calendar.due(begins, goal) for goal in _goals(branch.goal, branch.goal_by, value)]
        done[branch.name] = max(ends, default=begins)
    return done[branch.name]


def _goals(goal: Goal | None, by: GoalByFact | None, value: Value | None) -> tuple[Goal, ...]:
    """The goals that a step or branch can have where a fact has that value."""
    if by is None:
        return () if goal is None else (goal,)
    if value is not None and value[0] == by.fact:
        chosen = by.goals.get(value[1], by.otherwise)
        return () if chosen is None else (chosen,)
    return by.every
