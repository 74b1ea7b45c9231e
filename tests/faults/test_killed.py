"""`kill -9` between intent and call, and between call and done: a real process, started again by its operator."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SettableClock
from bot.config import Config
from bot.sandbox import accounts
from bot.sandbox.accounts import CARLA
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from bot.sandbox.stage import SECRET, SUBTASKS, TICKETS
from tests.faults.conftest import START
from tests.faults.proxy import Exchange, FaultProxy
from tests.faults.rig import DISTRICT, end_state, wait_for

ROOT = Path(__file__).parents[2]


class Outside:
    """A sandbox and `python -m bot serve` beside it, each on a clock that this test steers."""

    def __init__(self, config: Config, var: Path) -> None:
        self.var = var
        self.clock = SettableClock(START)
        self.site = Site(config.processes, self.clock)
        self.site.limits.limits = ()
        self.site.hooks.retry_delay = 0.1
        self.jira = SandboxServer(self.site).start()
        self.proxy = FaultProxy("127.0.0.1", self.jira.port).start()
        self.port = _free_port()
        self.shift = 0.0
        self.starts = 0
        self.process: subprocess.Popen[bytes] | None = None
        url = f"http://127.0.0.1:{self.port}/webhooks/jira"
        self.site.register_webhook(url, SECRET, TICKETS, jql_types="tickets")
        self.site.register_webhook(url, SECRET, SUBTASKS, jql_types="subtasks")

    def start(self) -> None:
        """Start the bot, 91 s of machine time later than the last one died."""
        self.starts += 1
        self.write_clock()
        env = {
            **os.environ,
            "JIRA_URL": self.proxy.url,
            "JIRA_EMAIL": accounts.BOT.email,
            "JIRA_API_TOKEN": accounts.BOT.token,
            "JIRA_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": f"sqlite:///{self.var / 'bot.db'}",
            "BOT_CONFIG": str(ROOT / "tests/spine"),
            "BOT_CLOCK": str(self.var / "clock"),
            "PORT": str(self.port),
        }
        with (self.var / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log
            )

    def write_clock(self) -> None:
        """Give the bot the business now and the shift of its machine time."""
        draft = self.var / "clock.new"
        draft.write_text(f"{self.clock.now().isoformat()}\n{self.shift}\n")
        draft.rename(self.var / "clock")

    def kill(self) -> None:
        """kill -9, and wait until it is dead."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def keep_alive(self) -> None:
        """Be the operator, who starts it again where it died."""
        if self.process is None or self.process.poll() is not None:
            self.shift += 91.0
            self.start()

    def listening(self) -> bool:
        """Whether the bot takes deliveries."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def at_rest(self) -> bool:
        """Whether Jira has told everything, and nothing is due or leased on the agenda. Where all that is due is
        held back, machine time jumps there."""
        self.keep_alive()
        if self.site.hooks.unsent() or not (self.var / "bot.db").exists():
            return False
        with sqlite3.connect(f"file:{self.var / 'bot.db'}?mode=ro", uri=True) as database:
            try:
                rows = database.execute("SELECT token, due_at, not_before FROM agenda").fetchall()
            except sqlite3.OperationalError:  # its tables are being made
                return False
        now = self.clock.now().astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        due = [(token, not_before or 0.0) for token, due_at, not_before in rows if token or (due_at and due_at <= now)]
        wait = min((not_before for _, not_before in due), default=0.0) - time.time() - self.shift
        if wait > 0 and not any(token for token, _ in due):
            self.shift += wait
            self.write_clock()
        return len(rows) > 4 and not due

    def settle(self) -> None:
        """Come to rest, and let the echoes of it be looked at too."""
        wait_for(self.at_rest)
        self.clock.advance(timedelta(seconds=3))
        self.write_clock()
        wait_for(self.at_rest)

    def close(self) -> None:
        """Stop everything."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.proxy.stop()
        self.jira.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def outside(config: Config, tmp_path: Path) -> Iterator[Outside]:
    """A sandbox, and a bot in a process of its own that is not started yet."""
    world = Outside(config, tmp_path)
    yield world
    world.close()


def _posts(ending: str) -> Any:
    return lambda asked: asked.method == "POST" and asked.path.endswith(ending)


@pytest.mark.parametrize("done", [False, True], ids=["between intent and call", "between call and done"])
def test_killed_at_what_must_not_come_twice(done: bool, outside: Outside, clean: dict[str, Any]) -> None:
    """The bot dies at its first comment and at its first bulk create, and each time the next one goes on: Jira
    holds what it holds where nobody was killed."""

    def strike(exchange: Exchange) -> None:
        if done:
            exchange.forward()
        outside.kill()
        exchange.cut()

    strikes = [outside.proxy.rule(match, do=strike, times=1) for match in (_posts("/comment"), _posts("/issue/bulk"))]
    outside.start()
    wait_for(outside.listening)
    key = outside.site.open_request(CARLA, DISTRICT).key
    outside.settle()
    assert end_state(outside.site, key) == clean["opened"]
    outside.clock.set(datetime(2026, 1, 6, 16, 0, tzinfo=UTC))
    outside.write_clock()
    outside.site.comment(CARLA, key, "Confirmed, thanks")
    outside.settle()
    assert [rule.used for rule in strikes] == [1, 1]
    assert outside.starts == 3
    assert end_state(outside.site, key) == clean["confirmed"]
