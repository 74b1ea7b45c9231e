"""A connection to PostgreSQL that does not wait forever: a server that stands still is as good as gone."""

from __future__ import annotations

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

RV = TypeVar("RV")

ANSWER_SECONDS = 15.0  # Jira waits for 30 s until it takes a webhook as failed


class Impatient(psycopg.Connection[Any]):
    """As psycopg's, but a statement that is not answered within `patience` seconds closes the connection, and raises
    OperationalError. Whether it was carried out is then as unknown as after any cut."""

    patience = ANSWER_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """As psycopg's; who waits for notifications says by itself how long."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        began = time.monotonic()
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.OperationalError as error:
            if time.monotonic() - began < self.patience:
                raise
            self.close()
            raise psycopg.OperationalError(f"PostgreSQL gave no answer within {self.patience:.0f} s") from error
