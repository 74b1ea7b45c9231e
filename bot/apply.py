"""Applies a plan: each call once, by an intent that is committed before it and closed after it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bot.agenda import Agenda, Claim, LeaseLost
from bot.clock import Clock
from bot.core.effects import (
    AlertOperator,
    CreateSubtasks,
    Effect,
    MoveSubtask,
    Plan,
    PostComment,
    SendText,
    TransitionIssue,
)
from bot.core.issue import Issue
from bot.core.ledger import NOTED
from bot.core.phrases import said_by
from bot.core.process import Process
from bot.core.progress import Progress
from bot.gateway import Gateway, Made, SubtaskText
from bot.gateway_reader import Snapshot
from bot.journal import Journal
from bot.render import TemplateFault, Unfit, Words
from bot.wire import JiraTrouble, Refused, Unknown, Unreachable

LOG = logging.getLogger(__name__)

_RENEW_SECONDS = 40.0

Alert = Callable[[str, str, str], object]  # kind, title, body: told once for each kind


@dataclass
class Applied:
    """What a look did. `refs` maps effect ids to what came of them, `done` says it in words; `again` asks for
    another look at once, because the ticket moved or something was given up."""

    refs: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    again: bool = False


@dataclass(frozen=True)
class _Part:
    """A part of the one call that sets labels, fields and ledger; each may be given up alone."""

    effect: str
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    ledger: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return bool(self.add_labels or self.remove_labels or self.fields or self.ledger is not None)

    @property
    def said(self) -> list[str]:
        """What it did, in words; fields and ledger follow from the rest and go without."""
        added = [f"set the label {label}" for label in self.add_labels]
        return added + [f"took off the label {label}" for label in self.remove_labels]


class Applier:
    """Carries out plans through the gateway."""

    def __init__(
        self, gateway: Gateway, agenda: Agenda, journal: Journal, words: Words, clock: Clock, alert: Alert
    ) -> None:
        self._gateway, self._agenda, self._journal = gateway, agenda, journal
        self._words, self._clock, self._alert = words, clock, alert
        self._lease = threading.local()  # each worker has one claim at a time

    def apply(self, claim: Claim, snapshot: Snapshot, process: Process, progress: Progress, plan: Plan) -> Applied:
        """Apply all effects, then labels, fields and ledger in one call, then the move.

        The ledger is written before the move: it says which move was decided, so that the next look can tell
        the bot's own move from one that landed on a person's. Where Jira refuses to keep the ledger, nothing is
        done but to tell staff, until the operator lets it be tried again: without it the bot would forget what it
        has heard. Raises a JiraTrouble where the rest must wait."""
        applied = Applied()
        given_up = {e.effect_id for e in self._journal.parked(snapshot.issue.id)}
        if any(effect.endswith(":ledger") for effect in given_up):
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
        for effect in moves:
            progress.visit.decided = progress.visit.decided or effect.decided
        if not self._record(claim, snapshot, progress, plan, applied, given_up):
            return applied
        for effect in moves:
            send = partial(self._move, snapshot, effect)
            moved = self._call(claim, snapshot.issue, "move", effect.ids, send, to=effect.status)
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
            elif isinstance(effect, AlertOperator):
                told = self._call(claim, snapshot.issue, "alert", effect.ids, partial(self._tell_operator, effect))
                self._keep(applied, told, "told the operator")

    def comment(self, claim: Claim, snapshot: Snapshot, process: Process, effect: PostComment) -> dict[str, str]:
        """Write one comment; what came of its effects, nothing where it was given up."""
        words = self._words.draft if effect.draft else self._words.comment
        try:
            text = words(process.name, effect)
        except (TemplateFault, Unfit) as fault:
            self._park(snapshot.issue, effect.ids, str(fault))
            return {}
        return self._post(claim, snapshot, effect.ids, text, effect.public, effect.template)

    def _send_text(self, claim: Claim, snapshot: Snapshot, effect: SendText) -> dict[str, str]:
        try:
            text = self._words.edited(effect.text)
        except Unfit as fault:
            self._park(snapshot.issue, effect.ids, str(fault))
            return {}
        return self._post(claim, snapshot, effect.ids, text, True, "draft")

    def _post(
        self, claim: Claim, snapshot: Snapshot, ids: tuple[str, ...], text: str, public: bool, what: str
    ) -> dict[str, str]:
        issue = snapshot.issue

        def send() -> dict[str, str]:
            return dict.fromkeys(ids, self._gateway.comment(issue, text, public, ids))

        highest = str(max((int(c.id) for c in issue.comments if c.id.isdigit()), default=0))
        return self._call(claim, issue, "comment", ids, send, highest_comment=highest, public=public, to=what)

    def _tell_operator(self, effect: AlertOperator) -> dict[str, str]:
        for name in effect.ids:
            self._alert(f"late {name}", "An automatic step is late", effect.what)
        return dict.fromkeys(effect.ids, NOTED)

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
        texts = []
        for item in effect.items:
            try:
                summary, description = self._words.subtask(process.name, item)
            except (TemplateFault, Unfit) as fault:
                self._park(issue, [item.id], str(fault))
                applied.again = True
                continue
            texts.append(SubtaskText(item.id, summary, description, item.labels, item.assignee, item.component))
        if not texts:
            return

        later: dict[str, str] = {}

        def send() -> dict[str, str]:
            made: Made = self._gateway.create_subtasks(issue, texts)
            for refused, reason in made.refused.items():
                self._park(issue, [refused], reason)
            later.update(made.later)
            return made.refs

        ids = tuple(t.effect for t in texts)
        refs = self._call(claim, issue, "subtasks", ids, send, subtasks=[s.id for s in issue.subtasks])
        if later:
            raise Unreachable(f"Jira could not make a subtask just now: {'; '.join(later.values())}")
        self._keep(applied, refs, f"made {len(refs)} subtask{'s' if len(refs) != 1 else ''}")
        applied.again = applied.again or len(refs) < len(texts)

    def _move_subtask(self, claim: Claim, snapshot: Snapshot, effect: MoveSubtask) -> dict[str, str]:
        def send() -> dict[str, str]:
            self._gateway.move_subtask(snapshot, effect.subtask_id, effect.status)
            return dict.fromkeys(effect.ids, effect.subtask_id)

        return self._call(claim, snapshot.issue, "subtask move", effect.ids, send, to=effect.status)

    def _move(self, snapshot: Snapshot, effect: TransitionIssue) -> dict[str, str]:
        self._gateway.transition(snapshot, effect.status, effect.resolution)
        return dict.fromkeys(effect.ids, NOTED)

    # -- labels, fields and the ledger

    def _record(
        self,
        claim: Claim,
        snapshot: Snapshot,
        progress: Progress,
        plan: Plan,
        applied: Applied,
        given_up: Collection[str],
    ) -> bool:
        """Set labels and fields and keep the ledger; whether the ledger was kept."""
        issue, record = snapshot.issue, plan.record
        progress.ledger.note({**dict.fromkeys(plan.noted, NOTED), **applied.refs}, issue.id)
        ledger = progress.ledger.to_json()
        prefix = f"{issue.id}:{progress.visit.id}:"
        parts = [
            _Part(prefix + "field", fields=record.fields),
            _Part(prefix + "labels", add_labels=record.add_labels, remove_labels=record.remove_labels),
            _Part(prefix + "ledger", ledger=ledger if ledger != issue.ledger else None),
        ]
        wanted = [part for part in parts if part and part.effect not in given_up]
        if not wanted or self._put(claim, issue, wanted) is None:
            applied.done += [word for part in wanted for word in part.said]
            return True
        kept = True
        for part in wanted:  # Jira does not reliably say which part it minds: each is asked for alone
            if refusal := self._put(claim, issue, [part]):
                self._park(issue, [part.effect], refusal)
                applied.again = True
                kept = kept and part.ledger is None
            else:
                applied.done += part.said
        return kept

    def _put(self, claim: Claim, issue: Issue, parts: Sequence[_Part]) -> str | None:
        """Send the parts in one call; why Jira refuses it, None where it does not."""
        self._renew(claim)
        intent = self._journal.open_intent(claim, issue.id, "record", tuple(p.effect for p in parts), {})
        whole = _Part(
            "",
            tuple(label for p in parts for label in p.add_labels),
            tuple(label for p in parts for label in p.remove_labels),
            {name: value for p in parts for name, value in p.fields.items()},
            next((p.ledger for p in parts if p.ledger is not None), None),
        )
        try:
            self._gateway.put(issue.id, whole.add_labels, whole.remove_labels, whole.fields, whole.ledger)
        except Refused as refused:
            self._journal.fail_intent(intent, str(refused))
            return str(refused)
        except Unknown:
            raise
        except JiraTrouble as trouble:
            self._journal.fail_intent(intent, str(trouble))
            raise
        self._journal.close_intent(intent, {})
        return None

    # -- one call

    def _call(
        self,
        claim: Claim,
        issue: Issue,
        kind: str,
        ids: tuple[str, ...],
        send: Callable[[], dict[str, str]],
        *,
        to: str = "",
        **intent_facts: Any,
    ) -> dict[str, str]:
        """Intent, call, done. What Jira refuses for good is parked, and the rest goes on; where the answer is
        unknown the intent stays open for a later look to settle."""
        self._renew(claim)
        intent = self._journal.open_intent(claim, issue.id, kind, ids, {"to": to}, **intent_facts)
        try:
            refs = send()
        except Refused as refused:
            self._journal.fail_intent(intent, str(refused))
            self._park(issue, ids, str(refused))
            return {}
        except Unknown:
            raise
        except JiraTrouble as trouble:
            self._journal.fail_intent(intent, str(trouble))
            raise
        self._journal.close_intent(intent, refs)
        return refs

    def _park(self, issue: Issue, ids: Iterable[str], reason: str) -> None:
        for effect in ids:
            self._journal.park_effect(issue.id, effect, reason)
            LOG.error("%s: gave up %s: %s", issue.key, said_by(effect.split(":", 2)[-1]), reason)

    def _renew(self, claim: Claim) -> None:
        """Keep the lease alive through a look of many slow calls."""
        now = self._clock.machine()
        if getattr(self._lease, "token", None) != claim.token:
            self._lease.token, self._lease.renewed = claim.token, now
        elif abs(now - self._lease.renewed) > _RENEW_SECONDS:
            if not self._agenda.renew(claim):
                raise LeaseLost(f"the lease on {claim.key!r} ran out before its look ended; another look follows")
            self._lease.renewed = now


def _only_telling(plan: Plan) -> list[Effect]:
    """The comments that tell staff what was given up."""
    return [e for e in plan.effects if all(one.split(":", 2)[-1].startswith("parked:") for one in e.ids)]


def _said(effect: PostComment) -> str:
    audience = "draft" if effect.draft else "public" if effect.public else "internal"
    return f"{audience} comment: {effect.template}"
