"""Plans what a ticket outside the steps needs: it waits, has ended, was taken out, or was moved by mistake."""

from __future__ import annotations

from bot.core.decide.plan_builder import PlanBuilder, team
from bot.core.history.ticket_step import path_onward
from bot.core.model.effect_id import SAY, EffectName, Kind
from bot.core.model.ledger import Mover, Verdict
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.pauses import command_pauses


def plan_waiting(builder: PlanBuilder) -> None:
    """Plan the effects of a ticket that waits for the district: the feedback, and the move back once new files are
    there."""
    progress = builder.progress
    if progress.review is not None and builder.grace_is_over():
        builder.supersede(progress.ledger.chain(progress.review))
    if progress.visit.decided is not None:
        builder.reasons.append("the district has sent new files")
        builder.advance(progress.visit.decided)
        return
    _plan_feedback(builder)


def _plan_feedback(builder: PlanBuilder) -> None:
    progress = builder.progress
    if progress.review is None:
        builder.reasons.append("waiting for the district")
        return
    step = progress.process.step(progress.review.step)
    sent = [EffectName.of(Kind.FINDING_SENT, f.comment) for f in progress.findings]
    if progress.review.verdict == Verdict.NOT_RECEIVED:
        builder.reasons.append("a reviewer found no files")
        if (
            step.revision is not None
            and step.revision.not_received
            and builder.is_open(SAY)
            and builder.grace_is_over()
        ):
            builder.say([SAY], step.revision.not_received, public=True)
    elif not progress.findings:
        builder.say([EffectName.of(Kind.ASK_FINDINGS)], OwnTemplate.ASK_FINDINGS, public=False, accounts=team(progress))
        builder.reasons.append("the feedback waits for its findings")
    elif builder.is_open(SAY) and step.revision is not None and step.revision.say is not None:
        if not builder.grace_is_over():
            return
        lines = tuple(line for f in progress.findings for line in f.lines)
        back = progress.process.step(step.revision.return_to)
        goal = step.revision.goal or back.goal
        return_facts = {"asked_by": step.title, "return_title": back.title, "goal": str(goal) if goal else ""}
        builder.say([SAY, *sent], step.revision.say, public=True, findings=lines, **return_facts)
        builder.reasons.append(f"round {progress.visit.round} ended with findings")
    else:
        unsent = [f for f, name in zip(progress.findings, sent, strict=True) if not progress.done(name)]
        late_by_name = {EffectName.of(Kind.FINDING_LATE, f.comment): f for f in unsent}
        lines = tuple(line for name, f in late_by_name.items() if builder.is_open(name) for line in f.lines)
        builder.say(late_by_name, OwnTemplate.LATE_FINDINGS, public=False, items=lines)
        builder.reasons.append("waiting for the district's new files")


def plan_end(builder: PlanBuilder) -> None:
    """Plan the effects at an end of the process: every open subtask is closed, and a finished set-up gets a closing
    comment."""
    progress = builder.progress
    if builder.grace_is_over():
        builder.supersede(progress.ledger.visits)
    prior = progress.ledger.visits[-2] if len(progress.ledger.visits) > 1 else None
    closing = progress.process.closings.get(progress.visit.step)
    last = progress.process.find_step(prior.step) if prior is not None else None
    led_here = last is not None and progress.visit.step in dict(path_onward(progress.process, last))
    if closing is not None and closing.say and led_here and builder.is_open(SAY) and builder.grace_is_over():
        builder.say([SAY], closing.say, public=True)


def plan_outside(builder: PlanBuilder) -> None:
    """Plan one note to staff that the ticket is outside the process: people took it out, or the process file no longer
    knows where it is. Its clocks pause, and the district is not informed."""
    progress = builder.progress
    mover = next((c.author for c in progress.issue.changes if f"h{c.id}" == progress.visit.id), None)
    author = mover.name if mover else ""
    unknown = "the process file no longer has the step or the status that it is in"
    more = {"status": progress.issue.status, "since": progress.visit.began, "accounts": team(progress)}
    more["reason"] = unknown if progress.visit.step else ""
    builder.say([EffectName.of(Kind.OUTSIDE)], OwnTemplate.OUTSIDE, public=False, author=author, **more)


def plan_undo(builder: PlanBuilder) -> None:
    """Plan the move back to where a person had put the ticket just before the bot moved it: people win."""
    back = builder.progress.visit.undo
    builder.say([EffectName.of(Kind.UNDONE)], OwnTemplate.MOVE_UNDONE, public=False, status=back)
    builder.move(EffectName.of(Kind.UNDO), back)
    builder.reasons.append(f"a person had moved the ticket to {back} first")


def announce_pause_end(builder: PlanBuilder) -> None:
    """A pause by /hold ends with its visit: if the bot itself moved the ticket on, plan a note to the person who paused
    it."""
    progress = builder.progress
    prior = progress.ledger.visits[-2] if len(progress.ledger.visits) > 1 else None
    if prior is None or prior.ended is None or progress.visit.mover != Mover.BOT:
        return
    last = command_pauses(prior)[-1:]
    if last and last[0].end == prior.ended:
        by = tuple(command.by for command in prior.commands if command.comment == last[0].comment and command.by)
        status = progress.issue.status
        builder.say([EffectName.of(Kind.PAUSE_ENDED)], OwnTemplate.PAUSE_ENDED, False, accounts=by, status=status)
