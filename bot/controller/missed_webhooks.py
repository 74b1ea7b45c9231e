"""Whether Jira still sends webhooks: what the catch-up finds is held against the deliveries that came."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.jira.json_values import Unreadable
from bot.jira.payloads import parse_moment
from bot.jira.references import SearchHit
from bot.store.database import Store
from bot.store.tables import deliveries, intents, looks

FACT = "webhook watch"
PATIENCE = timedelta(hours=2)  # what was refused Jira sends again, for 75 minutes at most
SKEW = timedelta(minutes=5)  # how far Jira's clock and the bot's may be apart
DAY = timedelta(days=1)
MOST = 500  # changes that are kept, and as many that are not judged yet
MOST_DELIVERIES = 20_000  # where more than that came in two hours Jira surely sends

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """A change of a ticket that the catch-up saw: the ticket, the issue that changed (a subtask of it, or itself),
    when, and whether a webhook told of that issue or ticket; None as long as one may still come."""

    ticket: str
    issue: str
    at: datetime
    told: bool | None = None


@dataclass(frozen=True)
class Counted:
    """How many changes were told or not in the day up to the latest that a webhook told, since when that counts,
    and whether so many were not told that Jira must have stopped sending."""

    changes: int
    untold: int
    since: datetime | None
    stopped: bool


class WebhookWatch:
    """Of the changes that a catch-up sees it keeps those that somebody else than the bot made while the bot ran.

    A change is the bot's own where the bot had made a call for the ticket by the moment at which the change was
    first seen, and within some minutes of it. `gap` is the time between two catch-ups from which on the bot counts
    as away: then it could not be told, and what changed meanwhile says nothing about Jira."""

    def __init__(self, store: Store, gap: timedelta) -> None:
        self._store, self._gap = store, gap

    def note(self, hits: Iterable[SearchHit], now: datetime, last: datetime | None) -> None:
        """Take in what a catch-up saw, which began at `now` after the `last` one. Raises StoreError."""
        fact = self._store.get_fact(FACT) or {}
        since, seen = _moment(fact["since"]) if fact else now, _read(fact)
        if last is None or now - last > self._gap:
            since, seen = now, [one for one in seen if one.told is not None]
        known = {(one.ticket, one.at) for one in seen}
        new = [one for one in _newest(hits) if one.at >= since and (one.ticket, one.at) not in known]

        def judge(connection: Connection) -> list[Seen]:
            waiting = [one for one in [*seen, *new] if one.told is None]
            told = _told(connection, waiting)
            own = _by_the_bot(connection, [one for one in new if one not in told])
            late = [one for one in waiting if one not in told and now >= one.at + PATIENCE]
            ours = _looked_after(connection, late)
            judged = [one for one in seen if one.told is not None] + [replace(one, told=True) for one in told]
            judged += [replace(one, told=False) for one in late if one.ticket in ours and one not in own]
            return judged + [one for one in waiting if one not in told and one not in late and one not in own]

        kept = _of_a_day(self._store.read(judge))
        found = [[one.ticket, one.issue, (one.at - _EPOCH) // timedelta(milliseconds=1), one.told] for one in kept]
        self._store.set_fact(FACT, {"since": since.isoformat(), "seen": found})


def count(fact: Any, most: int, share: float) -> Counted:
    """What the watch kept, counted: `most` changes and that `share` of all may go untold, no more."""
    newest_first = sorted(_read(fact or {}), key=lambda one: one.at, reverse=True)
    judged = [one for one in newest_first if one.told is not None]
    return Counted(
        changes=len(judged),
        untold=sum(not one.told for one in judged),
        since=judged[-1].at if judged else None,
        stopped=_stopped([one.told for one in newest_first], most, share),
    )


def _stopped(newest_first: Sequence[bool | None], most: int, share: float) -> bool:
    """Whether, back to any moment, at least `most` changes and that `share` of all were untold; not where the
    latest were all told again."""
    if newest_first[:most] == [True] * most:
        return False
    judged = untold = 0
    for told in newest_first:
        judged += told is not None
        untold += told is False
        if untold >= most and untold >= share * judged:
            return True
    return False


def _read(fact: Any) -> list[Seen]:
    return [
        Seen(ticket, issue, _EPOCH + timedelta(milliseconds=at), told)
        for ticket, issue, at, told in fact.get("seen", ())
    ]


def _newest(hits: Iterable[SearchHit]) -> list[Seen]:
    """The newest change of each ticket, those of its subtasks among them: one act may touch several."""
    found: dict[str, Seen] = {}
    for hit in hits:
        try:
            at = parse_moment(hit.updated)
        except Unreadable:
            continue
        if hit.look_at not in found or found[hit.look_at].at < at:
            found[hit.look_at] = Seen(hit.look_at, hit.issue_id, at)
    return list(found.values())


def _of_a_day(seen: Collection[Seen]) -> list[Seen]:
    """Those of the day up to the latest change that was told, and all that came after it: a quiet weekend is no
    sign that Jira sends again."""
    told = [one.at for one in seen if one.told]
    begin = max(told) - DAY if told else _EPOCH
    of_it = sorted((one for one in seen if one.at >= begin), key=lambda one: one.at)
    judged, waiting = [one for one in of_it if one.told is not None], [one for one in of_it if one.told is None]
    return judged[-MOST:] + waiting[-MOST:]


def _told(connection: Connection, waiting: Sequence[Seen]) -> set[Seen]:
    if not waiting:
        return set()
    oldest = min(one.at for one in waiting) - SKEW
    came: dict[str, list[datetime]] = {}
    query = sa.select(deliveries.c.issue_id, deliveries.c.received_at).order_by(deliveries.c.received.desc())
    for issue_id, received_at in connection.execute(query.limit(MOST_DELIVERIES)):
        if received_at < oldest:
            break
        came.setdefault(issue_id, []).append(received_at)
    return {
        one
        for one in waiting
        for at in (*came.get(one.ticket, ()), *came.get(one.issue, ()))
        if one.at - SKEW <= at <= one.at + PATIENCE
    }


def _by_the_bot(connection: Connection, untold: Sequence[Seen]) -> set[Seen]:
    query = sa.select(intents.c.issue_id, intents.c.began_at).where(
        intents.c.issue_id.in_({one.ticket for one in untold})
    )
    began = connection.execute(query).all() if untold else []
    return {one for one in untold for ticket, at in began if ticket == one.ticket and abs(one.at - at) <= SKEW}


def _looked_after(connection: Connection, late: Sequence[Seen]) -> set[str]:
    """The tickets among them that the bot looks after: webhooks tell of no others, and the search shows all."""
    tickets = {one.ticket for one in late}
    query = sa.select(looks.c.issue_id).where(looks.c.issue_id.in_(tickets)).distinct()
    return set(connection.execute(query).scalars()) if tickets else set()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
