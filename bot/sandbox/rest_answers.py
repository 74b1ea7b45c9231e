"""What every REST answer of the sandbox shares: who calls, Jira's error shape, headers, the count of calls."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable
from typing import Any, cast

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from bot.sandbox.accounts import Account
from bot.sandbox.jira_site import NOT_FOUND, Call, Site
from bot.sandbox.records import IssueRecord, Refused

NOT_SIGNED_IN = "You are not authenticated. Authentication required to perform this operation."
SITE = "sandbox.site"  # its place in a request's WSGI environment
LOGIN = "X-Seraph-LoginReason"


def the_site() -> Site:
    """The site that was called."""
    return cast(Site, request.environ[SITE])


def caller() -> Account | None:
    """Who calls; None for a stranger, and for everybody whose credentials are wrong."""
    return cast("Account | None", g.account)


def signed_in() -> Account:
    """Who calls; Refused (401) for a stranger."""
    account = caller()
    if account is None:
        raise Refused(401, NOT_SIGNED_IN)
    return account


def seen(ref: str) -> IssueRecord:
    """The issue of a path, cut to what the caller may see; Refused (404) if that is nothing."""
    record = the_site().find(ref)
    if record is None or not the_site().sees(caller(), record):
        raise Refused(404, NOT_FOUND)
    g.issue_id = record.id
    account = caller()
    return record.for_customer() if account and account.customer else record.snapshot()


def writing(ref: str) -> tuple[Account, IssueRecord]:
    """Who writes, and the issue that is written, counted against its limit; Refused with 401, 404 or 429."""
    account, record = signed_in(), seen(ref)
    the_site().limits.count(record.id)
    return account, record


def body() -> dict[str, Any]:
    """The JSON object that was sent; Refused (400) for anything else."""
    sent = request.get_json(silent=True, force=True)
    if not isinstance(sent, dict):
        raise Refused(400, "There was an error parsing JSON. Check that your request body is valid.")
    return sent


def prepare(app: Flask) -> None:
    """Give an app the sandbox's identification, errors and headers."""
    app.before_request(_identify)
    app.after_request(_finish)
    app.register_error_handler(Refused, cast("Callable[[Exception], ResponseReturnValue]", _refused))
    app.register_error_handler(HTTPException, _http_error)


def _identify() -> None:
    g.issue_id = None
    g.account = None
    header = request.headers.get("Authorization", "")
    if not header:
        g.login = None
        return
    g.account = _account(header)
    g.login = "OK" if g.account else "AUTHENTICATED_FAILED"


def _account(header: str) -> Account | None:
    scheme, _, credentials = header.partition(" ")
    if scheme.casefold() == "bearer":
        return the_site().by_token(credentials.strip())
    try:
        email, _, token = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return the_site().by_token(token, email)


def _finish(answer: Response) -> Response:
    if not request.path.startswith("/rest/"):
        return answer
    trace = uuid.uuid4().hex
    answer.headers["Atl-Traceid"] = trace
    answer.headers["X-Arequestid"] = trace
    if g.login:
        answer.headers[LOGIN] = g.login
    rule = request.url_rule.rule if request.url_rule else request.path
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
    account = caller()
    the_site().calls.append(Call(request.method, path, account.id if account else None, g.issue_id))
    return answer


def _refused(refused: Refused) -> ResponseReturnValue:
    return jsonify(refused.body()), refused.status, refused.headers


def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    trouble = "went wrong in the sandbox" if code >= 500 else "is nothing that this sandbox knows"
    message = f"{error.name}: {request.method} {request.path} {trouble}."
    return jsonify({"errorMessages": [message], "errors": {}}), code
