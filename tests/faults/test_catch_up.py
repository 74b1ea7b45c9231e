"""What no webhook told is found: by the catch-up within one period of the search index showing it, else at night."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.controller.periodic_jobs import CAUGHT_UP, Periods
from bot.sandbox.accounts import BOT, CARLA, HANNA
from tests.faults.conftest import START, MakeRig
from tests.faults.proxy import CUT_BEFORE, STATUS
from tests.faults.rig import DISTRICT, Rig

RARELY = timedelta(days=30)
OFTEN = Periods(identity=RARELY, nightly=RARELY, pace=timedelta(0))
NIGHTLY = replace(OFTEN, catch_up=RARELY, nightly=timedelta(days=1))
NOBODY = b'{"issues": [], "isLast": true}'


def searches(rig: Rig) -> list[str]:
    """The JQL of every search, in order."""
    return [json.loads(asked.body)["jql"] for asked in rig.to_jira.seen if asked.path.endswith("/search/jql")]


def pass_minutes(rig: Rig, minutes: float) -> None:
    """Let time pass."""
    rig.advance(rig.clock.now() + timedelta(minutes=minutes))


def test_what_is_asked(make_rig: MakeRig) -> None:
    """Every five minutes: all types of the projects, from two hours before the last run on."""
    rig = make_rig(periods=OFTEN, webhooks=False)
    pass_minutes(rig, 10)
    asked = [jql for jql in searches(rig) if "updated" in jql]
    since = [START, START, START + timedelta(minutes=5)]
    millis = [int((moment - timedelta(hours=2)).timestamp() * 1000) for moment in since]
    assert asked == [f'project in ("DDE") AND updated >= {one} ORDER BY updated DESC' for one in millis]


@pytest.mark.parametrize("lag", [3, 119])
@pytest.mark.parametrize("act", ["comment", "subtask"])
def test_an_act_is_found_within_one_period_of_the_index_showing_it(act: str, lag: int, make_rig: MakeRig) -> None:
    """However late that is, within the window; what is done on a subtask counts to its ticket."""
    rig = make_rig(periods=OFTEN, webhooks=False)
    rig.site.search_lag = timedelta(minutes=lag)
    key = rig.site.open_request(CARLA, DISTRICT, status="SecureStor Folder").key

    def told() -> int:
        return sum(1 for c in rig.site.comments(key) if c.public and c.author == BOT)

    pass_minutes(rig, 2 * lag + 15)  # the index has caught up with the bot's own writes too
    assert told() == 1
    if act == "comment":
        rig.site.comment(CARLA, key, "STATUS")
    else:
        rig.site.transition(HANNA, rig.site.subtasks(key)[0], "Done")
    pass_minutes(rig, lag - 0.5)
    assert told() == 1
    pass_minutes(rig, 5.6)
    assert told() == 2


@pytest.mark.parametrize(
    "answer",
    [
        CUT_BEFORE,
        STATUS(200, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED", "Content-Type": "application/json"}, NOBODY),
        STATUS(200, {"Content-Type": "application/json"}, b'{"issues": [{"id": "1'),
        STATUS(200, {"Content-Type": "text/html"}, b"<html>maintenance</html>"),
    ],
    ids=["none", "for nobody", "half", "of another"],
)
def test_the_watermark_stays_where_a_run_was_not_complete(answer: Any, make_rig: MakeRig) -> None:
    """Nothing is taken for searched from an answer that Jira did not give to the bot, whole."""
    rig = make_rig(periods=OFTEN, webhooks=False)
    rig.settle()
    before = rig.bot.store.get_fact(CAUGHT_UP)
    rig.to_jira.rule(lambda asked: asked.path.endswith("/search/jql"), do=answer)
    rig.advance_unsettled(6)
    rig.wait_held()
    assert rig.bot.store.get_fact(CAUGHT_UP) == before
    rig.to_jira.clear()
    rig.settle()
    assert datetime.fromisoformat(rig.bot.store.get_fact(CAUGHT_UP)) == START + timedelta(minutes=6)


def test_a_deletion_is_found_at_night(make_rig: MakeRig) -> None:
    """A deleted subtask is in no search; the nightly pass sees that nobody owes it any more."""
    rig = make_rig(periods=NIGHTLY, webhooks=False)
    key = rig.site.open_request(CARLA, DISTRICT, status="SecureStor Folder").key
    pass_minutes(rig, 24 * 60 + 1)
    assert rig.site.issue(key).duedate is not None
    rig.site.delete_issue(HANNA, rig.site.subtasks(key)[0])
    pass_minutes(rig, 24 * 60)
    assert rig.site.issue(key).duedate is None
    assert len(rig.site.subtasks(key)) == 1


def test_the_nightly_pass_is_spread_over_its_period(make_rig: MakeRig) -> None:
    """Of six tickets one is looked at every four hours."""
    rig = make_rig(periods=NIGHTLY, webhooks=False)
    rig.settle()
    tickets = [rig.site.open_request(CARLA, f"{DISTRICT} {n}", status="Quality Review") for n in range(6)]
    looked: list[list[int]] = []
    rig.advance(START + timedelta(days=1))
    for hours in range(0, 24, 4):
        rig.advance(START + timedelta(days=1, hours=hours, minutes=1))
        looked.append([len(rig.site.comments(ticket)) + len(rig.site.issue(ticket).properties) for ticket in tickets])
    assert [sum(1 for n in one if n) for one in looked] == [1, 2, 3, 4, 5, 6]


def test_the_newest_act_is_looked_at_first(make_rig: MakeRig) -> None:
    """And what people do while the bot catches up does not wait until it is done."""
    rig = make_rig(periods=replace(OFTEN, pace=timedelta(seconds=1)), webhooks=False)
    rig.site.search_lag = timedelta(0)
    rig.settle()
    keys = []
    for n in range(5):
        rig.clock.advance(timedelta(seconds=20))
        keys.append(rig.site.open_request(CARLA, f"{DISTRICT} {n}").key)
    pass_minutes(rig, 6)
    greeted = sorted(keys, key=lambda key: int(rig.site.comments(key)[0].id))
    assert greeted == keys[::-1]
