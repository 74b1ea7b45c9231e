"""What the bot may say to a district: all of it, nothing, or drafts that staff send."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.issue import Comment
from bot.core.progress import Progress

DRAFT_HEAD = (
    "To be sent to the district (answer /send in an internal comment to post it, or /send with your own words below):"
)
_QUOTED = re.compile(r"\{quote\}\n(.*)\n\{quote\}\s*\Z", re.DOTALL)
_SEND = re.compile(r"\s*/send\b[ \t]*", re.IGNORECASE)


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
    before it; with words below or behind it, those instead of the draft's."""
    found = []
    sent = {name.removeprefix("send:") for v in progress.ledger.visits for name in v.done if name.startswith("send:")}
    drafts = [c for c in progress.issue.comments if _is_draft(progress, c) and c.id not in sent]
    for order in sorted(progress.issue.comments, key=lambda c: (c.updated, c.id)):
        start = _SEND.match(order.body)
        if start is None or order.public or not progress.people.is_staff(order.author, order.updated):
            continue
        earlier = [d for d in drafts if d.created <= order.updated]
        used = any(f"order:{order.id}" in v.done for v in progress.ledger.visits)
        if earlier and not used:
            draft = earlier[-1]
            drafts.remove(draft)
            found.append(Sending(draft.id, order.id, order.body[start.end() :].strip() or _quoted(draft)))
    return found


def _is_draft(progress: Progress, comment: Comment) -> bool:
    return not comment.public and progress.people.is_bot(comment.author) and comment.body.startswith(DRAFT_HEAD)


def _quoted(draft: Comment) -> str:
    found = _QUOTED.search(draft.body)
    return found[1].strip() if found else ""
