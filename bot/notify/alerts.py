"""Messages to the operator, outside Jira: one for each kind of trouble, and one when it is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.clock import Clock
from bot.store.database import Store, StoreError
from bot.store.tables import meta

LOG = logging.getLogger(__name__)

Send = Callable[[str, str], bool]  # title, body -> whether it was sent; it must not raise
Held = Mapping[str, Any]  # what is kept about one kind of alert; empty if there is none
Decide = Callable[[Held, float], Held | None]  # what to keep from now on, None for no change; machine seconds

PATIENCE = 600.0  # seconds of not being ready before the operator is notified
STEADY = 120.0  # seconds of being ready before that is believed: between two tries, a site in trouble looks fine
UNWATCHED = 300.0  # seconds without a check, after which nobody knows what happened in between
DEPLOYMENT = 60.0  # seconds in which a file that is gone or half written is no event
GATHERED = 3600.0  # seconds in which parked effects are collected for one message
DAYS_BEFORE = 30

_FACT = "alert "
TITLE = "District Onboarding Bot: "


@dataclass(frozen=True)
class Readiness:
    """The bot's state, as all its replicas see it: why it cannot work (None if it can), how many effects are parked
    and when the last of them was, the day on which its token expires (None: not known), and a sentence that says
    that Jira has stopped sending webhooks (None if it sends them, or does not have to)."""

    trouble: str | None = None
    parked: int = 0
    newest_parked: datetime | None = None
    token_expires: date | None = None
    webhooks_stopped: str | None = None


class Alerts:
    """Notifies the operator, once for each trouble, across restarts and replicas.

    That a message was sent is a fact in the store, written before the message goes out: a message outside Jira
    cannot be looked for, so it is sent at most once. One that could not be sent is in the log. While the store itself
    is down, each process keeps this in its memory, so each replica may send it once."""

    def __init__(self, send: Send, store: Store, clock: Clock) -> None:
        self._send, self._store, self._clock = send, store, clock
        self._memory: dict[str, Held] = {}
        self._lock = threading.Lock()
        self._refused_here: bool | None = None  # whether this process had refused files when it last said

    def tell(self, kind: str, title: str, body: str) -> bool:
        """Send a message, unless one of that kind was sent and `well` has not ended it. Whether this call sent it."""
        changed = self._change(kind, lambda held, now: None if "told" in held else {**held, "told": now})
        if changed is not None:
            self._deliver(title, body)
        return changed is not None

    def well(self, kind: str, title: str, body: str) -> bool:
        """End a kind of alert, with a message if one had been sent for it. Whether this call sent it."""
        return self._end(kind, lambda held, now: {}, title, lambda _: body)

    def watch(self, state: Readiness) -> None:
        """Send the messages that the bot's state calls for; to be called about once a minute."""
        if state.trouble is not None:
            self._not_ready(state.trouble)
        else:
            self._end("not ready", _steady, "working again", _since)
        if state.parked:
            self._parked(state.parked, state.newest_parked)
        else:
            self.well("parked", "nothing is parked anymore", "What was given up has been released, or is done.")
        self._token(state.token_expires)
        if state.webhooks_stopped is not None:
            body = (
                f"{state.webhooks_stopped} Nothing is lost; the work is done some minutes later. Check in Jira whether "
                "the webhooks are there and enabled, and whether the bot's address can be reached from outside."
            )
            self.tell("webhooks", "Jira has stopped sending webhooks", body)
        else:
            self.well("webhooks", "Jira sends webhooks again", "Changes are reported as they happen, or need not be.")

    def refused_files(self, lines: Sequence[str]) -> None:
        """Notify the operator, once, of process files that are refused, unless they are put right within a deployment.
        To be called as often as `watch`; no lines: none are refused."""
        if not lines:
            if self._refused_here is not False:  # another replica may have other files, and speaks for itself
                self.well("refused files", "the process files are accepted", "No ticket would be stranded any more.")
            self._refused_here = False
            return
        self._refused_here = True
        changed = self._change("refused files", partial(_lasting, DEPLOYMENT))
        if changed is not None and "told" in changed[1] and "told" not in changed[0]:
            self._deliver("a changed process file is refused", "\n".join(lines))

    def _not_ready(self, trouble: str) -> None:
        changed = self._change("not ready", partial(_lasting, PATIENCE))
        if changed is not None and "told" in changed[1] and "told" not in changed[0]:
            minutes = int(PATIENCE // 60)
            body = (
                f"It could not work for {minutes} minutes: {trouble} Nothing is lost; it continues once that is fixed."
            )
            self._deliver("not ready", body)

    def _parked(self, count: int, newest: datetime | None) -> None:
        newest_text = newest.astimezone(UTC).isoformat() if newest else ""

        def decide(held: Held, now: float) -> Held | None:
            if "told" in held and (newest_text <= held["newest"] or 0 <= now - held["told"] < GATHERED):
                return None
            return {"told": now, "newest": newest_text}

        if self._change("parked", decide) is not None:
            # No text from a ticket leaves Jira this way.
            body = (
                f"{count} thing{'s are' if count != 1 else ' is'} parked: Jira refuses for good, and everything else "
                "goes on. `python -m bot parked` lists what and why; `python -m bot retry` tries again once that is "
                "fixed."
            )
            self._deliver("something is parked", body)

    def _token(self, expires: date | None) -> None:
        if expires is None:  # no longer configured
            self._change("token", lambda held, now: {})
            return
        # The real day on purpose: a token does not live by the business clock of a rehearsal.
        left = (expires - datetime.fromtimestamp(self._clock.machine(), UTC).date()).days
        if left > DAYS_BEFORE:
            self.well("token", "the token was renewed", f"According to `token_expires:`, it is valid until {expires}.")
            return
        when = f"expires on {expires}, in {left} days" if left > 0 else f"expired on {expires}"
        body = f"The bot's token {when}: create a new one, then set `token_expires:` in bot.yaml to its date."
        self.tell("token", "its Jira token expires soon" if left > 0 else "its Jira token expired", body)

    def _end(self, kind: str, decide: Decide, title: str, body: Callable[[Held], str]) -> bool:
        changed = self._change(kind, decide)
        if changed is None or "told" not in changed[0]:
            return False
        self._deliver(title, body(changed[0]))
        return True

    def _deliver(self, title: str, body: str) -> None:
        if not self._send(TITLE + title, body):
            LOG.error("the operator could not be notified: %s. %s", title, body)

    def _change(self, kind: str, decide: Decide) -> tuple[Held, Held] | None:
        """Let `decide` see what is kept about a kind, and keep what it returns. What was kept before and after, or
        None if nothing changed. Of several replicas that decide at the same time, one changes it."""
        with self._lock:
            memory = self._memory.get(kind, {})
            try:
                changed = self._change_stored(_FACT + kind, memory, decide)
                self._memory.pop(kind, None)
                return changed
            except StoreError:
                after = decide(memory, self._clock.machine())
                if after is None or after == memory:
                    return None
                self._memory[kind] = after
                return memory, after

    def _change_stored(self, name: str, memory: Held, decide: Decide) -> tuple[Held, Held] | None:
        fact = sa.select(meta.c.value).where(meta.c.name == name)

        def decided(connection: Connection, found: sa.Select[Any]) -> tuple[Held, Held, Held]:
            kept = connection.execute(found).scalar_one_or_none() or {}
            before = {**kept, **memory}
            after = decide(before, self._store.machine(connection))
            return kept, before, before if after is None else after

        def change(connection: Connection) -> tuple[Held, Held, Held]:
            # Insert a row to lock first, or two replicas would both find none.
            connection.execute(self._store.insert(meta).values(name=name, value={}).on_conflict_do_nothing())
            kept, before, after = decided(connection, fact.with_for_update())
            connection.execute(sa.update(meta).where(meta.c.name == name).values(value=dict(after)))
            return kept, before, after

        kept, before, after = self._store.read(lambda connection: decided(connection, fact))
        if after != kept:  # rarely; otherwise there is nothing to write
            _, before, after = self._store.write(change)
        return (before, after) if after != before else None


def _lasting(patience: float, held: Held, now: float) -> Held:
    """Note that a trouble is there, and that the operator is notified once it has lasted for so many seconds."""
    since, last = held.get("since", now), held.get("last", now)
    if "told" not in held and not (since <= now and 0 <= now - last <= UNWATCHED):
        since = now
    new = {**held, "since": since, "last": now}
    return {**new, "told": now} if now - since >= patience and "told" not in held else new


def _steady(held: Held, now: float) -> Held | None:
    return None if 0 <= now - held.get("last", 0.0) < STEADY else {}


def _since(held: Held) -> str:
    since = datetime.fromtimestamp(held["since"], UTC)
    return f"It works again; it was not ready since {since:%Y-%m-%d %H:%M} UTC."


def log_sender(title: str, body: str) -> bool:
    """The sender if OPERATOR_URL is not set: the log."""
    LOG.warning("%s. %s", title, body)
    return True


def apprise_sender(url: str, setting: str = "OPERATOR_URL") -> Send:
    """A sender to the address that a setting holds: email, Slack, Teams, and whatever else the library knows;
    several are separated by spaces. The sender never raises, and the address, which is a secret, is never logged.

    Raises ValueError, without the address, if the library does not understand it."""
    import apprise  # here, so that nobody without such an address waits for its plugins

    # The library logs whole addresses, and not only at the lower levels.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(
        app_id="District Onboarding Bot",
        app_desc="District Onboarding Bot",
        app_url="",
        image_url_mask=None,
        image_url_logo=None,
        async_mode=False,
        service_timeout=15,
    )
    service = apprise.Apprise(asset=asset)
    if not service.add(url):
        raise ValueError(f"{setting} is not an address that the apprise library knows: see its list of services.")

    def send(title: str, body: str) -> bool:
        try:
            return bool(service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))
        except (
            Exception
        ) as error:  # whatever a plugin raises; its text may hold the address, so only its type is logged
            LOG.error("a message to %s failed: %s", setting, type(error).__name__)
            return False

    return send


def heartbeat(url: str) -> Callable[[], bool]:
    """A call to HEARTBEAT_URL that returns whether it succeeded. It ends within seconds, never raises, and the
    address, which is a secret, is never logged.

    Raises ValueError, without the address, if that is not a web address."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("HEARTBEAT_URL is not a web address: give one that begins with https://.")

    def beat() -> bool:
        try:
            # Only the status of the answer is read, so a slow body keeps nobody waiting.
            with requests.get(url, timeout=(3, 5), stream=True) as answer:
                status = answer.status_code
        except (requests.RequestException, ValueError, OSError) as error:
            LOG.warning("the heartbeat was not sent: %s", type(error).__name__)
            return False
        if status >= 400:
            LOG.warning("the heartbeat was answered with %d", status)
        return status < 400

    return beat
