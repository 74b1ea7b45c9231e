"""Checks of facts: whether people can set each, in a field of its kind that has the options of the process file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.config.source import known_hint
from bot.core.model.facts import Fact, FactKind
from bot.core.model.process import Process, normalized
from bot.doctor.rows import Questions, Row, inside, listed, ok, problem, unsure
from bot.doctor.workflow import ticket_in_progress, title
from bot.jira.client import JiraClient

# The types of field that can hold such a fact, as Jira calls them; others can be of several.
_TYPES = {FactKind.DATE: ("date", "datetime"), FactKind.NUMBER: ("number",)}


def facts(ask: Questions, process: Process, issue_type: str) -> Iterator[Row]:
    """Whether the field of each fact holds what the fact is, is on the edit screen of tickets, and has the options."""
    if not process.facts:
        return
    known = {str(one.get("id")): one for one in listed(ask.once(JiraClient.fields))}
    sample = ticket_in_progress(ask, process, issue_type)
    shown = inside(ask.once(JiraClient.edit_screen, sample.key), "fields") if sample else {}
    for fact in process.facts.values():
        if fact.field not in known:
            continue  # the row of the field says so
        name, field = f"fact {fact.name} of {title(process, issue_type)}", str(known[fact.field].get("name"))
        where = ask.config.where(process.name, "facts", fact.name)
        if wrong := _wrong_kind(fact, inside(known[fact.field], "schema")):
            yield problem(name, f'"{field}" {wrong}.', f"Name another field at {where}.")
        elif sample is None:
            fix = f'Check that "{field}" is on the edit screen with its options, or run this again later.'
            yield unsure(name, "No ticket is in progress to check it on.", fix)
        elif fact.field not in shown:
            fix = f'Add it to the edit screen of "{issue_type}", so that people can set it.'
            yield problem(name, f'"{field}" is not on the edit screen, as {sample.key} shows.', fix)
        else:
            yield _options(name, fact, inside(shown, fact.field), f'"{field}"', where)


def _wrong_kind(fact: Fact, schema: Mapping[str, Any]) -> str:
    """Why a field cannot hold the fact, as the end of a sentence; empty if it can."""
    kind, expected = str(schema.get("type", "")), _TYPES.get(fact.kind)
    if "user" in (kind, schema.get("items")):
        return "holds people, and a fact cannot be a person"
    if kind and expected and kind not in expected:
        return f'is a field of the type "{kind}", and the fact is a {fact.kind}'
    return ""


def _options(name: str, fact: Fact, field: Mapping[str, Any], shown: str, where: str) -> Row:
    wanted = ("Yes", "No") if fact.kind is FactKind.YES_NO else fact.options
    wanted = (*wanted, *([fact.none] if fact.none else []))
    offered = [str(one.get("value", one.get("name", ""))) for one in listed(field.get("allowedValues"))]
    if "allowedValues" not in field:  # a text, a date, or labels, which anybody may add to
        return ok(name, f"People can set it in {shown}.")
    known = set(map(normalized, offered))
    missing = [option for option in wanted if normalized(option) not in known]
    if missing:
        titles = ", ".join(f'"{option}"{known_hint(option, offered)}' for option in missing)
        return problem(name, f"{shown} lacks the option {titles}.", f"Add it in Jira, or fix {where}.")
    return ok(name, f"People can set it in {shown}, which has its options.")
