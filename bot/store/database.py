"""The bot's database: SQLite by default, PostgreSQL for many replicas."""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from bot.clock import Clock
from bot.store.engines import be_patient, postgres_engine, sqlite_engine, write_postgres
from bot.store.migrations import OtherVersion, bring_up_to_date
from bot.store.prepared import Prepared
from bot.store.sqlite_writer import Writer, WriterStopped
from bot.store.tables import deliveries, meta

T = TypeVar("T")


# Always the same two, so that statements with them are built and compiled once for each.
_GIVEN: sa.ColumnElement[float] = sa.bindparam("machine", type_=sa.Double())
_CLOCK_OF_POSTGRES: sa.ColumnElement[float] = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double())

# Built once: they are executed often.
_FACT = sa.select(meta.c.value).where(meta.c.name == sa.bindparam("fact"))
_FACTS = Prepared(
    sa.select(meta.c.value).where(meta.c.name.like(sa.bindparam("pattern"), escape="/")).order_by(meta.c.name)
)

# InternalError is PostgreSQL's word for a connection that it ended because its transaction stood still.
_UNUSABLE = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.InternalError,
    sa.exc.TimeoutError,
    sqlite3.OperationalError,
)


class StoreError(Exception):
    """The database cannot be used; the message is one line for a person."""


class StoreDown(StoreError):
    """The database cannot be reached, is locked, or has no room; it may come back."""


class StoreBusy(StoreError):
    """Another process serves this SQLite file."""


class StoreGone(StoreError):
    """The SQLite file was replaced or deleted while it was in use; the process must stop."""


class Store:
    """The database behind two verbs: `write(fn)` and `read(fn)`, each one transaction.

    Making a Store touches nothing; the first use connects and brings the tables up to date. `fn` must not keep its
    connection, may run in another thread on SQLite, and is run again if PostgreSQL undid it."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self.url = sa.make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.name = self.url.render_as_string(hide_password=True)
        if self.sqlite and self.url.database in (None, "", ":memory:"):
            raise StoreError(f"{self.name} names no file; write DATABASE_URL as sqlite:///var/bot.db")
        self.file = Path(self.url.database or "") if self.sqlite else None
        self._opening = threading.RLock()
        self._reads: Engine | None = None
        self._writes: Engine | None = None
        self._writer: Writer | None = None
        self._inode: tuple[int, int] | None = None
        self._lock: IO[str] | None = None
        self._closed = False
        # Built once: deliveries come in floods.
        row = self.insert(deliveries).values({c.name: sa.bindparam(c.name) for c in deliveries.c})
        self._new_delivery = Prepared(row.on_conflict_do_nothing().returning(deliveries.c.identifier))

    # -- transactions

    def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a transaction, commit it and return its result. Raises StoreDown or StoreGone."""
        self._open()
        writer, engine = self._writer, self._writes
        if engine is None:  # closed just now, by another thread
            raise self._down()
        with self._plain_errors():
            if writer is None:
                return write_postgres(engine, fn)
            try:
                result: T = writer.run(fn)
            except WriterStopped:
                raise self._down() from None
            return result

    def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a transaction that cannot write. Raises StoreDown."""
        self._open()
        engine = self._reads
        if engine is None:
            raise self._down()
        with self._plain_errors(), engine.connect() as connection:
            return fn(connection)

    @property
    def writes_waiting(self) -> int:
        """How many writes wait for the one under way; always 0 on PostgreSQL."""
        return self._writer.waiting if self._writer is not None else 0

    def _down(self) -> StoreDown:
        return StoreDown(f"the database {self.name} was closed by this process")

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        """Say an unusable database in one line; a broken constraint comes through as it is."""
        try:
            yield
        except _UNUSABLE as error:
            raise StoreDown(f"the database {self.name} cannot be used: {_first_line(error)}") from error
        except sa.exc.DatabaseError as error:
            if type(error) is not sa.exc.DatabaseError:  # only SQLite's "not a database" and "malformed"
                raise
            raise StoreDown(f"the database {self.name} cannot be used: {_first_line(error)}") from error

    def machine(self, connection: Connection) -> float:
        """Machine time in seconds; on PostgreSQL the database's, so that all replicas share it."""
        if self.sqlite:
            return self.clock.machine()
        return float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def machine_value(self) -> sa.ColumnElement[float]:
        """Machine time as a value in a statement: PostgreSQL's own clock; on SQLite the parameter `machine`."""
        return _GIVEN if self.sqlite else _CLOCK_OF_POSTGRES

    def machine_parameter(self) -> dict[str, float]:
        """The parameter that a statement with `machine_value` needs; none on PostgreSQL."""
        return {"machine": self.clock.machine()} if self.sqlite else {}

    def machine_now(self) -> float:
        """As `machine`, in a transaction of its own where one is needed. Raises StoreDown."""
        return self.clock.machine() if self.sqlite else self.read(self.machine)

    # -- opening and closing

    def lock(self) -> None:
        """Make this process the only one that serves a SQLite file, until `close`; on PostgreSQL do nothing.

        Raises StoreBusy where another process has it. Reading, as `explain` does, needs no lock."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        lock = open(f"{self.file}.lock", "a+", encoding="ascii")  # noqa: SIM115 - kept open: it is the lock
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise StoreBusy(
                f"{self.file} is in use by another serve (process {owner}); "
                "stop that one, or give this one its own DATABASE_URL"
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock
        self._open()

    def check_file(self) -> None:
        """Raise StoreGone where the SQLite file is no longer the one that was opened."""
        if self.file is None or self._inode is None:
            return
        try:
            found = os.stat(self.file)
        except FileNotFoundError:
            raise StoreGone(f"{self.file} was deleted while it was in use; start the bot again") from None
        if (found.st_dev, found.st_ino) != self._inode:
            raise StoreGone(f"{self.file} was replaced while it was in use; start the bot again")

    def close(self) -> None:
        """Finish what is queued, disconnect, and release the lock. A closed store stays closed."""
        with self._opening:
            self._closed = True
            if self._writer is not None:
                self._writer.stop()
            for engine in (self._reads, self._writes):
                if engine is not None:
                    engine.dispose()
            self._reads = self._writes = self._writer = self._inode = None
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    def engine(self) -> Engine:
        """The engine that writes, for a listener that needs a connection of its own."""
        self._open()
        assert self._writes is not None
        return self._writes

    def _open(self) -> None:
        if self._reads is None:
            with self._opening:
                if self._reads is None:
                    self._connect()

    def _connect(self) -> None:
        if self._closed:
            raise self._down()
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            reads, writes = sqlite_engine(self.url, "BEGIN"), sqlite_engine(self.url, "BEGIN IMMEDIATE")
        else:
            try:
                writes = postgres_engine(self.url)
            except ImportError as error:
                raise StoreError(f"PostgreSQL needs its driver ({error}): install requirements.txt") from error
            reads = writes.execution_options(postgresql_readonly=True)
        with self._plain_errors(), writes.begin() as connection:
            self._migrate(connection)
        if self.file is not None:
            found = os.stat(self.file)
            self._inode = (found.st_dev, found.st_ino)
            self._writer = Writer(writes, self.check_file)
        self._writes = writes
        self._reads = reads  # last: it says that the store is open

    def _migrate(self, connection: Connection) -> None:
        """Bring the tables up to date. Replicas that start together wait for the first."""
        if not self.sqlite:
            be_patient(connection)
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('onboarding-bot migrations'))"))
        try:
            bring_up_to_date(connection)
        except OtherVersion as other:
            raise StoreError(
                f"the tables of {self.name} are of another version of the bot ({other}); "
                "use that version, or a new database"
            ) from other
        self.set_fact_in(connection, "born", self.machine(connection), keep=True)

    # -- facts of the bot about itself

    def born(self) -> float:
        """The machine second in which this database was made."""
        return float(self.get_fact("born"))

    def get_fact(self, name: str) -> Any:
        """The JSON value kept under `name`, None where there is none."""
        return self.read(lambda connection: self.get_fact_in(connection, name))

    def set_fact(self, name: str, value: Any) -> None:
        """Keep a JSON value under `name`; None removes it."""
        self.write(lambda connection: self.set_fact_in(connection, name, value))

    def get_facts(self, prefix: str) -> tuple[Any, ...]:
        """The JSON values of all names that begin with `prefix`, in the order of their names."""
        named = {"pattern": starting_with(prefix)}
        return self.read(lambda connection: tuple(value for (value,) in _FACTS.rows(connection, named)))

    def get_fact_in(self, connection: Connection, name: str) -> Any:
        """As `get_fact`, in the caller's transaction."""
        return connection.execute(_FACT, {"fact": name}).scalar_one_or_none()

    def set_fact_in(self, connection: Connection, name: str, value: Any, *, keep: bool = False) -> None:
        """As `set_fact`, in the caller's transaction; with `keep` a value that is there already stays."""
        if value is None:
            connection.execute(sa.delete(meta).where(meta.c.name == name))
            return
        row = self.insert(meta).values(name=name, value=value)
        if keep:
            connection.execute(row.on_conflict_do_nothing())
        else:
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT, in this database's dialect."""
        return sqlite.insert(table) if self.sqlite else postgresql.insert(table)

    # -- deliveries

    def record_delivery_in(
        self,
        connection: Connection,
        *,
        identifier: str,
        event: str,
        issue_id: str | None,
        author_id: str | None,
        size: int,
        sha256: str,
    ) -> bool:
        """Keep the facts of one webhook delivery, never its body; False where it was seen before."""
        row = {
            "identifier": identifier,
            "event": event,
            "issue_id": issue_id,
            "author_id": author_id,
            "size": size,
            "sha256": sha256,
            "received_at": self.clock.now(),
            "received": self.machine(connection),
        }
        return self._new_delivery.first(connection, row) is not None


def starting_with(prefix: str) -> str:
    """The pattern of LIKE, with `/` as its escape, for texts that begin with a prefix."""
    return re.sub(r"([/%_])", r"/\1", prefix) + "%"


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip() or type(cause).__name__).splitlines()[0]
