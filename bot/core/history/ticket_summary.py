"""What a ticket that has ended took: its steps, passes and rounds, and whose the time was. Built from its ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from bot.core.model.effect_id import Kind
from bot.core.model.ledger import WAITING, Ledger, PauseReason, Visit
from bot.core.model.pauses import command_pauses
from bot.core.model.process import DISTRICT, Process, Step
from bot.core.time.business_calendar import Calendar


class Whose(StrEnum):
    """Whose the time was. Time at which the office was closed is nobody's, whoever had to act."""

    OURS = "ours"
    DISTRICT = "district"
    VENDOR = "vendor"
    OUTSIDE = "outside"  # the ticket was in a status that belongs to no step
    CLOSED = "closed"


Times = dict[Whose, timedelta]


@dataclass(frozen=True)
class StepSummary:
    """One step, or the wait for the district: how many passes it took, and whose the time was."""

    step: str
    passes: int
    times: Times


@dataclass(frozen=True)
class TicketSummary:
    """A whole ticket: `outcome` is the name of its end, and `steps` are in the order in which it first came to them."""

    outcome: str
    began: datetime
    ended: datetime
    rounds: int
    steps: tuple[StepSummary, ...]

    @property
    def passes(self) -> int:
        """The passes through all steps."""
        return sum(step.passes for step in self.steps)

    @property
    def times(self) -> Times:
        """Whose the time was, over all steps."""
        total = dict.fromkeys(Whose, timedelta(0))
        for step in self.steps:
            for whose, time in step.times.items():
                total[whose] += time
        return total


@dataclass
class _Sum:
    passes: int = 0
    times: Times = field(default_factory=lambda: dict.fromkeys(Whose, timedelta(0)))


def ticket_summary(ledger: Ledger, process: Process, calendar: Calendar) -> TicketSummary | None:
    """The summary of a ticket at an end of its process, None for any other. The process says which party's a branch
    is; one that it no longer has counts as the office's. What a ledger had to drop to fit its space is not counted."""
    if not ledger.visits or ledger.visits[-1].step not in process.ends:
        return None
    *visits, last = ledger.visits
    sums: dict[str, _Sum] = {}
    for visit in visits:
        one = sums.setdefault(visit.step, _Sum())
        one.passes += ledger.visit(visit.continues) is None
        for begin, end, whose in _parts(process, ledger, visit):
            open_time = calendar.elapsed(begin, end)
            one.times[whose] += open_time
            one.times[Whose.CLOSED] += (end - begin) - open_time
    return TicketSummary(
        outcome=last.step,
        began=(visits or [last])[0].first or (visits or [last])[0].began,
        ended=last.began,
        rounds=max(visit.round for visit in ledger.visits),
        steps=tuple(StepSummary(name, one.passes, one.times) for name, one in sums.items()),
    )


def _parts(process: Process, ledger: Ledger, visit: Visit) -> Iterator[tuple[datetime, datetime, Whose]]:
    """The parts of a visit, each with whose it was."""
    if visit.ended is None:
        return
    step = process.find_step(visit.step)
    branches = _branches(step, ledger, visit) if step is not None else ()
    pauses = [(p.begin, p.end or visit.ended, p.why) for p in command_pauses(visit)]
    moments = {visit.began, visit.ended, *(end for end, _ in branches if end is not None)}
    moments |= {moment for begin, end, _ in pauses for moment in (begin, end)}
    cuts = sorted(moment for moment in moments if visit.began <= moment <= visit.ended)
    for begin, end in pairwise(cuts):
        paused = next((why for since, until, why in pauses if since <= begin < until), None)
        if paused is not None:
            yield begin, end, Whose.VENDOR if paused == PauseReason.ON_VENDOR else Whose.OURS
        else:
            yield begin, end, _turn(step, visit, branches, begin)


def _turn(step: Step | None, visit: Visit, branches: tuple[tuple[datetime | None, str], ...], at: datetime) -> Whose:
    """Whose turn it was at a moment: the district's only where nobody else had anything to do."""
    if step is None:
        return Whose.DISTRICT if visit.step == WAITING else Whose.OURS if visit.step else Whose.OUTSIDE
    parties = {party for end, party in branches if end is None or end > at} or set(step.parties)
    return Whose.DISTRICT if parties == {DISTRICT} else Whose.OURS


def _branches(step: Step, ledger: Ledger, visit: Visit) -> tuple[tuple[datetime | None, str], ...]:
    """The branches that a visit had, as the ledger shows them: when each was finished, and whose it was."""
    chain = ledger.chain(visit)
    made = {name.args[0] for one in chain for name, _ in one.effects(Kind.SUBTASK) if name.args}
    plain = {b.name for b in step.branches if b.subtask is None and b.condition is None and b.for_each is None}
    withdrawn = {name for one in chain for name in one.withdrawn}
    found = []
    for name in sorted((made | plain | set(visit.finished)) - withdrawn):
        family = re.split("[~@]", name)[0]
        party = next((b.party for b in step.branches if b.name == family or family in b.was), "")
        record = visit.finished.get(name)
        found.append((record.at if record else None, party))
    return tuple(found)
