"""The only place that asks what time it is."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Two times: the business now that plans use, and machine time for leases, back-off and settling. And a
    stopwatch, which nobody corrects: it tells how long this process itself has waited for something."""

    def now(self) -> datetime:
        """The business now, an aware datetime in UTC."""
        ...

    def machine(self) -> float:
        """Machine time in seconds since the epoch."""
        ...

    def steady(self) -> float:
        """Seconds since some moment, the same for the whole life of this process."""
        ...


class SystemClock:
    """Both times are the machine's own."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def machine(self) -> float:
        return time.time()

    def steady(self) -> float:
        return time.monotonic()


class SettableClock:
    """A business now that moves only when told, until `run`; machine time runs on, can be jumped over, and can be
    corrected."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError(f"a clock needs a moment with an offset, not {start!r}")
        self._lock = threading.Lock()
        self._now = start.astimezone(UTC)
        self._jumped = self._corrected = 0.0
        self._running_since: float | None = None

    def now(self) -> datetime:
        with self._lock:
            if self._running_since is None:
                return self._now
            return self._now + timedelta(seconds=time.monotonic() - self._running_since)

    def machine(self) -> float:
        with self._lock:
            return time.time() + self._jumped + self._corrected

    def steady(self) -> float:
        with self._lock:
            return time.monotonic() + self._jumped

    def set(self, moment: datetime) -> None:
        """Make `moment` the business now."""
        with self._lock:
            self._now = moment.astimezone(UTC)

    def advance(self, step: timedelta) -> None:
        """Move the business now on by `step`."""
        with self._lock:
            self._now += step

    def run(self) -> None:
        """From here on let the business now pass as time does."""
        with self._lock:
            self._running_since = time.monotonic()

    def jump_machine(self, seconds: float) -> None:
        """Let so many seconds of machine time be over."""
        with self._lock:
            self._jumped += seconds

    def correct_machine(self, seconds: float) -> None:
        """Shift what the machine takes for the time, as a corrected system clock does; no time is over."""
        with self._lock:
            self._corrected += seconds


class FileClock:
    """Reads the business now (first line, ISO 8601) and a shift of machine time (second line, seconds)
    from a file at every call, so that a rehearsal can steer a bot in another process."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _lines(self) -> list[str]:
        return [*self._path.read_text().splitlines(), "", ""]

    def now(self) -> datetime:
        text = self._lines()[0].strip()
        return datetime.fromisoformat(text).astimezone(UTC) if text else datetime.now(UTC)

    def machine(self) -> float:
        return time.time() + float(self._lines()[1].strip() or 0)

    def steady(self) -> float:
        return time.monotonic() + float(self._lines()[1].strip() or 0)
