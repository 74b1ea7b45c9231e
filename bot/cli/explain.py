"""Where a ticket stands, in lines of text: whose turn it is, its clocks, what the bot did and why, what comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.controller.reconciler import View
from bot.core.decide.explain_clock import clocks_explained
from bot.core.decide.forecast import forecast_lines
from bot.core.decide.status_summary import earlier_rounds, status_summary
from bot.core.model.effects import (
    CloseDay,
    CreateSubtasks,
    Effect,
    MoveSubtask,
    Notify,
    Plan,
    PostComment,
    SendText,
    TransitionIssue,
)
from bot.core.time.business_calendar import Calendar
from bot.core.time.formatting import moment
from bot.store.journal import EffectRecord, JournalEntry


def explain(
    view: View,
    calendars: Mapping[str, Calendar],
    entries: Sequence[JournalEntry],
    parked: Sequence[EffectRecord],
    all_rounds: bool = False,
) -> list[str]:
    """The explanation of one ticket, and with `all_rounds` the clocks of its earlier visits. `entries` of the journal
    come newest first."""
    issue = view.snapshot.issue
    lines = [f"{issue.key}  {issue.summary}", f"Status       {issue.status}"]
    if view.progress is None:
        return [*lines, f"The bot      {view.plan.reason}"]
    calendar = calendars[view.progress.process.calendar]
    lines += status_summary(view.progress, calendar)
    lines += forecast_lines(view.progress, view.plan.forecast, calendars)
    lines += [f"Given up     {e.effect_id}: {e.reason}" for e in parked]
    if why := clocks_explained(view.progress, calendars):
        lines += ["", *why]
    if all_rounds:
        lines += ["", "Earlier visits", *(f"  {line}" for line in earlier_rounds(view.progress, calendar) or ["none"])]
    lines += ["", "What the bot did", *(_done(entries, calendar) or ["  nothing yet"])]
    lines += ["", "What it would do now", *_plan(view.plan, calendar)]
    return lines


def _done(entries: Sequence[JournalEntry], calendar: Calendar) -> list[str]:
    acts = [entry for entry in reversed(entries) if entry.effects]
    return [f"  {moment(entry.at, calendar)}  {'; '.join(entry.effects)}. {entry.reason}" for entry in acts]


def _plan(plan: Plan, calendar: Calendar) -> Iterator[str]:
    yield f"  {plan.reason}"
    for effect in plan.effects:
        yield f"  - {describe(effect)}"
    for word, labels in (("set", plan.update.add_labels), ("take off", plan.update.remove_labels)):
        if labels:
            yield f"  - {word} the label{'s' if len(labels) > 1 else ''} {', '.join(labels)}"
    for name, value in plan.update.fields.items():
        yield f"  - set {name} to {value}" if value else f"  - clear {name}"
    if plan.requeue_at:
        yield f"  The bot comes back by itself {moment(plan.requeue_at, calendar)}."
    else:
        yield "  Nothing is due by time alone; the bot comes back when something happens on the ticket."


def describe(effect: Effect) -> str:
    """One effect in words for staff."""
    match effect:
        case CreateSubtasks(items):
            return f"make {len(items)} subtask{'s' if len(items) != 1 else ''}: {', '.join(i.branch for i in items)}"
        case PostComment():
            audience = "draft" if effect.draft else "public" if effect.public else "internal"
            return f"{audience} comment: {effect.template}"
        case SendText():
            return "send a draft to the district"
        case Notify():
            return f"message to {effect.channel}"
        case CloseDay():
            return f"close {effect.closure.day} in the calendar {effect.closure.calendar}"
        case MoveSubtask():
            return f"move a subtask to {effect.status}"
        case TransitionIssue():
            return f"move the ticket to {effect.status}"
