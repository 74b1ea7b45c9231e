"""What the commands share: where they print, how they fail, and what they work with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from bot.app import Bot, build, clock_of, configuration_of, load_checked
from bot.clock import Clock
from bot.config.load import EXAMPLE_CONFIG, Config, ProcessText, load
from bot.config.settings import Need, Settings, SettingsError, load_settings
from bot.config.source import ConfigError
from bot.controller.process_files import ProcessFiles
from bot.core.model.ledger_json import LedgerBroken
from bot.jira.call import JiraTrouble, Missing
from bot.log import set_up_logging, visible
from bot.store.accepted_files import AcceptedFiles
from bot.store.agenda import Agenda
from bot.store.database import Store, StoreBusy, StoreError
from bot.store.journal import Journal
from bot.store.keys import JOB, key_of
from bot.store.ticket_index import TicketIndex

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def say(line: str) -> None:
    """Print one line. Text from a ticket in it can neither act on the terminal nor begin another line."""
    out.print(visible(line), markup=False)


def say_many(lines: Iterable[str]) -> None:
    """Print lines as `say` does, without its layout, which takes milliseconds for each."""
    typer.echo("\n".join(map(visible, lines)))


def fail(*lines: str, code: int = 2) -> typer.Exit:
    """Print lines for the operator, and return the exit to raise."""
    for line in lines:
        err.print("\n".join(map(visible, line.split("\n"))), markup=False)
    return typer.Exit(code)


def ready(need: Need, proofread: bool = True) -> tuple[Settings, Config]:
    """The settings and the configuration; with `proofread`, its templates are proved. If anything is wrong, every
    problem of both is printed, and the command ends with 2."""
    lines: list[str] = []
    settings = None
    try:
        settings = load_settings(need=need)
    except SettingsError as error:
        lines += error.lines
    folder = settings.bot_config if settings else Settings(jira_url="").bot_config
    if not folder.exists():
        lines.append(f"There is no folder {folder}: set BOT_CONFIG, or copy the example to it from {EXAMPLE_CONFIG}")
        raise fail(*lines)
    try:
        config = _checked(folder, settings) if proofread else load(folder)
    except ConfigError as error:
        lines += [str(problem) for problem in error.problems]
    if lines or settings is None:
        raise fail(*lines)
    set_up_logging(settings.secrets, "INFO" if need == "serve" else "WARNING")
    return settings, config


def _checked(folder: Path, settings: Settings | None) -> Config:
    return configuration_of(settings, folder) if settings else load_checked(folder)


def refusals(settings: Settings, config: Config) -> list[str]:
    """Why process files would be refused, as far as the database knows; nothing if there is none, or if it cannot be
    asked."""

    def read(texts: Sequence[ProcessText] | None) -> Config:
        return load(config.folder, texts)

    store = None
    try:
        clock = clock_of(settings)
        store = Store(settings.database_url.get_secret_value(), clock)
        if store.file is not None and not store.file.exists():
            return []
        files = ProcessFiles(AcceptedFiles(store), TicketIndex(store), clock, read)
        return list(files.weigh(config).lines)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    except StoreError as down:
        say(f"! Whether a ticket would be stranded is not known: {down}")
        return []
    finally:
        if store is not None:
            store.close()


def local(folder: Path | None) -> tuple[Settings, Path, Clock]:
    """For commands that ask neither Jira nor the database: the settings, the folder with the configuration (unless
    given: BOT_CONFIG, else `config`, else the shipped example), and the clock."""
    try:
        settings = load_settings(need="store")
    except SettingsError as error:
        raise fail(*error.lines) from None
    if folder is None:
        chosen = "bot_config" in settings.model_fields_set
        folder = settings.bot_config if chosen else own_or_example(settings.bot_config)
    return settings, folder, clock_of(settings)


def own_or_example(folder: Path) -> Path:
    """The folder, or the one with the shipped example if it does not exist."""
    return folder if folder.exists() else EXAMPLE_CONFIG


def made(settings: Settings, config: Config) -> Bot:
    """The bot, wired but not started; if a setting keeps it from being built, the command ends with 2."""
    try:
        return build(settings, config)
    except SettingsError as error:
        raise fail(*error.lines) from None
    except StoreError as error:
        raise fail(str(error)) from None


@contextmanager
def idle_bot(need: Need, proofread: bool = True) -> Iterator[Bot]:
    """The bot, built but not started, for a command that only reads or asks; errors become one line."""
    bot = made(*ready(need, proofread))
    try:
        bot.use_accepted()
        yield bot
    except Missing as missing:
        raise fail(f"{missing} Check the key, and that the bot's account may see the ticket.") from None
    except (JiraTrouble, StoreError, LedgerBroken) as trouble:
        raise fail(str(trouble)) from None
    except ConfigError as error:
        raise fail(*(str(problem) for problem in error.problems)) from None
    finally:
        bot.agenda.close()
        bot.store.close()


@dataclass(frozen=True)
class Desk:
    """The bot's memory alone, for commands that must work while Jira or the configuration does not."""

    store: Store
    agenda: Agenda
    journal: Journal
    clock: Clock


@contextmanager
def desk() -> Iterator[Desk]:
    """The memory that DATABASE_URL names; errors become one line."""
    settings, _, clock = local(None)
    set_up_logging(settings.secrets, "WARNING")
    try:
        store = Store(settings.database_url.get_secret_value(), clock)
        agenda = Agenda(store, clock)
        try:
            yield Desk(store, agenda, Journal(store, agenda, clock), clock)
        finally:
            agenda.close()
            store.close()
    except StoreError as trouble:
        raise fail(str(trouble)) from None


def reconcile_now(bot: Bot, ids: list[str]) -> None:
    """Reconcile these issues here if no bot serves this database; otherwise ask the one that does."""
    try:
        bot.store.lock()
    except StoreBusy:
        bot.reconciler.enqueue(ids)
        say(f"The running bot reconciles {len(ids)} ticket{'s' if len(ids) != 1 else ''} now.")
        return
    bot.reconciler.enqueue(ids)
    waiting = {key_of(i) for i in ids}
    while waiting and (claim := bot.agenda.claim()) is not None:
        if claim.key.startswith(JOB):
            bot.jobs.run(claim)
        else:
            bot.reconciler.reconcile(claim)
        waiting = {k for k in waiting if (row := bot.agenda.row(k)) and row.due_at and row.due_at <= bot.clock.now()}
    say("Done." if not waiting else f"{len(waiting)} must wait; `serve` continues with them.")
