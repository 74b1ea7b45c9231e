"""What the bot may say to a district: all of it, nothing, or drafts that staff send."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.issue import Comment
from bot.core.progress import Progress

DRAFT_HEAD = (
    "To be sent to the district (answer /send in an internal comment to post it, or /send with your own words below):"
)
_QUOTED = re.compile(r"\{quote\}\s*(.*?)\s*\{quote\}\s*\Z", re.DOTALL)  # Jira may take the line breaks out
_ORDER = re.compile(r"\s*/send\b", re.IGNORECASE)
_SEND = re.compile(r"\s*/send[ \t]*(?:\r?\n|\Z)", re.IGNORECASE)  # words on its own line are for colleagues


def drafted(text: str) -> str:
    """A public text as staff read it before it is sent."""
    return f"{DRAFT_HEAD}\n\n{{quote}}\n{text}\n{{quote}}"


@dataclass(frozen=True)
class Sending:
    """One draft that a member of staff sends: the comments of both, and the words."""

    draft: str
    order: str
    text: str


def sendings(progress: Progress) -> list[Sending]:
    """The drafts that staff have asked to send, each once: with `/send` in an internal comment, the newest draft
    before it; with words below, those instead of the draft's.

    A draft older than one that was sent already goes out only while the ticket is still in its stay: a second
    `/send`, written by chance, must not ask a district what it has answered long since."""
    found = []
    done = {name for v in progress.ledger.visits for name in v.done}
    sent = {name.removeprefix("send:") for name in done if name.startswith("send:")}
    here = {ref for v in progress.chain for ref in v.done.values()}
    drafts = [c for c in progress.issue.comments if _is_draft(progress, c)]
    for order in sorted(progress.issue.comments, key=lambda c: (c.updated, c.id)):
        start = _SEND.match(order.body)
        if start is None or order.public or f"order:{order.id}" in done:
            continue
        if not progress.people.is_staff(order.author, order.updated):
            continue
        passed = max((n for n, d in enumerate(drafts) if d.id in sent), default=-1)
        open_ones = [
            d
            for n, d in enumerate(drafts)
            if d.id not in sent and d.created <= order.updated and (n > passed or d.id in here)
        ]
        if open_ones:
            draft = open_ones[-1]
            sent.add(draft.id)
            found.append(Sending(draft.id, order.id, order.body[start.end() :].strip() or _quoted(draft)))
    return found


def unclear_orders(progress: Progress) -> list[Comment]:
    """Internal comments of this stay that look like an order to send, and are none: words stand on its line."""
    return [
        c
        for c in progress.issue.comments
        if not c.public
        and c.updated >= progress.visit.began
        and _ORDER.match(c.body)
        and not _SEND.match(c.body)
        and progress.people.is_staff(c.author, c.updated)
    ]


def _is_draft(progress: Progress, comment: Comment) -> bool:
    return not comment.public and progress.people.is_bot(comment.author) and comment.body.startswith(DRAFT_HEAD)


def _quoted(draft: Comment) -> str:
    found = _QUOTED.search(draft.body)
    return found[1].strip() if found else ""
