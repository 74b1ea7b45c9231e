"""Sends one request to Jira: at the allowed pace, exactly once, with a total deadline, and with its answer checked."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.poolmanager import pool_classes_by_scheme

from bot.jira.call import Unreachable, judge, lost
from bot.jira.deadlines import Deadlines
from bot.jira.rate_limit import Pace

_MOST_BYTES = 64 * 1024 * 1024
_DEADLINES = Deadlines()


@dataclass(frozen=True)
class Timeouts:
    """How many seconds a call may take to connect, between two parts of its answer, and altogether."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 30.0


class Answer(requests.Response):
    """An answer that was read in full and checked. Its JSON is parsed once, and its cookies are dropped."""

    body: Any = None

    @classmethod
    def of(cls, response: requests.Response, content: bytes, body: Any) -> Answer:
        """The answer made of a response, its content and its parsed body."""
        answer = cls()
        answer.status_code, answer.reason, answer.headers = response.status_code, response.reason, response.headers
        answer.url, answer.request, answer.encoding = response.url, response.request, response.encoding
        answer.raw, answer.body = io.BytesIO(content), body
        return answer

    def json(self, **_: Any) -> Any:
        """The parsed body; {} where Jira answered without one."""
        return self.body


class JiraAdapter(HTTPAdapter):
    """Sends each request exactly once, and returns only successes. For one thread only.

    It is mounted on the library's session. Everything but a success leaves it as a JiraTrouble, so the library's
    retries and redirects never have anything to act on."""

    _socket: Callable[[], socket.socket | None] = staticmethod(lambda: None)

    def __init__(self, pace: Pace, timeouts: Timeouts) -> None:
        super().__init__(max_retries=0)
        self._pace, self._timeouts = pace, timeouts

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """The checked answer. The adapter's own timeouts apply, not `timeout`. Raises a JiraTrouble; a GET without an
        answer is Unreachable."""
        if (wait := self._pace()) > 0:
            time.sleep(wait)
        method = str(request.method)
        try:
            response, content = self._exchange(request, verify, cert, proxies)
        except (requests.exceptions.ConnectTimeout, requests.exceptions.InvalidURL) as error:
            raise Unreachable(f"Jira cannot be reached ({type(error).__name__}).") from error
        except requests.exceptions.ConnectionError as error:
            raise lost(method, "the connection failed", surely_not=_never_left(error)) from error
        except (requests.exceptions.RequestException, TimeoutError) as error:
            raise lost(method, f"no whole answer came ({type(error).__name__})") from error
        path = urlsplit(request.url or "").path
        body = judge(method, str(path), response.status_code, response.headers, content)
        return Answer.of(response, content, body)

    def _exchange(
        self, request: requests.PreparedRequest, verify: Any, cert: Any, proxies: Any
    ) -> tuple[requests.Response, bytes]:
        timeout = (self._timeouts.connect, self._timeouts.read)
        with self._cut_after(self._timeouts.total):
            response = super().send(request, stream=True, timeout=timeout, verify=verify, cert=cert, proxies=proxies)
            with response:
                content = bytearray()
                for chunk in response.iter_content(65536):
                    content += chunk
                    if len(content) > _MOST_BYTES:
                        raise TimeoutError("the answer was larger than 64 MB")
                return response, bytes(content)

    # Socket timeouts start over with every byte, so a server that sends one byte a second could block a worker for
    # hours. The adapter therefore remembers its connection, and another thread shuts it down at the deadline.

    @contextmanager
    def _cut_after(self, seconds: float) -> Iterator[None]:
        """Run the block; after `seconds` shut its connection down, and raise TimeoutError."""
        late = threading.Event()

        def end() -> None:
            late.set()
            sock = self._socket()
            if sock is not None:
                with contextlib.suppress(OSError):  # it ended by itself just now
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

        try:
            with _DEADLINES.end_after(seconds, end):
                yield
        except (requests.RequestException, OSError):
            if not late.is_set():
                raise
        if late.is_set():
            raise TimeoutError(f"the answer took longer than {seconds:.0f} s")

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As in `requests`, but with connections that the adapter remembers."""
        super().init_poolmanager(*args, **kwargs)
        self._hold(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """As in `requests`, but with connections that the adapter remembers."""
        return self._hold(super().proxy_manager_for(*args, **kwargs))

    def _hold(self, manager: urllib3.PoolManager) -> urllib3.PoolManager:
        manager.pool_classes_by_scheme = {
            scheme: self._holding(pool) for scheme, pool in pool_classes_by_scheme.items()
        }
        return manager

    def _holding(self, pool: type[urllib3.HTTPConnectionPool]) -> type[urllib3.HTTPConnectionPool]:
        def connect(connection: urllib3.connection.HTTPConnection) -> None:
            self._socket = lambda: connection.sock
            pool.ConnectionCls.connect(connection)
            made = connection.sock  # the connection forgets it where the answer has no length
            self._socket = lambda: made

        held = type("Held", (pool.ConnectionCls,), {"connect": connect})
        return type("HeldPool", (pool,), {"ConnectionCls": held})


def _never_left(error: requests.exceptions.ConnectionError) -> bool:
    """Whether no connection was made (refused, no such host), so that nothing can have been sent."""
    text = str(error)
    return "NewConnectionError" in text or "NameResolutionError" in text
