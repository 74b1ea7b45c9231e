"""The shapes of the YAML files: which keys there are, and what may stand under each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.config.closed_days import Region, unknown
from bot.config.values import (
    Day,
    Fraction,
    Goals,
    GoalText,
    Interval,
    Label,
    MaybeDay,
    MaybeEmpty,
    Moment,
    Name,
    Names,
    OpenHours,
    Seconds,
    Share,
    Text,
    Zone,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _end(value: object) -> object:
    return {"status": value} if isinstance(value, str) else value


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EscalationModel(_Model):
    """What happens when a part of a goal is used (`at`), or again and again after it (`every`, `after`)."""

    at: Fraction = None
    every: Interval = None
    after: Fraction = None
    label: Label | None = None
    tell: Text | None = None
    notify: Name | None = None


class BranchModel(_Model):
    """A branch of a step."""

    party: Text
    goal: GoalText = None
    subtask: Text | None = None
    description: Name | None = None
    done_by: Text | None = None
    say_when_done: Name | None = None
    escalations: list[EscalationModel] | None = None


class RevisionModel(_Model):
    """What a verdict of "needs revision" leads to."""

    return_to: Text
    say: Name
    goal: GoalText = None
    not_received: Name | None = None
    at_once: bool = False


class StepModel(_Model):
    """A step."""

    title: Text
    status: Text
    party: Names
    next: Text
    goal: GoalText = None
    say: Name | None = None
    branches: Annotated[dict[Name, BranchModel], MaybeEmpty] = {}
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

    after: Goals
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
    since: Moment = None
    calendar: Text
    waiting_status: Text
    ends: Annotated[dict[Name, Annotated[EndModel, BeforeValidator(_end)]], Field(min_length=1)]
    reminders: RemindersModel | None = None
    call_from_round: Annotated[int, Field(ge=1)] | None = None
    escalations: list[EscalationModel] = []
    tell_district_when_late: Literal["ask", "auto", "never"] = "ask"
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
    zone: Zone
    spoken: Text
    week: WeekModel
    holidays: Annotated[RegionModel | None, AfterValidator(_known_region)] = None
    closed: Annotated[dict[Day, Text], MaybeEmpty] = {}
    exceptions: Annotated[dict[Day, DayModel], MaybeEmpty] = {}


class TeamModel(_Model):
    """A party of staff."""

    title: Text
    accounts: list[Text] = []
    assignee: Text | None = None
    component: Text | None = None


class ContactModel(_Model):
    """Where an issue names the district contact, in addition to its reporter."""

    field: Text | None = None
    participants_field: Text | None = None


class CalendarByModel(_Model):
    """Which calendar counts for an issue, by the value of one of its fields."""

    field: Text
    values: Annotated[dict[Text, Text], Field(min_length=1)]


class SubtaskStatusesModel(_Model):
    """The statuses of subtasks that mean something to the bot."""

    done: Text = "Done"
    needs_revision: Text = "Needs Revision"
    superseded: Text = "Superseded"
    not_received: Text = "Not Received"


class JiraModel(_Model):
    """How the bot treats the site, and after how many changes without any webhook it says that Jira has stopped
    sending. `untold_share` is accepted from the files of version 0.1.0, and means nothing any more."""

    calls_per_second: Annotated[int, Field(ge=1, le=1000)] = 20
    untold_changes: Annotated[int, Field(ge=1, le=100)] = 5
    untold_share: Share = 0.5


class OfficeModel(_Model):
    """`bot.yaml`."""

    auto_advance: bool = True
    only: Label | None = None
    off_label: Label = "bot-off"
    teams: Annotated[dict[Name, TeamModel], Field(min_length=1)]
    district_contact: Annotated[ContactModel, MaybeEmpty] = ContactModel()
    district_name_field: Text | None = None
    due_field: Text | None = "duedate"
    calendar_by: CalendarByModel | None = None
    subtask_type: Text = "Sub-task"
    subtask_statuses: Annotated[SubtaskStatusesModel, MaybeEmpty] = SubtaskStatusesModel()
    former_accounts: list[Text] = []
    lead: list[Text] = []
    voice: Literal["silent", "draft", "full"] | None = None
    grace: Seconds = None
    texts: Annotated[dict[Name, Text | None], MaybeEmpty] = {}
    token_expires: MaybeDay = None
    jira: Annotated[JiraModel, MaybeEmpty] = JiraModel()
