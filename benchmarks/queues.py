"""Suite: a queue of jobs (Celery on Redis) and the agenda (PostgreSQL), killed with -9 and asked what we need.

It needs redis-server in PATH and TEST_DATABASE_URL. Both do the same jobs: 200 keys, two effects each, two workers of
two, one of which is killed with its children every so often and started again. Nothing is marked or remembered here,
so an effect that was done before the kill is done again after it: that is what "at least once" means."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks import report
from benchmarks.agenda import POSTGRES, agenda_on, database
from bot.clock import SystemClock
from bot.store.agenda_reader import LEASE_SECONDS, Priority

JOBS, KILLS, WORKERS = 200, 5, 2
VISIBILITY = 10  # seconds; Celery's default is an hour


class Bench:
    """Workers in processes of their own, and the file in which their effects stand."""

    def __init__(self, var: Path, command: list[str], env: dict[str, str]) -> None:
        self.file, self.log, self.command = var / "effects", var / "log", command
        self.env = {**os.environ, **env, "JOBS_FILE": str(self.file)}
        self.file.touch()
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """One more worker, as the leader of its own group of processes."""
        with self.log.open("ab") as log:
            self.workers.append(
                subprocess.Popen(self.command, env=self.env, stdout=log, stderr=log, start_new_session=True)
            )

    def kill(self, n: int = 0) -> None:
        """kill -9 on the nth worker and its children."""
        worker = self.workers.pop(n)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def effects(self) -> Counter[str]:
        """How often each effect was done."""
        return Counter(self.file.read_text().splitlines())

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Wait until it is so, or time is over."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def suffer(self, after: Callable[[], None]) -> tuple[str, str, str, str]:
        """Kill five times while the jobs are worked, then wait for what is still to come: kills, lost jobs, effects
        done more than once, seconds from the last kill to the last effect."""
        for kill in range(KILLS):
            done = JOBS * 2 * (kill + 1) // (KILLS + 1)
            self.wait(lambda done=done: len(self.effects()) >= done, 60)
            self.kill()
            self.start()
        last = time.monotonic()
        after()
        self.wait(lambda: len(self.effects()) >= JOBS * 2, VISIBILITY + 120)
        seconds = time.monotonic() - last
        time.sleep(2.0)
        found = self.effects()
        lost = JOBS * 2 - len(found)
        doubled = sum(times > 1 for times in found.values())
        return str(KILLS), str(lost), str(doubled), f"{seconds:.0f}" if not lost else f"not within {VISIBILITY + 120}"


@contextmanager
def redis_server(var: Path) -> Iterator[str]:
    """A Redis of this run's own that writes every command to disk."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = ["--port", str(port), "--dir", str(var), "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        time.sleep(1.0)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def celery(safe: bool, workers: int = WORKERS) -> Iterator[tuple[Bench, Callable[..., object]]]:
    """Celery's workers, and how to send a job."""
    with tempfile.TemporaryDirectory(prefix="queues-") as folder, redis_server(Path(folder)) as broker:
        env = {"JOBS_BROKER": broker, "JOBS_SAFE": str(VISIBILITY) if safe else ""}
        words = ["-A", "benchmarks.celery_jobs", "worker", "-c", "2", "--loglevel", "WARNING"]
        bench = Bench(Path(folder), [sys.executable, "-m", "celery", *words], env)
        os.environ.update({**env, "JOBS_FILE": str(bench.file)})
        sys.modules.pop("benchmarks.celery_jobs", None)
        from benchmarks.celery_jobs import app, job

        for _ in range(workers):
            bench.start()
        try:
            yield bench, job.apply_async
        finally:
            while bench.workers:
                bench.kill()
            app.close()


def celery_killed(safe: bool) -> tuple[str, ...]:
    """A line for Celery."""
    with celery(safe) as (bench, send):
        for n in range(JOBS):
            send((f"key-{n}",))
        name = f"acks late, visibility {VISIBILITY} s" if safe else "as it comes"
        return f"Celery on Redis, {name}", *bench.suffer(lambda: None)


def agenda_killed() -> tuple[str, ...]:
    """A line for the agenda alone. Nobody waits for leases of 120 s: after the last kill they are made older."""
    with tempfile.TemporaryDirectory(prefix="queues-") as folder, database("PostgreSQL") as url:
        bench = Bench(Path(folder), [sys.executable, "-m", "benchmarks.queues", "work"], {"JOBS_DATABASE": url})
        with agenda_on(url) as (store, agenda):
            for n in range(JOBS):
                agenda.put(f"key-{n}", SystemClock().now(), Priority.PEOPLE)

            def later() -> None:
                old = sa.text("UPDATE agenda SET leased_until = leased_until - :lease WHERE token IS NOT NULL")
                time.sleep(2.0)
                store.write(lambda connection: connection.execute(old, {"lease": LEASE_SECONDS}))

            for _ in range(WORKERS):
                bench.start()
            try:
                return "agenda on PostgreSQL, without marks", *bench.suffer(later)
            finally:
                while bench.workers:
                    bench.kill()


def agenda_worker() -> None:
    """Two threads that work as Celery's job does."""
    os.environ |= {"JOBS_BROKER": "", "JOBS_SAFE": ""}
    from benchmarks.celery_jobs import work

    with agenda_on(os.environ["JOBS_DATABASE"]) as (_, agenda):

        def serve() -> None:
            while True:
                if claim := agenda.claim():
                    work(claim.key)
                    agenda.release(claim, None)
                else:
                    agenda.wait(1.0)

        threads = [threading.Thread(target=serve) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def celery_asked() -> list[tuple[str, ...]]:
    """What Celery does where we put a key twice, or bring its moment forward."""
    rows = []
    with celery(safe=True, workers=0) as (bench, send):
        for _ in range(2):
            for n in range(20):
                send((f"twice-{n}",))
        forward = [send((f"forward-{n}",), countdown=6) for n in range(20)]
        bench.start()
        bench.wait(lambda: len(bench.effects()) >= 40, 40)
        for n, one in enumerate(forward):
            one.revoke()
            send((f"forward-{n}",))
        time.sleep(2.0)
        bench.kill()  # what was revoked is known to this worker's memory alone
        bench.start()
        bench.wait(lambda: False, VISIBILITY + 15)
        found = bench.effects()
    rows.append(("20 keys, two events each, before a worker is free", str(_looks(found, "twice")), "20"))
    rows.append(("20 timers brought forward, then a kill -9", str(_looks(found, "forward")), "20"))
    with celery(safe=True) as (bench, send):
        for n in range(20):
            send((f"later-{n}",), countdown=2 * VISIBILITY + 5)
        bench.wait(lambda: False, 3 * VISIBILITY + 10)
        found = bench.effects()
    rows.append((f"20 timers of {2 * VISIBILITY + 5} s, nobody killed", str(_looks(found, "later")), "20"))
    return rows


def agenda_asked() -> list[str]:
    """The same for the agenda: how many claims each costs."""
    clock, day = SystemClock(), timedelta(days=1)
    answers = []
    with database("PostgreSQL") as url, agenda_on(url) as (_, agenda):
        for moments in (
            (clock.now(), clock.now()),
            (clock.now() + day, clock.now()),
            (clock.now() + timedelta(seconds=3),),
        ):
            for at in moments:
                for n in range(20):
                    agenda.put(f"key-{n}", at, Priority.PEOPLE)
            time.sleep(4.0)
            claims = 0
            while claim := agenda.claim():
                claims += 1
                agenda.release(claim, None)
            answers.append(str(claims))
    return answers


def _looks(found: Counter[str], word: str) -> int:
    return sum(times for effect, times in found.items() if effect.startswith(word) and effect.endswith("comment"))


def main() -> None:
    """Measure and tell."""
    if sys.argv[1:] == ["work"]:
        agenda_worker()
        return
    if not POSTGRES or shutil.which("redis-server") is None:
        print("The suite queues was left out: it needs TEST_DATABASE_URL and redis-server.")
        return
    print(f"## Queues\n\n{JOBS} jobs of two effects each, {WORKERS} workers of 2.\n", flush=True)
    rows = [agenda_killed(), celery_killed(True), celery_killed(False)]
    head = ("queue", "kills -9", "effects lost of 400", "effects done twice", "s to the last effect")
    print(report.table(head, rows), "\n", flush=True)
    asked = [(*row[:2], claims) for row, claims in zip(celery_asked(), agenda_asked(), strict=True)]
    print(report.table(("what is asked", "runs in Celery", "looks of the agenda"), asked))


if __name__ == "__main__":
    main()
