"""The ways a call to Jira can fail, and how to tell from an answer which one it is."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LOG = logging.getLogger(__name__)


class JiraTrouble(Exception):
    """A call that failed. The message is one sentence for staff, without internals."""


class Refused(JiraTrouble):
    """Jira refused, and would refuse again. `answer` is the body of its answer, where that was JSON."""

    def __init__(self, message: str, answer: Any = None) -> None:
        super().__init__(message)
        self.answer = answer


class Missing(JiraTrouble):
    """404: it does not exist, or this account may not see it. Jira does not say which, so no decision rests on it."""


class Conflict(JiraTrouble):
    """409: somebody else changed the issue at the same time. The call did nothing."""


class Unauthenticated(JiraTrouble):
    """The token is not valid: 401, or an answer that Jira gave to an anonymous caller."""


class Limited(JiraTrouble):
    """429: the call did nothing; wait `seconds`. `site` is false where the limit is only this issue's."""

    def __init__(self, message: str, seconds: float, site: bool) -> None:
        super().__init__(message)
        self.seconds, self.site = seconds, site


class Unreachable(JiraTrouble):
    """The call never reached Jira, or was a read without an answer."""


class Unknown(JiraTrouble):
    """The call may or may not have happened: the answer was lost, late or not from Jira."""


def lost(method: str, what: str, surely_not: bool = False) -> JiraTrouble:
    """The error for a call without an answer: Unreachable where it was a GET or was surely not sent, else Unknown."""
    if surely_not or method == "GET":
        return Unreachable(f"Jira cannot be reached: {what}.")
    return Unknown(f"Jira's answer was lost: {what}.")


def judge(method: str, path: str, status: int, headers: Mapping[str, str], content: bytes) -> Any:
    """The parsed JSON of an answer, {} where it has no body. Raises a JiraTrouble for anything but a success.

    The library's calls are checked here too: it accepts the 200 that a dead token gets, and follows redirects."""
    reason = headers.get("X-Seraph-LoginReason", "")
    if status == 401 or "AUTHENTICATED_FAILED" in reason or "AUTHENTICATION_DENIED" in reason:
        raise Unauthenticated(f"Jira does not accept the bot's token ({status}, {reason or 'no reason given'}).")
    if status == 429:
        per_issue = headers.get("RateLimit-Reason", "") == "jira-per-issue-on-write"
        raise Limited("Jira asks to wait (429).", retry_after(headers), site=not per_issue)
    if status >= 500:
        raise lost(method, f"it answered {status}")
    if 300 <= status < 400:
        raise Unreachable("Jira sends the bot to another address. Is JIRA_URL the site's own address?")
    if 200 <= status < 300:
        return _parse(method, status, content)
    body = _json(content)
    said = error_text(body)
    LOG.info("%s %s: %s %s (trace %s)", method, path, status, said, headers.get("Atl-Traceid", "-"))
    # A missing permission (403) is permanent until somebody fixes it, and comes in Jira's own error shape. A firewall
    # or IP allowlist in front of Jira answers in another shape, and says nothing about the issue.
    if (content and not isinstance(body, dict)) or (status == 403 and not _jiras_own(body)):
        raise lost(method, f"something else than Jira answered ({status})")
    if status == 404:
        raise Missing(f"Jira does not find it, or hides it from the bot: {said}")
    if status == 409:
        raise Conflict(f"Jira reports a conflicting change: {said}")
    if status in (408, 425):
        raise lost(method, f"it answered {status}")
    raise Refused(f"Jira answered {status}: {said}", body)


def _parse(method: str, status: int, content: bytes) -> Any:
    if status == 204 or not content:
        return {}
    body = _json(content)
    if body is None:
        raise lost(method, "the answer was no JSON")
    return body


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _jiras_own(body: Any) -> bool:
    return isinstance(body, dict) and ("errorMessages" in body or "errors" in body)


def error_text(body: Any) -> str:
    """The messages in a body of Jira's error shape: errorMessages, then errors by field."""
    if not isinstance(body, dict):
        return "no reason given"
    messages = body.get("errorMessages")
    said = [str(m) for m in messages] if isinstance(messages, list) else []
    errors = body.get("errors")
    if isinstance(errors, dict):
        said += [f"{field}: {text}" for field, text in errors.items()]
    return "; ".join(said)[:500] or "no reason given"


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait according to `Retry-After` (seconds or an HTTP date); 10 where it cannot be read."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return max(1.0, float(value))
    until, sent = _http_date(value), _http_date(headers.get("Date", ""))
    # The date is by the server's clock, which is in its Date header; ours may differ.
    return max(1.0, (until - sent).total_seconds()) if until and sent else 10.0


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
