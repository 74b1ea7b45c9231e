"""The bot's memory of one issue, stored on the issue itself: ids, moments and hashes, never text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.core.model.effect_id import EffectId, EffectName, Kind

PROPERTY = "onboarding-bot"
_MAX_READ_COMMENTS = 50

STEP_CLOCK = "step"  # the name of a step's own clock, beside those of its branches
WAITING = "waiting"  # the step name of a visit in the process's waiting status


class Verdict(StrEnum):
    """How a visit ended. GOOD, REVISION and NOT_RECEIVED end a review, the others any other visit."""

    GOOD = "good"
    REVISION = "revision"
    NOT_RECEIVED = "not received"
    DONE = "done"
    RECEIVED = "received"
    LEFT = "left"
    REPLACED = "replaced"  # staff announced other files during the same visit


class Mover(StrEnum):
    """Who moved a ticket. A move by an app's account changes the status, but does not count as a person's decision."""

    BOT = "bot"
    PERSON = "person"
    APP = "app"


class PauseReason(StrEnum):
    """Why a clock is paused."""

    ON_HOLD = "hold"  # by staff, with /hold
    ON_VENDOR = "vendor"  # by staff, with /hold vendor: a vendor has to act
    OUTSIDE = "outside"  # the ticket was in a status that belongs to no step
    AWAY = "waiting"  # it waited for the district, without new files
    NOT_READY = "not ready"  # what the step needs in order to begin was taken back


class CommandName(StrEnum):
    """Every command that staff can use, as it is typed after the slash."""

    HOLD = "hold"
    RESUME = "resume"
    EXTEND = "extend"
    RECEIVED = "received"
    NOT_RECEIVED = "not-received"
    NEW_ROUND = "new-round"
    STATUS = "status"
    EXPLAIN = "explain"
    HELP = "help"
    SEND = "send"
    TELL = "tell"
    CLOSED = "closed"


NOTED = "-"  # the value in `done` for an effect that creates nothing with an id


@dataclass(frozen=True)
class ReplyRecord:
    """A reply of the district that counted, as it was when the bot read it."""

    comment: str
    intent: str
    at: datetime
    by: str


@dataclass(frozen=True)
class FinishRecord:
    """When a branch's work was finished, and by whom, according to its subtask's history at the time."""

    at: datetime
    by: str


# The ledger keeps what these changed in a visit; the others only ask something, or do not concern one ticket.
RECORDED_COMMANDS = frozenset(CommandName) - {
    CommandName.STATUS,
    CommandName.EXPLAIN,
    CommandName.HELP,
    CommandName.CLOSED,
}
VENDOR = "vendor"  # the value of /hold if the ticket waits for a vendor, not for the office itself


@dataclass(frozen=True)
class CommandRecord:
    """A command of staff that was carried out: its comment, when and by whom it was given.

    `value` is the goal for /extend, VENDOR for /hold vendor, and for /received the moment that counted before. `branch`
    is the branch that it is about, empty if it is about the whole step."""

    comment: str
    kind: CommandName
    at: datetime
    by: str
    value: str = ""
    branch: str = ""


@dataclass(frozen=True)
class Decision:
    """A verdict or completion that follows from the facts: what it is, since when, by whom, and the status `to` which
    the ticket goes."""

    verdict: Verdict
    at: datetime
    by: str
    to: str


@dataclass(frozen=True)
class PauseRecord:
    """A pause that is over, from `begin` to `end`."""

    begin: datetime
    end: datetime
    why: PauseReason


@dataclass(frozen=True)
class ClockRecord:
    """A review clock as it ran, stored so that a later change of calendar or goal does not rewrite the past.

    `pauses` are the pauses that are over, `paused` is the begin of the current one; `extended` are the goals that staff
    added."""

    goal: str
    calendar: str
    started: datetime
    due: datetime
    stopped: datetime | None = None
    pauses: tuple[PauseRecord, ...] = ()
    paused: datetime | None = None
    extended: tuple[str, ...] = ()


@dataclass
class Visit:
    """One visit of the ticket to a step. `id` names the changelog entry or comment that began it; `files` names the
    fact that began its round.

    `done` maps the effects that the bot applied in this visit to their results (a comment's or subtask's id, or NOTED);
    `continues` names an earlier visit whose work this one continues; `pauses` and `first` keep what can no longer be
    read from earlier visits that were removed: the pauses, and when the first of these visits began."""

    id: str
    step: str
    status: str
    began: datetime
    by: str = ""
    mover: Mover = Mover.PERSON
    files: str = ""
    round: int = 0
    received: datetime | None = None
    continues: str = ""
    undo: str = ""
    replies: list[ReplyRecord] = field(default_factory=list)
    commands: list[CommandRecord] = field(default_factory=list)
    pauses: list[PauseRecord] = field(default_factory=list)
    first: datetime | None = None
    done: dict[str, str] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    finished: dict[str, FinishRecord] = field(default_factory=dict)
    clocks: dict[str, ClockRecord] = field(default_factory=dict)
    decided: Decision | None = None
    ended: datetime | None = None
    ended_by: str = ""
    verdict: Verdict | None = None

    def effects(self, kind: Kind) -> Iterator[tuple[EffectName, str]]:
        """Return the effects of that kind that were done in this visit, each with its result."""
        names = ((EffectName(name), ref) for name, ref in self.done.items())
        return ((name, ref) for name, ref in names if name.kind == kind)

    def copy(self) -> Visit:
        """Return an independent copy of the visit."""
        return replace(
            self,
            replies=list(self.replies),
            commands=list(self.commands),
            pauses=list(self.pauses),
            done=dict(self.done),
            withdrawn=list(self.withdrawn),
            finished=dict(self.finished),
            clocks=dict(self.clocks),
        )


def subtasks_made(visits: Iterable[Visit]) -> set[str]:
    """Return the ids of the subtasks that the bot created in these visits."""
    return {ref for visit in visits for name, ref in visit.effects(Kind.SUBTASK)}


@dataclass
class Ledger:
    """All visits of one issue, oldest first, and the comments that the bot has read: `read_comments` has the newest by
    id, with the moment of their last edit, and `read_until` is that moment for the rest."""

    process: str
    version: str
    visits: list[Visit] = field(default_factory=list)
    read_comments: dict[str, datetime] = field(default_factory=dict)
    read_until: datetime | None = None

    def visit(self, visit_id: str) -> Visit | None:
        """Return the visit with that id, or None."""
        return next((v for v in self.visits if v.id == visit_id), None)

    def chain(self, visit: Visit) -> list[Visit]:
        """Return the visit and those that it continues, newest first."""
        found = [visit]
        if visit.continues:
            by_id = {v.id: v for v in self.visits}
            while (earlier := by_id.get(found[-1].continues)) is not None:  # always an earlier visit, so the loop ends
                found.append(earlier)
        return found

    def abandoned(self, visit: Visit) -> list[Visit]:
        """Return the visits to the same step in passes that are over: what is still open of their work is not needed
        any more."""
        chain = self.chain(visit)
        return [v for v in self.visits if v.step == visit.step and v.ended is not None and v not in chain]

    def working_subtasks(self, status: str) -> set[str]:
        """Return the ids of the subtasks whose own history matters for an issue in `status`: those of the last visit,
        and those of the review whose files the district corrects. Empty once the bot has ended the last visit as
        decided, since the ledger then has what these subtasks said, except for the findings of a revision."""
        if not self.visits:
            return set()
        last = self.visits[-1]
        left = last.decided is not None and last.decided.to == status != last.status
        if left and last.decided and last.decided.verdict != Verdict.REVISION:
            return set()
        visits = self.chain(last)
        if last.step == WAITING:
            visits += [v for v in self.visits if v.files == last.files]
        return subtasks_made(visits)

    def note(self, refs: Mapping[str, str], issue_id: str) -> None:
        """Record effects that were applied, with their results; ids that name no visit of this issue are ignored."""
        for text, ref in refs.items():
            effect = EffectId(text)
            visit = self.visit(effect.visit_id)
            if effect.issue_id == issue_id and visit is not None:
                visit.done.setdefault(effect.name, ref)

    def copy(self) -> Ledger:
        """Return an independent copy of the ledger: changes to the copy do not affect this one."""
        return replace(self, visits=[visit.copy() for visit in self.visits], read_comments=dict(self.read_comments))

    def mark_read(self, comment_id: str, updated: datetime) -> None:
        """Record that a comment was read; only the newest are kept by id, the rest by the moment of the last edit."""
        self.read_comments[comment_id] = updated
        while len(self.read_comments) > _MAX_READ_COMMENTS:
            oldest = min(self.read_comments, key=lambda c: (self.read_comments[c], c))
            gone = self.read_comments.pop(oldest)
            self.read_until = max(self.read_until or gone, gone)
