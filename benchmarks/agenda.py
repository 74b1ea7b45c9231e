"""Suite: what the agenda does in a second, on SQLite and on PostgreSQL (TEST_DATABASE_URL), and how soon it wakes."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks import report
from bot.clock import SystemClock
from bot.store.agenda import Agenda
from bot.store.agenda_reader import Priority
from bot.store.database import Store

POSTGRES = os.environ.get("TEST_DATABASE_URL", "")
SHAPES = {"SQLite": ((1, 1), (1, 4), (1, 8)), "PostgreSQL": ((1, 1), (1, 4), (1, 8), (2, 4), (3, 4))}


Timings = list[float]  # seconds of each operation


@contextmanager
def agenda_on(url: str, hold: bool = False) -> Iterator[tuple[Store, Agenda]]:
    """An agenda on a database, closed in the end."""
    clock = SystemClock()
    store = Store(url, clock)
    if hold:
        store.lock()
    agenda = Agenda(store, clock)
    try:
        yield store, agenda
    finally:
        agenda.close()
        store.close()


@contextmanager
def database(engine: str) -> Iterator[str]:
    """The address of a database of this run's own."""
    if engine == "SQLite":
        with tempfile.TemporaryDirectory(prefix="agenda-") as folder:
            yield f"sqlite:///{Path(folder) / 'bot.db'}"
        return
    schema = f"bench_{uuid.uuid4().hex}"
    admin = sa.create_engine(POSTGRES, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    try:
        url = sa.make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))


def in_threads(threads: int, work: Callable[[int], Timings]) -> Timings:
    """What every thread measured."""
    found: list[Timings] = []
    workers = [threading.Thread(target=lambda n=n: found.append(work(n))) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [seconds for timings in found for seconds in timings]


def putting(url: str, process: int, threads: int, count: int) -> Timings:
    """Put `count` keys of this process's own, by several threads."""
    with agenda_on(url) as (_, agenda):
        agenda.claimable()  # connected, tables made

        def put(thread: int) -> Timings:
            timings = []
            for n in range(thread, count, threads):
                began = time.perf_counter()
                agenda.put(f"issue {process}-{n}", SystemClock().now() - timedelta(seconds=1), Priority.PEOPLE)
                timings.append(time.perf_counter() - began)
            return timings

        return in_threads(threads, put)


def working(url: str, process: int, threads: int, count: int) -> Timings:
    """Claim and release until nothing is due; the seconds of each pair."""
    with agenda_on(url) as (_, agenda):
        agenda.claimable()

        def work(thread: int) -> Timings:
            timings = []
            while True:
                began = time.perf_counter()
                claim = agenda.claim()
                if claim is None:
                    return timings
                agenda.release(claim, None)
                timings.append(time.perf_counter() - began)

        return in_threads(threads, work)


def measured(pool: ProcessPoolExecutor, work: Any, url: str, processes: int, threads: int, count: int) -> Timings:
    """What all processes measured."""
    parts = [pool.submit(work, url, n, threads, count // processes) for n in range(processes)]
    return [seconds for part in parts for seconds in part.result()]


def row(engine: str, what: str, processes: int, threads: int, runs: list[Timings]) -> tuple[str, ...]:
    """One line: operations a second of all workers together, and how long one takes; medians over the runs."""
    workers = processes * threads
    rates = [workers / (sum(timings) / len(timings)) for timings in runs]
    every = sorted(seconds for timings in runs for seconds in timings)
    p50, p95 = (every[int(len(every) * part)] * 1e3 for part in (0.5, 0.95))
    return engine, what, str(processes), str(threads), f"{median(rates):,.0f}", f"{p50:.2f}", f"{p95:.2f}"


def throughput(engines: list[str], count: int, rounds: int) -> list[tuple[str, ...]]:
    """A line for each engine, shape and operation."""
    rows = []
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        for engine in engines:
            for processes, threads in SHAPES[engine]:
                puts: list[Timings] = []
                works: list[Timings] = []
                for _ in range(rounds):
                    with database(engine) as url:
                        puts.append(measured(pool, putting, url, processes, threads, count))
                        works.append(measured(pool, working, url, processes, threads, count))
                rows.append(row(engine, "put", processes, threads, puts))
                rows.append(row(engine, "claim and release", processes, threads, works))
    return rows


def woken(url: str, count: int) -> Timings:
    """Seconds from a put in one process's agenda until a worker on another's, which waits, has claimed it."""
    timings = []
    with agenda_on(url) as (_, here), agenda_on(url) as (_, there):
        there.claim()
        there.wait(5.0)  # the listener rings once when it has begun to listen
        for n in range(count):
            claimed: list[float] = []
            assert there.claim() is None
            waiting = threading.Event()

            def work(claimed: list[float] = claimed, waiting: threading.Event = waiting) -> None:
                there.claim()
                waiting.set()
                while (claim := there.claim()) is None:
                    there.wait(5.0)
                claimed.append(time.perf_counter())
                there.release(claim, None)

            worker = threading.Thread(target=work)
            worker.start()
            waiting.wait()
            time.sleep(0.01)
            began = time.perf_counter()
            here.put(f"wake {n}", SystemClock().now() - timedelta(seconds=1), Priority.PEOPLE)
            worker.join()
            timings.append(claimed[0] - began)
    return timings


def main() -> None:
    """Measure and tell. The options are those that `make bench` gives every suite."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agenda", description=__doc__)
    parser.add_argument("--processes", type=int, default=5, help="rounds")
    rounds = min(3, parser.parse_known_args()[0].processes)
    engines = ["SQLite", *(["PostgreSQL"] if POSTGRES else [])]
    print("## Agenda\n\nOne put, or one claim with its release, is one durable transaction each.\n", flush=True)
    head = ("database", "what", "processes", "threads each", "a second", "p50 ms", "p95 ms")
    print(report.table(head, throughput(engines, 1200, rounds)), flush=True)
    if not POSTGRES:
        print("\nPostgreSQL was left out: TEST_DATABASE_URL is not set.")
        return
    with database("PostgreSQL") as url:
        waits = sorted(woken(url, 100))
    p50, p95 = waits[len(waits) // 2], waits[int(len(waits) * 0.95)]
    print(f"\nFrom a put to a claim on another replica that waits: p50 {p50 * 1e3:.1f} ms, p95 {p95 * 1e3:.1f} ms.")


if __name__ == "__main__":
    main()
