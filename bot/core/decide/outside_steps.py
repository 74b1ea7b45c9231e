"""What the bot wishes while a ticket is in no step: it waits, has ended, was taken out, or was moved by mistake."""

from __future__ import annotations

from bot.core.decide.plan_builder import Wishes, team
from bot.core.model.ledger import BOT, NOT_RECEIVED
from bot.core.model.pauses import holds_of


def wait(wishes: Wishes) -> None:
    """Waiting for the district: its feedback, and the move back when new files are there."""
    progress = wishes.progress
    if progress.review is not None and wishes.may_speak():
        wishes.supersede(progress.ledger.chain(progress.review))
    if progress.visit.decided is not None:
        wishes.reasons.append("the district has sent new files")
        wishes.advance(progress.visit.decided)
        return
    _feed_back(wishes)


def _feed_back(wishes: Wishes) -> None:
    progress = wishes.progress
    if progress.review is None:
        wishes.reasons.append("waiting for the district")
        return
    step = progress.process.step(progress.review.step)
    sent = [f"f{f.comment}:sent" for f in progress.findings]
    if progress.review.verdict == NOT_RECEIVED:
        wishes.reasons.append("a reviewer found no files")
        if step.revision is not None and step.revision.not_received and wishes.open("say") and wishes.may_speak():
            wishes.say(["say"], step.revision.not_received, public=True)
    elif not progress.findings:
        wishes.say(["ask_findings"], "ask_findings", public=False, accounts=team(progress))
        wishes.reasons.append("the feedback waits for its findings")
    elif wishes.open("say") and step.revision is not None:
        if not wishes.may_speak():
            return
        lines = tuple(line for f in progress.findings for line in f.lines)
        back = progress.process.step(step.revision.return_to)
        goal = step.revision.goal or back.goal
        words = {"asked_by": step.title, "return_title": back.title, "goal": str(goal) if goal else ""}
        wishes.say(["say", *sent], step.revision.say, public=True, findings=lines, **words)
        wishes.reasons.append(f"round {progress.visit.round} ended with findings")
    else:
        late = [f for f in progress.findings if not progress.done(f"f{f.comment}:sent")]
        fresh = [f for f in late if wishes.open(f"f{f.comment}:late")]
        lines = tuple(line for f in fresh for line in f.lines)
        wishes.say([f"f{f.comment}:late" for f in fresh], "late_findings", public=False, items=lines)
        wishes.reasons.append("waiting for the district's new files")


def end(wishes: Wishes) -> None:
    """No subtask is left open, and a set-up that was completed is closed with a word."""
    progress = wishes.progress
    if wishes.may_speak():
        wishes.supersede(progress.ledger.visits)
    prior = progress.ledger.visits[-2] if len(progress.ledger.visits) > 1 else None
    closing = progress.process.closings.get(progress.visit.step)
    led_here = prior is not None and any(
        s.name == prior.step and s.next == progress.visit.step for s in progress.process.steps
    )
    if closing is not None and closing.say and led_here and wishes.open("say") and wishes.may_speak():
        wishes.say(["say"], closing.say, public=True)


def hold(wishes: Wishes) -> None:
    """Staff took the ticket out of the process: clocks pause, the district hears nothing, staff are told once."""
    progress = wishes.progress
    mover = next((c.author for c in progress.issue.changes if f"h{c.id}" == progress.visit.id), None)
    author = mover.name if mover else ""
    status, since = progress.issue.status, progress.visit.began
    wishes.say(["hold"], "foreign_status", public=False, status=status, author=author, since=since)


def undo(wishes: Wishes) -> None:
    """The bot's own move landed on a person's: the person's counts."""
    back = wishes.progress.visit.undo
    wishes.say(["undone"], "move_undone", public=False, status=back)
    wishes.move("undo", back)
    wishes.reasons.append(f"a person had moved the ticket to {back} first")


def tell_hold_over(wishes: Wishes) -> None:
    """A hold ends with its stay: where the bot itself moved the ticket on, whoever had it held hears of it."""
    progress = wishes.progress
    prior = progress.ledger.visits[-2] if len(progress.ledger.visits) > 1 else None
    if prior is None or prior.ended is None or progress.visit.mover != BOT:
        return
    last = holds_of(prior)[-1:]
    if last and last[0].end == prior.ended:
        by = tuple(order.by for order in prior.orders if order.comment == last[0].comment and order.by)
        wishes.say(["hold_over"], "hold_over", public=False, accounts=by, status=progress.issue.status)
