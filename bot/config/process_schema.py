"""The shapes of the files of `processes/`: which keys there are, and what may stand under each."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
)

from bot.config.office_schema import CalendarByModel, ContactModel, Voice
from bot.config.values import (
    Fraction,
    GoalExactly,
    Goals,
    GoalText,
    Interval,
    Label,
    MaybeEmpty,
    Moment,
    Name,
    Names,
    OneOrMore,
    Pattern,
    Seconds,
    Shape,
    Text,
)

_STATUS_ALONE = BeforeValidator(lambda value: {"status": value} if isinstance(value, str) else value)
ConditionTexts = Annotated[dict[Text, OneOrMore], Field(min_length=1)]


class GoalByModel(Shape):
    """A goal that depends on a fact: its values are keys beside `by`, and so is `else`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, GoalExactly] = Field(init=False)

    by: Text


def _goal_kind(value: object) -> str:
    return "[by]" if isinstance(value, dict | GoalByModel) else "[goal]"


# The tags are in brackets, by which they are left out of the place that a problem names.
GoalOrBy = Annotated[
    Annotated[GoalText, Tag("[goal]")] | Annotated[GoalByModel, Tag("[by]")], Discriminator(_goal_kind)
]


class EscalationModel(Shape):
    """What happens when a part of a goal is used (`at`), or again and again after it (`every`, `after`)."""

    at: Fraction = None
    every: Interval = None
    after: Fraction = None
    label: Label | None = None
    tell: Text | None = None
    notify: Name | None = None


class FactModel(Shape):
    """A fact: a field of the ticket, and which values it has."""

    title: Text | None = None
    field: Text
    kind: Literal["yes_no", "text", "date", "number"] | None = None
    one_of: Annotated[list[Text], Field(min_length=1)] | None = None
    some_of: Annotated[list[Text], Field(min_length=1)] | None = None
    others: bool = False
    none: Text | None = None
    public: bool = False


class BranchModel(Shape):
    """A branch of a step."""

    LATER: ClassVar[frozenset[str]] = frozenset({"condition", "needs", "for_each", "was"})

    party: Text
    goal: GoalOrBy = None
    subtask: Text | None = None
    description: Name | None = None
    done_by: OneOrMore | None = None
    say_when_done: Name | None = None
    escalations: list[EscalationModel] | None = None
    condition: Annotated[ConditionTexts | None, Field(alias="if")] = None
    needs: OneOrMore | None = None
    for_each: Text | None = None
    was: OneOrMore | None = None


class RevisionModel(Shape):
    """What a verdict of "needs revision" leads to."""

    return_to: Text
    say: Name | None = None
    goal: GoalText = None
    not_received: Name | None = None
    at_once: bool = False


class StepModel(Shape):
    """A step."""

    LATER: ClassVar[frozenset[str]] = frozenset({"condition", "starts_when", "requires", "tell", "wait", "was"})

    title: Text
    status: Text
    party: Names
    next: Text
    goal: GoalOrBy = None
    say: Name | None = None
    branches: Annotated[dict[Name, BranchModel], MaybeEmpty] = {}
    revision: RevisionModel | None = None
    said_by: Text | None = None
    escalations: list[EscalationModel] | None = None
    condition: Annotated[ConditionTexts | None, Field(alias="if")] = None
    starts_when: ConditionTexts | None = None
    requires: OneOrMore | None = None
    tell: Text | None = None
    wait: Interval = None
    was: OneOrMore | None = None


class EndModel(Shape):
    """An end: its Jira status, and where it has them its words and its resolution."""

    status: Text
    say: Name | None = None
    resolution: Text | None = None


class RemindersModel(Shape):
    """How a district is reminded that it is its turn."""

    after: Goals
    say: Name
    call_after: GoalText = None


class AppliesTo(Shape):
    """Which issues a process is for."""

    project: Text
    issue_type: OneOrMore


class WaitingModel(Shape):
    """The status in which a ticket waits for the district, and the names that it had before."""

    status: Text
    was: OneOrMore | None = None

    @model_serializer(mode="wrap")
    def _dumped(self, handler: SerializerFunctionWrapHandler) -> Any:
        return self.status if self.was is None else handler(self)


class DistrictNameModel(Shape):
    """Where the district's name is: in a field, or in a part of the summary."""

    field: Text | None = None
    summary: Pattern | None = None


class ProcessModel(Shape):
    """A file of `processes/`."""

    LATER: ClassVar[frozenset[str]] = frozenset(
        "facts total contact district_name voice grace lead auto_advance only calendar_by due_field texts".split()
    )

    process: Name
    title: Text
    applies_to: AppliesTo
    since: Moment = None
    calendar: Text
    waiting_status: Annotated[WaitingModel, _STATUS_ALONE] | None = None
    ends: Annotated[dict[Name, Annotated[EndModel, _STATUS_ALONE]], Field(min_length=1)]
    reminders: RemindersModel | None = None
    call_from_round: Annotated[int, Field(ge=1)] | None = None
    escalations: list[EscalationModel] = []
    tell_district_when_late: Literal["ask", "auto", "never"] = "ask"
    steps: Annotated[dict[Name, StepModel], Field(min_length=1)]
    facts: Annotated[dict[Name, FactModel], MaybeEmpty] = {}
    total: GoalOrBy = None
    contact: Annotated[ContactModel, MaybeEmpty] = ContactModel()
    district_name: Annotated[DistrictNameModel, MaybeEmpty] = DistrictNameModel()
    voice: Voice | None = None
    grace: Seconds = None
    lead: list[Text] = []
    auto_advance: bool = True
    only: Label | None = None
    calendar_by: CalendarByModel | None = None
    due_field: Text | None = None
    texts: Annotated[dict[Name, Text | None], MaybeEmpty] = {}
