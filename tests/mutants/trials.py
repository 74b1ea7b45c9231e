"""Tries mutations: for each, the tests that run its line, those of the core first, until one notices."""

from __future__ import annotations

import importlib
import importlib.util
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutants.mutations import ROOT, Mutation
from tests.mutants.processes import Pool
from tests.mutants.reach import FIRST, OPTIONS, Reach

NOTICED, SURVIVED, TIMED_OUT = "noticed", "survived", "timed out"
LOADING = 30  # seconds, for the bot and the files of tests
MEMORY = 3 << 30  # bytes; what never ends may also take more and more of it


@dataclass
class Trial:
    """One mutation on its way through the tests that run its line. `by` is the last test that was run."""

    mutation: Mutation
    stages: list[list[str]]
    outcome: str = ""
    by: str = ""
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)
    said: str = ""


def try_all(mutations: Iterable[Mutation], reach: Reach, jobs: int) -> Iterator[Trial]:
    """Try each mutation, so many at once; whichever is done first comes first."""
    waiting = [_trial(mutation, reach) for mutation in reversed(list(mutations))]
    pool = Pool(jobs)
    try:
        while waiting or pool.running:
            while waiting and not pool.full:
                trial = waiting.pop()
                if trial.stages:
                    trial.began = time.monotonic()
                    job = partial(_run, mutation=trial.mutation, tests=trial.stages.pop(0), seconds=reach.seconds)
                    pool.start(job, trial)
                else:
                    trial.outcome = SURVIVED
                    yield trial
            for one in pool.ended() if pool.running else ():
                trial = one.about
                trial.seconds += time.monotonic() - trial.began
                _judge(trial, one.process.exitcode or 0, Path(one.folder.name))
                one.folder.cleanup()
                if trial.outcome:
                    yield trial
                else:
                    waiting.append(trial)
    finally:
        pool.close()


def _trial(mutation: Mutation, reach: Reach) -> Trial:
    tests = reach.of(mutation.path, mutation.lines)
    first = [test for test in tests if test.startswith(FIRST)]
    second = [test for test in tests if not test.startswith(FIRST)]
    return Trial(mutation, [stage for stage in (first, second) if stage])


def _judge(trial: Trial, code: int, folder: Path) -> None:
    """Take in what a process ended with. Whatever goes wrong was noticed, but no tests at all are no answer."""
    last = folder / "last"
    trial.by = last.read_text() if last.exists() else "loading"
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        sys.exit(f"{trial.mutation.place}: its tests were not found\n{(folder / 'said').read_text()}")
    if code in (-signal.SIGALRM, -signal.SIGPROF):
        trial.outcome = TIMED_OUT
    elif code != 0:
        trial.outcome = NOTICED
        trial.said = (folder / "said").read_text(errors="replace")


# -- in the process of one mutation


class _Mutated(SourceFileLoader):
    """Loads a module from its mutated code, as if that stood in the file."""

    def __init__(self, mutation: Mutation) -> None:
        super().__init__(mutation.module, str(ROOT / mutation.path))
        self._code = mutation.code

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._code, self.path, "exec", dont_inherit=True)


class _Finder:
    """Finds the one module that is mutated."""

    def __init__(self, mutation: Mutation) -> None:
        self._name, self._loader = mutation.module, _Mutated(mutation)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self._loader.path, loader=self._loader)


@dataclass(eq=False)
class _Selection:
    """A plugin that runs the given tests in their order, each in the time that it may take, and notes the last."""

    tests: list[str]
    limit: Callable[[str], float]
    last: Path

    def pytest_configure(self) -> None:
        # Each run draws the same examples, and is content with the first that fails.
        healthy, phases = list(HealthCheck), [Phase.explicit, Phase.generate]
        settings.register_profile(
            "mutants", derandomize=True, database=None, deadline=None, phases=phases, suppress_health_check=healthy
        )
        settings.load_profile("mutants")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        place = {test: number for number, test in enumerate(self.tests)}
        items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.last.write_text(report.nodeid)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.last.write_text(nodeid)
        signal.setitimer(signal.ITIMER_REAL, self.limit(nodeid))


def _run(folder: Path, mutation: Mutation, tests: list[str], seconds: dict[str, float]) -> int:
    """Load the bot with the mutation and run the tests. The alarms end the process at once."""
    expected = sum(seconds[test] for test in tests)
    signal.setitimer(signal.ITIMER_REAL, LOADING)
    signal.setitimer(signal.ITIMER_PROF, LOADING + 5 * expected)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.meta_path.insert(0, _Finder(mutation))  # type: ignore[arg-type]
    importlib.import_module(mutation.module)
    selection = _Selection(tests, lambda test: 15 + 10 * seconds[test], folder / "last")
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    options = [*OPTIONS, "-x", "--tb=line", "--disable-warnings", "--basetemp", str(folder / "tmp")]
    return int(pytest.main([*options, *files], plugins=[selection]))
