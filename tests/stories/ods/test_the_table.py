"""docs/ods.md, checked against the stories that it names."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parents[2] / "docs/ods.md").read_text()
HEADS = ("| the page says |", "| we chose |")
ROWS = [row for row in PAGE.splitlines() if row.startswith("| ") and "|---" not in row]


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
    assert [row for row in ROWS if not row.startswith(HEADS) and "::test_" not in row] == []


def test_the_table_has_every_sentence_of_the_page() -> None:
    """28 sentences, and nine estimates of time."""
    says = PAGE.partition("## What the page does not say")[0]
    rows = [row for row in says.splitlines() if row in ROWS and not row.startswith(HEADS)]
    assert len([row for row in rows if row.startswith("| *Estimated")]) == 9
    assert len(rows) == 28 + 9
