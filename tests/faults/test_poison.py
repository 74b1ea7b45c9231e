"""What can never succeed is given up alone, visibly and until an operator releases it; the rest goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from bot.cli.main import app
from bot.core.model.effects import PostComment
from bot.core.model.issue import Issue
from bot.sandbox import accounts
from bot.sandbox.accounts import BOT, CARLA
from bot.sandbox.field_checks import TOO_LONG
from bot.sandbox.harness import SECRET
from bot.words.render import TemplateFault, Words
from tests.faults.proxy import STATUS, Request
from tests.faults.rig import DISTRICT, Rig, end_state, is_write, sent, wait_for, writes

ROOT = Path(__file__).parents[2]
JSON = {"Content-Type": "application/json"}


def says_no(status: int, reason: str) -> Any:
    """A refusal in Jira's own shape."""
    return STATUS(status, JSON, json.dumps({"errorMessages": [reason], "errors": {}}).encode())


def told(rig: Rig, ticket: str) -> list[str]:
    """The bot's internal comments on a ticket, about what was given up."""
    found = rig.site.comments(ticket)
    return [c.body for c in found if c.author == BOT and not c.public and "given it up" in c.body]


@pytest.fixture
def operate(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs an operator's command beside the running bot, on its database; what it prints."""
    monkeypatch.setattr("bot.cli.console.set_up_logging", lambda *_: None)  # this process has a log of its own

    def run(rig: Rig, *words: str) -> str:
        (rig.var / "clock").write_text(f"{rig.clock.now().isoformat()}\n")
        env = {"DATABASE_URL": rig.database_url, "COLUMNS": "400", "BOT_CLOCK": str(rig.var / "clock")}
        done = CliRunner().invoke(app, words, env=env)
        assert done.exit_code == 0, done.output
        return done.output

    return run


REFUSALS = {
    "a field that is on no screen": (400, "Field 'duedate' cannot be set. It is not on the appropriate screen."),
    "a permission that is missing": (403, "You do not have permission to comment on this issue."),
    "a ticket with too many comments": (413, "The issue has reached its limit of 5000 comments."),
    "a text that is too long": (400, TOO_LONG),
    "a workflow that is broken": (422, "The transition's configuration is invalid."),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_effect_is_parked_alone(refusal: str, rig: Rig, clean: dict[str, Any]) -> None:
    """Whatever Jira's reason: staff read it at once, another ticket notices nothing, and nothing is tried again."""
    status, reason = REFUSALS[refusal]
    rig.settle()
    begun = rig.clock.machine()
    rule = rig.to_jira.rule(
        lambda asked: writes(rig)["public comment"](asked) and f"/{rig.ticket}/" in asked.path,
        do=says_no(status, reason),
    )
    ticket = rig.site.open_request(CARLA, DISTRICT)
    rig.ticket = ticket.id
    rig.settle()
    other = rig.site.open_request(CARLA, DISTRICT)
    rig.settle()
    assert rig.clock.machine() - begun < 60
    assert [e.reason for e in rig.bot.journal.parked()] == [f"Jira answered {status}: {reason}"]
    (text,) = told(rig, ticket.id)
    assert reason.partition("'")[0] in text
    assert end_state(rig.site, other.key) == clean["opened"]
    used = rule.used
    rig.bot.reconciler.enqueue([ticket.id])
    rig.settle()
    assert rule.used == used == 1


def test_words_that_this_tickets_data_breaks(rig: Rig, monkeypatch: pytest.MonkeyPatch, clean: dict[str, Any]) -> None:
    """A template that cannot be rendered for one ticket is given up there, before anything is sent."""
    write = Words.comment

    def break_on(words: Words, process: str, effect: PostComment) -> str:
        text = write(words, process, effect)
        if effect.public and "Springfield" in text:
            raise TemplateFault("confirm_files.j2", 3, "'dict object' has no attribute 'phone'")
        return text

    monkeypatch.setattr(Words, "comment", break_on)
    ticket = rig.site.open_request(CARLA, "Springfield ISD")
    other = rig.site.open_request(CARLA, DISTRICT)
    rig.settle()
    assert [e.effect_id.split(":")[0] for e in rig.bot.journal.parked()] == [ticket.id]
    assert "has no attribute" in told(rig, ticket.id)[0]
    assert end_state(rig.site, other.key) == clean["opened"]


def test_nobody_can_be_told_on_the_ticket(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Jira takes no comment at all, `/statusz` and the operator carry it; the bot does not go round."""
    heard: list[str] = []
    monkeypatch.setattr(rig.bot.alerts, "_send", lambda title, body: heard.append(title) or True)
    rule = rig.to_jira.rule(lambda asked: asked.path.endswith("/comment"), do=says_no(413, "no more comments"))
    rig.site.open_request(CARLA, DISTRICT)
    rig.settle()
    parked = rig.bot.journal.parked()
    assert rule.used == len(parked) == 2
    assert requests.get(f"{rig.web.url}/statusz", timeout=5).json()["parked"] == 2
    rig.bot.watch()
    assert heard == ["District Onboarding Bot: something is parked"]
    calls = sent(rig, is_write)
    rig.bot.reconciler.enqueue([e.issue_id for e in parked])
    rig.settle()
    assert sent(rig, is_write) == calls


def test_an_operator_lists_and_releases(rig: Rig, operate: Callable[..., str]) -> None:
    """Beside the running bot: one effect by its id, or all. What is mended is done, what is not is parked anew."""

    def first_public(asked: Request) -> bool:
        return writes(rig)["public comment"](asked)

    rig.to_jira.rule(first_public, do=says_no(400, "not welcome"))
    tickets = [rig.site.open_request(CARLA, DISTRICT) for _ in range(2)]
    rig.settle()
    lines = operate(rig, "parked").splitlines()
    assert len(lines) == 2
    assert all("not welcome" in line for line in lines)
    rig.to_jira.clear()
    named = next(line.split()[0] for line in lines if line.startswith(tickets[0].id))
    operate(rig, "retry", named)
    rig.settle()
    assert [len([c for c in rig.site.comments(t) if c.public]) for t in tickets] == [1, 0]
    operate(rig, "retry", "--all")
    rig.settle()
    assert rig.bot.journal.parked() == []
    assert [len([c for c in rig.site.comments(t) if c.public]) for t in tickets] == [1, 1]


def test_a_look_that_fails_by_our_own_fault(rig: Rig, operate: Callable[..., str], clean: dict[str, Any]) -> None:
    """It backs off from a second to a quarter of an hour, is parked after ten tries, and is released by hand."""
    rig.settle()
    broken = pytest.MonkeyPatch()
    ticket_of: list[str] = []

    def fail(issue: Issue, *_: Any) -> Any:
        if issue.id in ticket_of:
            raise ZeroDivisionError
        return follow(issue, *_)

    import bot.controller.reconciler

    follow = bot.controller.reconciler.follow
    broken.setattr("bot.controller.reconciler.follow", fail)
    rig.site.hooks.drop_all = True
    ticket = rig.site.open_request(CARLA, DISTRICT)
    ticket_of.append(ticket.id)
    rig.bot.reconciler.enqueue([ticket.id])
    waits = []
    for _ in range(9):
        waits.append(rig.wait_held())
        rig.clock.jump_machine(waits[-1] + 0.01)
        rig.bot.agenda.nudge()
        wait_for(lambda: (row := rig.bot.agenda.row(f"issue {ticket.id}")) and (row.parked or row.tries > len(waits)))
    assert waits[0] < 2
    assert waits == sorted(waits)
    assert max(waits) <= 15 * 60
    rig.settle()
    assert f"{ticket.id}  10 reconciles failed: ZeroDivisionError" in operate(rig, "parked")
    broken.undo()
    operate(rig, "retry", ticket.id)
    rig.settle()
    assert end_state(rig.site, ticket.key) == clean["opened"]


DRIVER = """
import os, sys, time
from pathlib import Path
from bot.store.keys import key_of
from bot.app import build
from bot.config.settings import load_settings
from bot.app import load_checked

poison, other = sys.argv[1:]
settings = load_settings(None)
config = load_checked(settings.bot_config)

def shift(seconds):
    draft = Path(os.environ["BOT_CLOCK"] + ".new")
    draft.write_text(f"2026-01-05T15:00:00+00:00\\n{seconds}\\n")
    draft.rename(os.environ["BOT_CLOCK"])

def live():
    bot = build(settings, config)
    fetch = bot.gateway.fetch

    def deadly(issue_id, applied):
        return os._exit(9) if issue_id == poison else fetch(issue_id, applied)

    bot.gateway.fetch = deadly
    bot.start()
    bot.agenda.put_once(key_of(other), bot.clock.now(), 0)
    bot.agenda.put_once(key_of(poison), bot.clock.now(), 1)
    while not (row := bot.agenda.row(key_of(poison))).parked or not bot.agenda.idle():
        if row.not_before and row.not_before > bot.clock.machine():
            shift(row.not_before - time.time() + 1)
            bot.agenda.nudge()
        time.sleep(0.01)
    bot.stop()
    os._exit(0)

deaths = 0
while deaths < 30:
    if not (child := os.fork()):
        live()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
    deaths += 1
print(deaths)
"""


@pytest.mark.slow
def test_a_look_that_kills_its_process(rig: Rig, operate: Callable[..., str], clean: dict[str, Any]) -> None:
    """Ten processes die of it, one after another; the eleventh parks the issue and lives. Other issues go on."""
    rig.settle()
    rig.stop_bot()
    rig.site.hooks.drop_all = True
    poison, other = (rig.site.open_request(CARLA, DISTRICT) for _ in range(2))
    (rig.var / "clock").write_text("2026-01-05T15:00:00+00:00\n0\n")
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "JIRA_URL": rig.jira.url,
        "JIRA_EMAIL": accounts.BOT.email,
        "JIRA_API_TOKEN": accounts.BOT.token,
        "JIRA_WEBHOOK_SECRET": SECRET,
        "DATABASE_URL": rig.database_url,
        "BOT_CONFIG": str(ROOT / "tests/spine"),
        "BOT_CLOCK": str(rig.var / "clock"),
    }
    command = [sys.executable, "-c", DRIVER, poison.id, other.id]
    done = subprocess.run(command, cwd=rig.var, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "10\n", done.stderr
    assert "10 reconciles ended with their process" in operate(rig, "parked")
    assert end_state(rig.site, other.key) == clean["opened"]
    assert rig.site.comments(poison) == []
    rig.start_bot()
    operate(rig, "retry", poison.id)
    rig.settle()
    assert end_state(rig.site, poison.key) == clean["opened"]
