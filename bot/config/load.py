"""Turns the folder of YAML files into what the core works with, or lists every error with file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bot.config.checks import calendar_problems, office_problems, process_problems, same_problems
from bot.config.closed_days import Region
from bot.config.closures_file import Kept, read_closures
from bot.config.errors import shape_problems
from bot.config.schema import (
    WEEKDAYS,
    CalendarModel,
    EscalationModel,
    OfficeModel,
    ProcessModel,
    RemindersModel,
    RevisionModel,
    StepModel,
)
from bot.config.source import ConfigError, Problem, Source, read_source
from bot.core.model.process import (
    Branch,
    Closing,
    Escalation,
    Office,
    Process,
    Reminders,
    Revision,
    Step,
    SubtaskStatuses,
    Team,
    normalized,
)
from bot.core.time.business_calendar import Calendar, DayException
from bot.core.time.closures import with_closures

__all__ = ["EXAMPLE_CONFIG", "Config", "ConfigError", "Problem", "load"]

_PACKAGE = Path(__file__).parents[1]
# `pip install .` puts the folder into the package; in a checkout it is next to it.
EXAMPLE_CONFIG = next(at for at in (_PACKAGE / "example_config", _PACKAGE.parent / "config") if at.is_dir())

M = TypeVar("M", bound=BaseModel)
_UNUSED = {"untold_share"}  # keys below `jira:` that version 0.1.0 used


@dataclass(frozen=True)
class Config:
    """All that the files of `folder` say. `sources` are the process files as read, for their lines; `calendar_files`
    has the file of each calendar's name, and `regions` whose holidays are proposed for it, if its file says so.

    `calendars` is what the office planned; `closures` are the unplanned closed days in the bot's own file. `unused` has
    a sentence for each key that means nothing any more."""

    office: Office
    processes: tuple[Process, ...]
    calendars: Mapping[str, Calendar]
    folder: Path
    sources: Mapping[str, Source]
    regions: Mapping[str, Region] = field(default_factory=dict)
    calendar_files: Mapping[str, str] = field(default_factory=dict)
    closures: tuple[Kept, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def calendars_with_closures(self) -> Mapping[str, Calendar]:
        """The calendars as the files alone have them, for commands that need no database."""
        closures = [kept.closure for kept in self.closures]
        return {name: with_closures(calendar, closures) for name, calendar in self.calendars.items()}

    def process_for(self, project: str, issue_type: str) -> Process | None:
        """The process that an issue of that project and type follows, None if there is none."""
        return next((p for p in self.processes if p.project == project and issue_type in p.issue_types), None)

    def where(self, process: str, *path: str) -> str:
        """`file:line` of a key of a process file: `where("dde", "steps", "initial_file_review", "say")`."""
        source = self.sources[process]
        return f"{source.file}:{source.line(path)}"

    def problem(self, process: str, path: Iterable[str], text: str) -> Problem:
        """A problem at a key of a process file, for checks that need more than the files themselves."""
        return self.sources[process].problem(tuple(path), text)


def load(folder: Path) -> Config:
    """Read `bot.yaml`, `calendars/*.yaml` and `processes/*.yaml`. ConfigError lists everything that is wrong.

    Whether the templates exist is for `render` to say; `Config.where` gives it the lines."""
    office_source = _read(folder, folder / "bot.yaml")
    calendar_sources = _read_all(folder, "calendars")
    process_sources = _read_all(folder, "processes")
    problems = [p for s in (office_source, *calendar_sources, *process_sources) for p in s.problems]

    office = _shaped(office_source, OfficeModel, problems)
    calendars = [_shaped(s, CalendarModel, problems) for s in calendar_sources]
    processes = [_shaped(s, ProcessModel, problems) for s in process_sources]

    teams = [t.name for t in office_source.top["teams"].entries()]
    known = [name for s in calendar_sources if (name := s.top["calendar"].text)]
    for source in calendar_sources:
        problems += calendar_problems(source.top)
    for source in process_sources:
        problems += process_problems(source.top, teams, known)
    problems += same_problems([s.top for s in calendar_sources], [s.top for s in process_sources])
    problems += office_problems(office_source.top, known)
    closures: tuple[Kept, ...] = ()
    try:
        closures = read_closures(folder)
    except ConfigError as error:
        problems += error.problems
    if problems or office is None:
        raise ConfigError(problems)
    return Config(
        office=_office(office),
        processes=tuple(_process(m) for m in processes if m is not None),
        calendars={m.calendar: _calendar(m) for m in calendars if m is not None},
        folder=folder,
        sources={str(s.top["process"].text): s for s in process_sources},
        regions={m.calendar: Region(m.holidays.country, m.holidays.subdivision) for m in calendars if m and m.holidays},
        calendar_files={str(s.top["calendar"].text): s.file for s in calendar_sources},
        closures=closures,
        unused=tuple(str(_unused(office_source, ("jira", key))) for key in _UNUSED & office.jira.model_fields_set),
    )


def _unused(source: Source, path: tuple[str, ...]) -> Problem:
    return source.problem(path, f"`{path[-1]}` is no longer used; the line can be deleted")


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
    statuses, chosen = model.subtask_statuses, model.calendar_by
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
        texts={name: text for name, text in model.texts.items() if text},
        token_expires=model.token_expires,
        calendar_field=chosen.field if chosen else None,
        district_calendars={normalized(value): name for value, name in chosen.values.items()} if chosen else {},
    )


def _calendar(model: CalendarModel) -> Calendar:
    return Calendar(
        name=model.calendar,
        zone=model.zone,
        spoken=model.spoken,
        week={i: hours for i, day in enumerate(WEEKDAYS) if (hours := getattr(model.week, day))},
        closed=model.closed,
        exceptions={day: DayException(e.open, e.name) for day, e in model.exceptions.items()},
    )


def _process(model: ProcessModel) -> Process:
    shared = _escalations(model.escalations)
    return Process(
        name=model.process,
        title=model.title,
        project=model.applies_to.project,
        issue_types=(model.applies_to.issue_type,),
        since=model.since and model.since.astimezone(UTC),
        calendar=model.calendar,
        waiting_status=model.waiting_status,
        ends={name: end.status for name, end in model.ends.items()},
        closings={name: Closing(end.say, end.resolution) for name, end in model.ends.items()},
        reminders=_reminders(model.reminders),
        call_from_round=model.call_from_round,
        tell_district_when_late=model.tell_district_when_late,
        steps=tuple(_step(name, step, shared) for name, step in model.steps.items()),
        version=_version(model),
    )


def _revision(model: RevisionModel | None) -> Revision | None:
    if model is None:
        return None
    return Revision(model.return_to, model.say, model.goal, model.not_received, model.at_once)


def _reminders(model: RemindersModel | None) -> Reminders | None:
    return None if model is None else Reminders(tuple(model.after), model.say, model.call_after)


def _step(name: str, model: StepModel, shared: tuple[Escalation, ...]) -> Step:
    branches = (
        Branch(
            n,
            b.party,
            b.goal,
            b.subtask,
            b.description,
            (b.done_by,) if b.done_by else (),
            b.say_when_done,
            _own(b.escalations),
        )
        for n, b in model.branches.items()
    )
    return Step(
        name=name,
        title=model.title,
        status=model.status,
        parties=tuple(model.party),
        next=model.next,
        goal=model.goal,
        say=model.say,
        branches=tuple(branches),
        revision=_revision(model.revision),
        said_by=model.said_by,
        escalations=shared if model.escalations is None else _escalations(model.escalations),
    )


def _own(models: Iterable[EscalationModel] | None) -> tuple[Escalation, ...] | None:
    return None if models is None else _escalations(models)


def _escalations(models: Iterable[EscalationModel]) -> tuple[Escalation, ...]:
    found = (
        Escalation(m.at or m.after or 1.0, m.label, m.tell, m.notify, m.every)  # repeated from the due moment on
        for m in models
    )
    return tuple(sorted(found, key=lambda e: e.at))


def _version(model: ProcessModel) -> str:
    """A hash of what the file means: comments, blank space and the order of keys in a step do not count."""
    return hashlib.sha256(model.model_dump_json().encode()).hexdigest()[:12]
