"""The ledger: what is written reads back as it was, nonsense is refused with a clear word, and it always fits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.model.ledger import (
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
from bot.core.model.ledger_json import LedgerBroken, read_ledger, to_json
from tests.core.world import in_review

AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


def a_visit(number: int, ended: bool = True) -> Visit:
    """A visit with many records."""
    at = AT + timedelta(days=number)
    return Visit(
        id=f"h{number}",
        step="review",
        status="Initial File Review",
        began=at,
        files=f"c{number}",
        round=number,
        replies=[ReplyRecord(f"{number}{n}", "files_ready", at, "qm:carla") for n in range(10)],
        done={f"f{number}{n}:sent": f"{number}{n}" for n in range(40)},
        ended=at + timedelta(hours=1) if ended else None,
        verdict=Verdict.REVISION if ended else None,
    )


def test_a_round_trip() -> None:
    """What a whole story wrote reads back the same."""
    value = json.loads(json.dumps(in_review().ledger))
    ledger = read_ledger(value)
    assert ledger is not None
    assert to_json(ledger) == value
    assert [v.step for v in ledger.visits] == ["confirm", "folder", "review"]


def test_there_may_be_none() -> None:
    """A ticket that the bot never looked at has no ledger."""
    assert read_ledger(None) is None


def visit(**changes: Any) -> dict[str, Any]:
    """A ledger with one visit that is good but for the changes."""
    good = {"id": "created", "status": "Confirming Files", "began": "2026-01-05T15:00:00Z", "mover": "person"}
    kept = {k: v for k, v in {**good, **changes}.items() if v is not ...}
    return {"v": 1, "process": "dde", "version": "1", "visits": [kept]}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("nonsense", "the record is not a table of names and values"),
        ([], "the record is not a table of names and values"),
        ({}, "it is of format None"),
        ({"v": 2}, "it is of format 2, and this bot reads format 1"),
        ({"v": 1}, "process"),
        ({"v": 1, "process": 7, "version": "1"}, "7 is no text"),
        ({"v": 1, "process": "dde", "version": "1", "visits": 3}, "visits"),
        ({"v": 1, "process": "dde", "version": "1", "visits": {"a": 1}}, "visits"),
        ({"v": 1, "process": "dde", "version": "1", "heard": []}, "heard"),
        (visit(id=...), "id"),
        (visit(began="yesterday"), "yesterday"),
        (visit(began="2026-01-05T15:00:00"), "has no offset"),
        (visit(mover="king"), "king"),
        (visit(round="many"), "many"),
        (visit(round=-1), "-1"),
        (visit(round=True), "True"),
        (visit(done={"say": 7}), "7 is no text"),
        (visit(done=["say"]), "done of visits 1 of the record is not a table"),
        (visit(answers=[{"comment": "5"}]), "intent"),
        (visit(withdrawn="folder"), "withdrawn of visits 1 of the record is no list"),
        (visit(clocks={"step": {"goal": "20 business hours"}}), "calendar"),
        (visit(decided={"verdict": "perfect", "at": "2026-01-05T15:00:00Z", "to": "Done"}), "perfect"),
        (visit(verdict="perfect"), "perfect"),
        (visit(decided="yes"), "decided of visits 1 of the record is not a table"),
    ],
)
def test_nonsense_is_refused(value: Any, says: str) -> None:
    """Whoever may edit the issue may edit the property, so every part of it is looked at."""
    with pytest.raises(LedgerBroken, match=says):
        read_ledger(value)


def test_one_visit_twice() -> None:
    """Two visits cannot have begun with one fact."""
    value = to_json(Ledger("dde", "1", [a_visit(1), a_visit(1, ended=False)]))
    with pytest.raises(LedgerBroken, match="names one visit twice"):
        read_ledger(value)


def test_a_passed_visit_has_an_end() -> None:
    """Only the last visit may be open."""
    value = to_json(Ledger("dde", "1", [a_visit(1, ended=False), a_visit(2, ended=False)]))
    with pytest.raises(LedgerBroken, match="has no end"):
        read_ledger(value)


def test_a_visit_continues_one_that_is_there() -> None:
    """A name that no visit has would lose what was done in it."""
    with pytest.raises(LedgerBroken, match="h77"):
        read_ledger(visit(continues="h77"))


@pytest.mark.parametrize("visits", [20, 60, 400])
def test_it_fits_into_the_property(visits: int) -> None:
    """The oldest visits lose their details first, then go; what is left is valid, and the last two are whole."""
    whole = Ledger("dde", "1", [a_visit(n, ended=n < visits - 1) for n in range(visits)])
    value = to_json(whole)
    assert len(json.dumps(value)) <= 32_000
    ledger = read_ledger(value)
    assert ledger is not None
    assert ledger.visits[-2:] == whole.visits[-2:]
    assert ledger.visits[-1].round == visits - 1


def test_the_record_of_read_comments_is_bounded() -> None:
    """Only the newest comments are kept by id; of the others the latest moment, up to which all were read."""
    ledger = Ledger("dde", "1")
    for n in range(200):
        ledger.mark_read(str(n), AT + timedelta(minutes=n))
    assert len(ledger.read_comments) == 50
    assert ledger.read_comments["199"] == AT + timedelta(minutes=199)
    assert ledger.read_until == AT + timedelta(minutes=149)


def test_effects_are_noted_where_they_belong() -> None:
    """An effect of another issue, or of a visit that is not there, changes nothing."""
    ledger = Ledger("dde", "1", [a_visit(1, ended=False)])
    ledger.note({"10001:h1:say": "55", "10002:h1:other": "56", "10001:h9:say": "57", "odd": "58"}, "10001")
    assert ledger.visits[0].done["say"] == "55"
    assert len(ledger.visits[0].done) == 41


@pytest.mark.parametrize(
    "change",
    [
        {"orders": [{"comment": "1", "kind": "extend", "at": "2026-01-05T15:00Z", "value": "abc"}]},
        {"orders": [{"comment": "1", "kind": "received", "at": "2026-01-05T15:00Z", "value": "abc"}]},
        {
            "clocks": {
                "step": {"goal": "abc", "calendar": "cli", "started": "2026-01-05T15:00Z", "due": "2026-01-05T15:00Z"}
            }
        },
    ],
)
def test_what_is_no_goal_or_moment_breaks_it(change: dict[str, object]) -> None:
    """Staff are notified, instead of every reconcile failing."""
    value = to_json(Ledger("dde", "1", [a_visit(1, ended=False)]))
    value["visits"][0] |= change
    with pytest.raises(LedgerBroken, match="abc"):
        read_ledger(value)


def test_dozens_of_rounds_with_holds_and_extensions() -> None:
    """The present visit is kept whole, and so do the clocks of the newest visits, as many as fit; of none that is
    older anything is left that a newer one has lost."""
    visits = [a_visit(n, ended=n < 79) for n in range(80)]
    for n, visit in enumerate(visits):
        at = AT + timedelta(days=n)
        visit.commands = [
            CommandRecord(f"{n}{k}", kind, at, "712020:hanna", "5 business days")
            for k, kind in enumerate(("hold", "extend"))
        ]
        pauses = tuple(PauseRecord(at, at + timedelta(hours=k), PauseReason.ON_HOLD) for k in range(3))
        visit.clocks = {
            "review": ClockRecord("20 business hours", "cli", at, at, None, pauses, None, ("5 business days",))
        }
    whole = Ledger("dde", "1", visits)
    value = to_json(whole)
    assert len(json.dumps(value)) <= 32_000
    ledger = read_ledger(value)
    assert ledger is not None
    assert ledger.visits[-2:] == whole.visits[-2:]
    kept = [bool(v.clocks) for v in ledger.visits]
    assert kept == sorted(kept)
    assert sum(kept) >= 12
    room = 30_000 - len(json.dumps(value))
    assert room < 2 * len(json.dumps(value["visits"][-3]))


@pytest.mark.parametrize(
    ("moment", "good"),
    [
        ("1969-12-31T23:59:59Z", False),
        ("1970-01-01T00:00:00Z", True),
        ("2199-12-31T23:59:59Z", True),
        ("2200-01-01T00:00:00Z", False),
        ("2199-12-31T23:59:59-01:00", False),  # in UTC it is a year later
        ("0001-01-01T00:00:00+01:00", False),
    ],
)
def test_a_moment_lies_in_the_years_of_the_calendars(moment: str, good: bool) -> None:
    """No calendar can say anything of another year."""
    if good:
        ledger = read_ledger(visit(began=moment))
        assert ledger is not None
        assert ledger.visits[0].began == datetime.fromisoformat(moment)
    else:
        with pytest.raises(LedgerBroken, match="began of visits 1 of the record"):
            read_ledger(visit(began=moment))


def test_a_visit_takes_over_what_was_done_in_those_that_are_removed() -> None:
    """Along the whole chain, whichever of its visits is removed first."""
    first, second, third, last = (a_visit(n, ended=n < 4) for n in (1, 2, 3, 4))
    second.continues, third.continues, last.continues = first.id, second.id, first.id
    second.done, third.done = {}, {"say": "77"}
    last.done = {f"f{n}:sent": f"{n}" for n in range(2000)}
    ledger = read_ledger(to_json(Ledger("dde", "1", [first, second, third, last])))
    assert ledger is not None
    assert [v.id for v in ledger.visits] == [third.id, last.id]
    assert [v.continues for v in ledger.visits] == ["", ""]
    assert ledger.visits[0].done == {**first.done, **third.done}
    assert ledger.visits[1].done == {**first.done, **last.done}
    assert [v.first for v in ledger.visits] == [first.began, first.began]


def _of_size(size: int, *visits: Visit) -> tuple[Ledger, dict[str, Any]]:
    """A ledger whose JSON would have so many characters with nothing left out, and that JSON."""
    whole: dict[str, Any] = {"v": 1, "process": "dde", "version": "", "visits": []}
    for visit in visits:
        whole["visits"] += to_json(Ledger("dde", "1", [visit]))["visits"]
    whole["version"] = "x" * (size - len(json.dumps(whole)))
    return Ledger("dde", whole["version"], list(visits)), whole


def test_a_ledger_is_whole_up_to_thirty_thousand_characters() -> None:
    """With one more its oldest visit loses the list of what was done, and nothing else is lost."""
    visits = [a_visit(n, ended=n < 5) for n in range(6)]
    ledger, whole = _of_size(30_000, *visits)
    assert to_json(ledger) == whole
    ledger, whole = _of_size(30_001, *visits)
    shorter = to_json(ledger)
    assert set(whole["visits"][0]) - set(shorter["visits"][0]) == {"done", "answers"}
    assert shorter["visits"][1:] == whole["visits"][1:]


def test_a_ledger_loses_only_as_much_as_it_must() -> None:
    """The lists of the visits that are over, oldest first, then their clocks, then the visits themselves."""
    visits = [a_visit(n, ended=n < 5) for n in range(6)]
    for visit in visits:
        visit.clocks = {"step": ClockRecord("20 business hours", "cli", AT, AT)}
    _, whole = _of_size(30_000, *visits)
    oldest = whole["visits"][0]
    lists, clock = (
        len(json.dumps(oldest)) - len(json.dumps({k: v for k, v in oldest.items() if k not in names}))
        for names in (("done", "answers"), ("clocks",))
    )
    for more, done, clocks, count in (
        (lists - 20, 5, 6, 6),
        (lists + 20, 4, 6, 6),
        (4 * lists - 80, 2, 6, 6),
        (4 * lists + 20, 2, 5, 6),
        (4 * lists + 4 * clock - 20, 2, 2, 6),
        (4 * lists + 4 * clock + 20, 2, 2, 5),
    ):
        found = to_json(_of_size(30_000 + more, *visits)[0])["visits"]
        assert (sum("done" in v for v in found), sum("clocks" in v for v in found)) == (done, clocks)
        assert (len(found), found[-2:]) == (count, whole["visits"][-2:])


def test_what_the_present_visit_continues_keeps_what_was_done() -> None:
    """Else it would be done again; only its clocks go, and of a visit that is over all goes."""
    visits = [a_visit(n, ended=n < 5) for n in range(6)]
    visits[5].continues = "h1"
    for visit in visits:
        visit.clocks = {"step": ClockRecord("20 business hours", "cli", AT, AT)}
    found = to_json(_of_size(34_600, *visits)[0])["visits"]
    assert [bool(v.get("done")) for v in found] == [False, True, False, False, True, True]


@pytest.mark.parametrize("kind", ["status", "explain", "help", "closed"])
def test_a_command_that_changes_nothing_is_not_in_a_ledger(kind: str) -> None:
    """So a ledger that names one was written by nobody whom the bot knows."""
    with pytest.raises(LedgerBroken, match=f"is '{kind}', which changes nothing"):
        read_ledger(visit(orders=[{"comment": "1", "kind": kind, "at": "2026-01-05T15:00Z"}]))


def test_everything_that_a_visit_may_hold_reads_back() -> None:
    """Each field, with a value of its own."""
    at = [AT + timedelta(hours=n) for n in range(12)]
    full = Visit(
        id="h1",
        step="review",
        status="Initial File Review",
        began=at[0],
        by="712020:hanna",
        mover=Mover.APP,
        files="c5",
        round=2,
        received=at[1],
        continues="h0",
        undo="Done",
        replies=[ReplyRecord("6", "confirm", at[2], "qm:carla")],
        commands=[
            CommandRecord("7", CommandName.EXTEND, at[3], "712020:hanna", "5 business days"),
            CommandRecord("8", CommandName.RECEIVED, at[3], "", "2026-01-05T15:00:00+00:00"),
            CommandRecord("9", CommandName.HOLD, at[3], "712020:hanna", "vendor"),
        ],
        pauses=[PauseRecord(at[4], at[5], PauseReason.AWAY)],
        first=at[6],
        done={"say": "55"},
        withdrawn=["folder"],
        finished={"files": FinishRecord(at[7], "qm:carla")},
        clocks={
            "step": ClockRecord(
                "20 business hours",
                "cli",
                at[0],
                at[8],
                at[9],
                (PauseRecord(at[1], at[2], PauseReason.ON_VENDOR),),
                at[3],
                ("1 week",),
            )
        },
        decided=Decision(Verdict.GOOD, at[10], "712020:fred", "Quality Review"),
        ended=at[11],
        ended_by="712020:fred",
        verdict=Verdict.GOOD,
    )
    first = Visit("h0", "", "On Hold", at[0], mover=Mover.BOT, ended=at[0])
    ledger = Ledger("dde", "1", [first, full], {"6": at[2]}, at[1])
    assert read_ledger(json.loads(json.dumps(to_json(ledger)))) == ledger


def test_a_visit_continues_only_one_that_is_older() -> None:
    """Neither itself nor a later one, so that a chain always ends."""
    for first, second in (("h2", ""), ("h1", ""), ("", "h2")):
        one, two = a_visit(1), a_visit(2, ended=False)
        one.continues, two.continues = first, second
        with pytest.raises(LedgerBroken, match="no visit before it is called that"):
            read_ledger(to_json(Ledger("dde", "1", [one, two])))
