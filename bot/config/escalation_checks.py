"""What the escalations of a process file must mean: one moment each, and something that happens to somebody there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.config.source import Place, Problem, known_hint
from bot.core.model.process import LEAD, OPERATOR


def escalation_lists(process: Place) -> Iterator[Place]:
    """Each list of escalations in a process file: its own, its steps', its branches'."""
    yield process["escalations"]
    for step in process["steps"].entries():
        yield step["escalations"]
        yield from (branch["escalations"] for branch in step["branches"].entries())


def escalation_problems(process: Place, teams: Sequence[str]) -> Iterator[Problem]:
    """Escalations that nobody hears of, or that do not say when or what."""
    for escalations in escalation_lists(process):
        seen: dict[tuple[str, ...], Place] = {}
        for one in escalations.entries():
            yield from _escalation(one, teams)
            parts = (one["at"].text, one["every"].text, one["after"].text or "100%")
            when = tuple("".join((part or "").casefold().split()) for part in parts)
            if any(when[:2]) and seen.setdefault(when, one) is not one:
                yield one.problem("there are two escalations at this moment; write what they do into one")
    for step in process["steps"].entries():
        for branch in step["branches"].entries():
            if branch["escalations"].value is not None and not branch["goal"].value:
                yield branch["escalations"].problem(f'"escalations" are for a goal, and "{branch.name}" has none')


def _escalation(one: Place, teams: Sequence[str]) -> Iterator[Problem]:
    if not isinstance(one.value, dict):
        return
    at, every, after, who, channel = (one[key] for key in ("at", "every", "after", "tell", "notify"))
    if (at.value is None) == (every.value is None):
        yield one.problem('an escalation needs either "at", like 75%, or "every", like 1 business day')
    elif at.value is not None and after.value is not None:
        yield after.problem('"after" is for "every"; "at" says when by itself')
    listeners = ("team", LEAD, OPERATOR, *teams)
    if who.text and who.text not in listeners:
        yield who.problem(f'there is no team "{who.text}" to tell{known_hint(who.text, listeners)}')
    if channel.text == OPERATOR:
        yield channel.problem('the operator is told with "tell: operator"; "notify" names a channel of your own')
    if one.value.keys() <= {"at", "every", "after"}:
        yield one.problem('this escalation does nothing: give it "label", "tell" or "notify"')
