"""What the facts of a ticket were set to at any moment: its fields as they are, and the changelog back from there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.core.model.facts import ANY, NO, NONE, YES, Condition, Fact, FactKind, GoalByFact
from bot.core.model.issue import Change, Issue
from bot.core.model.process import normalized
from bot.core.time.goals import Goal

LABELS = "labels"
_IDS = re.compile(r"\[?\s*(\d+(?:\s*,\s*\d+)*)\s*\]?")
_CASCADE = re.compile(r"Parent values: (?P<text>.*?)\((?P<id>\d+)\)")


@dataclass(frozen=True)
class Option:
    """One value of a field: the option's id in Jira, or the text itself where the field has no options."""

    id: str
    text: str


class Missing(StrEnum):
    """Why a fact is not known."""

    UNSET = "unset"
    UNLISTED = "unlisted"  # the process does not name the value
    NONE_AND_MORE = "none and more"  # the option that means "there is none" is set beside another one


@dataclass(frozen=True)
class FactValue:
    """What a fact is set to; `missing` says why it is not known, and is None if it is."""

    fact: Fact
    options: tuple[Option, ...] = ()
    missing: Missing | None = None

    @property
    def known(self) -> bool:
        """Whether the value is one that the process knows."""
        return self.missing is None

    @property
    def is_none(self) -> bool:
        """Whether it is the option that means that there is none."""
        return self.known and self.fact.none is not None and _same(self.options[0].text, self.fact.none)

    @property
    def text(self) -> str:
        """The value as people read it; empty if it is not set."""
        return ", ".join(option.text for option in self.options)

    def is_one_of(self, values: Sequence[str]) -> bool | None:
        """Whether the fact has one of these values, or ANY or NONE among them applies; None if it is not known."""
        if not self.known:
            return None
        return any(self._is(value) for value in values)

    def _is(self, value: str) -> bool:
        if value == ANY:
            return not self.is_none
        if value == NONE:
            return self.is_none
        return any(_same(option.text, value) for option in self.options)

    def goal(self, by: GoalByFact) -> Goal | None:
        """The goal for this value, None if the value is not known or has none."""
        if not self.known:
            return None
        named = (goal for value, goal in by.goals.items() if self._is(value))
        return next(named, by.otherwise)


@dataclass(frozen=True)
class Turn:
    """From `at` on, a fact had this value. `change` is the changelog entry, empty for the value before any change."""

    at: datetime
    change: str
    value: FactValue


@dataclass(frozen=True)
class FactValues:
    """The values of all facts of a process on one ticket. `timelines` has the turns of each fact, oldest first, and
    `counts_at` is when the next change will count, None if there is none that is so new."""

    timelines: Mapping[str, tuple[Turn, ...]]
    counts_at: datetime | None = None

    def at(self, fact: str, moment: datetime) -> FactValue:
        """The value of that fact at a moment. Raises KeyError if the process has no such fact."""
        turns = self.timelines[fact]
        return next((turn.value for turn in reversed(turns) if turn.at <= moment), turns[0].value)

    def turns(self, facts: Iterable[str], after: datetime, until: datetime) -> list[Turn]:
        """Each change of one of these facts after the first moment, up to the second, oldest first."""
        found = [turn for fact in facts for turn in self.timelines[fact] if turn.change and after < turn.at <= until]
        return sorted(found, key=lambda turn: (turn.at, int(turn.change)))

    def last_change(self, facts: Iterable[str], until: datetime) -> str:
        """The changelog entry of the last change of one of these facts; empty if there is none."""
        turns = [turn for fact in facts for turn in self.timelines[fact] if turn.change and turn.at <= until]
        return max(turns, key=lambda turn: (turn.at, int(turn.change))).change if turns else ""

    def holds(self, condition: Condition, moment: datetime) -> bool | None:
        """Whether a condition holds at a moment; None if that depends on a fact that is not known."""
        found = [self.at(fact, moment).is_one_of(values) for fact, values in condition.terms.items()]
        if False in found:
            return False
        return None if None in found else True

    def unknown(self, facts: Iterable[str], moment: datetime) -> tuple[str, ...]:
        """Those of these facts that are not known at a moment."""
        return tuple(fact for fact in facts if not self.at(fact, moment).known)

    def texts(self, moment: datetime) -> dict[str, str]:
        """Every fact's value at a moment as people read it, empty where it is not set."""
        return {fact: self.at(fact, moment).text for fact in self.timelines}


def fact_values(
    issue: Issue, facts: Mapping[str, Fact], grace: timedelta, now: datetime, own_labels: Collection[str] = ()
) -> FactValues:
    """The values of these facts on an issue, as of `now`. A change counts after `grace`, from its own moment; one that
    was undone within that time never counted. `own_labels` are labels for and by the bot, which are no fact's value."""
    timelines, pending = {}, []
    for name, fact in facts.items():
        own = frozenset(own_labels) if fact.field == LABELS else frozenset[str]()
        timelines[name], counts_at = _timeline(issue, fact, grace, now, own)
        pending += [counts_at] if counts_at is not None else []
    return FactValues(timelines, min(pending, default=None))


def _timeline(
    issue: Issue, fact: Fact, grace: timedelta, now: datetime, own: Collection[str]
) -> tuple[tuple[Turn, ...], datetime | None]:
    """The turns of one fact, without the values in `own`, and when its newest change will count if it does not yet."""
    changes = [change for change in issue.changes if change.field == fact.field]
    current = options_of(issue.fields.get(fact.field), fact)
    values = [current]
    for change in reversed(changes):
        values.insert(0, _before(change, values[0], fact, current))
    values = [tuple(option for option in value if option.text not in own) for value in values]
    turns = [Turn(issue.created, "", _value(fact, values[0]))]
    for change, options, until in zip(changes, values[1:], [*(c.at for c in changes[1:]), now], strict=False):
        value = _value(fact, options)
        if until - change.at >= grace and value != turns[-1].value:
            turns.append(Turn(change.at, change.id, value))
    newest = changes[-1].at + grace if changes else now
    return tuple(turns), newest if newest > now else None


def options_of(raw: Any, fact: Fact) -> tuple[Option, ...]:
    """The values in a field of an issue: an option by its value, else its name; of a cascading select the first
    level; a text, date or number as it is written."""
    entries = raw if isinstance(raw, list) else [raw]
    found = []
    for entry in entries:
        if isinstance(entry, Mapping):
            text = entry.get("value", entry.get("name"))
            if isinstance(text, str) and text.strip():
                found.append(Option(str(entry.get("id", text)), text.strip()))
        elif entry is not None and not isinstance(entry, bool) and str(entry).strip():
            found.append(_plain(entry, fact))
    return tuple(found)


def _plain(value: Any, fact: Fact) -> Option:
    text = str(value).strip()
    if fact.kind is FactKind.NUMBER and text.endswith(".0"):
        text = text[:-2]  # Jira gives a number as 3.0, and people write 3
    return Option(text, text)


def _value(fact: Fact, options: tuple[Option, ...]) -> FactValue:
    if not options:
        return FactValue(fact, (), Missing.UNSET)
    listed = (YES, NO) if fact.kind is FactKind.YES_NO else fact.options
    if fact.none is not None:
        none = [option for option in options if _same(option.text, fact.none)]
        if none:
            return FactValue(fact, options, Missing.NONE_AND_MORE if len(options) > 1 else None)
    if listed and not fact.others and any(all(not _same(o.text, one) for one in listed) for o in options):
        return FactValue(fact, options, Missing.UNLISTED)
    return FactValue(fact, options)


def _before(change: Change, after: tuple[Option, ...], fact: Fact, now: tuple[Option, ...]) -> tuple[Option, ...]:
    """The values before a change, as its changelog entry has them."""
    if fact.field == "components":  # an entry for each component that was added or taken off
        without = tuple(option for option in after if option.id != change.new_id)
        old = (Option(change.old_id, change.old or ""),) if change.old_id else ()
        return (*old, *without)
    if fact.field == LABELS:
        return tuple(Option(label, label) for label in (change.old or "").split())
    if not change.old_id and not change.old:
        return ()
    if cascade := _CASCADE.match(change.old or ""):
        return (Option(cascade["id"], cascade["text"].strip()),)
    if fact.kind in (FactKind.ONE_OF, FactKind.SOME_OF, FactKind.YES_NO):
        return _named(change, {option.id: option.text for option in (*now, *after)})
    return (_plain(change.old_id if fact.kind is FactKind.DATE and change.old_id else change.old, fact),)


def _named(change: Change, known: Mapping[str, str]) -> tuple[Option, ...]:
    """The options before a change. Several ids come as `[10021, 10022]`, and their names joined by commas."""
    match = _IDS.fullmatch(change.old_id or "")
    ids = [one.strip() for one in match[1].split(",")] if match else []
    if len(ids) == 1:
        return (Option(ids[0], (change.old or known.get(ids[0], "")).strip()),)
    texts = [text.strip() for text in (change.old or "").split(",")]
    if ids and len(ids) == len(texts):
        return tuple(Option(one, text) for one, text in zip(ids, texts, strict=True))
    if ids:
        return tuple(Option(one, known.get(one, one)) for one in ids)
    return tuple(Option(text, text) for text in texts if text)


def _same(one: str, other: str) -> bool:
    return normalized(one) == normalized(other)
