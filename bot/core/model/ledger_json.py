"""The ledger as JSON: written so that it fits into an entity property, and validated when it is read."""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bot.core.model.checked_json import LedgerBroken as LedgerBroken
from bot.core.model.checked_json import Table
from bot.core.model.ledger import (
    RECORDED_COMMANDS,
    ClockRecord,
    CommandName,
    CommandRecord,
    Decision,
    FinishRecord,
    Ledger,
    Mover,
    PauseReason,
    PauseRecord,
    ReplyRecord,
    Verdict,
    Visit,
)
from bot.core.model.pauses import command_pauses
from bot.core.time.goals import parse_goal

FORMAT = 1
# Fields that have another name in the property, because version 0.1 wrote them so.
_KEYS = {"replies": "answers", "commands": "orders", "read_comments": "heard", "read_until": "heard_until"}
_ROOM = 30_000  # Jira refuses a property of more than 32,768 characters


def to_json(ledger: Ledger) -> dict[str, Any]:
    """Return the value of the entity property. If it would not fit, the oldest visits lose the list of effects first,
    then their clocks, and then they are removed, those that the current visit continues last. The last two visits are
    always complete."""
    value = {"v": FORMAT, **_slim(ledger)}
    if _size(value) > _ROOM:
        _make_room(value, ledger)
    return value


def _make_room(value: dict[str, Any], ledger: Ledger) -> None:
    visits = value["visits"]
    alive = {v.id for v in ledger.chain(ledger.visits[-1])}
    over = _size(value) - _ROOM
    for details in ({"done", "answers", "withdrawn"}, {"clocks", "orders", "finished", "decided"}):
        for visit in visits[:-2]:
            if over <= 0:
                return
            kept = {"done", "withdrawn", "answers", "orders"} if visit["id"] in alive else set()
            before = _size(visit)
            for name in details - kept:
                visit.pop(name, None)
            over -= before - _size(visit)
    while over > 0 and len(visits) > 2:
        passed = [n for n, v in enumerate(visits[:-2]) if v["id"] not in alive]
        gone = visits.pop(passed[0] if passed else 0)
        over -= _size(gone)
        for visit in visits:
            if visit.get("continues") == gone["id"]:
                before = _size(visit)
                _take_over(visit, gone, ledger)
                over += _size(visit) - before


def _take_over(visit: dict[str, Any], gone: dict[str, Any], ledger: Ledger) -> None:
    """Copy from a visit that is removed what the visit that continues it needs for its clocks and effects."""
    removed = ledger.visit(gone["id"])
    by_command = command_pauses(removed) if removed else []
    ended = [PauseRecord(p.begin, p.end, p.why) for p in by_command if p.end is not None]
    pauses = gone.get("pauses", []) + _slim(ended) + visit.get("pauses", [])
    commands = [c for c in gone.get("orders", []) if c["kind"] == CommandName.EXTEND] + visit.get("orders", [])
    done = {**gone.get("done", {}), **visit.get("done", {})}
    first = gone.get("first", gone["began"])
    visit.update(_slim({"pauses": pauses, "orders": commands, "done": done, "first": first}))
    del visit["continues"]
    if "continues" in gone:
        visit["continues"] = gone["continues"]


def read_ledger(value: Any) -> Ledger | None:
    """Return the ledger in the value of the entity property, or None if there is no value.

    Raises LedgerBroken, with the reason in words for staff, if the value is not a valid ledger."""
    if value is None:
        return None
    table = Table(value, "the record")
    if table.value.get("v") != FORMAT:
        raise LedgerBroken(f"it is of format {table.value.get('v')!r:.60}, and this bot reads format {FORMAT}")
    ledger = Ledger(
        process=table.text("process"),
        version=table.text("version"),
        visits=[_visit(v) for v in table.tables("visits")],
        read_comments=table.moments_by_name("heard"),
        read_until=table.maybe_moment("heard_until"),
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


def _size(value: Any) -> int:
    return len(json.dumps(value))


def _slim(value: Any) -> Any:
    if is_dataclass(value):  # dataclasses.asdict would copy every moment first
        value = {_KEYS.get(name, name): field for name, field in vars(value).items()}
    if isinstance(value, dict):
        return {k: s for k, v in value.items() if (s := _slim(v)) not in (None, "", 0, [], (), {})}
    if isinstance(value, list | tuple):
        return [_slim(v) for v in value]
    if isinstance(value, StrEnum):
        return value.value
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
        mover=v.enum("mover", Mover),
        files=v.text("files", ""),
        round=v.number("round"),
        received=v.maybe_moment("received"),
        continues=v.text("continues", ""),
        undo=v.text("undo", ""),
        replies=[_reply(r) for r in v.tables("answers")],
        commands=[_command(c) for c in v.tables("orders")],
        pauses=_pause_records(v),
        first=v.maybe_moment("first"),
        done=v.texts_by_name("done"),
        withdrawn=v.texts("withdrawn"),
        finished={name: _finish(f) for name, f in v.tables_by_name("finished").items()},
        clocks={name: _clock(c) for name, c in v.tables_by_name("clocks").items()},
        decided=_decision(decided) if decided else None,
        ended=v.maybe_moment("ended"),
        ended_by=v.text("ended_by", ""),
        verdict=v.maybe_enum("verdict", Verdict),
    )


def _decision(d: Table) -> Decision:
    return Decision(d.enum("verdict", Verdict), d.moment("at"), d.text("by", ""), d.text("to"))


def _finish(f: Table) -> FinishRecord:
    return FinishRecord(f.moment("at"), f.text("by", ""))


def _reply(r: Table) -> ReplyRecord:
    return ReplyRecord(r.text("comment"), r.text("intent"), r.moment("at"), r.text("by", ""))


def _command(o: Table) -> CommandRecord:
    kind = o.enum("kind", CommandName)
    if kind not in RECORDED_COMMANDS:
        raise LedgerBroken(f"kind of {o.where} is {kind.value!r}, which changes nothing")
    command = CommandRecord(
        o.text("comment"), kind, o.moment("at"), o.text("by", ""), o.text("value", ""), o.text("branch", "")
    )
    if command.kind == CommandName.EXTEND:
        _goal(command.value, o.where)
    if command.kind == CommandName.RECEIVED:
        o.moment("value")
    return command


def _clock(c: Table) -> ClockRecord:
    return ClockRecord(
        goal=_goal(c.text("goal"), c.where),
        calendar=c.text("calendar"),
        started=c.moment("started"),
        due=c.moment("due"),
        stopped=c.maybe_moment("stopped"),
        pauses=tuple(_pause_records(c)),
        paused=c.maybe_moment("paused"),
        extended=tuple(_goal(text, c.where) for text in c.texts("extended")),
    )


def _pause_records(table: Table) -> list[PauseRecord]:
    return [
        PauseRecord(p.moment("begin"), p.moment("end"), p.enum("why", PauseReason, PauseReason.OUTSIDE))
        for p in table.tables("pauses")
    ]


def _goal(text: str, where: str) -> str:
    try:
        parse_goal(text)
    except ValueError:
        raise LedgerBroken(f"{where}: {text!r} is no goal") from None
    return text
