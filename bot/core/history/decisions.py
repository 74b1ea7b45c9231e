"""When a step is decided: by its branches, by its comment, by time; and what keeps it from ending though it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.history.branches import BranchState, BranchStatus
from bot.core.history.case import Case
from bot.core.history.sla_clocks import after_pauses
from bot.core.history.step_start import StepStart
from bot.core.history.ticket_step import unknown_onward
from bot.core.history.visits import corrects_mistake
from bot.core.model.effect_id import Kind
from bot.core.model.ledger import CommandName, Decision, Ledger, Verdict, Visit
from bot.core.model.pauses import Pause
from bot.core.model.process import Office, Process, Step
from bot.core.time.business_calendar import Calendar

_RESULTS = (BranchStatus.FINISHED, BranchStatus.REVISE, BranchStatus.NOT_RECEIVED)
# Not BLOCKED: a branch that waits for one which needs a revision would never begin, and else the other is unfinished.
_UNFINISHED = (BranchStatus.OPEN, BranchStatus.UNKNOWN, BranchStatus.NOT_RECEIVED)


@dataclass(frozen=True)
class Outcome:
    """How far a visit to a step has come. `missing` are the facts that must be set before the step can end."""

    decided: Decision | None = None
    missing: tuple[str, ...] = ()


def outcome(
    case: Case, step: Step, visit: Visit, ledger: Ledger, branches: tuple[BranchState, ...], over: datetime | None,
    at: datetime,
) -> Outcome:  # fmt: skip
    """The outcome of a visit at the moment `at`. `over` is when a step that only waits has waited long enough.

    A step that would end needs the facts that it requires, and those on which it depends what comes next."""
    since = _counts_since(ledger, visit, case.people.office)
    decided = _automated(case, step, ledger.chain(visit)) or _by_branches(case.process, step, visit, branches, since)
    if decided is None and over is not None:
        decided = Decision(Verdict.DONE, over, "", "")
    missing = _unknown_branches(branches)
    if (decided is None and not step.automated) or (decided is not None and decided.to):
        return Outcome(decided, missing)
    required = case.facts.unknown(step.requires, at)
    missing = tuple(dict.fromkeys([*required, *unknown_onward(case.process, step, case.facts, at)]))
    to = case.next_status(step, at)
    if decided is None or missing or to is None:
        return Outcome(None, missing)
    return Outcome(Decision(decided.verdict, decided.at, decided.by, to))


def wait_ends(step: Step, begun: StepStart, pauses: Sequence[Pause], calendar: Calendar) -> datetime | None:
    """When a step that only waits ends: at the first open moment after its time, which a pause moves on. None for other
    steps, before the step has begun, and while it is paused."""
    if step.wait is None or begun.at is None:
        return None
    over = tuple(pause for pause in pauses if pause.end is not None)
    if len(over) < len(pauses):
        return None
    return calendar.next_open(after_pauses(calendar, step.wait, calendar.due(begun.at, step.wait), over))


def _unknown_branches(branches: Sequence[BranchState]) -> tuple[str, ...]:
    """The facts that keep branches from being begun or skipped, once nothing else is left to do."""
    if any(state.status == BranchStatus.OPEN for state in branches):
        return ()
    return tuple(dict.fromkeys(fact for state in branches for fact in state.branch.unknown))


def _automated(case: Case, step: Step, chain: list[Visit]) -> Decision | None:
    """The decision of an automated step, which is complete when its comment is posted."""
    said = next((v.done[Kind.SAY] for v in chain if Kind.SAY in v.done), None)
    if not step.automated or said is None:
        return None
    at = next((c.created for c in case.issue.comments if c.id == said), chain[0].began)
    return Decision(Verdict.DONE, at, "", "")


def _counts_since(ledger: Ledger, visit: Visit, office: Office) -> datetime:
    """Since when work counts for the decision of a visit: since it began or, if it corrects a mistaken move, since the
    visit before that move began."""
    earlier = ledger.visits[: ledger.visits.index(visit)]
    mistake = bool(visit.continues) and corrects_mistake(earlier, visit, office.grace_or_default)
    return earlier[-2].began if mistake else visit.began


def _by_branches(
    process: Process, step: Step, visit: Visit, branches: tuple[BranchState, ...], since: datetime
) -> Decision | None:
    """The verdict or completion that the branches have reached in this visit, None while they have not.

    Every branch must be settled, at least one by work, and at least one since the moment `since`: so a ticket that was
    put back by hand stays until somebody does something in it. `to` is empty if that is the next step."""
    if not_received := [o for o in visit.commands if o.kind == CommandName.NOT_RECEIVED]:
        return Decision(Verdict.NOT_RECEIVED, not_received[0].at, not_received[0].by, process.waiting_status)
    work = [b for b in branches if b.status in _RESULTS and b.at is not None]
    results = [b for b in work if b.at is not None and b.at >= since]
    if (early := _at_once(process, step, results)) is not None:
        return early
    withdrawn = any(b.status == BranchStatus.WITHDRAWN and b.branch.name in visit.withdrawn for b in branches)
    if not work or any(b.status in _UNFINISHED for b in branches) or not (results or withdrawn):
        return None
    last = max(work, key=_moment)
    at = max(_moment(last), visit.began if withdrawn else since)
    if any(b.status == BranchStatus.REVISE for b in branches):
        return Decision(Verdict.REVISION, at, last.by, _back(process, step)) if step.revision else None
    return Decision(Verdict.GOOD if step.review else Verdict.DONE, at, last.by, "")


def _at_once(process: Process, step: Step, results: list[BranchState]) -> Decision | None:
    """The decision that one branch makes alone, while the others are still open."""
    revision = step.revision
    if revision is None:
        return None
    missing = [b for b in results if b.status == BranchStatus.NOT_RECEIVED]
    if missing and revision.not_received is not None:
        first = min(missing, key=_moment)
        return Decision(Verdict.NOT_RECEIVED, _moment(first), first.by, process.waiting_status)
    failed = [b for b in results if b.status == BranchStatus.REVISE]
    if failed and revision.at_once:
        first = min(failed, key=_moment)
        return Decision(Verdict.REVISION, _moment(first), first.by, _back(process, step))
    return None


def _back(process: Process, step: Step) -> str:
    """Where a revision takes the ticket: to wait for the district or, without words for it, straight to rework."""
    if step.revision is None or step.revision.say is not None:
        return process.waiting_status
    return process.status_of(step.revision.return_to)


def _moment(state: BranchState) -> datetime:
    """When a branch with a result got it."""
    assert state.at is not None
    return state.at
