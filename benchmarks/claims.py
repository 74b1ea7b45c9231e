"""What it costs to claim what is due, however many reviews are open: `python -m benchmarks.claims`.

PostgreSQL is measured where TEST_DATABASE_URL names a server, in a schema of this run's own."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from benchmarks import report
from benchmarks.office import commits_a_second, var
from bot.clock import SystemClock
from bot.store.agenda import Agenda
from bot.store.database import Store
from bot.store.tables import agenda

DUE, FEW, MANY = 100, 1_000, 1_000_000
FOUND, NONE = "a claim, something is due (ms)", "a claim, nothing is due (ms)"

# One row per open review, due at some second of the weeks to come.
_FILL = sa.text(
    "INSERT INTO agenda (key, class, due_at, woken, tries) WITH RECURSIVE n(i) AS "
    "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) SELECT 'issue ' || i, 1, :due, 1, 0 FROM n"
).bindparams(sa.bindparam("due", type_=agenda.c.due_at.type))


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of an empty database, removed afterwards."""
    if kind == "SQLite":
        folder = Path(tempfile.mkdtemp(prefix="bench-", dir=var()))
        yield f"sqlite:///{folder / 'bot.db'}"
        shutil.rmtree(folder)
        return
    server, schema = os.environ["TEST_DATABASE_URL"], f"bench_{uuid.uuid4().hex}"
    admin = sa.create_engine(server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    url = sa.make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))


def claims(kind: str, reviews: int) -> Mapping[str, float]:
    """Milliseconds for a claim, committed: while something is due, and when nothing is."""
    with database(kind) as url:
        store = Store(url, SystemClock())
        store.lock()
        found = Agenda(store, store.clock)
        later = store.clock.now() + timedelta(days=30)
        store.write(lambda connection: connection.execute(_FILL, {"count": reviews, "due": later}))
        store.write(lambda connection: connection.exec_driver_sql("ANALYZE agenda"))
        _make_due(store, DUE)
        taken, empty = ([_timed(found) for _ in range(DUE)] for _ in range(2))
        assert all(claimed for claimed, _ in taken)
        assert not any(claimed for claimed, _ in empty)
        found.close()
        store.close()
    return {FOUND: median(took for _, took in taken) * 1000, NONE: median(took for _, took in empty) * 1000}


def _timed(found: Agenda) -> tuple[bool, float]:
    began = time.perf_counter()
    claimed = found.claim() is not None
    return claimed, time.perf_counter() - began


def _make_due(store: Store, count: int) -> None:
    keys = [f"issue {n + 1}" for n in range(count)]
    rows = sa.update(agenda).where(agenda.c.key.in_(keys)).values(due_at=store.clock.now())
    store.write(lambda connection: connection.execute(rows))


def main() -> None:
    """Measure, and print table and targets."""
    many = MANY // 10 if report.fast() else MANY
    kinds = ["SQLite", *(["PostgreSQL"] if os.environ.get("TEST_DATABASE_URL") else [])]
    jobs = {
        f"{kind}, {reviews:,} open reviews": partial(claims, kind, reviews) for kind in kinds for reviews in (FEW, many)
    }
    found = report.in_rounds(jobs, 1 if report.fast() else 3)
    print("\n## Claims\n\nEach is a transaction of its own, committed. ", end="")
    print("" if len(kinds) > 1 else "PostgreSQL was left out: TEST_DATABASE_URL is not set.", end="\n\n")
    rows = [
        [name if n == 0 else "", figure, *report.spread(values, 2)]
        for name, figures in found.items()
        for n, (figure, values) in enumerate(figures.items())
    ]
    print(report.table(("case", "", "median", "lowest", "highest"), rows))
    print(f"\nA plain loop commits {commits_a_second(var()):,.0f} times a second here (SQLite, as durably).")
    print("\n### Targets\n")
    reached = {name: max(median(figures[FOUND]), median(figures[NONE])) for name, figures in found.items()}
    print(
        report.targets(
            [
                report.Target(f"{name}: a claim in under 10 ms", f"{took:.1f} ms", took < 10)
                for name, took in reached.items()
            ]
        )
    )


if __name__ == "__main__":
    sys.exit(main())
