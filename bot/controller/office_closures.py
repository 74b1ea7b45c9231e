"""The unplanned closed days: kept in the database for all replicas, and added to their calendars.

A closure is entered once, on one replica. The database has it, so it counts on every replica from its next reconcile
on. Each replica also keeps all of them in a file of the bot's own in its configuration folder, from which a new
database takes them back. Where that file cannot be written they count from the database alone, and the log says what
a person can add to the calendar."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from bot.clock import Clock
from bot.config.closed_days import exception_line
from bot.config.closures_file import Kept, from_json, one_writer, path_in, read_closures, to_json, write_closures
from bot.config.load import Config
from bot.config.source import ConfigError, known_hint
from bot.core.history.closure_impact import MovedClock, moved_clocks
from bot.core.model.ledger_json import LedgerBroken, read_ledger
from bot.core.model.process import Process
from bot.core.time.business_calendar import Calendar
from bot.core.time.closures import Closure, with_closures, with_day
from bot.jira import jql
from bot.jira.gateway import Gateway
from bot.jira.references import FoundTicket
from bot.store.agenda import Agenda
from bot.store.agenda_reader import Priority
from bot.store.database import Store
from bot.store.keys import key_of

LOG = logging.getLogger(__name__)

CLOSURE = "closure "  # with a calendar's name and a day: the fact that keeps a closure
REOPENED = "reopened closure "  # likewise: that it was taken back, so that no server's file brings it back


class NoClosure(ValueError):
    """There is nothing to close or to reopen; the message is one sentence for the person who entered it."""


@dataclass(frozen=True)
class Written:
    """Whether a file has what it should have; if not, which lines a person must add to it or take out of it, and why
    the bot could not."""

    file: str
    lines: tuple[str, ...]
    done: bool
    why: str = ""


class Closures:
    """The closures, for one configuration. Safe to use from several threads."""

    def __init__(self, config: Config, store: Store, agenda: Agenda, gateway: Gateway, clock: Clock) -> None:
        self._config, self._store, self._agenda = config, store, agenda
        self._gateway, self._clock = gateway, clock
        self._lock = threading.Lock()
        self._copying = threading.Lock()  # not the same: no reconcile should wait for a file
        self._restored = not config.closures
        self._seen: tuple[Any, ...] = ()
        self._calendars = config.calendars
        self._copied: tuple[Any, ...] | None = None
        self._why = ""

    def calendars(self, facts: tuple[Any, ...] | None = None) -> Mapping[str, Calendar]:
        """The calendars of the configuration with all closures; the very same ones as long as no closure is entered
        or taken back. `facts` are those that the database has, if the caller has just asked it. Raises StoreError."""
        facts = self._facts() if facts is None or not self._restored else facts
        with self._lock:
            if facts != self._seen:
                closures = [from_json(fact).closure for fact in facts]
                self._calendars = {n: with_closures(c, closures) for n, c in self._config.calendars.items()}
                self._seen = facts
            return self._calendars

    def take_up(self) -> None:
        """Copy the closures that the database has to this replica's file, if they are new. Raises StoreError."""
        if self._facts() == self._copied:
            return
        with self._copying, one_writer(self._config.folder):
            facts = self._facts()  # again, because another process may have copied newer ones meanwhile
            self._copied, self._why = facts, self._copy([from_json(fact) for fact in facts])

    @property
    def left_to_a_person(self) -> int:
        """How many closures count from the database alone, because this replica's file could not be written."""
        facts = self._copied or () if self._why else ()
        return sum(not self._planned(from_json(fact).closure) for fact in facts)

    # -- entering one

    def close(self, closure: Closure, dry_run: bool = False) -> list[MovedClock]:
        """Close a day: keep it, and have every ticket that is under way reconciled.

        Returns every running review whose due moment moves; the same closure entered again changes nothing and has
        the same answer. With `dry_run` nothing is changed. Raises NoClosure if the calendar is unknown or the office
        is closed then anyway; a JiraTrouble or StoreError if it must be entered again later."""
        known, old = self._known(closure), self._entered(closure)
        with_it = with_closures(known, [closure])
        if old is None and with_it is known:
            raise NoClosure(_nothing(known, closure))
        before = old.before if old else known.exceptions.get(closure.day)
        tickets = self._gateway.tickets(jql.under_way(self._config.processes))
        moved = self._moved(tickets, with_day(known, closure.day, before), with_it)
        if dry_run:
            return moved
        if old is None:
            self._keep(_name(closure), to_json(Kept(closure, before)))
            LOG.info(
                "%s is closed on %s: %s (entered by %s)", *(closure.calendar, closure.day, closure.reason, closure.by)
            )
        self._copied = None  # the person may have fixed what kept the file from being written
        self.take_up()
        self._reconcile_all(tickets)
        return moved

    def reopen(self, calendar: str, day: date) -> Written:
        """Take a closure back, and have every ticket that is under way reconciled. The answer says what a person must
        take out of the calendar's own file, if that has the day too.

        Raises NoClosure if there is no such closure; a JiraTrouble or StoreError if it must be asked for later."""
        name, facts = f"{calendar} {day}", self._facts()
        fact = self._store.get_fact(CLOSURE + name)
        if fact is None:
            days = ", ".join(_name(from_json(one).closure) for one in facts) or "none"
            raise NoClosure(f"{calendar} has no unplanned closed day on {day} (entered: {days}); nothing was changed.")
        tickets = self._gateway.tickets(jql.under_way(self._config.processes))
        self._keep(name, None)
        self.take_up()
        self._reconcile_all(tickets)
        planned = self._config.calendars.get(calendar)
        exception = planned.exceptions.get(day) if planned else None
        if exception is None or exception == from_json(fact).before:
            return Written(str(path_in(self._config.folder)), (), True)
        return Written(self._config.calendar_files[calendar], (f"  {exception_line(day, exception)}",), False)

    def written(self, closure: Closure) -> Written:
        """Whether this replica's files have a closure, or which lines a person can add to the calendar's."""
        file = self._config.calendar_files[closure.calendar]
        if self._planned(closure):
            return Written(file, (), True)
        entered = {_name(from_json(fact).closure) for fact in self._copied or ()}
        if not self._why and _name(closure) in entered:
            return Written(str(path_in(self._config.folder)), (), True)
        return Written(file, self._lines(closure), False, self._why)

    def _lines(self, closure: Closure) -> tuple[str, ...]:
        after = with_closures(self._config.calendars[closure.calendar], [closure])
        return "exceptions:", f"  {exception_line(closure.day, after.exceptions[closure.day])}"

    def _known(self, closure: Closure) -> Calendar:
        calendars = self.calendars()
        if closure.calendar not in calendars:
            hint = known_hint(closure.calendar, calendars)
            raise NoClosure(f'There is no calendar "{closure.calendar}"{hint}; nothing was changed.')
        return calendars[closure.calendar]

    def _entered(self, closure: Closure) -> Kept | None:
        """The same closure as it was entered before, else None."""
        fact = self._store.get_fact(CLOSURE + _name(closure))
        kept = from_json(fact) if fact else None
        return kept if kept is not None and kept.closure.closes == closure.closes else None

    def _moved(self, tickets: Collection[FoundTicket], old: Calendar, new: Calendar) -> list[MovedClock]:
        moved: list[MovedClock] = []
        for ticket in sorted(tickets, key=lambda one: int(one.issue_id)):
            process = self._config.process_for(ticket.project, ticket.type)
            if process is None or self._is_turned_off(ticket, process):
                continue
            try:
                ledger = read_ledger(ticket.ledger)
                if ledger is not None:
                    moved += moved_clocks(ledger, process, old, new, ticket.key, ticket.district)
            except (LedgerBroken, ValueError) as broken:
                LOG.warning("%s: whether a review's due moment moves is unknown: %s", ticket.key, broken)
        return moved

    def _is_turned_off(self, ticket: FoundTicket, process: Process) -> bool:
        office = self._config.office_for(process.name)
        return office.off_label in ticket.labels or (office.only is not None and office.only not in ticket.labels)

    def _reconcile_all(self, tickets: Collection[FoundTicket]) -> None:
        """Have those reconciled that follow a process: which calendar is a ticket's own, only that finds out."""
        for ticket in tickets:
            if self._config.process_for(ticket.project, ticket.type) is not None:
                self._agenda.put(key_of(ticket.issue_id), self._clock.now(), Priority.TIMERS)

    # -- database and file

    def _facts(self) -> tuple[Any, ...]:
        """What the database has, after the first call also what only the file had: then the database is new."""
        if not self._restored:
            names = {_name(kept.closure): to_json(kept) for kept in self._config.closures}

            def restore(connection: Connection) -> None:
                for name, fact in names.items():
                    if self._store.get_fact_in(connection, REOPENED + name) is None:
                        self._store.set_fact_in(connection, CLOSURE + name, fact, keep=True)

            self._store.write(restore)
            self._restored = True
        return self._store.get_facts(CLOSURE)

    def _keep(self, name: str, fact: Mapping[str, Any] | None) -> None:
        """Keep a closure in the database; None: that it was taken back."""

        def keep(connection: Connection) -> None:
            self._store.set_fact_in(connection, CLOSURE + name, fact)
            self._store.set_fact_in(connection, REOPENED + name, None if fact else self._clock.now().isoformat())

        self._store.write(keep)

    def _copy(self, closures: list[Kept]) -> str:
        """Make this replica's file have these closures; why it could not be written, empty if it has them."""
        folder = self._config.folder
        try:
            try:
                if read_closures(folder) == tuple(closures):
                    return ""
            except ConfigError as broken:
                LOG.warning("%s It is replaced.", broken)
            write_closures(folder, closures)
            LOG.info("%s is written: it has %d closed days.", path_in(folder), len(closures))
            return ""
        except OSError as error:
            why = f"{path_in(folder)} cannot be written: {error.strerror}"
        LOG.warning("Unplanned closed days count from the database alone (%s).", why)
        for closure in (kept.closure for kept in closures):
            if not self._planned(closure):
                lines = "\n".join(self._lines(closure))
                LOG.warning("Add %s to %s:\n%s", closure.day, self._config.calendar_files[closure.calendar], lines)
        return why

    def _planned(self, closure: Closure) -> bool:
        """Whether the office's own files have the day closed, or do not have that calendar at all."""
        calendar = self._config.calendars.get(closure.calendar)
        return calendar is None or with_closures(calendar, [closure]) is calendar


def _name(closure: Closure) -> str:
    return f"{closure.calendar} {closure.day}"


def _nothing(calendar: Calendar, closure: Closure) -> str:
    """Why a closure changes nothing, in one sentence."""
    day = closure.day
    hours = ", ".join(f"{opens:%H:%M}-{end:%H:%M}" for opens, end in calendar.hours_on(day))
    exception = calendar.exceptions.get(day)
    name = exception.name if exception else calendar.closed.get(day, "")
    why = f"open {hours} only" if hours else "closed"
    named = f" ({name})" if name else ""
    return f"The office of the calendar {calendar.name} is {why} on {day:%A}, {day} anyhow{named}; nothing was changed."
