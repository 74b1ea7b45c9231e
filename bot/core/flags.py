"""What stands on a ticket for queues to sort and filter by: labels of review windows, and the next due day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.business_time import Calendar
from bot.core.clocks import Clock, shifted
from bot.core.goals import Unit
from bot.core.ledger import BOT
from bot.core.process import Escalation, Office
from bot.core.progress import Progress


@dataclass(frozen=True)
class Flag:
    """A threshold that a running clock has passed. `passed` names the lower ones it makes superfluous."""

    name: str
    clock: Clock
    escalation: Escalation
    passed: tuple[str, ...] = ()


def due_flags(progress: Progress, calendars: Mapping[str, Calendar], parked: Collection[str]) -> list[Flag]:
    """For each running clock the highest threshold that has passed and was not flagged in this stay."""
    flags = []
    for clock in progress.running:
        passed = [
            Flag(_name(clock, escalation), clock, escalation)
            for escalation, moment in _thresholds(progress, clock, calendars)
            if moment <= progress.now
        ]
        prefix = f"{progress.issue.id}:{progress.visit.id}:"
        if passed and not progress.done(passed[-1].name) and prefix + passed[-1].name not in parked:
            lower = tuple(f.name for f in passed[:-1] if not progress.done(f.name))
            flags.append(Flag(passed[-1].name, clock, passed[-1].escalation, lower))
    return flags


def next_moment(progress: Progress, calendars: Mapping[str, Calendar]) -> datetime | None:
    """When the next threshold of a running clock is reached; None where time alone changes nothing."""
    moments = [
        moment
        for clock in progress.running
        for _, moment in _thresholds(progress, clock, calendars)
        if moment > progress.now
    ]
    return min(moments, default=None)


def _thresholds(
    progress: Progress, clock: Clock, calendars: Mapping[str, Calendar]
) -> list[tuple[Escalation, datetime]]:
    """Each escalation with the moment from which it counts: in open time, for nobody reads a flag at night."""
    calendar = calendars[clock.calendar]
    found = []
    for escalation in sorted(progress.step.escalations, key=lambda e: e.at) if progress.step else []:
        moment = clock.due
        if escalation.at < 1:
            moment = calendar.moment_at(clock.started, clock.goal, escalation.at)
            moment = shifted(calendar, clock.goal, moment, clock.pauses)
        if clock.goal.unit is not Unit.HOURS:
            moment = calendar.next_open(moment)
        found.append((escalation, moment))
    return found


def _name(clock: Clock, escalation: Escalation) -> str:
    return f"flag:{clock.branch or 'step'}:{round(escalation.at * 100)}"


def labels(progress: Progress, rung: list[Flag]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels to set and to take off. A label that a person set, or took off, is theirs; one that the bot took
    off when people moved the ticket away comes back with the clock."""
    new = {f.escalation.label for f in rung if f.escalation.label}
    flagged = {
        escalation.label
        for clock in progress.running
        for escalation in (progress.step.escalations if progress.step else ())
        if escalation.label and progress.done(_name(clock, escalation))
    }
    ours = {e.label for s in progress.process.steps for e in s.escalations if e.label}
    standing, there = new | flagged, set(progress.issue.labels)
    add = {label for label in standing - there if label in new or _by_bot(progress, label)}
    remove = {label for label in (ours & there) - standing if _by_bot(progress, label)}
    return tuple(sorted(add)), tuple(sorted(remove))


def _by_bot(progress: Progress, label: str) -> bool:
    """Whether the last change that set this label or took it off was the bot's."""
    for change in reversed(progress.issue.changes):
        had, has = (label in (text or "").split() for text in (change.old, change.new))
        if change.field == "labels" and had != has:
            return progress.people.is_bot(change.author)
    return False


def due_field(progress: Progress, office: Office, calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    """The change of the due field: the day of the earliest running clock, in its calendar's zone, or nothing.

    A day that a person set since this stay began is left alone; one that they set before any of the bot's
    is never cleared."""
    name = office.due_field
    if name is None:
        return {}
    last = next((c for c in reversed(progress.issue.changes) if c.field == name), None)
    who = progress.people.mover(last.author) if last else None
    if last is not None and who != BOT and last.at >= progress.visit.began:
        return {}  # a person's wish or, of another bot, a quarrel without end
    current = progress.issue.fields.get(name)
    first = min(progress.running, key=lambda c: c.due, default=None)
    if first is None:
        return {name: None} if current is not None and who == BOT else {}
    day = first.due.astimezone(ZoneInfo(calendars[first.calendar].zone)).date().isoformat()
    return {name: day} if current != day else {}


def what_is_due(progress: Progress, clock: Clock) -> str:
    """What a clock measures, in words for staff."""
    title = progress.step.title if progress.step else ""
    if clock.branch:
        state = next(b for b in progress.branches if b.branch.name == clock.branch)
        return state.subtask.summary if state.subtask else f"{title} ({clock.branch})"
    return f"{title}, round {progress.visit.round}" if progress.visit.round else title
