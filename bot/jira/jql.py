"""The JQL queries that the bot uses."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.model.process import Process


def scope(processes: Iterable[Process]) -> str:
    """All issues of the projects that have a process."""
    return f"project in ({_quoted(p.project for p in processes)})"


def under_way(processes: Iterable[Process]) -> str:
    """All issues of those projects that are not in an end status. A status that is an end in one process and a step in
    another is no end here: a ticket that has ended there is looked at once more, and no other is left out."""
    processes = tuple(processes)
    ends = {end for p in processes for end in p.ends.values()}
    ends -= {s for p in processes for s in p.statuses if s not in p.ends.values()}
    return f"{scope(processes)} AND status not in ({_quoted(ends)})" if ends else scope(processes)


def ended(processes: Iterable[Process]) -> str:
    """All issues of those projects that are in an end status of any of the processes."""
    processes = tuple(processes)
    return f"{scope(processes)} AND status in ({_quoted(end for p in processes for end in p.ends.values())})"


def changed_since(processes: Iterable[Process], moment: int) -> str:
    """All issues changed since a time in epoch milliseconds, newest first. Subtasks are included, because a change
    to one concerns its ticket."""
    return f"{scope(processes)} AND updated >= {moment} ORDER BY updated DESC"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(set(names)))
