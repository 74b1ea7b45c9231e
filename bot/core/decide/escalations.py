"""Says which escalations are due: parts of a clock's time that are used up, each once a round, in open time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import Clock, after_pauses
from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.ledger import Visit
from bot.core.model.process import OPERATOR, Escalation
from bot.core.time.business_calendar import Calendar

_SHARE = re.compile(r"(?P<share>\d+)(?:\+.+)?")


@dataclass(frozen=True)
class DueEscalation:
    """An escalation of a clock that is due now. `repetition` counts its repetitions, and is 0 for one without any."""

    clock: Clock
    escalation: Escalation
    repetition: int

    @property
    def name(self) -> EffectName:
        """The name of its effect."""
        return EffectName.of(Kind.ESCALATION, *self._args())

    @property
    def message(self) -> EffectName:
        """The name of the effect that is its message outside Jira."""
        return EffectName.of(Kind.MESSAGE, *self._args())

    @property
    def share(self) -> int:
        """The share of the clock's time, in percent."""
        return _share(self.escalation)

    def _args(self) -> tuple[object, ...]:
        return (*_series(self.clock, self.escalation), *([self.repetition] if self.repetition else []))


@dataclass(frozen=True)
class _Handled:
    """An escalation that has happened or was given up, as the name of its effect says it. A series is the clock and the
    escalation without the number of a repetition."""

    series: tuple[str, str]
    share: int
    repetition: int

    @property
    def clock(self) -> str:
        return self.series[0]

    @classmethod
    def of(cls, name: EffectName) -> _Handled | None:
        """The escalation that an effect stands for; None for any other effect."""
        if name.kind != Kind.ESCALATION or len(name.args) not in (2, 3):
            return None
        clock, written, *repetition = name.args
        found = _SHARE.fullmatch(written)
        if found is None or not all(n.isdecimal() for n in repetition):
            return None
        return cls((clock, written), int(found["share"]), int(repetition[0]) if repetition else 0)


# -- when an escalation is due


def due_escalations(
    progress: Progress, calendars: Mapping[str, Calendar], parked: Collection[str]
) -> list[DueEscalation]:
    """For each running clock, the highest escalation that has passed, unless it or a higher one has already happened in
    this round. Two that passed at the same moment are both due. While the office is closed, only escalations for the
    operator alone are due."""
    return [
        due
        for clock in progress.counting
        for due in _pending(progress, clock, calendars, parked)
        if calendars[clock.calendar].is_open(progress.now) or _ignores_office_hours(due.escalation)
    ]


def next_moment(progress: Progress, calendars: Mapping[str, Calendar], parked: Collection[str]) -> datetime | None:
    """When an escalation is due next if nothing but time passes; None if no running clock has one left."""
    moments = []
    for clock in progress.counting:
        calendar = calendars[clock.calendar]
        if not calendar.is_open(progress.now) and _pending(progress, clock, calendars, parked):
            moments.append(calendar.next_open(progress.now))
        for escalation in _escalations(progress, clock):
            upcoming = _upcoming(progress, clock, escalation, calendar, parked)
            moments += upcoming if _ignores_office_hours(escalation) else map(calendar.next_open, upcoming)
    return min((m for m in moments if m > progress.now), default=None)


def first_moment(clock: Clock, escalation: Escalation, calendars: Mapping[str, Calendar]) -> datetime | None:
    """The first moment, in open time, at which an escalation of a clock is due; None if it never is."""
    calendar = calendars[clock.calendar]
    at = _moment(clock, escalation, calendar, 1)
    return calendar.next_open(at) if at is not None else None


def has_happened(progress: Progress, clock: Clock, escalation: Escalation, parked: Collection[str]) -> bool:
    """Whether an escalation of a clock, or a repetition of it, has happened or was given up in this round."""
    series, share = _series(clock, escalation), _share(escalation)
    return any(
        handled.series == series or (handled.repetition and handled.clock == clock.name and handled.share == share)
        for handled in _handled(progress, parked)
    )


def _ignores_office_hours(escalation: Escalation) -> bool:
    """Whether the escalation is for the operator alone, who can be reached outside office hours."""
    return escalation.tell == OPERATOR and escalation.label is None and escalation.notify is None


def _escalations(progress: Progress, clock: Clock) -> tuple[Escalation, ...]:
    return progress.step.escalations_of(clock.branch) if progress.step else ()


def _pending(
    progress: Progress, clock: Clock, calendars: Mapping[str, Calendar], parked: Collection[str]
) -> list[DueEscalation]:
    """The highest escalations of a clock that have passed and not yet happened, whether or not the office is open."""
    calendar = calendars[clock.calendar]
    passed: list[tuple[datetime, float, DueEscalation]] = []
    for escalation in _escalations(progress, clock):
        repetition = _repetitions_passed(clock, escalation, calendar, progress.now)
        at = _moment(clock, escalation, calendar, repetition)
        if at is not None and at <= progress.now and (repetition or not escalation.every):
            passed.append((at, escalation.at, DueEscalation(clock, escalation, repetition)))
    top = max((p[:2] for p in passed), default=None)
    return [due for *rank, due in passed if tuple(rank) == top and not _is_handled(progress, due, parked)]


def _is_handled(progress: Progress, due: DueEscalation, parked: Collection[str]) -> bool:
    """Whether an escalation, or one that makes it unnecessary, has happened or was given up, even if its moment has
    moved since."""
    share, series = due.share, _series(due.clock, due.escalation)
    for handled in _handled(progress, parked):
        if handled.series == series:
            if due.repetition <= handled.repetition:
                return True
        elif not due.repetition and handled.clock == due.clock.name and handled.share >= share:
            return True
    return False


def _upcoming(
    progress: Progress, clock: Clock, escalation: Escalation, calendar: Calendar, parked: Collection[str]
) -> Iterator[datetime]:
    """The moments at which an escalation is due for the first or the next time, or its label is set again."""
    if escalation.every is None:
        yield clock.moment(calendar, escalation.at)
        return
    following, series = _repetitions_passed(clock, escalation, calendar, progress.now) + 1, _series(clock, escalation)
    last = max((handled.repetition for handled in _handled(progress, parked) if handled.series == series), default=0)
    for repetition in {max(following, last + 1), *([following] if escalation.label else [])}:
        at = _moment(clock, escalation, calendar, repetition)
        if at is not None:
            yield at


def _repetitions_passed(clock: Clock, escalation: Escalation, calendar: Calendar, now: datetime) -> int:
    """How many repetitions of an escalation have passed."""

    def has(repetition: int) -> bool:
        at = _moment(clock, escalation, calendar, repetition)
        return at is not None and at <= now

    low, high = 0, 1  # low has passed (0 always has); high may not have
    if not escalation.every:
        return 0
    while has(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if has(middle) else (low, middle)
    return low


def _moment(clock: Clock, escalation: Escalation, calendar: Calendar, repetition: int) -> datetime | None:
    """The moment of an escalation, or of a repetition of it, which a pause moves as it moves the due moment; None if it
    is further away than any goal may be."""
    base = clock.moment(calendar, escalation.at)
    if escalation.every is None or not repetition:
        return base
    count = escalation.every.high * repetition
    try:
        goal = replace(escalation.every, low=count, high=count)
    except ValueError:
        return None
    later = tuple(p for p in clock.pauses if p.begin >= base)
    return after_pauses(calendar, goal, calendar.due(base, goal), later)


# -- escalations in the ledger


def _share(escalation: Escalation) -> int:
    return round(escalation.at * 100)


def _series(clock: Clock, escalation: Escalation) -> tuple[str, str]:
    """What an escalation of a clock is called in the ledger, without the number of a repetition."""
    every = f"+{str(escalation.every).replace(' ', '-')}" if escalation.every else ""
    return clock.name, f"{_share(escalation)}{every}"


def _handled(progress: Progress, parked: Collection[str]) -> list[_Handled]:
    """The escalations that have happened or were given up in this round."""
    visits = {v.id for v in progress.chain}
    names = [EffectName(name) for v in progress.chain for name in v.done]
    names += [effect.name for effect in map(EffectId, parked) if effect.visit_id in visits]
    return [handled for name in names if (handled := _Handled.of(name)) is not None]


def forget_repetitions(visits: Collection[Visit]) -> None:
    """Remove from these visits every repetition but the last of each escalation, because a ledger has little room and
    the last one implies the others. `visits` belong to the plan and are changed."""
    last: dict[tuple[str, str], int] = {}
    repeated = [
        (visit, name, handled)
        for visit in visits
        for name in visit.done
        if (handled := _Handled.of(EffectName(name))) is not None and handled.repetition
    ]
    for _, _, handled in repeated:
        last[handled.series] = max(last.get(handled.series, 0), handled.repetition)
    for visit, name, handled in repeated:
        if handled.repetition < last[handled.series]:
            del visit.done[name]
