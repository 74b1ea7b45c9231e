"""A proxy that stands between two HTTP/1.1 partners and does to a request what a bad wire does.

    with FaultProxy("127.0.0.1", port) as proxy:
        proxy.rule(match=lambda request: request.method == "POST", do=CUT_AFTER, times=1)
        ... talk to proxy.url instead of the target ...

The first rule that matches and has times left is used; without one the request goes through unharmed."""

from __future__ import annotations

import contextlib
import http.client
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

# What belongs to one connection, and the length, which is told anew.
HOP = {
    "content-length",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "proxy-connection",
}
PATIENCE = 30  # seconds: the longest that the target, or an event that holds a request, is waited for


@dataclass(frozen=True)
class Request:
    """One request as it came; `path` has its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class ReplyRecord:
    """One answer, of the target or made up."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Exchange(BaseHTTPRequestHandler):
    """One request on its way; an action forwards it, answers it, both in any order, or neither."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body of an answer come 40 ms apart
    server: _Server
    asked: Request

    def forward(self) -> ReplyRecord:
        """Send the request to the target and wait for its answer. Raises OSError where it cannot be had."""
        connection = http.client.HTTPConnection(*self.server.target, timeout=PATIENCE)
        try:
            headers = {name: value for name, value in self.asked.headers.items() if name.lower() not in HOP}
            headers["Content-Length"] = str(len(self.asked.body))
            connection.request(self.asked.method, self.asked.path, self.asked.body, headers)
            response = connection.getresponse()
            return ReplyRecord(response.status, tuple(response.getheaders()), response.read())
        except http.client.HTTPException as error:
            raise ConnectionError(f"the target's answer was broken: {error!r}") from error
        finally:
            connection.close()

    def answer(self, answer: ReplyRecord, bytes_per_second: float | None = None) -> None:
        """Send `answer` to the client, its body not faster than `bytes_per_second`."""
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        bodiless = self.asked.method == "HEAD" or answer.status in (204, 304)
        if not bodiless:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = b"" if bodiless else answer.body
        step = 1 if bytes_per_second else max(len(body), 1)
        for index in range(0, len(body), step):
            self.wfile.write(body[index : index + step])
            if bytes_per_second:
                self.wait(1 / bytes_per_second)

    def cut(self) -> None:
        """Close the client's connection without a word."""
        self.close_connection = True
        _shut(self.connection)

    def wait(self, seconds: float) -> None:
        """Let time pass, but not after the proxy was stopped."""
        self.server.stopped.wait(seconds)

    def handle_any(self) -> None:
        """Read a request and do what the rules say."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked = Request(self.command, self.path, dict(self.headers.items()), body)
        try:
            self.server.action_for(self.asked)(self)
        except OSError:  # the client gave up, or the target is away: either way the wire is dead
            self.cut()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def setup(self) -> None:
        """Remember the connection, so that it can be cut."""
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        """Forget it."""
        self.server.open.discard(self.connection)
        with contextlib.suppress(OSError):  # the client may have gone
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: `seen` tells it."""


Action = Callable[[Exchange], None]


def PASS(exchange: Exchange) -> None:
    """Nothing happens: forward, and hand back the answer."""
    exchange.answer(exchange.forward())


def CUT_BEFORE(exchange: Exchange) -> None:
    """The connection is cut before the target hears of the request."""
    exchange.cut()


def CUT_AFTER(exchange: Exchange) -> None:
    """The target does what was asked; its answer is lost."""
    exchange.forward()
    exchange.cut()


def DROP(exchange: Exchange) -> None:
    """The request is lost, and the client waits until its patience ends."""
    exchange.wait(PATIENCE)
    exchange.cut()


def DELAY(seconds: float) -> Action:
    """The request arrives late."""

    def act(exchange: Exchange) -> None:
        exchange.wait(seconds)
        PASS(exchange)

    return act


def STATUS(code: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Action:
    """This answer instead of the target's, which hears of nothing."""
    return lambda exchange: exchange.answer(ReplyRecord(code, tuple((headers or {}).items()), body))


def STATUS_AFTER(code: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Action:
    """The target does what was asked; the client gets this answer instead."""

    def act(exchange: Exchange) -> None:
        exchange.forward()
        STATUS(code, headers, body)(exchange)

    return act


def REPEAT(times: int) -> Action:
    """The target gets the request so many times; the client gets the first answer."""

    def act(exchange: Exchange) -> None:
        answers = [exchange.forward() for _ in range(times)]
        exchange.answer(answers[0])

    return act


def HOLD_UNTIL(event: threading.Event, cut: bool = False) -> Action:
    """The request arrives only once `event` is set. Until then the client waits, or with `cut` is cut off at
    once: so it gives up, and the target does it all the same."""

    def act(exchange: Exchange) -> None:
        if cut:
            exchange.cut()
        if event.wait(PATIENCE):
            answer = exchange.forward()
            if not cut:
                exchange.answer(answer)

    return act


def DRIP(bytes_per_second: float) -> Action:
    """The answer's body comes a byte at a time."""
    return lambda exchange: exchange.answer(exchange.forward(), bytes_per_second)


@dataclass
class Rule:
    """What to do to which requests; `times` None means always, `used` counts."""

    match: Callable[[Request], bool]
    do: Action
    times: int | None
    used: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, target: tuple[str, int], action_for: Callable[[Request], Action]) -> None:
        self.target = target
        self.action_for = action_for
        self.stopped = threading.Event()
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Exchange)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is what this is for; anything else is told."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class FaultProxy:
    """The proxy: rules in, `url` to talk to, and `seen`, every request that came, in order of arrival."""

    def __init__(self, target_host: str, target_port: int) -> None:
        self.seen: list[Request] = []
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._server = _Server((target_host, target_port), self._action_for)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def rule(
        self, match: Callable[[Request], bool] = lambda asked: True, *, do: Action, times: int | None = None
    ) -> Rule:
        """Do `do` to the next `times` requests that match."""
        rule = Rule(match, do, times)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Forget the rules: the wire is well again."""
        with self._lock:
            self._rules.clear()

    def start(self) -> Self:
        """Serve in a thread of its own."""
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Take no more requests, cut every open connection and end what waits."""
        self._server.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.open):
            _shut(connection)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _action_for(self, asked: Request) -> Action:
        """Note the request and choose what happens to it; counts the rule's use."""
        with self._lock:
            self.seen.append(asked)
            for rule in self._rules:
                if (rule.times is None or rule.used < rule.times) and rule.match(asked):
                    rule.used += 1
                    return rule.do
        return PASS


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
