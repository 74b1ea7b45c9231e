"""How far each line of work of a stay has come, read from its subtask and from the district's answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.issue import Change, Issue, Subtask
from bot.core.model.ledger import Ledger, ReplyRecord, Visit
from bot.core.model.process import Branch, Step, SubtaskStatuses
from bot.core.model.roles import People


class BranchStatus(StrEnum):
    """How far the work of a branch is."""

    OPEN = "open"
    FINISHED = "finished"
    REVISE = "needs revision"
    NOT_RECEIVED = "not received"
    WITHDRAWN = "withdrawn"  # a person deleted its subtask


@dataclass(frozen=True)
class BranchState:
    """A branch of a stay. `at` and `by` tell when and by whom it was finished, `answer` the district's words that
    did it, `to_close` that the bot has yet to close its subtask."""

    branch: Branch
    status: BranchStatus
    at: datetime | None = None
    by: str = ""
    subtask: Subtask | None = None
    answer: ReplyRecord | None = None
    to_close: bool = False

    @property
    def settled(self) -> bool:
        """Nothing is left to do in it."""
        return self.status != BranchStatus.OPEN


def states(
    issue: Issue, step: Step, visit: Visit, ledger: Ledger, people: People, at: datetime
) -> tuple[BranchState, ...]:
    """The branches of `step` as they stood in `visit` at the moment `at`."""
    chain = ledger.chain(visit)
    return tuple(_state(issue, branch, chain, people, at) for branch in step.branches)


def _state(issue: Issue, branch: Branch, chain: list[Visit], people: People, at: datetime) -> BranchState:
    answers = [a for v in reversed(chain) for a in v.replies if a.intent in branch.done_by and a.at <= at]
    name = EffectName.of(Kind.SUBTASK, branch.name)
    made = next((v.done[name] for v in chain if name in v.done), None)
    if branch.subtask is None or made is None:
        # The district may answer before its subtask is there (it was refused, say): the answer counts.
        return _answered(branch, answers[-1]) if answers else BranchState(branch, BranchStatus.OPEN)
    subtask = next((s for s in issue.subtasks if s.id == made), None)
    if subtask is None or any(branch.name in v.withdrawn for v in chain):
        return BranchState(branch, BranchStatus.WITHDRAWN, subtask=subtask)
    return _by_status(branch, subtask, answers, chain, people, at)


def _answered(branch: Branch, answer: ReplyRecord) -> BranchState:
    return BranchState(branch, BranchStatus.FINISHED, answer.at, answer.by, answer=answer)


def _by_status(
    branch: Branch, subtask: Subtask, answers: list[ReplyRecord], chain: list[Visit], people: People, at: datetime
) -> BranchState:
    names = people.office.subtask_statuses
    status = status_then(subtask, at)
    if status == names.superseded:
        return BranchState(branch, BranchStatus.WITHDRAWN, subtask=subtask)
    reopened = max((c.at for c in _moves(subtask, at) if c.old == names.done), default=None)
    # Who opens the subtask again takes back what the district had said until then.
    last = next((a for a in reversed(answers) if reopened is None or a.at > reopened), None)
    if status in (names.done, names.needs_revision, names.not_received):
        moment, by = _finished(branch, subtask, status, at, chain)
        if status != names.done:
            state = BranchStatus.REVISE if status == names.needs_revision else BranchStatus.NOT_RECEIVED
            return BranchState(branch, state, moment, by, subtask)
        if last is not None and (by in people.bots or last.at > moment):
            # The bot closed it because the district said so: theirs is the deed and the moment.
            return replace(_answered(branch, last), subtask=subtask)
        return BranchState(branch, BranchStatus.FINISHED, moment, by, subtask)
    if last is not None:
        return replace(_answered(branch, last), subtask=subtask, to_close=True)
    return BranchState(branch, BranchStatus.OPEN, subtask=subtask)


def _moves(subtask: Subtask, until: datetime) -> list[Change]:
    return [c for c in subtask.changes if c.field == "status" and c.at <= until]


def status_then(subtask: Subtask, at: datetime) -> str:
    """The subtask's status at a moment, by its own history where that was read."""
    later = [c for c in subtask.changes if c.field == "status" and c.at > at]
    return later[0].old or subtask.status if later else subtask.status


def _finished(branch: Branch, subtask: Subtask, status: str, at: datetime, chain: list[Visit]) -> tuple[datetime, str]:
    """When and by whom, by the subtask's own history; by the ledger where that was not read again."""
    for change in reversed(_moves(subtask, at)):
        if change.new == status:
            return change.at, change.author.id if change.author else ""
    known = next((v.finished[branch.name] for v in chain if branch.name in v.finished), None)
    return (known.at, known.by) if known else (chain[0].began, "")


def open_subtasks(issue: Issue, ids: Collection[str], names: SubtaskStatuses) -> tuple[Subtask, ...]:
    """Those of the named subtasks on which nobody has given a last word yet."""
    last = (names.done, names.needs_revision, names.not_received, names.superseded)
    return tuple(s for s in issue.subtasks if s.id in ids and s.status not in last)
