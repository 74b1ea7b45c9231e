"""How fast the receiver accepts webhooks durably, and what the process then keeps: `python -m benchmarks.receiver`.

Signed deliveries come over loopback from a process of their own, to the bot as `serve` runs it, on SQLite with
synchronous=FULL. While acceptance is measured the bot is paused, so that nothing else is; then it works."""

from __future__ import annotations

import time
from collections.abc import Mapping
from statistics import median, quantiles

from benchmarks import report
from benchmarks.office import commits_a_second, office

CLIENTS = 16
DELIVERIES, DELIVERIES_FAST = 6_000, 1_500
ALL, TICKETS = 10_000, 500  # deliveries and tickets after which memory is read


def accept(count: int) -> Mapping[str, float]:
    """Deliveries a second, and milliseconds until a client is answered."""
    with office() as at:
        plain = commits_a_second(at.folder)
        at.bot("pause")
        time.sleep(2)  # the workers see it
        used = at.cpu()
        sent = at.send(range(1, count + 1), CLIENTS)
        used = at.cpu() - used
    if any(one.status != 202 for one in sent):
        raise RuntimeError("a delivery was not accepted")
    took = max(one.ended for one in sent) - min(one.began for one in sent)
    waits = quantiles([one.ended - one.began for one in sent], n=100)
    rate = count / took
    found = {
        "deliveries a second": rate,
        "answered, p50 (ms)": waits[49] * 1000,
        "answered, p95 (ms)": waits[94] * 1000,
    }
    found["processor time of the bot for each (ms)"] = used / count * 1000
    return found | {"commits a second, plain loop": plain, "times the plain loop": rate / plain}


def memory(deliveries: int) -> Mapping[str, float]:
    """Megabytes that the bot keeps once it has accepted and worked so many deliveries."""
    with office() as at:
        at.send([n % TICKETS + 1 for n in range(deliveries)], CLIENTS)
        at.until_kept(range(1, TICKETS + 1))
        at.until_quiet()
        return {f"RSS after {deliveries:,} deliveries over {TICKETS} tickets (MB)": at.resident() / 1e6}


def main() -> None:
    """Measure, and print table and targets."""
    fast = report.fast()
    count = DELIVERIES_FAST if fast else DELIVERIES
    found = report.in_rounds({"accept": lambda: accept(count)}, 1 if fast else 5)["accept"]
    found |= report.in_rounds({"memory": lambda: memory(ALL)}, 1)["memory"]
    print(f"\n## The receiver\n\nSQLite, synchronous=FULL, WAL; {CLIENTS} clients; {count:,} deliveries a round.\n")
    rows = [
        [name, *report.spread(values, 2 if "(ms)" in name or "times" in name else 0)] for name, values in found.items()
    ]
    print(report.table(("", "median", "lowest", "highest"), rows))
    rate, p95 = median(found["deliveries a second"]), median(found["answered, p95 (ms)"])
    kept = max(next(values for name, values in found.items() if name.startswith("RSS")))
    print("\n### Targets\n")
    print(
        report.targets(
            [
                report.Target(
                    "durable accept, 16 clients: at least 800 webhooks a second", f"{rate:,.0f}", rate >= 800
                ),
                report.Target("durable accept, 16 clients: p95 under 40 ms", f"{p95:.1f} ms", p95 < 40),
                report.Target("RSS under 150 MB after 10,000 deliveries", f"{kept:.0f} MB", kept < 150),
            ]
        )
    )


if __name__ == "__main__":
    main()
