"""Whether a changed process file would strand a ticket that is under way, or skip its work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from bot.core.model.process import Branch, Process, Step


class Place(StrEnum):
    """Where a ticket is: in a step, waiting for the district, in a status outside the process, or at an end."""

    STEP = "step"
    WAITING = "waiting"
    OUTSIDE = "outside"
    END = "end"


@dataclass(frozen=True)
class OpenWork:
    """A branch whose work is not done; `name` is that in the ledger, `subtask` empty if it has none."""

    step: str
    name: str
    subtask: str = ""


@dataclass(frozen=True)
class IndexedTicket:
    """A ticket as the index has it. `step` is its step; the review that it waits for or the step that it came from, if
    it is in none; at an end, the end's name."""

    key: str
    project: str
    type: str
    place: Place
    step: str
    status: str
    work: tuple[OpenWork, ...] = ()


@dataclass(frozen=True)
class Stranded:
    """One reason why a change would strand a ticket, as a clause, and the way out as a sentence."""

    key: str
    why: str
    way_out: str


def stranded(old: Process | None, new: Process | None, tickets: Iterable[IndexedTicket]) -> tuple[Stranded, ...]:
    """Every reason, for every ticket of a process, why it cannot go on as the changed file says. `new` is None if the
    file is gone; `old` is the process so far, None if it cannot be read any more."""
    return tuple(reason for ticket in tickets for reason in _by_change(old, new, ticket))


def _by_change(old: Process | None, new: Process | None, ticket: IndexedTicket) -> Iterator[Stranded]:
    """The reasons that the change gives, and not those that the process so far had given already."""
    before = set(_reasons(old, old, ticket)) if old is not None else set()
    yield from (reason for reason in _reasons(old, new, ticket) if reason not in before)


def _reasons(old: Process | None, new: Process | None, ticket: IndexedTicket) -> Iterator[Stranded]:
    if new is None:
        if ticket.place is not Place.END:
            yield Stranded(
                ticket.key,
                "the file is gone",
                f"Put the file back, or let its tickets go first: `process release {old.name if old else 'NAME'}`.",
            )
        return
    if ticket.place is Place.END:
        yield from _at_end(new, ticket)
        return
    if ticket.project != new.project or ticket.type not in new.issue_types:
        yield Stranded(
            ticket.key,
            f"it no longer takes {ticket.type} of {ticket.project}",
            f"Keep that project and issue type below `applies_to`, or `process release {new.name}` first.",
        )
        return
    yield from _in_place(old, new, ticket)
    yield from _work(new, ticket)


def _at_end(new: Process, ticket: IndexedTicket) -> Iterator[Stranded]:
    if ticket.status not in new.ends.values():
        way_out = "Keep an end with that status; its name may change."
        yield Stranded(ticket.key, f'the end status "{ticket.status}" is gone', way_out)


def _in_place(old: Process | None, new: Process, ticket: IndexedTicket) -> Iterator[Stranded]:
    """Whether the ticket's step is there, and its status still means it."""
    step = step_called(new, ticket.step)
    if step is None and ticket.step:
        yield Stranded(ticket.key, f"the step {ticket.step} is gone", _was_way_out(ticket.step))
        return
    if ticket.place is Place.WAITING:
        if ticket.status not in (new.waiting_status, *new.waiting_was):
            yield Stranded(
                ticket.key,
                f'the waiting status "{ticket.status}" is gone',
                f'Keep it, or write `waiting_status: {{status: …, was: "{ticket.status}"}}`.',
            )
    elif ticket.place is Place.STEP and step is not None:
        before = step_called(old, ticket.step) if old is not None else None
        if step.status != ticket.status:
            yield Stranded(
                ticket.key,
                f'the status "{ticket.status}" of the step {ticket.step} is gone',
                "Keep it while a ticket stands in it. If it was renamed in Jira, `reconcile --all` tells the bot so.",
            )
        if step.automated and before is not None and not before.automated:
            yield Stranded(
                ticket.key, f"the step {ticket.step} would end by itself", "Move the tickets on before it is automated."
            )


def _work(new: Process, ticket: IndexedTicket) -> Iterator[Stranded]:
    """Whether the branches whose work is open are there."""
    gone = [work for work in ticket.work if _is_gone(new, work)]
    for work in gone:
        name = f"{work.step}.{family(work.name)}"
        if work.subtask and step_called(new, work.step) is None and work.step != ticket.step:
            yield Stranded(
                ticket.key, f"the step {work.step} is gone while its subtask is open", _was_way_out(work.step)
            )
        elif work.subtask and step_called(new, work.step) is not None:
            yield Stranded(
                ticket.key, f"the branch {name} is gone while its subtask is open", _was_way_out(family(work.name))
            )
    here = [work for work in ticket.work if work.step == ticket.step] if ticket.place is Place.STEP else []
    lost = [work for work in here if work in gone and not work.subtask]
    if lost and all(work in gone for work in here) and step_called(new, ticket.step) is not None:
        yield Stranded(
            ticket.key,
            f"the last open branch of the step {ticket.step} is gone ({family(lost[0].name)})",
            _was_way_out(family(lost[0].name)),
        )


def _is_gone(new: Process, work: OpenWork) -> bool:
    """Whether the changed file has no branch that goes on with this work."""
    step = step_called(new, work.step)
    branch = branch_called(step, family(work.name)) if step is not None else None
    if branch is None or ("~" in work.name) != (branch.for_each is not None):
        return True
    turned = "@" in work.name and branch.for_each is None
    return (turned and branch.condition is None) or (bool(work.subtask) and branch.subtask is None)


def step_called(process: Process, name: str) -> Step | None:
    """The step of that name, or the one that was called so before."""
    return process.find_step(name) or next((step for step in process.steps if name in step.was), None)


def branch_called(step: Step, name: str) -> Branch | None:
    """The branch of that name, or the one that was called so before."""
    named = (branch for branch in step.branches if branch.name == name)
    return next(named, None) or next((branch for branch in step.branches if name in branch.was), None)


def family(name: str) -> str:
    """The name of a branch in the file, of its name in the ledger."""
    return name.partition("@")[0].partition("~")[0]


def _was_way_out(name: str) -> str:
    return f"Put it back, write `was: {name}` where it goes on, or finish the work first."
