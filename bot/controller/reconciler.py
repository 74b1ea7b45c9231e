"""One reconcile of one issue: read it whole, decide, apply each effect once, record what was done and why."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection

from bot.clock import Clock
from bot.config.load import Config
from bot.controller.applier import Applied, Applier
from bot.controller.backoff import Backoff
from bot.controller.index_rows import ticket_row
from bot.controller.office_closures import CLOSURE
from bot.controller.settler import Settler
from bot.controller.usual_times import UsualTimes
from bot.core.decide.engine import decide, leave
from bot.core.history.progress import Progress, follow
from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.effects import CreateSubtasks, Plan, PostComment, SendText
from bot.core.model.issue import Issue
from bot.core.model.ledger import PROPERTY
from bot.core.model.ledger_json import LedgerBroken, read_ledger
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import Process, process_for_issue
from bot.core.time.business_calendar import Calendar
from bot.jira.call import JiraTrouble, Missing
from bot.jira.gateway import Gateway
from bot.jira.reader import Snapshot
from bot.store.agenda import Agenda, Claim, LeaseLost
from bot.store.agenda_reader import Priority
from bot.store.database import StoreError
from bot.store.journal import Journal, Known
from bot.store.keys import issue_of, key_of
from bot.store.ticket_index import TicketIndex

LOG = logging.getLogger(__name__)

MOST_TRIES = 10
MISSING_TRIES, MISSING_AGAIN = 4, timedelta(days=1)
SKEW = timedelta(minutes=5)  # how far Jira's clock and the bot's may be apart


@dataclass(frozen=True)
class View:
    """What a reconcile sees and would do. `progress` is None if no process applies or the bot is off."""

    snapshot: Snapshot
    process: Process | None
    progress: Progress | None
    plan: Plan


def _nothing(connection: Connection) -> None:
    """There is nothing to write."""


class Reconciler:
    """Reconciles issues. `calendars` gives those to decide by now, from the facts that the database has of closed days;
    `born` gives the business moment from which the database has seen everything."""

    def __init__(
        self,
        config: Config,
        calendars: Callable[[tuple[Any, ...]], Mapping[str, Calendar]],
        gateway: Gateway,
        agenda: Agenda,
        journal: Journal,
        index: TicketIndex,
        applier: Applier,
        clock: Clock,
        born: Callable[[], datetime],
    ) -> None:
        self._config, self._calendars, self._gateway = config, calendars, gateway
        self._agenda, self._journal, self._index = agenda, journal, index
        self._applier, self._clock, self._born = applier, clock, cache(born)
        self._usual = UsualTimes(index, clock)
        self._backoff, self._settler = Backoff(agenda, clock), Settler(gateway, journal)

    # -- a reconcile that acts

    def reconcile(self, claim: Claim) -> None:
        """Work on a claimed issue and give the claim back, whatever happens.

        What Jira's own state causes backs off and never parks; a fault of ours parks the issue at last, also one
        that kills the process: its reconciles were counted when they were claimed."""
        if claim.tries > MOST_TRIES:
            LOG.error("%s: given up, because %d reconciles in a row ended with their process", claim.key, MOST_TRIES)
            self._agenda.park(claim, f"{MOST_TRIES} reconciles ended with their process")
            return
        issue_id = issue_of(claim.key)
        try:
            self._reconcile(claim, issue_id)
        except LeaseLost as lost:
            LOG.warning("%s", lost)
        except Missing as missing:
            self._missing(claim, missing)
        except (JiraTrouble, StoreError) as trouble:
            self._backoff.take(claim, trouble)
        except Exception as fault:
            self._own_fault(claim, issue_id, fault)
        else:
            self._backoff.over(claim.key)
        finally:
            self._journal.flush(claim)

    def _missing(self, claim: Claim, missing: Missing) -> None:
        """A 404 decides nothing, but what was asked for in vain several times is most likely gone."""
        if self._backoff.in_a_row(claim.key) < MISSING_TRIES:
            self._backoff.take(claim, missing)
            return
        LOG.info("%s: %s Asking again in a day.", claim.key, missing)
        self._backoff.over(claim.key)
        gone = partial(self._index.leave_in, issue_id=issue_of(claim.key))
        self._agenda.release(claim, self._clock.now() + MISSING_AGAIN, also=gone)

    def _own_fault(self, claim: Claim, issue_id: str, fault: Exception) -> None:
        LOG.exception("issue %s: this reconcile failed because of a fault in the bot", issue_id)
        if claim.tries >= MOST_TRIES:
            self._agenda.park(claim, f"{MOST_TRIES} reconciles failed: {type(fault).__name__}")
        else:
            self._agenda.release(claim, self._clock.now(), failed=True)

    def _reconcile(self, claim: Claim, issue_id: str) -> None:
        known = self._journal.known(issue_id, CLOSURE)
        wait = self._settler.wait(known.open_intents)
        if wait > 0:
            self._release(claim, self._clock.now(), not_before=self._agenda.machine() + wait)
            return
        snapshot = self._gateway.fetch(issue_id, known.done)
        if known.open_intents:
            for intent in known.open_intents:
                self._settler.settle(claim, snapshot.issue, intent)
            self._journal.flush(claim)
            # What was found has to be read whole as well, before anything is decided from it.
            known = self._journal.known(issue_id, CLOSURE)
            snapshot = self._gateway.fetch(issue_id, known.done)
        if snapshot.issue.parent_id is not None:
            self._agenda.put(key_of(snapshot.issue.parent_id), self._clock.now(), Priority.PEOPLE)
            self._release(claim, None)
            return
        try:
            view = self.view(snapshot, known)
        except LedgerBroken as broken:
            self._report_broken(claim, snapshot, known, str(broken))
            return
        applied = self._apply(claim, view, known)
        self._write_down(claim, view, known, applied)
        self._release(
            claim,
            self._clock.now() if applied.again else view.plan.requeue_at,
            index=self._indexing(view, known, applied.refs),
        )

    def _release(
        self,
        claim: Claim,
        requeue_at: datetime | None,
        not_before: float | None = None,
        index: Callable[[Connection], None] = _nothing,
    ) -> None:
        """Give the claim back, and record in the same transaction what the journal has from it and what `index` has
        for the index of tickets."""

        def save(connection: Connection) -> None:
            self._journal.save_in(connection, claim)
            index(connection)

        self._agenda.release(claim, requeue_at, not_before=not_before, also=save)
        self._journal.saved(claim)

    def _indexing(self, view: View, known: Known, refs: Mapping[str, str]) -> Callable[[Connection], None]:
        """What keeps the ticket's row in the index, which is nothing if the row is as it was."""
        if view.progress is None:
            gone = view.process is None and known.digest
            return partial(self._index.leave_in, issue_id=view.snapshot.issue.id) if gone else _nothing
        row = ticket_row(view.progress, view.plan, refs, self._calendars(known.facts))
        return _nothing if row.digest == known.digest else partial(self._index.save_in, row=row, at=self._clock.now())

    def _apply(self, claim: Claim, view: View, known: Known) -> Applied:
        if view.process is None or view.progress is None:
            return Applied()
        return self._applier.apply(claim, view.snapshot, view.process, view.progress, view.plan, known.parked)

    def _write_down(self, claim: Claim, view: View, known: Known, applied: Applied) -> None:
        issue, plan = view.snapshot.issue, view.plan
        if plan.missed:
            ids = [EffectId.of(issue.id, visit, EffectName.of(Kind.ALL)) for visit in plan.missed]
            self._journal.miss(claim, issue.id, ids, "the ticket had left that visit before the bot saw it")
        if view.progress is None:
            return
        if applied.done or known.last_reason != plan.reason:
            self._journal.add_entry(claim, issue.id, issue.key, plan.reason, applied.done, view.progress.now)
            LOG.info("%s: %s%s", issue.key, plan.reason, "".join(f" [{what}]" for what in applied.done))

    def enqueue(self, issue_ids: Iterable[str]) -> None:
        """Put issues on the agenda, due now."""
        for issue_id in issue_ids:
            self._agenda.put(key_of(issue_id), self._clock.now(), Priority.PEOPLE)

    # -- a reconcile that only sees

    def dry_run(self, issue_id: str) -> View:
        """What a reconcile of an issue (id or key) would see and do now. Applies nothing.

        Raises a JiraTrouble, or LedgerBroken."""
        return self.view(*self.see(issue_id))

    def see(self, issue_id: str) -> tuple[Snapshot, Known]:
        """An issue as it is now, and what is known of it. Raises a JiraTrouble."""
        snapshot = self._gateway.fetch(issue_id, {})
        return snapshot, self._journal.known(snapshot.issue.id, CLOSURE)

    def view(self, snapshot: Snapshot, known: Known) -> View:
        """What a reconcile of an issue as it was seen would do. Raises LedgerBroken."""
        issue = snapshot.issue
        process = self._process_of(issue)
        out = self._stay_out(issue, process)
        if process is None and issue.ledger is not None and (left := self._leave(snapshot, known)) is not None:
            return left
        if process is None or out:
            return View(snapshot, process, None, Plan(out or "No process applies to this issue."))
        progress, plan = self._think(issue, process, known)
        makes = any(isinstance(e, CreateSubtasks | PostComment | SendText) for e in plan.effects)
        if makes and self._unsure(issue, progress) and (marks := self._marks(issue, progress)):
            snapshot = self._gateway.fetch(issue.id, {**known.done, **marks})
            progress, plan = self._think(snapshot.issue, process, known, marks)
        return View(snapshot, process, progress, plan)

    def _leave(self, snapshot: Snapshot, known: Known) -> View | None:
        """The view of an issue that was the bot's until it was moved or retyped; None where it was let go, or
        where a label makes the bot leave it alone."""
        config, issue = self._config, snapshot.issue
        if config.office.off_label in issue.labels:
            return None
        ledger = read_ledger(issue.ledger)
        process = self._process_of(issue, ledger.process if ledger else "")
        if ledger is None or process is None or not ledger.visits or ledger.visits[-1].ended is not None:
            return None
        progress, _ = self._think(issue, process, known)
        office, calendars = config.office_for(process.name), self._calendars(known.facts)
        plan = leave(progress, office, calendars, known.parked, process.name in config.released)
        return View(snapshot, process, progress, plan)

    def _process_of(self, issue: Issue, name: str | None = None) -> Process | None:
        """The process that an issue follows, or the one of that `name`, in the calendar that counts for it."""
        config = self._config
        if name is None:
            process = config.process_for(issue.project, issue.type)
        else:
            process = next((p for p in config.processes if p.name == name), None)
        return process and process_for_issue(process, config.office_for(process.name), issue.fields)

    def _stay_out(self, issue: Issue, process: Process | None) -> str:
        if process is None:
            return f"No process applies to {issue.type} in {issue.project}."
        office = self._config.office_for(process.name)
        if office.off_label in issue.labels:
            return f"The label {office.off_label} tells the bot to leave this ticket alone."
        if office.only is not None and office.only not in issue.labels:
            return f"Only tickets with the label {office.only} are the bot's for now."
        return ""

    def _think(
        self, issue: Issue, process: Process, known: Known, marks: Mapping[str, str] | None = None
    ) -> tuple[Progress, Plan]:
        office, calendars, bots = (
            self._config.office_for(process.name),
            self._calendars(known.facts),
            self._gateway.bots,
        )
        applied = {**known.done, **(marks or {})}
        progress = follow(issue, process, office, calendars, bots, self._clock.now(), applied)
        return progress, decide(progress, office, calendars, known.parked, self._usual.of(process.name))

    def _unsure(self, issue: Issue, progress: Progress) -> bool:
        """Whether effects of this visit may be in Jira though neither ledger nor database knows of them: the
        database is younger than the visit, or the ledger was taken away."""
        bots = self._gateway.bots
        before = any(c.author is not None and c.author.id in bots for c in issue.comments) or bool(issue.subtasks)
        return before and (progress.chain[-1].began < self._born() + SKEW or issue.ledger is None)

    def _marks(self, issue: Issue, progress: Progress) -> dict[str, str]:
        since = progress.chain[-1].began
        known = {ref for v in progress.ledger.visits for ref in v.done.values()}
        fresh = tuple(c for c in issue.comments if c.created >= since and c.id not in known)
        recent = replace(issue, comments=fresh)
        return self._gateway.marked_subtasks(issue, known) | self._gateway.marked_comments(recent, 0)

    def _report_broken(self, claim: Claim, snapshot: Snapshot, known: Known, reason: str) -> None:
        """The ledger cannot be read: say so to staff, once for this broken text, and leave the ticket alone."""
        issue = snapshot.issue
        process = self._process_of(issue)
        text = hashlib.sha256(json.dumps(issue.ledger, sort_keys=True, default=str).encode()).hexdigest()[:12]
        effect = EffectId.of(issue.id, "ledger", EffectName.of(Kind.BROKEN_LEDGER, text))
        if process is not None and effect not in known.done and effect not in known.parked:
            facts = {"reason": reason, "property": PROPERTY, "calendar": process.calendar, "now": self._clock.now()}
            comment = PostComment((effect,), OwnTemplate.BROKEN_LEDGER, public=False, facts=facts)
            self._applier.comment(claim, snapshot, process, comment)
        LOG.error("%s: the ledger is broken: %s", issue.key, reason)
        self._release(claim, None)
