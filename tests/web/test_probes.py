"""/healthz tells that the process is up, /readyz whether a delivery can be accepted; both answer soon."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.clock import SettableClock
from bot.store.database import Store, StoreDown
from bot.web.probes import DATABASE_AWAY, Bounded, database_of, health_pages


def client_of(database: Bounded[None]) -> FlaskClient:
    """A client of an app with both pages alone."""
    app = Flask("test")
    app.register_blueprint(health_pages(database))
    return app.test_client()


@pytest.fixture
def client(store: Store) -> FlaskClient:
    """Over this test's store."""
    return client_of(database_of(store))


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What a hanging database waits for; it is set at the end, so that no thread stays."""
    event = threading.Event()
    yield event
    event.set()


def test_a_bot_that_can_take_deliveries(client: FlaskClient) -> None:
    """200 on both."""
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert client.get("/readyz").json == {"ready": True, "trouble": None}


@pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)  # a lock on the whole database is SQLite's
def test_a_locked_database_is_told_in_bounded_time(client: FlaskClient, tmp_path: Path) -> None:
    """While another process writes nothing can be taken in, though all can be read; it is over with the lock."""
    assert client.get("/readyz").status_code == 200
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"ready": False, "trouble": "The database does not answer within 2 seconds."}
    assert client.get("/healthz").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert client.get("/readyz").status_code == 200


def test_a_database_that_is_away_is_told_without_where_it_is(tmp_path: Path, clock: SettableClock) -> None:
    """503 and a sentence."""
    (tmp_path / "bot.db").mkdir()
    answer = client_of(database_of(Store(f"sqlite:///{tmp_path}/bot.db", clock))).get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"ready": False, "trouble": DATABASE_AWAY})


def test_a_database_that_hangs_costs_one_thread(stuck: threading.Event) -> None:
    """However many ask, it is asked once at a time, and all are answered."""
    asked: list[int] = []

    def hang() -> None:
        asked.append(1)
        stuck.wait(60)

    client = client_of(Bounded(hang, 0.05))
    with ThreadPoolExecutor(8) as pool:
        codes = [answer.status_code for answer in pool.map(lambda _: client.get("/readyz"), range(16))]
    assert (codes, len(asked)) == ([503] * 16, 1)


def test_an_answer_is_not_kept() -> None:
    """Each later question is asked anew, and an error does not stay."""
    answers: list[Any] = [StoreDown("the disk is full"), None]

    def work() -> None:
        if (error := answers.pop(0)) is not None:
            raise error

    client = client_of(Bounded(work, 5))
    assert [client.get("/readyz").status_code for _ in range(2)] == [503, 200]
