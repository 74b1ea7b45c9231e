"""When a periodic job is due next, on nights that the clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.controller.job_triggers import each_night, every, next_due

CHICAGO = ZoneInfo("America/Chicago")
# Between them, these change their clocks at midnight, 1:00, 2:00, 2:45, 3:00 and by half an hour or two hours.
ZONES = [
    "America/Chicago",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Antarctica/Troll",
    "America/Havana",
    "Africa/Cairo",
    "UTC",
]


@pytest.mark.parametrize("zone", ZONES)
def test_each_night_has_one_pass(zone: str) -> None:
    """Also the nights that have 23 or 25 hours: 4:00 AM local, on one date after the other."""
    trigger, moment = each_night(zone), datetime(2026, 1, 1, 12, tzinfo=UTC)
    nights = []
    for _ in range(400):
        moment = next_due(trigger, moment)
        nights.append(moment.astimezone(ZoneInfo(zone)))
    assert {(night.hour, night.minute, night.second) for night in nights} == {(4, 0, 0)}
    assert {later.date() - night.date() for night, later in pairwise(nights)} == {timedelta(days=1)}


@pytest.mark.parametrize(
    ("ran", "due"),
    [
        ("2026-01-05 15:00", "2026-01-06 04:00"),
        ("2026-01-06 03:59", "2026-01-06 04:00"),
        ("2026-01-06 04:00", "2026-01-07 04:00"),
        ("2026-01-06 04:20", "2026-01-07 04:00"),
        ("2026-03-08 01:30", "2026-03-08 04:00"),  # an hour and a half later: 2:00 to 3:00 is skipped
        ("2026-11-01 01:30", "2026-11-01 04:00"),
    ],
)
def test_the_night_after_a_run(ran: str, due: str) -> None:
    """Whenever the last pass ran, the next one is at the first 4:00 AM after it."""
    moment = datetime.fromisoformat(ran).replace(tzinfo=CHICAGO)
    assert next_due(each_night("America/Chicago"), moment) == datetime.fromisoformat(due).replace(tzinfo=CHICAGO)


def test_a_period_counts_from_the_last_run() -> None:
    """Five minutes after a run that was late it is due again, not at each moment that was missed."""
    late = datetime(2026, 1, 5, 15, 3, 20, 500_000, tzinfo=UTC)
    assert next_due(every(timedelta(minutes=5)), late) == late + timedelta(minutes=5)
