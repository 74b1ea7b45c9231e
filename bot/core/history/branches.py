"""The state of each branch of a visit, from its subtask and the district's replies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.history.case import Case
from bot.core.history.fact_values import FactValues
from bot.core.history.ticket_step import family_of, ticket_step
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.issue import Change, Issue, Subtask
from bot.core.model.ledger import Ledger, ReplyRecord, Visit
from bot.core.model.process import Branch, Step, SubtaskStatuses
from bot.core.model.roles import People


class BranchStatus(StrEnum):
    """The state of the work in a branch."""

    OPEN = "open"
    FINISHED = "finished"
    REVISE = "needs revision"
    NOT_RECEIVED = "not received"
    WITHDRAWN = "withdrawn"  # a person deleted its subtask
    SKIPPED = "skipped"  # its condition does not hold
    UNKNOWN = "unknown"  # whether its condition holds depends on a fact that is not known
    BLOCKED = "blocked"  # it needs other branches to be done first


@dataclass(frozen=True)
class BranchState:
    """A branch of a visit. `at` and `by` say when and by whom it was finished, and `reply` is the district's
    reply that finished it. With `to_close` the bot must still close its subtask. `begins` is when its own clock starts,
    if that is not with the visit."""

    branch: Branch
    status: BranchStatus
    at: datetime | None = None
    by: str = ""
    subtask: Subtask | None = None
    reply: ReplyRecord | None = None
    to_close: bool = False
    begins: datetime | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do in it."""
        return self.status not in (BranchStatus.OPEN, BranchStatus.UNKNOWN, BranchStatus.BLOCKED)


def states(case: Case, step: Step, visit: Visit, ledger: Ledger, at: datetime) -> tuple[BranchState, ...]:
    """The branches of `step`, as the process file has it, as they were in `visit` at the moment `at`."""
    chain = ledger.chain(visit)
    resolved = ticket_step(step, case.facts, chain[-1].first or chain[-1].began, at)
    every = (*resolved.branches, *_taken_off(step, resolved, chain, case.facts, at))
    found = [_state(case, branch, chain, at) for branch in every]
    return tuple(_with_needs(state, found) for state in found)


def _taken_off(step: Step, resolved: Step, chain: Sequence[Visit], facts: FactValues, at: datetime) -> list[Branch]:
    """Branches that have a subtask for a value which was taken off just before the pass began, when that change did
    not count yet. While the fact is not known, as when Jira does not show its field, nobody can say that it was."""
    listed = {branch.name for branch in resolved.branches}
    made = dict.fromkeys(name.args[0] for visit in chain for name, _ in visit.effects(Kind.SUBTASK))
    found = []
    for branch in step.branches:
        unknown = facts.unknown([branch.for_each], at) if branch.for_each is not None else ()
        gone = replace(branch, family=branch.name, exists=None if unknown else False, unknown=unknown)
        names = [name for name in made if name not in listed and branch.for_each and family_of(name) == branch.name]
        found += [replace(gone, name=name) for name in names]
    return found


def _state(case: Case, branch: Branch, chain: list[Visit], at: datetime) -> BranchState:
    replies = [r for v in reversed(chain) for r in v.replies if r.intent in branch.done_by and r.at <= at]
    name = EffectName.of(Kind.SUBTASK, branch.name)
    made = next((v.done[name] for v in chain if name in v.done), None)
    subtask = next((s for s in case.issue.subtasks if s.id == made), None)
    if not branch.exists:
        unknown = branch.exists is None
        return BranchState(branch, BranchStatus.UNKNOWN if unknown else BranchStatus.SKIPPED, subtask=subtask)
    if branch.subtask is None or made is None:
        # The district may reply before its subtask exists, for example because Jira refused it; the reply counts.
        return _finished_by_reply(branch, replies[-1]) if replies else BranchState(branch, BranchStatus.OPEN)
    if subtask is None or any(branch.name in v.withdrawn for v in chain):
        return BranchState(branch, BranchStatus.WITHDRAWN, subtask=subtask)
    return _by_status(branch, subtask, replies, chain, case.people, at)


def _with_needs(state: BranchState, every: Sequence[BranchState]) -> BranchState:
    """The state, given those of the branches that must be done first."""
    needed = [one for one in every if (one.branch.family or one.branch.name) in state.branch.needs]
    done = (BranchStatus.FINISHED, BranchStatus.WITHDRAWN, BranchStatus.SKIPPED)
    if state.status == BranchStatus.OPEN and state.subtask is None and any(one.status not in done for one in needed):
        return replace(state, status=BranchStatus.BLOCKED)
    moments = [*(one.at for one in needed if one.at is not None), *([state.branch.since] if state.branch.since else [])]
    return replace(state, begins=max(moments, default=None))


def _finished_by_reply(branch: Branch, reply: ReplyRecord) -> BranchState:
    return BranchState(branch, BranchStatus.FINISHED, reply.at, reply.by, reply=reply)


def _by_status(
    branch: Branch, subtask: Subtask, replies: list[ReplyRecord], chain: list[Visit], people: People, at: datetime
) -> BranchState:
    names = people.office.subtask_statuses
    status = status_then(subtask, at)
    if status == names.superseded:
        return BranchState(branch, BranchStatus.WITHDRAWN, subtask=subtask)
    reopened = max((c.at for c in _moves(subtask, at) if c.old == names.done), default=None)
    # Whoever reopens the subtask takes back what the district replied before.
    last = next((r for r in reversed(replies) if reopened is None or r.at > reopened), None)
    if status in (names.done, names.needs_revision, names.not_received):
        moment, by = _finished(branch, subtask, status, at, chain)
        if status != names.done:
            state = BranchStatus.REVISE if status == names.needs_revision else BranchStatus.NOT_RECEIVED
            return BranchState(branch, state, moment, by, subtask)
        if last is not None and (by in people.bots or last.at > moment):
            # The bot closed it because of the reply, so the district finished it, at the moment of the reply.
            return replace(_finished_by_reply(branch, last), subtask=subtask)
        return BranchState(branch, BranchStatus.FINISHED, moment, by, subtask)
    # An open subtask whose history was not read belongs to an earlier visit: people have opened it again.
    if last is not None and subtask.whole:
        return replace(_finished_by_reply(branch, last), subtask=subtask, to_close=True)
    return BranchState(branch, BranchStatus.OPEN, subtask=subtask)


def _moves(subtask: Subtask, until: datetime) -> list[Change]:
    return [c for c in subtask.changes if c.field == "status" and c.at <= until]


def status_then(subtask: Subtask, at: datetime) -> str:
    """The subtask's status at a moment, by its own history if that was read."""
    later = [c for c in subtask.changes if c.field == "status" and c.at > at]
    return later[0].old or subtask.status if later else subtask.status


def _finished(branch: Branch, subtask: Subtask, status: str, at: datetime, chain: list[Visit]) -> tuple[datetime, str]:
    """When and by whom it was finished, by the subtask's history or, if that was not read, by the ledger."""
    for change in reversed(_moves(subtask, at)):
        if change.new == status:
            return change.at, change.author.id if change.author else ""
    known = next((v.finished[branch.name] for v in chain if branch.name in v.finished), None)
    return (known.at, known.by) if known else (chain[0].began, "")


def open_subtasks(issue: Issue, ids: Collection[str], names: SubtaskStatuses) -> tuple[Subtask, ...]:
    """Those of the named subtasks that are in no final status."""
    final = (names.done, names.needs_revision, names.not_received, names.superseded)
    return tuple(s for s in issue.subtasks if s.id in ids and s.status not in final)
