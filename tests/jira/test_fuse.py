"""The fuse: no plan can move a ticket, or speak to districts, more often than is sane."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.config.load import Config
from bot.core.model.roles import People
from bot.jira import fuse
from bot.sandbox.accounts import BOT, CARLA, HANNA, Account
from bot.sandbox.harness import Harness
from bot.sandbox.records import CommentRecord

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
RULE = Account("712020:rule", "Automation", "rule@onboarding.example", "token-rule", kind="app")


@pytest.fixture
def harness(config: Config, tmp_path: Path) -> Iterator[Harness]:
    """A sandbox with an automation account, and the bot."""
    with Harness(config, tmp_path, START) as harness:
        harness.site.limits.limits = ()
        harness.site.people[RULE.id] = RULE
        yield harness


def said(harness: Harness, key: str, public: bool) -> list[CommentRecord]:
    """What the bot wrote on a ticket."""
    return [c for c in harness.site.comments(key) if c.author == BOT and c.public == public]


def gave_up(harness: Harness, key: str) -> list[str]:
    """The bot's internal notes that something was given up."""
    return [c.body for c in said(harness, key, public=False) if "given it up" in c.body]


def test_the_limits() -> None:
    """Three moves in a row, five comments a ticket and day, sixty an hour on the site."""
    assert (fuse.MOVES_IN_A_ROW, fuse.COMMENTS_A_DAY, fuse.COMMENTS_AN_HOUR_ON_THE_SITE) == (3, 5, 60)


def test_three_moves_without_a_persons_act(harness: Harness) -> None:
    """A rule that drags a ticket back is nobody's act: the fourth move is refused, until a person does something."""
    ticket = harness.site.open_request(CARLA, "Lakeside ISD")
    harness.settle()
    gateway = harness.bot.gateway

    def move() -> None:
        gateway.transition(gateway.fetch(ticket.id, {}), "SecureStor Folder")
        harness.site.transition(RULE, ticket, "Confirming Files")

    for _ in range(3):
        move()
    with pytest.raises(fuse.Blown, match="moved this ticket 3 times"):
        move()
    assert harness.site.issue(ticket).status == "Confirming Files"
    harness.clock.advance(timedelta(minutes=1))
    harness.site.set_labels(HANNA, ticket, ["looked-at"])
    move()


def test_a_step_that_ends_by_time_counts_as_a_persons_act(harness: Harness) -> None:
    """A process may have several that only wait, one after the other."""
    ticket = harness.site.open_request(CARLA, "Lakeside ISD")
    harness.settle()
    gateway = harness.bot.gateway
    for _ in range(3):
        gateway.transition(gateway.fetch(ticket.id, {}), "SecureStor Folder")
        harness.site.transition(RULE, ticket, "Confirming Files")
    issue = gateway.fetch(ticket.id, {}).issue
    people = People(issue, harness.bot.config.office, gateway.bots)
    with pytest.raises(fuse.Blown):
        fuse.Fuse(harness.clock, harness.bot.journal).check_move(issue, people)
    waits = {(issue.project, issue.type, "Confirming Files")}
    fuse.Fuse(harness.clock, harness.bot.journal, waits).check_move(issue, people)


def test_a_move_beyond_the_fuse_is_parked_and_told(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is none the wiser: its move is given up, staff hear of it once, and the ticket stays."""
    key = harness.site.open_request(CARLA, "Lakeside ISD").key
    harness.settle()
    monkeypatch.setattr(fuse, "MOVES_IN_A_ROW", 0)
    harness.site.comment(CARLA, key, "Confirmed")
    harness.settle()
    assert harness.site.issue(key).status == "Confirming Files"
    assert [e.effect_id.split(":", 2)[2] for e in harness.bot.journal.parked()] == ["move"]
    assert len(gave_up(harness, key)) == 1
    assert "no person has done anything in between" in gave_up(harness, key)[0]


def test_five_public_comments_a_ticket_and_day(harness: Harness) -> None:
    """A contact's robot that asks for the status all day gets five answers; then people are told. The next day it
    gets one again."""
    key = harness.site.open_request(CARLA, "Lakeside ISD").key
    harness.settle()
    for minute in range(1, 8):
        harness.advance(START + timedelta(minutes=minute))
        harness.site.comment(CARLA, key, "STATUS")
        harness.settle()
    assert len(said(harness, key, public=True)) == 5
    assert len(gave_up(harness, key)) == 3
    assert "5 comments from the bot within a day" in gave_up(harness, key)[0]
    harness.advance(START + timedelta(days=1, minutes=10))
    harness.site.comment(CARLA, key, "STATUS")
    harness.settle()
    assert len(said(harness, key, public=True)) == 6


def test_the_day_is_counted_in_jira_too(harness: Harness) -> None:
    """A bot that has lost its database knows by the ticket what it has said."""
    key = harness.site.open_request(CARLA, "Lakeside ISD").key
    harness.settle()
    for minute in range(1, 5):
        harness.advance(START + timedelta(minutes=minute))
        harness.site.comment(CARLA, key, "STATUS")
        harness.settle()
    harness.stop_bot()
    for file in harness.var.glob("bot.db*"):
        file.unlink()
    harness.start_bot()
    harness.site.comment(CARLA, key, "STATUS")
    harness.settle()
    assert len(said(harness, key, public=True)) == 5


def test_so_many_public_comments_an_hour_on_the_site(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past it no district hears anything, whoever it is, and each ticket's staff is told; an hour later it may."""
    monkeypatch.setattr(fuse, "COMMENTS_AN_HOUR_ON_THE_SITE", 3)
    keys = []
    for n in range(5):
        keys.append(harness.site.open_request(CARLA, f"District {n}").key)
        harness.settle()
    assert [len(said(harness, key, public=True)) for key in keys] == [1, 1, 1, 0, 0]
    assert [len(gave_up(harness, key)) for key in keys] == [0, 0, 0, 1, 1]
    assert "within an hour; something is wrong" in gave_up(harness, keys[-1])[0]
    harness.advance(START + timedelta(minutes=61))
    harness.bot.reconciler.enqueue(harness.bot.journal.retry())
    harness.settle()
    assert [len(said(harness, key, public=True)) for key in keys] == [1, 1, 1, 1, 1]


def test_a_leak_is_remembered_until_everything_is_tried_again(harness: Harness) -> None:
    """Every replica keeps to it, and a start anew does not forget it; the retry of one effect does not end it."""
    key = harness.site.open_request(CARLA, "Lakeside ISD").key
    harness.settle()
    harness.bot.journal.note_leak("DDE")
    harness.stop_bot()
    harness.start_bot()
    harness.site.comment(CARLA, key, "Who will look at our files?")
    harness.settle()
    harness.bot.reconciler.enqueue(harness.bot.journal.retry([e.effect_id for e in harness.bot.journal.parked()]))
    harness.settle()
    assert said(harness, key, public=False) == []
    assert "runs `python -m bot retry --all`" in harness.bot.journal.parked()[0].reason
    harness.bot.reconciler.enqueue(harness.bot.journal.retry())
    harness.settle()
    assert len(said(harness, key, public=False)) == 1


def test_a_comment_that_names_a_day_is_given_up_as_one(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it would have promised is no effect of its own: one thing is parked, and staff hear of it once."""
    monkeypatch.setattr(fuse, "COMMENTS_A_DAY", 0)
    key = harness.site.open_request(CARLA, "Lakeside ISD", status="SecureStor Folder").key
    harness.settle()
    assert [e.effect_id.split(":", 2)[2] for e in harness.bot.journal.parked()] == ["say"]
    assert len(gave_up(harness, key)) == 1
