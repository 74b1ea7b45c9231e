"""Finds out, by its mark, whether a call whose answer was lost had happened."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from bot.core.model.issue import Issue
from bot.core.model.ledger import NOTED
from bot.jira.call import Refused
from bot.jira.gateway import Gateway
from bot.store.agenda import Claim
from bot.store.journal import MESSAGE, Intent, Journal

LOG = logging.getLogger(__name__)

SETTLE_SECONDS = 90.0  # a lost call may still be on its way; only then its mark is searched


class Settler:
    """Settles open intents."""

    def __init__(self, gateway: Gateway, journal: Journal) -> None:
        self._gateway, self._journal = gateway, journal

    def wait(self, intents: Sequence[Intent]) -> float:
        """Seconds until every open intent is old enough to be settled."""
        return max((SETTLE_SECONDS - self._journal.age(i) for i in intents), default=0.0)

    def settle(self, claim: Claim, issue: Issue, intent: Intent) -> None:
        """Find out whether the call of an intent happened, and end the intent. Raises a JiraTrouble."""
        if intent.kind == "subtasks":
            found = self._gateway.marked_subtasks(issue, intent.subtasks)
        elif intent.kind == MESSAGE:
            # Nobody knows whether it went out, so it counts as sent: once at most.
            found = dict.fromkeys(intent.effect_ids, NOTED)
        elif intent.kind == "comment":
            highest = int(intent.highest_comment) if intent.highest_comment.isdigit() else 0
            found = self._gateway.marked_comments(issue, highest)
        else:
            # A move, or labels, fields and ledger: what is there now shows what is still to be done.
            found = {}
        refs = {effect: found[effect] for effect in intent.effect_ids if effect in found}
        if refs:
            self._journal.close_intent(claim, intent.id, intent.issue_id, refs)
            if intent.kind == "comment" and not intent.public:
                self._check_hidden(issue, set(refs.values()))
        else:
            self._journal.fail_intent(intent.id, "settled: Jira does not hold it")
        LOG.info(
            "%s: a lost %s call was settled: %s", issue.key, intent.kind, "it had happened" if refs else "it had not"
        )

    def _check_hidden(self, issue: Issue, refs: Collection[str]) -> None:
        """What was meant for staff alone must be so, though the answer that says so was lost."""
        for comment in issue.comments:
            if comment.id in refs and comment.public and issue.service_desk:
                try:
                    self._gateway.withdraw(issue, comment.id)
                except Refused as refused:
                    LOG.error("%s: %s", issue.key, refused)
