"""Builds the bot from its settings: the only place that knows every part."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bot.clock import Clock, FileClock, SystemClock
from bot.config.load import Config, ProcessText, has_processes
from bot.config.reload import NotNow, Reloader
from bot.config.settings import Settings
from bot.config.source import ConfigError
from bot.controller.applier import Applier
from bot.controller.checked_config import load_checked, words_of
from bot.controller.health_facts import HealthFacts
from bot.controller.intents import Calls
from bot.controller.missed_webhooks import WebhookWatch
from bot.controller.office_closures import Closures
from bot.controller.periodic_jobs import Jobs, Periods
from bot.controller.process_files import ProcessFiles
from bot.controller.reconciler import Reconciler
from bot.controller.ticker import Ticker
from bot.controller.workers import Workers
from bot.core.model.process import OPERATOR
from bot.jira.call import JiraTrouble
from bot.jira.client import Credentials, JiraClient
from bot.jira.fuse import Fuse
from bot.jira.gateway import Gateway
from bot.jira.rate_limit import Pace, SharedPace
from bot.notify.alerts import Alerts, Readiness, log_sender
from bot.notify.channels import Messenger, operator_of, senders
from bot.store.accepted_files import AcceptedFiles
from bot.store.agenda import Agenda
from bot.store.agenda_reader import Priority
from bot.store.database import Store, StoreError
from bot.store.journal import Journal
from bot.store.keys import JOB
from bot.store.ticket_index import TicketIndex
from bot.words.files import SHIPPED_TEMPLATES
from bot.words.render import Words

__all__ = ["Bot", "build", "client_of", "clock_of", "configuration_of", "load_checked", "words_of"]

LOG = logging.getLogger(__name__)

BORN = "born_at"
WITHOUT_WEBHOOKS = timedelta(seconds=60)  # how often to ask Jira what changed where it cannot tell
AWAY = 3  # after so many catch-ups that did not happen, the bot or Jira was away
ATLASSIAN_GATEWAY = "https://api.atlassian.com/ex/jira/"  # calls go through it, but it is not where people work


@dataclass(frozen=True)
class Parts:
    """What is built again for each configuration, and when (machine seconds). The database and the threads stay."""

    config: Config
    gateway: Gateway
    words: Words
    closures: Closures
    reconciler: Reconciler
    jobs: Jobs
    loaded: float


class Bot:
    """One process of the bot, built and wired, but not started."""

    def __init__(
        self,
        settings: Settings,
        config: Config,
        clock: Clock,
        periods: Periods,
        workers: int,
        adapt: Callable[[Config], Config],
    ) -> None:
        self.settings, self.clock, self._periods, self._adapt = settings, clock, periods, adapt
        self._tell_operator, self._beat = operator_of(settings)
        self.store = Store(settings.database_url.get_secret_value(), clock)
        self.agenda = Agenda(self.store, clock)
        self.journal = Journal(self.store, self.agenda, clock)
        self.index = TicketIndex(self.store)
        self.files = ProcessFiles(AcceptedFiles(self.store), self.index, clock, self._read)
        self.health = HealthFacts(self.store, self.agenda, self.journal, clock)
        self.alerts = Alerts(self._tell_operator, self.store, clock)
        self.site_url = settings.jira_url
        self._standing = Readiness()
        self._parts = self._made_of(config)
        self.workers = Workers(self.agenda, self.reconciler, self.jobs, self.store, _stop_process, workers)
        folders = (config.folder, SHIPPED_TEMPLATES)
        self.reloader = Reloader(folders, self._reread, self._take_up)
        self.ticker = Ticker(self.agenda, self.store, _stop_process, self.refresh, self.watch)
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
    def closures(self) -> Closures:
        """The unplanned closed days; it has the calendars with them, by which everything is decided."""
        return self._parts.closures

    @property
    def reconciler(self) -> Reconciler:
        """What reconciles issues."""
        return self._parts.reconciler

    @property
    def jobs(self) -> Jobs:
        """The periodic jobs."""
        return self._parts.jobs

    @property
    def loaded(self) -> float:
        """When the bot began to use its configuration, in machine seconds."""
        return self._parts.loaded

    def adopt(self, config: Config) -> None:
        """Work with another configuration from the next claim on; what is being reconciled ends with the old one.

        Every ticket under way is reconciled again: another calendar or goal may mean something for it now."""
        self._use(config)
        try:
            self.agenda.put(f"{JOB}everything", self.clock.now(), Priority.SWEEPS)
        except StoreError as down:
            LOG.warning("%s The nightly pass reconciles the tickets.", down)

    def _take_up(self, config: Config) -> None:
        """Adopt a configuration that was read again, unless all is as before: a file was gone only for a moment."""
        if config != self.config or words_of(config).version != self.words.version:
            self.adopt(config)
            LOG.info("The changed configuration is in use.")

    def _use(self, config: Config) -> None:
        self._parts = self._made_of(config)
        self.workers.use(self.reconciler, self.jobs)

    def use_accepted(self, keep: bool = False) -> None:
        """Go on with the accepted text of each process file that would strand tickets, and remember why. With `keep`,
        the other files are accepted from now on.

        Raises ConfigError if the accepted texts do not fit the rest of the configuration, and StoreError."""
        config = self.files.in_force(self.config, keep)
        if config is not self.config:
            self._use(config)

    def trial(self, config: Config) -> Reconciler:
        """A reconciler for a configuration that is not in use, to see what that would do."""
        return self._made_of(config).reconciler

    def _read(self, texts: Sequence[ProcessText] | None) -> Config:
        folder, channels = self.config.folder, self.settings.channels
        return self._adapt(load_checked(folder, self.site_url, channels, texts))

    def refresh(self) -> None:
        """Take up changed files, and days that were closed meanwhile; the ticker calls this every few seconds."""
        try:
            if self.files.is_released_anew(self.config):
                self.reloader.again()
            self.reloader.check()
            self.closures.take_up()
        except StoreError as down:
            LOG.warning("%s Whether more days are closed is not known now.", down)

    def _reread(self) -> Config:
        """The configuration as its files now are, with the accepted text of each process file that is refused. Raises
        ConfigError where `serve` would not start with it, and NotNow if the database cannot be asked."""
        try:
            config = self.files.newest(self.config.folder)
            self._check_since(config)
            return self.files.in_force(config, keep=True)
        except StoreError as down:
            raise NotNow(str(down)) from down

    def _check_since(self, config: Config) -> None:
        if silent := [p.name for p in config.processes if p.since is None]:
            raise ConfigError(
                config.problem(name, (), "`since:` is missing; the bot would fall silent") for name in silent
            )

    def watch(self) -> None:
        """Tell the operator what is new; the ticker calls this once a minute."""
        self.learn_address()
        try:
            self._standing = self.health.readiness(self.config.office, self.settings.webhooks == "on")
        except StoreError as down:  # what is parked is not known now, which does not mean that it was released
            self._standing = replace(self._standing, trouble=f"{down}.")
        self.alerts.watch(self._standing)
        self.alerts.refused_files(self.files.refused)
        if self.files.refused:
            self.reloader.again()  # its tickets may have moved on

    def learn_address(self) -> None:
        """If calls go through Atlassian's gateway, ask for the site's own address: no public text may link there."""
        if not self.site_url.startswith(ATLASSIAN_GATEWAY):
            return
        try:
            answer = client_of(self.settings, self.config).server_info()
        except JiraTrouble as trouble:
            LOG.warning("The address that people use is not known yet. %s", trouble)
            return
        if isinstance(answer, dict) and answer.get("baseUrl"):
            self.site_url = str(answer["baseUrl"])
            self.adopt(self.config)

    def _made_of(self, config: Config) -> Parts:
        settings, store, agenda, journal, clock = self.settings, self.store, self.agenda, self.journal, self.clock
        shared = None if store.sqlite else SharedPace(store, config.office.calls_per_second)
        client = client_of(settings, config, shared)
        names = {*(s for p in config.processes for s in p.statuses), *vars(config.office.subtask_statuses).values()}
        waits = {
            (p.project, kind, s.status) for p in config.processes for kind in p.issue_types for s in p.steps if s.wait
        }
        gateway = Gateway(client, config.office, settings.cloud, Fuse(clock, journal, waits), names, config.offices)
        words = words_of(config, self.site_url)
        channels = {OPERATOR: self._tell_operator, **senders(config, settings.channels)}
        site = "" if self.site_url.startswith(ATLASSIAN_GATEWAY) else self.site_url
        messenger = Messenger(channels, log_sender, config.calendars, site)
        closures = Closures(config, store, agenda, gateway, clock)
        applier = Applier(gateway, Calls(agenda, journal, clock), words, closures, messenger.send)
        born = partial(born_at, store, clock)
        reconciler = Reconciler(config, closures.calendars, gateway, agenda, journal, self.index, applier, clock, born)
        watched = WebhookWatch(store, AWAY * self._periods.catch_up) if settings.webhooks == "on" else None
        jobs = Jobs(config, gateway, agenda, journal, store, clock, self._periods, self._beat, watched)
        return Parts(config, gateway, words, closures, reconciler, jobs, clock.machine())

    def start(self) -> None:
        """Lock the database, give back what a killed process had leased, and start working. Raises StoreError, and
        ConfigError if the process files are refused and the accepted ones cannot be used."""
        if self.running:
            return
        self.store.lock()
        self.use_accepted(keep=True)
        self.running = True
        self.agenda.give_back_all()
        try:
            self.gateway.myself()
        except JiraTrouble as trouble:
            LOG.error("%s Deliveries are kept, and work begins when that is fixed.", trouble)
            self.agenda.put(f"{JOB}identity", self.clock.now(), Priority.SWEEPS)  # so that all replicas know of it
        self.learn_address()
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
    workers: int | None = None,
    adapt: Callable[[Config], Config] = lambda config: config,
) -> Bot:
    """Wire the parts together. Starts no thread and sends nothing. `adapt` changes a configuration that is read
    again as `config` was changed. Raises SettingsError if an address for the operator is not valid."""
    periods = periods or (Periods() if settings.webhooks == "on" else Periods(catch_up=WITHOUT_WEBHOOKS))
    return Bot(settings, config, clock or clock_of(settings), periods, workers or settings.workers, adapt)


def clock_of(settings: Settings) -> Clock:
    """The clock that the settings name: the machine's, or a rehearsal's."""
    return FileClock(settings.bot_clock) if settings.bot_clock else SystemClock()


def client_of(settings: Settings, config: Config, pace: Pace | None = None) -> JiraClient:
    """The client for the settings' site, which needs no database unless its pace does. It calls nobody yet."""
    token, pat = settings.jira_api_token.get_secret_value(), settings.jira_pat.get_secret_value()
    credentials = Credentials(settings.jira_email, token, pat)
    return JiraClient(settings.jira_url, credentials, config.office.calls_per_second, pace=pace)


def born_at(store: Store, clock: Clock) -> datetime:
    """The business moment from which this database has seen everything; set when it is first asked for."""
    store.write(lambda c: store.set_fact_in(c, BORN, clock.now().isoformat(), keep=True))
    return datetime.fromisoformat(store.get_fact(BORN))


def _stop_process(why: str) -> None:
    """The database went away: stop in order, as after a supervisor's signal."""
    LOG.critical("%s Stopping.", why)
    os.kill(os.getpid(), signal.SIGTERM)


def configuration_of(settings: Settings, folder: Path) -> Config:
    """The configuration in a folder, checked. If it has no process file at all, the processes are those that the
    database has as accepted. Raises ConfigError with everything that is wrong."""
    texts = None if has_processes(folder) else _accepted_texts(settings)
    return load_checked(folder, settings.jira_url, settings.channels, texts)


def _accepted_texts(settings: Settings) -> list[ProcessText] | None:
    """The process files that are accepted, None if there are none or the database cannot be asked."""
    url = settings.database_url.get_secret_value()
    with suppress(StoreError), closing(Store(url, clock_of(settings))) as store:
        if store.file is None or store.file.exists():  # asking would make it
            return [(one.file, one.text) for one in AcceptedFiles(store).all().values()] or None
    return None
