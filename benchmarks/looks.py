"""From the webhook to all subtasks and the comment in Jira: `python -m benchmarks.looks`.

The bot runs as `serve` runs it, Jira is benchmarks/jira_stub.py; both in processes of their own. Each ticket gets four
subtasks, a public comment, and the ledger with the due day; the run fails where one got anything twice."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from statistics import median

from benchmarks import report
from benchmarks.office import CALLS_PER_SECOND, commits_a_second, office

CLIENTS = 16
MADE = [4, 1]  # subtasks and comments of each ticket
SLOW, MANY = 0.1, 32  # seconds a call, and WORKERS then
GAP = 0.15  # seconds between two webhooks to an idle bot
RATE, P50 = "issues a second", "webhook to comment, p50 (ms)"


def throughput(
    tickets: int, *, delay: float = 0.0, echo: bool = False, workers: int | None = None
) -> Mapping[str, float]:
    """Issues a second, from the first webhook until the last ticket has everything."""
    with office(delay=delay, echo=echo, workers=workers) as at:
        plain = commits_a_second(at.folder, 1.0)
        used, everything = at.cpu(), range(1, tickets + 1)
        sent = at.send(everything, CLIENTS)
        held = at.until_kept(everything)
        at.until_quiet()
        used, jira = at.cpu() - used, at.jira()
    if any(one[:2] != MADE for one in jira["tickets"].values()):
        raise RuntimeError("a ticket has not what it should have, once each")
    took = max(max(one[2:]) for one in held.values()) - min(one.began for one in sent)
    found = {RATE: tickets / took, "calls to Jira for each issue": jira["calls"] / tickets}
    found["processor time of the bot for each (ms)"] = used / tickets * 1000
    return found | {"commits a second, plain loop": plain, "times the plain loop": tickets / took / plain}


def latency(tickets: int) -> Mapping[str, float]:
    """Milliseconds from a webhook to the comment in Jira, when the bot has nothing else to do."""
    with office() as at:
        at.send([tickets + 1], 1)  # what is built on demand is built
        at.until_kept([tickets + 1])
        sent = at.send(range(1, tickets + 1), 1, GAP)
        held = at.until_kept(range(1, tickets + 1))
    waits = sorted(held[str(one.ticket)][2] - one.began for one in sent)
    return {P50: median(waits) * 1000, "webhook to comment, p95 (ms)": waits[int(len(waits) * 0.95)] * 1000}


def main() -> None:
    """Measure, and print table and targets."""
    fast = report.fast()
    tickets = 200 if fast else 800
    jobs = {
        "instant Jira that echoes its webhooks": partial(throughput, tickets, echo=True),
        "instant Jira, silent": partial(throughput, tickets),
        f"Jira at 100 ms a call, WORKERS={MANY}": partial(throughput, tickets, delay=SLOW, workers=MANY),
        "idle bot, instant Jira": partial(latency, 20 if fast else 60),
    }
    found = report.in_rounds(jobs, 1 if fast else 3)
    print(
        f"\n## Looks\n\nSQLite, synchronous=FULL, WAL; {tickets} tickets a round, sent by {CLIENTS} clients; 4 workers"
    )
    print(f"where nothing else is said; calls_per_second raised from 20 to {CALLS_PER_SECOND}, the fuse of 60 public")
    print("comments an hour counts and does not blow, voice: full, grace: 0s.\n")
    rows = [
        [name if n == 0 else "", figure, *report.spread(values, 2 if "for each" in figure or "times" in figure else 0)]
        for name, figures in found.items()
        for n, (figure, values) in enumerate(figures.items())
    ]
    print(report.table(("case", "", "median", "lowest", "highest"), rows))
    echo, silent, slow = (median(found[name][RATE]) for name in list(jobs)[:3])
    p50 = median(found["idle bot, instant Jira"][P50])
    print("\n### Targets\n")
    print(
        report.targets(
            [
                report.Target("instant Jira that echoes: at least 60 issues a second", f"{echo:.0f}", echo >= 60),
                report.Target("instant Jira, silent: at least 100 issues a second", f"{silent:.0f}", silent >= 100),
                report.Target("Jira at 100 ms a call: at least 40 issues a second", f"{slow:.0f}", slow >= 40),
                report.Target("idle, webhook to comment: p50 under 50 ms", f"{p50:.0f} ms", p50 < 50),
            ]
        )
    )


if __name__ == "__main__":
    main()
