"""Jinja as the bot's words use it: a sandbox that reaches the facts, the office's texts and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.words import wiki
from bot.words.files import TemplateFiles
from bot.words.proofread import not_given


class OfficeTexts:
    """The texts that bot.yaml gives, as `office.name`. One that is unset or empty is a fault as soon as it is
    used, and may be asked for with `is defined`; iterating gives the names of those that are set."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {name: text for name, text in texts.items() if text and text.strip()}

    def __getitem__(self, name: str) -> str | StrictUndefined:
        if name in self._texts:
            return self._texts[name]
        return StrictUndefined(hint=not_given(name, self._texts))

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)


def environment(files: TemplateFiles, moments: wiki.Moments, finalize: Any) -> ImmutableSandboxedEnvironment:
    """An environment over these files. Every `{{ … }}` ends in `finalize`; `moments` knows the calendars."""
    made = ImmutableSandboxedEnvironment(
        loader=files.loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    made.globals.clear()  # facts only: no range, namespace or lipsum to play with
    made.filters.update(day=moments.day, moment=moments.moment, ordinal=wiki.ordinal, link=wiki.link)
    made.tests["ahead"] = moments.ahead
    return made
