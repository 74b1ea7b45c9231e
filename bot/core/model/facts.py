"""The facts of a process, and what depends on them: values that people set in a ticket's fields, and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.time.goals import Goal

# Words of the language itself; no option may have one of these names.
ANY, NONE, ELSE, YES, NO = "any", "none", "else", "yes", "no"


class FactKind(StrEnum):
    """What kind of value a fact has."""

    YES_NO = "yes_no"
    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    ONE_OF = "one_of"
    SOME_OF = "some_of"


@dataclass(frozen=True)
class Fact:
    """A named value of a ticket, which people set in the Jira field `field` and the bot only reads.

    `options` are the values of a fact of the kinds ONE_OF and SOME_OF; with `others`, a value that is not listed counts
    too. `none` is the option that means "there is none". Texts for the district may name only a `public` fact."""

    name: str
    title: str
    field: str
    kind: FactKind
    options: tuple[str, ...] = ()
    others: bool = False
    none: str | None = None
    public: bool = False


@dataclass(frozen=True)
class Condition:
    """A condition that holds if, for each fact in `terms`, one of its values there is set. ANY means that the fact is
    set and not to its `none` option, NONE that it is set to that option."""

    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class GoalByFact:
    """A goal that depends on the value of a fact; `otherwise` is for a known value that `goals` does not name."""

    fact: str
    goals: Mapping[str, Goal]
    otherwise: Goal | None = None

    @property
    def every(self) -> tuple[Goal, ...]:
        """Each goal that it can be."""
        return (*self.goals.values(), *((self.otherwise,) if self.otherwise is not None else ()))
