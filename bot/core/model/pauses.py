"""When the clocks of a visit were paused, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.model.ledger import VENDOR, WAITING, CommandName, Ledger, PauseReason, PauseRecord, Visit


@dataclass(frozen=True)
class Pause:
    """A time in which a clock does not count; `end` is None while it lasts. `comment` is the id of the comment with the
    command that began it."""

    begin: datetime
    end: datetime | None
    why: PauseReason = PauseReason.OUTSIDE
    comment: str = ""


def pauses_of(ledger: Ledger, visit: Visit, more: Sequence[Pause] = (), branch: str = "") -> tuple[Pause, ...]:
    """Return the pauses of a visit and of those that it continues, and `more`, oldest first, without overlaps; only the
    last may be open. Those of one branch alone are left out, except those of `branch`."""
    pauses = [*more]
    for one in ledger.chain(visit):
        pauses += [*command_pauses(one, branch), *(Pause(p.begin, p.end, p.why) for p in one.pauses)]
    apart: list[Pause] = []
    for pause in sorted(pauses, key=lambda p: p.begin):
        last = apart[-1] if apart else None
        if last is None or (last.end is not None and last.end <= pause.begin):
            apart.append(pause)
        elif last.end is not None and (pause.end is None or pause.end > last.end):
            apart.append(replace(pause, begin=last.end))  # overlapping time counts once
    return tuple(apart)


def record_pause(ledger: Ledger, visit: Visit) -> None:
    """Record a pause between a new visit and the one that it continues, if the ticket was outside the steps or waited
    for the district in between."""
    earlier = ledger.visit(visit.continues)
    if earlier is None or earlier.ended is None:
        return
    between = ledger.visits[ledger.visits.index(earlier) + 1 :]
    if between and all(v.step in ("", WAITING) for v in between):
        why = PauseReason.OUTSIDE if any(not v.step for v in between) else PauseReason.AWAY
        visit.pauses.append(PauseRecord(earlier.ended, visit.began, why))


def command_pauses(visit: Visit, branch: str = "") -> list[Pause]:
    """Return the pauses that staff began with /hold in this visit: those of the whole step, and those of `branch`. Each
    ends with the /resume for the same, or with the visit."""
    return [*_pauses_by(visit, ""), *(_pauses_by(visit, branch) if branch else [])]


def _pauses_by(visit: Visit, branch: str) -> list[Pause]:
    pauses: list[Pause] = []
    for command in visit.commands:
        if command.branch != branch:
            continue
        if command.kind == CommandName.HOLD:
            why = PauseReason.ON_VENDOR if command.value == VENDOR else PauseReason.ON_HOLD
            pauses.append(Pause(command.at, visit.ended, why, command.comment))
        elif command.kind == CommandName.RESUME and pauses:
            last = pauses.pop()
            pauses.append(Pause(last.begin, command.at, last.why, last.comment))
    return pauses


def open_pause(visit: Visit, branch: str = "") -> Pause | None:
    """Return the pause by /hold that is still open in a visit for the whole step, or for `branch` alone; or None."""
    last = _pauses_by(visit, branch)[-1:]
    return last[0] if last and last[0].end is None else None
