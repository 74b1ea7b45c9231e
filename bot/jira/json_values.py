"""Reads values of Jira's JSON as the type they should have, whatever they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.jira.call import JiraTrouble

_ID = re.compile(r"[1-9][0-9]{0,18}")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-[0-9]+")


class Unreadable(JiraTrouble):
    """An answer from Jira with an unexpected shape; the message says in one sentence what is wrong with it."""


def as_object(value: object) -> Mapping[str, Any]:
    """The value where it is an object, else an empty object."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """The value where it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def as_id(value: object) -> str | None:
    """The value as an id, None where it is not one. Digits only, because an id becomes part of a URL; an int larger
    than any Jira id is not an id."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value < 10**19 else None
    text = value.strip() if isinstance(value, str) else ""
    return text if _ID.fullmatch(text) else None


def as_label(value: object) -> str | None:
    """The value as a short printable text, None where it is not a text. The database would refuse a NUL or half a
    surrogate pair."""
    if not isinstance(value, str) or not value:
        return None
    label = value[:255]
    return label if label.isprintable() else "".join(char if char.isprintable() else "?" for char in label)


def id_in(entry: object, where: str) -> str:
    """The id of an object. Raises Unreadable, which names `where` the id is missing; no other function here raises."""
    found = as_id(as_object(entry).get("id"))
    if found is None:
        raise Unreadable(f"Jira's answer about {where} has no readable id.")
    return found


def project_prefix(key: object) -> str | None:
    """The project key in an issue key, None where it is not an issue key."""
    match = _KEY.fullmatch(key) if isinstance(key, str) else None
    return match[1] if match else None


def account_of(user: Mapping[str, Any]) -> str | None:
    """A user's id: Cloud's accountId, or Data Center's key, else name."""
    return as_label(user.get("accountId")) or as_label(user.get("key")) or as_label(user.get("name"))
