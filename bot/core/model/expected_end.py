"""The expected end of a ticket, and how long finished tickets took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Usual:
    """How long finished tickets spent in a step, in open time: the median, and what 85 of 100 did not exceed."""

    median: timedelta
    most: timedelta


@dataclass(frozen=True)
class Forecast:
    """The expected end of a ticket: not before `first`, and usually by `last`. `no_estimate` has the titles of the
    steps for which nothing says how long they take, so that they are left out of the sum."""

    first: datetime
    last: datetime
    no_estimate: tuple[str, ...] = ()
