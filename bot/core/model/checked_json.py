"""Reads JSON that anybody may have edited: each error says which field is wrong and why."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

E = TypeVar("E", bound=StrEnum)

YEARS = range(1970, 2200)  # calendars do not cover other years


class LedgerBroken(ValueError):
    """The entity property has content that this bot did not write."""


class Table:
    """A JSON object in the ledger, read field by field. All methods raise LedgerBroken, which says which field is wrong
    and why."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise LedgerBroken(f"{where} is not a table of names and values")
        self.value, self.where = value, where

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string. Without a default it must be present and not empty, since empty values are never written."""
        if name not in self.value and default is not None:
            return default
        if name not in self.value or (self.value[name] == "" and default is None):
            raise LedgerBroken(f"{self.where} has no {name}")
        return _text(self.value[name], f"{name} of {self.where}")

    def enum(self, name: str, kind: type[E], default: E | None = None) -> E:
        """Return a member of an enum. Without a default it must be present."""
        word = self.text(name, default)
        try:
            return kind(word)
        except ValueError:
            raise LedgerBroken(f"{name} of {self.where} is {word!r:.60}, which means nothing") from None

    def maybe_enum(self, name: str, kind: type[E]) -> E | None:
        """Return a member of an enum, or None if it is missing."""
        return self.enum(name, kind) if self.value.get(name) else None

    def number(self, name: str) -> int:
        """Return a count, or 0 if it is missing."""
        value = self.value.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise LedgerBroken(f"{name} of {self.where} is {value!r:.60}, which is no count")
        return value

    def moment(self, name: str) -> datetime:
        """Return a moment, which must be present."""
        return _moment(self.text(name), f"{name} of {self.where}")

    def maybe_moment(self, name: str) -> datetime | None:
        """Return a moment, or None if it is missing."""
        return self.moment(name) if self.value.get(name) is not None else None

    def table(self, name: str) -> Table | None:
        """Return a table inside this one, or None if it is missing."""
        value = self.value.get(name)
        return None if value is None else Table(value, f"{name} of {self.where}")

    def tables_by_name(self, name: str) -> dict[str, Table]:
        """Return tables by their names; empty if the field is missing."""
        table = self.table(name)
        return {} if table is None else {k: Table(v, f"{k} in {table.where}") for k, v in table.value.items()}

    def tables(self, name: str) -> list[Table]:
        """Return a list of tables; empty if the field is missing."""
        return [Table(v, f"{name} {n} of {self.where}") for n, v in enumerate(self._list(name), 1)]

    def texts(self, name: str) -> list[str]:
        """Return a list of strings; empty if the field is missing."""
        return [_text(v, f"{name} of {self.where}") for v in self._list(name)]

    def texts_by_name(self, name: str) -> dict[str, str]:
        """Return strings by their names; empty if the field is missing."""
        table = self.table(name)
        return {} if table is None else {k: table.text(k) for k in table.value}

    def moments_by_name(self, name: str) -> dict[str, datetime]:
        """Return moments by their names; empty if the field is missing."""
        table = self.table(name)
        return {} if table is None else {k: table.moment(k) for k in table.value}

    def _list(self, name: str) -> list[Any]:
        value = self.value.get(name, [])
        if not isinstance(value, list):
            raise LedgerBroken(f"{name} of {self.where} is no list")
        return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise LedgerBroken(f"{where}: {value!r:.60} is no text")
    return value


def _moment(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise LedgerBroken(f"{where}: {text!r:.60} has no offset")
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, LedgerBroken):
            raise
        raise LedgerBroken(f"{where}: {text!r:.60} is no moment") from None
    if moment.year not in YEARS:
        raise LedgerBroken(f"{where}: {text!r:.60} is beyond all calendars")
    return moment
