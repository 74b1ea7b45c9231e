"""Prints what has happened in the sandbox since the last time: who did what, what the bot did, and why."""

from __future__ import annotations

import re
from datetime import datetime

from rich.console import Console
from rich.text import Text

from bot.core.time.business_calendar import Calendar
from bot.core.time.formatting import moment
from bot.sandbox.accounts import BOT
from bot.sandbox.harness import Harness
from bot.sandbox.records import CommentRecord, HistoryEntry, IssueRecord
from bot.words.wiki import unescaped

_WIDTH = 110
_MENTION = re.compile(r"\[~accountid:([^\]]+)\]")


class Printer:
    """Reads what people did from the sandbox, and what the bot did from its journal."""

    def __init__(self, harness: Harness, out: Console, calendar: Calendar) -> None:
        self._stage, self._out, self._calendar = harness, out, calendar
        self._told: set[str] = set()
        self._printed = 0
        self._due: list[str] = []

    def say(self, line: str) -> None:
        """A line that leads into what follows."""
        self._out.print()
        self._out.print(Text(line, style="bold"))

    def tell(self, key: str) -> None:
        """All that is new on a ticket, in its order, and what is due when."""
        issue = self._stage.site.issue(key)
        events: list[tuple[datetime, str, Text]] = []
        for record in (issue, *self._stage.site.subtasks(key)):
            events += self._deeds(record, issue)
        events += self._bot_entries(issue)
        for at, _, line in sorted(events, key=lambda e: e[:2]):
            self._out.print(Text(f"{moment(at, self._calendar)}  ", style="dim") + line)
        self._tell_due(key)

    def _deeds(self, record: IssueRecord, issue: IssueRecord) -> list[tuple[datetime, str, Text]]:
        """What people did. What the bot did comes from its journal, with the reasons."""
        events = []
        for entry in record.history:
            if entry.author.id != BOT.id and self._fresh(f"h{entry.id}"):
                events += [(entry.at, _order(entry.id), line) for line in _changes(entry, record, issue)]
        for comment in record.comments:
            if comment.author.id != BOT.id and self._fresh(f"c{comment.id}"):
                events.append((comment.created, _order(comment.id), self._comment(comment, record, issue)))
        if record is issue and self._fresh("opened"):
            line = _who(issue.reporter.name) + Text(f" opens {issue.key}: {issue.summary}")
            events.append((issue.created, "", line))
        return events

    def _bot_entries(self, issue: IssueRecord) -> list[tuple[datetime, str, Text]]:
        entries = list(reversed(self._stage.bot.journal.entries(issue.id, 10_000)))
        fresh, self._printed = entries[self._printed :], len(entries)
        written = [c for c in issue.comments if c.author.id == BOT.id and self._fresh(f"c{c.id}")]
        events = []
        for n, entry in enumerate(fresh):
            lines = [_who(BOT.name) + Text(f" {what}.") for what in entry.effects if "comment:" not in what]
            # The journal and Jira have the bot's comments in the same order.
            lines += [self._comment(written.pop(0), issue, issue) for what in entry.effects if "comment:" in what]
            for line in lines:
                events.append((entry.at, f"~{n:04}", line))
            if lines:
                events.append((entry.at, f"~{n:04}~", Text(f"  why: {entry.reason}", style="dim")))
        return events

    def _comment(self, comment: CommentRecord, record: IssueRecord, issue: IssueRecord) -> Text:
        text = _MENTION.sub(lambda found: f"@{self._name(found[1])}", comment.body)
        lines = [line for line in unescaped(text).splitlines() if line.strip()]
        shown = lines[0] if comment.author.id == BOT.id else " / ".join(lines)
        shown = shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"
        where = "" if record.id == issue.id else f" on {record.key}"
        audience = "internally" if not comment.public else "on the request"
        if comment.public and not comment.author.customer:
            audience = "to the district"
        return _who(comment.author.name) + Text(f" writes {audience}{where}: ") + Text(f"“{shown}”", style="italic")

    def _name(self, account: str) -> str:
        person = self._stage.site.people.get(account)
        return person.name if person else account

    def _tell_due(self, key: str) -> None:
        progress = self._stage.bot.reconciler.dry_run(key).progress
        calendar = self._calendar
        due = [
            f"{clock.goal} from {moment(clock.started, calendar)}: due {moment(clock.due, calendar)}"
            for clock in (progress.running if progress else ())
        ]
        if due != self._due:
            self._due = due
            self._out.print(Text("   due: " + ("; ".join(due) or "nothing; no clock runs"), style="cyan"))

    def _fresh(self, name: str) -> bool:
        if name in self._told:
            return False
        self._told.add(name)
        return True


def _order(record_id: str) -> str:
    return record_id.rjust(12, "0")


def _who(name: str) -> Text:
    return Text(name, style="green" if name == BOT.name else "yellow")


def _changes(entry: HistoryEntry, record: IssueRecord, issue: IssueRecord) -> list[Text]:
    """What a person changed: the status, fields of the process, and files."""
    what = "the ticket" if record.id == issue.id else f"“{record.summary}”"
    told = []
    for item in entry.items:
        if item.field_id == "status" and item.old is not None:
            told.append(f"moves {what} to {item.new_text}")
        elif item.field_id == "attachment":
            told.append(f"attaches “{item.new_text}”")
        elif item.field_type == "custom":
            told.append(f"sets {item.field} to {item.new_text or 'nothing'}")
    return [_who(entry.author.name) + Text(f" {deed}") for deed in told]
