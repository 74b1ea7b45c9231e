"""Jira's JSON shapes of fields: their values, their options, and what screens say of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox import field_types as kinds
from bot.sandbox.accounts import Account
from bot.sandbox.catalogue import Catalogue
from bot.sandbox.field_types import Field
from bot.sandbox.field_values import empty
from bot.sandbox.options import Option

PATHS = {kinds.PRIORITY: "priority", kinds.COMPONENTS: "component"}


class FieldShapes:
    """Turns fields and their kept values into JSON; `link` makes an address below the REST API."""

    def __init__(self, catalogue: Catalogue, link: Callable[[str], str], user: Callable[[Account | None], Any]) -> None:
        self._catalogue = catalogue
        self._link = link
        self._user = user

    def value(self, field: Field, project: str, kept: Any) -> Any:
        """The value of a field of an issue in a project, as a read of the issue shows it."""
        if field.kind == kinds.USERS:
            return None if kept is None else [self._user(a) for a in kept]
        if empty(kept):
            return [] if field.kind == kinds.COMPONENTS else None
        if field.kind == kinds.USER:
            return self._user(kept)
        if field.kind == kinds.LABELS:
            return list(kept)
        if field.kind not in kinds.WITH_OPTIONS:
            return kept
        if field.kind == kinds.CASCADING:
            return self._cascading(field, kept)
        options = self._catalogue.options.of(self._catalogue.options_key(field, project))
        chosen = [self.option(field, o) for o in options if o.id in ((kept,) if isinstance(kept, str) else kept)]
        return chosen if field.kind in kinds.WITH_MANY else chosen[0]

    def _cascading(self, field: Field, kept: tuple[str, ...]) -> dict[str, Any]:
        levels = [self._catalogue.options.by_id(key, i) for key, i in zip((field.id, kept[0]), kept, strict=False)]
        shown = [self.option(field, option) for option in levels if option]
        return shown[0] | ({"child": shown[1]} if len(shown) > 1 else {})

    def option(self, field: Field, option: Option) -> dict[str, Any]:
        """One option of a field."""
        path = f"{PATHS.get(field.kind, 'customFieldOption')}/{option.id}"
        word = "name" if field.kind in kinds.NAMED else "value"
        return {"self": self._link(path), word: option.name, "id": option.id}

    def allowed(self, field: Field, project: str) -> list[dict[str, Any]]:
        """Every option of a field, those of a cascading select with their children."""
        options = self._catalogue.options
        shown = []
        for option in options.of(self._catalogue.options_key(field, project)):
            children = [self.option(field, child) for child in options.of(option.id)]
            below = {"children": children} if field.kind == kinds.CASCADING else {}
            shown.append(self.option(field, option) | below)
        return shown

    def schema(self, field: Field) -> dict[str, Any]:
        """The type of a field as Jira names it."""
        shown: dict[str, Any] = {"type": field.schema.type}
        if field.schema.items:
            shown["items"] = field.schema.items
        if not field.custom:
            return shown | {"system": field.id}
        return shown | {"custom": field.schema.custom, "customId": int(field.id.removeprefix("customfield_"))}

    def on_screen(self, field: Field, project: str) -> dict[str, Any]:
        """What an edit or create screen says of a field."""
        shown = {
            "fieldId": field.id,
            "key": field.id,
            "name": field.name,
            "required": False,
            "hasDefaultValue": field.kind == kinds.PRIORITY,
            "operations": list(field.operations),
            "schema": self.schema(field),
        }
        return shown | ({"allowedValues": self.allowed(field, project)} if field.kind in kinds.WITH_OPTIONS else {})
