"""The unplanned closed days told so far: kept for all replicas, laid over their calendars, written into their files.

A closure is told once, to one replica. It is kept in the database, so it counts on every replica from its next look
on. Each replica also writes it into its own calendar's YAML, because the database may be lost and the file may not,
and notes in the folder (`calendars/.closures`) that it did. From then on the file is the truth on that replica: who
takes the day out of the file again has opened it, and it is not written a second time unless it is told again. Where
the file cannot be written the closure counts from the database, until a person adds the lines that the log names."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, Any

from bot.clock import Clock
from bot.config.calendar_file import NotWritten, entry, find, write
from bot.config.load import Config
from bot.config.source import known_hint
from bot.core.history.closure_impact import Moved, moves_of
from bot.core.model.ledger_json import LedgerBroken, read_ledger
from bot.core.time.business_calendar import Calendar, DayException
from bot.core.time.closures import Closure, changes_no_hours, with_closures, with_day
from bot.jira import jql
from bot.jira.gateway import Gateway
from bot.jira.references import FoundTicket
from bot.store.agenda import Agenda
from bot.store.agenda_reader import Priority
from bot.store.database import Store
from bot.store.keys import key_of

LOG = logging.getLogger(__name__)

TOLD = "closure "  # with a calendar's name and a day: the fact that keeps a closure
MARKS = ".closures"  # in the calendars' folder: which closures were written there; also what writers lock


class NoClosure(ValueError):
    """What was told closes nothing; the message is one sentence for whoever told it."""


@dataclass(frozen=True)
class Written:
    """Where a closure stands, or has to be written by a person: the file, the lines, whether the file holds it,
    and where it does not, why."""

    file: str
    lines: tuple[str, ...]
    done: bool
    why: str = ""


@dataclass(frozen=True)
class _Told:
    """A closure as it is kept, and the exception that its day had before it, None where it had none."""

    closure: Closure
    before: DayException | None


class Closures:
    """The closures, for one configuration. Safe to use from several threads."""

    def __init__(self, config: Config, store: Store, agenda: Agenda, gateway: Gateway, clock: Clock) -> None:
        self._config, self._store, self._agenda = config, store, agenda
        self._gateway, self._clock = gateway, clock
        self._folder = config.folder / "calendars"
        self._lock = threading.Lock()
        self._seen: tuple[Any, ...] = ()
        self._calendars = config.calendars
        self._taken_up: tuple[Any, ...] = ()
        self._why: dict[str, str] = {}
        self._left: set[str] = set()

    def calendars(self) -> Mapping[str, Calendar]:
        """The calendars of the configuration with all closures that count here; the very same ones as long as
        no other closure is told. Raises StoreError."""
        facts = self._store.get_facts(TOLD)
        with self._lock:
            if facts != self._seen:
                counted = [told.closure for told in map(_told_from, facts) if self._counts(told.closure)]
                self._calendars = {n: with_closures(c, counted) for n, c in self._config.calendars.items()}
                self._seen = facts
            return self._calendars

    def take_up(self) -> None:
        """Write into this replica's files what was told anywhere and was not written here yet. Raises StoreError."""
        facts = self._store.get_facts(TOLD)
        if facts != self._taken_up:
            for told in map(_told_from, facts):
                if told.closure.calendar in self._config.calendars:
                    self._write(told.closure)
            self._taken_up = facts

    @property
    def left_to_a_person(self) -> int:
        """How many closures count from the database alone, as this replica's files could not be written."""
        return len(self._left)

    # -- telling one

    def close(self, closure: Closure, dry_run: bool = False) -> list[Moved]:
        """Close a day: keep it, write it, and have every ticket that is under way looked at.

        The answer is every running review whose due moment moves by it; told again, the same closure changes
        nothing and has the same answer. With `dry_run` nothing is changed. Raises NoClosure where the calendar is
        unknown or the office is closed then anyhow; a JiraTrouble or StoreError where it must be told again later."""
        known, old = self._known(closure), self._told(closure)
        with_it = with_closures(known, [closure])
        if old is None and with_it is known:
            raise NoClosure(_nothing(known, closure))
        before = old.before if old else known.exceptions.get(closure.day)
        tickets = self._gateway.tickets(jql.under_way(self._config.processes))
        moved = self._moved(tickets, with_day(known, closure.day, before), with_it)
        if dry_run:
            return moved
        if old is None:
            self._store.set_fact(_name(closure), _fact(_Told(closure, before)))
            LOG.info("%s is closed on %s: %s (told by %s)", closure.calendar, closure.day, closure.reason, closure.by)
        self._taken_up = ()  # also what could not be written before: whoever tells it again may have mended that
        self.take_up()
        self._look_at(tickets)
        return moved

    def reopen(self, calendar: str, day: date) -> Written:
        """Take back what was told of a day, and have every ticket that is under way looked at. The answer is the
        file and the lines that a person must take out of it; `done` where it has none of that day.

        Raises NoClosure where nothing was told of it; a JiraTrouble or StoreError where it must be asked for later."""
        fact = self._store.get_fact(f"{TOLD}{calendar} {day}")
        if fact is None:
            known = (told.closure for told in map(_told_from, self._store.get_facts(TOLD)))
            days = ", ".join(f"{one.calendar} {one.day}" for one in known) or "none"
            raise NoClosure(f"Nobody told that {calendar} is closed on {day} (told: {days}); nothing was changed.")
        tickets = self._gateway.tickets(jql.under_way(self._config.processes))
        self._store.set_fact(f"{TOLD}{calendar} {day}", None)
        self._look_at(tickets)
        file = find(self._config.folder, calendar)
        exception = file.calendar.exceptions.get(day) if file else None
        lines = (f"  {entry(day, exception)}",) if exception else ()
        return Written(str(file.path if file else self._folder), lines, not lines)

    def written(self, closure: Closure) -> Written:
        """Where a closure stands in this replica's files, or which lines a person must add."""
        file = find(self._config.folder, closure.calendar)
        if file is None:
            return Written(str(self._folder), (), False, "no good file of this calendar is there")
        after = with_closures(file.calendar, [closure])
        exception = after.exceptions.get(closure.day)
        lines = ("exceptions:", f"  {entry(closure.day, exception)}") if exception else ()
        return Written(str(file.path), lines, after is file.calendar, self._why.get(_name(closure), ""))

    def _known(self, closure: Closure) -> Calendar:
        calendars = self.calendars()
        if closure.calendar not in calendars:
            hint = known_hint(closure.calendar, calendars)
            raise NoClosure(f'There is no calendar "{closure.calendar}"{hint}; nothing was changed.')
        return calendars[closure.calendar]

    def _told(self, closure: Closure) -> _Told | None:
        """The same closure where it was told before and counts here, else None."""
        fact = self._store.get_fact(_name(closure))
        told = _told_from(fact) if fact else None
        same = told is not None and told.closure.closes == closure.closes
        return told if same and changes_no_hours(self._known(closure), closure) else None

    def _moved(self, tickets: Collection[FoundTicket], old: Calendar, new: Calendar) -> list[Moved]:
        moved: list[Moved] = []
        for ticket in sorted(tickets, key=lambda one: int(one.issue_id)):
            process = self._config.process_for(ticket.project, ticket.type)
            if process is None or self._stays_out(ticket):
                continue
            try:
                ledger = read_ledger(ticket.ledger)
                if ledger is not None:
                    moved += moves_of(ledger, process, old, new, ticket.key, ticket.district)
            except (LedgerBroken, ValueError) as broken:
                LOG.warning("%s: whether a review's due moment moves cannot be told: %s", ticket.key, broken)
        return moved

    def _stays_out(self, ticket: FoundTicket) -> bool:
        office = self._config.office
        return office.off_label in ticket.labels or (office.only is not None and office.only not in ticket.labels)

    def _look_at(self, tickets: Collection[FoundTicket]) -> None:
        """Have all of them looked at that follow a process: which calendar is a ticket's own, a look tells best."""
        for ticket in tickets:
            if self._config.process_for(ticket.project, ticket.type) is not None:
                self._agenda.put(key_of(ticket.issue_id), self._clock.now(), Priority.TIMERS)

    # -- this replica's files

    def _counts(self, closure: Closure) -> bool:
        """Whether a closure counts here: until it was written, and then as long as the file holds it."""
        if not self._was_written(closure):
            return True
        file = find(self._config.folder, closure.calendar)
        return file is None or changes_no_hours(file.calendar, closure)

    def _was_written(self, closure: Closure) -> bool:
        try:
            return _mark(closure) in (self._folder / MARKS).read_text(encoding="utf-8").splitlines()
        except OSError:
            return False

    def _write(self, closure: Closure) -> None:
        """Write a closure into this replica's file, once; where that fails, say what a person must add."""
        if self._was_written(closure):
            return
        try:
            with self._marks() as marks:
                if _mark(closure) in marks.read().splitlines():
                    return
                file = find(self._config.folder, closure.calendar)
                if file is None:
                    raise NotWritten("no good file of this calendar is there")
                after = with_closures(file.calendar, [closure])
                if after is not file.calendar:
                    write(file, closure.day, after.exceptions[closure.day])
                    LOG.info("%s: %s is written below `exceptions:`", file.path, closure.day)
                marks.write(f"{_mark(closure)}\n")
        except NotWritten as error:
            self._left_to_a_person(closure, str(error))
        except OSError as error:
            self._left_to_a_person(closure, f"{error.filename} cannot be written: {error.strerror}")

    def _left_to_a_person(self, closure: Closure, why: str) -> None:
        self._why[_name(closure)] = why
        found = self.written(closure)
        if not found.done:
            self._left.add(_name(closure))
            LOG.warning(
                "The closure of %s counts from the database alone (%s). Add it to %s:\n%s",
                *(closure.day, why, found.file, "\n".join(found.lines)),
            )

    @contextmanager
    def _marks(self) -> Iterator[IO[str]]:
        """The list of what was written into this folder; nobody else writes here meanwhile."""
        with (self._folder / MARKS).open("a+", encoding="utf-8") as marks:
            fcntl.flock(marks, fcntl.LOCK_EX)
            with suppress(OSError):  # root may have made it by a command, and the service must be able to go on with it
                os.chown(marks.fileno(), self._folder.stat().st_uid, self._folder.stat().st_gid)
            marks.seek(0)
            yield marks


def _name(closure: Closure) -> str:
    return f"{TOLD}{closure.calendar} {closure.day}"


def _mark(closure: Closure) -> str:
    part = f" {closure.closes:%H:%M}" if closure.closes else ""
    return f"{closure.calendar} {closure.day} {closure.at.isoformat()}{part}"


def _fact(told: _Told) -> dict[str, Any]:
    closure, before = told.closure, told.before
    return {
        "calendar": closure.calendar,
        "day": closure.day.isoformat(),
        "closes": closure.closes.isoformat() if closure.closes else None,
        "reason": closure.reason,
        "by": closure.by,
        "at": closure.at.isoformat(),
        "before": before
        and {"name": before.name, "open": [[s.isoformat(), e.isoformat()] for s, e in before.intervals]},
    }


def _told_from(fact: Mapping[str, Any]) -> _Told:
    before = fact["before"]
    closure = Closure(
        calendar=fact["calendar"],
        day=date.fromisoformat(fact["day"]),
        closes=time.fromisoformat(fact["closes"]) if fact["closes"] else None,
        reason=fact["reason"],
        by=fact["by"],
        at=datetime.fromisoformat(fact["at"]),
    )
    if before is None:
        return _Told(closure, None)
    hours = tuple((time.fromisoformat(opens), time.fromisoformat(end)) for opens, end in before["open"])
    return _Told(closure, DayException(hours, before["name"]))


def _nothing(calendar: Calendar, closure: Closure) -> str:
    """Why a closure changes nothing, in one sentence."""
    day = closure.day
    hours = ", ".join(f"{opens:%H:%M}-{end:%H:%M}" for opens, end in calendar.hours_on(day))
    exception = calendar.exceptions.get(day)
    name = exception.name if exception else calendar.closed.get(day, "")
    why = f"open {hours} only" if hours else "closed"
    named = f" ({name})" if name else ""
    return f"The office of the calendar {calendar.name} is {why} on {day:%A}, {day} anyhow{named}; nothing was changed."
