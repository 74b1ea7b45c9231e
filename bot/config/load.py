"""Turns the folder of YAML files into what the core works with, or lists every error with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.config.checks import calendar_problems, office_problems, process_problems, same_problems
from bot.config.closed_days import Region
from bot.config.closures_file import Kept, read_closures
from bot.config.errors import shape_problems
from bot.config.office_schema import WEEKDAYS, CalendarByModel, CalendarModel, OfficeModel
from bot.config.process_schema import ProcessModel
from bot.config.processes import process_of
from bot.config.source import ConfigError, Problem, Source, read_source, source_of
from bot.config.total_notes import total_notes
from bot.core.model.process import Office, Process, SubtaskStatuses, Team, normalized
from bot.core.time.business_calendar import Calendar, DayException
from bot.core.time.closures import with_closures

__all__ = ["EXAMPLE_CONFIG", "Config", "ConfigError", "Problem", "load"]

_PACKAGE = Path(__file__).parents[1]
# `pip install .` puts the folder into the package; in a checkout it is next to it.
EXAMPLE_CONFIG = next(at for at in (_PACKAGE / "example_config", _PACKAGE.parent / "config") if at.is_dir())

ProcessText = tuple[str, str]  # the name of a process file, its text

M = TypeVar("M", bound=BaseModel)
_UNUSED = {"untold_share"}  # keys below `jira:` that version 0.1.0 used


@dataclass(frozen=True)
class Config:
    """All that the files of `folder` say. `sources` are the process files as read, for their lines; `calendar_files`
    has the file of each calendar's name, and `regions` whose holidays are proposed for it, if its file says so.

    `calendars` is what the office planned; `closures` are the unplanned closed days in the bot's own file. `notes` has
    a sentence for each thing that a person may want to know, though it is no error. `own` has for each process what it
    says for itself instead of the office, by the names of Office; its texts are added to the office's. `released` are
    the processes that the bot lets go: they take no tickets any more."""

    office: Office
    processes: tuple[Process, ...]
    calendars: Mapping[str, Calendar]
    folder: Path
    sources: Mapping[str, Source]
    regions: Mapping[str, Region] = field(default_factory=dict)
    calendar_files: Mapping[str, str] = field(default_factory=dict)
    closures: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    released: frozenset[str] = frozenset()

    @property
    def calendars_with_closures(self) -> Mapping[str, Calendar]:
        """The calendars as the files alone have them, for commands that need no database."""
        closures = [kept.closure for kept in self.closures]
        return {name: with_closures(calendar, closures) for name, calendar in self.calendars.items()}

    def process_for(self, project: str, issue_type: str) -> Process | None:
        """The process that an issue of that project and type follows, None if there is none."""
        found = (p for p in self.processes if p.project == project and issue_type in p.issue_types)
        return next((p for p in found if p.name not in self.released), None)

    def office_for(self, process: str) -> Office:
        """The office for the tickets of a process: as `bot.yaml` has it, and what the process says for itself. A name
        that no process has gives the office alone."""
        own = self.own.get(process, {})
        return replace(self.office, **{**own, "texts": {**self.office.texts, **own.get("texts", {})}})

    @property
    def offices(self) -> Mapping[tuple[str, str], Office]:
        """The office for each project and issue type that has a process."""
        return {(p.project, kind): self.office_for(p.name) for p in self.processes for kind in p.issue_types}

    def where(self, process: str, *path: str) -> str:
        """`file:line` of a key of a process file: `where("dde", "steps", "initial_file_review", "say")`."""
        source = self.sources[process]
        return f"{source.file}:{source.line(path)}"

    def problem(self, process: str, path: Iterable[str], text: str) -> Problem:
        """A problem at a key of a process file, for checks that need more than the files themselves."""
        return self.sources[process].problem(tuple(path), text)


def load(folder: Path, texts: Sequence[ProcessText] | None = None) -> Config:
    """Read `bot.yaml`, `calendars/*.yaml` and `processes/*.yaml`. ConfigError lists everything that is wrong.

    With `texts`, the processes are those, and no process file is read. Whether the templates exist is for `render` to
    say; `Config.where` gives it the lines."""
    office_source = _read(folder, folder / "bot.yaml")
    calendar_sources = _read_all(folder, "calendars")
    process_sources = _read_all(folder, "processes") if texts is None else _given(folder, texts)
    problems = [p for s in (office_source, *calendar_sources, *process_sources) for p in s.problems]

    office = _shaped(office_source, OfficeModel, problems)
    calendars = [_shaped(s, CalendarModel, problems) for s in calendar_sources]
    processes = [_shaped(s, ProcessModel, problems) for s in process_sources]

    known = [name for s in calendar_sources if (name := s.top["calendar"].text)]
    for source in calendar_sources:
        problems += calendar_problems(source.top)
    for source in process_sources:
        problems += process_problems(source.top, office_source.top, known)
    problems += same_problems([s.top for s in calendar_sources], [s.top for s in process_sources], office_source.top)
    problems += office_problems(office_source.top, known)
    closures: tuple[Kept, ...] = ()
    try:
        closures = read_closures(folder)
    except ConfigError as error:
        problems += error.problems
    if problems or office is None:
        raise ConfigError(problems)
    config = Config(
        office=_office(office),
        processes=tuple(process_of(m) for m in processes if m is not None),
        calendars={m.calendar: _calendar(m) for m in calendars if m is not None},
        folder=folder,
        sources={str(s.top["process"].text): s for s in process_sources},
        regions={m.calendar: Region(m.holidays.country, m.holidays.subdivision) for m in calendars if m and m.holidays},
        calendar_files={str(s.top["calendar"].text): s.file for s in calendar_sources},
        closures=closures,
        own={m.process: _own(m) for m in processes if m is not None},
    )
    return replace(config, notes=tuple(map(str, (*_unused(office_source, office), *_totals(config)))))


def _unused(source: Source, office: OfficeModel) -> Iterator[Problem]:
    for key in _UNUSED & office.jira.model_fields_set:
        yield source.problem(("jira", key), f"`{key}` is no longer used; the line can be deleted")


def _totals(config: Config) -> Iterator[Problem]:
    for process in config.processes:
        for place, sentence in total_notes(process, config.calendars[process.calendar]):
            yield config.problem(process.name, place, sentence)


def has_processes(folder: Path) -> bool:
    """Whether the folder has any process file."""
    return any((folder / "processes").glob("*.yaml"))


def process_texts(config: Config) -> dict[str, ProcessText]:
    """For each process its file's name and text, as they were read."""
    return {name: (Path(source.file).name, source.text) for name, source in config.sources.items()}


def process_in(text: str) -> Process | None:
    """The process that a text describes, None if this version of the bot cannot read it."""
    try:
        return process_of(ProcessModel.model_validate(source_of(text, "").tree))
    except (ValidationError, LookupError, ValueError, StopIteration):
        return None


def own_in(text: str) -> Mapping[str, Any]:
    """What a process's text says instead of the office, by the names of Office; nothing if it cannot be read."""
    try:
        return _own(ProcessModel.model_validate(source_of(text, "").tree))
    except ValidationError:
        return {}


def _given(folder: Path, texts: Sequence[ProcessText]) -> list[Source]:
    return [source_of(text, str(folder / "processes" / file)) for file, text in texts]


def _read(folder: Path, path: Path) -> Source:
    return read_source(path, str(folder / path.relative_to(folder)))


def _read_all(folder: Path, kind: str) -> list[Source]:
    paths = sorted((folder / kind).glob("*.yaml"))
    if not paths:
        missing = Problem(str(folder / kind), 1, "there is no .yaml file in this folder, or no such folder")
        return [Source(missing.file, problems=(missing,))]
    return [_read(folder, path) for path in paths]


def _shaped(source: Source, model: type[M], problems: list[Problem]) -> M | None:
    if source.tree is None:
        if not source.problems:
            problems.append(source.problem((), "the file is empty"))
        return None
    try:
        return model.model_validate(source.tree)
    except ValidationError as error:
        problems += shape_problems(source, model, error)
        return None


def _office(model: OfficeModel) -> Office:
    statuses = model.subtask_statuses
    return Office(
        teams={n: Team(n, t.title, tuple(t.accounts), t.assignee, t.component) for n, t in model.teams.items()},
        auto_advance=model.auto_advance,
        only=model.only,
        off_label=model.off_label,
        due_field=model.due_field,
        contact_field=model.district_contact.field,
        participants_field=model.district_contact.participants_field,
        district_field=model.district_name_field,
        subtask_type=model.subtask_type,
        subtask_statuses=SubtaskStatuses(
            statuses.done, statuses.needs_revision, statuses.superseded, statuses.not_received
        ),
        former_accounts=tuple(model.former_accounts),
        calls_per_second=model.jira.calls_per_second,
        untold_changes=model.jira.untold_changes,
        lead=tuple(model.lead),
        voice=model.voice,
        grace=model.grace,
        texts=_texts(model.texts),
        token_expires=model.token_expires,
        **_calendar_by(model.calendar_by),
    )


def _own(model: ProcessModel) -> dict[str, Any]:
    """What a process says instead of the office, by the names of Office. A key that is there and empty counts, as it
    does in `bot.yaml`."""
    said = model.model_fields_set
    own: dict[str, Any] = {
        name: getattr(model, name) for name in ("voice", "grace", "auto_advance", "only", "due_field") if name in said
    }
    if "lead" in said:
        own["lead"] = tuple(model.lead)
    if "texts" in said:
        own["texts"] = _texts(model.texts)
    if "contact" in said:
        own |= {"contact_field": model.contact.field, "participants_field": model.contact.participants_field}
    if "district_name" in said:
        own |= {"district_field": model.district_name.field, "district_pattern": model.district_name.summary}
    if "calendar_by" in said:
        own |= _calendar_by(model.calendar_by)
    return own


def _texts(texts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def _calendar_by(chosen: CalendarByModel | None) -> dict[str, Any]:
    if chosen is None:
        return {"calendar_field": None, "district_calendars": {}}
    calendars = {normalized(value): name for value, name in chosen.values.items()}
    return {"calendar_field": chosen.field, "district_calendars": calendars}


def _calendar(model: CalendarModel) -> Calendar:
    return Calendar(
        name=model.calendar,
        zone=model.zone,
        spoken=model.spoken,
        week={i: hours for i, day in enumerate(WEEKDAYS) if (hours := getattr(model.week, day))},
        closed=model.closed,
        exceptions={day: DayException(e.open, e.name) for day, e in model.exceptions.items()},
    )
