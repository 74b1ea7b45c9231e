"""Closed days are proposed by a library, kept by a person, and do not run out unseen."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest

from bot.config.closed_days import (
    Proposal,
    Region,
    closed_days_of_year,
    exception_line,
    proposal_lines,
    propose,
    runs_out,
)
from bot.config.load import ConfigError, load
from bot.config.source import read_source
from bot.core.time.business_calendar import Calendar, DayException
from tests.small_office import write_office

SHIPPED = Path(__file__).parents[2] / "config" / "calendars" / "cli.yaml"
TEXAS = Region("US", "TX")
WEEK = {day: ((time(8), time(17)),) for day in range(5)}


@pytest.fixture
def calendar() -> Calendar:
    """An office that is open on weekdays, with two closed days and two exceptions in 2027."""
    return Calendar(
        name="cli",
        zone="America/Chicago",
        spoken="Central Time",
        week=WEEK,
        closed={date(2027, 1, 1): "New Year", date(2027, 8, 2): "The office's birthday"},
        exceptions={
            date(2027, 3, 2): DayException(((time(8), time(12)),), "Half a day for Texas"),
            date(2027, 2, 3): DayException((), "Snow"),
        },
    )


def on(proposals: list[Proposal], day: date) -> Proposal:
    """The proposal for a day."""
    return next(one for one in proposals if one.day == day)


def test_days_of_the_state_alone_are_optional(calendar: Calendar) -> None:
    """A federal day is proposed; on a day of Texas alone many offices are open, so a person must decide."""
    found = propose(calendar, 2027, TEXAS)
    assert on(found, date(2027, 7, 5)) == Proposal(date(2027, 7, 5), "Independence Day (observed)", False, None)
    assert on(found, date(2027, 4, 21)) == Proposal(date(2027, 4, 21), "San Jacinto Day", True, None)
    assert found == sorted(found, key=lambda one: one.day)
    assert {one.day.year for one in found} == {2027}


def test_a_federal_day_on_a_day_of_the_state_is_no_optional_one(calendar: Calendar) -> None:
    """In 2026 a day of Texas falls on Martin Luther King's: that day is proposed under the federal name."""
    assert on(propose(calendar, 2026, TEXAS), date(2026, 1, 19)).name == "Martin Luther King Jr. Day"
    assert not on(propose(calendar, 2026, TEXAS), date(2026, 1, 19)).optional


def test_what_the_file_lists_is_marked(calendar: Calendar) -> None:
    """A proposal tells the name in the file; a day that only the file has is there too."""
    found = propose(calendar, 2027, TEXAS)
    assert on(found, date(2027, 1, 1)).already == "New Year"
    assert on(found, date(2027, 3, 2)).already == "Half a day for Texas"
    assert not on(found, date(2027, 8, 2)).proposed
    assert on(found, date(2027, 8, 2)).already == "The office's birthday"


def test_the_lines_can_be_pasted(calendar: Calendar, tmp_path: Path) -> None:
    """As YAML they hold the federal days and those of the file; what a person must decide is commented out."""
    odd = replace(calendar, closed={**calendar.closed, date(2027, 8, 3): "Staff: 'retreat' #2"})
    lines = proposal_lines(odd, 2027, TEXAS)
    path = tmp_path / "pasted.yaml"
    path.write_text("closed:\n" + "\n".join(lines) + "\n")
    source = read_source(path, "pasted.yaml")
    assert source.problems == ()
    pasted = source.top["closed"].value
    assert isinstance(pasted, dict)
    assert pasted["2027-01-01"] == "New Year"
    assert pasted["2027-07-05"] == "Independence Day (observed)"
    assert pasted["2027-08-02"] == "The office's birthday"
    assert pasted["2027-08-03"] == "Staff: 'retreat' #2"
    # Optional, closed anyway as a Saturday, and those with hours of their own:
    assert not {"2027-04-21", "2027-12-25", "2027-03-02", "2027-02-03"} & set(pasted)
    for word in ("San Jacinto Day", "many offices are open", "a Saturday, closed anyway", "below `exceptions:`"):
        assert word in "\n".join(lines)


def test_a_region_that_is_unknown_is_said(calendar: Calendar) -> None:
    """The sentence names what is known."""
    with pytest.raises(ValueError, match="ISO code"):
        propose(calendar, 2027, Region("USA-land"))
    with pytest.raises(ValueError, match=r'"XX" in US .*TX'):
        propose(calendar, 2027, Region("US", "XX"))


@pytest.mark.parametrize("year", [2026, 2027])
def test_the_shipped_calendar_agrees_with_the_federal_days(year: int) -> None:
    """Each federal day on a weekday that Texas keeps too is listed, under no other date; Columbus Day is not
    one of them."""
    cli = load(SHIPPED.parents[1]).calendars["cli"]
    found = propose(cli, year, TEXAS)
    assert [one for one in found if not one.optional and one.already is None and one.day.weekday() < 5] == []
    assert [one for one in found if not one.proposed] == []
    nationwide = propose(cli, year, Region("US"))
    left_out = [one.name for one in nationwide if one.already is None and one.day.weekday() < 5]
    assert left_out == ["Columbus Day"]


def test_the_file_says_whose_holidays(tmp_path: Path) -> None:
    """A calendar names country and part; it may name none, and a wrong one is refused with its line."""
    folder = Path(shutil.copytree(SHIPPED.parents[1], tmp_path / "config"))
    path, text = folder / "calendars" / "cli.yaml", SHIPPED.read_text()
    key = "holidays: {country: US, subdivision: TX}"
    assert key in text
    assert load(folder).regions["cli"] == TEXAS
    path.write_text(text.replace(key, ""))
    assert "cli" not in load(folder).regions
    path.write_text(text.replace(key, "holidays: {country: US, subdivision: XX}"))
    with pytest.raises(ConfigError) as error:
        load(folder)
    (problem,) = error.value.problems
    assert problem.line == text[: text.index(key)].count("\n") + 1
    assert '"XX" in US' in problem.text


def test_the_years_days_in_order(calendar: Calendar) -> None:
    """Closed days and exceptions of that year, with weekday, name and hours."""
    assert closed_days_of_year(calendar, 2027) == [
        "2027-01-01 Fri  New Year",
        "2027-02-03 Wed  Snow (closed)",
        "2027-03-02 Tue  Half a day for Texas (open 08:00-12:00)",
        "2027-08-02 Mon  The office's birthday",
    ]
    assert closed_days_of_year(calendar, 2026) == []


@pytest.mark.parametrize(
    ("exception", "line"),
    [
        (DayException((), "ice storm"), "{name: ice storm, open: []}"),
        (DayException(((time(8), time(9, 30)),), "No"), "{name: 'No', open: 8:00-9:30}"),
        (
            DayException(((time(8), time(12)), (time(13), time(0))), "it's odd"),
            "{name: 'it''s odd', open: [8:00-12:00, 13:00-24:00]}",
        ),
        (DayException((), "a, b: {c}"), "{name: 'a, b: {c}', open: []}"),
    ],
)
def test_the_line_of_an_exception_says_the_same_when_it_is_read(
    tmp_path: Path, exception: DayException, line: str
) -> None:
    """A person can paste it below `exceptions:` as it is."""
    day, folder = date(2029, 1, 8), write_office(tmp_path)
    assert exception_line(day, exception) == f"2029-01-08: {line}"
    file = folder / "calendars" / "cli.yaml"
    file.write_text(f"{file.read_text()}\nexceptions:\n  {exception_line(day, exception)}\n")
    assert load(folder).calendars["cli"].exceptions == {day: exception}


@pytest.mark.parametrize(
    ("today", "word"),
    [
        (date(2027, 10, 31), None),
        (date(2027, 11, 1), "end with 2027"),
        (date(2027, 12, 31), "end with 2027"),
        (date(2028, 1, 1), "ended with 2027"),
        (date(2031, 1, 1), "ended with 2027"),
    ],
)
def test_a_list_that_ends_is_reported_60_days_before(calendar: Calendar, today: date, word: str | None) -> None:
    """The warning names the year to list next, and is given until that is done."""
    warning = runs_out(calendar, today)
    if word is None:
        assert warning is None
    else:
        assert warning is not None
        assert word in warning
        assert "calendar propose cli 2028" in warning


def test_the_new_year_that_ends_a_winter_is_no_list_of_its_year(calendar: Calendar) -> None:
    """Whoever lists a winter up to January 1 has not listed the year that begins with it."""
    winter = replace(calendar, closed={**calendar.closed, date(2028, 1, 1): "New Year", date(2028, 1, 3): "observed"})
    assert runs_out(winter, date(2027, 11, 1)) == runs_out(calendar, date(2027, 11, 1)) is not None
    longer = replace(calendar, closed={**winter.closed, date(2028, 1, 17): "Martin Luther King Jr. Day"})
    assert runs_out(longer, date(2027, 11, 1)) is None


def test_an_office_that_never_closes_has_no_list_that_ends(calendar: Calendar) -> None:
    """Without a closed day there is nothing to run out."""
    assert runs_out(replace(calendar, closed={}), date(2040, 1, 1)) is None
