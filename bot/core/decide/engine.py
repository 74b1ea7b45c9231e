"""Turns a Progress into a Plan: the missing effects of one issue, when to reconcile it again, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.decide import labels
from bot.core.decide.announced_dates import correct_announced_date, next_passing_date
from bot.core.decide.command_replies import reply_to_commands, send_drafts
from bot.core.decide.escalation_notices import mark_done, plan_notices
from bot.core.decide.escalations import DueEscalation, due_escalations, forget_repetitions, next_moment
from bot.core.decide.forecast import expected_days, forecast
from bot.core.decide.in_step import plan_step
from bot.core.decide.outside_steps import announce_pause_end, plan_end, plan_outside, plan_undo, plan_waiting
from bot.core.decide.plan_builder import PlanBuilder, team
from bot.core.decide.reminders import due_reminder, next_reminder
from bot.core.decide.template_facts import describe_effect
from bot.core.history.progress import Progress
from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.effects import Plan, PostComment, TicketUpdate
from bot.core.model.expected_end import Usual
from bot.core.model.issue import Comment
from bot.core.model.ledger import Verdict
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import Office
from bot.core.time.business_calendar import Calendar
from bot.core.time.goals import Unit


def decide(
    progress: Progress,
    office: Office,
    calendars: Mapping[str, Calendar],
    parked: Mapping[str, str],
    usual: Mapping[str, Usual] | None = None,
) -> Plan:
    """The plan for one issue. `parked` maps each effect that was given up to the reason that Jira gave, and `usual` has
    how long finished tickets took in a step, by its name.

    If there is nothing to do, the plan has no effects and its reason says why."""
    expected = forecast(progress, calendars, usual or {})
    builder = PlanBuilder(progress, parked, progress.ledger.copy(), expected)
    due_now = due_escalations(progress, calendars, parked)
    # Commands get a reply even if the bot may not speak on its own yet.
    send_drafts(builder, calendars)
    reply_to_commands(builder, calendars)
    if progress.live:
        _report_parked(builder, parked)
        _report_unrecognized(builder)
        announce_pause_end(builder)
        _plan_visit(builder)
        _answer_status_request(builder)
        _remind(builder, calendars)
        plan_notices(builder, due_now, office)
        correct_announced_date(builder, calendars)
    else:
        builder.reasons.append(f"this visit began before the process's since ({progress.process.since})")
    mark_done(builder, due_now)
    forget_repetitions(builder.ledger.chain(builder.visit))
    update = _update(builder, due_now, office, calendars)
    return Plan(
        reason=_reason(builder, update),
        effects=tuple(builder.effects),
        update=update,
        requeue_at=_next_reconcile(builder, calendars),
        done_without_call=tuple(builder.done_without_call),
        missed=tuple(progress.new_comments.missed),
        forecast=expected,
    )


def _plan_visit(builder: PlanBuilder) -> None:
    """Plan what the ticket needs where it is."""
    progress = builder.progress
    if progress.outside:
        plan_outside(builder)
    elif progress.visit.undo:
        plan_undo(builder)
    elif progress.waiting:
        plan_waiting(builder)
    elif progress.step is not None:
        plan_step(builder, progress.step)
    else:
        plan_end(builder)


def leave(
    progress: Progress,
    office: Office,
    calendars: Mapping[str, Calendar],
    parked: Mapping[str, str] | None = None,
    released: bool = False,
) -> Plan:
    """The plan for an issue that was moved to another project or type and no longer follows the process: its clocks
    close with the verdict "left", the bot's labels and due date are removed, and nothing is said. If the whole process
    was `released`, staff get one note."""
    builder = PlanBuilder(progress, parked or {}, progress.ledger.copy())
    visit = builder.visit
    visit.ended, visit.verdict, visit.decided = progress.now, Verdict.LEFT, None
    visit.clocks = {name: replace(c, stopped=c.stopped or progress.now) for name, c in visit.clocks.items()}
    if released:
        builder.say([EffectName.of(Kind.RELEASED)], OwnTemplate.RELEASED, public=False, accounts=team(progress))
    alone = replace(progress, clocks=())
    _, remove = labels.labels(alone, calendars, [], ())
    fields = labels.due_fields(alone, office, calendars)
    update = TicketUpdate((), remove, fields, builder.ledger)
    return Plan(f"It no longer follows {progress.process.title}.", tuple(builder.effects), update)


def _next_reconcile(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> datetime | None:
    progress = builder.progress
    ends_at = progress.ends_at if progress.visit.decided is None else None
    moments = [next_moment(progress, calendars, builder.parked), builder.grace_until, builder.again_at, ends_at]
    moments += [progress.facts.counts_at, progress.new_comments.counts_at]
    if builder.progress.live:
        moments += [next_reminder(builder.progress, calendars), next_passing_date(builder.progress, calendars)]
    return min((m for m in moments if m is not None), default=None)


# -- what any visit can need


def _report_parked(builder: PlanBuilder, parked: Mapping[str, str]) -> None:
    for text, reason in sorted(parked.items()):
        effect = EffectId(text)
        name = effect.name
        if name.kind in (Kind.NOTE, Kind.STATUS, Kind.EARLY, Kind.ANSWER):
            # The comment does not count as read until somebody was notified of it.
            builder.ledger.read_comments.pop(name.args[0], None)
        if effect.visit_id == builder.progress.visit.id and name.kind != Kind.PARKED:
            report = EffectName.of(Kind.PARKED, name)
            builder.say([report], OwnTemplate.PARKED, public=False, what=describe_effect(name), reason=reason)


def _report_unrecognized(builder: PlanBuilder) -> None:
    """Report comments of the contact that no rule covers to the team, in one internal comment for all of them."""
    unrecognized = _unanswered(builder, Kind.NOTE, builder.progress.new_comments.unrecognized)
    if unrecognized:
        items = tuple(f"{c.author.name if c.author else 'The contact'}: {_shorten(c.body)}" for c in unrecognized)
        names = [EffectName.of(Kind.NOTE, c.id) for c in unrecognized]
        builder.say(names, OwnTemplate.UNRECOGNIZED, public=False, items=items, accounts=team(builder.progress))
        builder.reasons.append("the contact wrote something that a person must read")

    early = _unanswered(builder, Kind.EARLY, builder.progress.new_comments.early)
    if early:
        items = tuple(f"{c.author.name if c.author else 'The contact'}: {_shorten(c.body)}" for c in early)
        started = builder.progress.visit.received
        names, accounts = [EffectName.of(Kind.EARLY, c.id) for c in early], team(builder.progress)
        builder.say(names, OwnTemplate.FILES_READY_EARLY, public=False, items=items, accounts=accounts, started=started)
        builder.reasons.append("the contact announced files while a review is running")


def _unanswered(builder: PlanBuilder, kind: Kind, comments: list[Comment]) -> list[Comment]:
    return [c for c in comments if builder.is_open(EffectName.of(kind, c.id))]


def _remind(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> None:
    reminder = due_reminder(builder.progress, calendars)
    if reminder is None or builder.moves_ticket or not builder.is_open(reminder.name):
        return
    builder.done_without_call += map(builder.id, reminder.passed)
    if builder.index_of_district_comment() is not None and not reminder.phone:
        # The comment that goes out anyway is reminder enough.
        builder.done_without_call.append(builder.id(reminder.name))
        return
    days = reminder.after.high if reminder.after.unit is Unit.BUSINESS_DAYS else 0
    if reminder.phone:
        accounts = team(builder.progress)
        builder.say(
            [reminder.name], OwnTemplate.PHONE_DISTRICT, False, days=days, since=reminder.since, accounts=accounts
        )
    elif builder.progress.process.reminders is not None:
        builder.say([reminder.name], builder.progress.process.reminders.say, public=True, days=days)
    builder.reasons.append(f"the district's turn has lasted {reminder.after}")


def _answer_status_request(builder: PlanBuilder) -> None:
    asked = _unanswered(builder, Kind.STATUS, builder.progress.new_comments.status)
    names = [EffectName.of(Kind.STATUS, c.id) for c in asked]
    if not names:
        return
    # A comment that goes out anyway says where the ticket is: one act, one comment.
    place = builder.index_of_district_comment()
    effect = builder.effects[place] if place is not None else None
    if place is not None and isinstance(effect, PostComment):
        builder.effects[place] = replace(effect, ids=(*effect.ids, *map(builder.id, names)))
        return
    if builder.moves_ticket:
        builder.done_without_call += map(builder.id, names)
        return
    builder.say(names, OwnTemplate.STATUS, public=True, expected=expected_days(builder.expected))
    builder.reasons.append("the contact asked where they stand")


# -- labels, fields, ledger


def _update(
    builder: PlanBuilder, due_now: list[DueEscalation], office: Office, calendars: Mapping[str, Calendar]
) -> TicketUpdate:
    progress = builder.progress
    if progress.outside:
        return TicketUpdate(ledger=builder.ledger)  # outside the process clocks pause and keep their labels
    add, remove = labels.labels(progress, calendars, due_now, builder.parked)
    return TicketUpdate(add, remove, labels.due_fields(progress, office, calendars), builder.ledger)


# -- the reason


def _reason(builder: PlanBuilder, update: TicketUpdate) -> str:
    progress = builder.progress
    if not builder.reasons and progress.step is None and not progress.waiting:
        status = progress.issue.status
        ended = progress.visit.step in progress.process.ends
        builder.reasons.append(
            f"the onboarding has ended in {status}" if ended else f"{status} is not a step of the process"
        )
    if not builder.effects and (update.add_labels or update.remove_labels or update.fields):
        builder.reasons.append("labels and fields were out of date")
    text = "; ".join(dict.fromkeys(builder.reasons)) or "nothing to do"
    return text[0].upper() + text[1:] + "."


def _shorten(body: str, most: int = 300) -> str:
    text = " ".join(body.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
