"""How far each line of work of a stay has come, read from its subtask and from the district's answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.core.issue import Issue, Subtask
from bot.core.ledger import Answer, Ledger, Visit
from bot.core.people import People
from bot.core.process import Branch, Step, SubtaskStatuses

OPEN, FINISHED, REVISE, WITHDRAWN = "open", "finished", "needs revision", "withdrawn"


@dataclass(frozen=True)
class BranchState:
    """A branch of a stay. `at` and `by` tell when and by whom it was finished; `close_for` names the answer for
    which the bot has yet to close the subtask; `made` whether its subtask was ever made."""

    branch: Branch
    state: str
    at: datetime | None = None
    by: str = ""
    subtask: Subtask | None = None
    made: bool = False
    close_for: Answer | None = None

    @property
    def settled(self) -> bool:
        """Nothing is left to do in it."""
        return self.state != OPEN


def states(
    issue: Issue, step: Step, visit: Visit, ledger: Ledger, people: People, at: datetime
) -> tuple[BranchState, ...]:
    """The branches of `step` as they stood in `visit` at the moment `at`."""
    chain = ledger.chain(visit)
    return tuple(_state(issue, branch, chain, people, at) for branch in step.branches)


def _state(issue: Issue, branch: Branch, chain: list[Visit], people: People, at: datetime) -> BranchState:
    answers = [a for v in reversed(chain) for a in v.answers if a.intent == branch.done_by and a.at <= at]
    if branch.subtask is None:
        if answers:
            return BranchState(branch, FINISHED, answers[-1].at, answers[-1].by)
        return BranchState(branch, OPEN)
    name = f"subtask:{branch.name}"
    made = next((v.done[name] for v in chain if name in v.done), None)
    if made is None:
        return _unmade(branch, answers)
    subtask = next((s for s in issue.subtasks if s.id == made), None)
    if subtask is None or any(branch.name in v.withdrawn for v in chain):
        return BranchState(branch, WITHDRAWN, subtask=subtask, made=True)
    return _by_status(branch, subtask, answers, chain, people, at)


def _unmade(branch: Branch, answers: list[Answer]) -> BranchState:
    """The district may answer before its subtask is there (it was refused, say): the answer counts."""
    if answers:
        return BranchState(branch, FINISHED, answers[-1].at, answers[-1].by)
    return BranchState(branch, OPEN)


def _by_status(
    branch: Branch, subtask: Subtask, answers: list[Answer], chain: list[Visit], people: People, at: datetime
) -> BranchState:
    names = people.office.subtask_statuses
    status = status_then(subtask, at)
    if status == names.superseded:
        return BranchState(branch, WITHDRAWN, subtask=subtask, made=True)
    if status in (names.done, names.needs_revision):
        moment, by = _finished(branch, subtask, status, at, chain)
        state = FINISHED if status == names.done else REVISE
        if answers and state == FINISHED and by in people.bots:
            # The bot closed it because the district said so: theirs is the deed and the moment.
            moment, by = answers[-1].at, answers[-1].by
        elif answers and state == FINISHED and answers[-1].at > moment:
            moment, by = answers[-1].at, answers[-1].by
        return BranchState(branch, state, moment, by, subtask, made=True)
    handled = {name for v in chain for name in v.done if name.startswith(f"close:{branch.name}:")}
    fresh = [a for a in answers if f"close:{branch.name}:c{a.comment}" not in handled]
    if fresh:
        last = fresh[-1]
        return BranchState(branch, FINISHED, last.at, last.by, subtask, made=True, close_for=last)
    return BranchState(branch, OPEN, subtask=subtask, made=True)


def status_then(subtask: Subtask, at: datetime) -> str:
    """The subtask's status at a moment, by its own history where that was read."""
    later = [c for c in subtask.changes if c.field == "status" and c.at > at]
    return later[0].old or subtask.status if later else subtask.status


def _finished(branch: Branch, subtask: Subtask, status: str, at: datetime, chain: list[Visit]) -> tuple[datetime, str]:
    """When and by whom, by the subtask's own history; by the ledger where that was not read again."""
    for change in reversed(subtask.changes):
        if change.field == "status" and change.new == status and change.at <= at:
            return change.at, change.author.id if change.author else ""
    known = next((v.finished[branch.name] for v in chain if branch.name in v.finished), None)
    return (known.at, known.by) if known else (chain[0].began, "")


def open_subtasks(issue: Issue, ids: Collection[str], names: SubtaskStatuses) -> tuple[Subtask, ...]:
    """Those of the named subtasks on which nobody has given a last word yet."""
    last = (names.done, names.needs_revision, names.superseded)
    return tuple(s for s in issue.subtasks if s.id in ids and s.status not in last)
