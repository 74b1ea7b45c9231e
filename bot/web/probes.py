"""GET /healthz and /readyz: whether the process is up, and whether a delivery can be accepted; both answer soon."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from flask import Blueprint, Response

from bot.store.database import Store, StoreError

T = TypeVar("T")

PATIENCE = 2.0  # seconds that a caller waits for a database that does not answer
DATABASE_AWAY = "The database cannot be used; the bot's log says why."
_TRIED = "readyz"  # the fact that is written to try the database


class Bounded(Generic[T]):
    """A question that may hang, such as one to a database behind a broken network. It is asked in a thread of its
    own, one at a time, so that callers wait for `patience` seconds at most, and threads do not pile up."""

    def __init__(self, work: Callable[[], T], patience: float) -> None:
        self._work, self._patience = work, patience
        self._lock = threading.Lock()
        self._asked: Future[T] | None = None

    def ask(self) -> T:
        """The answer, which callers at the same time share. Raises what the work raises, or TimeoutError."""
        with self._lock:
            asked = self._asked
            if asked is None or asked.done():
                asked = self._asked = Future()
                threading.Thread(target=self._run, args=(asked,), name="bounded", daemon=True).start()
        return asked.result(self._patience)

    def _run(self, asked: Future[T]) -> None:
        try:
            asked.set_result(self._work())
        except BaseException as error:  # it is raised where it was asked
            asked.set_exception(error)


def database_of(store: Store) -> Bounded[None]:
    """Asks whether the database accepts anything: it writes a fact, since a full or locked disk can still be read."""
    return Bounded(lambda: store.write(lambda c: store.set_fact_in(c, _TRIED, store.machine(c))), PATIENCE)


def cannot_take_in(database: Bounded[None]) -> str | None:
    """Why no delivery can be accepted; None if it can."""
    try:
        database.ask()
    except StoreError:
        return DATABASE_AWAY
    except TimeoutError:
        return f"The database does not answer within {PATIENCE:.0f} seconds."
    return None


def health_pages(database: Bounded[None]) -> Blueprint:
    """The blueprint of both pages. They say nothing about tickets, or where the database is."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return _answer(200, {"process": "up"})

    @blueprint.get("/readyz")
    def readyz() -> Response:
        trouble = cannot_take_in(database)
        return _answer(503 if trouble else 200, {"ready": trouble is None, "trouble": trouble})

    return blueprint


def _answer(code: int, found: dict[str, object]) -> Response:
    text = json.dumps(found) + "\n"
    return Response(text, code, {"Cache-Control": "no-store"}, mimetype="application/json")
