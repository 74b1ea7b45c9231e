"""Wakes the workers that wait for the agenda, in this process and, over PostgreSQL, in every other."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.database import Store, StoreError

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 2.0

# The schema is in the channel's name, because a channel belongs to the whole PostgreSQL database.
CHANNEL = sa.text("SELECT 'agenda.' || current_schema()")
NOTIFY = sa.text("SELECT pg_notify('agenda.' || current_schema(), '')")


class Wakeup:
    """A bell that is never missed: a ring between a worker's `seen` and its `wait` ends that wait at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bell = threading.Condition()
        self._rings = 0
        self._seen = threading.local()
        self._listener: threading.Thread | None = None
        self._stop = threading.Event()
        self._ends: tuple[socket.socket, socket.socket] | None = None  # `close` closes one, and the listener notices

    def ring(self) -> None:
        """Wake every waiting worker of this process."""
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def ring_everywhere_in(self, connection: Connection) -> None:
        """Ring here now and, on PostgreSQL, in every process when the caller's transaction commits."""
        if not self._store.sqlite:
            connection.execute(NOTIFY)
        self.ring()

    def seen(self) -> None:
        """Say that this thread is about to ask for work, so only later rings concern it."""
        with self._bell:
            self._seen.rings = self._rings

    def wait(self, timeout: float) -> bool:
        """Wait until a ring that this thread has not seen, or for `timeout` seconds; whether it rang."""
        if not self._store.sqlite:
            self._listen()
        with self._bell:
            seen: int = getattr(self._seen, "rings", self._rings)
            return self._bell.wait_for(lambda: self._rings != seen or self._stop.is_set(), timeout)

    def close(self) -> None:
        """End every wait and the listening thread."""
        self._stop.set()
        self.ring()
        if self._listener is not None and self._ends is not None:
            self._ends[0].close()
            self._listener.join()
            self._ends[1].close()

    def _listen(self) -> None:
        with self._bell:
            if self._listener is None and not self._stop.is_set():
                self._ends = socket.socketpair()
                self._listener = threading.Thread(
                    target=self._serve, args=[self._ends[1]], name="agenda-listener", daemon=True
                )
                self._listener.start()

    def _serve(self, end: socket.socket) -> None:
        while not self._stop.is_set():
            try:
                self._hear(end)
            except (sa.exc.SQLAlchemyError, StoreError, OSError) as error:
                # Without it the workers still poll; they only hear later of what other processes put.
                log.warning("cannot listen for notifications of the agenda, trying again: %s", error)
                self._stop.wait(RECONNECT_SECONDS)

    def _hear(self, end: socket.socket) -> None:
        engine = self._store.engine().execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            channel = connection.execute(CHANNEL).scalar_one()
            connection.execute(sa.text(f'LISTEN "{channel}"'))
            self.ring()  # what was put while nobody listened
            try:
                self._ring_for_each(connection.connection.driver_connection, end)
            except self._store.engine().dialect.loaded_dbapi.Error as error:
                connection.invalidate()
                raise ConnectionError(str(error).strip()) from error
            connection.invalidate()  # a pooled connection that listens would collect notifications unread

    def _ring_for_each(self, driver: Any, end: socket.socket) -> None:
        """Ring for what comes on a connection of the driver's, until `close` is called."""
        with selectors.DefaultSelector() as either:
            either.register(driver, selectors.EVENT_READ)
            either.register(end, selectors.EVENT_READ)
            while not self._stop.is_set():
                # Asked before the first wait: what came with the answer to LISTEN is no longer on its way.
                for _ in driver.notifies(timeout=0):
                    self.ring()
                either.select()
