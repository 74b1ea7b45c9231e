"""After a day without the bot each district hears at most one thing, and nothing that is no longer so."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.load import load
from bot.controller.periodic_jobs import Periods
from bot.jira import fuse
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.records import CommentRecord
from tests.faults.conftest import MakeRig
from tests.faults.rig import Rig

COUNT = int(os.environ.get("TICKETS", "36"))
SHIPPED = Path(__file__).parents[2] / "config"
DAILY = Periods(
    catch_up=timedelta(minutes=5),
    nightly=timedelta(days=30),
    identity=timedelta(days=30),
    prune=timedelta(days=30),
    pace=timedelta(seconds=0.25),
    spread=timedelta(0),
)

Act = Callable[[Rig, str], None]


def confirms(rig: Rig, key: str) -> None:
    """The contact answers while nobody listens."""
    rig.site.comment(CARLA, key, "Confirmed, thanks")


def moved_on(rig: Rig, key: str) -> None:
    """Staff do it themselves."""
    rig.site.transition(HANNA, key, "SecureStor Folder")


def there_and_back(rig: Rig, key: str) -> None:
    """Moved on, and back where it was: nothing is to be said."""
    rig.site.transition(HANNA, key, "SecureStor Folder")
    rig.clock.advance(timedelta(minutes=3))
    rig.site.transition(HANNA, key, "Confirming Files")


def far_on(rig: Rig, key: str) -> None:
    """Through two steps, of which only the last is still so."""
    rig.site.transition(HANNA, key, "SecureStor Folder")
    rig.clock.advance(timedelta(minutes=3))
    rig.site.transition(HANNA, key, "Initial File Review")


def asks_and_is_moved(rig: Rig, key: str) -> None:
    """A question that staff answer by what they do."""
    rig.site.comment(CARLA, key, "STATUS")
    rig.clock.advance(timedelta(minutes=3))
    rig.site.transition(HANNA, key, "SecureStor Folder")


def withdrawn(rig: Rig, key: str) -> None:
    """The ticket ended."""
    rig.site.comment(CARLA, key, "STATUS")
    rig.clock.advance(timedelta(minutes=3))
    rig.site.transition(HANNA, key, "Withdrawn")


ACTS: dict[Act, str] = {  # with words of what the district is told, "" for nothing
    confirms: "SecureStor folder",
    moved_on: "SecureStor folder",
    there_and_back: "",
    far_on: "We have received the files",
    asks_and_is_moved: "SecureStor folder",
    withdrawn: "",
}


def to_district(rig: Rig, key: str) -> list[CommentRecord]:
    """What the bot has said on a ticket to its district."""
    return [c for c in rig.site.comments(key) if c.public and c.author == BOT]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_after_a_day_without_the_bot(make_rig: MakeRig) -> None:
    """Of many moved tickets (TICKETS=n: so many) each district gets at most one comment, of where its ticket stands
    now, the newest act first. Where the fuse's hour is full, the others' staff are told instead."""
    shipped = load(SHIPPED)
    rig = make_rig(
        config=replace(shipped, office=replace(shipped.office, calls_per_second=1000)), periods=DAILY, webhooks=False
    )
    rig.site.search_lag = timedelta(0)
    keys = []
    for n in range(COUNT):
        keys.append(rig.site.open_request(CARLA, f"District {n}").key)
        rig.clock.advance(timedelta(seconds=61))  # as the fuse wants it
        if n % 20 == 19:
            rig.advance(rig.clock.now() + DAILY.catch_up)
    rig.advance(rig.clock.now() + 2 * DAILY.catch_up)
    before = {key: len(to_district(rig, key)) for key in keys}
    assert set(before.values()) == {1}
    rig.stop_bot()
    told: dict[str, str] = {}
    for n, key in enumerate(keys):
        rig.clock.advance(timedelta(minutes=20 * 60 / COUNT))
        act = list(ACTS)[n % len(ACTS)]
        act(rig, key)
        told[key] = ACTS[act]
    rig.clock.advance(timedelta(hours=2))
    rig.start_bot()
    rig.advance(rig.clock.now() + DAILY.catch_up + timedelta(minutes=1))
    fresh = {key: to_district(rig, key)[before[key] :] for key in keys}
    newest_first = [key for key in reversed(keys) if told[key]]
    heard, unrecognized = newest_first[: fuse.COMMENTS_AN_HOUR_ON_THE_SITE], newest_first[60:]
    assert {key: len(new) for key, new in fresh.items()} == {key: int(key in heard) for key in keys}
    assert [new[0].body for key, new in fresh.items() if new and told[key] not in new[0].body] == []
    assert sorted(heard, key=lambda key: int(fresh[key][0].id)) == heard
    notes = {key: [c.body for c in rig.site.comments(key) if not c.public and "given it up" in c.body] for key in keys}
    assert {key: len(texts) for key, texts in notes.items()} == {key: int(key in unrecognized) for key in keys}
