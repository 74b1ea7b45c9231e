"""What the facts of a process file must be, and whether all that depends on them names facts and values that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.config.processes import SPELLINGS
from bot.config.source import Place, Problem, known_hint
from bot.core.model.facts import ANY, ELSE, NO, NONE, YES, FactKind
from bot.core.model.process import normalized

_KINDS = ("kind", "one_of", "some_of")
_OWN_WORDS = (ANY, NONE, ELSE, YES, NO)
_PEOPLE = ("assignee", "creator", "reporter", "watcher", "watches", "voter", "votes")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class _Fact:
    """A fact as the file has it. `values` are those that it can have, None if it can have any. Of a fact that is not
    `clear` itself, nothing that depends on it can be said."""

    name: str
    kind: str
    values: tuple[str, ...] | None
    none: bool
    clear: bool = True


def fact_problems(process: Place, people_fields: Sequence[str]) -> Iterator[Problem]:
    """Facts that are not one clear thing, and conditions, goals and branches that depend on what is not there.
    `people_fields` are fields of Jira that are known to hold people."""
    for fact in process["facts"].entries():
        yield from _fact_problems(fact, people_fields)
    facts = {fact.name: _read(fact) for fact in process["facts"].entries()}
    yield from _by(process["total"], facts)
    for step in process["steps"].entries():
        yield from _condition(step, "if", facts)
        yield from _condition(step, "starts_when", facts)
        yield from _by(step["goal"], facts)
        for required in step["requires"].entries():
            yield from _unknown(required, required.text, facts)
        for branch in step["branches"].entries():
            yield from _condition(branch, "if", facts)
            yield from _by(branch["goal"], facts)
            yield from _for_each(branch["for_each"], facts)


# -- a fact by itself


def _fact_problems(fact: Place, people_fields: Sequence[str]) -> Iterator[Problem]:
    if not isinstance(fact.value, dict):
        return
    given = [key for key in _KINDS if fact[key].value is not None]
    if len(given) != 1:
        found = "has none" if not given else f"has {' and '.join(given)}"
        yield fact.problem(f'a fact needs exactly one of "kind", "one_of" and "some_of"; "{fact.name}" {found}')
    field = fact["field"]
    if field.text and field.text in (*_PEOPLE, *people_fields):
        yield field.problem(f'the field "{field.text}" holds people, and a fact cannot be a person')
    if given == ["kind"]:
        for key in ("others", "none"):
            if fact[key].value is not None:
                yield fact[key].problem(f'"{key}" is for "one_of" and "some_of"')
    for key in ("one_of", "some_of"):
        yield from _options(fact[key].entries())
    none = fact["none"]
    if none.text and normalized(none.text) in (ANY, ELSE, YES, NO):
        yield none.problem(_own_word(none.text))


def _options(options: Iterable[Place]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for option in options:
        if not option.text:
            continue
        word = normalized(option.text)
        if word in _OWN_WORDS:
            yield option.problem(_own_word(option.text))
        elif word in first:
            yield option.problem(f'"{option.text}" is the same value as "{first[word]}"; case and spaces do not count')
        first.setdefault(word, option.text)


def _own_word(text: str) -> str:
    return f'no option can be called "{text}", which is a word of the language; give it another name in Jira'


def _read(fact: Place) -> _Fact:
    given = [key for key in _KINDS if fact[key].value is not None]
    kind = given[0] if given and given[0] != "kind" else fact["kind"].text or ""
    options = tuple(option.text for option in fact[kind].entries() if option.text) if kind in _KINDS else ()
    own = any(normalized(option) in _OWN_WORDS for option in options)
    if len(given) != 1 or own or kind not in tuple(FactKind) or (kind in _KINDS and not options):
        return _Fact(fact.name, kind, None, False, clear=False)
    if kind == FactKind.YES_NO:
        return _Fact(fact.name, kind, (YES, NO), False)
    none = fact["none"].text
    any_value = kind not in _KINDS or _is_on(fact["others"])
    return _Fact(fact.name, kind, None if any_value else (*options, *([none] if none else [])), bool(none))


def _is_on(place: Place) -> bool:
    return (place.text or "").casefold() in ("true", "yes", "on", "1", "y", "t")  # as pydantic reads a switch


# -- what depends on facts


def _unknown(place: Place, name: str | None, facts: Mapping[str, _Fact]) -> Iterator[Problem]:
    if name and name not in facts:
        known = known_hint(name, facts) or "; the process has no facts"
        yield place.problem(f'there is no fact "{name}"{known}')


def _condition(owner: Place, key: str, facts: Mapping[str, _Fact]) -> Iterator[Problem]:
    condition = owner[key]
    if condition.value is None and isinstance(owner.value, dict) and key in owner.value:
        yield condition.problem(f'"{key}" is empty; name a fact and its value, or leave it out')
    if not isinstance(condition.value, dict):
        return
    for term in condition.entries():
        yield from _unknown(term, term.name, facts)
        fact = facts.get(term.name)
        for value in term.entries():
            if fact is not None and fact.clear and value.text:
                yield from _value(value, value.text.strip(), fact)


def _value(place: Place, text: str, fact: _Fact) -> Iterator[Problem]:
    """A value that a fact never has."""
    word = normalized(text)
    if word == ANY or (word == NONE and fact.none):
        return
    if word == NONE:
        yield place.problem(f'"{NONE}" is never so: the fact "{fact.name}" names no option for it with "none:"')
    elif word == ELSE:
        yield place.problem(f'"{ELSE}" is only for a goal with "by"')
    elif fact.values is not None:
        if word not in map(normalized, fact.values) and not (fact.kind == FactKind.YES_NO and word in SPELLINGS):
            hint = known_hint(text, fact.values)
            yield place.problem(f'the fact "{fact.name}" never has the value "{text}"{hint}')
    elif fact.kind == FactKind.NUMBER and not _NUMBER.fullmatch(text):
        yield place.problem(f'the fact "{fact.name}" is a number, and "{text}" is none')
    elif fact.kind == FactKind.DATE and not _is_date(text):
        yield place.problem(f'the fact "{fact.name}" is a date like 2026-12-24, and "{text}" is none')


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _by(goal: Place, facts: Mapping[str, _Fact]) -> Iterator[Problem]:
    if not isinstance(goal.value, dict):
        return
    yield from _unknown(goal["by"], goal["by"].text, facts)
    fact = facts.get(goal["by"].text or "")
    if fact is None or not fact.clear:
        return
    named: dict[str, Place] = {}
    for one in goal.entries():
        if one.name in ("by", ELSE):
            continue
        yield from _value(one, one.name, fact)
        word = normalized(one.name)
        word = SPELLINGS.get(word, word) if fact.kind == FactKind.YES_NO else word
        if named.setdefault(word, one) is not one:
            yield one.problem(f'"{one.name}" is the same value as "{named[word].name}"; case and spaces do not count')
    if goal[ELSE].value is None:
        yield from _missing(goal, fact, named)


def _missing(goal: Place, fact: _Fact, named: Mapping[str, Place]) -> Iterator[Problem]:
    """The values that a goal by a fact does not name, though it has no `else`."""
    if ANY in named and (NONE in named or not fact.none):
        return
    if fact.values is None:
        yield goal.problem(f'the fact "{fact.name}" can have any value, so the goal needs "{ELSE}"')
        return
    none = fact.values[-1:] if fact.none else ()
    missing = [v for v in fact.values if normalized(v) not in named and not (v in none and NONE in named)]
    missing = [v for v in missing if v in none or ANY not in named]
    if missing:
        values = ", ".join(f'"{value}"' for value in missing)
        yield goal.problem(f'the goal by "{fact.name}" has none for {values}; add it, or "{ELSE}"')


def _for_each(place: Place, facts: Mapping[str, _Fact]) -> Iterator[Problem]:
    yield from _unknown(place, place.text, facts)
    fact = facts.get(place.text or "")
    if fact is not None and fact.clear and fact.kind != FactKind.SOME_OF:
        some = [one.name for one in facts.values() if one.kind == FactKind.SOME_OF]
        hint = known_hint(fact.name, some)
        yield place.problem(f'"for_each" needs a fact with "some_of", and "{fact.name}" is not one{hint}')
