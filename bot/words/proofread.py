"""How every template is proofread: which must exist, what they may use, and the form of a public comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.core.history.replies import KEYWORDS
from bot.core.model.effects import Facts
from bot.core.model.own_templates import PUBLIC, OwnTemplate
from bot.core.model.process import Process
from bot.words import wiki
from bot.words.sample_facts import each_sample, fact_samples, optional_titles, unset_texts

WORDS_PUBLIC = 130
WORDS_FEEDBACK = 200  # without the findings
_ADDRESS = re.compile(r"https?://\S+")  # the words in an address are not ours
_STAFF_WORDS = re.compile(r"\b(sub-?tasks?|transition\w*|status|SLAs?|breach\w*|due)\b", re.IGNORECASE)
_KEYWORDS = re.compile(rf"\b(?:{'|'.join(KEYWORDS.values())})\b")

SAMPLE: Final[Facts] = {
    "district": "Bluebonnet Valley ISD",
    "contact": "Dana Reyes",
    "step": "Initial File Review",
    "next_step": "Quality Review",
    "round": 2,
    "team": "CLI Help Center",
    "turn": "team",
    "due": datetime(2026, 1, 13, 23, 0, tzinfo=UTC),
    "now": datetime(2026, 1, 9, 16, 12, tzinfo=UTC),
    "calendar": "cli",
    "keyword": "",
    "reviewing": True,
    "goal": "20 business hours",
    "passed_over": (),
    "asked_by": "Quality Review",
    "return_title": "Initial File Review",
    "days": 5,
    "expected": (datetime(2026, 1, 27, 23, 0, tzinfo=UTC), datetime(2026, 2, 24, 23, 0, tzinfo=UTC)),
    "told": datetime(2026, 1, 12, 23, 0, tzinfo=UTC),
    "findings": (
        "Class file: the column teacher_id is empty in 14 rows.",
        "Student file: three students have no date of birth.",
    ),
}
STAFF_SAMPLE: Final[Facts] = {
    **SAMPLE,
    "accounts": ("5b10a2844c20165700ede21g", "712020:6d1f7d2a-0c1e-4b53-9a5e-0f6b7f4f0c11"),
    "what": "Initial File Review, set 2",
    "since": datetime(2026, 1, 13, 23, 0, tzinfo=UTC),
    "started": datetime(2026, 1, 8, 15, 30, tzinfo=UTC),
    "note": "We changed our system last week. Does that matter?",
    "author": "Sam Ortiz",
    "reason": "Jira answered 400: the field duedate cannot be set",
    "status": "Quality Review",
    "share": 100,
    "again": False,
    "begun": True,
    "items": ("Dana Reyes: We changed our system last week. Does that matter?",),
}
# What a text may speak of and often does not: empty if the plan gives no such fact.
OPTIONAL: Final[Facts] = {"goal": "", "asked_by": "", "return_title": "", "days": 0, "told": None, "expected": ()}
# The same, for internal comments alone.
ABSENT: Final[Facts] = {
    "accounts": (), "what": "", "since": None, "started": None, "note": "", "author": "", "reason": "", "items": (),
    "share": 0, "again": False, "begun": False, "status": "",
}  # fmt: skip
# The district's turn, and what may be missing is missing, so that a sentence about it must be left out.
_BARE: Final[Facts] = {
    **OPTIONAL, **ABSENT, "contact": "", "next_step": "", "team": "", "turn": "district", "due": None,
    "keyword": "FILES READY", "findings": (), "round": 0, "reviewing": False,
}  # fmt: skip
# A note on the time of a review is for before it is due (by a part, or again and again) and for after.
_OTHERWISE: Final[dict[str, tuple[Facts, ...]]] = {
    "overdue": (
        {"since": None, "share": 50}, {"since": None, "share": 75}, {"since": None, "share": 90},
        {"since": None, "again": True}, {"again": True},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one template. `line` is 0 if it is the template as a whole; `place` is the path of
    keys in the process file that names it, and is empty for the bot's own words."""

    template: str
    line: int
    message: str
    place: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """A template that must exist: a comment's or, with `folder` "subtasks", a description's. `limit` is the
    number of words a public comment may have, findings left out; `each` the fact for whose values it is written, of a
    branch with `for_each`."""

    name: str
    public: bool = False
    place: tuple[str, ...] = ()
    folder: str = "comments"
    limit: int = WORDS_PUBLIC
    each: str | None = None


# The comments that the bot writes in every process, whatever its file says.
OWN: Final = tuple(Wanted(template.value, public=template in PUBLIC) for template in OwnTemplate)


def named(process: Process) -> Iterator[Wanted]:
    """The templates that a process file names, with where it names them."""
    if process.reminders:
        yield Wanted(process.reminders.say, True, ("reminders", "say"))
    for name, closing in process.closings.items():
        if closing.say:
            yield Wanted(closing.say, True, ("ends", name, "say"))
    for step in process.steps:
        place = ("steps", step.name)
        if step.say:
            yield Wanted(step.say, True, (*place, "say"))
        if step.revision and step.revision.say:
            yield Wanted(step.revision.say, True, (*place, "revision", "say"), limit=WORDS_FEEDBACK)
            if step.revision.not_received:
                yield Wanted(step.revision.not_received, True, (*place, "revision", "not_received"))
        for branch in step.branches:
            here = (*place, "branches", branch.name)
            if branch.say_when_done:
                yield Wanted(branch.say_when_done, True, (*here, "say_when_done"), each=branch.for_each)
            if branch.description:
                place_of_text = (*here, "description")
                yield Wanted(branch.description, place=place_of_text, folder="subtasks", each=branch.for_each)


def samples(process: Process, facts: Facts, want: Wanted) -> tuple[Facts, ...]:
    """Sample facts with everything in them, with all missing that may be missing, as each other moment that the
    template is for would have them, after steps that were passed over, and with each value of each fact of the
    process."""
    first, *others = fact_samples(process)
    full = {**facts, "calendar": process.calendar, "facts": first.texts}
    if want.each is not None:
        full["each"] = each_sample(process, want.each)
    bare = {**full, **{name: value for name, value in _BARE.items() if name in facts}, "facts": unset_texts(process)}
    moments = [{**full, **other} for other in _OTHERWISE.get(want.name, ())]
    if passed := optional_titles(process):
        moments.append({**full, "passed_over": passed})
    return full, bare, *moments, *({**full, "facts": other.texts} for other in others)


def own_words(text: str) -> str:
    """A comment without its bullets, which are findings that reviewers wrote."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("* "))


def count_words(text: str) -> int:
    """How many words of its own a comment has."""
    return len([word for word in own_words(text).split() if word != "#"])


def form(text: str, facts: Facts, limit: int) -> Iterator[str]:
    """What is wrong with the form of a public comment: mail that is read on a phone."""
    own = _ADDRESS.sub("", own_words(text))
    if count_words(text) > limit:
        yield f"{count_words(text)} words are too many for a phone; at most {limit}"
    if wiki.escape(facts["district"]) not in text.splitlines()[0]:
        yield "the first line does not name the district"
    keywords = set(_KEYWORDS.findall(own))
    if len(keywords) > 1:
        yield f"one keyword is enough, not {', '.join(sorted(keywords))}"
    for word in _STAFF_WORDS.findall(_KEYWORDS.sub("", own)):
        yield f"{word!r} is a word for staff, not for districts"
    if re.search(r"\d:\d\d", own):
        yield "announce a day, never a time of day"
    if re.search(r"^\|\||^\||\{(?:panel|color|code|noformat|quote)", own, re.MULTILINE):
        yield "no table, panel or other box in mail for a phone"
