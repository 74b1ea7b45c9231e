"""Goals are read as people write them, printed in one way, and refused with a word of help."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.time.goals import Goal, Unit, parse_goal


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("20 business hours", Goal(20, 20, Unit.BUSINESS_HOURS)),
        ("5 business days", Goal(5, 5, Unit.BUSINESS_DAYS)),
        ("5-10 business days", Goal(5, 10, Unit.BUSINESS_DAYS)),
        ("1 hour", Goal(1, 1, Unit.HOURS)),
        ("1 business hour", Goal(1, 1, Unit.BUSINESS_HOURS)),
        ("30 days", Goal(30, 30, Unit.DAYS)),
        ("1 day", Goal(1, 1, Unit.DAYS)),
        ("2-4 weeks", Goal(2, 4, Unit.WEEKS)),
        ("1-3 months", Goal(1, 3, Unit.MONTHS)),
    ],
)
def test_reads_and_prints_the_same_text(text: str, goal: Goal) -> None:
    """The canonical text of a goal reads back as that goal."""
    assert parse_goal(text) == goal
    assert str(goal) == text


@pytest.mark.parametrize("text", ["  5 - 10   Business  DAYS ", "5–10 business day", "05-10 business days"])
def test_case_spaces_and_number_do_not_matter(text: str) -> None:
    """What a person may write differently means the same."""
    assert str(parse_goal(text)) == "5-10 business days"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "5 work days",
            '"work days" in the goal "5 work days" is not a unit; accepted is one of business hours, business days, '
            "hours, days, weeks, months",
        ),
        ("5 fortnights", '"fortnights" in the goal "5 fortnights" is not a unit'),
        (
            "10-5 business days",
            'the range of the goal "10-5 business days" runs backwards; accepted is "5-10 business days"',
        ),
        ("0 hours", 'the goal "0 hours" must be at least 1 hour'),
        ("0-3 weeks", "must be at least 1 week"),
        ("-1 hours", '"-1 hours" is not a goal; accepted is a number or a range and a unit'),
        ("1.5 hours", '"1.5 hours" is not a goal'),
        ("soon", '"soon" is not a goal'),
        ("", '"" is not a goal'),
        ("٣ hours", "is not a goal"),
        ("1401 days", 'the goal "1401 days" is too long: at most 1400 days'),
        ("90000 weeks", 'the goal "90000 weeks" is too long: at most 200 weeks'),
    ],
)
def test_refuses_with_what_was_given_and_what_is_accepted(text: str, says: str) -> None:
    """A text that is no goal is named in the error, with what would be accepted."""
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_goal(text)


@settings(derandomize=True, max_examples=200)
@given(st.sampled_from(Unit), st.integers(1, 60), st.integers(1, 60))
def test_every_goal_reads_back_as_itself(unit: Unit, one: int, other: int) -> None:
    """What a goal prints is read as the same goal, in capitals too."""
    goal = Goal(min(one, other), max(one, other), unit)
    assert parse_goal(str(goal)) == parse_goal(str(goal).upper()) == goal


def test_a_goal_made_by_hand_is_checked_too() -> None:
    """No goal can exist that could not have been written."""
    with pytest.raises(ValueError, match="runs backwards"):
        Goal(3, 2, Unit.WEEKS)
