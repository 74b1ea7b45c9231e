"""The database is a cache: where it is deleted, Jira's ledger and marks tell what was done."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from bot.core.model.ledger import PROPERTY
from bot.core.model.ledger_json import LedgerBroken
from bot.sandbox.accounts import CARLA, HANNA
from tests.faults.proxy import CUT_AFTER, CUT_BEFORE
from tests.faults.rig import DISTRICT, Rig, end_state, play, writes


def test_the_database_is_deleted_between_any_two_acts(rig: Rig, clean: dict[str, Any]) -> None:
    """No comment and no subtask is made again, and clocks, rounds and verdicts are as they would have been."""

    def lose(act: str) -> None:
        rig.lose_database()
        rig.settle()
        assert end_state(rig.site, rig.ticket) == clean[act]

    key = play(rig, lose)
    assert end_state(rig.site, key) == clean["end"]


@pytest.mark.parametrize("act", ["opened", "confirmed", "asked", "files ready"])
def test_the_database_is_deleted_before_the_ledger_was_written(act: str, rig: Rig, clean: dict[str, Any]) -> None:
    """What had landed in Jira by then is found by its marks."""
    at = list(clean).index(act)
    before = list(clean)[at - 1] if at else None
    lost = []

    def cut() -> None:
        lost.append(rig.to_jira.rule(writes(rig)["record"], do=CUT_BEFORE))
        rig.late.append(lose)

    def lose() -> None:
        rig.to_jira.clear()
        rig.lose_database()
        rig.bot.reconciler.enqueue([rig.ticket])  # the index does not show yet what happened this very moment

    def after(done: str) -> None:
        if done == before:
            cut()

    if before is None:
        cut()
    key = play(rig, after, until=act)
    assert lost[0].used == 1
    assert not rig.late
    assert end_state(rig.site, key) == clean[act]


def test_the_ledger_is_deleted_and_the_database_is_not(rig: Rig, clean: dict[str, Any]) -> None:
    """The store knows what was done; nothing is made again, and the ledger is written anew."""

    def lose(act: str) -> None:
        if act == "folder done":
            rig.site._issues[rig.ticket].properties.clear()
            rig.bot.reconciler.enqueue([rig.ticket])
            rig.settle()

    key = play(rig, lose)
    assert {**end_state(rig.site, key), "visits": 0} == {**clean["end"], "visits": 0}


def test_both_are_lost_and_staff_had_deleted_a_subtask(rig: Rig) -> None:
    """A subtask that was there by the ledger and is gone was withdrawn, also after the database is lost."""
    key = rig.site.open_request(CARLA, DISTRICT).key
    rig.settle()
    rig.site.comment(CARLA, key, "Confirmed")
    rig.settle()
    rig.site.delete_issue(HANNA, rig.site.subtasks(key)[0])
    rig.settle()
    before = end_state(rig.site, key)
    rig.lose_database()
    rig.settle()
    assert end_state(rig.site, key) == before
    assert len(rig.site.subtasks(key)) == 1


@pytest.mark.parametrize("lost", [True, False], ids=["database lost", "settled"])
def test_a_subtask_was_finished_before_its_making_was_settled(lost: bool, rig: Rig) -> None:
    """A subtask that is found by its mark is read with its history before anything is decided from it: the
    folder was ready when Hanna said so, and the district is told once."""
    rig.to_jira.rule(writes(rig)["bulk create"], do=CUT_AFTER)
    key = rig.site.open_request(CARLA, DISTRICT, status="SecureStor Folder").key
    rig.wait_held()
    rig.advance_unsettled(minutes=30)
    folder = rig.site.subtasks(key)[0]
    rig.site.transition(HANNA, folder, "Done")
    if lost:
        rig.lose_database()
    rig.settle()
    visit = rig.site.property(key, PROPERTY)["visits"][-1]
    assert visit["finished"]["folder"] == {"at": "2026-01-05T15:30:00Z", "by": HANNA.id}
    rig.site.set_labels(HANNA, key, ["vip"])
    rig.settle()
    effects = [e for c in rig.site.comments(key) for e in c.properties[PROPERTY]["effects"]]
    assert len([e for e in effects if ":say:folder:" in e]) == 1
    assert len(rig.site.subtasks(key)) == 2


NEVER = ("9999-12-31T23:59:59-14:00", "9999-12-30T00:00:00Z", "0001-01-02T00:00:00Z")
NONSENSE: list[Any] = [None, "nonsense", -7, 10**30, [], {}, *NEVER]


def nonsensical(value: Any) -> Iterator[Any]:
    """A record with one place of it turned into nonsense, for each place and each nonsense, or with one taken out."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield {k: v for k, v in value.items() if k != name}
            yield from ({**value, name: other} for other in nonsensical(held))
    if isinstance(value, list):
        for n, held in enumerate(value):
            yield from ([*value[:n], other, *value[n + 1 :]] for other in nonsensical(held))
    yield from NONSENSE


def test_a_record_that_somebody_edited_into_nonsense(rig: Rig) -> None:
    """Whatever is written at any place of it, the look ends in a plan or in a clear word to staff, and never in a
    fault of the bot's own."""
    play(rig, until="needs revision")
    reconciler = rig.bot.reconciler
    snapshot = rig.bot.gateway.fetch(rig.ticket, {})
    process = reconciler.dry_run(rig.ticket).process
    assert process is not None
    known = rig.bot.journal.known(rig.ticket, "closure ")
    faults, clear, tried = [], 0, 0
    # One in four: every nonsense at some places, every place with some nonsense.
    for value in islice(nonsensical(dict(snapshot.issue.ledger)), 0, None, 4):
        tried += 1
        try:
            reconciler._think(replace(snapshot.issue, ledger=value), process, known)
        except LedgerBroken:
            clear += 1
        except Exception as fault:
            at = traceback.extract_tb(fault.__traceback__)[-1]
            faults.append(f"{type(fault).__name__}: {fault} ({at.name}, line {at.lineno})")
    assert sorted(set(faults)) == []
    assert 100 < clear < tried
