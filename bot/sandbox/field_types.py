"""The kinds of fields that Jira has, and the data that says which fields a site holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

CUSTOM_ID = re.compile(r"customfield_\d+")
Place = tuple[str, str]  # a project's key and the name of an issue type

SELECT, MULTI_SELECT, YES_NO, CASCADING = "select", "multi_select", "yes_no", "cascading"
DATE, TEXT, NUMBER, LABELS, USER, USERS = "date", "text", "number", "labels", "user", "users"
PRIORITY, COMPONENTS = "priority", "components"  # kinds of one system field each, with the same name

WITH_OPTIONS = (SELECT, MULTI_SELECT, YES_NO, CASCADING, PRIORITY, COMPONENTS)
WITH_MANY = (MULTI_SELECT, LABELS, USERS, COMPONENTS)  # whose value is a list
NAMED = (PRIORITY, COMPONENTS)  # whose options have a `name`, where a custom field's have a `value`


@dataclass(frozen=True)
class Schema:
    """How Jira names a kind: the type of its value, the type of its items, and the key of its custom field type."""

    type: str
    custom: str = ""
    items: str | None = None


_OWN = "com.atlassian.jira.plugin.system.customfieldtypes:"
SCHEMAS = {
    SELECT: Schema("option", f"{_OWN}select"),
    MULTI_SELECT: Schema("array", f"{_OWN}multiselect", "option"),
    YES_NO: Schema("option", f"{_OWN}radiobuttons"),
    CASCADING: Schema("option-with-child", f"{_OWN}cascadingselect"),
    DATE: Schema("date", f"{_OWN}datepicker"),
    TEXT: Schema("string", f"{_OWN}textfield"),
    NUMBER: Schema("number", f"{_OWN}float"),
    LABELS: Schema("array", f"{_OWN}labels", "string"),
    USER: Schema("user", f"{_OWN}userpicker"),
    USERS: Schema("array", f"{_OWN}multiuserpicker", "user"),
    PRIORITY: Schema("priority"),
    COMPONENTS: Schema("array", items="component"),
}


@dataclass(frozen=True)
class Field:
    """A field that a site holds: a custom field, or the system field `priority`, `components` or `labels`, whose id is
    its name and whose kind follows from it.

    `kind` is one of the kinds above. `options` are the values that exist at first, in their order; of a cascading
    select those of the first level, with `children` for the second. With `others` staff may add an option as they
    choose it on the page; REST refuses an option that does not exist, as Jira does. `places` are the projects and
    issue types whose screens hold the field, none for all. Raises ValueError for an unknown kind."""

    id: str
    name: str
    kind: str
    options: tuple[str, ...] = ()
    others: bool = False
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: frozenset[Place] = frozenset()

    def __post_init__(self) -> None:
        if self.kind not in SCHEMAS:
            raise ValueError(f"the sandbox has no fields of the kind '{self.kind}', only {', '.join(SCHEMAS)}")
        if self.kind == YES_NO:
            object.__setattr__(self, "options", ("Yes", "No"))

    @property
    def custom(self) -> bool:
        """Whether it is a custom field."""
        return bool(CUSTOM_ID.fullmatch(self.id))

    @property
    def schema(self) -> Schema:
        """How Jira names its kind."""
        return SCHEMAS[self.kind]

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that an update of it may hold."""
        return ("add", "set", "remove") if self.kind in WITH_MANY else ("set",)

    def on_screen(self, project: str, issue_type: str) -> bool:
        """Whether the screens of an issue type in a project hold it."""
        return not self.places or (project, issue_type) in self.places
