"""Values of Jira's JSON as what they should be, whatever they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.jira.call import JiraTrouble

_ID = re.compile(r"[1-9][0-9]{0,18}")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-[0-9]+")


class Unreadable(JiraTrouble):
    """An answer of Jira whose shape cannot be understood; the message says in one sentence what was wrong."""


def as_object(value: object) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_id(value: object) -> str | None:
    """Digits only, because an id becomes a part of an address; an int beyond any id of Jira's is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value < 10**19 else None
    text = value.strip() if isinstance(value, str) else ""
    return text if _ID.fullmatch(text) else None


def as_label(value: object) -> str | None:
    """A short printable text. A NUL or half a surrogate pair would be refused by the database."""
    if not isinstance(value, str) or not value:
        return None
    label = value[:255]
    return label if label.isprintable() else "".join(char if char.isprintable() else "?" for char in label)


def id_in(entry: object, where: str) -> str:
    """The id of an object. Raises Unreadable, the one function here that does, with `where` it should have been."""
    found = as_id(as_object(entry).get("id"))
    if found is None:
        raise Unreadable(f"Jira's answer about {where} has no readable id.")
    return found


def project_prefix(key: object) -> str | None:
    """The project's key in an issue's key, None where that is none."""
    match = _KEY.fullmatch(key) if isinstance(key, str) else None
    return match[1] if match else None


def account_of(user: Mapping[str, Any]) -> str | None:
    """A user's id: Cloud's accountId, or Data Center's key, else name."""
    return as_label(user.get("accountId")) or as_label(user.get("key")) or as_label(user.get("name"))
