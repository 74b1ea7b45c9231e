"""Decides what is wished for one issue and not yet there, when to look again, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.decide import escalations, labels
from bot.core.decide.announced_dates import correct_announced_date, next_passing_date
from bot.core.decide.command_replies import reply_to_commands, send_drafts
from bot.core.decide.escalations import DueEscalation
from bot.core.decide.in_step import work
from bot.core.decide.outside_steps import announce_pause_end, end, hold, undo, wait
from bot.core.decide.plan_builder import PlanBuilder, team
from bot.core.decide.reminders import due_reminder, next_reminder
from bot.core.decide.template_facts import said_by
from bot.core.history.progress import Progress
from bot.core.model.effects import Plan, PostComment, TicketUpdate
from bot.core.model.ledger import Verdict
from bot.core.model.process import Office
from bot.core.time.business_calendar import Calendar


def decide(progress: Progress, office: Office, calendars: Mapping[str, Calendar], parked: Mapping[str, str]) -> Plan:
    """The plan for one issue. `parked` maps the effects given up on to the reason that Jira gave.

    A plan without effects is a plan too; its reason says why nothing is to do."""
    builder = PlanBuilder(progress, parked)
    due_now = escalations.due_escalations(progress, calendars, parked)
    # Who asks or orders gets an answer, though the bot may not speak of itself yet.
    send_drafts(builder, calendars)
    reply_to_commands(builder, calendars)
    if progress.live:
        _tell_parked(builder, parked)
        _report_unrecognized(builder)
        announce_pause_end(builder)
        if progress.visit.undo:
            undo(builder)
        elif progress.waiting:
            wait(builder)
        elif progress.step is not None:
            work(builder, progress.step)
        elif progress.visit.step:
            end(builder)
        else:
            hold(builder)
        _answer_status(builder)
        _remind(builder, calendars)
        escalations.tell(builder, due_now, office)
        correct_announced_date(builder, calendars)
    else:
        builder.reasons.append(f"this stay began before the process's since ({progress.process.since})")
    escalations.note(builder, due_now)
    escalations.forget_repetitions(progress)
    record = _record(builder, due_now, office, calendars)
    return Plan(
        reason=_sentence(builder, record),
        effects=tuple(builder.effects),
        record=record,
        requeue_at=_look_again(builder, calendars),
        noted=tuple(builder.noted),
        missed=tuple(progress.new_comments.missed),
    )


def leave(progress: Progress, office: Office, calendars: Mapping[str, Calendar]) -> Plan:
    """The plan for an issue that was moved or retyped and follows the process no more: its clocks are closed as
    left, the bot's labels and due day go, nothing is said."""
    visit = progress.visit
    visit.ended, visit.verdict, visit.decided = progress.now, Verdict.LEFT, None
    for clock in visit.clocks.values():
        clock.stopped = clock.stopped or progress.now
    alone = replace(progress, clocks=())
    _, remove = labels.labels(alone, calendars, [], ())
    fields = labels.due_field(alone, office, calendars)
    return Plan(
        f"It no longer follows {progress.process.title}.", record=TicketUpdate((), remove, fields, progress.ledger)
    )


def _look_again(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> datetime | None:
    moments = [escalations.next_moment(builder.progress, calendars, builder.parked), builder.grace_until]
    if builder.progress.live:
        moments += [next_reminder(builder.progress, calendars), next_passing_date(builder.progress, calendars)]
    return min((m for m in moments if m is not None), default=None)


# -- what every stay may wish


def _tell_parked(builder: PlanBuilder, parked: Mapping[str, str]) -> None:
    for effect, reason in sorted(parked.items()):
        _, visit, name = (effect.split(":", 2) + ["", ""])[:3]
        if name.startswith("c") and name.endswith((":note", ":status", ":early")):
            # The comment counts as heard only once somebody was told of it.
            builder.progress.ledger.read_comments.pop(name[1:].partition(":")[0], None)
        if name.startswith("answer:"):
            builder.progress.ledger.read_comments.pop(name.split(":")[1], None)
        if visit == builder.progress.visit.id and not name.startswith("parked:"):
            builder.say([f"parked:{name}"], "parked", public=False, what=said_by(name), reason=reason)


def _report_unrecognized(builder: PlanBuilder) -> None:
    """Words of the contact that no rule covers are brought to the team, in one note for all of them."""
    unrecognized = [c for c in builder.progress.new_comments.unrecognized if builder.open(f"c{c.id}:note")]
    if unrecognized:
        items = tuple(f"{c.author.name if c.author else 'The contact'}: {_shorten(c.body)}" for c in unrecognized)
        names = [f"c{c.id}:note" for c in unrecognized]
        builder.say(names, "unheard", public=False, items=items, accounts=team(builder.progress))
        builder.reasons.append("the contact wrote something that a person must read")

    early = [c for c in builder.progress.new_comments.early if builder.open(f"c{c.id}:early")]
    if early:
        items = tuple(f"{c.author.name if c.author else 'The contact'}: {_shorten(c.body)}" for c in early)
        started = builder.progress.visit.received
        names, accounts = [f"c{c.id}:early" for c in early], team(builder.progress)
        builder.say(names, "files_ready_early", public=False, items=items, accounts=accounts, started=started)
        builder.reasons.append("the contact announced files while a review is running")


def _remind(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> None:
    reminder = due_reminder(builder.progress, calendars)
    if reminder is None or builder.moves or not builder.open(reminder.name):
        return
    builder.noted += map(builder.id, reminder.passed)
    if builder.speaks() is not None and not reminder.phone:
        builder.noted.append(builder.id(reminder.name))  # what goes out anyway reminds enough
        return
    if reminder.phone:
        days = reminder.after.high
        accounts = team(builder.progress)
        builder.say([reminder.name], "phone_district", False, days=days, since=reminder.since, accounts=accounts)
    elif builder.progress.process.reminders is not None:
        builder.say([reminder.name], builder.progress.process.reminders.say, public=True)
    builder.reasons.append(f"the district's turn has lasted {reminder.after}")


def _answer_status(builder: PlanBuilder) -> None:
    names = [f"c{c.id}:status" for c in builder.progress.new_comments.status if builder.open(f"c{c.id}:status")]
    if not names:
        return
    # What goes out anyway tells the district where it stands: one act, one comment.
    place = builder.speaks()
    effect = builder.effects[place] if place is not None else None
    if place is not None and isinstance(effect, PostComment):
        builder.effects[place] = replace(effect, ids=(*effect.ids, *map(builder.id, names)))
        return
    if builder.moves:
        builder.noted += map(builder.id, names)
        return
    builder.say(names, "status", public=True)
    builder.reasons.append("the contact asked where they stand")


# -- flags, labels, fields, ledger


def _record(
    builder: PlanBuilder, due_now: list[DueEscalation], office: Office, calendars: Mapping[str, Calendar]
) -> TicketUpdate:
    progress = builder.progress
    if not progress.visit.step:
        return TicketUpdate(ledger=progress.ledger)  # outside the process its clocks pause, and their marks stay
    add, remove = labels.labels(progress, calendars, due_now, builder.parked)
    return TicketUpdate(add, remove, labels.due_field(progress, office, calendars), progress.ledger)


# -- words of the plan itself


def _sentence(builder: PlanBuilder, record: TicketUpdate) -> str:
    progress = builder.progress
    if not builder.reasons and progress.step is None and not progress.waiting:
        status = progress.issue.status
        ended = progress.visit.step in progress.process.ends
        builder.reasons.append(
            f"the onboarding has ended in {status}" if ended else f"{status} is no step of the process"
        )
    if not builder.effects and (record.add_labels or record.remove_labels or record.fields):
        builder.reasons.append("labels and fields were out of date")
    text = "; ".join(dict.fromkeys(builder.reasons)) or "nothing to do"
    return text[0].upper() + text[1:] + "."


def _shorten(body: str, most: int = 300) -> str:
    text = " ".join(body.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
