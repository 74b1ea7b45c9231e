"""Several replicas on one PostgreSQL, killed and started again: a small soak; the long one is `make soak`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import POSTGRES
from tests.soak.judge import judge, report
from tests.soak.run import Size, Soak, schema_of_its_own

SMALL = Size(replicas=2, issues=40, acts=2, notes=1, at_once=12, kill_every=1.0, kills=2, hurry=True, patience=100.0)


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[Soak]:
    """The small soak, in a schema of its own."""
    with schema_of_its_own(POSTGRES) as url:
        made = Soak(SMALL, tmp_path, url, lambda what: None)
        yield made
        made.close()


@pytest.mark.slow
@pytest.mark.postgres
def test_replicas_that_are_killed_lose_nothing_and_double_nothing(soak: Soak) -> None:
    """Jira holds what it would hold with one bot that never died, every lease is given back, and each periodic job
    ran once a period."""
    out = soak.run()
    verdict = judge(out)
    assert verdict.good, report(out, verdict)
    assert out.kills > 0
