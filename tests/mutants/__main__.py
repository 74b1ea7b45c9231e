"""Mutates the core at random and sees whether a test notices: `make mutants`, `python -m tests.mutants`.

Exit 1 where fewer than the asked share of the sample are noticed. What is listed in equivalent.txt does not count."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

from tests.mutants import equivalents
from tests.mutants.mutations import Mutation, modules, sample
from tests.mutants.processes import preload
from tests.mutants.reach import reach
from tests.mutants.trials import NOTICED, SURVIVED, TIMED_OUT, Trial, try_all

EQUIVALENT = "equivalent"


def main() -> int:
    """Draw a sample, try it, and say what came of it."""
    args = _arguments()
    began = time.monotonic()
    try:
        known = equivalents.known()
    except equivalents.BadEntry as error:
        print(error, file=sys.stderr)
        return 2
    drawn = sample(args.sample, args.seed, modules())
    drawn = [mutation for mutation in drawn if args.only in mutation.place]
    if args.list:
        print("\n\n".join(f"# {mutation.place}\n{mutation.identity}" for mutation in drawn))
        return 0
    measured = reach(args.jobs)
    preload(measured.libraries)
    listed = [mutation for mutation in drawn if mutation.identity in known]
    trials: list[Trial] = []
    for trial in try_all([m for m in drawn if m.identity not in known], measured, args.jobs):
        trials.append(trial)
        _say(trial, f"{len(trials) + len(listed):4}/{len(drawn)}", args.verbose)
    noticed = sum(trial.outcome != SURVIVED for trial in trials)
    share = noticed / len(trials) if trials else 1.0
    _tell_modules(trials, listed)
    _tell_survivors(trials)
    print(
        f"{len(drawn)} mutations (seed {args.seed}): {noticed} noticed, {len(trials) - noticed} survived, "
        f"{len(listed)} change nothing (equivalent.txt). {share:.1%} of those that change something are noticed; "
        f"{args.least:.0%} is asked. {time.monotonic() - began:.0f} s."
    )
    return 0 if share >= args.least else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=300, help="how many mutations, at random (default: 300)")
    parser.add_argument("--seed", type=int, default=10, help="draws the same sample again (default: 10)")
    parser.add_argument("--least", type=float, default=0.95, help="the share that must be noticed (default: 0.95)")
    parser.add_argument("--only", default="", metavar="PLACE", help="of the sample those in this module, or file:line")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once (default: each core)")
    parser.add_argument("--list", action="store_true", help="print the sample and try nothing")
    parser.add_argument("--verbose", action="store_true", help="show what the tests said of each")
    return parser.parse_args()


def _say(trial: Trial, number: str, verbose: bool) -> None:
    by = f"  {trial.by}" if trial.outcome != SURVIVED else ""
    place = f"{trial.mutation.place}:{trial.mutation.column + 1}"
    print(f"{number} {trial.outcome:9} {trial.seconds:5.1f} s  {place}{by}", file=sys.stderr, flush=True)
    if verbose:
        print(f"{trial.mutation.identity}\n{trial.said}", file=sys.stderr, flush=True)


def _tell_modules(trials: list[Trial], listed: list[Mutation]) -> None:
    """One line for each module, with its numbers."""
    found: dict[str, Counter[str]] = {}
    for path, outcome in [(t.mutation.path, t.outcome) for t in trials] + [(m.path, EQUIVALENT) for m in listed]:
        found.setdefault(path, Counter())[outcome] += 1
    columns = (NOTICED, TIMED_OUT, SURVIVED, EQUIVALENT)
    width = max(map(len, found), default=0)
    print(" " * width, *(f"{name:>10}" for name in columns))
    for path, counts in sorted(found.items()):
        print(f"{path:{width}}", *(f"{counts[name] or '·':>10}" for name in columns))
    print()


def _tell_survivors(trials: list[Trial]) -> None:
    """Each mutation that no test noticed, as equivalent.txt would name it."""
    survivors = [trial.mutation for trial in trials if trial.outcome == SURVIVED]
    unseen = {id(trial.mutation) for trial in trials if trial.outcome == SURVIVED and not trial.by}
    for mutation in sorted(survivors, key=lambda m: (m.path, m.line, m.column)):
        print(f"# {mutation.place}{', which no test runs' if id(mutation) in unseen else ''}\n{mutation.identity}\n")


if __name__ == "__main__":
    sys.exit(main())
