"""Hard limits that no plan can exceed: how often the bot may move a ticket and write to districts, and leaks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.core.model.issue import Change, Issue
from bot.core.model.ledger import Mover
from bot.core.model.roles import People
from bot.jira.call import Refused

MOVES_IN_A_ROW = 3
COMMENTS_A_DAY = 5
COMMENTS_AN_HOUR_ON_THE_SITE = 60


class Blown(Refused):
    """A limit was reached: the effect is parked and staff are notified."""


class Memory(Protocol):
    """What the fuse remembers, shared by all replicas."""

    def count_public(self, issue_id: str, day: datetime, hour: datetime) -> tuple[int, int]:
        """How many public comments were, or may have been, sent: of this issue since `day`, of all since `hour`."""
        ...

    def leaks(self, project: str) -> bool:
        """Whether an internal comment in that project came out public."""
        ...

    def note_leak(self, project: str) -> None:
        """Remember that one did, until the operator retries everything."""
        ...


class Fuse:
    """Counts what Jira shows and what the journal remembers, whichever is more."""

    def __init__(self, clock: Clock, memory: Memory, waits: Collection[tuple[str, str, str]] = frozenset()) -> None:
        """`waits` are the project, issue type and status of each step that ends by itself after a time: a move out of
        it counts as a person's act."""
        self._clock, self._memory, self._waits = clock, memory, waits

    def check_move(self, issue: Issue, people: People) -> None:
        """Raises Blown where the bot has moved the ticket three times and no person has acted in between."""
        acts = [(c.at, self._who(issue, people, c), c.field) for c in issue.changes]
        acts += [(c.updated, people.mover(c.author), "comment") for c in issue.comments]
        for subtask in issue.subtasks:
            acts += [(c.at, people.mover(c.author), "subtask") for c in subtask.changes]
        moves = 0
        for _, who, what in sorted(acts, key=lambda act: act[0]):
            if who == Mover.PERSON:
                moves = 0
            elif who == Mover.BOT and what == "status":
                moves += 1
        if moves >= MOVES_IN_A_ROW:
            raise Blown(f"The bot has moved this ticket {moves} times and no person has done anything in between.")

    def _who(self, issue: Issue, people: People, change: Change) -> Mover:
        by_time = change.field == "status" and (issue.project, issue.type, change.old) in self._waits
        return Mover.PERSON if by_time else people.mover(change.author)

    def check_comment(self, issue: Issue, bots: Collection[str], public: bool) -> None:
        """Raises Blown where a public comment would exceed the ticket's limit per day or the site's per hour, or
        where the customer could most likely read an internal one."""
        if not public:
            if self._memory.leaks(issue.project):
                raise Blown(
                    f"An internal comment in {issue.project} came out public; none is sent until the operator has "
                    "mended that and runs `python -m bot retry --all`."
                )
            return
        now = self._clock.now()
        day = now - timedelta(days=1)
        of_issue, of_all = self._memory.count_public(issue.id, day, now - timedelta(hours=1))
        ours = (c for c in issue.comments if c.author and c.author.id in bots and c.created > day)
        # Outside a service desk Jira calls every comment public; there only the journal knows.
        shown = sum(1 for c in ours if c.public and issue.service_desk)
        # The intent of this very comment is already in the journal.
        today, hour = max(shown, of_issue - 1), of_all - 1
        if today >= COMMENTS_A_DAY:
            raise Blown(f"The district has had {today} comments from the bot within a day; a person should write now.")
        if hour >= COMMENTS_AN_HOUR_ON_THE_SITE:
            raise Blown(f"The bot has written {hour} public comments within an hour; something is wrong.")

    def note_leak(self, issue: Issue) -> None:
        """Record that an internal comment came out public, so that no other follows: customers would get it too."""
        self._memory.note_leak(issue.project)
