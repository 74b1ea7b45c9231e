"""Summarizes a ticket for staff: step, round, whose turn it is, its clocks, and the clocks of earlier visits."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.decide.explain_clock import name_of
from bot.core.decide.template_facts import branch_title, clock_title
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import Clock
from bot.core.model.ledger import STEP_CLOCK, ClockRecord, PauseReason, Visit
from bot.core.model.process import DISTRICT
from bot.core.time.business_calendar import Calendar
from bot.core.time.formatting import moment

_PAUSED = {
    PauseReason.ON_HOLD: "on hold",
    PauseReason.ON_VENDOR: "on hold for a vendor",
    PauseReason.AWAY: "waiting for the district",
    PauseReason.NOT_READY: "not ready to begin",
}


def status_summary(progress: Progress, calendar: Calendar) -> list[str]:
    """The current visit and its clocks, as lines; moments are in the calendar's time zone."""
    return [*_where(progress, calendar), *_clocks(progress, calendar)]


def earlier_rounds(progress: Progress, calendar: Calendar) -> list[str]:
    """The clocks of all earlier visits as the ledger has them, one line each, oldest first."""
    titles = {step.name: step.title for step in progress.process.steps}
    lines = []
    for visit in progress.ledger.visits:
        if visit is not progress.visit:
            for name, record in visit.clocks.items():
                what = titles.get(visit.step, visit.step) + ("" if name == STEP_CLOCK else f" ({name})")
                lines.append(_round(progress, visit, what, record, calendar))
    return lines


def _round(progress: Progress, visit: Visit, what: str, record: ClockRecord, calendar: Calendar) -> str:
    number = f"round {visit.round}, " if visit.round else ""
    line = f"{number}{what}: {record.goal} from {moment(record.started, calendar)}, due {moment(record.due, calendar)}"
    if record.stopped is not None:
        met = "met" if record.stopped <= record.due else "breached"
        line += f"; stopped {moment(record.stopped, calendar)}, {met}"
    by = visit.decided.by if visit.decided else visit.ended_by
    who = f" by {name_of(progress, by)}" if by else ""
    return f"{line}; {visit.verdict or 'no verdict'}{who}"


def _where(progress: Progress, calendar: Calendar) -> Iterator[str]:
    visit = progress.visit
    title = progress.step.title if progress.step else "Waiting for the district"
    if not (progress.step or progress.waiting):
        why = "the onboarding has ended in {}" if not progress.outside else "{} is outside the process"
        title = f"none ({why.format(visit.status)})"
    since = moment(visit.began, calendar)
    yield f"Step         {title}, since {since}"
    if visit.round and visit.received:
        yield f"Round        {visit.round}, files received {moment(visit.received, calendar)}"
    teams = progress.people.office.teams
    turn = [("the district" if p == DISTRICT else teams[p].title if p in teams else p) for p in progress.turn]
    yield f"Whose turn   {' and '.join(turn) or 'nobody'}"
    for state in progress.branches:
        subtask = f" ({state.subtask.key})" if state.subtask else ""
        done = f" {moment(state.at, calendar)}" if state.at else ""
        unknown = [progress.process.facts[fact].title for fact in state.branch.unknown]
        why = f", because {' and '.join(unknown)} is not known" if unknown else ""
        yield f"  {branch_title(state.branch)}{subtask}: {state.status}{done}{why}"
    if progress.missing:
        titles = ", ".join(progress.process.facts[fact].title for fact in progress.missing)
        yield f"Missing      the step cannot end until these are set: {titles}"


def _clocks(progress: Progress, calendar: Calendar) -> Iterator[str]:
    for clock in progress.clocks:
        yield f"Clock        {clock_line(progress, clock, calendar)}"
    if not progress.clocks:
        idle = "none runs" if not progress.outside else "all stand still until the ticket is in a step again"
        yield f"Clock        {idle}"


def clock_line(progress: Progress, clock: Clock, calendar: Calendar) -> str:
    """A clock in one line: what it measures, its goal and extensions, and when it is due."""
    goal = " and ".join([str(clock.goal), *(f"{more} more" for more in clock.extended)])
    begun = f"{clock_title(progress, clock)}: {goal} from {moment(clock.started, calendar)}"
    due = moment(clock.due, calendar)
    if clock.stopped is not None:
        met = "met" if clock.stopped <= clock.due else "breached"
        return f"{begun}, due {due}; stopped {moment(clock.stopped, calendar)}, {met}"
    if clock.paused is not None and clock.paused < clock.due:
        lasting = progress.open_pause(clock)
        why = _PAUSED.get(lasting.why, "paused") if lasting else "paused"
        return f"{begun}; {why} since {moment(clock.paused, calendar)}, without that due {due}"
    return f"{begun}, due {due}; {'overdue' if progress.now >= clock.due else 'running'}"
