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
from bot.sandbox.harness import Harness
from tests.jira.changed_answers import answered

ROOT = Path(__file__).parents[2]
RECORDED = ROOT.parent / "shared" / "jira" / "webhooks"
START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))


def config() -> Config:
    """The process that the bot's own tests tell their stories of."""
    return load(ROOT / "tests" / "spine")


@contextmanager
def told_story() -> Iterator[tuple[Harness, Any]]:
    """A harness on which a ticket went through a review, with its subtasks and comments."""
    with TemporaryDirectory() as folder, Harness(config(), Path(folder), START) as harness:
        ticket = harness.site.open_request(CARLA, "Lakeside ISD")
        harness.settle()
        harness.site.comment(HANNA, ticket, "an internal word", public=False)
        harness.site.comment(CARLA, ticket, "We confirm.")
        harness.site.set_labels(HANNA, ticket, ["pilot"])
        harness.settle()
        yield harness, ticket


@cache
def samples() -> tuple[tuple[Any, ...], Mapping[str, Any], Any]:
    """The bodies of webhooks, Jira's answers by the path that was asked, and a ledger."""
    with told_story() as (harness, _):
        site, asked = harness.site, {}
        record = next(r for r in site.issues() if r.subtask_ids)

        def noted(path: str, ask: Callable[[], Any]) -> Any:
            asked[path] = answer = ask()
            return json.loads(json.dumps(answer))

        with answered(noted):
            harness.bot.gateway.myself()
            harness.bot.gateway.__dict__["_asked"].clear()
            snapshot = harness.bot.gateway.fetch(record.id, harness.bot.journal.done(record.id))
            harness.bot.gateway.search("project in (DDE)")
            harness.bot.gateway.tickets("project in (DDE) ORDER BY id")
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
