"""docs/dde.md, checked against the stories that it names."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[2] / "docs/dde.md").read_text()


def test_every_story_that_the_table_names_is_there() -> None:
    """A reader who looks a story up finds it."""
    named = set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE))
    assert len(named) > 20
    existing = {
        (p.name, name) for p in HERE.glob("test_*.py") for name in re.findall(r"^def (test_\w+)", p.read_text(), re.M)
    }
    assert named - existing == set()


def test_every_line_of_the_table_names_a_story() -> None:
    """Every claim in the table is shown by a story."""
    rows = [row for row in PAGE.splitlines() if row.startswith("| ") and "|---" not in row]
    heads = ("| the page says |", "| we chose |")
    assert [row for row in rows if not row.startswith(heads) and "::test_" not in row] == []
