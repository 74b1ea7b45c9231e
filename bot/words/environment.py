"""Jinja as the bot's words use it: a sandbox that reaches the facts, the office's texts and nothing else."""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.words import wiki
from bot.words.files import TemplateFiles


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
    made.filters.update(day=moments.day, date=moments.date, moment=moments.moment, ordinal=wiki.ordinal, link=wiki.link)
    made.tests["ahead"] = moments.ahead
    return made
