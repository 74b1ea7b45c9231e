"""What a site holds for one process beside the statuses of its steps and ends: fields, moves, and people."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.core.model.process import Process
from bot.sandbox.accounts import Account
from bot.sandbox.field_types import Field
from bot.sandbox.workflows import Move


@dataclass(frozen=True)
class Needs:
    """What one process needs of its site. `fields` are on the screens of its tickets only; `moves` are added to those
    that `workflow_of` derives; `people` live on the site beside the others, its contacts and its teams' members."""

    fields: tuple[Field, ...] = ()
    moves: tuple[Move, ...] = ()
    people: tuple[Account, ...] = ()


NOTHING = Needs()


def pass_over(process: Process, optional: Collection[str]) -> tuple[Move, ...]:
    """The moves past steps that may be passed over, given by their names: from the step before to the step or end
    after, also past several optional steps in a row, and past those that the waiting status returns to."""
    moves = dict.fromkeys(_over(process, optional))
    return tuple(Move(source, to, f"Skip to {to}") for source, to in moves)


def _over(process: Process, optional: Collection[str]) -> Iterator[tuple[str, str]]:
    returns = {step.revision.return_to for step in process.steps if step.revision}
    sources = [(step.status, step.next) for step in process.steps]
    sources += [(process.waiting_status, name) for name in sorted(returns) if process.waiting_status]
    for source, name in sources:
        passed = set()
        while name in optional and name not in passed and name not in process.ends:
            passed.add(name)
            name = process.step(name).next
            yield source, process.status_of(name)
