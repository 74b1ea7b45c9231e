"""The command line: python -m bot COMMAND."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.app import Bot, load_checked
from bot.cli.console import Desk, desk, fail, idle_bot, made, out, own_or_example, ready, reconcile_now, say
from bot.cli.explain import describe, explain
from bot.cli.forecast_command import forecast
from bot.cli.process_commands import processes
from bot.cli.setup_commands import tools
from bot.cli.time_commands import times
from bot.clock import SystemClock
from bot.config.load import EXAMPLE_CONFIG, load
from bot.config.source import ConfigError
from bot.controller.index_rows import rebuild_ended
from bot.controller.reconciler import View
from bot.core.model.effects import PostComment
from bot.store.agenda_reader import Priority
from bot.store.database import StoreError
from bot.store.global_limit import PAUSED
from bot.store.keys import key_of
from bot.web.factory import web_app
from bot.web.wsgi_server import WebServer
from bot.words.render import TemplateFault, Unfit

WEB_SECONDS = 1.0  # how long a delivery gets at the end: Jira resends what was not answered, and calls need 8 s
END_SECONDS = 9.5  # the whole shutdown, even if the database does not answer: a supervisor kills after 10 s

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="The District Onboarding Bot.", rich_markup_mode=None
)
app.add_typer(tools)
app.add_typer(processes, name="process", help="What a changed process file would do, and letting a process go.")
app.command()(forecast)
app.add_typer(times, name="time", help="Business time: when a goal is due, how much of it is spent, and why.")


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"onboarding-bot {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """The District Onboarding Bot."""


Key = Annotated[str, typer.Argument(help="The ticket's key, such as DDE-12.")]


@app.command()
def serve() -> None:
    """Run the bot against the Jira that the settings name."""
    settings, config = ready("serve")
    silent = [p for p in config.processes if p.since is None]
    if silent:
        lines = []
        for process in silent:
            now = SystemClock().now().astimezone().isoformat(timespec="minutes")  # local time, to copy
            lines.append(f"{config.where(process.name)}: add the moment from which the bot may speak, for example")
            lines.append(f"since: {now}")
        raise fail(*lines)
    bot = made(settings, config)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    web = WebServer(web_app(bot), settings.port, settings.host, name="bot")
    try:
        bot.start()
        web.start()
    except StoreError as error:
        raise fail(str(error)) from None
    except ConfigError as error:
        bot.stop()
        raise fail(*(str(p) for p in error.problems)) from None
    except OSError as error:
        bot.stop()
        raise fail(f"The bot cannot listen on {settings.host}:{settings.port} ({error.strerror}); set PORT.") from None
    say(f"The bot listens on {web.url} and works for {settings.jira_url}.")
    stop.wait()
    ending = threading.Thread(target=_end, args=(web, bot), name="end", daemon=True)
    ending.start()
    ending.join(END_SECONDS)
    # A thread that still waits for an answer, from Jira, a mail server, or the database, must not keep the process
    # alive: leases expire by themselves, and what was not committed counts as not begun.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _end(web: WebServer, bot: Bot) -> None:
    web.stop(WEB_SECONDS)
    bot.stop()


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 8090,
    config: Annotated[Path | None, typer.Option(help="The folder with bot.yaml; config unless given.")] = None,
    webhook: Annotated[str, typer.Option(help="Send signed webhooks to this address.")] = "",
    secret: Annotated[str, typer.Option(help="The secret to sign them with.")] = "",
) -> None:
    """Run the sandbox Jira alone, in real time."""
    from bot.sandbox.alone import run_alone
    from bot.sandbox.needs import needs_of_all

    try:
        read = load(config or own_or_example(Path("config")))
    except ConfigError as error:
        raise fail(*(str(p) for p in error.problems)) from None
    if bool(webhook) != bool(secret):
        raise fail("Give --webhook and --secret together.")
    try:
        needs = needs_of_all(read.processes, read.office_for)
        run_alone(read.processes, SystemClock(), port, webhook, secret, out, needs)
    except OSError as error:
        raise fail(f"The sandbox cannot listen on port {port}: {error.strerror}.") from None


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="End after the story; exit 0 only if Jira holds what it should.")] = False,
    port: Annotated[int, typer.Option(help="The bot's port.")] = 8080,
    jira_port: Annotated[int, typer.Option(help="The sandbox Jira's port.")] = 8090,
    process: Annotated[str, typer.Option(help="The process whose story is told; the first one's unless given.")] = "",
) -> None:
    """Tell a district's story on a sandbox Jira, then leave both running to play with."""
    from bot.sandbox.demo.script import NoStory
    from bot.sandbox.demo.story import FIRST_STORY, play

    with tempfile.TemporaryDirectory(prefix="onboarding-demo-") as var:
        # A copy, so that /closed in the demo does not close a day of the shipped calendar.
        shutil.copytree(EXAMPLE_CONFIG, Path(var, "config"))
        config = load_checked(Path(var, "config"))
        ports = (0, 0) if once else (jira_port, port)
        try:
            problems = play(config, Path(var), out, once=once, ports=ports, process=process or FIRST_STORY)
        except NoStory as none:
            raise fail(str(none)) from None
        except OSError as error:
            raise fail(f"The demo cannot listen on its ports ({error}); choose others: --port, --jira-port.") from None
    if problems:
        raise fail("The story did not end as it should:", *problems, code=1)


@app.command("explain")
def explain_(
    key: Key,
    all_rounds: Annotated[bool, typer.Option("--rounds", help="The clocks of earlier visits, too.")] = False,
) -> None:
    """Show where a ticket stands, whose turn it is, why each clock is due when it is, what the bot did and why, and
    what comes next."""
    with idle_bot("read") as bot:
        view = bot.reconciler.dry_run(key)
        issue_id = view.snapshot.issue.id
        entries, given_up = bot.journal.entries(issue_id, 20), bot.journal.parked(issue_id)
        for line in explain(view, bot.closures.calendars(), entries, given_up, all_rounds):
            say(line)
        row = bot.agenda.row(key_of(issue_id))
        if row is not None and row.parked:
            say(f"The bot has given up on this ticket: {row.parked}. `python -m bot retry` releases it.")


@app.command()
def reconcile(
    key: Annotated[str, typer.Argument(help="The ticket's key; leave it out with --all.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every open ticket.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Print the effects, apply none.")] = False,
) -> None:
    """Reconcile a ticket now: do what should be there and is not yet."""
    if bool(key) == every:
        raise fail("Name one ticket, or give --all.")
    with idle_bot("read") as bot:
        bot.learn_address()
        ids = bot.jobs.under_way() if every else [key]
        views = [bot.reconciler.dry_run(one) for one in ids]
        for view in views:
            _print_plan(bot, view)
        if every and not dry_run:
            arguments = bot.config, bot.gateway, bot.index, bot.closures.calendars(), bot.clock.now()
            if count := rebuild_ended(*arguments):
                say(f"{count} ended ticket{'s' if count != 1 else ''} added to the index.")
        if not views:
            say("Jira's search finds no open ticket.")
        elif not dry_run:
            reconcile_now(bot, [view.snapshot.issue.id for view in views])


def _print_plan(bot: Bot, view: View) -> None:
    say(f"{view.snapshot.issue.key}: {view.plan.reason}")
    for effect in view.plan.effects:
        say(f"  - {describe(effect)}")
        if isinstance(effect, PostComment) and view.process is not None:
            try:
                text = bot.words.comment(view.process.name, effect)
            except (TemplateFault, Unfit) as fault:
                text = f"cannot be written: {fault}"
            for line in text.splitlines():
                say(f"      {line}")
    record = view.plan.update
    for label in record.add_labels:
        say(f"  - set the label {label}")
    for label in record.remove_labels:
        say(f"  - remove the label {label}")
    for name, value in record.fields.items():
        say(f"  - {name}: {value}")


@app.command()
def pause() -> None:
    """Make the bot leave all tickets alone until `unpause`; deliveries are kept."""
    with desk() as at:
        at.store.set_fact(PAUSED, True)
    say("Paused. Webhooks are still accepted; `python -m bot unpause` continues with them.")


@app.command()
def unpause() -> None:
    """Let the bot work again."""
    with desk() as at:
        at.store.set_fact(PAUSED, None)
    say("The bot works again.")


@app.command()
def parked() -> None:
    """List what the bot gave up, and why."""
    with desk() as at:
        lines = [f"{e.effect_id}  {e.at.isoformat(timespec='minutes')}  {e.reason}" for e in at.journal.parked()]
        lines += [f"{_id_of(key)}  {reason}" for key, reason in _parked_whole(at)]
        for line in lines or ["Nothing is given up."]:
            say(line)


@app.command()
def retry(
    effect: Annotated[str, typer.Argument(help="The id that `parked` printed; leave it out with --all.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Everything that is parked.")] = False,
) -> None:
    """Try again what was given up, once its cause is fixed."""
    if bool(effect) == every:
        raise fail("Name one effect as `parked` prints it, or give --all.")
    with desk() as at:
        issues = {key_of(issue) for issue in at.journal.retry(None if every else [effect])}
        given_up = {key for key, _ in _parked_whole(at) if every or _id_of(key) == effect}
        for key in given_up:
            at.agenda.unpark(key)
        for key in issues:
            at.agenda.put(key, at.clock.now(), Priority.PEOPLE)
    count = len(issues | given_up)
    if not count:
        raise fail("Nothing was parked under that id; `python -m bot parked` lists what is.")
    say(f"Released; the bot reconciles {count} ticket{'s' if count != 1 else ''}.")


def _parked_whole(at: Desk) -> list[tuple[str, str]]:
    """The agenda's keys that are parked whole, each with the reason: reconciling them failed again and again."""
    return [(row.key, row.parked) for row in at.agenda.rows(limit=1_000_000) if row.parked]


def _id_of(key: str) -> str:
    """How `parked` names such a key: the issue's id."""
    return key.removeprefix(key_of(""))
