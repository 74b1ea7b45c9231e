"""The fault proxy does to a request what it says: each action against a small target."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.faults.proxy import (
    CUT_AFTER,
    CUT_BEFORE,
    DELAY,
    DRIP,
    DROP,
    HOLD_UNTIL,
    REPEAT,
    STATUS,
    STATUS_AFTER,
    Action,
    FaultProxy,
)


class Target:
    """A server that remembers what it was asked and numbers its answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.changed = threading.Condition()
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with target.changed:
                    target.asked.append(f"{self.command} {self.path} {self.headers['X-Mark']} {body.decode()}")
                    number = len(target.asked)
                    target.changed.notify_all()
                self.send_response(201)
                self.send_header("X-Number", str(number))
                self.end_headers()
                self.wfile.write(b"answer %d" % number)

            def do_DELETE(self) -> None:
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def wait_for(self, count: int) -> bool:
        """Whether the target was asked `count` times before long."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.asked) >= count, timeout=5)


@pytest.fixture
def target() -> Iterator[Target]:
    """A target on a free port."""
    found = Target()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def proxy(target: Target) -> Iterator[FaultProxy]:
    """A proxy before the target."""
    with FaultProxy("127.0.0.1", int(target.server.server_address[1])) as found:
        yield found


def post(proxy: FaultProxy, timeout: float = 5, path: str = "/a?b=c") -> requests.Response:
    """One request through the proxy, on a connection of its own."""
    return requests.post(proxy.url + path, data=b"hello", headers={"X-Mark": "m"}, timeout=timeout)


def test_without_a_rule_nothing_happens(proxy: FaultProxy, target: Target) -> None:
    """Method, path, headers and body arrive, and so does the answer."""
    answer = post(proxy)
    assert (answer.status_code, answer.headers["X-Number"], answer.text) == (201, "1", "answer 1")
    assert target.asked == ["POST /a?b=c m hello"]


def test_an_answer_without_a_body_keeps_the_connection(proxy: FaultProxy) -> None:
    """204 has no length, and the next request goes over the same connection."""
    with requests.Session() as session:
        assert session.delete(proxy.url, timeout=5).status_code == 204
        assert session.post(proxy.url, data=b"x", timeout=5).text == "answer 1"


def test_what_came_is_seen(proxy: FaultProxy) -> None:
    """Each request is noted with its method, path, headers and body."""
    post(proxy)
    (request,) = proxy.seen
    assert (request.method, request.path, request.body) == ("POST", "/a?b=c", b"hello")
    assert request.headers["X-Mark"] == "m"


def test_a_rule_is_for_what_matches_and_so_often(proxy: FaultProxy) -> None:
    """Other requests pass, and after its times, or when cleared, the rule is over."""
    rule = proxy.rule(lambda request: request.path == "/bad", do=STATUS(500), times=2)
    codes = [post(proxy, path=path).status_code for path in ("/good", "/bad", "/bad", "/bad")]
    assert codes == [201, 500, 500, 201]
    assert rule.used == 2

    proxy.rule(do=STATUS(500))
    assert post(proxy).status_code == 500
    proxy.clear()
    assert post(proxy).status_code == 201


@pytest.mark.parametrize(("cut", "heard"), [(CUT_BEFORE, 0), (CUT_AFTER, 1)], ids=["before", "after"])
def test_a_connection_is_cut(proxy: FaultProxy, target: Target, cut: Action, heard: int) -> None:
    """The client gets no answer; whether the target did what was asked is the difference."""
    proxy.rule(do=cut, times=1)
    with pytest.raises(requests.ConnectionError):
        post(proxy)
    assert len(target.asked) == heard


def test_a_request_is_dropped(proxy: FaultProxy, target: Target) -> None:
    """The client waits in vain, and the target hears of nothing."""
    proxy.rule(do=DROP)
    with pytest.raises(requests.ReadTimeout):
        post(proxy, timeout=0.1)
    assert target.asked == []


def test_a_request_is_late(proxy: FaultProxy) -> None:
    """The answer comes no sooner than the delay."""
    proxy.rule(do=DELAY(0.1))
    began = time.monotonic()
    assert post(proxy).status_code == 201
    assert time.monotonic() - began >= 0.1


def test_an_answer_instead_of_the_targets(proxy: FaultProxy, target: Target) -> None:
    """Status, headers and body are those of the rule, and the target hears of nothing."""
    proxy.rule(do=STATUS(429, {"Retry-After": "7"}, b"slow"))
    answer = post(proxy)
    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (429, "7", "slow")
    assert target.asked == []


def test_another_answer_after_the_target_did_it(proxy: FaultProxy, target: Target) -> None:
    """The client is told 502, and it is done all the same."""
    proxy.rule(do=STATUS_AFTER(502))
    assert post(proxy).status_code == 502
    assert len(target.asked) == 1


def test_a_request_is_repeated(proxy: FaultProxy, target: Target) -> None:
    """The target gets it five times, the client the first answer."""
    proxy.rule(do=REPEAT(5))
    assert post(proxy).text == "answer 1"
    assert len(target.asked) == 5


@pytest.mark.parametrize("cut", [False, True])
def test_a_request_arrives_after_its_client_gave_up(proxy: FaultProxy, target: Target, cut: bool) -> None:
    """A late commit: the client has its error first, then the target does what was asked."""
    event = threading.Event()
    proxy.rule(do=HOLD_UNTIL(event, cut=cut))
    with pytest.raises(requests.ConnectionError if cut else requests.ReadTimeout):
        post(proxy, timeout=5 if cut else 0.1)
    assert target.asked == []

    event.set()

    assert target.wait_for(1)


def test_an_answer_drips(proxy: FaultProxy) -> None:
    """Each byte comes in time for the client's patience, and all of them take long."""
    proxy.rule(do=DRIP(bytes_per_second=100))
    began = time.monotonic()
    assert post(proxy, timeout=1).text == "answer 1"
    assert time.monotonic() - began >= 0.07


def test_a_target_that_is_away_is_a_cut_connection(proxy: FaultProxy, target: Target) -> None:
    """The proxy has no answer of its own for a dead target."""
    target.server.shutdown()
    target.server.server_close()
    with pytest.raises(requests.ConnectionError):
        post(proxy)


def test_a_stopped_proxy_cuts_what_is_open(proxy: FaultProxy) -> None:
    """A connection that was kept does not outlive the proxy."""
    with requests.Session() as session:
        session.post(proxy.url, data=b"x", timeout=5)
        proxy.stop()
        with pytest.raises(requests.ConnectionError):
            session.post(proxy.url, data=b"x", timeout=5)
