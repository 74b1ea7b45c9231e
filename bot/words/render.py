"""What the bot says: templates filled with facts, safe for Jira and, where public, fit for a district."""

from __future__ import annotations

import re
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from jinja2 import (
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
)

from bot.core.decide.drafts import drafted
from bot.core.model.effects import Facts, NewSubtask, PostComment
from bot.core.model.process import Process
from bot.core.model.spelling import did_you_mean
from bot.words import wiki
from bot.words.environment import environment
from bot.words.files import TemplateFiles
from bot.words.proofread import (
    ABSENT,
    OPTIONAL,
    OWN,
    SAMPLE,
    STAFF_SAMPLE,
    Complaint,
    Wanted,
    form,
    named,
    samples,
)
from bot.words.unknown_words import FactTexts, OfficeTexts, unknown_words
from bot.words.wiki import Spoken, Wiki

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
    """A template cannot be rendered: which one, in which line (0 if unknown), and what is wrong."""

    def __init__(self, template: str, line: int, problem: str) -> None:
        where = f"{template}, line {line}" if line else template
        super().__init__(f"{where}: {problem}")
        self.template, self.line, self.problem = template, line, problem


class Unfit(Exception):
    """The rendered text must not be sent; the message says why."""


class Words:
    """The templates as they stand on the disk now. Safe to use from several threads; what changes later counts for
    the next Words that is made, so that words that were found good are used until newer ones are too.

    `zones` maps a calendar's name to its zone and how it is said; `site_url` is where staff work in Jira: no
    public text may link into it. `office` has the texts that bot.yaml gives, empty ones counting as unset, and
    `own` those of each process that has more or others, by its name; the files in `overrides` take the place of those
    of the same path in `folder`."""

    def __init__(
        self,
        folder: Path,
        zones: Mapping[str, Spoken],
        site_url: str = "",
        office: Mapping[str, str] = {},
        overrides: Path | None = None,
        own: Mapping[str, Mapping[str, str]] = {},
    ) -> None:
        self.files = TemplateFiles(folder, overrides)
        self._texts = {process: OfficeTexts(texts) for process, texts in own.items()}
        self._office = OfficeTexts(office)
        self._moments = wiki.Moments(zones)
        self._markup = environment(self.files, self._moments, wiki.finalize)
        self._markup.filters.update(bullets=wiki.bullets, mention=wiki.mention, mentions=wiki.mentions)
        self._markup.filters.update(preformatted=wiki.preformatted)
        self._plain = environment(self.files, self._moments, wiki.printable)
        self._inline = cache(self._plain.from_string)  # the summaries that process files hold
        site = re.escape((site_url.partition("://")[2] or site_url).rstrip("/"))
        self._staff_link = re.compile(site + _STAFF_VIEW, re.IGNORECASE) if site else None

    @property
    def version(self) -> str:
        """A hash of every template that was read."""
        return self.files.version

    def comment(self, process: str, effect: PostComment) -> str:
        """The comment's wiki markup. TemplateFault where the template cannot be rendered, Unfit where the
        text must not be sent."""
        facts = effect.facts if effect.public else {**ABSENT, **effect.facts}
        text = self._fill(process, self._find(process, "comments", effect.template), facts)
        if not text:
            raise Unfit(f"the comment {effect.template!r} came out empty")
        if effect.public:
            self._guard(text)
        return text

    def draft(self, process: str, effect: PostComment) -> str:
        """The internal comment that shows staff a public one before it is sent: a line that says how to send it,
        then the text in a quote. Raises what `comment` raises."""
        text = self.comment(process, replace(effect, public=True))
        return _sendable(drafted(text, effect.correction))

    def names_due(self, text: str, facts: Facts) -> bool:
        """Whether a text that was made of these facts names the day of their `due`."""
        due = facts.get("due")
        return due is not None and self._moments.spoken_day(facts, due) in text

    def edited(self, text: str) -> str:
        """A person's own words for the district, in the wiki markup they wrote, if they may be sent. Unfit where
        they are empty or too long, mention somebody or link into the staff's view."""
        text = text.strip()
        if not text:
            raise Unfit("there are no words to send")
        self._guard(text)
        return _sendable(text)

    def subtask(self, process: str, item: NewSubtask, taken: Collection[str] = ()) -> tuple[str, str]:
        """A subtask's summary (one plain line, at most 255 characters) and its description ("" or markup).

        If the ticket has that summary already (`taken`), "(again)" distinguishes the two. TemplateFault where either
        cannot be rendered, Unfit where it is empty or too long for Jira."""
        summary = self._summary(process, item.summary, item.facts)
        if not summary:
            raise Unfit("the subtask's summary came out empty")
        summary = _once_more(summary, taken)
        if item.description is None:
            return summary, ""
        return summary, self._fill(process, self._find(process, "subtasks", item.description), item.facts)

    def check(self, process: Process, wanted: Iterable[Wanted] = OWN, strays: bool = True) -> list[Complaint]:
        """Everything wrong with the templates that `process` names, with its inline summaries, and with the
        `wanted` ones besides; with `strays` also a file of the office's own for this process that nothing uses."""
        found: list[Complaint] = []
        wants = [*named(process), *wanted]
        for want in wants:
            found += self._check_file(process, want)
        for step in process.steps:
            for branch in step.branches:
                if branch.subtask is not None:
                    place = ("steps", step.name, "branches", branch.name, "subtask")
                    found += self._check_summary(process, branch.subtask, Wanted("", place=place, each=branch.for_each))
        return found + (list(self._strays(process, wants)) if strays else [])

    def _strays(self, process: Process, wants: Iterable[Wanted]) -> Iterator[Complaint]:
        """Words of the office that would never be said: most often a shipped file's name, misspelled."""
        used = {f"{want.folder}/{process.name}/{want.name}.j2" for want in wants}
        for file in self.files:
            ours = file.folder in (f"comments/{process.name}", f"subtasks/{process.name}")
            if file.own and ours and file.path not in used | self.files.shipped and not file.name.startswith("_"):
                known = {path for path in used | self.files.shipped if path.startswith(f"{file.folder}/")}
                meant = did_you_mean(file.name, sorted(Path(path).stem for path in known))
                yield Complaint(file.shown, 0, f"nothing uses this template{meant}")

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
            if path in self.files:
                try:
                    return self._markup.get_template(path)
                except _FAULTS as error:
                    raise self._fault(error, self.files[path].shown) from error
        known = sorted({f.name for f in self.files if f.folder in {path.rpartition("/")[0] for path in paths}})
        raise TemplateFault(paths[0], 0, f"there is no such template{did_you_mean(name, known)}")

    def _office_of(self, process: str) -> OfficeTexts:
        return self._texts.get(process, self._office)

    def _fill(self, process: str, template: Template, facts: Facts) -> str:
        try:
            text = template.render(self._filled(process, facts))
        except _FAULTS as error:
            raise self._fault(error, str(template.filename)) from error
        return _sendable(_tidy(text))

    def _filled(self, process: str, facts: Facts) -> Facts:
        """The facts with the office's texts, and with what the plan left out."""
        reviewing = bool(facts.get("round")) and facts.get("turn") == "team"
        known = FactTexts(facts.get("facts", {}))
        return {"reviewing": reviewing, **OPTIONAL, **facts, "office": self._office_of(process), "facts": known}

    def _summary(self, process: str, source: str, facts: Facts) -> str:
        name = f"the summary {source!r}"
        try:
            line = wiki.one_line(self._inline(source).render(self._filled(process, facts)))
        except _FAULTS as error:
            raise self._fault(error, name) from error
        return line if len(line) <= LONGEST_SUMMARY else f"{line[: LONGEST_SUMMARY - 1].rstrip()}…"

    def _fault(self, error: Exception, name: str) -> TemplateFault:
        """The fault that `error` means, at the innermost template line that it passed through."""
        if isinstance(error, TemplateSyntaxError):
            return TemplateFault(error.filename or name, error.lineno, error.message or "cannot be read")
        if isinstance(error, TemplateNotFound):
            return TemplateFault(name, 0, f"there is no template {error.name!r} to include")
        line = 0
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.endswith(".j2"):
                name, line = frame.filename, frame.lineno or 0
            elif frame.filename == "<template>":
                line = frame.lineno or 0
        return TemplateFault(name, line, str(error) or type(error).__name__)

    def _check_file(self, process: Process, want: Wanted) -> list[Complaint]:
        sample = SAMPLE if want.public or want.folder == "subtasks" else STAFF_SAMPLE
        try:
            template = self._find(process.name, want.folder, want.name)
            wrong = [
                Complaint(file, line, message, want.place)
                for file, tree in self._trees(str(template.name))
                for line, message in unknown_words(tree, sample, self._office_of(process.name), process, want)
            ]
            if wrong:
                return wrong
            messages = [m for facts in samples(process, sample, want) for m in self._misfits(process, want, facts)]
            return [Complaint(str(template.filename), 0, message, want.place) for message in dict.fromkeys(messages)]
        except TemplateFault as fault:
            return [Complaint(fault.template, fault.line, fault.problem, want.place)]

    def _trees(self, path: str) -> Iterator[tuple[str, nodes.Template]]:
        """The template and all that it includes, parsed, each with the name of its file."""
        seen, waiting = set[str](), [path]
        while waiting:
            path = waiting.pop()
            if path in seen or path not in self.files:
                continue  # a missing include is reported when the template is filled
            seen.add(path)
            file = self.files[path]
            try:
                tree = self._markup.parse(file.source, file.path, file.shown)
            except TemplateSyntaxError as error:
                raise self._fault(error, file.shown) from error
            waiting += [name for name in meta.find_referenced_templates(tree) if name]
            yield file.shown, tree

    def _misfits(self, process: Process, want: Wanted, facts: Facts) -> list[str]:
        """What makes a template unfit when it is filled with these facts."""
        try:
            if want.folder == "subtasks":
                self._fill(process.name, self._find(process.name, want.folder, want.name), facts)
                return []
            text = self.comment(process.name, PostComment((), want.name, want.public, facts))
        except Unfit as unfit:
            return [str(unfit)]
        return list(form(text, facts, want.limit)) if want.public else []

    def _check_summary(self, process: Process, source: str, want: Wanted) -> list[Complaint]:
        name, place, office = f"the summary {source!r}", want.place, self._office_of(process.name)
        try:
            unknown = [*unknown_words(self._markup.parse(source), SAMPLE, office, process, want)]
            if unknown:
                return [Complaint(name, line, message, place) for line, message in unknown]
            every = samples(process, SAMPLE, want)
            empty = [1 for facts in every if not self._summary(process.name, source, facts)]
        except TemplateSyntaxError as error:
            return [Complaint(name, error.lineno, error.message or "cannot be read", place)]
        except TemplateFault as fault:
            return [Complaint(fault.template, fault.line, fault.problem, place)]
        return [Complaint(name, 1, "the summary comes out empty", place)] if empty else []


def _tidy(text: str) -> str:
    """One space where a template leaves several, one empty line where it leaves several; a box keeps its own."""
    lines, inside = list[str](), False
    for line in text.splitlines():
        edge = line.strip() == wiki.BOX
        inside ^= edge
        lines.append(line.rstrip() if inside and not edge else " ".join(line.split()))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _sendable(markup: str) -> str:
    if len(markup) > LONGEST_TEXT:
        raise Unfit(f"the text has {len(markup)} characters; the bot sends no more than {LONGEST_TEXT:,}")
    return markup


def _once_more(summary: str, taken: Collection[str]) -> str:
    """The summary, with "(again)", "(again, 3)" and so on after it where the ticket has such a subtask already."""
    number, found = 1, summary
    while found in taken:
        number += 1
        more = "(again)" if number == 2 else f"(again, {number})"
        found = f"{summary[: LONGEST_SUMMARY - len(more) - 1].rstrip()} {more}"
    return found
