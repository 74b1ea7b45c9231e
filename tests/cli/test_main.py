"""The command line, as an operator uses it: against a sandbox over HTTP, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner, Result

from bot.cli.main import app
from bot.clock import SystemClock
from bot.config.load import load
from bot.controller.process_files import ProcessFiles
from bot.sandbox.accounts import BOT, CARLA
from bot.sandbox.harness import SUBTASKS, TICKETS
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from bot.store.accepted_files import AcceptedFiles
from bot.store.database import Store
from bot.store.ticket_index import TicketIndex

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-of-this-test"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An operator's folder: a copy of the configuration that speaks since an hour ago."""
    return folder_in(tmp_path)


def folder_in(tmp_path: Path) -> Path:
    """Make that folder."""
    shutil.copytree(ROOT / "tests/spine", tmp_path / "config")
    process = tmp_path / "config/processes/dde.yaml"
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    text = process.read_text()
    process.write_text(text.replace("since: 2026-01-01T00:00-06:00", f"since: {since}"))
    return tmp_path


@pytest.fixture
def jira(folder: Path) -> Iterator[SandboxServer]:
    """A sandbox Jira in real time, with a search index that is up to date."""
    site = Site(load(folder / "config").processes, SystemClock(), search_lag=timedelta(0))
    with SandboxServer(site) as server:
        yield server


def environment(folder: Path, jira: SandboxServer | None = None, **more: str) -> dict[str, str]:
    """An environment with nothing in it but what is given."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    if jira is not None:
        env |= {"JIRA_URL": jira.url, "JIRA_EMAIL": BOT.email, "JIRA_API_TOKEN": BOT.token}
    return env | more


def accept(folder: Path) -> None:
    """Accept the process files, as a start of `serve` does."""
    clock, config = SystemClock(), load(folder / "config")
    store = Store(f"sqlite:///{folder}/var/bot.db", clock)
    ProcessFiles(AcceptedFiles(store), TicketIndex(store), clock, lambda _: config).in_force(config, keep=True)
    store.close()


def process(folder: Path, env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, in a process of its own."""
    command = [sys.executable, "-m", "bot", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


def bot(folder: Path, env: dict[str, str], *args: str) -> Result:
    """Run one command to its end, in this process: a new one takes a second to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in set(os.environ) - set(env):
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        patch.setattr("bot.cli.console.set_up_logging", lambda *_: None)  # it would take pytest's own away
        return CliRunner().invoke(app, list(args))


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(what: Callable[[], bool], patience: float = 20.0) -> bool:
    """Ask until it is so, or patience ends."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.02)
    return False


def test_serve_names_every_missing_setting_and_ends_with_2(folder: Path) -> None:
    """One clear line for each, and no traceback."""
    done = process(folder, environment(folder), "serve")
    assert done.returncode == 2
    assert "JIRA_URL is not set" in done.stderr
    assert "JIRA_WEBHOOK_SECRET is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_without_since_prints_the_line_to_add(folder: Path, jira: SandboxServer) -> None:
    """Nobody switches a bot on by accident."""
    process = folder / "config/processes/dde.yaml"
    lines = [line for line in process.read_text().splitlines() if not line.startswith("since:")]
    process.write_text("\n".join(lines))
    done = bot(folder, environment(folder, jira, JIRA_WEBHOOK_SECRET=SECRET), "serve")
    assert done.exit_code == 2
    assert "\nsince: 20" in done.stderr


def test_serve_refuses_bad_configuration_with_every_error(folder: Path, jira: SandboxServer) -> None:
    """Errors of YAML files and of templates come together, each with its place."""
    process = folder / "config/processes/dde.yaml"
    text = process.read_text().replace("say: files_received", "say: files_recieved")
    process.write_text(text.replace("next: quality_review", "next: quality_reveiw", 1))
    done = bot(folder, environment(folder, jira, JIRA_WEBHOOK_SECRET=SECRET), "serve")
    assert done.exit_code == 2
    assert 'did you mean "quality_review"' in done.stderr


def test_check_finds_a_template_that_is_not_there(folder: Path) -> None:
    """The place is the line of the process file that names it."""
    process = folder / "config/processes/dde.yaml"
    text = process.read_text().replace("say: files_received", "say: files_recieved")
    process.write_text(text)
    line = text[: text.index("say: files_recieved")].count("\n") + 1
    done = bot(folder, environment(folder), "check")
    assert done.exit_code == 2
    assert f"processes/dde.yaml:{line}" in done.stderr
    assert "files_received" in done.stderr


def test_check_says_that_all_is_well(folder: Path) -> None:
    """Exit 0, and what it found."""
    done = bot(folder, environment(folder), "check")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "dde: 4 steps" in done.stdout


def test_a_dry_run_prints_what_would_be_done_and_does_nothing(folder: Path, jira: SandboxServer) -> None:
    """The words are shown as the district would read them."""
    issue = jira.site.open_request(CARLA, "Lakeside ISD")
    done = bot(folder, environment(folder, jira), "reconcile", issue.key, "--dry-run")
    assert done.exit_code == 0
    assert "public comment: confirm_files" in done.stdout
    assert "can your district produce the required files?" in done.stdout
    assert jira.site.comments(issue) == []
    assert jira.site.property(issue, "onboarding-bot") is None


def test_reconcile_all_looks_at_every_ticket_without_a_running_bot(folder: Path, jira: SandboxServer) -> None:
    """Twice is as good as once."""
    issues = [jira.site.open_request(CARLA, name) for name in ("Lakeside ISD", "Mesa ISD")]
    for _ in range(2):
        assert bot(folder, environment(folder, jira), "reconcile", "--all").exit_code == 0
    assert [len(jira.site.comments(issue)) for issue in issues] == [1, 1]


def test_explain_tells_where_a_ticket_stands(folder: Path, jira: SandboxServer) -> None:
    """Whose turn, what was done, what comes."""
    issue = jira.site.open_request(CARLA, "Lakeside ISD")
    env = environment(folder, jira)
    bot(folder, env, "reconcile", issue.key)
    jira.site.comment(CARLA, issue, "I confirm")
    bot(folder, env, "reconcile", issue.key)
    told = bot(folder, env, "explain", issue.key).stdout
    assert "Step         Creation of SecureStor Folder" in told
    assert "Whose turn   CLI Help Center and the district" in told
    assert "20 business hours" in told
    assert "Only open time counts: 20 h 00 min of it." in told
    assert "  20 h 00 min\n\nDue: " in told
    assert "made 2 subtasks" in told
    assert "The bot comes back by itself" in told
    assert "Earlier visits" not in told
    assert "Earlier visits\n  none\n" in bot(folder, env, "explain", issue.key, "--rounds").stdout


def test_an_unknown_ticket_gets_one_line(folder: Path, jira: SandboxServer) -> None:
    """Not found and not allowed are the same to Jira; the line says what to check."""
    done = bot(folder, environment(folder, jira), "explain", "DDE-99")
    assert done.exit_code == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Check the key" in done.stderr


def test_retry_without_anything_parked_says_so(folder: Path) -> None:
    """And where to look."""
    done = bot(folder, environment(folder), "retry", "1:2:say")
    assert done.exit_code == 2
    assert "parked" in done.stderr


class Serving:
    """`serve` in a process of its own, and what it logged."""

    def __init__(self, folder: Path, jira: SandboxServer, command: list[str], port: int) -> None:
        self.log = folder / "serve.log"
        self.env = environment(folder, jira, JIRA_WEBHOOK_SECRET=SECRET, PORT=str(port))
        self.url = f"http://127.0.0.1:{port}"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=self.env, stdout=log, stderr=log)
        assert until(self.up), self.log.read_text()

    def up(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def stop(self) -> int:
        """End it as a supervisor does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


@pytest.fixture
def serve(folder: Path, jira: SandboxServer) -> Iterator[Callable[..., Serving]]:
    """Starts a server, registers the two webhooks for it, and ends it after the test."""
    started: list[Serving] = []

    def start(*command: str) -> Serving:
        port = free_port()
        words = [word.replace("PORT", str(port)) for word in command or (sys.executable, "-m", "bot", "serve")]
        serving = Serving(folder, jira, words, port)
        started.append(serving)
        hook = f"{serving.url}/webhooks/jira"
        jira.site.register_webhook(hook, SECRET, TICKETS, jql_types="tickets")
        jira.site.register_webhook(hook, SECRET, SUBTASKS, jql_types="subtasks")
        return serving

    yield start
    for serving in started:
        if serving.process.poll() is None:
            serving.process.kill()
            serving.process.wait()


def _answers(jira: SandboxServer) -> None:
    issue = jira.site.open_request(CARLA, "Lakeside ISD")
    assert until(lambda: len(jira.site.comments(issue)) == 1)
    jira.site.comment(CARLA, issue, "Confirm")
    assert until(lambda: len(jira.site.subtasks(issue)) == 2)
    assert until(lambda: jira.site.hooks.unsent() == 0)


def test_serve_answers_and_stops_in_order(folder: Path, jira: SandboxServer, serve: Callable[..., Serving]) -> None:
    """It answers webhooks, a second serve on its file is refused, no secret is in its log, SIGTERM ends it with 0."""
    serving = serve()
    _answers(jira)
    second = bot(folder, serving.env | {"PORT": str(free_port())}, "serve")
    assert second.exit_code == 2
    assert "in use by another serve" in second.stderr
    assert serving.stop() == 0
    log = serving.log.read_text()
    assert SECRET not in log
    assert BOT.token not in log
    assert "Traceback" not in log


@pytest.mark.slow
def test_pause_keeps_what_comes_in_until_unpause(
    folder: Path, jira: SandboxServer, serve: Callable[..., Serving]
) -> None:
    """Nothing is done meanwhile, and nothing is lost."""
    serving = serve()
    assert bot(folder, serving.env, "pause").exit_code == 0
    issue = jira.site.open_request(CARLA, "Lakeside ISD")
    assert until(lambda: jira.site.hooks.unsent() == 0)
    assert jira.site.comments(issue) == []
    assert bot(folder, serving.env, "unpause").exit_code == 0
    assert until(lambda: len(jira.site.comments(issue)) == 1)


@pytest.mark.slow
def test_gunicorn_serves_the_same_app(jira: SandboxServer, serve: Callable[..., Serving]) -> None:
    """gunicorn wsgi:app, with the configuration file that starts the bot's threads after the fork."""
    gunicorn = shutil.which("gunicorn", path=str(Path(sys.executable).parent))
    assert gunicorn is not None
    conf = str(ROOT / "gunicorn.conf.py")
    serving = serve(gunicorn, "-c", conf, "-b", "127.0.0.1:PORT", "--threads", "4", "wsgi:app")
    _answers(jira)
    assert serving.stop() == 0
