"""The database is locked, full, cut off, gone or older than Jira: deliveries wait at Jira, and nothing comes twice."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import pytest
import sqlalchemy as sa

import bot.store.database
from bot.clock import SettableClock
from bot.sandbox.accounts import CARLA
from bot.store.agenda import Agenda
from bot.store.database import Store, StoreDown
from bot.store.journal import Journal
from tests.faults.proxy import Exchange
from tests.faults.relay import Relay
from tests.faults.rig import DISTRICT, Rig, end_state, play, wait_for

POSTGRES_ONLY = pytest.mark.parametrize(
    "engine_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def answers(rig: Rig) -> list[int]:
    """How the bot answers the deliveries from now on, retries too."""
    given: list[int] = []

    def note(exchange: Exchange) -> None:
        answer = exchange.forward()
        given.append(answer.status)
        exchange.answer(answer)

    rig.to_bot.rule(do=note)
    return given


def locked(rig: Rig) -> Callable[[], None]:
    """Another program holds the file; the answer lets go of it."""
    other = sqlite3.connect(rig.var / "bot.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def full(rig: Rig) -> Callable[[], None]:
    """The disk has no more room; the answer makes some."""
    pages = rig.bot.store.read(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
    rig.bot.store.write(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))
    for size in (3000, 300, 30):
        with contextlib.suppress(bot.store.database.StoreDown):
            while True:
                rig.bot.store.set_fact(f"filler {uuid.uuid4()}", "x" * size)

    def room() -> None:  # by the writer's own connection, whose limit it is
        rig.bot.store.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000"))

    return room


@pytest.mark.parametrize("wrong", [locked, full], ids=["locked", "full"])
def test_a_file_that_cannot_be_written(
    wrong: Callable[[Rig], Callable[[], None]],
    make_rig: Callable[..., Rig],
    monkeypatch: pytest.MonkeyPatch,
    clean: dict[str, Any],
) -> None:
    """Jira gets 503 and sends again; once the file can be written, everything is done, once."""
    monkeypatch.setattr("bot.store.engines.BUSY_SECONDS", 0.05)
    rig = make_rig()
    rig.site.hooks.retry_delay = 0.3
    rig.settle()
    mend = wrong(rig)
    given = answers(rig)
    tickets = []
    try:
        while 503 not in given:  # a page that is full for one row may have room for another
            tickets.append(rig.site.open_request(CARLA, DISTRICT).key)
            wait_for(lambda: len(given) >= len(tickets))
    finally:
        mend()
    rig.settle()
    assert set(given) <= {503, 202, 200}
    assert [end_state(rig.site, key) for key in tickets] == [clean["opened"]] * len(tickets)


def test_it_is_locked_in_the_middle_of_a_look(rig: Rig, monkeypatch: pytest.MonkeyPatch, clean: dict[str, Any]) -> None:
    """The ticket is looked at again soon after, though nothing could be said of it meanwhile, and nothing counts as
    a failed try."""
    monkeypatch.setattr("bot.store.engines.BUSY_SECONDS", 0.05)
    rig.lose_database()  # its connections wait for so long
    rig.settle()
    mended = threading.Event()

    def lock(exchange: Exchange) -> None:
        unlock = locked(rig)
        threading.Timer(1.5, lambda: (unlock(), mended.set())).start()
        exchange.answer(exchange.forward())

    rig.to_jira.rule(lambda asked: asked.method == "GET" and "/issue/" in asked.path, do=lock, times=1)
    ticket = rig.site.open_request(CARLA, DISTRICT)
    assert mended.wait(20)
    row = wait_for(lambda: (r := rig.bot.agenda.row(f"issue {ticket.id}")) and r.leased_until is None and r)
    assert row.tries == 0
    rig.settle()
    assert end_state(rig.site, ticket.key) == clean["opened"]


@POSTGRES_ONLY
def test_the_servers_connections_are_cut(engine_url: str, make_rig: Callable[..., Rig], clean: dict[str, Any]) -> None:
    """After every act, as by a restart of the server: new connections are made, and the story ends the same."""
    name = sa.make_url(engine_url).query["options"][-40:]
    url = sa.make_url(engine_url).update_query_dict({"application_name": name}).render_as_string(hide_password=False)
    rig = make_rig(database_url=url)
    admin = sa.create_engine(engine_url, poolclass=sa.NullPool)

    def cut(act: str) -> None:
        kill = sa.text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = :name")
        with admin.connect() as connection:
            assert connection.execute(kill, {"name": name}).scalar_one() > 0

    key = play(rig, cut, until="files ready")
    assert end_state(rig.site, key) == clean["files ready"]
    assert rig.bot.journal.parked() == []
    rig.stop_bot()
    rig.database_url = f"sqlite:///{rig.var / 'bot.db'}"  # the schema goes before the rig does
    rig.start_bot()


@POSTGRES_ONLY
@pytest.mark.parametrize(
    "how", [pytest.param(Relay.away, id="away"), pytest.param(Relay.silent, id="silent", marks=pytest.mark.slow)]
)
def test_the_server_is_gone_for_a_while(
    how: Callable[[Relay], None],
    engine_url: str,
    make_rig: Callable[..., Rig],
    monkeypatch: pytest.MonkeyPatch,
    clean: dict[str, Any],
) -> None:
    """Away, or no longer answering: Jira gets 503 and sends again; when it is back everything is done, once."""
    monkeypatch.setattr("bot.store.postgres.Impatient.patience", 0.5)
    monkeypatch.setattr("bot.store.engines.BUSY_SECONDS", 2)  # the least that the driver takes
    url = sa.make_url(engine_url)
    relay = Relay((url.host or "127.0.0.1", url.port or 5432))
    rig = make_rig(database_url=url.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False))
    rig.site.hooks.retry_delay = 0.3
    rig.settle()
    given = answers(rig)
    how(relay)
    first = rig.site.open_request(CARLA, DISTRICT)
    wait_for(lambda: given.count(503) >= 2)
    second = rig.site.open_request(CARLA, DISTRICT)
    relay.back()
    rig.settle()
    assert set(given) <= {503, 202, 200}
    assert {outcome.status for outcome in rig.site.hooks.outcomes} <= {202, 200}  # none was given up
    assert [end_state(rig.site, ticket.key) for ticket in (first, second)] == [clean["opened"]] * 2
    rig.stop_bot()
    relay.stop()
    rig.database_url = f"sqlite:///{rig.var / 'bot.db'}"  # the schema goes before the rig does
    rig.start_bot()


@POSTGRES_ONLY
def test_a_replica_waits_for_anothers_migration(
    engine_url: str, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that takes: it is no server that stands still."""
    monkeypatch.setattr("bot.store.postgres.Impatient.patience", 0.3)
    other, late, ends = sa.create_engine(engine_url, poolclass=sa.NullPool), Store(engine_url, clock), list[object]()

    def start() -> None:
        try:
            ends.append(late.born())
        except StoreDown as down:
            ends.append(down)

    starting = threading.Thread(target=start)
    with other.begin() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('onboarding-bot migrations'))"))
        starting.start()
        starting.join(1.0)
        assert ends == []
    starting.join(20)
    assert [type(end) for end in ends] == [float]
    late.close()


@POSTGRES_ONLY
def test_the_first_connection_is_as_impatient_as_any(
    engine_url: str, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It brought the tables up to date, for which it waits an hour where need be; what is asked afterwards does not."""
    monkeypatch.setattr("bot.store.postgres.Impatient.patience", 0.5)
    monkeypatch.setattr("bot.store.engines.BUSY_SECONDS", 2)  # the least that the driver takes
    url = sa.make_url(engine_url)
    relay = Relay((url.host or "127.0.0.1", url.port or 5432))
    store = Store(
        url.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False),
        clock,
    )
    store.set_fact("a", 1)
    relay.silent()
    ends: list[object] = []

    def ask() -> None:
        try:
            ends.append(store.get_fact("a"))
        except StoreDown as down:
            ends.append(down)

    threading.Thread(target=ask, daemon=True).start()
    wait_for(lambda: ends)
    assert isinstance(ends[0], StoreDown)
    relay.back()
    assert store.get_fact("a") == 1
    store.close()
    relay.stop()


def test_an_older_copy_was_put_in_its_place(rig: Rig, clean: dict[str, Any]) -> None:
    """A backup that is restored at rest knows less than Jira: nothing that came since is made again."""

    def restore(act: str) -> None:
        rig.stop_bot()
        if act == "opened":
            shutil.copy(rig.var / "bot.db", rig.var / "backup.db")
        elif act in ("asked", "files ready"):
            for file in rig.var.glob("bot.db*"):
                file.unlink()
            shutil.copy(rig.var / "backup.db", rig.var / "bot.db")
        rig.start_bot()
        rig.settle()

    key = play(rig, restore)
    assert end_state(rig.site, key) == clean["end"]


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_the_file_is_gone_while_it_is_used(
    how: str, rig: Rig, monkeypatch: pytest.MonkeyPatch, clean: dict[str, Any]
) -> None:
    """Nothing more is accepted into a file that nobody can open again: 503, and the process asks to be stopped, with
    one line that says why. The next start rebuilds from Jira."""
    stopped: list[str] = []
    monkeypatch.setattr(rig.bot.workers, "_gone", stopped.append)
    play(rig, until="opened")
    rig.at("2026-01-06 10:00")
    other = rig.var / "other.db"
    with sqlite3.connect(other) as copy, sqlite3.connect(rig.var / "bot.db") as source:
        source.backup(copy)
    if how == "deleted":
        (rig.var / "bot.db").unlink()
    else:
        other.replace(rig.var / "bot.db")
    rig.site.hooks.retry_delay = 0.6
    given = answers(rig)
    rig.site.comment(CARLA, rig.ticket, "Confirmed, thanks")
    wait_for(lambda: given and stopped)
    assert set(given) == {503}
    assert f"was {how} while it was in use; start the bot again" in stopped[0]
    rig.lose_database()
    rig.settle()
    assert given[-1] == 202
    got, wished = end_state(rig.site, rig.ticket), clean["confirmed"]
    for name in ("status", "subtasks", "comments", "moves"):
        assert got[name] == wished[name]


# -- the schema


@pytest.fixture
def first_tables(empty_url: str) -> Iterator[sa.Engine]:
    """A database as the first version of the bot left it."""
    engine = sa.create_engine(empty_url, poolclass=sa.NullPool)
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(bot.store.database.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
    yield engine
    engine.dispose()


MOMENT = "2026-01-05 15:00:00.000000"
ROWS = [
    "INSERT INTO meta VALUES ('caught_up_until', '\"2026-01-05T15:00:00+00:00\"')",
    f"INSERT INTO agenda (key, class, due_at, woken, tries) VALUES ('issue 7', 0, '{MOMENT}', 3, 0)",
    "INSERT INTO deliveries (identifier, event, issue_id, size, sha256, received_at, received)"
    f" VALUES ('d-1', 'comment_created', '7', 10, 'abc', '{MOMENT}', 1.0)",
    "INSERT INTO intents (issue_id, kind, effect_ids, call, highest_comment, subtasks, public, began_at, began,"
    f" state, reason) VALUES ('7', 'comment', '[\"7:a:say\"]', '{{}}', '5', '[]', true, '{MOMENT}', 1.0, 'open', '')",
    f"INSERT INTO effects VALUES ('7', '7:a:done', 'done', '55', '', '{MOMENT}')",
    f"INSERT INTO effects VALUES ('7', '7:a:lost', 'parked', '', 'Jira says no', '{MOMENT}')",
    "INSERT INTO looks (issue_id, key, at, looked, reason, effects)"
    f" VALUES ('7', 'DDE-7', '{MOMENT}', 1.0, 'Nothing to do.', '[]')",
]


def test_the_first_versions_database_is_brought_up_to_date(
    first_tables: sa.Engine, empty_url: str, clock: SettableClock
) -> None:
    """With everything in it: what was done, given up, begun, accepted and due is so for the present version."""
    with first_tables.begin() as connection:
        for row in ROWS:
            connection.exec_driver_sql(row)
    store = Store(empty_url, clock)
    store.lock()
    agenda = Agenda(store, clock)
    journal = Journal(store, agenda, clock)
    try:
        assert store.get_fact("caught_up_until") == "2026-01-05T15:00:00+00:00"
        assert journal.done("7") == {"7:a:done": "55"}
        assert [e.reason for e in journal.parked()] == ["Jira says no"]
        assert [i.effect_ids for i in journal.open_intents("7")] == [("7:a:say",)]
        assert [look.key for look in journal.entries("7")] == ["DDE-7"]
        delivery = {"event": "x", "issue_id": "7", "author_id": None, "size": 1, "sha256": "x"}
        assert store.write(lambda c: store.record_delivery_in(c, identifier="d-1", **delivery)) is False
        claim = agenda.claim()
        assert claim is not None
        assert (claim.key, claim.woken) == ("issue 7", 3)
        journal.fail_intent(journal.open_intents("7")[0].id, "settled")
        assert journal.open_intent(claim, "7", "comment", ["7:b:say"], {}) == 2
    finally:
        agenda.close()
        store.close()
