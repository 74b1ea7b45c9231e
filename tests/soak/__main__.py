"""`python -m tests.soak`: soak replicas on PostgreSQL (TEST_DATABASE_URL), print a report, exit 1 on any loss."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path

from bot.sandbox.harness import Stuck
from tests.soak.judge import judge, report
from tests.soak.run import Size, Soak, schema_of_its_own


def _say(began: float, what: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)


def main() -> int:
    """Run one soak of the size that the options name."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    for field in fields(Size):
        option, default = f"--{field.name.replace('_', '-')}", field.default
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=type(default), default=default, help=f"default: {default}")
    args = parser.parse_args()
    postgres = os.environ.get("TEST_DATABASE_URL", "")
    if not postgres:
        parser.error("set TEST_DATABASE_URL to a PostgreSQL server, such as postgresql+psycopg://user:password@host/db")
    size = Size(**vars(args))
    var = Path(tempfile.mkdtemp(prefix="onboarding-soak-"))
    say: Callable[[str], None] = partial(_say, time.monotonic())
    say(f"{size}")
    say(f"Logs: {var}")
    with schema_of_its_own(postgres) as url:
        soak = Soak(size, var, url, say)
        try:
            out = soak.run()
        except Stuck as stuck:
            print(f"STUCK: {stuck}")
            return 1
        finally:
            soak.close()
    verdict = judge(out)
    print(report(out, verdict))
    print("Nothing was lost and nothing doubled." if verdict.good else "This soak FAILED.")
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
