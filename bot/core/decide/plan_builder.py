"""A plan as it grows: what is wished, each wish only where it is neither done nor given up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.core.decide.template_facts import facts
from bot.core.history.branches import open_subtasks
from bot.core.history.progress import Progress
from bot.core.model.effect_id import EffectId, EffectName, Kind
from bot.core.model.effects import Effect, MoveSubtask, PostComment, TransitionIssue
from bot.core.model.ledger import Decision, Ledger, Mover, Visit, subtasks_made
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import DRAFT, SILENT


@dataclass
class PlanBuilder:
    """What one look wishes. `parked` are the effects that were given up; `noted` need no call of their own."""

    progress: Progress
    parked: Collection[str]
    ledger: Ledger
    effects: list[Effect] = field(default_factory=list)
    noted: list[EffectId] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    grace_until: datetime | None = None

    def id(self, name: EffectName) -> EffectId:
        """The id of an effect of the present visit."""
        return EffectId.of(self.progress.issue.id, self.progress.visit.id, name)

    def open(self, name: EffectName) -> bool:
        """Whether an effect is neither done in this stay (or one it goes on with) nor parked."""
        return not self.progress.done(name) and self.id(name) not in self.parked

    @property
    def visit(self) -> Visit:
        """The present visit as the plan's own ledger has it."""
        return self.ledger.visits[-1]

    @property
    def moves(self) -> bool:
        """Whether the ticket is to be moved."""
        return any(isinstance(e, TransitionIssue) for e in self.effects)

    def say(self, names: Collection[EffectName], template: str, public: bool, **more: Any) -> None:
        """One comment for those of these effects that are open; for the district in the voice that is chosen."""
        self._comment(names, template, public, False, more)

    def correct(self, name: EffectName, template: OwnTemplate, ask: bool, told: datetime, **more: Any) -> None:
        """One comment that corrects the due moment which the district was told, with `ask` as a draft in any case."""
        self._comment([name], template, True, ask, {"told": told, **more})

    def _comment(
        self, names: Collection[EffectName], template: str, public: bool, tell: bool, more: Mapping[str, Any]
    ) -> None:
        office = self.progress.people.office
        fresh = tuple(self.id(n) for n in names if self.open(n))
        if not fresh:
            return
        voice = office.voice or DRAFT  # until the office chooses, its team reads the bot before a district does
        if public and voice == SILENT:
            self.noted += fresh
            return
        draft, told = public and (tell or voice == DRAFT), facts(self.progress, office, **more)
        due_id = None
        clock = next((c for c in self.progress.counting if c.due == told["due"]), None)
        if public and clock is not None:
            kind = Kind.DRAFTED if draft else Kind.ANNOUNCED
            due_id = self.id(EffectName.of(kind, clock.due, clock.name, fresh[0].name))
        self.effects.append(PostComment(fresh, template, public and not draft, told, draft, tell, due_id))

    def may_speak(self) -> bool:
        """Whether the bot may speak yet of a move that a person made: a mis-drag that is put right at once says
        nothing. Where it may not, the plan looks again when it may."""
        visit = self.progress.visit
        if visit.mover != Mover.PERSON or not visit.id.startswith("h"):
            return True
        until = visit.began + self.progress.people.office.grace_or_default
        if self.progress.now >= until:
            return True
        self.grace_until = until
        self.reasons.append("a person has just moved the ticket")
        return False

    def speaks(self) -> int | None:
        """Where in the effects a comment to the district stands, None where there is none."""
        return next(
            (n for n, e in enumerate(self.effects) if isinstance(e, PostComment) and (e.public or e.draft)), None
        )

    def move(
        self, name: EffectName, status: str, after: EffectId | None = None, decided: Decision | None = None
    ) -> None:
        """Move the ticket. A move that was done and is wished again failed, or people have put the ticket back."""
        process = self.progress.process
        end = next((n for n, s in process.ends.items() if s == status), "")
        resolution = process.closings[end].resolution if end in process.closings else None
        if self.id(name) not in self.parked:
            self.effects.append(TransitionIssue((self.id(name),), status, resolution, after, decided))

    def advance(self, decided: Decision) -> None:
        """Move the ticket on or, without auto_advance, tell the team that it is ready to be moved."""
        if self.progress.people.office.auto_advance:
            self.move(EffectName.of(Kind.MOVE), decided.to)
        else:
            name = EffectName.of(Kind.READY, decided.at)  # by its moment, so that the next time is said again
            self.say([name], OwnTemplate.STEP_READY, public=False, status=decided.to, accounts=team(self.progress))

    def supersede(self, stays: Collection[Visit]) -> None:
        """These stays are over, by a verdict or for other files: what nobody finished in them is closed."""
        made = subtasks_made(stays)
        names = self.progress.people.office.subtask_statuses
        for subtask in open_subtasks(self.progress.issue, made, names):
            name = EffectName.of(Kind.SUPERSEDE, subtask.id)
            if self.open(name):
                self.effects.append(MoveSubtask((self.id(name),), subtask.id, names.superseded))


def team(progress: Progress) -> tuple[str, ...]:
    """The accounts of the staff whose step, or whose review, this is; in a step of the district's alone, of
    those who come next, so that somebody is always asked."""
    here = progress.place
    steps = progress.process.steps[progress.process.steps.index(here) :] if here else progress.process.steps
    teams = progress.people.office.teams
    staffed = next((s for s in steps if any(p in teams for p in s.parties)), None)
    return tuple(a for p in staffed.parties if p in teams for a in teams[p].accounts) if staffed else ()
