"""What staff order the bot with the first line of a comment, and what an order changes in the stay it is given in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.core.history import replies
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.issue import Comment, Issue
from bot.core.model.ledger import VENDOR, WAITING, CommandName, CommandRecord, Ledger, ReplyRecord, Visit
from bot.core.model.pauses import open_pause
from bot.core.model.process import Process, Step
from bot.core.model.spelling import nearest
from bot.core.time.closures import parse_closure, parse_day, parse_time
from bot.core.time.goals import Goal, parse_goal

# Room that is not seen, and what Jira's editor puts around bold, coloured or typewriter words.
_BEFORE = re.compile(r"[\s\u200b\u200e\u2060\ufeff]*(?P<markup>(?:\{color[^}\n]*\}|\{\{|[*_])*)(?=/)")
_AFTER = re.compile(r"(?:\{color\}|\}\}|[*_])+\s*\Z")
_ENDS = re.compile(r"\r\n|\n|\r|\\\\")  # of a line; wiki markup has two backslashes for one
# "/hold:lawyer", "/explain?", "/new_round" and "/new round" are meant as they are read; "/etc/passwd" is not.
_JOINT = r"[\s_\u2010-\u2014-]"
_NAME = re.compile(
    rf"/(?P<name>new{_JOINT}+round|not{_JOINT}+received|[a-z]{{3,}}(?:[_-][a-z]+)*)"
    r"(?:[.!?\u200b\u2060]*(?:\s|\Z)|[:,;]|(?P<glued>(?=[(\d])))",
    re.IGNORECASE,
)
_NAMES = tuple(CommandName)
_ALIKE = 0.75  # "/hlod" is meant to be /hold; "/etc" is no order at all
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:T|\s+)(?P<clock>\d\d?:\d\d(?:\s*[ap]\.?m\b\.?)?)(?:\s\W*(?P<zone>\w*).*)?",
    re.IGNORECASE,
)
_ZONES = frozenset("UTC GMT ET EST EDT CT CST CDT MT MST MDT PT PST PDT AKST AKDT HST BST CET CEST".split())


@dataclass(frozen=True)
class Command:
    """A line that begins with a command: its name, the words after it on the line, and the lines below. `meant` is
    the nearest command where the name is none."""

    name: str
    rest: str
    below: str = ""
    meant: str = ""

    @property
    def known(self) -> bool:
        """Whether there is such a command."""
        return self.name in _NAMES


def command_of(body: str) -> Command | None:
    """The command that a comment begins with, known or not; None where it begins with nothing of that shape."""
    before = _BEFORE.match(body)
    if before is None:
        return None
    line, below = (*_ENDS.split(body[before.end() :], maxsplit=1), "")[:2]
    line = _AFTER.sub("", line) if before["markup"] else line
    found = _NAME.match(line)
    name = re.sub(f"{_JOINT}+", "-", found["name"].lower()) if found else ""
    if found is None or (found["glued"] is not None and name not in _NAMES):
        return None
    meant = "" if name in _NAMES else nearest(name, _NAMES, _ALIKE)
    return Command(name, line[found.end() :].strip(), below.strip(), meant)


def answer_to(comment: str, at: datetime) -> EffectName:
    """The name of the answer to a command, by the id of its comment and when that was last edited."""
    return EffectName.of(Kind.ANSWER, comment, at)


class NotDone(Exception):
    """An order that cannot be obeyed; the message says why, and what to write instead."""


@dataclass(frozen=True)
class Scene:
    """Where an order is given: the stay, its step (None outside the steps) and the zone of its calendar; `lead` are
    the accounts of who leads."""

    issue: Issue
    process: Process
    lead: Collection[str]
    ledger: Ledger
    visit: Visit
    step: Step | None
    zone: str


def obey(scene: Scene, command: Command, comment: Comment) -> Visit | None:
    """Write into the stay what the order changes; the new stay that it begins, where it does.

    Raises NotDone, and then nothing has changed. Commands that only ask something change nothing."""
    handler = _HANDLERS.get(command.name)
    return handler(scene, command.rest, comment) if handler else None


def reason_of(command: Command) -> str:
    """Why staff put a ticket on hold or give it more time, as the order's words say it; empty for other orders."""
    if command.name == CommandName.HOLD:
        return _vendor_and_reason(command.rest)[1]
    try:
        return _goal_and_reason(command.rest)[1] if command.name == CommandName.EXTEND else ""
    except NotDone:  # edited since it was obeyed
        return ""


def _obeyed(scene: Scene, kind: CommandName, comment: Comment, value: str = "") -> None:
    author = comment.author.id if comment.author else ""
    scene.visit.commands.append(CommandRecord(comment.id, kind, comment.updated, author, value))


def _hold(scene: Scene, words: str, comment: Comment) -> None:
    _inside(scene)
    if open_pause(scene.visit) is not None:
        raise NotDone("it is on hold already; /resume ends that")
    vendor, reason = _vendor_and_reason(words)
    if not reason:
        raise NotDone('the reason is missing; write it on the same line, such as "/hold vendor waits for new rosters"')
    _obeyed(scene, CommandName.HOLD, comment, VENDOR if vendor else "")


def _vendor_and_reason(words: str) -> tuple[bool, str]:
    first, rest = (*words.split(maxsplit=1), "", "")[:2]
    vendor = first.lower().rstrip(":,;") == VENDOR
    return vendor, rest if vendor else words


def _resume(scene: Scene, words: str, comment: Comment) -> None:
    if open_pause(scene.visit) is None:
        status = "no /hold stops it, its status does: move it to a status of the process, and the clocks go on"
        raise NotDone("it is not on hold" if scene.visit.step else status)
    _obeyed(scene, CommandName.RESUME, comment)


def _extend(scene: Scene, words: str, comment: Comment) -> None:
    step = scene.step
    if step is None or (step.goal is None and all(branch.goal is None for branch in step.branches)):
        raise NotDone("no review clock runs here that could be given more time")
    notes = scene.visit.clocks.values()
    if (step.review and not scene.visit.files) or (notes and all(note.stopped for note in notes)):
        raise NotDone("no review clock runs here any more that could be given more time")
    goal, reason = _goal_and_reason(words)
    if not reason:
        raise NotDone('the reason is missing; write it on the same line, such as "/extend 8 business hours new staff"')
    _obeyed(scene, CommandName.EXTEND, comment, str(goal))


def _goal_and_reason(words: str) -> tuple[Goal, str]:
    every = words.split()
    problem = 'the time is missing; write it like "/extend 8 business hours REASON"'
    for count in (3, 2):  # "8 business hours", "2 weeks"
        try:
            goal = parse_goal(" ".join(every[:count]).rstrip(":,;"))
        except ValueError as error:
            problem = str(error) if count == 3 and every else problem
            continue
        if goal.low != goal.high:
            raise NotDone(f'"{goal}" is a range; write one length, such as "8 business hours"')
        return goal, " ".join(every[count:]).lstrip(":,; ")
    raise NotDone(problem)


def _received(scene: Scene, words: str, comment: Comment) -> None:
    visit = scene.visit
    if scene.step is None or not scene.step.review or visit.received is None:
        raise NotDone("no set of files is under review here")
    at = _local_moment(words, scene.zone)
    if at > comment.updated:
        raise NotDone(f"{words} is still to come; files can only have been received before now")
    if at < scene.issue.created:
        raise NotDone(f"{words} is before this ticket was made")
    judged = [v.ended for v in scene.ledger.visits if v.ended and v.files and v.files != visit.files]
    if judged and at < max(judged):
        raise NotDone(f"{words} is before the review of the set before these files ended")
    _obeyed(scene, CommandName.RECEIVED, comment, visit.received.astimezone(UTC).isoformat())
    visit.received = at


def _local_moment(words: str, zone: str) -> datetime:
    found = _MOMENT.fullmatch(words)
    try:
        if found is None:
            raise ValueError
        local = datetime.combine(parse_day(found["day"]), parse_time(found["clock"]))
    except ValueError:
        raise NotDone(f'"{words}" is not a moment; write it like "/received 2026-01-08 15:40"') from None
    at = local.replace(tzinfo=ZoneInfo(zone))
    told, own = found["zone"] or "", at.tzname() or ""
    if told in _ZONES and told != own and not (told[0] == own[0] and told.endswith("T")):  # CT and CDT are meant as CST
        raise NotDone(f"{told} is not the time of this office; write the moment in {own}")
    return at.astimezone(UTC)


def _send(scene: Scene, words: str, comment: Comment) -> None:
    _post(scene, CommandName.SEND, words, comment)


def _tell(scene: Scene, words: str, comment: Comment) -> None:
    _post(scene, CommandName.TELL, words, comment)


def _post(scene: Scene, kind: CommandName, words: str, comment: Comment) -> None:
    """The drafts themselves are looked for once it is decided what to do."""
    if words:  # they may be meant for colleagues
        raise NotDone(f"words stand on its line; write /{kind} alone, and your own words for the district below it")
    _obeyed(scene, kind, comment)


def _not_received(scene: Scene, words: str, comment: Comment) -> None:
    revision = scene.step.revision if scene.step else None
    if revision is None or not scene.visit.files:
        raise NotDone("no set of files is under review here")
    if revision.not_received is None:
        raise NotDone("this process has no words for files that were not received in this step")
    _obeyed(scene, CommandName.NOT_RECEIVED, comment)


def _new_round(scene: Scene, words: str, comment: Comment) -> Visit | None:
    visit, author = scene.visit, comment.author.id if comment.author else ""
    if visit.step == WAITING:
        _obeyed(scene, CommandName.NEW_ROUND, comment)
        visit.replies.append(ReplyRecord(comment.id, replies.FILES_READY, comment.updated, author))
        return None
    if scene.step is None or not scene.step.review or not visit.files:
        raise NotDone("a new set of files can be announced during a review, or while the ticket waits for the district")
    _obeyed(scene, CommandName.NEW_ROUND, comment)
    began = f"c{comment.id}"
    return Visit(
        id=began,
        step=visit.step,
        status=visit.status,
        began=comment.updated,
        by=author,
        files=began,
        round=visit.round + 1,
        received=comment.updated,
    )


def _closed(scene: Scene, words: str, comment: Comment) -> None:
    """Nothing of the stay changes; whether the day may be closed by this person, in these words, is told here."""
    if comment.author is None or comment.author.id not in scene.lead:
        raise NotDone("only those may close a day whom bot.yaml names below `lead:`")
    try:
        parse_closure(words)
    except ValueError as problem:
        raise NotDone(f'{str(problem).rstrip(".")}; write it like "/closed 2026-12-04 ice storm"') from None


def _inside(scene: Scene) -> None:
    if scene.step is None and scene.visit.step != WAITING:
        raise NotDone("the ticket is in no step of the process, so nothing runs that could be put on hold")


_HANDLERS: dict[str, Callable[[Scene, str, Comment], Visit | None]] = {
    CommandName.HOLD: _hold,
    CommandName.RESUME: _resume,
    CommandName.EXTEND: _extend,
    CommandName.RECEIVED: _received,
    CommandName.NOT_RECEIVED: _not_received,
    CommandName.NEW_ROUND: _new_round,
    CommandName.SEND: _send,
    CommandName.TELL: _tell,
    CommandName.CLOSED: _closed,
}
# These mean nothing in another visit than the one they were written in.
VISIT_COMMANDS = frozenset(_HANDLERS) - {CommandName.CLOSED}
