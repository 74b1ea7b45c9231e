"""The sandbox Jira of a soak in a process of its own, with the people who work there: `python -m tests.soak.site`."""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.clock import FileClock
from bot.config.load import load
from bot.sandbox.harness import SECRET, SUBTASKS, TICKETS
from bot.sandbox.jira_site import Site
from bot.sandbox.records import IssueRecord
from bot.sandbox.server import SandboxServer
from tests.soak import story

STUCK_SECONDS = 30.0  # who waits longer waits for a killed replica's lease: people go on elsewhere
TICK = timedelta(seconds=30)  # what passes in the office while people wait for the bot


def write_clock(var: Path, now: datetime) -> None:
    """Make `now` the business now of all processes."""
    draft = var / "clock.new"
    draft.write_text(f"{now.isoformat()}\n0\n")
    draft.rename(var / "clock")


@dataclass
class Case:
    """One ticket, its next act, and when the act before was (seconds)."""

    nth: int
    number: int = 0
    ticket: IssueRecord | None = None
    acted: float = 0.0


class People:
    """Go through the tickets one after the other, each a little further, and never have more than `at_once` of them
    waiting for the bot; the business clock moves by `step` with each act."""

    def __init__(self, site: Site, var: Path, issues: int, most: int, notes: int, at_once: int) -> None:
        self.site, self.var, self.most, self.notes, self.at_once = site, var, most, notes, at_once
        # A ticket's acts are about a day apart.
        self.step = timedelta(minutes=max(2.0, 30 * 60 / issues))
        self.todo = deque(Case(n) for n in range(issues))
        self.waiting: list[Case] = []

    def run(self, stop: threading.Event) -> None:
        """Do everything, and leave a file that says so; before it one that says that only the last tickets wait."""
        idle = time.monotonic()
        while (self.todo or self.waiting) and not stop.is_set():
            self._answered()
            if not self.todo and len(self.waiting) < self.at_once:
                (self.var / "nearly").touch()
            fresh = sum(1 for case in self.waiting if time.monotonic() - case.acted < STUCK_SECONDS)
            if self.todo and fresh < self.at_once:
                self._act(self.todo.popleft())
                idle = time.monotonic()
            else:
                if time.monotonic() - idle > 0.5:
                    write_clock(self.var, self.site.clock.now() + TICK)
                    idle = time.monotonic()
                stop.wait(0.02)
        (self.var / "acted").touch()

    def _act(self, case: Case) -> None:
        write_clock(self.var, self.site.clock.now() + self.step)
        case.ticket = story.act(self.site, case.nth, case.number, case.ticket, self.notes)
        case.acted = time.monotonic()
        self.waiting.append(case)

    def _answered(self) -> None:
        still = []
        for case in self.waiting:
            assert case.ticket is not None
            if not story.answered(self.site, case.ticket, case.number):
                still.append(case)
                continue
            case.number += 1
            if case.number < story.acts_of(case.nth, self.most):
                self.todo.append(case)
        self.waiting = still


def note_searches(site: Site, file: Path) -> None:
    """Write down when which search began, in business time; the log of calls does not have its words."""
    search = site.index.search

    def noted(text: Any, **how: Any) -> Any:
        if how["token"] is None:
            with file.open("a") as log:
                log.write(json.dumps([site.clock.now().isoformat(), text]) + "\n")
        return search(text, **how)

    site.index.search = noted  # type: ignore[method-assign]


def main() -> None:
    """Serve until a signal ends it. The file `url` says where, `acted` that people have done all they do."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.site", description=__doc__)
    parser.add_argument("var", type=Path)
    parser.add_argument("webhook")
    parser.add_argument("--issues", type=int, required=True)
    parser.add_argument("--acts", type=int, required=True)
    parser.add_argument("--notes", type=int, required=True)
    parser.add_argument("--at-once", type=int, required=True)
    args = parser.parse_args()
    site = Site(load(args.var / "config").processes, FileClock(args.var / "clock"), search_lag=timedelta(0))
    site.limits.limits = ()  # days pass in a second here, which is no haste of the bot's
    site.hooks.retry_delay, site.hooks.jitter = 1.0, 1.0
    site.register_webhook(args.webhook, SECRET, TICKETS, jql_types="tickets")
    site.register_webhook(args.webhook, SECRET, SUBTASKS, jql_types="subtasks")
    note_searches(site, args.var / "searches")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with SandboxServer(site) as server:
        (args.var / "url.new").write_text(server.url)
        (args.var / "url.new").rename(args.var / "url")
        go = args.var / "go"
        while not go.exists() and not stop.is_set():
            stop.wait(0.02)
        People(site, args.var, args.issues, args.acts, args.notes, args.at_once).run(stop)
        stop.wait()


if __name__ == "__main__":
    main()
