"""Goals in the form that a business uses: `20 business hours`, `5-10 business days`, `2-4 weeks`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Unit(Enum):
    """What a goal is counted in; the value is the plural of the word."""

    BUSINESS_HOURS = "business hours"
    BUSINESS_DAYS = "business days"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


# Limits that no realistic goal reaches; without them a typo could mean centuries.
_MAX_COUNT = {
    Unit.BUSINESS_HOURS: 10_000,
    Unit.BUSINESS_DAYS: 1_000,
    Unit.HOURS: 20_000,
    Unit.DAYS: 1_400,
    Unit.WEEKS: 200,
    Unit.MONTHS: 60,
}
_UNITS = {word: unit for unit in Unit for word in (unit.value, unit.value.removesuffix("s"))}
_SHAPE = re.compile(r"(?P<low>[0-9]{1,9})(?:\s*[-–]\s*(?P<high>[0-9]{1,9}))?\s+(?P<unit>[a-z]+(?:\s+[a-z]+)?)")
_UNIT_NAMES = ", ".join(unit.value for unit in Unit)
_ACCEPTED = f'a number or a range and a unit, like "20 business hours" or "5-10 business days"; units are {_UNIT_NAMES}'


@dataclass(frozen=True)
class Goal:
    """A goal of `low` to `high` units, which are equal if it is not a range. It is breached at `high`.

    Raises ValueError if the numbers are not between 1 and the unit's maximum, or if `low` is above `high`."""

    low: int
    high: int
    unit: Unit

    def __post_init__(self) -> None:
        maximum = _MAX_COUNT[self.unit]
        if self.low < 1:
            raise ValueError(f'the goal "{self}" must be at least 1 {self.unit.value.removesuffix("s")}')
        if self.low > self.high:
            turned = f"{self.high}-{self.low} {self.unit.value}"
            raise ValueError(f'the range of the goal "{self}" runs backwards; accepted is "{turned}"')
        if self.high > maximum:
            raise ValueError(f'the goal "{self}" is too long: at most {maximum} {self.unit.value} are accepted')

    def __str__(self) -> str:
        count = str(self.low) if self.low == self.high else f"{self.low}-{self.high}"
        return f"{count} {self.unit.value.removesuffix('s') if count == '1' else self.unit.value}"


def parse_goal(text: str) -> Goal:
    """Parse a goal, ignoring case and extra spaces. Raises ValueError that says what was given and what is accepted."""
    match = _SHAPE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f'"{text}" is not a goal; accepted is {_ACCEPTED}')
    unit = _UNITS.get(" ".join(match["unit"].split()))
    if unit is None:
        raise ValueError(f'"{match["unit"]}" in the goal "{text}" is not a unit; accepted is one of {_UNIT_NAMES}')
    low = int(match["low"])
    return Goal(low, int(match["high"] or low), unit)
