"""The findings that reviewers write under "Findings:", of one round."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.model.issue import Comment, Issue
from bot.core.model.ledger import Ledger, Visit, subtasks_made
from bot.core.model.process import Process
from bot.core.model.roles import People

_BULLET = re.compile(r"(?:[-*#•–]+|\d+[.)])\s+")
_FINDINGS = re.compile(r"\s*\*?findings\s*(?::\*|\*?\s*:)", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """The findings in one reviewer's comment, one per line."""

    comment: str
    lines: tuple[str, ...]


def findings_of(issue: Issue, people: People, process: Process, review: Visit, ledger: Ledger) -> tuple[Finding, ...]:
    """What the reviewers of that round wrote under "Findings:", oldest first."""
    step = process.find_step(review.step)
    if step is None or not step.review:
        return ()
    chain = ledger.chain(review)
    since = chain[-1].began
    made = subtasks_made(chain)
    comments = [c for c in issue.comments if not c.public]
    for subtask in issue.subtasks:
        if subtask.id in made:
            comments += subtask.comments
    found = []
    for comment in sorted(comments, key=lambda c: (c.created, c.id)):
        if comment.updated >= since and not people.is_bot(comment.author):
            lines = finding_lines(comment)
            if lines:
                found.append(Finding(comment.id, lines))
    return tuple(found)


def finding_lines(comment: Comment) -> tuple[str, ...]:
    """The findings in a comment that begins with "Findings:", a line each without its bullet; else nothing.

    Where there are bullets, they alone are findings; a line that mentions somebody is never one: all else in the
    comment is between colleagues."""
    start = _FINDINGS.match(comment.body)
    if start is None:
        return ()
    lines = [line.strip() for line in comment.body[start.end() :].splitlines()]
    said = [line for line in lines if any(c.isalnum() for c in line) and "[~" not in line]
    bullets = [_BULLET.sub("", line) for line in said if _BULLET.match(line)]
    return tuple(bullets or said)
