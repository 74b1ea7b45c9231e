"""What pydantic finds wrong with a file's shape, as sentences for people, each with its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.config.source import Problem, Source, Where, known_hint

_SAYS = {
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "bool_type": "must be on or off",
    "bool_parsing": "must be on or off",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "list_type": "must be a list",
    "too_short": "must have at least one entry",
    "dict_type": "must hold names with values",
    "model_type": "must hold names with values",
}


def shape_problems(source: Source, model: type[BaseModel], error: ValidationError) -> Iterator[Problem]:
    """Each error of pydantic as a problem with its line and a sentence for people."""
    for detail in error.errors(include_url=False):
        where: Where = tuple(part for part in detail["loc"] if not str(part).startswith("["))  # [key], [by]: pydantic's
        yield source.problem(where, _sentence(model, where, detail))


def _sentence(model: type[BaseModel], where: Where, detail: ErrorDetails) -> str:
    key, kind = _called(where), detail["type"]
    if kind == "extra_forbidden":
        return f'"{where[-1]}" is not a key that is known here{known_hint(str(where[-1]), _known(model, where))}'
    if kind == "missing":
        return f'"{where[-1]}" is missing{_inside(where)}'
    if kind == "value_error":
        return f"{key}: {detail['ctx']['error']}"
    if kind == "string_pattern_mismatch":
        like = "without spaces" if detail["ctx"]["pattern"] == r"^\S+$" else "of a-z, 0-9 and _"
        return f'{key}: "{detail["input"]}" must be a name {like}'
    return f"{key} {_SAYS.get(kind, 'is wrong: ' + detail['msg'])}"


def _called(where: Where) -> str:
    named = [part for part in where if isinstance(part, str)]
    return f'"{named[-1]}"' if named else "the file"


def _inside(where: Where) -> str:
    return f" in {_called(where[:-1])}" if len(where) > 1 else ""


def _known(model: type[BaseModel], where: Where) -> list[str]:
    """The keys that are allowed next to the last part of `where`."""
    named = False
    for part in where[:-1]:
        if named:  # a name or position of the collection that came before, not a key of a model
            named = False
            continue
        field = model.model_fields[str(part)]
        kinds = (field.annotation, *get_args(field.annotation))
        named = any(get_origin(kind) in (dict, list) for kind in kinds)
        model = next(_models(field.annotation))
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
