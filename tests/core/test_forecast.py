"""The expected end of a ticket, as a range: goals in business time, holidays and holds, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core.decide.forecast import forecast, steps_sum
from bot.core.model.effects import PostComment
from bot.core.model.expected_end import Forecast, Usual
from bot.core.model.facts import GoalByFact
from bot.core.model.process import Branch
from bot.core.time.goals import parse_goal
from tests.core.test_facts_in_steps import ODS, PIPELINE, VENDORS, in_pipeline, in_validation, opened, step
from tests.core.world import CLI, HANNA, MONDAY, PROCESS, World, in_review

CALENDARS = {"cli": CLI}


def of(world: World, **usual: Usual) -> Forecast | None:
    return forecast(world.follow(), CALENDARS, usual)


def expected(world: World, **usual: Usual) -> Forecast:
    found = of(world, **usual)
    assert found is not None
    return found


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_the_steps_that_are_left_are_added_up_in_business_time() -> None:
    """The rest of this step, and the goals of those to come: from Monday at 9:00, 1-5 and then 5-10 business days."""
    steps = (
        step("outreach", "second", goal=parse_goal("1-5 business days"), parties=("service",)),
        step("second", "done", goal=parse_goal("5-10 business days")),
    )
    world = opened(process=replace(ODS, steps=steps, facts={})).rest()
    assert of(world) == Forecast(at(1, 13, 15), at(1, 27, 15))  # January 19 is a holiday
    assert of(world.wait(days=1)) == Forecast(at(1, 13, 15), at(1, 27, 15))


def test_a_step_that_is_late_ends_now_at_the_soonest() -> None:
    world = opened(process=replace(ODS, steps=(step("outreach", "done", goal=parse_goal("1-5 business days")),)))
    world.rest().wait(days=20)
    assert of(world) == Forecast(world.now, world.now)


def test_what_is_not_known_is_considered_both_ways() -> None:
    """An existing pipeline takes 5-10 business days, a new one 1-3 months, and the vendors are passed over or not."""
    unknown = expected(in_pipeline().choose(VENDORS))
    existing = expected(in_pipeline().choose(PIPELINE, "existing"))
    new = expected(in_pipeline().choose(PIPELINE, "new"))
    soonest = expected(in_pipeline(("No vendor",)).choose(PIPELINE, "existing"))
    assert (unknown.first, unknown.last) == (soonest.first, new.last)
    assert existing.last < new.first


def test_vendors_run_side_by_side() -> None:
    two = expected(in_validation(("STAR", "DESSA")))
    one = expected(in_validation(("STAR",)))
    none = expected(in_validation(("No vendor",)))
    assert (two.first, two.last) == (one.first, one.last)
    assert none.last < one.first


def test_branches_that_need_others_come_after_them() -> None:
    day = parse_goal("1 business day")
    branches = (
        Branch("load", "developers", subtask="Load", goal=day),
        Branch("merge", "developers", subtask="Merge", goal=day, needs=("load",)),
    )
    first = step("outreach", "done", *branches)
    assert of(opened(process=replace(ODS, steps=(first,), facts={})).rest()) == Forecast(at(1, 7, 15), at(1, 7, 15))
    before = step("outreach", "second", goal=day)
    second = step("second", "done", *branches)
    world = opened(process=replace(ODS, steps=(before, second), facts={})).rest()
    assert of(world) == Forecast(at(1, 8, 15), at(1, 8, 15))


def test_a_hold_moves_the_end() -> None:
    world = in_validation(("STAR",)).set("Validate", "Done").rest()
    before = expected(world)
    world.say("/hold vendor waits for their key", HANNA, public=False)
    world.rest().wait(days=7)
    assert expected(world).last - before.last == timedelta(days=7)


def test_a_step_without_a_goal_takes_what_finished_tickets_took() -> None:
    """The median and what 85 of 100 did not exceed; without enough tickets, it is said that there is no estimate."""
    world = in_validation(("No vendor",))
    assert expected(world).no_estimate == ("Validation",)
    usual = Usual(timedelta(hours=4), timedelta(hours=9))
    assert of(world, validation=usual) == Forecast(at(1, 5, 19), at(1, 6, 15))


def test_while_the_district_owes_files_nobody_knows_when_it_goes_on() -> None:
    found = expected(in_review().wait(hours=1).move("Waiting for District").rest())
    assert found.no_estimate[0] == "Review"


def test_a_ticket_that_has_ended_has_no_forecast() -> None:
    assert of(in_review().move("Withdrawn").rest()) is None
    assert of(in_review().move("On Hold").rest()) is None


def test_the_sum_of_all_steps() -> None:
    """To hold beside what is published; optional steps count at the latest."""
    soonest, latest = steps_sum(ODS, MONDAY, CLI)
    assert (soonest, latest) == (at(1, 13, 15), at(5, 8, 22))
    assert steps_sum(PROCESS, MONDAY, CLI)[0] > MONDAY


def test_the_district_reads_one_range_of_days() -> None:
    """The outer one while a finding is not known; none while a step has no estimate. It is no announced date."""
    world = in_pipeline(
        process=replace(
            ODS, steps=(*ODS.steps[:2], replace(ODS.steps[2], goal=parse_goal("5 business days")), ODS.steps[3])
        )
    )
    world.say("status")
    world.rest()
    (status,) = [e for e in world.done if isinstance(e, PostComment) and e.template == "status"]
    found = expected(world)
    assert status.facts["expected"] == (found.first, found.last)
    world = in_pipeline()
    world.say("status")
    world.rest()
    (status,) = [e for e in world.done if isinstance(e, PostComment) and e.template == "status"]
    assert status.facts["expected"] == ()


def test_staff_read_the_forecast_beside_what_is_published() -> None:
    process = replace(
        ODS, total_by=GoalByFact("pipeline", {"existing": parse_goal("3-5 weeks"), "new": parse_goal("2-6 months")})
    )
    world = in_pipeline(process=process)
    world.say("/status", HANNA, public=False)
    world.rest()
    (status,) = [e for e in world.done if isinstance(e, PostComment) and e.template == "standing"]
    lines = status.facts["items"]
    assert any(line.startswith("Expected end") and line.endswith("usually") for line in lines)
    assert "             no estimate for Validation, which are left out of this" in lines
    assert any("3-5 weeks or 2-6 months in all" in line for line in lines)
