"""`forecast`, as an operator uses it: from the index alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.config.load import load
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from tests.cli import test_main as operator
from tests.cli.test_process_commands import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command after each of two tickets was reconciled; Jira is gone by then."""
    folder = operator.folder_in(tmp_path)
    site = Site(load(folder / "config").processes, SystemClock(), search_lag=timedelta(0))
    site.open_request(CARLA, "Lakeside ISD")
    ended = site.open_request(CARLA, "Hillside ISD")
    site.transition(HANNA, ended, "Withdrawn")
    with SandboxServer(site) as server:
        env = operator.environment(folder, server)
        for _ in range(2):
            assert operator.bot(folder, env, "reconcile", "--all").exit_code == 0
    return lambda *args: operator.bot(folder, env, *args)


def test_every_open_ticket_has_a_line(run: Run) -> None:
    """Nobody knows how long a district takes, until ten tickets have ended."""
    found = run("forecast")
    assert found.exit_code == 0, found.output
    assert found.output.startswith("DDE-1 ")
    assert "no estimate" in found.output
    assert "Lakeside ISD" in found.output
    assert "DDE-2" not in found.output
    assert "1 open ticket. The days are what it usually takes." in found.output


def test_one_ticket_as_json(run: Run) -> None:
    (found,) = json.loads(run("forecast", "dde-1", "--json").output)
    assert (found["key"], found["process"], found["district"]) == ("DDE-1", "dde", "Lakeside ISD")
    assert (found["from"], found["to"]) == (None, None)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--process", "ddee"), 'There is no process "ddee"'),
        (("DDE-2",), "DDE-2 is no open ticket that the bot has reconciled."),
    ],
)
def test_what_is_not_there_gets_one_sentence(run: Run, args: tuple[str, ...], said: str) -> None:
    found = run("forecast", *args)
    assert found.exit_code == 2
    assert said in found.output
