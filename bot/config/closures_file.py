"""The unplanned closed days in a file of the bot's own, next to the calendars: `calendars/closures.json`.

No person writes it, so the bot replaces it as a whole. It is a copy of what the database has, for the day that the
database is lost, and for commands that need no database. Nothing in the office's own files is changed."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from bot.config.source import ConfigError, Problem
from bot.core.time.business_calendar import DayException
from bot.core.time.closures import Closure

ABOUT = "Written by the bot: unplanned closed days. `python -m bot calendar reopen NAME DAY` takes one back."


@dataclass(frozen=True)
class Kept:
    """A closure as the database and the file keep it, and the exception that its day had before it, if any."""

    closure: Closure
    before: DayException | None


def path_in(folder: Path) -> Path:
    """Where the file is in a configuration folder."""
    return folder / "calendars" / "closures.json"


def read_closures(folder: Path) -> tuple[Kept, ...]:
    """The closures that the folder's file has; none if there is no such file. Raises ConfigError if it is not one."""
    path = path_in(folder)
    try:
        return tuple(from_json(raw) for raw in json.loads(path.read_bytes())["closures"])
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError):
        why = "the bot cannot read its list of closed days; delete it, and the bot writes it again from its database"
        raise ConfigError([Problem(str(path), 1, why)]) from None


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Wait until no other process or thread copies closures to this folder's file, and keep the others waiting.

    Whoever copies must read the database inside, so that what is written later was also read later. On a file system
    without such locks nobody waits."""
    number = None
    try:
        with suppress(OSError):
            number = os.open(path_in(folder).parent, os.O_RDONLY)  # the folder itself: no other file is needed
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        if number is not None:
            os.close(number)


def write_closures(folder: Path, closures: Iterable[Kept]) -> None:
    """Replace the folder's file in one step. Raises OSError where it cannot be written."""
    path = path_in(folder)
    text = json.dumps({"about": ABOUT, "closures": [to_json(one) for one in closures]}, ensure_ascii=False, indent=2)
    number, name = tempfile.mkstemp(prefix=".closures.", dir=path.parent)
    try:
        with open(number, "w", encoding="utf-8") as beside:
            beside.write(f"{text}\n")
            beside.flush()
            os.fsync(number)
            os.fchmod(number, 0o644)
            with suppress(PermissionError):  # what root writes by a command belongs to the service all the same
                os.fchown(number, path.parent.stat().st_uid, path.parent.stat().st_gid)
        os.replace(name, path)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise


def to_json(kept: Kept) -> dict[str, Any]:
    """A closure as plain JSON values, as version 0.1.0 kept it too."""
    closure, before = kept.closure, kept.before
    return {
        "calendar": closure.calendar,
        "day": closure.day.isoformat(),
        "closes": closure.closes.isoformat() if closure.closes else None,
        "reason": closure.reason,
        "by": closure.by,
        "at": closure.at.isoformat(),
        "before": before
        and {"name": before.name, "open": [[s.isoformat(), e.isoformat()] for s, e in before.intervals]},
    }


def from_json(raw: Mapping[str, Any]) -> Kept:
    """The closure that `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    closure = Closure(
        calendar=raw["calendar"],
        day=date.fromisoformat(raw["day"]),
        closes=time.fromisoformat(raw["closes"]) if raw["closes"] else None,
        reason=raw["reason"],
        by=raw["by"],
        at=datetime.fromisoformat(raw["at"]),
    )
    if (before := raw["before"]) is None:
        return Kept(closure, None)
    hours = tuple((time.fromisoformat(opens), time.fromisoformat(end)) for opens, end in before["open"])
    return Kept(closure, DayException(hours, before["name"]))
