"""What Jira's own state causes (limits, outages, nonsense, a dead token) waits and parks nothing."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from bot.sandbox.accounts import BOT, CARLA
from bot.scheduler import CAUGHT_UP
from bot.wire import Patience, Wire
from tests.faults.proxy import DRIP, STATUS, STATUS_AFTER, Action, Exchange
from tests.faults.rig import DISTRICT, Rig, end_state, is_write, play, sent, wait_for

HTML = {"Content-Type": "text/html"}
PAGE = b"<html><body>We are down for maintenance</body></html>"
PER_ISSUE = {"Retry-After": "40", "RateLimit-Reason": "jira-per-issue-on-write"}
BURST = {"Retry-After": "40", "RateLimit-Reason": "jira-burst-based"}
BY_DATE = {"Retry-After": "Mon, 05 Jan 2026 15:30:47 GMT", "Date": "Mon, 05 Jan 2026 15:00:00 GMT"}


def half(exchange: Exchange) -> None:
    """The answer's body ends in the middle."""
    answer = exchange.forward()
    exchange.send_response_only(answer.status)
    exchange.send_header("Content-Length", str(max(len(answer.body), 2)))
    exchange.end_headers()
    exchange.wfile.write(answer.body[: len(answer.body) // 2])
    exchange.cut()


TROUBLES: dict[str, Action] = {
    "429 of the issue": STATUS(429, PER_ISSUE),
    "429 of the site": STATUS(429, BURST),
    "429 until a date": STATUS(429, BY_DATE),
    "503": STATUS(503, HTML, PAGE),
    "500 after": STATUS_AFTER(500, HTML, PAGE),
    "HTML as an answer": STATUS_AFTER(200, HTML, PAGE),
    "HTML as a refusal": STATUS(403, HTML, PAGE),
    "a redirect to a login page": STATUS(302, {"Location": "/login.jsp"}),
    "half a body": half,
    "401": STATUS(401),
    "nobody's answer": STATUS(200, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, b'{"issues": []}'),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_call_meets_it_once(trouble: str, rig: Rig, clean: dict[str, Any]) -> None:
    """The first of every kind of call fails so: nothing is lost, doubled or given up."""
    seen: set[tuple[str, str]] = set()

    def first(asked: Any) -> bool:
        call = (asked.method, asked.path.partition("?")[0])
        fresh = call not in seen
        seen.add(call)
        return fresh

    rule = rig.to_jira.rule(first, do=TROUBLES[trouble])
    key = play(rig, until="confirmed")
    assert rule.used >= 5
    assert rig.bot.journal.parked() == []
    assert end_state(rig.site, key) == clean["confirmed"]


def test_a_limit_of_one_issue_holds_that_issue_alone(rig: Rig) -> None:
    """Another ticket is worked on meanwhile, and the limited one not before Jira's moment."""
    first = rig.site.open_request(CARLA, DISTRICT)
    rig.settle()
    rig.to_jira.rule(lambda asked: f"/issue/{first.id}" in asked.path, do=STATUS(429, PER_ISSUE), times=1)
    rig.site.comment(CARLA, first, "Confirmed")
    assert 35 < rig.wait_held(seconds=10) <= 40
    assert rig.bot.agenda.site.held() is None
    second = rig.site.open_request(CARLA, "Springfield ISD")
    wait_for(lambda: rig.site.comments(second))
    assert rig.site.issue(first).status == "Confirming Files"
    rig.settle()
    assert rig.site.issue(first).status == "SecureStor Folder"


def test_a_limit_of_the_site_holds_everything(rig: Rig) -> None:
    """No worker calls before Jira's moment, whatever comes in."""
    rig.settle()
    rig.to_jira.rule(do=STATUS(429, {**BURST, "Retry-After": "1847"}), times=1)
    first = rig.site.open_request(CARLA, DISTRICT)
    assert 1800 < rig.wait_held(seconds=10) <= 1847
    calls = len(rig.to_jira.seen)
    second = rig.site.open_request(CARLA, "Springfield ISD")
    rig.clock.jump_machine(1800)
    assert 0 < rig.wait_held() <= 47
    assert len(rig.to_jira.seen) == calls
    rig.settle()
    assert [len(rig.site.comments(ticket)) for ticket in (first, second)] == [1, 1]


def test_the_token_dies(rig: Rig, clean: dict[str, Any]) -> None:
    """Nothing is decided or written, deliveries are kept, the catch-up's watermark stands; once the token
    works again, the bot goes on by itself."""
    play(rig, until="opened")
    rig.at("2026-01-06 10:00")
    rig.site.revoke(BOT)
    watermark = rig.bot.store.get_fact(CAUGHT_UP)
    writes = sent(rig, is_write)
    answered = len(rig.site.hooks.outcomes)
    rig.site.comment(CARLA, rig.ticket, "Confirmed, thanks")
    for _ in range(3):
        assert rig.wait_held(seconds=30) <= 60
        held = rig.bot.agenda.site.held()
        assert held is not None
        assert "does not accept the bot's token" in held.reason
        rig.clock.jump_machine(61)  # nothing is leased: `wait_held` has seen to that
        rig.bot.agenda.nudge()
    assert {outcome.status for outcome in rig.site.hooks.outcomes[answered:]} == {202}
    assert sent(rig, is_write) == writes
    assert rig.bot.store.get_fact(CAUGHT_UP) == watermark
    rig.site.restore(BOT)
    rig.settle()
    assert end_state(rig.site, rig.ticket) == clean["confirmed"]


def test_a_night_of_maintenance_parks_nothing(rig: Rig, clean: dict[str, Any]) -> None:
    """However often a look fails by Jira's state, it backs off, and works when Jira is back."""
    down = rig.to_jira.rule(do=STATUS(503, HTML, PAGE), times=30)
    key = play(rig, until="opened")
    assert down.used == 30
    assert [row.parked for row in rig.bot.agenda.rows()] == [None] * 5
    assert end_state(rig.site, key) == clean["opened"]


def test_an_answer_that_drips(make_rig: Any, monkeypatch: pytest.MonkeyPatch, clean: dict[str, Any]) -> None:
    """A byte at a time keeps every read alive; the call ends all the same when its whole time is over."""
    patience = Patience(connect=1.0, read=1.0, total=0.3)
    monkeypatch.setattr("bot.app.Wire", functools.partial(Wire, patience=patience))
    rig = make_rig()
    drip = rig.to_jira.rule(lambda asked: asked.path.endswith("/comment"), do=DRIP(50), times=1)
    key = play(rig, until="opened")
    assert drip.used == 1
    assert end_state(rig.site, key) == clean["opened"]
