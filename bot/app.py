"""Builds the bot from its settings: the only place that knows every part."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from flask import Flask, Response

from bot.agenda import Agenda
from bot.apply import Applier
from bot.clock import Clock, FileClock, SystemClock
from bot.config import Config, load
from bot.config_source import ConfigError
from bot.fuse import Fuse
from bot.gateway import Gateway, connect_with
from bot.journal import Journal
from bot.log import set_up_logging
from bot.proofread import OWN
from bot.reconcile import Reconciler
from bot.reload import Reloader
from bot.render import Words
from bot.scheduler import Jobs, Periods, Ticker, Workers
from bot.settings import Settings, load_settings
from bot.store import Store, StoreError
from bot.webhook import Intake, receiver
from bot.wire import JiraTrouble, Wire

LOG = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent.parent / "templates"
BORN = "born_at"
WITHOUT_WEBHOOKS = timedelta(seconds=60)  # how often to ask Jira what changed where it cannot tell


@dataclass(frozen=True)
class Parts:
    """What is made anew from each configuration; the database and the threads stay."""

    config: Config
    gateway: Gateway
    words: Words
    reconciler: Reconciler
    jobs: Jobs


class Bot:
    """One process of the bot, built and wired, but not started."""

    def __init__(self, settings: Settings, config: Config, clock: Clock, periods: Periods, workers: int) -> None:
        self.settings, self.clock, self._periods = settings, clock, periods
        self.store = Store(settings.database_url.get_secret_value(), clock)
        self.agenda = Agenda(self.store, clock)
        self.journal = Journal(self.store, self.agenda, clock)
        self._parts = self._made_of(config)
        self.workers = Workers(self.agenda, self.reconciler, self.jobs, self.store, _stop_process, workers)
        folders = (config.folder, TEMPLATES)
        self.reloader = Reloader(folders, partial(load_checked, config.folder, settings.jira_url), self.adopt)
        self.ticker = Ticker(self.agenda, self.store, _stop_process, self.reloader.look)
        self.running = False

    @property
    def config(self) -> Config:
        """The configuration in use."""
        return self._parts.config

    @property
    def gateway(self) -> Gateway:
        """Jira."""
        return self._parts.gateway

    @property
    def words(self) -> Words:
        """The templates in use."""
        return self._parts.words

    @property
    def reconciler(self) -> Reconciler:
        """What looks at issues."""
        return self._parts.reconciler

    @property
    def jobs(self) -> Jobs:
        """The periodic jobs."""
        return self._parts.jobs

    def adopt(self, config: Config) -> None:
        """Work with another configuration from the next claim on; looks under way end with the old one."""
        self._parts = self._made_of(config)
        self.workers.use(self.reconciler, self.jobs)

    def _made_of(self, config: Config) -> Parts:
        settings, store, agenda, journal, clock = self.settings, self.store, self.agenda, self.journal, self.clock
        connect = connect_with(
            settings.jira_url,
            settings.jira_email,
            settings.jira_api_token.get_secret_value(),
            settings.jira_pat.get_secret_value(),
        )
        wire = Wire(settings.jira_url, connect, config.office.calls_per_second)
        names = {*(s for p in config.processes for s in p.statuses), *vars(config.office.subtask_statuses).values()}
        gateway = Gateway(wire, config.office, settings.cloud, Fuse(clock, journal.count_public), names)
        words = words_of(config, settings.jira_url)
        applier = Applier(gateway, agenda, journal, words, clock)
        reconciler = Reconciler(config, gateway, agenda, journal, applier, clock, partial(born_at, store, clock))
        jobs = Jobs(config, gateway, agenda, journal, store, clock, self._periods)
        return Parts(config, gateway, words, reconciler, jobs)

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
        try:
            self.agenda.give_back_own()
        except StoreError as gone:
            LOG.warning("%s Its leases run out by themselves.", gone)
        self.agenda.close()
        self.store.close()
        self.running = False


def build(
    settings: Settings,
    config: Config,
    clock: Clock | None = None,
    periods: Periods | None = None,
    workers: int = 4,
) -> Bot:
    """Wire the parts together. Starts no thread and calls nobody."""
    periods = periods or (Periods() if settings.webhooks == "on" else Periods(catch_up=WITHOUT_WEBHOOKS))
    if clock is None:
        clock = FileClock(settings.bot_clock) if settings.bot_clock else SystemClock()
    return Bot(settings, config, clock, periods, workers)


def words_of(config: Config, site_url: str = "") -> Words:
    """The words that a configuration speaks with: the shipped templates, and its own instead where it has any."""
    return Words(TEMPLATES, config.calendars, site_url, config.office.texts, config.folder / "templates")


def load_checked(folder: Path, site_url: str = "") -> Config:
    """The configuration with its templates proved. Raises ConfigError with everything that is wrong."""
    config = load(folder)
    words = words_of(config, site_url)
    problems = []
    for process in config.processes:
        for complaint in words.check(process, OWN):
            text = f"{complaint.template}:{complaint.line or 1}: {complaint.message}"
            problems.append(config.problem(process.name, complaint.place, text))
    if problems:
        raise ConfigError(problems)
    return config


def born_at(store: Store, clock: Clock) -> datetime:
    """The business moment from which this database has seen everything; set when it is first asked for."""
    store.write(lambda c: store.set_fact_in(c, BORN, clock.now().isoformat(), keep=True))
    return datetime.fromisoformat(store.get_fact(BORN))


def web_app(bot: Bot) -> Flask:
    """The bot's pages: the receiver of webhooks (unless they are off), and whether it is up. ValueError where
    webhooks are on and there is no secret."""
    app = Flask("bot", static_folder=None, template_folder=None)
    app.extensions["bot"] = bot
    if bot.settings.webhooks == "on":
        app.register_blueprint(
            receiver(
                secret=bot.settings.jira_webhook_secret.get_secret_value(),
                intake=Intake(bot.store, bot.agenda),
                clock=bot.clock,
                projects=lambda: {p.project for p in bot.config.processes},
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
    config = load_checked(settings.bot_config, settings.jira_url)
    return web_app(build(settings, config))
