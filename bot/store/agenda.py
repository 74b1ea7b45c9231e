"""The agenda: one row per key that says when to reconcile it next, worked by any number of workers."""

from __future__ import annotations

import itertools
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.clock import Clock
from bot.store.agenda_reader import LEASE_SECONDS, AgendaReader, Priority, col
from bot.store.agenda_sql import NEW, PARK, RELEASE, RENEW, lease, upsert
from bot.store.database import Store
from bot.store.global_limit import LONGEST_DELAY_SECONDS, GlobalLimit
from bot.store.prepared import Prepared
from bot.store.tables import agenda
from bot.store.wakeup import Wakeup


class LeaseLost(Exception):
    """The lease ran out and the key is, or may be, another worker's: stop this reconcile, another follows."""


@dataclass(frozen=True)
class Claim:
    """The right to work on one key until the lease ends. `tries` counts this reconcile too; `began` is on this
    process's stopwatch, no later than the lease."""

    key: str
    token: str
    woken: int
    tries: int
    priority: Priority
    due_at: datetime
    began: float


def backoff(tries: int, chance: Callable[[], float] = random.random) -> float:
    """Seconds to wait after the `tries`-th reconcile failed: from 1 s doubling, with jitter never over 15 min."""
    return float(min(600, 2 ** min(tries - 1, 10)) * (1 + chance() / 2))


class Agenda(AgendaReader):
    """A work queue of keys. It knows nothing of what a key means. The contract:

    A key has at most one row. A row is **due** once its `due_at` (business time) has come; **delayed** until its
    `not_before` (machine time); **leased** while a worker has it; and it may be **parked**.

    * `put(key, at, priority)`: reconcile `key` no later than `at`. An earlier moment stays, and a more urgent
      priority stays. A put never touches `not_before`, so a backoff survives it, nor a lease, nor parking.
    * `claim()`: one row that is due and not delayed, leased or parked: of the most urgent priority, the longest
      due. It is leased for 120 s under a new token, and a try is counted at once, so a reconcile that kills its
      process counts too. No two workers ever have live tokens of one key, and no process works on two keys at once
      whose last reconcile failed or did not come back.
    * `renew(claim)`: another 120 s from now. False: the lease is lost; stop.
    * `release(claim, requeue_at)`: give the row back, due at that moment (None: not due), its tries forgotten. If
      anything was put since the claim, it is due now instead: no wake-up is lost. With `failed` it is due now, keeps
      its tries and is delayed. Only the token's owner can do this; False: the lease was lost, and its new owner
      decides.
    * `park(claim, reason)`: like release, but nobody claims the row until `unpark`. Puts are kept meanwhile.

    A lease that runs out makes the row claimable again; from the next claim on the old token can do nothing.
    `insert_in` writes a row of another table only under a live token, and keeps others from claiming until its
    commit.

    Both clocks may be set back. Business time decides only what is due. A lease or a delay that ends two minutes
    later than any made now would is left from before machine time was set back, and counts as over."""

    def __init__(self, store: Store, clock: Clock, chance: Callable[[], float] = random.random) -> None:
        super().__init__(store, clock)
        self.global_limit = GlobalLimit(store)
        self._chance = chance
        self._put = upsert(store)
        self._lease = lease(store.machine_value())
        self._wakeup = Wakeup(store)
        self._name = uuid.uuid4().hex  # every token of this process begins with it
        self._claims = itertools.count()

    # -- put

    def put(self, key: str, at: datetime, priority: Priority, *, not_before_machine: float | None = None) -> None:
        """Ask for a reconcile of `key` no later than `at`; `not_before_machine` counts only for a new row."""
        self._store.write(lambda connection: self.put_in(connection, key, at, priority, not_before_machine))

    def put_in(
        self,
        connection: Connection,
        key: str,
        at: datetime,
        priority: Priority,
        not_before_machine: float | None = None,
    ) -> None:
        """As `put`, in the caller's transaction."""
        self._put.execute(connection, _new_row(key, at, priority, not_before_machine))
        if at <= self._clock.now():  # what is due later is found when it is
            self._wakeup.ring_everywhere_in(connection)

    def put_once(self, key: str, at: datetime, priority: Priority) -> bool:
        """Put `key` only where it has no row yet, as a periodic job at start; whether it was new."""

        def put(connection: Connection) -> bool:
            row = self._store.insert(agenda).values(_new_row(key, at, priority, None)).on_conflict_do_nothing()
            new = connection.execute(row.returning(col.key)).first() is not None
            if new:
                self._wakeup.ring_everywhere_in(connection)
            return new

        return self._store.write(put)

    # -- claim, renew, release, park

    def claim(self) -> Claim | None:
        """Lease one due row; None where there is none, a global limit is active, or a person paused the bot."""
        self._wakeup.seen()
        return self._store.write(self._claim_in)

    def _claim_in(self, connection: Connection) -> Claim | None:
        began = self._clock.steady()
        moment = {
            "now": self._clock.now(),
            "claimed_as": f"{self._name}:{next(self._claims)}:",
            "own": self._name,
            "after_own": f"{self._name}g",  # after each hex name, however a database sorts
            **self._store.machine_parameter(),
        }
        found = self._lease.first(connection, moment)
        if found is None:
            return None
        key, token, woken, tries, priority, due_at = found
        return Claim(key, token, woken, tries, Priority(priority), due_at, began)

    def renew(self, claim: Claim) -> bool:
        """Make the lease last 120 s from now; False where it was lost."""

        def renew(connection: Connection) -> bool:
            until = self._store.machine(connection) + LEASE_SECONDS
            return connection.execute(RENEW, {**_ours(claim), "until": until}).rowcount == 1

        return self._store.write(renew)

    def release(
        self,
        claim: Claim,
        requeue_at: datetime | None,
        *,
        not_before: float | None = None,
        failed: bool = False,
        priority: Priority = Priority.TIMERS,
        also: Callable[[Connection], object] | None = None,
    ) -> bool:
        """End the reconcile: due again at `requeue_at`, or now if woken since; False where the lease was lost. A row
        that is due later gets `priority`.

        `not_before` (machine seconds, at most an hour ahead) delays the row. With `failed` the row is due now, and
        delayed by its backoff where `not_before` is not given. `also` writes in the same transaction, first, and
        whether or not the lease was lost."""

        def release(connection: Connection) -> bool:
            if also is not None:
                also(connection)
            now = self._clock.now()
            moment = now if failed else requeue_at
            values = {
                **_ours(claim),
                "delayed": self._delay_in(connection, claim, not_before, failed),
                "left": claim.tries if failed else 0,
                "woken_then": claim.woken,
                "again": moment,
                "soon": now,
                "calm": int(moment is not None and moment > now),
                "later": int(priority),
            }
            return RELEASE.execute(connection, values).rowcount == 1

        return self._end(release)

    def _delay_in(self, connection: Connection, claim: Claim, not_before: float | None, failed: bool) -> float | None:
        """Until when a released row is delayed, None where it is not."""
        if not_before is None and not failed:
            return None
        machine = self._store.machine(connection)
        until = machine + backoff(claim.tries, self._chance) if not_before is None else not_before
        return min(until, machine + LONGEST_DELAY_SECONDS)

    def park(self, claim: Claim, reason: str) -> bool:
        """Give the row up until `unpark`; False where the lease was lost."""
        values = {**_ours(claim), "reason": reason}
        return self._end(lambda connection: connection.execute(PARK, values).rowcount == 1)

    def _end(self, work: Callable[[Connection], bool]) -> bool:
        ours = self._store.write(work)
        self._wakeup.ring()  # the row may be due at once, and somebody may wait for quiet
        return ours

    def unpark(self, key: str) -> bool:
        """Let a parked row be claimed again, now and with its tries forgotten; whether it was parked."""

        def unpark(connection: Connection) -> bool:
            values = {"parked": None, "due_at": self._clock.now(), "not_before": None, "tries": 0}
            row = sa.update(agenda).where(col.key == key, col.parked.is_not(None)).values(values)
            parked = connection.execute(row).rowcount == 1
            if parked:
                self._wakeup.ring_everywhere_in(connection)
            return parked

        return self._store.write(unpark)

    def insert_in(self, connection: Connection, claim: Claim, insert: Prepared, row: Mapping[str, Any]) -> int:
        """Insert a row of another table in the caller's transaction, by a statement that `insert_if_ours` made; the
        row's id. Raises LeaseLost, and inserts nothing, where the lease is no longer this claim's."""
        inserted = insert.first(connection, {**row, **_ours(claim)})
        if inserted is None:
            raise LeaseLost(f"the lease on {claim.key!r} ran out before its reconcile ended; another one follows")
        return int(inserted[0])

    def give_back_all(self) -> int:
        """At start on SQLite: end the leases that a killed process left; how many. On PostgreSQL do nothing:
        they may be a living replica's, and a dead one's run out by themselves.

        A reconcile that was tried more than once before is delayed, or it might kill each new process at once."""
        if not self._store.sqlite:
            return 0

        def give_back(connection: Connection) -> int:
            machine = self._store.machine(connection)
            left = connection.execute(sa.select(col.key, col.tries).where(col.token.is_not(None))).all()
            for key, tries in left:
                until = machine + backoff(tries, self._chance) if tries > 1 else None
                values = {"token": None, "leased_until": None, "not_before": until}
                connection.execute(sa.update(agenda).where(col.key == key).values(values))
            return len(left)

        return self._store.write(give_back)

    def give_back_own(self) -> int:
        """When this process is asked to stop: end its leases as if they had not been claimed; how many."""
        values = {"token": None, "leased_until": None, "tries": col.tries - 1}
        row = sa.update(agenda).where(col.token.startswith(f"{self._name}:", autoescape=True)).values(values)
        return self._store.write(lambda connection: connection.execute(row).rowcount)

    # -- waiting

    def machine(self) -> float:
        """The machine time by which leases and delays are measured: on PostgreSQL the database's, because the clocks
        of two replicas may differ. Raises StoreDown."""
        return self._store.machine_now()

    def wait(self, timeout: float) -> bool:
        """Wait for a put since this thread's last `claim` began, at most `timeout` seconds; whether one came."""
        return self._wakeup.wait(timeout)

    def wait_idle(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds until no row is due or leased; whether it is so."""
        end = time.monotonic() + timeout
        self._wakeup.seen()
        while not (idle := self.idle()) and (left := end - time.monotonic()) > 0:
            self._wakeup.wait(left)
            self._wakeup.seen()
        return idle

    def nudge(self) -> None:
        """End this process's waits, because the clock moved and something may be due now."""
        self._wakeup.ring()

    def close(self) -> None:
        """End every wait, and the thread that listens to PostgreSQL."""
        self._wakeup.close()


def _new_row(key: str, at: datetime, priority: Priority, not_before: float | None) -> dict[str, Any]:
    return dict(zip(NEW, (key, at, not_before, 1, 0, int(priority)), strict=True))


def _ours(claim: Claim) -> dict[str, Any]:
    """What names the row as long as the lease is this claim's."""
    return {"claimed": claim.key, "claimed_as": claim.token}
