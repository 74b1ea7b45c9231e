"""What a call to Jira can come to: the kinds of trouble, and how an answer is judged."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LOG = logging.getLogger(__name__)


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


def lost(method: str, what: str, surely_not: bool = False) -> JiraTrouble:
    """The trouble of a call without an answer: Unreachable where it was a GET or `surely_not` sent, else Unknown."""
    if surely_not or method == "GET":
        return Unreachable(f"Jira cannot be reached: {what}.")
    return Unknown(f"Jira's answer was lost: {what}.")


def judge(method: str, path: str, status: int, headers: Mapping[str, str], content: bytes) -> Any:
    """The parsed JSON of an answer, {} where it has no body. Raises the JiraTrouble of whatever is no success.

    Every status and header is looked at here, for calls of the library too: it takes a dead token's 200 for an
    answer, and a redirect for a place to go."""
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
    # A missing permission (403) is for good until somebody fixes it, and Jira says it in its own shape; a firewall
    # or a list of allowed addresses before it does not, and speaks for no issue.
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
