"""Run the suites one after the other, each in a process of its own: `python -m benchmarks [--fast] [SUITE ...]`."""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks import report

# A suite is a module of this folder that measures when it is run, and prints what it found.
SUITES = ("business_time", "receiver", "looks", "claims")


def main() -> int:
    """Name the machine, then run each suite; 1 where one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="shorter, with fewer values for each figure: noisier")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; without one, all")
    args = parser.parse_args()
    if unknown := [name for name in args.suites if name not in SUITES]:
        parser.error(f"there is no suite {', '.join(unknown)}; there is {', '.join(SUITES)}")
    print(report.machine("fast" if args.fast else "full"), flush=True)
    options = [report.FAST] if args.fast else []
    failed = 0
    for suite in args.suites or SUITES:
        failed |= subprocess.run([sys.executable, "-m", f"benchmarks.{suite}", *options], check=False).returncode
    print(report.noise())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
