"""Webhooks of the sandbox: who registered for what, and the sender that signs, delivers and retries."""

from __future__ import annotations

import hashlib
import heapq
import hmac
import json
import random
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import requests

RETRIED = frozenset({408, 409, 425, 429})  # and every 5xx; any other refusal is final
MOST_RETRIES = 5
TIMEOUT = (5.0, 20.0)  # seconds to connect, seconds to answer
SENDERS = 4


@dataclass(frozen=True)
class Webhook:
    """One registration. `types` limits it to "tickets" or "subtasks", as a filter in JQL would."""

    id: int
    url: str
    secret: str
    events: frozenset[str]
    types: str | None

    def wants(self, event: str, subtask: bool) -> bool:
        """Whether this registration gets an event on a ticket or a subtask."""
        return event in self.events and self.types in (None, "subtasks" if subtask else "tickets")


class Outcome(NamedTuple):
    """How one delivery ended: the last HTTP status (None: no answer, or dropped) after so many tries."""

    identifier: str
    url: str
    event: str
    issue_id: str
    status: int | None
    tries: int


@dataclass
class _Delivery:
    hook: Webhook
    identifier: str
    event: str
    issue_id: str
    body: bytes
    flow: str
    tries: int = 0

    def headers(self) -> dict[str, str]:
        digest = hmac.new(self.hook.secret.encode(), self.body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Hub-Signature": f"sha256={digest}",
            "X-Atlassian-Webhook-Identifier": self.identifier,
            "X-Atlassian-Webhook-Flow": self.flow,
        }
        if self.tries:
            headers["X-Atlassian-Webhook-Retry"] = str(self.tries)
        return headers


class Hooks:
    """A queue of deliveries and the threads that send them.

    `retry_delay` is in seconds of real time, plus up to `jitter` times as much; Cloud itself waits a random
    5 to 15 minutes. `drop_all` loses every delivery that is due while it is set."""

    def __init__(self, retry_delay: float = 5.0, jitter: float = 0.0) -> None:
        self.retry_delay = retry_delay
        self.jitter = jitter
        self.drop_all = False
        self.outcomes: list[Outcome] = []
        self._registered: list[Webhook] = []
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, _Delivery]] = []
        self._in_flight = 0
        self._counter = 0
        self._paused = False
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def register(self, url: str, secret: str, events: Iterable[str], types: str | None = None) -> Webhook:
        """Send these events to `url` from now on, signed with `secret`."""
        if types not in (None, "tickets", "subtasks"):
            raise ValueError(f"a webhook is for 'tickets', 'subtasks' or None (both), not {types!r}")
        with self._changed:
            hook = Webhook(len(self._registered) + 1, url, secret, frozenset(events), types)
            self._registered.append(hook)
            return hook

    def emit(self, event: str, *, subtask: bool, issue_id: str, body: Mapping[str, Any], flow: str = "Primary") -> None:
        """Queue one event for everybody who registered for it."""
        with self._changed:
            for hook in self._registered:
                if hook.wants(event, subtask):
                    text = json.dumps(body, ensure_ascii=False).encode()
                    delivery = _Delivery(hook, uuid.uuid4().hex, event, issue_id, text, flow)
                    self._push(delivery, 0.0)

    def _push(self, delivery: _Delivery, delay: float) -> None:
        self._counter += 1
        heapq.heappush(self._waiting, (time.monotonic() + delay, self._counter, delivery))
        self._start()
        self._changed.notify_all()

    def _start(self) -> None:
        if not self._threads:
            # Each generation of threads has its own stop, so that none outlives a stop that came too fast.
            self._stopped = threading.Event()
            self._threads = [
                threading.Thread(target=self._work, args=(self._stopped,), daemon=True, name=f"webhooks-{n}")
                for n in range(SENDERS)
            ]
            for thread in self._threads:
                thread.start()

    def unsent(self) -> int:
        """How many deliveries are not yet answered or wait for another try."""
        with self._changed:
            return len(self._waiting) + self._in_flight

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is unsent; False if that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._in_flight, timeout)

    def pause(self) -> None:
        """Hold every delivery back until `resume`."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Send again, first what was held back."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def stop(self) -> None:
        """End the threads; what is unsent is kept and goes out with the next event."""
        with self._changed:
            threads, self._threads = self._threads, []
            self._stopped.set()
            self._changed.notify_all()
        for thread in threads:
            thread.join(timeout=1.0)

    def _work(self, stopped: threading.Event) -> None:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the machine has no business between sandbox and bot
            while (delivery := self._take(stopped)) is not None:
                status = None if self.drop_all else _post(session, delivery)
                self._settle(delivery, status)

    def _take(self, stopped: threading.Event) -> _Delivery | None:
        with self._changed:
            while not stopped.is_set():
                ahead = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if ahead is not None and ahead <= 0 and not self._paused:
                    self._in_flight += 1
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(ahead if ahead and not self._paused else None)
            return None

    def _settle(self, delivery: _Delivery, status: int | None) -> None:
        failed = status is None or status in RETRIED or status >= 500
        with self._changed:
            self._in_flight -= 1
            if failed and not self.drop_all and delivery.tries < MOST_RETRIES:
                delivery.tries += 1
                self._push(delivery, self.retry_delay * (1 + self.jitter * random.random()))
                return
            hook = delivery.hook
            self.outcomes.append(
                Outcome(delivery.identifier, hook.url, delivery.event, delivery.issue_id, status, delivery.tries + 1)
            )
            self._changed.notify_all()


def _post(session: requests.Session, delivery: _Delivery) -> int | None:
    try:
        answer = session.post(
            delivery.hook.url,
            data=delivery.body,
            headers=delivery.headers(),
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException:
        return None
    return answer.status_code
