"""The bot's memory of one issue, kept on the issue itself: ids, moments and hashes, never text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.core.model.effect_id import EffectId, EffectName, Kind

PROPERTY = "onboarding-bot"
_MOST_HEARD = 50

STEP_CLOCK = "step"  # the name of a step's own clock, beside those of its branches
WAITING = "waiting"  # the step name of a stay in the process's waiting status


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
    """Who moved a ticket. What an app's account does is status, never a person's wish."""

    BOT = "bot"
    PERSON = "person"
    APP = "app"


class PauseReason(StrEnum):
    """Why a clock is paused."""

    ON_HOLD = "hold"  # staff said so
    ON_VENDOR = "vendor"  # staff said so: a vendor has to act
    OUTSIDE = "outside"  # the ticket was in a status of no step
    AWAY = "waiting"  # it waited for the district, without new files


class CommandName(StrEnum):
    """Every command of staff, as it is typed after the slash."""

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


NOTED = "-"  # stands in `done` where an effect leaves nothing behind that has an id


@dataclass(frozen=True)
class ReplyRecord:
    """A reply of the district that counted, as it was when it was heard."""

    comment: str
    intent: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Finish:
    """When a branch's work was finished, and by whom, as its subtask's own history told at the time."""

    at: datetime
    by: str


# What these did to a visit stands in the ledger; the others only ask something, or concern no ticket.
RECORDED_COMMANDS = frozenset(CommandName) - {
    CommandName.STATUS,
    CommandName.EXPLAIN,
    CommandName.HELP,
    CommandName.CLOSED,
}
VENDOR = "vendor"  # what a hold waits for, where it is not the office itself


@dataclass(frozen=True)
class CommandRecord:
    """An order of staff that was obeyed: the comment that gave it, when and by whom.

    `value` is what it set: the goal of an extension, VENDOR of a hold for one, and for a corrected receipt the
    moment that counted before."""

    comment: str
    kind: CommandName
    at: datetime
    by: str
    value: str = ""


@dataclass(frozen=True)
class Decision:
    """A verdict or completion that the facts have reached: what it is, since when, by whom, and where it leads."""

    verdict: Verdict
    at: datetime
    by: str
    to: str


@dataclass(frozen=True)
class Stretch:
    """A pause from `begin` to `end`; `why` is a word of `clocks`."""

    begin: datetime
    end: datetime
    why: PauseReason


@dataclass(frozen=True)
class ClockNote:
    """A review clock as it ran: kept so that a later change of calendar or goal rewrites nothing.

    `pauses` are the times in which nothing was spent, `paused` since when that is so now; `extended` are the goals
    that staff added."""

    goal: str
    calendar: str
    started: datetime
    due: datetime
    stopped: datetime | None = None
    pauses: tuple[Stretch, ...] = ()
    paused: datetime | None = None
    extended: tuple[str, ...] = ()


@dataclass
class Visit:
    """One stay in a step. `id` names the changelog entry that began it; `files` the fact that began its round.

    `done` maps what the bot did in this visit to what came of it (a comment's or subtask's id, or NOTED); `continues`
    names an earlier visit whose work this one goes on with; `pauses` and `first` tell what no visit tells any more:
    when nothing was spent, and when the first of the stays began."""

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
    pauses: list[Stretch] = field(default_factory=list)
    first: datetime | None = None
    done: dict[str, str] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    finished: dict[str, Finish] = field(default_factory=dict)
    clocks: dict[str, ClockNote] = field(default_factory=dict)
    decided: Decision | None = None
    ended: datetime | None = None
    ended_by: str = ""
    verdict: Verdict | None = None

    def effects(self, kind: Kind) -> Iterator[tuple[EffectName, str]]:
        """The effects of that kind that were done in this visit, each with what came of it."""
        names = ((EffectName(name), ref) for name, ref in self.done.items())
        return ((name, ref) for name, ref in names if name.kind == kind)

    def copy(self) -> Visit:
        """A visit of its own with the same content."""
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
    """The ids of the subtasks that the bot made in these visits."""
    return {ref for visit in visits for name, ref in visit.effects(Kind.SUBTASK)}


@dataclass
class Ledger:
    """All visits of one issue, oldest first, and which of the contact's comments were heard as they stood."""

    process: str
    version: str
    visits: list[Visit] = field(default_factory=list)
    read_comments: dict[str, datetime] = field(default_factory=dict)
    read_until: datetime | None = None

    def visit(self, visit_id: str) -> Visit | None:
        """The visit of that id, None where there is none."""
        return next((v for v in self.visits if v.id == visit_id), None)

    def chain(self, visit: Visit) -> list[Visit]:
        """The visit and those that it continues, newest first."""
        found = [visit]
        if visit.continues:
            by_id = {v.id: v for v in self.visits}
            while (earlier := by_id.get(found[-1].continues)) is not None:  # always an earlier one, so it ends
                found.append(earlier)
        return found

    def broken_off(self, visit: Visit) -> list[Visit]:
        """Stays in the visit's step, with other files, that ended without a verdict: nobody needs their work."""
        chain = self.chain(visit)
        over = (Verdict.LEFT, Verdict.REPLACED)
        return [v for v in self.visits if v.step == visit.step and v.verdict in over and v not in chain]

    def working_subtasks(self, status: str) -> set[str]:
        """The ids of the subtasks whose own history matters for an issue that stands in `status`: those of the
        last stay, and of the review that it waits for. None, once the bot has left that stay as it had decided:
        all that they said is written down, but for the findings of a revision."""
        if not self.visits:
            return set()
        last = self.visits[-1]
        left = last.decided is not None and last.decided.to == status != last.status
        if left and last.decided and last.decided.verdict != Verdict.REVISION:
            return set()
        stays = self.chain(last)
        if last.step == WAITING:
            stays += [v for v in self.visits if v.files == last.files]
        return subtasks_made(stays)

    def note(self, refs: Mapping[str, str], issue_id: str) -> None:
        """Write down effects that were applied; ids that name no visit of this issue are passed over."""
        for text, ref in refs.items():
            effect = EffectId(text)
            visit = self.visit(effect.visit_id)
            if effect.issue_id == issue_id and visit is not None:
                visit.done.setdefault(effect.name, ref)

    def copy(self) -> Ledger:
        """A ledger of its own with the same content: what is then written into it is not in this one."""
        return replace(self, visits=[visit.copy() for visit in self.visits], read_comments=dict(self.read_comments))

    def mark_read(self, comment_id: str, updated: datetime) -> None:
        """Remember a comment as heard; only the newest are kept by id, the rest by their moment."""
        self.read_comments[comment_id] = updated
        while len(self.read_comments) > _MOST_HEARD:
            oldest = min(self.read_comments, key=lambda c: (self.read_comments[c], c))
            gone = self.read_comments.pop(oldest)
            self.read_until = max(self.read_until or gone, gone)
