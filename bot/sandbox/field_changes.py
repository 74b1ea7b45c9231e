"""How Jira's changelog words the change of a field: an id and a text before and after, for each kind its own way."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.sandbox import field_types as kinds
from bot.sandbox.accounts import Account
from bot.sandbox.catalogue import Catalogue
from bot.sandbox.field_types import Field
from bot.sandbox.field_values import empty
from bot.sandbox.records import ChangeItem

Shown = tuple[str | None, str | None]  # an id, and what people read


def of_system(name: str, old: Any, new: Any) -> ChangeItem:
    """The change of a system field that has no options."""
    return ChangeItem(name, name, "jira", *_plain(name, old), *_plain(name, new))


def of_field(catalogue: Catalogue, field: Field, project: str, old: Any, new: Any) -> tuple[ChangeItem, ...]:
    """The changes of a custom field, or of a system field with options: of components one for each that was added or
    taken away, of any other field one."""
    if field.kind == kinds.COMPONENTS:
        return tuple(_components(catalogue, field, project, old, new))
    before, after = _shown(catalogue, field, project, old), _shown(catalogue, field, project, new)
    title, kind = (field.name, "custom") if field.custom else (field.id, "jira")
    return (ChangeItem(title, field.id, kind, *before, *after),)


def _components(catalogue: Catalogue, field: Field, project: str, old: Any, new: Any) -> list[ChangeItem]:
    key = catalogue.options_key(field, project)
    names = {o.id: o.name for o in catalogue.options.of(key)}
    gone = [(i, names[i], None, None) for i in old if i not in new]
    come = [(None, None, i, names[i]) for i in new if i not in old]
    return [ChangeItem("Component", field.id, "jira", *shown) for shown in (*gone, *come)]


def _shown(catalogue: Catalogue, field: Field, project: str, value: Any) -> Shown:
    if empty(value):
        return None, None
    if field.kind not in kinds.WITH_OPTIONS:
        return _typed(field, value)
    if field.kind == kinds.CASCADING:
        return None, _levels(catalogue, field, value)
    names = {o.id: o.name for o in catalogue.options.of(catalogue.options_key(field, project))}
    if field.kind == kinds.MULTI_SELECT:
        return f"[{', '.join(value)}]", ", ".join(names[i] for i in value)
    return value, names[value]


def _levels(catalogue: Catalogue, field: Field, value: tuple[str, ...]) -> str:
    # Jira writes no ids here, but puts them into the text.
    words = []
    for level, (key, option_id) in enumerate(zip((field.id, value[0]), value, strict=False)):
        option = catalogue.options.by_id(key, option_id)
        title = f"Level {level} values" if level else "Parent values"
        words.append(f"{title}: {option.name if option else ''}({option_id})")
    return "".join(words)


def _typed(field: Field, value: Any) -> Shown:
    if field.kind == kinds.DATE:
        when = date.fromisoformat(value)
        return value, f"{when.day}/{when:%b}/{when:%y}"
    if field.kind == kinds.NUMBER:
        return None, str(int(value)) if value.is_integer() else str(value)
    if field.kind == kinds.LABELS:
        return None, " ".join(value)
    return _plain(field.id, value)


def _plain(name: str, value: Any) -> Shown:
    if name == "labels":
        return "", " ".join(value)
    if empty(value):
        return None, None
    if isinstance(value, Account):
        return value.id, value.name
    if isinstance(value, tuple):
        return f"[{', '.join(a.id for a in value)}]", f"[{', '.join(a.name for a in value)}]"
    if name == "duedate":
        return value, f"{value} 00:00:00.0"
    return None, str(value)
