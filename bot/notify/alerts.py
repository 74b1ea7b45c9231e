"""Messages to the operator, outside Jira: each occurrence is told once, and so is that it is well again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.clock import Clock
from bot.store.database import Store, StoreError
from bot.store.tables import meta

LOG = logging.getLogger(__name__)

Send = Callable[[str, str], bool]  # title, body -> whether it went out; it must not raise
Held = Mapping[str, Any]  # what is kept of one kind of alert; empty where there is nothing to tell of
Decide = Callable[[Held, float], Held | None]  # what to keep from now on, None for no change; machine seconds

PATIENCE = 600.0  # seconds of not being ready, until it is told
STEADY = 120.0  # seconds of being ready, until that is believed: between two tries a site in trouble looks well
UNWATCHED = 300.0  # seconds without a look, after which nobody knows how it went on
GATHERED = 3600.0  # seconds until what was parked meanwhile is told, together
DAYS_BEFORE = 30

_FACT = "alert "
TITLE = "District Onboarding Bot: "


@dataclass(frozen=True)
class Readiness:
    """How the bot stands, as all its replicas see it: why it cannot work (None where it can), how many effects
    are parked and when the last of them was, the day on which its token expires (None: not known), and that Jira
    has stopped sending webhooks (None where it sends, or shall not)."""

    trouble: str | None = None
    parked: int = 0
    newest_parked: datetime | None = None
    token_expires: date | None = None
    untold: str | None = None


class Alerts:
    """Tells the operator, each occurrence once, over restarts and over replicas.

    What was told is a fact in the store, written before the message goes out: a message outside Jira cannot be
    looked for, so it is sent at most once. One that could not be sent is in the log. While the store itself is
    down each process keeps this in its memory, so each replica may tell it once."""

    def __init__(self, send: Send, store: Store, clock: Clock) -> None:
        self._send, self._store, self._clock = send, store, clock
        self._memory: dict[str, Held] = {}
        self._lock = threading.Lock()

    def tell(self, kind: str, title: str, body: str) -> bool:
        """Send a message, unless that kind was told already and `well` did not end it; whether it was its turn."""
        changed = self._change(kind, lambda held, now: None if "told" in held else {**held, "told": now})
        if changed is not None:
            self._deliver(title, body)
        return changed is not None

    def well(self, kind: str, title: str, body: str) -> bool:
        """End a kind of alert, and say so where it had been told; whether that was its turn."""
        return self._end(kind, lambda held, now: {}, title, lambda _: body)

    def watch(self, state: Readiness) -> None:
        """Look at how the bot stands, and tell what is to be told; to be called about once a minute."""
        if state.trouble is not None:
            self._not_ready(state.trouble)
        else:
            self._end("not ready", _steady, "well again", _since)
        if state.parked:
            self._parked(state.parked, state.newest_parked)
        else:
            self.well("parked", "nothing is parked any more", "What had been given up was released or is done.")
        self._token(state.token_expires)
        if state.untold is not None:
            body = (
                f"{state.untold} Nothing is lost, it is done some minutes later. See in Jira whether the webhooks are "
                "there and switched on, and whether the bot's address can be reached from outside with its secret."
            )
            self.tell("webhooks", "Jira has stopped sending webhooks", body)
        else:
            self.well("webhooks", "Jira sends webhooks again", "Changes are told as they happen, or need not be.")

    def _not_ready(self, trouble: str) -> None:
        changed = self._change("not ready", _troubled)
        if changed is not None and "told" in changed[1] and "told" not in changed[0]:
            minutes = int(PATIENCE // 60)
            body = (
                f"For {minutes} minutes it could not work: {trouble} Nothing is lost; it goes on when that is mended."
            )
            self._deliver("not ready", body)

    def _parked(self, count: int, newest: datetime | None) -> None:
        newest_text = newest.astimezone(UTC).isoformat() if newest else ""

        def decide(held: Held, now: float) -> Held | None:
            if "told" in held and (newest_text <= held["newest"] or 0 <= now - held["told"] < GATHERED):
                return None
            return {"told": now, "newest": newest_text}

        if self._change("parked", decide) is not None:
            # No word of a ticket leaves Jira this way.
            body = (
                f"{count} thing{'s are' if count != 1 else ' is'} parked: Jira refuses for good, and the rest goes on. "
                "`python -m bot parked` tells what and why, `python -m bot retry` releases it once that is mended."
            )
            self._deliver("something is parked", body)

    def _token(self, expires: date | None) -> None:
        if expires is None:  # nobody says any more when it is
            self._change("token", lambda held, now: {})
            return
        # The real day on purpose: a token does not live by the business clock of a rehearsal.
        left = (expires - datetime.fromtimestamp(self._clock.machine(), UTC).date()).days
        if left > DAYS_BEFORE:
            self.well("token", "the token was renewed", f"By `token_expires:` it is good until {expires}.")
            return
        when = f"expires on {expires}, in {left} days" if left > 0 else f"expired on {expires}"
        body = f"The bot's token {when}: make a new one, then set `token_expires:` in bot.yaml to its day."
        self.tell("token", "its Jira token expires soon" if left > 0 else "its Jira token expired", body)

    def _end(self, kind: str, decide: Decide, title: str, body: Callable[[Held], str]) -> bool:
        changed = self._change(kind, decide)
        if changed is None or "told" not in changed[0]:
            return False
        self._deliver(title, body(changed[0]))
        return True

    def _deliver(self, title: str, body: str) -> None:
        if not self._send(TITLE + title, body):
            LOG.error("the operator could not be told: %s. %s", title, body)

    def _change(self, kind: str, decide: Decide) -> tuple[Held, Held] | None:
        """Let `decide` see what is kept of a kind, and keep what it answers: before and after, or None where
        nothing changed. Of several replicas that decide at once, one does."""
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

        def look(connection: Connection, found: sa.Select[Any]) -> tuple[Held, Held, Held]:
            kept = connection.execute(found).scalar_one_or_none() or {}
            before = {**kept, **memory}
            after = decide(before, self._store.machine(connection))
            return kept, before, before if after is None else after

        def change(connection: Connection) -> tuple[Held, Held, Held]:
            # A row to lock first, or two replicas would both find none.
            connection.execute(self._store.insert(meta).values(name=name, value={}).on_conflict_do_nothing())
            kept, before, after = look(connection, fact.with_for_update())
            connection.execute(sa.update(meta).where(meta.c.name == name).values(value=dict(after)))
            return kept, before, after

        kept, before, after = self._store.read(lambda connection: look(connection, fact))
        if after != kept:  # seldom; else there is nothing to write
            _, before, after = self._store.write(change)
        return (before, after) if after != before else None


def _troubled(held: Held, now: float) -> Held:
    since, last = held.get("since", now), held.get("last", now)
    if "told" not in held and not (since <= now and 0 <= now - last <= UNWATCHED):
        since = now
    new = {**held, "since": since, "last": now}
    return {**new, "told": now} if now - since >= PATIENCE and "told" not in held else new


def _steady(held: Held, now: float) -> Held | None:
    return None if 0 <= now - held.get("last", 0.0) < STEADY else {}


def _since(held: Held) -> str:
    since = datetime.fromtimestamp(held["since"], UTC)
    return f"It works again; it was not ready since {since:%Y-%m-%d %H:%M} UTC."


def log_sender(title: str, body: str) -> bool:
    """The sender where no OPERATOR_URL is set: the log."""
    LOG.warning("%s. %s", title, body)
    return True


def apprise_sender(url: str, setting: str = "OPERATOR_URL") -> Send:
    """A sender to the address that a setting holds: mail, Slack, Teams and what else the library knows; several
    are separated by spaces. It never raises, and the address, which is a secret, is never logged.

    Raises ValueError, without the address, for one that the library does not understand."""
    import apprise  # here, since who has no operator's address need not wait for its plugins

    # The library writes addresses into its log, whole, and not at the lower levels alone.
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
        raise ValueError(f"{setting} is no address that the apprise library knows: see its list of services.")

    def send(title: str, body: str) -> bool:
        try:
            return bool(service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))
        except Exception as error:  # whatever a plugin raises; its text may hold the address, so only its kind is told
            LOG.error("a message to %s failed: %s", setting, type(error).__name__)
            return False

    return send


def heartbeat(url: str) -> Callable[[], bool]:
    """A call to HEARTBEAT_URL, with the answer whether it was taken. It ends in some seconds, never raises, and
    the address, which is a secret, is never logged.

    Raises ValueError, without the address, where that is no web address."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("HEARTBEAT_URL is not a web address: give one that begins with https://.")

    def beat() -> bool:
        try:
            # Nothing of the answer but its status is read, so a slow body keeps nobody waiting.
            with requests.get(url, timeout=(3, 5), stream=True) as answer:
                status = answer.status_code
        except (requests.RequestException, ValueError, OSError) as error:
            LOG.warning("the heartbeat was not sent: %s", type(error).__name__)
            return False
        if status >= 400:
            LOG.warning("the heartbeat was answered with %d", status)
        return status < 400

    return beat
