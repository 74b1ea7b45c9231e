"""POST /webhooks/jira: verify the sender, keep what identifies the delivery, put the issue on the agenda, answer."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from flask import Blueprint, Response, request
from sqlalchemy import Connection
from werkzeug.exceptions import BadRequest, ServiceUnavailable, Unauthorized

from bot.clock import Clock
from bot.jira.references import author_of, event_of, issue_of, project_of
from bot.store.agenda import Agenda
from bot.store.agenda_reader import Priority
from bot.store.database import Store, StoreError

ECHO_DELAY = timedelta(seconds=2)  # the bot's own write is still going on when Jira reports it
RETRY_AFTER = 30  # seconds
AT_ONCE = 8  # deliveries that are accepted at the same time; a web server with more threads has some left for /healthz
TURN_SECONDS = 1.0  # none waits this long for its turn unless the database does not answer those before it

_METHODS = {"sha256": hashlib.sha256}  # Jira names the method in the header, and may change it one day
_CHUNK = 64 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """What is kept about one delivery; never its body. `size` is in bytes."""

    identifier: str
    event: str
    issue_id: str
    author_id: str | None
    size: int
    sha256: str


class DeliveryStore:
    """Keeps a delivery and puts its issue on the agenda, in one commit."""

    def __init__(self, store: Store, agenda: Agenda) -> None:
        self._store = store
        self._agenda = agenda

    def accept(self, delivery: Delivery, at: datetime, priority: Priority) -> bool:
        """Have the issue reconciled at `at`. False, with nothing done, if the delivery was seen before.

        Raises StoreError if the store cannot be used."""

        def work(connection: Connection) -> bool:
            new = self._store.record_delivery_in(
                connection,
                identifier=delivery.identifier,
                event=delivery.event,
                issue_id=delivery.issue_id,
                author_id=delivery.author_id,
                size=delivery.size,
                sha256=delivery.sha256,
            )
            if new:
                self._agenda.put_in(connection, f"issue {delivery.issue_id}", at, priority)
            return new

        return self._store.write(work)


class Turns:
    """At most `most` deliveries at the same time. While the database hangs, all of them wait for it, and soon every
    thread of the web server would: no health check would be answered, and Jira only after a long time."""

    def __init__(self, most: int, patience: float) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()  # a token for each turn
        for _ in range(most):
            self._free.put(None)
        self._patience = patience
        self._stuck = False  # a delivery waited in vain, and no turn has ended since

    def with_one(self, receive: Callable[[], Response]) -> Response:
        """What `receive` answers. Raises ServiceUnavailable if no turn comes within `patience` seconds, or if the
        delivery before got none."""
        if not self._take():
            log.error("could not keep a delivery: those before it still wait for the database")
            raise _try_again()
        try:
            return receive()
        finally:
            self._stuck = False
            self._free.put(None)

    def _take(self) -> bool:
        try:
            self._free.get(timeout=0 if self._stuck else self._patience)
        except Empty:
            self._stuck = True
            return False
        return True


def verify(secret: str, body: bytes | bytearray, header: str | None) -> bool:
    """Whether `header` (X-Hub-Signature: `method=hex`) signs `body` with `secret`, compared in constant time.

    An empty secret signs nothing: anybody could compute that signature."""
    method, _, signature = (header or "").partition("=")
    digest = _METHODS.get(method.strip().lower())
    if not secret or digest is None:
        return False
    expected = hmac.new(secret.encode(), body, digest).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode("utf-8", "replace"))


def receiver(
    *,
    secret: str,
    deliveries: DeliveryStore,
    clock: Clock,
    projects: Callable[[], Collection[str]],
    own_account: Callable[[], str | None],
) -> Blueprint:
    """The blueprint of the webhook. `projects` gives the keys of the bot's projects, and `own_account` the bot's
    account if it is known. Raises ValueError for an empty secret."""
    if not secret.strip():
        raise ValueError("The webhook's secret is empty: anybody could sign with it, so set JIRA_WEBHOOK_SECRET.")
    blueprint = Blueprint("webhook", __name__)
    turns = Turns(AT_ONCE, TURN_SECONDS)

    @blueprint.post("/webhooks/jira")
    def webhook() -> Response:
        return turns.with_one(receive)

    def receive() -> Response:
        body = _read_body()
        payload = _signed_json(secret, body)
        project = project_of(payload)
        if project is not None and project not in projects():
            return _answer(200, "not ours")
        delivery = _delivery(payload, body)
        if delivery is None:
            return _answer(200, "no issue")
        echo = delivery.author_id is not None and delivery.author_id == own_account()
        return _accept(deliveries, delivery, clock.now(), echo)

    return blueprint


def _signed_json(secret: str, body: bytearray) -> object:
    """The request's body as JSON. Raises Unauthorized if it is not signed, BadRequest if it is not JSON."""
    if not verify(secret, body, request.headers.get("X-Hub-Signature")):
        log.warning("refused a delivery of %d bytes: its signature is missing or wrong", len(body))
        raise Unauthorized("not signed")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # also for an unknown encoding, a huge number, or too deep a nesting
        raise BadRequest("no JSON") from None


def _accept(deliveries: DeliveryStore, delivery: Delivery, now: datetime, echo: bool) -> Response:
    """Store a delivery and have its issue reconciled; an `echo` of the bot's own act can wait for those of people."""
    at, priority = (now + ECHO_DELAY, Priority.TIMERS) if echo else (now, Priority.PEOPLE)
    try:
        new = deliveries.accept(delivery, at, priority)
    except StoreError as error:
        log.error("could not keep delivery %s of issue %s: %s", delivery.identifier, delivery.issue_id, error)
        raise _try_again() from error
    log.info(
        "delivery %s: %s of issue %s%s",
        *(delivery.identifier, delivery.event, delivery.issue_id, "" if new else ", seen before"),
    )
    return _answer(202, "accepted") if new else _answer(200, "seen before")


def _read_body() -> bytearray:
    """The body, held once. Raises RequestEntityTooLarge past the app's MAX_CONTENT_LENGTH: by its length unread, and
    a chunked one as soon as it is that long (`request.get_data()` would cut that one off instead)."""
    body = bytearray()
    while chunk := request.stream.read(_CHUNK):
        body += chunk
    return body


def _delivery(payload: object, body: bytearray) -> Delivery | None:
    issue_id = issue_of(payload)
    if issue_id is None:
        return None
    digest = hashlib.sha256(body).hexdigest()
    # Cloud names each delivery, and a retry has the same name. Data Center does not, so the hash of the body does.
    given = request.headers.get("X-Atlassian-Webhook-Identifier", "").strip()
    named = given if given.isascii() and given.isprintable() and len(given) <= 200 else ""
    return Delivery(
        identifier=named or f"sha256:{digest}",
        event=event_of(payload),
        issue_id=issue_id,
        author_id=author_of(payload),
        size=len(body),
        sha256=digest,
    )


def _try_again() -> ServiceUnavailable:
    return ServiceUnavailable("try again", retry_after=RETRY_AFTER)


def _answer(code: int, word: str) -> Response:
    return Response(f'{{"answer": "{word}"}}\n', code, mimetype="application/json")
