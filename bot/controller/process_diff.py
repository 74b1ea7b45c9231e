"""What changed process files would do to one ticket, if they were accepted now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.controller.reconciler import View
from bot.core.decide.process_change import Stranded, branch_called, family, step_called
from bot.core.history.progress import Progress
from bot.core.model.effects import TransitionIssue


@dataclass(frozen=True)
class EarliestClock:
    """The earliest running clock: its goal as the file writes it, and when it is due; empty if there is none."""

    goal: str = ""
    due: datetime | None = None


@dataclass(frozen=True)
class TicketDiff:
    """One ticket before and after: its step, its earliest clock, the branches that would be new or dropped, the status
    that it would be moved to at once though it is not now, and each reason why it would be stranded. A stranded ticket
    is not followed any further."""

    key: str
    process: str
    step: tuple[str, str]
    clock: tuple[EarliestClock, EarliestClock]
    new: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    moves: str = ""
    stranded: tuple[Stranded, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        differs = self.step[0] != self.step[1] or self.clock[0] != self.clock[1]
        return bool(differs or self.stranded or self.new or self.dropped or self.moves)

    def to_json(self) -> dict[str, Any]:
        """The same as JSON."""
        due = [clock.due.isoformat() if clock.due else None for clock in self.clock]
        return {
            "key": self.key,
            "process": self.process,
            "step": {"before": self.step[0], "after": self.step[1]},
            "goal": {"before": self.clock[0].goal or None, "after": self.clock[1].goal or None},
            "due": {"before": due[0], "after": due[1]},
            "branches": {"new": list(self.new), "dropped": list(self.dropped)},
            "moves_to": self.moves or None,
            "stranded": [{"why": one.why, "way_out": one.way_out} for one in self.stranded],
        }


def ticket_diff(process: str, before: View, after: View, reasons: tuple[Stranded, ...]) -> TicketDiff:
    """Compare what the bot sees of one ticket by the files in force and by the changed ones."""
    key = before.snapshot.issue.key
    old, new = before.progress, after.progress
    here = _step_of(old)
    if reasons or old is None:
        return TicketDiff(key, process, (here, here), (_clock(old), _clock(old)), stranded=reasons)
    had, has = _renamed(old, after), _open_branches(new)
    return TicketDiff(
        key,
        process,
        (here, _step_of(new)) if _step_after(old, after) != _step_of(new) else (here, here),
        (_clock(old), _clock(new)),
        tuple(name for name in has if name not in had),
        tuple(name for name in had if name not in has),
        next((status for status in _moves(after) if status not in _moves(before)), ""),
    )


def _step_of(progress: Progress | None) -> str:
    if progress is None:
        return ""
    return progress.step.name if progress.step is not None else progress.visit.step


def _step_after(old: Progress, after: View) -> str:
    """The name that the ticket's step has in the changed file, if it goes on."""
    step = step_called(after.process, _step_of(old)) if after.process is not None else None
    return step.name if step is not None else _step_of(old)


def _open_branches(progress: Progress | None) -> list[str]:
    return [state.branch.name for state in progress.branches if not state.settled] if progress is not None else []


def _renamed(old: Progress, after: View) -> list[str]:
    """The open branches before, by the names that they have in the changed file."""
    step = step_called(after.process, _step_of(old)) if after.process is not None else None
    found = []
    for name in _open_branches(old):
        branch = branch_called(step, family(name)) if step is not None else None
        found.append(branch.name + name[len(family(name)) :] if branch is not None else name)
    return found


def _moves(view: View) -> list[str]:
    return [effect.status for effect in view.plan.effects if isinstance(effect, TransitionIssue)]


def _clock(progress: Progress | None) -> EarliestClock:
    first = min(progress.running, key=lambda clock: clock.due, default=None) if progress is not None else None
    return EarliestClock(str(first.goal), first.due) if first is not None else EarliestClock()
