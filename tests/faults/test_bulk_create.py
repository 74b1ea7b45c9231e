"""A bulk create that made some of its subtasks, and one that is larger than Jira takes at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.config.load import Config
from bot.core.model.ledger import PROPERTY
from bot.core.model.process import Branch
from bot.sandbox.accounts import BOT, CARLA
from bot.sandbox.records import Act, Refused
from tests.faults.conftest import MakeRig
from tests.faults.proxy import CUT_AFTER, Exchange, ReplyRecord, Request
from tests.faults.rig import DISTRICT, Rig, writes


def with_branches(config: Config, count: int) -> Config:
    """The configuration with so many branches of the help center in the step of the folder."""
    process = config.processes[0]
    work = tuple(
        Branch(f"part{n}", "help_center", subtask=f"Part {n} of {{{{ district }}}}", description="create_folder")
        for n in range(count)
    )
    steps = tuple(replace(s, branches=work) if s.name == "create_securestor_folder" else s for s in process.steps)
    return replace(config, processes=(replace(process, steps=steps),))


def opened(rig: Rig) -> str:
    """A ticket in that step, once all is at rest; its key."""
    ticket = rig.site.open_request(CARLA, DISTRICT, status="SecureStor Folder")
    rig.ticket = ticket.id
    rig.settle()
    return ticket.key


def marks(rig: Rig, key: str) -> dict[str, str]:
    """Which subtask carries which mark: its summary by the end of its effect id."""
    found: dict[str, str] = {}
    for subtask in rig.site.subtasks(key):
        (effect,) = subtask.properties[PROPERTY]["effects"]
        assert effect not in found
        found[effect.rpartition(":")[2]] = subtask.summary
    return found


def named(*numbers: int) -> dict[str, str]:
    """What `marks` gives where these parts were made, each under its own mark."""
    return {f"part{n}": f"Part {n} of {DISTRICT}" for n in numbers}


def sizes(rig: Rig) -> list[int]:
    """How many subtasks each bulk create asked for."""
    bulk = writes(rig)["bulk create"]
    return [len(json.loads(asked.body)["issueUpdates"]) for asked in rig.to_jira.seen if bulk(asked)]


def refuses(word: str) -> Callable[[Act], Refused | None]:
    """A rule of the site against subtasks of the bot's with a word in their summary."""

    def rule(act: Act) -> Refused | None:
        bad = act.kind == "create" and act.by == BOT and word in str(act.data.get("summary"))
        return Refused(400, "That is not welcome.") if bad else None

    return rule


def without_second(exchange: Exchange) -> None:
    """Jira cannot make the second element just now, and says so among its errors."""
    body = json.loads(exchange.asked.body)
    del body["issueUpdates"][1]
    exchange.asked = replace(exchange.asked, body=json.dumps(body).encode())
    answer = exchange.forward()
    told = json.loads(answer.body)
    for error in told["errors"]:
        error["failedElementNumber"] += error["failedElementNumber"] >= 1
    busy = {"status": 503, "elementErrors": {"errorMessages": ["busy"]}, "failedElementNumber": 1}
    told["errors"].append(busy)  # not in order: the number counts
    exchange.answer(ReplyRecord(answer.status, answer.headers, json.dumps(told).encode()))


def lost_without_second(exchange: Exchange) -> None:
    """The same, and nobody hears of it."""
    body = json.loads(exchange.asked.body)
    del body["issueUpdates"][1]
    exchange.asked = replace(exchange.asked, body=json.dumps(body).encode())
    CUT_AFTER(exchange)


@pytest.mark.parametrize("fault", [without_second, lost_without_second], ids=["told", "answer lost"])
def test_three_of_five_are_made(fault: Callable[[Exchange], None], make_rig: MakeRig, config: Config) -> None:
    """Each subtask has its own mark, the one that could not be made just now is made next, and the one that is
    refused for good is parked alone."""
    rig = make_rig(config=with_branches(config, 5))
    rig.site.refuse(refuses("Part 3"))
    rule = rig.to_jira.rule(lambda asked: writes(rig)["bulk create"](asked), do=fault, times=1)
    key = opened(rig)
    assert rule.used == 1
    assert marks(rig, key) == named(0, 1, 2, 4)
    gave_up = {e.effect_id.rpartition(":")[2]: e.reason for e in rig.bot.journal.parked()}
    assert gave_up == {"part3": "That is not welcome."}
    assert sum("given it up" in c.body for c in rig.site.comments(key)) == 1


@pytest.mark.parametrize("lost", [0, 1, 2], ids=["whole", "the first answer is lost", "the second answer is lost"])
def test_more_subtasks_than_jira_makes_at_once(lost: int, make_rig: MakeRig, config: Config) -> None:
    """They are made 50 at a time, each such call with an intent of its own, and a lost answer doubles none."""
    rig = make_rig(config=with_branches(config, 53))
    seen: list[int] = []

    def nth(asked: Request) -> bool:
        if not writes(rig)["bulk create"](asked):
            return False
        seen.append(1)
        return len(seen) == lost

    rig.to_jira.rule(nth, do=CUT_AFTER)
    key = opened(rig)
    assert sizes(rig) == [50, 3]
    assert marks(rig, key) == named(*range(53))
    assert len(rig.site.subtasks(key)) == 53
