"""Applies a plan: its effects in their order, each once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.controller.intents import Calls
from bot.controller.ledger_writer import LedgerWriter
from bot.controller.office_closures import Closures, NoClosure
from bot.core.history.closure_impact import moved_lines
from bot.core.history.progress import Progress
from bot.core.model.effect_id import EffectId, Kind
from bot.core.model.effects import (
    CloseDay,
    CreateSubtasks,
    Effect,
    Facts,
    MoveSubtask,
    Notify,
    Plan,
    PostComment,
    SendText,
    TransitionIssue,
)
from bot.core.model.issue import Issue
from bot.core.model.ledger import NOTED
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import Process
from bot.jira.call import Refused, Unreachable
from bot.jira.gateway import MOST_SUBTASKS, Gateway, Made, SubtaskText
from bot.jira.reader import Snapshot
from bot.store.agenda import Claim
from bot.store.journal import MESSAGE
from bot.words.render import TemplateFault, Unfit, Words

LOG = logging.getLogger(__name__)


Send = Callable[[Notify], bool]  # whether the message surely went out; it must not raise


@dataclass
class Applied:
    """What a reconcile did. `refs` maps effect ids to what came of them, `done` says it in words; `again` asks for
    another one at once, because the ticket moved or something was given up."""

    refs: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    again: bool = False


class Applier:
    """Carries out plans through the gateway."""

    def __init__(self, gateway: Gateway, calls: Calls, words: Words, closures: Closures, send: Send) -> None:
        self._gateway, self._calls = gateway, calls
        self._words, self._closures, self._send = words, closures, send
        self._recorder = LedgerWriter(gateway, calls)

    def apply(
        self,
        claim: Claim,
        snapshot: Snapshot,
        process: Process,
        progress: Progress,
        plan: Plan,
        given_up: Collection[str],
    ) -> Applied:
        """Apply all effects, then labels, fields and ledger in one call, then the move.

        The ledger is written before the move: it says which move was decided, so that the next reconcile can
        tell the bot's own move from one that landed on a person's. Where Jira refuses to keep the ledger, nothing is
        done but to inform staff, until the operator lets it be tried again: without it the bot would forget what it
        has read. Raises a JiraTrouble where the rest must wait."""
        applied = Applied()
        if any(effect.name.kind == Kind.LEDGER for effect in map(EffectId, given_up)):
            self._comments(claim, snapshot, process, _only_telling(plan), applied)
            return applied
        for effect in plan.effects:
            if isinstance(effect, CreateSubtasks):
                self._subtasks(claim, snapshot, process, effect, applied)
        self._comments(claim, snapshot, process, plan.effects, applied)
        for effect in plan.effects:
            if isinstance(effect, MoveSubtask):
                moved = self._move_subtask(claim, snapshot, effect)
                self._keep(applied, moved, f"moved a subtask to {effect.status}")
        moves = [e for e in plan.effects if isinstance(e, TransitionIssue) and (not e.after or e.after in applied.refs)]
        update = plan.update_after(snapshot.issue.id, applied.refs, moves)
        recorded = self._recorder.record(claim, snapshot.issue, progress.visit.id, update, given_up)
        applied.done += recorded.done
        applied.again = applied.again or recorded.again
        if not recorded.kept:
            return applied
        for effect in moves:
            send = partial(self._move, snapshot, effect)
            moved = self._calls.or_park(claim, snapshot.issue, "move", effect.ids, send, to=effect.status)
            self._keep(applied, moved, f"moved the ticket to {effect.status}")
            applied.again = True
        return applied

    def _comments(
        self, claim: Claim, snapshot: Snapshot, process: Process, effects: Iterable[Effect], applied: Applied
    ) -> None:
        for effect in effects:
            if isinstance(effect, PostComment):
                self._keep(applied, self.comment(claim, snapshot, process, effect), _said(effect))
            elif isinstance(effect, SendText):
                self._keep(applied, self._send_text(claim, snapshot, effect), "public comment: as staff sent it")
            elif isinstance(effect, Notify):
                self._keep(applied, self._notify(claim, snapshot.issue, effect), f"message to {effect.channel}")
            elif isinstance(effect, CloseDay):
                self._keep(applied, self._close_day(claim, snapshot, process, effect), "answered /closed")

    def comment(self, claim: Claim, snapshot: Snapshot, process: Process, effect: PostComment) -> dict[str, str]:
        """Write one comment; what came of its effects, nothing where it was given up."""
        words = self._words.draft if effect.draft else self._words.comment
        try:
            text = words(process.name, effect)
        except (TemplateFault, Unfit) as fault:
            self._calls.park(snapshot.issue, effect.ids, str(fault))
            return {}
        announces = (effect.due_id,) if effect.due_id and self._words.names_due(text, effect.facts) else ()
        return self._post(claim, snapshot, effect.ids, text, effect.public, effect.template, announces)

    def _send_text(self, claim: Claim, snapshot: Snapshot, effect: SendText) -> dict[str, str]:
        try:
            text = self._words.edited(effect.text)
        except Unfit as fault:
            self._calls.park(snapshot.issue, effect.ids, str(fault))
            return {}
        return self._post(claim, snapshot, effect.ids, text, True, "draft")

    def _post(
        self,
        claim: Claim,
        snapshot: Snapshot,
        ids: tuple[str, ...],
        text: str,
        public: bool,
        what: str,
        announces: tuple[str, ...] = (),
    ) -> dict[str, str]:
        """`announces` marks the date that the words announce. It is not given up by itself: staff see one comment."""
        issue, marks = snapshot.issue, (*ids, *announces)

        def send() -> dict[str, str]:
            return dict.fromkeys(marks, self._gateway.comment(issue, text, public, marks))

        highest = str(max((int(c.id) for c in issue.comments if c.id.isdigit()), default=0))
        facts = {"highest_comment": highest, "public": public}
        try:
            return self._calls.once(claim, issue, "comment", marks, send, to=what, **facts)
        except Refused as refused:
            self._calls.park(issue, ids, str(refused))
            return {}

    def _notify(self, claim: Claim, issue: Issue, effect: Notify) -> dict[str, str]:
        """Send one message. Done is that it was tried: what may have gone out is never sent again."""

        def send() -> dict[str, str]:
            if not self._send(effect):
                LOG.error("%s: a message may not have gone out to %s: %s", issue.key, effect.channel, effect.title)
            return dict.fromkeys(effect.ids, NOTED)

        return self._calls.or_park(claim, issue, MESSAGE, effect.ids, send, to=effect.channel)

    def _close_day(self, claim: Claim, snapshot: Snapshot, process: Process, effect: CloseDay) -> dict[str, str]:
        """Close the day, then answer with what moved; repeated, the same day has the same answer."""
        self._calls.renew(claim)  # it asks Jira for all tickets under way
        try:
            moved = self._closures.close(effect.closure)
        except NoClosure as why:
            refusal = _answer(effect, OwnTemplate.COMMAND_REFUSED, {"reason": str(why).rstrip(".")})
            return self.comment(claim, snapshot, process, refusal)
        written = self._closures.written(effect.closure)
        more_facts: Facts = {
            "items": moved_lines(moved, self._closures.calendars()),
            "what": effect.closure.when,
            "reason": effect.closure.reason,
            "note": "" if written.done else f"{written.file}: {' '.join(' '.join(written.lines).split())}",
        }
        return self.comment(claim, snapshot, process, _answer(effect, OwnTemplate.CLOSED_DAY, more_facts))

    def _keep(self, applied: Applied, refs: Mapping[str, str], said: str) -> None:
        if refs:
            applied.refs |= refs
            applied.done.append(said)
        else:
            applied.again = True

    def _subtasks(
        self, claim: Claim, snapshot: Snapshot, process: Process, effect: CreateSubtasks, applied: Applied
    ) -> None:
        issue = snapshot.issue
        texts: list[SubtaskText] = []
        for item in effect.items:
            taken = {subtask.summary for subtask in issue.subtasks} | {text.summary for text in texts}
            try:
                summary, description = self._words.subtask(process.name, item, taken)
            except (TemplateFault, Unfit) as fault:
                self._calls.park(issue, [item.id], str(fault))
                applied.again = True
                continue
            texts.append(SubtaskText(item.id, summary, description, item.labels, item.assignee, item.component))
        for first in range(0, len(texts), MOST_SUBTASKS):  # each call with an intent of its own
            self._make(claim, issue, texts[first : first + MOST_SUBTASKS], applied)

    def _make(self, claim: Claim, issue: Issue, texts: Sequence[SubtaskText], applied: Applied) -> None:
        later: dict[str, str] = {}

        def send() -> dict[str, str]:
            made: Made = self._gateway.create_subtasks(issue, texts)
            for refused, reason in made.refused.items():
                self._calls.park(issue, [refused], reason)
            later.update(made.later)
            return made.refs

        ids = tuple(t.effect for t in texts)
        refs = self._calls.or_park(claim, issue, "subtasks", ids, send, subtasks=[s.id for s in issue.subtasks])
        if later:
            raise Unreachable(f"Jira could not make a subtask just now: {'; '.join(later.values())}")
        self._keep(applied, refs, f"made {len(refs)} subtask{'s' if len(refs) != 1 else ''}")
        applied.again = applied.again or len(refs) < len(texts)

    def _move_subtask(self, claim: Claim, snapshot: Snapshot, effect: MoveSubtask) -> dict[str, str]:
        def send() -> dict[str, str]:
            self._gateway.move_subtask(snapshot, effect.subtask_id, effect.status)
            return dict.fromkeys(effect.ids, effect.subtask_id)

        return self._calls.or_park(claim, snapshot.issue, "subtask move", effect.ids, send, to=effect.status)

    def _move(self, snapshot: Snapshot, effect: TransitionIssue) -> dict[str, str]:
        self._gateway.transition(snapshot, effect.status, effect.resolution)
        return dict.fromkeys(effect.ids, NOTED)


def _only_telling(plan: Plan) -> list[Effect]:
    """The comments that tell staff what was given up."""
    return [e for e in plan.effects if all(one.name.kind == Kind.PARKED for one in e.ids)]


def _said(effect: PostComment) -> str:
    audience = "draft" if effect.draft else "public" if effect.public else "internal"
    return f"{audience} comment: {effect.template}"


def _answer(effect: CloseDay, template: OwnTemplate, more_facts: Facts) -> PostComment:
    return PostComment(effect.ids, template, public=False, facts={**effect.facts, **more_facts})
