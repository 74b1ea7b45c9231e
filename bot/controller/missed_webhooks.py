"""Whether Jira still sends webhooks: changes that the catch-up finds, compared with the time of the latest delivery.

The age of the latest delivery alone would not do: on a quiet weekend it is as old as after a stop. So what counts is
how many changes people made since then."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.jira.json_values import Unreadable
from bot.jira.payloads import parse_moment
from bot.jira.references import SearchHit
from bot.store.database import Store
from bot.store.tables import deliveries, intents, looks

FACT = "changes by others"
PATIENCE = timedelta(hours=2)  # Jira resends a refused delivery for 75 minutes at most
SKEW = timedelta(minutes=5)  # how much Jira's clock and the bot's may differ
DAY = timedelta(days=1)
MOST = 500  # changes that are kept

LATEST_DELIVERY = sa.select(deliveries.c.received_at).order_by(deliveries.c.received.desc()).limit(1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Change:
    """A change that the catch-up found: its ticket (also for a change of a subtask), and when."""

    ticket: str
    at: datetime

    def missed(self, delivered: datetime | None) -> bool:
        """Whether no webhook has come since, where the latest came at that moment; None where none ever came."""
        return delivered is None or delivered < self.at - SKEW


@dataclass(frozen=True)
class Counted:
    """How many changes were found since a moment, how many of them came after the latest webhook, and whether those
    are so many that Jira must have stopped sending."""

    changes: int
    untold: int
    since: datetime | None
    stopped: bool


class WebhookWatch:
    """Keeps the changes of the last day that somebody other than the bot made while the bot was running.

    A change is the bot's own if the bot had made a call for the ticket by the time the change was first seen, within
    some minutes of it. `gap` is the time between two catch-ups from which on the bot counts as having been away: Jira
    could not deliver then, so what changed meanwhile says nothing about Jira."""

    def __init__(self, store: Store, gap: timedelta) -> None:
        self._store, self._gap = store, gap

    def note(self, hits: Iterable[SearchHit], now: datetime, last: datetime | None) -> None:
        """Add what a catch-up found that began at `now`; `last` is when the one before began. Raises StoreError."""
        fact = self._store.get_fact(FACT) or {"since": now.isoformat(), "noted": now.isoformat(), "seen": []}
        since, kept = datetime.fromisoformat(fact["since"]), _read(fact)
        if last is None or now - last > self._gap:
            since, kept = now, [one for one in kept if one.at <= _noted(fact) - PATIENCE]
        new = {one for one in _newest(hits) if one.at >= since}.difference(kept)

        def judge(connection: Connection) -> list[Change]:
            delivered = connection.execute(LATEST_DELIVERY).scalar_one_or_none()
            own = _by_the_bot(connection, [one for one in new if one.missed(delivered)])
            found = [*kept, *new.difference(own)]
            missed = [one for one in found if one.missed(delivered)]
            unknown = _unknown_to_the_bot(connection, [one for one in missed if one.at <= now - PATIENCE])
            recent = [one for one in found if one.at > now - DAY or one.missed(delivered)]
            return [one for one in recent if one not in unknown]

        changes = sorted(self._store.read(judge), key=lambda one: one.at)[-MOST:]
        seen = [[one.ticket, (one.at - _EPOCH) // timedelta(milliseconds=1)] for one in changes]
        self._store.set_fact(FACT, {"since": since.isoformat(), "noted": now.isoformat(), "seen": seen})


def count(fact: Any, delivered: datetime | None, most: int) -> Counted:
    """What the watch kept, counted; `delivered` is when the latest webhook came, and with `most` changes after it
    Jira has stopped sending. A webhook may still come for what changed in the two hours before the latest catch-up."""
    if not fact:
        return Counted(0, 0, None, False)
    missed = [one for one in _read(fact) if one.missed(delivered)]
    late = [one for one in missed if one.at <= _noted(fact) - PATIENCE]
    judged = [one for one in _read(fact) if one in late or one not in missed]
    return Counted(
        changes=len(judged),
        untold=len(late),
        since=judged[0].at if judged else None,
        stopped=len(late) >= most,
    )


def _noted(fact: Any) -> datetime:
    return datetime.fromisoformat(fact["noted"])


def _read(fact: Any) -> list[Change]:
    return [Change(ticket, _EPOCH + timedelta(milliseconds=at)) for ticket, at in fact["seen"]]


def _newest(hits: Iterable[SearchHit]) -> list[Change]:
    """The newest change of each ticket, with those of its subtasks: one act may touch several."""
    found: dict[str, Change] = {}
    for hit in hits:
        try:
            change = Change(hit.look_at, parse_moment(hit.updated))
        except Unreadable:
            continue
        if change.ticket not in found or found[change.ticket].at < change.at:
            found[change.ticket] = change
    return list(found.values())


def _by_the_bot(connection: Connection, changes: Collection[Change]) -> set[Change]:
    tickets = {one.ticket for one in changes}
    query = sa.select(intents.c.issue_id, intents.c.began_at).where(intents.c.issue_id.in_(tickets))
    began = connection.execute(query).all() if tickets else []
    return {one for one in changes for ticket, at in began if ticket == one.ticket and abs(one.at - at) <= SKEW}


def _unknown_to_the_bot(connection: Connection, changes: Collection[Change]) -> set[Change]:
    """Those of tickets that the bot never reconciled: webhooks announce none of them, and the search shows all."""
    tickets = {one.ticket for one in changes}
    query = sa.select(looks.c.issue_id).where(looks.c.issue_id.in_(tickets)).distinct()
    known = set(connection.execute(query).scalars()) if tickets else set()
    return {one for one in changes if one.ticket not in known}
