"""GET /statusz: how the bot stands, for a monitor or a stranger; nothing of tickets, settings or secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Blueprint, Response
from sqlalchemy import Connection

from bot.alerts import Readiness
from bot.scheduler import CAUGHT_UP, IDENTITY, JOB, PAUSED, TROUBLE
from bot.store import StoreError
from bot.tables import agenda

if TYPE_CHECKING:
    from bot.app import Bot

TELLING = ("catch_up", "identity")  # the jobs that tell by themselves whether work is possible
STILL_SECONDS = 30.0  # a scheduler that has not ticked for so long does not run

_col = agenda.c
_DATABASE_AWAY = "The database cannot be used; the bot's log says why."


@dataclass(frozen=True)
class Shared:
    """What the store knows of all replicas. `lag` is for how many business seconds the longest due row has been
    due, `held_back` how many due rows must wait, `looks_parked` how many issues were given up and `parked_due`
    when the latest of them was due."""

    trouble: str | None
    due: int
    lag: float
    held_back: int
    looks_parked: int
    parked_due: datetime | None
    paused: bool
    caught_up_at: str | None
    identity: Mapping[str, Any]


def readiness(bot: Bot) -> Readiness:
    """How the bot stands, as all its replicas see it. Raises StoreError."""
    shared, effects = _shared(bot), bot.journal.parked()
    moments = [e.at for e in effects] + ([shared.parked_due] if shared.parked_due else [])
    return Readiness(
        trouble=shared.trouble,
        parked=len(effects) + shared.looks_parked,
        newest_parked=max(moments, default=None),
        token_expires=bot.config.office.token_expires,
    )


def status_page(bot: Bot) -> Blueprint:
    """The blueprint of the page: 200 where the bot can work, 503 where it cannot. One that was paused can."""
    blueprint = Blueprint("statusz", __name__)

    @blueprint.get("/statusz")
    def statusz() -> Response:
        found = report(bot)
        text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
        return Response(text, 200 if found["ready"] else 503, {"Cache-Control": "no-store"}, "application/json")

    return blueprint


def report(bot: Bot) -> dict[str, Any]:
    """What the page says."""
    machine, ticked = bot.clock.machine(), bot.ticker.ticked
    alive = ticked is not None and abs(machine - ticked) <= STILL_SECONDS
    here = {
        "scheduler": {"alive": alive, "ticked_at": _moment(ticked)},
        "configuration": {"loaded_at": _moment(bot.loaded), "problems": _problems(bot)},
    }
    try:
        shared, parked = _shared(bot), len(bot.journal.parked())
    except StoreError:
        return {"ready": False, "trouble": _DATABASE_AWAY, **here}
    trouble = shared.trouble if alive else shared.trouble or "The scheduler does not run in this process."
    return {
        "ready": trouble is None,
        "trouble": trouble,
        "paused": shared.paused,
        "jira": {
            "state": shared.trouble or "ok",
            "account": bot.gateway.me or shared.identity.get("account"),
            "identity_checked_at": _moment(shared.identity.get("at")),
        },
        "agenda": {"due": shared.due, "oldest_due_seconds": round(shared.lag), "held_back": shared.held_back},
        "parked": parked + shared.looks_parked,
        "caught_up_at": shared.caught_up_at,
        **here,
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
            count.filter(held).label("held"),
            count.filter(parked).label("parked"),
            sa.func.max(_col.due_at).filter(parked).label("parked_due"),
        )
        row = connection.execute(query.select_from(agenda)).one()
        return Shared(
            trouble=_trouble(bot, connection, machine, now),
            due=row.due,
            lag=(now - row.oldest).total_seconds() if row.oldest else 0.0,
            held_back=row.held,
            looks_parked=row.parked,
            parked_due=row.parked_due,
            paused=bool(fact(connection, PAUSED)),
            caught_up_at=fact(connection, CAUGHT_UP),
            identity=fact(connection, IDENTITY) or {},
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
