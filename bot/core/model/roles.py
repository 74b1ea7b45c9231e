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
        """Whether the person was the district's contact at that moment: a customer on the request, or a person in the
        configured field, and not staff."""
        if person is None or self.mover(person) != Mover.PERSON or self.is_staff(person, at):
            return False
        return person.kind == "customer" or person.id in self._outside

    @property
    def _outside(self) -> set[str]:
        return {p.id for p in (self.issue.reporter, *self.issue.participants) if p is not None}

    def district(self) -> str:
        """Return the district's name, as `district_name` does."""
        return district_name(self.issue.fields, self.issue.summary, self.office)

    def contact_name(self) -> str:
        """Return the name of the request's reporter if that is the contact, else an empty string."""
        reporter = self.issue.reporter
        return reporter.name if reporter and self.is_contact(reporter, self.issue.created) else ""
