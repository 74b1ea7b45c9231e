"""The demo: one district from its first question to rosters in production, with a revision in each review."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from bot.config.load import Config
from bot.sandbox.accounts import BOT, CARLA, DANA, FIONA, FRED, HANNA, HECTOR, Account
from bot.sandbox.demo.printer import Printer, calendar_of
from bot.sandbox.harness import Harness
from bot.sandbox.limits import CLOUD_LIMITS

DISTRICT = "Lakeside ISD"
START = "2026-01-03 21:40"
GAPS = (
    "Findings:\n- Class file: the column teacher_id is empty in 14 rows.\n"
    "- Student file: 3 students have no date of birth."
)
FORMATS = "Findings:\n- Teacher file: dates are written 2/3/26; please write 2026-02-03."
PACE = 0.7  # seconds to rest after each act, so that a person can read along


class Story:
    """Plays what people do in the sandbox, and prints what came of each act."""

    def __init__(self, harness: Harness, out: Console, pace: float) -> None:
        self.harness, self.site, self._pace = harness, harness.site, pace
        self.printer = Printer(harness, out)
        self.key = ""

    def play(self) -> str:
        """The whole story; the key of its ticket."""
        say = self.printer.say
        say(f"{DISTRICT} asks for the District Data Exchange, on a Saturday night.")
        self.act(START, self._open)
        self.act("2026-01-05 14:20", lambda: self._write(CARLA, "Confirmed, thanks!"))
        say("The folder takes the help center longer than it should.")
        self.act("2026-01-08 08:30", lambda: self._order(HANNA, "/tell"))
        self.act("2026-01-09 10:00", lambda: self._finish(HANNA, "folder", "Done"))
        self.act("2026-01-13 15:40", lambda: self._write(CARLA, "Files are ready"))
        self.act("2026-01-14 08:05", lambda: self._write(CARLA, "STATUS"))
        say("The first set of files has gaps.")
        self.act("2026-01-15 11:30", lambda: self._find(HECTOR, "review", GAPS))
        self.act("2026-01-15 11:45", lambda: self._finish(HECTOR, "review", "Needs Revision"))
        say("The district takes its time. Nobody is flagged for that; after five business days it is reminded.")
        self.act("2026-01-26 13:15", lambda: self._write(CARLA, "Does the file need a header row?"))
        self.act("2026-01-28 16:30", lambda: self._write(CARLA, "FILES READY"))
        say("The second set passes the first review. The functional team looks closer.")
        self.act("2026-01-30 10:10", lambda: self._finish(HANNA, "review", "Done"))
        self.act("2026-02-03 09:00", lambda: self._finish(FRED, "information", "Done"))
        self.act("2026-02-03 09:30", lambda: self._find(FIONA, "formats", FORMATS))
        self.act("2026-02-03 09:35", lambda: self._finish(FIONA, "formats", "Needs Revision"))
        self.act("2026-02-03 15:00", lambda: self._finish(FRED, "classrooms", "Done"))
        say("The third set passes both reviews; for two hours the clock stands still.")
        self.act("2026-02-06 08:30", lambda: self._write(CARLA, "The files are ready"))
        self.act("2026-02-09 11:00", lambda: self._finish(HECTOR, "review", "Done"))
        self.act(
            "2026-02-10 10:00", lambda: self._order(FIONA, "/hold vendor waits for an answer of the roster vendor")
        )
        self.act("2026-02-10 12:00", lambda: self._order(FIONA, "/resume"))
        for branch in ("information", "formats", "classrooms"):
            self.act("2026-02-12 10:00", partial(self._finish, FIONA, branch, "Done"))
        say("The database team prepares, tests and moves the files to Production.")
        for day, branch in (("13", "prepare"), ("16", "test"), ("17", "update_ids"), ("18", "production")):
            self.act(f"2026-02-{day} 14:00", partial(self._finish, DANA, branch, "Done"))
        self.act("2026-02-20 13:00", lambda: self._finish(FRED, "check", "Done"))
        return self.key

    def act(self, when: str, what: Callable[[], object]) -> None:
        """Let time pass until `when`, act, let the bot answer, and print it all."""
        self.harness.at(when)
        what()
        self.harness.settle()
        self.printer.tell(self.key)
        time.sleep(self._pace)

    def _open(self) -> None:
        self.key = self.site.open_request(CARLA, DISTRICT).key

    def _write(self, who: Account, text: str) -> None:
        self.site.comment(who, self.key, text)

    def _order(self, who: Account, text: str) -> None:
        self.site.comment(who, self.key, text, public=False)

    def _find(self, who: Account, branch: str, text: str) -> None:
        self.site.comment(who, self._subtask(branch), text, public=False)

    def _finish(self, who: Account, branch: str, status: str) -> None:
        self.site.transition(who, self._subtask(branch), status)

    def _subtask(self, branch: str) -> str:
        """The key of the newest subtask that the bot made for a branch."""
        for subtask in reversed(self.site.subtasks(self.key)):
            if any(e.endswith(f":subtask:{branch}") for e in marks(subtask.properties)):
                return subtask.key
        raise LookupError(f"the bot made no subtask for {branch}")


def marks(properties: object) -> list[str]:
    """The effect ids that a comment or subtask carries in Jira."""
    value = properties.get("onboarding-bot", {}) if isinstance(properties, dict) else {}
    effects = value.get("effects", []) if isinstance(value, dict) else []
    return [str(e) for e in effects]


def play(config: Config, var: Path, out: Console, *, once: bool, ports: tuple[int, int]) -> list[str]:
    """Play the story; without `once` leave sandbox and bot running until a signal. What is not as it should be."""
    start = datetime.fromisoformat(START).replace(tzinfo=ZoneInfo(calendar_of(config).zone))
    with Harness(config, var, start, ports=ports) as harness:
        began = time.monotonic()
        story = Story(harness, out, 0.0 if once else PACE)
        key = story.play()
        problems = verify(harness, key)
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
        "                   act as help center staff, or as the district's contact, and see the bot answer",
        markup=False,
    )
    out.print(f"The bot            {harness.web.url}", markup=False)
    out.print("Ctrl-C ends both.", markup=False)
    stop.wait()


# -- what Jira must hold when the story is over

PUBLIC = [
    ("requirements", "here are the requirements, and it is your turn"),
    ("securestor_folder", "Thank you, Lakeside ISD is confirmed"),
    ("day_passed, told with /tell", "We have not finished our part for Lakeside ISD yet"),
    ("folder_ready", "The SecureStor folder for Lakeside ISD is ready"),
    ("files_received", "We have received the files of Lakeside ISD"),
    ("status", 'Lakeside ISD is in the step "Initial File Review"'),
    ("files_need_revision", "We have reviewed the files of Lakeside ISD"),
    ("reminder", "This is a friendly reminder for Lakeside ISD"),
    ("files_received again", "We have received the 2nd set of files of Lakeside ISD"),
    ("quality_review", "The 2nd set of files of Lakeside ISD has passed the Initial File Review"),
    ("files_need_revision again", "We have reviewed the 2nd set of files of Lakeside ISD"),
    ("files_received, third", "We have received the 3rd set of files of Lakeside ISD"),
    ("quality_review again", "The 3rd set of files of Lakeside ISD has passed the Initial File Review"),
    ("file_preparation", "The 3rd set of files of Lakeside ISD has passed the Quality Review"),
    ("files_in_production", "The files of Lakeside ISD are in production"),
    ("done", "The District Data Exchange (DDE) set-up for Lakeside ISD is complete"),
]
INTERNAL = [
    ("overdue", "please act"),
    ("day_passed, to be told", "To be told to the district"),
    ("unheard", "header row"),
    ("first_needs_revision", "Needs Revision"),
    ("call_district", "call"),
    ("order_obeyed, a hold", "Lakeside ISD is on hold"),
    ("order_obeyed, its end", "Lakeside ISD is no longer on hold"),
]
REVIEW = "Review Lakeside ISD's files (set {}): complete, appear accurate"
CHECKS = [
    "Check Lakeside ISD's files (set {}): required information is accurate",
    "Check Lakeside ISD's files (set {}): formats are right for the DDE",
    "Check Lakeside ISD's files (set {}): students are in the right teacher's classroom",
]
SUBTASKS = [
    ("Create the SecureStor folder for Lakeside ISD and add the contact", "Done"),
    ("Lakeside ISD: create and upload the files", "Done"),
    (REVIEW.format(1), "Needs Revision"),
    (REVIEW.format(2), "Done"),
    *zip((check.format(2) for check in CHECKS), ("Done", "Needs Revision", "Done"), strict=True),
    (REVIEW.format(3), "Done"),
    *((check.format(3), "Done") for check in CHECKS),
    ("1. Prepare Lakeside ISD's files for upload", "Done"),
    ("2. Test that Lakeside ISD's files update Engage", "Done"),
    ("3. Update the identification numbers of Lakeside ISD's existing students", "Done"),
    ("4. Move Lakeside ISD's files to Production", "Done"),
    ("Check that Lakeside ISD's rosters are updated", "Done"),
]


def verify(harness: Harness, key: str) -> list[str]:
    """What Jira does not hold as it should, read from the sandbox alone; empty when all is well."""
    site, problems = harness.site, []
    issue = site.issue(key)
    if (issue.status, issue.resolution) != ("Done", "Done"):
        problems.append(f"the ticket stands in {issue.status} with the resolution {issue.resolution}, not in Done")
    if issue.labels or issue.duedate:
        problems.append(f"labels {list(issue.labels)} and due date {issue.duedate} are left on it")
    found = [(s.summary, s.status) for s in site.subtasks(key)]
    if found != SUBTASKS:
        problems.append(f"its subtasks are {found}")
    ours = [c for c in issue.comments if c.author.id == BOT.id]
    for kind, wanted, comments in (
        ("public", PUBLIC, [c for c in ours if c.public]),
        ("internal", INTERNAL, [c for c in ours if not c.public]),
    ):
        if len(comments) != len(wanted):
            problems.append(f"it has {len(comments)} {kind} comments of the bot, not {len(wanted)}")
        for (name, words), comment in zip(wanted, comments, strict=False):
            if words not in comment.body:
                problems.append(f"the {kind} comment {name} reads: {comment.body.splitlines()[0]}")
    seen = [m for c in issue.comments for m in marks(dict(c.properties))]
    seen += [m for s in site.subtasks(key) for m in marks(s.properties)]
    problems += [f"the effect {one} stands in Jira twice" for one in sorted(set(seen)) if seen.count(one) > 1]
    if not isinstance(site.property(key, "onboarding-bot"), dict):
        problems.append("the ticket carries no ledger")
    return problems
