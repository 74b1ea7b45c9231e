"""Decides what is wished for one issue and not yet there, when to look again, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.core import flags
from bot.core.branches import FINISHED, REVISE, BranchState
from bot.core.business_time import Calendar
from bot.core.effects import (
    CreateSubtasks,
    MoveSubtask,
    NewSubtask,
    Plan,
    PostComment,
    Record,
)
from bot.core.ledger import REVISION, Decision
from bot.core.phrases import facts, said_by
from bot.core.process import Office, Step
from bot.core.progress import Progress
from bot.core.wishes import Wishes, team

_LABEL_BAD = str.maketrans({c: "-" for c in " \t_"})


def decide(progress: Progress, office: Office, calendars: Mapping[str, Calendar], parked: Mapping[str, str]) -> Plan:
    """The plan for one issue. `parked` maps the effects given up on to the reason that Jira gave.

    A plan without effects is a plan too; its reason says why nothing is to do."""
    wishes = Wishes(progress, parked)
    rung = flags.due_flags(progress, calendars, parked)
    if progress.live:
        _tell_parked(wishes, parked)
        _hear_out(wishes)
        if progress.visit.undo:
            _undo(wishes)
        elif progress.waiting:
            _wait(wishes)
        elif progress.step is not None:
            _work(wishes, progress.step)
        _answer_status(wishes)
        _tell_overdue(wishes, rung, office)
    else:
        wishes.reasons.append(f"this stay began before the process's since ({progress.process.since})")
    _note_flags(wishes, rung)
    record = _record(progress, rung, office, calendars)
    return Plan(
        reason=_sentence(wishes, record),
        effects=tuple(wishes.effects),
        record=record,
        look_again_at=flags.next_moment(progress, calendars),
        noted=tuple(wishes.noted),
        missed=tuple(progress.heard.missed),
    )


# -- what every stay may wish


def _tell_parked(wishes: Wishes, parked: Mapping[str, str]) -> None:
    for effect, reason in sorted(parked.items()):
        _, visit, name = (effect.split(":", 2) + ["", ""])[:3]
        if visit == wishes.progress.visit.id and not name.startswith("parked:"):
            wishes.say([f"parked:{name}"], "parked", public=False, what=said_by(name), reason=reason)


def _hear_out(wishes: Wishes) -> None:
    """Words of the contact that no rule covers are brought to the team, in one note for all of them."""
    unheard = [c for c in wishes.progress.heard.unheard if wishes.open(f"c{c.id}:note")]
    if unheard:
        items = tuple(f"{c.author.name if c.author else 'The contact'}: {_shorten(c.body)}" for c in unheard)
        names = [f"c{c.id}:note" for c in unheard]
        wishes.say(names, "unheard", public=False, items=items, accounts=team(wishes.progress))
        wishes.reasons.append("the contact wrote something that a person must read")


def _answer_status(wishes: Wishes) -> None:
    names = [f"c{c.id}:status" for c in wishes.progress.heard.status if wishes.open(f"c{c.id}:status")]
    if not names:
        return
    # What goes out anyway tells the district where it stands: one act, one comment.
    for place, effect in enumerate(wishes.effects):
        if isinstance(effect, PostComment) and effect.public:
            wishes.effects[place] = replace(effect, ids=(*effect.ids, *map(wishes.id, names)))
            return
    if wishes.moves:
        wishes.noted += map(wishes.id, names)
        return
    wishes.say(names, "status", public=True)
    wishes.reasons.append("the contact asked where they stand")


def _undo(wishes: Wishes) -> None:
    """The bot's own move landed on a person's: the person's counts."""
    back = wishes.progress.visit.undo
    wishes.say(["undone"], "move_undone", public=False, status=back)
    wishes.move("undo", back)
    wishes.reasons.append(f"a person had moved the ticket to {back} first")


# -- a step


def _work(wishes: Wishes, step: Step) -> None:
    progress = wishes.progress
    if step.review and not progress.visit.files:
        wishes.reasons.append("no files were received for this review")
        return
    wishes.supersede(progress.ledger.broken_off(progress.visit))
    _make_subtasks(wishes, step)
    _close_answered(wishes)
    blocked = any(wishes.id(f"{kind}:{b.branch.name}") in wishes.parked for b in progress.branches
                  for kind in ("subtask", "close"))  # fmt: skip
    decided = None if blocked else progress.visit.decided
    if decided is None:
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


def _enter(wishes: Wishes, step: Step) -> None:
    if step.say is not None and wishes.open("say"):
        # A clock's day is told as the plan knows it; a stay that goes on with another says nothing again.
        wishes.say(["say"], step.say, public=True)
        wishes.reasons.append(f"the ticket entered {step.title}")


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
        items.append(
            NewSubtask(
                wishes.id(name),
                state.branch.name,
                state.branch.subtask,
                state.branch.description,
                tuple(labels),
                told,
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


# -- waiting for the district


def _wait(wishes: Wishes) -> None:
    progress = wishes.progress
    if progress.review is not None:
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
    if not progress.findings:
        wishes.say(["ask_findings"], "ask_findings", public=False, accounts=team(progress))
        wishes.reasons.append("the feedback waits for its findings")
    elif wishes.open("say") and step.revision is not None:
        lines = tuple(line for f in progress.findings for line in f.lines)
        wishes.say(["say", *sent], step.revision.say, public=True, findings=lines)
        wishes.reasons.append(f"round {progress.visit.round} ended with findings")
    else:
        late = [f for f in progress.findings if not progress.done(f"f{f.comment}:sent")]
        fresh = [f for f in late if wishes.open(f"f{f.comment}:late")]
        lines = tuple(line for f in fresh for line in f.lines)
        wishes.say([f"f{f.comment}:late" for f in fresh], "late_findings", public=False, items=lines)
        wishes.reasons.append("waiting for the district's new files")


# -- flags, labels, fields, ledger


def _tell_overdue(wishes: Wishes, rung: list[flags.Flag], office: Office) -> None:
    progress = wishes.progress
    for flag in rung:
        if flag.escalation.tell is None:
            continue
        party = flag.clock.team if flag.escalation.tell == "team" else flag.escalation.tell
        told = office.teams.get(party)
        wishes.say(
            [flag.name],
            "overdue",
            public=False,
            what=flags.what_is_due(progress, flag.clock),
            since=flag.clock.due,
            started=flag.clock.started,
            goal=str(flag.clock.goal),
            accounts=told.accounts if told else (),
        )
        wishes.reasons.append(f"{flags.what_is_due(progress, flag.clock)} is overdue")


def _note_flags(wishes: Wishes, rung: list[flags.Flag]) -> None:
    """A flag that somebody is told of is done with its comment; any other with the label."""
    for flag in rung:
        told = wishes.progress.live and flag.escalation.tell is not None
        wishes.noted += [wishes.id(n) for n in (*flag.passed, *(() if told else (flag.name,)))]


def _record(progress: Progress, rung: list[flags.Flag], office: Office, calendars: Mapping[str, Calendar]) -> Record:
    add, remove = flags.labels(progress, rung)
    return Record(add, remove, flags.due_field(progress, office, calendars), progress.ledger)


# -- words of the plan itself


def _waits_for(progress: Progress) -> str:
    who = " and ".join(_party_title(progress, p) for p in progress.turn)
    return f"waiting for {who}" if who else "nobody's turn"


def _party_title(progress: Progress, party: str) -> str:
    known = progress.people.office.teams.get(party)
    return known.title if known else "the district"


def _sentence(wishes: Wishes, record: Record) -> str:
    progress = wishes.progress
    if not wishes.reasons and progress.step is None and not progress.waiting:
        status = progress.issue.status
        ended = progress.visit.step in progress.process.ends
        wishes.reasons.append(
            f"the onboarding has ended in {status}" if ended else f"{status} is no step of the process"
        )
    if not wishes.effects and (record.add_labels or record.remove_labels or record.fields):
        wishes.reasons.append("labels and fields were out of date")
    text = "; ".join(dict.fromkeys(wishes.reasons)) or "nothing to do"
    return text[0].upper() + text[1:] + "."


def _shorten(body: str, most: int = 300) -> str:
    text = " ".join(body.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
