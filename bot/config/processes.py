"""Makes a process for the core of the shape of its file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC
from decimal import Decimal

from bot.config.process_schema import (
    BranchModel,
    EscalationModel,
    FactModel,
    GoalByModel,
    ProcessModel,
    RemindersModel,
    RevisionModel,
    StepModel,
)
from bot.config.values import names_in
from bot.core.model.facts import ANY, ELSE, NO, NONE, YES, Condition, Fact, FactKind, GoalByFact
from bot.core.model.process import AUTOMATED, DISTRICT, Branch, Closing, Escalation, Process, Reminders, Revision, Step
from bot.core.time.goals import Goal

# How people write yes and no in YAML, which takes all of these for the same.
SPELLINGS = {"yes": YES, "true": YES, "on": YES, "no": NO, "false": NO, "off": NO}

TEAM = "team"  # where a team is named: the one whose step it is

Facts = Mapping[str, Fact]
Terms = Mapping[str, str | tuple[str, ...]]


def process_of(model: ProcessModel) -> Process:
    """The process that a file describes. The file must have passed its checks."""
    shared = _escalations(model.escalations)
    facts = {name: _fact(name, fact) for name, fact in model.facts.items()}
    waiting = model.waiting_status
    return Process(
        name=model.process,
        title=model.title,
        project=model.applies_to.project,
        issue_types=names_in(model.applies_to.issue_type),
        since=model.since and model.since.astimezone(UTC),
        calendar=model.calendar,
        waiting_status=waiting.status if waiting else "",
        waiting_was=names_in(waiting.was) if waiting else (),
        ends={name: end.status for name, end in model.ends.items()},
        closings={name: Closing(end.say, end.resolution) for name, end in model.ends.items()},
        reminders=_reminders(model.reminders),
        call_from_round=model.call_from_round,
        tell_district_when_late=model.tell_district_when_late,
        steps=tuple(_step(name, step, shared, facts) for name, step in model.steps.items()),
        version=_version(model),
        facts=facts,
        total=_goal(model.total),
        total_by=_goal_by(model.total, facts),
    )


def _fact(name: str, model: FactModel) -> Fact:
    kind = FactKind.ONE_OF if model.one_of else FactKind.SOME_OF if model.some_of else FactKind(str(model.kind))
    options = tuple(model.one_of or model.some_of or ())
    title = model.title or name.replace("_", " ")
    return Fact(name, title, model.field, kind, options, model.others, model.none, model.public)


def value_of(text: str, kind: FactKind | None) -> str:
    """A value in a condition as the core compares it: the words of the language in lower case, yes and no however YAML
    spells them, and a number without zeros that change nothing."""
    word = text.casefold()
    if kind is FactKind.YES_NO and word in SPELLINGS:
        return SPELLINGS[word]
    if kind is FactKind.NUMBER and word not in (ANY, NONE):
        return f"{Decimal(text).normalize():f}"
    return word if word in (ANY, NONE) else text


def _condition(terms: Terms | None, facts: Facts) -> Condition | None:
    if terms is None:
        return None
    return Condition({fact: tuple(value_of(v, facts[fact].kind) for v in names_in(vs)) for fact, vs in terms.items()})


def _goal(model: Goal | GoalByModel | None) -> Goal | None:
    return None if isinstance(model, GoalByModel) else model


def _goal_by(model: Goal | GoalByModel | None, facts: Facts) -> GoalByFact | None:
    if not isinstance(model, GoalByModel):
        return None
    goals = dict(model.__pydantic_extra__)
    otherwise = goals.pop(ELSE, None)
    kind = facts[model.by].kind
    return GoalByFact(model.by, {value_of(value, kind): goal for value, goal in goals.items()}, otherwise)


def _revision(model: RevisionModel | None) -> Revision | None:
    if model is None:
        return None
    return Revision(model.return_to, model.say, model.goal, model.not_received, model.at_once)


def _reminders(model: RemindersModel | None) -> Reminders | None:
    return None if model is None else Reminders(tuple(model.after), model.say, model.call_after)


def _step(name: str, model: StepModel, shared: tuple[Escalation, ...], facts: Facts) -> Step:
    return Step(
        name=name,
        title=model.title,
        status=model.status,
        parties=tuple(model.party),
        next=model.next,
        goal=_goal(model.goal),
        say=model.say,
        branches=tuple(_branch(n, branch, facts) for n, branch in model.branches.items()),
        revision=_revision(model.revision),
        said_by=model.said_by,
        escalations=shared if model.escalations is None else _escalations(model.escalations),
        condition=_condition(model.condition, facts),
        starts_when=_condition(model.starts_when, facts),
        requires=names_in(model.requires),
        tell=_team(model),
        wait=model.wait,
        goal_by=_goal_by(model.goal, facts),
        was=names_in(model.was),
    )


def _team(model: StepModel) -> str | None:
    """The team to inform as a ticket comes in; "team" is the first one whose step it is."""
    if model.tell != TEAM:
        return model.tell
    return next(party for party in model.party if party not in (DISTRICT, AUTOMATED))


def _branch(name: str, model: BranchModel, facts: Facts) -> Branch:
    return Branch(
        name=name,
        party=model.party,
        goal=_goal(model.goal),
        subtask=model.subtask,
        description=model.description,
        done_by=names_in(model.done_by),
        say_when_done=model.say_when_done,
        escalations=None if model.escalations is None else _escalations(model.escalations),
        condition=_condition(model.condition, facts),
        needs=names_in(model.needs),
        for_each=model.for_each,
        goal_by=_goal_by(model.goal, facts),
        was=names_in(model.was),
    )


def _escalations(models: Iterable[EscalationModel]) -> tuple[Escalation, ...]:
    found = (
        Escalation(m.at or m.after or 1.0, m.label, m.tell, m.notify, m.every)  # repeated from the due moment on
        for m in models
    )
    return tuple(sorted(found, key=lambda e: e.at))


def _version(model: ProcessModel) -> str:
    """A hash of what the file means: comments, blank space and the order of keys in a step do not count."""
    return hashlib.sha256(model.model_dump_json().encode()).hexdigest()[:12]
