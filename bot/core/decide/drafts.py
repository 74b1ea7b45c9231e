"""What the bot may say to a district: all of it, nothing, or drafts that staff send."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.history.commands import answer_to, command_of
from bot.core.history.progress import Progress
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.issue import Comment
from bot.core.model.ledger import CommandName, CommandRecord

DRAFT_HEAD = (
    "To be sent to the district (answer /send in an internal comment to post it, or /send with your own words below):"
)
CORRECTION_HEAD = (
    "To be told to the district (answer /tell in an internal comment to post it, or /tell with your own words below):"
)
_QUOTED = re.compile(r"\{quote\}\s*(.*?)\s*\{quote\}\s*\Z", re.DOTALL)  # Jira may take the line breaks out


def drafted(text: str, tell: bool = False) -> str:
    """A public text as staff read it before it is sent; with `tell` one that corrects what the district was told."""
    return f"{CORRECTION_HEAD if tell else DRAFT_HEAD}\n\n{{quote}}\n{text}\n{{quote}}"


@dataclass(frozen=True)
class Sending:
    """One draft that a member of staff sends: its comment, the order, and the words. `whole` says that these are
    the draft's own."""

    draft: str
    order: CommandRecord
    text: str
    whole: bool = True


def sendings(progress: Progress) -> list[Sending]:
    """The drafts that staff have asked to send, each once: with `/send`, the newest draft before it; with words
    below, those instead of the draft's. `/tell` does so for what corrects a day.

    A draft older than one that was sent already goes out only while the ticket is still in its stay: a second
    `/send`, written by chance, must not ask a district what it has answered long since. A correction goes out in
    its stay only, and never after a newer one."""
    found = []
    sent = _sent(progress)
    for order in send_commands(progress):
        open_ones = _open_drafts(progress, order, sent)
        comment = next((c for c in progress.issue.comments if c.id == order.comment), None)
        command = command_of(comment.body) if comment else None
        if open_ones and command is not None:
            draft = open_ones[-1]
            sent.add(draft.id)
            found.append(Sending(draft.id, order, command.below or _quoted(draft), not command.below))
    return found


def has_draft(progress: Progress, order: CommandRecord) -> bool:
    """Whether there is a draft that an order of this kind could post."""
    return bool(_open_drafts(progress, order, _sent(progress)))


def _open_drafts(progress: Progress, order: CommandRecord, sent: set[str]) -> list[Comment]:
    """The drafts that an order may mean, oldest first."""
    here = {ref for v in progress.chain for ref in v.done.values()}
    drafts = _drafts(progress, CORRECTION_HEAD if order.kind == CommandName.TELL else DRAFT_HEAD)
    passed = max((n for n, d in enumerate(drafts) if d.id in sent), default=-1)
    unsent = [(n > passed, d) for n, d in enumerate(drafts) if d.id not in sent and d.created <= order.at]
    if order.kind == CommandName.TELL:
        return [d for newer, d in unsent if newer and d.id in here]
    return [d for newer, d in unsent if newer or d.id in here]


def _sent(progress: Progress) -> set[str]:
    return {name.args[0] for v in progress.ledger.visits for name, _ in v.effects(Kind.SENT_DRAFT)}


def send_commands(progress: Progress) -> list[CommandRecord]:
    """The orders of this stay to send a draft that were neither carried out nor answered, oldest first."""
    done = _done(progress)
    return [
        order
        for visit in reversed(progress.chain)
        for order in visit.commands
        if order.kind in (CommandName.SEND, CommandName.TELL)
        and EffectName.of(Kind.SENT_BY, order.comment) not in done
        and answer_to(order.comment, order.at) not in done
    ]


def _done(progress: Progress) -> set[str]:
    return {name for v in progress.ledger.visits for name in v.done}


def _drafts(progress: Progress, head: str) -> list[Comment]:
    return [
        c
        for c in progress.issue.comments
        if not c.public and progress.people.is_bot(c.author) and c.body.startswith(head)
    ]


def _quoted(draft: Comment) -> str:
    found = _QUOTED.search(draft.body)
    return found[1].strip() if found else ""
