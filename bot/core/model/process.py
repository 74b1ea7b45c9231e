"""A process and its steps, as a team's YAML file says them, and what the office has told the bot of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.core.time.goals import Goal

DISTRICT = "district"
AUTOMATED = "automated"
LEAD = "lead"
OPERATOR = "operator"

GRACE = timedelta(seconds=60)  # until the office chooses
ASK, AUTO, NEVER = "ask", "auto", "never"  # who tells a district that a day it was told has moved or passed
SILENT, DRAFT, FULL = "silent", "draft", "full"  # what the bot may say to districts


@dataclass(frozen=True)
class Escalation:
    """What happens when the fraction `at` of a clock's time is used: set `label`; with `tell` write to that team
    ("team": the party, LEAD: the lead, OPERATOR: who runs the bot, outside Jira); with `notify` send a message by
    the channel of that name. With `every` it happens after `at`, again and again, each time that much later."""

    at: float
    label: str | None = None
    tell: str | None = None
    notify: str | None = None
    every: Goal | None = None


@dataclass(frozen=True)
class Branch:
    """One line of work within a step. `subtask` and `description` are templates, None where it has no subtask.

    `done_by` names the reply of the district that finishes it; `say_when_done` the public comment then.
    `escalations` are for its own clock, None where the step's count for it too."""

    name: str
    party: str
    goal: Goal | None = None
    subtask: str | None = None
    description: str | None = None
    done_by: str | None = None
    say_when_done: str | None = None
    escalations: tuple[Escalation, ...] | None = None


@dataclass(frozen=True)
class Revision:
    """Where new files come back to after a verdict of "needs revision", and the words that ask for them.

    `goal` is how long that step then has, where it differs from the step's own; `not_received` the words where
    there were no files to review at all. With `at_once` one "needs revision" ends the round, for what follows it
    cannot be done; without, the other reviewers finish first."""

    return_to: str
    say: str
    goal: Goal | None = None
    not_received: str | None = None
    at_once: bool = False


@dataclass(frozen=True)
class Step:
    """One stage, tied to a Jira status. With `revision` it is a review: its goal counts per round, from the
    moment the files were received. `said_by` names a step before it whose words ask the same: where
    they were said, and the ticket comes straight from there, nothing is said again."""

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

    @property
    def automated(self) -> bool:
        """Whether it is the bot's own, and ends when its comment is posted."""
        return self.parties == (AUTOMATED,)

    @property
    def review(self) -> bool:
        """Whether rounds of files are reviewed here."""
        return self.revision is not None

    def branch(self, name: str) -> Branch:
        """The branch of that name; KeyError where there is none."""
        for branch in self.branches:
            if branch.name == name:
                return branch
        raise KeyError(name)

    def escalations_of(self, branch: str) -> tuple[Escalation, ...]:
        """What happens on the clock of that branch; "" for the step's own."""
        own = next((b.escalations for b in self.branches if b.name == branch), None)
        return self.escalations if own is None else own


@dataclass(frozen=True)
class Closing:
    """What an end says to the district, and the resolution it sets, where it has them."""

    say: str | None = None
    resolution: str | None = None


@dataclass(frozen=True)
class Reminders:
    """How a district whose turn it is, is reminded: after each of `after` by `say`; after `call_after` the team
    is asked to phone."""

    after: tuple[Goal, ...]
    say: str
    call_after: Goal | None = None


@dataclass(frozen=True)
class Process:
    """A whole process. `ends` maps an end's name to its Jira status, `closings` to its words; from round
    `call_from_round` on the lead is asked to call; `tell_district_when_late` says whether a district is told of a
    day that moved or passed; `version` is a hash of the definition."""

    name: str
    title: str
    project: str
    issue_type: str
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

    def step(self, name: str) -> Step:
        """The step of that name; KeyError where there is none."""
        step = self.find_step(name)
        if step is None:
            raise KeyError(name)
        return step

    def find_step(self, name: str) -> Step | None:
        """The step of that name; None where there is none, as for a visit outside the steps."""
        return next((s for s in self.steps if s.name == name), None)

    def step_at(self, status: str) -> Step | None:
        """The step that a Jira status stands for, None for any other status."""
        return next((s for s in self.steps if s.status == status), None)

    def status_of(self, name: str) -> str:
        """The Jira status of a step or an end."""
        return self.ends[name] if name in self.ends else self.step(name).status

    @property
    def escalations(self) -> tuple[Escalation, ...]:
        """Every escalation of every step and branch."""
        clocks = ((step, name) for step in self.steps for name in ("", *(b.name for b in step.branches)))
        return tuple(escalation for step, name in clocks for escalation in step.escalations_of(name))

    @property
    def statuses(self) -> tuple[str, ...]:
        """Every status that the process names, in its order."""
        return (*(s.status for s in self.steps), self.waiting_status, *self.ends.values())


@dataclass(frozen=True)
class Team:
    """A party of staff: the name a district may read, its members' account ids, and to whom (an account id)
    or to what component its subtasks go."""

    name: str
    title: str
    accounts: tuple[str, ...] = ()
    assignee: str | None = None
    component: str | None = None


@dataclass(frozen=True)
class SubtaskStatuses:
    """The names of the subtask workflow's statuses that mean something to the bot."""

    done: str = "Done"
    needs_revision: str = "Needs Revision"
    superseded: str = "Superseded"
    not_received: str = "Not Received"


@dataclass(frozen=True)
class Office:
    """What `bot.yaml` says: who is who, and how the bot behaves.

    `contact_field` is a user field that names the district contact, `district_field` a text field with the
    district's name (None: the issue's summary), `due_field` where the next due moment stands (None: nowhere).
    `voice` is what the bot may say to districts, `grace` how long it waits to speak about a person's move (None:
    not chosen), `texts` what templates may quote of the office, `lead` the accounts of who leads.
    `district_calendars` maps a value of `calendar_field`, as `plain` makes it, to the name of a calendar."""

    teams: Mapping[str, Team]
    auto_advance: bool = True
    only: str | None = None
    off_label: str = "bot-off"
    due_field: str | None = "duedate"
    contact_field: str | None = None
    participants_field: str | None = None
    district_field: str | None = None
    subtask_type: str = "Sub-task"
    subtask_statuses: SubtaskStatuses = field(default_factory=SubtaskStatuses)
    former_accounts: tuple[str, ...] = ()
    calls_per_second: int = 20
    untold_changes: int = 5
    untold_share: float = 0.5
    lead: tuple[str, ...] = ()
    voice: str | None = None
    grace: timedelta | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    token_expires: date | None = None
    calendar_field: str | None = None
    district_calendars: Mapping[str, str] = field(default_factory=dict)

    @property
    def patience(self) -> timedelta:
        """How long the bot waits before it speaks of a move that a person made."""
        return GRACE if self.grace is None else self.grace

    @property
    def staff(self) -> frozenset[str]:
        """The account ids of all teams, and of the lead."""
        return frozenset(a for team in self.teams.values() for a in team.accounts) | frozenset(self.lead)


def in_its_calendar(process: Process, office: Office, fields: Mapping[str, Any]) -> Process:
    """The process as it applies to an issue with these fields: in the calendar that the office keeps for it, where
    there is one. The field may hold a text, an option, or a list of them, of which the first known one counts."""
    value = fields.get(office.calendar_field) if office.calendar_field else None
    for one in value if isinstance(value, list) else [value]:
        word = one.get("value", one.get("name")) if isinstance(one, Mapping) else one
        if isinstance(word, str) and (name := office.district_calendars.get(plain(word))):
            return replace(process, calendar=name)
    return process


def plain(word: str) -> str:
    """A word as the values of a field are compared: without case, and without space around or doubled in it."""
    return " ".join(word.casefold().split())
