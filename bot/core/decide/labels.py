"""Sets what queues sort and filter tickets by: labels of escalations, and the due date."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from bot.core.decide.escalations import DueEscalation, first_moment, has_happened
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import day_of
from bot.core.model.ledger import Mover
from bot.core.model.process import Office
from bot.core.time.business_calendar import Calendar


def labels(
    progress: Progress, calendars: Mapping[str, Calendar], due_now: Collection[DueEscalation], parked: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels to add and the labels to remove; `due_now` are the escalations that happen now.

    A label is set from its moment on. If people move that moment, or move the ticket away and back, the bot removes the
    label and sets it again when the new moment comes. A paused clock keeps its labels. A label that a person set or
    removed is left alone. One that the bot set and the file no longer uses is replaced by what is in force."""
    happening = {due.escalation.label for due in due_now if due.escalation.label}
    for due in due_now:
        if due.repetition and progress.step is not None:  # an escalation has happened when its repetition has
            repeated = (
                escalation
                for escalation in progress.step.escalations_of(due.clock.branch)
                if escalation.at == due.escalation.at
            )
            happening |= {escalation.label for escalation in repeated if escalation.label}
    in_force, paused = set(happening), set[str]()
    for clock in progress.running:
        for escalation in progress.step.escalations_of(clock.branch) if progress.step else ():
            if escalation.label and clock.paused is not None:
                paused.add(escalation.label)
            elif escalation.label and has_happened(progress, clock, escalation, parked):
                since = first_moment(clock, escalation, calendars)
                in_force |= {escalation.label} if since is not None and since <= progress.now else set()
    present = set(progress.issue.labels)
    ours = {escalation.label for escalation in progress.process.escalations if escalation.label}
    retired = {label for label in progress.process.retired_labels if label in present and _by_bot(progress, label)}
    ours |= set() if paused else retired
    add = {
        label
        for label in in_force - present
        if label in happening or _by_bot(progress, label) or (retired and not _has_changed(progress, label))
    }
    remove = {label for label in (ours & present) - in_force - paused if _by_bot(progress, label)}
    return tuple(sorted(add)), tuple(sorted(remove))


def _has_changed(progress: Progress, label: str) -> bool:
    """Whether anybody ever added or removed this label."""
    changes = (c for c in progress.issue.changes if c.field == "labels")
    return any((label in (c.old or "").split()) != (label in (c.new or "").split()) for c in changes)


def _by_bot(progress: Progress, label: str) -> bool:
    """Whether the last change that added or removed this label was the bot's."""
    for change in reversed(progress.issue.changes):
        had, has = (label in (text or "").split() for text in (change.old, change.new))
        if change.field == "labels" and had != has:
            return progress.people.is_bot(change.author)
    return False


def due_fields(progress: Progress, office: Office, calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    """The changes of the due field, and of those that earlier versions of the file used: what the bot set there is
    cleared."""
    found: dict[str, Any] = {}
    for name in progress.process.retired_due_fields:
        last = next((c for c in reversed(progress.issue.changes) if c.field == name), None)
        ours = last is not None and progress.people.mover(last.author) == Mover.BOT
        if ours and progress.issue.fields.get(name) is not None:
            found[name] = None
    return found | due_field(progress, office, calendars)


def due_field(progress: Progress, office: Office, calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    """The change of the due field, to the day on which the earliest running clock is due, in that clock's calendar;
    empty if it needs no change.

    A date that a person set since this visit began is left alone, and a date that a person set before any of the bot's
    is never cleared."""
    name = office.due_field
    if name is None:
        return {}
    last = next((c for c in reversed(progress.issue.changes) if c.field == name), None)
    who = progress.people.mover(last.author) if last else None
    if last is not None and who != Mover.BOT and last.at >= progress.visit.began:
        return {}  # a person's date is left alone; with another bot, changes would go back and forth forever
    current = progress.issue.fields.get(name)
    first = min(progress.running, key=lambda c: c.due, default=None)
    if first is None:
        return {name: None} if current is not None and who == Mover.BOT else {}
    day = day_of(first.due, calendars[first.calendar]).isoformat()
    return {name: day} if current != day else {}
