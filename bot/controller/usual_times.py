"""How long finished tickets spent in each step, from the index: for the forecast of steps without a goal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import ceil
from statistics import median
from typing import Any

from bot.clock import Clock
from bot.core.history.ticket_summary import Whose
from bot.core.model.expected_end import Usual
from bot.store.ticket_index import END, TicketIndex

LEAST_FINISHED = 10  # fewer tickets say nothing
_MOST = 0.85
_KEPT_SECONDS = 3600.0
_WORKED = (Whose.OURS, Whose.DISTRICT, Whose.VENDOR)  # the open time of a step; closed hours are not counted


class UsualTimes:
    """What finished tickets of a process took. It is read anew once an hour."""

    def __init__(self, index: TicketIndex, clock: Clock) -> None:
        self._index, self._clock = index, clock
        self._read: dict[str, tuple[float, Mapping[str, Usual]]] = {}

    def of(self, process: str) -> Mapping[str, Usual]:
        """The usual times of that process, by the name of the step. Raises StoreError."""
        now = self._clock.machine()
        at, found = self._read.get(process, (None, {}))
        if at is None or now - at >= _KEPT_SECONDS:
            rows = self._index.rows(process, END)
            found = usual_times(row.summary for row in rows if row.summary is not None)
            self._read[process] = (now, found)
        return found


def usual_times(summaries: Iterable[Mapping[str, Any]]) -> dict[str, Usual]:
    """The usual times by these summaries, for each step that at least LEAST_FINISHED tickets have been through."""
    took: dict[str, list[float]] = {}
    for summary in summaries:
        for step in summary["steps"]:
            took.setdefault(step["step"], []).append(sum(step.get(whose.value, 0) for whose in _WORKED))
    return {step: _usual(sorted(times)) for step, times in took.items() if len(times) >= LEAST_FINISHED}


def _usual(times: list[float]) -> Usual:
    """The median, and the least time that at least 85 of 100 did not exceed; `times` are seconds, in order."""
    most = times[ceil(_MOST * len(times)) - 1]
    return Usual(timedelta(seconds=median(times)), timedelta(seconds=most))
