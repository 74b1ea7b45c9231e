"""A step as it is for one ticket: the branches that its facts call for, and the goals that depend on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from bot.core.history.fact_values import FactValue, FactValues, Option
from bot.core.model.facts import Condition, GoalByFact
from bot.core.model.process import Branch, Process, Step
from bot.core.time.goals import Goal

_EACH = "~"  # between a branch's name and the option's id
_TURN = "@"  # between these and the changelog entry by which it came to be


def family_of(name: str) -> str:
    """The name that a branch has in the process file, without the value and the change that it was made for."""
    return name.partition(_EACH)[0].partition(_TURN)[0]


def ticket_step(step: Step, facts: FactValues, began: datetime, at: datetime) -> Step:
    """The step as it is at the moment `at` for a ticket whose pass began at `began`.

    A branch whose condition does not hold is in it with `exists` False, and one that came true again stands beside its
    earlier self, under a name of its own: what it had is over."""
    branches = (one for branch in step.branches for one in _branches(branch, facts, began, at))
    return replace(step, goal=_goal(step.goal, step.goal_by, facts, at), branches=tuple(branches))


def onward(process: Process, step: Step, facts: FactValues, at: datetime) -> tuple[str, tuple[Step, ...]] | None:
    """The name of the step or end that comes after a step, past the steps whose condition does not hold, and these
    steps; None if that depends on a fact that is not known."""
    passed: list[Step] = []
    for name, following in path_onward(process, step):
        holds = following is None or following.condition is None or facts.holds(following.condition, at)
        if holds or following is None:
            return name, tuple(passed)
        if holds is None:
            return None
        passed.append(following)
    raise AssertionError("a path ends with a step that is not optional, or an end")


def path_onward(process: Process, step: Step) -> Iterator[tuple[str, Step | None]]:
    """What may come after a step, in order: each optional step, and the first that is not optional or the end."""
    name = step.next
    while (following := process.find_step(name)) is not None:
        yield name, following
        if following.condition is None:
            return
        name = following.next
    yield name, None


def unknown_onward(process: Process, step: Step, facts: FactValues, at: datetime) -> tuple[str, ...]:
    """The facts that are not known and on which it depends what comes after a step."""
    for _, following in path_onward(process, step):
        holds = following is None or following.condition is None or facts.holds(following.condition, at)
        if holds is None and following is not None and following.condition is not None:
            return facts.unknown(following.condition.terms, at)
        if holds:
            break
    return ()


def _goal(goal: Goal | None, by: GoalByFact | None, facts: FactValues, at: datetime) -> Goal | None:
    return goal if by is None else facts.at(by.fact, at).goal(by)


def _branches(branch: Branch, facts: FactValues, began: datetime, at: datetime) -> Iterator[Branch]:
    branch = replace(branch, goal=_goal(branch.goal, branch.goal_by, facts, at))
    if branch.for_each is not None:
        yield from _each(branch, branch.for_each, facts, began, at)
    elif branch.condition is not None:
        yield from _conditional(branch, branch.condition, facts, began, at)
    else:
        yield branch


def _conditional(
    branch: Branch, condition: Condition, facts: FactValues, began: datetime, at: datetime
) -> Iterator[Branch]:
    """The branch as it is, and before it each earlier self that its condition has ended. While it is not known whether
    the condition holds, nothing begins and nothing ends."""
    held = facts.holds(condition, began)
    current, listed = branch, False
    for turn in facts.turns(condition.terms, began, at):
        holds = facts.holds(condition, turn.at)
        if holds and not held:
            current = replace(branch, name=f"{branch.name}{_TURN}{turn.change}", family=branch.name, since=turn.at)
        elif holds is False and held:
            yield replace(current, exists=False)
            listed = listed or current.since is None
            current = branch
        held = held if holds is None else holds
    if facts.holds(condition, at) is None:
        yield replace(current, exists=None, unknown=facts.unknown(condition.terms, at))
    elif held or not listed:
        yield replace(current, exists=bool(held))


def _each(branch: Branch, fact: str, facts: FactValues, began: datetime, at: datetime) -> Iterator[Branch]:
    """A branch for each value, in the order in which they came, and those whose value was taken off or whose condition
    has ended them; at least one, so that a step in which nothing is called for can be asked about."""
    condition = branch.condition or Condition({})
    started = facts.at(fact, began)
    present = {one.id: _of(branch, one) for one in _options(started)} if facts.holds(condition, began) else {}
    empty = True
    for turn in facts.turns({fact, *condition.terms}, began, at):
        value, holds = facts.at(fact, turn.at), facts.holds(condition, turn.at)
        if not value.known or holds is None:
            continue  # nothing begins and nothing ends
        now = {option.id: option for option in _options(value)} if holds else {}
        for gone in [key for key in present if key not in now]:
            empty = False
            yield replace(present.pop(gone), exists=False)
        for key, option in now.items():
            if key not in present:
                one = _of(branch, option)
                present[key] = replace(one, name=f"{one.name}{_TURN}{turn.change}", since=turn.at)
    names = {option.id: option.text for option in _options(facts.at(fact, at))}
    for key, one in present.items():
        yield replace(one, each=names.get(key, one.each))
    holds = facts.holds(condition, at)
    unknown = facts.unknown((fact, *condition.terms), at) if holds is not False else ()
    if unknown or (empty and not present):
        yield replace(branch, exists=None if unknown else False, unknown=unknown)


def _options(value: FactValue) -> tuple[Option, ...]:
    return () if value.is_none or not value.known else value.options


def _of(branch: Branch, option: Option) -> Branch:
    name = f"{branch.name}{_EACH}{quote(option.id, safe='')}"
    return replace(branch, name=name, family=branch.name, each=option.text)
