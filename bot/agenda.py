"""The agenda: one row per key that says when to look at it next, worked by any number of workers."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql.elements import ColumnElement

from bot.agenda_reader import AgendaReader, Class, col
from bot.clock import Clock
from bot.site_hold import LONGEST_HOLD_SECONDS, Site
from bot.store import Store
from bot.tables import agenda
from bot.wakeup import Wakeup

LEASE_SECONDS = 120.0


class LeaseLost(Exception):
    """The lease ran out and the key is, or may be, another worker's: stop this look, another follows."""


@dataclass(frozen=True)
class Claim:
    """The right to work on one key until the lease ends. `tries` counts this look too."""

    key: str
    token: str
    woken: int
    tries: int
    cls: Class
    due_at: datetime


def backoff(tries: int, chance: Callable[[], float] = random.random) -> float:
    """Seconds to wait after the `tries`-th look failed: from 1 s doubling, with jitter never over 15 min."""
    return float(min(600, 2 ** min(tries - 1, 10)) * (1 + chance() / 2))


class Agenda(AgendaReader):
    """A work queue of keys. It knows nothing of what a key means. The contract:

    A key has at most one row. A row is **due** once its `due_at` (business time) has come; **held back**
    while its `not_before` (machine time) has not; **leased** while a worker has it; and it may be **parked**.

    * `put(key, at, cls)`: look at `key` no later than `at`. An earlier moment stays, and a more urgent class
      stays. A put never touches `not_before`, so a back-off survives it, nor a lease, nor a parking.
    * `claim()`: one row that is due and neither held back, leased nor parked; the most urgent class first,
      within it the longest due. It is leased for 120 s under a new token, and a try is counted at once,
      so a look that kills its process counts too. No two workers ever hold live tokens of one key.
    * `renew(claim)`: another 120 s from now. False: the lease is lost; stop.
    * `release(claim, look_again_at)`: give the row back, due at that moment (None: not due), its tries
      forgotten. If anything was put since the claim, it is due now instead: no wake-up is lost. With `failed`
      it is due now, keeps its tries and is held back. Only the token's holder can do this; False: the lease
      was lost, and whoever has it now decides.
    * `park(claim, reason)`: like release, but nobody claims the row until `unpark`. Puts are kept meanwhile.

    A lease that runs out makes the row claimable again; from the next claim on the old token can do nothing.
    `assert_ours` proves a token inside another transaction, and keeps others from claiming until its commit.

    Both clocks may be set back. Business time decides only what is due. A lease or a hold that ends later
    than any made now would is left from before machine time was set back, and is taken as over."""

    def __init__(self, store: Store, clock: Clock, chance: Callable[[], float] = random.random) -> None:
        super().__init__(store, clock)
        self.site = Site(store)
        self._chance = chance
        self._wakeup = Wakeup(store)
        self._own: set[str] = set()
        self._own_lock = threading.Lock()

    # -- put

    def put(self, key: str, at: datetime, cls: Class, *, not_before_machine: float | None = None) -> None:
        """Ask for a look at `key` no later than `at`; `not_before_machine` counts only for a new row."""
        self._store.write(lambda connection: self.put_in(connection, key, at, cls, not_before_machine))

    def put_in(
        self,
        connection: Connection,
        key: str,
        at: datetime,
        cls: Class,
        not_before_machine: float | None = None,
    ) -> None:
        """As `put`, in the caller's transaction."""
        row = self._new_row(key, at, cls, not_before_machine)
        row = row.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "due_at": sa.case(
                    (col.due_at.is_(None) | (col.due_at > at), sa.literal(at, col.due_at.type)),
                    else_=col.due_at,
                ),
                "cls": sa.case((col.due_at.is_(None) | (col.cls > cls), int(cls)), else_=col.cls),
                "woken": col.woken + 1,
            },
        )
        connection.execute(row)
        self._wakeup.ring_everywhere_in(connection)

    def put_once(self, key: str, at: datetime, cls: Class) -> bool:
        """Put `key` only where it has no row yet, as a periodic job at start; whether it was new."""

        def put(connection: Connection) -> bool:
            row = self._new_row(key, at, cls, None).on_conflict_do_nothing()
            new = connection.execute(row.returning(col.key)).first() is not None
            if new:
                self._wakeup.ring_everywhere_in(connection)
            return new

        return self._store.write(put)

    def _new_row(self, key: str, at: datetime, cls: Class, not_before: float | None) -> Any:
        return self._store.insert(agenda).values(
            key=key, due_at=at, not_before=not_before, woken=1, tries=0, cls=int(cls)
        )

    # -- claim, renew, release, park

    def claim(self) -> Claim | None:
        """Lease one due row, or None where there is none or the site is held back."""
        self._wakeup.seen()
        token = uuid.uuid4().hex
        with self._own_lock:
            self._own.add(token)  # before the claim, so that a stop in between gives it back
        claim = self._store.write(lambda connection: self._claim_in(connection, token))
        if claim is None:
            with self._own_lock:
                self._own.discard(token)
        return claim

    def _claim_in(self, connection: Connection, token: str) -> Claim | None:
        machine = self._store.machine(connection)
        if self.site.held_in(connection, machine) is not None:
            return None
        now = self._clock.now()
        free = _free(machine)
        # One seek in the index per class; later classes are not looked at where an earlier one has a row.
        firsts = [
            sa.select(col.key)
            .where(col.cls == int(cls), col.due_at <= now, *free)
            .order_by(col.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
            for cls in Class
        ]
        lease = (
            sa.update(agenda)
            .where(col.key == sa.func.coalesce(*firsts))
            .values(token=token, leased_until=machine + LEASE_SECONDS, tries=col.tries + 1)
            .returning(col.key, col.token, col.woken, col.tries, col.cls, col.due_at)
        )
        row = connection.execute(lease).one_or_none()
        if row is None:
            return None
        key, token, woken, tries, cls, due_at = row
        return Claim(key, token, woken, tries, Class(cls), due_at)

    def renew(self, claim: Claim) -> bool:
        """Make the lease last 120 s from now; False where it was lost."""

        def renew(connection: Connection) -> bool:
            until = self._store.machine(connection) + LEASE_SECONDS
            return connection.execute(_ours(claim).values(leased_until=until)).rowcount == 1

        return self._store.write(renew)

    def release(
        self,
        claim: Claim,
        look_again_at: datetime | None,
        *,
        not_before: float | None = None,
        failed: bool = False,
    ) -> bool:
        """End the look: due again at `look_again_at`, or now if woken since; False where the lease was lost.

        `not_before` (machine seconds, at most an hour ahead) holds the row back. With `failed` the row is due
        now, and held back by its back-off where `not_before` is not given."""

        def release(connection: Connection) -> bool:
            now, machine = self._clock.now(), self._store.machine(connection)
            held = not_before
            if failed and held is None:
                held = machine + backoff(claim.tries, self._chance)
            values: dict[str, Any] = {
                "token": None,
                "leased_until": None,
                "not_before": None if held is None else min(held, machine + LONGEST_HOLD_SECONDS),
            }
            if failed:
                values["due_at"] = now
            else:
                quiet = col.woken == claim.woken
                again, soon = sa.literal(look_again_at, col.due_at.type), sa.literal(now, col.due_at.type)
                values |= {"tries": 0, "due_at": sa.case((quiet, again), else_=soon)}
                if look_again_at is not None and look_again_at > now:
                    values["cls"] = sa.case((quiet, int(Class.TIMERS)), else_=col.cls)
            return connection.execute(_ours(claim).values(values)).rowcount == 1

        return self._end(claim, release)

    def park(self, claim: Claim, reason: str) -> bool:
        """Give the row up until `unpark`; False where the lease was lost."""
        values = {"token": None, "leased_until": None, "parked": reason}
        return self._end(claim, lambda c: c.execute(_ours(claim).values(values)).rowcount == 1)

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

    def _end(self, claim: Claim, work: Callable[[Connection], bool]) -> bool:
        ours = self._store.write(work)
        with self._own_lock:
            self._own.discard(claim.token)
        return ours

    def holds(self, connection: Connection, claim: Claim) -> bool:
        """Whether the token is still the row's. On PostgreSQL the row is then locked until the commit."""
        row = sa.select(col.token).where(col.key == claim.key).with_for_update()
        return connection.execute(row).scalar_one_or_none() == claim.token

    def assert_ours(self, connection: Connection, claim: Claim) -> None:
        """Raise LeaseLost where the token is no longer the row's."""
        if not self.holds(connection, claim):
            raise LeaseLost(f"the lease on {claim.key!r} ran out before its look ended; another look follows")

    def give_back_all(self) -> int:
        """At start on SQLite: end the leases that a killed process left; how many. On PostgreSQL do nothing,
        for they may be a living replica's, and a dead one's run out by themselves.

        A look that was tried more than once before is held back, lest it kill each new process at once."""
        if not self._store.sqlite:
            return 0

        def give_back(connection: Connection) -> int:
            machine = self._store.machine(connection)
            left = connection.execute(sa.select(col.key, col.tries).where(col.token.is_not(None))).all()
            for key, tries in left:
                held = machine + backoff(tries, self._chance) if tries > 1 else None
                values = {"token": None, "leased_until": None, "not_before": held}
                connection.execute(sa.update(agenda).where(col.key == key).values(values))
            return len(left)

        return self._store.write(give_back)

    def give_back_own(self) -> int:
        """When this process is told to stop: end its leases as if they had not been claimed; how many."""
        with self._own_lock:
            tokens, self._own = list(self._own), set()
        values = {"token": None, "leased_until": None, "tries": col.tries - 1}
        row = sa.update(agenda).where(col.token.in_(tokens)).values(values)
        return self._store.write(lambda connection: connection.execute(row).rowcount)

    # -- waiting

    def wait(self, timeout: float) -> bool:
        """Wait for a put since this thread's last `claim` began, at most `timeout` seconds; whether one came."""
        return self._wakeup.wait(timeout)

    def nudge(self) -> None:
        """End this process's waits, because the clock moved and something may be due now."""
        self._wakeup.ring()

    def close(self) -> None:
        """End every wait, and the thread that listens to PostgreSQL."""
        self._wakeup.close()


def _free(machine: float) -> tuple[ColumnElement[bool], ...]:
    """Neither leased, held back nor parked; what ends too late to be true is from before a clock's change."""
    return (
        sa.or_(col.token.is_(None), col.leased_until <= machine, col.leased_until > machine + LEASE_SECONDS),
        sa.or_(
            col.not_before.is_(None),
            col.not_before <= machine,
            col.not_before > machine + LONGEST_HOLD_SECONDS,
        ),
        col.parked.is_(None),
    )


def _ours(claim: Claim) -> sa.Update:
    return sa.update(agenda).where(col.key == claim.key, col.token == claim.token)
