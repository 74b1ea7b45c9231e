"""A stage with a bad wire in both directions, one short story to play on it, and what Jira holds in the end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

from bot.core.model.ledger import PROPERTY
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.harness import SECRET, SUBTASKS, TICKETS, Harness, Stuck
from bot.sandbox.jira_site import Site
from tests.faults.proxy import FaultProxy, Request

DISTRICT = "Lakeside ISD"
MONDAY = "2026-01-05 09:00"
PATIENCE = 20.0  # seconds of real time, the longest that anything here may take


class Rig(Harness):
    """The bot calls Jira through `to_jira`, Jira calls the bot through `to_bot`. Where all that is due is held
    back, machine time jumps there: `settle` rides out every back-off and every settling of a lost call.

    `late` are writes that land only when the bot has given them up."""

    to_jira: FaultProxy
    to_bot: FaultProxy
    ticket: str = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.late: list[Callable[[], None]] = []
        super().__init__(*args, **kwargs)
        self.site.limits.limits = ()  # days are played in a second here, which is no haste of the bot's
        self.site.hooks.retry_delay = 0.05

    def start_bot(self) -> None:
        """Start it behind the proxy."""
        if not hasattr(self, "to_jira"):
            self.to_jira = FaultProxy("127.0.0.1", self.jira.port).start()
            self.jira_url = self.to_jira.url
        super().start_bot()

    def register_webhooks(self) -> None:
        """Register both webhooks at the proxy's address."""
        self.to_bot = FaultProxy("127.0.0.1", self.web.port).start()
        url = f"{self.to_bot.url}/webhooks/jira"
        self.site.register_webhook(url, SECRET, TICKETS, jql_types="tickets")
        self.site.register_webhook(url, SECRET, SUBTASKS, jql_types="subtasks")

    def lose_database(self) -> None:
        """Stop the bot, delete its database and start it again."""
        self.stop_bot()
        for file in self.var.glob("bot.db*"):
            file.unlink()
        self.start_bot()

    def advance_unsettled(self, minutes: float) -> None:
        """Let business time pass though the bot has something left to do."""
        self.clock.advance(timedelta(minutes=minutes))
        self.bot.agenda.nudge()

    def close(self) -> None:
        """Stop everything."""
        super().close()
        self.to_jira.stop()
        if hasattr(self, "to_bot"):
            self.to_bot.stop()

    # -- rest

    def settle(self, patience: float = PATIENCE) -> None:
        """Come to rest, and jump over every wait on the way."""
        deadline = time.monotonic() + patience
        self.bot.agenda.nudge()
        while not self._at_rest(0.02, 0):  # after this, `wait` notices what changes
            if (wait := self.held_for()) is not None:
                if self.late:
                    self.late.pop()()
                else:
                    self.clock.jump_machine(wait + 0.01)
                    self.bot.agenda.nudge()
            if time.monotonic() > deadline:
                raise Stuck(f"{self.site.hooks.unsent()} deliveries unsent, agenda: {self._due()}")
            self.bot.agenda.wait(0.02)

    def _due(self) -> list[Any]:
        now = self.clock.now()
        rows = self.bot.agenda.rows()
        return [r for r in rows if r.leased_until is not None or (r.due_at and r.due_at <= now and not r.parked)]

    def held_for(self) -> float | None:
        """Seconds until the first of what is due may be worked on; None where something still is."""
        if self.site.hooks.unsent():
            return None
        due, machine = self._due(), self.clock.machine()
        hold = self.bot.agenda.global_limit.active()
        until = [max(r.not_before or 0.0, hold.until if hold else 0.0) for r in due if r.leased_until is None]
        if not due or len(until) < len(due) or min(until) <= machine:
            return None
        return min(until) - machine

    def wait_held(self, seconds: float = 0.0) -> float:
        """Wait, in real time, until everything that is due is held back for more than `seconds`; for how long."""
        return wait_for(lambda: wait if (wait := self.held_for()) is not None and wait > seconds else None)


def wait_for(condition: Callable[[], Any], patience: float = PATIENCE, every: float = 0.003) -> Any:
    """Wait until `condition()`, asked `every` so many seconds, is true, and return what it gave. Raises Stuck."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise Stuck("it never came to pass")
        time.sleep(every)
    return found


# -- the story


class World(Protocol):
    """Where the story can be played."""

    site: Site
    ticket: str

    def at(self, text: str) -> None:
        """Go to a moment of the calendar's own time."""
        ...

    def settle(self) -> None:
        """Come to rest."""
        ...


def _acts(rig: World) -> Iterator[str]:
    site = rig.site
    ticket = site.open_request(CARLA, DISTRICT)
    key, rig.ticket = ticket.key, ticket.id
    yield "opened"
    rig.at("2026-01-06 10:00")
    site.comment(CARLA, key, "Confirmed, thanks")
    yield "confirmed"
    site.comment(CARLA, key, "Who will look at our files?")
    yield "asked"
    rig.at("2026-01-07 16:30")  # 15 of 20 business hours: at risk
    site.transition(HANNA, site.subtasks(key)[0], "Done")
    yield "folder done"
    rig.at("2026-01-08 15:30")
    site.comment(CARLA, key, "Files are ready")
    yield "files ready"
    rig.at("2026-01-09 10:00")
    review = site.subtasks(key)[-1]
    site.comment(HANNA, review, "Findings:\n- no birth dates", public=False)
    yield "found"
    site.transition(HANNA, review, "Needs Revision")
    yield "needs revision"


def play(rig: World, after: Callable[[str], None] = lambda act: None, until: str = "") -> str:
    """One ticket from its opening to the feedback of its first round, with every kind of write on the way, or
    `until` an act; its key. `after` is called with the name of each act, once all is at rest."""
    for act in _acts(rig):
        rig.settle()
        after(act)
        if act == until:
            break
    return rig.site.issue(rig.ticket).key


def end_state(site: Site, key: str) -> dict[str, Any]:
    """What Jira holds of a ticket, without ids and in an order that does not depend on who was faster."""
    ticket = site.issue(key)
    visits = (ticket.properties.get(PROPERTY) or {}).get("visits", [])
    return {
        "status": ticket.status,
        "labels": sorted(ticket.labels),
        "due": ticket.duedate,
        "subtasks": sorted((s.summary, s.status, _comments(s)) for s in site.subtasks(key)),
        "comments": _comments(ticket),
        "moves": [i.new_text for e in ticket.history for i in e.items if i.field_id == "status"],
        "visits": [(v.get("step"), v.get("round"), v.get("verdict"), v.get("clocks")) for v in visits],
    }


def _comments(issue: Any) -> list[tuple[str, str, str]]:
    texts = ((c.author.name, "public" if c.public else "internal", c.body) for c in issue.comments)
    return sorted((name, audience, re.sub(r"\bDDE-\d+", "DDE-N", body)) for name, audience, body in texts)


# -- which request is which

Match = Callable[[Request], bool]


def writes(rig: Rig) -> Mapping[str, Match]:
    """The kinds of write that the bot sends, each with how to tell it."""

    def post(ending: str) -> Match:
        return lambda asked: asked.method == "POST" and asked.path.endswith(ending)

    def ticket(asked: Request) -> bool:
        return f"/issue/{rig.ticket}/" in asked.path

    comment, transition = post("/comment"), post("/transitions")
    return {
        "bulk create": post("/issue/bulk"),
        "public comment": lambda asked: comment(asked) and b'"internal"' not in asked.body,
        "internal comment": lambda asked: comment(asked) and b'"internal"' in asked.body,
        "subtask move": lambda asked: transition(asked) and not ticket(asked),
        "transition": lambda asked: transition(asked) and ticket(asked),
        "record": lambda asked: asked.method == "PUT",
    }


KINDS = {  # with the act that first needs one
    "bulk create": "confirmed",
    "public comment": "opened",
    "internal comment": "asked",
    "subtask move": "files ready",
    "transition": "confirmed",
    "record": "opened",
}


def is_write(asked: Request) -> bool:
    """Whether a request changes something in Jira."""
    reads = ("/issue/bulkfetch", "/search/jql")
    return asked.method != "GET" and not asked.path.endswith(reads)


def sent(rig: Rig, match: Match) -> int:
    """How many requests of a kind came to the proxy."""
    return sum(1 for asked in list(rig.to_jira.seen) if match(asked))


def landed_late(release: threading.Event, landed: threading.Event) -> Callable[[], None]:
    """Let a held write reach Jira, and wait until it has."""

    def land() -> None:
        release.set()
        if not landed.wait(PATIENCE):
            raise Stuck("the late write never reached Jira")

    return land
