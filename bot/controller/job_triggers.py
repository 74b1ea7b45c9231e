"""When a periodic job runs next: APScheduler's triggers, asked for the moment that the job's agenda row is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

# No time zone skips or repeats this hour when its clocks change. In the repeated hour (2 AM in most of Europe),
# CronTrigger returns the same moment over and over.
NIGHT_HOUR = 4


def every(period: timedelta) -> BaseTrigger:
    """A trigger that fires `period` after the last run."""
    return IntervalTrigger(seconds=period.total_seconds(), timezone=UTC)


def each_night(zone: str) -> BaseTrigger:
    """A trigger that fires once a night, at 4:00 AM in the time zone of that name."""
    return CronTrigger(hour=NIGHT_HOUR, minute=0, second=0, timezone=zone)


def next_due(trigger: BaseTrigger, ran_at: datetime) -> datetime:
    """The first moment after `ran_at`, in UTC, at which the trigger fires.

    However many moments were missed before `ran_at`, they are that one run."""
    found: datetime = trigger.get_next_fire_time(ran_at, ran_at)
    return found.astimezone(UTC)
