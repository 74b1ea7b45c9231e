"""Checks of subtasks: whether they can be created and reach the statuses that the bot reads."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.rows import Questions, Row, inside, listed, ok, problem, quoted, unsure
from bot.doctor.workflow import Move, no_types, offered, samples_of, statuses_in, types_of
from bot.jira.client import API

# What the gateway sends when it creates a subtask.
FILLED = frozenset("project issuetype parent summary description labels assignee components".split())


def subtasks(ask: Questions, project: str) -> Iterator[Row]:
    """Whether subtasks can be created, and reach the statuses that the bot reads."""
    office, types = ask.config.office, types_of(ask, project)
    name = f'subtask type "{office.subtask_type}" in {project}'
    if not types:
        yield no_types(name, project)
        return
    same = [t for t in types if t.get("subtask") and str(t.get("name")).casefold() == office.subtask_type.casefold()]
    if not same:
        known = ", ".join(str(t.get("name")) for t in types if t.get("subtask")) or "none"
        fix = f"Add it to {project}'s issue types, or fix `subtask_type` in bot.yaml."
        yield problem(name, f"The project has no such subtask type (it has: {known}).", fix)
        return
    yield ok(name, "It exists.")
    known_statuses, wanted = statuses_in(same[0]), [s for s in vars(office.subtask_statuses).values() if s]
    workflow = f'the workflow of "{office.subtask_type}"'
    for status in wanted:
        if status.casefold() in known_statuses:
            yield ok(f'subtask status "{status}" in {project}', "The workflow has it.")
        else:
            fix = f"Add the status to {workflow}, or fix `subtask_statuses` in bot.yaml."
            yield problem(f'subtask status "{status}" in {project}', f"{_upper(workflow)} has no such status.", fix)
    yield from _create_screen(ask, project, str(same[0].get("id")))
    scope = f"project = {quoted(project)} AND issuetype = {quoted(office.subtask_type)} AND statusCategory != Done"
    open_ones = samples_of(ask, scope)
    for status in (s for s in wanted if s.casefold() in known_statuses):
        name, to_id = f'move subtasks to "{status}" in {project}', known_statuses[status.casefold()]
        yield offered(Move(name, "subtask", "an open status", status, to_id, workflow), open_ones)


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
