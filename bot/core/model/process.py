"""A process and its steps, as a team's YAML file defines them, and the settings of the office in `bot.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.core.model.facts import Condition, Fact, GoalByFact
from bot.core.time.goals import Goal

ATTACHMENT = "attachment"  # a file attached by the district's contact, beside the replies in a branch's `done_by`
DISTRICT = "district"
AUTOMATED = "automated"
LEAD = "lead"
OPERATOR = "operator"

GRACE = timedelta(seconds=60)  # if the office has not set one
ASK, AUTO, NEVER = "ask", "auto", "never"  # whether a district is notified that an announced date has moved or passed
SILENT, DRAFT, FULL = "silent", "draft", "full"  # what the bot may say to districts


@dataclass(frozen=True)
class Escalation:
    """What happens when the fraction `at` of a clock's time is used: the bot sets `label`; with `tell` it writes to
    that team ("team": the party, LEAD: the team lead, OPERATOR: the person who runs the bot, outside Jira); with
    `notify` it sends a message through the channel of that name. With `every` it repeats at that interval."""

    at: float
    label: str | None = None
    tell: str | None = None
    notify: str | None = None
    every: Goal | None = None


@dataclass(frozen=True)
class Branch:
    """One line of work within a step. `subtask` and `description` are templates, None if it has no subtask.

    `done_by` names what of the district finishes it: its replies, or ATTACHMENT; `say_when_done` is the public comment
    that the bot then posts. `escalations` are for its own clock; None means those of the step.

    `condition` says when the branch exists at all, `needs` which branches of the step must be done first. With
    `for_each` there is one branch for each value of that fact. Instead of `goal` there may be `goal_by`. `was` are the
    names that the branch had in earlier versions of the file.

    For one ticket, `for_ticket` fills in the rest: `family` is the name in the file and `each` the value, for a branch
    of a `for_each`; `turn` is the changelog entry by which the condition came true during the pass, `since` its moment;
    `exists` is False where the condition does not hold, and None where a fact is not known: `unknown` names it."""

    name: str
    party: str
    goal: Goal | None = None
    subtask: str | None = None
    description: str | None = None
    done_by: tuple[str, ...] = ()
    say_when_done: str | None = None
    escalations: tuple[Escalation, ...] | None = None
    condition: Condition | None = None
    needs: tuple[str, ...] = ()
    for_each: str | None = None
    goal_by: GoalByFact | None = None
    was: tuple[str, ...] = ()
    family: str = ""
    each: str = ""
    turn: str = ""
    since: datetime | None = None
    exists: bool | None = True
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Revision:
    """The step `return_to` which new files go after a verdict of "needs revision", and the comment that asks for them.
    Without `say`, the ticket goes straight back to that step, and the district is not asked for anything.

    `goal` is how long that step then has, if it differs from the step's own goal; `not_received` is the comment if
    there were no files to review. With `at_once` a single "needs revision" ends the round, since the other reviews
    cannot be done then; otherwise the other reviewers finish first."""

    return_to: str
    say: str | None
    goal: Goal | None = None
    not_received: str | None = None
    at_once: bool = False


@dataclass(frozen=True)
class Step:
    """One stage, tied to a Jira status. With `revision` it is a review: its goal counts per round, from the
    moment the files were received. `said_by` names an earlier step whose comment asks for the same thing: if that
    comment was posted and the ticket comes directly from that step, the bot does not repeat it.

    `condition` says when the step is done at all: if it does not hold when its turn comes, the step is passed over. The
    step begins once `starts_when` holds, and does not end while a fact in `requires` is not set. `tell` is a team that
    gets an internal comment when a ticket comes in. With `wait` the step ends by itself after that time. `was` are the
    names that the step had in earlier versions of the file."""

    name: str
    title: str
    status: str
    parties: tuple[str, ...]
    next: str
    goal: Goal | None = None
    say: str | None = None
    branches: tuple[Branch, ...] = ()
    revision: Revision | None = None
    said_by: str | None = None
    escalations: tuple[Escalation, ...] = ()
    condition: Condition | None = None
    starts_when: Condition | None = None
    requires: tuple[str, ...] = ()
    tell: str | None = None
    wait: Goal | None = None
    goal_by: GoalByFact | None = None
    was: tuple[str, ...] = ()

    @property
    def automated(self) -> bool:
        """Whether the step is the bot's own, and ends when its comment is posted."""
        return self.parties == (AUTOMATED,)

    @property
    def review(self) -> bool:
        """Whether rounds of files are reviewed here."""
        return self.revision is not None and self.revision.say is not None

    def branch(self, name: str) -> Branch:
        """Return the branch with that name. Raises KeyError if there is none."""
        for branch in self.branches:
            if branch.name == name:
                return branch
        raise KeyError(name)

    def escalations_of(self, branch: str) -> tuple[Escalation, ...]:
        """Return the escalations of that branch's clock; "" means the step's own clock."""
        own = next((b.escalations for b in self.branches if b.name == branch), None)
        return self.escalations if own is None else own


@dataclass(frozen=True)
class Closing:
    """The comment to the district at an end of the process, and the resolution that is then set, if any."""

    say: str | None = None
    resolution: str | None = None


@dataclass(frozen=True)
class Reminders:
    """How a district is reminded that it is its turn: after each goal in `after`, with the comment `say`; after
    `call_after` the team is asked to phone."""

    after: tuple[Goal, ...]
    say: str
    call_after: Goal | None = None


@dataclass(frozen=True)
class Process:
    """A whole process. `ends` maps an end's name to its Jira status, `closings` to its comment; from round
    `call_from_round` on the team lead is asked to call; `tell_district_when_late` says whether a district is notified
    of an announced date that moved or passed (ASK, AUTO or NEVER); `version` is a hash of the definition.

    `issue_types` are the types of the tickets that follow the process. `waiting_status` may be empty if no revision
    asks the district; `waiting_was` are the statuses that it was in earlier versions of the file. `total` is the
    published length of the whole, or `total_by` if it depends on a fact. `retired_labels` and `retired_due_fields` are
    those that earlier versions of the file used: what the bot set by them is taken off."""

    name: str
    title: str
    project: str
    issue_types: tuple[str, ...]
    since: datetime | None
    calendar: str
    waiting_status: str
    ends: Mapping[str, str]
    steps: tuple[Step, ...]
    version: str = ""
    closings: Mapping[str, Closing] = field(default_factory=dict)
    reminders: Reminders | None = None
    call_from_round: int | None = None
    tell_district_when_late: str = ASK
    facts: Mapping[str, Fact] = field(default_factory=dict)
    total: Goal | None = None
    total_by: GoalByFact | None = None
    waiting_was: tuple[str, ...] = ()
    retired_labels: tuple[str, ...] = ()
    retired_due_fields: tuple[str, ...] = ()

    @property
    def issue_type(self) -> str:
        """The first of the issue types that follow the process."""
        return self.issue_types[0]

    def step(self, name: str) -> Step:
        """Return the step with that name. Raises KeyError if there is none."""
        step = self.find_step(name)
        if step is None:
            raise KeyError(name)
        return step

    def find_step(self, name: str) -> Step | None:
        """Return the step with that name, or None, as for a visit outside the steps."""
        return next((s for s in self.steps if s.name == name), None)

    def step_at(self, status: str) -> Step | None:
        """Return the step that a Jira status belongs to, or None for any other status."""
        return next((s for s in self.steps if s.status == status), None)

    def status_of(self, name: str) -> str:
        """Return the Jira status of a step or an end. Raises KeyError if there is none with that name."""
        return self.ends[name] if name in self.ends else self.step(name).status

    @property
    def escalations(self) -> tuple[Escalation, ...]:
        """Every escalation of every step and branch."""
        clocks = ((step, name) for step in self.steps for name in ("", *(b.name for b in step.branches)))
        return tuple(escalation for step, name in clocks for escalation in step.escalations_of(name))

    @property
    def statuses(self) -> tuple[str, ...]:
        """Every status that the process names, in the order of the process."""
        waiting = (self.waiting_status,) if self.waiting_status else ()
        return (*(s.status for s in self.steps), *waiting, *self.ends.values())


@dataclass(frozen=True)
class Team:
    """A party of staff: `title` is the name that districts read, `accounts` are its members' account ids, and its
    subtasks go to `assignee` (an account id) or to `component`."""

    name: str
    title: str
    accounts: tuple[str, ...] = ()
    assignee: str | None = None
    component: str | None = None


@dataclass(frozen=True)
class SubtaskStatuses:
    """The names of the statuses in the subtask workflow that the bot uses."""

    done: str = "Done"
    needs_revision: str = "Needs Revision"
    superseded: str = "Superseded"
    not_received: str = "Not Received"


@dataclass(frozen=True)
class Office:
    """The settings in `bot.yaml`: who belongs to which team, and how the bot behaves.

    `contact_field` is a user field that names the district contact, `district_field` a text field with the
    district's name (None: the issue's summary), `due_field` the field for the next due moment (None: no field).
    `voice` is what the bot may say to districts (SILENT, DRAFT or FULL; None: not set), `grace` how long it waits
    before it comments on a person's move (None: not set), `texts` are texts of the office that templates may quote,
    `lead` are the accounts of the team leads. `untold_changes` is the limit for missed webhooks.
    `district_pattern` cuts the district's name out of the summary where no field has it.
    `district_calendars` maps a value of `calendar_field`, as `normalized` returns it, to the name of a calendar."""

    teams: Mapping[str, Team]
    auto_advance: bool = True
    only: str | None = None
    off_label: str = "bot-off"
    due_field: str | None = "duedate"
    contact_field: str | None = None
    participants_field: str | None = None
    district_field: str | None = None
    district_pattern: str | None = None
    subtask_type: str = "Sub-task"
    subtask_statuses: SubtaskStatuses = field(default_factory=SubtaskStatuses)
    former_accounts: tuple[str, ...] = ()
    calls_per_second: int = 20
    untold_changes: int = 5
    lead: tuple[str, ...] = ()
    voice: str | None = None
    grace: timedelta | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    token_expires: date | None = None
    calendar_field: str | None = None
    district_calendars: Mapping[str, str] = field(default_factory=dict)

    @property
    def grace_or_default(self) -> timedelta:
        """How long the bot waits before it comments on a person's move: `grace`, or the default if it is not set."""
        return GRACE if self.grace is None else self.grace

    @property
    def staff(self) -> frozenset[str]:
        """The account ids of all teams and of the team leads."""
        return frozenset(a for team in self.teams.values() for a in team.accounts) | frozenset(self.lead)


def process_for_issue(process: Process, office: Office, fields: Mapping[str, Any]) -> Process:
    """Return the process as it applies to an issue with these fields: with the calendar for the value of the office's
    `calendar_field`, if there is one. The value may be a string, an option, or a list of these, of which the first
    that has a calendar counts."""
    value = fields.get(office.calendar_field) if office.calendar_field else None
    for one in value if isinstance(value, list) else [value]:
        word = one.get("value", one.get("name")) if isinstance(one, Mapping) else one
        if isinstance(word, str) and (name := office.district_calendars.get(normalized(word))):
            return replace(process, calendar=name)
    return process


def normalized(word: str) -> str:
    """Return a field's value in the form in which values are compared: case folded, without extra spaces."""
    return " ".join(word.casefold().split())
