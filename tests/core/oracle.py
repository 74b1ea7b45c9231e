"""Asks business time and the walker along the wall clock the same questions, and tells where they differ.

python -m tests.core.oracle --cases 100000 --seed 2026
python -m tests.core.oracle --seed 2026 --case 4711        one case again, with both answers
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import Pool
from time import perf_counter
from typing import Any

from bot.core.time.goals import parse_goal
from tests.core.oracle_cases import GROUP, Case, case_of, office_of

SEED = "2026"


@dataclass(frozen=True)
class Difference:
    """A question of a case that the two answer differently."""

    case: Case
    question: str
    walked: object
    found: object

    def __str__(self) -> str:
        case, office = self.case, self.case.office
        return (
            f"case {case.number}: {self.question}\n"
            f"  walked {_shown(self.walked)}\n  found  {_shown(self.found)}\n"
            f"  {office.zone}, start {case.start} ({case.at}), end {case.end}, goal {case.goal}, "
            f"spend {case.spend}, share {case.share}\n"
            f"  week { ({day: _spans(kept) for day, kept in sorted(office.week.items())}) }\n"
            f"  near the start {_special(case)}"
        )


def differences(case: Case) -> Iterator[Difference]:
    """Every question of the case that is answered differently."""
    for question, walk, find in questions(case):
        walked = walk()
        try:
            found = find()
        except Exception as error:  # any error is an answer here, and the wrong one
            found = error
        if walked != found:
            yield Difference(case, question, walked, found)


def questions(case: Case) -> Iterator[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    """Each question, with how the walker answers and how the calendar does."""
    walker, calendar = case.office.walker, case.office.calendar
    start, end, goal = case.start, case.end, parse_goal(case.goal)
    due = walker.due(start, case.high, case.unit)
    if case.unit == "hours":
        budget = due - start
        part = start + budget * case.share
    else:
        budget = walker.elapsed(start, due) if due > start else timedelta()
        part = walker.after(start, budget * case.share) if due > start else due
    yield "due", lambda: due, lambda: calendar.due(start, goal)
    yield "budget", lambda: budget, lambda: calendar.budget(start, goal)
    yield "moment_at", lambda: part, lambda: calendar.moment_at(start, goal, case.share)
    yield "after", lambda: walker.after(start, case.spend), lambda: calendar.after(start, case.spend)
    yield "elapsed", lambda: walker.elapsed(start, end), lambda: calendar.elapsed(start, end)
    yield "intervals", lambda: walker.intervals(start, end), lambda: list(calendar.intervals(start, end))
    yield "is_open", lambda: walker.is_open(start), lambda: calendar.is_open(start)
    yield "next_open", lambda: walker.next_open(start), lambda: calendar.next_open(start)


def cases(seed: str, first: int, last: int) -> Iterator[Case]:
    """The cases with these numbers; those of a group share an office."""
    for group in range(first // GROUP, -(-last // GROUP)):
        office = office_of(seed, group)
        for number in range(max(first, group * GROUP), min(last, (group + 1) * GROUP)):
            yield case_of(seed, number, office)


def kinds_of(case: Case) -> Iterator[str]:
    """What the case has, in words that are counted."""
    yield from (f"zone {case.office.zone}", f"unit {case.unit}", f"start {case.at}", f"week {case.office.trait}")
    if case.low < case.high:
        yield "a range"
    if case.start.second:
        yield "seconds"


def run(seed: str, first: int, last: int) -> tuple[Counter[str], list[Difference]]:
    """Ask the cases with these numbers: how many of each kind there were, and the differences."""
    kinds: Counter[str] = Counter()
    found: list[Difference] = []
    for case in cases(seed, first, last):
        kinds.update(kinds_of(case))
        found += differences(case)
    return kinds, found


def run_on_all_cores(seed: str, count: int) -> tuple[Counter[str], list[Difference]]:
    """The same for the first `count` cases, with a process for each core."""
    kinds: Counter[str] = Counter()
    found: list[Difference] = []
    parts = [(seed, first, min(first + GROUP, count)) for first in range(0, count, GROUP)]
    with Pool(os.cpu_count()) as pool:
        for some_kinds, some in pool.imap(_part, parts):
            kinds += some_kinds
            found += some
    return kinds, found


def _part(part: tuple[str, int, int]) -> tuple[Counter[str], list[Difference]]:
    return run(*part)


def replay(seed: str, number: int) -> int:
    """Ask one case again, after those of its group that were asked before it; 1 where it differs."""
    *before, case = cases(seed, number // GROUP * GROUP, number + 1)
    for other in before:
        list(differences(other))
    wrong = list(differences(case))
    print(*wrong, sep="\n", end="\n" * bool(wrong))
    differing = {difference.question for difference in wrong}
    for question, walk, _ in questions(case):
        if question not in differing:
            print(f"{question}: both {_shown(walk())}")
    return 1 if wrong else 0


def _shown(answer: object) -> str:
    if isinstance(answer, list):
        return ", ".join(f"{_shown(a)} to {_shown(b)}" for a, b in answer) or "none"
    return repr(answer) if isinstance(answer, Exception) else str(answer)


def _spans(kept: Any) -> str:
    return " ".join(f"{a:%H:%M}-{b:%H:%M}".replace("-00:00", "-24:00") for a, b in kept) or "closed"


def _special(case: Case) -> str:
    days = {**dict.fromkeys(case.office.closed, ()), **case.office.exceptions}
    reach = {(case.start + timedelta(day)).date() for day in range(-15, 61)}
    return ", ".join(f"{day} {_spans(days[day])}" for day in sorted(reach & days.keys())) or "no special days"


def main() -> int:
    """Ask, and print what differs; the exit code is 1 where anything does."""
    parser = argparse.ArgumentParser(prog="python -m tests.core.oracle")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", default=SEED)
    parser.add_argument("--case", type=int, help="replay this one and print both answers")
    asked = parser.parse_args()
    if asked.case is not None:
        return replay(asked.seed, asked.case)
    began = perf_counter()
    kinds, found = run_on_all_cores(asked.seed, asked.cases)
    for difference in found:
        print(difference)
        print(f"  again: python -m tests.core.oracle --seed {asked.seed} --case {difference.case.number}")
    for kind, count in sorted(kinds.items()):
        print(f"{count:8} {kind}")
    print(
        f"{asked.cases} cases, {len(found)} differences, {perf_counter() - began:.1f} seconds "
        f"(seed {asked.seed}, {os.cpu_count()} processes)"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
