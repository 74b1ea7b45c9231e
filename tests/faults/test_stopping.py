"""SIGTERM: a real process that is told to stop while calls are under way."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.config.load import Config
from bot.sandbox.accounts import CARLA
from tests.faults.proxy import DROP, HOLD_UNTIL
from tests.faults.rig import DISTRICT, end_state, wait_for
from tests.faults.test_killed import Outside

SOON = 10  # seconds, in which the process must be gone: a supervisor's patience before it kills


@pytest.fixture
def outside(config: Config, tmp_path: Path) -> Any:
    """A sandbox, and a bot in a process of its own that is not started yet."""
    world = Outside(config, tmp_path)
    yield world
    world.close()


def ask(outside: Outside, query: str) -> list[tuple[Any, ...]]:
    """What the database holds."""
    with sqlite3.connect(f"file:{outside.var / 'bot.db'}?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def told_to_stop(outside: Outside) -> subprocess.Popen[bytes]:
    """The process, told to stop."""
    assert outside.process is not None
    outside.process.send_signal(signal.SIGTERM)
    return outside.process


@pytest.mark.slow
def test_calls_in_flight_get_eight_seconds(outside: Outside, clean: dict[str, Any]) -> None:
    """One that is answered then is done. One that hangs stays an open intent, to be settled by the next start.
    Every lease is given back, and the process is gone in ten seconds."""
    answer = threading.Event()

    def comment(asked: Any) -> bool:
        return asked.method == "POST" and asked.path.endswith("/comment")

    hangs = outside.proxy.rule(comment, do=DROP, times=1)
    slow = outside.proxy.rule(comment, do=HOLD_UNTIL(answer), times=1)
    outside.start()
    wait_for(outside.listening)
    tickets = []
    for rule in (hangs, slow):
        tickets.append(outside.site.open_request(CARLA, DISTRICT).key)
        wait_for(lambda rule=rule: rule.used)
    process = told_to_stop(outside)
    wait_for(lambda: not outside.listening())
    answer.set()
    assert process.wait(timeout=SOON) == 0
    assert sorted(ask(outside, "SELECT kind, state FROM intents WHERE kind = 'comment'")) == [
        ("comment", "done"),
        ("comment", "open"),
    ]
    assert ask(outside, "SELECT key FROM agenda WHERE token IS NOT NULL") == []
    assert "Traceback" not in (outside.var / "log").read_text()
    outside.settle()
    assert outside.starts == 2
    assert [end_state(outside.site, key) for key in tickets] == [clean["opened"]] * 2


HANGING_WATCH = """
import sys, time
import bot.app, bot.cli.main, bot.controller.ticker

def hang(self):
    print("the operator is being told", flush=True)
    time.sleep(60)

bot.app.Bot.watch = hang
bot.controller.ticker.WATCH_SECONDS = 0.1
bot.cli.main.app(["serve"])
"""


SILENT_DATABASE = """
import time
import bot.store.agenda, bot.cli.main

def hang(self):
    print("the leases are being given back", flush=True)
    time.sleep(60)

bot.store.agenda.Agenda.give_back_own = hang
bot.cli.main.app(["serve"])
"""


@pytest.mark.slow
def test_nobody_elses_answer_keeps_it(outside: Outside) -> None:
    """A message to the operator that hangs does not keep the process from ending."""
    outside.command = (sys.executable, "-c", HANGING_WATCH)
    outside.start()
    wait_for(lambda: "is being told" in (outside.var / "log").read_text())
    wait_for(outside.listening)
    assert told_to_stop(outside).wait(timeout=SOON) == 0


@pytest.mark.slow
def test_a_database_that_does_not_answer_does_not_keep_it(outside: Outside) -> None:
    """Leases that cannot be given back run out by themselves, and what was not committed is as good as not begun."""
    outside.command = (sys.executable, "-c", SILENT_DATABASE)
    outside.start()
    wait_for(outside.listening)
    assert told_to_stop(outside).wait(timeout=SOON) == 0
    log = (outside.var / "log").read_text()
    assert "the leases are being given back" in log
    assert "Traceback" not in log
