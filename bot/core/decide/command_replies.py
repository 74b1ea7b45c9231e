"""Replies to the commands of staff: what was done, when the work is due now, or why nothing was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.core.decide.announced_dates import announced_by_draft, is_stale
from bot.core.decide.drafts import draft_releases, has_draft, send_commands
from bot.core.decide.explain_clock import clocks_explained
from bot.core.decide.forecast import forecast_lines
from bot.core.decide.plan_builder import PlanBuilder, team
from bot.core.decide.status_summary import clock_line, status_summary
from bot.core.decide.template_facts import facts
from bot.core.history.command_text import Command, parse_command
from bot.core.history.commands import reply_name
from bot.core.history.comment_intake import Misplaced, ReadCommand
from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.effects import CloseDay, SendText
from bot.core.model.issue import Comment
from bot.core.model.ledger import CommandName, CommandRecord
from bot.core.model.own_templates import OwnTemplate
from bot.core.time.business_calendar import Calendar
from bot.core.time.closures import Closure, parse_closure


def reply_to_commands(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> None:
    """Plan one internal reply to each comment that begins with a command."""
    progress = builder.progress
    answered = {name for visit in progress.ledger.visits for name in visit.done}
    for command in progress.new_comments.commands:
        if _reply_name(command.comment) not in answered:
            builder.reasons.append(f"somebody wrote /{command.command.name}")
            _reply(builder, command, calendars)


def _reply_name(comment: Comment) -> EffectName:
    return reply_name(comment.id, comment.updated)


def _reply(builder: PlanBuilder, read: ReadCommand, calendars: Mapping[str, Calendar]) -> None:
    name = read.command.name
    if read.misplaced is not None or read.problem:
        _reply_not_done(builder, read)
    elif name in (CommandName.HELP, CommandName.STATUS, CommandName.EXPLAIN):
        _reply_to_question(builder, read, calendars)
    elif name == CommandName.CLOSED:
        _close_day(builder, read, calendars)
    elif name in (CommandName.SEND, CommandName.TELL):
        _reply_to_send(builder, read)
    else:
        _confirm(builder, read, calendars)


def _reply_not_done(builder: PlanBuilder, read: ReadCommand) -> None:
    comment, names, what = read.comment, [_reply_name(read.comment)], f"/{read.command.name}"
    if read.misplaced == Misplaced.BY_CONTACT:
        name, accounts = comment.author.name if comment.author else "", team(builder.progress)
        builder.say(names, OwnTemplate.COMMAND_BY_CONTACT, False, what=what, author=name, accounts=accounts)
    elif read.misplaced == Misplaced.IN_PUBLIC:
        builder.say(names, OwnTemplate.COMMAND_IN_PUBLIC, False, what=what, accounts=_author(comment))
    else:
        note, accounts = _unread_command(read.command), _author(comment)
        builder.say(
            names, OwnTemplate.COMMAND_REFUSED, False, what=what, reason=read.problem, accounts=accounts, note=note
        )


def _reply_to_question(builder: PlanBuilder, read: ReadCommand, calendars: Mapping[str, Calendar]) -> None:
    progress, names = builder.progress, [_reply_name(read.comment)]
    if read.command.name == CommandName.HELP:
        builder.say(names, OwnTemplate.HELP, False)
    elif read.command.name == CommandName.STATUS:
        lines = status_summary(progress, calendars[progress.process.calendar])
        lines += forecast_lines(progress, builder.expected, calendars)
        builder.say(names, OwnTemplate.STATUS_SUMMARY, False, items=tuple(lines))
    else:
        outside = progress.issue.status if progress.outside else ""
        lines = clocks_explained(progress, calendars)
        builder.say(names, OwnTemplate.EXPLANATION, False, items=tuple(lines), status=outside)


def _close_day(builder: PlanBuilder, read: ReadCommand, calendars: Mapping[str, Calendar]) -> None:
    progress, name, accounts = builder.progress, _reply_name(read.comment), _author(read.comment)
    if builder.is_open(name):
        day, closes, reason = parse_closure(read.command.rest)
        calendar, by = calendars[progress.process.calendar].name, accounts[0] if accounts else ""
        closure = Closure(calendar, day, closes, reason, by, read.comment.updated)
        template_facts = facts(progress, progress.people.office, what=f"/{read.command.name}", accounts=accounts)
        builder.effects.append(CloseDay((builder.id(name),), closure, template_facts))


def _reply_to_send(builder: PlanBuilder, read: ReadCommand) -> None:
    """Plan a refusal of a /send or /tell that was written in an earlier visit. Otherwise nothing is planned here,
    because what `send_drafts` posts is the reply."""
    if not any(command.comment == read.comment.id for visit in builder.progress.chain for command in visit.commands):
        builder.say(
            [_reply_name(read.comment)],
            OwnTemplate.COMMAND_REFUSED,
            False,
            what=f"/{read.command.name}",
            reason="the ticket was moved before the bot read this; write it again if it still holds",
            accounts=_author(read.comment),
        )


def _confirm(builder: PlanBuilder, read: ReadCommand, calendars: Mapping[str, Calendar]) -> None:
    """Plan the reply to a command that was carried out: the clocks as they are now, or the status if the ticket has
    moved since."""
    progress, names, what = builder.progress, [_reply_name(read.comment)], f"/{read.command.name}"
    note = _unread_command(read.command)
    if read.comment.updated < progress.visit.began:
        builder.say(names, OwnTemplate.COMMAND_DONE, False, what=what, status=progress.issue.status, note=note)
    else:
        calendar = calendars[progress.process.calendar]
        lines = tuple(clock_line(progress, clock, calendar) for clock in progress.clocks)
        builder.say(names, OwnTemplate.COMMAND_DONE, False, what=what, items=lines, note=note)


def _author(comment: Comment) -> tuple[str, ...]:
    return (comment.author.id,) if comment.author else ()


def _unread_command(command: Command) -> str:
    """The command on a later line of the comment, which is not read, as "/name"; empty if there is none."""
    below = filter(None, map(parse_command, command.below.splitlines()))
    return next((f"/{other.name}" for other in below if other.known), "")


def send_drafts(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> None:
    """Plan the drafts that staff send with /send or /tell, each once, and a reply that says why where a draft cannot be
    sent."""
    progress, posted = builder.progress, set()
    for release in draft_releases(progress):
        posted.add(release.command.comment)
        if is_stale(progress, release, calendars):
            _refuse(
                builder, release.command, "the draft names a day that is no longer right; write your own words below"
            )
            continue
        names = [EffectName.of(Kind.SENT_DRAFT, release.draft), EffectName.of(Kind.SENT_BY, release.command.comment)]
        names += announced_by_draft(progress, release.draft) if release.unchanged else []
        given_up = any(effect.name in names for effect in map(EffectId, builder.parked))
        if not given_up:
            builder.effects.append(SendText(tuple(map(builder.id, names)), release.text))
            builder.reasons.append("staff sent a draft")
    for command in send_commands(progress):
        if command.comment not in posted:
            other = CommandName.TELL if command.kind == CommandName.SEND else CommandName.SEND
            hint = "to say something else, write to the district in a public comment"
            if has_draft(progress, replace(command, kind=other)):
                hint = f"/{other} posts the words that wait here"
            _refuse(builder, command, f"there is nothing on this ticket that /{command.kind} could post; {hint}")


def _refuse(builder: PlanBuilder, command: CommandRecord, reason: str) -> None:
    accounts = (command.by,) if command.by else ()
    builder.say(
        [reply_name(command.comment, command.at)],
        OwnTemplate.COMMAND_REFUSED,
        False,
        what=f"/{command.kind}",
        reason=reason,
        accounts=accounts,
    )
