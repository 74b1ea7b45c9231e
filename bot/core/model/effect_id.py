"""The id of an effect: the one place that writes it and the one that reads it.

An id is text, since Jira keeps it as a mark and the database as a key: `issue:visit:name`. The name says what is done
in that visit, such as `say`, `subtask:review` or `c10210:note`. Ids in tickets must stay valid for good, so a shape may
be added here, never changed.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

_OF_A_COMMENT = re.compile(r"([cf])([^:]+):(note|status|early|sent|late)")


class Kind(StrEnum):
    """What an effect does. The value is how its name begins; of the kinds with `c:` or `f:` the comment's id follows
    that letter, and the word comes last."""

    SAY = "say"  # the words of a step; with a branch and a moment, the words when that branch is done
    SUBTASK = "subtask"  # branch
    CLOSE = "close"  # branch, comment
    SUPERSEDE = "supersede"  # subtask
    MOVE = "move"
    UNDO = "undo"
    UNDONE = "undone"
    READY = "ready"  # moment of the decision
    ASK_FINDINGS = "ask_findings"
    FIRST_REVISION = "first_revision"
    CALL = "call"
    OUTSIDE = "hold"  # the note that the ticket was taken out of the process
    PAUSE_ENDED = "hold_over"
    ESCALATION = "flag"  # clock, share of its time, number of the repetition
    MESSAGE = "notify"  # the same, for the message outside Jira
    REMINDER = "remind"  # number, since when it is the district's turn
    PHONE = "phone"  # since when it is the district's turn
    DATE_MOVED = "moved"  # announced moment, new day
    DATE_PASSED = "late"  # announced moment
    ANNOUNCED = "told"  # due moment, clock, the effect whose words announced it
    DRAFTED = "drafted"  # the same, in a draft that staff read
    SENT_DRAFT = "send"  # the draft's comment
    SENT_BY = "order"  # the comment that commanded it
    ANSWER = "answer"  # comment, when it was last edited
    PARKED = "parked"  # the name of what was given up
    FIELD = "field"
    LABELS = "labels"
    LEDGER = "ledger"
    ALL = "all"  # everything that a visit missed
    BROKEN_LEDGER = "broken"  # hash of the text that cannot be read
    NOTE = "c:note"  # words of the contact that a person must read
    STATUS = "c:status"
    EARLY = "c:early"
    FINDING_SENT = "f:sent"
    FINDING_LATE = "f:late"


class EffectName(str):
    """What is done in one visit: the part of an effect's id that the ledger keeps."""

    __slots__ = ()

    @classmethod
    def of(cls, kind: Kind, *args: object) -> EffectName:
        """The name of an effect of that kind. A moment among `args` is written as its whole second since 1970."""
        parts = [str(int(arg.timestamp())) if isinstance(arg, datetime) else str(arg) for arg in args]
        letter, _, word = kind.value.partition(":")
        if word:
            return cls(f"{letter}{parts[0]}:{word}")
        if kind == Kind.BROKEN_LEDGER:
            return cls(f"{kind.value}-{parts[0]}")
        return cls(":".join([kind.value, *parts]))

    @property
    def kind(self) -> Kind | None:
        """What the effect does; None where another version of the bot wrote a name that this one does not know."""
        return self._read()[0]

    @property
    def args(self) -> tuple[str, ...]:
        """What it is about: a branch, a comment, a moment, as its kind says."""
        return self._read()[1]

    def _read(self) -> tuple[Kind | None, tuple[str, ...]]:
        if (found := _OF_A_COMMENT.fullmatch(self)) is not None:
            return Kind(f"{found[1]}:{found[3]}"), (found[2],)
        if self.startswith(f"{Kind.BROKEN_LEDGER.value}-"):
            return Kind.BROKEN_LEDGER, (self.partition("-")[2],)
        word, *args = self.split(":")
        return _KINDS.get(word), tuple(args)


class EffectId(str):
    """The whole id of an effect."""

    __slots__ = ()

    @classmethod
    def of(cls, issue_id: str, visit_id: str, name: str) -> EffectId:
        """The id of the effect of that name in a visit of an issue."""
        return cls(f"{issue_id}:{visit_id}:{name}")

    @property
    def issue_id(self) -> str:
        """The issue that it changes."""
        return self.split(":", 2)[0]

    @property
    def visit_id(self) -> str:
        """The visit that planned it; empty where this text is not an effect's id."""
        return (*self.split(":", 2), "", "")[1]

    @property
    def name(self) -> EffectName:
        """What is done in that visit; empty where this text is not an effect's id."""
        return EffectName((*self.split(":", 2), "", "")[2])


_KINDS = {kind.value: kind for kind in Kind if ":" not in kind.value and kind != Kind.BROKEN_LEDGER}

SAY = EffectName.of(Kind.SAY)  # the words of a visit
