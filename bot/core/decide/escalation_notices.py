"""Posts the comments and messages of the escalations that are due."""

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
    """Wish the comments and messages of what happens now. A message goes before the comment, which with the ledger
    says that all of it is done."""
    for due in due_now:
        if due.escalation.notify is not None:
            _message_channel(builder, due, due.escalation.notify)
        if due.escalation.tell == OPERATOR:
            _message_operator(builder, due)
        elif due.escalation.tell is not None:
            _comment_to_team(builder, due, due.escalation.tell, office)


def mark_done(builder: PlanBuilder, due_now: list[DueEscalation]) -> None:
    """What somebody in Jira or the operator is told of is done with that; all else with the label."""
    live = builder.progress.live
    builder.done_without_call += [builder.id(due.name) for due in due_now if not live or due.escalation.tell is None]


def _message_channel(builder: PlanBuilder, due: DueEscalation, channel: str) -> None:
    """A message to people: what it is and where to find it, and no word that stands in the ticket."""
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
    # No word of a ticket leaves Jira this way, not even its key.
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
    """Whose goal it is that is used up: the branch's party or, for a step's own, the parties who are not done."""
    return (due.clock.team,) if due.clock.branch else progress.turn


def _state_in_words(due: DueEscalation, now: datetime) -> str:
    """How a clock stands, in words."""
    if now >= due.clock.due:
        return "still overdue" if due.repetition else "overdue"
    return "not finished yet" if due.repetition else f"{due.share}% of the time is used"
