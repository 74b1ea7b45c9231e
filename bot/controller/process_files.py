"""Which process files are in force: the newest ones, except those that would strand a ticket or skip its work.

The text of each accepted file is kept in the database. A refused file changes nothing: its process goes on as the
accepted text says, until the file is put right, or no ticket is in the way any more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.clock import Clock
from bot.config.load import Config, ProcessText, has_processes, own_in, process_in, process_texts
from bot.config.source import ConfigError, Problem
from bot.core.decide.process_change import IndexedTicket, OpenWork, Place, Stranded, stranded
from bot.core.model.process import Process
from bot.store.accepted_files import AcceptedFile, AcceptedFiles, hash_of
from bot.store.ticket_index import END, UNDER_WAY, TicketIndex, TicketRow

MOST_KEYS = 10
LABELS, DUE_FIELDS = "labels", "due_fields"

LOG = logging.getLogger(__name__)

# The configuration with these process files, None: with those that are there. It raises ConfigError.
Read = Callable[[Sequence[ProcessText] | None], Config]


@dataclass(frozen=True)
class Refusal:
    """A process file that is refused, and every ticket that it would strand, with the reasons."""

    name: str
    file: str
    since: datetime
    tickets: tuple[Stranded, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """A sentence or two for each reason: which tickets, why, and the way out."""
        keys: dict[tuple[str, str], list[str]] = {}
        for one in self.tickets:
            keys.setdefault((one.why, one.way_out), []).append(one.key)
        return tuple(
            f"processes/{self.file} is refused, and its text accepted on {self.since:%Y-%m-%d %H:%M} UTC is in force: "
            f"{why} ({some_of(found)}). {way_out}"
            for (why, way_out), found in keys.items()
        )


@dataclass(frozen=True)
class InForce:
    """The configuration that counts, what is refused of the newest files, and what is newly accepted or gone."""

    config: Config
    refused: tuple[Refusal, ...]
    accepted: tuple[AcceptedFile, ...]
    gone: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Every refusal in words."""
        return tuple(line for one in self.refused for line in one.lines)


class ProcessFiles:
    """Compares the newest process files with the accepted ones, by the index of tickets. `read` gives the
    configuration with certain process files, None: with those that are there.

    `refused` has a sentence or two for each reason why a newest file is refused."""

    def __init__(self, accepted: AcceptedFiles, index: TicketIndex, clock: Clock, read: Read) -> None:
        self._accepted, self._index, self._clock, self._read = accepted, index, clock, read
        self.refused: tuple[str, ...] = ()

    def accepted(self) -> dict[str, AcceptedFile]:
        """The accepted file of each process. Raises StoreError."""
        return self._accepted.all()

    def newest(self, folder: Path) -> Config:
        """The configuration as its files are now. If there is no process file at all, the accepted texts are as good
        as files that are gone. Raises ConfigError and StoreError."""
        texts = None if has_processes(folder) else [(one.file, one.text) for one in self._accepted.all().values()]
        return self._read(texts or None)

    def in_force(self, config: Config, keep: bool) -> Config:
        """The configuration that counts: that of the newest files, with the accepted text of each that is refused.
        With `keep`, the other files are accepted from now on.

        Raises ConfigError if the accepted texts do not fit the rest of the configuration, and StoreError."""
        missing = () if has_processes(config.folder) else tuple(config.sources)
        found = self.weigh(config, missing)
        if keep:
            self._accepted.keep(found.accepted, found.gone)
        if found.lines and found.lines != self.refused:
            LOG.error("%s", " ".join(found.lines))
        self.refused = found.lines
        return found.config

    def weigh(self, config: Config, missing: Collection[str] = ()) -> InForce:
        """Which of the newest files, as `config` has them, are in force. `missing` are processes in it whose file is
        not there. Keeps nothing. Raises as `in_force` does."""
        known = self._accepted.all()
        new = {name: text for name, text in process_texts(config).items() if name not in missing}
        refused = tuple(self._refusals(known, new, config.processes))
        names = {one.name for one in refused}
        if names or missing:
            config = _mixed(known, new, names, self._read, refused)
        used = {name: text for name, (_, text) in process_texts(config).items()}
        newest = [name for name, text in used.items() if name in new and new[name][1] == text]
        changed = [name for name in newest if name not in known or known[name].text != used[name]]
        accepted = tuple(self._newly(config, known.get(name), name) for name in changed)
        gone = tuple(name for name in known if name not in used)
        kept = {name: one for name, one in known.items() if name not in gone} | {one.name: one for one in accepted}
        return InForce(_with_history(config, kept), refused, accepted, gone)

    def would_strand(self, before: Config, after: Config, name: str) -> tuple[Stranded, ...]:
        """Why tickets of a process could not go on if these other files were used. Raises StoreError."""
        old, new = ({process.name: process for process in config.processes} for config in (before, after))
        tickets = map(indexed, self._index.rows(name, *UNDER_WAY))
        return stranded(old[name], new.get(name), tickets)

    def release(self, config: Config, name: str, undo: bool = False) -> None:
        """Let a process go, or with `undo` take it back; from then on it takes no tickets. Raises StoreError."""
        file, text = process_texts(config)[name]
        one = self._accepted.all().get(name) or AcceptedFile(name, file, text, self._clock.now())
        self._accepted.keep([replace(one, released=None if undo else one.released or self._clock.now())])

    def is_released_anew(self, config: Config) -> bool:
        """Whether the database says of other processes than the configuration that they are released. Raises
        StoreError."""
        return self._accepted.released() & set(config.sources) != config.released

    def _refusals(
        self, known: Mapping[str, AcceptedFile], new: Mapping[str, ProcessText], processes: Iterable[Process]
    ) -> Iterable[Refusal]:
        found = {process.name: process for process in processes}
        for name, one in known.items():
            if name in new and one.hash == hash_of(new[name][1]):
                continue
            if one.released is not None and name not in new:
                continue  # its tickets are let go, so nothing is left to strand
            tickets = map(indexed, self._index.rows(name, *UNDER_WAY, END))
            reasons = stranded(process_in(one.text), found.get(name) if name in new else None, tickets)
            if reasons:
                yield Refusal(name, one.file, one.at, reasons)

    def _newly(self, config: Config, before: AcceptedFile | None, name: str) -> AcceptedFile:
        file, text = process_texts(config)[name]
        retired = _retired(config, before, name) if before is not None else {}
        released = before.released if before is not None else None
        return AcceptedFile(name, file, text, self._clock.now(), retired, released)


def indexed(row: TicketRow) -> IndexedTicket:
    """A row of the index as the core knows a ticket."""
    work = tuple(OpenWork(one.step, one.branch, one.subtask) for one in row.branches)
    return IndexedTicket(row.key, row.project, row.type, Place(row.place), row.step, row.status, work)


def some_of(keys: Sequence[str]) -> str:
    """The first keys, and how many more there are."""
    shown, more = ", ".join(keys[:MOST_KEYS]), len(keys) - MOST_KEYS
    return f"{shown} and {more} more" if more > 0 else shown


def _mixed(
    known: Mapping[str, AcceptedFile],
    new: Mapping[str, ProcessText],
    names: Collection[str],
    read: Read,
    refused: Iterable[Refusal],
) -> Config:
    """The configuration with the accepted texts of these processes and the newest of all others; where these do not
    fit together, with the accepted texts alone."""
    accepted = {name: (one.file, one.text) for name, one in known.items()}
    texts = {name: text for name, text in new.items() if name not in names}
    texts |= {name: text for name, text in accepted.items() if name in names}
    if not texts:
        raise ConfigError([Problem("processes", 1, "there is no .yaml file in this folder, or no such folder")])
    try:
        return read(list(texts.values()))
    except ConfigError as error:
        try:
            return read(list(accepted.values()))
        except ConfigError:
            lines = [Problem(f"processes/{one.file}", 1, line) for one in refused for line in one.lines]
            raise ConfigError([*lines, *error.problems]) from None


def _with_history(config: Config, kept: Mapping[str, AcceptedFile]) -> Config:
    """The configuration with what the accepted files have beside their texts."""
    released = frozenset(name for name, one in kept.items() if one.released is not None)
    processes = tuple(_with_retired(process, kept.get(process.name)) for process in config.processes)
    if released == config.released and processes == config.processes:
        return config
    return replace(config, processes=processes, released=released)


def _with_retired(process: Process, one: AcceptedFile | None) -> Process:
    retired = one.retired if one is not None else {}
    return replace(
        process,
        retired_labels=tuple(retired.get(LABELS, ())),
        retired_due_fields=tuple(retired.get(DUE_FIELDS, ())),
    )


def _retired(config: Config, before: AcceptedFile, name: str) -> dict[str, list[str]]:
    """The labels and due fields that earlier texts used and the newest does not."""
    old, new = process_in(before.text), next(p for p in config.processes if p.name == name)
    labels, fields = set(before.retired.get(LABELS, ())), set(before.retired.get(DUE_FIELDS, ()))
    if old is not None:
        labels |= _labels(old)
        fields |= {own_in(before.text).get("due_field", config.office.due_field)}
    return {
        LABELS: sorted(labels - _labels(new)),
        DUE_FIELDS: sorted(name for name in fields - {config.office_for(name).due_field} if name),
    }


def _labels(process: Process) -> set[str]:
    return {escalation.label for escalation in process.escalations if escalation.label}
