"""Which test runs which lines of the core, and how long it takes: measured once, on the code as it is.

Each test runs in a process of its own, so that what tests share (a fixture of the session, a table that is filled
when first asked for) counts for every one of them."""

from __future__ import annotations

import hashlib
import importlib
import os
import pickle
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage

from tests.mutants.mutations import CORE, ROOT, modules
from tests.mutants.processes import OURS, Pool

FIRST, SECOND = "tests/core", "tests/stories"
KEPT = ROOT / "var" / "mutants" / "reach"
OPTIONS = ["-p", "no:cacheprovider", "-p", "no:xdist", "-o", "timeout=0", "--rootdir", str(ROOT)]
LONGEST = 300  # seconds for one test, before something must be wrong

Lines = dict[str, set[int]]


@dataclass
class Reach:
    """What was measured. `imported` are the lines that run when a module is loaded, `collected` those that run when a
    file of tests is; `libraries` what the tests load besides the bot."""

    tests: dict[str, Lines] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    collected: dict[str, Lines] = field(default_factory=dict)
    imported: Lines = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def add(self, other: Reach) -> None:
        """Put in what another process measured."""
        self.tests |= other.tests
        self.seconds |= other.seconds
        self.failed += other.failed
        self.collected, self.imported, self.libraries = other.collected, other.imported, other.libraries

    def of(self, path: str, lines: frozenset[int]) -> list[str]:
        """The tests that run one of these lines, fastest first. What runs when the module is loaded concerns every
        test that runs any of the module, and all where none does: a module may hold nothing but facts."""
        if self.imported.get(path, set()) & lines:
            found = {test for test, ran in self.tests.items() if ran.get(path)} or set(self.tests)
        else:
            files = {file for file, ran in self.collected.items() if ran.get(path, set()) & lines}
            found = {test for test, ran in self.tests.items() if ran.get(path, set()) & lines}
            found |= {test for test in self.tests if test.partition("::")[0] in files}
        return sorted(found, key=lambda test: (self.seconds[test], test))


def reach(jobs: int) -> Reach:
    """What was measured last if neither code nor tests have changed since; otherwise it is measured now."""
    now = _state()
    if KEPT.exists():
        state, kept = pickle.loads(KEPT.read_bytes())
        if state == now and isinstance(kept, Reach):
            return kept
    print("Measuring which test runs which lines ...", file=sys.stderr, flush=True)
    found = _measure_all(jobs)
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_bytes(pickle.dumps((now, found)))
    return found


def _state() -> str:
    """A digest of all that the tests run, and of what they are run by."""
    digest = hashlib.sha256(f"{sys.version} {pytest.__version__}".encode())
    folders = ("bot", "config", "templates", "tests")
    for path in sorted(path for folder in folders for path in (ROOT / folder).rglob("*.*") if path.is_file()):
        if path.suffix != ".pyc" and path.name != "equivalent.txt":
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _measure_all(jobs: int) -> Reach:
    """Run all tests of the core and all stories once, and see what they run."""
    pool, reach = Pool(jobs), Reach()
    try:
        for part in range(jobs):
            pool.start(partial(_measure, part=part, parts=jobs), part)
        while pool.running:
            for one in pool.ended():
                result = Path(one.folder.name, "reach")
                if one.process.exitcode != 0 or not result.exists():
                    sys.exit(f"The tests cannot be measured:\n{Path(one.folder.name, 'said').read_text()}")
                reach.add(pickle.loads(result.read_bytes()))
                one.folder.cleanup()
    finally:
        pool.close()
    if reach.failed:
        sys.exit("These fail on the code as it is, so they can tell nothing:\n" + "\n".join(sorted(reach.failed)))
    return reach


@contextmanager
def _watched() -> Iterator[Lines]:
    """The lines of the core that run meanwhile, in whichever thread."""
    ran: Lines = {}
    watch = Coverage(data_file=None, include=[f"{CORE}/*"], config_file=False, messages=False)
    watch.start()
    try:
        yield ran
    finally:
        watch.stop()
        data = watch.get_data()
        ran |= {os.path.relpath(file, ROOT): set(data.lines(file) or ()) for file in data.measured_files()}


@dataclass(eq=False)
class _Watch:
    """A plugin that watches each file of tests while it is loaded, and each test of this part of all tests."""

    folder: Path
    part: int
    parts: int
    reach: Reach = field(default_factory=Reach)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        if not isinstance(collector, pytest.Module):
            return (yield)
        with _watched() as ran:
            answer = yield
        self.reach.collected[collector.nodeid] = ran
        return answer

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = items[self.part :: self.parts]
        self.reach.libraries = [name for name in sys.modules if name.partition(".")[0] not in (*OURS, "__main__")]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool:
        began, result = time.monotonic(), self.folder / "test"
        child = os.fork()
        if child == 0:
            signal.alarm(LONGEST)
            self._run(item, result)
        _, status = os.waitpid(child, 0)
        self.reach.seconds[item.nodeid] = time.monotonic() - began
        if status == 0:
            self.reach.tests[item.nodeid] = pickle.loads(result.read_bytes())
        else:
            self.reach.failed.append(item.nodeid)
        return True

    def _run(self, item: pytest.Item, result: Path) -> None:
        """What the child does: it runs the test with its fixtures, writes what that ran, and is gone."""
        code = 1
        try:
            with _watched() as ran:
                reports = runtestprotocol(item, log=False, nextitem=None)
            result.write_bytes(pickle.dumps(ran))
            code = int(any(report.failed for report in reports))
        finally:
            os._exit(code)


def _measure(folder: Path, part: int, parts: int) -> int:
    with _watched() as imported:
        for path in modules():
            importlib.import_module(".".join(Path(path).with_suffix("").parts).removesuffix(".__init__"))
    watch = _Watch(folder, part, parts)
    watch.reach.imported = imported
    basetemp = ["--basetemp", str(folder / "tmp")]
    code = pytest.main([*OPTIONS, *basetemp, FIRST, SECOND], plugins=[watch])
    (folder / "reach").write_bytes(pickle.dumps(watch.reach))
    return int(code)
