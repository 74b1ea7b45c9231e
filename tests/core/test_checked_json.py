"""A table of a ledger, read field by field: what may be missing, what is refused, and how that is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.model.checked_json import LedgerBroken, Table
from bot.core.model.ledger import Mover
from tests.core.world import PROCESS

AT = datetime(2026, 1, 5, 15, tzinfo=UTC)
TEXT = "2026-01-05T09:00:00-06:00"


def table(value: Any) -> Table:
    """A table with one field, x."""
    return Table({"x": value}, "it")


def test_what_a_table_reads() -> None:
    """Each kind of field, as it was written; moments in UTC."""
    assert table("word").text("x") == "word"
    assert table("bot").enum("x", Mover) == table("bot").maybe_enum("x", Mover) == Mover.BOT
    assert [table(n).number("x") for n in (0, 1, 70)] == [0, 1, 70]
    assert table(TEXT).moment("x") == table(TEXT).maybe_moment("x") == AT
    inner = table({"y": "word"}).table("x")
    assert inner is not None
    assert (inner.value, inner.where) == ({"y": "word"}, "x of it")
    assert [one.value for one in table([{"y": 1}, {}]).tables("x")] == [{"y": 1}, {}]
    assert table(["a", ""]).texts("x") == ["a", ""]
    assert table({"a": "b"}).texts_by_name("x") == {"a": "b"}
    assert table({"a": TEXT}).moments_by_name("x") == {"a": AT}
    assert {name: one.value for name, one in table({"a": {"b": 1}}).tables_by_name("x").items()} == {"a": {"b": 1}}


def test_what_may_be_missing() -> None:
    """Empty values are never written, so they read as nothing."""
    none = Table({}, "it")
    assert none.text("x", "") == table("").text("x", "other") == ""
    assert none.text("x", "other") == "other"
    assert none.enum("x", Mover, Mover.APP) == Mover.APP
    assert none.maybe_enum("x", Mover) is None
    assert table("").maybe_enum("x", Mover) is None
    assert none.number("x") == 0
    assert none.maybe_moment("x") is table(None).maybe_moment("x") is None
    assert none.table("x") is table(None).table("x") is None
    assert none.tables("x") == none.texts("x") == []
    assert none.tables_by_name("x") == none.texts_by_name("x") == none.moments_by_name("x") == {}


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (lambda: Table([], "it"), "it is not a table"),
        (lambda: Table({1: "word"}, "it"), "it is not a table"),
        (lambda: Table({}, "it").text("x"), "it has no x"),
        (lambda: table("").text("x"), "it has no x"),
        (lambda: table(7).text("x"), "x of it: 7 is no text"),
        (lambda: table(None).text("x", ""), "x of it: None is no text"),
        (lambda: Table({}, "it").enum("x", Mover), "it has no x"),
        (lambda: table("king").enum("x", Mover), "x of it is 'king', which means nothing"),
        (lambda: table("king").maybe_enum("x", Mover), "x of it is 'king', which means nothing"),
        (lambda: table("x" * 100).enum("x", Mover), f"x of it is '{'x' * 59}, which means nothing"),
        (lambda: table(-1).number("x"), "x of it is -1, which is no count"),
        (lambda: table(1.5).number("x"), "x of it is 1.5, which is no count"),
        (lambda: table("3").number("x"), "x of it is '3', which is no count"),
        (lambda: table(True).number("x"), "x of it is True, which is no count"),
        (lambda: Table({}, "it").moment("x"), "it has no x"),
        (lambda: table("").maybe_moment("x"), "it has no x"),
        (lambda: table(TEXT[:-6]).moment("x"), "x of it: '2026-01-05T09:00:00' has no offset"),
        (lambda: table("soon").moment("x"), "x of it: 'soon' is no moment"),
        (lambda: table([]).table("x"), "x of it is not a table"),
        (lambda: table({}).tables("x"), "x of it is no list"),
        (lambda: table([{}, 1]).tables("x"), "x 2 of it is not a table"),
        (lambda: table(["a", 1]).texts("x"), "x of it: 1 is no text"),
        (lambda: table({"a": 1}).texts_by_name("x"), "a of x of it: 1 is no text"),
        (lambda: table({"a": "soon"}).moments_by_name("x"), "a of x of it: 'soon' is no moment"),
        (lambda: table({"a": 1}).tables_by_name("x"), "a in x of it is not a table"),
    ],
)
def test_what_is_refused(read: Callable[[], object], says: str) -> None:
    """With the name of the field, where it is, and the first sixty characters of what is there."""
    with pytest.raises(LedgerBroken) as refused:
        read()
    assert str(refused.value).startswith(says)


def test_a_step_knows_its_branches_by_name() -> None:
    """And none by another name."""
    step = PROCESS.step("folder")
    assert [step.branch(name).name for name in ("folder", "files")] == ["folder", "files"]
    with pytest.raises(KeyError, match="first"):
        step.branch("first")
