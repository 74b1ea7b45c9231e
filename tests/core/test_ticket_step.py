"""A step for one ticket: which branches its facts call for, under which names, and since when."""

from __future__ import annotations

from typing import Any

from bot.core.history.ticket_step import onward, ticket_step, unknown_onward
from bot.core.model.facts import Condition, GoalByFact
from bot.core.model.issue import Change
from bot.core.model.process import Branch, Process, Step
from bot.core.time.goals import parse_goal
from tests.core.test_fact_values import PIPELINE, VENDORS, at, change, facts, option

NEW, EXISTING = Condition({"pipeline": ("new",)}), Condition({"pipeline": ("existing",)})
ANALYZE = Branch("analyze", "developers", subtask="Analyze")
BUILD = Branch("build", "developers", subtask="Build", condition=NEW)
EXCHANGE = Branch("exchange", "developers", subtask="{{ each }}", for_each="vendors")


def step(*branches: Branch, **more: Any) -> Step:
    return Step("pipeline", "Pipeline", "Data Pipeline", ("developers",), "done", branches=branches, **more)


def existing_of(branch: Branch, fields: dict[str, Any], *changes: Change, until: float = 60) -> dict[str, bool | None]:
    """The branches in the step, by name, and whether each exists."""
    found = ticket_step(step(branch), facts(fields, *changes), at(0), at(until))
    return {branch.name: branch.exists for branch in found.branches}


def test_a_branch_exists_where_its_condition_holds() -> None:
    assert existing_of(ANALYZE, {}) == {"analyze": True}
    assert existing_of(BUILD, {PIPELINE.field: option(2, "new")}) == {"build": True}
    assert existing_of(BUILD, {PIPELINE.field: option(1, "existing")}) == {"build": False}
    assert existing_of(BUILD, {}) == {"build": None}


def test_a_condition_that_comes_true_in_the_pass_makes_a_branch_named_by_the_change() -> None:
    """It counts from that change, so that its clock starts then."""
    found = change(11, 30, PIPELINE.field, ("1", "existing"), ("2", "new"))
    (branch,) = ticket_step(step(BUILD), facts({PIPELINE.field: option(2, "new")}, found), at(0), at(60)).branches
    assert (branch.name, branch.family, branch.since) == ("build@11", "build", at(30))


def test_a_condition_that_is_true_again_makes_the_branch_anew() -> None:
    """What its earlier self had is over: it stays in the step, so that its subtask is closed."""
    off = change(11, 20, PIPELINE.field, ("2", "new"), ("1", "existing"))
    on = change(12, 40, PIPELINE.field, ("1", "existing"), ("2", "new"))
    fields = {PIPELINE.field: option(2, "new")}
    assert existing_of(BUILD, fields, off, on, until=30) == {"build": False}
    assert existing_of(BUILD, fields, off, on) == {"build": False, "build@12": True}


def test_a_fact_that_is_no_longer_known_ends_nothing() -> None:
    """The branch is there with its name, and the step cannot end until somebody sets the fact."""
    cleared = change(11, 30, PIPELINE.field, ("2", "new"), None)
    (branch,) = ticket_step(step(BUILD), facts({}, cleared), at(0), at(60)).branches
    assert (branch.name, branch.exists, branch.unknown) == ("build", None, ("pipeline",))


def test_a_branch_for_each_value() -> None:
    """Named by the option's id, so that an option that is renamed is the same branch."""
    fields = {VENDORS.field: [option(1, "Renaissance STAR"), option(2, "DESSA")]}
    found = ticket_step(step(EXCHANGE), facts(fields), at(0), at(60))
    assert [(b.name, b.each) for b in found.branches] == [("exchange~1", "Renaissance STAR"), ("exchange~2", "DESSA")]


def test_no_value_no_branch() -> None:
    """What is left is known as skipped."""
    assert existing_of(EXCHANGE, {VENDORS.field: [option(3, "No vendor")]}) == {"exchange": False}
    assert existing_of(EXCHANGE, {}) == {"exchange": None}


def test_a_value_that_is_added_and_one_that_is_taken_off() -> None:
    """The new one counts from that change; the other is withdrawn, and if it comes again it is made anew."""
    both = [option(1, "STAR"), option(2, "DESSA")]
    added = change(11, 10, VENDORS.field, ("[1]", "STAR"), ("[1, 2]", "STAR,DESSA"))
    removed = change(12, 20, VENDORS.field, ("[1, 2]", "STAR,DESSA"), ("[2]", "DESSA"))
    again = change(13, 30, VENDORS.field, ("[2]", "DESSA"), ("[2, 1]", "DESSA,STAR"))
    fields, changes = {VENDORS.field: both}, (added, removed, again)
    assert existing_of(EXCHANGE, fields, *changes, until=15) == {"exchange~1": True, "exchange~2@11": True}
    assert existing_of(EXCHANGE, fields, *changes, until=25) == {"exchange~1": False, "exchange~2@11": True}
    assert existing_of(EXCHANGE, fields, *changes) == {
        "exchange~1": False,
        "exchange~2@11": True,
        "exchange~1@13": True,
    }


def test_goals_by_a_fact() -> None:
    weeks, months = parse_goal("2-4 weeks"), parse_goal("1-3 months")
    by = GoalByFact("pipeline", {"existing": weeks, "new": months})
    for value, goal in (("existing", weeks), ("new", months)):
        found = ticket_step(step(goal_by=by), facts({PIPELINE.field: option(1, value)}), at(0), at(60))
        assert found.goal == goal
    assert ticket_step(step(goal_by=by), facts({}), at(0), at(60)).goal is None


def test_a_step_whose_condition_does_not_hold_is_passed_over() -> None:
    """Several in a row too; while a fact is not known, nobody can say what comes next."""
    first = Step("first", "First", "One", ("developers",), "second")
    second = Step("second", "Second", "Two", ("developers",), "third", condition=NEW)
    third = Step("third", "Third", "Three", ("developers",), "done", condition=Condition({"vendors": ("any",)}))
    process = Process("ods", "ODS", "ODS", ("T",), None, "c", "", {"done": "Done"}, (first, second, third))
    none = facts({PIPELINE.field: option(1, "existing"), VENDORS.field: [option(3, "No vendor")]})
    assert onward(process, first, none, at(60)) == ("done", (second, third))
    assert onward(process, first, facts({PIPELINE.field: option(2, "new")}), at(60)) == ("second", ())
    unknown = facts({PIPELINE.field: option(1, "existing")})
    assert onward(process, first, unknown, at(60)) is None
    assert unknown_onward(process, first, unknown, at(60)) == ("vendors",)
