"""Names that steps, branches and the waiting status had before: none of them may be in use, or be taken twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.config.source import Place, Problem


def was_problems(process: Place) -> Iterator[Problem]:
    """Earlier names that are names now, or that two things claim."""
    steps = process["steps"].entries()
    ends = process["ends"].entries()
    now = {one.name: "a step" for one in steps} | {one.name: "an end" for one in ends}
    yield from _was((step["was"] for step in steps), now)
    for step in steps:
        branches = step["branches"].entries()
        yield from _was((branch["was"] for branch in branches), {one.name: "a branch" for one in branches})
    waiting = process["waiting_status"]
    statuses = [step["status"].text for step in steps]
    statuses += [end["status"].text if isinstance(end.value, dict) else end.text for end in ends]
    yield from _was([waiting["was"]], {s: "a status" for s in (*statuses, waiting["status"].text) if s})


def _was(lists: Iterable[Place], now: Mapping[str, str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for names in lists:
        for name in names.entries():
            if not name.text:
                continue
            if name.text in now:
                yield name.problem(
                    f'"was" names "{name.text}", which is {now[name.text]} now; give only names that are gone'
                )
            elif name.text in seen:
                yield name.problem(f'"was" names "{name.text}" twice; only one can have been called so')
            seen.add(name.text)
