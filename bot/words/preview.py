"""Shows what the bot would say: every template, or one, filled with sample or real facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from rich.console import Console

from bot.core.history.replies import KEYWORDS
from bot.core.model.effect_id import EffectId
from bot.core.model.effects import Facts, NewSubtask, PostComment
from bot.core.model.process import Process, Step
from bot.core.model.spelling import did_you_mean
from bot.words import wiki_html
from bot.words.files import SHIPPED_TEMPLATES, TemplateFile
from bot.words.proofread import OWN, STAFF_SAMPLE, Wanted, count_words, form, named, samples
from bot.words.render import TemplateFault, Unfit, Words
from bot.words.sample_facts import fact_samples, optional_titles
from bot.words.wiki import unescaped

_AUDIENCES = {"public": "Comments to the district", "internal": "Comments to the team", "subtask": "Subtasks"}
_NAMES = ("Sam Ortiz", "Kim Lee")  # the people behind the sample's account ids
_BOLD = re.compile(r"(?<![\w*\\])\*(?=\S)([^*\n]*[^\s\\])\*(?![\w*])")  # an escaped star is a star
_BRIEF = 110  # characters of a mail that a locked phone shows
_EARLIER = STAFF_SAMPLE["now"] - timedelta(hours=3)
_WEEKS_AGO = STAFF_SAMPLE["now"] - timedelta(days=24)
# Where a template is for a moment that the common sample is not in.
_MOMENTS: Final[Mapping[str, Facts]] = {
    "requirements": {"turn": "district", "keyword": "CONFIRM", "round": 0, "due": None},
    "confirm_files": {"turn": "district", "keyword": "CONFIRM", "round": 0, "due": None},
    "reminder": {"turn": "district", "keyword": "FILES READY", "due": None},
    "phone_district": {"turn": "district", "keyword": "FILES READY", "due": None, "days": 15, "since": _WEEKS_AGO},
    "call_district": {"round": 3, "items": STAFF_SAMPLE["findings"]},
    "late_findings": {"items": STAFF_SAMPLE["findings"]},
    "first_needs_revision": {"items": ("Quality Review: formats (set 2)",)},
    "foreign_status": {"status": "On Hold", "reason": ""},
    "step_ready": {"reason": ""},
    "broken_ledger": {"reason": "its entry 'visits' is no list"},
    "move_undone": {"what": "to Initial File Review"},
    "overdue": {"since": STAFF_SAMPLE["due"]},
    "files_ready_early": {"items": ("Dana Reyes: FILES READY",)},
    "explanation": {
        "items": ("Day             Counted          Length", "Fri 2026-01-09  10:00-11:00 CST  1 h 00 min")
    },
}


_ASKS_FOR_A_REPLY = ("reminder", "phone_district", "unheard")


class NoSuchTemplate(LookupError):
    """There is no template of the name that was asked for; the message proposes the nearest."""


@dataclass(frozen=True)
class Page:
    """One template as it would be said. `audience` is "public", "internal" or "subtask"; `words` counts what
    is not a reviewer's finding. `title` is a subtask's summary or the mail's subject, `file` the file that was
    used, and `problems` what is wrong with it: where it cannot be filled, `text` is empty. `case` says which fact has
    which value, if the template says something else then."""

    name: str
    audience: str
    text: str
    words: int
    title: str = ""
    file: str = ""
    problems: tuple[str, ...] = ()
    case: str = ""


def preview(words: Words, processes: Sequence[Process], template: str | None, facts: Facts | None) -> list[Page]:
    """Every template, or those named `template` ("status", "dde/status"), filled for the processes that use it.

    Given facts go before the sample's, and may hold the ticket's `key` besides. NoSuchTemplate where nothing has
    that name."""
    found = [(p, file) for file in words.files for p in processes if _belongs(file, p, processes)]
    if template is not None:
        wanted = template.removesuffix(".j2")
        found = [(p, file) for p, file in found if wanted in _names(file)]
        if not found:
            known = sorted({file.name for file in words.files if not file.name.startswith("_")})
            raise NoSuchTemplate(f"There is no template {template!r}{did_you_mean(Path(wanted).name, known)}.")
    pages = [(page, _place(p, file)) for p, file in found for page in _cases(words, p, file, facts or {})]
    return [page for page, _ in sorted(pages, key=lambda one: (list(_AUDIENCES).index(one[0].audience), one[1]))]


def _belongs(file: TemplateFile, process: Process, processes: Sequence[Process]) -> bool:
    """Whether the file is to be shown for that process; what all of them share, for the first alone."""
    kind, _, owner = file.folder.partition("/")
    if kind not in ("comments", "subtasks") or file.name.startswith("_"):
        return False
    return owner == process.name or (owner == "any" and process is processes[0])


def _names(file: TemplateFile) -> tuple[str, ...]:
    """What a person may call a template by."""
    path = file.path.removesuffix(".j2")
    return file.name, path.partition("/")[2], path


def _place(process: Process, file: TemplateFile) -> int:
    """Where the template comes in the course of the process; after all others, what no step names."""
    said = [name for step in process.steps for name in _says(step)]
    return said.index(file.name) if file.name in said else len(said)


def _cases(words: Words, process: Process, file: TemplateFile, given: Facts) -> Iterator[Page]:
    """The page of a template, and another one for each value of a fact, and for steps that were passed over, with which
    it says something else."""
    first, *others = fact_samples(process)
    cases: list[tuple[str, Facts]] = [("", {"facts": first.texts})]
    cases += [(sample.what, {"facts": sample.texts}) for sample in others]
    if passed := optional_titles(process):
        cases.append((f"passed over: {', '.join(passed)}", {"facts": first.texts, "passed_over": passed}))
    seen: set[tuple[str, str]] = set()
    for what, facts in cases:
        page = _page(words, process, file, {**facts, **given})
        if not seen or (page.title, page.text) not in seen:
            yield replace(page, case=what if "facts" not in given else "")
        seen.add((page.title, page.text))


def _page(words: Words, process: Process, file: TemplateFile, given: Facts) -> Page:
    want = _wanted(process, file)
    sample, *_ = samples(process, STAFF_SAMPLE, want)
    facts = {**sample, "since": _EARLIER, **_MOMENTS.get(file.name, {}), **_occasion(process, file), **given}
    name, title = file.path.partition("/")[2].removesuffix(".j2"), f"{facts.get('key', 'DDE-12')} {facts['district']}"
    text, problems = "", list[str]()
    audience = "subtask" if want.folder == "subtasks" else "public" if want.public else "internal"
    try:
        if audience == "subtask":
            item = NewSubtask(EffectId(), "", _summary(process, file), file.name, (), facts)
            title, text = words.subtask(process.name, item)
        else:
            text = words.comment(process.name, PostComment((), file.name, want.public, facts))
    except (TemplateFault, Unfit) as fault:
        problems = [str(fault)]
    if want.public and text:
        problems = list(form(text, facts, want.limit))
    return Page(name, audience, text, count_words(text), title, file.shown, tuple(problems))


def _wanted(process: Process, file: TemplateFile) -> Wanted:
    """How the process, or the bot, uses the template; for one that nothing names yet, its folder decides."""
    kind, _, owner = file.folder.partition("/")
    uses = [want for want in (*named(process), *OWN) if (want.folder, want.name) == (kind, file.name)]
    return uses[0] if uses else Wanted(file.name, kind == "comments" and owner != "any", folder=kind)


def _occasion(process: Process, file: TemplateFile) -> dict[str, Any]:
    """The facts of the step that says it."""
    for step in process.steps:
        if file.name in _says(step):
            following = next((s.title for s in process.steps if s.name == step.next), "")
            step_facts = {"step": step.title, "next_step": following}
            # The feedback speaks of the goal of the review to come, which the common sample has.
            asks = step.revision is not None and step.revision.say == file.name
            return step_facts if asks or step.goal is None else {**step_facts, "goal": str(step.goal)}
    # A reminder, and the request to call, come where the district has to reply; with what, is the process's matter.
    keyword = _first_keyword(process) if file.name in _ASKS_FOR_A_REPLY else ""
    return {"keyword": keyword} if keyword else {}


def _first_keyword(process: Process) -> str:
    """The keyword of the first branch that a reply finishes, where no review asks for files later."""
    words = [word for step in process.steps for branch in step.branches for word in branch.done_by]
    return "" if process.waiting_status else next((KEYWORDS[word] for word in words if word in KEYWORDS), "")


def _says(step: Step) -> Iterator[str | None]:
    yield from (step.say, step.revision.say if step.revision else None)
    for branch in step.branches:
        yield from (branch.say_when_done, branch.description)


def _summary(process: Process, file: TemplateFile) -> str:
    """The summary of the subtask that has this description, as the process file gives it."""
    branches = [branch for step in process.steps for branch in step.branches]
    given = (branch.subtask for branch in branches if branch.description == file.name)
    return next((summary for summary in given if summary), file.name.replace("_", " ").capitalize())


# -- to the terminal


def to_terminal(pages: Sequence[Page], console: Console) -> None:
    """Each page under a line with its name, as a reader would see it, without markup."""
    for page in pages:
        count = f"{page.words} word{'' if page.words == 1 else 's'}"
        parts = (page.name, page.audience, *([page.case] if page.case else []), count)
        console.rule(" · ".join(parts), align="left", style="dim")
        for problem in page.problems:
            console.print(f"! {problem}", style="bold red", markup=False, highlight=False)
        if page.audience == "subtask" and page.text:
            console.print(page.title, style="bold", markup=False, highlight=False)
            console.print()
        console.print(_readable(page.text), markup=False, highlight=False)
        console.print()


def _readable(text: str) -> str:
    lines, number = [], 0
    for line in text.splitlines():
        if line.strip() in wiki_html.BOXES:
            continue
        number = number + 1 if line.startswith("# ") else 0
        mark = f"  {number}. " if number else "  • " if line.startswith("* ") else ""
        lines.append(mark + _spoken(line[2:] if mark else line))
    return "\n".join(lines)


def _spoken(markup: str) -> str:
    named_ones = wiki_html.MENTION.sub(lambda found: f"@{_name_of(found[1])}", markup)
    return unescaped(_BOLD.sub(r"\1", named_ones))


def _name_of(account: str) -> str:
    people: dict[str, str] = dict(zip(STAFF_SAMPLE["accounts"], _NAMES, strict=True))
    return people.get(account, account)


# -- to a web page


def to_html(pages: Sequence[Page]) -> str:
    """One HTML page, without any other file: each comment as Jira shows it, and as an email on a phone."""
    folder = FileSystemLoader(SHIPPED_TEMPLATES / "preview")
    environment = Environment(loader=folder, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(wiki=_html, brief=_brief, anchor=_anchor)
    groups = [(title, [p for p in pages if p.audience == audience]) for audience, title in _AUDIENCES.items()]
    return environment.get_template("page.html").render(groups=[group for group in groups if group[1]])


def _html(text: str) -> Markup:
    return wiki_html.render(text, _name_of)


def _brief(text: str) -> str:
    """As much of a mail as a phone shows before it is opened."""
    line = " ".join(_readable(text).split())
    return line if len(line) <= _BRIEF else f"{line[:_BRIEF].rstrip()}…"


def _anchor(page: Page) -> str:
    return re.sub(r"[^a-z0-9]+", "-", f"{page.audience} {page.name} {page.case}".strip().lower())
