"""The facts of a ticket: what its fields say, what they said before, and when a change counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.history.fact_values import FactValues, Missing, fact_values
from bot.core.model.facts import Condition, Fact, FactKind, GoalByFact
from bot.core.model.issue import Change, Issue, Person
from bot.core.time.goals import parse_goal

HANNA = Person("712020:hanna", "Hanna")
MONDAY = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
GRACE = timedelta(seconds=60)
PIPELINE = Fact("pipeline", "Pipeline", "customfield_1", FactKind.ONE_OF, ("existing", "new"))
VENDORS = Fact("vendors", "Vendors", "customfield_2", FactKind.SOME_OF, ("STAR", "DESSA"), True, "No vendor")
SIGNED = Fact("signed", "Signed", "customfield_3", FactKind.YES_NO)
SINCE = Fact("since", "Since", "customfield_4", FactKind.DATE)
COUNT = Fact("count", "Count", "customfield_5", FactKind.NUMBER)
PARTS = Fact("parts", "Parts", "components", FactKind.SOME_OF, ("Rosters", "Grades"))
TAGS = Fact("tags", "Tags", "labels", FactKind.SOME_OF, ("north", "south"))
FACTS = {fact.name: fact for fact in (PIPELINE, VENDORS, SIGNED, SINCE, COUNT, PARTS, TAGS)}


def option(number: int, value: str) -> dict[str, str]:
    return {"id": str(number), "value": value}


def change(number: int, minute: float, field: str, old: Any, new: Any) -> Change:
    """A change whose values are pairs of id and text, or None."""
    (old_id, old_text), (new_id, new_text) = old or (None, None), new or (None, None)
    at = MONDAY + timedelta(minutes=minute)
    return Change(str(number), at, HANNA, field, old_text, new_text, old_id, new_id)


def facts(fields: dict[str, Any], *changes: Change, now: float = 60) -> FactValues:
    issue = Issue("1", "ODS-1", "ODS", "Onboarding", "Outreach", "Lakeside", MONDAY, HANNA, fields=fields,
                  changes=changes)  # fmt: skip
    return fact_values(issue, FACTS, GRACE, MONDAY + timedelta(minutes=now))


def at(minute: float) -> datetime:
    return MONDAY + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("pipeline", option(1, "existing"), "existing"),
        ("pipeline", {"id": "1", "value": "Existing", "child": option(2, "Synergy")}, "Existing"),
        ("pipeline", {"id": "1", "name": "new"}, "new"),
        ("vendors", [option(1, "STAR"), option(2, "DESSA")], "STAR, DESSA"),
        ("since", "2019-08-01", "2019-08-01"),
        ("count", 3.0, "3"),
        ("parts", [{"id": "7", "name": "Rosters"}], "Rosters"),
        ("tags", ["north"], "north"),
    ],
)
def test_a_field_is_read_in_the_shape_that_jira_gives_its_kind(name: str, raw: Any, text: str) -> None:
    value = facts({FACTS[name].field: raw}).at(name, at(60))
    assert value.known
    assert value.text == text


def test_a_label_of_the_bots_own_is_no_value() -> None:
    """A flag of an escalation neither makes a fact of labels unknown nor is one more value of it."""
    issue = Issue("1", "ODS-1", "ODS", "Onboarding", "Outreach", "Lakeside", MONDAY, HANNA,
                  fields={"labels": ["late", "north"]},
                  changes=(change(1, 5, "labels", ("", "north"), ("", "late north")),))  # fmt: skip
    values = fact_values(issue, FACTS, GRACE, at(60), {"late"})
    assert [(turn.change, turn.value.text) for turn in values.timelines["tags"]] == [("", "north")]
    assert values.at("tags", at(60)).known


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("pipeline", None, Missing.UNSET),
        ("pipeline", option(9, "a third kind"), Missing.UNLISTED),
        ("vendors", [option(1, "STAR"), option(3, "No vendor")], Missing.NONE_AND_MORE),
        ("signed", option(1, "Perhaps"), Missing.UNLISTED),
        ("tags", [], Missing.UNSET),
    ],
)
def test_a_value_that_the_process_does_not_know_is_not_known(name: str, raw: Any, why: Missing) -> None:
    assert facts({FACTS[name].field: raw}).at(name, at(60)).missing is why


def test_others_takes_a_value_that_is_not_listed() -> None:
    assert facts({VENDORS.field: [option(8, "Another")]}).at("vendors", at(60)).known


def test_an_empty_field_is_never_no() -> None:
    """Neither yes nor no: a condition on it is not known."""
    condition = Condition({"signed": ("no",)})
    assert facts({}).holds(condition, at(60)) is None
    assert facts({SIGNED.field: option(2, "No")}).holds(condition, at(60)) is True


@pytest.mark.parametrize(
    ("raw", "terms", "holds"),
    [
        ([option(1, "STAR")], {"vendors": ("any",)}, True),
        ([option(3, "No vendor")], {"vendors": ("any",)}, False),
        ([option(3, "No vendor")], {"vendors": ("none",)}, True),
        ([option(1, "star")], {"vendors": ("DESSA", "STAR")}, True),
        ([option(1, "STAR")], {"vendors": ("DESSA",)}, False),
        (None, {"vendors": ("any",)}, None),
        ([option(1, "STAR")], {"vendors": ("STAR",), "pipeline": ("new",)}, None),
        ([option(1, "STAR")], {"vendors": ("DESSA",), "pipeline": ("new",)}, False),
    ],
)
def test_a_condition(raw: Any, terms: dict[str, tuple[str, ...]], holds: bool | None) -> None:
    """A list means any of its values, several facts mean all, and what is not known decides nothing."""
    assert facts({VENDORS.field: raw}).holds(Condition(terms), at(60)) is holds


def test_a_goal_by_a_fact() -> None:
    """`else` is for a value that is known and not named; a fact that is not set has no goal, not even that."""
    weeks, months = parse_goal("3-5 weeks"), parse_goal("2-6 months")
    by = GoalByFact("pipeline", {"existing": weeks}, months)
    assert facts({PIPELINE.field: option(1, "Existing")}).at("pipeline", at(60)).goal(by) == weeks
    assert facts({PIPELINE.field: option(2, "new")}).at("pipeline", at(60)).goal(by) == months
    assert facts({}).at("pipeline", at(60)).goal(by) is None


def test_a_change_counts_from_its_own_moment_once_the_grace_is_over() -> None:
    correction = change(11, 30, PIPELINE.field, ("1", "existing"), ("2", "new"))
    soon = facts({PIPELINE.field: option(2, "new")}, correction, now=30.5)
    assert soon.at("pipeline", at(30.5)).text == "existing"
    assert soon.counts_at == at(31)
    later = facts({PIPELINE.field: option(2, "new")}, correction, now=31)
    assert later.at("pipeline", at(30)).text == "new"
    assert later.at("pipeline", at(29)).text == "existing"
    assert later.counts_at is None


def test_a_change_that_was_undone_within_the_grace_never_counted() -> None:
    slip = change(11, 30, PIPELINE.field, ("1", "existing"), ("2", "new"))
    undone = change(12, 30.5, PIPELINE.field, ("2", "new"), ("1", "existing"))
    values = facts({PIPELINE.field: option(1, "existing")}, slip, undone)
    assert values.turns(["pipeline"], at(0), at(60)) == []
    assert values.at("pipeline", at(30.2)).text == "existing"


@pytest.mark.parametrize(
    ("name", "now", "old", "new", "text"),
    [
        ("vendors", [option(1, "STAR"), option(2, "DESSA")], ("[1]", "STAR"), ("[1, 2]", "STAR,DESSA"), "STAR"),
        ("vendors", [option(1, "STAR")], ("[1, 2]", "STAR, DESSA"), ("[1]", "STAR"), "STAR, DESSA"),
        ("vendors", [option(1, "STAR")], None, ("[1]", "STAR"), ""),
        ("since", "2020-01-01", ("2019-08-01", "01/Aug/19"), ("2020-01-01", "01/Jan/20"), "2019-08-01"),
        ("count", 4.0, (None, "3.0"), (None, "4.0"), "3"),
        ("parts", [{"id": "7", "name": "Rosters"}, {"id": "8", "name": "Grades"}], None, ("8", "Grades"), "Rosters"),
        ("parts", [{"id": "7", "name": "Rosters"}], ("8", "Grades"), None, "Grades, Rosters"),
        ("tags", ["north", "south"], (None, "south"), (None, "north south"), "south"),
        (
            "pipeline",
            option(2, "new"),
            ("1", "Parent values: existing(1)Level 1 values: Synergy(5)"),
            ("2", "new"),
            "existing",
        ),
    ],
)
def test_the_value_before_a_change_is_read_from_the_changelog(
    name: str, now: Any, old: Any, new: Any, text: str
) -> None:
    """Each kind of field as Jira writes its changelog."""
    values = facts({FACTS[name].field: now}, change(11, 30, FACTS[name].field, old, new))
    assert values.at(name, at(29)).text == text


def test_an_option_that_was_renamed_is_still_the_same_one() -> None:
    """Its id stays, and the changelog has the former name."""
    renamed = change(11, 30, VENDORS.field, ("[1]", "Star"), ("[1, 2]", "Star,DESSA"))
    values = facts({VENDORS.field: [option(1, "Renaissance STAR"), option(2, "DESSA")]}, renamed)
    assert [option.id for option in values.at("vendors", at(29)).options] == ["1"]
    assert [option.id for option in values.at("vendors", at(60)).options] == ["1", "2"]
