"""The office of the third field, and what its people do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.model.ledger import PROPERTY
from bot.sandbox.accounts import BOT, HANNA, OLIVE
from bot.sandbox.harness import Harness
from bot.sandbox.jira_site import Who
from bot.sandbox.records import IssueRecord

OFFICE = Path(__file__).parent / "office"
CHANNELS = {"leads": "json://localhost"}
NAME = "Robin Park"

FIELDS = {
    "approved": "customfield_10160",
    "role": "customfield_10161",
    "desk": "customfield_10162",
    "first_day": "customfield_10163",
    "weekly_hours": "customfield_10164",
    "systems": "customfield_10165",
    "urgency": "priority",
    "places": "components",
    "extras": "labels",
    "calendar": "customfield_10170",
}
ONE, SEVERAL = ("approved", "role"), ("systems",)


def values(**facts: Any) -> dict[str, Any]:
    """The fields of these facts, as REST writes them."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        if name in ONE:
            value = {"value": value}
        elif name in SEVERAL:
            value = [{"value": one} for one in value]
        elif name == "urgency":
            value = {"name": value}
        elif name == "places":
            value = [{"name": one} for one in value]
        found[FIELDS[name]] = value
    return found


@dataclass
class Colleague:
    """One ticket of the library on a sandbox, which the bot looks after."""

    harness: Harness
    key: str = ""

    def opened(self, at: str = "2026-01-05 09:00", kind: str = "New Colleague", **facts: Any) -> Colleague:
        """The personnel office opens the ticket, with the new colleague in its field."""
        self.harness.at(at)
        person = {"accountId": OLIVE.id}
        contact = {"customfield_10172": person, "customfield_10010": [person]}
        fields = {**contact, "labels": ["new-colleague"], **values(**facts)}
        site = self.harness.site
        self.key = site.open_request(HANNA, f"Onboarding of {NAME}", project="HR", issue_type=kind, fields=fields).key
        self.rest()
        return self

    def rest(self, at: str | None = None) -> None:
        """The bot does what it has to do, the grace of the last change included, or time passes until a moment."""
        self.harness.settle()
        if at is not None:
            self.harness.at(at)

    def put(self, at: str, by: Who = HANNA, **facts: Any) -> None:
        """Staff set facts."""
        self.harness.at(at)
        self.harness.site.edit(by, self.key, values(**facts))
        self.harness.settle()

    def writes(self, at: str, words: str) -> None:
        """The new colleague writes."""
        self.harness.at(at)
        self.harness.site.comment(OLIVE, self.key, words)
        self.harness.settle()

    def attaches(self, at: str, name: str) -> None:
        """The new colleague attaches a file."""
        self.harness.at(at)
        self.harness.site.attach(OLIVE, self.key, name)
        self.harness.settle()

    def does(self, at: str, summary: str, status: str = "Done", by: Who = HANNA, finding: str = "") -> None:
        """Staff set the newest subtask whose summary begins so."""
        self.harness.at(at)
        subtask = [s for s in self.subtasks if s.summary.startswith(summary)][-1]
        if finding:
            self.harness.site.comment(by, subtask, finding, public=False)
        self.harness.site.transition(by, subtask, status)
        self.harness.settle()

    def notes(self, at: str, words: str, by: Who = HANNA) -> None:
        """Staff write an internal comment."""
        self.harness.at(at)
        self.harness.site.comment(by, self.key, words, public=False)
        self.harness.settle()

    # -- what Jira holds

    @property
    def ticket(self) -> IssueRecord:
        """The ticket."""
        return self.harness.site.issue(self.key)

    @property
    def status(self) -> str:
        """Its status."""
        return self.ticket.status

    @property
    def subtasks(self) -> list[IssueRecord]:
        """Its subtasks, oldest first."""
        return self.harness.site.subtasks(self.key)

    @property
    def open(self) -> list[str]:
        """The summaries of its open subtasks."""
        return [s.summary for s in self.subtasks if s.status == "To Do"]

    @property
    def said(self) -> list[str]:
        """The first line of each of the bot's comments to the new colleague."""
        return [c.body.splitlines()[0] for c in self.ticket.comments if c.author == BOT and c.public]

    @property
    def noted(self) -> list[str]:
        """The bot's internal comments."""
        return [c.body for c in self.ticket.comments if c.author == BOT and not c.public]

    @property
    def clocks(self) -> Mapping[str, str]:
        """When each clock of the present visit is due, by its branch; "step" is the step's own."""
        ledger: Any = self.harness.site.property(self.key, PROPERTY)
        return {name: clock["due"] for name, clock in ledger["visits"][-1].get("clocks", {}).items()}
