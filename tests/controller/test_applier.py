"""A plan is carried out call by call: each has an intent before it, and what fails does not stop the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.config.load import Config
from bot.sandbox.accounts import BOT, CARLA
from bot.sandbox.harness import Harness
from bot.store.keys import key_of
from bot.store.tables import intents
from bot.words.render import TemplateFault

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))


@pytest.fixture
def harness(config: Config, tmp_path: Path) -> Iterator[Harness]:
    """A sandbox and the bot."""
    with Harness(config, tmp_path, START) as harness:
        harness.site.limits.limits = ()
        yield harness


def kept(harness: Harness) -> list[tuple[str, str]]:
    """Every intent's kind and state, in order."""
    query = sa.select(intents.c.kind, intents.c.state).order_by(intents.c.id)
    return [(kind, state) for kind, state in harness.bot.store.read(lambda c: c.execute(query).all())]


def test_every_write_has_an_intent_that_ends_with_it(harness: Harness) -> None:
    """In the order of the calls: what is made, what is said, the record, and the move last."""
    key = harness.site.open_request(CARLA, "Lakeside ISD").key
    harness.settle()
    harness.site.comment(CARLA, key, "Confirmed")
    harness.settle()
    done = [kind for kind, state in kept(harness) if state == "done"]
    assert done == ["comment", "record", "record", "move", "subtasks", "comment", "record"]
    assert len(done) == len(kept(harness))


def test_the_intent_is_there_before_the_call(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies in the call leaves it open."""
    seen: list[list[tuple[str, str]]] = []
    real = harness.bot.gateway.comment

    def comment(*args: Any) -> str:
        seen.append(kept(harness))
        return real(*args)

    monkeypatch.setattr(harness.bot.gateway, "comment", comment)
    harness.site.open_request(CARLA, "Lakeside ISD")
    harness.settle()
    assert seen == [[("comment", "open")]]


def test_an_intent_names_what_was_there_before(harness: Harness) -> None:
    """The highest comment and the subtasks seen, so that settling looks only at what is newer."""
    key = harness.site.open_request(CARLA, "Lakeside ISD").key
    harness.settle()
    said = harness.site.comment(CARLA, key, "Confirmed")
    harness.settle()
    query = sa.select(intents).where(intents.c.kind == "comment").order_by(intents.c.id.desc())
    row = harness.bot.store.read(lambda c: c.execute(query).mappings().first())
    assert row is not None
    assert row["public"]
    assert row["highest_comment"] == said.id


def test_a_template_that_fails_on_this_ticket_is_parked_alone(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff hear why, and the subtasks are made all the same."""
    real = harness.bot.words.comment

    def comment(process: str, effect: Any) -> str:
        if effect.template == "securestor_folder":
            raise TemplateFault("securestor_folder.j2", 3, "a name is missing")
        return real(process, effect)

    monkeypatch.setattr(harness.bot.words, "comment", comment)
    key = harness.site.open_request(CARLA, "Lakeside ISD", status="SecureStor Folder").key
    harness.settle()
    assert len(harness.site.subtasks(key)) == 2
    assert [e.effect_id.split(":", 2)[2] for e in harness.bot.journal.parked()] == ["say"]
    notes = [c.body for c in harness.site.comments(key) if c.author == BOT]
    assert len(notes) == 1
    assert "a name is missing" in notes[0]


def test_a_subtask_template_that_fails_is_parked_alone(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other subtask is made."""
    real = harness.bot.words.subtask

    def subtask(process: str, item: Any, taken: Collection[str] = ()) -> tuple[str, str]:
        if item.branch == "files":
            raise TemplateFault("upload_files.j2", 3, "a name is missing")
        return real(process, item, taken)

    monkeypatch.setattr(harness.bot.words, "subtask", subtask)
    key = harness.site.open_request(CARLA, "Lakeside ISD", status="SecureStor Folder").key
    harness.settle()
    assert len(harness.site.subtasks(key)) == 1
    assert [e.effect_id.split(":", 2)[2] for e in harness.bot.journal.parked()] == ["subtask:files"]


def test_a_look_of_many_slow_calls_keeps_its_lease(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call may last half a minute: the lease is renewed on the way."""
    real = harness.bot.gateway.create_subtasks

    def slow(*args: Any) -> Any:
        harness.clock.jump_machine(100)
        return real(*args)

    monkeypatch.setattr(harness.bot.gateway, "create_subtasks", slow)
    renewed: list[bool] = []
    renew = harness.bot.agenda.renew
    monkeypatch.setattr(harness.bot.agenda, "renew", lambda claim: renewed.append(renew(claim)) or renewed[-1])
    key = harness.site.open_request(CARLA, "Lakeside ISD", status="SecureStor Folder").key
    harness.settle()
    assert True in renewed
    assert len(harness.site.subtasks(key)) == 2
    assert len(harness.site.comments(key)) == 1


def test_a_slow_reading_counts_to_the_lease(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was spent of it before the first write is known, so that it does not run out within the next."""
    fetch, create = harness.bot.gateway.fetch, harness.bot.gateway.create_subtasks
    leased: list[bool] = []

    def slow_fetch(*args: Any) -> Any:
        if not leased:
            harness.clock.jump_machine(90)
        return fetch(*args)

    def slow_create(issue: Any, *args: Any) -> Any:
        harness.clock.jump_machine(35)
        row = harness.bot.agenda.row(key_of(issue.id))
        leased.append(row is not None and (row.leased_until or 0.0) > harness.clock.machine())
        return create(issue, *args)

    monkeypatch.setattr(harness.bot.gateway, "fetch", slow_fetch)
    monkeypatch.setattr(harness.bot.gateway, "create_subtasks", slow_create)
    harness.site.open_request(CARLA, "Lakeside ISD", status="SecureStor Folder")
    harness.settle()
    assert leased == [True]
