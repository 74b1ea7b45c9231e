"""How connections to each database are set up, and which transactions PostgreSQL has to be asked for again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

T = TypeVar("T")

BUSY_SECONDS = 5  # how long SQLite waits for another process's write, and PostgreSQL's driver for a connection
BUSY_AGAIN_SECONDS = 0.02  # between two attempts where SQLite does not wait by itself
FROZEN_SECONDS = 10.0  # a replica that stands still within a transaction must not lock rows for hours
MIGRATION_SECONDS = 3600.0
RETRIES = 3  # PostgreSQL has undone the transaction itself, so it can be run again
UNDONE_BY_POSTGRES = {"40001", "40P01"}  # serialization failure, deadlock


def write_postgres(engine: Engine, fn: Callable[[Connection], T]) -> T:
    """Run `fn` in a transaction of PostgreSQL's; again, where PostgreSQL itself has undone it."""
    for attempt in range(RETRIES + 1):
        try:
            with engine.begin() as connection:
                return fn(connection)
        except sa.exc.DBAPIError as error:
            undone = getattr(error.orig, "sqlstate", None) in UNDONE_BY_POSTGRES
            if not undone or attempt == RETRIES:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def postgres_engine(url: sa.URL) -> Engine:
    """An engine whose connections are checked before use, do not wait forever for an answer, and release their locks
    when a process stands still."""
    from bot.store.postgres import Impatient  # SQLite's users need not load its driver

    options = {"connect_timeout": BUSY_SECONDS}
    engine = sa.create_engine(url, pool_pre_ping=True, pool_timeout=BUSY_SECONDS, connect_args=options)

    @sa.event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, args: Any, options: Any) -> Any:
        return Impatient.connect(*args, **options)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = {round(FROZEN_SECONDS * 1000)}")
        connection.commit()

    return engine


def be_patient(connection: Connection) -> None:
    """Let this connection wait for a migration, its own or another replica's; it is not used for anything else."""
    driver: Any = connection.connection.driver_connection
    driver.patience = MIGRATION_SECONDS
    connection.detach()


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Give the file a write-ahead log. SQLite itself does not wait where another process is writing a new file or
    does the same just now: both might wait for each other."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(BUSY_AGAIN_SECONDS)


def sqlite_engine(url: sa.URL, begin: str) -> Engine:
    """An engine whose transactions start with `begin`; only the writer's may change anything."""
    options = {"timeout": BUSY_SECONDS, "isolation_level": None}
    engine = sa.create_engine(url, pool_size=64, connect_args=options)  # as many as there may be workers

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        if begin == "BEGIN":
            connection.execute("PRAGMA query_only = ON")
        else:
            _log_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")

    @sa.event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        # Python's driver would begin only before the first change, and lets SAVEPOINT stand alone. Asked of it, and
        # not of SQLAlchemy, which would take longer for it than for most of what is asked then.
        driver: Any = connection.connection.driver_connection
        driver.execute(begin)

    return engine
