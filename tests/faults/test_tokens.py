"""The bot's token dies, loudly or silently, and is replaced: nothing is decided meanwhile, and nothing is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from bot.config.load import Config
from bot.config.settings import Settings
from bot.controller.periodic_jobs import CAUGHT_UP
from bot.sandbox import accounts
from bot.sandbox.accounts import BOT, CARLA, HANNA, Account
from bot.store.agenda_reader import Priority
from bot.store.keys import JOB
from tests.faults.proxy import STATUS, Action, Exchange
from tests.faults.rig import Rig, end_state, is_write, play, sent

SILENT = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}


def emptied(exchange: Exchange) -> None:
    """What Jira answers to nobody in particular: 200, with nothing of what was asked for in it."""
    path = exchange.asked.path
    body = b'{"issues": []}' if "search" in path or "bulkfetch" in path else b'{"total": 0, "values": []}'
    STATUS(200, SILENT, body)(exchange)


DEATHS: dict[str, Action] = {
    "401": STATUS(401),
    "silently": emptied,
    "denied": STATUS(403, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}, b'{"errorMessages": ["no"]}'),
}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the operator was told."""
    told: list[str] = []

    def send(title: str, body: str) -> bool:
        told.append(f"{title}: {body}")
        return True

    monkeypatch.setattr("bot.notify.channels.log_sender", send)
    return told


def statusz(rig: Rig) -> tuple[int, dict[str, Any]]:
    """The page's status, and what it says."""
    answer = requests.get(f"{rig.web.url}/statusz", timeout=5)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("death", DEATHS)
def test_the_token_dies(death: str, make_rig: Callable[..., Rig], heard: list[str], clean: dict[str, Any]) -> None:
    """Nothing is decided or written, deliveries are kept, the catch-up's watermark stands, `/statusz` is red with
    the reason and the operator hears. Once the token works again, the bot goes on by itself."""
    rig = make_rig()
    play(rig, until="opened")
    rig.at("2026-01-06 10:00")
    rig.to_jira.rule(do=DEATHS[death])
    watermark = rig.bot.store.get_fact(CAUGHT_UP)
    writes, looks = sent(rig, is_write), len(rig.bot.journal.entries(rig.ticket))
    answered = len(rig.site.hooks.outcomes)
    rig.bot.agenda.put(f"{JOB}catch_up", rig.clock.now(), Priority.SWEEPS)
    rig.site.comment(CARLA, rig.ticket, "Confirmed, thanks")
    for _ in range(12):
        assert rig.wait_held(seconds=30) <= 60
        rig.bot.watch()
        rig.clock.jump_machine(61)  # nothing is leased: `wait_held` has seen to that
        rig.bot.agenda.nudge()
    rig.wait_held(seconds=30)
    code, page = statusz(rig)
    assert code == 503
    assert "does not accept the bot's token" in page["trouble"]
    assert ["does not accept the bot's token" in text for text in heard] == [True]
    assert {outcome.status for outcome in rig.site.hooks.outcomes[answered:]} == {202}
    assert sent(rig, is_write) == writes
    assert len(rig.bot.journal.entries(rig.ticket)) == looks
    assert rig.bot.store.get_fact(CAUGHT_UP) == watermark
    rig.to_jira.clear()
    rig.settle()
    assert statusz(rig)[1]["jira"]["state"] == "ok"
    assert end_state(rig.site, rig.ticket) == clean["confirmed"]


class Signed(Rig):
    """A rig whose bot signs in as the account that it has at its start."""

    account: Account = BOT

    def settings(self) -> Settings:
        """The rig's settings, with the credentials of that account."""
        signed = {"jira_email": self.account.email, "jira_api_token": SecretStr(self.account.token)}
        return super().settings().model_copy(update=signed)

    def restart_as(self, account: Account) -> None:
        """Restart the bot with other credentials, as an operator does."""
        self.stop_bot()
        self.account = account
        self.start_bot()


@pytest.fixture
def make_signed(make_rig: Callable[..., Signed]) -> Callable[..., Signed]:
    """Makes such rigs."""
    return partial(make_rig, kind=Signed)


def test_a_new_token_is_used_from_the_restart_on(make_signed: Callable[..., Signed], clean: dict[str, Any]) -> None:
    """What came while the old one was dead is worked on then."""
    rig = make_signed()
    play(rig, until="opened")
    rig.at("2026-01-06 10:00")
    newer = replace(BOT, token="token-of-next-year")
    rig.site.people[BOT.id] = newer
    rig.site.comment(CARLA, rig.ticket, "Confirmed, thanks")
    rig.wait_held(seconds=30)
    rig.restart_as(newer)
    rig.settle()
    assert end_state(rig.site, rig.ticket) == clean["confirmed"]


def test_another_account_goes_on_where_the_former_one_ended(
    make_signed: Callable[..., Signed], config: Config, clean: dict[str, Any]
) -> None:
    """With the former one named in `bot.yaml`, what it made and said counts as the bot's own."""
    former = replace(config, office=replace(config.office, former_accounts=(BOT.id,)))
    rig = make_signed(config=former)
    successor = replace(accounts.FIONA, id="712020:bot-2", name=BOT.name, email="b2@onboarding.example", token="t-2")

    def change(act: str) -> None:
        if act == "asked":
            rig.site.people[successor.id] = successor
            rig.site.revoke(BOT)
            rig.restart_as(successor)
            rig.settle()
            assert statusz(rig)[1]["jira"]["account"] == successor.id

    key = play(rig, change)
    assert end_state(rig.site, key) == clean["end"]


def test_an_account_that_nobody_named_is_logged(
    make_signed: Callable[..., Signed], caplog: pytest.LogCaptureFixture
) -> None:
    """One line, with what to write where."""
    rig = make_signed()
    rig.settle()
    rig.site.people.pop(BOT.id)
    with caplog.at_level(logging.ERROR):
        rig.restart_as(HANNA)
        rig.bot.agenda.put(f"{JOB}identity", rig.clock.now(), Priority.SWEEPS)
        rig.settle()
    assert f"account was {BOT.id} and is {HANNA.id}" in caplog.text
    assert caplog.text.count("former_accounts") == 1
