"""The store: one transaction per verb, one writer for SQLite, and plain words where it cannot go on."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.clock import SettableClock, SystemClock
from bot.store import migrations
from bot.store.database import Store, StoreBusy, StoreDown, StoreError, StoreGone
from bot.store.tables import deliveries, looks, meta, metadata


def put(name: str, value: object = 1) -> Callable[[Connection], None]:
    """A unit of work that writes one fact."""

    def work(connection: Connection) -> None:
        connection.execute(sa.insert(meta).values(name=name, value=value))

    return work


def names(store: Store) -> set[str]:
    """The facts that are kept, without what the store itself keeps."""
    return set(store.read(lambda c: c.execute(sa.select(meta.c.name)).scalars())) - {"born"}


@pytest.fixture
def file_store(tmp_path: Path, clock: SettableClock) -> Any:
    """A held store on a SQLite file."""
    store = Store(f"sqlite:///{tmp_path}/file.db", clock)
    store.lock()
    yield store
    store.close()


class Queued:
    """Keeps the writer busy, so that what is queued meanwhile is committed together."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outcomes: dict[str, object] = {}
        self._started, self._go_on = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Queued:
        self.add("blocker", self._block)
        assert self._started.wait(5)
        return self

    def _block(self, _connection: Connection) -> None:
        self._started.set()
        assert self._go_on.wait(5)

    def add(self, name: str, work: Callable[[Connection], object]) -> None:
        def run() -> None:
            try:
                self.outcomes[name] = self.store.write(work)
            except (ValueError, StoreError) as error:
                self.outcomes[name] = error

        before = self._waiting()
        thread = threading.Thread(target=run)
        thread.start()
        self._threads.append(thread)
        while name != "blocker" and self._waiting() == before:
            assert thread.is_alive()

    def _waiting(self) -> int:
        return self.store.writes_waiting

    def __exit__(self, *_: object) -> None:
        self._go_on.set()
        for thread in self._threads:
            thread.join(5)


def test_a_write_is_there_for_the_next_read(store: Store) -> None:
    """What `write` returned from is committed."""
    store.write(put("a"))
    assert names(store) == {"a"}


def test_a_failing_write_leaves_nothing_and_raises_its_own_error(store: Store) -> None:
    """A transaction is whole or not there, and the caller hears why."""

    def half(connection: Connection) -> None:
        put("a")(connection)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.write(half)
    assert names(store) == set()


def test_a_broken_constraint_is_not_taken_for_a_database_that_is_down(store: Store) -> None:
    """A bug must not look like an outage, which would be waited out."""
    store.write(put("a"))
    with pytest.raises(sa.exc.IntegrityError):
        store.write(put("a"))


def test_a_read_cannot_write(store: Store) -> None:
    """Everything that changes the database goes through the writer."""
    with pytest.raises((StoreDown, sa.exc.DBAPIError)):
        store.read(put("a"))
    assert names(store) == set()


def test_a_failing_unit_fails_alone(file_store: Store) -> None:
    """Units that share a transaction do not share an error."""

    def fail(connection: Connection) -> None:
        put("b")(connection)
        raise ValueError("no")

    with Queued(file_store) as queued:
        queued.add("a", put("a"))
        queued.add("b", fail)
        queued.add("c", put("c"))
    assert isinstance(queued.outcomes["b"], ValueError)
    assert names(file_store) == {"a", "c"}


def test_what_is_queued_is_committed_together_in_its_order(file_store: Store) -> None:
    """One sync to disk serves everybody who waits."""
    order: list[str] = []
    commits: list[object] = []
    sa.event.listen(file_store.engine(), "commit", commits.append)
    with Queued(file_store) as queued:
        for name in ("first", "second", "third"):
            queued.add(name, partial(lambda name, _: order.append(name), name))
    assert order == ["first", "second", "third"]
    assert len(commits) == 2  # the blocker's, and one for the three


def test_many_threads_write_and_nobody_waits_for_ever(file_store: Store) -> None:
    """Whoever commits for the others leaves the next commit to one of them."""

    def write_some(n: int) -> None:
        for i in range(25):
            file_store.write(put(f"{n} {i}"))

    threads = [threading.Thread(target=write_some, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(names(file_store)) == 8 * 25


def test_closing_waits_for_what_is_being_written(tmp_path: Path, clock: SettableClock) -> None:
    """What was queued before the store was closed is committed; what comes after is refused."""
    store = Store(f"sqlite:///{tmp_path}/bot.db", clock)
    store.lock()
    with Queued(store) as queued:
        queued.add("a", put("a"))
        closing = threading.Thread(target=store.close)
        closing.start()
    closing.join(5)
    assert queued.outcomes["a"] is None
    with pytest.raises(StoreDown):
        store.write(put("b"))
    again = Store(f"sqlite:///{tmp_path}/bot.db", clock)
    assert names(again) == {"a"}
    again.close()


def test_a_write_inside_a_write_is_refused(file_store: Store) -> None:
    """It would wait for itself for ever."""
    with pytest.raises(RuntimeError, match="inside a write"):
        file_store.write(lambda _: file_store.write(put("a")))


def test_a_full_disk_fails_the_whole_transaction(file_store: Store) -> None:
    """SQLite then undoes everything, so nobody in it may be told that it was committed; later there is room."""
    pages = file_store.read(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    file_store.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}"))
    with Queued(file_store) as queued:
        queued.add("a", put("a"))
        queued.add("b", put("b", "x" * 100_000))
        queued.add("c", put("c"))
    told = {name for name, outcome in queued.outcomes.items() if outcome is None}
    assert isinstance(queued.outcomes["b"], StoreDown)
    assert names(file_store) == told - {"blocker"}
    file_store.write(put("d"))
    assert "d" in names(file_store)


def test_a_file_is_served_by_one_store_at_a_time(tmp_path: Path, clock: SettableClock) -> None:
    """A second serve is refused in one line that names the first; reading is free, and closing ends the hold."""
    url = f"sqlite:///{tmp_path}/bot.db"
    first, second = Store(url, clock), Store(url, clock)
    first.lock()
    with pytest.raises(StoreBusy, match=rf"bot.db is in use by another serve \(process {os.getpid()}\)"):
        second.lock()
    assert second.born() == first.born()
    first.close()
    second.lock()
    second.close()


def test_a_killed_process_leaves_no_hold(tmp_path: Path, clock: SettableClock) -> None:
    """After `kill -9` the next serve starts at once."""
    url = f"sqlite:///{tmp_path}/bot.db"
    code = (
        "import sys, time; from bot.clock import SystemClock; from bot.store.database import Store\n"
        f"s = Store({url!r}, SystemClock()); s.lock(); print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    store = Store(url, clock)
    with pytest.raises(StoreBusy, match=f"process {other.pid}"):
        store.lock()
    other.send_signal(signal.SIGKILL)
    other.wait()
    other.stdout.close()
    store.lock()
    store.write(put("a"))
    store.close()


def test_a_deleted_file_is_noticed_before_anything_is_committed(file_store: Store) -> None:
    """Nobody may be told that a write was kept in a file that nobody can open again."""
    assert file_store.file is not None
    file_store.check_file()
    file_store.file.unlink()
    with pytest.raises(StoreGone, match="was deleted while it was in use"):
        file_store.write(put("a"))
    with pytest.raises(StoreGone, match="deleted"):
        file_store.check_file()


def test_a_replaced_file_is_noticed(file_store: Store, tmp_path: Path) -> None:
    """A restored backup under a running bot must not be written to from the old file's memory."""
    assert file_store.file is not None
    (tmp_path / "other").write_bytes(file_store.file.read_bytes())
    (tmp_path / "other").replace(file_store.file)
    with pytest.raises(StoreGone, match="was replaced while it was in use"):
        file_store.write(put("a"))


def test_a_locked_file_is_down_not_broken(
    tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program that holds the file makes the bot wait, then say so; afterwards it goes on."""
    monkeypatch.setattr("bot.store.engines.BUSY_SECONDS", 0.05)
    store = Store(f"sqlite:///{tmp_path}/bot.db", clock)
    store.lock()
    blocker = sa.create_engine(f"sqlite:///{tmp_path}/bot.db")
    with blocker.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreDown, match="database is locked"):
            store.write(put("a"))
    blocker.dispose()
    store.write(put("a"))
    assert names(store) == {"a"}
    store.close()


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path, clock: SettableClock) -> None:
    """The message names the file, and is no traceback's first line."""
    (tmp_path / "bot.db").write_text("this is a letter, not a database " * 100)
    with pytest.raises(StoreDown, match=r"bot\.db cannot be used: file is not a database$"):
        Store(f"sqlite:///{tmp_path}/bot.db", clock).lock()


def test_an_unreachable_server_is_down_and_the_password_stays_unsaid(clock: SettableClock) -> None:
    """The receiver can answer 503, and the line can go to a log."""
    pytest.importorskip("psycopg")
    store = Store("postgresql+psycopg://bot:hunter2@127.0.0.1:1/bot", clock)
    with pytest.raises(StoreDown) as caught:
        store.read(lambda c: None)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    store.close()


def test_a_missing_driver_is_told_in_one_line(clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that was set up by hand, or for SQLite alone, may lack it."""
    for name in [name for name in sys.modules if name == "bot.store.postgres" or name.startswith("psycopg")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    store = Store("postgresql+psycopg://bot:hunter2@127.0.0.1:1/bot", clock)
    with pytest.raises(StoreError, match=r"^PostgreSQL needs its driver .*install requirements\.txt$"):
        store.read(lambda connection: None)


def test_a_database_in_memory_is_refused(clock: SettableClock) -> None:
    """It could not be shared by the writer and the readers."""
    with pytest.raises(StoreError, match="names no file"):
        Store("sqlite://", clock)


def test_making_a_store_touches_nothing(tmp_path: Path, clock: SettableClock) -> None:
    """Importing wsgi may build one without starting a thread or making a file."""
    threads = threading.active_count()
    Store(f"sqlite:///{tmp_path}/var/bot.db", clock)
    assert threading.active_count() == threads
    assert list(tmp_path.iterdir()) == []


def test_a_closed_store_says_so(file_store: Store) -> None:
    """A worker that comes late must not open the database again without its hold."""
    file_store.close()
    with pytest.raises(StoreDown, match="closed"):
        file_store.write(put("a"))


def test_facts_are_kept_over_a_restart(engine_url: str, clock: SettableClock) -> None:
    """What the bot knows of itself, and when its database was made, outlive the process."""
    first = Store(engine_url, clock)
    first.set_fact("paused", {"by": "a person"})
    first.set_fact("paused", True)
    born = first.born()
    first.close()
    second = Store(engine_url, clock)
    assert second.get_fact("paused") is True
    assert second.born() == born
    second.set_fact("paused", None)
    assert second.get_fact("paused") is None
    second.close()


def test_machine_time_is_the_databases_where_replicas_share_one(store: Store, clock: SettableClock) -> None:
    """A replica whose clock is wrong must not take another's lease for over; a file has no clock of its own."""
    clock.jump_machine(-10_000)
    machine = store.write(store.machine)
    ahead = SystemClock().machine() - machine
    assert ahead == pytest.approx(10_000 if store.sqlite else 0, abs=60)


def test_a_moment_comes_back_as_the_same_instant_in_utc(store: Store) -> None:
    """No zone of a session or a machine may shift a due moment."""
    moment = datetime(2026, 3, 8, 1, 59, 59, 123456, tzinfo=timezone(timedelta(hours=-6)))

    def keep(connection: Connection) -> None:
        connection.execute(
            sa.insert(looks).values(issue_id="1", key="A-1", at=moment, looked=0.0, reason="", effects=[])
        )

    store.write(keep)
    found = store.read(lambda c: c.execute(sa.select(looks.c.at)).scalar_one())
    assert found == moment
    assert found.tzinfo is UTC


def test_a_moment_without_an_offset_is_refused(store: Store) -> None:
    """It would mean another instant on another machine."""
    row = sa.insert(looks).values(
        issue_id="1",
        key="A-1",
        at=datetime(2026, 1, 1),  # noqa: DTZ001
        looked=0.0,
        reason="",
        effects=[],
    )
    with pytest.raises(sa.exc.StatementError, match="needs a moment with an offset"):
        store.write(lambda c: c.execute(row))


def test_a_delivery_seen_before_is_known(store: Store, clock: SettableClock) -> None:
    """Jira sends a webhook again under the same identifier; of its body nothing is kept."""

    def record(connection: Connection) -> bool:
        return store.record_delivery_in(
            connection,
            identifier="abc",
            event="jira:issue_updated",
            issue_id="10010",
            author_id=None,
            size=12,
            sha256="00",
        )

    assert [store.write(record) for _ in range(3)] == [True, False, False]
    row = store.read(lambda c: c.execute(sa.select(deliveries)).mappings().one())
    assert row["received_at"] == clock.now()


def test_the_revisions_make_the_tables_that_the_code_uses(store: Store) -> None:
    """A change of a table without its revision is found here, not at a customer's upgrade."""

    def compare(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert store.read(compare) == []


def test_the_newest_revision_is_the_one_that_the_code_expects() -> None:
    """Tables that have it are not migrated, so a new revision that is not named would never run."""
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head() == migrations.HEAD


def test_tables_of_a_newer_bot_are_refused_in_one_line(engine_url: str, clock: SettableClock) -> None:
    """An older bot must not guess what a newer one wrote."""
    newer = Store(engine_url, clock)
    newer.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    newer.close()
    older = Store(engine_url, clock)
    with pytest.raises(StoreError, match="of another version of the bot"):
        older.read(lambda c: None)
    older.close()


def test_replicas_that_start_together_make_the_tables_once(empty_url: str, clock: SettableClock) -> None:
    """Two processes may be started by one command."""
    stores = [Store(empty_url, clock) for _ in range(3)]
    born: list[float] = []
    threads = [threading.Thread(target=lambda s=s: born.append(s.born())) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(born) == 3
    assert len(set(born)) == 1
    for store in stores:
        store.close()


def test_a_new_file_that_another_process_is_writing_is_waited_for(tmp_path: Path, clock: SettableClock) -> None:
    """The other one has not yet made it a file with a write-ahead log: SQLite does not wait for that by itself."""
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = Store(f"sqlite:///{tmp_path}/bot.db", clock)
    ends: list[object] = []

    def start() -> None:
        try:
            ends.append(store.born())
        except StoreDown as down:
            ends.append(down)

    starting = threading.Thread(target=start)
    starting.start()
    starting.join(0.3)
    assert ends == []
    other.execute("COMMIT")
    other.close()
    starting.join(10)
    assert [type(end) for end in ends] == [float]
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)
def test_a_deadlock_is_run_again(store: Store) -> None:
    """PostgreSQL undoes one of two transactions that wait for each other; its caller does not notice."""
    store.set_fact("a", 0)
    store.set_fact("b", 0)
    meet = threading.Barrier(2, timeout=10)
    errors: list[BaseException] = []

    def cross(first: str, second: str) -> None:
        met = False

        def work(connection: Connection) -> None:
            nonlocal met
            store.set_fact_in(connection, first, 1)
            if not met:
                met = True
                meet.wait()
            store.set_fact_in(connection, second, 1)

        try:
            store.write(work)
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=cross, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert errors == []
    assert (store.get_fact("a"), store.get_fact("b")) == (1, 1)


@pytest.mark.parametrize("ends", ["close", "stop"])
def test_who_comes_while_the_store_closes_is_told_that_it_is_down(
    store: Store, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    """A delivery that arrives at the very end is answered like any other that could not be kept."""
    opened = store._open

    def open_and_end() -> None:
        opened()
        if ends == "close":
            store.close()
        elif store._writer is not None:
            store._writer.stop()

    monkeypatch.setattr(store, "_open", open_and_end)
    for use in (store.write, store.read):
        if ends == "stop" and (use == store.read or not store.sqlite):
            continue
        with pytest.raises(StoreDown, match="was closed by this process"):
            use(lambda connection: None)


@pytest.mark.postgres
@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)
def test_a_replica_that_stands_still_gives_its_locks_up(
    engine_url: str, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is frozen within a transaction keeps nobody else from the row, and has written nothing."""
    monkeypatch.setattr("bot.store.engines.FROZEN_SECONDS", 0.2)
    frozen, other = Store(engine_url, clock), Store(engine_url, clock)
    other.set_fact("who", "nobody")
    held, go_on, ends = threading.Event(), threading.Event(), []

    def stand_still(connection: Connection) -> None:
        frozen.set_fact_in(connection, "who", "the frozen one")
        held.set()
        go_on.wait(30)

    def write() -> None:
        try:
            frozen.write(stand_still)
        except StoreError as error:
            ends.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    assert held.wait(10)
    other.set_fact("who", "the other")
    go_on.set()
    thread.join()
    assert len(ends) == 1
    assert other.get_fact("who") == "the other"
    frozen.close()
    other.close()
