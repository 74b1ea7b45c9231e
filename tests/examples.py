"""How many examples the tests draw that try what nobody has thought of."""

from __future__ import annotations

import os

# `make slow` sets EXAMPLES to many, and so does who wants to know more.
MANY = os.environ.get("EXAMPLES") == "many"


def examples(few: int, many: int) -> int:
    """`few` where a run should be short, otherwise `many`."""
    return many if MANY else few
