"""The plan for a ticket: its effects, which are small commands to Jira, each with its ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.core.model.effect_id import EffectId
from bot.core.model.expected_end import Forecast
from bot.core.model.ledger import NOTED, Decision, Ledger
from bot.core.time.closures import Closure

Facts = Mapping[str, Any]  # what a template may use: strings, numbers, aware datetimes, tuples of strings


@dataclass(frozen=True)
class NewSubtask:
    """One subtask to create; `summary` and `description` are templates, rendered with `facts`."""

    id: EffectId
    branch: str
    summary: str
    description: str | None
    labels: tuple[str, ...]
    facts: Facts
    assignee: str | None = None
    component: str | None = None


@dataclass(frozen=True)
class CreateSubtasks:
    """Create a step's subtasks in one call."""

    items: tuple[NewSubtask, ...]

    @property
    def ids(self) -> tuple[EffectId, ...]:
        """The effect ids, one per subtask."""
        return tuple(item.id for item in self.items)


@dataclass(frozen=True)
class PostComment:
    """Post one comment, which may carry out several effects. A `draft` is an internal comment with the text that
    would be public; with `correction` it is the draft of a date correction, which /tell sends. `due_id` is done with
    it if the text names the day of the fact `due`."""

    ids: tuple[EffectId, ...]
    template: str
    public: bool
    facts: Facts
    draft: bool = False
    correction: bool = False
    due_id: EffectId | None = None


@dataclass(frozen=True)
class SendText:
    """Post a public comment with the text that a person wrote, or with the text of a draft."""

    ids: tuple[EffectId, ...]
    text: str


@dataclass(frozen=True)
class Notify:
    """Send a message outside Jira through a channel. It cannot be marked there, so it is sent at most once.

    `due` is a moment to add below the `body`, in the zone of that `calendar`; `key` is the ticket to link to, if the
    channel may name it."""

    ids: tuple[EffectId, ...]
    channel: str
    title: str
    body: str
    due: datetime | None = None
    calendar: str = ""
    key: str = ""


@dataclass(frozen=True)
class CloseDay:
    """Close a day of a calendar for every ticket that uses it, and answer with the reviews whose due moments move;
    `facts` are for that answer."""

    ids: tuple[EffectId, ...]
    closure: Closure
    facts: Facts


@dataclass(frozen=True)
class MoveSubtask:
    """Move one subtask to a status."""

    ids: tuple[EffectId, ...]
    subtask_id: str
    status: str


@dataclass(frozen=True)
class TransitionIssue:
    """Move the ticket to a status, with a resolution if the transition's screen has that field.

    The move is made only if the effect `after` of the same plan was done. `decided` is the decision that is written to
    the ledger before the move."""

    ids: tuple[EffectId, ...]
    status: str
    resolution: str | None = None
    after: EffectId | None = None
    decided: Decision | None = None


Effect = CreateSubtasks | PostComment | SendText | Notify | CloseDay | MoveSubtask | TransitionIssue


@dataclass(frozen=True)
class TicketUpdate:
    """The one PUT that sets labels, fields and the ledger; `ledger` is None if the bot keeps none for the issue."""

    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    ledger: Ledger | None = None


@dataclass(frozen=True)
class Plan:
    """What is planned and not done yet, when to reconcile next, and why, in one sentence.

    `done_without_call` names effects that are done without a call of their own, `missed` visits that passed before
    the bot had done anything in them, and `forecast` is when the ticket is expected to end."""

    reason: str
    effects: tuple[Effect, ...] = ()
    update: TicketUpdate = field(default_factory=TicketUpdate)
    requeue_at: datetime | None = None
    done_without_call: tuple[EffectId, ...] = ()
    missed: tuple[str, ...] = ()
    forecast: Forecast | None = None

    def update_after(self, issue_id: str, refs: Mapping[str, str], moves: Iterable[TransitionIssue]) -> TicketUpdate:
        """Return the update to write after effects were applied and before these moves are made; `refs` has the result
        of each effect. Its ledger contains both, so the next reconcile can tell the bot's own move from a person's."""
        if self.update.ledger is None:
            return self.update
        ledger = self.update.ledger.copy()
        visit = ledger.visits[-1]
        for move in moves:
            visit.decided = visit.decided or move.decided
        ledger.note({**dict.fromkeys(self.done_without_call, NOTED), **refs}, issue_id)
        return replace(self.update, ledger=ledger)
