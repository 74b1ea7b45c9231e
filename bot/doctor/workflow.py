"""Checks of a process's workflow: issue types, statuses, and the transitions between them.

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


def statuses_in(kind: Mapping[str, Any]) -> dict[str, str]:
    """The ids of a type's statuses, by case-folded name."""
    found = listed(kind, "statuses")
    return {str(s.get("untranslatedName") or s.get("name") or "").casefold(): str(s.get("id")) for s in found}


def title(process: Process, issue_type: str) -> str:
    """The process and, if it has several issue types, the one that a row is about."""
    return process.name if len(process.issue_types) == 1 else f'{process.name} ("{issue_type}")'


def statuses(ask: Questions, process: Process, issue_type: str) -> Iterator[Row]:
    """Whether the issue type exists and its workflow has every status that the process uses."""
    types = types_of(ask, process.project)
    kind = named_type(types, issue_type)
    name = f'type "{issue_type}" in {process.project}'
    if not types:
        yield no_types(name, process.project)
        return
    if kind is None:
        known = ", ".join(str(one.get("name")) for one in types)
        where = ask.config.where(process.name, "applies_to", "issue_type")
        yield problem(
            name, f"The project has no such type (it has: {known}).", f"Add it to the project, or fix {where}."
        )
        return
    yield ok(name, "It exists.")
    known_statuses = statuses_in(kind)
    for path, status in _named(process):
        name = f'status "{status}" of {title(process, issue_type)}'
        if status.casefold() in known_statuses:
            yield ok(name, "The workflow has it.")
        else:
            where = ask.config.where(process.name, *path)
            fix = f'Add the status to the workflow of "{issue_type}", or fix {where}.'
            yield problem(name, f'The workflow of "{issue_type}" has no such status.', fix)


def no_types(name: str, project: str) -> Row:
    fix = f'First get the row "project {project}" to ok, then run this again.'
    return unsure(name, "Jira shows the bot no issue types for the project.", fix)


def _named(process: Process) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each status of a process, with its place in the process file."""
    for step in process.steps:
        yield ("steps", step.name, "status"), step.status
    if process.waiting_status:
        yield ("waiting_status",), process.waiting_status
    for name, status in process.ends.items():
        yield ("ends", name), status


# -- moves


def moves(ask: Questions, process: Process, issue_type: str) -> Iterator[Row]:
    """Whether Jira offers every transition that the bot makes, and a way to each end status that people choose."""
    known = _known_statuses(ask, process, issue_type)
    samples = _tickets(ask, process, issue_type)
    needed = dict.fromkeys(pair for pair in _needed(process) if pair[0] != pair[1])
    workflow = f'the workflow of "{issue_type}"'
    for source, to in needed:
        if source in known and to in known:  # else the status has a row of its own
            here = [s for s in samples if s.status == known[source]]
            move = Move(
                f'move "{source}" to "{to}" of {title(process, issue_type)}',
                "ticket",
                f'"{source}"',
                to,
                known[to],
                workflow,
            )
            yield offered(move, here)
    for end in process.ends.values():
        if end in known and end not in {to for _, to in needed}:
            yield _way_out(process, issue_type, end, [s.key for s in samples if known[end] in s.offered])


def _known_statuses(ask: Questions, process: Process, issue_type: str) -> dict[str, str]:
    """The ids of those statuses of a process that its workflow in Jira has."""
    kind = named_type(types_of(ask, process.project), issue_type)
    ids = statuses_in(kind) if kind else {}
    return {status: ids[status.casefold()] for _, status in _named(process) if status.casefold() in ids}


def _needed(process: Process) -> Iterator[tuple[str, str]]:
    for step in process.steps:
        yield step.status, process.status_of(step.next)
        following = process.find_step(step.next)
        while following is not None and following.condition is not None:  # passed over where that does not hold
            yield step.status, process.status_of(following.next)
            following = process.find_step(following.next)
        if step.revision is not None:
            back = process.step(step.revision.return_to).status
            if step.review:
                yield step.status, process.waiting_status
            yield process.waiting_status if step.review else step.status, back


def offered(move: Move, here: list[Sample]) -> Row:
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


def _way_out(process: Process, issue_type: str, end: str, offering: list[str]) -> Row:
    name = f'a way to "{end}" of {title(process, issue_type)}'
    if offering:
        return ok(name, f"Offered on {', '.join(offering[:SAMPLES])}.")
    fix = f'Check that people have a transition to "{end}" in the workflow of "{issue_type}".'
    return unsure(name, "No ticket that the bot checked offers one.", fix)


def _tickets(ask: Questions, process: Process, issue_type: str) -> list[Sample]:
    """A few tickets of each status. The search index may lag, so the status is read from the ticket."""
    scope = f"project = {quoted(process.project)} AND issuetype = {quoted(issue_type)}"
    ids = _known_statuses(ask, process, issue_type).values()
    return list(dict.fromkeys(s for i in ids for s in samples_of(ask, f"{scope} AND status = {i}")))


def ticket_in_progress(ask: Questions, process: Process, issue_type: str) -> Sample | None:
    """A ticket that has not ended; one that has may be closed to edits on purpose."""
    known = _known_statuses(ask, process, issue_type)
    ends = {known.get(end) for end in process.ends.values()}
    return next((s for s in _tickets(ask, process, issue_type) if s.status not in ends), None)


def samples_of(ask: Questions, jql: str) -> list[Sample]:
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
