"""The operator hears of each trouble once, and of its end; addresses of theirs are never told to anybody."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SettableClock
from bot.notify.alerts import Alerts, Readiness, apprise_sender, heartbeat, log_sender
from bot.store.database import Store, StoreDown

WELL = Readiness()
DOWN = Readiness(trouble="Jira cannot be reached.")


class Operator:
    """Hears messages; `deaf` where they do not get through."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.deaf = False

    def __call__(self, title: str, body: str) -> bool:
        self.heard.append((title.removeprefix("District Onboarding Bot: "), body))
        return not self.deaf

    @property
    def titles(self) -> list[str]:
        """What was heard, in order."""
        return [title for title, _ in self.heard]


@pytest.fixture
def store(store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose machine time is the test's on PostgreSQL too."""
    monkeypatch.setattr(store, "machine", lambda _: clock.machine())
    return store


@pytest.fixture
def operator() -> Operator:
    """Who listens."""
    return Operator()


@pytest.fixture
def alerts(operator: Operator, store: Store, clock: SettableClock) -> Alerts:
    """Alerts on a store."""
    return Alerts(operator, store, clock)


def watch(alerts: Alerts, clock: SettableClock, state: Readiness, minutes: float) -> None:
    """Look once a minute for so long."""
    for _ in range(round(minutes)):
        clock.jump_machine(60)
        alerts.watch(state)


def test_ten_minutes_of_trouble_are_told_once_and_so_is_their_end(
    alerts: Alerts, clock: SettableClock, operator: Operator
) -> None:
    """Nothing before ten minutes, one message then, and one when it has worked again for two minutes."""
    watch(alerts, clock, DOWN, 10)
    assert operator.titles == []
    watch(alerts, clock, DOWN, 50)
    assert operator.titles == ["not ready"]
    assert "Jira cannot be reached. " in operator.heard[0][1]
    watch(alerts, clock, WELL, 1)
    assert operator.titles == ["not ready"]
    watch(alerts, clock, WELL, 10)
    assert operator.titles == ["not ready", "working again"]
    watch(alerts, clock, DOWN, 12)
    assert operator.titles == ["not ready", "working again", "not ready"]


def test_a_short_trouble_is_told_to_nobody(alerts: Alerts, clock: SettableClock, operator: Operator) -> None:
    """Nine minutes, and again nine after it was well, are no ten."""
    for _ in range(2):
        watch(alerts, clock, DOWN, 9)
        watch(alerts, clock, WELL, 3)
    assert operator.heard == []


def test_a_moment_between_two_tries_is_no_recovery(alerts: Alerts, clock: SettableClock, operator: Operator) -> None:
    """Every other minute looks well while the bot waits for its next try: that is still one trouble."""
    for _ in range(6):
        watch(alerts, clock, DOWN, 1)
        watch(alerts, clock, WELL, 1)
    assert operator.titles == ["not ready"]


def test_nobody_knows_how_it_went_while_nobody_looked(alerts: Alerts, clock: SettableClock, operator: Operator) -> None:
    """A bot that was stopped for hours in its trouble counts the ten minutes anew."""
    watch(alerts, clock, DOWN, 5)
    clock.jump_machine(8 * 3600)
    watch(alerts, clock, DOWN, 9)
    assert operator.heard == []
    watch(alerts, clock, DOWN, 3)
    assert operator.titles == ["not ready"]


def test_a_corrected_clock_tells_nothing(alerts: Alerts, clock: SettableClock, operator: Operator) -> None:
    """A system clock that is put back an hour neither makes ten minutes nor hides the recovery."""
    watch(alerts, clock, DOWN, 2)
    clock.jump_machine(-3600)
    watch(alerts, clock, DOWN, 9)
    assert operator.heard == []
    watch(alerts, clock, DOWN, 3)
    clock.jump_machine(-3600)
    watch(alerts, clock, WELL, 3)
    assert operator.titles == ["not ready", "working again"]


def test_a_restart_repeats_nothing(store: Store, clock: SettableClock, operator: Operator) -> None:
    """What was told is in the store: the next process does not tell it, but does tell the end."""
    watch(Alerts(operator, store, clock), clock, DOWN, 20)
    watch(Alerts(operator, store, clock), clock, DOWN, 20)
    assert operator.titles == ["not ready"]
    watch(Alerts(operator, store, clock), clock, WELL, 3)
    assert operator.titles == ["not ready", "working again"]


def test_replicas_tell_once(store: Store, clock: SettableClock, operator: Operator) -> None:
    """Of eight that find the same at once, one tells; and one tells the end."""

    def all_at_once(act: str) -> None:
        start = threading.Barrier(8)

        def one() -> None:
            alerts = Alerts(operator, store, clock)
            start.wait()
            getattr(alerts, act)("fire", act, "")

        threads = [threading.Thread(target=one) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    all_at_once("tell")
    assert operator.titles == ["tell"]
    all_at_once("well")
    assert operator.titles == ["tell", "well"]


def test_kinds_are_apart_and_an_end_that_nobody_missed_is_silent(alerts: Alerts, operator: Operator) -> None:
    """`tell` answers whether it was its turn; `well` speaks only where something had been told."""
    assert not alerts.well("a", "fine", "")
    assert [alerts.tell("a", "one", ""), alerts.tell("a", "again", ""), alerts.tell("b", "two", "")] == [
        True,
        False,
        True,
    ]
    assert alerts.well("a", "fine", "")
    assert not alerts.well("a", "fine", "")
    assert operator.titles == ["one", "two", "fine"]


def test_a_message_that_did_not_get_through_is_logged_and_not_sent_again(
    alerts: Alerts, operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    """It may have arrived all the same: it is sent at most once, and its words are in the log."""
    operator.deaf = True
    alerts.tell("a", "something burns", "in the cellar")
    alerts.tell("a", "something burns", "in the cellar")
    assert operator.titles == ["something burns"]
    assert "something burns. in the cellar" in caplog.text


def test_the_fact_is_written_before_the_message_goes(store: Store, clock: SettableClock) -> None:
    """A process that dies while it sends has told it."""

    def dies(_title: str, _body: str) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Alerts(dies, store, clock).tell("a", "one", "")
    assert not Alerts(log_sender, store, clock).tell("a", "one", "")


def test_what_is_parked_is_told_at_once(alerts: Alerts, clock: SettableClock, operator: Operator) -> None:
    """What is parked within an hour after it is not told yet."""
    at = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
    watch(alerts, clock, Readiness(parked=1, newest_parked=at), 3)
    assert operator.titles == ["something is parked"]
    assert "1 thing is parked" in operator.heard[0][1]
    watch(alerts, clock, Readiness(parked=7, newest_parked=at + timedelta(minutes=5)), 30)
    assert len(operator.heard) == 1


def test_what_was_parked_in_that_hour_is_told_together(
    alerts: Alerts, clock: SettableClock, operator: Operator
) -> None:
    """One message when the hour is over; what merely stays parked is not repeated; at the end one word."""
    at = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
    watch(alerts, clock, Readiness(parked=1, newest_parked=at), 1)
    watch(alerts, clock, Readiness(parked=7, newest_parked=at + timedelta(minutes=5)), 180)
    assert operator.titles == ["something is parked"] * 2
    assert "7 things are parked" in operator.heard[1][1]
    watch(alerts, clock, WELL, 5)
    assert operator.titles[2:] == ["nothing is parked anymore"]


@pytest.mark.parametrize(
    ("days", "title"), [(31, None), (30, "expires soon"), (1, "expires soon"), (0, "expired"), (-3, "expired")]
)
def test_a_token_is_told_thirty_days_before_it_expires(
    days: int, title: str | None, alerts: Alerts, clock: SettableClock, operator: Operator
) -> None:
    """Once; and once when it was renewed."""
    today = datetime.fromtimestamp(clock.machine(), UTC).date()
    state = Readiness(token_expires=today + timedelta(days=days))
    alerts.watch(state)
    alerts.watch(state)
    assert operator.titles == ([f"its Jira token {title}"] if title else [])
    alerts.watch(Readiness(token_expires=today + timedelta(days=365)))
    assert operator.titles[1:] == (["the token was renewed"] if title else [])


def test_a_token_of_which_nobody_says_when_it_expires(alerts: Alerts, operator: Operator) -> None:
    """Without `token_expires:` nothing is said, and a day that was taken out ends its alert in silence."""
    alerts.watch(Readiness(token_expires=date(2020, 1, 1)))
    alerts.watch(WELL)
    alerts.watch(Readiness(token_expires=date(2020, 1, 2)))
    assert operator.titles == ["its Jira token expired"] * 2


class Broken(Store):
    """A store that is down as long as it is told to be."""

    down = False

    def read(self, fn: Any) -> Any:
        if self.down:
            raise StoreDown("the disk is full")
        return super().read(fn)


def test_a_store_that_is_down_is_told_too_and_remembered(
    tmp_path: Path, clock: SettableClock, operator: Operator
) -> None:
    """While the store is down the process remembers what it told, and when it is back it tells the end, once."""
    store = Broken(f"sqlite:///{tmp_path}/bot.db", clock)
    alerts = Alerts(operator, store, clock)
    watch(alerts, clock, WELL, 1)
    store.down = True
    watch(alerts, clock, Readiness(trouble="The disk is full."), 30)
    assert operator.titles == ["not ready"]
    store.down = False
    watch(alerts, clock, Readiness(trouble="The disk is full."), 2)
    assert operator.titles == ["not ready"]
    watch(Alerts(operator, store, clock), clock, WELL, 5)
    assert operator.titles == ["not ready", "working again"]
    store.close()


def test_looking_at_a_bot_that_is_well_writes_nothing(
    alerts: Alerts, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look a minute for years must not cost a commit each."""
    alerts.watch(WELL)
    writes: list[Any] = []
    monkeypatch.setattr(store, "write", writes.append)
    alerts.watch(WELL)
    assert writes == []


# -- what goes out


class Listener:
    """A web server that keeps what it is sent, and answers with `status`."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, bytes]] = []
        self.status, self.slow = 200, False
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                listener.got.append((self.command, self.path, body))
                self.send_response(listener.status)
                self.send_header("Content-Length", "1000" if listener.slow else "0")
                self.end_headers()
                if listener.slow:
                    time.sleep(0.5)  # and no byte of the body: who waits for it waits in vain

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.host = f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Somebody's server."""
    listener = Listener()
    yield listener
    listener.close()


def test_a_heartbeat_is_one_call(listener: Listener) -> None:
    """It asks the address for nothing, and takes any good answer."""
    assert heartbeat(f"http://{listener.host}/ping/s3cret")() is True
    assert listener.got == [("GET", "/ping/s3cret", b"")]


def test_a_heartbeat_waits_for_no_body(listener: Listener) -> None:
    """Nothing but the status is read."""
    listener.slow = True
    began = time.monotonic()
    assert heartbeat(f"http://{listener.host}/")() is True
    assert time.monotonic() - began < 0.4


def test_a_heartbeat_that_fails_says_so_without_its_address(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused, unreachable or broken: a warning each, the secret in none."""
    caplog.set_level(logging.INFO)
    listener.status = 404
    assert heartbeat(f"http://{listener.host}/ping/s3cret")() is False
    assert heartbeat("http://127.0.0.1:9/ping/s3cret")() is False
    assert heartbeat("http://xn--a-.invalid:80/ping/s3cret")() is False
    assert len(caplog.records) == 3
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("url", ["", "s3cret", "ftp://x/s3cret", "https://", "http://[s3cret"])
def test_an_address_that_is_none_is_refused_without_telling_it(url: str) -> None:
    """At once, so that the operator mends it."""
    for make in (heartbeat, apprise_sender):
        with pytest.raises(ValueError, match="_URL") as error:
            make(url)
        assert "s3cret" not in str(error.value)


def test_apprise_delivers(listener: Listener) -> None:
    """Title and text reach the service as they are."""
    send = apprise_sender(f"json://{listener.host}/hook")
    assert send("District Onboarding Bot: not ready", "It is <down> & *out*.") is True
    ((method, path, body),) = listener.got
    sent = json.loads(body)
    assert (method, path) == ("POST", "/hook")
    assert (sent["title"], sent["message"]) == ("District Onboarding Bot: not ready", "It is <down> & *out*.")


def test_apprise_that_fails_tells_no_address(listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal, a dead host or a plugin's own fault: False, and the address in no log at any level."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.WARNING)  # as bot/log.py sets it
    listener.status = 500
    assert apprise_sender(f"json://{listener.host}/s3cret")("t", "b") is False
    assert apprise_sender("json://127.0.0.1:9/s3cret")("t", "b") is False
    assert apprise_sender(f"json://{listener.host}/s3cret")("", "") is False
    assert "s3cret" not in caplog.text


def test_without_an_operator_the_log_hears(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is lost where no address is set."""
    assert log_sender("not ready", "Jira is down.") is True
    assert "not ready. Jira is down." in caplog.text
