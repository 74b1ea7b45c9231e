"""Drafts of comments to a district: internal comments that staff post with /send or /tell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.history.command_text import parse_command
from bot.core.history.commands import reply_name
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


def drafted(text: str, correction: bool = False) -> str:
    """A public text as the internal comment that staff read before it is sent; `correction` is for one that corrects an
    announced date."""
    return f"{CORRECTION_HEAD if correction else DRAFT_HEAD}\n\n{{quote}}\n{text}\n{{quote}}"


@dataclass(frozen=True)
class DraftRelease:
    """One draft that staff want sent: the id of its comment, the command, and the text. `unchanged` is False if staff
    wrote a text of their own."""

    draft: str
    command: CommandRecord
    text: str
    unchanged: bool = True


def draft_releases(progress: Progress) -> list[DraftRelease]:
    """The drafts that staff want sent, each once: `/send` means the newest draft before it, or the text below the
    command instead; `/tell` does the same for corrections.

    A draft older than one that was already sent is sent only in the visit it belongs to, so that a second `/send` by
    mistake does not ask a district what it answered long ago. A correction is sent only in its visit, and never after a
    newer one."""
    found = []
    posted = _posted(progress)
    for command in send_commands(progress):
        candidates = _open_drafts(progress, command, posted)
        comment = next((c for c in progress.issue.comments if c.id == command.comment), None)
        written = parse_command(comment.body) if comment else None
        if candidates and written is not None:
            draft = candidates[-1]
            posted.add(draft.id)
            found.append(DraftRelease(draft.id, command, written.below or _quoted(draft), not written.below))
    return found


def has_draft(progress: Progress, command: CommandRecord) -> bool:
    """Whether there is a draft that a command of this kind could post."""
    return bool(_open_drafts(progress, command, _posted(progress)))


def _open_drafts(progress: Progress, command: CommandRecord, posted: set[str]) -> list[Comment]:
    """The drafts that a command can mean, oldest first."""
    here = {ref for v in progress.chain for ref in v.done.values()}
    drafts = _drafts(progress, CORRECTION_HEAD if command.kind == CommandName.TELL else DRAFT_HEAD)
    passed = max((position for position, draft in enumerate(drafts) if draft.id in posted), default=-1)
    unsent = [
        (position > passed, draft)
        for position, draft in enumerate(drafts)
        if draft.id not in posted and draft.created <= command.at
    ]
    if command.kind == CommandName.TELL:
        return [draft for newer, draft in unsent if newer and draft.id in here]
    return [draft for newer, draft in unsent if newer or draft.id in here]


def _posted(progress: Progress) -> set[str]:
    return {name.args[0] for v in progress.ledger.visits for name, _ in v.effects(Kind.SENT_DRAFT)}


def send_commands(progress: Progress) -> list[CommandRecord]:
    """The /send and /tell commands of this visit that were neither carried out nor replied to, oldest first."""
    done = _done_names(progress)
    return [
        command
        for visit in reversed(progress.chain)
        for command in visit.commands
        if command.kind in (CommandName.SEND, CommandName.TELL)
        and EffectName.of(Kind.SENT_BY, command.comment) not in done
        and reply_name(command.comment, command.at) not in done
    ]


def _done_names(progress: Progress) -> set[str]:
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
