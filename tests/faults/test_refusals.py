"""What Jira refuses for good is given up alone, told to staff once, and everything else goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.records import Act, Refused
from tests.faults.proxy import STATUS, Exchange, Request
from tests.faults.rig import DISTRICT, Rig, end_state, play, sent, writes


def told(rig: Rig, word: str = "given it up") -> list[str]:
    """The bot's internal comments that hold a word."""
    return [c.body for c in rig.site.comments(rig.ticket) if c.author == BOT and not c.public and word in c.body]


def parked(rig: Rig) -> dict[str, str]:
    """What was given up, by the end of its effect id, with its reason."""
    return {e.effect_id.split(":", 2)[2]: e.reason for e in rig.bot.journal.parked()}


def refuse(kind: str, word: str) -> Callable[[Act], Refused | None]:
    """A rule of the site against the bot's acts of a kind that hold a word."""

    def rule(act: Act) -> Refused | None:
        wrong = act.kind == kind and act.by == BOT and word in str(dict(act.data))
        return Refused(400, "That is not welcome.") if wrong else None

    return rule


def no(reason: str) -> Callable[[Exchange], None]:
    """Jira's 400 in Jira's own shape."""
    body = json.dumps({"errorMessages": [], "errors": {"thing": reason}}).encode()
    return STATUS(400, {"Content-Type": "application/json"}, body)


def test_one_subtask_of_a_bulk_create_is_refused(rig: Rig, clean: dict[str, Any]) -> None:
    """The other is made, the refused one is parked alone, staff hear why, and the district hears as always."""
    rig.site.refuse(refuse("create", "upload the files"))
    key = play(rig, until="confirmed")
    assert [s.summary for s in rig.site.subtasks(key)] == [
        f"Create the SecureStor folder for {DISTRICT} and add the contact"
    ]
    assert parked(rig) == {"subtask:files": "That is not welcome."}
    assert len(told(rig)) == 1
    assert "not welcome" in told(rig)[0]
    public = [c for c in end_state(rig.site, key)["comments"] if c[1] == "public"]
    assert public == [c for c in clean["confirmed"]["comments"] if c[1] == "public"]


def test_a_retry_makes_what_was_refused(rig: Rig, clean: dict[str, Any]) -> None:
    """Once the cause is mended, the operator's retry makes the refused subtask and no other."""
    mend = rig.site.refuse(refuse("create", "upload the files"))
    key = play(rig, until="confirmed")
    mend()
    rig.bot.reconciler.enqueue(rig.bot.journal.retry())
    rig.settle()
    assert end_state(rig.site, key)["subtasks"] == clean["confirmed"]["subtasks"]
    assert parked(rig) == {}


def test_every_subtask_is_refused(rig: Rig) -> None:
    """Each keeps its own reason, though Jira then answers 400 to the whole call."""
    rig.site.refuse(refuse("create", "Lakeside"))
    key = play(rig, until="confirmed")
    assert rig.site.subtasks(key) == []
    reason = "That is not welcome."
    assert parked(rig) == {"subtask:files": reason, "subtask:folder": reason}
    assert sent(rig, writes(rig)["bulk create"]) == 1


def test_a_subtask_that_jira_could_not_make_just_now(rig: Rig, clean: dict[str, Any]) -> None:
    """A failure of Jira's own inside a bulk answer parks nothing: it is tried again."""
    errors = [{"status": 503, "elementErrors": {"errorMessages": ["busy"]}, "failedElementNumber": n} for n in (0, 1)]
    body = json.dumps({"issues": [], "errors": errors}).encode()
    rig.to_jira.rule(writes(rig)["bulk create"], do=STATUS(400, body=body), times=2)
    key = play(rig, until="confirmed")
    assert parked(rig) == {}
    assert end_state(rig.site, key) == clean["confirmed"]


def test_a_public_comment_is_refused(rig: Rig, clean: dict[str, Any]) -> None:
    """It is parked, staff hear of it, and the ticket goes on when the district answers."""
    rig.site.refuse(refuse("comment", "can your district produce"))
    key = play(rig, until="confirmed")
    assert list(parked(rig)) == ["say"]
    assert len(told(rig)) == 1
    assert rig.site.issue(key).status == "SecureStor Folder"
    assert end_state(rig.site, key)["subtasks"] == clean["confirmed"]["subtasks"]


@pytest.mark.parametrize(
    ("part", "word", "lost"),
    [("field", b'"duedate"', "due"), ("labels", b'"labels"', "labels")],
)
def test_a_part_of_the_record_is_refused(part: str, word: bytes, lost: str, rig: Rig, clean: dict[str, Any]) -> None:
    """The due day, the labels and the ledger go out in one call; the one that Jira minds is given up alone, in
    each stay anew."""
    rig.to_jira.rule(lambda asked: asked.method == "PUT" and word in asked.body, do=no("not on the screen"))
    states: dict[str, dict[str, Any]] = {}

    def keep(act: str) -> None:
        states[act] = end_state(rig.site, rig.ticket)

    play(rig, keep, until="files ready")
    assert {name.rsplit(":")[0] for name in parked(rig)} == {part}
    assert all("not on the screen" in text for text in told(rig))
    for act, state in states.items():
        told_off = [c for c in state["comments"] if "given it up" not in c[2]]
        assert {**state, "comments": told_off, lost: 0} == {**clean[act], lost: 0}


def test_jira_refuses_to_keep_the_ledger(rig: Rig, clean: dict[str, Any]) -> None:
    """Without its memory the bot would forget what it has heard: staff are told once, and it does nothing more
    until the operator lets it try again. Then it goes on where it was."""
    rule = rig.to_jira.rule(
        lambda asked: asked.method == "PUT" and b'"onboarding-bot"' in asked.body, do=no("too long")
    )
    play(rig, until="confirmed")
    assert list(parked(rig)) == ["ledger"]
    assert len(told(rig)) == 1
    assert rig.site.issue(rig.ticket).status == "Confirming Files"
    rig.to_jira.clear()
    rig.bot.reconciler.enqueue(rig.bot.journal.retry())
    rig.settle()
    state = end_state(rig.site, rig.ticket)
    assert state["status"] == "SecureStor Folder"
    assert state["subtasks"] == clean["confirmed"]["subtasks"]
    assert rule.used < 10


def test_an_internal_comment_that_comes_out_public(rig: Rig) -> None:
    """It is deleted at once, parked, never sent again, and no other follows it: they would be mailed too."""
    rig.to_jira.rule(writes(rig)["internal comment"], do=_without_its_property)
    key = play(rig, until="asked")
    rig.site.comment(CARLA, key, "Is anybody there?")
    rig.settle()
    assert [c for c in rig.site.comments(key) if c.author == BOT and "answer in public" in c.body] == []
    assert sent(rig, writes(rig)["internal comment"]) == 1
    assert any("made an internal comment public; it was deleted" in reason for reason in parked(rig).values())


def test_a_lost_internal_comment_that_came_out_public(rig: Rig) -> None:
    """Also where the answer that would have told it was lost."""

    def leak(exchange: Exchange) -> None:
        _strip(exchange)
        exchange.forward()
        exchange.cut()

    rig.to_jira.rule(writes(rig)["internal comment"], do=leak)
    key = play(rig, until="asked")
    assert [c for c in rig.site.comments(key) if c.author == BOT and "answer in public" in c.body] == []
    assert sent(rig, writes(rig)["internal comment"]) == 1


def test_a_public_comment_that_cannot_be_deleted(rig: Rig) -> None:
    """Where Jira does not even delete it, it is not sent again either."""
    rig.site.refuse(refuse("delete_comment", ""))
    rig.to_jira.rule(writes(rig)["internal comment"], do=_without_its_property)
    play(rig, until="asked")
    assert sent(rig, writes(rig)["internal comment"]) == 1
    assert any("a person must do it at once" in reason for reason in parked(rig).values())


def _strip(exchange: Exchange) -> None:
    sent = json.loads(exchange.asked.body)
    sent["properties"] = [p for p in sent["properties"] if p["key"] != "sd.public.comment"]
    exchange.asked = replace(exchange.asked, body=json.dumps(sent).encode())


def _without_its_property(exchange: Exchange) -> None:
    _strip(exchange)
    exchange.answer(exchange.forward())


def test_staff_close_a_subtask_while_the_bot_does(rig: Rig, clean: dict[str, Any]) -> None:
    """The bot's move is refused because a person was faster: that is no refusal for good, and blocks nothing."""

    def race(exchange: Exchange) -> None:
        rig.site.transition(HANNA, exchange.asked.path.split("/")[5], "Done")
        exchange.answer(exchange.forward())

    rig.to_jira.rule(writes(rig)["subtask move"], do=race, times=1)
    key = play(rig, until="files ready")
    assert parked(rig) == {}
    assert end_state(rig.site, key)["status"] == clean["files ready"]["status"]
    assert end_state(rig.site, key)["subtasks"] == clean["files ready"]["subtasks"]


def test_staff_move_the_ticket_while_the_bot_does(rig: Rig) -> None:
    """Where the person's move makes the bot's impossible, the person's stands and nothing is parked."""

    def race(exchange: Exchange) -> None:
        rig.site.transition(HANNA, rig.ticket, "Declined")
        exchange.answer(exchange.forward())

    rig.to_jira.rule(writes(rig)["transition"], do=race, times=1)
    key = play(rig, until="confirmed")
    assert rig.site.issue(key).status == "Declined"
    assert parked(rig) == {}


def test_the_bots_move_lands_on_a_persons(rig: Rig) -> None:
    """Where Jira lets both happen (one transition may lead from anywhere), the bot looks again after its move,
    puts the ticket where the person had put it, and says so internally."""

    def race(exchange: Exchange) -> None:
        ticket = rig.site.transition(HANNA, rig.ticket, "On Hold")
        move = rig.site.catalogue.workflow(ticket.project, ticket.type).leading("On Hold", "SecureStor Folder")
        assert move is not None
        exchange.asked = replace(exchange.asked, body=json.dumps({"transition": {"id": move.id}}).encode())
        exchange.answer(exchange.forward())

    rig.to_jira.rule(writes(rig)["transition"], do=race, times=1)
    key = play(rig, until="confirmed")
    assert end_state(rig.site, key)["moves"] == ["On Hold", "SecureStor Folder", "On Hold"]
    assert len(told(rig, "put this ticket back")) == 1
    assert parked(rig) == {}


def test_a_conflict_is_tried_again(rig: Rig, clean: dict[str, Any]) -> None:
    """409 means that it did not happen; the next look decides anew."""
    conflict = STATUS(409, body=b'{"errorMessages": ["conflicting update"], "errors": {}}')
    asked = rig.to_jira.rule(lambda asked: _writes(asked), do=conflict, times=3)
    key = play(rig, until="confirmed")
    assert asked.used == 3
    assert end_state(rig.site, key) == clean["confirmed"]


def _writes(asked: Request) -> bool:
    return asked.method == "PUT" or (asked.method == "POST" and "bulkfetch" not in asked.path)
