"""The periodic jobs: they find what no webhook announced by asking Jira, and forget what is old."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger

from bot.clock import Clock
from bot.config.load import Config
from bot.controller.backoff import Backoff
from bot.controller.job_triggers import each_night, every, next_due
from bot.controller.missed_webhooks import WebhookWatch
from bot.jira import jql
from bot.jira.call import JiraTrouble
from bot.jira.gateway import Gateway
from bot.store.agenda import Agenda, Claim
from bot.store.agenda_reader import Priority
from bot.store.database import Store, StoreError
from bot.store.journal import Journal
from bot.store.keys import JOB, key_of

LOG = logging.getLogger(__name__)

CAUGHT_UP = "caught_up_until"
NIGHTLY = "nightly_at"
IDENTITY = "identity"  # {"account", "at"}: who Jira said that the bot is, and when
TROUBLE = "trouble of job "  # with a job's name: why its latest run failed, where it did
KEEP = timedelta(days=90)
RENEW_SECONDS = 40.0


DAY = timedelta(days=1)


@dataclass(frozen=True)
class Periods:
    """How often each periodic job runs, in business time.

    `nightly` None means each night, at night; a period means so long after the last one, for rehearsals. `window` is
    how far a catch-up looks back beyond the last one, because Jira's search shows edits late; `pace` the gap between
    the tickets that it found, `spread` the gap between all tickets when the database or the configuration is new."""

    catch_up: timedelta = timedelta(minutes=5)
    nightly: timedelta | None = None
    identity: timedelta = timedelta(minutes=10)
    prune: timedelta = timedelta(days=1)
    window: timedelta = timedelta(hours=2)
    pace: timedelta = timedelta(seconds=0.25)
    spread: timedelta = timedelta(seconds=1)


class Jobs:
    """The periodic jobs. Each is a row of the agenda with a lease, so among many replicas each runs once. The job's
    trigger says when its row is due next; None where the job runs only when something asks for it.

    `beat` is called after each catch-up that succeeded, and must not raise; `webhooks` is given what each found, None
    where Jira sends no webhooks."""

    def __init__(
        self,
        config: Config,
        gateway: Gateway,
        agenda: Agenda,
        journal: Journal,
        store: Store,
        clock: Clock,
        periods: Periods,
        beat: Callable[[], object],
        webhooks: WebhookWatch | None = None,
    ) -> None:
        self._config, self._gateway, self._agenda, self._journal = config, gateway, agenda, journal
        self._store, self._clock, self._periods, self._beat = store, clock, periods, beat
        self._backoff, self._webhooks = Backoff(agenda, clock), webhooks
        self._seen: dict[str, str] = {}
        zone = config.calendars[config.processes[0].calendar].zone
        self.all: Mapping[str, tuple[Callable[[], None], BaseTrigger | None]] = {
            "identity": (self.identity, every(periods.identity)),
            "catch_up": (self.catch_up, every(periods.catch_up)),
            "nightly": (self.nightly, every(periods.nightly) if periods.nightly else each_night(zone)),
            "everything": (self.everything, None),
            "prune": (self.prune, every(periods.prune)),
        }

    def start(self) -> None:
        """Put every job on the agenda. A row that is there already keeps its moment, so a missed job runs now; only
        one that is due later than its trigger fires, or never, is moved up to that.

        On a new database each job runs at once, except for the nightly pass: `everything` covers the same tickets."""
        now = self._clock.now()
        for name, (_, trigger) in self.all.items():
            fires = next_due(trigger, now) if trigger else None
            row = self._agenda.row(JOB + name)
            if row is None:
                self._agenda.put_once(JOB + name, fires if fires and name == "nightly" else now, Priority.PEOPLE)
            elif fires and (row.due_at is None or row.due_at > fires):
                self._agenda.put(JOB + name, fires, Priority.PEOPLE)

    def run(self, claim: Claim) -> None:
        """Run a claimed job, and release it until its trigger fires next."""
        name = claim.key.removeprefix(JOB)
        if name not in self.all:  # of another version of the bot
            self._agenda.release(claim, None)
            return
        work, trigger = self.all[name]
        try:
            with self._lease_kept(claim):
                work()
        except (JiraTrouble, StoreError) as trouble:
            self._backoff.take(claim, trouble)
            away = f"The job {name} could not use the database; the bot's log says why."  # a page shows it to strangers
            self._store.set_fact(TROUBLE + name, str(trouble) if isinstance(trouble, JiraTrouble) else away)
        except Exception:
            LOG.exception("%s failed by the bot's own fault", claim.key)
            self._agenda.release(claim, self._clock.now(), failed=True)
            self._store.set_fact(TROUBLE + name, f"The bot's job {name} fails by its own fault; its log says more.")
        else:
            self._backoff.over(claim.key)
            again = next_due(trigger, self._clock.now()) if trigger else None
            # Jobs are short, and a flood of deliveries must not keep them waiting.
            self._agenda.release(claim, again, priority=Priority.PEOPLE)
            if name == "catch_up":
                self._beat()

    @contextmanager
    def _lease_kept(self, claim: Claim) -> Iterator[None]:
        """Renew the lease while the block lasts: a search has many pages, each of which a slow Jira may take 30 s for.
        Once the lease had run out the job would begin anew, and never be given back."""
        over = threading.Event()

        def keep() -> None:
            while not over.wait(RENEW_SECONDS):
                try:
                    self._agenda.renew(claim)
                except StoreError as down:
                    LOG.warning("%s: its lease could not be renewed: %s", claim.key, down)

        threading.Thread(target=keep, name=f"lease of {claim.key}", daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def identity(self) -> None:
        """Ask Jira who the bot is, so that a dead token is noticed though nothing else happens, and so is that the
        bot became another account without knowing which it was."""
        before = (self._store.get_fact(IDENTITY) or {}).get("account")
        found = {"account": self._gateway.myself(), "at": self._clock.machine()}
        if before and before not in self._gateway.bots:
            LOG.error(
                "The bot's account was %s and is %s: name the old one under `former_accounts:` in bot.yaml, "
                "for what it wrote counts as a stranger's until then.",
                *(before, found["account"]),
            )
        self._store.set_fact(IDENTITY, found)

    def catch_up(self) -> None:
        """Put on the agenda what changed in Jira lately and no webhook reported, people's newest acts first. The
        watermark moves only when the whole search came from an answer known to be authenticated.

        A pace apart, so that after an outage what people do now does not wait behind what they did then."""
        begun = self._clock.now()
        since = self._store.get_fact(CAUGHT_UP)
        last = datetime.fromisoformat(since) if since else begun
        start = int((last - self._periods.window).timestamp() * 1000)
        hits = self._gateway.search(jql.changed_since(self._config.processes, start))
        if self._webhooks:
            self._webhooks.note(hits, begun, last if since else None)  # before any reconcile that these lead to
        fresh = dict.fromkeys(hit.look_at for hit in hits if self._seen.get(hit.issue_id) != hit.updated)
        for n, issue_id in enumerate(fresh):
            self._agenda.put(key_of(issue_id), begun + n * self._periods.pace, Priority.PEOPLE)
        self._seen = {hit.issue_id: hit.updated for hit in hits}
        self._store.set_fact(CAUGHT_UP, begun.isoformat())

    def forget(self) -> None:
        """Forget which changes were seen: the next catch-up takes everything that its window shows."""
        self._seen = {}

    def nightly(self) -> None:
        """Reconcile every ticket that is under way, spread evenly over the time until the next such pass. It finds
        deletions, and what both webhooks and the search index hid."""
        tickets = self.under_way()
        self._reconcile_all(tickets, (self._periods.nightly or DAY) / max(len(tickets), 1))
        self._store.set_fact(NIGHTLY, self._clock.now().isoformat())

    def everything(self) -> None:
        """Reconcile every ticket that is under way, soon: the database or the configuration is new."""
        self._reconcile_all(self.under_way(), self._periods.spread)

    def _reconcile_all(self, tickets: Iterable[str], gap: timedelta) -> None:
        now = self._clock.now()
        for n, issue_id in enumerate(tickets):
            self._agenda.put(key_of(issue_id), now + n * gap, Priority.SWEEPS)

    def under_way(self) -> list[str]:
        """The ids of the tickets that the search index shows as not ended."""
        found = self._gateway.search(jql.under_way(self._config.processes))
        return sorted({hit.look_at for hit in found}, key=int)

    def prune(self) -> None:
        """Delete old reconciles, deliveries, and settled intents."""
        self._journal.prune(KEEP)
