"""How many calls to Jira may start in a second, over all replicas together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.clock import SettableClock
from bot.jira.rate_limit import STARTED, SharedPace
from bot.store.database import Store

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)]


class StillStore(Store):
    """Machine time is the test's, so that it stands still between two turns."""

    def machine(self, connection: sa.Connection) -> float:
        return self.clock.machine()


@pytest.fixture
def still_clock(clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> SettableClock:
    """A clock whose machine time moves only by jumps."""
    monkeypatch.setattr("bot.clock.time.time", lambda: 1_000_000.0)
    return clock


@pytest.fixture
def replicas(engine_url: str, still_clock: SettableClock) -> Iterator[tuple[Store, Store]]:
    """Two stores on one database, as two replicas have them."""
    both = StillStore(engine_url, still_clock), StillStore(engine_url, still_clock)
    yield both
    for store in both:
        store.close()


def test_all_replicas_together_spend_one_budget(replicas: tuple[Store, Store]) -> None:
    """Of the starts that two replicas are given in turn no more than the budget fall into any second."""
    paces = [SharedPace(store, 5) for store in replicas]
    starts = [paces[n % 2]() for n in range(15)]
    assert starts == sorted(starts)
    assert starts[:5] == [0.0] * 5
    assert all(late - early >= 1.0 for early, late in zip(starts, starts[5:], strict=False))
    assert starts[-1] < 2.5


def test_a_pause_gives_the_budget_back(replicas: tuple[Store, Store], still_clock: SettableClock) -> None:
    """Who has called nobody for a second waits for nothing."""
    pace = SharedPace(replicas[0], 2)
    assert [pace(), pace(), pace()] == [0.0, 0.0, 1.0]
    still_clock.jump_machine(2.5)
    assert pace() == 0.0


def test_turns_from_a_clock_far_ahead_hold_nobody_up(replicas: tuple[Store, Store], still_clock: SettableClock) -> None:
    """A database whose clock was set back would else stop all calls until it has caught up."""
    pace = SharedPace(replicas[0], 2)
    still_clock.jump_machine(3e7)
    assert [pace(), pace()] == [0.0, 0.0]
    still_clock.jump_machine(-3e7)
    assert pace() == 0.0
    assert len(replicas[0].get_fact(STARTED)) == 1


def test_without_the_database_a_process_keeps_its_own_pace(replicas: tuple[Store, Store]) -> None:
    """Whether Jira may be called is no question of the database's health."""
    pace = SharedPace(replicas[0], 2)
    replicas[0].close()
    waits = [pace() for _ in range(5)]
    assert waits[:2] == [0.0, 0.0]
    assert waits[2] > 0.5
