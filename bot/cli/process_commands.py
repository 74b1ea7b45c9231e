"""The commands about process files: what a changed one would do, and letting a process go."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.app import Bot, load_checked
from bot.cli.console import fail, idle_bot, reconcile_now, say
from bot.config.load import Config, ProcessText, process_texts
from bot.config.source import ConfigError, known_hint, source_of
from bot.controller.process_diff import TicketDiff, ticket_diff
from bot.controller.process_files import some_of
from bot.controller.reconciler import Reconciler
from bot.core.decide.process_change import Stranded
from bot.core.model.ledger_json import LedgerBroken
from bot.core.time.formatting import moment
from bot.jira.call import Missing
from bot.store.ticket_index import LEFT

processes = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@processes.command()
def diff(
    changed: Annotated[
        Path, typer.Argument(help="A changed process file, a folder of them, or a whole configuration.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one object for each ticket.")] = False,
) -> None:
    """Show what changed process files would do to every open ticket. It applies nothing; exit code 1 if a ticket would
    be stranded."""
    with idle_bot("read") as bot:
        config = _changed(bot, changed)
        found = list(_diffs(bot, config))
    if as_json:
        typer.echo(json.dumps([one.to_json() for one in found], ensure_ascii=False, indent=2))
    else:
        for line in (line for one in found for line in _lines(one, config)):
            say(line)
        stranded, changes = sum(bool(one.stranded) for one in found), sum(one.changes for one in found)
        say(f"{len(found)} open tickets: {stranded} would be stranded, {changes - stranded} would change otherwise.")
    if any(one.stranded for one in found):
        raise typer.Exit(1)


def _changed(bot: Bot, path: Path) -> Config:
    """The configuration with the changed files."""
    try:
        if (path / "bot.yaml").exists():
            return load_checked(path, bot.site_url, bot.settings.channels)
        texts = _texts(bot, path)
        if not texts:
            raise fail(f"There is no process file in {path}.")
        return load_checked(bot.config.folder, bot.site_url, bot.settings.channels, texts)
    except ConfigError as error:
        raise fail(*(str(problem) for problem in error.problems)) from None


def _texts(bot: Bot, path: Path) -> Sequence[ProcessText]:
    """The process files of a folder; or those in force, with one that takes the place of another."""
    try:
        if path.is_dir():
            return [(one.name, one.read_text(encoding="utf-8")) for one in sorted(path.glob("*.yaml"))]
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not text in UTF-8'}.") from None
    name = source_of(text, path.name).top["process"].text
    kept = [one for other, one in process_texts(bot.config).items() if other != name and one[0] != path.name]
    return [*kept, (path.name, text)]


def _diffs(bot: Bot, config: Config) -> Iterator[TicketDiff]:
    trial = bot.trial(config)
    for name in process_texts(bot.config):
        reasons = bot.files.would_strand(bot.config, config, name)
        for row in bot.index.under_way(name):
            why = tuple(one for one in reasons if one.key == row.key)
            if (found := _diff(bot, config, trial, name, row.issue_id, row.key, why)) is not None:
                yield found


def _diff(
    bot: Bot, config: Config, trial: Reconciler, name: str, issue_id: str, key: str, why: tuple[Stranded, ...]
) -> TicketDiff | None:
    try:
        seen = bot.reconciler.see(issue_id)
        before = bot.reconciler.view(*seen)
        return ticket_diff(name, before, before if why else trial.view(*seen), why)
    except Missing:
        return None  # it was deleted, or the bot may no longer see it
    except LedgerBroken as broken:
        say(f"! {key}: {broken}")
        return None


def _lines(one: TicketDiff, config: Config) -> Iterator[str]:
    if not one.changes:
        return
    yield f"{one.key} ({one.process}, {one.step[0] or 'outside the steps'})"
    for reason in one.stranded:
        yield f"  ! stranded: {reason.why}. {reason.way_out}"
    if one.step[0] != one.step[1]:
        yield f"  step: {one.step[0]} -> {one.step[1] or 'outside the steps'}"
    before, after = one.clock
    if before.goal != after.goal:
        yield f"  goal: {before.goal or 'none'} -> {after.goal or 'none'}"
    if before.due != after.due:
        names = {process.name: process.calendar for process in config.processes}
        calendar = config.calendars[names.get(one.process, next(iter(config.calendars)))]
        shown = [moment(clock.due, calendar) if clock.due else "never" for clock in one.clock]
        yield f"  due: {shown[0]} -> {shown[1]}"
    if one.moves:
        yield f"  moves on to: {one.moves}"
    for word, branches in (("new", one.new), ("dropped", one.dropped)):
        if branches:
            yield f"  {word}: {', '.join(branches)}"


@processes.command()
def release(
    name: Annotated[str, typer.Argument(help="The process's name, as its file says.")],
    dry_run: Annotated[bool, typer.Option(help="Print the tickets, change nothing.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back; its tickets go on.")] = False,
) -> None:
    """Let a process go on purpose: the bot's labels and due days come off its tickets, with one internal note each.
    Then its file may go."""
    with idle_bot("read") as bot:
        known = process_texts(bot.config)
        if name not in known:
            raise fail(f'There is no process "{name}"{known_hint(name, known)}.')
        rows = bot.index.rows(name, LEFT) if undo else bot.index.under_way(name)
        keys = [row.key for row in rows]
        say(f"{name}: {len(keys)} tickets{f' ({some_of(keys)})' if keys else ''}.")
        if dry_run:
            say("Nothing was changed.")
            return
        bot.learn_address()
        bot.files.release(bot.config, name, undo)
        bot.use_accepted()
        reconcile_now(bot, [row.issue_id for row in rows])
    if undo:
        say(f"The bot takes tickets of {name} again.")
    else:
        say(f"The bot lets {name} go. Once its tickets are done, delete processes/{known[name][0]}.")
