"""Real payloads and answers to begin with: the sandbox's, and the recorded ones where they are there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.load import Config, load
from bot.core.model.ledger import PROPERTY
from bot.sandbox import events
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.harness import Stage
from tests.jira.changed_answers import answered

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "jira" / "webhooks"
START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))


def config() -> Config:
    """The process that the bot's own tests tell their stories of."""
    return load(ROOT / "tests" / "spine")


@contextmanager
def told_story() -> Iterator[tuple[Stage, Any]]:
    """A stage on which a ticket went through a review, with its subtasks and comments."""
    with TemporaryDirectory() as folder, Stage(config(), Path(folder), START) as stage:
        ticket = stage.site.open_request(CARLA, "Lakeside ISD")
        stage.settle()
        stage.site.comment(HANNA, ticket, "an internal word", public=False)
        stage.site.comment(CARLA, ticket, "We confirm.")
        stage.site.set_labels(HANNA, ticket, ["pilot"])
        stage.settle()
        yield stage, ticket


@cache
def samples() -> tuple[tuple[Any, ...], Mapping[str, Any], Any]:
    """The bodies of webhooks, Jira's answers by the path that was asked, and a ledger."""
    with told_story() as (stage, _):
        site, asked = stage.site, {}
        record = next(r for r in site.issues() if r.subtask_ids)

        def noted(path: str, ask: Callable[[], Any]) -> Any:
            asked[path] = answer = ask()
            return json.loads(json.dumps(answer))

        with answered(noted):
            stage.bot.gateway.myself()
            stage.bot.gateway.__dict__["_asked"].clear()
            snapshot = stage.bot.gateway.fetch(record.id, stage.bot.journal.done(record.id))
            stage.bot.gateway.search("project in (DDE)")
            stage.bot.gateway.tickets("project in (DDE) ORDER BY id")
        by, at = site.account(HANNA), record.updated
        bodies = [events.about_issue(site.shapes, "jira:issue_updated", record, by, at, record.history[-1])]
        bodies += [events.about_comment(site.shapes, "comment_created", record, one, at) for one in record.comments[:1]]
        child = site.issue(record.subtask_ids[0])
        bodies.append(events.about_issue(site.shapes, "jira:issue_updated", child, by, at, None))
        assert snapshot.issue.subtasks
        assert snapshot.issue.ledger
        return (*bodies, *_recorded()), asked, record.properties[PROPERTY]


def _recorded() -> list[Any]:
    return [json.loads(path.read_text()) for path in sorted(RECORDED.glob("*.json"))]
