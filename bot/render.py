"""What the bot says: templates filled with facts, safe for Jira and, where public, fit for a district."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot import wiki
from bot.core.effects import Facts, NewSubtask, PostComment
from bot.core.process import Process
from bot.proofread import ABSENT, OWN, SAMPLE, STAFF_SAMPLE, Complaint, Wanted, form, named, nearest, samples
from bot.wiki import Spoken, Wiki

__all__ = [
    "OWN",
    "SAMPLE",
    "STAFF_SAMPLE",
    "Complaint",
    "Spoken",
    "TemplateFault",
    "Unfit",
    "Wanted",
    "Wiki",
    "Words",
]

LONGEST_TEXT = 32_000  # characters; Jira refuses more than 32,767, and fails at times just below
LONGEST_SUMMARY = 255

# What a template may go wrong with; anything else is a fault of ours and is not caught.
_FAULTS = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_STAFF_VIEW = r"/+(?:browse|issues|jira|secure|projects|rest|servicedesk/agent)\b"


class TemplateFault(Exception):
    """A template cannot be rendered: which one, in which line (0 where unknown), and what is wrong."""

    def __init__(self, template: str, line: int, problem: str) -> None:
        where = f"{template}, line {line}" if line else template
        super().__init__(f"{where}: {problem}")
        self.template, self.line, self.problem = template, line, problem


class Unfit(Exception):
    """The rendered text must not be sent; the message says why."""


class Words:
    """The templates of one folder. Safe to use from several threads; a changed file is read anew.

    `zones` maps a calendar's name to its zone and how it is said; `site_url` is where staff work in Jira: no
    public text may link into it."""

    def __init__(self, folder: Path, zones: Mapping[str, Spoken], site_url: str = "") -> None:
        self._folder = folder
        self._markup = _environment(folder, zones, wiki.finalize)
        self._markup.filters.update(bullets=wiki.bullets, mention=wiki.mention, mentions=wiki.mentions)
        self._plain = _environment(folder, zones, wiki.printable)
        site = re.escape((site_url.partition("://")[2] or site_url).rstrip("/"))
        self._staff_link = re.compile(site + _STAFF_VIEW, re.IGNORECASE) if site else None

    def comment(self, process: str, effect: PostComment) -> str:
        """The comment's wiki markup. TemplateFault where the template cannot be rendered, Unfit where the
        text must not be sent."""
        facts = effect.facts if effect.public else {**ABSENT, **effect.facts}
        text = self._fill(self._find(process, "comments", effect.template), facts)
        if not text:
            raise Unfit(f"the comment {effect.template!r} came out empty")
        if effect.public:
            self._guard(text)
        return text

    def subtask(self, process: str, item: NewSubtask) -> tuple[str, str]:
        """A subtask's summary (one plain line, at most 255 characters) and its description ("" or markup).
        TemplateFault where either cannot be rendered, Unfit where it is empty or too long for Jira."""
        summary = self._summary(item.summary, item.facts)
        if not summary:
            raise Unfit("the subtask's summary came out empty")
        if item.description is None:
            return summary, ""
        return summary, self._fill(self._find(process, "subtasks", item.description), item.facts)

    def check(self, process: Process, wanted: Iterable[Wanted] = OWN) -> list[Complaint]:
        """Everything wrong with the templates that `process` names, with its inline summaries, and with the
        `wanted` ones besides."""
        found: list[Complaint] = []
        for want in (*named(process), *wanted):
            found += self._check_file(process, want)
        for step in process.steps:
            for branch in step.branches:
                if branch.subtask is not None:
                    place = ("steps", step.name, "branches", branch.name, "subtask")
                    found += self._check_summary(process, branch.subtask, place)
        return found

    def _guard(self, text: str) -> None:
        """Raise Unfit where a public text has what a district must not get."""
        if "[~" in text.replace(r"\[", ""):
            raise Unfit("a public comment must not mention anybody")
        link = self._staff_link.search(wiki.unescaped(text)) if self._staff_link else None
        if link:
            raise Unfit(f"a public comment must not link into the staff's view: {link.group()}")

    def _find(self, process: str, folder: str, name: str) -> Template:
        """The process's own template of that name or, for a comment, the one for any process."""
        paths = [f"{folder}/{process}/{name}.j2"]
        if folder == "comments":
            paths.append(f"{folder}/any/{name}.j2")
        for path in paths:
            if (self._folder / path).is_file():
                try:
                    return self._markup.get_template(path)
                except _FAULTS as error:
                    raise self._fault(error, path) from error
        known = sorted({p.stem for path in paths for p in (self._folder / path).parent.glob("*.j2")})
        raise TemplateFault(paths[0], 0, f"there is no such template{nearest(name, known)}")

    def _fill(self, template: Template, facts: Facts) -> str:
        try:
            text = template.render(facts)
        except _FAULTS as error:
            raise self._fault(error, str(template.name)) from error
        lines = (" ".join(line.split()) for line in text.splitlines())
        markup = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        if len(markup) > LONGEST_TEXT:
            raise Unfit(f"the text has {len(markup)} characters; the bot sends no more than {LONGEST_TEXT:,}")
        return markup

    def _summary(self, source: str, facts: Facts) -> str:
        name = f"the summary {source!r}"
        try:
            line = wiki.one_line(self._plain.from_string(source).render(facts))
        except _FAULTS as error:
            raise self._fault(error, name) from error
        return line if len(line) <= LONGEST_SUMMARY else f"{line[: LONGEST_SUMMARY - 1].rstrip()}…"

    def _fault(self, error: Exception, name: str) -> TemplateFault:
        """The fault that `error` means, at the innermost template line that it passed through."""
        if isinstance(error, TemplateSyntaxError):
            return TemplateFault(error.name or name, error.lineno, error.message or "cannot be read")
        if isinstance(error, TemplateNotFound):
            return TemplateFault(name, 0, f"there is no template {error.name!r} to include")
        line = 0
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.endswith(".j2"):
                name, line = Path(frame.filename).relative_to(self._folder).as_posix(), frame.lineno or 0
            elif frame.filename == "<template>":
                line = frame.lineno or 0
        return TemplateFault(name, line, str(error) or type(error).__name__)

    def _check_file(self, process: Process, want: Wanted) -> list[Complaint]:
        public = want.public or want.folder == "subtasks"
        try:
            template = self._find(process.name, want.folder, want.name)
            path = str(template.name)
            source = (self._folder / path).read_text(encoding="utf-8")
            unknown = self._unknown(source, SAMPLE if public else STAFF_SAMPLE)
            if unknown:
                return [Complaint(path, line, message, want.place) for line, message in unknown]
            messages = [
                message
                for facts in samples(process, SAMPLE if public else STAFF_SAMPLE)
                for message in self._misfits(process, want, facts)
            ]
            return [Complaint(path, 0, message, want.place) for message in dict.fromkeys(messages)]
        except TemplateFault as fault:
            return [Complaint(fault.template, fault.line, fault.problem, want.place)]

    def _misfits(self, process: Process, want: Wanted, facts: Facts) -> list[str]:
        """What makes a template unfit when it is filled with these facts."""
        try:
            if want.folder == "subtasks":
                self._fill(self._find(process.name, want.folder, want.name), facts)
                return []
            text = self.comment(process.name, PostComment((), want.name, want.public, facts))
        except Unfit as unfit:
            return [str(unfit)]
        return list(form(text, facts, want.limit)) if want.public else []

    def _check_summary(self, process: Process, source: str, place: tuple[str, ...]) -> list[Complaint]:
        name = f"the summary {source!r}"
        try:
            unknown = self._unknown(source, SAMPLE)
            if unknown:
                return [Complaint(name, line, message, place) for line, message in unknown]
            empty = [1 for facts in samples(process, SAMPLE) if not self._summary(source, facts)]
        except TemplateSyntaxError as error:
            return [Complaint(name, error.lineno, error.message or "cannot be read", place)]
        except TemplateFault as fault:
            return [Complaint(fault.template, fault.line, fault.problem, place)]
        return [Complaint(name, 1, "the summary comes out empty", place)] if empty else []

    def _unknown(self, source: str, known: Facts) -> list[tuple[int, str]]:
        """The words that a template uses and nobody will fill in, each with its first line."""
        tree = self._markup.parse(source)
        lines: dict[str, int] = {}
        for node in tree.find_all(nodes.Name):
            lines.setdefault(node.name, node.lineno)
        missing = meta.find_undeclared_variables(tree) - set(known)
        return [(lines.get(m, 0), f"unknown word {m!r}{nearest(m, known)}") for m in sorted(missing)]


def _environment(folder: Path, zones: Mapping[str, Spoken], finalize: Any) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    environment.globals.clear()  # facts only: no range, namespace or lipsum to play with
    moments = wiki.Moments(zones)
    environment.filters.update(day=moments.day, moment=moments.moment, ordinal=wiki.ordinal)
    environment.tests["ahead"] = moments.ahead
    return environment
