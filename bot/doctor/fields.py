"""Checks of the fields that the configuration names: whether they exist, and whether the bot may write to its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.model.process import Process
from bot.doctor.rows import Questions, Row, inside, listed, ok, problem, unsure
from bot.doctor.workflow import ticket_in_progress
from bot.jira.client import JiraClient

DUE = "due_field"
# The attributes of an office that name a field, with their keys in bot.yaml and in a process file.
_SETTINGS = (
    (DUE, DUE, (DUE,)),
    ("contact_field", "district_contact: field", ("contact", "field")),
    ("participants_field", "district_contact: participants_field", ("contact", "participants_field")),
    ("district_field", "district_name_field", ("district_name", "field")),
    ("calendar_field", "calendar_by: field", ("calendar_by", "field")),
)


@dataclass(frozen=True)
class _Named:
    """A field that the configuration names, and where to fix it; with `due`, it must be a date."""

    field: str
    where: str
    due: bool = False


def fields(ask: Questions) -> Iterator[Row]:
    """Whether the fields in bot.yaml and in the process files exist, and those for a due day are dates."""
    known = {str(f.get("id")): f for f in listed(ask.once(JiraClient.fields))}
    # A field of a due day first: it must do more than exist.
    every = sorted(_named(ask), key=lambda one: not one.due)
    for one in {one.field: one for one in reversed(every)}.values():
        name, found = f"field {one.field}", known.get(one.field)
        if found is None:
            fix = f"Fix {one.where}, or allow the bot's account to browse a project that uses the field."
            yield problem(name, "Jira shows the bot no field with that ID.", fix)
        elif one.due and inside(found, "schema").get("type", "date") != "date":
            yield problem(name, f'"{found.get("name")}" is not a plain date field.', f"Set {one.where} to one.")
        else:
            yield ok(name, f'It exists: "{found.get("name")}".')


def _named(ask: Questions) -> Iterator[_Named]:
    config = ask.config
    for attribute, setting, _ in _SETTINGS:
        if field := getattr(config.office, attribute):
            yield _Named(field, f"`{setting}` in bot.yaml", attribute == DUE)
    for process in config.processes:
        own = config.own.get(process.name, {})
        for attribute, _, path in _SETTINGS:
            if own.get(attribute):
                where = f"`{': '.join(path)}` at {config.where(process.name, *path)}"
                yield _Named(own[attribute], where, attribute == DUE)
        for fact in process.facts.values():
            where = config.where(process.name, "facts", fact.name, "field")
            yield _Named(fact.field, f"the fact {fact.name} at {where}")


def edit_screen(ask: Questions, process: Process, issue_type: str) -> Iterator[Row]:
    """Whether the fields that the bot writes are on the edit screen of tickets."""
    due_field = ask.config.office_for(process.name).due_field
    wanted = ["labels", *([due_field] if due_field else [])]
    name = f'edit screen of "{issue_type}" in {process.project}'
    sample = ticket_in_progress(ask, process, issue_type)
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
