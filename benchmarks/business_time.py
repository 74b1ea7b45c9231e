"""Suite: `due` and `elapsed` of our calendar compared with those of others, and what building a calendar costs."""

from __future__ import annotations

import multiprocessing
import random
import tracemalloc
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from importlib import metadata
from typing import Any

import holidays

from benchmarks import report
from benchmarks.candidates import CANDIDATES, OURS, REFERENCE, Candidate
from benchmarks.questions import QUESTIONS, RIGHT
from benchmarks.report import Figure, Job, Target
from bot.core.time.business_calendar import Calendar
from bot.core.time.goals import parse_goal

YEAR, YEARS = 2026, 30
OTHERS = ("businesstimedelta", "pandas")
TIMES_FASTER = 20
SAME = 1.25  # the cost of a long question compared with a short one; less than this is noise and a longer bisection


@dataclass(frozen=True)
class Case:
    """One operation on `count` inputs that are the same in every run: due by a goal, or the open time elapsed over
    what the goal takes. `least` is how many a second are to be reached."""

    name: str
    count: int
    goal: str
    elapsed: bool = False
    candidates: tuple[str, ...] = tuple(CANDIDATES)
    least: int = 300_000


WINDOW, A_YEAR = "20 business hours", "2240 business hours"
CASES = (
    Case("due, 20 business hours", 40, WINDOW),
    Case("due, one year (2,240 business hours)", 4, A_YEAR),
    Case("elapsed, 20 business hours", 40, WINDOW, elapsed=True),
    Case("elapsed, one year (2,240 business hours)", 4, A_YEAR, elapsed=True),
    Case("due, 5 business days", 40, "5 business days", candidates=(OURS, "pandas", REFERENCE), least=150_000),
)
# The long question and the short one that must cost the same.
PAIRS = ((CASES[1].name, CASES[0].name), (CASES[3].name, CASES[2].name))


@cache
def office() -> Calendar:
    """Monday to Friday from 8 to 17 in Chicago, closed on the federal holidays."""
    return _calendar(3)


@cache
def _closed(years: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("US", years=range(YEAR, YEAR + years)))


def _calendar(years: int) -> Calendar:
    week = dict.fromkeys(range(5), ((time(8), time(17)),))
    return Calendar("bench", "America/Chicago", "Central Time", week, _closed(years))


@cache
def candidate(name: str) -> Candidate:
    """A candidate, set up with the office."""
    return CANDIDATES[name](office())


def starts(count: int) -> list[datetime]:
    """Moments of one year on whole minutes, the same in every run: three of four in open hours, one at any time."""
    dice = random.Random(count)
    found: list[datetime] = []
    while len(found) < count:
        at = datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(365 * 24 * 60))
        if len(found) % 4 == 3 or office().is_open(at):
            found.append(at)
    return found


def prepare(case: Case, name: str) -> report.Prepared:
    """The operation of a candidate, and the inputs of a case in the form that it takes."""
    asked, loop, goal = candidate(name), candidate(REFERENCE), parse_goal(case.goal)
    inputs: list[tuple[Any, ...]] = []
    for start in starts(case.count):
        by = asked.moment(loop.due(start, loop.goal(goal))) if case.elapsed else asked.goal(goal)
        inputs.append((asked.moment(start), by))
    return asked.elapsed if case.elapsed else asked.due, inputs


def answers(case: Case, name: str) -> list[datetime | timedelta]:
    """What a candidate answers to every input of a case."""
    operation, inputs = prepare(case, name)
    return [candidate(name).plain(operation(*each)) for each in inputs]


def right_answers() -> dict[tuple[str, str], int]:
    """On how many of a case's inputs each candidate agrees with the day loop, by case and candidate."""
    return {
        (case.name, name): sum(a == b for a, b in zip(answers(case, name), answers(case, REFERENCE), strict=True))
        for case in CASES
        for name in case.candidates
    }


def hard_questions() -> tuple[str, bool]:
    """The table of the hard questions with every candidate's answer, and whether ours were all right."""
    rows, notes, ours_right = [], [], True
    for question in QUESTIONS:
        said = {name: question.ask(name) for name in CANDIDATES}
        ours_right &= said[OURS][0] == RIGHT
        rows.append((question.about, question.written(question.right()), *(cell for cell, _ in said.values())))
        notes += [note for _, note in said.values() if note]
    found = report.table(("question", "right answer", *CANDIDATES), rows)
    return "\n".join([found, "", *(f"* {note}" for note in dict.fromkeys(notes))]), ours_right


def build(years: int) -> Calendar:
    """A new calendar that is asked about one year after the other, so that their tables are built."""
    calendar = _calendar(YEARS)
    for year in range(YEAR, YEAR + years):
        calendar.is_open(datetime(year, 7, 1, 15, tzinfo=UTC))
    return calendar


def memory() -> tuple[int, int]:
    """The bytes that a calendar of all years keeps, and the most that it held while it was built."""
    office(), _closed(YEARS)  # what a configuration holds anyway
    tracemalloc.start()
    calendar = build(YEARS)
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del calendar
    return kept, most


def timings(figures: Mapping[str, Figure], right: Mapping[tuple[str, str], int]) -> str:
    """The table of all figures, case by case, each compared with ours."""
    rows = []
    for case in CASES:
        for name in case.candidates:
            figure, ours = figures[f"{case.name}: {name}"], figures[f"{case.name}: {OURS}"]
            cells = (f"{figure.rate:,.0f}", f"{figure.seconds * 1e6:,.2f}", f"{figure.noise:.1%}")
            times, agreed = f"{figure.seconds / ours.seconds:,.1f}", f"{right[case.name, name]} of {case.count}"
            rows.append((case.name if name == OURS else "", name, *cells, times, agreed))
    return report.table(("case", "who", "a second", "µs each", "±", "times ours", "right"), rows)


def targets(figures: Mapping[str, Figure], most: int) -> list[Target]:
    """The targets, and what this run reached."""
    found = []
    for case in CASES:
        ours = figures[f"{case.name}: {OURS}"]
        found.append(
            Target(f"{case.name}: at least {case.least:,} a second", f"{ours.rate:,.0f}", ours.rate >= case.least)
        )
        for name in OTHERS if "business days" not in case.goal else ():
            times = figures[f"{case.name}: {name}"].seconds / ours.seconds
            wanted = f"{case.name}: at least {TIMES_FASTER} times {name}"
            found.append(Target(wanted, f"{times:,.1f} times", times >= TIMES_FASTER))
    for long, short in PAIRS:
        cost = figures[f"{long}: {OURS}"].seconds / figures[f"{short}: {OURS}"].seconds
        found.append(Target(f"{long}: at most {SAME} times the cost of 20 hours", f"{cost:.2f} times", cost <= SAME))
    for years in (1, YEARS):
        each = figures[f"build {years}"].seconds / years * 1000
        found.append(Target(f"a calendar's year, {years} built: under 4 ms", f"{each:.2f} ms", each < 4))
    held = most / 1e6
    found.append(Target(f"a calendar of {YEARS} years: under 5 MB, while it is built too", f"{held:.2f} MB", held < 5))
    return found


def main() -> None:
    """Check, measure, and print. SystemExit where an answer of ours is wrong."""
    names = ("businesstimedelta", "pandas", "numpy", "pytz")
    questions, ours_right = hard_questions()
    print(f"## Business time\n\n{', '.join(f'{name} {metadata.version(name)}' for name in names)}\n")
    print(f"### Who answers right\n\n{questions}\n", flush=True)
    right = right_answers()
    wrong = [case.name for case in CASES if right[case.name, OURS] != case.count]
    if wrong or not ours_right:
        raise SystemExit(f"Ours is not right in every line above, or differs from the {REFERENCE}: {wrong}")
    jobs = {
        f"{case.name}: {name}": Job(case.count, partial(prepare, case, name))
        for case in CASES
        for name in case.candidates
    }
    jobs |= {f"build {years}": Job(1, lambda years=years: (build, [(years,)])) for years in (1, YEARS)}
    figures = report.measure(jobs)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        kept, most = alone.submit(memory).result()
    print(f"### How fast\n\n{timings(figures, right)}\n")
    print(f"A calendar of {YEARS} years keeps {kept / 1e6:.2f} MB, at most {most / 1e6:.2f} MB when built.\n")
    print(f"### Targets\n\n{report.targets(targets(figures, most))}")


if __name__ == "__main__":
    main()
