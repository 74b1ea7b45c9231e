"""Reminds a district whose turn it is, and asks the team to phone when reminders did not help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.history.progress import Progress
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.pauses import command_pauses, open_pause
from bot.core.model.process import DISTRICT
from bot.core.time.business_calendar import Calendar
from bot.core.time.goals import Goal


@dataclass(frozen=True)
class Reminder:
    """A reminder that is due: the name of its effect, whether the team is to phone instead of a comment to the
    district, when the district's turn began, how long it has lasted, and the earlier reminders that it replaces."""

    name: EffectName
    phone: bool
    since: datetime
    after: Goal
    passed: tuple[EffectName, ...]


def due_reminder(progress: Progress, calendars: Mapping[str, Calendar]) -> Reminder | None:
    """The latest reminder that has passed and was not given, also after an outage in which several passed; None if
    there is none."""
    passed_reminders = [(m, r) for m, r in _all_reminders(progress, calendars) if m <= progress.now]
    if not passed_reminders or progress.done(passed_reminders[-1][1].name):
        return None
    last = passed_reminders[-1][1]
    passed = tuple(r.name for _, r in passed_reminders[:-1] if not progress.done(r.name))
    return Reminder(last.name, last.phone, last.since, last.after, passed)


def next_reminder(progress: Progress, calendars: Mapping[str, Calendar]) -> datetime | None:
    """When the next reminder is due if nothing else happens; None if there is none."""
    return min((m for m, _ in _all_reminders(progress, calendars) if m > progress.now), default=None)


def _all_reminders(progress: Progress, calendars: Mapping[str, Calendar]) -> list[tuple[datetime, Reminder]]:
    reminders, since = progress.process.reminders, turn_since(progress)
    paused = open_pause(progress.visit) is not None or progress.begun.paused
    if reminders is None or since is None or paused:
        return []
    pauses = (*command_pauses(progress.visit), *progress.begun.pauses)
    since = max([since, *(pause.end for pause in pauses if pause.end is not None)])
    calendar, stamp = calendars[progress.process.calendar], int(since.timestamp())
    found = []
    for number, goal in enumerate(reminders.after, 1):
        at = calendar.next_open(calendar.due(since, goal))
        found.append((at, Reminder(EffectName.of(Kind.REMINDER, number, stamp), False, since, goal, ())))
    if reminders.call_after is not None:
        at = calendar.next_open(calendar.due(since, reminders.call_after))
        found.append((at, Reminder(EffectName.of(Kind.PHONE, stamp), True, since, reminders.call_after, ())))
    return sorted(found, key=lambda one: one[0])


def turn_since(progress: Progress) -> datetime | None:
    """When the turn became the district's alone; None if it is not.

    The turn begins once the comment that asks the district is posted: a feedback that waits for its findings does not
    begin it."""
    if progress.turn != (DISTRICT,) or progress.visit.decided is not None:
        return None
    if progress.review is not None and not progress.done(Kind.SAY):
        return None
    if progress.step is not None and progress.step.say and not progress.done(Kind.SAY):
        return None  # the district has not been asked yet
    staff_finishes = [b.at for b in progress.branches if b.branch.party != DISTRICT and b.at is not None]
    say_comments = {v.done[Kind.SAY] for v in progress.chain if Kind.SAY in v.done}
    comment_times = [c.created for c in progress.issue.comments if c.id in say_comments]
    return max([progress.visit.began, *staff_finishes, *comment_times])
