"""What the doctor asks of workflows and screens: types, statuses, the moves between them, and fields.

Who may not administer Jira cannot read a workflow. What Jira offers on tickets that stand in a status is the
evidence here; where no ticket stands, the row is unsure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.model.process import Process
from bot.doctor.rows import Questions, Row, inside, listed, ok, problem, quoted, unsure, whole
from bot.jira import payloads
from bot.jira.call import Missing
from bot.jira.client import API, JiraClient

SAMPLES = 3  # tickets that are looked at for each status
# What the gateway sends for a new subtask.
FILLED = frozenset("project issuetype parent summary description labels assignee components".split())


@dataclass(frozen=True)
class Sample:
    """A ticket in its status, with the statuses that Jira offers a move to: ids, for names are translated."""

    key: str
    status: str
    offered: frozenset[str]


@dataclass(frozen=True)
class Move:
    """A move that must be possible: its row's name, of what, from where, to which status, in whose workflow."""

    name: str
    what: str
    source: str
    to: str
    to_id: str
    workflow: str


# -- types and statuses


def types_of(ask: Questions, project: str) -> list[Mapping[str, Any]]:
    """The issue types of a project, each with its statuses; none where the project is not there."""
    try:
        return listed(ask.once(JiraClient.issue_types, project))
    except Missing:
        return []


def named_type(types: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The type of exactly that name, as the bot compares it."""
    return next((one for one in types if one.get("name") == name), None)


def _statuses(kind: Mapping[str, Any]) -> dict[str, str]:
    """The ids of a type's statuses, by name in small letters."""
    found = listed(kind, "statuses")
    return {str(s.get("untranslatedName") or s.get("name") or "").casefold(): str(s.get("id")) for s in found}


def statuses(ask: Questions, process: Process) -> Iterator[Row]:
    """Whether the issue type exists, with every status that the process names."""
    types = types_of(ask, process.project)
    kind = named_type(types, process.issue_type)
    name = f'type "{process.issue_type}" in {process.project}'
    if not types:
        yield _no_types(name, process.project)
        return
    if kind is None:
        known = ", ".join(str(one.get("name")) for one in types)
        where = ask.config.where(process.name, "applies_to", "issue_type")
        yield problem(
            name, f"The project has no such type (it has: {known}).", f"Add it to the project, or mend {where}."
        )
        return
    yield ok(name, "It is there.")
    known_statuses = _statuses(kind)
    for path, status in _named(process):
        name = f'status "{status}" of {process.name}'
        if status.casefold() in known_statuses:
            yield ok(name, "The workflow has it.")
        else:
            where = ask.config.where(process.name, *path)
            mend = f'Add the status to the workflow of "{process.issue_type}", or mend {where}.'
            yield problem(name, f'The workflow of "{process.issue_type}" has no such status.', mend)


def _no_types(name: str, project: str) -> Row:
    mend = f'See first that the row "project {project}" is ok, then run this again.'
    return unsure(name, "Jira tells the bot no types of the project.", mend)


def _named(process: Process) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each status of a process, with where its file names it."""
    for step in process.steps:
        yield ("steps", step.name, "status"), step.status
    yield ("waiting_status",), process.waiting_status
    for name, status in process.ends.items():
        yield ("ends", name), status


# -- moves


def moves(ask: Questions, process: Process) -> Iterator[Row]:
    """Whether Jira offers every move that the bot makes, and a way to each end that people choose."""
    known = _known_statuses(ask, process)
    samples = _tickets(ask, process)
    wished = dict.fromkeys(pair for pair in _wished(process) if pair[0] != pair[1])
    workflow = f'the workflow of "{process.issue_type}"'
    for source, to in wished:
        if source in known and to in known:  # else the status has a row of its own
            here = [s for s in samples if s.status == known[source]]
            move = Move(
                f'move "{source}" to "{to}" of {process.name}', "ticket", f'"{source}"', to, known[to], workflow
            )
            yield _offered(move, here)
    for end in process.ends.values():
        if end in known and end not in {to for _, to in wished}:
            yield _way_out(process, end, [s.key for s in samples if known[end] in s.offered])


def _known_statuses(ask: Questions, process: Process) -> dict[str, str]:
    """The ids of those statuses of a process that its workflow in Jira has."""
    kind = named_type(types_of(ask, process.project), process.issue_type)
    ids = _statuses(kind) if kind else {}
    return {status: ids[status.casefold()] for _, status in _named(process) if status.casefold() in ids}


def _wished(process: Process) -> Iterator[tuple[str, str]]:
    for step in process.steps:
        yield step.status, process.status_of(step.next)
        if step.revision is not None:
            yield step.status, process.waiting_status
            yield process.waiting_status, process.step(step.revision.return_to).status


def _offered(move: Move, here: list[Sample]) -> Row:
    offering = [s.key for s in here if move.to_id in s.offered]
    step = f'a transition from {move.source} to "{move.to}"'
    if not here:
        mend = f"See that {move.workflow} has {step}, or put a test {move.what} there first."
        return unsure(move.name, f"No {move.what} stands in {move.source} now, and only one could show it.", mend)
    if not offering:
        mend = f"Add {step} to {move.workflow}, and let the bot's account use it."
        return problem(move.name, f"Jira does not offer it on {', '.join(s.key for s in here)}.", mend)
    if len(offering) < len(here):
        others = ", ".join(s.key for s in here if s.key not in offering)
        mend = f"See in {move.workflow} that {step} has no condition which shuts tickets out."
        return unsure(move.name, f"Jira offers it on {', '.join(offering)}, and not on {others}.", mend)
    return ok(move.name, f"Offered on {', '.join(offering)}.")


def _way_out(process: Process, end: str, offering: list[str]) -> Row:
    name = f'a way to "{end}" of {process.name}'
    if offering:
        return ok(name, f"Offered on {', '.join(offering[:SAMPLES])}.")
    mend = f'See that people have a transition to "{end}" in the workflow of "{process.issue_type}".'
    return unsure(name, "No ticket that the bot looked at offers one.", mend)


def _tickets(ask: Questions, process: Process) -> list[Sample]:
    """A few tickets of each status. The index may be late, so the status is the ticket's own."""
    scope = f"project = {quoted(process.project)} AND issuetype = {quoted(process.issue_type)}"
    ids = _known_statuses(ask, process).values()
    return list(dict.fromkeys(s for i in ids for s in _samples(ask, f"{scope} AND status = {i}")))


def _samples(ask: Questions, jql: str) -> list[Sample]:
    path = f"{API}/search/jql" if ask.settings.cloud else f"{API}/search"
    hits = listed(ask.get(path, {"jql": jql, "fields": "status", "maxResults": str(SAMPLES)}), "issues")
    found = []
    for hit in hits[:SAMPLES]:
        try:
            raw = ask.get(f"{API}/issue/{hit.get('id')}", {"fields": "status", "expand": "transitions"})
        except Missing:
            continue  # the index is late: the ticket is gone
        status = inside(inside(raw, "fields"), "status")
        offered = frozenset(t.to_status_id for t in payloads.transitions_of(whole(raw)))
        found.append(Sample(str(whole(raw).get("key")), str(status.get("id")), offered))
    return found


# -- subtasks


def subtasks(ask: Questions, project: str) -> Iterator[Row]:
    """Whether subtasks can be made, and reach the statuses that mean something to the bot."""
    office, types = ask.config.office, types_of(ask, project)
    name = f'subtask type "{office.subtask_type}" in {project}'
    if not types:
        yield _no_types(name, project)
        return
    same = [t for t in types if t.get("subtask") and str(t.get("name")).casefold() == office.subtask_type.casefold()]
    if not same:
        known = ", ".join(str(t.get("name")) for t in types if t.get("subtask")) or "none"
        mend = f"Add it to {project}'s issue types, or mend `subtask_type` in bot.yaml."
        yield problem(name, f"The project has no such subtask type (it has: {known}).", mend)
        return
    yield ok(name, "It is there.")
    known_statuses, wanted = _statuses(same[0]), [s for s in vars(office.subtask_statuses).values() if s]
    workflow = f'the workflow of "{office.subtask_type}"'
    for status in wanted:
        if status.casefold() in known_statuses:
            yield ok(f'subtask status "{status}" in {project}', "The workflow has it.")
        else:
            mend = f"Add the status to {workflow}, or mend `subtask_statuses` in bot.yaml."
            yield problem(f'subtask status "{status}" in {project}', f"{_upper(workflow)} has no such status.", mend)
    yield from _create_screen(ask, project, str(same[0].get("id")))
    scope = f"project = {quoted(project)} AND issuetype = {quoted(office.subtask_type)} AND statusCategory != Done"
    open_ones = _samples(ask, scope)
    for status in (s for s in wanted if s.casefold() in known_statuses):
        name, to_id = f'move subtasks to "{status}" in {project}', known_statuses[status.casefold()]
        yield _offered(Move(name, "subtask", "an open status", status, to_id, workflow), open_ones)


def _create_screen(ask: Questions, project: str, type_id: str) -> Iterator[Row]:
    """Whether the bot fills all that Jira demands of a new subtask, and may fill what it wishes to."""
    name = f"new subtasks in {project}"
    answer = ask.get(f"{API}/issue/createmeta/{project}/issuetypes/{type_id}", {"maxResults": "200"})
    fields = [(inside(f, "schema").get("system"), f) for f in listed(answer, "fields", "values")]
    demanded = [f for own, f in fields if f.get("required") and not f.get("hasDefaultValue") and own not in FILLED]
    absent = [own for own in ("description", "labels") if own not in dict(fields)]
    if not fields:
        yield unsure(name, "Jira does not show the screen on which they are made.", "Let the bot create issues here.")
    elif demanded:
        titles = ", ".join(str(one.get("name")) for one in demanded)
        mend = "Make these fields optional for subtasks, or give them a default."
        yield problem(name, f"Jira demands fields that the bot does not fill: {titles}.", mend)
    elif absent:
        mend = "Add these fields to the screen on which subtasks are made."
        yield problem(name, f"The screen lacks: {', '.join(absent)}.", mend)
    else:
        yield ok(name, "The bot fills all that Jira demands.")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


# -- fields


def fields(ask: Questions) -> Iterator[Row]:
    """Whether the fields that bot.yaml names exist, and the due date is one."""
    office = ask.config.office
    named = {
        "due_field": office.due_field,
        "district_contact: field": office.contact_field,
        "district_contact: participants_field": office.participants_field,
        "district_name_field": office.district_field,
        "calendar_by: field": office.calendar_field,
    }
    known = {str(f.get("id")): f for f in listed(ask.once(JiraClient.fields))}
    for setting, field_id in named.items():
        if field_id is None:
            continue
        name, found = f"field {field_id}", known.get(field_id)
        if found is None:
            mend = f"Mend `{setting}` in bot.yaml, or let the bot's account browse a project that uses the field."
            yield problem(name, "Jira shows the bot no field of that id.", mend)
        elif setting == "due_field" and inside(found, "schema").get("type", "date") != "date":
            mend = f"Name a date field without a time under `{setting}` in bot.yaml."
            yield problem(name, f'"{found.get("name")}" holds no plain date.', mend)
        else:
            yield ok(name, f'It is there: "{found.get("name")}".')


def edit_screen(ask: Questions, process: Process) -> Iterator[Row]:
    """Whether the fields that the bot writes are on the screen on which a ticket is edited."""
    wanted = ["labels", *([ask.config.office.due_field] if ask.config.office.due_field else [])]
    name = f'edit screen of "{process.issue_type}" in {process.project}'
    known = _known_statuses(ask, process)
    ends = {known.get(end) for end in process.ends.values()}
    # A ticket that has ended may be closed to edits for good reason.
    sample = next((s for s in _tickets(ask, process) if s.status not in ends), None)
    if sample is None:
        mend = f"See that the screen holds {' and '.join(wanted)}, or run this again when a ticket is under way."
        yield unsure(name, "There is no ticket under way to see it on.", mend)
        return
    shown = inside(ask.once(JiraClient.edit_screen, sample.key), "fields")
    absent = [field for field in wanted if field not in shown]
    if absent:
        mend = f"Add {' and '.join(absent)} to the edit screen, and let the bot's account edit the ticket."
        yield problem(name, f"On {sample.key} the bot cannot edit: {', '.join(absent)}.", mend)
    else:
        yield ok(name, f"It holds {' and '.join(wanted)}, as {sample.key} shows.")
