"""Checks of workflows and screens: issue types, statuses, the transitions between them, and fields.

Only an administrator can read a workflow. The evidence here is what Jira offers on tickets in each status; where
no ticket is in a status, the row is unsure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.model.process import Process
from bot.doctor.rows import Questions, Row, inside, listed, ok, problem, quoted, unsure, whole
from bot.jira import payloads
from bot.jira.call import Missing
from bot.jira.client import API, JiraClient

SAMPLES = 3  # tickets to look at for each status
# What the gateway sends when it creates a subtask.
FILLED = frozenset("project issuetype parent summary description labels assignee components".split())


@dataclass(frozen=True)
class Sample:
    """A ticket's status and the statuses Jira offers it a transition to, by id because names are translated."""

    key: str
    status: str
    offered: frozenset[str]


@dataclass(frozen=True)
class Move:
    """A transition that must be possible: its row's name, what moves, from and to which status, in which workflow."""

    name: str
    what: str
    source: str
    to: str
    to_id: str
    workflow: str


# -- types and statuses


def types_of(ask: Questions, project: str) -> list[Mapping[str, Any]]:
    """The issue types of a project, each with its statuses; none where the project does not exist."""
    try:
        return listed(ask.once(JiraClient.issue_types, project))
    except Missing:
        return []


def named_type(types: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The type with exactly that name, which is how the bot compares names; None where there is none."""
    return next((one for one in types if one.get("name") == name), None)


def _statuses(kind: Mapping[str, Any]) -> dict[str, str]:
    """The ids of a type's statuses, by case-folded name."""
    found = listed(kind, "statuses")
    return {str(s.get("untranslatedName") or s.get("name") or "").casefold(): str(s.get("id")) for s in found}


def statuses(ask: Questions, process: Process) -> Iterator[Row]:
    """Whether the issue type exists and its workflow has every status that the process uses."""
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
            name, f"The project has no such type (it has: {known}).", f"Add it to the project, or fix {where}."
        )
        return
    yield ok(name, "It exists.")
    known_statuses = _statuses(kind)
    for path, status in _named(process):
        name = f'status "{status}" of {process.name}'
        if status.casefold() in known_statuses:
            yield ok(name, "The workflow has it.")
        else:
            where = ask.config.where(process.name, *path)
            fix = f'Add the status to the workflow of "{process.issue_type}", or fix {where}.'
            yield problem(name, f'The workflow of "{process.issue_type}" has no such status.', fix)


def _no_types(name: str, project: str) -> Row:
    fix = f'First get the row "project {project}" to ok, then run this again.'
    return unsure(name, "Jira shows the bot no issue types for the project.", fix)


def _named(process: Process) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each status of a process, with its place in the process file."""
    for step in process.steps:
        yield ("steps", step.name, "status"), step.status
    yield ("waiting_status",), process.waiting_status
    for name, status in process.ends.items():
        yield ("ends", name), status


# -- moves


def moves(ask: Questions, process: Process) -> Iterator[Row]:
    """Whether Jira offers every transition that the bot makes, and a way to each end status that people choose."""
    known = _known_statuses(ask, process)
    samples = _tickets(ask, process)
    needed = dict.fromkeys(pair for pair in _needed(process) if pair[0] != pair[1])
    workflow = f'the workflow of "{process.issue_type}"'
    for source, to in needed:
        if source in known and to in known:  # else the status has a row of its own
            here = [s for s in samples if s.status == known[source]]
            move = Move(
                f'move "{source}" to "{to}" of {process.name}', "ticket", f'"{source}"', to, known[to], workflow
            )
            yield _offered(move, here)
    for end in process.ends.values():
        if end in known and end not in {to for _, to in needed}:
            yield _way_out(process, end, [s.key for s in samples if known[end] in s.offered])


def _known_statuses(ask: Questions, process: Process) -> dict[str, str]:
    """The ids of those statuses of a process that its workflow in Jira has."""
    kind = named_type(types_of(ask, process.project), process.issue_type)
    ids = _statuses(kind) if kind else {}
    return {status: ids[status.casefold()] for _, status in _named(process) if status.casefold() in ids}


def _needed(process: Process) -> Iterator[tuple[str, str]]:
    for step in process.steps:
        yield step.status, process.status_of(step.next)
        if step.revision is not None:
            yield step.status, process.waiting_status
            yield process.waiting_status, process.step(step.revision.return_to).status


def _offered(move: Move, here: list[Sample]) -> Row:
    offering = [s.key for s in here if move.to_id in s.offered]
    step = f'a transition from {move.source} to "{move.to}"'
    if not here:
        fix = f"Check that {move.workflow} has {step}, or put a test {move.what} there first."
        return unsure(move.name, f"No {move.what} is in {move.source} now, so there is nothing to check it on.", fix)
    if not offering:
        fix = f"Add {step} to {move.workflow}, and allow the bot's account to use it."
        return problem(move.name, f"Jira does not offer it on {', '.join(s.key for s in here)}.", fix)
    if len(offering) < len(here):
        others = ", ".join(s.key for s in here if s.key not in offering)
        fix = f"Check in {move.workflow} that {step} has no condition that excludes tickets."
        return unsure(move.name, f"Jira offers it on {', '.join(offering)}, but not on {others}.", fix)
    return ok(move.name, f"Offered on {', '.join(offering)}.")


def _way_out(process: Process, end: str, offering: list[str]) -> Row:
    name = f'a way to "{end}" of {process.name}'
    if offering:
        return ok(name, f"Offered on {', '.join(offering[:SAMPLES])}.")
    fix = f'Check that people have a transition to "{end}" in the workflow of "{process.issue_type}".'
    return unsure(name, "No ticket that the bot checked offers one.", fix)


def _tickets(ask: Questions, process: Process) -> list[Sample]:
    """A few tickets of each status. The search index may lag, so the status is read from the ticket."""
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
            continue  # the index lags: the ticket is gone
        status = inside(inside(raw, "fields"), "status")
        offered = frozenset(t.to_status_id for t in payloads.transitions_of(whole(raw)))
        found.append(Sample(str(whole(raw).get("key")), str(status.get("id")), offered))
    return found


# -- subtasks


def subtasks(ask: Questions, project: str) -> Iterator[Row]:
    """Whether subtasks can be created, and reach the statuses that the bot reads."""
    office, types = ask.config.office, types_of(ask, project)
    name = f'subtask type "{office.subtask_type}" in {project}'
    if not types:
        yield _no_types(name, project)
        return
    same = [t for t in types if t.get("subtask") and str(t.get("name")).casefold() == office.subtask_type.casefold()]
    if not same:
        known = ", ".join(str(t.get("name")) for t in types if t.get("subtask")) or "none"
        fix = f"Add it to {project}'s issue types, or fix `subtask_type` in bot.yaml."
        yield problem(name, f"The project has no such subtask type (it has: {known}).", fix)
        return
    yield ok(name, "It exists.")
    known_statuses, wanted = _statuses(same[0]), [s for s in vars(office.subtask_statuses).values() if s]
    workflow = f'the workflow of "{office.subtask_type}"'
    for status in wanted:
        if status.casefold() in known_statuses:
            yield ok(f'subtask status "{status}" in {project}', "The workflow has it.")
        else:
            fix = f"Add the status to {workflow}, or fix `subtask_statuses` in bot.yaml."
            yield problem(f'subtask status "{status}" in {project}', f"{_upper(workflow)} has no such status.", fix)
    yield from _create_screen(ask, project, str(same[0].get("id")))
    scope = f"project = {quoted(project)} AND issuetype = {quoted(office.subtask_type)} AND statusCategory != Done"
    open_ones = _samples(ask, scope)
    for status in (s for s in wanted if s.casefold() in known_statuses):
        name, to_id = f'move subtasks to "{status}" in {project}', known_statuses[status.casefold()]
        yield _offered(Move(name, "subtask", "an open status", status, to_id, workflow), open_ones)


def _create_screen(ask: Questions, project: str, type_id: str) -> Iterator[Row]:
    """Whether the bot fills every field that Jira requires for a new subtask, and may fill those it sets."""
    name = f"new subtasks in {project}"
    answer = ask.get(f"{API}/issue/createmeta/{project}/issuetypes/{type_id}", {"maxResults": "200"})
    fields = [(inside(f, "schema").get("system"), f) for f in listed(answer, "fields", "values")]
    required = [f for own, f in fields if f.get("required") and not f.get("hasDefaultValue") and own not in FILLED]
    absent = [own for own in ("description", "labels") if own not in dict(fields)]
    if not fields:
        yield unsure(name, "Jira does not show the create screen.", "Allow the bot's account to create issues here.")
    elif required:
        titles = ", ".join(str(one.get("name")) for one in required)
        fix = "Make these fields optional for subtasks, or give them a default."
        yield problem(name, f"Jira requires fields that the bot does not fill: {titles}.", fix)
    elif absent:
        fix = "Add these fields to the create screen for subtasks."
        yield problem(name, f"The create screen lacks: {', '.join(absent)}.", fix)
    else:
        yield ok(name, "The bot fills every field that Jira requires.")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


# -- fields


def fields(ask: Questions) -> Iterator[Row]:
    """Whether the fields in bot.yaml exist, and the due field is a date."""
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
            fix = f"Fix `{setting}` in bot.yaml, or allow the bot's account to browse a project that uses the field."
            yield problem(name, "Jira shows the bot no field with that ID.", fix)
        elif setting == "due_field" and inside(found, "schema").get("type", "date") != "date":
            fix = f"Set `{setting}` to a date field without a time in bot.yaml."
            yield problem(name, f'"{found.get("name")}" is not a plain date field.', fix)
        else:
            yield ok(name, f'It exists: "{found.get("name")}".')


def edit_screen(ask: Questions, process: Process) -> Iterator[Row]:
    """Whether the fields that the bot writes are on the edit screen of tickets."""
    wanted = ["labels", *([ask.config.office.due_field] if ask.config.office.due_field else [])]
    name = f'edit screen of "{process.issue_type}" in {process.project}'
    known = _known_statuses(ask, process)
    ends = {known.get(end) for end in process.ends.values()}
    # A ticket that has ended may be closed to edits on purpose.
    sample = next((s for s in _tickets(ask, process) if s.status not in ends), None)
    if sample is None:
        fix = f"Check that the screen has {' and '.join(wanted)}, or run this again when a ticket is in progress."
        yield unsure(name, "No ticket is in progress to check it on.", fix)
        return
    shown = inside(ask.once(JiraClient.edit_screen, sample.key), "fields")
    absent = [field for field in wanted if field not in shown]
    if absent:
        fix = f"Add {' and '.join(absent)} to the edit screen, and allow the bot's account to edit the ticket."
        yield problem(name, f"On {sample.key} the bot cannot edit: {', '.join(absent)}.", fix)
    else:
        yield ok(name, f"It has {' and '.join(wanted)}, as {sample.key} shows.")
