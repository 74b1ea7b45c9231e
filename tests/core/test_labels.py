"""Flags, labels and the due day: what time sets, and what people may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.model.effects import PostComment
from bot.core.model.process import Branch
from bot.core.time.goals import parse_goal
from tests.core.world import (
    CLI,
    FOLDER,
    FRED,
    HANNA,
    HOLD,
    MONDAY,
    OFFICE,
    PROCESS,
    QUALITY,
    ROBOT,
    World,
    effects_of,
    in_folder,
    in_review,
)

TEXAS = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)
AT_RISK = datetime(2026, 1, 6, 15, 0, tzinfo=TEXAS)  # Monday 9:00 and 15 business hours
OVERDUE = datetime(2026, 1, 7, 11, 0, tzinfo=TEXAS)  # and 20


def at(world: World, moment: datetime) -> World:
    """The world at a moment, at rest."""
    world.now = moment
    return world.rest()


def test_to_the_minute() -> None:
    """Nothing the minute before, the flag at its moment, and the next moment is known ahead."""
    world = in_review()
    assert world.plan().requeue_at == AT_RISK
    assert at(world, AT_RISK - MINUTE).labels == ()
    assert at(world, AT_RISK).labels == ("review-at-risk",)
    assert world.plan().requeue_at == OVERDUE
    assert world.bot_comments(public=False) == []
    at(world, OVERDUE)
    assert set(world.labels) == {"review-at-risk", "review-overdue"}
    assert world.bot_comments(public=False) == ["overdue"]
    assert world.plan().requeue_at == OVERDUE.replace(hour=8, minute=0) + timedelta(days=1)
    world.wait(days=1).rest()  # the announced date passes, which other tests check
    assert world.plan().requeue_at is None


def test_the_team_is_notified_what_is_overdue_since_when() -> None:
    """With the accounts of the branch's own team, for its own clock."""
    world = in_folder()
    world.now = OVERDUE + timedelta(hours=3)
    (comment,) = effects_of(world.plan(), PostComment)
    its_facts = comment.facts
    assert (comment.template, comment.public) == ("overdue", False)
    assert (its_facts["what"], its_facts["since"], its_facts["accounts"]) == ("Folder", OVERDUE, (HANNA.id,))


def test_a_bot_that_comes_late_sets_the_highest_flag() -> None:
    """The lower threshold is past and done with; a bot that comes back on a Saturday waits for Monday."""
    world = in_review()
    world.now = OVERDUE + timedelta(days=3)
    assert world.rest().labels == ()
    world.now = world.plan().requeue_at or world.now
    assert world.now == datetime(2026, 1, 12, 8, 0, tzinfo=TEXAS)
    assert world.rest().labels == ("review-overdue",)
    assert world.rest().labels == ("review-overdue",)


def test_once_per_visit_whatever_staff_do_with_the_label() -> None:
    """Taken off, it stays off; set by hand, it stays on."""
    world = at(in_review(), AT_RISK)
    world.label(remove=("review-at-risk",))
    assert world.rest().labels == ()
    world.label(add=("review-overdue",))
    world.wait(minutes=1).set("Complete?", "Done").set("Accurate?", "Done", FRED)
    assert world.rest().labels == ("review-overdue",)


def test_the_end_of_a_clock_takes_its_flags_off() -> None:
    """Only those that the bot set."""
    world = at(in_review(), OVERDUE)
    world.label(add=("vip",))
    world.set("Complete?", "Done").set("Accurate?", "Done", FRED)
    assert world.rest().labels == ("vip",)


def test_the_folders_end_takes_its_flags_off() -> None:
    """Though the step goes on, in the district's time."""
    world = at(in_folder(), OVERDUE)
    assert "review-overdue" in world.labels
    world.set("Folder", "Done")
    assert world.rest().labels == ()
    assert world.fields["duedate"] is None
    assert world.plan().requeue_at is None


def test_a_continued_visit_keeps_its_labels() -> None:
    """Dragged away and back: taken off meanwhile, flagged again without a second word."""
    world = at(at(in_review(), AT_RISK), OVERDUE).wait(hours=1).move(QUALITY).rest()
    assert world.labels == ()
    world.wait(hours=1).move("Initial File Review").rest()
    assert set(world.labels) == {"review-at-risk", "review-overdue"}
    assert world.bot_comments(public=False) == ["overdue"]


def test_nobody_is_flagged_at_night() -> None:
    """What is due at the close is flagged at the next opening; clock hours are flagged at their hour."""
    steps = [replace(s, goal=parse_goal("9 hours")) if s.name == "review" else s for s in PROCESS.steps]
    assert in_review(process=replace(PROCESS, steps=tuple(steps))).plan().requeue_at == MONDAY + timedelta(hours=6.75)
    world = World().wait(hours=6).rest()  # Monday, three in the afternoon
    world.say("confirm")
    world.rest()
    assert world.follow().clocks[0].due == datetime(2026, 1, 7, 17, 0, tzinfo=TEXAS)
    assert "review-overdue" not in at(world, datetime(2026, 1, 7, 23, 0, tzinfo=TEXAS)).labels
    assert world.plan().requeue_at == datetime(2026, 1, 8, 8, 0, tzinfo=TEXAS)


def test_the_due_day_is_local() -> None:
    """The day in the calendar's own zone, of the earliest running clock."""
    assert in_folder().fields == {"duedate": "2026-01-07"}


def test_a_due_day_of_staff_is_left_alone() -> None:
    """Until the next visit begins; so is another bot's, with which there would be no end."""
    world = in_review().wait(minutes=1)
    world.put("duedate", "2026-02-01", HANNA)
    assert world.rest().fields["duedate"] == "2026-02-01"
    world.put("duedate", "2026-03-01", ROBOT)
    assert world.rest().fields["duedate"] == "2026-03-01"


def test_a_due_day_that_a_person_set_in_an_earlier_visit_is_replaced() -> None:
    """They set it for the work of then; in the next step the day is that of its own clock."""
    world = in_folder().wait(minutes=1)
    world.put("duedate", "2026-02-01", HANNA)
    world.rest().wait(hours=1).set("Folder", "Done").rest()
    world.say("files ready")
    assert world.rest().fields["duedate"] == "2026-01-07"


def test_a_due_day_from_before_the_bot_is_not_cleared() -> None:
    """Where no clock runs, only the bot's own day is taken away."""
    world = World(fields={"duedate": "2026-06-01"})
    assert world.rest().fields["duedate"] == "2026-06-01"


def test_no_due_field_no_due_day() -> None:
    """An empty setting means nowhere."""
    assert in_review(office=replace(OFFICE, due_field=None)).fields == {}


def test_another_field_takes_the_day() -> None:
    """Any date field of the site's."""
    assert in_review(office=replace(OFFICE, due_field="customfield_7")).fields == {"customfield_7": "2026-01-07"}


def test_a_due_moment_at_midnight_is_of_the_day_that_it_ends() -> None:
    """An office that works until midnight is not given the next day."""
    late = replace(CLI, week={day: ((time(8), time(0)),) for day in range(5)})
    goal = [replace(s, goal=parse_goal("15 business hours")) if s.name == "review" else s for s in PROCESS.steps]
    world = in_review(calendar=late, process=replace(PROCESS, steps=tuple(goal)))
    assert world.follow().clocks[0].due == datetime(2026, 1, 6, tzinfo=TEXAS)
    assert world.fields["duedate"] == "2026-01-05"


def test_a_label_of_a_person_stays_though_the_bot_set_another_later() -> None:
    """Who set it is read from the change that did, not from the newest one."""
    world = in_review().wait(minutes=1)
    world.label(add=("review-overdue",))
    assert set(at(world, AT_RISK).labels) == {"review-at-risk", "review-overdue"}
    world.label(add=("vip",))
    world.set("Complete?", "Done").set("Accurate?", "Done", FRED)
    assert set(world.rest().labels) == {"review-overdue", "vip"}


def test_a_label_that_the_ticket_was_made_with_stays() -> None:
    """Nobody is known to have set it."""
    world = in_review(labels=("review-overdue",)).wait(hours=1)
    world.set("Complete?", "Done").set("Accurate?", "Done", FRED)
    assert world.rest().labels == ("review-overdue",)


def test_a_label_that_only_contains_the_name_of_another_is_another() -> None:
    """A person's own label is never mistaken for the bot's."""
    world = in_review().wait(minutes=1)
    world.label(add=("not-review-at-risk",))
    assert set(at(world, AT_RISK).labels) == {"not-review-at-risk", "review-at-risk"}
    world.set("Complete?", "Done").set("Accurate?", "Done", FRED)
    assert world.rest().labels == ("not-review-at-risk",)


def test_the_due_day_is_that_of_the_earliest_running_clock() -> None:
    """Of those that have not stopped."""
    later = Branch("contract", "functional_team", goal=parse_goal("10 business days"), subtask="Contract")
    steps = tuple(replace(s, branches=(later, *s.branches)) if s.name == "folder" else s for s in PROCESS.steps)
    world = in_folder(process=replace(PROCESS, steps=steps)).wait(hours=1)
    assert world.fields["duedate"] == "2026-01-07"
    assert world.set("Folder", "Done").rest().fields["duedate"] == "2026-01-20"  # Monday the 19th is a holiday
    assert world.set("Contract", "Done").rest().fields["duedate"] is None


def test_a_due_day_that_a_person_set_with_the_move_is_left_alone() -> None:
    """One edit sets both, at the same moment; one that was set a minute before the move is replaced."""
    for minutes, day in ((0, "2026-02-01"), (1, "2026-01-07")):
        world = World().rest().wait(hours=1)
        world.put("duedate", "2026-02-01", HANNA)
        assert world.wait(minutes=minutes).move(FOLDER).rest().fields["duedate"] == day


def test_a_due_day_of_a_person_is_not_cleared_when_the_clock_ends() -> None:
    """Nor is a field that is empty written again."""
    world = in_folder().wait(hours=1)
    world.put("duedate", "2026-02-01", HANNA)
    world.rest().wait(hours=1).set("Folder", "Done")
    assert world.rest().fields["duedate"] == "2026-02-01"
    assert World().plan().update.fields == {}


def test_nothing_is_set_outside_the_steps() -> None:
    """Labels and the due day stay as they were when the ticket was taken out."""
    world = at(in_review(), AT_RISK).move(HOLD).rest()
    assert (world.labels, world.fields["duedate"]) == (("review-at-risk",), "2026-01-07")
    world.label(remove=("review-at-risk",))
    plan = world.wait(days=3).plan()
    assert (plan.update.add_labels, plan.update.remove_labels, plan.update.fields) == ((), (), {})
