"""How far one visit is at a moment: its branches, its clocks, when it began, and what was decided in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.core.history.branches import BranchState, BranchStatus, states
from bot.core.history.case import Case
from bot.core.history.decisions import Outcome, outcome, wait_ends
from bot.core.history.sla_clocks import Clock, clock_record, visit_clocks
from bot.core.history.step_start import StepStart, step_start
from bot.core.history.ticket_step import ticket_step
from bot.core.model.ledger import FinishRecord, Ledger, Visit
from bot.core.model.pauses import pauses_of
from bot.core.model.process import Step
from bot.core.time.business_calendar import Calendar


@dataclass(frozen=True)
class VisitState:
    """What is known of one visit: its step as it is for this ticket, its branches and clocks, and how far it is."""

    step: Step | None = None
    branches: tuple[BranchState, ...] = ()
    clocks: tuple[Clock, ...] = ()
    begun: StepStart = field(default_factory=lambda: StepStart(None))
    missing: tuple[str, ...] = ()
    ends_at: datetime | None = None


def update_visit(
    case: Case, visit: Visit, ledger: Ledger, calendars: Mapping[str, Calendar], at: datetime
) -> VisitState:
    """Update one visit to the moment `at`: its withdrawn branches, its verdict, its clocks."""
    step = case.step_of(visit)
    if step is None:
        return VisitState()
    oldest = ledger.chain(visit)[-1]
    began = oldest.first or oldest.began
    branches = states(case, step, visit, ledger, at)
    for state in branches:
        if state.status == BranchStatus.WITHDRAWN and state.branch.name not in visit.withdrawn:
            visit.withdrawn.append(state.branch.name)
    visit.finished = {b.branch.name: FinishRecord(b.at, b.by) for b in branches if b.at is not None}
    begun = step_start(step, case.facts, began, at)
    ends_at = wait_ends(step, begun, pauses_of(ledger, visit, begun.pauses), calendars[case.process.calendar])
    found = Outcome(visit.decided)
    if visit.ended is None:
        over = ends_at if ends_at is not None and ends_at <= at else None
        found = outcome(case, step, visit, ledger, branches, over, at)
        visit.decided = found.decided
    resolved = replace(ticket_step(step, case.facts, began, at), branches=tuple(b.branch for b in branches))
    clocks = visit_clocks(case.process, resolved, visit, ledger, branches, begun, calendars, at)
    visit.clocks = {c.name: clock_record(c) for c in clocks}
    return VisitState(resolved, branches, clocks, begun, found.missing, ends_at)
