"""The progress of a district: the present visit, its branches and review clocks, whose turn it is, the findings."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.history.branches import BranchState, BranchStatus, states
from bot.core.history.comment_intake import NewComments
from bot.core.history.sla_clocks import Clock, clock_record, visit_clocks
from bot.core.history.visits import HistoryReplay, corrects_mistake
from bot.core.model.effect_id import Kind
from bot.core.model.issue import Comment, Issue
from bot.core.model.ledger import (
    WAITING,
    CommandName,
    Decision,
    FinishRecord,
    Ledger,
    PauseReason,
    PauseRecord,
    Verdict,
    Visit,
    subtasks_made,
)
from bot.core.model.ledger_json import read_ledger
from bot.core.model.process import DISTRICT, Office, Process, Step
from bot.core.model.roles import People
from bot.core.time.business_calendar import Calendar

_BULLET = re.compile(r"(?:[-*#•–]+|\d+[.)])\s+")
_FINDINGS = re.compile(r"\s*\*?findings\s*(?::\*|\*?\s*:)", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """The findings in one reviewer's comment, one per line."""

    comment: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """Everything that deciding needs. `ledger` is the new one, not yet written. `live` is false for a visit that
    began before the process's `since`; `review` is the visit whose verdict sent the ticket to wait."""

    issue: Issue
    process: Process
    people: People
    now: datetime
    ledger: Ledger
    visit: Visit
    step: Step | None
    branches: tuple[BranchState, ...]
    clocks: tuple[Clock, ...]
    new_comments: NewComments
    review: Visit | None
    findings: tuple[Finding, ...]

    @property
    def live(self) -> bool:
        """Whether the bot may comment, create subtasks and move the ticket in this visit."""
        return self.process.since is not None and self.visit.began >= self.process.since

    @property
    def chain(self) -> list[Visit]:
        """The present visit and those that it continues."""
        return self.ledger.chain(self.visit)

    def done(self, name: str) -> bool:
        """Whether the effect of that name was done in this visit or one that it continues."""
        return any(name in v.done for v in self.chain)

    @property
    def waiting(self) -> bool:
        """Whether the ticket is in the process's waiting status."""
        return self.visit.step == WAITING

    @property
    def place(self) -> Step | None:
        """The step that the ticket is in or, while it waits for the district, the one that it came from."""
        if self.step is not None or not self.waiting:
            return self.step
        steps = {s.name: s for s in self.process.steps}
        return next((steps[v.step] for v in reversed(self.ledger.visits) if v.step in steps), None)

    @property
    def turn(self) -> tuple[str, ...]:
        """The parties whose turn it is."""
        if self.waiting:
            return (DISTRICT,)
        if self.step is None:
            return ()
        parties = [b.branch.party for b in self.branches if not b.settled]
        return tuple(dict.fromkeys(parties)) or self.step.parties

    @property
    def running(self) -> tuple[Clock, ...]:
        """The clocks that have not stopped; some may be paused."""
        return tuple(c for c in self.clocks if c.stopped is None)

    @property
    def counting(self) -> tuple[Clock, ...]:
        """The clocks that run now."""
        return tuple(c for c in self.running if c.paused is None)


def follow(
    issue: Issue,
    process: Process,
    office: Office,
    calendars: Mapping[str, Calendar],
    bots: Collection[str],
    now: datetime,
    applied: Mapping[str, str] | None = None,
) -> Progress:
    """The progress of one issue: the ledger, with everything in the snapshot that is newer added to it.

    `now` is the business now; `applied` maps effect ids that the store knows as done to what came of them.
    Raises LedgerBroken if the issue's ledger cannot be read."""
    now = max(now, issue.newest)
    people = People(issue, office, bots)
    ledger = _ledger_so_far(issue, process, now)
    known = {v.id for v in ledger.visits if v.ended is not None}
    zone = calendars[process.calendar].zone
    new_comments = HistoryReplay(issue, process, ledger, people, applied or {}, zone).run()
    *earlier, visit = ledger.visits
    for passed in (v for v in earlier if v.id not in known):
        _run_clocks(issue, process, passed, ledger, people, calendars, passed.ended or now)
    step, branches, clocks = _run_clocks(issue, process, visit, ledger, people, calendars, now)
    review = _review_before(process, visit, ledger)
    if visit.step == WAITING and visit.replies:
        visit.decided = _files_received(process, visit, review)
    return Progress(
        issue=issue,
        process=process,
        people=people,
        now=now,
        ledger=ledger,
        visit=visit,
        step=step,
        branches=branches,
        clocks=clocks,
        new_comments=new_comments,
        review=review,
        findings=_findings(issue, people, process, review or visit, ledger),
    )


def _ledger_so_far(issue: Issue, process: Process, now: datetime) -> Ledger:
    """The issue's ledger as it was written last, or a new one."""
    ledger = read_ledger(issue.ledger) or Ledger(process.name, process.version)
    ledger.process, ledger.version = process.name, process.version
    last = ledger.visits[-1] if ledger.visits else None
    if last is not None and last.ended is not None:
        # The issue followed no process for a time, and follows one again: the time in between is a pause.
        last.pauses.append(PauseRecord(last.ended, now, PauseReason.OUTSIDE))
        last.ended, last.verdict = None, None
    return ledger


def _run_clocks(
    issue: Issue,
    process: Process,
    visit: Visit,
    ledger: Ledger,
    people: People,
    calendars: Mapping[str, Calendar],
    at: datetime,
) -> tuple[Step | None, tuple[BranchState, ...], tuple[Clock, ...]]:
    """Update one visit to the moment `at`: its withdrawn branches, its verdict, its clocks."""
    step = process.find_step(visit.step)
    if step is None:
        return None, (), ()
    branches = states(issue, step, visit, ledger, people, at)
    for state in branches:
        if state.status == BranchStatus.WITHDRAWN and state.branch.name not in visit.withdrawn:
            visit.withdrawn.append(state.branch.name)
    visit.finished = {b.branch.name: FinishRecord(b.at, b.by) for b in branches if b.at is not None}
    if visit.ended is None:
        visit.decided = _automated_decision(issue, process, step, ledger.chain(visit)) or decision(
            process, step, visit, branches, _counts_since(ledger, visit, people.office)
        )
    clocks = visit_clocks(process, step, visit, ledger, branches, calendars, at)
    visit.clocks = {c.name: clock_record(c) for c in clocks}
    return step, branches, clocks


def _automated_decision(issue: Issue, process: Process, step: Step, chain: list[Visit]) -> Decision | None:
    """The decision of an automated step, which is complete when its comment is posted."""
    said = next((v.done[Kind.SAY] for v in chain if Kind.SAY in v.done), None)
    if not step.automated or said is None:
        return None
    at = next((c.created for c in issue.comments if c.id == said), chain[0].began)
    return Decision(Verdict.DONE, at, "", process.status_of(step.next))


def _counts_since(ledger: Ledger, visit: Visit, office: Office) -> datetime:
    """Since when work counts for the decision of a visit: since it began, or since the one before a slip began, which
    it goes on with as if the slip had not been."""
    earlier = ledger.visits[: ledger.visits.index(visit)]
    slip = bool(visit.continues) and corrects_mistake(earlier, visit, office.grace_or_default)
    return earlier[-2].began if slip else visit.began


def decision(
    process: Process, step: Step, visit: Visit, branches: tuple[BranchState, ...], since: datetime
) -> Decision | None:
    """The verdict or completion that the branches have reached in this visit, None while they have not.

    Every branch must be settled, at least one by work, and at least one since the moment `since`: so a ticket that was
    put back by hand stays until somebody does something in it."""
    if not_received := [o for o in visit.commands if o.kind == CommandName.NOT_RECEIVED]:
        return Decision(Verdict.NOT_RECEIVED, not_received[0].at, not_received[0].by, process.waiting_status)
    said = (BranchStatus.FINISHED, BranchStatus.REVISE, BranchStatus.NOT_RECEIVED)
    work = [b for b in branches if b.status in said and b.at is not None]
    results = [b for b in work if b.at is not None and b.at >= since]
    withdrawn = any(b.status == BranchStatus.WITHDRAWN and b.branch.name in visit.withdrawn for b in branches)
    missing = [b for b in results if b.status == BranchStatus.NOT_RECEIVED]
    if missing and step.revision is not None and step.revision.not_received is not None:
        first = min(missing, key=lambda b: b.at or visit.began)
        return Decision(Verdict.NOT_RECEIVED, first.at or visit.began, first.by, process.waiting_status)
    if (
        step.revision is not None
        and step.revision.at_once
        and (failed := [b for b in results if b.status == BranchStatus.REVISE])
    ):
        first = min(failed, key=lambda b: b.at or visit.began)
        return Decision(Verdict.REVISION, first.at or visit.began, first.by, process.waiting_status)
    if not work or any(b.status in (BranchStatus.OPEN, BranchStatus.NOT_RECEIVED) for b in branches):
        return None
    if not results and not withdrawn:
        return None
    last = max(work, key=lambda b: b.at or visit.began)
    at = max(last.at or visit.began, visit.began if withdrawn else since)
    if step.review and any(b.status == BranchStatus.REVISE for b in branches):
        return Decision(Verdict.REVISION, at, last.by, process.waiting_status)
    if any(b.status == BranchStatus.REVISE for b in branches):
        return None
    return Decision(Verdict.GOOD if step.review else Verdict.DONE, at, last.by, process.status_of(step.next))


def _review_before(process: Process, visit: Visit, ledger: Ledger) -> Visit | None:
    """The review that made the ticket wait for the district, by its verdict."""
    if visit.step != WAITING:
        return None
    for earlier in reversed(ledger.visits):
        step = process.find_step(earlier.step)
        if step is not None and step.review and earlier.files == visit.files:
            return earlier if earlier.verdict in (Verdict.REVISION, Verdict.NOT_RECEIVED) else None
    return None


def _files_received(process: Process, visit: Visit, review: Visit | None) -> Decision:
    """The decision of a ticket that waited for files, by the district's last reply."""
    last = visit.replies[-1]
    return Decision(Verdict.RECEIVED, last.at, last.by, _return_status(process, review))


def _return_status(process: Process, review: Visit | None) -> str:
    """The status that new files go to: as the review that asked for them says, else the first review."""
    if review is not None:
        step = process.step(review.step)
    else:
        step = next((s for s in process.steps if s.review), process.steps[0])
    return process.step(step.revision.return_to).status if step.revision else step.status


def _findings(issue: Issue, people: People, process: Process, review: Visit, ledger: Ledger) -> tuple[Finding, ...]:
    """What the reviewers of that round wrote under "Findings:", oldest first."""
    step = process.find_step(review.step)
    if step is None or not step.review:
        return ()
    chain = ledger.chain(review)
    since = chain[-1].began
    made = subtasks_made(chain)
    comments = [c for c in issue.comments if not c.public]
    for subtask in issue.subtasks:
        if subtask.id in made:
            comments += subtask.comments
    found = []
    for comment in sorted(comments, key=lambda c: (c.created, c.id)):
        if comment.updated >= since and not people.is_bot(comment.author):
            lines = finding_lines(comment)
            if lines:
                found.append(Finding(comment.id, lines))
    return tuple(found)


def finding_lines(comment: Comment) -> tuple[str, ...]:
    """The findings in a comment that begins with "Findings:", a line each without its bullet; else nothing.

    Where there are bullets, they alone are findings; a line that mentions somebody is never one: all else in the
    comment is between colleagues."""
    start = _FINDINGS.match(comment.body)
    if start is None:
        return ()
    lines = [line.strip() for line in comment.body[start.end() :].splitlines()]
    said = [line for line in lines if any(c.isalnum() for c in line) and "[~" not in line]
    bullets = [_BULLET.sub("", line) for line in said if _BULLET.match(line)]
    return tuple(bullets or said)
