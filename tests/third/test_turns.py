"""A manager on the bookmobile, whose facts change on the way."""

from __future__ import annotations

import pytest

from bot.sandbox.accounts import DANA, FRED
from bot.words.wiki import unescaped
from tests.third.ways import NAME, Colleague

FACTS = {
    "approved": "Yes",
    "role": "manager",
    "desk": "Bookmobile",
    "first_day": "2026-02-02",
    "weekly_hours": 20,
    "systems": ["No system"],
    "places": ["Bookmobile"],
    "urgency": "Low",
    "calendar": "Bookmobile",
    "extras": ["van", "new-colleague"],
}


@pytest.fixture
def at_accounts(colleague: Colleague) -> Colleague:
    """All papers were right on Thursday, January 8 at 13:00."""
    colleague.opened(kind="Return", **FACTS)
    colleague.writes("2026-01-06 08:30", "Confirmed")
    colleague.does("2026-01-06 09:00", "Write the contract")
    colleague.does("2026-01-06 10:00", "Make a folder")
    colleague.writes("2026-01-06 11:00", "Ready")
    colleague.writes("2026-01-06 12:00", "FILES READY")
    colleague.does("2026-01-08 13:00", "Check the papers")
    colleague.does("2026-01-08 13:00", "Check the diploma")
    return colleague


def put(colleague: Colleague, at: str, **facts: object) -> None:
    """Staff set facts, and the grace passes."""
    colleague.put(at, **facts)
    colleague.rest(at[:-1] + "9")


def states(colleague: Colleague, start: str) -> list[str]:
    """The statuses of the subtasks whose summary begins so, oldest first."""
    return [s.status for s in colleague.subtasks if s.summary.startswith(start)]


def test_the_other_calendar_counts(colleague: Colleague) -> None:
    """The bookmobile works on Saturdays and rests on Mondays, so two business days from Monday are Tuesday and
    Wednesday. The contract has an escalation of its own."""
    colleague.opened(kind="Return", **FACTS)
    assert colleague.clocks == {"contract": "2026-01-08T00:00:00Z", "step": "2026-01-09T00:00:00Z"}
    assert "Your first day is 2026-02-02." in unescaped(colleague.ticket.comments[-1].body)
    colleague.rest("2026-01-07 13:00")
    assert {"contract-soon", "half-used"} <= set(colleague.ticket.labels)
    assert "three quarters" in colleague.noted[-1]
    colleague.rest("2026-01-10 09:00")  # a Saturday
    assert "late" in colleague.ticket.labels
    assert [note for note in colleague.noted if "correct a field" in note] == []  # the bot's labels are no values


def test_no_system_at_all(at_accounts: Colleague) -> None:
    """None of the accounts, but the paper catalog; a manager has ten business days."""
    assert at_accounts.open == [
        f"Order a laptop for {NAME} (20 hours a week)",
        f"Show {NAME} the paper catalog",
    ]
    assert at_accounts.clocks == {"step": "2026-01-22T20:00:00Z"}


def test_the_step_waits_for_a_fact_that_is_not_known(at_accounts: Colleague) -> None:
    """Two values that contradict each other are none; staff are told, and the badge is not printed."""
    put(at_accounts, "2026-01-09 09:00", systems=["Catalog", "No system"])
    assert 'Systems is set to "No system" and to another value' in unescaped(at_accounts.noted[-1])
    at_accounts.does("2026-01-09 10:00", "Order", by=DANA)
    at_accounts.does("2026-01-09 10:00", "Show", by=FRED)
    assert (at_accounts.status, at_accounts.open) == ("Accounts", [])
    put(at_accounts, "2026-01-09 11:00", systems=["No system"])
    assert at_accounts.open == [f"Print the badge of {NAME}"]


def test_a_system_that_is_not_listed_counts_too(at_accounts: Colleague) -> None:
    """The paper catalog is withdrawn; each new system has a clock from its own change, and one taken off is closed."""
    at_accounts.harness.site.add_option(DANA, "customfield_10165", "Payroll")
    put(at_accounts, "2026-01-09 09:00", systems=["Payroll"])
    assert states(at_accounts, "Show") == ["Superseded"]
    assert at_accounts.open[-1] == f"Payroll: an account for {NAME}"
    put(at_accounts, "2026-01-10 09:00", systems=["Payroll", "Catalog"])
    assert sorted(at_accounts.clocks.values()) == [
        "2026-01-15T16:00:00Z", "2026-01-16T16:00:00Z", "2026-01-22T20:00:00Z",
    ]  # fmt: skip
    put(at_accounts, "2026-01-10 10:00", systems=["Catalog"])
    assert states(at_accounts, "Payroll") == ["Superseded"]


def test_another_role_is_another_goal_and_other_work(at_accounts: Colleague) -> None:
    """The laptop is withdrawn, and made anew when the role calls for it again."""
    put(at_accounts, "2026-01-09 09:00", role="page")
    assert states(at_accounts, "Order") == ["Superseded"]
    assert at_accounts.clocks["step"] == "2026-01-17T20:00:00Z"
    put(at_accounts, "2026-01-09 10:00", role="librarian")
    assert states(at_accounts, "Order") == ["Superseded", "To Do"]
    assert at_accounts.clocks["step"] == "2026-01-17T20:00:00Z"  # `else` is for both


def test_a_hold_for_one_system_and_other_hours(at_accounts: Colleague) -> None:
    """The hold pauses one clock; the hours choose its goal."""
    put(at_accounts, "2026-01-09 09:00", systems=["Catalog", "Self Checkout"])
    at_accounts.notes("2026-01-09 10:00", "/hold Catalog vendor waits for a licence")
    at_accounts.notes("2026-01-10 10:00", "/resume Catalog")
    dues = {b: due for b, due in at_accounts.clocks.items() if b != "step"}
    assert sorted(dues.values()) == ["2026-01-15T16:00:00Z", "2026-01-16T16:00:00Z"]
    put(at_accounts, "2026-01-10 11:00", weekly_hours=40)
    dues = {b: due for b, due in at_accounts.clocks.items() if b != "step"}
    assert sorted(dues.values()) == ["2026-01-13T16:00:00Z", "2026-01-14T16:00:00Z"]


def test_the_lesson_on_the_bookmobile(at_accounts: Colleague) -> None:
    """Both facts call for it; the trainers' subtasks are assigned, and nothing is passed over."""
    at_accounts.does("2026-01-09 10:00", "Order", by=DANA)
    at_accounts.does("2026-01-09 10:00", "Show", by=FRED)
    at_accounts.does("2026-01-09 11:00", "Print", by=DANA)
    assert at_accounts.status == "Driving Lessons"
    (lesson,) = [s for s in at_accounts.subtasks if s.summary.startswith("Give")]
    assert lesson.assignee == FRED
    at_accounts.does("2026-01-10 11:00", "Give", by=FRED)
    assert at_accounts.status == "First Month"
    assert "You did not need this" not in at_accounts.ticket.comments[-1].body


def test_a_lesson_without_a_van_is_passed_over(at_accounts: Colleague) -> None:
    """Every fact of a condition has to be so."""
    put(at_accounts, "2026-01-09 09:00", extras=["keys", "new-colleague"])
    at_accounts.does("2026-01-09 10:00", "Order", by=DANA)
    at_accounts.does("2026-01-09 10:00", "Show", by=FRED)
    at_accounts.does("2026-01-09 11:00", "Print", by=DANA)
    assert at_accounts.status == "First Month"


def test_a_contact_who_asks_where_things_stand(at_accounts: Colleague) -> None:
    """STATUS is answered in this process's titles; staff read in internal words what the bot knows."""
    at_accounts.writes("2026-01-09 09:00", "STATUS")
    answer = unescaped(at_accounts.ticket.comments[-1].body)
    assert f'{NAME} is in the step "Your Accounts"' in answer
    assert 'The step after this one is "Driving the Bookmobile"' in answer
