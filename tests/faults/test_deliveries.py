"""Webhooks come several times, at once, or not at all: Jira ends up the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from bot.controller.periodic_jobs import CAUGHT_UP, Periods
from bot.sandbox.accounts import CARLA
from tests.faults.proxy import REPEAT, Exchange, ReplyRecord, Request
from tests.faults.rig import DISTRICT, KINDS, Rig, end_state, is_write, play, sent, wait_for, writes

OFTEN = Periods(catch_up=timedelta(minutes=5), nightly=timedelta(days=7), identity=timedelta(days=7), pace=timedelta(0))


def five_at_once(exchange: Exchange) -> None:
    """The same delivery on five connections at a time; Jira gets one of the answers."""
    answers: list[Any] = []

    def forward() -> None:
        answers.append(exchange.forward())

    threads = [threading.Thread(target=forward) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    exchange.answer(answers[0])


@pytest.mark.parametrize("repeat", [REPEAT(5), five_at_once], ids=["one after the other", "at once"])
def test_each_webhook_five_times(repeat: Callable[[Exchange], None], rig: Rig, clean: dict[str, Any]) -> None:
    """One act of a person is one fact, however often Jira tells of it."""
    rule = rig.to_bot.rule(do=repeat)
    key = play(rig, until="asked")
    assert rule.used > 5
    assert end_state(rig.site, key) == clean["asked"]


def test_the_same_act_under_five_identifiers(rig: Rig, clean: dict[str, Any]) -> None:
    """Deliveries that are not known as one (two webhooks for one event, say) make nothing twice either."""
    posted: list[int] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> None:
        posted.append(requests.post(url, body, headers=headers, timeout=10).status_code)

    def renamed(exchange: Exchange) -> None:
        asked = exchange.asked
        for copy in range(4):
            headers = {**asked.headers, "X-Atlassian-Webhook-Identifier": f"copy {copy} of {id(asked)}"}
            post(rig.web.url + asked.path, asked.body, headers)
        exchange.answer(exchange.forward())

    rig.to_bot.rule(do=renamed)
    key = play(rig, until="asked")
    assert set(posted) == {202}
    assert end_state(rig.site, key) == clean["asked"]


@pytest.mark.parametrize(
    ("late", "reverse"), [(0, True), (60, False), (60, True)], ids=["reverse", "an hour late", "both"]
)
def test_webhooks_late_and_in_reverse_order(late: int, reverse: bool, rig: Rig, clean: dict[str, Any]) -> None:
    """A delivery only says where to look, so its place and its age mean nothing: Jira ends up the same, but for
    clocks that start with a move which the bot made later."""
    kept: list[Request] = []

    def keep(exchange: Exchange) -> None:
        kept.append(exchange.asked)
        exchange.answer(ReplyRecord(202))

    def deliver(act: str) -> None:
        rig.advance(rig.clock.now() + timedelta(minutes=late))
        for _ in range(20):  # each of the bot's answers has an echo
            if not kept:
                return
            batch = [kept.pop() for _ in range(len(kept))]
            for asked in batch if reverse else batch[::-1]:
                requests.post(rig.web.url + asked.path, asked.body, headers=dict(asked.headers), timeout=10)
            rig.settle()

    rig.to_bot.rule(do=keep)
    key = play(rig, deliver, until="folder done")
    state = end_state(rig.site, key)
    if not late:
        assert state == clean["folder done"]
    assert {**state, "visits": 0} == {**clean["folder done"], "visits": 0}


def test_no_webhook_at_all(make_rig: Callable[..., Rig], clean: dict[str, Any]) -> None:
    """Every delivery is lost: the catch-up finds each act within its period, and Jira ends up the same, but for
    clocks that start with a move which the bot made later."""
    hourly = replace(OFTEN, catch_up=timedelta(hours=1))
    rig = make_rig(periods=hourly)
    rig.site.hooks.drop_all = True

    def catch_up(act: str) -> None:
        rig.advance(rig.clock.now() + hourly.catch_up + timedelta(seconds=10))
        assert end_state(rig.site, rig.ticket)["status"] == clean[act]["status"]

    key = play(rig, catch_up, until="folder done")
    assert not [o for o in rig.site.hooks.outcomes if o.status is not None]
    assert {**end_state(rig.site, key), "visits": 0} == {**clean["folder done"], "visits": 0}


def test_an_edit_that_the_search_index_shows_late(make_rig: Callable[..., Rig]) -> None:
    """The window reaches back beyond the last catch-up, so what the index hid then is found later."""
    rig = make_rig(periods=OFTEN, webhooks=False)
    rig.site.search_lag = timedelta(minutes=50)
    key = rig.site.open_request(CARLA, DISTRICT).key
    rig.advance(rig.clock.now() + timedelta(minutes=45))
    assert rig.site.comments(key) == []
    rig.advance(rig.clock.now() + timedelta(minutes=11))
    assert len(rig.site.comments(key)) == 1


def test_the_watermark_moves_only_after_a_complete_run(make_rig: Callable[..., Rig]) -> None:
    """A catch-up that could not read every page says nothing about what it has seen."""
    rig = make_rig(periods=OFTEN, webhooks=False)
    rig.settle()
    before = rig.bot.store.get_fact(CAUGHT_UP)
    rig.site.index.fat_page = 1
    for n in range(3):
        rig.site.open_request(CARLA, f"{DISTRICT} {n}")

    def second_page(asked: Request) -> bool:
        return asked.path.endswith("/search/jql") and b"nextPageToken" in asked.body

    def broken(exchange: Exchange) -> None:
        assert rig.bot.store.get_fact(CAUGHT_UP) == before
        exchange.cut()

    cut = rig.to_jira.rule(second_page, do=broken, times=2)
    rig.advance(rig.clock.now() + timedelta(minutes=6))
    assert cut.used == 2
    assert rig.bot.store.get_fact(CAUGHT_UP) > before
    assert [len(rig.site.comments(ticket)) for ticket in rig.site.issues()] == [1, 1, 1]


def test_deliveries_that_come_while_the_bot_is_down(rig: Rig, clean: dict[str, Any]) -> None:
    """What Jira could not deliver is sent again, and a bot that starts anew finds the rest by itself."""
    rig.stop_bot()
    ticket = rig.site.open_request(CARLA, DISTRICT)
    wait_for(lambda: rig.site.hooks.unsent() == 0 or rig.to_bot.seen)
    rig.start_bot()
    rig.settle()
    rig.ticket = ticket.id
    assert end_state(rig.site, ticket.key) == clean["opened"]


def test_an_idle_bot_writes_nothing(rig: Rig) -> None:
    """Looking again at a ticket on which nothing happened changes nothing in Jira."""
    key = play(rig)
    before = sent(rig, is_write)
    for _ in range(3):
        rig.bot.reconciler.enqueue([rig.site.issue(key).id])
        rig.settle()
    assert sent(rig, is_write) == before
    assert all(sent(rig, match) for match in writes(rig).values())
    assert set(writes(rig)) == set(KINDS)
