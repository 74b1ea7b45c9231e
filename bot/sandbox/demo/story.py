"""The demo: what people do in a script, played in the sandbox, and printed with what the bot did."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from bot.config.load import Config
from bot.core.model.facts import FactKind
from bot.core.model.process import FULL
from bot.sandbox.accounts import Account
from bot.sandbox.demo.ending import marks, verify
from bot.sandbox.demo.printer import Printer
from bot.sandbox.demo.script import NoStory, Script, read_script
from bot.sandbox.harness import Harness
from bot.sandbox.limits import CLOUD_LIMITS

FIRST_STORY = "dde"  # which story is told if nobody names one
PACE = 0.7  # seconds to rest after each act, so that a person can read along
_CHOICES = {FactKind.ONE_OF, FactKind.YES_NO}


class Story:
    """Plays what people do in the sandbox, and prints what came of each act."""

    def __init__(self, harness: Harness, script: Script, out: Console, pace: float) -> None:
        self.harness, self.site, self.script, self._pace = harness, harness.site, script, pace
        self._process = next(p for p in harness.config.processes if p.name == script.process)
        self.printer = Printer(harness, out, harness.config.calendars[self._process.calendar])
        self.key = ""

    def play(self) -> str:
        """The whole story; the key of its ticket."""
        for act in self.script.acts:
            if "say" in act:
                self.printer.say(act["say"])
            else:
                self.act(act)
        return self.key

    def act(self, act: Mapping[str, Any]) -> None:
        """Let time pass until the act, do it, let the bot answer, and print it all."""
        self.harness.at(act["at"])
        self._do(act, self._person(act["by"]))
        self.harness.settle()
        self.printer.tell(self.key)
        time.sleep(self._pace)

    def _do(self, act: Mapping[str, Any], who: Account) -> None:
        if "open" in act:
            fields = {**self._who_is_served(), **self._fields(act["open"])}
            self.key = self.site.open_request(
                who, self.script.district, project=self._process.project, fields=fields
            ).key
        elif "set" in act:
            self.site.edit(who, self.key, self._fields(act["set"]))
        elif "attach" in act:
            self.site.attach(who, self.key, act["attach"])
        elif "finish" in act:
            self.site.transition(who, self._subtask(act["finish"], act.get("each", "")), act.get("as", "Done"))
        elif "note" in act:
            where = self._subtask(act["to"]) if "to" in act else self.key
            self.site.comment(who, where, act["note"], public=False)
        else:
            self.site.comment(who, self.key, act["write"])

    def _person(self, short: str) -> Account:
        return next(p for p in self.site.people.values() if p.id.rpartition(":")[2] == short)

    def _who_is_served(self) -> dict[str, Any]:
        """The fields that name the district and its contact, where the process has such fields."""
        office = self.harness.config.office_for(self._process.name)
        contact = {"accountId": self.script.contact}
        named: dict[str | None, Any] = {
            office.contact_field: contact,
            office.participants_field: [contact],
            office.district_field: self.script.district,
        }
        return {field: value for field, value in named.items() if field}

    def _fields(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of facts, as a REST edit takes them."""
        fields: dict[str, Any] = {}
        for name, value in facts.items():
            fact = self._process.facts[name]
            if fact.kind is FactKind.SOME_OF:
                fields[fact.field] = [{"value": one} for one in value]
            else:
                fields[fact.field] = {"value": value} if fact.kind in _CHOICES else value
        return fields

    def _subtask(self, branch: str, each: str = "") -> str:
        """The key of the newest subtask that the bot made for a branch, and for one value if there is one for each."""
        for subtask in reversed(self.site.subtasks(self.key)):
            names = (effect.rpartition(":subtask:")[2] for effect in marks(subtask.properties))
            # A branch that facts decide about has the value and the change behind its name.
            found = any(name.replace("@", "~").partition("~")[0] == branch for name in names)
            if found and each in subtask.summary:
                return subtask.key
        raise LookupError(f"the bot made no subtask for {branch} {each}")


def play(
    config: Config, var: Path, out: Console, *, once: bool, ports: tuple[int, int], process: str = FIRST_STORY
) -> list[str]:
    """Play the story of a process; without `once` leave sandbox and bot running until a signal. What is not as it
    should be. Raises NoStory if no story of that process is told, or the configuration does not have it."""
    script = read_script(process)
    told = next((p for p in config.processes if p.name == process), None)
    if told is None:
        raise NoStory(f'The configuration has no process "{process}".')
    # A story is read in half a minute: there is nobody to send drafts.
    config = replace(config, own={**config.own, process: {**config.own.get(process, {}), "voice": FULL}})
    zone = ZoneInfo(config.calendars[told.calendar].zone)
    start = datetime.fromisoformat(script.start).replace(tzinfo=zone)
    with Harness(config, var, start, ports=ports, process=process) as harness:
        began = time.monotonic()
        key = Story(harness, script, out, 0.0 if once else PACE).play()
        problems = verify(harness.site, key, script.end)
        took = time.monotonic() - began
        weeks = (harness.clock.now() - start).days / 7
        verdict = "Jira holds what it should" if not problems else f"{len(problems)} things are wrong"
        out.print()
        out.print(Text(f"{weeks:.1f} weeks of business time in {took:.0f} s; {verdict}.", style="bold"))
        if not once:
            _step_visit(harness, key, out)
    return problems


def _step_visit(harness: Harness, key: str, out: Console) -> None:
    """Time passes by itself from here on; people may act on the sandbox's pages."""
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    harness.clock.run()
    harness.site.limits.limits = CLOUD_LIMITS
    out.print()
    out.print(f"The sandbox Jira   {harness.jira.url}/browse/{key}", markup=False)
    out.print(
        "                   act as staff, or as the district's contact, and see the bot answer",
        markup=False,
    )
    out.print(f"The bot            {harness.web.url}", markup=False)
    out.print("Ctrl-C ends both.", markup=False)
    stop.wait()
