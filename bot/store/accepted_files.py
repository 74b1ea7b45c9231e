"""The process files that are in force, with their texts: what the bot goes on with if a changed one is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.database import Store
from bot.store.tables import accepted

_RELEASED = sa.select(accepted.c.name).where(accepted.c.released.is_not(None))


@dataclass(frozen=True)
class AcceptedFile:
    """The file of one process as it was accepted: its name in the folder, its text, and since when it is in force.

    `retired` has "labels" and "due_fields" that earlier texts used; `released` says since when the bot lets the
    process go, None if it does not."""

    name: str
    file: str
    text: str
    at: datetime
    retired: Mapping[str, list[str]] = field(default_factory=dict)
    released: datetime | None = None

    @property
    def hash(self) -> str:
        """What changes whenever the text does."""
        return hash_of(self.text)


def hash_of(text: str) -> str:
    """The hash of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


class AcceptedFiles:
    """The accepted files, one for each process."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> dict[str, AcceptedFile]:
        """Every accepted file, by the name of its process. Raises StoreError."""
        query = sa.select(accepted).order_by(accepted.c.name)
        found = self._store.read(lambda connection: connection.execute(query).mappings().all())
        columns = ("name", "file", "text", "at", "retired", "released")
        return {row["name"]: AcceptedFile(**{name: row[name] for name in columns}) for row in found}

    def released(self) -> set[str]:
        """The processes that the bot lets go. Raises StoreError."""
        return set(self._store.read(lambda connection: connection.execute(_RELEASED).scalars().all()))

    def keep(self, files: Iterable[AcceptedFile], gone: Iterable[str] = ()) -> None:
        """Keep these files, and forget those of the processes in `gone`, in one commit. Raises StoreError."""
        files, gone = list(files), list(gone)

        def keep(connection: Connection) -> None:
            if gone:
                connection.execute(sa.delete(accepted).where(accepted.c.name.in_(gone)))
            for one in files:
                row = self._store.insert(accepted).values(**vars(one), hash=one.hash)
                news = {c.name: row.excluded[c.name] for c in accepted.c if not c.primary_key}
                connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=news))

        if files or gone:
            self._store.write(keep)
