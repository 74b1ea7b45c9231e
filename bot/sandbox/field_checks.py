"""What the sandbox accepts as the fields, labels, comments and properties of an issue, and in which form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.sandbox.accounts import Account
from bot.sandbox.catalogue import Catalogue, CustomField, IssueType, Project
from bot.sandbox.records import ChangeItem, IssueRecord, Refused

LONGEST_SUMMARY = 255
LONGEST_TEXT = 32_767
LONGEST_PROPERTY = 32_768

TOO_LONG = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
People = Mapping[str, Account]


@dataclass(frozen=True)
class Frame:
    """Where a new issue goes: its project, its type and, for a subtask, its parent."""

    project: Project
    type: IssueType
    parent: IssueRecord | None


def frame(fields: Mapping[str, Any], catalogue: Catalogue, find: Callable[[str], IssueRecord | None]) -> Frame:
    """Read project, issuetype and parent of a create; Refused naming each field that is wrong."""
    project = catalogue.project(_reference(fields.get("project"), "key"))
    if project is None:
        raise Refused(400, errors={"project": "Specify a valid project ID or key"})
    wanted = (_reference(fields.get("issuetype"), "name"), _reference(fields.get("issuetype"), "id"))
    kind = next((t for t in project.types if t.name == wanted[0] or t.id == wanted[1]), None)
    if kind is None:
        raise Refused(400, errors={"issuetype": "Specify a valid issue type"})
    parent = find(_reference(fields.get("parent"), "key")) if fields.get("parent") else None
    if kind.subtask and (parent is None or parent.project != project.key or parent.parent_id):
        raise Refused(400, errors={"parent": "A subtask needs a parent issue of the same project that is no subtask."})
    if not kind.subtask and fields.get("parent"):
        raise Refused(400, errors={"parent": "This issue type cannot have a parent."})
    return Frame(project, kind, parent)


def _reference(value: Any, name: str) -> str:
    if not isinstance(value, Mapping):
        return ""
    return str(value.get(name) or value.get("id") or "")


def values(fields: Mapping[str, Any], catalogue: Catalogue, people: People) -> dict[str, Any]:
    """The fields of a create or edit in the form that the site keeps; Refused naming all that are wrong."""
    kept: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, value in fields.items():
        try:
            kept[name] = _value(name, value, catalogue, people)
        except ValueError as wrong:
            errors[name] = str(wrong)
    if errors:
        raise Refused(400, errors=errors)
    return kept


def _value(name: str, value: Any, catalogue: Catalogue, people: People) -> Any:
    plain: dict[str, Callable[[], Any]] = {
        "summary": lambda: _summary(value),
        "description": lambda: _text(value),
        "labels": lambda: tuple(dict.fromkeys(_label(v) for v in _list(value))),
        "duedate": lambda: _date(value),
        "assignee": lambda: _user(value, people),
        "reporter": lambda: _user(value if value is not None else {}, people),
    }
    if name in plain:
        return plain[name]()
    if name not in catalogue.fields:
        raise ValueError(f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
    kinds: dict[str, Callable[[], Any]] = {
        "text": lambda: _text(value),
        "date": lambda: _date(value),
        "user": lambda: _user(value, people),
        "users": lambda: tuple(_user(v, people) for v in _list(value)),
    }
    return kinds[catalogue.fields[name].kind]()


def _summary(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("You must specify a summary of the issue.")
    if len(value) > LONGEST_SUMMARY:
        raise ValueError(f"Summary must be at most {LONGEST_SUMMARY} characters long.")
    if "\n" in value or "\r" in value:
        raise ValueError("The summary is invalid because it contains newline characters.")
    return value


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("Operation value must be a string")
    if len(value) > LONGEST_TEXT:
        raise ValueError(TOO_LONG)
    return value


def _date(value: Any) -> str | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise ValueError(f"'{value}' is not a date; write it as yyyy-MM-dd.") from None


def _user(value: Any, people: People) -> Account | None:
    if value is None:
        return None
    account = people.get(str(value.get("accountId"))) if isinstance(value, Mapping) else None
    if account is None:
        raise ValueError("Specify the user by an accountId that exists.")
    return account


def _list(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ValueError("data was not an array")
    return value


def _label(value: Any) -> str:
    if not isinstance(value, str) or not value or any(c.isspace() for c in value):
        raise ValueError(f"The label '{value}' contains spaces which is invalid.")
    return value


def label_operations(old: Sequence[str], operations: Any) -> tuple[str, ...]:
    """Labels after the `update.labels` operations add, remove and set, in order; Refused if one is wrong."""
    labels = list(old)
    try:
        for operation in _list(operations):
            if not isinstance(operation, Mapping) or len(operation) != 1:
                raise ValueError("each operation on labels is one of add, remove, set")
            ((verb, value),) = operation.items()
            if verb == "set":
                labels = [_label(v) for v in _list(value)]
            elif verb == "add":
                labels.append(_label(value))
            elif verb == "remove":
                labels = [label for label in labels if label != value]
            else:
                raise ValueError(f"Unknown operation '{verb}' on labels; use add, remove or set.")
    except ValueError as wrong:
        raise Refused(400, errors={"labels": str(wrong)}) from None
    return tuple(dict.fromkeys(labels))


def comment_body(body: Any) -> str:
    """A comment's body, or Refused if it is empty, no string (v2 wants wiki markup) or too long."""
    if not isinstance(body, str) or not body.strip():
        raise Refused(400, errors={"comment": "Comment body can not be empty!"})
    if len(body) > LONGEST_TEXT:
        raise Refused(400, errors={"comment": TOO_LONG})
    return body


def properties(listed: Any) -> dict[str, Any]:
    """Entity properties from the list `[{key, value}]` of a write; Refused if one is wrong."""
    kept: dict[str, Any] = {}
    if listed is not None and not isinstance(listed, list):
        raise Refused(400, "properties must be a list of objects with key and value.")
    for entry in listed or ():
        if not isinstance(entry, Mapping) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise Refused(400, "Each property needs a key and a value.")
        kept[entry["key"]] = property_value(entry["value"])
    return kept


def property_value(value: Any) -> Any:
    """The value as it will be read back, or Refused if it is empty or over 32,768 characters."""
    text = json.dumps(value)
    if value is None or value == "":
        raise Refused(400, "The value of a property cannot be empty.")
    if len(text) > LONGEST_PROPERTY:
        raise Refused(400, f"The property value is too long; the most is {LONGEST_PROPERTY} characters.")
    return json.loads(text)


def change(name: str, old: Any, new: Any, custom: CustomField | None) -> ChangeItem:
    """The changelog item of one edited field, worded as Cloud words it."""
    (old_id, old_text), (new_id, new_text) = _told(name, old), _told(name, new)
    title, kind = (custom.name, "custom") if custom else (name, "jira")
    return ChangeItem(title, name, kind, old_id, old_text, new_id, new_text)


def _told(name: str, value: Any) -> tuple[str | None, str | None]:
    if name == "labels":
        return "", " ".join(value)
    if value is None or value == ():
        return None, None
    if isinstance(value, Account):
        return value.id, value.name
    if isinstance(value, tuple):
        return f"[{', '.join(a.id for a in value)}]", f"[{', '.join(a.name for a in value)}]"
    if name == "duedate":
        return value, f"{value} 00:00:00.0"
    return None, str(value)
