"""Plans what a ticket in a step needs: subtasks, comments to the district, and the move to the next step."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.decide.missing_facts import (
    ask_about_nothing,
    ask_for_facts,
    ask_for_start,
    called_for,
    close_skipped,
    report_unknown_values,
)
from bot.core.decide.plan_builder import PlanBuilder, team
from bot.core.decide.template_facts import facts
from bot.core.history.branches import BranchState, BranchStatus
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import requesting_review
from bot.core.model.effect_id import SAY, EffectId, EffectName, Kind
from bot.core.model.effects import CreateSubtasks, MoveSubtask, NewSubtask
from bot.core.model.ledger import Decision, Mover, Verdict
from bot.core.model.own_templates import OwnTemplate
from bot.core.model.process import AUTOMATED, Step

_LABEL_BAD = str.maketrans({c: "-" for c in " \t_"})


def plan_step(builder: PlanBuilder, step: Step) -> None:
    """Plan the effects of a visit to a step: its subtasks, its comments, and the move once it is complete."""
    progress = builder.progress
    if step.review and not progress.visit.files:
        builder.reasons.append("no files were received for this review")
        return
    builder.supersede(progress.ledger.abandoned(progress.visit))
    tell_team(builder, step)
    report_unknown_values(builder)
    if not ask_for_start(builder, step):
        _work_and_move(builder, step)


def _work_and_move(builder: PlanBuilder, step: Step) -> None:
    """Plan what a step that has begun needs."""
    progress = builder.progress
    close_skipped(builder)
    if builder.may_speak and called_for(progress, step) and (not _again(builder) or builder.grace_is_over()):
        _make_subtasks(builder, step)
    _close_answered(builder)
    _ask_to_call(builder, step)
    decided = None if _has_given_up_branch(builder) else progress.visit.decided
    if step.automated and decided is not None and _was_put_back(builder):
        builder.reasons.append("its comment went out before a person put the ticket back here")
    elif step.automated and decided is None and called_for(progress, step):
        _plan_automated_step(builder, step)
    elif decided is None:
        if builder.may_speak:
            if called_for(progress, step):
                _say_entry_text(builder, step)
            _say_when_done(builder, progress.branches)
        _first_revision(builder)
        ask_for_facts(builder)
        ask_about_nothing(builder, step)
        builder.reasons.append(_waiting_reason(progress))
    elif decided.verdict == Verdict.REVISION and step.review and not progress.findings:
        accounts = team(progress)
        builder.say([EffectName.of(Kind.ASK_FINDINGS)], OwnTemplate.ASK_FINDINGS, public=False, accounts=accounts)
        builder.reasons.append("the files need a revision, and nobody has written the findings yet")
    else:
        # The words for one value of several are said even if the step ends with them.
        _say_when_done(builder, [state for state in progress.branches if state.branch.each])
        _advance(builder, decided, step)


def _again(builder: PlanBuilder) -> bool:
    """Whether this is a new pass through a step that the ticket has been in before."""
    visit, visits = builder.progress.visit, builder.progress.ledger.visits
    return not visit.continues and any(v.step == visit.step for v in visits[:-1])


def tell_team(builder: PlanBuilder, step: Step) -> None:
    """Tell the team that the process names for it, internally, that a ticket has come in."""
    named = builder.progress.people.office.teams.get(step.tell or "")
    if named is not None and builder.grace_is_over():
        name = EffectName.of(Kind.TEAM_TOLD)
        begun = builder.may_speak and called_for(builder.progress, step)
        builder.say([name], OwnTemplate.STEP_ENTERED, False, accounts=named.accounts, team=named.title, begun=begun)


def sent_back_by_staff(progress: Progress, step: Step) -> bool:
    """Whether a revision that is the staff's own has just brought the ticket here; the district hears nothing of it."""
    if len(progress.ledger.visits) < 2:
        return False
    prior = progress.ledger.visits[-2]
    asker = progress.process.find_step(prior.step)
    revision = asker.revision if asker is not None and prior.verdict == Verdict.REVISION else None
    return revision is not None and revision.say is None and revision.return_to == step.name


def _has_given_up_branch(builder: PlanBuilder) -> bool:
    """Whether an effect of a branch that is called for was given up, so that the step cannot be complete."""
    branches = {b.branch.name for b in builder.progress.branches if b.status != BranchStatus.SKIPPED}
    given_up = (effect.name for effect in map(EffectId, builder.parked) if effect.visit_id == builder.progress.visit.id)
    return any(name.kind in (Kind.SUBTASK, Kind.CLOSE) and name.args[0] in branches for name in given_up)


def _ask_to_call(builder: PlanBuilder, step: Step) -> None:
    """From a certain set of files on, a phone call helps more than another comment: ask the team lead, once for each
    set."""
    progress, most = builder.progress, builder.progress.process.call_from_round
    if not step.review or most is None or progress.visit.round < most:
        return
    if not any(Kind.CALL in v.done for v in progress.ledger.visits if v.files == progress.visit.files):
        accounts = progress.people.office.lead or team(progress)
        builder.say([EffectName.of(Kind.CALL)], OwnTemplate.CALL_DISTRICT, public=False, accounts=accounts)


def _plan_automated_step(builder: PlanBuilder, step: Step) -> None:
    """Plan an automated step: the bot comments and, if the comment goes out, moves the ticket on in the same pass."""
    progress = builder.progress
    _say_entry_text(builder, step)
    say = builder.id(SAY)
    silent = say in builder.done_without_call
    to = progress.next_status
    if to is None or progress.missing:
        ask_for_facts(builder)
    elif builder.index_of_district_comment() is not None or silent:
        if progress.people.office.auto_advance:
            decided = Decision(Verdict.DONE, progress.now, "", to)
            builder.move(EffectName.of(Kind.MOVE), to, None if silent else say, decided)
        else:
            builder.again_at = progress.now  # the team is asked to move the ticket once the comment is there


def _was_put_back(builder: PlanBuilder) -> bool:
    """Whether a person moved the ticket back here after the step's comment: it remains here until a person moves it
    on."""
    visit = builder.progress.visit
    return visit.mover == Mover.PERSON and bool(visit.continues) and Kind.SAY not in visit.done


def _say_entry_text(builder: PlanBuilder, step: Step) -> None:
    # An app's move is no decision of a person's: the work is there again, but the district is not told of it.
    moved_by_app = _again(builder) and builder.progress.visit.mover == Mover.APP
    asked = step.said_by is not None and _previous_step_asked(builder, step.said_by)
    if asked or moved_by_app or sent_back_by_staff(builder.progress, step):
        if builder.is_open(SAY):
            builder.done_without_call.append(builder.id(SAY))
        return
    if step.say is not None and builder.is_open(SAY) and builder.grace_is_over():
        builder.say([SAY], step.say, public=True, **_arrival_facts(builder, step))
        builder.reasons.append(f"the ticket entered {step.title}")


def _arrival_facts(builder: PlanBuilder, step: Step) -> dict[str, str]:
    """Facts for the step's comment: which review asked for these files, and whether they are in this review for the
    first time."""
    progress = builder.progress
    asker = requesting_review(progress.process, step, progress.visit, progress.ledger)
    if asker is not None:
        return {"asked_by": asker.title, "return_title": step.title}
    files = progress.visit.files
    passed = any(v.files == files and v.verdict == Verdict.GOOD for v in progress.ledger.visits)
    return {"return_title": step.title} if step.review and not passed else {}


def _previous_step_asked(builder: PlanBuilder, step: str) -> bool:
    """Whether the ticket comes straight from a step whose comment asked the same, no matter who moved it."""
    ledger = builder.progress.ledger
    return any(v.step == step and any(Kind.SAY in one.done for one in ledger.chain(v)) for v in ledger.visits[-2:-1])


def _make_subtasks(builder: PlanBuilder, step: Step) -> None:
    progress = builder.progress
    template_facts = facts(progress, progress.people.office)
    items = []
    for state in progress.branches:
        name = EffectName.of(Kind.SUBTASK, state.branch.name)
        if state.branch.subtask is None or state.status != BranchStatus.OPEN or not builder.is_open(name):
            continue
        labels = [f"step-{step.name}".translate(_LABEL_BAD)]
        if step.review:
            labels.append(f"round-{progress.visit.round}")
        staff = progress.people.office.teams.get(state.branch.party)
        items.append(
            NewSubtask(
                builder.id(name),
                state.branch.name,
                state.branch.subtask,
                state.branch.description,
                tuple(labels),
                {**template_facts, "each": state.branch.each},
                staff.assignee if staff else None,
                staff.component if staff else None,
            )
        )
    if items:
        builder.effects.append(CreateSubtasks(tuple(items)))


def _close_answered(builder: PlanBuilder) -> None:
    for state in builder.progress.branches:
        if state.to_close and state.reply is not None and state.subtask is not None:
            name = EffectName.of(Kind.CLOSE, state.branch.name, f"c{state.reply.comment}")
            if builder.is_open(name):
                done = builder.progress.people.office.subtask_statuses.done
                builder.effects.append(MoveSubtask((builder.id(name),), state.subtask.id, done))


def _say_when_done(builder: PlanBuilder, states: Iterable[BranchState]) -> None:
    """Plan the comment, if the process has one, which says that one branch of the step is done while others are not."""
    for state in states:
        in_this_visit = state.at is not None and state.at >= builder.progress.visit.began
        if state.status == BranchStatus.FINISHED and state.branch.say_when_done and in_this_visit:
            each = {"each": state.branch.each}
            builder.say([_done_name(state)], state.branch.say_when_done, public=True, **each)


def _done_name(state: BranchState) -> EffectName:
    """An effect name with the moment at which the branch was finished, so that finishing it again after a withdrawal is
    announced again."""
    return EffectName.of(Kind.SAY, state.branch.name, state.at or "")


def _first_revision(builder: PlanBuilder) -> None:
    """Tell the team, and nobody else, of a first "needs revision" while other reviews are still open."""
    revise = [b for b in builder.progress.branches if b.status == BranchStatus.REVISE]
    if revise:
        others = tuple(b.subtask.summary for b in builder.progress.branches if not b.settled and b.subtask)
        what = ", ".join(b.subtask.summary for b in revise if b.subtask)
        accounts = team(builder.progress)
        name = EffectName.of(Kind.FIRST_REVISION)
        builder.say([name], OwnTemplate.FIRST_REVISION, False, what=what, items=others, accounts=accounts)


def _advance(builder: PlanBuilder, decided: Decision, step: Step) -> None:
    verdict = "the files need a revision" if decided.verdict == Verdict.REVISION else f"{step.title} is complete"
    builder.reasons.append(verdict)
    builder.advance(decided)


def _waiting_reason(progress: Progress) -> str:
    who = " and ".join(_party_title(progress, p) for p in progress.turn)
    return f"waiting for {who}" if who else "nobody's turn"


def _party_title(progress: Progress, party: str) -> str:
    known = progress.people.office.teams.get(party)
    return known.title if known else "the bot" if party == AUTOMATED else "the district"
