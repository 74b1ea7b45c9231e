"""The lines of a summary for staff, the facts of a template, and which team is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.decide.plan_builder import team
from bot.core.decide.status_summary import clock_line, earlier_rounds, status_summary
from bot.core.decide.template_facts import describe_effect, facts
from bot.core.model.effect_id import EffectName, Kind
from bot.core.model.process import Branch
from tests.core.world import (
    CLI,
    CONFIRMING,
    FOLDER,
    FRED,
    HANNA,
    HOLD,
    MONDAY,
    OFFICE,
    PROCESS,
    QUALITY,
    REVIEW,
    TWENTY,
    WAITING,
    World,
    in_folder,
    in_review,
    waiting,
)


def _line(world: World) -> str:
    """The line of the first clock."""
    progress = world.follow()
    return clock_line(progress, progress.clocks[0], CLI)


def test_a_ticket_that_waits_says_for_whom() -> None:
    """It is in no step, and no clock runs."""
    lines = status_summary(waiting().follow(), CLI)
    assert lines == [
        "Step         Waiting for the district, since Mon 2026-01-05 10:00 CST",
        "Round        1, files received Mon 2026-01-05 09:00 CST",
        "Whose turn   the district",
        "Clock        none runs",
    ]


def test_each_branch_has_its_line() -> None:
    """With its subtask, and when it was done; a step without files has no round."""
    world = in_folder().wait(hours=1).set("Folder", "Done").rest().wait(hours=1)
    folder, files = (next(s.key for s in world.subtasks if s.summary == name) for name in ("Folder", "Files"))
    assert status_summary(world.follow(), CLI)[1:4] == [
        "Whose turn   the district",
        f"  folder ({folder}): finished Mon 2026-01-05 10:00 CST",
        f"  files ({files}): open",
    ]
    first = World().rest()
    assert status_summary(first.follow(), CLI)[1:] == [
        "Whose turn   the district",
        "  answer: open",
        "Clock        none runs",
    ]


def test_nobodys_turn_outside_the_steps() -> None:
    """And a party that no team is called has its own name."""
    assert "Whose turn   nobody" in status_summary(in_folder().move(HOLD).rest().follow(), CLI)
    steps = tuple(replace(s, branches=(Branch("x", "lawyers"),)) if s.name == "confirm" else s for s in PROCESS.steps)
    world = World(process=replace(PROCESS, steps=steps)).rest()
    assert "Whose turn   lawyers" in status_summary(world.follow(), CLI)


@pytest.mark.parametrize(("hours", "state"), [(0, "running"), (49.99, "running"), (50, "overdue"), (80, "overdue")])
def test_a_clock_is_overdue_from_its_due_moment_on(hours: float, state: str) -> None:
    """Which is Wednesday at eleven."""
    line = _line(in_review().wait(hours=hours))
    assert line.endswith(f", due Wed 2026-01-07 11:00 CST; {state}")


@pytest.mark.parametrize(("hours", "met"), [(49, "met"), (50, "met"), (51, "breached")])
def test_a_clock_that_stopped_was_met_until_its_due_moment(hours: int, met: str) -> None:
    """In the line of the present visit, and in those of earlier rounds."""
    world = in_review().wait(hours=hours).set("Complete?", "Done").set("Accurate?", "Needs Revision", FRED).rest()
    assert _line(world).endswith(f", {met}")
    world.move(WAITING).rest()
    (line,) = [one for one in earlier_rounds(world.follow(), CLI) if one.startswith("round 1, Review")]
    assert f", {met}; revision by " in line


@pytest.mark.parametrize(
    ("words", "said"), [("/hold a form", "on hold since"), ("/hold vendor rosters", "on hold for a vendor since")]
)
def test_a_pause_is_named(words: str, said: str) -> None:
    """While some of the time is left; what is overdue stays overdue on hold."""
    world = in_review().wait(hours=1)
    world.say(words, HANNA, public=False)
    assert f"; {said} Mon 2026-01-05 10:00 CST, without that due" in _line(world.rest().wait(hours=1))
    late = in_review().wait(hours=50)
    late.say(words, HANNA, public=False)
    assert _line(late.rest().wait(hours=1)).endswith("; overdue")


def test_a_round_without_a_verdict() -> None:
    """A visit that was only left has no number if it had no files, and says who left it."""
    world = in_folder().wait(hours=1).move(HOLD, FRED).rest()
    (line,) = earlier_rounds(world.follow(), CLI)
    due = "due Wed 2026-01-07 11:00 CST; stopped Mon 2026-01-05 10:00 CST, met; left by Fred"
    assert line == f"Folder (folder): 20 business hours from Mon 2026-01-05 09:00 CST, {due}"


# -- the facts of a template


@pytest.mark.parametrize(
    ("status", "turn", "keyword", "step", "following"),
    [
        (CONFIRMING, "district", "CONFIRM", "Confirm", "Folder"),
        (FOLDER, "both", "FILES READY", "Folder", "Review"),
        (QUALITY, "team", "", "Quality", ""),
        (HOLD, "", "", "", ""),
        ("Done", "", "", "", ""),
    ],
)
def test_what_a_template_may_say_of_a_status(status: str, turn: str, keyword: str, step: str, following: str) -> None:
    """Whose turn it is, the one word that the district can answer, and where the ticket is and goes."""
    found = facts(World(status=status).rest().follow(), OFFICE)
    assert (found["turn"], found["keyword"], found["step"], found["next_step"]) == (turn, keyword, step, following)


def test_the_keyword_of_a_ticket_that_waits() -> None:
    """The files; the step is the review that they come back to."""
    found = facts(waiting().follow(), OFFICE)
    assert (found["keyword"], found["step"], found["next_step"], found["team"]) == (
        "FILES READY",
        "Review",
        "Quality",
        "CLI Help Center",
    )


def test_a_step_whose_district_has_answered_is_the_teams() -> None:
    """Nothing is left for the district to say."""
    world = in_folder().wait(hours=1)
    world.say("files ready")
    found = facts(world.rest().follow(), OFFICE)
    assert (found["turn"], found["keyword"]) == ("team", "")


def test_the_earliest_due_moment_that_is_to_come() -> None:
    """Of the clocks that run: one that is past, is on hold, or has stopped names no day."""
    later = Branch("contract", "functional_team", goal=TWENTY, subtask="Contract")
    sooner = Branch("form", "functional_team", goal=replace(TWENTY, low=9, high=9), subtask="Form")
    steps = tuple(replace(s, branches=(*s.branches, later, sooner)) if s.name == "folder" else s for s in PROCESS.steps)
    world = in_folder(process=replace(PROCESS, steps=steps))
    assert facts(world.follow(), OFFICE)["due"] == MONDAY + timedelta(days=1)
    assert facts(world.wait(days=1).follow(), OFFICE)["due"] == MONDAY + timedelta(hours=50)
    assert facts(world.wait(days=5).follow(), OFFICE)["due"] is None
    held = in_review().wait(hours=1)
    held.say("/hold a form", HANNA, public=False)
    assert facts(held.rest().follow(), OFFICE)["due"] is None


def test_facts_may_be_replaced() -> None:
    """By what a comment knows better."""
    found = facts(World().follow(), OFFICE, round=7, more="x")
    assert (found["round"], found["more"], found["district"]) == (7, "x", "Lakeside ISD")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (EffectName.of(Kind.SUBTASK, "folder"), "the subtask for folder"),
        (EffectName.of(Kind.CLOSE, "folder", "c7"), "closing the subtask for folder"),
        (EffectName.of(Kind.SAY), "the comment to the district"),
        (EffectName.of(Kind.ESCALATION, "step", 100), "the note on a review's time"),
        (EffectName.of(Kind.NOTE, "7"), "a note or answer of the bot"),
        (EffectName("unknown:7"), "a note or answer of the bot"),
    ],
)
def test_an_effect_in_words(name: EffectName, words: str) -> None:
    """For whoever reads that it was given up."""
    assert describe_effect(name) == words


# -- which team is asked


@pytest.mark.parametrize(
    ("status", "accounts"),
    [
        (CONFIRMING, (HANNA.id,)),  # the district's alone: the next team
        (FOLDER, (HANNA.id,)),
        (REVIEW, (HANNA.id,)),
        (QUALITY, (FRED.id,)),
        (HOLD, (HANNA.id,)),  # no step: the first team of the process
    ],
)
def test_the_team_of_a_status(status: str, accounts: tuple[str, ...]) -> None:
    """Somebody is always asked."""
    assert team(World(status=status).follow()) == accounts


def test_a_step_of_two_teams_asks_both() -> None:
    """And one of nobody's, at the end of the process, asks nobody."""
    steps = tuple(
        replace(s, parties=("functional_team", "help_center")) if s.name == "quality" else s for s in PROCESS.steps
    )
    assert team(World(process=replace(PROCESS, steps=steps), status=QUALITY).follow()) == (FRED.id, HANNA.id)
    last = replace(PROCESS.step("quality"), parties=("district",))
    steps = tuple(last if s.name == "quality" else s for s in PROCESS.steps)
    assert team(World(process=replace(PROCESS, steps=steps), status=QUALITY).follow()) == ()
