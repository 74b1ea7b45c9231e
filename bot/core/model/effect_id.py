"""The id of an effect: the only module that writes and parses these ids.

An id is text, since Jira stores it as a mark and the database as a key: `issue:visit:name`. The name says what is done
in that visit, such as `say`, `subtask:review` or `c10210:note`. Ids in tickets must remain valid forever, so a format
may be added here, but never changed.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

_OF_A_COMMENT = re.compile(r"([cf])([^:]+):(note|status|early|sent|late)")


class Kind(StrEnum):
    """What an effect does. The value is the beginning of the effect's name; in a kind with `c:` or `f:`, the comment's
    id follows that letter, and the word comes last. The remarks below say what the arguments of a name are."""

    SAY = "say"  # the comment of a step; with a branch and a moment, the comment when that branch is done
    SUBTASK = "subtask"  # branch
    CLOSE = "close"  # branch, comment
    SUPERSEDE = "supersede"  # subtask
    MOVE = "move"
    UNDO = "undo"
    UNDONE = "undone"
    READY = "ready"  # moment of the decision
    NOTHING_OPEN = "nothing_open"
    TEAM_TOLD = "team"
    NOT_READY = "not_ready"  # the changelog entry by which it came to be so
    FACTS_MISSING = "facts"  # the facts, the last changelog entry of one of them
    VALUE_UNKNOWN = "value"  # fact, the last changelog entry of it
    ASK_FINDINGS = "ask_findings"
    FIRST_REVISION = "first_revision"
    CALL = "call"
    OUTSIDE = "hold"  # the note that the ticket was taken out of the process
    PAUSE_ENDED = "hold_over"  # the note that the ticket is back in the process
    ESCALATION = "flag"  # clock, share of its time, number of the repetition
    MESSAGE = "notify"  # the same, for the message outside Jira
    REMINDER = "remind"  # number, since when it is the district's turn
    PHONE = "phone"  # since when it is the district's turn
    DATE_MOVED = "moved"  # announced moment, new day
    DATE_PASSED = "late"  # announced moment
    ANNOUNCED = "told"  # due moment, clock, the effect whose comment announced it
    DRAFTED = "drafted"  # the same, in a draft for staff
    SENT_DRAFT = "send"  # the draft's comment
    SENT_BY = "order"  # the comment with the command
    ANSWER = "answer"  # comment, when it was last edited
    RELEASED = "released"
    PARKED = "parked"  # the name of the effect that was given up
    FIELD = "field"
    LABELS = "labels"
    LEDGER = "ledger"
    ALL = "all"  # everything that a visit missed
    BROKEN_LEDGER = "broken"  # hash of the text that cannot be parsed
    NOTE = "c:note"  # a comment of the contact that a person must read
    STATUS = "c:status"
    EARLY = "c:early"
    FINDING_SENT = "f:sent"
    FINDING_LATE = "f:late"


class EffectName(str):
    """What is done in one visit: the part of an effect's id that is stored in the ledger."""

    __slots__ = ()

    @classmethod
    def of(cls, kind: Kind, *args: object) -> EffectName:
        """Return the name of an effect of that kind. A moment in `args` is written as whole seconds since 1970."""
        parts = [str(int(arg.timestamp())) if isinstance(arg, datetime) else str(arg) for arg in args]
        letter, _, word = kind.value.partition(":")
        if word:
            return cls(f"{letter}{parts[0]}:{word}")
        if kind == Kind.BROKEN_LEDGER:
            return cls(f"{kind.value}-{parts[0]}")
        return cls(":".join([kind.value, *parts]))

    @property
    def kind(self) -> Kind | None:
        """What the effect does, or None if another version of the bot wrote a name that this version does not know."""
        return self._read()[0]

    @property
    def args(self) -> tuple[str, ...]:
        """What the effect is about: a branch, a comment, a moment, depending on its kind."""
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
        """Return the id of the effect with that name in a visit of an issue."""
        return cls(f"{issue_id}:{visit_id}:{name}")

    @property
    def issue_id(self) -> str:
        """The issue that the effect changes."""
        return self.split(":", 2)[0]

    @property
    def visit_id(self) -> str:
        """The visit that planned the effect; empty if this text is not an effect's id."""
        return (*self.split(":", 2), "", "")[1]

    @property
    def name(self) -> EffectName:
        """What is done in that visit; empty if this text is not an effect's id."""
        return EffectName((*self.split(":", 2), "", "")[2])


_KINDS = {kind.value: kind for kind in Kind if ":" not in kind.value and kind != Kind.BROKEN_LEDGER}

SAY = EffectName.of(Kind.SAY)  # the comment of a visit
