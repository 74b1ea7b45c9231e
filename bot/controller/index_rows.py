"""Makes the row of the index of tickets from what a reconcile saw and did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.config.load import Config
from bot.core.decide.forecast import expected_days
from bot.core.history.branches import open_subtasks
from bot.core.history.progress import Progress
from bot.core.history.ticket_summary import TicketSummary, ticket_summary
from bot.core.model.effect_id import EffectId, Kind
from bot.core.model.effects import MoveSubtask, Plan
from bot.core.model.ledger import WAITING as WAITS
from bot.core.model.ledger import Ledger
from bot.core.model.ledger_json import LedgerBroken, read_ledger
from bot.core.model.process import Process
from bot.core.time.business_calendar import Calendar
from bot.core.time.formatting import day_before
from bot.jira import jql
from bot.jira.gateway import Gateway
from bot.jira.references import FoundTicket
from bot.store.ticket_index import END, LEFT, OUTSIDE, STEP, WAITING, OpenBranch, TicketIndex, TicketRow


def ticket_row(progress: Progress, plan: Plan, refs: Mapping[str, str], calendars: Mapping[str, Calendar]) -> TicketRow:
    """The row of a ticket. `refs` are the effects of the plan that were applied, with what came of them."""
    issue, visit, process = progress.issue, progress.visit, progress.process
    chain = progress.chain
    place, step = _place(progress, plan)
    found = ticket_summary(progress.ledger, process, calendars[process.calendar]) if place == END else None
    days = [day_before(moment, calendars[process.calendar]) for moment in expected_days(plan.forecast)]
    return TicketRow(
        issue_id=issue.id,
        key=issue.key,
        process=process.name,
        project=issue.project,
        type=issue.type,
        place=place,
        step=step,
        status=issue.status,
        pass_id=chain[-1].id,
        pass_number=_pass_number(progress),
        round=visit.round,
        turn=progress.turn,
        since=chain[-1].first or chain[-1].began,
        due=min((clock.due for clock in progress.running), default=None) if place != LEFT else None,
        version=process.version,
        branches=tuple(_open_branches(progress, plan, refs)) if place not in (END, LEFT) else (),
        district=progress.people.district(),
        summary=to_json(found) if found is not None else None,
        forecast_from=days[0] if days else None,
        forecast_to=days[1] if days else None,
    )


def _place(progress: Progress, plan: Plan) -> tuple[str, str]:
    """Where the ticket is, and the name of the step that this is about."""
    ledger = plan.update.ledger
    if ledger is not None and ledger.visits[-1].ended is not None:
        return LEFT, progress.visit.step
    if progress.step is not None:
        return STEP, progress.step.name
    if progress.waiting:
        return WAITING, progress.place.name if progress.place else ""
    if progress.visit.step in progress.process.ends:
        return END, progress.visit.step
    names = (visit.step for visit in reversed(progress.ledger.visits) if visit.step not in ("", WAITS))
    return OUTSIDE, next(names, "")


def _pass_number(progress: Progress) -> int:
    """Which pass through its step this is; visits that a ledger had to drop are not counted."""
    ledger = progress.ledger
    first = progress.chain[-1]
    same = [v for v in ledger.visits if v.step == first.step and ledger.visit(v.continues) is None]
    return same.index(first) + 1


def _open_branches(progress: Progress, plan: Plan, refs: Mapping[str, str]) -> Iterator[OpenBranch]:
    """The branches of the present pass whose work is not done, and every other one whose subtask is open."""
    here = progress.step.name if progress.step is not None else ""
    names = progress.people.office.subtask_statuses
    made = {ref: (v.step, name.args[0]) for v in progress.ledger.visits for name, ref in v.effects(Kind.SUBTASK)}
    still_open = {subtask.id for subtask in open_subtasks(progress.issue, made, names)}
    for effect, ref in refs.items():
        name = EffectId(effect).name
        if name.kind == Kind.SUBTASK:
            made[ref] = (here, name.args[0])
            still_open.add(ref)
    for move in plan.effects:
        if isinstance(move, MoveSubtask) and set(move.ids) & refs.keys():
            still_open.discard(move.subtask_id)
    found = [OpenBranch(*made[ref], ref) for ref in made if ref in still_open]
    known = {(one.step, one.branch) for one in found}
    for state in progress.branches:
        if not state.settled and (here, state.branch.name) not in known:
            found.append(OpenBranch(here, state.branch.name))
    yield from sorted(found, key=lambda one: (one.step, one.branch, one.subtask))


def rebuild_ended(
    config: Config, gateway: Gateway, index: TicketIndex, calendars: Mapping[str, Calendar], now: datetime
) -> int:
    """Add to the index, from their ledgers, the tickets that have ended and that it does not have; how many. Raises a
    JiraTrouble or StoreError."""
    rows = []
    for ticket in gateway.tickets(jql.ended(config.processes)):
        process = config.process_for(ticket.project, ticket.type)
        try:
            ledger = read_ledger(ticket.ledger)
        except LedgerBroken:
            continue  # its reconcile says so
        if process is not None and ledger is not None and ledger.visits and ledger.visits[-1].step in process.ends:
            rows.append(_ended_row(ticket, ledger, process, calendars[process.calendar]))
    return index.add(rows, now)


def _ended_row(ticket: FoundTicket, ledger: Ledger, process: Process, calendar: Calendar) -> TicketRow:
    last = ledger.visits[-1]
    found = ticket_summary(ledger, process, calendar)
    return TicketRow(
        issue_id=ticket.issue_id,
        key=ticket.key,
        process=process.name,
        project=ticket.project,
        type=ticket.type,
        place=END,
        step=last.step,
        status=process.ends[last.step],
        pass_id=last.id,
        pass_number=1 + sum(visit.step == last.step for visit in ledger.visits[:-1]),
        round=last.round,
        turn=(),
        since=last.first or last.began,
        due=None,
        version=ledger.version,
        branches=(),
        district=ticket.district,
        summary=to_json(found) if found is not None else None,
    )


def to_json(summary: TicketSummary) -> dict[str, Any]:
    """The summary as the index keeps it, times in seconds."""
    return {
        "outcome": summary.outcome,
        "began": summary.began.isoformat(),
        "ended": summary.ended.isoformat(),
        "rounds": summary.rounds,
        "passes": summary.passes,
        "times": {whose.value: round(time.total_seconds()) for whose, time in summary.times.items()},
        "steps": [
            {
                "step": step.step,
                "passes": step.passes,
                **{whose.value: round(time.total_seconds()) for whose, time in step.times.items()},
            }
            for step in summary.steps
        ],
    }
