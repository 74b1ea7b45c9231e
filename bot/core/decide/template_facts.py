"""The facts that every template can use, and short descriptions of clocks and effects for staff."""

from __future__ import annotations

from typing import Any

from bot.core.history import replies
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import Clock
from bot.core.history.ticket_step import family_of, onward, path_onward
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.process import DISTRICT, Branch, Office


def facts(progress: Progress, office: Office, **more: Any) -> dict[str, Any]:
    """The facts that every template can use, for the issue as it is now; `more` adds to them or replaces them.

    `due` is the earliest due moment that is still to come: a date that has passed is never announced again."""
    step = progress.place
    coming = [c.due for c in progress.counting if c.due > progress.now]
    found = onward(progress.process, step, progress.facts, progress.now) if step else None
    following = progress.process.find_step(found[0]) if found else None
    return {
        "district": progress.people.district(),
        "contact": progress.people.contact_name(),
        "step": step.title if step else "",
        "next_step": following.title if following else "",
        "round": progress.visit.round,
        "team": _team_title(progress, office),
        "turn": _turn(progress),
        "due": min(coming, default=None),
        "now": progress.now,
        "calendar": progress.process.calendar,
        "keyword": _keyword(progress),
        "findings": (),
        "facts": progress.facts.texts(progress.now),
        "each": "",
        "passed_over": passed_over(progress),
    } | more


def passed_over(progress: Progress) -> tuple[str, ...]:
    """The titles of the optional steps that the ticket passed over on its way to where it is, because they were not
    called for. One that staff skipped by hand is not among them."""
    visits, process = progress.ledger.visits, progress.process
    prior = process.find_step(visits[-2].step) if len(visits) > 1 else None
    if prior is None:
        return ()
    titles: list[str] = []
    for name, step in path_onward(process, prior):
        if name == progress.visit.step:
            return tuple(titles)
        if step is not None and step.condition and progress.facts.holds(step.condition, progress.now) is False:
            titles.append(step.title)
    return ()


def _turn(progress: Progress) -> str:
    parties = progress.turn
    if not parties:
        return ""
    if parties == (DISTRICT,):
        return DISTRICT
    if DISTRICT in parties and any(b.branch.party == DISTRICT for b in progress.branches if not b.settled):
        return "both"
    return "team"


def _team_title(progress: Progress, office: Office) -> str:
    step = progress.place
    parties = [*progress.turn, *(step.parties if step else ())]
    return next((office.teams[p].title for p in parties if p in office.teams), "")


def _keyword(progress: Progress) -> str:
    """The one keyword that the district can reply with now; empty if there is none."""
    if progress.waiting:
        return replies.KEYWORDS[replies.FILES_READY]
    if progress.begun.at is None:
        return ""  # the district is asked for nothing before the step begins
    for state in progress.branches:
        keywords = [replies.KEYWORDS[word] for word in state.branch.done_by if word in replies.KEYWORDS]
        if keywords and not state.settled:
            return keywords[0]
    return ""


def describe_effect(name: EffectName) -> str:
    """A short description of an effect for staff."""
    about = family_of(name.args[0]) if name.args else ""
    words = {
        Kind.SAY: "the comment to the district",
        Kind.SUBTASK: f"the subtask for {about}",
        Kind.CLOSE: f"closing the subtask for {about}",
        Kind.SUPERSEDE: "closing a subtask of the ended round",
        Kind.MOVE: "moving the ticket on",
        Kind.UNDO: "moving the ticket back",
        Kind.ESCALATION: "the note on a review's time",
        Kind.MESSAGE: "the message on a review's time",
        Kind.ASK_FINDINGS: "the request for findings",
        Kind.FIELD: "setting the due day",
        Kind.LABELS: "setting the labels",
    }
    return words.get(name.kind, "a note or answer of the bot") if name.kind else "a note or answer of the bot"


def branch_title(branch: Branch) -> str:
    """What staff call a branch: its name in the process file, with the value that it is for."""
    name = branch.family or branch.name
    return f"{name} {branch.each}" if branch.each else name


def clock_title(progress: Progress, clock: Clock) -> str:
    """What a clock measures, in words for staff."""
    title = progress.step.title if progress.step else ""
    if clock.branch:
        state = next(b for b in progress.branches if b.branch.name == clock.branch)
        return state.subtask.summary if state.subtask else f"{title} ({branch_title(state.branch)})"
    return f"{title}, round {progress.visit.round}" if progress.visit.round else title
