"""The short story that every ticket of the soak goes through, and what Jira then holds of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.config.load import Config
from bot.core.model.ledger import PROPERTY
from bot.sandbox.accounts import BOT, CARLA, HANNA, HECTOR
from bot.sandbox.api import told
from bot.sandbox.harness import Harness
from bot.sandbox.jira_site import Site
from bot.sandbox.records import IssueRecord
from tests.faults.conftest import START

MOST_ACTS = 5
# When every goal that still runs is breached, on a morning of work, as flags fire only when somebody is there.
ENDS = (START + timedelta(weeks=8), START + timedelta(weeks=8, hours=1))

State = Mapping[str, Any]


def acts_of(nth: int, most: int) -> int:
    """How many acts the nth ticket has: every second one stays in its review, whose time then runs out."""
    return min(most, MOST_ACTS - nth % 2)


def act(site: Site, nth: int, number: int, ticket: IssueRecord | None, notes: int) -> IssueRecord:
    """Do one act of people on the nth ticket, the first one opens it, and write so many notes; the ticket."""
    if ticket is None:
        ticket = site.open_request(CARLA, f"District {nth}")
    elif number == 1:
        site.comment(CARLA, ticket, "Confirmed, thanks")
    elif number == 2:
        site.transition(HANNA, site.subtasks(ticket)[0], "Done")
    elif number == 3:
        site.comment(CARLA, ticket, "Files are ready")
    else:
        review = site.subtasks(ticket)[-1]
        site.comment(HANNA, review, "Findings:\n- no birth dates", public=False)
        site.transition(HANNA, review, "Needs Revision")
    for note in range(notes):
        site.comment(HECTOR, ticket, f"We have talked about it ({number}.{note}).", public=False)
    return ticket


def answered(site: Site, ticket: IssueRecord, number: int) -> bool:
    """Whether the bot has done the most of what it does upon that act, so that people can go on."""
    found = site.issue(ticket)
    public = sum(1 for c in found.comments if c.author == BOT and c.public)
    if number == 0:
        return public >= 1
    if number == 1:
        return found.status == "SecureStor Folder" and len(found.subtask_ids) == 2 and public >= 2
    if number == 2:
        return public >= 3
    if number == 3:
        # What a step has not said when people go on is missed for good, by rule.
        return found.status == "Initial File Review" and len(found.subtask_ids) == 3 and public >= 4
    return found.status == "Waiting for District"


def state(found: Mapping[str, Any]) -> State:
    """What a ticket (as the sandbox's API tells it) must hold in the end: nothing that depends on who was faster, on
    ids or on the hour. Words are left out, for they name days; what was said is known by its mark."""
    ledger = found["properties"].get(PROPERTY) or {}
    visits = [(v.get("step"), v.get("round"), v.get("verdict")) for v in ledger.get("visits", [])]
    return {
        "status": found["status"],
        "labels": sorted(found["labels"]),
        "comments": Counter(_comments(found)),
        "subtasks": Counter((_summary(s), s["status"], _name(_marks(s)), *_comments(s)) for s in found["subtasks"]),
        "moves": tuple(i["toString"] for e in found["changelog"] for i in e["items"] if i["field"] == "status"),
        "visits": tuple(visits),
    }


def effect_ids(found: Mapping[str, Any]) -> list[str]:
    """Every effect id that stands as a mark on what a ticket holds, as often as it does."""
    return [
        mark
        for issue in (found, *found["subtasks"])
        for holder in ((issue,) if issue is not found else ()) + tuple(issue["comments"])
        for mark in _marks(holder)
    ]


def _summary(subtask: Mapping[str, Any]) -> str:
    return " ".join(
        "N" if word.rstrip(":").isdigit() else word for word in subtask["summary"].replace("'s", "").split()
    )


def _comments(found: Mapping[str, Any]) -> list[tuple[str, bool, str]]:
    return [(c["author"], c["jsdPublic"], _name(_marks(c)) or c["body"]) for c in found["comments"]]


def _marks(holder: Mapping[str, Any]) -> list[str]:
    return list((holder["properties"].get(PROPERTY) or {}).get("effects", ()))


def _name(marks: list[str]) -> str:
    """The effects' names without the ids of issue, visit and comment. Whether the words named a day is left out: it
    hangs on the hour, for no day is named that has passed."""
    parts = (":".join(p for p in mark.split(":") if not any(c.isdigit() for c in p)) for mark in marks)
    return ", ".join(sorted(part for part in parts if not part.startswith("told:")))


def expected(config: Config, var: Path, most: int, notes: int) -> tuple[State, State]:
    """What an even ticket and an odd one hold in the end, where nothing goes wrong: one bot, on SQLite."""
    with Harness(config, var, START) as harness:
        tickets: list[IssueRecord | None] = [None, None]
        for number in range(most):
            for nth in (0, 1):
                if number < acts_of(nth, most):
                    tickets[nth] = act(harness.site, nth, number, tickets[nth], notes)
                harness.settle()
            _pass(harness, timedelta(days=1))
        for moment in ENDS:
            _pass(harness, moment - harness.clock.now())
        states = [state(told(harness.site, harness.site.issue(t))) for t in tickets if t is not None]
        assert not harness.bot.journal.parked()
    return states[0], states[1]


def _pass(harness: Harness, time: timedelta) -> None:
    harness.clock.advance(time)
    harness.settle()
