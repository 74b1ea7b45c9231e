"""Decides what is wished for one issue and not yet there, when to look again, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.decide import escalations, labels
from bot.core.decide.announced_dates import keep_word, next_passing
from bot.core.decide.command_replies import answer_orders, send_drafts
from bot.core.decide.in_step import work
from bot.core.decide.outside_steps import end, hold, tell_hold_over, undo, wait
from bot.core.decide.plan_builder import Wishes, team
from bot.core.decide.reminders import due_reminder, next_reminder
from bot.core.decide.template_facts import said_by
from bot.core.history.progress import Progress
from bot.core.model.effects import Plan, PostComment, Record
from bot.core.model.ledger import LEFT
from bot.core.model.process import Office
from bot.core.time.business_calendar import Calendar


def decide(progress: Progress, office: Office, calendars: Mapping[str, Calendar], parked: Mapping[str, str]) -> Plan:
    """The plan for one issue. `parked` maps the effects given up on to the reason that Jira gave.

    A plan without effects is a plan too; its reason says why nothing is to do."""
    wishes = Wishes(progress, parked)
    rung = escalations.due_flags(progress, calendars, parked)
    # Who asks or orders gets an answer, though the bot may not speak of itself yet.
    send_drafts(wishes, calendars)
    answer_orders(wishes, calendars)
    if progress.live:
        _tell_parked(wishes, parked)
        _hear_out(wishes)
        tell_hold_over(wishes)
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
        escalations.tell(wishes, rung, office)
        keep_word(wishes, calendars)
    else:
        wishes.reasons.append(f"this stay began before the process's since ({progress.process.since})")
    escalations.note(wishes, rung)
    escalations.forget_repetitions(progress)
    record = _record(wishes, rung, office, calendars)
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
    _, remove = labels.labels(alone, calendars, [], ())
    fields = labels.due_field(alone, office, calendars)
    return Plan(f"It no longer follows {progress.process.title}.", record=Record((), remove, fields, progress.ledger))


def _look_again(wishes: Wishes, calendars: Mapping[str, Calendar]) -> datetime | None:
    moments = [escalations.next_moment(wishes.progress, calendars, wishes.parked), wishes.held_until]
    if wishes.progress.live:
        moments += [next_reminder(wishes.progress, calendars), next_passing(wishes.progress, calendars)]
    return min((m for m in moments if m is not None), default=None)


# -- what every stay may wish


def _tell_parked(wishes: Wishes, parked: Mapping[str, str]) -> None:
    for effect, reason in sorted(parked.items()):
        _, visit, name = (effect.split(":", 2) + ["", ""])[:3]
        if name.startswith("c") and name.endswith((":note", ":status", ":early")):
            # The comment counts as heard only once somebody was told of it.
            wishes.progress.ledger.heard.pop(name[1:].partition(":")[0], None)
        if name.startswith("answer:"):
            wishes.progress.ledger.heard.pop(name.split(":")[1], None)
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


def _record(wishes: Wishes, rung: list[escalations.Flag], office: Office, calendars: Mapping[str, Calendar]) -> Record:
    progress = wishes.progress
    if not progress.visit.step:
        return Record(ledger=progress.ledger)  # outside the process its clocks pause, and their marks stay
    add, remove = labels.labels(progress, calendars, rung, wishes.parked)
    return Record(add, remove, labels.due_field(progress, office, calendars), progress.ledger)


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
