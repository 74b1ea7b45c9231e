"""`make soak`: replicas on one PostgreSQL (TEST_DATABASE_URL) before one sandbox Jira, killed and started again.

All tickets go through one short story in step; while the bot works on an act, one replica after the other is killed
with -9. In the end each ticket must hold what it holds with one bot that never died. The last weeks pass without kills:
there each periodic job must run once. Exits 1 if anything differs."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.claims import database
from bot.clock import FileClock
from bot.config.load import Config, load
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.harness import SECRET, SUBTASKS, TICKETS, Harness, Stuck
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer
from bot.store.agenda_reader import LEASE_SECONDS
from tests.faults.conftest import START
from tests.faults.rig import DISTRICT, end_state

ROOT = Path(__file__).parents[1]
SHOWN = 20  # complaints that are printed
HELD = "token IS NOT NULL OR coalesce(not_before > extract(epoch FROM clock_timestamp()), false)"


@dataclass(frozen=True)
class Size:
    """How large a soak is. `kills` is how many there are at most while one act is worked on, `kill_every` seconds
    apart; `patience` is how many seconds one act may take."""

    replicas: int = 3
    issues: int = 200
    kills: int = 6
    kill_every: float = 4.0
    patience: float = 900.0
    seed: int = 1


# -- the story


def _review(site: Site, key: str) -> None:
    review = site.subtasks(key)[-1]
    site.comment(HANNA, review, "Findings:\n- no birth dates", public=False)
    site.transition(HANNA, review, "Needs Revision")


def _nothing(site: Site, key: str) -> None:
    """Only time passes."""


# When people do what on a ticket that was opened on Monday, January 5. In the end every goal is breached.
STORY: tuple[tuple[str, Callable[[Site, str], Any]], ...] = (
    ("2026-01-06 10:00", lambda site, key: site.comment(CARLA, key, "Confirmed, thanks")),
    ("2026-01-07 16:30", lambda site, key: site.transition(HANNA, site.subtasks(key)[0], "Done")),
    ("2026-01-08 15:30", lambda site, key: site.comment(CARLA, key, "Files are ready")),
    ("2026-01-09 10:00", _review),
    ("2026-03-02 10:00", _nothing),
    ("2026-03-02 11:00", _nothing),
)


def expected(config: Config, var: Path) -> dict[str, Any]:
    """What a ticket holds in the end if nothing goes wrong: with one bot, on SQLite."""
    with Harness(config, var, START) as harness:
        key = harness.site.open_request(CARLA, DISTRICT).key
        harness.settle()
        for moment, act in STORY:
            harness.clock.set(harness.local(moment))
            harness.settle()
            act(harness.site, key)
            harness.settle()
        return end_state(harness.site, key)


# -- the processes


class Soak:
    """A sandbox Jira in this process, and the replicas in processes of their own."""

    def __init__(self, size: Size, var: Path, database_url: str, say: Callable[[str], None]) -> None:
        self.size, self.var, self.say, self.kills = size, var, say, 0
        self._url, self._random = database_url, random.Random(size.seed)
        self._database = sa.create_engine(database_url, pool_pre_ping=True)
        self._codes: list[int] = []
        shutil.copytree(ROOT / "tests/spine", var / "config")
        office = var / "config/bot.yaml"
        office.write_text(office.read_text().replace("calls_per_second: 20", "calls_per_second: 300"))
        self._config = load(var / "config")
        self._set_clock(START)
        self.site = Site(self._config.processes, FileClock(var / "clock"), search_lag=timedelta(0))
        self.site.limits.limits = ()  # days pass in a minute here
        self.site.hooks.retry_delay, self.site.hooks.jitter = 3.0, 1.0  # five times: longer than a start takes
        self.searches: Counter[str] = Counter()
        self._note_searches()
        self._jira = SandboxServer(self.site).start()
        self._ports = [_free_port() for _ in range(size.replicas)]
        for kind, events in (("tickets", TICKETS), ("subtasks", SUBTASKS)):  # each kind to another replica
            port = self._ports[len(kind) % size.replicas]
            self.site.register_webhook(f"http://127.0.0.1:{port}/webhooks/jira", SECRET, events, jql_types=kind)
        self._replicas: list[subprocess.Popen[bytes]] = []

    def run(self) -> list[str]:
        """Play the story; what is wrong in the end, one sentence each. Raises Stuck if it does not come to rest."""
        self._start_all()
        keys = [self.site.open_request(CARLA, DISTRICT).key for _ in range(self.size.issues)]
        self._come_to_rest(self.size.kills)
        for moment, act in STORY:
            self.searches.clear()
            self._set_clock(datetime.fromisoformat(moment).replace(tzinfo=START.tzinfo))
            self._come_to_rest(0)
            for key in keys:
                act(self.site, key)
            self._come_to_rest(0 if act is _nothing else self.size.kills)
            self.say(f"{moment}: {self.kills} kills, {len(self.site.hooks.outcomes)} deliveries")
        self._stop_all()
        return [*self._of_tickets(keys), *self._of_deliveries(), *self._of_jobs(), *self._of_the_database()]

    def close(self) -> None:
        """End everything."""
        for replica in self._replicas:
            replica.kill()
            replica.wait()
        self._jira.stop()
        self._database.dispose()

    def _start(self, n: int) -> subprocess.Popen[bytes]:
        env = {
            **os.environ,
            "JIRA_URL": self._jira.url,
            "JIRA_EMAIL": BOT.email,
            "JIRA_API_TOKEN": BOT.token,
            "JIRA_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": self._url,
            "BOT_CONFIG": str(self.var / "config"),
            "BOT_CLOCK": str(self.var / "clock"),
            "PORT": str(self._ports[n]),
        }
        # Without the fuse: weeks pass in minutes here, with far more than 60 comments an hour.
        command = [sys.executable, "-m", "benchmarks.unfused"]
        with (self.var / f"replica-{n}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    def _start_all(self) -> None:
        self._replicas = [self._start(n) for n in range(self.size.replicas)]
        self._wait_until_up()

    def _stop_all(self) -> None:
        self._wait_until_up()  # until then a signal ends a process at once
        for replica in self._replicas:
            replica.send_signal(signal.SIGTERM)
        self._codes += [replica.wait(30.0) for replica in self._replicas]
        self._replicas = []

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + 60.0
        while not all(map(_listens, self._ports)):
            if time.monotonic() > deadline:
                raise Stuck(f"the replicas did not start; the logs are in {self.var}")
            time.sleep(0.05)

    def _come_to_rest(self, kills: int) -> None:
        """Kill replicas until nothing is left to do, or so many were killed; then let what they left run out."""
        began = killed = quiet = time.monotonic()
        while self._left():
            time.sleep(0.1)
            now = time.monotonic()
            if now - began > self.size.patience:
                raise Stuck(f"it does not come to rest; the logs are in {self.var}")
            if kills and now - killed > self.size.kill_every and all(map(_listens, self._ports)):
                n = self._random.randrange(self.size.replicas)
                self._replicas[n].kill()
                self._replicas[n].wait()
                self._replicas[n] = self._start(n)
                self.kills, kills, killed = self.kills + 1, kills - 1, now
            if self.site.hooks.unsent() or self._due(f"NOT ({HELD})"):
                quiet = now
            elif now - quiet > 1.0:
                self._grow_old()
                quiet = time.monotonic()

    def _left(self) -> int:
        """What is still to be done; deliveries are asked for on both sides of the agenda, as they become keys."""
        return self.site.hooks.unsent() + self._due() + self.site.hooks.unsent()

    def _grow_old(self) -> None:
        """Only what killed replicas left is left: let its leases be over, which takes two minutes elsewhere."""
        self._stop_all()
        with self._database.begin() as connection:
            aged = "leased_until = leased_until - :seconds, not_before = not_before - :seconds"
            for change in (f"UPDATE agenda SET {aged}", "UPDATE intents SET began = began - :seconds"):
                connection.execute(sa.text(change), {"seconds": LEASE_SECONDS + 1})
        self._start_all()

    def _due(self, where: str = "true") -> int:
        """How many keys are leased, or due and not parked; of those for which SQL says so."""
        due = (
            f"SELECT count(*) FROM agenda WHERE (token IS NOT NULL OR due_at <= :now AND parked IS NULL) AND ({where})"
        )
        return int(self._ask(due, now=self.site.clock.now())[0])

    def _ask(self, query: str, **values: Any) -> list[Any]:
        """The first column of what a query finds."""
        with self._database.connect() as connection:
            return list(connection.execute(sa.text(query), values).scalars())

    def _set_clock(self, now: datetime) -> None:
        draft = self.var / "clock.new"
        draft.write_text(f"{now.isoformat()}\n0\n")
        draft.rename(self.var / "clock")

    def _note_searches(self) -> None:
        """Count the searches of each kind; the log of calls does not have their words."""
        search = self.site.index.search

        def noted(text: Any, **how: Any) -> Any:
            if how["token"] is None:
                self.searches[str(text).partition("AND ")[2].split()[0]] += 1
            return search(text, **how)

        self.site.index.search = noted  # type: ignore[method-assign]

    # -- what came of it

    def _of_tickets(self, keys: list[str]) -> Iterator[str]:
        (reference := self.var / "reference").mkdir()
        right = expected(self._config, reference)
        for key in keys:
            found = end_state(self.site, key)
            yield from (
                f"{key}: {what} is {found[what]}, not {right[what]}" for what in right if found[what] != right[what]
            )

    def _of_deliveries(self) -> Iterator[str]:
        kept = set(self._ask("SELECT identifier FROM deliveries"))
        for one in self.site.hooks.outcomes:
            if one.status not in (200, 202):
                yield f"delivery {one.identifier} was given up after {one.tries} tries: {one.status}"
            elif one.identifier not in kept:
                yield f"delivery {one.identifier} was accepted and is not in the database"

    def _of_jobs(self) -> Iterator[str]:
        """In the last hour of the story there is one catch-up, and no nightly pass."""
        if self.searches != {"updated": 1}:
            yield f"the periodic jobs searched {dict(self.searches)} times, not once for what was updated"

    def _of_the_database(self) -> Iterator[str]:
        for query, what in (
            ("SELECT count(*) FROM agenda WHERE token IS NOT NULL", "leases are not given back"),
            ("SELECT count(*) FROM intents WHERE state = 'open'", "intents are open"),
            ("SELECT count(*) FROM agenda WHERE parked IS NOT NULL", "keys are parked"),
            ("SELECT count(*) FROM effects WHERE state = 'parked'", "effects are parked"),
        ):
            if count := self._ask(query)[0]:
                yield f"{count} {what}"
        if any(self._codes):
            yield f"replicas did not end with 0 on SIGTERM: {self._codes}"
        faults = sum(log.read_text().count("own fault") for log in self.var.glob("replica-*.log"))
        if faults:
            yield f"{faults} lines of the logs are about faults of the bot's own"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    """Run one soak of the size that the options name, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    for field in fields(Size):
        name, default = field.name.replace("_", "-"), field.default
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"default: {default}")
    size = Size(**vars(parser.parse_args()))
    if not os.environ.get("TEST_DATABASE_URL"):
        parser.error("set TEST_DATABASE_URL to a PostgreSQL server, such as postgresql+psycopg://user:password@host/db")
    var, began = Path(tempfile.mkdtemp(prefix="onboarding-soak-")), time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)

    say(f"{size}; logs: {var}")
    with database("PostgreSQL") as url:
        soak = Soak(size, var, url, say)
        try:
            wrong = soak.run()
        finally:
            soak.close()
    outcomes, seconds = soak.site.hooks.outcomes, time.monotonic() - began
    resent = sum(one.tries - 1 for one in outcomes)
    print(f"{size.replicas} replicas, {size.issues} tickets, {soak.kills} kills in {seconds:.0f} s.")
    print(f"{len(outcomes)} deliveries, {resent} of them resent; {len(soak.site.calls)} calls to Jira.")
    print("\n".join([f"WRONG: {one}" for one in wrong[:SHOWN]] or ["Nothing was lost and nothing was done twice."]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
