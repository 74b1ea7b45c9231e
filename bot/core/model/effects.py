"""What the bot may wish to do to Jira: small commands in the imperative, each with its ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.core.model.effect_id import EffectId
from bot.core.model.ledger import NOTED, Decision, Ledger
from bot.core.time.closures import Closure

Facts = Mapping[str, Any]  # what a template may say: strings, numbers, aware datetimes, tuples of strings


@dataclass(frozen=True)
class NewSubtask:
    """One subtask to be made; `summary` and `description` are templates, filled from `facts`."""

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
    """Make a step's subtasks in one call."""

    items: tuple[NewSubtask, ...]

    @property
    def ids(self) -> tuple[EffectId, ...]:
        """The effect ids, one per subtask."""
        return tuple(item.id for item in self.items)


@dataclass(frozen=True)
class PostComment:
    """Write one comment; several wishes that it fulfils may share it. A `draft` is an internal comment with what
    would be said in public, with `tell` one that corrects a day. `due_id` is done along with it where the words
    name the day of the fact `due`."""

    ids: tuple[EffectId, ...]
    template: str
    public: bool
    facts: Facts
    draft: bool = False
    tell: bool = False
    due_id: EffectId | None = None


@dataclass(frozen=True)
class SendText:
    """Write a public comment in a person's words, or a draft's."""

    ids: tuple[EffectId, ...]
    text: str


@dataclass(frozen=True)
class Notify:
    """Send a message outside Jira by a channel; it cannot be marked there, so it is sent at most once.

    `due` is a moment to name below the `body`, said in that `calendar`; `key` the ticket to link to, where it may."""

    ids: tuple[EffectId, ...]
    channel: str
    title: str
    body: str
    due: datetime | None = None
    calendar: str = ""
    key: str = ""


@dataclass(frozen=True)
class CloseDay:
    """Close a day of a calendar for every ticket that follows it, and answer with the reviews whose due moment
    moves; `facts` are for that answer."""

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
    """Move the ticket to a status, with a resolution where the move's screen has that field.

    `after` names an effect of the same plan without which the move is not made, and `decided` the decision that
    is then written down before it."""

    ids: tuple[EffectId, ...]
    status: str
    resolution: str | None = None
    after: EffectId | None = None
    decided: Decision | None = None


Effect = CreateSubtasks | PostComment | SendText | Notify | CloseDay | MoveSubtask | TransitionIssue


@dataclass(frozen=True)
class TicketUpdate:
    """The one PUT that sets labels, fields and the ledger; `ledger` is None where the bot keeps none."""

    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    ledger: Ledger | None = None


@dataclass(frozen=True)
class Plan:
    """What is wished and not yet there, when to look again, and why, in one sentence.

    `done_without_call` names effects that are done without a call of their own, `missed` visits that passed before
    the bot had done anything in them."""

    reason: str
    effects: tuple[Effect, ...] = ()
    update: TicketUpdate = field(default_factory=TicketUpdate)
    requeue_at: datetime | None = None
    done_without_call: tuple[EffectId, ...] = ()
    missed: tuple[str, ...] = ()

    def update_after(self, issue_id: str, refs: Mapping[str, str], moves: Iterable[TransitionIssue]) -> TicketUpdate:
        """The update as it is to be written once effects were applied (`refs` says what came of each) and before these
        moves are made. The ledger names both, so the next reconcile can tell the bot's own move from a person's."""
        if self.update.ledger is None:
            return self.update
        ledger = self.update.ledger.copy()
        visit = ledger.visits[-1]
        for move in moves:
            visit.decided = visit.decided or move.decided
        ledger.note({**dict.fromkeys(self.done_without_call, NOTED), **refs}, issue_id)
        return replace(self.update, ledger=ledger)
