"""Answers what staff order or ask in comments: what was done, when it is due now, or why nothing was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.core.decide.announced_dates import is_stale, told_by_draft
from bot.core.decide.drafts import has_draft, send_orders, sendings
from bot.core.decide.explain_clock import clocks_explained
from bot.core.decide.plan_builder import Wishes, team
from bot.core.decide.status_summary import clock_line, standing
from bot.core.decide.template_facts import facts
from bot.core.history.commands import CLOSED, EXPLAIN, HELP, STATUS, Command, answer_to, command_of
from bot.core.history.comment_intake import CONTACT, PUBLIC, Heeded
from bot.core.model.effects import CloseDay, SendText
from bot.core.model.issue import Comment
from bot.core.model.ledger import SEND, TELL, Order
from bot.core.time.business_calendar import Calendar
from bot.core.time.closures import Closure, parse_closure


def answer_orders(wishes: Wishes, calendars: Mapping[str, Calendar]) -> None:
    """One internal answer for each comment that began with a command."""
    progress = wishes.progress
    answered = {name for visit in progress.ledger.visits for name in visit.done}
    for heeded in progress.heard.heeded:
        if _name(heeded.comment) not in answered:
            wishes.reasons.append(f"somebody wrote /{heeded.command.name}")
            _answer(wishes, heeded, calendars)


def _name(comment: Comment) -> str:
    return answer_to(comment.id, comment.updated)


def _answer(wishes: Wishes, heeded: Heeded, calendars: Mapping[str, Calendar]) -> None:
    progress, comment, command = wishes.progress, heeded.comment, heeded.command
    calendar = calendars[progress.process.calendar]
    names, what = [_name(comment)], f"/{command.name}"
    author = (comment.author.id,) if comment.author else ()
    if heeded.misplaced == CONTACT:
        name = comment.author.name if comment.author else ""
        wishes.say(names, "order_by_contact", False, what=what, author=name, accounts=team(progress))
    elif heeded.misplaced == PUBLIC:
        wishes.say(names, "order_in_public", False, what=what, accounts=author)
    elif heeded.problem:
        note = _unread(command)
        wishes.say(names, "order_refused", False, what=what, reason=heeded.problem, accounts=author, note=note)
    elif command.name == HELP:
        wishes.say(names, "help", False)
    elif command.name == STATUS:
        wishes.say(names, "standing", False, items=tuple(standing(progress, calendar)))
    elif command.name == EXPLAIN:
        outside = "" if progress.visit.step else progress.issue.status
        wishes.say(names, "explanation", False, items=tuple(clocks_explained(progress, calendars)), status=outside)
    elif command.name == CLOSED:
        if wishes.open(names[0]):
            day, closes, reason = parse_closure(command.rest)
            closure = Closure(calendar.name, day, closes, reason, author[0] if author else "", comment.updated)
            told = facts(progress, progress.people.office, what=what, accounts=author)
            wishes.effects.append(CloseDay((wishes.id(names[0]),), closure, told))
    elif command.name in (SEND, TELL):
        # What is posted is the answer; in another stay than the one it was written in nothing is.
        if not any(order.comment == comment.id for visit in progress.chain for order in visit.orders):
            reason = "the ticket was moved before the bot read this; write it again if it still holds"
            wishes.say(names, "order_refused", False, what=what, reason=reason, accounts=author)
    elif comment.updated < progress.visit.began:
        wishes.say(names, "order_obeyed", False, what=what, status=progress.issue.status, note=_unread(command))
    else:
        lines = tuple(clock_line(progress, clock, calendar) for clock in progress.clocks)
        wishes.say(names, "order_obeyed", False, what=what, items=lines, note=_unread(command))


def _unread(command: Command) -> str:
    """What stands further down in the comment and looks like another order; nothing where nothing does."""
    below = filter(None, map(command_of, command.below.splitlines()))
    return next((f"/{other.name}" for other in below if other.known), "")


def send_drafts(wishes: Wishes, calendars: Mapping[str, Calendar]) -> None:
    """What staff order with /send or /tell goes out, each draft once; where it cannot, they hear why."""
    progress, sent = wishes.progress, set()
    for sending in sendings(progress):
        sent.add(sending.order.comment)
        if is_stale(progress, sending, calendars):
            _refuse(wishes, sending.order, "the draft names a day that is no longer right; write your own words below")
            continue
        names = [f"send:{sending.draft}", f"order:{sending.order.comment}"]
        names += told_by_draft(progress, sending.draft) if sending.whole else []
        given_up = any(one.endswith(tuple(f":{name}" for name in names)) for one in wishes.parked)
        if not given_up:
            wishes.effects.append(SendText(tuple(map(wishes.id, names)), sending.text))
            wishes.reasons.append("staff sent a draft")
    for order in send_orders(progress):
        if order.comment not in sent:
            other = TELL if order.kind == SEND else SEND
            hint = "to say something else, write to the district in a public comment"
            if has_draft(progress, replace(order, kind=other)):
                hint = f"/{other} posts the words that wait here"
            _refuse(wishes, order, f"there is nothing on this ticket that /{order.kind} could post; {hint}")


def _refuse(wishes: Wishes, order: Order, reason: str) -> None:
    accounts = (order.by,) if order.by else ()
    wishes.say(
        [answer_to(order.comment, order.at)],
        "order_refused",
        False,
        what=f"/{order.kind}",
        reason=reason,
        accounts=accounts,
    )
