"""Labels and due fields that a process file has given other names."""

from __future__ import annotations

from dataclasses import replace

from bot.core.model.process import Escalation, Process
from tests.core.world import FLAGS, FRED, HANNA, PROCESS, in_folder

RENAMED = (Escalation(0.75, "at-risk"), Escalation(1.0, "overdue", "team"))
OLD = tuple(flag.label for flag in FLAGS if flag.label)


def renamed(process: Process = PROCESS) -> Process:
    """The process with other names for its labels."""
    steps = tuple(replace(step, escalations=RENAMED) for step in process.steps)
    return replace(process, steps=steps, retired_labels=OLD)


def test_a_label_that_the_bot_set_is_replaced() -> None:
    """And only those that are in force: what has not come yet is not set early."""
    world = in_folder().wait(days=2).rest()
    assert world.labels == ("review-at-risk",)
    world.process = renamed()
    assert world.rest().labels == ("at-risk",)
    assert world.wait(days=5).rest().labels == ("at-risk", "overdue")


def test_a_label_that_people_set_is_left_alone() -> None:
    """Whoever set it wants it."""
    world = in_folder()
    world.label(add=("review-at-risk",), by=HANNA)
    world.process = renamed()
    assert world.rest().labels == ("review-at-risk",)


def test_a_label_that_people_removed_does_not_come_back_under_its_new_name() -> None:
    """Nothing of the old one is there that could be replaced."""
    world = in_folder().wait(days=2).rest()
    world.label(remove=("review-at-risk",), by=FRED)
    world.process = renamed()
    assert world.rest().labels == ()


def test_a_due_day_moves_to_the_field_that_is_used_now() -> None:
    """The old one is cleared if the bot had set it."""
    world = in_folder()
    day = world.fields["duedate"]
    world.office = replace(world.office, due_field="customfield_10071")
    world.process = replace(PROCESS, retired_due_fields=("duedate",))
    world.rest()
    assert (world.fields.get("duedate"), world.fields["customfield_10071"]) == (None, day)


def test_a_due_day_that_people_set_stays_in_the_old_field() -> None:
    """It is theirs."""
    world = in_folder()
    world.put("duedate", "2026-03-01", HANNA)
    world.office = replace(world.office, due_field="customfield_10071")
    world.process = replace(PROCESS, retired_due_fields=("duedate",))
    world.rest()
    assert world.fields["duedate"] == "2026-03-01"
