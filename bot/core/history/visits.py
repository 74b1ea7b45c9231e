"""Replays what is newer than the ledger into it: the visits, the replies, and the files received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.core.history import replies
from bot.core.history.branches import BranchState, BranchStatus, states
from bot.core.history.case import Case
from bot.core.history.comment_intake import CommentIntake, NewComments
from bot.core.model.effect_id import Kind
from bot.core.model.issue import Attachment, Change, Comment
from bot.core.model.ledger import WAITING, CommandName, Decision, Ledger, Mover, Verdict, Visit
from bot.core.model.pauses import record_pause
from bot.core.model.process import Step


class HistoryReplay:
    """Adds an issue's newer history to its ledger, which is changed in place; the rest is read only.

    `applied` are the effects that the database knows as done, needed where the ledger was lost. `zone` is the time
    zone of the calendar, in which staff write moments."""

    def __init__(self, case: Case, ledger: Ledger, applied: Mapping[str, str], zone: str) -> None:
        self.case, self.ledger = case, ledger
        self.issue, self.process, self.people = case.issue, case.process, case.people
        self.applied = applied
        self.first_reconcile = not ledger.visits
        self.intake = CommentIntake(case, ledger, zone, self.first_reconcile)
        self.known = {v.id for v in ledger.visits}
        last = ledger.visits[-1] if ledger.visits else None
        self.decided_status = last.decided.to if last and last.decided else None  # recorded before the move

    def run(self, now: datetime) -> NewComments:
        """Add every newer move, comment and file to the ledger, in the order in which they happened."""
        self.ledger.note(self.applied, self.issue.id)
        if self.first_reconcile:
            self._begin_first()
        facts: list[tuple[datetime, int, Change | Comment | Attachment]] = []
        # At the same moment a comment goes first, because the move may be its result.
        facts += [(c.at, 1, c) for c in self._newer_moves()]
        facts += [(c.updated, 0, c) for c in self.intake.newer()]
        facts += [(a.created, 0, a) for a in self.intake.newer_files(now)]
        for _, _, fact in sorted(facts, key=lambda f: f[:2]):
            if isinstance(fact, Change):
                self._move(fact)
            elif isinstance(fact, Attachment):
                self.intake.take_file(fact)
            else:
                self._begin_round(self.intake.read(fact))
        return self.intake.found

    # -- the ticket's moves

    def _begin_first(self) -> None:
        moves = [c for c in self.issue.changes if c.field == "status"]
        status = (moves[0].old or self.issue.status) if moves else self.issue.status
        reporter = self.issue.reporter
        self.ledger.visits.append(
            Visit(
                id="created",
                step=self._step_name(status),
                status=status,
                began=self.issue.created,
                by=reporter.id if reporter else "",
            )
        )
        self.ledger.note(self.applied, self.issue.id)

    def _newer_moves(self) -> list[Change]:
        moves = [c for c in self.issue.changes if c.field == "status" and c.old != c.new]
        last = self.ledger.visits[-1]
        ids = [f"h{c.id}" for c in moves]
        if last.id in ids:
            return moves[ids.index(last.id) + 1 :]
        return moves if last.id == "created" else [c for c in moves if c.at > last.began]

    def _move(self, change: Change) -> None:
        prior, status, at = self.ledger.visits[-1], change.new or "", change.at
        mover = self.people.mover(change.author)
        self._freeze_branches(prior, at)
        prior.ended, prior.ended_by = at, change.author.id if change.author else ""
        self._give_verdict(prior, status, mover, at)
        if prior.id not in self.known and not prior.done and not self.first_reconcile:
            self.intake.found.missed.append(prior.id)
        self.intake.visit_over()
        visit = Visit(
            id=f"h{change.id}",
            step=self._step_name(status),
            status=status,
            began=at,
            by=prior.ended_by,
            mover=mover,
        )
        if mover == Mover.BOT and prior.undo == status:
            self._restore_visit(visit, prior)
        else:
            if mover == Mover.BOT and self._raced(prior, status):
                visit.undo = prior.status
            self._drop_mistaken_verdict(visit)
            self._take_files(visit, prior, change)
        record_pause(self.ledger, visit)
        self.ledger.visits.append(visit)
        self.ledger.note(self.applied, self.issue.id)

    def _begin_round(self, visit: Visit | None) -> None:
        """Begin a visit in the same step because staff announced a new set of files."""
        if visit is not None:
            prior = self.ledger.visits[-1]
            self._freeze_branches(prior, visit.began)
            prior.ended, prior.ended_by, prior.verdict, prior.decided = visit.began, visit.by, Verdict.REPLACED, None
            self.ledger.visits.append(visit)
            self.ledger.note(self.applied, self.issue.id)

    def _moved_by_mistake(self, visit: Visit) -> bool:
        return corrects_mistake(self.ledger.visits, visit, self.people.office.grace_or_default)

    def _drop_mistaken_verdict(self, visit: Visit) -> None:
        """Remove the verdict that a mistaken move gave."""
        if self._moved_by_mistake(visit):
            before = self.ledger.visits[-2]
            before.verdict, before.decided = Verdict.LEFT, None

    def _freeze_branches(self, prior: Visit, at: datetime) -> None:
        """Record the subtasks that were withdrawn when the visit ended, so that they remain so."""
        step = self._step(prior)
        if step is not None and prior.id in self.known:
            for state in states(self.case, step, prior, self.ledger, at):
                if state.status == BranchStatus.WITHDRAWN and state.branch.name not in prior.withdrawn:
                    prior.withdrawn.append(state.branch.name)

    def _give_verdict(self, prior: Visit, status: str, mover: Mover, at: datetime) -> None:
        step = self._step(prior)
        if prior.decided is not None and prior.decided.to == status:
            prior.verdict = prior.decided.verdict
            return
        verdict = Verdict.LEFT
        # Where only the ledger was lost, the bot's own moves show what it had decided.
        if mover != Mover.APP and step is not None and not (mover == Mover.BOT and self._raced(prior, status)):
            if step.review and status == self.process.waiting_status:
                verdict = Verdict.NOT_RECEIVED if self._nothing_came(prior, step, at) else Verdict.REVISION
            elif self.case.leads_to(step, status):
                verdict = Verdict.GOOD if step.review else Verdict.DONE
            elif self._sent_back(prior, step, status, at):
                verdict = Verdict.REVISION
        prior.verdict = verdict
        prior.decided = Decision(verdict, at, prior.ended_by, status) if verdict != Verdict.LEFT else None

    def _sent_back(self, prior: Visit, step: Step, status: str, at: datetime) -> bool:
        """Whether a "needs revision" took the ticket straight back to rework."""
        revision = step.revision
        if revision is None or revision.say is not None or self.process.status_of(revision.return_to) != status:
            return False
        return any(state.status == BranchStatus.REVISE for state in states(self.case, step, prior, self.ledger, at))

    def _nothing_came(self, prior: Visit, step: Step, at: datetime) -> bool:
        """Whether a reviewer reported that no files came, if the process has a comment for that."""
        if step.revision is None or step.revision.not_received is None:
            return False
        every = states(self.case, step, prior, self.ledger, at)
        return any(s.status == BranchStatus.NOT_RECEIVED for s in every) or any(
            o.kind == CommandName.NOT_RECEIVED for o in prior.commands
        )

    def _raced(self, prior: Visit, status: str) -> bool:
        """Whether the bot decided its move in a visit that a person had ended meanwhile."""
        return prior.id not in self.known and prior.mover == Mover.PERSON and status == self.decided_status

    def _restore_visit(self, visit: Visit, mistaken: Visit) -> None:
        person = self.ledger.visits[self.ledger.visits.index(mistaken) - 1]
        visit.by, visit.mover, visit.continues = person.by, person.mover, person.id
        visit.files, visit.round, visit.received = person.files, person.round, person.received

    def _continue(self, visit: Visit) -> None:
        """A visit goes on with the last pass through its step, unless that one is complete or new files have come."""
        step = self._step(visit)
        if not visit.step or (step is None and visit.step != WAITING):
            return
        per_set = visit.step == WAITING or self._after_files(visit.step)
        for earlier in reversed(self.ledger.visits):
            if earlier.step == visit.step and (not per_set or earlier.files == visit.files):
                if step is None or self._goes_on(step, earlier, visit):
                    visit.continues = earlier.id
                return

    def _goes_on(self, step: Step, earlier: Visit, visit: Visit) -> bool:
        """Whether a visit belongs to the same pass as an earlier one. An automated step has only one pass: it does not
        speak again by itself."""
        return step.automated or self._moved_by_mistake(visit) or not self._complete(step, earlier, visit.began)

    def _complete(self, step: Step, visit: Visit, at: datetime) -> bool:
        """Whether the pass of that visit was complete: a revision decided it, or all of its branches are settled."""
        if visit.verdict in (Verdict.REVISION, Verdict.NOT_RECEIVED):
            return True
        if not step.branches:
            return visit.verdict in (Verdict.GOOD, Verdict.DONE)
        return all(state.settled for state in states(self.case, step, visit, self.ledger, at))

    # -- the files

    def _take_files(self, visit: Visit, prior: Visit, change: Change) -> None:
        """Set the new visit's set of files, its round, and when the files were received."""
        step = self._step(visit)
        visit.files, visit.round, visit.received = prior.files, prior.round, prior.received
        if step is None or not step.review:
            self._continue(visit)
            return
        receipt = None if self._moved_by_mistake(visit) else self._receipt(prior, visit.mover, change)
        if receipt is None and not prior.files and visit.mover != Mover.APP:
            # No files were awaited: they count as received when the step was complete, or with the move.
            as_decided = visit.mover == Mover.BOT and prior.decided is not None
            receipt = (f"h{change.id}", prior.decided.at if as_decided and prior.decided else change.at)
        if receipt is not None:
            visit.files, visit.received = receipt
            reviewed = (
                v.round
                for v in self.ledger.visits
                if v.files and v.verdict in (Verdict.GOOD, Verdict.REVISION, Verdict.REPLACED)
            )
            visit.round = max(reviewed, default=0) + 1
        self._continue(visit)
        if receipt is None:
            goes_on = self.ledger.visit(visit.continues)
            # A further review of the same files, or their next pass, counts from when it got them.
            visit.received = goes_on.received if goes_on else change.at if visit.files else visit.received

    def _receipt(self, prior: Visit, mover: Mover, change: Change) -> tuple[str, datetime] | None:
        """The fact that shows that the district's files came during the visit that ends, and its moment."""
        said = [a for a in prior.replies if a.intent == replies.FILES_READY]
        last = (f"c{said[-1].comment}", said[-1].at) if said else None
        # Staff who move the ticket on while the district owes the files act for the district.
        by_hand = (f"h{change.id}", change.at) if mover == Mover.PERSON else None
        if prior.step == WAITING:
            return last or by_hand
        state = self._files_branch(prior, change.at)
        if state is None:
            return None
        if state.status == BranchStatus.OPEN:
            return by_hand
        if state.status != BranchStatus.FINISHED or state.at is None:
            return last  # the subtask was withdrawn, but the district's reply still counts
        if state.at < prior.began:
            return None  # finished in an earlier visit, so no new files
        if state.reply is not None:
            return f"c{state.reply.comment}", state.at
        return f"s{state.subtask.id if state.subtask else ''}.{int(state.at.timestamp())}", state.at

    def _files_branch(self, visit: Visit, at: datetime) -> BranchState | None:
        """The branch of a visit in which the district sends its files, as it was at that moment."""
        step = self._step(visit)
        every = states(self.case, step, visit, self.ledger, at) if step else ()
        return next((s for s in every if replies.FILES_READY in s.branch.done_by), None)

    def _after_files(self, name: str) -> bool:
        """Whether a step works on one set of files: it is a review, or comes after the step that receives them."""
        files_received = False
        for step in self.process.steps:
            if step.name == name:
                return step.review or files_received
            files_received = files_received or any(replies.FILES_READY in b.done_by for b in step.branches)
        return False

    # -- names

    def _step_name(self, status: str) -> str:
        step = self.process.step_at(status)
        if step is not None:
            return step.name
        if status == self.process.waiting_status:
            return WAITING
        return next((name for name, end in self.process.ends.items() if end == status), "")

    def _step(self, visit: Visit) -> Step | None:
        return self.process.find_step(visit.step)


def corrects_mistake(earlier: Sequence[Visit], visit: Visit, grace: timedelta) -> bool:
    """Whether people corrected a mistaken move at once: within the grace period, `visit`, which comes after the
    `earlier` ones, is where the ticket was before, with no comment by the bot and no reply in between."""
    if len(earlier) < 2 or earlier[-1].mover != Mover.PERSON or visit.mover != Mover.PERSON:
        return False
    before, slip = earlier[-2:]
    back = bool(visit.step) and before.step == visit.step and before.files == slip.files
    return back and visit.began - slip.began < grace and not slip.replies and Kind.SAY not in slip.done
