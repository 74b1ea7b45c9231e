"""What finished tickets took, as the forecast uses it for steps without a goal."""

from __future__ import annotations

from datetime import timedelta

from bot.controller.usual_times import usual_times
from bot.core.model.expected_end import Usual


def summary(**hours: float) -> dict[str, object]:
    """A finished ticket: so many hours in each step, half of them the district's, and closed hours beside."""
    steps = [{"step": s, "ours": h * 1800, "district": h * 1800, "closed": 99_999} for s, h in hours.items()]
    return {"steps": steps}


def test_the_median_and_what_85_of_100_did_not_exceed() -> None:
    """In open time, whoever's it was."""
    found = usual_times(summary(folder=hours) for hours in range(1, 21))
    assert found == {"folder": Usual(timedelta(hours=10.5), timedelta(hours=17))}


def test_fewer_than_ten_tickets_say_nothing() -> None:
    nine = [summary(folder=1) for _ in range(9)]
    assert usual_times(nine) == {}
    assert set(usual_times([*nine, summary(folder=1, review=2)])) == {"folder"}
