"""The shapes of the YAML files: which keys there are, and what may stand under each."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from bot.closed_days import Region, unknown
from bot.config_source import nearest
from bot.core.business_time import Hours
from bot.core.goals import Goal, parse_goal

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAME = r"^[a-z][a-z0-9_]*$"
_END_OF_DAY = 24 * 60


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _end(value: object) -> object:
    return {"status": value} if isinstance(value, str) else value


def _absent(value: object) -> object:
    return {} if value is None else value


def _text_of(value: object, like: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"it must be {like}")
    return value.strip()


def _goal(value: object) -> Goal | None:
    return None if value is None else parse_goal(_text_of(value, 'text like "20 business hours"'))


def _fraction(value: object) -> float:
    text = _text_of(value, "a percentage like 75%")
    number = text.removesuffix("%").strip()
    if number == text or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 100:
        raise ValueError(f'"{text}" is not a percentage of the goal; write one from 1% to 100%')
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


def _zone(value: object) -> str:
    text = _text_of(value, "a time zone like America/Chicago")
    if text not in (zones := available_timezones()):
        hint = nearest(text, zones)
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
GoalText = Annotated[Goal | None, BeforeValidator(_goal)]
Day = Annotated[date, BeforeValidator(_day)]
OpenHours = Annotated[Hours, BeforeValidator(_hours)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BranchModel(_Model):
    """A branch of a step."""

    party: Text
    goal: GoalText = None
    subtask: Text | None = None
    description: Name | None = None
    done_by: Text | None = None
    say_when_done: Name | None = None


class RevisionModel(_Model):
    """What a verdict of "needs revision" leads to."""

    return_to: Text
    say: Name
    goal: GoalText = None
    not_received: Name | None = None
    at_once: bool = False


class EscalationModel(_Model):
    """What happens when a part of a goal is used."""

    at: Annotated[float, BeforeValidator(_fraction)]
    label: Label | None = None
    tell: Text | None = None


class StepModel(_Model):
    """A step."""

    title: Text
    status: Text
    party: Names
    next: Text
    goal: GoalText = None
    say: Name | None = None
    branches: Annotated[dict[Name, BranchModel], BeforeValidator(_absent)] = {}
    revision: RevisionModel | None = None
    said_by: Text | None = None
    escalations: list[EscalationModel] | None = None


class EndModel(_Model):
    """An end: its Jira status, and where it has them its words and its resolution."""

    status: Text
    say: Name | None = None
    resolution: Text | None = None


class RemindersModel(_Model):
    """How a district is reminded that it is its turn."""

    after: Annotated[list[Annotated[Goal, BeforeValidator(_goal)]], Field(min_length=1)]
    say: Name
    call_after: GoalText = None


class AppliesTo(_Model):
    """Which issues a process is for."""

    project: Text
    issue_type: Text


class ProcessModel(_Model):
    """A file of `processes/`."""

    process: Name
    title: Text
    applies_to: AppliesTo
    since: Annotated[datetime | None, BeforeValidator(_moment)] = None
    calendar: Text
    waiting_status: Text
    ends: Annotated[dict[Name, Annotated[EndModel, BeforeValidator(_end)]], Field(min_length=1)]
    reminders: RemindersModel | None = None
    call_from_round: Annotated[int, Field(ge=1)] | None = None
    escalations: list[EscalationModel] = []
    steps: Annotated[dict[Name, StepModel], Field(min_length=1)]


class WeekModel(_Model):
    """The open hours of each weekday; a day that is left out is closed."""

    monday: OpenHours = ()
    tuesday: OpenHours = ()
    wednesday: OpenHours = ()
    thursday: OpenHours = ()
    friday: OpenHours = ()
    saturday: OpenHours = ()
    sunday: OpenHours = ()


class DayModel(_Model):
    """A single day that differs from the week."""

    name: Text
    open: OpenHours


class RegionModel(_Model):
    """Whose holidays are proposed as closed days."""

    country: Text
    subdivision: Text | None = None


def _known_region(model: RegionModel | None) -> RegionModel | None:
    if model is not None and (why := unknown(Region(model.country, model.subdivision))):
        raise ValueError(why)
    return model


class CalendarModel(_Model):
    """A file of `calendars/`."""

    calendar: Name
    zone: Annotated[str, BeforeValidator(_zone)]
    spoken: Text
    week: WeekModel
    holidays: Annotated[RegionModel | None, AfterValidator(_known_region)] = None
    closed: Annotated[dict[Day, Text], BeforeValidator(_absent)] = {}
    exceptions: Annotated[dict[Day, DayModel], BeforeValidator(_absent)] = {}


class TeamModel(_Model):
    """A party of staff."""

    title: Text
    accounts: list[Text] = []
    assignee: Text | None = None
    component: Text | None = None


class ContactModel(_Model):
    """Where an issue names the district contact, beside its reporter."""

    field: Text | None = None
    participants_field: Text | None = None


class SubtaskStatusesModel(_Model):
    """The statuses of subtasks that mean something to the bot."""

    done: Text = "Done"
    needs_revision: Text = "Needs Revision"
    superseded: Text = "Superseded"
    not_received: Text = "Not Received"


class JiraModel(_Model):
    """How the bot treats the site."""

    calls_per_second: Annotated[int, Field(ge=1, le=1000)] = 20


class OfficeModel(_Model):
    """`bot.yaml`."""

    auto_advance: bool = True
    only: Label | None = None
    off_label: Label = "bot-off"
    teams: Annotated[dict[Name, TeamModel], Field(min_length=1)]
    district_contact: Annotated[ContactModel, BeforeValidator(_absent)] = ContactModel()
    district_name_field: Text | None = None
    due_field: Text | None = "duedate"
    subtask_type: Text = "Sub-task"
    subtask_statuses: Annotated[SubtaskStatusesModel, BeforeValidator(_absent)] = SubtaskStatusesModel()
    former_accounts: list[Text] = []
    lead: list[Text] = []
    voice: Literal["silent", "draft", "full"] | None = None
    grace: Annotated[timedelta | None, BeforeValidator(_seconds)] = None
    texts: Annotated[dict[Name, Text | None], BeforeValidator(_absent)] = {}
    token_expires: Annotated[date | None, BeforeValidator(_maybe_day)] = None
    jira: Annotated[JiraModel, BeforeValidator(_absent)] = JiraModel()
