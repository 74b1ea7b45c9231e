"""Reads the newer comments of a ticket: the contact's replies and questions, and the commands of staff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.history import replies
from bot.core.history.case import Case
from bot.core.history.command_text import Command, parse_command
from bot.core.history.commands import VISIT_COMMANDS, CommandContext, CommandRefused, execute, reply_name
from bot.core.history.ticket_step import ticket_step
from bot.core.model.effect_id import Kind
from bot.core.model.issue import Attachment, Comment
from bot.core.model.ledger import WAITING, CommandRecord, Ledger, ReplyRecord, Visit
from bot.core.model.process import ATTACHMENT, Step

_TOGETHER = timedelta(minutes=2)  # a file is uploaded while its comment is written


class Misplaced(StrEnum):
    """How a command was written where none is accepted."""

    BY_CONTACT = "by the contact"
    IN_PUBLIC = "in public"


@dataclass(frozen=True)
class ReadCommand:
    """A comment that begins with a command. `misplaced` says in which way it was in the wrong place, `problem`
    why it was refused. If both are empty it was executed, or it only asks something."""

    comment: Comment
    command: Command
    misplaced: Misplaced | None = None
    problem: str = ""


@dataclass
class NewComments:
    """What a reconcile found in the newer comments: STATUS questions, FILES READY during a review, comments that a
    person must read, and commands. `counts_at` is when a file that has just come will count; `missed` are the visits
    that passed before the bot had done anything in them."""

    status: list[Comment] = field(default_factory=list)
    early: list[Comment] = field(default_factory=list)
    unrecognized: list[Comment] = field(default_factory=list)
    commands: list[ReadCommand] = field(default_factory=list)
    counts_at: datetime | None = None
    missed: list[str] = field(default_factory=list)


class CommentIntake:
    """Reads comments one by one, in the order in which they were written; `ledger` is changed in place."""

    def __init__(self, case: Case, ledger: Ledger, zone: str, first_reconcile: bool) -> None:
        self._case, self._ledger = case, ledger
        self._issue, self._process, self._people = case.issue, case.process, case.people
        self._zone, self._first_reconcile = zone, first_reconcile
        self._before = dict(ledger.read_comments)
        self._subtask_of = {c.id: subtask.key for subtask in case.issue.subtasks for c in subtask.comments}
        self.found = NewComments()

    def newer(self) -> Iterator[Comment]:
        """The comments to read: the contact's, those of staff that begin with a command, and those of staff on
        subtasks that begin with a known command, so that the bot can answer where it belongs."""
        since, until = self._process.since, self._ledger.read_until
        for comment in (*self._issue.comments, *self._on_subtasks()):
            if since is None or comment.updated < since or self._before.get(comment.id) == comment.updated:
                continue
            if until is not None and comment.updated <= until:
                continue
            if self._is_contacts(comment) or (self._is_staffs(comment) and parse_command(comment.body)):
                yield comment

    def _on_subtasks(self) -> Iterator[Comment]:
        for subtask in self._issue.subtasks:
            for comment in subtask.comments:
                command = parse_command(comment.body)
                if command is not None and command.known and self._is_staffs(comment):
                    yield comment

    def read(self, comment: Comment) -> Visit | None:
        """Read one comment, and return the new visit if it begins one."""
        command = parse_command(comment.body)
        if command is not None and (command.known or command.suggestion or not comment.public):
            return self._read_command(comment, command)
        if not self._is_contacts(comment):
            return None  # what staff write in public is for the district
        visit = self._ledger.visits[-1]
        self._ledger.mark_read(comment.id, comment.updated)
        if comment.updated < visit.began:
            # Written just before the present visit began: too late for the last one, so a person must read it.
            if not self._first_reconcile:
                self.found.unrecognized.append(comment)
            return None
        reply = replies.parse_reply(comment.body)
        step = self._step(visit)
        if reply is None and replies.only_polite(comment.body) and self._files_with(comment):
            return None  # what was sent is the file
        if reply is not None and reply.intent == replies.FILES_READY and step is not None and step.review:
            self.found.early.append(comment)
            return None
        if reply is None or not self._answers(visit, reply.intent):
            self.found.unrecognized.append(comment)
            return None
        if reply.more:
            self.found.unrecognized.append(comment)
        if reply.intent == replies.STATUS:
            self.found.status.append(comment)
        elif not any(a.comment == comment.id and a.intent == reply.intent for a in visit.replies):
            author = comment.author.id if comment.author else ""
            visit.replies.append(ReplyRecord(comment.id, reply.intent, comment.updated, author))
        return None

    # -- files

    def newer_files(self, now: datetime) -> Iterator[Attachment]:
        """The files that may finish a branch: the contact's, except images, once the comment that they came with can be
        there too."""
        grace = self._people.office.grace_or_default
        for file in self._issue.attachments:
            if file.kind.startswith("image/") or not self._people.is_contact(file.author, file.created):
                continue
            if now - file.created >= grace:
                yield file
            elif self.found.counts_at is None or file.created + grace < self.found.counts_at:
                self.found.counts_at = file.created + grace

    def take_file(self, file: Attachment) -> None:
        """Count a file as the district's answer, where the step asks for one and its comment says nothing more."""
        visit = self._ledger.visits[-1]
        known = any(reply.comment == f"a{file.id}" for one in self._ledger.visits for reply in one.replies)
        if known or file.created < visit.began or not self._answers(visit, ATTACHMENT):
            return
        came_with = [c for c in self._issue.comments if self._is_contacts(c) and file in self._files_with(c)]
        if all(replies.only_polite(comment.body) for comment in came_with):
            author = file.author.id if file.author else ""
            visit.replies.append(ReplyRecord(f"a{file.id}", ATTACHMENT, file.created, author))

    def _files_with(self, comment: Comment) -> list[Attachment]:
        """The files that came with a comment: those that it shows, and those of its author at that time."""
        return [
            file
            for file in self._issue.attachments
            if f"[^{file.name}" in comment.body
            or (file.author == comment.author and abs(file.created - comment.created) <= _TOGETHER)
        ]

    def visit_over(self) -> None:
        """Leave the open questions of a visit that has ended to a person."""
        found = self.found
        found.unrecognized += [*found.status, *found.early]
        found.status.clear()
        found.early.clear()
        if self._first_reconcile:
            found.unrecognized.clear()  # comments from before the bot's time are left alone
            found.commands.clear()

    # -- commands

    def _read_command(self, comment: Comment, command: Command) -> Visit | None:
        subtask = self._subtask_of.get(comment.id, "")
        misplaced = None if subtask else self._misplaced(comment)
        last, record = self._ledger.visits[-1], self._command_record(comment)
        edited = comment.id in self._before or self._edited_after_reply(comment, record)
        self._ledger.mark_read(comment.id, comment.updated)
        problem, began = "", None
        if misplaced:
            pass
        elif subtask:
            problem = f"it was written on {subtask}; write it on this ticket itself"
        elif not command.known:
            perhaps = f"; perhaps you mean /{command.suggestion}" if command.suggestion else ""
            problem = f"there is no command /{command.name}{perhaps}"
        elif edited:
            problem = "the bot had read this comment before, and takes an order only once; write a new comment"
        elif comment.updated < last.began and command.name in VISIT_COMMANDS:
            problem = "the ticket was moved before the bot read this; write it again if it still holds"
        elif record is None:
            try:
                began = execute(self._context(comment.updated), command, comment)
            except CommandRefused as why:
                problem = str(why)
            if began is not None:
                self.visit_over()
        self.found.commands.append(ReadCommand(comment, command, misplaced, problem))
        return began

    def _misplaced(self, comment: Comment) -> Misplaced | None:
        if self._is_contacts(comment):
            return Misplaced.BY_CONTACT
        return Misplaced.IN_PUBLIC if comment.public else None

    def _edited_after_reply(self, comment: Comment, record: CommandRecord | None) -> bool:
        """Whether the comment was executed or answered before its last edit."""
        now = reply_name(comment.id, comment.updated)
        answers = (name for visit in self._ledger.visits for name, _ in visit.effects(Kind.ANSWER))
        before = any(name.args[0] == comment.id and name != now for name in answers)
        return before or (record is not None and record.at != comment.updated)

    def _command_record(self, comment: Comment) -> CommandRecord | None:
        """The record of the command in that comment, if it was executed before; its answer may still be missing."""
        return next((o for v in self._ledger.visits for o in v.commands if o.comment == comment.id), None)

    def _context(self, at: datetime) -> CommandContext:
        visit = self._ledger.visits[-1]
        lead = self._people.office.lead
        step = self._step(visit)
        values = self._values(step, visit, at) if step is not None else {}
        return CommandContext(self._issue, self._process, lead, self._ledger, visit, step, self._zone, values)

    def _values(self, step: Step, visit: Visit, at: datetime) -> dict[str, str]:
        """The branches of which there is one for each value, by the value's text."""
        began = self._ledger.chain(visit)[-1].began
        branches = ticket_step(step, self._case.facts, began, at).branches
        return {branch.each: branch.name for branch in branches if branch.each and branch.exists}

    # -- who and where

    def _is_contacts(self, comment: Comment) -> bool:
        return comment.public and self._people.is_contact(comment.author, comment.updated)

    def _is_staffs(self, comment: Comment) -> bool:
        return self._people.is_staff(comment.author, comment.updated)

    def _answers(self, visit: Visit, intent: str) -> bool:
        """Whether the visit expects such a reply; STATUS is possible in every step and while the ticket waits."""
        step = self._step(visit)
        if intent == replies.STATUS:
            return step is not None or visit.step == WAITING
        if visit.step == WAITING:
            return intent == replies.FILES_READY
        return step is not None and any(intent in b.done_by for b in step.branches)

    def _step(self, visit: Visit) -> Step | None:
        return self._process.find_step(visit.step)
