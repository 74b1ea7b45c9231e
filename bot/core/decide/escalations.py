"""When the parts of a clock's time are used, and who hears of it: each once a round, in the calendar's open time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.decide.plan_builder import PlanBuilder
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import Clock, shifted
from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.effects import Notify
from bot.core.model.ledger import Visit
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import LEAD, OPERATOR, Escalation, Office
from bot.core.time.business_calendar import Calendar

_SHARE = re.compile(r"(?P<share>\d+)(?:\+.+)?")


@dataclass(frozen=True)
class DueEscalation:
    """An escalation of a clock that is to happen now; `number` counts its repetitions, 0 where it has none."""

    clock: Clock
    escalation: Escalation
    number: int = 0

    @property
    def name(self) -> EffectName:
        """The name of its effect."""
        return EffectName.of(Kind.ESCALATION, *self._args())

    @property
    def message(self) -> EffectName:
        """The name of its message outside Jira."""
        return EffectName.of(Kind.MESSAGE, *self._args())

    def _args(self) -> tuple[object, ...]:
        return (*_series(self.clock, self.escalation), *([self.number] if self.number else []))


@dataclass(frozen=True)
class _Spent:
    """An escalation that happened, or was given up, as its effect's name tells it: the clock and what is written of
    the escalation itself, its share of the time, and the number of the repetition."""

    series: tuple[str, str]
    share: int
    number: int = 0

    @property
    def clock(self) -> str:
        return self.series[0]

    @classmethod
    def of(cls, name: EffectName) -> _Spent | None:
        """None where the name is another effect's."""
        if name.kind != Kind.ESCALATION or len(name.args) not in (2, 3):
            return None
        clock, written, *number = name.args
        found = _SHARE.fullmatch(written)
        if found is None or not all(n.isdecimal() for n in number):
            return None
        return cls((clock, written), int(found["share"]), int(number[0]) if number else 0)


# -- when


def due_escalations(
    progress: Progress, calendars: Mapping[str, Calendar], parked: Collection[str]
) -> list[DueEscalation]:
    """For each clock that runs, the highest escalation that has passed, unless it happened in this round already,
    or a higher one did. Two that passed at one moment both happen. While the office is closed nothing does but what
    the operator alone hears of."""
    return [
        flag
        for clock in progress.counting
        for flag in _waiting(progress, clock, calendars, parked)
        if calendars[clock.calendar].is_open(progress.now) or _at_any_hour(flag.escalation)
    ]


def next_moment(progress: Progress, calendars: Mapping[str, Calendar], parked: Collection[str]) -> datetime | None:
    """When time alone next changes something on a clock that runs; None where it does not."""
    moments = []
    for clock in progress.counting:
        calendar = calendars[clock.calendar]
        if not calendar.is_open(progress.now) and _waiting(progress, clock, calendars, parked):
            moments.append(calendar.next_open(progress.now))
        for escalation in _escalations(progress, clock):
            coming = _coming(progress, clock, escalation, calendar, parked)
            moments += coming if _at_any_hour(escalation) else map(calendar.next_open, coming)
    return min((m for m in moments if m > progress.now), default=None)


def counts_from(clock: Clock, escalation: Escalation, calendars: Mapping[str, Calendar]) -> datetime | None:
    """The moment in open time at which an escalation first happens on a clock; None where it never does."""
    calendar = calendars[clock.calendar]
    at = _moment(clock, escalation, calendar, 1 if escalation.every else 0)
    return calendar.next_open(at) if at is not None else None


def fired(progress: Progress, clock: Clock, escalation: Escalation, parked: Collection[str]) -> bool:
    """Whether an escalation has happened on a clock in this round, by itself or with what repeats it, or was given
    up."""
    series, share = _series(clock, escalation), _share(escalation)
    return any(
        spent.series == series or (spent.number and spent.clock == clock.name and spent.share == share)
        for spent in _spent(progress, parked)
    )


def _at_any_hour(escalation: Escalation) -> bool:
    """Whether it concerns the operator alone, who is not bound to the office's hours."""
    return escalation.tell == OPERATOR and escalation.label is None and escalation.notify is None


def _escalations(progress: Progress, clock: Clock) -> tuple[Escalation, ...]:
    return progress.step.escalations_of(clock.branch) if progress.step else ()


def _waiting(
    progress: Progress, clock: Clock, calendars: Mapping[str, Calendar], parked: Collection[str]
) -> list[DueEscalation]:
    """What has passed last on a clock and did not happen yet, whether the office is open or not."""
    calendar = calendars[clock.calendar]
    passed: list[tuple[datetime, float, DueEscalation]] = []
    for escalation in _escalations(progress, clock):
        number = _passed(clock, escalation, calendar, progress.now)
        at = _moment(clock, escalation, calendar, number)
        if at is not None and at <= progress.now and (number or not escalation.every):
            passed.append((at, escalation.at, DueEscalation(clock, escalation, number)))
    top = max((p[:2] for p in passed), default=None)
    return [flag for *rank, flag in passed if tuple(rank) == top and not _is_spent(progress, flag, parked)]


def _is_spent(progress: Progress, flag: DueEscalation, parked: Collection[str]) -> bool:
    """Whether it happened, or one that makes it superfluous did, though people have moved its moment since."""
    share, series = _share(flag.escalation), _series(flag.clock, flag.escalation)
    for spent in _spent(progress, parked):
        if spent.series == series:
            if flag.number <= spent.number:
                return True
        elif not flag.number and spent.clock == flag.clock.name and spent.share >= share:
            return True
    return False


def _coming(
    progress: Progress, clock: Clock, escalation: Escalation, calendar: Calendar, parked: Collection[str]
) -> Iterator[datetime]:
    """The moments at which an escalation's label may stand again, or it happens for the first or the next time."""
    number = _passed(clock, escalation, calendar, progress.now) + 1 if escalation.every else 0
    numbers = {number}
    if escalation.every:
        series = _series(clock, escalation)
        last = max((spent.number for spent in _spent(progress, parked) if spent.series == series), default=0)
        numbers = {max(number, last + 1), *([number] if escalation.label else [])}
    for one in numbers:
        at = _moment(clock, escalation, calendar, one)
        if at is not None:
            yield at


def _passed(clock: Clock, escalation: Escalation, calendar: Calendar, now: datetime) -> int:
    """How many repetitions of an escalation have passed."""

    def has(number: int) -> bool:
        at = _moment(clock, escalation, calendar, number)
        return at is not None and at <= now

    low, high = 0, 1  # the one before the first has passed, or none has
    if not escalation.every:
        return 0
    while has(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if has(middle) else (low, middle)
    return low


def _moment(clock: Clock, escalation: Escalation, calendar: Calendar, number: int) -> datetime | None:
    """The moment of an escalation or of a repetition of it, which a hold moves on like the due moment; None for
    one that lies further ahead than any goal may."""
    base = clock.moment(calendar, escalation.at)
    if escalation.every is None or not number:
        return base
    count = escalation.every.high * number
    try:
        goal = replace(escalation.every, low=count, high=count)
    except ValueError:
        return None
    later = tuple(p for p in clock.pauses if p.begin >= base)
    return shifted(calendar, goal, calendar.due(base, goal), later)


# -- what is written down


def _share(escalation: Escalation) -> int:
    return round(escalation.at * 100)


def _series(clock: Clock, escalation: Escalation) -> tuple[str, str]:
    """What an escalation of a clock is called in the ledger, without the number of a repetition."""
    every = f"+{str(escalation.every).replace(' ', '-')}" if escalation.every else ""
    return clock.name, f"{_share(escalation)}{every}"


def _spent(progress: Progress, parked: Collection[str]) -> list[_Spent]:
    """What happened in this round, or was given up in it."""
    visits = {v.id for v in progress.chain}
    names = [EffectName(name) for v in progress.chain for name in v.done]
    names += [effect.name for effect in map(EffectId, parked) if effect.visit_id in visits]
    return [spent for name in names if (spent := _Spent.of(name)) is not None]


def forget_repetitions(visits: Collection[Visit]) -> None:
    """Keep of each repeated escalation the last that happened, since the ledger has little room and the last one says
    it all; `visits` are the plan's own, and are changed."""
    last: dict[tuple[str, str], int] = {}
    repeated = [
        (visit, name, spent)
        for visit in visits
        for name in visit.done
        if (spent := _Spent.of(EffectName(name))) is not None and spent.number
    ]
    for _, _, spent in repeated:
        last[spent.series] = max(last.get(spent.series, 0), spent.number)
    for visit, name, spent in repeated:
        if spent.number < last[spent.series]:
            del visit.done[name]


# -- who hears of it


def tell(builder: PlanBuilder, due_now: list[DueEscalation], office: Office) -> None:
    """Wish the comments and messages of what happens now. A message goes before the comment, which with the ledger
    says that all of it is done."""
    for flag in due_now:
        if flag.escalation.notify is not None:
            _notify(builder, flag, flag.escalation.notify)
        if flag.escalation.tell == OPERATOR:
            _tell_operator(builder, flag)
        elif flag.escalation.tell is not None:
            _tell_team(builder, flag, flag.escalation.tell, office)


def note(builder: PlanBuilder, due_now: list[DueEscalation]) -> None:
    """What somebody in Jira or the operator is told of is done with that; all else with the label."""
    told = builder.progress.live
    builder.noted += [builder.id(f.name) for f in due_now if not told or f.escalation.tell is None]


def _notify(builder: PlanBuilder, flag: DueEscalation, channel: str) -> None:
    """A message to people: what it is and where to find it, and no word that stands in the ticket."""
    progress, state = builder.progress, _state(flag, builder.progress.now)
    if not builder.open(flag.message):
        return
    title = progress.step.title if progress.step else ""
    place = f"{title}, round {progress.visit.round}" if progress.visit.round else title
    key, calendar = progress.issue.key, flag.clock.calendar
    ids = (builder.id(flag.message),)
    builder.effects.append(Notify(ids, channel, f"{key}: {state}", f"{place}.", flag.clock.due, calendar, key))
    builder.reasons.append(f"{what_is_due(progress, flag.clock)}: {state}")


def _tell_operator(builder: PlanBuilder, flag: DueEscalation) -> None:
    progress, state = builder.progress, _state(flag, builder.progress.now)
    title = progress.step.title if progress.step else ""
    # No word of a ticket leaves Jira this way, not even its key.
    body = f"The step {title}: {state}."
    builder.effects.append(Notify((builder.id(flag.name),), OPERATOR, f"{progress.process.title}: {state}", body))
    builder.reasons.append(f"{what_is_due(progress, flag.clock)}: {state}")


def _tell_team(builder: PlanBuilder, flag: DueEscalation, who: str, office: Office) -> None:
    progress, clock = builder.progress, flag.clock
    parties = _owing(progress, flag) if who == "team" else (who,)
    told = [office.teams[p].accounts for p in parties if p in office.teams]
    accounts = office.lead if parties == (LEAD,) else tuple(dict.fromkeys(a for each in told for a in each))
    builder.say(
        [flag.name],
        OwnTemplate.OVERDUE,
        public=False,
        what=what_is_due(progress, clock),
        since=clock.due if progress.now >= clock.due else None,
        due=clock.due,
        share=_share(flag.escalation),
        again=bool(flag.number),
        started=clock.started,
        goal=str(clock.goal),
        accounts=accounts,
    )
    builder.reasons.append(f"{what_is_due(progress, clock)}: {_state(flag, progress.now)}")


def _owing(progress: Progress, flag: DueEscalation) -> tuple[str, ...]:
    """Whose goal it is that is used up: the branch's party or, for a step's own, the parties who are not done."""
    return (flag.clock.team,) if flag.clock.branch else progress.turn


def _state(flag: DueEscalation, now: datetime) -> str:
    """How a clock stands, in words."""
    if now >= flag.clock.due:
        return "still overdue" if flag.number else "overdue"
    return "not finished yet" if flag.number else f"{_share(flag.escalation)}% of the time is used"


def what_is_due(progress: Progress, clock: Clock) -> str:
    """What a clock measures, in words for staff."""
    title = progress.step.title if progress.step else ""
    if clock.branch:
        state = next(b for b in progress.branches if b.branch.name == clock.branch)
        return state.subtask.summary if state.subtask else f"{title} ({clock.branch})"
    return f"{title}, round {progress.visit.round}" if progress.visit.round else title
