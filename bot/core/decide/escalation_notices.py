"""Plans the comments and messages of the escalations that are due."""

from __future__ import annotations

from datetime import datetime

from bot.core.decide.escalations import DueEscalation
from bot.core.decide.plan_builder import PlanBuilder
from bot.core.decide.template_facts import clock_title
from bot.core.history.progress import Progress
from bot.core.model.effects import Notify
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import LEAD, OPERATOR, Office


def plan_notices(builder: PlanBuilder, due_now: list[DueEscalation], office: Office) -> None:
    """Plan the comments and messages of the escalations that are due. A message goes out before the comment, because
    the comment and the ledger record all of them as done."""
    for due in due_now:
        if due.escalation.notify is not None:
            _message_channel(builder, due, due.escalation.notify)
        if due.escalation.tell == OPERATOR:
            _message_operator(builder, due)
        elif due.escalation.tell is not None:
            _comment_to_team(builder, due, due.escalation.tell, office)


def mark_done(builder: PlanBuilder, due_now: list[DueEscalation]) -> None:
    """Mark the escalations as done that need no comment and no message to the operator: setting their label is all
    there is to them, or the bot may not speak yet."""
    live = builder.progress.live
    builder.done_without_call += [builder.id(due.name) for due in due_now if not live or due.escalation.tell is None]


def _message_channel(builder: PlanBuilder, due: DueEscalation, channel: str) -> None:
    """Plan a message to a channel: what has happened and where to find it, but no text from the ticket."""
    progress, state = builder.progress, _state_in_words(due, builder.progress.now)
    if not builder.is_open(due.message):
        return
    title = progress.step.title if progress.step else ""
    place = f"{title}, round {progress.visit.round}" if progress.visit.round else title
    key, calendar = progress.issue.key, due.clock.calendar
    ids = (builder.id(due.message),)
    builder.effects.append(Notify(ids, channel, f"{key}: {state}", f"{place}.", due.clock.due, calendar, key))
    builder.reasons.append(f"{clock_title(progress, due.clock)}: {state}")


def _message_operator(builder: PlanBuilder, due: DueEscalation) -> None:
    progress, state = builder.progress, _state_in_words(due, builder.progress.now)
    title = progress.step.title if progress.step else ""
    # A message to the operator contains nothing of the ticket, not even its key.
    body = f"The step {title}: {state}."
    builder.effects.append(Notify((builder.id(due.name),), OPERATOR, f"{progress.process.title}: {state}", body))
    builder.reasons.append(f"{clock_title(progress, due.clock)}: {state}")


def _comment_to_team(builder: PlanBuilder, due: DueEscalation, who: str, office: Office) -> None:
    progress, clock = builder.progress, due.clock
    parties = _responsible_parties(progress, due) if who == "team" else (who,)
    accounts_by_party = [office.teams[p].accounts for p in parties if p in office.teams]
    accounts = (
        office.lead if parties == (LEAD,) else tuple(dict.fromkeys(a for each in accounts_by_party for a in each))
    )
    builder.say(
        [due.name],
        OwnTemplate.OVERDUE,
        public=False,
        what=clock_title(progress, clock),
        since=clock.due if progress.now >= clock.due else None,
        due=clock.due,
        share=due.share,
        again=bool(due.repetition),
        started=clock.started,
        goal=str(clock.goal),
        accounts=accounts,
    )
    builder.reasons.append(f"{clock_title(progress, clock)}: {_state_in_words(due, progress.now)}")


def _responsible_parties(progress: Progress, due: DueEscalation) -> tuple[str, ...]:
    """The parties whose time has run out: the branch's party or, for a step's own clock, the parties who are not
    done."""
    return (due.clock.team,) if due.clock.branch else progress.turn


def _state_in_words(due: DueEscalation, now: datetime) -> str:
    """The state of a clock in words."""
    if now >= due.clock.due:
        return "still overdue" if due.repetition else "overdue"
    return "not finished yet" if due.repetition else f"{due.share}% of the time is used"
