"""Staff commands: what each one changes in the visit."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.core.history import replies
from bot.core.history.command_text import Command
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.issue import Comment, Issue
from bot.core.model.ledger import VENDOR, WAITING, CommandName, CommandRecord, Ledger, ReplyRecord, Visit
from bot.core.model.pauses import open_pause
from bot.core.model.process import Process, Step
from bot.core.time.closures import parse_closure, parse_day, parse_time
from bot.core.time.goals import Goal, parse_goal

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:T|\s+)(?P<clock>\d\d?:\d\d(?:\s*[ap]\.?m\b\.?)?)(?:\s\W*(?P<zone>\w*).*)?",
    re.IGNORECASE,
)
_ZONES = frozenset("UTC GMT ET EST EDT CT CST CDT MT MST MDT PT PST PDT AKST AKDT HST BST CET CEST".split())


def reply_name(comment: str, at: datetime) -> EffectName:
    """The name of the answer to a command, by the id of its comment and when that was last edited."""
    return EffectName.of(Kind.ANSWER, comment, at)


class CommandRefused(Exception):
    """A command that cannot be executed; the message says why, and what to write instead."""


@dataclass(frozen=True)
class CommandContext:
    """What a command applies to: the visit, its step (None outside the steps) and the time zone of its calendar.
    `lead` are the accounts of the team leads, `values` the branches that there is one of for each value, by the value's
    text."""

    issue: Issue
    process: Process
    lead: Collection[str]
    ledger: Ledger
    visit: Visit
    step: Step | None
    zone: str
    values: Mapping[str, str] = field(default_factory=dict)


def execute(context: CommandContext, command: Command, comment: Comment) -> Visit | None:
    """Change the visit as the command says, and return the new visit if the command begins one.

    Raises CommandRefused, and then nothing has changed. Commands that only ask change nothing."""
    handler = _HANDLERS.get(command.name)
    return handler(context, command.rest, comment) if handler else None


def command_reason(command: Command) -> str:
    """The reason that a /hold or /extend gives in its words; empty for other commands."""
    if command.name == CommandName.HOLD:
        return _vendor_and_reason(command.rest)[1]
    try:
        return _goal_and_reason(command.rest)[1] if command.name == CommandName.EXTEND else ""
    except CommandRefused:  # edited since it was executed
        return ""


def _record_command(
    context: CommandContext, kind: CommandName, comment: Comment, value: str = "", branch: str = ""
) -> None:
    author = comment.author.id if comment.author else ""
    context.visit.commands.append(CommandRecord(comment.id, kind, comment.updated, author, value, branch))


def _one_value(context: CommandContext, words: str) -> tuple[str, str]:
    """The branch that the leading words name, and the words after them; ("", words) if they name none.

    A value is named by some of its own words, such as STAR for Renaissance STAR. Raises CommandRefused if several
    values have these words."""
    spoken = words.split()
    for count in range(len(spoken), 0, -1):
        leading = [word.rstrip(":,;").casefold() for word in spoken[:count]]
        named = [text for text in context.values if _has_words(text.casefold().split(), leading)]
        if len(named) > 1:
            raise CommandRefused(f"{' '.join(spoken[:count])} can be {' or '.join(named)}; write which one")
        if named:
            return context.values[named[0]], " ".join(spoken[count:])
    return "", words


def _has_words(text: list[str], words: list[str]) -> bool:
    return any(text[start : start + len(words)] == words for start in range(len(text) - len(words) + 1))


def _hold(context: CommandContext, words: str, comment: Comment) -> None:
    _require_step(context)
    branch, words = _one_value(context, words)
    if open_pause(context.visit, branch) is not None:
        raise CommandRefused("it is on hold already; /resume ends that")
    vendor, reason = _vendor_and_reason(words)
    if not reason:
        raise CommandRefused(
            'the reason is missing; write it on the same line, such as "/hold vendor waits for their answer"'
        )
    _record_command(context, CommandName.HOLD, comment, VENDOR if vendor else "", branch)


def _vendor_and_reason(words: str) -> tuple[bool, str]:
    first, rest = (*words.split(maxsplit=1), "", "")[:2]
    vendor = first.lower().rstrip(":,;") == VENDOR
    return vendor, rest if vendor else words


def _resume(context: CommandContext, words: str, comment: Comment) -> None:
    branch, _ = _one_value(context, words)
    if open_pause(context.visit, branch) is None:
        status = "no /hold stops it, its status does: move it to a status of the process, and the clocks go on"
        raise CommandRefused("it is not on hold" if context.visit.step else status)
    _record_command(context, CommandName.RESUME, comment, branch=branch)


def _extend(context: CommandContext, words: str, comment: Comment) -> None:
    step = context.step
    if step is None or not _has_goal(step):
        raise CommandRefused("no review clock runs here that could be given more time")
    records = context.visit.clocks.values()
    if (step.review and not context.visit.files) or (records and all(record.stopped for record in records)):
        raise CommandRefused("no review clock runs here any more that could be given more time")
    branch, words = _one_value(context, words)
    goal, reason = _goal_and_reason(words)
    if not reason:
        raise CommandRefused(
            'the reason is missing; write it on the same line, such as "/extend 8 business hours new staff"'
        )
    _record_command(context, CommandName.EXTEND, comment, str(goal), branch)


def _has_goal(step: Step) -> bool:
    return any((step.goal, step.goal_by, *(goal for b in step.branches for goal in (b.goal, b.goal_by))))


def _goal_and_reason(words: str) -> tuple[Goal, str]:
    every = words.split()
    problem = 'the time is missing; write it like "/extend 8 business hours REASON"'
    for count in (3, 2):  # "8 business hours", "2 weeks"
        try:
            goal = parse_goal(" ".join(every[:count]).rstrip(":,;"))
        except ValueError as error:
            problem = str(error) if count == 3 and every else problem
            continue
        if goal.low != goal.high:
            raise CommandRefused(f'"{goal}" is a range; write one length, such as "8 business hours"')
        return goal, " ".join(every[count:]).lstrip(":,; ")
    raise CommandRefused(problem)


def _received(context: CommandContext, words: str, comment: Comment) -> None:
    visit = context.visit
    if context.step is None or not context.step.review or visit.received is None:
        raise CommandRefused("no set of files is under review here")
    at = _local_moment(words, context.zone)
    if at > comment.updated:
        raise CommandRefused(f"{words} is still to come; files can only have been received before now")
    if at < context.issue.created:
        raise CommandRefused(f"{words} is before this ticket was made")
    reviews = {step.name for step in context.process.steps if step.review}
    earlier = (v for v in context.ledger.visits if v.step in reviews and v.files and v.files != visit.files)
    judged = [v.ended for v in earlier if v.ended]
    if judged and at < max(judged):
        raise CommandRefused(f"{words} is before the review of the set before these files ended")
    _record_command(context, CommandName.RECEIVED, comment, visit.received.astimezone(UTC).isoformat())
    visit.received = at


def _local_moment(words: str, zone: str) -> datetime:
    found = _MOMENT.fullmatch(words)
    try:
        if found is None:
            raise ValueError
        local = datetime.combine(parse_day(found["day"]), parse_time(found["clock"]))
    except ValueError:
        raise CommandRefused(f'"{words}" is not a moment; write it like "/received 2026-01-08 15:40"') from None
    at = local.replace(tzinfo=ZoneInfo(zone))
    named_zone, own = found["zone"] or "", at.tzname() or ""
    same = named_zone == own or (named_zone[:1] == own[:1] and named_zone.endswith("T"))  # CT and CDT count as CST
    if named_zone in _ZONES and not same:
        raise CommandRefused(f"{named_zone} is not the time of this office; write the moment in {own}")
    return at.astimezone(UTC)


def _send(context: CommandContext, words: str, comment: Comment) -> None:
    _post(context, CommandName.SEND, words, comment)


def _tell(context: CommandContext, words: str, comment: Comment) -> None:
    _post(context, CommandName.TELL, words, comment)


def _post(context: CommandContext, kind: CommandName, words: str, comment: Comment) -> None:
    """Record a /send or /tell; the drafts are found when the plan is made."""
    if words:  # they may be for colleagues
        raise CommandRefused(
            f"words stand on its line; write /{kind} alone, and your own words for the district below it"
        )
    _record_command(context, kind, comment)


def _not_received(context: CommandContext, words: str, comment: Comment) -> None:
    revision = context.step.revision if context.step else None
    if revision is None or not context.visit.files:
        raise CommandRefused("no set of files is under review here")
    if revision.not_received is None:
        raise CommandRefused("this process has no words for files that were not received in this step")
    _record_command(context, CommandName.NOT_RECEIVED, comment)


def _new_round(context: CommandContext, words: str, comment: Comment) -> Visit | None:
    visit, author = context.visit, comment.author.id if comment.author else ""
    if visit.step == WAITING:
        _record_command(context, CommandName.NEW_ROUND, comment)
        visit.replies.append(ReplyRecord(comment.id, replies.FILES_READY, comment.updated, author))
        return None
    if context.step is None or not context.step.review or not visit.files:
        raise CommandRefused(
            "a new set of files can be announced during a review, or while the ticket waits for the district"
        )
    _record_command(context, CommandName.NEW_ROUND, comment)
    began = f"c{comment.id}"
    return Visit(
        id=began,
        step=visit.step,
        status=visit.status,
        began=comment.updated,
        by=author,
        files=began,
        round=visit.round + 1,
        received=comment.updated,
    )


def _closed(context: CommandContext, words: str, comment: Comment) -> None:
    """Check that this person may close a day and that the words are right; nothing in the visit changes."""
    if comment.author is None or comment.author.id not in context.lead:
        raise CommandRefused("only those may close a day whom bot.yaml names below `lead:`")
    try:
        parse_closure(words)
    except ValueError as problem:
        raise CommandRefused(f'{str(problem).rstrip(".")}; write it like "/closed 2026-12-04 ice storm"') from None


def _require_step(context: CommandContext) -> None:
    if context.step is None and context.visit.step != WAITING:
        raise CommandRefused("the ticket is in no step of the process, so nothing runs that could be put on hold")


_HANDLERS: dict[str, Callable[[CommandContext, str, Comment], Visit | None]] = {
    CommandName.HOLD: _hold,
    CommandName.RESUME: _resume,
    CommandName.EXTEND: _extend,
    CommandName.RECEIVED: _received,
    CommandName.NOT_RECEIVED: _not_received,
    CommandName.NEW_ROUND: _new_round,
    CommandName.SEND: _send,
    CommandName.TELL: _tell,
    CommandName.CLOSED: _closed,
}
# These mean nothing in another visit than the one they were written in.
VISIT_COMMANDS = frozenset(_HANDLERS) - {CommandName.CLOSED}
