"""Where a ticket stands, in lines of text: whose turn it is, its clocks, what the bot did and why, what comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.business_time import Calendar
from bot.core.clocks import Clock
from bot.core.effects import (
    AlertOperator,
    CreateSubtasks,
    Effect,
    MoveSubtask,
    Plan,
    PostComment,
    SendText,
    TransitionIssue,
)
from bot.core.flags import what_is_due
from bot.core.process import DISTRICT
from bot.core.progress import Progress
from bot.journal import EffectRecord, Look
from bot.reconcile import View


def explain(view: View, calendar: Calendar | None, looks: Sequence[Look], parked: Sequence[EffectRecord]) -> list[str]:
    """The explanation of one ticket. `looks` come newest first; `calendar` is the process's."""
    issue = view.snapshot.issue
    lines = [f"{issue.key}  {issue.summary}", f"Status       {issue.status}"]
    if view.progress is None or calendar is None:
        return [*lines, f"The bot      {view.plan.reason}"]
    lines += _where(view.progress, calendar)
    lines += _clocks(view.progress, calendar)
    lines += [f"Given up     {e.effect_id}: {e.reason}" for e in parked]
    lines += ["", "What the bot did", *(_looks(looks, calendar) or ["  nothing yet"])]
    lines += ["", "What it would do now", *_plan(view.plan, calendar)]
    return lines


def _where(progress: Progress, calendar: Calendar) -> Iterator[str]:
    visit = progress.visit
    title = progress.step.title if progress.step else ("Waiting for the district" if progress.waiting else "no step")
    since = moment(visit.began, calendar)
    yield f"Step         {title}, since {since}"
    if visit.round and visit.received:
        yield f"Round        {visit.round}, files received {moment(visit.received, calendar)}"
    teams = progress.people.office.teams
    turn = [("the district" if p == DISTRICT else teams[p].title if p in teams else p) for p in progress.turn]
    yield f"Whose turn   {' and '.join(turn) or 'nobody'}"
    for state in progress.branches:
        subtask = f" ({state.subtask.key})" if state.subtask else ""
        done = f" {moment(state.at, calendar)}" if state.at else ""
        yield f"  {state.branch.name}{subtask}: {state.state}{done}"


def _clocks(progress: Progress, calendar: Calendar) -> Iterator[str]:
    for clock in progress.clocks:
        yield f"Clock        {what_is_due(progress, clock)}: {_clock(progress, clock, calendar)}"
    if not progress.clocks:
        yield "Clock        none runs"


def _clock(progress: Progress, clock: Clock, calendar: Calendar) -> str:
    due = f"{clock.goal} from {moment(clock.started, calendar)}, due {moment(clock.due, calendar)}"
    if clock.stopped is not None:
        met = "met" if clock.stopped <= clock.due else "breached"
        return f"{due}; stopped {moment(clock.stopped, calendar)}, {met}"
    return f"{due}; {'overdue' if progress.now >= clock.due else 'running'}"


def _looks(looks: Sequence[Look], calendar: Calendar) -> list[str]:
    deeds = [look for look in reversed(looks) if look.effects]
    return [f"  {moment(look.at, calendar)}  {'; '.join(look.effects)}. {look.reason}" for look in deeds]


def _plan(plan: Plan, calendar: Calendar) -> Iterator[str]:
    yield f"  {plan.reason}"
    for effect in plan.effects:
        yield f"  - {describe(effect)}"
    for word, labels in (("set", plan.record.add_labels), ("take off", plan.record.remove_labels)):
        if labels:
            yield f"  - {word} the label{'s' if len(labels) > 1 else ''} {', '.join(labels)}"
    for name, value in plan.record.fields.items():
        yield f"  - set {name} to {value}" if value else f"  - clear {name}"
    if plan.look_again_at:
        yield f"  It looks again by itself {moment(plan.look_again_at, calendar)}."
    else:
        yield "  Nothing is due by time alone; it looks again when something happens on the ticket."


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
        case AlertOperator():
            return "tell the operator"
        case MoveSubtask():
            return f"move a subtask to {effect.status}"
        case TransitionIssue():
            return f"move the ticket to {effect.status}"


def moment(at: datetime, calendar: Calendar) -> str:
    """A moment to the minute, in the calendar's zone: "Tue 2026-01-13 15:30 CST"."""
    return at.astimezone(ZoneInfo(calendar.zone)).strftime("%a %Y-%m-%d %H:%M %Z")
