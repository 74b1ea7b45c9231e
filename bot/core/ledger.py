"""The bot's memory of one issue, kept on the issue itself: ids, moments and hashes, never text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.core.checked import LedgerBroken as LedgerBroken
from bot.core.checked import Table

PROPERTY = "onboarding-bot"
FORMAT = 1
_ROOM = 30_000  # Jira refuses a property of more than 32,768 characters
_MOST_HEARD = 50

WAITING = "waiting"  # the step name of a stay in the process's waiting status

GOOD, REVISION, NOT_RECEIVED = "good", "revision", "not received"  # how reviews end
DONE, RECEIVED, LEFT = "done", "received", "left"  # how other stays end
_VERDICTS = (GOOD, REVISION, NOT_RECEIVED, DONE, RECEIVED, LEFT)

NOTED = "-"  # stands in `done` where an effect leaves nothing behind that has an id

BOT, PERSON, APP = "bot", "person", "app"  # who moved a ticket; an app's move is status, nobody's wish


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
        last stay, and of the review that it waits for. None, once the bot has left that stay as it had decided:
        all that they said is written down, but for the findings of a revision."""
        if not self.visits:
            return set()
        last = self.visits[-1]
        left = last.decided is not None and last.decided.to == status != last.status
        if left and last.decided and last.decided.verdict != REVISION:
            return set()
        stays = self.chain(last)
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
        """The value of the entity property. Where it would not fit, the oldest visits lose their details, and
        then go; the last two stay whole."""
        value = {"v": FORMAT, **_slim(asdict(self))}
        visits = value.get("visits", [])
        alive = {v.id for v in self.chain(self.visits[-1])} if self.visits else set()
        for visit in visits[:-2]:
            if _fits(value):
                break
            kept = ("done", "withdrawn", "answers") if visit["id"] in alive else ()
            for name in {"done", "answers", "clocks", "finished", "withdrawn", "decided"}.difference(kept):
                visit.pop(name, None)
        while not _fits(value) and len(visits) > 2:
            gone = visits.pop(0)
            for visit in visits:
                if visit.get("continues") == gone["id"]:
                    del visit["continues"]
                    visit["done"] = {**gone.get("done", {}), **visit.get("done", {})}
        return value


def read_ledger(value: Any) -> Ledger | None:
    """The ledger that the property holds, None where there is none.

    Raises LedgerBroken, with the reason in words for staff, where it is not one."""
    if value is None:
        return None
    table = Table(value, "the record")
    if table.value.get("v") != FORMAT:
        raise LedgerBroken(f"it is of format {table.value.get('v')!r}, and this bot reads format {FORMAT}")
    ledger = Ledger(
        process=table.text("process"),
        version=table.text("version"),
        visits=[_visit(v) for v in table.tables("visits")],
        heard=table.moments("heard"),
        heard_until=table.maybe("heard_until"),
    )
    ids = [v.id for v in ledger.visits]
    if len(set(ids)) != len(ids):
        raise LedgerBroken("it names one visit twice")
    if any(v.ended is None for v in ledger.visits[:-1]):
        raise LedgerBroken("a visit before the last has no end")
    for number, visit in enumerate(ledger.visits):
        if visit.continues and visit.continues not in ids[:number]:
            raise LedgerBroken(f"visit {visit.id} continues {visit.continues}, and no visit before it is called that")
    return ledger


def _fits(value: Any) -> bool:
    return len(json.dumps(value)) <= _ROOM


def _slim(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: s for k, v in value.items() if (s := _slim(v)) not in (None, "", 0, [], {})}
    if isinstance(value, list):
        return [_slim(v) for v in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def _visit(v: Table) -> Visit:
    decided = v.table("decided")
    return Visit(
        id=v.text("id"),
        step=v.text("step", ""),
        status=v.text("status"),
        began=v.moment("began"),
        by=v.text("by", ""),
        mover=v.choice("mover", (BOT, PERSON, APP)),
        files=v.text("files", ""),
        round=v.number("round"),
        received=v.maybe("received"),
        continues=v.text("continues", ""),
        undo=v.text("undo", ""),
        answers=[
            Answer(a.text("comment"), a.text("intent"), a.moment("at"), a.text("by", "")) for a in v.tables("answers")
        ],
        done=v.refs("done"),
        withdrawn=v.texts("withdrawn"),
        finished={name: Finish(f.moment("at"), f.text("by", "")) for name, f in v.named("finished").items()},
        clocks={name: _clock(c) for name, c in v.named("clocks").items()},
        decided=_decision(decided) if decided else None,
        ended=v.maybe("ended"),
        ended_by=v.text("ended_by", ""),
        verdict=v.choice("verdict", _VERDICTS, ""),
    )


def _decision(d: Table) -> Decision:
    return Decision(d.choice("verdict", _VERDICTS), d.moment("at"), d.text("by", ""), d.text("to"))


def _clock(c: Table) -> ClockNote:
    return ClockNote(c.text("goal"), c.text("calendar"), c.moment("started"), c.moment("due"), c.maybe("stopped"))
