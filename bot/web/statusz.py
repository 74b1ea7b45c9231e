"""GET /statusz: the bot's state, for a monitor and for people; no settings, no secrets, and of tickets only keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from bot.app import Bot
from bot.controller.health_facts import Shared
from bot.notify.alerts import DAYS_BEFORE
from bot.store.database import StoreError
from bot.web.probes import DATABASE_AWAY, PATIENCE, Bounded, cannot_take_in
from bot.web.statusz_page import to_html

STILL_SECONDS = 30.0  # a scheduler that has not ticked for this long is not running
LATE_SECONDS = 1800.0  # what has been due for this long, and is not delayed, is not being worked on
GREEN, RED = "green", "red"


def status_page(bot: Bot, database: Bounded[None]) -> Blueprint:
    """The blueprint of the page, as JSON and for people: 503 if it is red, otherwise 200. `database` asks whether
    the database accepts anything."""
    blueprint = Blueprint("statusz", __name__)
    shared = Bounded(lambda: _all_shared(bot), PATIENCE)

    @blueprint.get("/statusz")
    def statusz() -> Response:
        offered = ("application/json", "text/html")
        preferred = request.accept_mimetypes.best_match(offered)
        return _answer(report(bot, database, shared), for_people=preferred == "text/html")

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
    """What the page says: `reasons` why it is red, `attention` what else a person should take care of, then facts.

    `ready` is false only if no ticket can be worked on. Only counts and times, nothing about a ticket."""
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
    silence = found.silence(bot.config.office, bot.settings.webhooks == "on")
    reasons = [one for one in (refused, found.trouble, None if alive else trouble, _late(found), silence) if one]
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
        "webhooks": _webhooks(bot, found, silence),
        "closures": {"told": found.closures, "left_to_a_person": bot.closures.left_to_a_person},
        **here,
    }


def _all_shared(bot: Bot) -> tuple[Shared, int]:
    shared = bot.health.shared()
    return shared, len(bot.journal.parked()) + shared.looks_parked


def _late(found: Shared) -> str | None:
    """Why a long wait is red, None if it is not. What is delayed waits for a reason that is given elsewhere, and so
    does everything while a person has paused the bot."""
    if found.paused or found.late <= LATE_SECONDS:
        return None
    return f"What is due is not worked on: the longest has waited for {found.late // 60:.0f} minutes."


def _attention(bot: Bot, found: Shared, parked: int) -> list[str]:
    """What a person should take care of, although the work goes on."""
    lines = []
    if found.paused:
        lines.append("The bot is paused: deliveries are stored, and `python -m bot unpause` continues with them.")
    if parked:
        lines.append(f"Parked, as Jira refuses it for good: {parked}. `python -m bot parked` lists what and why.")
    if bot.reloader.problems:
        lines.append("The changed configuration is refused, and the old one is in use.")
    if bot.files.refused:
        lines.append("A changed process file is refused, as it would strand tickets; its accepted text is in force.")
    if left := bot.closures.left_to_a_person:
        lines.append(f"Closed days that a person must add to the calendar's file: {left}. The log has the lines.")
    if expires := bot.config.office.token_expires:
        days = (expires - datetime.fromtimestamp(bot.clock.machine(), UTC).date()).days
        if days <= DAYS_BEFORE:
            lines.append(f"The bot's token expires on {expires}." if days > 0 else f"The token expired on {expires}.")
    return lines


def _webhooks(bot: Bot, found: Shared, silence: str | None) -> dict[str, Any]:
    counted = found.webhooks(bot.config.office)
    return {
        "expected": bot.settings.webhooks == "on",
        "stopped": silence is not None,
        "latest_at": found.delivered_at.isoformat(timespec="seconds") if found.delivered_at else None,
        "changes": counted.changes,
        "untold": counted.untold,
        "counted_since": counted.since.isoformat(timespec="seconds") if counted.since else None,
    }


def _problems(bot: Bot) -> list[str]:
    """Why the newest files are refused, or some of them, without their folder on this machine."""
    return [problem.replace(f"{bot.config.folder}/", "") for problem in (*bot.reloader.problems, *bot.files.refused)]


def _moment(machine: float | None) -> str | None:
    return None if machine is None else datetime.fromtimestamp(machine, UTC).isoformat(timespec="seconds")
