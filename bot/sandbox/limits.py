"""How often one issue may be written by REST, as on Cloud: so many writes in so many seconds."""

from __future__ import annotations

import math
import threading
from collections import defaultdict, deque
from collections.abc import Sequence

from bot.clock import Clock
from bot.sandbox.records import Refused

CLOUD_LIMITS = ((20, 2.0), (100, 30.0))  # (writes, seconds)


class WriteLimits:
    """Counts writes per issue in machine time; `limits` may be set at any moment."""

    def __init__(self, clock: Clock, limits: Sequence[tuple[int, float]] = CLOUD_LIMITS) -> None:
        self.limits = tuple(limits)
        self._clock = clock
        self._lock = threading.Lock()
        self._writes: dict[str, deque[float]] = defaultdict(deque)

    def count(self, issue_id: str) -> None:
        """Count one write of an issue; Refused with 429 and Retry-After if it is one too many."""
        now = self._clock.machine()
        with self._lock:
            writes = self._writes[issue_id]
            longest = max((seconds for _, seconds in self.limits), default=0.0)
            while writes and writes[0] <= now - longest:
                writes.popleft()
            wait = max((self._wait(writes, now, *limit) for limit in self.limits), default=0.0)
            if wait > 0:
                headers = {"Retry-After": str(math.ceil(wait)), "RateLimit-Reason": "jira-per-issue-on-write"}
                raise Refused(429, "This issue was written too often just now.", headers=headers)
            writes.append(now)

    @staticmethod
    def _wait(writes: Sequence[float], now: float, most: int, seconds: float) -> float:
        recent = [w for w in writes if w > now - seconds]
        return recent[-most] + seconds - now if len(recent) >= most else 0.0
