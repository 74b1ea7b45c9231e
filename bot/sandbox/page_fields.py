"""The form of a ticket's fields on its page: which controls it has, and which fields a person changed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from bot.sandbox import field_types as kinds
from bot.sandbox.accounts import Account
from bot.sandbox.field_types import Field
from bot.sandbox.field_values import empty
from bot.sandbox.jira_site import Site
from bot.sandbox.records import IssueRecord

WIDGETS = {
    kinds.DATE: "date",
    kinds.NUMBER: "number",
    kinds.TEXT: "text",
    kinds.LABELS: "text",
    kinds.YES_NO: "radio",
    kinds.MULTI_SELECT: "check",
    kinds.COMPONENTS: "check",
    kinds.USERS: "check",
}
BETWEEN = ","  # between the ids of what was checked, none of which has a comma


@dataclass(frozen=True)
class Control:
    """One field in the form. `widget` is "select", "radio", "check", "date", "number" or "text"; `choices` are pairs
    of a value and what people read, `chosen` the values that are set."""

    field: Field
    widget: str
    choices: Sequence[tuple[str, str]]
    chosen: Sequence[str]

    @property
    def was(self) -> str:
        """What was set as the form was made, so that only what a person changed is written."""
        return BETWEEN.join(self.chosen)

    @property
    def others(self) -> bool:
        """Whether staff may add a value of their own."""
        return self.field.others and self.field.kind in (kinds.SELECT, kinds.MULTI_SELECT, kinds.COMPONENTS)


def controls(site: Site, record: IssueRecord) -> list[Control]:
    """The fields that a page offers to set, those of the process first."""
    screen = site.catalogue.screen(record.project, record.type)
    found = []
    for field in sorted(screen, key=lambda f: (not f.places, not f.custom)):
        kept = record.custom.get(field.id) if field.custom else getattr(record, field.id)
        choices = _choices(site, field, record.project)
        if choices or field.kind not in kinds.WITH_OPTIONS or field.others:
            found.append(Control(field, WIDGETS.get(field.kind, "select"), choices, _texts(field, kept)))
    return found


def _choices(site: Site, field: Field, project: str) -> list[tuple[str, str]]:
    if field.kind in (kinds.USER, kinds.USERS):
        return [(p.id, p.name) for p in site.people.values()]
    choices = []
    for option in site.catalogue.options.of(site.catalogue.options_key(field, project)):
        choices.append((option.id, option.name))
        for child in site.catalogue.options.of(option.id) if field.kind == kinds.CASCADING else ():
            choices.append((f"{option.id}/{child.id}", f"{option.name} / {child.name}"))
    return choices


def _texts(field: Field, kept: Any) -> list[str]:
    if empty(kept):
        return []
    if field.kind == kinds.CASCADING:
        return ["/".join(kept)]
    if field.kind == kinds.LABELS:
        return [" ".join(kept)]
    if field.kind == kinds.NUMBER:
        return [f"{kept:.15g}"]
    return [one.id if isinstance(one, Account) else one for one in (kept if isinstance(kept, tuple) else (kept,))]


def changed(site: Site, by: Account, record: IssueRecord, form: MultiDict[str, str]) -> dict[str, Any]:
    """The fields that a person has changed in the form, as a REST edit takes them.

    A value of their own becomes an option of its field. Refused (403) if a customer adds one."""
    fields: dict[str, Any] = {}
    for control in controls(site, record):
        field = control.field
        if f"was:{field.id}" not in form:
            continue
        values = [v.strip() for v in form.getlist(f"field:{field.id}") if v.strip()]
        if control.others and (own := form.get(f"other:{field.id}", "").strip()):
            option = site.add_option(by, field.id, own, project=record.project)
            values = [*values, option.id] if field.kind in kinds.WITH_MANY else [option.id]
        was = form[f"was:{field.id}"]
        if set(values) != set(filter(None, was.split(BETWEEN) if control.widget == "check" else [was.strip()])):
            fields[field.id] = _rest(field, values)
    return fields


def _rest(field: Field, values: Sequence[str]) -> Any:
    if field.kind == kinds.USERS:
        return [{"accountId": v} for v in values]
    if field.kind in (kinds.MULTI_SELECT, kinds.COMPONENTS):
        return [{"id": v} for v in values]
    if field.kind == kinds.LABELS:
        return " ".join(values).split()
    if not values:
        return None
    if field.kind == kinds.USER:
        return {"accountId": values[0]}
    if field.kind == kinds.CASCADING:
        first, _, second = values[0].partition("/")
        return {"id": first} | ({"child": {"id": second}} if second else {})
    if field.kind in kinds.WITH_OPTIONS:
        return {"id": values[0]}
    return _number(values[0]) if field.kind == kinds.NUMBER else values[0]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text  # for Jira to refuse
