"""Whatever people do, and wherever the bot dies: it comes to rest, and does nothing twice."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.decide.engine import decide, leave
from bot.core.model.effects import PostComment, TransitionIssue
from bot.core.model.issue import Person
from bot.core.model.ledger import Mover
from bot.core.model.ledger_json import read_ledger
from bot.core.model.roles import People
from tests.core.world import BOT, CARLA, HANNA, LENA, ROBOT, STATUSES, World, ids_of, in_review, waiting
from tests.examples import examples

Act = Callable[[World], object]
Start = Callable[..., World]
Steps = list[tuple[Act, int, bool]]

WORDS = ("confirm", "FILES READY", "status", "When?", "Confirmed\nAnd when?", "We cannot confirm")
SUBTASK_STATUSES = ("To Do", "In Progress", "Done", "Needs Revision", "Superseded")


def _move(status: str, by: Person) -> Act:
    return lambda w: w.move(status, by)


def _say(words: str) -> Act:
    return lambda w: w.say(words, CARLA)


def _note(words: str, by: Person) -> Act:
    return lambda w: w.say(words, by, public=False)


def _edit(which: int, words: str) -> Act:
    def edit(w: World) -> None:
        mine = [c.id for c in w.comments if c.author == CARLA]
        if mine:
            w.edit(mine[which % len(mine)], words)

    return edit


def _set(which: int, status: str, by: Person) -> Act:
    def set_(w: World) -> None:
        if w.subtasks:
            w.set(w.subtasks[which % len(w.subtasks)].summary, status, by)

    return set_


def _delete(which: int) -> Act:
    def delete(w: World) -> None:
        if w.subtasks:
            w.subtasks.pop(which % len(w.subtasks))

    return delete


def _label(name: str, on: bool) -> Act:
    return lambda w: w.label(add=(name,) if on else (), remove=() if on else (name,))


def _due(day: str | None) -> Act:
    return lambda w: w.put("duedate", day)


def _wait(minutes: int) -> Act:
    return lambda w: w.wait(minutes=minutes)


def _look(cut: int) -> Act:
    return lambda w: w.reconcile(cut)


def _forget(w: World) -> None:
    w.ledger = None


PEOPLE = st.sampled_from([HANNA, HANNA, LENA, ROBOT])
KEPT: st.SearchStrategy[Act] = st.one_of(  # acts that leave what was, so that a lost record can be made anew
    st.builds(_move, st.sampled_from(STATUSES), PEOPLE),
    st.builds(_say, st.sampled_from(WORDS)),
    st.builds(_note, st.sampled_from(["Findings:\n* empty column", "Please hurry"]), st.sampled_from([HANNA, LENA])),
    st.builds(_set, st.integers(0, 9), st.sampled_from(SUBTASK_STATUSES), PEOPLE),
    st.builds(_delete, st.integers(0, 9)),
    st.builds(_label, st.sampled_from(["review-at-risk", "review-overdue", "vip"]), st.booleans()),
    st.builds(_due, st.sampled_from([None, "2026-02-02"])),
    st.builds(_wait, st.integers(1, 3000)),
    st.builds(_look, st.integers(0, 3)),
)
ACTS = KEPT | st.builds(_edit, st.integers(0, 9), st.sampled_from(WORDS)) | st.just(_forget)
STARTS = st.sampled_from([World, in_review, waiting])
STEPS = st.lists(st.tuples(ACTS, st.integers(1, 90), st.booleans()), max_size=14)
KEPT_STEPS = st.lists(st.tuples(KEPT, st.integers(1, 90), st.booleans()), max_size=14)
_quick = settings(max_examples=examples(25, 80), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def play(steps: Steps, world: World) -> World:
    """Each act, some minutes, and often the bot coming to rest."""
    for act, minutes, rests in steps:
        act(world)
        if rests:
            world.rest()
        world.wait(minutes=minutes)
    return world


@given(STARTS, STEPS)
@_quick
def test_it_comes_to_rest_and_does_nothing_twice(begin: Start, steps: Steps) -> None:
    """After any history a few reconciles are enough, nothing carries one effect id twice, and the record reads back."""
    world = play(steps, begin()).rest()
    ids = ids_of(world.done)
    assert len(ids) == len(set(ids))
    assert read_ledger(json.loads(json.dumps(world.ledger))) is not None


@given(STARTS, STEPS)
@_quick
def test_nothing_that_is_given_is_changed(begin: Start, steps: Steps) -> None:
    """`follow` leaves the snapshot and `decide` the progress as they were, so the same snapshot gives the same plan."""
    world = play(steps, begin())
    issue = world.issue
    before = copy.deepcopy(issue)
    progress = world.follow()
    assert issue == before
    given = copy.deepcopy(progress)
    calendars = {"cli": world.calendar}
    plan = decide(progress, world.office, calendars, world.parked)
    assert progress == given
    assert decide(progress, world.office, calendars, world.parked) == plan
    assert leave(progress, world.office, calendars).update.ledger != progress.ledger
    assert progress == given


@given(STARTS, KEPT_STEPS)
@_quick
def test_without_its_record_it_says_nothing_again(begin: Start, steps: Steps) -> None:
    """Where the record was taken away and the database remembers, nothing is posted or made a second time."""
    world = play(steps, begin()).rest()
    world.ledger = None
    done = len(world.done)
    world.rest()
    assert [e for e in world.done[done:] if isinstance(e, PostComment) and e.public] == []
    ids = ids_of(world.done)
    assert len(ids) == len(set(ids))


@given(STARTS, STEPS)
@_quick
def test_without_auto_advance_it_never_moves(begin: Start, steps: Steps) -> None:
    """But for putting a ticket back, which cannot be needed where it never moves one."""
    office = World().office
    off = type(office)(**{**vars(office), "auto_advance": False})
    world = play(steps, begin(office=off)).rest()
    assert not [e for e in world.done if isinstance(e, TransitionIssue)]


@given(STARTS, KEPT_STEPS)
@_quick
def test_it_never_moves_a_ticket_again_and_again(begin: Start, steps: Steps) -> None:
    """Between two acts of people there are at most three moves by the bot, so the fuse never blows."""
    world = play(steps, begin()).rest()
    people = People(world.issue, world.office, {BOT.id})
    acts = [(int(c.id), people.mover(c.author), c.field) for c in world.changes]
    acts += [(int(c.id), people.mover(c.author), "comment") for c in world.comments]
    acts += [(int(c.id), people.mover(c.author), "subtask") for s in world.subtasks for c in s.changes]
    moves = most = 0
    for _, who, what in sorted(acts):
        moves = 0 if who == Mover.PERSON else moves + (what == "status" and who != "app")
        most = max(most, moves)
    assert most <= 3
