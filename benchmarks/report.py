"""What all suites share: how a figure is measured, the machine, and the tables and targets that are printed."""

from __future__ import annotations

import gc
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

Rows = Sequence[Sequence[str]]
Prepared = tuple[Callable[..., object], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class Job:
    """An operation that is measured over `count` inputs; `prepare` gives both, before the clock runs."""

    count: int
    prepare: Callable[[], Prepared]


@dataclass(frozen=True)
class Figure:
    """What one operation takes: the median in seconds, and how far half of the values stray from it."""

    seconds: float
    stray: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """The figure of measured values, in seconds."""
        middle = median(values)
        return cls(middle, median(abs(value - middle) for value in values))

    @property
    def rate(self) -> float:
        """Operations a second."""
        return 1 / self.seconds

    @property
    def noise(self) -> float:
        """How far half of the values stray, as a part of the median."""
        return self.stray / self.seconds


@dataclass(frozen=True)
class Target:
    """What is to be reached, what this run reached, and whether that is enough."""

    wanted: str
    reached: str
    met: bool


FAST = "--fast"


def fast() -> bool:
    """Whether this suite was asked to be short and noisier."""
    return FAST in sys.argv


def in_rounds(jobs: Mapping[str, Callable[[], Mapping[str, float]]], rounds: int) -> dict[str, dict[str, list[float]]]:
    """What each job measured by the clock on the wall, in rounds, so that a slow minute of the machine falls on all
    alike: job -> figure -> the values of all rounds."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in jobs}
    for nth in range(rounds):
        for name, job in jobs.items():
            print(f"{nth + 1}. {name} ({_load()})", file=sys.stderr, flush=True)
            for figure, value in job().items():
                found[name].setdefault(figure, []).append(value)
    return found


def spread(values: Sequence[float], digits: int = 0) -> list[str]:
    """The median with the lowest and the highest value, as cells of a table."""
    return [f"{value:,.{digits}f}" for value in (median(values), min(values), max(values))]


def measure(jobs: Mapping[str, Job]) -> dict[str, Figure]:
    """Measure every job in rounds, so that a slow minute of the machine falls on all alike; the figure is the median.

    The clock is the processor time of this process: what others do on the machine disturbs it least."""
    least, rounds = (0.02, 3) if fast() else (0.1, 15)
    clocks = {name: _clock(*job.prepare()) for name, job in jobs.items()}
    loops = {name: _loops(clock, least) for name, clock in clocks.items()}
    values: dict[str, list[float]] = {name: [] for name in jobs}
    gc.disable()
    for _ in range(rounds):
        for name, clock in clocks.items():
            gc.collect()
            values[name].append(clock(loops[name]) / loops[name] / jobs[name].count)
    gc.enable()
    return {name: Figure.of(found) for name, found in values.items()}


def _clock(operation: Callable[..., object], inputs: Sequence[tuple[Any, ...]]) -> Callable[[int], float]:
    """What gives the processor time of so many loops over all inputs."""

    def timed(loops: int) -> float:
        began = process_time()
        for _ in range(loops):
            for each in inputs:
                operation(*each)
        return process_time() - began

    timed(1)  # builds what is built on demand
    return timed


def _loops(timed: Callable[[int], float], least: float) -> int:
    """How many loops take the least time that is worth measuring."""
    loops = 1
    while timed(loops) < least:
        loops *= 2
    return loops


def table(head: Sequence[str], rows: Rows) -> str:
    """A table that reads well on a terminal and is Markdown too; figures to the right, the first column left."""
    cells = [list(head), *map(list, rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    numeric = [i > 0 and all(row[i][:1].isdigit() or row[i] in {"", "-"} for row in rows) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        padded = (c.rjust(w) if right else c.ljust(w) for c, w, right in zip(row, widths, numeric, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = "|".join("-" * (w + 1) + (":" if right else "-") for w, right in zip(widths, numeric, strict=True))
    return "\n".join([line(head), f"|{rule}|", *map(line, rows)])


def targets(found: Sequence[Target]) -> str:
    """The targets with what was reached, and how many were met."""
    rows = [(one.wanted, one.reached, "met" if one.met else "NOT MET") for one in found]
    met = sum(one.met for one in found)
    return f"{table(('target', 'this run', ''), rows)}\n\n{met} of {len(found)} targets met."


def machine(kind: str) -> str:
    """The machine, the day and what runs on it, for the head of a report."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"Benchmarks ({kind} run), {now}\n"
        f"{_cpu()}, {os.cpu_count()} cores; {python}, {platform.system()} {platform.machine()}; {_load()}\n"
    )


def noise() -> str:
    """How busy the machine was, for the foot of a report."""
    return f"\nAt the end: {_load()}, of which 1 is the benchmark itself."


def _load() -> str:
    return "load average {:.1f} {:.1f} {:.1f}".format(*os.getloadavg())


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown CPU"
