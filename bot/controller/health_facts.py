"""The state of the bot, as all its replicas see it: whether it can work, what waits, and what it has given up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.clock import Clock
from bot.controller.missed_webhooks import FACT, LATEST_DELIVERY, Counted, count
from bot.controller.office_closures import CLOSURE
from bot.controller.periodic_jobs import CAUGHT_UP, IDENTITY, NIGHTLY, TROUBLE
from bot.core.model.process import Office
from bot.notify.alerts import Readiness
from bot.store.agenda import Agenda
from bot.store.database import Store
from bot.store.global_limit import PAUSED
from bot.store.journal import Journal
from bot.store.keys import JOB
from bot.store.tables import agenda as agenda_rows
from bot.store.tables import meta

TELLING = ("catch_up", "identity")  # the jobs whose failure means that no ticket can be worked on

_col = agenda_rows.c


@dataclass(frozen=True)
class Shared:
    """What the store knows of all replicas. `lag` is for how many business seconds the longest due row has been
    due, `late` the same of those that need not wait, `held_back` how many must, `looks_parked` how many issues were
    given up and `parked_due` when the latest of them was due; `watched` is the fact of the webhook watch, and
    `closures` how many unplanned closed days there are."""

    trouble: str | None
    due: int
    lag: float
    late: float
    held_back: int
    looks_parked: int
    parked_due: datetime | None
    paused: bool
    caught_up_at: str | None
    nightly_at: str | None
    identity: Mapping[str, Any]
    delivered_at: datetime | None
    watched: Any
    closures: int

    def webhooks(self, office: Office) -> Counted:
        """How many changes webhooks announced, and how many they did not."""
        return count(self.watched, self.delivered_at, office.untold_changes)

    def silence(self, office: Office, webhooks: bool) -> str | None:
        """That Jira has stopped sending webhooks, in a sentence; None where it has not, or where they are off."""
        counted = self.webhooks(office)
        if not webhooks or not counted.stopped:
            return None
        return (
            "Jira has stopped sending webhooks, or they do not arrive: "
            f"the search alone found the latest {counted.untold} changes."
        )


_CLOSURES = sa.select(sa.func.count()).where(meta.c.name.startswith(CLOSURE))


class HealthFacts:
    """Asks the database for the state of the bot."""

    def __init__(self, store: Store, agenda: Agenda, journal: Journal, clock: Clock) -> None:
        self._store, self._agenda, self._journal, self._clock = store, agenda, journal, clock

    def readiness(self, office: Office, webhooks: bool) -> Readiness:
        """What the operator gets messages about. Raises StoreError."""
        shared, effects = self.shared(), self._journal.parked()
        moments = [e.at for e in effects] + ([shared.parked_due] if shared.parked_due else [])
        return Readiness(
            trouble=shared.trouble,
            parked=len(effects) + shared.looks_parked,
            newest_parked=max(moments, default=None),
            token_expires=office.token_expires,
            webhooks_stopped=shared.silence(office, webhooks),
        )

    def shared(self) -> Shared:
        """All of it, as of one moment. Raises StoreError."""
        now, fact = self._clock.now(), self._store.get_fact_in

        def ask(connection: Connection) -> Shared:
            machine = self._store.machine(connection)
            due = sa.and_(_col.due_at <= now, _col.parked.is_(None))
            parked = _col.parked.is_not(None)
            count = sa.func.count()
            held = sa.and_(due, _col.not_before > machine)
            query = sa.select(
                count.filter(due).label("due"),
                sa.func.min(_col.due_at).filter(due).label("oldest"),
                sa.func.min(_col.due_at).filter(due, _col.not_before.is_(None)).label("late"),
                count.filter(held).label("held"),
                count.filter(parked).label("parked"),
                sa.func.max(_col.due_at).filter(parked).label("parked_due"),
            )
            row = connection.execute(query.select_from(agenda_rows)).one()
            return Shared(
                trouble=self._trouble(connection, machine, now),
                due=row.due,
                lag=(now - row.oldest).total_seconds() if row.oldest else 0.0,
                late=(now - row.late).total_seconds() if row.late else 0.0,
                held_back=row.held,
                looks_parked=row.parked,
                parked_due=row.parked_due,
                paused=bool(fact(connection, PAUSED)),
                caught_up_at=fact(connection, CAUGHT_UP),
                nightly_at=fact(connection, NIGHTLY),
                identity=fact(connection, IDENTITY) or {},
                delivered_at=connection.execute(LATEST_DELIVERY).scalar_one_or_none(),
                watched=fact(connection, FACT),
                closures=connection.execute(_CLOSURES).scalar_one(),
            )

        return self._store.read(ask)

    def _trouble(self, connection: Connection, machine: float, now: datetime) -> str | None:
        """Why no ticket can be worked on; None if that is possible, as far as the latest calls to Jira show."""
        if hold := self._agenda.global_limit.active_in(connection, machine):
            return hold.reason
        # A job that failed is due and held back; its row is held back until it succeeds, also while it is tried again.
        keys = [JOB + name for name in TELLING]
        failing = sa.select(_col.key).where(_col.key.in_(keys), _col.due_at <= now, _col.not_before.is_not(None))
        for key in connection.execute(failing.order_by(_col.key)).scalars():
            name = key.removeprefix(JOB)
            why = self._store.get_fact_in(connection, TROUBLE + name)
            return str(why or f"The job {name} failed, and is tried again.")
        return None
