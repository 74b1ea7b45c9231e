"""The judgement on a soak: what is lost, doubled or out of order, by what Jira holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from bot.controller.periodic_jobs import Periods
from tests.soak import story
from tests.soak.run import Outcome

CUT_OFF = 5  # no more than one kill of so many hits a job
SHOWN = 20  # complaints of each kind that are printed
_DIFFERENT = ("status", "labels", "moves", "visits")


@dataclass(frozen=True)
class Verdict:
    """Sentences, one for each thing lost, doubled, or otherwise wrong."""

    lost: list[str]
    doubled: list[str]
    wrong: list[str]

    @property
    def good(self) -> bool:
        """Whether there is nothing to complain of."""
        return not (self.lost or self.doubled or self.wrong)


def judge(out: Outcome) -> Verdict:
    """Compare what Jira holds with what it must hold."""
    verdict = Verdict([], [], [])
    for one in out.deliveries:
        taken = one["status"] in (200, 202)
        if not taken:
            verdict.lost.append(
                f"delivery {one['identifier']} was given up after {one['tries']} tries: {one['status']}"
            )
        elif one["identifier"] not in out.kept:
            verdict.lost.append(f"delivery {one['identifier']} was accepted and is not in the database")
    tickets = out.site["tickets"]
    if len(tickets) != out.size.issues:
        verdict.wrong.append(f"there are {len(tickets)} tickets, not {out.size.issues}")
    for ticket in tickets:
        _judge_ticket(ticket, out.expected[int(ticket["summary"].split()[-1]) % 2], verdict)
    verdict.wrong.extend(_jobs(out))
    for count, what in (
        (out.leases, "leases are not given back"),
        (out.open_intents, "intents are open"),
        (out.parked, "keys or effects are parked"),
        (out.faults, "lines of the logs tell of the bot's own fault"),
        (sum(code != 0 for code in out.exits), "replicas did not end with 0 on SIGTERM"),
    ):
        if count:
            verdict.wrong.append(f"{count} {what}")
    return verdict


def _judge_ticket(ticket: dict[str, Any], expected: story.State, verdict: Verdict) -> None:
    key, found = ticket["key"], story.state(ticket)
    for mark, times in Counter(story.effect_ids(ticket)).items():
        if times > 1:
            verdict.doubled.append(f"{key}: {mark} is there {times} times")
    for what in ("comments", "subtasks"):
        verdict.lost.extend(f"{key}: {what} lack {one}" for one in (expected[what] - found[what]).elements())
        verdict.doubled.extend(
            f"{key}: {what} have beyond it {one}" for one in (found[what] - expected[what]).elements()
        )
    for what in _DIFFERENT:
        if found[what] != expected[what]:
            kind = verdict.doubled if len(found[what]) > len(expected[what]) else verdict.lost
            kind.append(f"{key}: {what} {found[what]} where it should be {expected[what]}")


def searches(out: Outcome, words: str) -> list[Any]:
    """The business moments of the searches that hold these words."""
    return [at for at, text in out.searches if words in text]


def _jobs(out: Outcome) -> Iterator[str]:
    """A job runs once a period, however many replicas there are. Only what a kill cut off runs again, which a few
    kills do at most: a job takes a moment."""
    for name, words, period in (
        ("catch-up", "updated >=", Periods().catch_up),
        ("nightly pass", "status not in", Periods().nightly),
    ):
        moments = searches(out, words)
        if not moments:
            yield f"the {name} never ran"
        early = sum(1 for one, next_one in pairwise(moments) if next_one - one < period)
        if early > max(1, out.kills // CUT_OFF):
            yield f"{early} times the {name} ran again before its period was over"


def report(out: Outcome, verdict: Verdict) -> str:
    """The figures, and what is wrong."""
    calls = [c for c in out.calls if c["account"] is not None]
    taken = [d for d in out.deliveries if d["status"] in (200, 202)]
    figures = {
        "replicas": out.size.replicas,
        "issues": len(out.site["tickets"]),
        "deliveries": len(out.deliveries),
        "accepted": len(taken),
        "refused for good": len(out.deliveries) - len(taken),
        "sent again": sum(d["tries"] - 1 for d in out.deliveries),
        "kills": out.kills,
        "seconds": f"{out.seconds:.0f}",
        "deliveries a second": f"{len(out.deliveries) / out.seconds:.1f}",
        "looks that did something": out.looks,
        "calls to Jira": len(calls),
        "calls a second": f"{len(calls) / out.seconds:.0f}",
        "catch-ups": len(searches(out, "updated >=")),
        "nightly passes": len(searches(out, "status not in")),
        "business time passed": f"{_passed(out)} days",
        "marks in Jira": sum(len(story.effect_ids(t)) for t in out.site["tickets"]),
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "otherwise wrong": len(verdict.wrong),
        "leases left": out.leases,
    }
    lines = [f"{name:26}{value:>10}" for name, value in figures.items()]
    for kind, sentences in (("LOST", verdict.lost), ("DOUBLED", verdict.doubled), ("WRONG", verdict.wrong)):
        lines += [f"{kind}: {one}" for one in sentences[:SHOWN]]
    return "\n".join(lines)


def _passed(out: Outcome) -> int:
    moments = [at for at, _ in out.searches]
    return (max(moments) - min(moments)) // timedelta(days=1) if moments else 0
