"""Deadlines for running calls, all watched by one thread; a threading.Timer for each would start a thread for each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Deadlines:
    """Running calls and their deadlines. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way: dict[object, tuple[float, Callable[[], None]]] = {}
        self._sleeps_until = 0.0
        self._thread: threading.Thread | None = None

    @contextmanager
    def end_after(self, seconds: float, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` in another thread if the block takes longer than that. It must be quick and not raise."""
        it, deadline = object(), time.monotonic() + seconds
        with self._changed:
            self._under_way[it] = deadline, end
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            elif deadline < self._sleeps_until:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._under_way.pop(it, None)

    def _watch(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                late = [it for it, (deadline, _) in self._under_way.items() if deadline <= now]
                ends = [self._under_way.pop(it)[1] for it in late]
                if not ends:
                    self._sleeps_until = min((deadline for deadline, _ in self._under_way.values()), default=now + 60.0)
                    self._changed.wait(self._sleeps_until - now)
            for end in ends:
                end()
