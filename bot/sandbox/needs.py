"""What a site holds for one process beside the statuses of its steps and ends: fields, moves, and people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.core.model.facts import Fact, FactKind
from bot.core.model.process import Office, Process
from bot.sandbox import field_types
from bot.sandbox.accounts import DEFAULT_PEOPLE, OLIVE, Account
from bot.sandbox.field_types import Field
from bot.sandbox.workflows import Move


@dataclass(frozen=True)
class Needs:
    """What one process needs of its site. `fields` are on the screens of its tickets only; `moves` are added to those
    that `workflow_of` derives; `people` live on the site beside the others, its contacts and its teams' members."""

    fields: tuple[Field, ...] = ()
    moves: tuple[Move, ...] = ()
    people: tuple[Account, ...] = ()


NOTHING = Needs()
_KINDS = {
    FactKind.YES_NO: field_types.YES_NO,
    FactKind.TEXT: field_types.TEXT,
    FactKind.DATE: field_types.DATE,
    FactKind.NUMBER: field_types.NUMBER,
    FactKind.ONE_OF: field_types.SELECT,
    FactKind.SOME_OF: field_types.MULTI_SELECT,
}
_SYSTEM = {"priority": field_types.PRIORITY, "components": field_types.COMPONENTS, "labels": field_types.LABELS}


def needs_of_all(processes: Iterable[Process], office_for: Callable[[str], Office]) -> Mapping[str, Needs]:
    """What a site holds for each process, by its name; `office_for` gives the office of a process."""
    return {process.name: needs_of(process, office_for(process.name)) for process in processes}


def needs_of(process: Process, office: Office) -> Needs:
    """What a site holds so that tickets of a process can be played on it: the fields of its facts and of its office,
    the moves past its optional steps, the members of the teams, and, where a field names the contact, a contact."""
    fields = dict(_office_fields(office))
    fields |= {fact.field: _fact_field(fact) for fact in process.facts.values() if fact.field not in fields}
    optional = [step.name for step in process.steps if step.condition is not None]
    people = (*_staff(office), *((OLIVE,) if office.contact_field else ()))
    return Needs(tuple(fields.values()), pass_over(process, optional), people)


def _office_fields(office: Office) -> Iterator[tuple[str, Field]]:
    for field_id, name, kind in (
        (office.contact_field, "District contact", field_types.USER),
        (office.participants_field, "Request participants", field_types.USERS),
        (office.district_field, "District", field_types.TEXT),
        (office.calendar_field, "Calendar", field_types.TEXT),
        (office.due_field, "Review due", field_types.DATE),
    ):
        if field_id and field_types.CUSTOM_ID.fullmatch(field_id):
            yield field_id, Field(field_id, name, kind)


def _fact_field(fact: Fact) -> Field:
    kind = _SYSTEM.get(fact.field, _KINDS[fact.kind])
    options = (*fact.options, *((fact.none,) if fact.none else ()))
    return Field(fact.field, fact.title, kind, options, fact.others)


def _staff(office: Office) -> Iterator[Account]:
    """The members of the teams and the team leads whom the site does not have anyway, each named after the team."""
    known = {person.id for person in DEFAULT_PEOPLE}
    members = {account: team.title for team in office.teams.values() for account in team.accounts}
    for account, title in {**dict.fromkeys(office.lead, "Lead"), **members}.items():
        if account not in known:
            short = account.rpartition(":")[2]
            yield Account(account, f"{short.title()} ({title})", f"{short}@onboarding.example", f"token-{short}")


def pass_over(process: Process, optional: Collection[str]) -> tuple[Move, ...]:
    """The moves past steps that may be passed over, given by their names: from the step before to the step or end
    after, also past several optional steps in a row, and past those that the waiting status returns to."""
    moves = dict.fromkeys(_over(process, optional))
    return tuple(Move(source, to, f"Skip to {to}") for source, to in moves)


def _over(process: Process, optional: Collection[str]) -> Iterator[tuple[str, str]]:
    returns = {step.revision.return_to for step in process.steps if step.revision}
    sources = [(step.status, step.next) for step in process.steps]
    sources += [(process.waiting_status, name) for name in sorted(returns) if process.waiting_status]
    for source, name in sources:
        passed = set()
        while name in optional and name not in passed and name not in process.ends:
            passed.add(name)
            name = process.step(name).next
            yield source, process.status_of(name)
