"""Values of the site's fields: how REST writes them, and the form in which the site keeps them.

A single option is kept as its id; several, and the one or two of a cascading select, as a tuple of ids; users as
accounts; a number as a float; everything else as text. What is empty is None or ()."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.sandbox import field_types as kinds
from bot.sandbox.accounts import Account
from bot.sandbox.catalogue import Catalogue
from bot.sandbox.field_types import Field

LONGEST_TEXT = 32_767
LONGEST_LINE = 255
LARGEST_NUMBER = 1e14
TOO_LONG = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
People = Mapping[str, Account]


def empty(value: Any) -> bool:
    """Whether a kept value is none at all; the number 0 is one."""
    return value is None or value in ("", ())


def text(value: Any) -> str | None:
    """A long text, None for an empty one. Raises ValueError if it is no string or too long."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("Operation value must be a string")
    if len(value) > LONGEST_TEXT:
        raise ValueError(TOO_LONG)
    return value


def line(value: Any) -> str | None:
    """A text of one line, None for an empty one. Raises ValueError if it is no string or too long."""
    kept = text(value)
    if kept and len(kept) > LONGEST_LINE:
        raise ValueError(f"The entered text is too long. It exceeds the allowed limit of {LONGEST_LINE} characters.")
    return kept


def day(value: Any) -> str | None:
    """A date as yyyy-MM-dd, None for an empty one. Raises ValueError for anything else."""
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise ValueError(f"'{value}' is not a date; write it as yyyy-MM-dd.") from None


def number(value: Any) -> float | None:
    """A number, or None. Raises ValueError for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_NUMBER:
        raise ValueError("Operation value must be a number")
    return float(value)


def user(value: Any, people: People) -> Account | None:
    """The account of {"accountId": ...}, or None. Raises ValueError if nobody has that id."""
    if value is None:
        return None
    account = people.get(str(value.get("accountId"))) if isinstance(value, Mapping) else None
    if account is None:
        raise ValueError("Specify the user by an accountId that exists.")
    return account


def label(value: Any) -> str:
    """A label. Raises ValueError if it is empty or has spaces."""
    if not isinstance(value, str) or not value or any(c.isspace() for c in value):
        raise ValueError(f"The label '{value}' contains spaces which is invalid.")
    return value


def listed(value: Any) -> Sequence[Any]:
    """The items of an array; none for None. Raises ValueError for anything else."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ValueError("data was not an array")
    return value


@dataclass(frozen=True)
class Reader:
    """Reads the values of the fields of one project, as REST writes them; each method raises ValueError in Jira's
    words for what Jira refuses."""

    catalogue: Catalogue
    people: People
    project: str

    def whole(self, field: Field, value: Any) -> Any:
        """A field's value as the site keeps it."""
        if field.kind in kinds.WITH_MANY:
            return self.ordered(field, [self.one(field, item) for item in listed(value)])
        plain: dict[str, Callable[[], Any]] = {
            kinds.TEXT: lambda: line(value),
            kinds.DATE: lambda: day(value),
            kinds.NUMBER: lambda: number(value),
            kinds.USER: lambda: user(value, self.people),
            kinds.CASCADING: lambda: self._cascading(field, value),
        }
        if field.kind in plain:
            return plain[field.kind]()
        if value is None and field.kind != kinds.PRIORITY:
            return None
        return self._option(field, self.catalogue.options_key(field, self.project), value)

    def one(self, field: Field, value: Any) -> Any:
        """One item of a field whose value is a list."""
        if field.kind == kinds.LABELS:
            return label(value)
        if field.kind == kinds.USERS:
            return user(value if value is not None else {}, self.people)
        return self._option(field, self.catalogue.options_key(field, self.project), value)

    def ordered(self, field: Field, items: Sequence[Any]) -> tuple[Any, ...]:
        """The items of a list once each; options stand in the order of the field's own list."""
        unique = dict.fromkeys(items)
        if field.kind not in kinds.WITH_OPTIONS:
            return tuple(unique)
        known = self.catalogue.options.of(self.catalogue.options_key(field, self.project))
        return tuple(o.id for o in known if o.id in unique)

    def _cascading(self, field: Field, value: Any) -> tuple[str, ...]:
        if value is None:
            return ()
        first = self._option(field, field.id, value)
        child = value.get("child")
        return (first,) if child is None else (first, self._option(field, first, child))

    def _option(self, field: Field, key: str, value: Any) -> str:
        word = "name" if field.kind in kinds.NAMED else "value"
        if not isinstance(value, Mapping) or not {"id", word} & set(value):
            raise ValueError(f"Specify a valid 'id' or '{word}' for {field.name}")
        if "id" in value:
            found, given = self.catalogue.options.by_id(key, str(value["id"])), f"id '{value['id']}'"
        else:
            found, given = self.catalogue.options.by_name(key, str(value[word])), f"{word} '{value[word]}'"
        if found is None:
            what = {kinds.PRIORITY: "Priority", kinds.COMPONENTS: "Component"}.get(field.kind, "Option")
            raise ValueError(f"{what} {given} is not valid")
        return found.id


def updated(reader: Reader, field: Field, old: Any, operations: Any) -> Any:
    """A field's value after the operations of an update, in their order. Raises ValueError if one is wrong."""
    kept = old
    for operation in listed(operations):
        if not isinstance(operation, Mapping) or len(operation) != 1:
            raise ValueError(f"each operation on {field.id} is one of {', '.join(field.operations)}")
        ((verb, value),) = operation.items()
        if verb not in field.operations:
            raise ValueError(
                f"Field with id '{field.id}' and name '{field.name}' does not support operation '{verb}' "
                f"Supported operation(s) are: '{', '.join(field.operations)}'"
            )
        if verb == "set":
            kept = reader.whole(field, value)
        elif verb == "add":
            kept = reader.ordered(field, [*(kept or ()), reader.one(field, value)])
        else:
            gone = value if field.kind == kinds.LABELS else reader.one(field, value)
            kept = tuple(item for item in kept or () if item != gone)
    return kept
