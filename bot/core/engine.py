"""Decides what is wished for one issue and not yet there, when to look again, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core import flags
from bot.core.business_time import Calendar
from bot.core.effects import (
    AlertOperator,
    Plan,
    PostComment,
    Record,
    SendText,
)
from bot.core.ledger import LEFT
from bot.core.phrases import said_by
from bot.core.process import LEAD, OPERATOR, Office
from bot.core.progress import Progress
from bot.core.reminders import due_reminder, next_reminder
from bot.core.stays import end, hold, undo, wait
from bot.core.voice import sendings, unclear_orders
from bot.core.wishes import Wishes, team
from bot.core.work import work


def decide(progress: Progress, office: Office, calendars: Mapping[str, Calendar], parked: Mapping[str, str]) -> Plan:
    """The plan for one issue. `parked` maps the effects given up on to the reason that Jira gave.

    A plan without effects is a plan too; its reason says why nothing is to do."""
    wishes = Wishes(progress, parked)
    rung = flags.due_flags(progress, calendars, parked)
    if progress.live:
        _tell_parked(wishes, parked)
        _hear_out(wishes)
        _send_drafts(wishes)
        if progress.visit.undo:
            undo(wishes)
        elif progress.waiting:
            wait(wishes)
        elif progress.step is not None:
            work(wishes, progress.step)
        elif progress.visit.step:
            end(wishes)
        else:
            hold(wishes)
        _answer_status(wishes)
        _remind(wishes, calendars)
        _tell_overdue(wishes, rung, office)
    else:
        wishes.reasons.append(f"this stay began before the process's since ({progress.process.since})")
    _note_flags(wishes, rung)
    record = _record(progress, rung, office, calendars)
    return Plan(
        reason=_sentence(wishes, record),
        effects=tuple(wishes.effects),
        record=record,
        look_again_at=_look_again(wishes, calendars),
        noted=tuple(wishes.noted),
        missed=tuple(progress.heard.missed),
    )


def leave(progress: Progress, office: Office, calendars: Mapping[str, Calendar]) -> Plan:
    """The plan for an issue that was moved or retyped and follows the process no more: its clocks are closed as
    left, the bot's labels and due day go, nothing is said."""
    visit = progress.visit
    visit.ended, visit.verdict, visit.decided = progress.now, LEFT, None
    for clock in visit.clocks.values():
        clock.stopped = clock.stopped or progress.now
    alone = replace(progress, clocks=())
    _, remove = flags.labels(alone, [])
    fields = flags.due_field(alone, office, calendars)
    return Plan(f"It no longer follows {progress.process.title}.", record=Record((), remove, fields, progress.ledger))


def _look_again(wishes: Wishes, calendars: Mapping[str, Calendar]) -> datetime | None:
    moments = [flags.next_moment(wishes.progress, calendars), wishes.held_until]
    if wishes.progress.live:
        moments.append(next_reminder(wishes.progress, calendars))
    return min((m for m in moments if m is not None), default=None)


# -- what every stay may wish


def _tell_parked(wishes: Wishes, parked: Mapping[str, str]) -> None:
    for effect, reason in sorted(parked.items()):
        _, visit, name = (effect.split(":", 2) + ["", ""])[:3]
        if name.startswith("c") and name.endswith((":note", ":status", ":early")):
            # The comment counts as heard only once somebody was told of it.
            wishes.progress.ledger.heard.pop(name[1:].partition(":")[0], None)
        if visit == wishes.progress.visit.id and not name.startswith("parked:"):
            wishes.say([f"parked:{name}"], "parked", public=False, what=said_by(name), reason=reason)


def _hear_out(wishes: Wishes) -> None:
    """Words of the contact that no rule covers are brought to the team, in one note for all of them."""
    unheard = [c for c in wishes.progress.heard.unheard if wishes.open(f"c{c.id}:note")]
    if unheard:
        items = tuple(f"{c.author.name if c.author else 'The contact'}: {_shorten(c.body)}" for c in unheard)
        names = [f"c{c.id}:note" for c in unheard]
        wishes.say(names, "unheard", public=False, items=items, accounts=team(wishes.progress))
        wishes.reasons.append("the contact wrote something that a person must read")

    early = [c for c in wishes.progress.heard.early if wishes.open(f"c{c.id}:early")]
    if early:
        items = tuple(f"{c.author.name if c.author else 'The contact'}: {_shorten(c.body)}" for c in early)
        started = wishes.progress.visit.received
        names, accounts = [f"c{c.id}:early" for c in early], team(wishes.progress)
        wishes.say(names, "files_ready_early", public=False, items=items, accounts=accounts, started=started)
        wishes.reasons.append("the contact announced files while a review is running")


def _send_drafts(wishes: Wishes) -> None:
    """What staff order with /send goes out, each draft once."""
    for sending in sendings(wishes.progress):
        names = [f"send:{sending.draft}", f"order:{sending.order}"]
        given_up = any(one.endswith(tuple(f":{name}" for name in names)) for one in wishes.parked)
        if not given_up:
            wishes.effects.append(SendText(tuple(map(wishes.id, names)), sending.text))
            wishes.reasons.append("staff sent a draft")

    for order in unclear_orders(wishes.progress):
        wishes.say([f"order:{order.id}:unclear"], "send_unclear", public=False)


def _remind(wishes: Wishes, calendars: Mapping[str, Calendar]) -> None:
    reminder = due_reminder(wishes.progress, calendars)
    if reminder is None or wishes.moves or not wishes.open(reminder.name):
        return
    wishes.noted += map(wishes.id, reminder.passed)
    if wishes.speaks() is not None and not reminder.phone:
        wishes.noted.append(wishes.id(reminder.name))  # what goes out anyway reminds enough
        return
    if reminder.phone:
        days = reminder.after.high
        accounts = team(wishes.progress)
        wishes.say([reminder.name], "phone_district", False, days=days, since=reminder.since, accounts=accounts)
    elif wishes.progress.process.reminders is not None:
        wishes.say([reminder.name], wishes.progress.process.reminders.say, public=True)
    wishes.reasons.append(f"the district's turn has lasted {reminder.after}")


def _answer_status(wishes: Wishes) -> None:
    names = [f"c{c.id}:status" for c in wishes.progress.heard.status if wishes.open(f"c{c.id}:status")]
    if not names:
        return
    # What goes out anyway tells the district where it stands: one act, one comment.
    place = wishes.speaks()
    effect = wishes.effects[place] if place is not None else None
    if place is not None and isinstance(effect, PostComment):
        wishes.effects[place] = replace(effect, ids=(*effect.ids, *map(wishes.id, names)))
        return
    if wishes.moves:
        wishes.noted += map(wishes.id, names)
        return
    wishes.say(names, "status", public=True)
    wishes.reasons.append("the contact asked where they stand")


# -- flags, labels, fields, ledger


def _tell_overdue(wishes: Wishes, rung: list[flags.Flag], office: Office) -> None:
    progress = wishes.progress
    for flag in rung:
        if flag.escalation.tell is None:
            continue
        if flag.escalation.tell == OPERATOR:
            title = progress.step.title if progress.step else ""
            what = f"{progress.process.title}: the step {title} is late"  # no word of a ticket leaves Jira
            wishes.effects.append(AlertOperator((wishes.id(flag.name),), what))
            wishes.reasons.append(f"{flags.what_is_due(progress, flag.clock)} is late")
            continue
        parties = _owing(progress, flag) if flag.escalation.tell == "team" else (flag.escalation.tell,)
        told = [office.teams[p].accounts for p in parties if p in office.teams]
        accounts = office.lead if parties == (LEAD,) else tuple(dict.fromkeys(a for each in told for a in each))
        wishes.say(
            [flag.name],
            "overdue",
            public=False,
            what=flags.what_is_due(progress, flag.clock),
            since=flag.clock.due,
            started=flag.clock.started,
            goal=str(flag.clock.goal),
            accounts=accounts,
        )
        wishes.reasons.append(f"{flags.what_is_due(progress, flag.clock)} is overdue")


def _owing(progress: Progress, flag: flags.Flag) -> tuple[str, ...]:
    """Whose goal it is that has passed: the branch's party or, for a step's own, the parties who are not done."""
    return (flag.clock.team,) if flag.clock.branch else progress.turn


def _note_flags(wishes: Wishes, rung: list[flags.Flag]) -> None:
    """A flag that somebody is told of is done with its comment; any other with the label."""
    for flag in rung:
        told = wishes.progress.live and flag.escalation.tell is not None
        wishes.noted += [wishes.id(n) for n in (*flag.passed, *(() if told else (flag.name,)))]


def _record(progress: Progress, rung: list[flags.Flag], office: Office, calendars: Mapping[str, Calendar]) -> Record:
    if not progress.visit.step:
        return Record(ledger=progress.ledger)  # outside the process its clocks pause, and their marks stay
    add, remove = flags.labels(progress, rung)
    return Record(add, remove, flags.due_field(progress, office, calendars), progress.ledger)


# -- words of the plan itself


def _sentence(wishes: Wishes, record: Record) -> str:
    progress = wishes.progress
    if not wishes.reasons and progress.step is None and not progress.waiting:
        status = progress.issue.status
        ended = progress.visit.step in progress.process.ends
        wishes.reasons.append(
            f"the onboarding has ended in {status}" if ended else f"{status} is no step of the process"
        )
    if not wishes.effects and (record.add_labels or record.remove_labels or record.fields):
        wishes.reasons.append("labels and fields were out of date")
    text = "; ".join(dict.fromkeys(wishes.reasons)) or "nothing to do"
    return text[0].upper() + text[1:] + "."


def _shorten(body: str, most: int = 300) -> str:
    text = " ".join(body.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
