"""The shapes of `bot.yaml` and of the files of `calendars/`: which keys there are, and what may stand under each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.config.closed_days import Region, unknown
from bot.config.values import (
    Day,
    Label,
    MaybeDay,
    MaybeEmpty,
    Name,
    OpenHours,
    Seconds,
    Shape,
    Share,
    Text,
    Zone,
)

Voice = Literal["silent", "draft", "full"]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class WeekModel(Shape):
    """The open hours of each weekday; a day that is left out is closed."""

    monday: OpenHours = ()
    tuesday: OpenHours = ()
    wednesday: OpenHours = ()
    thursday: OpenHours = ()
    friday: OpenHours = ()
    saturday: OpenHours = ()
    sunday: OpenHours = ()


class DayModel(Shape):
    """A single day that differs from the week."""

    name: Text
    open: OpenHours


class RegionModel(Shape):
    """Whose holidays are proposed as closed days."""

    country: Text
    subdivision: Text | None = None


def _known_region(model: RegionModel | None) -> RegionModel | None:
    if model is not None and (why := unknown(Region(model.country, model.subdivision))):
        raise ValueError(why)
    return model


class CalendarModel(Shape):
    """A file of `calendars/`."""

    calendar: Name
    zone: Zone
    spoken: Text
    week: WeekModel
    holidays: Annotated[RegionModel | None, AfterValidator(_known_region)] = None
    closed: Annotated[dict[Day, Text], MaybeEmpty] = {}
    exceptions: Annotated[dict[Day, DayModel], MaybeEmpty] = {}


class TeamModel(Shape):
    """A party of staff."""

    title: Text
    accounts: list[Text] = []
    assignee: Text | None = None
    component: Text | None = None


class ContactModel(Shape):
    """Where an issue names the district contact, in addition to its reporter."""

    field: Text | None = None
    participants_field: Text | None = None


class CalendarByModel(Shape):
    """Which calendar counts for an issue, by the value of one of its fields."""

    field: Text
    values: Annotated[dict[Text, Text], Field(min_length=1)]


class SubtaskStatusesModel(Shape):
    """The statuses of subtasks that mean something to the bot."""

    done: Text = "Done"
    needs_revision: Text = "Needs Revision"
    superseded: Text = "Superseded"
    not_received: Text = "Not Received"


class JiraModel(Shape):
    """How the bot treats the site, and after how many changes without any webhook it says that Jira has stopped
    sending. `untold_share` is accepted from the files of version 0.1.0, and means nothing any more."""

    calls_per_second: Annotated[int, Field(ge=1, le=1000)] = 20
    untold_changes: Annotated[int, Field(ge=1, le=100)] = 5
    untold_share: Share = 0.5


class OfficeModel(Shape):
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
    voice: Voice | None = None
    grace: Seconds = None
    texts: Annotated[dict[Name, Text | None], MaybeEmpty] = {}
    token_expires: MaybeDay = None
    jira: Annotated[JiraModel, MaybeEmpty] = JiraModel()
