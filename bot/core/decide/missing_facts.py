"""Plans what people are asked if a fact is missing, if a step cannot begin, or if nothing is open in it."""

from __future__ import annotations

from bot.core.decide.plan_builder import PlanBuilder, team
from bot.core.history.branches import BranchStatus, open_subtasks
from bot.core.history.fact_values import FactValue, Missing
from bot.core.history.progress import Progress
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.effects import MoveSubtask
from bot.core.model.facts import ANY, NONE, Condition, FactKind
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import Process, Step


def called_for(progress: Progress, step: Step) -> bool:
    """Whether the step's condition holds; one that is not known neither runs nor skips the step. A ticket is never
    moved out of a step because it does not."""
    return step.condition is None or progress.facts.holds(step.condition, progress.now) is True


def ask_for_start(builder: PlanBuilder, step: Step) -> bool:
    """If the step has not begun, or was taken back, ask the team once for what is missing. Returns whether the step has
    not begun, so that nothing else is planned."""
    progress = builder.progress
    if step.starts_when is None or (progress.begun.at is not None and not progress.begun.paused):
        return False
    facts = tuple(step.starts_when.terms)
    items = tuple(_wanted(progress.process, step.starts_when, fact) for fact in facts)
    if builder.grace_is_over():
        name = EffectName.of(Kind.NOT_READY, progress.begun.turn)
        accounts, begun = team(progress), progress.begun.at is not None
        builder.say([name], OwnTemplate.NOT_READY, public=False, items=items, accounts=accounts, begun=begun)
    builder.reasons.append(f"the step waits until {' and '.join(items)}")
    return progress.begun.at is None


def _wanted(process: Process, condition: Condition, fact: str) -> str:
    values = condition.terms[fact]
    words = {ANY: "any value", NONE: process.facts[fact].none or NONE}
    return f"{process.facts[fact].title} is {' or '.join(words.get(value, value) for value in values)}"


def ask_for_facts(builder: PlanBuilder) -> None:
    """Name the facts without which the step cannot end or go on, to the team, once for each change of them."""
    progress = builder.progress
    if not progress.missing:
        return
    titles = tuple(progress.process.facts[fact].title for fact in progress.missing)
    builder.reasons.append(f"the ticket cannot go on until these are set: {', '.join(titles)}")
    if builder.grace_is_over():
        last = progress.facts.last_change(progress.missing, progress.now)
        name = EffectName.of(Kind.FACTS_MISSING, "+".join(progress.missing), last)
        builder.say([name], OwnTemplate.FACTS_MISSING, public=False, items=titles, accounts=team(progress))


def report_unknown_values(builder: PlanBuilder) -> None:
    """Tell the team of each value that the process does not know, because nothing follows from such a value."""
    progress = builder.progress
    for fact in progress.process.facts:
        value = progress.facts.at(fact, progress.now)
        if value.missing in (Missing.UNLISTED, Missing.NONE_AND_MORE):
            name = EffectName.of(Kind.VALUE_UNKNOWN, fact, progress.facts.last_change([fact], progress.now))
            items = (_problem(value),)
            builder.say([name], OwnTemplate.VALUE_UNKNOWN, public=False, items=items, accounts=team(progress))


def _problem(value: FactValue) -> str:
    title = value.fact.title
    if value.missing == Missing.NONE_AND_MORE:
        return f'{title} is set to "{value.fact.none}" and to another value; only one of the two can be right'
    known = ("Yes", "No") if value.fact.kind is FactKind.YES_NO else value.fact.options
    return f'{title} is "{value.text}"; the process knows {" and ".join(known)}'


def close_skipped(builder: PlanBuilder) -> None:
    """Plan to close the open subtasks of branches whose condition does not hold any more."""
    progress = builder.progress
    names = progress.people.office.subtask_statuses
    skipped = [s for s in progress.branches if s.status == BranchStatus.SKIPPED and s.subtask is not None]
    open_ones = {s.id for s in open_subtasks(progress.issue, [s.subtask.id for s in skipped if s.subtask], names)}
    for state in skipped:
        if state.subtask is not None and state.subtask.id in open_ones:
            name = EffectName.of(Kind.SUPERSEDE, state.subtask.id)
            if builder.is_open(name):
                builder.effects.append(MoveSubtask((builder.id(name),), state.subtask.id, names.superseded))
                facts = state.branch.condition.terms if state.branch.condition else {state.branch.for_each: ()}
                titles = ", ".join(progress.process.facts[fact].title for fact in facts if fact)
                builder.reasons.append(f"{state.subtask.summary} is not needed any more, because {titles} changed")


def ask_about_nothing(builder: PlanBuilder, step: Step) -> None:
    """If nothing is open in the step and yet it is not complete, because nobody did anything in it or because its
    condition does not hold, ask the team."""
    progress, branches = builder.progress, builder.progress.branches
    if progress.missing or any(state.status == BranchStatus.OPEN and state.subtask for state in branches):
        return
    under_way = (BranchStatus.OPEN, BranchStatus.UNKNOWN)
    nothing = bool(step.branches) and not any(state.status in under_way for state in branches)
    if (nothing or not called_for(progress, step)) and builder.grace_is_over():
        accounts, reason = team(progress), _why_nothing_is_open(progress, step)
        name = EffectName.of(Kind.NOTHING_OPEN)
        builder.say([name], OwnTemplate.NOTHING_OPEN, public=False, accounts=accounts, reason=reason)


def _why_nothing_is_open(progress: Progress, step: Step) -> str:
    if step.condition is not None and not called_for(progress, step):
        unknown = progress.facts.unknown(step.condition.terms, progress.now)
        titles = " and ".join(progress.process.facts[fact].title for fact in unknown)
        known = progress.facts.holds(step.condition, progress.now) is not None
        needed = f"it is not known whether this step is needed: {titles} is not set"
        return "this step is not needed for this ticket" if known else needed
    statuses = {state.status for state in progress.branches}
    if BranchStatus.REVISE in statuses:
        return "a subtask needs a revision, and the process does not say who makes it"
    if BranchStatus.NOT_RECEIVED in statuses:
        return "a subtask says that nothing was received, and the process does not say what comes next"
    return "nobody has finished anything in it since the ticket came here"
