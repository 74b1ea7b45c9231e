"""What the sandbox accepts as the fields, labels, comments and properties of an issue, and in which form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox import field_types, field_values
from bot.sandbox.catalogue import Catalogue, IssueType, Project
from bot.sandbox.field_types import Field
from bot.sandbox.field_values import LONGEST_TEXT, TOO_LONG, Reader
from bot.sandbox.records import IssueRecord, Refused

LONGEST_SUMMARY = 255
LONGEST_PROPERTY = 32_768
LABELS = Field("labels", "Labels", field_types.LABELS)


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


def values(fields: Mapping[str, Any], reader: Reader, issue_type: str) -> dict[str, Any]:
    """The fields of a create or edit in the form that the site keeps; Refused naming all that are wrong."""
    return _each(fields, lambda name, value: _value(name, value, reader, issue_type))


def updates(operations: Mapping[str, Any], record: IssueRecord, reader: Reader) -> dict[str, Any]:
    """What the fields of an update hold after its operations; Refused naming all that are wrong."""

    def after(name: str, listed: Any) -> Any:
        field = LABELS if name == LABELS.id else on_screen(name, reader, record.type)
        old = record.custom.get(name) if field.custom else getattr(record, name)
        return field_values.updated(reader, field, old, listed)

    return _each(operations, after)


def _each(given: Mapping[str, Any], read: Callable[[str, Any], Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, value in given.items():
        try:
            kept[name] = read(name, value)
        except ValueError as wrong:
            errors[name] = str(wrong)
    if errors:
        raise Refused(400, errors=errors)
    return kept


def on_screen(name: str, reader: Reader, issue_type: str) -> Field:
    """The field of that id on the screens of an issue type. Raises ValueError, in Jira's words, if there is none."""
    field = reader.catalogue.field(name)
    if field is None or not field.on_screen(reader.project, issue_type):
        raise ValueError(f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
    return field


def _value(name: str, value: Any, reader: Reader, issue_type: str) -> Any:
    plain: dict[str, Callable[[], Any]] = {
        "summary": lambda: _summary(value),
        "description": lambda: field_values.text(value),
        "labels": lambda: reader.whole(LABELS, value),
        "duedate": lambda: field_values.day(value),
        "assignee": lambda: field_values.user(value, reader.people),
        "reporter": lambda: field_values.user(value if value is not None else {}, reader.people),
    }
    return plain[name]() if name in plain else reader.whole(on_screen(name, reader, issue_type), value)


def _summary(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("You must specify a summary of the issue.")
    if len(value) > LONGEST_SUMMARY:
        raise ValueError(f"Summary must be at most {LONGEST_SUMMARY} characters long.")
    if "\n" in value or "\r" in value:
        raise ValueError("The summary is invalid because it contains newline characters.")
    return value


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
