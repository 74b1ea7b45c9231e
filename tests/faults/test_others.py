"""Staff, automation rules and other bots work on the same tickets: no loop, and people are told where one begins."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bot.config.load import load
from bot.sandbox.accounts import BOT, CARLA, HANNA, Account
from bot.sandbox.harness import SECRET
from bot.sandbox.records import Refused
from tests.faults.conftest import MakeRig
from tests.faults.rig import DISTRICT, Rig, end_state, is_write, play, sent

RULE = Account("712020:rule", "Automation", "rule@onboarding.example", "token-rule", kind="app")
SHIPPED = Path(__file__).parents[2] / "config"

Event = dict[str, Any]
React = Callable[[Event], object]


class Automation:
    """A rule of the site: it hears of events over HTTP as anybody does, and acts. What Jira refuses it leaves;
    after `most` acts it stops, so that a loop is found and not endured."""

    def __init__(self, rig: Rig, events: list[str], react: React, most: int = 30) -> None:
        self.acts = 0
        rule = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    if rule.acts < most and react(event) is not None:
                        rule.acts += 1
                except Refused:
                    pass
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        rig.site.people[RULE.id] = RULE
        url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        rig.site.register_webhook(url, SECRET, events, jql_types="tickets")


@pytest.fixture
def automate() -> Iterator[Callable[..., Automation]]:
    """Makes rules that are stopped when the test is over."""
    made: list[Automation] = []

    def make(rig: Rig, events: list[str], react: React, **how: Any) -> Automation:
        made.append(Automation(rig, events, react, **how))
        return made[-1]

    yield make
    for rule in made:
        rule.server.shutdown()
        rule.server.server_close()


Automate = Callable[..., Automation]


def by_bot(event: Event) -> bool:
    """Whether the bot did what an event tells of."""
    who = event.get("user") or (event.get("comment") or {}).get("author") or {}
    return bool(who.get("accountId") == BOT.id)


def moves_by_bot(rig: Rig) -> list[str]:
    """Where the bot has moved the ticket, in order."""
    history = rig.site.issue(rig.ticket).history
    return [i.new_text for e in history if e.author == BOT for i in e.items if i.field_id == "status"]


def said(rig: Rig, public: bool) -> list[str]:
    """What the bot has written on the ticket."""
    return [c.body for c in rig.site.comments(rig.ticket) if c.author == BOT and c.public is public]


def parked(rig: Rig) -> list[str]:
    """The ends of the effects that were given up."""
    return [e.effect_id.rpartition(":")[2] for e in rig.bot.journal.parked()]


def test_a_rule_that_drags_the_ticket_back_each_time(make_rig: MakeRig, automate: Automate) -> None:
    """The bot's own step ends whenever its comment is there, so a rule that brings the ticket back begins a loop:
    after three moves the fuse ends it, the district has had one comment and staff are told once."""
    rig = make_rig(config=_aloud())

    def back(event: Event) -> object:
        moved = any(i["field"] == "status" for i in (event.get("changelog") or {}).get("items", []))
        return rig.site.transition(RULE, rig.ticket, "Information Requested") if moved and by_bot(event) else None

    rule = automate(rig, ["jira:issue_updated"], back)
    rig.site.hooks.pause()
    rig.ticket = rig.site.open_request(CARLA, DISTRICT).id
    rig.site.hooks.resume()
    rig.settle()
    assert moves_by_bot(rig) == ["Confirming Files"] * 3
    assert rule.acts == 3
    assert parked(rig) == ["move"]
    assert len(said(rig, public=True)) == 1
    assert [("no person has done anything in between" in text) for text in said(rig, public=False)] == [True]
    before = sent(rig, is_write)
    rig.bot.reconciler.enqueue([rig.ticket])
    rig.settle()
    assert sent(rig, is_write) == before


def test_a_rule_that_answers_every_comment_with_a_move(rig: Rig, automate: Automate) -> None:
    """The ticket goes where the rule says, the bot says what belongs there once, and all comes to rest."""

    def move(event: Event) -> object:
        here = rig.site.issue(rig.ticket).status
        there = "SecureStor Folder" if here == "Confirming Files" else "Confirming Files"
        return rig.site.transition(RULE, rig.ticket, there)

    rig.site.hooks.pause()
    rig.ticket = rig.site.open_request(CARLA, DISTRICT).id
    rule = automate(rig, ["comment_created"], move)
    rig.site.hooks.resume()
    rig.settle()
    rig.site.comment(CARLA, rig.ticket, "Confirmed, thanks")
    rig.settle()
    assert rule.acts < 10
    assert len(moves_by_bot(rig)) <= 3
    assert len(said(rig, public=True)) == len(set(said(rig, public=True))) <= 3
    assert len(rig.site.subtasks(rig.ticket)) <= 2


@pytest.mark.parametrize("kind", ["rule", "person"])
def test_a_label_tug_of_war(kind: str, rig: Rig, automate: Automate) -> None:
    """A label that somebody takes off each time stays off, whether that is a person or a rule."""
    who = RULE if kind == "rule" else HANNA

    def take_off(event: Event) -> object:
        there = "review-at-risk" in rig.site.issue(rig.ticket).labels
        return rig.site.set_labels(who, rig.ticket, remove=["review-at-risk"]) if there else None

    rule = automate(rig, ["jira:issue_updated"], take_off)
    play(rig, until="asked")
    rig.at("2026-01-07 17:00")  # 15 of 20 business hours are over
    rig.bot.reconciler.enqueue([rig.ticket])
    rig.settle()
    assert rule.acts == 1
    assert "review-at-risk" not in rig.site.issue(rig.ticket).labels


def test_a_rule_that_sets_the_due_day_each_time(rig: Rig, automate: Automate) -> None:
    """Two bots that each know better would never end; ours gives way until the next step begins its clock."""

    def reset(event: Event) -> object:
        there = rig.site.issue(rig.ticket).duedate not in (None, "2026-12-31")
        return rig.site.set_field(RULE, rig.ticket, "duedate", "2026-12-31") if there else None

    rule = automate(rig, ["jira:issue_updated"], reset)
    play(rig, until="asked")
    assert rule.acts == 1
    assert rig.site.issue(rig.ticket).duedate == "2026-12-31"


def test_a_rule_that_answers_every_comment_with_a_comment(rig: Rig, automate: Automate) -> None:
    """What an app writes is not the district's, so the bot answers none of it."""

    def answer(event: Event) -> object:
        mine = (event["comment"]["author"] or {}).get("accountId") == RULE.id
        return None if mine else rig.site.comment(RULE, rig.ticket, "STATUS")

    rig.site.hooks.pause()
    rig.ticket = rig.site.open_request(CARLA, DISTRICT).id
    rule = automate(rig, ["comment_created"], answer)
    rig.site.hooks.resume()
    rig.settle()
    assert rule.acts == 1
    assert len(said(rig, public=True)) == 1


def test_a_contacts_robot_that_answers_every_comment(rig: Rig, automate: Automate) -> None:
    """An auto-reply that asks for the status is a customer to Jira: five comments, then staff are told, and the
    bot's word to staff sets nothing off."""

    def answer(event: Event) -> object:
        public = event["comment"].get("jsdPublic", True)
        return rig.site.comment(CARLA, rig.ticket, "STATUS") if by_bot(event) and public else None

    rig.site.hooks.pause()
    rig.ticket = rig.site.open_request(CARLA, DISTRICT).id
    rule = automate(rig, ["comment_created"], answer)
    rig.site.hooks.resume()
    rig.settle()
    rig.advance(rig.clock.now() + timedelta(minutes=10))
    assert len(said(rig, public=True)) == 5
    assert rule.acts == 5
    assert sum("5 comments from the bot within a day" in text for text in said(rig, public=False)) == 1


def test_an_app_takes_the_ticket_out_of_the_wait(rig: Rig) -> None:
    """Nobody brought new files: no round begins with it, and the district reads nothing. The ticket stays there, with
    the review's work anew, since the earlier one ended with a revision."""
    rig.site.people[RULE.id] = RULE
    key = play(rig)
    assert rig.site.issue(key).status == "Waiting for District"
    before, subtasks = said(rig, public=True), len(rig.site.subtasks(key))
    rig.at("2026-01-09 10:30")
    rig.site.transition(RULE, key, "Initial File Review")
    rig.settle()
    assert said(rig, public=True) == before
    assert len(rig.site.subtasks(key)) == subtasks + 1
    assert rig.site.issue(key).status == "Initial File Review"
    rounds = [(v[0], v[1]) for v in end_state(rig.site, key)["visits"] if v[1]]
    assert rounds == [("initial_file_review", 1), ("waiting", 1), ("initial_file_review", 1)]
    assert moves_by_bot(rig)[-1] == "Waiting for District"
    assert len(moves_by_bot(rig)) == 3


def _aloud() -> Any:
    shipped = load(SHIPPED)
    return replace(shipped, office=replace(shipped.office, calls_per_second=1000))
