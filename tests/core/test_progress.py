"""Where a district stands: turn, findings, clocks, and the record that cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.decide.template_facts import facts
from bot.core.history.findings import finding_lines
from bot.core.model.issue import Comment
from bot.core.model.ledger_json import LedgerBroken
from tests.core.world import HANNA, MONDAY, OFFICE, PROCESS, World, in_folder, in_review, waiting


def comment(body: str) -> Comment:
    """An internal comment."""
    return Comment("1", HANNA, MONDAY, MONDAY, body, False)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("Findings:\n* one\n* two", ("one", "two")),
        ("findings: one", ("one",)),
        ("*Findings:*\n- one\n# two\n• three\n2) four", ("one", "two", "three", "four")),
        ("\n  FINDINGS :\none\n\ntwo", ("one", "two")),
        ("Findings:\n*bold* words stay", ("*bold* words stay",)),
        ("Findings:\n- one\n\nI give up on these people", ("one",)),
        ("Findings:\none\n[~accountid:1:hector] look at this", ("one",)),
        ("Findings:", ()),
        ("Findings:\n*\n-", ()),
        ("My findings: one", ()),
        ("No findings.", ()),
        ("Findingsx: one", ()),
    ],
)
def test_findings(body: str, lines: tuple[str, ...]) -> None:
    """A comment that begins with the word, a line each, without their bullets."""
    assert finding_lines(comment(body)) == lines


def test_whose_turn_it_is() -> None:
    """Of those whose branch is open; waiting is the district's; elsewhere nobody's."""
    assert World().rest().follow().turn == ("district",)
    world = in_folder()
    assert world.follow().turn == ("help_center", "district")
    assert facts(world.follow(), OFFICE)["turn"] == "both"
    world.set("Folder", "Done")
    assert world.follow().turn == ("district",)
    assert in_review().follow().turn == ("help_center", "functional_team")
    assert waiting().follow().turn == ("district",)
    assert World(status="On Hold").follow().turn == ()


def test_clocks_of_a_step() -> None:
    """The folder's runs from the entry; the review's from the receipt; the district's wait has none."""
    assert [(c.branch, c.started) for c in in_folder().follow().clocks] == [("folder", MONDAY)]
    world = waiting().wait(hours=1)
    world.say("files ready")
    world.wait(hours=3).rest()
    assert [(c.branch, c.started) for c in world.follow().clocks] == [("", MONDAY + timedelta(hours=2))]
    assert waiting().follow().clocks == ()


def test_a_day_that_has_passed_is_not_promised() -> None:
    """The expected day is one that is still to come."""
    world = in_review()
    assert facts(world.follow(), OFFICE)["due"] is not None
    assert facts(world.wait(days=9).follow(), OFFICE)["due"] is None


def test_now_is_never_before_the_newest_moment() -> None:
    """Where the bot's clock is behind Jira's, Jira's counts."""
    world = World()
    world.wait(hours=2).say("hello")
    world.now = MONDAY
    assert world.follow().now == MONDAY + timedelta(hours=2)


def test_a_broken_record_decides_nothing() -> None:
    """It is an error with words for staff, not a beginning from nothing."""
    with pytest.raises(LedgerBroken, match="format 9"):
        World(ledger={"v": 9}).follow()


def test_following_changes_nothing_that_it_was_given() -> None:
    """The snapshot and the old record stay as they are."""
    world = in_review()
    before, ledger = world.issue, repr(world.ledger)
    world.wait(hours=1).follow()
    assert world.issue == before
    assert repr(world.ledger) == ledger


def test_a_ticket_that_begins_in_a_review() -> None:
    """Nobody knows of any files: the bot waits for somebody to say so."""
    world = World(status="Initial File Review").rest()
    assert world.comments == []
    assert world.plan().reason == "No files were received for this review."


def test_a_process_without_reviews() -> None:
    """The way to the end needs none."""
    steps = tuple(s for s in PROCESS.steps if s.name in ("confirm", "quality"))
    process = replace(PROCESS, steps=(replace(steps[0], next="quality"), steps[1]))
    world = World(process=process).rest()
    world.say("confirm")
    assert world.rest().status == "Quality Review"
