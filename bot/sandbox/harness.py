"""A sandbox Jira and the bot on one clock, talking over HTTP: where stories are played."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from bot.app import Bot, build
from bot.clock import SettableClock
from bot.config.load import Config
from bot.config.settings import Settings
from bot.controller.periodic_jobs import Periods
from bot.core.model.process import FULL
from bot.sandbox import accounts
from bot.sandbox.jira_site import Site
from bot.sandbox.needs import Needs, needs_of_all
from bot.sandbox.server import SandboxServer
from bot.store.agenda_reader import Priority
from bot.store.keys import JOB
from bot.web.factory import web_app
from bot.web.wsgi_server import WebServer

SECRET = "sandbox-webhook-secret"
TICKETS = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated")
SUBTASKS = ("jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated")
# Weeks pass in seconds here: the periodic jobs keep their meaning, not their pace.
CALM = Periods(
    catch_up=timedelta(days=1),
    nightly=timedelta(days=7),
    identity=timedelta(days=7),
    pace=timedelta(0),
    spread=timedelta(0),
)


def unhurried(config: Config) -> Config:
    """The configuration for playing: without waiting, and with `voice: full` unless the office has chosen one."""
    # Weeks are played in seconds: the rate limit that spares a real Jira would only make people wait here.
    office = replace(config.office, calls_per_second=1000)
    return replace(config, office=replace(office, voice=office.voice or FULL, grace=office.grace or timedelta(0)))


class Stuck(AssertionError):
    """The sandbox and the bot did not come to rest: something is still to be done after a long time."""


class Harness:
    """One sandbox and one bot. The business clock moves only by `advance`, and only while all is at rest.

    With `asks` there are no webhooks: the bot asks Jira what changed, as often as there is something to find. The site
    holds what each process needs beside its statuses, or `needs`, by the names of the processes. Local moments are
    those of the calendar of `process`, by default of the first one."""

    def __init__(
        self,
        config: Config,
        var: Path,
        start: datetime,
        *,
        periods: Periods = CALM,
        webhooks: bool = True,
        asks: bool = False,
        jira_url: str | None = None,
        ports: tuple[int, int] = (0, 0),
        database_url: str | None = None,
        needs: Mapping[str, Needs] | None = None,
        process: str | None = None,
    ) -> None:
        self.config = unhurried(config)
        told = next((p for p in config.processes if p.name == process), config.processes[0])
        self.zone = ZoneInfo(config.calendars[told.calendar].zone)
        self.var, self.periods = var, periods
        self.clock = SettableClock(start)
        needs = needs_of_all(config.processes, config.office_for) if needs is None else needs
        self.site = Site(config.processes, self.clock, needs=needs)
        self.site.limits.limits = ()  # as with the pace: an hour's writes fall into a second here
        self.jira = SandboxServer(self.site, ports[0]).start()
        self.jira_url = jira_url or self.jira.url
        self.database_url = database_url or f"sqlite:///{var / 'bot.db'}"
        self._bot_port = ports[1]
        self._asks = asks
        self.start_bot()
        if asks:
            self.site.search_lag = timedelta(0)
        elif webhooks:
            self.register_webhooks()

    # -- the bot

    def settings(self) -> Settings:
        """The bot's settings for this sandbox."""
        return Settings(
            jira_url=self.jira_url,
            jira_email=accounts.BOT.email,
            jira_api_token=SecretStr(accounts.BOT.token),
            jira_pat=SecretStr(""),
            jira_webhook_secret=SecretStr(SECRET),
            webhooks="off" if self._asks else "on",
            database_url=SecretStr(self.database_url),
        )

    def start_bot(self) -> None:
        """Build the bot and start it, as `serve` does."""
        self.bot: Bot = build(self.settings(), self.config, self.clock, self.periods, workers=2, adapt=unhurried)
        self.web = WebServer(web_app(self.bot), self._bot_port, name="bot").start()
        self._bot_port = self.web.port
        self.bot.start()

    def stop_bot(self) -> None:
        """Stop the bot in order; the sandbox goes on."""
        self.web.stop()
        self.bot.stop()

    def register_webhooks(self) -> None:
        """The two webhooks that docs/settings.md tells an operator to register."""
        url = f"{self.web.url}/webhooks/jira"
        self.site.register_webhook(url, SECRET, TICKETS, jql_types="tickets")
        self.site.register_webhook(url, SECRET, SUBTASKS, jql_types="subtasks")

    def close(self) -> None:
        """Stop everything."""
        self.stop_bot()
        self.jira.stop()

    def __enter__(self) -> Harness:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- time

    def settle(self, patience: float = 30.0) -> None:
        """Wait until no delivery is unsent and no agenda row is due or leased. Raises Stuck."""
        self._rest(patience)
        version = -1
        while self._asks and version != self.site.version:
            version = self.site.version
            # The clock may have stood still since the last time, so that a change looks as if it were seen.
            self.bot.jobs.forget()
            for job in ("catch_up", "everything"):
                self.bot.agenda.put(JOB + job, self.clock.now(), Priority.SWEEPS)
            self._rest(patience)

    def _rest(self, patience: float) -> None:
        deadline = time.monotonic() + patience
        self.bot.agenda.nudge()
        while not self._at_rest(0.05):
            if time.monotonic() > deadline:
                rows = [r for r in self.bot.agenda.rows() if r.due_at is not None or r.leased_until is not None]
                raise Stuck(f"{self.site.hooks.unsent()} deliveries unsent, agenda: {rows}")

    def _at_rest(self, sending: float, working: float = 0.05) -> bool:
        """Whether nothing is unsent, due, or leased, once so many seconds were given to each."""
        hooks = self.site.hooks
        hooks.wait_idle(sending)
        # What is delivered while the agenda is asked may have put a row that the answer does not count yet.
        ended = len(hooks.outcomes)
        return self.bot.agenda.wait_idle(working) and hooks.unsent() == 0 and len(hooks.outcomes) == ended

    def advance(self, to: datetime) -> None:
        """Let the business clock run to a moment, stopping wherever the bot has something to do."""
        self.settle()
        while (due := self.bot.agenda.next_due()) is not None and due <= to:
            self.clock.set(max(due, self.clock.now()))
            self.settle()
        self.clock.set(max(to, self.clock.now()))
        self.settle()

    def local(self, text: str) -> datetime:
        """A moment given in the calendar's own time: "2026-01-05 09:30"."""
        return datetime.fromisoformat(text).replace(tzinfo=self.zone)

    def at(self, text: str) -> None:
        """Advance to a local moment."""
        self.advance(self.local(text))
