"""A bot as it is served, beside a Jira that answers at once: each in a process of its own, with one folder for both.

The configuration is the shipped one but for three lines: `jira.calls_per_second` is raised, for it would limit what is
to be measured, `voice: full` and `grace: 0s`, for otherwise the bot would say nothing yet."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SECRET = "bench"
CALLS_PER_SECOND = 1000  # the most that bot.yaml takes
PATIENCE = 300.0  # seconds after which a run that does not come to an end is given up


@dataclass
class Office:
    """The two processes. `pid` is the bot's; `folder` holds its database and its log."""

    port: int
    jira_port: int
    pid: int
    folder: Path

    def jira(self) -> dict[str, Any]:
        """What the stub holds: calls, and per ticket [subtasks, comments, when spoken, when its ledger was kept]."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.jira_port}/bench") as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def send(self, tickets: Sequence[int], clients: int, gap: float = 0.0) -> list[Sent]:
        """Send a webhook for each ticket, from a process of its own, by so many clients at once."""
        asked = json.dumps({"port": self.port, "secret": SECRET, "tickets": [*tickets], "clients": clients, "gap": gap})
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.senders"], input=asked, capture_output=True, text=True, check=True
        )
        return [Sent(*one) for one in json.loads(done.stdout)]

    def until_kept(self, tickets: Sequence[int]) -> dict[str, list[float]]:
        """Wait until every ticket has its comment and its ledger; what the stub holds of each."""
        deadline = time.monotonic() + PATIENCE
        while True:
            held: dict[str, list[float]] = self.jira()["tickets"]
            if all(all(held.get(str(one), (0,))) for one in tickets):
                return held
            if time.monotonic() > deadline:
                raise RuntimeError(f"the bot did not come to an end; its log is {self.folder / 'bot.log'}")
            time.sleep(0.25)

    def until_quiet(self) -> None:
        """Wait until nothing is due in the bot's agenda."""
        deadline = time.monotonic() + PATIENCE
        query = "SELECT count(*) FROM agenda WHERE token IS NOT NULL OR (due_at IS NOT NULL AND key LIKE 'issue%' AND due_at < datetime('now', '+10 seconds'))"  # noqa: E501
        with sqlite3.connect(f"file:{self.folder / 'bot.db'}?mode=ro", uri=True) as database:
            while database.execute(query).fetchone()[0]:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the bot does not come to rest; its log is {self.folder / 'bot.log'}")
                time.sleep(0.2)

    def bot(self, *command: str) -> None:
        """Run one of the bot's commands beside it."""
        subprocess.run([sys.executable, "-m", "bot", *command], env=_environment(self), check=True, capture_output=True)

    def cpu(self) -> float:
        """Seconds of processor time that the bot's process has used."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> int:
        """Bytes that the bot's process keeps in memory (VmRSS)."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024


@dataclass(frozen=True)
class Sent:
    """One webhook: its ticket, when it went out and was answered (monotonic seconds), and the answer's status."""

    ticket: int
    began: float
    ended: float
    status: int


@contextmanager
def office(*, delay: float = 0.0, echo: bool = False, workers: int | None = None) -> Iterator[Office]:
    """Start both and wait until the bot answers; afterwards stop both and remove the folder."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=var()))
    found = Office(_free_port(), 0, 0, folder)
    stub: subprocess.Popen[str] | None = None
    served: subprocess.Popen[bytes] | None = None
    try:
        _configure(folder / "config")
        options = ["--delay", str(delay), "--secret", SECRET, *(["--echo-to", str(found.port)] if echo else [])]
        stub = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.jira_stub", *options], stdout=subprocess.PIPE, text=True
        )
        assert stub.stdout is not None
        found.jira_port = int(stub.stdout.readline())
        environment = _environment(found) | ({"WORKERS": str(workers)} if workers else {})
        with (folder / "bot.log").open("wb") as log:
            served = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.unfused"], env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        found.pid = served.pid
        _wait_until_up(found, served)
        yield found
    finally:
        for process in (served, stub):
            if process is not None:
                process.send_signal(signal.SIGTERM)
                process.wait(20)
        shutil.rmtree(folder)


def commits_a_second(folder: Path, seconds: float = 2.0) -> float:
    """What this disk gives: a plain loop that commits one small row at a time, as durably as the bot does."""
    path = folder / "commits.db"
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
        count, began = 0, time.monotonic()
        while time.monotonic() < began + seconds:
            database.execute("INSERT INTO row (text) VALUES (?)", ("a delivery's facts are about this long" * 4,))
            count += 1
        took = time.monotonic() - began
    database.close()
    for file in folder.glob("commits.db*"):
        file.unlink()
    return count / took


def var() -> Path:
    """Beside the bot's own database, so that it is the same disk and no file system in memory."""
    (ROOT / "var").mkdir(exist_ok=True)
    return ROOT / "var"


def _configure(folder: Path) -> None:
    shutil.copytree(ROOT / "config", folder)
    file = folder / "bot.yaml"
    shipped = file.read_text(encoding="utf-8")
    lines = shipped.replace("calls_per_second: 20", f"calls_per_second: {CALLS_PER_SECOND}")
    assert lines != shipped, "the bench's office cannot raise calls_per_second"
    file.write_text(f"voice: full\ngrace: 0s\n{lines}", encoding="utf-8")


def _environment(office: Office) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "PYTHONPATH": str(ROOT),
        "JIRA_URL": f"http://127.0.0.1:{office.jira_port}",
        "JIRA_EMAIL": "bot@example.org",
        "JIRA_API_TOKEN": "bench",
        "JIRA_WEBHOOK_SECRET": SECRET,
        "DATABASE_URL": f"sqlite:///{office.folder / 'bot.db'}",
        "BOT_CONFIG": str(office.folder / "config"),
        "PORT": str(office.port),
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_until_up(office: Office, served: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and served.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{office.port}/healthz"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the bot did not start:\n{(office.folder / 'bot.log').read_text()}")
