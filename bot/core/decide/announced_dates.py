"""Keeps the office's word: which day a district was told, and what it is to hear when that day moves or passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.decide.drafts import Sending
from bot.core.decide.plan_builder import PlanBuilder
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import Clock, day_of
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.ledger import Visit
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import ASK, AUTO, NEVER
from bot.core.time.business_calendar import Calendar


@dataclass(frozen=True)
class AnnouncedDate:
    """That a part of the office's work, by its clock's name, would be done at a due moment."""

    due: datetime
    clock: str


def announced_date_of(progress: Progress) -> AnnouncedDate | None:
    """What the district was last told in the step that the ticket is in, or was in when it was taken out of the
    process; None where it was told of no day. What stands in a comment that is gone, or that is not public, was
    not told."""
    public = {c.id: c.created for c in progress.issue.comments if c.public}
    said = [
        (public[ref], *name.args[:2])  # when, which due moment, whose clock
        for visit in progress.ledger.chain(_step_visit(progress))
        for name, ref in visit.effects(Kind.ANNOUNCED)
        if ref in public
    ]
    if not said:
        return None
    newest = max(said)
    return AnnouncedDate(datetime.fromtimestamp(int(str(newest[1])), UTC), str(newest[2]))


def announced_by_draft(progress: Progress, draft: str) -> list[EffectName]:
    """How the effects are called by which a district is told of a day, once this draft is sent as it stands."""
    names = [name for v in progress.chain for name, ref in v.effects(Kind.DRAFTED) if ref == draft]
    return [EffectName.of(Kind.ANNOUNCED, *name.args) for name in names]


def is_stale(progress: Progress, sending: Sending, calendars: Mapping[str, Calendar]) -> bool:
    """Whether a draft that is to be sent as it stands names a day that is no longer right."""
    calendar = calendars[progress.process.calendar]
    for name in announced_by_draft(progress, sending.draft) if sending.whole else []:
        due, clock = name.args[:2]
        now = _clock(progress, clock)
        if now is None or now not in progress.counting or now.due <= progress.now:
            return True
        if day_of(datetime.fromtimestamp(int(due), UTC), calendar) != day_of(now.due, calendar):
            return True
    return False


def correct_announced_date(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> None:
    """Where the day that the district was told has moved or has passed, the words that say so: staff post them
    with /tell or, as the process says, the bot does."""
    progress = builder.progress
    announced, mode = _open_date(progress), progress.process.tell_district_when_late
    if not progress.visit.step:
        mode = ASK  # outside the process the bot says nothing to the district by itself
    if announced is None or builder.moves or builder.speaks() is not None:
        return
    calendar, clock = calendars[progress.process.calendar], _clock(progress, announced.clock)
    moves = clock in progress.counting and clock is not None and clock.due > progress.now
    if clock is not None and moves and (day := day_of(clock.due, calendar)) != day_of(announced.due, calendar):
        if mode == AUTO and not _settled(builder):
            return
        name = EffectName.of(Kind.DATE_MOVED, announced.due, day)  # within one day the words would be the same
        builder.correct(name, OwnTemplate.DATE_MOVED, mode == ASK, announced.due)
        builder.reasons.append("the day that the district was told has moved")
    elif progress.now >= _over(announced.due, calendar):
        name = EffectName.of(Kind.DATE_PASSED, announced.due)
        if any(name in visit.done for visit in progress.ledger.chain(_step_visit(progress))):
            return  # told before the ticket was taken out of the process
        builder.correct(name, OwnTemplate.DATE_PASSED, mode == ASK, announced.due, step=_title(progress))
        builder.reasons.append("the day that the district was told has passed")


def next_passing_date(progress: Progress, calendars: Mapping[str, Calendar]) -> datetime | None:
    """When the day that the district was told will have passed, None where nothing was promised or all is done."""
    announced = _open_date(progress)
    if announced is None:
        return None
    moment = _over(announced.due, calendars[progress.process.calendar])
    return moment if moment > progress.now else None


def _open_date(progress: Progress) -> AnnouncedDate | None:
    """The promise that is still to be kept: the work runs or, where it was decided, nobody has moved the ticket on."""
    announced = announced_date_of(progress)
    if announced is None or progress.waiting or progress.process.tell_district_when_late == NEVER:
        return None
    if progress.step is None:
        return None if progress.visit.step else announced  # at an end there is nothing to wait for
    clock = _clock(progress, announced.clock)
    undone = clock is not None and (clock.stopped is None or (not clock.branch and progress.visit.decided is not None))
    return announced if undone else None


def _step_visit(progress: Progress) -> Visit:
    """The stay in a step that the ticket is in, or that it was taken out of."""
    visits = progress.ledger.visits
    return progress.visit if progress.visit.step else next((v for v in reversed(visits) if v.step), progress.visit)


def _title(progress: Progress) -> str:
    """Of the step that the office works on, though the ticket may have been taken out of it."""
    name = _step_visit(progress).step
    step = progress.process.find_step(name)
    return step.title if step else ""


def _clock(progress: Progress, name: str) -> Clock | None:
    return next((c for c in progress.clocks if c.name == name), None)


def _settled(builder: PlanBuilder) -> bool:
    """Whether the newest order of staff is old enough to be told of: a slip of the hand that is put right is not."""
    progress = builder.progress
    newest = max((o.at for v in progress.chain for o in v.commands), default=None)
    until = newest + progress.people.office.grace_or_default if newest is not None else progress.now
    if progress.now >= until:
        return True
    builder.grace_until = min(builder.grace_until or until, until)
    return False


def _over(told: datetime, calendar: Calendar) -> datetime:
    """The first open moment after the day that was told: a promise is of a day, never of a minute."""
    midnight = datetime.combine(day_of(told, calendar) + timedelta(days=1), time(), ZoneInfo(calendar.zone))
    return calendar.next_open(midnight)
