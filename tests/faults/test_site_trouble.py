"""What Jira's own state causes (limits, outages, nonsense, a dead token) waits and parks nothing."""

from __future__ import annotations

import functools
import socket
from typing import Any

import pytest

from bot.jira.client import JiraClient
from bot.jira.transport import Timeouts
from bot.sandbox.accounts import CARLA
from tests.faults.proxy import CUT_BEFORE, DRIP, DROP, STATUS, STATUS_AFTER, Action, Exchange
from tests.faults.rig import DISTRICT, Rig, end_state, is_write, play, wait_for

HTML = {"Content-Type": "text/html"}
PAGE = b"<html><body>We are down for maintenance</body></html>"
PER_ISSUE = {"Retry-After": "40", "RateLimit-Reason": "jira-per-issue-on-write"}
BURST = {"Retry-After": "40", "RateLimit-Reason": "jira-burst-based"}
BY_DATE = {"Retry-After": "Mon, 05 Jan 2026 15:30:47 GMT", "Date": "Mon, 05 Jan 2026 15:00:00 GMT"}
WAITS: list[tuple[dict[str, str], float]] = [
    ({"Retry-After": "2"}, 2),
    ({"Retry-After": "40"}, 40),
    ({"Retry-After": "1847"}, 1847),
    (BY_DATE, 1847),
]
JSON = {"Content-Type": "application/json"}
BLOCKED = b'{"message": "The IP address has been rejected because it is disallowed", "code": 403}'


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
    "409": STATUS(409, JSON, b'{"errorMessages": ["conflicting update"], "errors": {}}'),
    "503": STATUS(503, HTML, PAGE),
    "500 after": STATUS_AFTER(500, HTML, PAGE),
    "502 after": STATUS_AFTER(502),
    "a refusal that is not Jira's own": STATUS(403, JSON, BLOCKED),
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
    """For exactly as long as Jira says. Meanwhile no worker waits: more issues than there are workers are
    limited, and another one is worked on."""
    limited = [rig.site.open_request(CARLA, f"{DISTRICT} {n}") for n in range(3)]
    rig.settle()
    paths = {f"/issue/{one.id}" for one in limited}
    of_issue = {"RateLimit-Reason": "jira-per-issue-on-write"}
    for headers, seconds in WAITS:
        rule = rig.to_jira.rule(
            lambda asked: any(path in asked.path for path in paths),
            do=STATUS(429, {**headers, **of_issue}),
            times=len(limited),
        )
        rig.bot.reconciler.enqueue([one.id for one in limited])
        wait_for(lambda rule=rule: rule.used == len(limited))
        assert seconds - 2 < rig.wait_held() <= seconds
        assert rig.bot.agenda.global_limit.active() is None
        other = rig.site.open_request(CARLA, f"Springfield ISD {seconds} {len(headers)}")
        wait_for(lambda other=other: rig.site.comments(other))
        assert rule.used == len(limited)
        rig.settle()


@pytest.mark.parametrize("reason", [{}, {"RateLimit-Reason": "jira-quota-tenant-based"}], ids=["no reason", "quota"])
def test_every_other_limit_is_the_sites(reason: dict[str, str], rig: Rig) -> None:
    """Also where Jira does not say whose it is: all workers stop, for exactly as long as Jira says."""
    rig.settle()
    for headers, seconds in WAITS:
        rule = rig.to_jira.rule(do=STATUS(429, {**headers, **reason}), times=1)
        ticket = rig.site.open_request(CARLA, DISTRICT)
        wait_for(lambda rule=rule: rule.used)
        assert seconds - 2 < rig.wait_held() <= seconds
        held = rig.bot.agenda.global_limit.active()
        assert held is not None
        rig.settle()
        assert len(rig.site.comments(ticket)) == 1


def test_a_short_limit_does_not_end_a_long_one(rig: Rig) -> None:
    """Two calls are limited at once, the second for a burst only: the quota of the first still holds."""
    rig.settle()
    machine = rig.clock.machine()
    rig.bot.agenda.global_limit.set(machine + 1847, "Jira asks to wait (429).")
    rig.bot.agenda.global_limit.set(machine + 2, "Jira asks to wait (429).")
    held = rig.bot.agenda.global_limit.active()
    assert held is not None
    assert held.until == machine + 1847


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


@pytest.mark.slow
@pytest.mark.parametrize("what", ["all calls", "writes"])
def test_a_night_of_maintenance_parks_nothing(what: str, rig: Rig, clean: dict[str, Any]) -> None:
    """Eight hours of 503: however often a look fails by Jira's state, it is tried again at least every quarter of
    an hour, never more often than Jira can bear, and goes well when Jira is back."""
    key = play(rig, until="opened")
    rig.at("2026-01-06 10:00")
    down = rig.to_jira.rule(lambda asked: what == "all calls" or is_write(asked), do=STATUS(503, HTML, PAGE))
    rig.site.comment(CARLA, rig.ticket, "Confirmed, thanks")
    hours = rig.clock.machine() + 8 * 3600
    while rig.clock.machine() < hours:
        wait = rig.wait_held()
        assert wait <= 15 * 60
        rig.clock.jump_machine(wait + 0.01)
        rig.bot.agenda.nudge()
    assert 32 <= down.used <= 400
    assert rig.bot.journal.parked() == []
    rig.to_jira.clear()
    rig.settle()
    assert [row.parked for row in rig.bot.agenda.rows()] == [None] * 6
    assert end_state(rig.site, key) == clean["confirmed"]


def test_the_sites_name_is_gone(rig: Rig, clean: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the name of the site leads nowhere for a while, nothing was sent, so nothing has to be settled."""
    rig.settle()
    known = socket.getaddrinfo

    def lookup(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if port == rig.to_jira.port:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, port, *args, **kwargs)

    cut = rig.to_jira.rule(do=CUT_BEFORE)  # what is connected already needs no name
    with monkeypatch.context() as gone:
        gone.setattr(socket, "getaddrinfo", lookup)
        rig.ticket = rig.site.open_request(CARLA, DISTRICT).id
        for _ in range(8):
            rig.clock.jump_machine(rig.wait_held() + 0.01)
            rig.bot.agenda.nudge()
        assert cut.used <= 3
        assert rig.bot.journal.open_intents(rig.ticket) == []
    rig.to_jira.clear()
    rig.settle()
    assert end_state(rig.site, rig.ticket) == clean["opened"]


@pytest.mark.parametrize("wire", [DRIP(50), DROP], ids=["a drip", "a hang"])
def test_an_answer_that_never_ends(
    wire: Action, make_rig: Any, monkeypatch: pytest.MonkeyPatch, clean: dict[str, Any]
) -> None:
    """A byte at a time keeps every read alive, and a hang lets none begin; the call ends all the same when its
    time is over."""
    timeouts = Timeouts(connect=1.0, read=0.3 if wire is DROP else 1.0, total=0.3 if wire is not DROP else 1.0)
    monkeypatch.setattr("bot.app.JiraClient", functools.partial(JiraClient, timeouts=timeouts))
    rig = make_rig()
    bad = rig.to_jira.rule(lambda asked: asked.path.endswith("/comment"), do=wire, times=1)
    key = play(rig, until="opened")
    assert bad.used == 1
    assert end_state(rig.site, key) == clean["opened"]
