"""When a step with `starts_when` began for a ticket, and when it paused since because the condition no longer held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.history.fact_values import FactValues
from bot.core.model.ledger import PauseReason
from bot.core.model.pauses import Pause
from bot.core.model.process import Step


@dataclass(frozen=True)
class StepStart:
    """When the step began in a pass, None if it has not; `pauses` are the times since in which its condition did not
    hold, of which the last may be open. `turn` is the changelog entry by which it came to be as it is now, empty if
    that was so from the beginning of the pass."""

    at: datetime | None
    pauses: tuple[Pause, ...] = ()
    turn: str = ""

    @property
    def paused(self) -> bool:
        """Whether the step began, and its condition does not hold now."""
        return bool(self.pauses) and self.pauses[-1].end is None


def step_start(step: Step, facts: FactValues, began: datetime, at: datetime) -> StepStart:
    """When a step began in the pass that began at `began`, as it is at the moment `at`. Once begun it is begun."""
    if step.starts_when is None:
        return StepStart(began)
    start = began if facts.holds(step.starts_when, began) else None
    pauses: list[Pause] = []
    entry = ""
    held = start is not None
    for turn in facts.turns(step.starts_when.terms, began, at):
        holds = facts.holds(step.starts_when, turn.at) is True
        if holds == held:
            continue
        held, entry = holds, turn.change
        if start is None:
            start = turn.at
        elif holds:
            pauses[-1] = Pause(pauses[-1].begin, turn.at, PauseReason.NOT_READY)
        else:
            pauses.append(Pause(turn.at, None, PauseReason.NOT_READY))
    return StepStart(start, tuple(pauses), entry)
