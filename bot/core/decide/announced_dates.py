"""Tracks the date announced to a district, and corrects it when that date moves or passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.decide.drafts import DraftRelease
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
    """The due moment by which a part of the office's work, named by its clock, was announced to be done."""

    due: datetime
    clock: str


def announced_date_of(progress: Progress) -> AnnouncedDate | None:
    """The date last announced to the district in the current step or, outside the process, in the step that the ticket
    was taken out of; None if no date was announced. A comment that was deleted or is not public does not count."""
    public = {c.id: c.created for c in progress.issue.comments if c.public}
    announcements = [
        (public[ref], *name.args[:2])  # when it was announced, the due moment, the clock
        for visit in progress.ledger.chain(_step_visit(progress))
        for name, ref in visit.effects(Kind.ANNOUNCED)
        if ref in public
    ]
    if not announcements:
        return None
    newest = max(announcements)
    return AnnouncedDate(datetime.fromtimestamp(int(str(newest[1])), UTC), str(newest[2]))


def announced_by_draft(progress: Progress, draft: str) -> list[EffectName]:
    """The names of the effects that are done, and so announce a date, once this draft is sent unchanged."""
    names = [name for v in progress.chain for name, ref in v.effects(Kind.DRAFTED) if ref == draft]
    return [EffectName.of(Kind.ANNOUNCED, *name.args) for name in names]


def is_stale(progress: Progress, release: DraftRelease, calendars: Mapping[str, Calendar]) -> bool:
    """Whether a draft that is about to be sent unchanged names a date that is no longer right."""
    calendar = calendars[progress.process.calendar]
    for name in announced_by_draft(progress, release.draft) if release.unchanged else []:
        due, clock = name.args[:2]
        now = _clock(progress, clock)
        if now is None or now not in progress.counting or now.due <= progress.now:
            return True
        if day_of(datetime.fromtimestamp(int(due), UTC), calendar) != day_of(now.due, calendar):
            return True
    return False


def correct_announced_date(builder: PlanBuilder, calendars: Mapping[str, Calendar]) -> None:
    """Plan a correction when the announced date has moved or passed. Staff post it with /tell or, if the process says
    so, the bot posts it."""
    progress = builder.progress
    announced, mode = _pending_date(progress), progress.process.tell_district_when_late
    if progress.outside:
        mode = ASK  # outside the process the bot does not write to the district on its own
    if announced is None or builder.moves_ticket or builder.index_of_district_comment() is not None:
        return
    calendar, clock = calendars[progress.process.calendar], _clock(progress, announced.clock)
    still_due = clock in progress.counting and clock is not None and clock.due > progress.now
    if clock is not None and still_due and (day := day_of(clock.due, calendar)) != day_of(announced.due, calendar):
        if mode == AUTO and not _commands_settled(builder):
            return
        name = EffectName.of(Kind.DATE_MOVED, announced.due, day)  # two due moments on one day need no correction
        builder.say_correction(name, OwnTemplate.DATE_MOVED, mode == ASK, announced.due)
        builder.reasons.append("the date announced to the district has moved")
    elif progress.now >= _passes_at(announced.due, calendar):
        name = EffectName.of(Kind.DATE_PASSED, announced.due)
        if any(name in visit.done for visit in progress.ledger.chain(_step_visit(progress))):
            return  # announced before the ticket was taken out of the process
        builder.say_correction(name, OwnTemplate.DATE_PASSED, mode == ASK, announced.due, step=_step_title(progress))
        builder.reasons.append("the date announced to the district has passed")


def next_passing_date(progress: Progress, calendars: Mapping[str, Calendar]) -> datetime | None:
    """When the announced date will have passed; None if no date is announced, the work is done, or the date has passed
    already."""
    announced = _pending_date(progress)
    if announced is None:
        return None
    moment = _passes_at(announced.due, calendars[progress.process.calendar])
    return moment if moment > progress.now else None


def _pending_date(progress: Progress) -> AnnouncedDate | None:
    """The announced date whose work is not finished: its clock is running, or it was decided and nobody has moved the
    ticket on."""
    announced = announced_date_of(progress)
    if announced is None or progress.waiting or progress.process.tell_district_when_late == NEVER:
        return None
    if progress.step is None:
        return announced if progress.outside else None  # at an end there is nothing left to do
    clock = _clock(progress, announced.clock)
    unfinished = clock is not None and (
        clock.stopped is None or (not clock.branch and progress.visit.decided is not None)
    )
    return announced if unfinished else None


def _step_visit(progress: Progress) -> Visit:
    """The visit to a step that the ticket is in or, outside the process, was taken out of."""
    visits = progress.ledger.visits
    return progress.visit if progress.visit.step else next((v for v in reversed(visits) if v.step), progress.visit)


def _step_title(progress: Progress) -> str:
    """The title of the step that the office works on, even if the ticket was taken out of it."""
    name = _step_visit(progress).step
    step = progress.process.find_step(name)
    return step.title if step else ""


def _clock(progress: Progress, name: str) -> Clock | None:
    return next((c for c in progress.clocks if c.name == name), None)


def _commands_settled(builder: PlanBuilder) -> bool:
    """Whether the newest staff command is older than the grace, so that a slip that is fixed at once is never
    announced. If it is not, the plan is made again when the grace is over."""
    progress = builder.progress
    newest = max((command.at for v in progress.chain for command in v.commands), default=None)
    until = newest + progress.people.office.grace_or_default if newest is not None else progress.now
    if progress.now >= until:
        return True
    builder.grace_until = min(builder.grace_until or until, until)
    return False


def _passes_at(announced_due: datetime, calendar: Calendar) -> datetime:
    """The first open moment after the announced day: what is announced is a day, never a minute."""
    midnight = datetime.combine(day_of(announced_due, calendar) + timedelta(days=1), time(), ZoneInfo(calendar.zone))
    return calendar.next_open(midnight)
