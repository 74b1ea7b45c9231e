"""The index of tickets: a row for each, which says where it stood."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.clock import SettableClock
from bot.store.database import Store
from bot.store.ticket_index import END, LEFT, STEP, WAITING, OpenBranch, TicketIndex, TicketRow

MONDAY = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
ROW = TicketRow(
    issue_id="10001",
    key="DDE-1",
    process="dde",
    project="DDE",
    type="DDE Set-Up",
    place=STEP,
    step="review",
    status="Initial File Review",
    pass_id="h7",
    pass_number=2,
    round=2,
    turn=("help_center", "district"),
    since=MONDAY,
    due=MONDAY + timedelta(days=3),
    version="abc",
    branches=(OpenBranch("review", "first", "10007"), OpenBranch("review", "second")),
    district="Lakeside ISD",
)


@pytest.fixture
def index(store: Store) -> TicketIndex:
    """An index on the test's store."""
    return TicketIndex(store)


def keep(store: Store, index: TicketIndex, *rows: TicketRow, at: datetime = MONDAY) -> None:
    """Write rows as a reconcile does."""
    for row in rows:
        store.write(lambda connection, row=row: index.save_in(connection, row, at))


def test_a_row_comes_back_as_it_was_kept(store: Store, index: TicketIndex) -> None:
    """With its moments, its days, and what is empty."""
    full = replace(ROW, forecast_from=date(2026, 2, 2), forecast_to=date(2026, 3, 2), summary={"rounds": 2})
    keep(store, index, ROW)
    assert index.row("10001") == ROW
    keep(store, index, full)
    assert index.row("10001") == full
    assert index.row("10002") is None


def test_rows_are_found_by_process_and_place(store: Store, index: TicketIndex) -> None:
    """Those under way are in a step, wait, or are outside; the oldest ticket comes first."""
    waits = replace(ROW, issue_id="999", place=WAITING)
    ended = replace(ROW, issue_id="10002", place=END)
    other = replace(ROW, issue_id="10003", process="ods")
    keep(store, index, ROW, waits, ended, other)
    assert [row.issue_id for row in index.under_way("dde")] == ["999", "10001"]
    assert [row.issue_id for row in index.rows("dde", END)] == ["10002"]
    assert [row.issue_id for row in index.rows()] == ["999", "10001", "10002", "10003"]


def test_a_ticket_that_leaves_is_under_way_no_more(store: Store, index: TicketIndex) -> None:
    """One that has ended keeps its row for good."""
    ended = replace(ROW, issue_id="10002", place=END)
    keep(store, index, ROW, ended)
    for row in (ROW, ended):
        store.write(lambda connection, row=row: index.leave_in(connection, row.issue_id))
    assert [row.place for row in index.rows()] == [LEFT, END]


def test_the_digest_changes_with_every_value_that_is_kept() -> None:
    """So that a row that is as it was need not be written."""
    other = {
        **dict.fromkeys(("key", "process", "project", "type", "place", "step", "status"), "x"),
        **dict.fromkeys(("pass_id", "version", "district", "issue_id"), "x"),
        **{"pass_number": 9, "round": 9, "turn": (), "since": MONDAY + timedelta(1), "due": None, "branches": ()},
        **{"summary": {}, "forecast_from": date(2026, 1, 1), "forecast_to": date(2026, 1, 1)},
    }
    digests = {replace(ROW, **{name: value}).digest for name, value in other.items()}
    assert len(digests | {ROW.digest}) == len(TicketRow.__dataclass_fields__) + 1


def test_a_row_costs_one_statement_among_many(store: Store, index: TicketIndex, clock: SettableClock) -> None:
    """Beside 10,000 others it is found by its id, and written in one statement."""
    rows = [replace(ROW, issue_id=str(n), key=f"DDE-{n}") for n in range(10_000)]

    def fill(connection: object) -> None:
        for row in rows:
            index.save_in(connection, row, clock.now())  # type: ignore[arg-type]

    store.write(fill)
    plan = "EXPLAIN QUERY PLAN " if store.sqlite else "EXPLAIN "
    query = f"{plan} SELECT digest FROM tickets WHERE issue_id = '7777'"
    found = store.read(lambda connection: str(connection.exec_driver_sql(query).fetchall()))
    assert ("SEARCH" if store.sqlite else "Index Scan") in found
