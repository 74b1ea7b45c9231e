"""Suite: `due` and `elapsed` of our calendar beside those of others, and what building a calendar costs."""

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
from zoneinfo import ZoneInfo

import holidays

from benchmarks import report
from benchmarks.day_loop import DayLoop
from benchmarks.questions import QUESTIONS, RIGHT
from benchmarks.report import Figure, Job, Target
from benchmarks.rivals import OURS, RIVALS, Rival, special_days
from bot.core.time.business_calendar import Calendar
from bot.core.time.goals import Goal, parse_goal

SUITE = "business_time"
YEAR, YEARS = 2026, 30
ALL = tuple(RIVALS)
REFERENCE = "day loop"
MILLISECOND, MEGABYTE = 1e-3, 1_000_000
SAME = 1.25  # the price of a year beside that of a day; less than this is noise and a longer bisection
TIMES_FASTER = 20


@dataclass(frozen=True)
class Case:
    """One operation on `count` inputs that are drawn once for all: due by a goal, or elapsed over a span.

    A span is so many days from the start, or where there are none, what the goal takes."""

    name: str
    count: int
    goal: str = ""
    elapsed: bool = False
    span: timedelta | None = None
    rivals: tuple[str, ...] = ALL
    least: int = 0  # the operations a second to be reached


WINDOW, A_YEAR = "20 business hours", "2240 business hours"
CASES = (
    Case("due, 20 business hours", 40, WINDOW, rivals=(OURS, "businesstimedelta", "pandas", REFERENCE), least=300_000),
    Case(
        "due, one year (2,240 business hours)",
        4,
        A_YEAR,
        rivals=(OURS, "businesstimedelta", "pandas", REFERENCE),
        least=300_000,
    ),
    Case("elapsed, 20 business hours", 40, WINDOW, elapsed=True, least=300_000),
    Case("elapsed, one year", 4, elapsed=True, span=timedelta(days=365), least=300_000),
    Case("due, 5 business days", 40, "5 business days", rivals=(OURS, "pandas", REFERENCE), least=150_000),
    Case(
        "due, one year (250 business days)", 4, "250 business days", rivals=(OURS, "pandas", REFERENCE), least=150_000
    ),
    Case("due, 8 business hours", 40, "8 business hours", rivals=(OURS, REFERENCE), least=300_000),
    Case("elapsed, one day", 40, elapsed=True, span=timedelta(days=1), rivals=(OURS, REFERENCE), least=300_000),
)
# The long question and the short one that must cost the same.
PAIRS = (
    ("due, one year (2,240 business hours)", "due, 8 business hours"),
    ("due, one year (250 business days)", "due, 5 business days"),
    ("elapsed, one year", "elapsed, one day"),
)
AGAINST = ("businesstimedelta", "pandas")


@cache
def office() -> Calendar:
    """Monday to Friday from 8 to 17 in Chicago, closed on the federal holidays."""
    return Calendar(
        "bench", "America/Chicago", "Central Time", dict.fromkeys(range(5), ((time(8), time(17)),)), _closed(3)
    )


@cache
def _closed(years: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("US", years=range(YEAR, YEAR + years)))


@cache
def reference() -> DayLoop:
    """The day loop, which shares no code with our calendar; both must agree on every input that is timed."""
    return DayLoop(ZoneInfo(office().zone), office().week, special_days(office()))


@cache
def rival(name: str) -> Rival:
    """A rival that was told of the office."""
    return RIVALS[name](office())


def starts(count: int) -> list[datetime]:
    """Moments of one year on whole minutes, the same in every run: three of four in open hours, one at any time."""
    dice = random.Random(count)
    found: list[datetime] = []
    while len(found) < count:
        at = datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(365 * 24 * 60))
        if len(found) % 4 == 3 or office().is_open(at):
            found.append(at)
    return found


def questions(case: Case) -> list[tuple[datetime, datetime | Goal]]:
    """The inputs of a case: a start with the goal, or with the end of the span."""
    if not case.elapsed:
        return [(start, parse_goal(case.goal)) for start in starts(case.count)]
    if case.span:
        return [(start, start + case.span) for start in starts(case.count)]
    window = timedelta(hours=parse_goal(case.goal).high)
    return [(start, reference().due(start, window)) for start in starts(case.count)]


def prepare(case: Case, name: str) -> report.Prepared:
    """The operation of a rival, and the inputs of a case as it takes them."""
    asked = rival(name)
    inputs: list[tuple[Any, ...]] = [
        (asked.moment(start), asked.goal(other) if isinstance(other, Goal) else asked.moment(other))
        for start, other in questions(case)
    ]
    return asked.elapsed if case.elapsed else asked.due, inputs


def answers(case: Case, name: str) -> list[datetime | timedelta]:
    """What a rival answers to every input of a case."""
    operation, inputs = prepare(case, name)
    return [rival(name).told(operation(*each)) for each in inputs]


def check_inputs() -> dict[tuple[str, str], int]:
    """On how many of a case's inputs each rival is right, by case and rival."""
    return {
        (case.name, name): sum(a == b for a, b in zip(answers(case, name), answers(case, REFERENCE), strict=True))
        for case in CASES
        for name in case.rivals
    }


def told_questions() -> tuple[str, bool]:
    """The table of the hard questions with every rival's answer; and whether ours were all right."""
    rows, notes, ours_right = [], [], True
    for question in QUESTIONS:
        said = {name: question.ask(name) for name in ALL}
        ours_right &= said[OURS][0] == RIGHT
        rows.append((question.about, question.written(question.right()), *(cell for cell, _ in said.values())))
        notes += [note for _, note in said.values() if note]
    told = report.table(("question", "right answer", *ALL), rows)
    return "\n".join([told, "", *(f"* {note}" for note in dict.fromkeys(notes))]), ours_right


def build_one_year(year: int) -> bool:
    """A new calendar, asked about one moment of a year: its table is built."""
    return _fresh().is_open(datetime(year, 7, 1, 15, tzinfo=UTC))


def build_all_years() -> Calendar:
    """A new calendar, asked about one year after the other."""
    calendar = _fresh()
    for year in range(YEAR, YEAR + YEARS):
        calendar.is_open(datetime(year, 7, 1, 15, tzinfo=UTC))
    return calendar


def _fresh() -> Calendar:
    return Calendar("bench", office().zone, office().spoken, office().week, _closed(YEARS))


def memory() -> tuple[int, int]:
    """The bytes that a calendar of all years keeps, and the most that it held while it was built."""
    office(), _closed(YEARS)  # what a configuration holds anyway
    tracemalloc.start()
    calendar = build_all_years()
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del calendar
    return kept, most


def measured_alone() -> tuple[int, int]:
    """`memory` in a process of its own, where nothing else allocates."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
        return alone.submit(memory).result()


def timings(figures: Mapping[str, Figure], right: Mapping[tuple[str, str], int]) -> str:
    """The table of all figures, case by case, each beside ours."""
    rows = []
    for case in CASES:
        ours = figures[f"{case.name}: {OURS}"]
        for name in case.rivals:
            figure = figures[f"{case.name}: {name}"]
            rows.append(
                (
                    case.name if name == OURS else "",
                    name,
                    f"{figure.rate:,.0f}",
                    f"{figure.seconds * 1e6:,.2f}",
                    f"{figure.noise:.1%}",
                    f"{figure.seconds / ours.seconds:,.1f}",
                    f"{right[case.name, name]} of {case.count}",
                )
            )
    return report.table(("case", "who", "a second", "µs each", "±", "times ours", "right"), rows)


def judged(figures: Mapping[str, Figure], most: int) -> list[Target]:
    """The targets, against this run."""
    found = []
    for case in CASES:
        rate = figures[f"{case.name}: {OURS}"].rate
        found.append(Target(f"{case.name}: at least {case.least:,} a second", f"{rate:,.0f}", rate >= case.least))
    for case in CASES:
        for name in AGAINST:
            if name in case.rivals and "business days" not in case.name:
                times = figures[f"{case.name}: {name}"].seconds / figures[f"{case.name}: {OURS}"].seconds
                wanted = f"{case.name}: at least {TIMES_FASTER} times {name}"
                found.append(Target(wanted, f"{times:,.1f} times", times >= TIMES_FASTER))
    for long, short in PAIRS:
        price = figures[f"{long}: {OURS}"].seconds / figures[f"{short}: {OURS}"].seconds
        found.append(Target(f"{long}: at most {SAME} times the price of {short}", f"{price:.2f} times", price <= SAME))
    for what, job, years in (
        ("one alone", "build a year", 1),
        (f"{YEARS} one after the other", f"build {YEARS} years", YEARS),
    ):
        each = figures[job].seconds / years / MILLISECOND
        found.append(Target(f"a calendar's year, {what}: under 4 ms", f"{each:.2f} ms", each < 4))
    held = most / MEGABYTE
    found.append(Target(f"a calendar of {YEARS} years: under 5 MB, while it is built too", f"{held:.2f} MB", held < 5))
    return found


def versions() -> str:
    """The versions of what is measured."""
    return ", ".join(
        f"{name} {metadata.version(name)}" for name in ("businesstimedelta", "pandas", "numpy", "pytz", "pyperf")
    )


def checked() -> dict[tuple[str, str], int]:
    """Print who answers what, and give the counts of `check_inputs`; SystemExit where an answer of ours is wrong."""
    told, ours_right = told_questions()
    print(f"## Business time\n\n{versions()}\n\n### Who answers right\n\n{told}\n", flush=True)
    right = check_inputs()
    wrong = [case.name for case in CASES if right[case.name, OURS] != case.count]
    if wrong or not ours_right:
        raise SystemExit(f"Ours is not right in every line above, or differs from the {REFERENCE}: {wrong}")
    return right


def main() -> None:
    """Check, measure and tell. In the processes that pyperf starts, only measure."""
    runner = report.runner(SUITE)
    right = {} if runner.args.worker else checked()
    jobs = {
        f"{case.name}: {name}": Job(case.count, partial(prepare, case, name)) for case in CASES for name in case.rivals
    }
    jobs["build a year"] = Job(8, lambda: (build_one_year, [(YEAR + n,) for n in range(8)]))
    jobs[f"build {YEARS} years"] = Job(1, lambda: (build_all_years, [()]))
    figures = report.measure(runner, jobs)
    if runner.args.worker:
        return
    kept, most = measured_alone()
    print(f"### How fast\n\n{timings(figures, right)}\n")
    print(f"A calendar of {YEARS} years keeps {kept / MEGABYTE:.2f} MB, at most {most / MEGABYTE:.2f} MB when built.\n")
    print(f"### Targets\n\n{report.targets(judged(figures, most))}")


if __name__ == "__main__":
    main()
