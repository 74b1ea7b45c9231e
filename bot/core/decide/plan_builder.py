"""Collects a plan's effects, each only if it is neither done nor given up."""

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
from bot.core.model.expected_end import Forecast
from bot.core.model.ledger import Decision, Ledger, Mover, Visit, subtasks_made
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import DRAFT, SILENT


@dataclass
class PlanBuilder:
    """A plan in the making. `parked` are the effects that were given up, and `done_without_call` those that are done
    without a call to Jira; `expected` is the forecast of the ticket's end, and `again_at` when
    the next reconcile must follow whatever else happens."""

    progress: Progress
    parked: Collection[str]
    ledger: Ledger
    expected: Forecast | None = None
    effects: list[Effect] = field(default_factory=list)
    done_without_call: list[EffectId] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    grace_until: datetime | None = None
    again_at: datetime | None = None

    def id(self, name: EffectName) -> EffectId:
        """The id of an effect of the current visit."""
        return EffectId.of(self.progress.issue.id, self.progress.visit.id, name)

    def is_open(self, name: EffectName) -> bool:
        """Whether an effect is neither given up nor done, in this visit or an earlier one that it continues."""
        return not self.progress.done(name) and self.id(name) not in self.parked

    @property
    def visit(self) -> Visit:
        """The current visit in the plan's own ledger."""
        return self.ledger.visits[-1]

    @property
    def moves_ticket(self) -> bool:
        """Whether the plan moves the ticket."""
        return any(isinstance(e, TransitionIssue) for e in self.effects)

    def say(self, names: Collection[EffectName], template: str, public: bool, **more: Any) -> None:
        """Plan one comment for the open ones of these effects. A public one becomes a draft, or is left out, as the
        office's `voice` says."""
        self._comment(names, template, public, False, more)

    def say_correction(
        self, name: EffectName, template: OwnTemplate, ask: bool, announced_due: datetime, **more: Any
    ) -> None:
        """Plan one comment that corrects the due moment announced to the district; with `ask` always as a draft."""
        self._comment([name], template, True, ask, {"told": announced_due, **more})

    def _comment(
        self, names: Collection[EffectName], template: str, public: bool, correction: bool, more: Mapping[str, Any]
    ) -> None:
        office = self.progress.people.office
        fresh = tuple(self.id(n) for n in names if self.is_open(n))
        if not fresh:
            return
        voice = office.voice or DRAFT  # until the office chooses, its team reads every comment first
        if public and voice == SILENT:
            self.done_without_call += fresh
            return
        draft, template_facts = public and (correction or voice == DRAFT), facts(self.progress, office, **more)
        due_id = None
        clock = next((c for c in self.progress.counting if c.due == template_facts["due"]), None)
        if public and clock is not None:
            kind = Kind.DRAFTED if draft else Kind.ANNOUNCED
            due_id = self.id(EffectName.of(kind, clock.due, clock.name, fresh[0].name))
        self.effects.append(
            PostComment(fresh, template, public and not draft, template_facts, draft, correction, due_id)
        )

    @property
    def may_speak(self) -> bool:
        """Whether the step is under way: what it needs in order to begin holds now."""
        return self.progress.begun.at is not None and not self.progress.begun.paused

    def grace_is_over(self) -> bool:
        """Whether the bot may comment on a person's move yet, so that a slip that is fixed at once says nothing. If
        not, the plan is made again when the grace is over."""
        visit = self.progress.visit
        if visit.mover != Mover.PERSON or not visit.id.startswith("h"):
            return True
        until = visit.began + self.progress.people.office.grace_or_default
        if self.progress.now >= until:
            return True
        self.grace_until = until
        self.reasons.append("a person has just moved the ticket")
        return False

    def index_of_district_comment(self) -> int | None:
        """The index, among the effects, of the first comment to the district or draft of one; None if there is none."""
        return next(
            (n for n, e in enumerate(self.effects) if isinstance(e, PostComment) and (e.public or e.draft)), None
        )

    def move(
        self, name: EffectName, status: str, after: EffectId | None = None, decided: Decision | None = None
    ) -> None:
        """Plan a move of the ticket, even if it is recorded as done: then it failed, or people have put the ticket
        back."""
        process = self.progress.process
        end = next((n for n, s in process.ends.items() if s == status), "")
        resolution = process.closings[end].resolution if end in process.closings else None
        if self.id(name) not in self.parked:
            self.effects.append(TransitionIssue((self.id(name),), status, resolution, after, decided))

    def advance(self, decided: Decision) -> None:
        """Plan the move to the next status or, without `auto_advance`, a note to the team that the ticket is ready to
        be moved."""
        if self.progress.people.office.auto_advance:
            self.move(EffectName.of(Kind.MOVE), decided.to)
        else:
            name = EffectName.of(Kind.READY, decided.at)  # with its moment, so that the next time gets a note too
            self.say([name], OwnTemplate.STEP_READY, public=False, status=decided.to, accounts=team(self.progress))

    def supersede(self, visits: Collection[Visit]) -> None:
        """Plan to close the subtasks that nobody finished in these visits, which are over."""
        made = subtasks_made(visits)
        names = self.progress.people.office.subtask_statuses
        for subtask in open_subtasks(self.progress.issue, made, names):
            name = EffectName.of(Kind.SUPERSEDE, subtask.id)
            if self.is_open(name):
                self.effects.append(MoveSubtask((self.id(name),), subtask.id, names.superseded))


def team(progress: Progress) -> tuple[str, ...]:
    """The accounts of the team whose step or review this is. In a step that is the district's alone, it is the next
    team, so that somebody is always asked."""
    here = progress.place
    steps = progress.process.steps[progress.process.steps.index(here) :] if here else progress.process.steps
    teams = progress.people.office.teams
    staffed = next((s for s in steps if any(p in teams for p in s.parties)), None)
    return tuple(a for p in staffed.parties if p in teams for a in teams[p].accounts) if staffed else ()
