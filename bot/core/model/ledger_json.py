"""The ledger as JSON: written so that it fits into an entity property, read with distrust."""

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
    ClockNote,
    CommandName,
    CommandRecord,
    Decision,
    Finish,
    Ledger,
    Mover,
    PauseReason,
    ReplyRecord,
    Stretch,
    Verdict,
    Visit,
)
from bot.core.model.pauses import command_pauses
from bot.core.time.goals import parse_goal

FORMAT = 1
# Fields that are called otherwise in the property, as version 0.1 wrote it.
_KEYS = {"replies": "answers", "commands": "orders", "read_comments": "heard", "read_until": "heard_until"}
_ROOM = 30_000  # Jira refuses a property of more than 32,768 characters


def to_json(ledger: Ledger) -> dict[str, Any]:
    """The value of the entity property. Where it would not fit, the oldest visits lose first what the bot did in
    them, then their clocks, and then go, those last that the present stay goes on with; the last two stay whole."""
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
    """Keep of a stay that is told no more what the one that goes on with it counts by."""
    told = ledger.visit(gone["id"])
    holds = [Stretch(p.begin, p.end, p.why) for p in (command_pauses(told) if told else []) if p.end is not None]
    pauses = gone.get("pauses", []) + [_slim(hold) for hold in holds] + visit.get("pauses", [])
    orders = [o for o in gone.get("orders", []) if o["kind"] == CommandName.EXTEND] + visit.get("orders", [])
    done = {**gone.get("done", {}), **visit.get("done", {})}
    first = gone.get("first", gone["began"])
    visit.update(_slim({"pauses": pauses, "orders": orders, "done": done, "first": first}))
    del visit["continues"]
    if "continues" in gone:
        visit["continues"] = gone["continues"]


def read_ledger(value: Any) -> Ledger | None:
    """The ledger that the property holds, None where there is none.

    Raises LedgerBroken, with the reason in words for staff, where it is not one."""
    if value is None:
        return None
    table = Table(value, "the record")
    if table.value.get("v") != FORMAT:
        raise LedgerBroken(f"it is of format {table.value.get('v')!r:.60}, and this bot reads format {FORMAT}")
    ledger = Ledger(
        process=table.text("process"),
        version=table.text("version"),
        visits=[_visit(v) for v in table.tables("visits")],
        read_comments=table.moments("heard"),
        read_until=table.maybe("heard_until"),
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
        received=v.maybe("received"),
        continues=v.text("continues", ""),
        undo=v.text("undo", ""),
        replies=[_reply(r) for r in v.tables("answers")],
        commands=[_command(c) for c in v.tables("orders")],
        pauses=_stretches(v),
        first=v.maybe("first"),
        done=v.refs("done"),
        withdrawn=v.texts("withdrawn"),
        finished={name: Finish(f.moment("at"), f.text("by", "")) for name, f in v.named("finished").items()},
        clocks={name: _clock(c) for name, c in v.named("clocks").items()},
        decided=_decision(decided) if decided else None,
        ended=v.maybe("ended"),
        ended_by=v.text("ended_by", ""),
        verdict=v.maybe_enum("verdict", Verdict),
    )


def _decision(d: Table) -> Decision:
    return Decision(d.enum("verdict", Verdict), d.moment("at"), d.text("by", ""), d.text("to"))


def _reply(r: Table) -> ReplyRecord:
    return ReplyRecord(r.text("comment"), r.text("intent"), r.moment("at"), r.text("by", ""))


def _command(o: Table) -> CommandRecord:
    kind = o.enum("kind", CommandName)
    if kind not in RECORDED_COMMANDS:
        raise LedgerBroken(f"kind of {o.where} is {kind.value!r}, which changes nothing")
    order = CommandRecord(o.text("comment"), kind, o.moment("at"), o.text("by", ""), o.text("value", ""))
    if order.kind == CommandName.EXTEND:
        _goal(order.value, o.where)
    if order.kind == CommandName.RECEIVED:
        o.moment("value")
    return order


def _clock(c: Table) -> ClockNote:
    return ClockNote(
        goal=_goal(c.text("goal"), c.where),
        calendar=c.text("calendar"),
        started=c.moment("started"),
        due=c.moment("due"),
        stopped=c.maybe("stopped"),
        pauses=tuple(_stretches(c)),
        paused=c.maybe("paused"),
        extended=tuple(_goal(text, c.where) for text in c.texts("extended")),
    )


def _stretches(table: Table) -> list[Stretch]:
    return [
        Stretch(p.moment("begin"), p.moment("end"), p.enum("why", PauseReason, PauseReason.OUTSIDE))
        for p in table.tables("pauses")
    ]


def _goal(text: str, where: str) -> str:
    try:
        parse_goal(text)
    except ValueError:
        raise LedgerBroken(f"{where}: {text!r} is no goal") from None
    return text
