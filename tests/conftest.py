"""Fixtures that every test may use: a configuration, a clock that tests set, and a store on each database."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import SettableClock
from bot.config.load import Config, load
from bot.store.database import Store
from bot.store.migrations import HEAD
from bot.store.tables import metadata

POSTGRES = os.environ.get("TEST_DATABASE_URL", "")
ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]

# Nothing that collecting makes is garbage: looking for some in it would take a tenth of the time of all tests.
gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from here on, but not among the tests themselves."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave PostgreSQL's tests out where there is no server; they are not "skipped", which would hide others."""
    if POSTGRES:
        return
    left_out = [item for item in items if item.get_closest_marker("postgres")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where half of the databases were not tested."""
    if not POSTGRES:
        terminalreporter.write_line("PostgreSQL tests left out: TEST_DATABASE_URL is not set")


@pytest.fixture(scope="session")
def config() -> Config:
    """The configuration that the tests share, without the courtesy of going slowly: the sandbox has no other users."""
    found = load(Path(__file__).parent / "spine")
    return replace(found, office=replace(found.office, calls_per_second=1000))


@pytest.fixture
def clock() -> SettableClock:
    """A business now that stands still on a Monday morning in Texas."""
    return SettableClock(datetime(2026, 1, 5, 15, 0, tzinfo=UTC))


@sa.event.listens_for(sa.Pool, "checkout")
def _without_waiting_for_the_disk(connection: Any, record: Any, _proxy: Any) -> None:
    """Whether a commit has reached the disk is the database's matter, and no test in this process asks."""
    if isinstance(connection, sqlite3.Connection) and record.info.setdefault("waits", True):
        connection.execute("PRAGMA synchronous = OFF")
        record.info["waits"] = False


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them: copying it is faster than making the tables."""
    file = tmp_path_factory.mktemp("tables") / "bot.db"
    store = Store(f"sqlite:///{file}", SettableClock(datetime(2026, 1, 5, 15, 0, tzinfo=UTC)))
    store.set_fact("born", None)
    store.close()
    return file


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own, without tables: a SQLite file, or a schema of PostgreSQL's."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/bot.db"
    else:
        with _schema() as url:
            yield url


@pytest.fixture(params=ENGINES)
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As `empty_url`, with all tables and nothing in them."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("new_database"), tmp_path / "bot.db")
        return f"sqlite:///{tmp_path}/bot.db"
    tables: PostgresTables = request.getfixturevalue("postgres_tables")
    return tables.emptied()


@pytest.fixture(scope="session")
def postgres_tables() -> Iterator[PostgresTables]:
    """The tables on PostgreSQL that the tests of this process share."""
    with ExitStack() as schemas:
        yield PostgresTables(schemas)


class PostgresTables:
    """A schema of PostgreSQL's with the bot's tables, for one test after the other: to empty tables is faster than to
    make them."""

    def __init__(self, schemas: ExitStack) -> None:
        self._schemas = schemas
        self._new()

    def _new(self) -> None:
        self._url = self._schemas.enter_context(_schema())
        store = Store(self._url, SettableClock(datetime(2026, 1, 5, 15, 0, tzinfo=UTC)))
        store.born()
        store.close()
        # A test may have left a transaction open; it is not waited for.
        url = sa.make_url(self._url)
        url = url.update_query_dict({"options": f"{url.query['options']} -clock_timeout=1000"})
        self._admin = sa.create_engine(url, poolclass=sa.StaticPool, isolation_level="AUTOCOMMIT")
        self._schemas.callback(self._admin.dispose)

    def emptied(self) -> str:
        """The address of the schema, after its tables were emptied; of a new one, where a test has left them locked or
        removed."""
        try:
            with self._admin.connect() as connection:
                connection.exec_driver_sql(EMPTY)
        except sa.exc.DBAPIError:
            self._new()
        return self._url


EMPTY = "; ".join(
    [f"DELETE FROM {table.name}" for table in metadata.sorted_tables]
    + [f"SELECT setval('{name}_id_seq', 1, false)" for name in ("intents", "looks")]
    + [f"UPDATE alembic_version SET version_num = '{HEAD}'"]
)


@contextmanager
def _schema() -> Iterator[str]:
    """A schema of PostgreSQL's, as long as it is needed."""
    schema = f"test_{uuid.uuid4().hex}"
    admin = sa.create_engine(POSTGRES, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    # As with SQLite: no test asks whether a commit has reached the disk.
    url = sa.make_url(POSTGRES).update_query_dict({"options": f"-csynchronous_commit=off -csearch_path={schema}"})
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))


@pytest.fixture
def store(engine_url: str, clock: SettableClock) -> Iterator[Store]:
    """A store that is held, as `serve` holds it."""
    opened = Store(engine_url, clock)
    opened.lock()
    yield opened
    opened.close()
