"""What the files must mean together: names that exist, steps that lead somewhere, statuses used once.

The checks read the normalized values, not the models, so that a slip in one line hides nothing in the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.config.branch_checks import branch_problems
from bot.config.escalation_checks import escalation_problems
from bot.config.fact_checks import fact_problems
from bot.config.office_schema import SubtaskStatusesModel
from bot.config.processes import TEAM
from bot.config.route_checks import route_problems
from bot.config.source import Place, Problem, known_hint
from bot.config.was_checks import was_problems
from bot.core.model.process import AUTOMATED, DISTRICT, LEAD, OPERATOR, normalized

RESERVED = (DISTRICT, AUTOMATED, TEAM, LEAD, OPERATOR)


def calendar_problems(calendar: Place) -> Iterator[Problem]:
    """What a calendar's days have wrong between them."""
    if calendar["week"].value and not any(day.entries() for day in calendar["week"].entries()):
        yield calendar["week"].problem("the week has no open hours, so nothing would ever be due")
    closed = {day.name for day in calendar["closed"].entries()}
    for day in calendar["exceptions"].entries():
        if day.name in closed:
            yield day.problem(f"{day.name} is closed and an exception; keep one of the two")


def office_problems(office: Place, calendars: Sequence[str]) -> Iterator[Problem]:
    """Names in bot.yaml that have a meaning already, and calendars for districts that are not there."""
    for team in office["teams"].entries():
        if team.name in RESERVED:
            yield team.problem(f'a team must not be called "{team.name}"; that word has a meaning of its own')
    yield from _district_calendars(office, calendars)


def _district_calendars(owner: Place, calendars: Sequence[str]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for calendar in owner["calendar_by"]["values"].entries():
        yield from _calendar(calendar, calendars)
        before = first.setdefault(normalized(calendar.name), calendar.name)
        if before != calendar.name:
            yield calendar.problem(f'"{calendar.name}" is the same value as "{before}"; case and spaces do not count')


def _calendar(place: Place, calendars: Sequence[str]) -> Iterator[Problem]:
    if place.text and place.text not in calendars:
        yield place.problem(f'there is no calendar "{place.text}"{known_hint(place.text, calendars)}')


def process_problems(process: Place, office: Place, calendars: Sequence[str]) -> Iterator[Problem]:
    """Everything in a process that points at nothing, twice at one thing, or nowhere."""
    teams = [team.name for team in office["teams"].entries()]
    contacts = (process["contact"], office["district_contact"])
    people = [field for one in contacts for key in ("field", "participants_field") if (field := one[key].text)]
    yield from _twice(statuses_of(process), "the status")
    yield from _parties(process, teams)
    yield from route_problems(process)
    yield from branch_problems(process)
    yield from fact_problems(process, people)
    yield from was_problems(process)
    yield from escalation_problems(process, teams)
    yield from _calendar(process["calendar"], calendars)
    yield from _district_calendars(process, calendars)
    name = process["district_name"]
    if name["field"].value is not None and name["summary"].value is not None:
        yield name.problem('"district_name" needs either "field" or "summary"')


def same_problems(calendars: Iterable[Place], processes: Iterable[Place], office: Place) -> Iterator[Problem]:
    """Files that claim the same name, or the same tickets, or that spell one status in two ways."""
    processes = list(processes)
    yield from _twice((c["calendar"] for c in calendars), "the calendar")
    yield from _twice((p["process"] for p in processes), "the process")
    yield from _same_tickets(processes)
    yield from _spellings(processes, office)


def _same_tickets(processes: Iterable[Place]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Place] = {}
    for process in processes:
        project, types = process["applies_to"]["project"], process["applies_to"]["issue_type"]
        for kind in types.entries() if project.text else ():
            if not kind.text:
                continue
            key = (str(project.text).casefold(), kind.text.casefold())
            before = first.setdefault(key, kind)
            if before is kind:
                continue
            if before.source is kind.source:
                yield kind.problem(f'the type "{kind.text}" is there twice')
            else:
                other = before.source.file
                place = process["applies_to"]
                yield place.problem(f'issues of "{project.text}", type "{kind.text}", already follow {other}')


def _spellings(processes: Iterable[Place], office: Place) -> Iterator[Problem]:
    """One status, written in two ways in two files: to Jira it is one, and the bot can know it by one name only."""
    first: dict[str, tuple[str, str]] = {}
    for key, field in SubtaskStatusesModel.model_fields.items():
        place = office["subtask_statuses"][key]
        status = place.text or str(field.default)
        first[status.casefold()] = (status, _at(place) if place.text else "bot.yaml, below `subtask_statuses`")
    for process in processes:
        own: set[str] = set()
        for place in statuses_of(process):
            if not place.text or (word := place.text.casefold()) in own:
                continue  # twice in one file is an error anyway
            own.add(word)
            spelled, where = first.setdefault(word, (place.text, _at(place)))
            if spelled != place.text:
                yield place.problem(f'the status "{place.text}" is spelled "{spelled}" in {where}; spell it in one way')


def _at(place: Place) -> str:
    return f"{place.source.file}:{place.source.line(place.path)}"


def _twice(places: Iterable[Place], what: str) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for place in places:
        if not place.text:
            continue
        word = place.text.casefold()
        if word in first:
            yield place.problem(f'{what} "{place.text}" is used twice, first at {_at(first[word])}')
        first.setdefault(word, place)


def statuses_of(process: Place) -> list[Place]:
    """Where a process file names a status, in the order of its lines. Two steps in one status could not be told from
    each other, nor could a step and a wait or an end."""
    places = [step["status"] for step in process["steps"].entries()]
    places += [_status_in(process["waiting_status"]), *map(_status_in, process["ends"].entries())]
    return sorted(places, key=lambda place: place.source.line(place.path))


def _status_in(place: Place) -> Place:
    return place["status"] if isinstance(place.value, dict) else place


def _parties(process: Place, teams: Sequence[str]) -> Iterator[Problem]:
    known = (*teams, DISTRICT, AUTOMATED)
    for step in process["steps"].entries():
        for place in (*step["party"].entries(), *(b["party"] for b in step["branches"].entries())):
            if place.text and place.text not in known:
                yield place.problem(f'there is no party "{place.text}"{known_hint(place.text, known)}')
        tell = step["tell"]
        if tell.text and tell.text not in (TEAM, *teams):
            yield tell.problem(f'there is no team "{tell.text}" to tell{known_hint(tell.text, (TEAM, *teams))}')
        elif tell.text == TEAM and not any(party.text in teams for party in step["party"].entries()):
            yield tell.problem(f'"{step.name}" has no team of its own to tell; name one')
