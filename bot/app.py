"""Builds the bot from its settings: the only place that knows every part."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from flask import Flask, Response

from bot.agenda import Agenda
from bot.apply import Applier
from bot.clock import Clock, FileClock, SystemClock
from bot.config import Config, load
from bot.fuse import Fuse
from bot.gateway import Gateway, connect_with
from bot.journal import Journal
from bot.log import set_up_logging
from bot.reconcile import Reconciler
from bot.render import Words
from bot.scheduler import Jobs, Periods, Ticker, Workers
from bot.settings import Settings, load_settings
from bot.store import Store
from bot.webhook import Intake, receiver
from bot.wire import JiraTrouble, Wire

LOG = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent.parent / "templates"
BORN = "born_at"


@dataclass
class Bot:
    """All parts of one process of the bot, built and wired, but not started."""

    settings: Settings
    config: Config
    clock: Clock
    store: Store
    agenda: Agenda
    journal: Journal
    gateway: Gateway
    words: Words
    reconciler: Reconciler
    jobs: Jobs
    workers: Workers
    ticker: Ticker
    running: bool = False

    def start(self) -> None:
        """Take the database, give back what a killed process held, and start working."""
        if self.running:
            return
        self.store.hold()
        self.running = True
        self.agenda.give_back_all()
        try:
            self.gateway.myself()
        except JiraTrouble as trouble:
            LOG.error("%s Deliveries are kept, and work begins when that is mended.", trouble)
        self.jobs.start()
        self.workers.start()
        self.ticker.start()

    def stop(self) -> None:
        """Stop ticking and working, give leases back, close the database."""
        self.ticker.stop()
        self.workers.stop()
        self.agenda.give_back_own()
        self.agenda.close()
        self.store.close()
        self.running = False


def build(
    settings: Settings, config: Config, clock: Clock | None = None, periods: Periods = Periods(), workers: int = 4
) -> Bot:
    """Wire the parts together. Starts no thread and calls nobody."""
    if clock is None:
        clock = FileClock(settings.bot_clock) if settings.bot_clock else SystemClock()
    store = Store(settings.database_url.get_secret_value(), clock)
    agenda = Agenda(store, clock)
    journal = Journal(store, agenda, clock)
    connect = connect_with(
        settings.jira_url,
        settings.jira_email,
        settings.jira_api_token.get_secret_value(),
        settings.jira_pat.get_secret_value(),
    )
    wire = Wire(settings.jira_url, connect, config.office.calls_per_second)
    names = {*(s for p in config.processes for s in p.statuses), *vars(config.office.subtask_statuses).values()}
    gateway = Gateway(wire, config.office, settings.cloud, Fuse(clock, journal.count_public), names)
    words = Words(TEMPLATES, config.calendars, settings.jira_url)
    applier = Applier(gateway, agenda, journal, words, clock)
    reconciler = Reconciler(config, gateway, agenda, journal, applier, clock, partial(born_at, store, clock))
    jobs = Jobs(config, gateway, agenda, journal, store, clock, periods)
    return Bot(
        settings=settings,
        config=config,
        clock=clock,
        store=store,
        agenda=agenda,
        journal=journal,
        gateway=gateway,
        words=words,
        reconciler=reconciler,
        jobs=jobs,
        workers=Workers(agenda, reconciler, jobs, store, _stop_process, workers),
        ticker=Ticker(agenda, store, _stop_process),
    )


def born_at(store: Store, clock: Clock) -> datetime:
    """The business moment from which this database has seen everything; set when it is first asked for."""
    store.write(lambda c: store.set_fact_in(c, BORN, clock.now().isoformat(), keep=True))
    return datetime.fromisoformat(store.get_fact(BORN))


def web_app(bot: Bot) -> Flask:
    """The bot's pages: the receiver of webhooks, and whether it is up. ValueError where there is no secret."""
    app = Flask("bot", static_folder=None, template_folder=None)
    app.extensions["bot"] = bot
    app.register_blueprint(
        receiver(
            secret=bot.settings.jira_webhook_secret.get_secret_value(),
            intake=Intake(bot.store, bot.agenda),
            clock=bot.clock,
            projects={p.project for p in bot.config.processes},
            own_account=lambda: bot.gateway.me,
        )
    )

    @app.get("/")
    def front() -> Response:
        # A stranger may ask; nothing here tells of tickets or settings.
        return Response(
            "The District Onboarding Bot is running. Jira sends its webhooks to /webhooks/jira.\n"
            "To see what it knows of a ticket: python -m bot explain KEY\n",
            mimetype="text/plain",
        )

    @app.get("/healthz")
    def healthz() -> Mapping[str, str]:
        return {"process": "up"}

    return app


def _stop_process(why: str) -> None:
    """The database went away under the bot: stop in order, as a supervisor's signal would."""
    LOG.critical("%s Stopping.", why)
    os.kill(os.getpid(), signal.SIGTERM)


def create_app() -> Flask:
    """The WSGI app, from the environment. Its threads start when `extensions["bot"].start()` is called, which
    gunicorn.conf.py does in every worker after it was forked.

    Raises SettingsError or ConfigError with every problem at once."""
    settings = load_settings()
    set_up_logging(settings.secrets)
    config = load(settings.bot_config)
    return web_app(build(settings, config))
