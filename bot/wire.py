"""One call to Jira, made safe: no hidden retry, a total deadline, and every answer known for what it is."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

LOG = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 20.0, 30.0
_MOST_BYTES = 64 * 1024 * 1024


class JiraTrouble(Exception):
    """Something between the bot and Jira; the message is one sentence for staff, without internals."""


class Refused(JiraTrouble):
    """Jira says no, and will say no again."""


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


class Wire:
    """Calls to one Jira site. `connect` makes an authenticated session; each thread gets its own, for a
    session of requests is not to be shared. At most `per_second` calls start in any second."""

    def __init__(self, base_url: str, connect: Callable[[], requests.Session], per_second: float) -> None:
        self._base = base_url.rstrip("/")
        self._connect = connect
        self._local = threading.local()
        self._gap = 1.0 / per_second
        self._next = -1e9
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """The parsed answer ({} where Jira answers without a body).

        Raises a JiraTrouble of the kind that fits; for GET an answer that never came is Unreachable."""
        self._wait_for_turn()
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

    def _wait_for_turn(self) -> None:
        """A bucket of tokens: a second's worth may go out at once, then one at a time."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - 1.0) + self._gap
            wait = max(0.0, self._next - now)
        if wait > 0:
            time.sleep(wait)

    def _exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, headers: dict[str, str], data: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._connect()
        deadline = time.monotonic() + TOTAL_SECONDS
        # The base class's request on purpose: the library's own reads the body without any deadline and retries.
        response = requests.Session.request(
            session,
            method,
            self._base + path,
            params=params,
            headers=headers,
            data=data,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            stream=True,
            allow_redirects=False,
        )
        with response:
            chunks, size = [], 0
            for chunk in response.iter_content(65536):
                chunks.append(chunk)
                size += len(chunk)
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the answer took longer than {TOTAL_SECONDS:.0f} s")
                if size > _MOST_BYTES:
                    raise TimeoutError("the answer was larger than 64 MB")
            return response.status_code, response.headers, b"".join(chunks)


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
    if 200 <= status < 300:
        return _parse(method, status, content)
    said = _errors(content)
    LOG.info("%s %s: %s %s (trace %s)", method, path, status, said, headers.get("Atl-Traceid", "-"))
    if status == 404:
        raise Missing(f"Jira does not find it, or hides it from the bot: {said}")
    if status == 409:
        raise Conflict(f"Jira reports a conflicting change: {said}")
    if status in (408, 425):
        raise _lost(method, f"it answered {status}")
    raise Refused(f"Jira answered {status}: {said}")


def _parse(method: str, status: int, content: bytes) -> Any:
    if status == 204 or not content:
        return {}
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise _lost(method, "the answer was no JSON") from None


def _errors(content: bytes) -> str:
    """Jira's own words about what was wrong, from either of the two places where it puts them."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return "no reason given"
    if not isinstance(body, dict):
        return "no reason given"
    return error_text(body)


def error_text(body: Mapping[str, Any]) -> str:
    """The sentences of a body in Jira's error shape: errorMessages, then errors by field."""
    messages = body.get("errorMessages")
    said = [str(m) for m in messages] if isinstance(messages, list) else []
    errors = body.get("errors")
    if isinstance(errors, dict):
        said += [f"{field}: {text}" for field, text in errors.items()]
    return "; ".join(said)[:500] or "no reason given"


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait by `Retry-After`, given in seconds or as an HTTP date; 10 where it cannot be read."""
    value = headers.get("Retry-After", "").strip()
    if value.isdigit():
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
