"""A Jira of one ticket, in memory, for tests of the pure core: people act on it, and plans are applied to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from bot.core.decide.drafts import drafted
from bot.core.decide.engine import decide
from bot.core.history.progress import Progress, follow
from bot.core.model.effects import (
    CreateSubtasks,
    Effect,
    MoveSubtask,
    Notify,
    Plan,
    PostComment,
    SendText,
    TransitionIssue,
)
from bot.core.model.issue import Attachment, Change, Comment, Issue, Person, Subtask
from bot.core.model.ledger import NOTED
from bot.core.model.ledger_json import to_json
from bot.core.model.process import FULL, Branch, Escalation, Office, Process, Revision, Step, Team
from bot.core.time.business_calendar import Calendar
from bot.core.time.goals import parse_goal

BOT = Person("712020:bot", "Onboarding Bot")
HANNA = Person("712020:hanna", "Hanna")
FRED = Person("712020:fred", "Fred")
LENA = Person("712020:lena", "Lena")  # staff whom no list names
CARLA = Person("qm:carla", "Carla", "customer")
ROBOT = Person("557058:automation", "Automation for Jira", "app")

CONFIRMING, FOLDER, REVIEW = "Confirming Files", "SecureStor Folder", "Initial File Review"
QUALITY, WAITING, HOLD = "Quality Review", "Waiting for District", "On Hold"
STATUSES = (CONFIRMING, FOLDER, REVIEW, QUALITY, WAITING, HOLD, "Done", "Withdrawn")

MONDAY = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # nine in the morning in Texas
CLI = Calendar(
    name="cli",
    zone="America/Chicago",
    spoken="Central Time",
    week={day: ((time(8), time(17)),) for day in range(5)},
    closed={date(2026, 1, 19): "a holiday"},
)
TELLS_DUE = ("files_received", "status", "day_moved")  # what names the day by which the office is done
TWENTY = parse_goal("20 business hours")
FLAGS = (Escalation(0.75, "review-at-risk"), Escalation(1.0, "review-overdue", "team"))
OFFICE = Office(
    teams={
        "help_center": Team("help_center", "CLI Help Center", (HANNA.id,)),
        "functional_team": Team("functional_team", "CLI Functional Team", (FRED.id,)),
    },
    voice=FULL,
    grace=timedelta(0),
)


def _step(name: str, status: str, then: str, *parties: str, **more: Any) -> Step:
    return Step(name, name.replace("_", " ").title(), status, parties, then, escalations=FLAGS, **more)


PROCESS = Process(
    name="dde",
    title="DDE",
    project="DDE",
    issue_types=("DDE Set-Up",),
    since=datetime(2026, 1, 1, tzinfo=UTC),
    calendar="cli",
    waiting_status=WAITING,
    ends={"done": "Done", "withdrawn": "Withdrawn"},
    steps=(
        _step("confirm", CONFIRMING, "folder", "district", say="confirm_files",
              branches=(Branch("answer", "district", done_by=("confirm",)),)),
        _step("folder", FOLDER, "review", "help_center", "district", say="securestor_folder",
              branches=(Branch("folder", "help_center", goal=TWENTY, subtask="Folder", say_when_done="folder_ready"),
                        Branch("files", "district", subtask="Files", done_by=("files_ready",),
                               say_when_done="files_noted"))),
        _step("review", REVIEW, "quality", "help_center", "district", say="files_received", goal=TWENTY,
              branches=(Branch("first", "help_center", subtask="Complete?"),
                        Branch("second", "functional_team", subtask="Accurate?")),
              revision=Revision("review", "files_need_revision")),
        _step("quality", QUALITY, "done", "functional_team"),
    ),
    version="1",
)  # fmt: skip


@dataclass
class World:
    """One ticket. People act at `now`, which tests advance with `wait`; `journal` is what the bot's database
    remembers."""

    process: Process = PROCESS
    office: Office = OFFICE
    calendar: Calendar = CLI
    now: datetime = MONDAY
    status: str = CONFIRMING
    created: datetime = MONDAY
    labels: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    subtasks: list[Subtask] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    ledger: Any = None
    journal: dict[str, str] = field(default_factory=dict)
    parked: dict[str, str] = field(default_factory=dict)
    done: list[Effect] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    ids: count[int] = field(default_factory=lambda: count(101))

    # -- people

    def wait(self, **units: float) -> World:
        """Time passes."""
        self.now += timedelta(**units)
        return self

    def move(self, status: str, by: Person = HANNA) -> World:
        """Somebody moves the ticket."""
        if status != self.status:
            self._change("status", self.status, status, by)
            self.status = status
        return self

    def say(self, words: str, by: Person = CARLA, public: bool = True) -> str:
        """Somebody writes a comment; returns its id."""
        self.comments.append(Comment(self._id(), by, self.now, self.now, words, public))
        return self.comments[-1].id

    def attach(self, name: str, by: Person = CARLA) -> None:
        """Somebody attaches a file."""
        kind = "image/png" if name.endswith(".png") else "application/octet-stream"
        self.attachments.append(Attachment(self._id(), name, kind, by, self.now))

    def edit(self, comment_id: str, words: str) -> None:
        """Somebody edits a comment."""
        self.comments = [replace(c, body=words, updated=self.now) if c.id == comment_id else c for c in self.comments]

    def label(self, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), by: Person = HANNA) -> None:
        """Somebody adds or removes labels."""
        new = tuple(sorted({*self.labels, *add} - {*remove}))
        if new != self.labels:
            self._change("labels", " ".join(self.labels), " ".join(new), by)
            self.labels = new

    def choose(self, field: str, *values: str, by: Person = HANNA) -> World:
        """Somebody sets a select field; an option's id is made of its name, and several make a multi-select."""
        many = isinstance(self.fields.get(field), list) or len(values) > 1
        new = [{"id": option_id(value), "value": value} for value in values]
        old = self.fields.get(field) or []
        old = old if isinstance(old, list) else [old]
        texts = [", ".join(o["value"] for o in side) or None for side in (old, new)]
        ids = [f"[{', '.join(o['id'] for o in side)}]" if side else None for side in (old, new)]
        self.changes.append(Change(self._id(), self.now, by, field, *texts, *ids))
        self.fields[field] = new if many or not new else new[0]
        return self

    def put(self, name: str, value: Any, by: Person = HANNA) -> None:
        """Somebody sets a field."""
        if self.fields.get(name) != value:
            self._change(name, self.fields.get(name), value, by)
            self.fields[name] = value

    def set(self, summary: str, status: str, by: Person = HANNA) -> World:
        """Somebody sets the status of the newest subtask with that summary."""
        self._set([s for s in self.subtasks if s.summary == summary][-1], status, by)
        return self

    def delete(self, summary: str) -> None:
        """Somebody deletes the newest subtask with that summary."""
        self.subtasks.remove([s for s in self.subtasks if s.summary == summary][-1])

    # -- the bot

    @property
    def issue(self) -> Issue:
        """The ticket as a reconcile reads it."""
        return Issue(
            id="10001", key="DDE-1", project="DDE", type="DDE Set-Up", status=self.status, summary="Lakeside ISD",
            created=self.created, reporter=CARLA, labels=self.labels, fields=dict(self.fields),
            changes=tuple(self.changes), comments=tuple(self.comments), subtasks=tuple(self.subtasks),
            attachments=tuple(self.attachments),
            ledger=self.ledger,
        )  # fmt: skip

    def follow(self) -> Progress:
        """The ticket's Progress now."""
        calendars = {"cli": self.calendar}
        return follow(self.issue, self.process, self.office, calendars, {BOT.id}, self.now, self.journal)

    def plan(self) -> Plan:
        """The bot's plan now."""
        return decide(self.follow(), self.office, {"cli": self.calendar}, self.parked)

    def reconcile(self, cut: int | None = None) -> Plan:
        """One reconcile: make a plan and apply it as the bot does; returns the plan. With `cut` it dies after so many
        calls."""
        progress = self.follow()
        plan = decide(progress, self.office, {"cli": self.calendar}, self.parked)
        kinds = (CreateSubtasks, Notify, PostComment, SendText, MoveSubtask)
        calls = [e for kind in kinds for e in plan.effects if isinstance(e, kind)]
        moves = [e for e in plan.effects if isinstance(e, TransitionIssue)]
        before = set(self.journal)
        for effect in calls[:cut]:
            self._apply(effect)
        if cut is not None and cut <= len(calls):
            return plan
        record = plan.update
        self.label(record.add_labels, record.remove_labels, BOT)
        for name, value in record.fields.items():
            self.put(name, value, BOT)
        refs = {effect: ref for effect, ref in self.journal.items() if effect not in before}
        moves = [move for move in moves if self._may(move, plan)]
        ledger = plan.update_after("10001", refs, moves).ledger
        assert ledger is not None
        self.ledger = to_json(ledger)
        for move in moves:
            self._apply(move)
        return plan

    def rest(self, most: int = 12) -> World:
        """Reconcile until the plan is empty; raises an AssertionError if it never is."""
        for _ in range(most):
            plan = self.reconcile()
            record = plan.update
            if not (plan.effects or record.add_labels or record.remove_labels or record.fields):
                return self
        raise AssertionError(f"the bot does not come to rest: {plan}")

    def _apply(self, effect: Effect) -> None:
        self.done.append(effect)
        if isinstance(effect, CreateSubtasks):
            for item in effect.items:
                subtask_id = self._id()
                self.subtasks.append(Subtask(subtask_id, f"DDE-{subtask_id}", item.summary, "To Do", whole=True))
                self.journal[item.id] = subtask_id
            return
        ref = NOTED
        if isinstance(effect, PostComment):
            text = drafted(effect.template, effect.correction) if effect.draft else effect.template
            ref = self.say(text, BOT, effect.public)
            if effect.due_id and effect.template in TELLS_DUE:
                self.journal[effect.due_id] = ref
        elif isinstance(effect, SendText):
            ref = self.say(effect.text, BOT)
        elif isinstance(effect, Notify):
            self.alerts.append(f"{effect.channel}: {effect.title}")
        elif isinstance(effect, MoveSubtask):
            ref = effect.subtask_id
            self._set(next(s for s in self.subtasks if s.id == ref), effect.status, BOT)
        else:
            self.move(effect.status, BOT)
        self.journal |= dict.fromkeys(effect.ids, ref)

    def _may(self, move: TransitionIssue, plan: Plan) -> bool:
        """Whether the effect that must come before the move is done."""
        return move.after is None or move.after in self.journal or move.after in plan.done_without_call

    # -- what was said

    def bot_comments(self, public: bool) -> list[str]:
        """The templates of the bot's comments, in order."""
        return [c.body for c in self.comments if c.author == BOT and c.public == public]

    def states(self) -> dict[str, str]:
        """The statuses of the subtasks by summary, of the newest one for each."""
        return {s.summary: s.status for s in self.subtasks}

    # -- inside

    def _id(self) -> str:
        return str(next(self.ids))

    def _change(self, name: str, old: Any, new: Any, by: Person) -> None:
        self.changes.append(Change(self._id(), self.now, by, name, old, new))

    def _set(self, subtask: Subtask, status: str, by: Person) -> None:
        if status != subtask.status:
            change = Change(self._id(), self.now, by, "status", subtask.status, status)
            new = replace(subtask, status=status, changes=(*subtask.changes, change))
            self.subtasks[self.subtasks.index(subtask)] = new


def option_id(value: str) -> str:
    """The id of an option with that name."""
    return str(sum(value.encode()))


def in_folder(**more: Any) -> World:
    """A ticket whose contact has confirmed, on Monday at 9:00."""
    world = World(**more).rest()
    world.say("confirm")
    return world.rest().move(FOLDER).rest()


def in_review(**more: Any) -> World:
    """A ticket whose files were received at once, still on Monday at 9:00."""
    world = in_folder(**more).set("Folder", "Done").rest()
    world.say("files ready")
    return world.rest().move(REVIEW).rest()


def waiting(**more: Any) -> World:
    """A ticket that has been waiting for corrected files since Monday at 10:00."""
    world = in_review(**more).wait(hours=1)
    world.say("Findings:\n* no birth dates", HANNA, public=False)
    world.set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED)
    return world.rest().move(WAITING).rest()


def effects_of(plan: Plan, kind: type[Any]) -> list[Any]:
    """The plan's effects of one kind."""
    return [e for e in plan.effects if isinstance(e, kind)]


def ids_of(effects: list[Effect]) -> list[str]:
    """Every effect id as often as it was used, except those of the ticket's moves, which may fail and be planned
    again."""
    return [i for e in effects if not isinstance(e, TransitionIssue) for i in e.ids]
