"""A soak: replicas on one PostgreSQL before one sandbox Jira, killed and started again, and what came of it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from bot.config.load import load
from bot.sandbox import accounts
from bot.sandbox.harness import SECRET, Stuck
from bot.store.agenda_reader import LEASE_SECONDS
from tests.faults.conftest import START
from tests.soak import story
from tests.soak.balancer import Balancer
from tests.soak.site import write_clock

ROOT = Path(__file__).parents[2]
TELL_SECONDS = 5.0
_HELD = "token IS NOT NULL OR coalesce(not_before > extract(epoch FROM clock_timestamp()), false)"


@dataclass(frozen=True)
class Size:
    """How large a soak is: how many acts people do on a ticket, how many notes they write after each, and on how many
    tickets they wait for the bot at once. `kill_every` is in seconds; `kills` bounds how many there are. With `hurry`
    nobody waits until a killed replica's leases run out: once all are stopped, what it left is made that much older."""

    replicas: int = 3
    issues: int = 500
    acts: int = story.MOST_ACTS
    notes: int = 2
    at_once: int = 40
    kill_every: float = 5.0
    kills: int = 10_000
    calls_per_second: int = 300
    hurry: bool = False
    patience: float = 3600.0
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What the sandbox and the database held in the end, and what happened on the way."""

    size: Size
    kills: int
    seconds: float
    site: Mapping[str, Any]  # /sandbox/api/state
    deliveries: list[Mapping[str, Any]]
    calls: list[Mapping[str, Any]]
    searches: list[tuple[datetime, str]]
    kept: frozenset[str]  # the identifiers in the table of deliveries
    looks: int
    parked: int
    leases: int
    open_intents: int
    faults: int
    exits: tuple[int, ...]
    expected: tuple[story.State, story.State]


@contextmanager
def schema_of_its_own(postgres: str) -> Iterator[str]:
    """The address of an empty schema, dropped in the end."""
    name = f"soak_{uuid.uuid4().hex}"
    admin = sa.create_engine(postgres, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    try:
        url = sa.make_url(postgres).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.schema.DropSchema(name, cascade=True))


class Soak:
    """All processes of one soak."""

    def __init__(self, size: Size, var: Path, database_url: str, say: Callable[[str], None]) -> None:
        self.size, self.var, self.url, self.say = size, var, database_url, say
        self.random = random.Random(size.seed)
        self.database = sa.create_engine(database_url, pool_pre_ping=True)
        self.ports = [_free_port() for _ in range(size.replicas)]
        self.balancer = Balancer(self.ports).start()
        self.replicas: list[subprocess.Popen[bytes] | None] = [None] * size.replicas
        self.kills = 0
        self._quiet_since = self._told = 0.0
        self.exits: list[int] = []
        shutil.copytree(ROOT / "tests/spine", var / "config")
        office = var / "config/bot.yaml"
        pace = f"calls_per_second: {size.calls_per_second}"
        office.write_text(office.read_text().replace("calls_per_second: 20", pace))
        write_clock(var, START)
        sizes = ["--issues", str(size.issues), "--acts", str(size.acts), "--notes", str(size.notes)]
        sizes += ["--at-once", str(size.at_once)]
        self.jira = self._start("jira", "tests.soak.site", str(var), f"{self.balancer.url}/webhooks/jira", *sizes)
        self._wait(lambda: (var / "url").exists())
        self.jira_url = (var / "url").read_text()

    def run(self) -> Outcome:
        """All of it. Raises Stuck where it does not come to rest."""
        self._serve_all()
        began = time.monotonic()
        (self.var / "go").touch()
        killed = began
        while not (self.var / "acted").exists():
            self._check_patience(began)
            time.sleep(0.1)
            if self.kills == self.size.kills or (self.var / "nearly").exists():
                self._hurry()  # and nobody dies any more, lest the last tickets wait for one lease after the other
            # One at a time: the next one dies when the last one is back.
            elif time.monotonic() - killed > self.size.kill_every and all(map(_listens, self.ports)):
                self._kill()
                killed = time.monotonic()
        self.say(f"People have done all they do after {time.monotonic() - began:.0f} s.")
        for moment in (self._now() + timedelta(minutes=10), *story.ENDS):
            self._come_to_rest(began)
            write_clock(self.var, moment)
        self._come_to_rest(began)
        seconds = time.monotonic() - began
        self._stop_replicas()
        return self._outcome(seconds)

    def close(self) -> None:
        """End every process that is left."""
        for process in (*self.replicas, self.jira):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        self.balancer.stop()
        self.database.dispose()

    # -- processes

    def _serve_all(self) -> None:
        for n in range(self.size.replicas):
            self._serve(n)
        self._wait(lambda: all(_listens(port) for port in self.ports))

    def _serve(self, n: int) -> None:
        # Weeks pass in minutes, and what killed replicas left is said all at once: far more than 60 comments an hour.
        self.replicas[n] = self._start(f"replica-{n}", "benchmarks.unfused", PORT=str(self.ports[n]))

    def _start(self, name: str, *command: str, **more: str) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "JIRA_URL": getattr(self, "jira_url", ""),
            "JIRA_EMAIL": accounts.BOT.email,
            "JIRA_API_TOKEN": accounts.BOT.token,
            "JIRA_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": self.url,
            "BOT_CONFIG": str(self.var / "config"),
            "BOT_CLOCK": str(self.var / "clock"),
            **more,
        }
        with (self.var / f"{name}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=env, stdout=log, stderr=log)

    def _kill(self) -> None:
        """kill -9 on one replica, and start it again at once."""
        n = self.random.randrange(self.size.replicas)
        replica = self.replicas[n]
        assert replica is not None
        replica.kill()
        replica.wait()
        self.kills += 1
        self._serve(n)

    def _stop_replicas(self) -> None:
        # One that was killed may still be starting; until it has come up a signal ends it as it does any process.
        self._wait(lambda: all(map(_listens, self.ports)))
        for replica in self.replicas:
            if replica is not None:
                replica.send_signal(signal.SIGTERM)
        self.exits += [replica.wait(30.0) for replica in self.replicas if replica is not None]
        self.replicas = [None] * self.size.replicas

    # -- rest

    def _come_to_rest(self, began: float) -> None:
        """Until Jira has told everything, and nothing is due or leased."""
        calm = 0
        while calm < 2:
            self._check_patience(began)
            calm = calm + 1 if self._at_rest() else 0
            if calm == 0:
                self._hurry()
            time.sleep(0.1)

    def _hurry(self) -> None:
        """Where for a second nothing is left but what is held, which is what killed replicas left, let it be two
        minutes later."""
        left_over = self.size.hurry and not self._unsent() and self._due(_HELD) and not self._due(f"NOT ({_HELD})")
        if not left_over:
            self._quiet_since = time.monotonic()
        elif time.monotonic() - self._quiet_since > 1.0:
            self._tell("hooks", {"paused": True})  # what Jira sends while nobody listens is not what is tried here
            self._stop_replicas()
            self._grow_old(LEASE_SECONDS + 1)
            self._serve_all()
            self._tell("hooks", {"paused": False})
            self._quiet_since = time.monotonic()

    def _at_rest(self) -> bool:
        return not self._due() and not self._unsent() and not self._due()

    def _due(self, where: str = "true") -> int:
        """How many keys are leased, or due and not parked; of those for which SQL says so."""
        due = (
            f"SELECT count(*) FROM agenda WHERE (token IS NOT NULL OR due_at <= :now AND parked IS NULL) AND ({where})"
        )
        with self.database.connect() as connection:
            return int(connection.execute(sa.text(due), {"now": self._now()}).scalar_one())

    def _grow_old(self, seconds: float) -> None:
        with self.database.begin() as connection:
            late = {"seconds": seconds}
            connection.execute(
                sa.text("UPDATE agenda SET leased_until = leased_until - :seconds, not_before = not_before - :seconds"),
                late,
            )
            connection.execute(sa.text("UPDATE intents SET began = began - :seconds"), late)

    def _unsent(self) -> int:
        return int(self._tell("hooks", {})["unsent"])

    def _now(self) -> datetime:
        return datetime.fromisoformat((self.var / "clock").read_text().splitlines()[0])

    def _check_patience(self, began: float) -> None:
        if time.monotonic() - self._told > TELL_SECONDS:
            self._told = time.monotonic()
            held = self._due(_HELD)
            free = self._due(f"NOT ({_HELD})")
            self.say(f"{self.kills} kills; {self._unsent()} deliveries unsent; on the agenda {held} held, {free} due.")
            if reason := self._given_up():
                raise Stuck(f"the bot has given something up: {reason}")
        if self.jira.poll() is not None:
            raise Stuck("the sandbox has ended")
        if time.monotonic() - began > self.size.patience:
            raise Stuck(f"it did not come to rest within {self.size.patience:.0f} s; the logs are in {self.var}")

    def _given_up(self) -> str | None:
        """Why the bot gave the first effect up that it did; people would wait for that in vain."""
        with self.database.connect() as connection:
            query = sa.text("SELECT reason FROM effects WHERE state = 'parked' ORDER BY at LIMIT 1")
            return connection.execute(query).scalar_one_or_none()

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60.0
        while not condition():
            if time.monotonic() > deadline:
                raise Stuck(f"the processes did not start; the logs are in {self.var}")
            time.sleep(0.02)

    # -- what came of it

    def _ask(self, what: str) -> Any:
        return self._call("GET", what)

    def _tell(self, what: str, body: Mapping[str, Any]) -> Any:
        return self._call("POST", what, json=body)

    def _call(self, method: str, what: str, **body: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self.jira_url}/sandbox/api/{what}", timeout=60, **body)
            answer.raise_for_status()
            return answer.json()

    def _outcome(self, seconds: float) -> Outcome:
        (reference := self.var / "reference").mkdir()
        expected = story.expected(load(self.var / "config"), reference, self.size.acts, self.size.notes)
        searches = [json.loads(line) for line in (self.var / "searches").read_text().splitlines()]
        with self.database.connect() as connection:

            def count(query: str) -> int:
                return int(connection.execute(sa.text(query)).scalar_one())

            return Outcome(
                size=self.size,
                kills=self.kills,
                seconds=seconds,
                site=self._ask("state"),
                deliveries=self._ask("hooks")["outcomes"],
                calls=self._ask("calls"),
                searches=[(datetime.fromisoformat(at), text) for at, text in searches],
                kept=frozenset(connection.execute(sa.text("SELECT identifier FROM deliveries")).scalars()),
                looks=count("SELECT count(*) FROM looks"),
                parked=count("SELECT count(*) FROM agenda WHERE parked IS NOT NULL")
                + count("SELECT count(*) FROM effects WHERE state = 'parked'"),
                leases=count("SELECT count(*) FROM agenda WHERE token IS NOT NULL OR leased_until IS NOT NULL"),
                open_intents=count("SELECT count(*) FROM intents WHERE state = 'open'"),
                faults=sum(log.read_text().count("own fault") for log in self.var.glob("replica-*.log")),
                exits=tuple(self.exits),
                expected=expected,
            )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
