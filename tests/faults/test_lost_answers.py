"""Jira does what was asked and the answer is lost, or it does it after the bot has given up: nothing is doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from bot.jira.client import JiraClient
from bot.jira.transport import Timeouts
from bot.sandbox.accounts import BOT, CARLA, HANNA
from tests.faults.proxy import CUT_AFTER, CUT_BEFORE, DRIP, HOLD_UNTIL, PATIENCE, STATUS_AFTER, Exchange, Request
from tests.faults.rig import DISTRICT, KINDS, Match, Rig, end_state, is_write, landed_late, play, sent, writes


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_lost_after_the_write(kind: str, rig: Rig, clean: dict[str, Any]) -> None:
    """The first answer of each kind of write is lost: in the end Jira holds what it holds without that."""
    lost = rig.to_jira.rule(lambda asked: writes(rig)[kind](asked), do=CUT_AFTER, times=1)
    key = play(rig, until=KINDS[kind])
    assert lost.used == 1
    assert end_state(rig.site, key) == clean[KINDS[kind]]


@pytest.mark.parametrize("kinds", [[*KINDS][::2], [*KINDS][1::2]], ids=" and ".join)
def test_a_write_that_lands_after_the_client_gave_up(kinds: list[str], rig: Rig, clean: dict[str, Any]) -> None:
    """The bot is cut off, and only later Jira does what it had asked: it is found, and not asked for again."""

    def hold(exchange: Exchange) -> None:
        release, landed = threading.Event(), threading.Event()
        rig.late.append(landed_late(release, landed))
        HOLD_UNTIL(release, cut=True)(exchange)
        landed.set()

    def first_of(kind: str) -> Match:
        return lambda asked: writes(rig)[kind](asked)

    rules = [rig.to_jira.rule(first_of(kind), do=hold, times=1) for kind in kinds]
    key = play(rig)
    assert [rule.used for rule in rules] == [1, 1, 1]
    assert not rig.late
    assert end_state(rig.site, key) == clean["end"]


def hang_after(exchange: Exchange) -> None:
    """Jira does what was asked, and then no byte of its answer comes."""
    exchange.forward()
    exchange.wait(PATIENCE)


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        pytest.param(CUT_BEFORE, 30.0, id="cut before"),
        pytest.param(STATUS_AFTER(502), 30.0, id="502 after"),
        pytest.param(hang_after, 0.5, id="read time-out", marks=pytest.mark.slow),  # each write waits for its end
        pytest.param(DRIP(20), 0.5, id="drips", marks=pytest.mark.slow),
    ],
)
def test_the_first_answer_to_every_write_is_lost(
    fault: Any, seconds: float, make_rig: Callable[..., Rig], clean: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the wire fails, and whether Jira had done it or not: the end is the same. That a call ends
    after 30 s at the latest is tested of the client; here it waits less long."""
    monkeypatch.setattr(JiraClient.__init__, "__defaults__", (Timeouts(read=seconds, total=seconds), None))
    rig = make_rig()
    seen: set[tuple[str, bytes]] = set()

    def first(asked: Request) -> bool:
        fresh = is_write(asked) and (asked.path, asked.body) not in seen
        seen.add((asked.path, asked.body))
        return fresh

    rule = rig.to_jira.rule(first, do=fault)
    key = play(rig)
    assert rule.used >= 12
    assert end_state(rig.site, key) == clean["end"]


@pytest.mark.parametrize(("fault", "posts"), [(CUT_AFTER, 1), (CUT_BEFORE, 2)], ids=["it landed", "it did not"])
def test_a_lost_call_is_settled_after_90_seconds_of_machine_time(fault: Any, posts: int, rig: Rig) -> None:
    """Before that nothing is sent again; then its mark decides whether it is."""
    comment = writes(rig)["public comment"]
    rig.to_jira.rule(comment, do=fault, times=1)
    rig.ticket = rig.site.open_request(CARLA, DISTRICT).id
    assert rig.wait_held() < 2  # the back-off after a failed look
    rig.clock.jump_machine(2)
    rig.bot.agenda.nudge()
    assert 80 < rig.wait_held(seconds=10) < 90
    calls = len(rig.to_jira.seen)
    rig.clock.jump_machine(80)
    rig.site.set_labels(HANNA, rig.ticket, ["vip"])  # its webhook does not cut the wait short
    rig.bot.agenda.nudge()
    assert rig.wait_held() < 10
    assert len(rig.to_jira.seen) == calls
    rig.settle()
    assert sent(rig, comment) == posts
    assert [c.author for c in rig.site.comments(rig.ticket)] == [BOT]
