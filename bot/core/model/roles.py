"""The roles of people on an issue: the bot, staff, the district's contact, or somebody else."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.model.issue import Issue, Person
from bot.core.model.ledger import Mover
from bot.core.model.process import Office


def district_name(fields: Mapping[str, Any], summary: str, office: Office) -> str:
    """Return the district's name: the value of the configured field or, without one, the part of the summary that the
    configured pattern has in parentheses; the whole summary if there is no such part."""
    value = fields.get(office.district_field) if office.district_field else None
    if isinstance(value, Mapping):
        value = value.get("value") or value.get("name")
    if value:
        return str(value).strip()
    found = re.search(office.district_pattern, summary) if office.district_pattern else None
    return (found[1] if found else "").strip() or summary.strip()


@dataclass(frozen=True)
class People:
    """The roles on one issue. `bots` are the accounts that the bot uses now or has used before."""

    issue: Issue
    office: Office
    bots: Collection[str]

    def is_bot(self, person: Person | None) -> bool:
        """Whether this is the bot itself, with any account that it ever had."""
        return person is not None and person.id in self.bots

    def mover(self, person: Person | None) -> Mover:
        """Return who made a change. An unknown author counts as an app, since it may not have been a person."""
        if person is None or (person.kind == "app" and not self.is_bot(person)):
            return Mover.APP
        return Mover.BOT if self.is_bot(person) else Mover.PERSON

    def is_staff(self, person: Person | None, at: datetime) -> bool:
        """Whether the person was staff at that moment: according to the office's lists, or because the person had done
        something that only staff can do (an internal comment, a move of the ticket)."""
        if person is None or self.mover(person) != Mover.PERSON or person.kind == "customer":
            return False
        if person.id in self.office.staff:
            return True
        wrote = any(c.author and c.author.id == person.id and not c.public and c.created <= at
                    for c in self.issue.comments)  # fmt: skip
        moved = any(c.author and c.author.id == person.id and c.field == "status" and c.at <= at
                    for c in self.issue.changes)  # fmt: skip
        return wrote or moved

    def is_contact(self, person: Person | None, at: datetime) -> bool:
        """Whether the person was the district's contact at that moment, and not staff.

        If a contact field is configured, the contacts are the people in it and in the participants field, and nobody
        else; if not, they are the customers on the request, its reporter, and its participants."""
        if person is None or self.mover(person) != Mover.PERSON or self.is_staff(person, at):
            return False
        named = {p.id for p in self.issue.participants}
        if self.office.contact_field is not None:
            return person.id in named
        reporter = self.issue.reporter
        return person.kind == "customer" or person.id in named or (reporter is not None and person.id == reporter.id)

    def district(self) -> str:
        """Return the district's name, as `district_name` does."""
        return district_name(self.issue.fields, self.issue.summary, self.office)

    def contact_name(self) -> str:
        """Return the name of the first contact: of those in the contact field if one is configured, else the request's
        reporter. Empty if there is none."""
        first = self.issue.participants if self.office.contact_field is not None else (self.issue.reporter,)
        return next((p.name for p in first if p is not None and self.is_contact(p, self.issue.created)), "")
