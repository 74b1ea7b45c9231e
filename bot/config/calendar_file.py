"""Writing an exception into a calendar's YAML file: all that a person wrote there stays as it is, to the byte."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from bot.config.load import calendar_from
from bot.config.source import ConfigError, read_source
from bot.core.time.business_calendar import Calendar, DayException
from bot.core.time.closures import with_day

_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .()")
_REMARK = re.compile(r"(?:^|\s)#[ \t]*(\S[^\r\n]*?)[ \t]*$", re.MULTILINE)  # what people wrote beside an entry
_WORDS = {"null", "true", "false", "yes", "no", "on", "off"}  # which YAML takes for something else


class NotWritten(Exception):
    """The file cannot be changed here; the message says why in a few words."""


@dataclass(frozen=True)
class CalendarFile:
    """The file of one calendar, and what it says."""

    path: Path
    calendar: Calendar


def find(folder: Path, name: str) -> CalendarFile | None:
    """The file of that calendar as it now is, None where no file of the folder is a good one of that name."""
    for path in sorted((folder / "calendars").glob("*.yaml")):
        if read_source(path, str(path)).top["calendar"].text == name:
            try:
                return CalendarFile(path, calendar_from(path))
            except ConfigError:
                return None
    return None


def entry(day: date, exception: DayException) -> str:
    """The line that stands for an exception below `exceptions:`, without its indent."""
    return f"{day}: {_value(exception)}"


def write(file: CalendarFile, day: date, exception: DayException) -> None:
    """Put the exception below `exceptions:`, in place of the day's own where it has one.

    What is written is read back before it takes the old file's place, in one step. Raises NotWritten where the
    file cannot be changed, or is written in a way that this cannot add a line to."""
    path = file.path.resolve()
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        old = path.read_bytes().decode("utf-8")
        new = inserted(old, day, exception)
        with beside.open("wb") as out:
            out.write(new.encode("utf-8"))
            out.flush()
            os.fsync(out.fileno())
        found = path.stat()
        os.chmod(beside, found.st_mode & 0o7777)
        with suppress(PermissionError):  # root must not take a file from the service; others cannot give one away
            os.chown(beside, found.st_uid, found.st_gid)
        if calendar_from(beside) != with_day(file.calendar, day, exception):
            raise NotWritten("its `exceptions:` are written in a way that no line can be added to safely")
        os.replace(beside, path)
    except OSError as error:
        raise NotWritten(f"it cannot be written ({error.strerror})") from None
    except (YAMLError, UnicodeDecodeError, ConfigError):
        raise NotWritten("it is no calendar that could be read back") from None
    finally:
        with suppress(OSError):  # a folder that cannot be written has no such file either
            beside.unlink(missing_ok=True)


def inserted(text: str, day: date, exception: DayException) -> str:
    """The YAML text with the exception in it. Raises YAMLError where the text is none."""
    newline = "\r\n" if "\r\n" in text else "\n"
    root = YAML().compose(text)
    pairs = root.value if isinstance(root, MappingNode) else []
    key, days = next(((k, v) for k, v in pairs if k.value == "exceptions"), (None, None))
    line = entry(day, exception)
    if not isinstance(key, ScalarNode):
        return _at_the_end(text, f"exceptions:{newline}  {line}{newline}", newline)
    if not isinstance(days, MappingNode):
        return _after_line(text, key.end_mark.index, f"  {line}", newline)
    before = None
    for one, value in days.value:
        if one.value == str(day):
            remarks = _REMARK.findall(text[one.end_mark.index : _end(value)])
            kept = f"  # {'; '.join(remarks)}" if remarks else ""
            return text[: one.end_mark.index] + f": {_value(exception)}{kept}" + text[_end(value) :]
        if str(one.value) < str(day):
            before = value
    if days.flow_style:
        at = days.start_mark.index + 1
        return text[:at] + line + (", " if days.value else "") + text[at:]
    indent = " " * int(days.value[0][0].start_mark.column)
    return _after_line(text, key.end_mark.index if before is None else _end(before), indent + line, newline)


def _value(exception: DayException) -> str:
    hours = [f"{opens.hour}:{opens:%M}-{_closing(end.hour, end.minute)}" for opens, end in exception.intervals]
    spans = hours[0] if len(hours) == 1 else f"[{', '.join(hours)}]"
    return f"{{name: {_quoted(exception.name)}, open: {spans}}}"


def _closing(hour: int, minute: int) -> str:
    return f"{hour}:{minute:02d}" if (hour, minute) != (0, 0) else "24:00"


def _quoted(text: str) -> str:
    # Anything odd goes between single quotes, in which YAML knows one escape only.
    plain = text[0].isalpha() and _SAFE.issuperset(text) and text.casefold() not in _WORDS
    return text if plain else "'" + text.replace("'", "''") + "'"


def _at_the_end(text: str, lines: str, newline: str) -> str:
    """The lines after the text; after a blank one, unless the text ends in a comment that may be about them."""
    if text and not text.endswith("\n"):
        text += newline
    last = text.splitlines()[-1] if text else ""
    return text + (newline if last.strip() and not last.startswith("#") else "") + lines


def _after_line(text: str, index: int, line: str, newline: str) -> str:
    """The text with a line of its own after the line that `index` is in, or at `index` where a line begins."""
    if index and text[index - 1] == "\n":
        return text[:index] + line + newline + text[index:]
    end = text.find("\n", index) + 1
    if not end:
        return text + newline + line + newline
    return text[:end] + line + newline + text[end:]


def _end(node: Node) -> int:
    """Where a value ends, without the blank and comment lines after it."""
    if isinstance(node, CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(last[-1] if isinstance(node, MappingNode) else last)
    return int(node.end_mark.index)
