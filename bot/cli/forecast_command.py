"""`forecast`: when tickets are expected to end, from the index alone."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from bot.cli.console import fail, idle_bot, say, say_many
from bot.config.source import known_hint
from bot.core.time.formatting import day_name
from bot.store.ticket_index import TicketRow


def forecast(
    key: Annotated[str | None, typer.Argument(help="A ticket's key; without it, every open ticket.")] = None,
    process: Annotated[str | None, typer.Option(help="The tickets of this process alone.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object for each ticket.")] = False,
) -> None:
    """Print when open tickets are expected to end, as of their latest reconcile. It asks the database, not Jira."""
    with idle_bot("read") as bot:
        names = [one.name for one in bot.config.processes]
        if process is not None and process not in names:
            raise fail(f'There is no process "{process}"{known_hint(process, names)}.')
        rows = [row for row in bot.index.under_way(process) if key is None or row.key.casefold() == key.casefold()]
    if key is not None and not rows:
        raise fail(f"{key} is no open ticket that the bot has reconciled. `python -m bot explain {key}` asks Jira.")
    if as_json:
        typer.echo(json.dumps([_object(row) for row in rows], ensure_ascii=False, indent=2))
        return
    in_order = sorted(rows, key=lambda row: (row.forecast_to is None, row.forecast_to, row.key))
    lines = (f"{row.key:12} {_days(row):34} {row.process}, {row.step}  {row.district}" for row in in_order)
    if rows:
        say_many(lines)
    say(f"{len(rows)} open ticket{'' if len(rows) == 1 else 's'}. The days are what it usually takes.")


def _days(row: TicketRow) -> str:
    if row.forecast_from is None or row.forecast_to is None:
        return "no estimate"
    days = [day_name(row.forecast_from), day_name(row.forecast_to)]
    return days[0] if days[0] == days[1] else " to ".join(days)


def _object(row: TicketRow) -> dict[str, object]:
    days = [day.isoformat() if day is not None else None for day in (row.forecast_from, row.forecast_to)]
    return {
        "key": row.key,
        "process": row.process,
        "step": row.step,
        "place": row.place,
        "district": row.district,
        "round": row.round,
        "due": row.due.isoformat() if row.due is not None else None,
        "from": days[0],
        "to": days[1],
    }
