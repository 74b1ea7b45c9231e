"""What the bot wishes while a ticket is in a step: subtasks, words to the district, and the move on."""

from __future__ import annotations

from bot.core.decide.plan_builder import Wishes, team
from bot.core.decide.template_facts import facts
from bot.core.history.branches import FINISHED, REVISE, BranchState
from bot.core.history.progress import Progress
from bot.core.history.sla_clocks import asked_by
from bot.core.model.effects import CreateSubtasks, MoveSubtask, NewSubtask
from bot.core.model.ledger import DONE, GOOD, PERSON, REVISION, Decision
from bot.core.model.process import AUTOMATED, Step

_LABEL_BAD = str.maketrans({c: "-" for c in " \t_"})


def work(wishes: Wishes, step: Step) -> None:
    """What a stay in a step wishes: its subtasks, its words, and the move when it is complete."""
    progress = wishes.progress
    if step.review and not progress.visit.files:
        wishes.reasons.append("no files were received for this review")
        return
    wishes.supersede(progress.ledger.broken_off(progress.visit))
    _make_subtasks(wishes, step)
    _close_answered(wishes)
    _ask_to_call(wishes, step)
    decided = None if _blocked(wishes) else progress.visit.decided
    if step.automated and decided is not None and _put_back(wishes):
        wishes.reasons.append("its words were sent before a person put the ticket back here")
    elif step.automated and decided is None:
        _do_alone(wishes, step)
    elif decided is None:
        _enter(wishes, step)
        _say_when_done(wishes)
        _first_revision(wishes)
        wishes.reasons.append(_waits_for(progress))
    elif decided.verdict == REVISION and not progress.findings:
        accounts = team(progress)
        wishes.say(["ask_findings"], "ask_findings", public=False, accounts=accounts)
        wishes.reasons.append("the files need a revision, and nobody has written the findings yet")
    else:
        _advance(wishes, decided, step)


def _blocked(wishes: Wishes) -> bool:
    """Whether something of a branch was given up, so that the step cannot be complete."""
    branches = {b.branch.name for b in wishes.progress.branches}
    kinds = (effect.removeprefix(wishes.id("")).split(":") for effect in wishes.parked)
    return any(kind[0] in ("subtask", "close") and kind[1] in branches for kind in kinds if len(kind) > 1)


def _ask_to_call(wishes: Wishes, step: Step) -> None:
    """From some set of files on, a voice helps more than another comment: the lead is asked, once for each set."""
    progress, most = wishes.progress, wishes.progress.process.call_from_round
    if not step.review or most is None or progress.visit.round < most:
        return
    if not any("call" in v.done for v in progress.ledger.visits if v.files == progress.visit.files):
        accounts = progress.people.office.lead or team(progress)
        wishes.say(["call"], "call_district", public=False, accounts=accounts)


def _do_alone(wishes: Wishes, step: Step) -> None:
    """A step of the bot's own: it speaks, and moves on in the same look, if the words went out."""
    progress = wishes.progress
    _enter(wishes, step)
    silent = wishes.id("say") in wishes.noted
    if (wishes.speaks() is not None or silent) and progress.people.office.auto_advance:
        to = progress.process.status_of(step.next)
        wishes.move("move", to, None if silent else wishes.id("say"), Decision(DONE, progress.now, "", to))


def _put_back(wishes: Wishes) -> bool:
    """Whether a person brought the ticket here after the step had spoken: it stays until a person moves it on."""
    visit = wishes.progress.visit
    return visit.mover == PERSON and bool(visit.continues) and "say" not in visit.done


def _enter(wishes: Wishes, step: Step) -> None:
    if step.said_by and _asked_already(wishes, step.said_by):
        if wishes.open("say"):
            wishes.noted.append(wishes.id("say"))
        return
    if step.say is not None and wishes.open("say") and wishes.may_speak():
        # A clock's day is told as the plan knows it; a stay that goes on with another says nothing again.
        wishes.say(["say"], step.say, public=True, **_why_here(wishes, step))
        wishes.reasons.append(f"the ticket entered {step.title}")


def _why_here(wishes: Wishes, step: Step) -> dict[str, str]:
    """Which review asked for the files at hand, and whether they came to this step first, for the words that say so."""
    progress = wishes.progress
    asker = asked_by(progress.process, step, progress.visit, progress.ledger)
    if asker is not None:
        return {"asked_by": asker.title, "return_title": step.title}
    files = progress.visit.files
    passed = any(v.files == files and v.verdict == GOOD for v in progress.ledger.visits)
    return {"return_title": step.title} if step.review and not passed else {}


def _asked_already(wishes: Wishes, step: str) -> bool:
    """Whether the ticket comes straight from a step whose words have asked the same, whoever moved it."""
    ledger = wishes.progress.ledger
    return any(v.step == step and any("say" in one.done for one in ledger.chain(v)) for v in ledger.visits[-2:-1])


def _make_subtasks(wishes: Wishes, step: Step) -> None:
    progress = wishes.progress
    told = facts(progress, progress.people.office)
    items = []
    for state in progress.branches:
        name = f"subtask:{state.branch.name}"
        if state.branch.subtask is None or state.made or state.settled or not wishes.open(name):
            continue
        labels = [f"step-{step.name}".translate(_LABEL_BAD)]
        if step.review:
            labels.append(f"round-{progress.visit.round}")
        staff = progress.people.office.teams.get(state.branch.party)
        items.append(
            NewSubtask(
                wishes.id(name),
                state.branch.name,
                state.branch.subtask,
                state.branch.description,
                tuple(labels),
                told,
                staff.assignee if staff else None,
                staff.component if staff else None,
            )
        )
    if items:
        wishes.effects.append(CreateSubtasks(tuple(items)))


def _close_answered(wishes: Wishes) -> None:
    for state in wishes.progress.branches:
        if state.to_close and state.answer is not None and state.subtask is not None:
            name = f"close:{state.branch.name}:c{state.answer.comment}"
            if wishes.open(name):
                done = wishes.progress.people.office.subtask_statuses.done
                wishes.effects.append(MoveSubtask((wishes.id(name),), state.subtask.id, done))


def _say_when_done(wishes: Wishes) -> None:
    """Half of a step is done, the other half not: the district hears of it, where the process has words."""
    for state in wishes.progress.branches:
        in_this_stay = state.at is not None and state.at >= wishes.progress.visit.began
        if state.state == FINISHED and state.branch.say_when_done and in_this_stay:
            wishes.say([_done_name(state)], state.branch.say_when_done, public=True)


def _done_name(state: BranchState) -> str:
    """Named by the fact that finished the branch, so that the next finish, after a withdrawal, speaks anew."""
    return f"say:{state.branch.name}:{int(state.at.timestamp()) if state.at else ''}"


def _first_revision(wishes: Wishes) -> None:
    """A first "needs revision" while others are still at work is for the team alone."""
    revise = [b for b in wishes.progress.branches if b.state == REVISE]
    if revise:
        others = tuple(b.subtask.summary for b in wishes.progress.branches if not b.settled and b.subtask)
        what = ", ".join(b.subtask.summary for b in revise if b.subtask)
        accounts = team(wishes.progress)
        wishes.say(["first_revision"], "first_needs_revision", False, what=what, items=others, accounts=accounts)


def _advance(wishes: Wishes, decided: Decision, step: Step) -> None:
    verdict = "the files need a revision" if decided.verdict == REVISION else f"{step.title} is complete"
    wishes.reasons.append(verdict)
    wishes.advance(decided)


def _waits_for(progress: Progress) -> str:
    who = " and ".join(_party_title(progress, p) for p in progress.turn)
    return f"waiting for {who}" if who else "nobody's turn"


def _party_title(progress: Progress, party: str) -> str:
    known = progress.people.office.teams.get(party)
    return known.title if known else "the bot" if party == AUTOMATED else "the district"
