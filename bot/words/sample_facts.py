"""Sample values of a process's facts: each value of each fact once, so that every condition in a text has its turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.core.model.facts import Fact, FactKind
from bot.core.model.process import Process

_PLAIN = {FactKind.TEXT: "Synergy", FactKind.DATE: "2026-01-05", FactKind.NUMBER: "3"}


@dataclass(frozen=True)
class FactSample:
    """The texts of all facts; `what` says which one has another value than in the first sample, and which."""

    texts: Mapping[str, str]
    what: str = ""


def fact_samples(process: Process) -> tuple[FactSample, ...]:
    """A sample with the first value of each fact, and one more for each further value."""
    first = {name: next(_values(fact)) for name, fact in process.facts.items()}
    return FactSample(first), *_others(process, first)


def _others(process: Process, first: Mapping[str, str]) -> Iterator[FactSample]:
    for name, fact in process.facts.items():
        values = iter(_values(fact))
        next(values)
        for value in values:
            yield FactSample({**first, name: value}, f"{fact.title}: {value}")


def _values(fact: Fact) -> Iterator[str]:
    if fact.kind is FactKind.YES_NO:
        yield from ("Yes", "No")
    elif fact.kind in _PLAIN:
        yield _PLAIN[fact.kind]
    else:
        if fact.kind is FactKind.SOME_OF and len(fact.options) > 1:
            yield ", ".join(fact.options)
        yield from fact.options
        if fact.none is not None:
            yield fact.none


def unset_texts(process: Process) -> dict[str, str]:
    """The texts of facts of which none is set."""
    return dict.fromkeys(process.facts, "")


def optional_titles(process: Process) -> tuple[str, ...]:
    """The titles of the steps that a ticket may pass over."""
    return tuple(dict.fromkeys(step.title for step in process.steps if step.condition is not None))


def each_sample(process: Process, fact: str) -> str:
    """The value that a text of a branch with `for_each` is shown for."""
    return process.facts[fact].options[0]
