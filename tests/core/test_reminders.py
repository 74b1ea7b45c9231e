"""Since when it is the district's turn, and which reminder is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.decide.reminders import due_reminder, next_reminder, turn_since
from bot.core.model.effects import PostComment
from bot.core.model.process import Reminders
from bot.core.time.goals import parse_goal
from tests.core.world import CARLA, CLI, FOLDER, HANNA, HOLD, MONDAY, PROCESS, REVIEW, WAITING, World
from tests.core.world import in_folder as folder
from tests.core.world import in_review as review
from tests.core.world import waiting as waits

REMINDERS = Reminders(
    (parse_goal("5 business days"), parse_goal("10 business days")), "reminder", parse_goal("15 business days")
)
PATIENT = replace(PROCESS, reminders=REMINDERS)
CALENDARS = {"cli": CLI}


def _due(world: World) -> tuple[str, bool, int] | None:
    reminder = due_reminder(world.follow(), CALENDARS)
    return None if reminder is None else (reminder.name.partition(":")[0], reminder.phone, len(reminder.passed))


def test_the_turn_begins_with_the_visit() -> None:
    """In a step of the district's own, when the ticket came into it."""
    assert turn_since(World(process=PATIENT).rest().follow()) == MONDAY


def test_the_turn_begins_when_the_office_has_done_its_part() -> None:
    """While the folder is owed it is not the district's turn alone."""
    world = folder(process=PATIENT)
    assert turn_since(world.follow()) is None
    world.wait(hours=3).set("Folder", "Done").rest()
    assert turn_since(world.follow()) == MONDAY + timedelta(hours=3)


def test_it_is_nobodys_turn_in_a_review() -> None:
    """Nor in a hold, nor at an end."""
    world = review(process=PATIENT)
    assert turn_since(world.follow()) is None
    assert turn_since(world.move(HOLD).rest().follow()) is None
    assert turn_since(world.move("Withdrawn").rest().follow()) is None


def test_the_turn_begins_with_the_feedback() -> None:
    """Not with a move whose findings are written days later."""
    world = review(process=PATIENT).wait(hours=1).move(WAITING).rest()
    assert turn_since(world.follow()) is None
    world.wait(days=3).say("Findings:\n* no birth dates", HANNA, public=False)
    world.rest()
    assert turn_since(world.follow()) == world.now


def test_the_turn_ends_with_the_answer() -> None:
    """Also where nobody moves the ticket on by itself."""
    world = World(process=PATIENT).rest().wait(days=1)
    world.office = replace(world.office, auto_advance=False)
    world.say("confirm", CARLA)
    assert turn_since(world.follow()) is None


def test_a_hold_begins_the_turn_anew() -> None:
    """Who was on hold is given the whole time again."""
    world = waits(process=PATIENT).wait(days=4).move(HOLD).rest().wait(days=4).move(WAITING).rest()
    assert turn_since(world.follow()) == world.now


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (6.99, None),
        (7, ("remind", False, 0)),
        (14.99, ("remind", False, 0)),
        (15, ("remind", False, 1)),  # Monday the 19th is a holiday
        (22, ("phone", True, 2)),
        (90, ("phone", True, 2)),
    ],
)
def test_the_latest_that_has_come(days: float, due: tuple[str, bool, int] | None) -> None:
    """After an outage the earlier ones are passed over."""
    assert _due(World(process=PATIENT).rest().wait(days=days)) == due


def test_each_is_given_once() -> None:
    """Whatever happens on the ticket besides."""
    world = World(process=PATIENT).rest().wait(days=7).rest()
    assert world.bot_comments(public=True)[-1] == "reminder"
    world.wait(days=1).say("Where do I find the form?", CARLA)
    world.rest()
    assert world.bot_comments(public=True).count("reminder") == 1
    assert _due(world) is None


def test_passed_ones_are_not_given_later() -> None:
    """The one that was given counts for them."""
    world = World(process=PATIENT).rest().wait(days=15).rest()
    assert world.bot_comments(public=True).count("reminder") == 1
    world.wait(days=1).rest()
    assert world.bot_comments(public=True).count("reminder") == 1


def test_when_to_reconcile_again() -> None:
    """At the next that is to come; at none after the last."""
    world = World(process=PATIENT).rest()
    assert next_reminder(world.follow(), CALENDARS) == MONDAY + timedelta(days=7)
    assert world.plan().requeue_at == MONDAY + timedelta(days=7)
    world.wait(days=30).rest()
    assert next_reminder(world.follow(), CALENDARS) is None


def test_a_step_comment_goes_before_a_reminder() -> None:
    """A reconcile that posts something else to the district posts no reminder."""
    world = World(process=PATIENT).rest().wait(days=7)
    world.say("confirm", CARLA)
    world.rest()
    assert world.status == FOLDER
    assert "reminder" not in world.bot_comments(public=True)


def test_files_end_the_turn_of_a_waiting_ticket() -> None:
    """And the reminder that would have been due on that day is not given."""
    world = waits(process=PATIENT).wait(days=7)
    world.say("files ready", CARLA)
    world.rest()
    assert world.status == REVIEW
    assert "reminder" not in world.bot_comments(public=True)


@pytest.mark.parametrize(("after", "days"), [("5 business days", 5), ("1 week", 0)])
def test_a_reminder_says_for_how_many_business_days_there_was_no_answer(after: str, days: int) -> None:
    """Where it is counted in business days."""
    reminders = Reminders((parse_goal(after),), "reminder")
    world = World(process=replace(PROCESS, reminders=reminders)).rest().wait(days=7).rest()
    given = [e.facts["days"] for e in world.done if isinstance(e, PostComment) and "days" in e.facts]
    assert given == [days]
