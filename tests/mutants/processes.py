"""Processes that fork from this one, which has every library loaded and nothing of the bot: so each starts at once,
with the bot's modules as they are or with one of them mutated."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

FORK = multiprocessing.get_context("fork")
OURS = ("bot", "tests", "conftest")
# Stories write databases; in memory they need not wait for the disk.
MEMORY = Path("/dev/shm")
FOLDERS = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None

Job = Callable[[Path], int]


def preload(names: Iterable[str]) -> None:
    """Load libraries once for all processes to come."""
    for name in names:
        # Whatever a library says to being loaded out of its turn, the test's process says again.
        with suppress(Exception):
            importlib.import_module(name)
    loaded = [name for name in sys.modules if name.partition(".")[0] == "bot"]
    assert not loaded, f"already there, so that no mutation of it would be seen: {loaded}"
    assert threading.active_count() == 1, f"no process may fork from one with threads: {threading.enumerate()}"
    gc.collect()
    gc.freeze()


@dataclass
class Started:
    """A process at work, with a folder of its own."""

    process: BaseProcess
    folder: tempfile.TemporaryDirectory[str]
    about: Any


@dataclass
class Pool:
    """So many processes at once. A job gets a folder and answers with an exit code, which is all that it tells,
    except for what it leaves in the folder."""

    most: int
    running: list[Started] = field(default_factory=list)

    def start(self, job: Job, about: Any) -> None:
        """Begin a job."""
        folder = tempfile.TemporaryDirectory(prefix="mutants-", dir=FOLDERS, ignore_cleanup_errors=True)
        process = FORK.Process(target=_run, args=(job, Path(folder.name)))
        process.start()
        self.running.append(Started(process, folder, about))

    @property
    def full(self) -> bool:
        """Whether the next job must wait."""
        return len(self.running) >= self.most

    def ended(self) -> list[Started]:
        """Wait for one to end at least; the caller cleans its folder up."""
        wait([one.process.sentinel for one in self.running])
        over = [one for one in self.running if not one.process.is_alive()]
        for one in over:
            self._forget(one)
        return over

    def close(self) -> None:
        """End what still runs."""
        for one in list(self.running):
            self._forget(one)
            one.folder.cleanup()

    def _forget(self, one: Started) -> None:
        self.running.remove(one)
        with suppress(ProcessLookupError):
            os.killpg(one.process.pid or 0, signal.SIGKILL)  # and whatever it had started
        one.process.join()


def _run(job: Job, folder: Path) -> None:
    """Work in a group of processes of its own, say nothing on the terminal, and leave without a word."""
    code = 70
    try:
        os.setsid()
        with (folder / "said").open("wb") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        code = job(folder)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
