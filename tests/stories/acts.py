"""What people do in a story, and how a story reads the Jira site afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.core.decide.drafts import CORRECTION_HEAD, DRAFT_HEAD
from bot.core.decide.engine import decide
from bot.core.history.progress import follow
from bot.core.model.ledger import PROPERTY
from bot.core.model.process import process_for_issue
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.harness import Harness
from bot.sandbox.jira_site import Who
from bot.sandbox.records import CommentRecord, IssueRecord

MONDAY = "2026-01-05 09:00"  # when most stories begin
DISTRICT = "Lakeside ISD"

# A phrase by which each of the bot's comments is recognized, and what the stories call that comment.
_PHRASES = {
    "To be told to the district": "correction for the district",
    "it begins with /": "the contact wrote a command",
    "This is a friendly reminder": "reminder",
    "here are the requirements": "the requirements; can you produce the files?",
    "did not find them": "we found no files",
    "has passed the Initial File Review, and": "your new set goes to the quality review",
    "have passed the Initial File Review, and": "your files go to the quality review",
    "passed the Quality Review, and": "we prepare your files",
    "are in production, and": "your files are in production",
    "(DDE) set-up for Lakeside ISD is complete": "the set-up is complete",
    "please call": "please call the district",
    "please phone": "please phone the district",
    "has put the ticket of Lakeside ISD on hold": "on hold",
    "wrote FILES READY while": "files announced during a review",
    "can your district produce the required files?": "can you produce the files?",
    "is confirmed for the District Data Exchange": "we make the folder, please prepare the files",
    "SecureStor folder for Lakeside ISD is ready": "the folder is ready, please upload",
    "we have noted that the files of Lakeside ISD are ready": "noted, the folder is not ready yet",
    "We have received the files": "we have the files",
    "We have received the 2nd set": "we have set 2",
    "We have received the 3rd set": "we have set 3",
    "They need some corrections": "please correct your files",
    'Lakeside ISD is in the step "': "where you stand",
    "is still overdue": "still overdue",
    "is overdue": "overdue",
    "has used half of its time": "half of the time is used",
    "has used three quarters of its time": "three quarters of the time are used",
    "please answer in public": "please answer the contact",
    "please write the findings": "please write the findings",
    "came after the feedback": "late findings",
    "please finish the other reviews": "a first review needs revision",
    "please move this ticket to": "please move the ticket",
    "The bot has put this ticket back": "I put the ticket back",
    "has given it up": "gave up",
    "cannot read its own record": "cannot read my ledger",
}
_INTERNAL_WORDS = ("subtask", "transition", "status", "sla", "breach")


@dataclass
class Story:
    """One ticket in a sandbox. Every action waits until neither the site nor the bot has anything left to do."""

    harness: Harness
    key: str = ""
    parked: bool = False  # whether the bot is supposed to give something up in this story
    phrases: Mapping[str, str] = field(default_factory=lambda: _PHRASES)

    # -- actions

    def opened(self, at: str = MONDAY) -> Story:
        """The contact opens the request."""
        self.at(at)
        self.key = self.harness.site.open_request(CARLA, DISTRICT).key
        self.harness.settle()
        return self

    def at(self, when: str) -> None:
        """Time passes until a local moment."""
        self.harness.at(when)

    def contact(self, words: str, at: str | None = None, by: Who = CARLA) -> CommentRecord:
        """The contact writes."""
        if at:
            self.at(at)
        comment = self.harness.site.comment(by, self.key, words)
        self.harness.settle()
        return comment

    def note(self, words: str, on: str | None = None, by: Who = HANNA) -> None:
        """Staff write an internal comment: on the ticket, or on the subtask of a branch."""
        where = self.subtask(on) if on else self.key
        self.harness.site.comment(by, where, words, public=False)
        self.harness.settle()

    def move(self, status: str, at: str | None = None, by: Who = HANNA) -> None:
        """Staff move the ticket."""
        if at:
            self.at(at)
        self.harness.site.transition(by, self.key, status)
        self.harness.settle()

    def set_to(self, branch: str, status: str, at: str | None = None, by: Who = HANNA) -> None:
        """Staff set the newest subtask of a branch."""
        if at:
            self.at(at)
        self.harness.site.transition(by, self.subtask(branch), status)
        self.harness.settle()

    def label(self, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
        """Staff add or remove labels."""
        self.harness.site.set_labels(HANNA, self.key, add, remove)
        self.harness.settle()

    # -- paths that many stories begin with

    def to_folder(self) -> Story:
        """The contact confirms on Tuesday at 10:00, and the folder step begins."""
        self.contact("Confirmed, thanks", at="2026-01-06 10:00")
        return self

    def to_review(self) -> Story:
        """The folder is made on Wednesday, the files are received on Thursday, January 8 at 15:30: due on the 13th at
        8:30."""
        self.to_folder()
        self.set_to("folder", "Done", at="2026-01-07 10:00")
        self.contact("FILES READY", at="2026-01-08 15:30")
        return self

    # -- what Jira holds

    @property
    def ticket(self) -> IssueRecord:
        """The ticket as it is now."""
        return self.harness.site.issue(self.key)

    @property
    def status(self) -> str:
        """The ticket's status."""
        return self.ticket.status

    @property
    def labels(self) -> set[str]:
        """The ticket's labels."""
        return set(self.ticket.labels)

    @property
    def due(self) -> str | None:
        """The ticket's due date."""
        return self.ticket.duedate

    def subtask(self, branch: str) -> IssueRecord:
        """The newest subtask that the bot made for a branch."""
        return [s for s in self.subtasks() if _branch(s) == branch][-1]

    def subtasks(self) -> list[IssueRecord]:
        """The subtasks, oldest first."""
        return self.harness.site.subtasks(self.key)

    @property
    def work(self) -> list[str]:
        """The subtasks as "branch: status", with the set of files where the summary names one."""
        return [f"{_branch(s)}{_set(s)}: {s.status}" for s in self.subtasks()]

    @property
    def talk(self) -> list[str]:
        """Every comment on the ticket as "author to audience: what", in order."""
        return [self._line(c) for c in self.ticket.comments]

    @property
    def to_district(self) -> list[str]:
        """What the bot wrote to the district, in order."""
        return self._by_bot("bot to district: ")

    @property
    def to_team(self) -> list[str]:
        """What the bot wrote to the team, in order."""
        return self._by_bot("bot to team: ")

    @property
    def last(self) -> str:
        """The text of the newest comment."""
        return self.ticket.comments[-1].body

    @property
    def ledger(self) -> Any:
        """The bot's ledger on the ticket."""
        return self.harness.site.property(self.key, PROPERTY)

    @property
    def reason(self) -> str:
        """The reason of the latest reconcile."""
        return self.harness.bot.journal.entries(self.ticket.id, 1)[0].reason

    @property
    def actions(self) -> list[str]:
        """What the bot did, in order, from its journal."""
        return [
            action
            for entry in reversed(self.harness.bot.journal.entries(self.ticket.id, 200))
            for action in entry.effects
        ]

    def moves(self) -> list[str]:
        """The ticket's moves as "person: status", in order."""
        return [
            f"{entry.author.name.split()[0]}: {item.new_text}"
            for entry in self.ticket.history
            for item in entry.items
            if item.field == "status"
        ]

    def _by_bot(self, start: str) -> list[str]:
        return [line.removeprefix(start) for line in self.talk if line.startswith(start)]

    def _line(self, comment: CommentRecord) -> str:
        if comment.author != BOT:
            who = comment.author.name.split()[0] + ("" if comment.public else " internally")
            return f"{who}: {comment.body.splitlines()[0]}"
        what = next((name for words, name in self.phrases.items() if words in comment.body), comment.body)
        draft = "draft: " if comment.body.startswith(DRAFT_HEAD) else ""
        return f"bot to {'district' if comment.public else 'team'}: {draft}{what}"


def _branch(subtask: IssueRecord) -> str:
    effect = subtask.properties[PROPERTY]["effects"][0] if PROPERTY in subtask.properties else "::by hand"
    # A branch that facts decide about has the value and the change behind its name.
    return re.split("[~@]", str(effect).rpartition(":")[2])[0]


def _set(subtask: IssueRecord) -> str:
    _, found, number = subtask.summary.partition("(set ")
    return f" {number[0]}" if found else ""


# -- what must be true at the end of every story


def check(story: Story) -> None:
    """Assert what must be true on the site at the end of every story."""
    story.harness.settle()
    _each_effect_once(story)
    for issue in story.harness.site.issues():
        for comment in issue.comments:
            if comment.author == BOT:
                _audience(comment)
    parked = story.harness.bot.journal.parked()
    assert bool(parked) == story.parked, parked
    assert not [r for r in story.harness.bot.agenda.rows() if r.parked], "the bot gave up looking"
    if not story.parked:
        _nothing_left(story)


def _marks(story: Story) -> Iterator[str]:
    for issue in story.harness.site.issues():
        marked = [c.properties for c in issue.comments] + [s.properties for s in story.harness.site.subtasks(issue)]
        for properties in marked:
            yield from properties.get(PROPERTY, {}).get("effects", ())


def _each_effect_once(story: Story) -> None:
    marks = list(_marks(story))
    twice = {m for m in marks if marks.count(m) > 1}
    assert not twice, f"done twice: {twice}"


def _audience(comment: CommentRecord) -> None:
    """The purpose of a comment decides whether it is public or internal."""
    for effect in comment.properties[PROPERTY]["effects"]:
        name = effect.split(":", 2)[2]
        kind = name.partition(":")[0]
        spoken = ("say", "remind", "send", "order", "told", "moved", "late")
        meant = kind in spoken or name.endswith((":status", ":sent"))
        meant = meant and not comment.body.startswith((DRAFT_HEAD, CORRECTION_HEAD))
        assert comment.public == meant, f"{name} went to the wrong people"
    if comment.public:
        words = comment.body.casefold().replace('"', " ").split()
        assert not [w for w in _INTERNAL_WORDS if any(w in said for said in words)], comment.body


def _nothing_left(story: Story) -> None:
    """Deciding again for each ticket, with no database and nothing but what Jira holds, plans nothing more."""
    bot = story.harness.bot
    config = bot.config
    for issue in story.harness.site.issues():
        shown = bot.gateway.fetch(issue.id, {}).issue
        process = config.process_for(shown.project, shown.type)
        office = config.office_for(process.name) if process else config.office
        out = office.off_label in shown.labels or (office.only is not None and office.only not in shown.labels)
        if process is None or out or isinstance(shown.ledger, str):
            continue
        calendars = bot.closures.calendars()
        process = process_for_issue(process, office, shown.fields)
        progress = follow(shown, process, office, calendars, {BOT.id}, bot.clock.now())
        plan = decide(progress, office, calendars, {})
        assert not plan.effects, plan
        update = plan.update
        assert (update.add_labels, update.remove_labels, update.fields) == ((), (), {}), update
