"""A staff command as it is written: found in the first line of a comment, known or nearly so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.model.ledger import CommandName
from bot.core.model.spelling import nearest

# Invisible characters, and the markup that Jira's editor puts around bold, colored or monospaced words.
_BEFORE = re.compile(r"[\s\u200b\u200e\u2060\ufeff]*(?P<markup>(?:\{color[^}\n]*\}|\{\{|[*_])*)(?=/)")
_AFTER = re.compile(r"(?:\{color\}|\}\}|[*_])+\s*\Z")
_LINE_END = re.compile(r"\r\n|\n|\r|\\\\")  # wiki markup has two backslashes for a line end
# "/hold:lawyer", "/explain?", "/new_round" and "/new round" are commands; "/etc/passwd" is not.
_SEPARATOR = r"[\s_\u2010-\u2014-]"
_NAME = re.compile(
    rf"/(?P<name>new{_SEPARATOR}+round|not{_SEPARATOR}+received|[a-z]{{3,}}(?:[_-][a-z]+)*)"
    r"(?:[.!?\u200b\u2060]*(?:\s|\Z)|[:,;]|(?P<glued>(?=[(\d])))",
    re.IGNORECASE,
)
_NAMES = tuple(CommandName)
_SIMILARITY = 0.75  # "/hlod" suggests /hold; "/etc" is no command


@dataclass(frozen=True)
class Command:
    """A line that begins with a command: its name, the words after it on the line, and the lines below. `suggestion` is
    the most similar command if there is none of that name."""

    name: str
    rest: str
    below: str = ""
    suggestion: str = ""

    @property
    def known(self) -> bool:
        """Whether there is such a command."""
        return self.name in _NAMES


def parse_command(body: str) -> Command | None:
    """The command that a comment begins with, known or not; None where it begins with nothing of that shape."""
    before = _BEFORE.match(body)
    if before is None:
        return None
    line, below = (*_LINE_END.split(body[before.end() :], maxsplit=1), "")[:2]
    line = _AFTER.sub("", line) if before["markup"] else line
    found = _NAME.match(line)
    name = re.sub(f"{_SEPARATOR}+", "-", found["name"].lower()) if found else ""
    if found is None or (found["glued"] is not None and name not in _NAMES):
        return None
    suggestion = "" if name in _NAMES else nearest(name, _NAMES, _SIMILARITY)
    return Command(name, line[found.end() :].strip(), below.strip(), suggestion)
