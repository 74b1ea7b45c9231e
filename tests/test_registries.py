"""What is registered once is everywhere: a command in /help, in the docs and in the tests; a template in `check`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import load_checked
from bot.config.source import ConfigError
from bot.core.model.effects import CloseDay, PostComment
from bot.core.model.ledger import RECORDED_COMMANDS, CommandName
from bot.core.model.own_templates import OwnTemplate
from tests.core.test_outside_steps import KNOWING
from tests.core.world import LENA, OFFICE, World, effects_of, in_review

ROOT = Path(__file__).parents[1]


def drafting() -> World:
    """A ticket whose first words are still a draft."""
    return World(office=replace(OFFICE, voice="draft", lead=(LENA.id,))).rest()


def on_hold() -> World:
    """A review that staff have put on hold."""
    world = in_review()
    world.say("/hold waits for the lawyer", LENA, public=False)
    return world.rest()


def corrected() -> World:
    """A review whose announced date has moved, so that its correction waits as a draft."""
    world = in_review().wait(hours=1)
    world.say("/extend 5 business days new staff", LENA, public=False)
    return world.rest()


# For each command a ticket on which it can be executed, and words for it.
EXAMPLES: dict[CommandName, tuple[Callable[[], World], str]] = {
    CommandName.HOLD: (in_review, "/hold waits for the lawyer"),
    CommandName.RESUME: (on_hold, "/resume"),
    CommandName.EXTEND: (in_review, "/extend 8 business hours new staff"),
    CommandName.RECEIVED: (in_review, "/received 2026-01-05 09:01"),
    CommandName.NOT_RECEIVED: (lambda: in_review(process=KNOWING), "/not-received"),
    CommandName.NEW_ROUND: (in_review, "/new-round"),
    CommandName.STATUS: (in_review, "/status"),
    CommandName.EXPLAIN: (in_review, "/explain"),
    CommandName.HELP: (in_review, "/help"),
    CommandName.SEND: (drafting, "/send"),
    CommandName.TELL: (corrected, "/tell"),
    CommandName.CLOSED: (in_review, "/closed 2026-12-04 ice storm"),
}


@pytest.mark.parametrize("name", CommandName, ids=str)
def test_each_command_is_executed(name: CommandName) -> None:
    """RULE: a new command comes with an example here."""
    begin, words = EXAMPLES[name]
    world = begin().wait(minutes=5)
    world.office = replace(world.office, lead=(LENA.id,))
    world.say(words, LENA, public=False)
    plan = world.plan()
    refusals = [e.facts["reason"] for e in effects_of(plan, PostComment) if e.template == OwnTemplate.COMMAND_REFUSED]
    assert refusals == []
    recorded = [command.kind for visit in world.follow().ledger.visits for command in visit.commands]
    if name in RECORDED_COMMANDS:
        assert recorded[-1] == name
    else:
        assert effects_of(plan, CloseDay) or effects_of(plan, PostComment)


@pytest.mark.parametrize("name", [name for name in CommandName if name != CommandName.HELP], ids=str)
def test_each_command_is_in_help(name: CommandName) -> None:
    """RULE: staff find every command by /help, but for the one that they have just used."""
    text = (ROOT / "templates" / "comments" / "any" / "help.j2").read_text("utf-8")
    assert f"/{name} " in f"{text} ".replace(":", " ").replace(",", " ").replace(")", " ")


@pytest.mark.parametrize("name", CommandName, ids=str)
def test_each_command_is_in_the_docs(name: CommandName) -> None:
    """RULE: the page of the commands of staff names each."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert any(f"`/{name}" in page.read_text("utf-8") for page in pages)


def test_check_proves_each_template_that_code_names(tmp_path: Path) -> None:
    """RULE: a broken one is found before the bot needs it."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    own = folder / "templates" / "comments" / "any"
    own.mkdir(parents=True)
    for template in OwnTemplate:
        (own / f"{template}.j2").write_text("{{ district }} {{ no_such_fact }}\n")
    with pytest.raises(ConfigError) as raised:
        load_checked(folder)
    unproved = [t for t in OwnTemplate if not re.search(rf"\b{t}\.j2:1: .*no_such_fact", str(raised.value))]
    assert unproved == []
