"""The commands that calculate business time, for one case or for many. They need neither Jira nor a database."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli.console import fail, local
from bot.config.load import load
from bot.config.source import ConfigError, known_hint
from bot.core.time.business_calendar import Calendar
from bot.core.time.explanation import explanation_of_goal, render
from bot.core.time.goals import parse_goal

times = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Option("--calendar", help="The calendar's name, such as cli.")]
From = Annotated[str, typer.Option("--from", help="A time with its UTC offset, such as 2026-01-08T15:40-06:00.")]
GoalText = Annotated[str, typer.Option("--goal", help='A goal, such as "20 business hours".')]
Bulk = Annotated[bool, typer.Option("--stdin", help="Read one case per line, its two values separated by a tab.")]
Folder = Annotated[Path | None, typer.Option("--config", help="The folder with bot.yaml; BOT_CONFIG unless given.")]

Answer = Callable[[str, str], str]
_goal = functools.lru_cache(maxsize=4096)(parse_goal)
_SECOND = timedelta(seconds=1)


@times.command()
def due(calendar: Name, start: From = "", goal: GoalText = "", bulk: Bulk = False, config: Folder = None) -> None:
    """Print when a goal is due, as an ISO 8601 time in the calendar's time zone."""
    found = _calendar(calendar, config)
    zone = ZoneInfo(found.zone)

    def answer(begin: str, text: str) -> str:
        return found.due(_moment(begin), _goal(text)).astimezone(zone).isoformat()

    _run(answer, {"--from": start, "--goal": goal}, bulk)


@times.command()
def elapsed(
    calendar: Name,
    start: From = "",
    end: Annotated[str, typer.Option("--to", help="A later time with its UTC offset.")] = "",
    bulk: Bulk = False,
    config: Folder = None,
) -> None:
    """Print the open time between two moments, as an ISO 8601 duration of hours, minutes and seconds: PT20H."""
    found = _calendar(calendar, config)

    def answer(begin: str, until: str) -> str:
        return duration(found.elapsed(_moment(begin), _moment(until)))

    _run(answer, {"--from": start, "--to": end}, bulk)


@times.command()
def explain(calendar: Name, start: From, goal: GoalText, config: Folder = None) -> None:
    """Print every opening that counts toward a goal, each day that does not by name, and the due time."""
    found = _calendar(calendar, config)
    try:
        lines = render(explanation_of_goal(found, parse_goal(goal), _moment(start)))
    except ValueError as error:
        raise fail(f"{error}.") from None
    for line in lines:
        typer.echo(line)


def duration(time: timedelta) -> str:
    """An ISO 8601 duration without days, since a day of open time is not 24 hours: PT0S, PT20H, PT1H19M47.655S."""
    seconds, rest = divmod(time, _SECOND)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    exact = f"{seconds}.{rest.microseconds:06}".rstrip("0") if rest else f"{seconds}"
    text = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{exact}S" if exact != "0" else "")
    return f"PT{text or '0S'}"


def _calendar(name: str, folder: Path | None) -> Calendar:
    _, where, _ = local(folder)
    try:
        calendars = load(where).calendars_with_closures
    except ConfigError as error:
        raise fail(*(str(p) for p in error.problems)) from None
    if name not in calendars:
        raise fail(f'There is no calendar "{name}"{known_hint(name, calendars)}.')
    return calendars[name]


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f'"{text}" is not an ISO 8601 time; write one like 2026-01-08T15:40-06:00') from None
    if at.tzinfo is None:
        raise ValueError(f'"{text}" has no offset from UTC; write it like 2026-01-08T15:40-06:00, or with a Z for UTC')
    return at


def _run(answer: Answer, given: dict[str, str], bulk: bool) -> None:
    if bulk:
        if any(given.values()):
            raise fail(f"Give {' and '.join(given)}, or --stdin and one case per line, not both.")
        raise typer.Exit(_answer_lines(answer))
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise fail(f"{' and '.join(missing)} must be given, or --stdin with one case per line.")
    try:
        typer.echo(answer(*given.values()))
    except ValueError as error:
        raise fail(f"{error}.") from None


def _answer_lines(answer: Answer) -> int:
    """Print one line for each line of input, in order; `error: …` for a bad one. The exit code: 1 if any was bad."""
    bad = 0
    write = sys.stdout.write
    for line in sys.stdin.buffer:
        try:
            first, tab, second = line.decode("utf-8-sig", "replace").rstrip("\r\n").partition("\t")
            if not tab or "\t" in second:
                raise ValueError("the line does not have two values separated by one tab")
            write(f"{answer(first, second)}\n")
        except ValueError as error:
            bad += 1
            write(f"error: {' '.join(str(error).split())}\n")
    return 1 if bad else 0
