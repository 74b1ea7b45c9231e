"""What a claim has to record and nobody waits for, until its next commit takes it along."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from bot.store.database import Store
from bot.store.journal_sql import END_INTENT, JournalSql

Rows = list[dict[str, Any]]


class Unsaved:
    """The rows of one claim: effects that are done, effects that were missed, intents that were answered, entries."""

    def __init__(self, store: Store, sql: JournalSql) -> None:
        self._store = store
        self._sql = sql
        self.done: Rows = []
        self.missed: Rows = []
        self.answered: Rows = []
        self.entries: Rows = []

    def save_effects_in(self, connection: Connection) -> None:
        """Record the effects: the next call must not be made before it is known what the last one did."""
        if self.done:
            self._sql.record_done.execute_many(connection, self.done)
        if self.missed:
            self._sql.record_effect.execute_many(connection, self.missed)

    def effects_saved(self) -> None:
        """The effects were committed."""
        self.done, self.missed = [], []

    def save_in(self, connection: Connection) -> None:
        """Record everything, and never that an intent ended without its effects."""
        self.save_effects_in(connection)
        if self.answered:
            END_INTENT.execute_many(connection, self.answered)
        if self.entries:
            machine = self._store.machine_parameter()
            self._sql.new_entry.execute_many(connection, [{**row, **machine} for row in self.entries])
