"""The progress of a district: the present visit, its branches and review clocks, whose turn it is, the findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.history.branches import BranchState, BranchStatus
from bot.core.history.case import Case
from bot.core.history.comment_intake import NewComments
from bot.core.history.fact_values import FactValues, fact_values
from bot.core.history.findings import Finding, findings_of
from bot.core.history.former_names import rename_effects, rename_former
from bot.core.history.sla_clocks import Clock
from bot.core.history.step_start import StepStart
from bot.core.history.ticket_step import onward
from bot.core.history.visit_state import VisitState, update_visit
from bot.core.history.visits import HistoryReplay
from bot.core.model.issue import Issue
from bot.core.model.ledger import (
    WAITING,
    Decision,
    Ledger,
    PauseReason,
    PauseRecord,
    Verdict,
    Visit,
)
from bot.core.model.ledger_json import read_ledger
from bot.core.model.pauses import Pause, pauses_of
from bot.core.model.process import DISTRICT, Office, Process, Step
from bot.core.model.roles import People
from bot.core.time.business_calendar import Calendar


@dataclass(frozen=True)
class Progress:
    """Everything that deciding needs. `ledger` is the new one, not yet written. `live` is false for a visit that
    began before the process's `since`; `review` is the visit whose verdict sent the ticket to wait.

    `step`, and the process's own entry for it, are as they are for this ticket. `begun` says when the step began,
    `missing` which facts must be set before it can end, and `ends_at` when it ends by itself."""

    issue: Issue
    process: Process
    people: People
    facts: FactValues
    now: datetime
    ledger: Ledger
    visit: Visit
    step: Step | None
    branches: tuple[BranchState, ...]
    clocks: tuple[Clock, ...]
    begun: StepStart
    missing: tuple[str, ...]
    ends_at: datetime | None
    new_comments: NewComments
    review: Visit | None
    findings: tuple[Finding, ...]

    @property
    def live(self) -> bool:
        """Whether the bot may comment, create subtasks and move the ticket in this visit."""
        return self.process.since is not None and self.visit.began >= self.process.since

    @property
    def chain(self) -> list[Visit]:
        """The present visit and those that it continues."""
        return self.ledger.chain(self.visit)

    def done(self, name: str) -> bool:
        """Whether the effect of that name was done in this visit or one that it continues."""
        return any(name in v.done for v in self.chain)

    @property
    def waiting(self) -> bool:
        """Whether the ticket is in the process's waiting status."""
        return self.visit.step == WAITING and not self.outside

    @property
    def outside(self) -> bool:
        """Whether the ticket is outside the process: in a status of no step, or in a step or status that the process
        file does not know any more. Nothing is concluded from that: it is on hold, and has not ended."""
        return not self.visit.step or is_unknown(self.process, self.visit, self.issue)

    @property
    def place(self) -> Step | None:
        """The step that the ticket is in or, while it waits for the district, the one that it came from."""
        if self.step is not None or not self.waiting:
            return self.step
        steps = {s.name: s for s in self.process.steps}
        return next((steps[v.step] for v in reversed(self.ledger.visits) if v.step in steps), None)

    @property
    def turn(self) -> tuple[str, ...]:
        """The parties whose turn it is. Facts are set by staff: the district that has done its part waits for them."""
        if self.waiting:
            return (DISTRICT,)
        if self.step is None:
            return ()
        if self.begun.at is None:
            return tuple(p for p in self.step.parties if p != DISTRICT) or self.step.parties
        parties = [b.branch.party for b in self.branches if b.status == BranchStatus.OPEN]
        if not parties and self.missing:
            return tuple(p for p in self.step.parties if p != DISTRICT)
        return tuple(dict.fromkeys(parties)) or self.step.parties

    @property
    def next_status(self) -> str | None:
        """The status that comes after the step, past optional steps that are not called for; None outside the steps, or
        if that depends on a fact that is not known."""
        found = onward(self.process, self.step, self.facts, self.now) if self.step is not None else None
        return self.process.status_of(found[0]) if found is not None else None

    def open_pause(self, clock: Clock) -> Pause | None:
        """The pause that a clock is in now, None if it runs or has stopped."""
        pauses = pauses_of(self.ledger, self.visit, self.begun.pauses, clock.branch)
        return next((pause for pause in pauses if pause.end is None), None)

    @property
    def running(self) -> tuple[Clock, ...]:
        """The clocks that have not stopped; some may be paused."""
        return tuple(c for c in self.clocks if c.stopped is None)

    @property
    def counting(self) -> tuple[Clock, ...]:
        """The clocks that run now."""
        return tuple(c for c in self.running if c.paused is None)


def follow(
    issue: Issue,
    process: Process,
    office: Office,
    calendars: Mapping[str, Calendar],
    bots: Collection[str],
    now: datetime,
    applied: Mapping[str, str] | None = None,
) -> Progress:
    """The progress of one issue: the ledger, with everything in the snapshot that is newer added to it.

    `now` is the business now; `applied` maps effect ids that the store knows as done to what came of them.
    Raises LedgerBroken if the issue's ledger cannot be read."""
    now = max(now, issue.newest)
    people = People(issue, office, bots)
    ledger = _ledger_so_far(issue, process, now)
    known = {v.id for v in ledger.visits if v.ended is not None}
    zone = calendars[process.calendar].zone
    applied = rename_effects(applied or {}, ledger, process)
    own_labels = {office.off_label, office.only or "", *(e.label or "" for e in process.escalations)}
    facts = fact_values(issue, process.facts, office.grace_or_default, now, own_labels)
    case = Case(issue, process, people, facts)
    new_comments = HistoryReplay(case, ledger, applied, zone).run(now)
    for passed in (v for v in ledger.visits[:-1] if v.id not in known):
        update_visit(case, passed, ledger, calendars, passed.ended or now)
    visit = ledger.visits[-1]
    held = is_unknown(process, visit, issue)
    state = VisitState() if held else update_visit(case, visit, ledger, calendars, now)
    review = _review_before(process, visit, ledger)
    if visit.step == WAITING and visit.replies and not held:
        visit.decided = _files_received(process, visit, review)
    return Progress(
        issue=issue,
        process=_for_ticket(process, state.step),
        people=people,
        facts=case.facts,
        now=now,
        ledger=ledger,
        visit=visit,
        step=state.step,
        branches=state.branches,
        clocks=state.clocks,
        begun=state.begun,
        missing=state.missing,
        ends_at=state.ends_at,
        new_comments=new_comments,
        review=review,
        findings=findings_of(issue, people, process, review or visit, ledger),
    )


def is_unknown(process: Process, visit: Visit, issue: Issue) -> bool:
    """Whether the process file does not know the step of a visit, or the status that the ticket has in it, any more."""
    if process.find_step(visit.step) is None and visit.step != WAITING:
        return bool(visit.step) and visit.step not in process.ends
    return issue.status not in process.statuses


def _for_ticket(process: Process, current: Step | None) -> Process:
    """The process with its current step as it is for this ticket."""
    if current is None:
        return process
    return replace(process, steps=tuple(current if s.name == current.name else s for s in process.steps))


def _ledger_so_far(issue: Issue, process: Process, now: datetime) -> Ledger:
    """The issue's ledger as it was written last, or a new one."""
    ledger = read_ledger(issue.ledger) or Ledger(process.name, process.version)
    ledger.process, ledger.version = process.name, process.version
    rename_former(ledger, process)
    last = ledger.visits[-1] if ledger.visits else None
    if last is not None and last.ended is not None:
        # The issue followed no process for a time, and follows one again: the time in between is a pause.
        last.pauses.append(PauseRecord(last.ended, now, PauseReason.OUTSIDE))
        last.ended, last.verdict = None, None
    return ledger


def _review_before(process: Process, visit: Visit, ledger: Ledger) -> Visit | None:
    """The review that made the ticket wait for the district, by its verdict."""
    if visit.step != WAITING:
        return None
    for earlier in reversed(ledger.visits):
        step = process.find_step(earlier.step)
        if step is not None and step.review and earlier.files == visit.files:
            return earlier if earlier.verdict in (Verdict.REVISION, Verdict.NOT_RECEIVED) else None
    return None


def _files_received(process: Process, visit: Visit, review: Visit | None) -> Decision:
    """The decision of a ticket that waited for files, by the district's last reply."""
    last = visit.replies[-1]
    return Decision(Verdict.RECEIVED, last.at, last.by, _return_status(process, review))


def _return_status(process: Process, review: Visit | None) -> str:
    """The status that new files go to: as the review that asked for them says, else the first review."""
    if review is not None:
        step = process.step(review.step)
    else:
        step = next((s for s in process.steps if s.review), process.steps[0])
    return process.step(step.revision.return_to).status if step.revision else step.status
