"""When the clocks of a stay stood still, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.model.ledger import VENDOR, WAITING, CommandName, Ledger, PauseReason, Stretch, Visit


@dataclass(frozen=True)
class Pause:
    """A time in which nothing is spent; `end` is None while it lasts. `comment` is the order that began it."""

    begin: datetime
    end: datetime | None
    why: PauseReason = PauseReason.OUTSIDE
    comment: str = ""


def pauses_of(ledger: Ledger, visit: Visit) -> tuple[Pause, ...]:
    """The pauses of a stay and of those that it goes on with, oldest first; only the last may still last."""
    pauses = []
    for stay in ledger.chain(visit):
        pauses += [*command_pauses(stay), *(Pause(p.begin, p.end, p.why) for p in stay.pauses)]
    apart: list[Pause] = []
    for pause in sorted(pauses, key=lambda p: p.begin):
        last = apart[-1] if apart else None
        if last is None or (last.end is not None and last.end <= pause.begin):
            apart.append(pause)
        elif last.end is not None and (pause.end is None or pause.end > last.end):
            apart.append(replace(pause, begin=last.end))  # no time is left out twice
    return tuple(apart)


def note_pause(ledger: Ledger, visit: Visit) -> None:
    """Write down, as a stay begins that goes on with another, that nothing was spent between the two: the ticket was
    in no step, or waited for the district."""
    earlier = ledger.visit(visit.continues)
    if earlier is None or earlier.ended is None:
        return
    between = ledger.visits[ledger.visits.index(earlier) + 1 :]
    if between and all(v.step in ("", WAITING) for v in between):
        why = PauseReason.OUTSIDE if any(not v.step for v in between) else PauseReason.AWAY
        visit.pauses.append(Stretch(earlier.ended, visit.began, why))


def command_pauses(visit: Visit) -> list[Pause]:
    """The times in which staff had put this stay on hold. A hold ends with its stay at the latest."""
    holds: list[Pause] = []
    for order in visit.commands:
        if order.kind == CommandName.HOLD:
            why = PauseReason.ON_VENDOR if order.value == VENDOR else PauseReason.ON_HOLD
            holds.append(Pause(order.at, visit.ended, why, order.comment))
        elif order.kind == CommandName.RESUME and holds:
            last = holds.pop()
            holds.append(Pause(last.begin, order.at, last.why, last.comment))
    return holds


def open_pause(visit: Visit) -> Pause | None:
    """The hold that lasts in a stay, None where there is none."""
    last = command_pauses(visit)[-1:]
    return last[0] if last and last[0].end is None else None
