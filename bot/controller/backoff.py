"""What becomes of a claim when Jira, or the database, is in no state to work with: it waits, and never parks."""

from __future__ import annotations

import logging
import threading
import time

from bot.clock import Clock
from bot.jira.call import JiraTrouble, Limited, Unauthenticated
from bot.store.agenda import Agenda, Claim, backoff
from bot.store.agenda_reader import LEASE_SECONDS
from bot.store.database import StoreDown, StoreError

LOG = logging.getLogger(__name__)

DEAD_TOKEN_SECONDS = 60.0
AGAIN_SECONDS = 1.0  # how soon a database that is away is asked again


class Backoff:
    """Counts the failures in a row of each key in this process that the state of Jira or of the database caused. They
    are not tries: they are nobody's fault, and a night of them must not bring a key nearer to being parked."""

    def __init__(self, agenda: Agenda, clock: Clock) -> None:
        self._agenda, self._clock = agenda, clock
        self._in_a_row: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, claim: Claim, trouble: JiraTrouble | StoreError) -> None:
        """Give the claim back for a later reconcile: as late as Jira asks, else backing off. A limit of the site's,
        or a dead token, stops all workers."""
        with self._lock:
            count = self._in_a_row[claim.key] = self._in_a_row.get(claim.key, 0) + 1
        wait, site = backoff(count), False
        if isinstance(trouble, Limited):
            wait, site = trouble.seconds, trouble.site
        elif isinstance(trouble, Unauthenticated):
            wait, site = DEAD_TOKEN_SECONDS, True
        if site:
            LOG.error("%s Nothing is decided for %.0f s.", trouble, wait)
        else:
            LOG.warning("%s: %s Trying again in %.0f s.", claim.key, trouble, wait)
        while not self._given_back(claim, wait, str(trouble) if site else None):
            time.sleep(AGAIN_SECONDS)

    def _given_back(self, claim: Claim, wait: float, site: str | None) -> bool:
        """Whether the claim is given back. Who cannot say so to a database that is away goes on trying: else the key
        would wait for the end of its lease, long after the database is back, and this would count as a failed try."""
        try:
            until = self._agenda.machine() + wait
            if site is not None:
                self._agenda.global_limit.set(until, site)
            self._agenda.release(claim, self._clock.now(), not_before=until)
        except StoreDown:
            if self._clock.steady() - claim.began > LEASE_SECONDS:
                raise
            return False
        return True

    def in_a_row(self, key: str) -> int:
        """How many failures the key has had since it was last worked on without one."""
        with self._lock:
            return self._in_a_row.get(key, 0)

    def over(self, key: str) -> None:
        """The key was worked on without one."""
        with self._lock:
            self._in_a_row.pop(key, None)
