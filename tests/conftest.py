"""Fixtures that every test may use: a configuration, a clock that tests set, and a store on each database."""

from __future__ import annotations

import gc
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.clock import SettableClock
from bot.config.load import Config, load
from bot.store.database import Store

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


@pytest.fixture(params=ENGINES)
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of this test's own: a SQLite file, or a schema of PostgreSQL's."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/bot.db"
        return
    schema = f"test_{uuid.uuid4().hex}"
    admin = sa.create_engine(POSTGRES, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    # Whether a commit has reached the disk is PostgreSQL's matter, and no test asks.
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
