"""What Jira must hold when the demo's story is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.accounts import BOT
from bot.sandbox.jira_site import Site
from bot.sandbox.records import CommentRecord
from bot.words.wiki import unescaped


def verify(site: Site, key: str, end: Mapping[str, Any]) -> list[str]:
    """What Jira does not hold as `end` says, read from the sandbox alone; empty when all is well."""
    issue, subtasks = site.issue(key), site.subtasks(key)
    problems = []
    if (issue.status, issue.resolution) != (end["status"], "Done"):
        problems.append(f"the ticket stands in {issue.status} with the resolution {issue.resolution}")
    if issue.labels or issue.duedate:
        problems.append(f"labels {list(issue.labels)} and due date {issue.duedate} are left on it")
    found = [[s.summary, s.status] for s in subtasks]
    if found != end["subtasks"]:
        problems.append(f"its subtasks are {found}")
    ours = [c for c in issue.comments if c.author.id == BOT.id]
    problems += _comments("public", end["public"], [c for c in ours if c.public])
    problems += _comments("internal", end["internal"], [c for c in ours if not c.public])
    seen = [m for c in issue.comments for m in marks(dict(c.properties))]
    seen += [m for s in subtasks for m in marks(s.properties)]
    problems += [f"the effect {one} stands in Jira twice" for one in sorted(set(seen)) if seen.count(one) > 1]
    if not isinstance(site.property(key, "onboarding-bot"), dict):
        problems.append("the ticket carries no ledger")
    return problems


def _comments(kind: str, phrases: Sequence[str], comments: Sequence[CommentRecord]) -> Iterator[str]:
    if len(comments) != len(phrases):
        yield f"it has {len(comments)} {kind} comments of the bot, not {len(phrases)}"
    for phrase, comment in zip(phrases, comments, strict=False):
        if phrase not in unescaped(comment.body):
            yield f'the {kind} comment that should hold "{phrase}" reads: {comment.body.splitlines()[0]}'


def marks(properties: object) -> list[str]:
    """The effect ids that a comment or subtask carries in Jira."""
    value = properties.get("onboarding-bot", {}) if isinstance(properties, dict) else {}
    effects = value.get("effects", []) if isinstance(value, dict) else []
    return [str(e) for e in effects]
