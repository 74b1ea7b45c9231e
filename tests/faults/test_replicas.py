"""Several replicas on one PostgreSQL, killed and started again: a small soak; the long one is `make soak`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.claims import database
from tests.soak import Size, Soak

SMALL = Size(replicas=2, issues=20, kills=1, kill_every=1.0, patience=60.0)


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    """The small soak, in a schema of its own."""
    with database("PostgreSQL") as url:
        made = Soak(SMALL, tmp_path, url, lambda what: None)
        yield made
        made.close()


@pytest.mark.slow
@pytest.mark.postgres
def test_replicas_that_are_killed_lose_nothing_and_double_nothing(soak: Soak) -> None:
    """Jira holds what it would hold with one bot that never died, every lease is given back, and each periodic job
    ran once."""
    assert soak.run() == []
    assert soak.kills > 0
