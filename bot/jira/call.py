"""One call to Jira, made safe: no hidden retry, a total deadline, and every answer known for what it is."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.poolmanager import pool_classes_by_scheme

from bot.jira.deadlines import Deadlines
from bot.jira.rate_limit import OwnPace, Pace

LOG = logging.getLogger(__name__)

_MOST_BYTES = 64 * 1024 * 1024
_DEADLINES = Deadlines()


@dataclass(frozen=True)
class Patience:
    """How many seconds a call may take to connect, between two parts of its answer, and altogether."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 30.0


class JiraTrouble(Exception):
    """Something between the bot and Jira; the message is one sentence for staff, without internals."""


class Refused(JiraTrouble):
    """Jira says no, and will say no again. `answer` is what it said, where that was JSON."""

    def __init__(self, message: str, answer: Any = None) -> None:
        super().__init__(message)
        self.answer = answer


class Missing(JiraTrouble):
    """404: there is no such thing, or this account may not see it. Jira does not tell which; it decides nothing."""


class Conflict(JiraTrouble):
    """409: somebody else changed the issue at the same time. It did not happen."""


class Unauthenticated(JiraTrouble):
    """The token is dead: 401, or an answer that Jira gave to nobody in particular."""


class Limited(JiraTrouble):
    """429: it did not happen; wait `seconds`. `site` is false where only this issue is limited."""

    def __init__(self, message: str, seconds: float, site: bool) -> None:
        super().__init__(message)
        self.seconds, self.site = seconds, site


class Unreachable(JiraTrouble):
    """The call surely never reached Jira."""


class Unknown(JiraTrouble):
    """The call may or may not have happened: the answer was lost, late or no answer of Jira's."""


class _Adapter(HTTPAdapter):
    """Keeps hold of its connection, so that a call which lasts too long can be ended from outside: a server that
    sends a byte a second would else keep a worker for hours, since time-outs count from byte to byte."""

    _socket: Callable[[], socket.socket | None] = staticmethod(lambda: None)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._hold(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
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

    @contextmanager
    def ended_after(self, seconds: float) -> Iterator[None]:
        """Cut the connection after so many seconds, and then raise TimeoutError."""
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


class Wire:
    """Calls to one Jira site. `connect` makes an authenticated session; each thread gets its own, for a
    session of requests is not to be shared. Calls start at the `pace` given, or at most `per_second` in any second
    of this process."""

    def __init__(
        self,
        base_url: str,
        connect: Callable[[], requests.Session],
        per_second: float,
        patience: Patience = Patience(),
        pace: Pace | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._connect = connect
        self._patience = patience
        self._local = threading.local()
        self._pace = pace or OwnPace(per_second)

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """The parsed answer ({} where Jira answers without a body).

        Raises a JiraTrouble of the kind that fits; for GET an answer that never came is Unreachable."""
        if (wait := self._pace()) > 0:
            time.sleep(wait)
        headers = {"Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        try:
            status, answered, content = self._exchange(method, path, params, headers, data)
        except (requests.exceptions.ConnectTimeout, requests.exceptions.InvalidURL) as error:
            raise Unreachable(f"Jira cannot be reached ({type(error).__name__}).") from error
        except requests.exceptions.ConnectionError as error:
            never_left = _never_left(error)
            raise _lost(method, "the connection failed", surely_not=never_left) from error
        except (requests.exceptions.RequestException, TimeoutError) as error:
            raise _lost(method, f"no whole answer came ({type(error).__name__})") from error
        return _judge(method, path, status, answered, content)

    def _session(self) -> tuple[requests.Session, _Adapter]:
        """This thread's session, with an adapter that does not send again."""
        if not hasattr(self._local, "session"):
            session, adapter = self._connect(), _Adapter(max_retries=0)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            # Proxies and certificates that the environment names, once: asked at every call they cost a fifth of it.
            settings = session.merge_environment_settings(self._base, {}, True, None, None)
            session.proxies, session.verify, session.cert = settings["proxies"], settings["verify"], settings["cert"]
            session.trust_env = False
            self._local.session, self._local.adapter = session, adapter
        return self._local.session, self._local.adapter

    def _exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, headers: dict[str, str], data: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        session, adapter = self._session()
        with adapter.ended_after(self._patience.total):
            # Past the session's own way, which sends again, follows redirects and keeps cookies.
            asked = requests.Request(method, self._base + path, params=params, headers=headers, data=data)
            response = adapter.send(
                session.prepare_request(asked),
                stream=True,
                timeout=(self._patience.connect, self._patience.read),
                verify=session.verify if session.verify is not None else True,
                cert=session.cert,
                proxies=session.proxies,
            )
            with response:
                content = bytearray()
                for chunk in response.iter_content(65536):
                    content += chunk
                    if len(content) > _MOST_BYTES:
                        raise TimeoutError("the answer was larger than 64 MB")
                return response.status_code, response.headers, bytes(content)


def _never_left(error: requests.exceptions.ConnectionError) -> bool:
    """Whether the connection was never made (refused, no such host), so that nothing can have been sent."""
    text = str(error)
    return "NewConnectionError" in text or "NameResolutionError" in text


def _lost(method: str, what: str, surely_not: bool = False) -> JiraTrouble:
    if surely_not or method == "GET":
        return Unreachable(f"Jira cannot be reached: {what}.")
    return Unknown(f"Jira's answer was lost: {what}.")


def _judge(method: str, path: str, status: int, headers: Mapping[str, str], content: bytes) -> Any:
    reason = headers.get("X-Seraph-LoginReason", "")
    if status == 401 or "AUTHENTICATED_FAILED" in reason or "AUTHENTICATION_DENIED" in reason:
        raise Unauthenticated(f"Jira does not accept the bot's token ({status}, {reason or 'no reason given'}).")
    if status == 429:
        per_issue = headers.get("RateLimit-Reason", "") == "jira-per-issue-on-write"
        raise Limited("Jira asks to wait (429).", retry_after(headers), site=not per_issue)
    if status >= 500:
        raise _lost(method, f"it answered {status}")
    if 300 <= status < 400:
        raise Unreachable("Jira sends the bot to another address. Is JIRA_URL the site's own address?")
    if 200 <= status < 300:
        return _parse(method, status, content)
    body = _json(content)
    said = error_text(body)
    LOG.info("%s %s: %s %s (trace %s)", method, path, status, said, headers.get("Atl-Traceid", "-"))
    # A missing permission (403) is for good until somebody mends it, and Jira says it in its own shape; a firewall
    # or a list of allowed addresses before it does not, and speaks for no issue.
    if (content and not isinstance(body, dict)) or (status == 403 and not _jiras_own(body)):
        raise _lost(method, f"something else than Jira answered ({status})")
    if status == 404:
        raise Missing(f"Jira does not find it, or hides it from the bot: {said}")
    if status == 409:
        raise Conflict(f"Jira reports a conflicting change: {said}")
    if status in (408, 425):
        raise _lost(method, f"it answered {status}")
    raise Refused(f"Jira answered {status}: {said}", body)


def _parse(method: str, status: int, content: bytes) -> Any:
    if status == 204 or not content:
        return {}
    body = _json(content)
    if body is None:
        raise _lost(method, "the answer was no JSON")
    return body


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _jiras_own(body: Any) -> bool:
    return isinstance(body, dict) and ("errorMessages" in body or "errors" in body)


def error_text(body: Any) -> str:
    """The sentences of a body in Jira's error shape: errorMessages, then errors by field."""
    if not isinstance(body, dict):
        return "no reason given"
    messages = body.get("errorMessages")
    said = [str(m) for m in messages] if isinstance(messages, list) else []
    errors = body.get("errors")
    if isinstance(errors, dict):
        said += [f"{field}: {text}" for field, text in errors.items()]
    return "; ".join(said)[:500] or "no reason given"


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait by `Retry-After`, given in seconds or as an HTTP date; 10 where it cannot be read."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return max(1.0, float(value))
    until, sent = _http_date(value), _http_date(headers.get("Date", ""))
    # A date is meant by the server's own clock, which its answer tells; ours may differ.
    return max(1.0, (until - sent).total_seconds()) if until and sent else 10.0


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
