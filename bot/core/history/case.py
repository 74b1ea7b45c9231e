"""One ticket as it was read, with the process that it follows: what each question about its history needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.history.fact_values import FactValues
from bot.core.history.ticket_step import onward, path_onward
from bot.core.model.issue import Issue
from bot.core.model.ledger import Visit
from bot.core.model.process import Process, Step
from bot.core.model.roles import People


@dataclass(frozen=True)
class Case:
    """A ticket, the process it follows, the people on it, and what its facts were at any moment."""

    issue: Issue
    process: Process
    people: People
    facts: FactValues

    def step_of(self, visit: Visit) -> Step | None:
        """The step of a visit as the process file has it, None for a visit outside the steps."""
        return self.process.find_step(visit.step)

    def next_status(self, step: Step, at: datetime) -> str | None:
        """The status of the step or end that comes after a step, past optional steps whose condition does not hold;
        None if that depends on a fact that is not known."""
        found = onward(self.process, step, self.facts, at)
        return self.process.status_of(found[0]) if found is not None else None

    def leads_to(self, step: Step, status: str) -> bool:
        """Whether a ticket that goes from a step to that status goes the way of the process, also if people pass over
        optional steps on it."""
        return any(self.process.status_of(name) == status for name, _ in path_onward(self.process, step))
