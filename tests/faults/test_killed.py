"""`kill -9` at named points and at random moments: a real process, started again by its operator."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SettableClock
from bot.config.load import Config
from bot.sandbox import accounts
from bot.sandbox.accounts import CARLA
from bot.sandbox.harness import SECRET, SUBTASKS, TICKETS
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from tests.faults.conftest import START
from tests.faults.proxy import FaultProxy
from tests.faults.rig import DISTRICT, end_state, play, wait_for

ROOT = Path(__file__).parents[2]
ECHO = timedelta(seconds=3)  # business time, after which the bot has looked at what its own writes echoed


class Outside:
    """A sandbox and `python -m bot serve` beside it, each on a clock that this test steers."""

    command: tuple[str, ...] = ()  # what is run in place of the bot that can be told where to die

    def __init__(self, config: Config, var: Path) -> None:
        self.var = var
        self.clock = SettableClock(START)
        self.site = Site(config.processes, self.clock)
        self.site.limits.limits = ()
        self.site.hooks.retry_delay = 3.0  # five times: longer than a start takes
        self.jira = SandboxServer(self.site).start()
        self.proxy = FaultProxy("127.0.0.1", self.jira.port).start()
        self.port = _free_port()
        self.shift = 0.0
        self.starts = 0
        self.deaths: Iterator[str] = iter(())  # at which point each process in turn kills itself
        self.ticket = ""
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
            doomed = (sys.executable, "-m", "tests.faults.doomed", next(self.deaths, ""), "serve")
            self.process = subprocess.Popen(self.command or doomed, cwd=ROOT, env=env, stdout=log, stderr=log)

    def at(self, local: str) -> None:
        """Go to a moment of the calendar's own time."""
        self.clock.set(datetime.fromisoformat(local).replace(tzinfo=START.tzinfo) - ECHO)
        self.write_clock()
        self.settle()

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

    def up(self) -> bool:
        """Whether it takes deliveries; the operator starts it again where it died."""
        self.keep_alive()
        return self.listening()

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
        return len(rows) > 4 and not due and self.listening()

    def settle(self) -> None:
        """Come to rest, and let the echoes of it be looked at too."""
        wait_for(self.at_rest, patience=90.0, every=0.02)
        self.clock.advance(ECHO)
        self.write_clock()
        wait_for(self.at_rest, patience=90.0, every=0.02)

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


OPENED = [
    "alembic.operations:Operations.create_table:before:4",  # in a migration
    "bot.web.webhook:DeliveryStore.accept:before:1",  # before the 202: nothing is kept, and Jira sends it again
    "bot.web.webhook:DeliveryStore.accept:after:1",  # the delivery is kept, and Jira does not know it
    "bot.controller.reconciler:Reconciler.reconcile:before:1",  # after the 202, with a lease
    "bot.words.render:Words.comment:before:1",  # while rendering
    "bot.store.journal:Journal.open_intent:after:1",  # between intent and call
    "bot.controller.reconciler:Reconciler._settle:before:1",  # in the middle of settling what did not happen
    "bot.jira.gateway:Gateway.comment:after:1",  # between call and done
    "bot.jira.reader:GatewayReader.marked_comments:after:1",  # in the middle of settling what did happen
    "bot.jira.gateway:Gateway.put:after:1",  # labels and ledger, between call and done
]
MOVED = [
    "bot.jira.gateway:Gateway.transition:after:1",
    "bot.jira.gateway:Gateway.create_subtasks:before:1",
    "bot.jira.gateway:Gateway.create_subtasks:after:1",
    "bot.jira.reader:GatewayReader.marked_subtasks:after:1",
    "bot.store.agenda:Agenda.release:before:3",
    "bot.jira.gateway:Gateway.move_subtask:after:1",
]


@pytest.mark.slow
@pytest.mark.parametrize(("until", "deaths"), [("opened", OPENED), ("files ready", MOVED)], ids=["opened", "moved"])
def test_killed_at_a_named_point(until: str, deaths: list[str], outside: Outside, clean: dict[str, Any]) -> None:
    """One process after the other dies, each at the next point, and the one after it goes on: Jira holds what it
    holds where nobody was killed."""
    outside.deaths = iter(deaths)
    outside.start()
    wait_for(outside.up, every=0.02)
    key = play(outside, until=until)
    assert outside.starts == len(deaths) + 1
    assert end_state(outside.site, key) == clean[until]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_random_moments(outside: Outside) -> None:
    """Wherever a process dies in what an act sets off (KILLS=n: so often; SEED=n: at other moments), each ticket
    ends up as the one during which nobody was killed."""
    kills, chance = int(os.environ.get("KILLS", "4")), random.Random(int(os.environ.get("SEED", "5")))
    site = outside.site

    def opened_and_confirmed(done: Callable[[], None]) -> dict[str, Any]:
        outside.clock.advance(timedelta(minutes=2.5))  # the fuse allows 60 comments an hour, and a day is enough
        outside.write_clock()
        key = site.open_request(CARLA, DISTRICT).key
        done()
        outside.settle()
        site.comment(CARLA, key, "Confirmed, thanks")
        done()
        outside.settle()
        return {**end_state(site, key), "visits": 0}

    def killed() -> None:
        """After some of its requests to Jira, and a little later; or once there are no more."""
        until = len(outside.proxy.seen) + chance.randint(0, 14)
        deadline = time.monotonic() + 0.5
        while len(outside.proxy.seen) < until and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.02))
        outside.kill()

    outside.start()
    wait_for(outside.up, every=0.02)
    calm = opened_and_confirmed(lambda: None)
    for _ in range(kills // 2):
        assert opened_and_confirmed(killed) == calm
    assert outside.starts == 1 + kills // 2 * 2
