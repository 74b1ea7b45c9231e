"""The bot's memory of one issue, kept on the issue itself: ids, moments and hashes, never text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

PROPERTY = "onboarding-bot"
FORMAT = 1
_ROOM = 30_000  # Jira refuses a property of more than 32,768 characters
_MOST_HEARD = 50

WAITING = "waiting"  # the step name of a stay in the process's waiting status

GOOD, REVISION, DONE, RECEIVED, LEFT = "good", "revision", "done", "received", "left"  # how stays end

NOTED = "-"  # stands in `done` where an effect leaves nothing behind that has an id

BOT, PERSON, APP = "bot", "person", "app"  # who moved a ticket; an app's move is status, nobody's wish


class LedgerBroken(ValueError):
    """The property holds something that this bot did not write."""


@dataclass
class Answer:
    """A reply of the district that counted, as it was when it was heard."""

    comment: str
    intent: str
    at: datetime
    by: str


@dataclass
class Finish:
    """When a branch's work was finished, and by whom, as its subtask's own history told at the time."""

    at: datetime
    by: str


@dataclass
class Decision:
    """A verdict or completion that the facts have reached: what it is, since when, by whom, and where it leads."""

    verdict: str
    at: datetime
    by: str
    to: str


@dataclass
class ClockNote:
    """A review clock as it ran: kept so that a later change of calendar or goal rewrites nothing."""

    goal: str
    calendar: str
    started: datetime
    due: datetime
    stopped: datetime | None = None


@dataclass
class Visit:
    """One stay in a step. `id` names the changelog entry that began it; `files` the fact that began its round.

    `done` maps what the bot did in this visit to what came of it (a comment's or subtask's id, or NOTED); `continues`
    names an earlier visit whose work this one goes on with."""

    id: str
    step: str
    status: str
    began: datetime
    by: str = ""
    mover: str = PERSON
    files: str = ""
    round: int = 0
    received: datetime | None = None
    continues: str = ""
    undo: str = ""
    answers: list[Answer] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)
    finished: dict[str, Finish] = field(default_factory=dict)
    clocks: dict[str, ClockNote] = field(default_factory=dict)
    decided: Decision | None = None
    ended: datetime | None = None
    ended_by: str = ""
    verdict: str = ""


@dataclass
class Ledger:
    """All visits of one issue, oldest first, and which of the contact's comments were heard as they stood."""

    process: str
    version: str
    visits: list[Visit] = field(default_factory=list)
    heard: dict[str, datetime] = field(default_factory=dict)
    heard_until: datetime | None = None

    def visit(self, visit_id: str) -> Visit | None:
        """The visit of that id, None where there is none."""
        return next((v for v in self.visits if v.id == visit_id), None)

    def chain(self, visit: Visit) -> list[Visit]:
        """The visit and those that it continues, newest first."""
        found: list[Visit] = []
        at: Visit | None = visit
        while at is not None and at not in found:
            found.append(at)
            at = self.visit(at.continues) if at.continues else None
        return found

    def broken_off(self, visit: Visit) -> list[Visit]:
        """Stays in the visit's step, with other files, that ended without a verdict: nobody needs their work."""
        chain = self.chain(visit)
        return [v for v in self.visits if v.step == visit.step and v.verdict == LEFT and v not in chain]

    def working_subtasks(self, status: str) -> set[str]:
        """The ids of the subtasks whose own history matters for an issue that stands in `status`: those of the
        last stay, of the review that it waits for, and of stays in that status that people broke off. The last
        stay's no more, once the bot has left it as it had decided: all that they said is written down, but for
        the findings of a revision."""
        if not self.visits:
            return set()
        last = self.visits[-1]
        stays = [v for v in self.visits if v.status == status and v.verdict == LEFT]
        left = last.decided is not None and last.decided.to == status != last.status
        if not left or (last.decided and last.decided.verdict == REVISION):
            stays += self.chain(last)
            if last.step == WAITING:
                stays += [v for v in self.visits if v.files == last.files]
        return {ref for v in stays for name, ref in v.done.items() if name.startswith("subtask:")}

    def note(self, refs: Mapping[str, str], issue_id: str) -> None:
        """Write down effects that were applied; ids that name no visit of this issue are passed over."""
        for effect, ref in refs.items():
            issue, visit_id, name = (effect.split(":", 2) + ["", ""])[:3]
            visit = self.visit(visit_id)
            if issue == issue_id and visit is not None:
                visit.done.setdefault(name, ref)

    def hear(self, comment_id: str, updated: datetime) -> None:
        """Remember a comment as heard; only the newest are kept by id, the rest by their moment."""
        self.heard[comment_id] = updated
        while len(self.heard) > _MOST_HEARD:
            oldest = min(self.heard, key=lambda c: (self.heard[c], c))
            gone = self.heard.pop(oldest)
            self.heard_until = max(self.heard_until or gone, gone)

    def to_json(self) -> dict[str, Any]:
        """The value of the entity property; the oldest visits lose their details where it would not fit."""
        value = {"v": FORMAT, **_slim(asdict(self))}
        for visit in value.get("visits", [])[:-2]:
            if len(json.dumps(value)) <= _ROOM:
                break
            for name in ("done", "answers", "clocks", "finished", "withdrawn", "decided"):
                visit.pop(name, None)
        return value


def read_ledger(value: Any) -> Ledger | None:
    """The ledger that the property holds, None where there is none.

    Raises LedgerBroken, with the reason in words for staff, where it is not one."""
    if value is None:
        return None
    try:
        if value["v"] != FORMAT:
            raise LedgerBroken(f"it is of format {value['v']!r}, and this bot reads format {FORMAT}")
        ledger = Ledger(
            process=_text(value["process"]),
            version=_text(value["version"]),
            visits=[_visit(v) for v in value.get("visits", [])],
            heard={_text(k): _moment(v) for k, v in value.get("heard", {}).items()},
            heard_until=_maybe(value.get("heard_until")),
        )
    except LedgerBroken:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LedgerBroken(f"it cannot be read ({type(error).__name__}: {error})") from None
    ids = [v.id for v in ledger.visits]
    if len(set(ids)) != len(ids):
        raise LedgerBroken("it names one visit twice")
    if any(v.ended is None for v in ledger.visits[:-1]):
        raise LedgerBroken("a visit before the last has no end")
    return ledger


def _slim(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: s for k, v in value.items() if (s := _slim(v)) not in (None, "", 0, [], {})}
    if isinstance(value, list):
        return [_slim(v) for v in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no offset")
    return moment.astimezone(UTC)


def _maybe(value: Any) -> datetime | None:
    return None if value is None else _moment(value)


def _visit(v: Any) -> Visit:
    decided = v.get("decided")
    return Visit(
        id=_text(v["id"]),
        step=_text(v.get("step", "")),
        status=_text(v["status"]),
        began=_moment(v["began"]),
        by=_text(v.get("by", "")),
        mover=_text(v["mover"]),
        files=_text(v.get("files", "")),
        round=int(v.get("round", 0)),
        received=_maybe(v.get("received")),
        continues=_text(v.get("continues", "")),
        undo=_text(v.get("undo", "")),
        answers=[
            Answer(_text(a["comment"]), _text(a["intent"]), _moment(a["at"]), _text(a.get("by", "")))
            for a in v.get("answers", [])
        ],
        done={_text(k): _text(ref) for k, ref in v.get("done", {}).items()},
        withdrawn=[_text(b) for b in v.get("withdrawn", [])],
        finished={_text(k): Finish(_moment(f["at"]), _text(f.get("by", ""))) for k, f in v.get("finished", {}).items()},
        clocks={_text(k): _clock(c) for k, c in v.get("clocks", {}).items()},
        decided=None
        if decided is None
        else Decision(
            _text(decided["verdict"]),
            _moment(decided["at"]),
            _text(decided.get("by", "")),
            _text(decided.get("to", "")),
        ),
        ended=_maybe(v.get("ended")),
        ended_by=_text(v.get("ended_by", "")),
        verdict=_text(v.get("verdict", "")),
    )


def _clock(c: Any) -> ClockNote:
    return ClockNote(
        _text(c["goal"]),
        _text(c["calendar"]),
        _moment(c["started"]),
        _moment(c["due"]),
        _maybe(c.get("stopped")),
    )
