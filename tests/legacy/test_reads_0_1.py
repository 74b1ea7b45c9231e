"""What version 0.1.0 left in tickets and in its database is read by this one, and nothing is done twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot.config.load import Config, load
from bot.core.decide.engine import decide
from bot.core.history.progress import follow
from bot.core.model.effects import PostComment
from bot.core.model.issue import Issue
from bot.core.model.ledger import PROPERTY
from bot.core.model.ledger_json import read_ledger, to_json
from bot.sandbox.harness import CALM
from bot.sandbox.jira_site import Site
from bot.sandbox.records import ChangeItem, CommentRecord, HistoryEntry, IssueRecord
from tests.faults.rig import Rig
from tests.stories.acts import Story

HERE = Path(__file__).parent
ENTRIES: list[dict[str, Any]] = json.loads((HERE / "ledgers.json").read_text("utf-8"))
SITE: dict[str, Any] = json.loads((HERE / "site_0_1.json").read_text("utf-8"))
SHIPPED = HERE.parents[1] / "config"
REPEAT = "# - {every: 1 business day"  # a line of dde.yaml that is a comment there


@cache
def shipped(folder: Path) -> Config:
    """The configuration of a folder."""
    return load(folder)


@pytest.fixture(scope="session")
def repeating(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped configuration with the escalation that repeats."""
    folder = tmp_path_factory.mktemp("repeating") / "config"
    shutil.copytree(SHIPPED, folder)
    file = folder / "processes" / "dde.yaml"
    text = file.read_text("utf-8")
    assert REPEAT in text
    file.write_text(text.replace(REPEAT, REPEAT.removeprefix("# ")), "utf-8")
    return folder


def issue_of(entry: Mapping[str, Any]) -> Issue:
    """The issue of an entry, with its ledger as it was."""
    return replace(TypeAdapter(Issue).validate_python(entry["issue"]), ledger=entry["ledger"])


# Version 0.2.0 begins a new pass where a ticket comes back to a complete step, and asks about a step with nothing open.
NEW_PASS = ("app unseen", "dragged back", "moved by an app")


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e["name"] not in NEW_PASS], ids=lambda entry: entry["name"])
def test_the_same_is_concluded_from_an_old_ledger(entry: dict[str, Any], repeating: Path) -> None:
    """Where the ticket stands, what is due, and which effects are still to be done, by the same ids."""
    office = entry["office"]
    config = shipped(repeating if office["repeats"] else SHIPPED)
    own = replace(config.office, voice=office["voice"], grace=timedelta(seconds=office["grace_seconds"]))
    issue = issue_of(entry)
    process = config.process_for(issue.project, issue.type)
    assert process is not None
    now = datetime.fromisoformat(entry["at"])
    progress = follow(issue, process, own, config.calendars, set(entry["bots"]), now, {})
    plan = decide(progress, own, config.calendars, {})
    ids = [one for effect in plan.effects for one in effect.ids]
    ids += [e.due_id for e in plan.effects if isinstance(e, PostComment) and e.due_id]
    expect = entry["expect"]
    assert (progress.visit.id, progress.visit.step, progress.visit.round) == (
        expect["visit"],
        expect["step"],
        expect["round"],
    )
    assert list(progress.turn) == expect["turn"]
    assert sorted(ids) == sorted(expect["effects"])
    assert list(plan.done_without_call) == expect["noted"]
    assert list(plan.missed) == expect["missed"]
    clocks = {c.name: (c.due, c.stopped) for c in progress.clocks}
    moment = datetime.fromisoformat
    assert clocks == {
        c["name"]: (moment(c["due"]), moment(c["stopped"]) if c["stopped"] else None) for c in expect["clocks"]
    }
    assert plan.update.ledger is not None
    written = to_json(plan.update.ledger)
    assert written | {"version": ""} == expect["roundtrip"] | {"version": ""}


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e["ledger"]], ids=lambda entry: entry["name"])
def test_an_old_ledger_is_written_as_it_was_read(entry: dict[str, Any]) -> None:
    """So that an older replica, which still runs beside this one, can read it too."""
    ledger = read_ledger(entry["ledger"])
    assert ledger is not None
    assert to_json(ledger) == entry["ledger"]


# -- the database


def restored(site: Site, raw: Mapping[str, Any]) -> IssueRecord:
    """An issue of the sandbox as the file has it: people by their accounts, moments as text."""

    def whole(one: Mapping[str, Any], *people: str) -> dict[str, Any]:
        times = {name: datetime.fromisoformat(one[name]) for name in ("created", "updated")}
        return {**one, **times, **{name: site.people[one[name]] for name in people if one[name]}}

    history = [
        HistoryEntry(
            h["id"],
            site.people[h["author"]],
            datetime.fromisoformat(h["at"]),
            tuple(ChangeItem(**item) for item in h["items"]),
        )
        for h in raw["history"]
    ]
    comments = [CommentRecord(**whole(c, "author", "editor")) for c in raw["comments"]]
    return IssueRecord(**{**whole(raw, "creator", "reporter", "assignee"), "comments": comments, "history": history})


class Restored(Rig):
    """A sandbox with the tickets of 0.1.0, and today's bot on its database."""

    def start_bot(self) -> None:
        """Fill the sandbox first."""
        if not self.site.issues():
            for raw in SITE["issues"]:
                record = restored(self.site, raw)
                self.site._issues[record.id] = record
                self.site.index.write(record.id, record.updated, record)
            self.site._next_id, self.site._next_key = SITE["next_id"], dict(SITE["next_key"])
        super().start_bot()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Restored]:
    """The bot, started on what 0.1.0 left."""
    shutil.copytree(SHIPPED, tmp_path / "config")
    (tmp_path / "var").mkdir()
    with closing(sqlite3.connect(tmp_path / "var" / "bot.db")) as connection:
        connection.executescript((HERE / "bot_0_1.sql").read_text("utf-8"))
    config = load(tmp_path / "config")
    config = replace(config, office=replace(config.office, calls_per_second=1000, voice="full", grace=timedelta(0)))
    now = datetime.fromisoformat(SITE["now"])
    with Restored(config, tmp_path / "var", now, periods=CALM) as rig:
        yield rig


def marks(site: Site) -> list[tuple[str, str]]:
    """Every effect that comments and subtasks carry in Jira, with the id of what carries it."""
    return [
        (effect, one.id)
        for issue in site.issues()
        for one in (*issue.comments, *site.subtasks(issue))
        for effect in one.properties.get(PROPERTY, {}).get("effects", ())
    ]


def test_an_old_database_is_gone_on_with(rig: Restored) -> None:
    """A call whose answer was lost then is settled by its mark, what was given up stays so, nothing is done twice, and
    a ticket goes its way."""
    (lost,) = [e for e, _ in marks(rig.site) if e.startswith("10067:")]
    assert [i.effect_ids for i in rig.bot.journal.open_intents("10067")] in ([], [(lost,)])
    rig.settle()
    assert rig.bot.journal.open_intents("10067") == []
    assert rig.bot.journal.done("10067")[lost] == dict(marks(rig.site))[lost]
    assert [row.key for row in rig.bot.agenda.rows() if row.parked] == ["issue 10053"]
    assert [e.issue_id for e in rig.bot.journal.parked()] == ["10030"]
    story = Story(rig, key="DDE-1")
    story.set_to("review", "Done", at="2026-01-15 10:00")
    assert story.status == "Quality Review"
    assert len(dict(marks(rig.site))) == len(marks(rig.site))
