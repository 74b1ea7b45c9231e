"""GET /statusz: how the bot stands, for a monitor and for people; nothing of tickets, settings or secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy import Connection

from bot.agenda_keys import JOB
from bot.alerts import DAYS_BEFORE, Readiness
from bot.closures import TOLD
from bot.health import DATABASE_AWAY, PATIENCE, Bounded, cannot_take_in
from bot.jobs import CAUGHT_UP, IDENTITY, NIGHTLY, TROUBLE
from bot.status_html import to_html
from bot.store import StoreError
from bot.tables import agenda, deliveries, meta
from bot.webhook_watch import FACT, count
from bot.workers import PAUSED

if TYPE_CHECKING:
    from bot.app import Bot

TELLING = ("catch_up", "identity")  # the jobs that tell by themselves whether work is possible
STILL_SECONDS = 30.0  # a scheduler that has not ticked for so long does not run
LATE_SECONDS = 1800.0  # what is due for so long, and not held back, is not worked on
GREEN, RED = "green", "red"

_col = agenda.c


@dataclass(frozen=True)
class Shared:
    """What the store knows of all replicas. `lag` is for how many business seconds the longest due row has been
    due, `late` the same of those that need not wait, `held_back` how many must, `looks_parked` how many issues were
    given up and `parked_due` when the latest of them was due; `watched` is the fact of the webhook watch, and
    `closures` how many closed days were told."""

    trouble: str | None
    due: int
    lag: float
    late: float
    held_back: int
    looks_parked: int
    parked_due: datetime | None
    paused: bool
    caught_up_at: str | None
    nightly_at: str | None
    identity: Mapping[str, Any]
    delivered_at: datetime | None
    watched: Any
    closures: int


_DELIVERED = sa.select(deliveries.c.received_at).order_by(deliveries.c.received.desc()).limit(1)
_CLOSURES = sa.select(sa.func.count()).where(meta.c.name.startswith(TOLD))


def readiness(bot: Bot) -> Readiness:
    """How the bot stands, as all its replicas see it. Raises StoreError."""
    shared, effects = _shared(bot), bot.journal.parked()
    moments = [e.at for e in effects] + ([shared.parked_due] if shared.parked_due else [])
    return Readiness(
        trouble=shared.trouble,
        parked=len(effects) + shared.looks_parked,
        newest_parked=max(moments, default=None),
        token_expires=bot.config.office.token_expires,
        untold=_untold(bot, shared.watched),
    )


def status_page(bot: Bot, database: Bounded[None]) -> Blueprint:
    """The blueprint of the page, as JSON and for people: 503 where it is red, else 200. `database` asks whether
    the database takes anything in."""
    blueprint = Blueprint("statusz", __name__)
    shared = Bounded(lambda: _all_shared(bot), PATIENCE)

    @blueprint.get("/statusz")
    def statusz() -> Response:
        offered = ("application/json", "text/html")
        wished = request.accept_mimetypes.best_match(offered)
        return _answer(report(bot, database, shared), for_people=wished == "text/html")

    @blueprint.get("/statusz.json")
    def statusz_json() -> Response:
        return _answer(report(bot, database, shared), for_people=False)

    return blueprint


def _answer(found: Mapping[str, Any], for_people: bool) -> Response:
    text = to_html(found) if for_people else json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    code = 200 if found["state"] == GREEN else 503
    return Response(text, code, headers, mimetype="text/html" if for_people else "application/json")


def report(bot: Bot, database: Bounded[None], shared: Bounded[tuple[Shared, int]]) -> dict[str, Any]:
    """What the page says: `reasons` why it is red, `attention` what else a person should see to, then facts.

    `ready` is false only where no ticket can be worked on; counts and moments alone, nothing of a ticket."""
    machine, ticked = bot.clock.machine(), bot.ticker.ticked
    alive = ticked is not None and abs(machine - ticked) <= STILL_SECONDS
    here = {
        "scheduler": {"alive": alive, "ticked_at": _moment(ticked)},
        "configuration": {"loaded_at": _moment(bot.loaded), "problems": _problems(bot)},
    }
    refused = cannot_take_in(database)
    try:
        found, parked = shared.ask()
    except (StoreError, TimeoutError):
        return {"state": RED, "ready": False, "trouble": DATABASE_AWAY, "reasons": [DATABASE_AWAY], **here}
    trouble = found.trouble if alive else found.trouble or "The scheduler does not run in this process."
    trouble = refused or trouble
    untold = _untold(bot, found.watched)
    reasons = [one for one in (refused, found.trouble, None if alive else trouble, _late(found), untold) if one]
    return {
        "state": RED if reasons else GREEN,
        "ready": trouble is None,
        "trouble": trouble,
        "reasons": list(dict.fromkeys(reasons)),
        "attention": _attention(bot, found, parked),
        "paused": found.paused,
        "jira": {
            "state": found.trouble or "ok",
            "account": bot.gateway.me or found.identity.get("account"),
            "identity_checked_at": _moment(found.identity.get("at")),
        },
        "agenda": {"due": found.due, "oldest_due_seconds": round(found.lag), "held_back": found.held_back},
        "parked": parked,
        "caught_up_at": found.caught_up_at,
        "nightly_at": found.nightly_at,
        "webhooks": _webhooks(bot, found, untold),
        "closures": {"told": found.closures, "left_to_a_person": bot.closures.left_to_a_person},
        **here,
    }


def _all_shared(bot: Bot) -> tuple[Shared, int]:
    shared = _shared(bot)
    return shared, len(bot.journal.parked()) + shared.looks_parked


def _late(found: Shared) -> str | None:
    """Why a long wait is red: what is held back waits for a reason that is told elsewhere, and so does all where a
    person paused it."""
    if found.paused or found.late <= LATE_SECONDS:
        return None
    return f"What is due is not worked on: the longest has waited for {found.late // 60:.0f} minutes."


def _attention(bot: Bot, found: Shared, parked: int) -> list[str]:
    """What a person should see to, though the work goes on."""
    said = []
    if found.paused:
        said.append("The bot is paused: deliveries are kept, and `python -m bot unpause` goes on with them.")
    if parked:
        said.append(f"Parked, as Jira refuses it for good: {parked}. `python -m bot parked` tells what and why.")
    if bot.reloader.problems:
        said.append("The changed configuration is refused, and the old one is in use.")
    if left := bot.closures.left_to_a_person:
        said.append(f"Closed days that a person must add to the calendar's file: {left}. The log has the lines.")
    if expires := bot.config.office.token_expires:
        days = (expires - datetime.fromtimestamp(bot.clock.machine(), UTC).date()).days
        if days <= DAYS_BEFORE:
            said.append(f"The bot's token expires on {expires}." if days > 0 else f"The token expired on {expires}.")
    return said


def _untold(bot: Bot, fact: Any) -> str | None:
    """That Jira has stopped sending, where so much came without a webhook; None where webhooks are off."""
    office = bot.config.office
    counted = count(fact, office.untold_changes, office.untold_share)
    if bot.settings.webhooks != "on" or not counted.stopped:
        return None
    return (
        "Jira has stopped sending webhooks, or they do not arrive: "
        f"of the latest {counted.changes} changes the search alone found {counted.untold}."
    )


def _webhooks(bot: Bot, found: Shared, untold: str | None) -> dict[str, Any]:
    counted = count(found.watched, bot.config.office.untold_changes, bot.config.office.untold_share)
    return {
        "expected": bot.settings.webhooks == "on",
        "stopped": untold is not None,
        "latest_at": found.delivered_at.isoformat(timespec="seconds") if found.delivered_at else None,
        "changes": counted.changes,
        "untold": counted.untold,
        "counted_since": counted.since.isoformat(timespec="seconds") if counted.since else None,
    }


def _problems(bot: Bot) -> list[str]:
    """Why the newest files are refused, without where on this machine they are."""
    return [problem.replace(f"{bot.config.folder}/", "") for problem in bot.reloader.problems]


def _moment(machine: float | None) -> str | None:
    return None if machine is None else datetime.fromtimestamp(machine, UTC).isoformat(timespec="seconds")


def _shared(bot: Bot) -> Shared:
    """All of it as it was at one moment. Raises StoreError."""
    now, fact = bot.clock.now(), bot.store.get_fact_in

    def ask(connection: Connection) -> Shared:
        machine = bot.store.machine(connection)
        due = sa.and_(_col.due_at <= now, _col.parked.is_(None))
        parked = _col.parked.is_not(None)
        count = sa.func.count()
        held = sa.and_(due, _col.not_before > machine)
        query = sa.select(
            count.filter(due).label("due"),
            sa.func.min(_col.due_at).filter(due).label("oldest"),
            sa.func.min(_col.due_at).filter(due, _col.not_before.is_(None)).label("late"),
            count.filter(held).label("held"),
            count.filter(parked).label("parked"),
            sa.func.max(_col.due_at).filter(parked).label("parked_due"),
        )
        row = connection.execute(query.select_from(agenda)).one()
        return Shared(
            trouble=_trouble(bot, connection, machine, now),
            due=row.due,
            lag=(now - row.oldest).total_seconds() if row.oldest else 0.0,
            late=(now - row.late).total_seconds() if row.late else 0.0,
            held_back=row.held,
            looks_parked=row.parked,
            parked_due=row.parked_due,
            paused=bool(fact(connection, PAUSED)),
            caught_up_at=fact(connection, CAUGHT_UP),
            nightly_at=fact(connection, NIGHTLY),
            identity=fact(connection, IDENTITY) or {},
            delivered_at=connection.execute(_DELIVERED).scalar_one_or_none(),
            watched=fact(connection, FACT),
            closures=connection.execute(_CLOSURES).scalar_one(),
        )

    return bot.store.read(ask)


def _trouble(bot: Bot, connection: Connection, machine: float, now: datetime) -> str | None:
    """Why no ticket can be worked on, None where that is possible as far as the latest calls to Jira tell."""
    if hold := bot.agenda.site.held_in(connection, machine):
        return hold.reason
    # A job that failed is due and held back; the hold stays on its row until it went well, also while it is tried.
    keys = [JOB + name for name in TELLING]
    failing = sa.select(_col.key).where(_col.key.in_(keys), _col.due_at <= now, _col.not_before.is_not(None))
    for key in connection.execute(failing.order_by(_col.key)).scalars():
        name = key.removeprefix(JOB)
        told = bot.store.get_fact_in(connection, TROUBLE + name)
        return str(told or f"The job {name} failed, and is tried again.")
    return None
