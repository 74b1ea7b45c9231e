"""Writes the fixtures of this folder: what version 0.1.0 of the bot left in its database and in Jira.

Run it in a checkout of version 0.1.0, whose module names it imports; it does not run with any later version:

    PYTHONPATH=. python .../tests/legacy/make_from_0_1.py FOLDER

It plays stories on that version's sandbox, writes the files into FOLDER, and reads them back with that version."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests
from bot.core.closures import Closure
from bot.core.effects import Effect, PostComment
from bot.core.engine import decide
from bot.core.issue import Change, Comment, Issue, Person, Subtask
from bot.core.ledger import PROPERTY
from bot.core.ledger_json import read_ledger, to_json
from bot.core.progress import follow
from bot.jobs import Periods
from bot.render import Words
from bot.sandbox.stage import CALM

from bot.config import Config, load
from bot.sandbox.accounts import BOT, CARLA, DANA, FIONA, FRED, HANNA, HECTOR, LENA, Account
from bot.sandbox.jira_site import Site, Which
from bot.sandbox.records import ChangeItem, CommentRecord, HistoryEntry, IssueRecord
from tests.faults.proxy import CUT_AFTER, CUT_BEFORE, STATUS, Exchange, Request
from tests.faults.rig import Rig, writes
from tests.stories.acts import Story
from tests.stories.dde.ways import revise, to_preparation, to_production, to_quality, to_waiting

ZONE = ZoneInfo("America/Chicago")
RULE = Account("557058:rule", "Automation", "rule@onboarding.example", "", kind="app")
Act = Callable[[Site, str], object]  # what somebody does on the site to the ticket of that key

JIRA = "https://jira.example"  # stands for the sandbox's own address, which is another one in each run
RARE = Periods(*[timedelta(days=90)] * 3, pace=timedelta(0), spread=timedelta(0))
FULL = {"voice": "full", "grace_seconds": 0, "repeats": False}
DRAFT = {**FULL, "voice": "draft"}
REPEATS = {**FULL, "repeats": True}
REPEAT = "  # - {every: 1 business day, after: 100%, tell: lead, notify: leads}"


def shipped(office: Mapping[str, Any] = FULL, folder: Path = Path("config")) -> Config:
    """The configuration that the project ships, with what an entry names: the voice, the grace, and whether the line
    of `dde.yaml` counts that repeats an escalation and is a comment there."""
    config = load(_with_repeats() if office["repeats"] else folder)
    grace = timedelta(seconds=office["grace_seconds"])
    return replace(config, office=replace(config.office, calls_per_second=1000, voice=office["voice"], grace=grace))


@cache
def _with_repeats() -> Path:
    folder = Path(_EDITED.name, "config")
    shutil.copytree("config", folder)
    file = folder / "processes/dde.yaml"
    text = file.read_text(encoding="utf-8")
    assert REPEAT in text
    file.write_text(text.replace(REPEAT, REPEAT.replace("# ", "")), encoding="utf-8")
    return folder


_EDITED = tempfile.TemporaryDirectory()


# -- plain JSON and back


def plain(value: Any) -> Any:
    """Dataclasses, moments and tuples as JSON has them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def moment(text: str) -> datetime:
    """A moment as `plain` writes it."""
    return datetime.fromisoformat(text)


def person_from(raw: Any) -> Person | None:
    """A person, None where nobody is named."""
    return Person(**raw) if raw else None


def change_from(raw: Any) -> Change:
    """One change."""
    return Change(**{**raw, "at": moment(raw["at"]), "author": person_from(raw["author"])})


def comment_from(raw: Any) -> Comment:
    """One comment."""
    times = {name: moment(raw[name]) for name in ("created", "updated")}
    return Comment(**{**raw, **times, "author": person_from(raw["author"])})


def subtask_from(raw: Any) -> Subtask:
    """One subtask."""
    history = {
        "changes": tuple(map(change_from, raw["changes"])),
        "comments": tuple(map(comment_from, raw["comments"])),
    }
    return Subtask(**{**raw, **history})


def issue_from(raw: Any, ledger: Any) -> Issue:
    """The issue of an entry of `ledgers.json`."""
    made = {
        "created": moment(raw["created"]),
        "reporter": person_from(raw["reporter"]),
        "participants": tuple(Person(**p) for p in raw["participants"]),
        "labels": tuple(raw["labels"]),
        "changes": tuple(map(change_from, raw["changes"])),
        "comments": tuple(map(comment_from, raw["comments"])),
        "subtasks": tuple(map(subtask_from, raw["subtasks"])),
    }
    return Issue(**{**raw, **made}, ledger=ledger)


def issue_json(issue: Issue) -> dict[str, Any]:
    """An issue without its ledger; of its raw fields only the due day, for the shipped configuration reads no other."""
    raw: dict[str, Any] = plain(replace(issue, ledger=None, fields={"duedate": issue.fields.get("duedate")}))
    del raw["ledger"]
    return raw


# -- what 0.1.0 concludes


def conclusion(issue: Issue, config: Config, now: datetime) -> dict[str, Any]:
    """What a look at `now` would wish, where the database knows of nothing."""
    process = config.process_for(issue.project, issue.type)
    assert process is not None
    progress = follow(issue, process, config.office, config.calendars, {BOT.id}, now, {})
    plan = decide(progress, config.office, config.calendars, {})
    clocks = [{"name": c.branch or "step", "due": c.due, "stopped": c.stopped} for c in progress.clocks]
    assert plan.record.ledger is not None
    return {
        "visit": progress.visit.id,
        "step": progress.visit.step,
        "round": progress.visit.round,
        "turn": plain(progress.turn),
        "clocks": sorted(plain(clocks), key=lambda clock: str(clock["name"])),
        "effects": [one for effect in plan.effects for one in ids_of(effect)],
        "kinds": [type(effect).__name__ for effect in plan.effects],
        "noted": plain(plan.noted),
        "missed": plain(plan.missed),
        "labels": {"add": plain(plan.record.add_labels), "remove": plain(plan.record.remove_labels)},
        "fields": plain(plan.record.fields),
        "look_again_at": plain(plan.look_again_at),
        "reason": plan.reason,
        "roundtrip": to_json(plan.record.ledger),
    }


def ids_of(effect: Effect) -> tuple[str, ...]:
    """All that is done with an effect, what its words may promise too."""
    due = (effect.due_id,) if isinstance(effect, PostComment) and effect.due_id else ()
    return (*effect.ids, *due)


class Book:
    """Gathers the entries of `ledgers.json`."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.office: Mapping[str, Any] = FULL
        self._addresses: list[str] = []

    @contextmanager
    def story(self, office: Mapping[str, Any] = FULL, start: str = "2026-01-05 09:00") -> Iterator[Story]:
        """A story on a sandbox of its own."""
        self.office = office
        with tempfile.TemporaryDirectory() as var:
            rig = Rig(shipped(office), Path(var), local(start), periods=RARE)
            with rig:
                self._addresses = [rig.jira.url, rig.jira_url]
                yield Story(rig)

    def keep(self, story: Story, name: str, why: str, at: str = "") -> None:
        """Keep a ticket as it stands now, looked at now or at a later moment."""
        issue = story.stage.bot.gateway.fetch(story.ticket.id, {}).issue
        now = local(at) if at else story.stage.clock.now()
        entry = {
            "name": name,
            "why": why,
            "at": now.astimezone(UTC),
            "office": self.office,
            "bots": [BOT.id],
            "issue": issue_json(issue),
            "ledger": issue.ledger,
            "expect": conclusion(issue, shipped(self.office), now),
        }
        self.entries.append(json.loads(neutral(json.dumps(plain(entry)), self._addresses)))

    def unseen(self, story: Story, name: str, why: str, act: Act) -> None:
        """Keep a ticket in which people did something that the bot has not looked at yet; then it looks."""
        story.stage.site.hooks.pause()
        act(story.stage.site, story.key)
        self.keep(story, name, why)
        story.stage.site.hooks.resume()
        story.stage.settle()


def local(text: str) -> datetime:
    """A moment of the office's own time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def neutral(text: str, addresses: list[str]) -> str:
    """A text without the address at which the sandbox happened to listen."""
    for address in addresses:
        text = text.replace(address, JIRA)
    return text


def says(by: Account, words: str, public: bool = True) -> Act:
    """Somebody comments on the ticket."""
    return lambda site, key: site.comment(by, key, words, public=public)


def sets(by: Account, status: str, which: Which = "") -> Act:
    """Somebody moves the ticket, or a subtask."""
    return lambda site, key: site.transition(by, which or key, status)


# -- the stories of `ledgers.json`


def beginning(book: Book) -> None:
    """From the question to the review's first minute."""
    with book.story() as story:
        site = story.stage.site
        site.hooks.pause()
        story.key = site.open_request(CARLA, "Lakeside ISD").key
        book.keep(story, "fresh", "a request that nobody has looked at: there is no ledger yet")
        site.hooks.resume()
        story.stage.settle()
        book.keep(story, "confirming", "the district was asked to confirm, and the bot is at rest")
        book.keep(story, "confirming reminder", "five business days later a reminder is due", at="2026-01-12 10:00")
        book.keep(story, "confirming phone", "fifteen business days later staff are to phone", at="2026-01-27 10:00")
        story.at("2026-01-06 10:00")
        book.unseen(
            story,
            "confirmed unseen",
            "CONFIRM with a question below it",
            says(CARLA, "Confirmed, thanks\n\nWho will look at our files?"),
        )
        book.keep(story, "folder", "both branches of the folder step are open, a note to the team was written")
        story.set_to("folder", "Done", at="2026-01-07 10:00")
        book.keep(story, "folder made", "one of two branches is finished, and the district was told")
        story.contact("STATUS", at="2026-01-07 11:00")
        book.keep(story, "folder status", "a question for the status was answered")
        story.at("2026-01-08 15:30")
        book.unseen(story, "files unseen", "FILES READY ends the folder step", says(CARLA, "FILES READY"))
        book.keep(story, "review 1", "the first round of the review runs")
        book.keep(story, "review 1 at risk", "three quarters of the time are used", at="2026-01-12 12:30")
        story.at("2026-01-09 09:00")
        book.unseen(story, "early files unseen", "FILES READY during a review", says(CARLA, "Files are ready"))
        story.label(add=("vip",))
        book.keep(story, "review 1 announced", "staff were told of files announced early; a label of staff's is there")


def revisions(book: Book) -> None:
    """Rounds of files, up to the third."""
    with book.story() as story:
        story.opened().to_review()
        story.at("2026-01-09 15:30")
        story.note("Findings:\n* 14 rows have no teacher\n- no birth dates", on="review")
        subtask = story.subtask("review")
        book.unseen(
            story,
            "needs revision unseen",
            "the reviewer has given the verdict, the feedback is to go out",
            sets(HANNA, "Needs Revision", subtask),
        )
        book.keep(story, "waiting for district", "the feedback is out, it is the district's turn")
        story.note("Findings:\n* one more thing", by=FRED)
        book.keep(story, "late findings", "findings that came after the feedback were brought to the team")
        story.at("2026-01-14 09:00")
        book.unseen(story, "set 2 unseen", "new files begin round 2", says(CARLA, "The files are ready"))
        book.keep(story, "round 2", "the second round runs, round 1 is kept with its clock")
        revise(story, "review", at="2026-01-15 10:00", finding="no birth dates, again")
        story.contact("FILES READY", at="2026-01-16 10:00")
        book.keep(story, "round 3", "the lead was asked to call the district")
        story.at("2026-01-16 11:00")
        story.set_to("review", "Not Received")
        book.keep(story, "not received", "the reviewer found no files: the round does not count")

    with book.story() as story:
        story.opened().to_review()
        story.move("Waiting for District", at="2026-01-09 10:00")
        book.keep(story, "findings asked for", "staff moved the ticket without findings, and were asked for them")


def orders(book: Book) -> None:
    """What staff order in a review."""
    with book.story() as story:
        story.opened().to_review()
        story.note("/received 2026-01-08 09:30", by=HECTOR)
        book.keep(story, "received", "the receipt was corrected by staff")
        story.at("2026-01-09 10:00")
        story.note("/extend 8 business hours a colleague is ill")
        book.keep(story, "received and extended", "with eight more business hours; the district was told another day")
        story.note("/hold vendor waits for the roster export")
        book.keep(story, "on hold", "/received, /extend and /hold: the clock stands still")
        story.at("2026-01-15 10:00")
        book.unseen(story, "resume unseen", "the hold ends", says(HANNA, "/resume", public=False))
        book.keep(story, "resumed", "the time on hold is kept as a pause, and words for the district are drafted")
        story.note("/tell")
        book.keep(story, "told", "staff sent them with /tell")
        story.contact("/hold please")
        story.note("/foo")
        book.keep(story, "orders refused", "an order of the contact's and one that there is not were answered")

    with book.story() as story:
        story.opened().to_review()
        story.at("2026-01-09 10:00")
        book.unseen(story, "new round unseen", "staff announce new files", says(HANNA, "/new-round", public=False))
        book.keep(story, "new round", "the second set came into the same stay; the first was replaced")
        story.at("2026-01-09 11:00")
        story.note("/not-received")
        book.keep(story, "no files after all", "/not-received sent the ticket back to the district")


def people_win(book: Book) -> None:
    """Withdrawn branches, statuses of nobody's, moves of people."""
    with book.story() as story:
        story.opened().to_folder()
        story.at("2026-01-07 10:00")
        subtask = story.subtask("folder")
        book.unseen(
            story, "deleted unseen", "staff deleted a branch's subtask", lambda s, k: s.delete_issue(HECTOR, subtask)
        )
        book.keep(story, "withdrawn branch", "that branch is withdrawn, and holds nothing up")
        story.contact("FILES READY", at="2026-01-08 15:30")
        book.keep(story, "review after a withdrawal", "the withdrawn branch is in a passed stay")

    with book.story() as story:
        to_quality(story)
        story.move("On Hold", at="2026-01-13 15:00")
        book.keep(story, "foreign status", "the ticket stands in a status that the process does not know")
        book.keep(story, "foreign status late", "the day that the district was told has passed", at="2026-01-21 08:00")
        story.at("2026-01-28 09:00")
        book.unseen(
            story,
            "back unseen",
            "it was moved back, and goes on",
            sets(HANNA, "Quality Review"),
        )
        book.keep(story, "back in the process", "the stay continues the earlier one, with its subtasks and its pause")

    with book.story() as story:
        story.opened().to_review()
        story.move("SecureStor Folder", at="2026-01-09 10:00")
        book.keep(story, "dragged back", "a person moved the ticket back; nothing is done twice")
        story.move("Initial File Review", at="2026-01-09 11:00")
        book.keep(story, "dragged on again", "the same files, the same clock")
        story.move("Withdrawn", at="2026-01-12 13:00", by=LENA)
        book.keep(story, "withdrawn", "an end in the middle of a review: its stay ended as left")

    with book.story() as story:
        to_waiting(story)
        site = story.stage.site
        site.people[RULE.id] = RULE
        story.at("2026-01-12 10:00")
        book.unseen(story, "app unseen", "an app took the ticket out of the wait", sets(RULE, "Initial File Review"))
        book.keep(story, "moved by an app", "nobody brought new files, so no round began with it")

    with book.story() as story:
        rig = story.stage
        assert isinstance(rig, Rig)

        def race(exchange: Exchange) -> None:
            ticket = rig.site.transition(HANNA, rig.ticket, "On Hold")
            move = rig.site.catalogue.workflow(ticket.project, ticket.type).leading("On Hold", "SecureStor Folder")
            assert move is not None
            exchange.asked = replace(exchange.asked, body=json.dumps({"transition": {"id": move.id}}).encode())
            answer = exchange.forward()
            book.keep(story, "overrun unseen", "the bot's move landed on a person's: it is to be taken back")
            exchange.answer(answer)

        story.opened()
        rig.ticket = story.ticket.id
        rig.to_jira.rule(lambda asked: writes(rig)["transition"](asked), do=race, times=1)
        story.contact("Confirmed", at="2026-01-06 10:00")
        book.keep(story, "overrun put right", "the bot has put the ticket back, and said so")

    with book.story() as story:
        rig = story.stage
        rig.stop_bot()
        story.key = rig.site.open_request(CARLA, "Lakeside ISD").key
        rig.site.transition(HANNA, story.key, "Confirming Files")
        rig.clock.advance(timedelta(minutes=5))
        rig.site.transition(HANNA, story.key, "SecureStor Folder")
        book.keep(story, "late first look", "two stays passed before the bot looked for the first time")
        rig.start_bot()
        rig.bot.reconciler.ask([story.ticket.id])
        rig.settle()
        book.keep(story, "after the first look", "what was to be said in them is not made up")

    with book.story() as story:
        story.opened()
        story.at("2026-01-06 10:00")
        story.stage.site.hooks.pause()
        story.stage.site.transition(HANNA, story.key, "SecureStor Folder")
        story.stage.clock.advance(timedelta(minutes=5))
        book.unseen(story, "missed unseen", "staff moved the ticket on twice", sets(HANNA, "Initial File Review"))
        book.keep(story, "missed", "the stay in the folder step passed unseen, and nothing of it is made up")


def to_the_end(book: Book) -> None:
    """Quality review, preparation, production, end."""
    with book.story() as story:
        to_quality(story)
        book.keep(story, "quality review", "three branches of one team are open")
        story.set_to("formats", "Done", at="2026-01-13 10:00", by=FRED)
        book.keep(story, "quality review begun", "one of three branches is done")
        revise(story, "information", at="2026-01-13 11:00", by=FIONA, finding="dates are written 2/3/26")
        book.keep(story, "quality review part revised", "one branch needs a revision, one is open")
        subtask = story.subtask("classrooms")
        book.unseen(
            story,
            "quality revision unseen",
            "the last branch is done: the verdict is a revision",
            sets(FRED, "Done", subtask),
        )
        book.keep(story, "waiting after quality review", "new files will pass the first review again")
        story.contact("FILES READY", at="2026-01-14 10:00")
        book.keep(story, "round 2 after quality review", "round 2 in the first review")

    with book.story() as story:
        to_preparation(story)
        book.keep(story, "preparation", "four branches in the order of work")
        story.set_to("prepare", "Done", at="2026-01-15 10:00", by=DANA)
        book.keep(story, "preparation begun", "the first of four branches is done")
        story.at("2026-01-15 11:00")
        story.note("/new-round")
        book.keep(story, "preparation new round", "new files came into the preparation")

    with book.story() as story:
        to_production(story)
        book.keep(story, "production", "the rosters are to be checked")
        story.at("2026-01-20 11:00")
        subtask = story.subtask("check")
        book.unseen(story, "done unseen", "the last work is done", sets(FRED, "Done", subtask))
        book.keep(story, "done", "the whole way was gone")


def time_alone(book: Book) -> None:
    """Escalations, and what an hour or a day that passes brings."""
    with book.story(start="2026-01-03 21:40") as story:
        rig = story.stage
        rig.stop_bot()
        story.key = rig.site.open_request(CARLA, "Lakeside ISD").key
        rig.clock.set(local("2026-01-03 23:10"))
        book.keep(story, "late answer", "the hour of the automated step has passed: the operator is to be notified")
        rig.start_bot()
        rig.bot.reconciler.ask([story.ticket.id])
        rig.settle()
        book.keep(story, "late answer given", "the operator was notified (flag: and notify:), the district answered")

    with book.story() as story:
        story.opened().to_review()
        story.at("2026-01-12 12:30")
        book.keep(story, "at risk", "the first flag was set by the bot")
        book.keep(story, "overdue", "all of the time is used", at="2026-01-13 08:30")
        story.at("2026-01-13 08:30")
        book.keep(story, "overdue told", "both flags were set, the team was told")
        book.keep(story, "day passed", "the day that the district was told has passed", at="2026-01-14 08:00")
        story.at("2026-01-14 08:00")
        book.keep(story, "day passed drafted", "words for the district are there to be sent with /tell")
        story.note("/tell", by=HECTOR)
        book.keep(story, "day passed told", "they were sent")
        story.set_to("review", "Done", at="2026-01-14 10:00")
        book.keep(story, "flags taken off", "a review that ended late; the next step has no flags")

    with book.story(REPEATS) as story:
        story.opened().to_review()
        story.at("2026-01-13 08:30")
        book.keep(story, "overdue before repeats", "the team was told, and the lead will be each day")
        book.keep(story, "repeat due", "the first repetition is due (flag: and notify:)", at="2026-01-14 08:30")
        story.at("2026-01-15 12:00")
        book.keep(story, "repeated", "two repetitions were told, by comment and by message")

    with book.story() as story:
        to_waiting(story)
        story.at("2026-01-16 15:30")
        book.keep(story, "reminded", "a reminder went out while the district has its turn")


def drafts(book: Book) -> None:
    """The voice that only drafts."""
    with book.story(DRAFT) as story:
        story.opened()
        book.keep(story, "drafted", "the question to the district is a draft of the bot's")
        story.to_review()
        book.keep(story, "drafted review", "the draft names a day (drafted:), which nobody has told the district")
        book.unseen(story, "send unseen", "staff send the draft", says(HANNA, "/send", public=False))
        book.keep(story, "draft sent", "sent as it stood, so the district was told the day (told:)")


STORIES = (beginning, revisions, orders, people_win, to_the_end, time_alone, drafts)


def check_ledgers(text: str) -> int:
    """Read the entries back and conclude the same; how many there are."""
    entries = json.loads(text)
    assert len({entry["name"] for entry in entries}) == len(entries)
    for entry in entries:
        issue = issue_from(entry["issue"], entry["ledger"])
        if entry["ledger"] is not None:
            read = read_ledger(entry["ledger"])
            assert read is not None
            assert to_json(read) == entry["ledger"], entry["name"]
        found = json.loads(json.dumps(conclusion(issue, shipped(entry["office"]), moment(entry["at"]))))
        assert found == entry["expect"], entry["name"]
    return len(entries)


# -- the database


def no(reason: str) -> Callable[[Exchange], None]:
    """Jira's 400 in Jira's own shape."""
    body = json.dumps({"errorMessages": [reason], "errors": {}}).encode()
    return STATUS(400, {"Content-Type": "application/json"}, body)


def play_for_database(rig: Rig) -> None:
    """A few tickets with one of each thing that a database may hold; it ends with a call whose answer is lost."""
    story = Story(rig)
    site = rig.site
    site.search_lag = timedelta(0)

    def comment_of(district: str) -> Callable[[Request], bool]:
        def match(asked: Request) -> bool:
            ticket = next((i.id for i in site.issues() if i.summary == district), "?")
            return writes(rig)["public comment"](asked) and f"/issue/{ticket}/" in asked.path

        return match

    # Lakeside: the second round of the first review runs; its second last call failed once and was settled.
    story.opened().to_folder()
    rig.to_jira.rule(lambda asked: writes(rig)["subtask move"](asked), do=CUT_BEFORE, times=1)
    story.set_to("folder", "Done", at="2026-01-07 10:00")
    story.contact("FILES READY", at="2026-01-08 15:30")
    revise(story, "review", at="2026-01-09 15:30")
    # Springfield: Jira refuses a comment for good, which is parked.
    rig.to_jira.rule(comment_of("Springfield ISD"), do=no("The issue has reached its limit of comments."))
    site.open_request(CARLA, "Springfield ISD")
    rig.settle()
    # Cedar Creek: while the bot was away staff moved it on twice, so it missed a stay.
    cedar = site.open_request(CARLA, "Cedar Creek ISD")
    rig.settle()
    rig.stop_bot()
    site.transition(HANNA, cedar, "SecureStor Folder")
    rig.clock.advance(timedelta(minutes=5))
    site.transition(HANNA, cedar, "Initial File Review")
    rig.start_bot()
    rig.bot.reconciler.ask([cedar.id])
    rig.settle()
    # Oak Hill: staff declined it.
    oak = site.open_request(CARLA, "Oak Hill ISD")
    rig.settle()
    site.transition(HANNA, oak, "Declined")
    rig.settle()
    # Prairie View: a fault of the bot's own at every look, until the agenda parks the ticket.
    write = Words.comment

    def faulty(words: Words, process: str, effect: PostComment) -> str:
        if effect.facts.get("district") == "Prairie View ISD":
            raise ZeroDivisionError("a fault of the bot's own")
        return write(words, process, effect)

    Words.comment = faulty  # type: ignore[method-assign]
    site.open_request(CARLA, "Prairie View ISD")
    rig.settle(patience=60)
    Words.comment = write  # type: ignore[method-assign]
    # Lakeside's second set, and a day on which the office is closed for a storm.
    story.contact("FILES READY", at="2026-01-12 10:00")
    rig.at("2026-01-13 06:00")
    assert rig.bot.closures.close(Closure("cli", date(2026, 1, 13), None, "ice storm", "Lena", rig.clock.now()))
    rig.settle()
    story.note("/extend 4 business hours a colleague is ill")
    assert requests.get(f"{rig.web.url}/readyz", timeout=5).ok
    rig.bot.watch()
    rig.at("2026-01-14 10:00")
    # River Bend: Jira has the comment, but its answer is lost, and the bot is stopped before it can settle that.
    rig.to_jira.rule(comment_of("River Bend ISD"), do=CUT_AFTER, times=1)
    site.open_request(CARLA, "River Bend ISD")
    rig.wait_held()
    rig.stop_bot()


def site_json(rig: Rig) -> dict[str, Any]:
    """All that the sandbox holds, as plain JSON; people by their account ids."""
    site = rig.site
    ids = {person.id for person in site.people.values()}

    def lean(value: Any) -> Any:
        if isinstance(value, dict):
            return (
                value["id"] if value.get("id") in ids and "token" in value else {k: lean(v) for k, v in value.items()}
            )
        return [lean(v) for v in value] if isinstance(value, list) else value

    issues = [one for ticket in site.issues() for one in (ticket, *site.subtasks(ticket))]
    state = {"now": rig.clock.now(), "issues": issues, "next_id": site._next_id, "next_key": site._next_key}
    found: dict[str, Any] = lean(plain(state))
    return found


def fill(site: Site, state: Mapping[str, Any]) -> None:
    """Put into an empty sandbox what `site_json` took out of another."""
    for raw in state["issues"]:
        record = IssueRecord(**{**raw, **_people_and_times(site, raw)})
        site._issues[record.id] = record
        site.index.write(record.id, record.updated, record)
    site._next_id = state["next_id"]
    site._next_key = dict(state["next_key"])


def _people_and_times(site: Site, raw: Mapping[str, Any]) -> dict[str, Any]:
    people = site.people
    return {
        "creator": people[raw["creator"]],
        "reporter": people[raw["reporter"]],
        "assignee": people[raw["assignee"]] if raw["assignee"] else None,
        "created": moment(raw["created"]),
        "updated": moment(raw["updated"]),
        "comments": [
            CommentRecord(
                **{
                    **c,
                    "author": people[c["author"]],
                    "editor": people[c["editor"]],
                    "created": moment(c["created"]),
                    "updated": moment(c["updated"]),
                }
            )
            for c in raw["comments"]
        ],
        "history": [
            HistoryEntry(h["id"], people[h["author"]], moment(h["at"]), tuple(ChangeItem(**i) for i in h["items"]))
            for h in raw["history"]
        ],
    }


def dump(file: Path) -> str:
    """A SQLite file as SQL."""
    with closing(sqlite3.connect(file)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def make_database() -> tuple[str, str]:
    """The database as SQL, and the sandbox that belongs to it as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        config, var = Path(folder, "config"), Path(folder, "var")
        shutil.copytree("config", config)
        var.mkdir()
        rig = Rig(shipped(folder=config), var, local("2026-01-05 09:00"), periods=CALM)
        try:
            play_for_database(rig)
            site = json.dumps(site_json(rig), indent=1)
        finally:
            rig.close()
        addresses = [rig.jira.url, rig.jira_url, rig.web.url, rig.to_bot.url]
        sql = dump(var / "bot.db")
    return neutral(sql, addresses), neutral(site, addresses)


def check_database(sql: str, site: str) -> dict[str, int]:
    """Start the bot on both: it settles the lost call and writes nothing twice. The rows of each table."""
    state = json.loads(site)

    class Restored(Rig):
        def start_bot(self) -> None:
            if not self.site.issues():
                fill(self.site, state)
            super().start_bot()

    with tempfile.TemporaryDirectory() as folder:
        config, var = Path(folder, "config"), Path(folder, "var")
        shutil.copytree("config", config)
        var.mkdir()
        with closing(sqlite3.connect(var / "bot.db")) as connection:
            connection.executescript(sql)
            names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            counts = {n: connection.execute(f"SELECT count(*) FROM {n}").fetchone()[0] for n in names}
            (lost,) = connection.execute("SELECT issue_id, effect_ids FROM intents WHERE state = 'open'").fetchall()
            states = {s for (s,) in connection.execute("SELECT DISTINCT state FROM intents")}
            became = {s for (s,) in connection.execute("SELECT DISTINCT state FROM effects")}
        assert (states, became) == ({"open", "done", "failed"}, {"done", "parked", "missed"})
        assert all(counts.values()), counts
        with Restored(shipped(folder=config), var, moment(state["now"]), periods=CALM) as rig:
            marked = _marked(rig.site)
            ticket, effects = lost[0], json.loads(lost[1])
            assert set(effects) <= set(marked)
            rig.settle()
            journal = rig.bot.journal
            assert not journal.open_intents(ticket)
            assert {e: journal.done(ticket)[e] for e in effects} == {e: marked[e] for e in effects}
            assert len(_marked(rig.site)) == len(list(_marks(rig.site))), "done twice"
            assert [r.parked for r in rig.bot.agenda.rows() if r.parked], "a parked row"
            assert len(rig.site.issues()) == len([i for i in state["issues"] if i["parent_id"] is None])
            story = Story(rig, key="DDE-1")
            story.set_to("review", "Done", at="2026-01-15 10:00")
            assert story.status == "Quality Review"
            assert len(_marked(rig.site)) == len(list(_marks(rig.site))), "done twice"
    return counts


def _marks(site: Site) -> Iterator[tuple[str, str]]:
    for issue in site.issues():
        for one in (*issue.comments, *site.subtasks(issue)):
            for effect in one.properties.get(PROPERTY, {}).get("effects", ()):
                yield effect, one.id


def _marked(site: Site) -> dict[str, str]:
    return dict(_marks(site))


def main(folder: Path) -> None:
    """Write the files, and read them back."""
    folder.mkdir(exist_ok=True)
    book = Book()
    for story in STORIES:
        story(book)
    lines = (json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in book.entries)
    ledgers = "[\n" + ",\n".join(lines) + "\n]\n"
    (folder / "ledgers.json").write_text(ledgers, encoding="utf-8")
    print(f"{check_ledgers(ledgers)} ledgers")
    sql, site = make_database()
    (folder / "bot_0_1.sql").write_text(sql, encoding="utf-8")
    (folder / "site_0_1.json").write_text(site + "\n", encoding="utf-8")
    print(check_database(sql, site))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
