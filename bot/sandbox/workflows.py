"""Statuses and transitions of a ticket, derived from its process, and the fixed workflow of subtasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.core.model.process import Process, Step

NEW, UNDER_WAY, DONE = "new", "indeterminate", "done"
ON_HOLD = "On Hold"  # a status that no process knows: every real site has one


@dataclass(frozen=True)
class Move:
    """A move that a caller adds to a workflow, from one status to another, by their names; `name` is its button."""

    source: str
    to: str
    name: str


@dataclass(frozen=True)
class Transition:
    """One move that the workflow allows, from one status to another, by their names."""

    id: str
    name: str
    source: str
    to: str


@dataclass(frozen=True)
class Workflow:
    """The statuses of one issue type with their categories, first one first, and the moves between them."""

    categories: Mapping[str, str]
    transitions: tuple[Transition, ...]

    @property
    def first(self) -> str:
        """The status that a new issue starts in."""
        return next(iter(self.categories))

    def available(self, status: str) -> tuple[Transition, ...]:
        """The moves that exist from a status."""
        return tuple(t for t in self.transitions if t.source == status)

    def leading(self, status: str, to: str) -> Transition | None:
        """The move from one status to another, None if the workflow has none."""
        return next((t for t in self.available(status) if t.to == to), None)


def workflow_of(process: Process, added: Iterable[Move] = ()) -> Workflow:
    """The workflow that a site would have for this process: forward, back, to waiting and out of it (if the process
    has a waiting status), to every end, on hold and off it, and the moves in `added`. Transition ids are stable as
    long as the process is unchanged, and `added` changes none of them. Raises ValueError if a move in `added` names
    a status that the workflow does not have."""
    categories = {step.status: UNDER_WAY for step in process.steps}
    categories[process.steps[0].status] = NEW
    if process.waiting_status:
        categories[process.waiting_status] = UNDER_WAY
    categories[ON_HOLD] = UNDER_WAY
    categories |= {status: DONE for status in process.ends.values()}
    moves: dict[tuple[str, str], str] = {}
    for source, to, name in (*_moves(process), *((m.source, m.to, m.name) for m in added)):
        if unknown := {source, to} - set(categories):
            raise ValueError(f"the workflow of {process.name} has no status '{min(unknown)}' to move from or to")
        if source != to:
            moves.setdefault((source, to), name)
    return Workflow(categories, _numbered(moves))


def _moves(process: Process) -> Iterator[tuple[str, str, str]]:
    waiting = (process.waiting_status,) if process.waiting_status else ()
    for position, step in enumerate(process.steps):
        yield from _moves_of_step(process, step, position)
        for status in (step.status, *waiting):
            yield status, ON_HOLD, "Put on Hold"
            yield ON_HOLD, status, f"Resume {status}"
    reviews = [n for n, step in enumerate(process.steps) if step.revision]
    for step in process.steps[: max(reviews, default=-1) + 1]:
        for status in waiting:
            yield status, step.status, f"Return to {step.status}"
    for end in process.ends.values():
        for status in waiting:
            yield status, end, f"Close as {end}"
        yield end, process.steps[0].status, "Reopen"


def _moves_of_step(process: Process, step: Step, position: int) -> Iterator[tuple[str, str, str]]:
    to = process.status_of(step.next)
    yield step.status, to, f"Start {to}" if to not in process.ends.values() else f"Close as {to}"
    for earlier in process.steps[:position]:
        yield step.status, earlier.status, f"Back to {earlier.status}"
    if step.revision and process.waiting_status:
        yield step.status, process.waiting_status, "Ask for a Revision"
    for end in process.ends.values():
        yield step.status, end, f"Close as {end}"


def _numbered(moves: Mapping[tuple[str, str], str]) -> tuple[Transition, ...]:
    return tuple(Transition(str(11 + 10 * n), name, source, to) for n, ((source, to), name) in enumerate(moves.items()))


def _subtask_workflow() -> Workflow:
    categories = {
        "To Do": NEW,
        "In Progress": UNDER_WAY,
        "Done": DONE,
        "Needs Revision": DONE,
        "Not Received": DONE,
        "Superseded": DONE,
    }
    pairs = {(a, b): f"Mark as {b}" for a in categories for b in categories if a != b}
    return Workflow(categories, _numbered(pairs))


SUBTASK_WORKFLOW = _subtask_workflow()
