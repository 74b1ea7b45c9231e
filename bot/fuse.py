"""A fuse that no plan can pass: how often the bot may move one ticket, and speak to districts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.core.issue import Issue
from bot.core.ledger import BOT, PERSON
from bot.core.people import People
from bot.wire import Refused

MOVES_IN_A_ROW = 3
COMMENTS_A_DAY = 5
COMMENTS_AN_HOUR_ON_THE_SITE = 60


class Blown(Refused):
    """The fuse: the effect is parked and people are told."""


class Fuse:
    """Judges by what Jira shows and by what the journal remembers, whichever is more.

    `sent` counts the public comments since a moment: of one issue (its id), or of the whole site (None)."""

    def __init__(self, clock: Clock, sent: Callable[[datetime, str | None], int]) -> None:
        self._clock, self._sent = clock, sent

    def check_move(self, issue: Issue, people: People) -> None:
        """Raises Blown where the bot has moved the ticket three times without a person's act between."""
        acts = [(c.at, people.mover(c.author), c.field) for c in issue.changes]
        acts += [(c.updated, people.mover(c.author), "comment") for c in issue.comments]
        for subtask in issue.subtasks:
            acts += [(c.at, people.mover(c.author), "subtask") for c in subtask.changes]
        moves = 0
        for _, who, what in sorted(acts, key=lambda act: act[0]):
            if who == PERSON:
                moves = 0
            elif who == BOT and what == "status":
                moves += 1
        if moves >= MOVES_IN_A_ROW:
            raise Blown(f"The bot has moved this ticket {moves} times and no person has done anything in between.")

    def check_comment(self, issue: Issue, bots: Collection[str], public: bool) -> None:
        """Raises Blown where a public comment would be one too many for the ticket's day or the site's hour."""
        if not public:
            return
        day = self._clock.now() - timedelta(days=1)
        ours = (c for c in issue.comments if c.author and c.author.id in bots and c.created > day)
        # Outside a service desk Jira calls every comment public; there the journal alone can tell.
        shown = sum(1 for c in ours if c.public and issue.service_desk)
        # The intent of this very comment is already in the journal.
        today = max(shown, self._sent(day, issue.id) - 1)
        if today >= COMMENTS_A_DAY:
            raise Blown(f"The district has had {today} comments from the bot within a day; a person should write now.")
        hour = self._sent(self._clock.now() - timedelta(hours=1), None) - 1
        if hour >= COMMENTS_AN_HOUR_ON_THE_SITE:
            raise Blown(f"The bot has written {hour} public comments within an hour; something is wrong.")
