"""Escalations: each once a round, in open time, the highest alone after an outage, and labels that follow the clock."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.model.effects import Notify, PostComment
from bot.core.model.process import LEAD, NEVER, OPERATOR, Escalation, Process, process_for_issue
from bot.core.time.goals import parse_goal
from tests.core.world import CLI, HANNA, LENA, OFFICE, PROCESS, World, effects_of, ids_of, in_folder, in_review

TEXAS = ZoneInfo("America/Chicago")
DAILY = parse_goal("1 business day")
HALF, THREE_QUARTERS, DUE = (datetime(2026, 1, d, h, tzinfo=TEXAS) for d, h in ((6, 10), (6, 15), (7, 11)))
LADDER = (
    Escalation(0.5, "half"),
    Escalation(0.75, "at-risk", "team"),
    Escalation(1.0, "late", "team"),
    Escalation(1.0, None, LEAD, "leads", every=DAILY),
)
LED = replace(OFFICE, lead=(LENA.id,))


def escalated(*escalations: Escalation, goal: str = "20 business hours") -> Process:
    """The process, with these for its review."""
    steps = tuple(
        replace(s, escalations=escalations, goal=parse_goal(goal)) if s.name == "review" else s for s in PROCESS.steps
    )
    return replace(PROCESS, steps=steps)


def reviewed(*escalations: Escalation, goal: str = "20 business hours") -> World:
    """A ticket in review since Monday at nine."""
    process = replace(escalated(*(escalations or LADDER), goal=goal), tell_district_when_late=NEVER)
    return in_review(process=process, office=LED)


def at(world: World, moment: datetime) -> World:
    """The world at a moment, at rest."""
    world.now = moment
    return world.rest()


def order(world: World, words: str, moment: datetime) -> World:
    """Staff give a command at a moment."""
    world.now = moment
    world.say(words, HANNA, public=False)
    return world.rest()


def notes(world: World) -> list[str]:
    """The bot's comments on the time."""
    return [body for body in world.bot_comments(public=False) if body == "overdue"]


def fired(world: World) -> list[str]:
    """The escalations that the record holds for the present round."""
    return [name for v in world.ledger["visits"] for name in v.get("done", {}) if name.startswith("flag:step")]


def test_each_part_of_the_goal_at_its_moment() -> None:
    """Half, three quarters, the whole, and a business day after it, each planned ahead."""
    world = reviewed()
    for moment, labels, notified in (
        (HALF, ("half",), 0),
        (THREE_QUARTERS, ("at-risk", "half"), 1),
        (DUE, ("at-risk", "half", "late"), 2),
        (DUE + timedelta(days=1), ("at-risk", "half", "late"), 3),
        (DUE + timedelta(days=2), ("at-risk", "half", "late"), 4),
        (DUE + timedelta(days=5), ("at-risk", "half", "late"), 5),
    ):
        assert world.plan().requeue_at == moment
        assert (at(world, moment).labels, len(notes(world))) == (labels, notified)


def test_the_words_fit_the_moment() -> None:
    """Before it is due no comment says that it is; a repeated one says "again", and goes to whom it is for."""
    world = reviewed()
    world.now = THREE_QUARTERS
    (early,) = effects_of(world.plan(), PostComment)
    assert (early.facts["since"], early.facts["share"], early.facts["due"]) == (None, 75, DUE)
    at(world, DUE).now = DUE + timedelta(days=1)
    message, comment = world.plan().effects
    assert isinstance(comment, PostComment)
    assert (comment.facts["since"], comment.facts["again"], comment.facts["accounts"]) == (DUE, True, (LENA.id,))
    assert message == Notify(
        message.ids, "leads", "DDE-1: still overdue", "Review, round 1.", DUE.astimezone(UTC), "cli", "DDE-1"
    )


def test_no_word_of_a_ticket_reaches_the_operator() -> None:
    """Neither its key nor its district: the process, the step and the state of its time."""
    world = at(reviewed(Escalation(0.5, None, OPERATOR)), HALF)
    assert world.alerts == ["operator: DDE: 50% of the time is used"]
    (sent,) = [e for e in world.done if isinstance(e, Notify)]
    assert (sent.body, sent.key, sent.due) == ("The step Review: 50% of the time is used.", "", None)


def test_after_an_outage_only_the_highest_happens() -> None:
    """Of a repeated one the latest alone, with the label of what it repeats; what was skipped is not made up, nor are
    labels of an earlier round set."""
    world = at(reviewed(), THREE_QUARTERS)  # the round before has left the bot's own labels in the history
    world.say("Findings:\n* no birth dates", HANNA, public=False)
    world.set("Complete?", "Done").set("Accurate?", "Needs Revision").rest().move("Waiting for District").rest()
    world.say("files ready")
    world.rest()
    world.move("Initial File Review").rest()
    notified = len(notes(world))
    at(world, datetime(2026, 1, 15, 12, tzinfo=TEXAS))  # due on Thursday the 8th; four business days later
    assert (world.labels, len(notes(world)) - notified, world.alerts) == (("late",), 1, ["leads: DDE-1: still overdue"])
    assert fired(world)[-1].startswith("flag:step:100+1-business-day:")


def test_the_record_holds_one_line_of_what_is_repeated() -> None:
    """However long a review is overdue."""
    world, last = reviewed(), DUE
    for _ in range(40):
        last = world.plan().requeue_at or last
        at(world, last)
    assert len(world.alerts) > 30
    world.reconcile()
    assert len([name for name in fired(world) if "+" in name]) == 1
    assert len(json.dumps(world.ledger)) < 6000


def test_an_extension_moves_labels_but_repeats_no_word() -> None:
    """They come off while their moment lies ahead, and are set again in silence; what is new happens."""
    world = at(at(reviewed(), THREE_QUARTERS), DUE)
    assert world.labels == ("at-risk", "late")
    order(world, "/extend 20 business hours a colleague is ill", DUE)  # 20 of 40 hours are used
    assert world.labels == ()
    assert at(world, datetime(2026, 1, 8, 12, tzinfo=TEXAS) - timedelta(minutes=1)).labels == ()
    for _ in range(9):
        world.now = world.plan().requeue_at or world.now
        world.rest()
        if world.alerts:
            break
    assert (world.labels, len(notes(world)), len(world.alerts)) == (("at-risk", "late"), 3, 1)
    assert world.now == datetime(2026, 1, 12, 13, tzinfo=TEXAS)  # a business day after the new due moment


def test_what_people_do_to_a_label_stays_while_its_moment_moves() -> None:
    """One that they took off is not set again; one that they set is not taken off."""
    world = at(reviewed(), THREE_QUARTERS)
    world.label(remove=("at-risk",))
    world.label(add=("late",))
    order(world, "/extend 20 business hours ill", THREE_QUARTERS)
    assert world.labels == ("late",)
    assert at(world, datetime(2026, 1, 9, 15, tzinfo=TEXAS)).labels == ("late",)


def test_nothing_happens_on_hold() -> None:
    """Labels and the due day do not change; afterwards the rest of the time is counted."""
    world = at(reviewed(), THREE_QUARTERS)
    due = world.fields["duedate"]
    order(world, "/hold the vendor's server is down", THREE_QUARTERS + timedelta(hours=1))  # 4 hours are left
    at(world, datetime(2026, 1, 16, 10, tzinfo=TEXAS))
    assert (world.labels, world.fields["duedate"], len(notes(world))) == (("at-risk",), due, 1)
    order(world, "/resume", datetime(2026, 1, 16, 10, tzinfo=TEXAS))
    assert (world.labels, len(notes(world))) == (("at-risk",), 1)
    assert world.plan().requeue_at == datetime(2026, 1, 16, 14, tzinfo=TEXAS)
    at(world, datetime(2026, 1, 16, 14, tzinfo=TEXAS))
    assert (world.labels, len(notes(world))) == (("at-risk", "late"), 2)


def test_a_hold_moves_the_next_repetition_on() -> None:
    """Nobody is sent "still overdue" in the minute after a hold."""
    world = at(reviewed(), DUE)
    order(world, "/hold waits for the lawyer", DUE + timedelta(hours=1))
    order(world, "/resume", DUE + timedelta(hours=1, days=7))
    assert world.alerts == []
    assert world.plan().requeue_at == DUE + timedelta(days=8)


def test_a_hold_before_the_due_moment_moves_repetitions_once() -> None:
    """It moves the due moment, and each repetition comes a business day after that, no later."""
    world = at(reviewed(), HALF)
    order(world, "/hold waits for the lawyer", HALF + timedelta(minutes=30))
    order(world, "/resume", HALF + timedelta(minutes=150))
    due = DUE + timedelta(hours=2)
    assert at(world, due).plan().requeue_at == due + timedelta(days=1)
    assert at(world, due + timedelta(days=1)).alerts == ["leads: DDE-1: still overdue"]


def test_a_hold_at_the_due_moment_itself_moves_repetitions_too() -> None:
    """Nothing of the time until the next repetition is spent before such a hold."""
    world = order(reviewed(), "/hold waits for the lawyer", DUE)
    order(world, "/resume", DUE + timedelta(days=7))
    assert (world.alerts, world.plan().requeue_at) == ([], DUE + timedelta(days=8))


def test_a_goal_in_clock_hours_is_escalated_in_open_time_too() -> None:
    """Its moment is in the night; it happens when the office opens, and only the highest."""
    world = reviewed(goal="20 hours")  # due on Tuesday at five in the morning
    assert at(world, datetime(2026, 1, 6, 7, 59, tzinfo=TEXAS)).labels == ()
    assert world.plan().requeue_at == datetime(2026, 1, 6, 8, tzinfo=TEXAS)
    assert at(world, datetime(2026, 1, 6, 8, tzinfo=TEXAS)).labels == ("late",)


def test_a_branch_may_have_its_own() -> None:
    """Its list counts instead of the step's for its own clock."""
    process = escalated(*LADDER)
    folder = process.step("folder")
    own = replace(folder.branches[0], escalations=(Escalation(0.5, None, None, "leads"),))
    steps = tuple(replace(s, branches=(own, *s.branches[1:])) if s is folder else s for s in process.steps)
    world = in_folder(process=replace(process, steps=steps))
    at(world, datetime(2026, 1, 9, 12, tzinfo=TEXAS))
    assert (world.alerts, world.labels, notes(world)) == (["leads: DDE-1: overdue"], (), [])


def test_two_that_repeat_at_one_moment_both_happen() -> None:
    """The fifth day of the daily one is the first of the weekly one."""
    weekly = parse_goal("5 business days")
    world = reviewed(Escalation(1.0, None, "team", every=DAILY), Escalation(1.0, None, LEAD, "leads", every=weekly))
    world = at(at(world, DUE + timedelta(days=6)), DUE + timedelta(days=7))
    assert (len(notes(world)), len(world.alerts)) == (3, 1)


def test_a_message_that_went_out_is_not_sent_again_though_the_bot_died() -> None:
    """It goes before the comment; the comment follows in the next reconcile."""
    world = at(reviewed(), DUE)
    world.now = DUE + timedelta(days=1)
    world.reconcile(cut=1)
    assert (len(world.alerts), len(notes(world))) == (1, 1)
    world.rest()
    assert (len(world.alerts), len(notes(world))) == (1, 2)


def test_an_escalation_that_comes_below_one_that_happened_is_spent() -> None:
    """A new line in the file floods nobody with what has passed."""
    world = at(reviewed(Escalation(1.0, "late")), DUE)
    world.process = escalated(Escalation(0.9, "new", None, "leads"), Escalation(1.0, "late"))
    assert (at(world, DUE + timedelta(minutes=1)).labels, world.alerts) == (("late",), [])


def test_an_escalation_that_was_given_up_is_spent_for_its_round() -> None:
    """It is not tried again, nor do those below it happen; what an earlier visit gave up does not count."""
    for visit, alerts in (("review", 0), ("created", 1)):
        world = reviewed(Escalation(0.75, None, OPERATOR), Escalation(1.0, None, OPERATOR))
        given_up = world.follow().visit.id if visit == "review" else visit
        world.parked = {f"10001:{given_up}:flag:step:100": "it could not be sent"}
        assert len(at(at(world, DUE), DUE + timedelta(hours=1)).alerts) == alerts


def test_what_a_repetition_made_superfluous_does_not_come_later() -> None:
    """After an outage the repetition replaces the escalation at the same share, also where people move the moment."""
    world = at(reviewed(), DUE + timedelta(days=1))
    assert (world.labels, len(notes(world))) == (("late",), 1)
    order(world, "/extend 20 business hours a colleague is ill", DUE + timedelta(days=1))
    due = world.follow().clocks[0].due
    assert len(notes(at(world, due))) == 1


@pytest.mark.parametrize(("share", "written"), [(0.29, 29), (0.57, 57), (0.999, 100), (1.0, 100)])
def test_a_share_is_written_as_the_nearest_percent(share: float, written: int) -> None:
    """Ledgers of tickets hold it, so no rounding of floats may turn 29 percent into 28."""
    world = at(reviewed(Escalation(share, None, "team")), DUE)
    assert fired(world) == [f"flag:step:{written}"]
    assert [e.facts["share"] for e in world.done if isinstance(e, PostComment) and e.template == "overdue"] == [written]


def test_a_repetition_that_can_never_come_is_not_waited_for() -> None:
    """The second one would lie further ahead than any goal may, so the first is the last."""
    world = reviewed(Escalation(1.0, None, LEAD, "leads", every=parse_goal("60 months")))
    assert len(at(world, DUE.replace(year=2031) + timedelta(days=1)).alerts) == 1
    assert world.plan().requeue_at is None


LADDERS = st.lists(
    st.builds(
        Escalation,
        at=st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9, 1.0]),
        label=st.sampled_from([None, "one", "two"]),
        tell=st.sampled_from([None, "team", OPERATOR]),
        notify=st.just("leads"),
        every=st.sampled_from([None, None, DAILY, parse_goal("4 hours")]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda e: (e.at, e.every),
)
ACTS = st.tuples(
    st.sampled_from(["", "", "", "/hold x", "/resume", "/extend 3 business hours x"]), st.integers(1, 60 * 40)
)


@given(LADDERS, st.lists(ACTS, max_size=14), st.sampled_from(["20 business hours", "30 hours", "3 business days"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_once_a_round_and_only_in_open_time(ladder: list[Escalation], acts: list[tuple[str, int]], goal: str) -> None:
    """Whatever staff do, and whenever the bot reconciles: each message once, none while the office is closed, one a
    reconcile but for those of one moment, and none on hold."""
    world, held = reviewed(*ladder, goal=goal), False
    for words, minutes in acts:
        if words:
            world.say(words, HANNA, public=False)
            held = words == "/hold x" or (held and words != "/resume")
        done = len(world.done)
        world.rest()
        notified = [i for i in ids_of(world.done[done:]) if ":notify:step:" in i]
        assert not notified or (CLI.is_open(world.now) and not held)
        assert len(notified) <= 1 or all("+" in one for one in notified)
        world.wait(minutes=minutes)
    ids = ids_of(world.done)
    assert len(ids) == len(set(ids))


# -- calendars


def test_a_field_chooses_the_calendar() -> None:
    """A text, an option or the first known one of several; without a match the process's."""
    office = replace(OFFICE, calendar_field="customfield_1", district_calendars={"west side": "wesd"})
    for value, calendar in (
        (" West  SIDE", "wesd"),
        ({"value": "West Side"}, "wesd"),
        ([{"value": "Other"}, {"value": "west side"}], "wesd"),
        ([], "cli"),
        (None, "cli"),
        (7, "cli"),
        ({"id": "3"}, "cli"),
        ("East", "cli"),
    ):
        assert process_for_issue(PROCESS, office, {"customfield_1": value}).calendar == calendar
    assert process_for_issue(PROCESS, OFFICE, {"customfield_1": "west side"}) is PROCESS
