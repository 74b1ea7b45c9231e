"""Answers what staff order or ask in comments: what was done, when it is due now, or why nothing was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.core.decide.announced_dates import announced_by_draft, is_stale
from bot.core.decide.drafts import has_draft, send_commands, sendings
from bot.core.decide.explain_clock import clocks_explained
from bot.core.decide.plan_builder import PlanBuilder, team
from bot.core.decide.status_summary import clock_line, status_summary
from bot.core.decide.template_facts import facts
from bot.core.history.commands import Command, answer_to, command_of
from bot.core.history.comment_intake import Misplaced, ReadCommand
from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.effects import CloseDay, SendText
from bot.core.model.issue import Comment
from bot.core.model.ledger import CommandName, CommandRecord
from bot.core.model.own_templates import OwnTemplate
from bot.core.time.business_calendar import Calendar
from bot.core.time.closures import Closure, parse_closure


def reply_to_commands(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> None:
    """One internal answer for each comment that began with a command."""
    progress = builder.progress
    answered = {name for visit in progress.ledger.visits for name in visit.done}
    for command in progress.new_comments.commands:
        if _name(command.comment) not in answered:
            builder.reasons.append(f"somebody wrote /{command.command.name}")
            _answer(builder, command, calendars)


def _name(comment: Comment) -> EffectName:
    return answer_to(comment.id, comment.updated)


def _answer(builder: PlanBuilder, read: ReadCommand, calendars: Mapping[str, Calendar]) -> None:
    progress, comment, command = builder.progress, read.comment, read.command
    calendar = calendars[progress.process.calendar]
    names, what = [_name(comment)], f"/{command.name}"
    author = (comment.author.id,) if comment.author else ()
    if read.misplaced == Misplaced.BY_CONTACT:
        name = comment.author.name if comment.author else ""
        builder.say(names, OwnTemplate.COMMAND_BY_CONTACT, False, what=what, author=name, accounts=team(progress))
    elif read.misplaced == Misplaced.IN_PUBLIC:
        builder.say(names, OwnTemplate.COMMAND_IN_PUBLIC, False, what=what, accounts=author)
    elif read.problem:
        note = _unread(command)
        builder.say(
            names, OwnTemplate.COMMAND_REFUSED, False, what=what, reason=read.problem, accounts=author, note=note
        )
    elif command.name == CommandName.HELP:
        builder.say(names, OwnTemplate.HELP, False)
    elif command.name == CommandName.STATUS:
        builder.say(names, OwnTemplate.STATUS_SUMMARY, False, items=tuple(status_summary(progress, calendar)))
    elif command.name == CommandName.EXPLAIN:
        outside = "" if progress.visit.step else progress.issue.status
        builder.say(
            names, OwnTemplate.EXPLANATION, False, items=tuple(clocks_explained(progress, calendars)), status=outside
        )
    elif command.name == CommandName.CLOSED:
        if builder.open(names[0]):
            day, closes, reason = parse_closure(command.rest)
            closure = Closure(calendar.name, day, closes, reason, author[0] if author else "", comment.updated)
            told = facts(progress, progress.people.office, what=what, accounts=author)
            builder.effects.append(CloseDay((builder.id(names[0]),), closure, told))
    elif command.name in (CommandName.SEND, CommandName.TELL):
        # What is posted is the answer; in another stay than the one it was written in nothing is.
        if not any(order.comment == comment.id for visit in progress.chain for order in visit.commands):
            reason = "the ticket was moved before the bot read this; write it again if it still holds"
            builder.say(names, OwnTemplate.COMMAND_REFUSED, False, what=what, reason=reason, accounts=author)
    elif comment.updated < progress.visit.began:
        builder.say(
            names, OwnTemplate.COMMAND_OBEYED, False, what=what, status=progress.issue.status, note=_unread(command)
        )
    else:
        lines = tuple(clock_line(progress, clock, calendar) for clock in progress.clocks)
        builder.say(names, OwnTemplate.COMMAND_OBEYED, False, what=what, items=lines, note=_unread(command))


def _unread(command: Command) -> str:
    """What stands further down in the comment and looks like another order; nothing where nothing does."""
    below = filter(None, map(command_of, command.below.splitlines()))
    return next((f"/{other.name}" for other in below if other.known), "")


def send_drafts(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> None:
    """What staff order with /send or /tell goes out, each draft once; where it cannot, they hear why."""
    progress, sent = builder.progress, set()
    for sending in sendings(progress):
        sent.add(sending.order.comment)
        if is_stale(progress, sending, calendars):
            _refuse(builder, sending.order, "the draft names a day that is no longer right; write your own words below")
            continue
        names = [EffectName.of(Kind.SENT_DRAFT, sending.draft), EffectName.of(Kind.SENT_BY, sending.order.comment)]
        names += announced_by_draft(progress, sending.draft) if sending.whole else []
        given_up = any(effect.name in names for effect in map(EffectId, builder.parked))
        if not given_up:
            builder.effects.append(SendText(tuple(map(builder.id, names)), sending.text))
            builder.reasons.append("staff sent a draft")
    for order in send_commands(progress):
        if order.comment not in sent:
            other = CommandName.TELL if order.kind == CommandName.SEND else CommandName.SEND
            hint = "to say something else, write to the district in a public comment"
            if has_draft(progress, replace(order, kind=other)):
                hint = f"/{other} posts the words that wait here"
            _refuse(builder, order, f"there is nothing on this ticket that /{order.kind} could post; {hint}")


def _refuse(builder: PlanBuilder, order: CommandRecord, reason: str) -> None:
    accounts = (order.by,) if order.by else ()
    builder.say(
        [answer_to(order.comment, order.at)],
        OwnTemplate.COMMAND_REFUSED,
        False,
        what=f"/{order.kind}",
        reason=reason,
        accounts=accounts,
    )
