"""Single values of the YAML files: what a person may write, and what it becomes."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any, ClassVar
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from bot.config.source import known_hint
from bot.core.time.business_calendar import Hours
from bot.core.time.goals import Goal, parse_goal

_NAME = r"^[a-z][a-z0-9_]*$"
_END_OF_DAY = 24 * 60


class Shape(BaseModel):
    """The keys of one mapping in a YAML file. `LATER` are the keys that came after version 0.2.0: where one is not in
    the file, it is not in the dump either, so that the version of a process file stays as it was."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _dumped(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        absent = self.LATER - self.model_fields_set
        return {name: value for name, value in handler(self).items() if name not in absent}


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _some(value: object) -> object:
    """A text, or a list of them as a tuple; what is neither is refused."""
    found = value if isinstance(value, list) else [value]
    names = tuple(one.strip() for one in found if isinstance(one, str))
    if not names or not all(names) or len(names) < len(found):
        raise ValueError("it must be a text or a list of texts")
    return names if isinstance(value, list) else names[0]


def names_in(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The names in a value that may be one name, several, or nothing."""
    return (value,) if isinstance(value, str) else value or ()


def _pattern(value: object) -> str:
    text = _text_of(value, "a pattern like 'Onboarding of (.+)'")
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f'"{text}" is not a pattern that can be read: {error}') from None
    if groups != 1:
        raise ValueError(f'"{text}" must have one pair of parentheses, around the name')
    return text


def _absent(value: object) -> object:
    return {} if value is None else value


def _text_of(value: object, like: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"it must be {like}")
    return value.strip()


def _goal(value: object) -> Goal | None:
    return None if value is None else parse_goal(_text_of(value, 'text like "20 business hours"'))


def _interval(value: object) -> Goal | None:
    goal = _goal(value)
    if goal is not None and goal.low != goal.high:
        raise ValueError(f'"{goal}" is a range; write one time, like 1 business day')
    return goal


def _fraction(value: object) -> float | None:
    return None if value is None else _percentage(value, " of the goal")


def _share(value: object) -> float:
    return _percentage(value)


def _percentage(value: object, of: str = "") -> float:
    text = _text_of(value, "a percentage like 75%")
    number = text.removesuffix("%").strip()
    if number == text or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 100:
        raise ValueError(f'"{text}" is not a percentage{of}; write one from 1% to 100%')
    return int(number) / 100


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    text = _text_of(value, "a moment like 2026-01-01T00:00-06:00")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a moment; write one like 2026-01-01T00:00-06:00') from None
    if moment.utcoffset() is None:
        raise ValueError(f'"{text}" has no offset from UTC; write it like 2026-01-01T00:00-06:00')
    return moment


def _day(value: object) -> date:
    text = _text_of(value, "a date like 2026-12-24")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a date; write one like 2026-12-24') from None


def _seconds(value: object) -> timedelta | None:
    if value is None:
        return None
    text = _text_of(value, "a time like 60s")
    number = text.removesuffix("s").strip()
    if number == text or not (number.isascii() and number.isdigit()) or int(number) > 3600:
        raise ValueError(f'"{text}" is not a time from 0s to 3600s')
    return timedelta(seconds=int(number))


def _maybe_day(value: object) -> date | None:
    return None if value is None else _day(value)


@cache
def _zones() -> set[str]:
    return available_timezones()  # it walks through folders


def _zone(value: object) -> str:
    text = _text_of(value, "a time zone like America/Chicago")
    if text not in (zones := _zones()):
        hint = known_hint(text, zones)
        raise ValueError(f'"{text}" is not a time zone{hint if "mean" in hint else ""}')
    return text


def _minute(text: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    if colon and len(minute) == 2 and f"{hour}{minute}".isdecimal() and int(minute) < 60:
        count = int(hour) * 60 + int(minute)
        if count <= _END_OF_DAY:
            return count
    raise ValueError(f'"{text.strip()}" is not a time of day; write one from 0:00 to 24:00')


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


def _hours(value: object) -> Hours:
    """Opening hours: one text like 8:00-17:00 or a list of them, in order, none into another."""
    texts = _listed([] if value is None else value)
    if not isinstance(texts, list):
        raise ValueError("opening hours must be text like 8:00-17:00 or a list of it")
    hours: list[tuple[int, int]] = []
    for item in texts:
        text = _text_of(item, "text like 8:00-17:00")
        start, dash, end = text.replace("–", "-").partition("-")
        if not dash:
            raise ValueError(f'"{text}" is not a span of time; write one like 8:00-17:00')
        opening, closing = _minute(start), _minute(end)
        if closing <= opening:
            raise ValueError(f'the hours "{text}" run backwards; the closing must be after the opening')
        if hours and opening < hours[-1][1]:
            raise ValueError(f'the hours "{text}" overlap with those before them; write them in order')
        hours.append((opening, closing))
    return tuple((_clock(opening), _clock(closing)) for opening, closing in hours)


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=_NAME)]
Label = Annotated[str, StringConstraints(pattern=r"^\S+$")]
Names = Annotated[list[Text], BeforeValidator(_listed), Field(min_length=1)]
# One name or several; as it is written, so that a file that has one name has the version that it had before.
OneOrMore = Annotated[str | tuple[str, ...], BeforeValidator(_some)]
Pattern = Annotated[str, BeforeValidator(_pattern)]
GoalText = Annotated[Goal | None, BeforeValidator(_goal)]
GoalExactly = Annotated[Goal, BeforeValidator(_goal)]
Goals = Annotated[list[GoalExactly], Field(min_length=1)]
Interval = Annotated[Goal | None, BeforeValidator(_interval)]
Fraction = Annotated[float | None, BeforeValidator(_fraction)]
Share = Annotated[float, BeforeValidator(_share)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
Day = Annotated[date, BeforeValidator(_day)]
MaybeDay = Annotated[date | None, BeforeValidator(_maybe_day)]
Seconds = Annotated[timedelta | None, BeforeValidator(_seconds)]
Zone = Annotated[str, BeforeValidator(_zone)]
OpenHours = Annotated[Hours, BeforeValidator(_hours)]
MaybeEmpty = BeforeValidator(_absent)  # an empty key means a mapping without entries
