"""One call to Jira, once: an intent is committed before it and closed after it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from bot.clock import Clock
from bot.core.decide.template_facts import describe_effect
from bot.core.model.effect_id import EffectId
from bot.core.model.issue import Issue
from bot.jira.call import JiraTrouble, Refused, Unknown
from bot.store.agenda import Agenda, Claim, LeaseLost
from bot.store.journal import Journal

LOG = logging.getLogger(__name__)

_RENEW_SECONDS = 40.0

Refs = dict[str, str]  # effect id -> what came of it


class Calls:
    """Makes calls for the owner of a claim on an issue. Safe to use from several threads."""

    def __init__(self, agenda: Agenda, journal: Journal, clock: Clock) -> None:
        self._agenda, self._journal, self._clock = agenda, journal, clock
        self._lease = threading.local()  # each worker has one claim at a time

    def once(
        self,
        claim: Claim,
        issue: Issue,
        kind: str,
        ids: tuple[str, ...],
        send: Callable[[], Refs],
        *,
        to: str = "",
        **intent_facts: Any,
    ) -> Refs:
        """Intent, call, done. Raises Refused where Jira will not have it, another JiraTrouble where it must wait;
        where the answer is unknown the intent is left open for a later reconcile to settle."""
        self.renew(claim)
        intent = self._journal.open_intent(claim, issue.id, kind, ids, {"to": to} if to else {}, **intent_facts)
        try:
            refs = send()
        except Unknown:
            raise
        except JiraTrouble as trouble:
            self._journal.fail_intent(intent, str(trouble))
            raise
        self._journal.close_intent(claim, intent, issue.id, refs)
        return refs

    def or_park(
        self,
        claim: Claim,
        issue: Issue,
        kind: str,
        ids: tuple[str, ...],
        send: Callable[[], Refs],
        **facts: Any,
    ) -> Refs:
        """The same; what Jira refuses for good is parked, nothing comes of it, and the rest goes on."""
        try:
            return self.once(claim, issue, kind, ids, send, **facts)
        except Refused as refused:
            self.park(issue, ids, str(refused))
            return {}

    def park(self, issue: Issue, ids: Iterable[str], reason: str) -> None:
        """Give effects up, visibly."""
        for effect in ids:
            self._journal.park_effect(issue.id, effect, reason)
            LOG.error("%s: gave up %s: %s", issue.key, describe_effect(EffectId(effect).name), reason)

    def renew(self, claim: Claim) -> None:
        """Keep the lease alive through a reconcile of many slow calls."""
        now = self._clock.steady()
        if getattr(self._lease, "token", None) != claim.token:
            self._lease.token, self._lease.renewed = claim.token, claim.began
        if now - self._lease.renewed > _RENEW_SECONDS:
            if not self._agenda.renew(claim):
                raise LeaseLost(f"the lease on {claim.key!r} ran out before its reconcile ended; another one follows")
            self._lease.renewed = now
