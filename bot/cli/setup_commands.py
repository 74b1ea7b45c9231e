"""The commands for setting the bot up: check its files, examine the site, preview its texts, list closed days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from bot.app import client_of, load_checked, words_of
from bot.cli.console import fail, idle_bot, local, out, ready, refusals, say
from bot.clock import Clock
from bot.config.closed_days import closed_days_of_year, proposal_lines, runs_out
from bot.config.load import EXAMPLE_CONFIG, Config, load
from bot.config.source import ConfigError, known_hint
from bot.controller.office_closures import Written
from bot.core.decide.template_facts import facts
from bot.core.history.closure_impact import MovedClock, moved_lines
from bot.core.model.effects import Facts
from bot.core.model.process import Process
from bot.core.time.business_calendar import Calendar
from bot.core.time.closures import Closure, parse_day, parse_reason, parse_time
from bot.doctor.examine import examine, healthy, to_json, to_table
from bot.log import visible
from bot.words.preview import NoSuchTemplate, Page, preview, to_html, to_terminal
from bot.words.render import Words

WIDEST = 100  # characters of a line that is still easy to read

tools = typer.Typer()
calendars = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
tools.add_typer(calendars, name="calendar", help="The closed days of a calendar.")

Folder = Annotated[Path | None, typer.Option("--config", help="The folder with bot.yaml; BOT_CONFIG unless given.")]


@contextmanager
def _printed() -> Iterator[None]:
    """Problems of the configuration are printed, and the command ends with 2."""
    try:
        yield
    except ConfigError as error:
        raise fail(*(str(p) for p in error.problems)) from None


@tools.command()
def check(config: Folder = None) -> None:
    """Validate configuration and templates: every error at once, each with its file and line."""
    settings, folder, clock = local(config)
    with _printed():
        found = load_checked(folder, settings.jira_url, settings.channels)
    if lines := refusals(settings, found) if folder != EXAMPLE_CONFIG else []:
        raise fail(*lines)
    for process in found.processes:
        steps, since = len(process.steps), process.since
        spoken = f"speaks from {since.isoformat()}" if since else "has no `since:` yet, so `serve` will not start"
        say(f"{process.name}: {steps} steps, calendar {process.calendar}, {spoken}.")
    for calendar in found.calendars_with_closures.values():
        _print_closed(calendar, _today(calendar, clock))
    for sentence in found.notes:
        say(f"! {sentence}.")
    say(f"{folder}/ is good.")
    if folder == EXAMPLE_CONFIG and config is None:
        say("These are the example files; copy the folder to `config` and make it yours.")


def _today(calendar: Calendar, clock: Clock) -> date:
    return clock.now().astimezone(ZoneInfo(calendar.zone)).date()


def _print_closed(calendar: Calendar, today: date) -> None:
    days = closed_days_of_year(calendar, today.year)
    say(f"{calendar.name}: days of {today.year} that differ from the week:{'' if days else ' none.'}")
    for day in days:
        say(f"  {day}")
    if warning := runs_out(calendar, today):
        out.print(visible(f"! {warning}"), style="yellow", markup=False)


@tools.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Compare the live Jira with the configuration. It only reads; exit code 1 if something must be fixed."""
    settings, config = ready("read")
    rows = examine(client_of(settings, config), config, settings)
    if as_json:
        typer.echo(to_json(rows))
    else:
        to_table(rows, out)
    if not healthy(rows):
        raise typer.Exit(1)


@tools.command("preview")
def preview_(
    template: Annotated[str | None, typer.Argument(help="One template's name; all of them if left out.")] = None,
    issue: Annotated[str | None, typer.Option(help="Fill it with what this ticket holds.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page for a browser to this file instead.")] = None,
    config: Folder = None,
) -> None:
    """Show what the bot would say: every template, or one, with sample facts or a ticket's."""
    if issue is not None:
        pages = _pages_of_issue(issue, template)
    else:
        settings, folder, _ = local(config)
        with _printed():
            found = load(folder)
        pages = _pages(words_of(found, settings.jira_url), list(found.processes), template, None)
    if html is None:
        to_terminal(pages, Console(highlight=False, width=min(out.width, WIDEST)))
        return
    try:
        html.write_text(to_html(pages), encoding="utf-8")
    except OSError as error:
        raise fail(f"{html} cannot be written: {error.strerror}.") from None
    say(f"Written to {html}: open it in a browser.")


def _pages_of_issue(key: str, template: str | None) -> list[Page]:
    with idle_bot("read", proofread=False) as bot:
        view = bot.reconciler.dry_run(key)
        if view.process is None or view.progress is None:
            raise fail(f"{key} gives no facts: {view.plan.reason}")
        given = facts(view.progress, bot.config.office_for(view.process.name), key=view.snapshot.issue.key)
        # A template may be for a time with findings; if the ticket has none now, the sample's are shown.
        shown = {name: value for name, value in given.items() if name != "findings" or value}
        return _pages(bot.words, [view.process], template, shown)


def _pages(words: Words, processes: list[Process], template: str | None, given: Facts | None) -> list[Page]:
    try:
        return preview(words, processes, template, given)
    except NoSuchTemplate as error:
        raise fail(str(error)) from None


@calendars.command()
def propose(
    name: Annotated[str, typer.Argument(help="The calendar's name, such as cli.")],
    year: Annotated[int, typer.Argument(min=1970, max=2100)],
    config: Folder = None,
) -> None:
    """Print the closed days that the holidays library proposes for a year, as YAML to paste."""
    _, folder, _ = local(config)
    with _printed():
        found = load(folder)
    for line in _proposed(found, name, year):
        say(line)


def _proposed(config: Config, name: str, year: int) -> list[str]:
    if name not in config.calendars:
        raise fail(f'There is no calendar "{name}"{known_hint(name, config.calendars)}.')
    if name not in config.regions:
        wanted = "holidays: {country: US, subdivision: TX}"
        raise fail(f"The calendar {name} does not say whose holidays it keeps: add `{wanted}` to its file.")
    return proposal_lines(config.calendars[name], year, config.regions[name])


@calendars.command()
def close(
    name: Annotated[str, typer.Argument(help="The calendar's name, such as cli.")],
    day: Annotated[str, typer.Argument(help="The day, such as 2026-12-04.")],
    reason: Annotated[str, typer.Option(help="Why, in a word or two: ice storm.")],
    from_: Annotated[str, typer.Option("--from", help="The time from which it is closed; else the whole day.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Print what would move, change nothing.")] = False,
) -> None:
    """Close a day that nobody planned, such as for an ice storm, and print which reviews become due later."""
    with idle_bot("read") as bot:
        try:
            closes, at = parse_time(from_) if from_ else None, bot.clock.now()
            closure = Closure(name, parse_day(day), closes, parse_reason(reason), "the command line", at)
            moved = bot.closures.close(closure, dry_run)
        except ValueError as error:
            raise fail(str(error)) from None
        _print_closure(closure, moved, bot.config.calendars, dry_run)
        _print_written(bot.closures.written(closure), dry_run)


@calendars.command()
def reopen(
    name: Annotated[str, typer.Argument(help="The calendar's name, such as cli.")],
    day: Annotated[str, typer.Argument(help="The day, such as 2026-12-04.")],
) -> None:
    """Take back a closed day that was entered by mistake."""
    with idle_bot("read") as bot:
        try:
            found = bot.closures.reopen(name, parse_day(day))
        except ValueError as error:
            raise fail(str(error)) from None
    say(f"{name}: {day} is no longer an unplanned closed day.")
    if not found.done:
        say(f"The office's own file has it, too. Take it out of {found.file}, on every server:")
    for line in found.lines:
        say(f"  {line}")


def _print_closure(closure: Closure, moved: list[MovedClock], known: Mapping[str, Calendar], dry_run: bool) -> None:
    since = f" from {closure.closes:%H:%M}" if closure.closes else ""
    would = "would be" if dry_run else "is"
    say(f"{closure.calendar}: {closure.day:%A}, {closure.day} {would} closed{since}: {closure.reason}.")
    if not moved:
        say("No running review's due moment moves.")
        return
    say(f"Running reviews whose due moment {'would move' if dry_run else 'moves'}:")
    for line in moved_lines(moved, known):
        say(f"  {line}")


def _print_written(found: Written, dry_run: bool) -> None:
    if dry_run:
        say("Nothing was changed.")
    elif found.done:
        say(f"It is kept in the database and in {found.file}; each other server keeps it in its own file.")
    else:
        say(f"It counts from the database alone ({found.why}). Add it to {found.file}:")
        for line in found.lines:
            say(f"  {line}")
