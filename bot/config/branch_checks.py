"""What the branches of a process file must mean: somebody who can finish each, and an order that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.config.source import Place, Problem, known_hint
from bot.core.history.replies import KEYWORDS, STATUS
from bot.core.model.process import ATTACHMENT, DISTRICT

# What a district can do that finishes a branch: its replies, and a file.
DONE_BY = tuple(dict.fromkeys([*(word for word in KEYWORDS if word != STATUS), "ready", ATTACHMENT]))


def branch_problems(process: Place) -> Iterator[Problem]:
    """Branches that nothing can finish, and branches that need what will never be done."""
    for step in process["steps"].entries():
        branches = {branch.name: branch for branch in step["branches"].entries()}
        for branch in branches.values():
            yield from _branch(branch)
            yield from _needs(branch, branches)
        yield from _circles(branches)


def _branch(branch: Place) -> Iterator[Problem]:
    done_by = branch["done_by"]
    for reply in done_by.entries():
        if reply.text and reply.text not in DONE_BY:
            hint = known_hint(reply.text, DONE_BY)
            yield reply.problem(f'"{reply.text}" is not a reply that a district can give{hint}')
    if done_by.value and branch["party"].text not in (None, DISTRICT):
        yield done_by.problem(f'"done_by" is for the district\'s replies; "{branch.name}" is not its branch')
    if isinstance(branch.value, dict) and not done_by.value and not branch["subtask"].value:
        yield branch.problem(f'nothing can finish the branch "{branch.name}": it needs "subtask" or "done_by"')
    if branch["description"].value and not branch["subtask"].value:
        yield branch["description"].problem(f'"description" is for a subtask, and "{branch.name}" has none')


def _needs(branch: Place, branches: Mapping[str, Place]) -> Iterator[Problem]:
    for need in branch["needs"].entries():
        if need.text == branch.name:
            yield need.problem(f'the branch "{branch.name}" needs itself, so it could never begin')
        elif need.text and need.text not in branches:
            others = [name for name in branches if name != branch.name]
            hint = known_hint(need.text, others)
            yield need.problem(f'"needs" names "{need.text}", which is not a branch of this step{hint}')


def _circles(branches: Mapping[str, Place]) -> Iterator[Problem]:
    """Branches that wait for each other. Each circle is named once, at its first branch in the file."""
    reported: set[str] = set()
    for name in branches:
        way = _way_back(branches, name, [name])
        if way and name not in reported:
            reported.update(way)
            circle = " -> ".join(way)
            yield branches[name]["needs"].problem(f"the branches need each other in a circle: {circle}")


def _way_back(branches: Mapping[str, Place], name: str, way: list[str]) -> list[str]:
    """The way from a branch to itself along what each needs; empty if there is none, or it needs itself directly."""
    for need in branches[way[-1]]["needs"].entries():
        if need.text == name and len(way) > 1:
            return [*way, name]
        if need.text and need.text in branches and need.text not in way:
            found = _way_back(branches, name, [*way, need.text])
            if found:
                return found
    return []
