"""Beside the library's own settings: what the office says for all, for badges, and a file that is renamed in use."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bot.app import load_checked
from bot.core.decide.drafts import DRAFT_HEAD
from bot.sandbox.accounts import DANA, HANNA, OLIVE
from tests.third.ways import CHANNELS, NAME, OFFICE, Colleague


def badge(colleague: Colleague) -> Colleague:
    """Somebody asks for a new badge."""
    site = colleague.harness.site
    fields = {"customfield_10171": NAME}
    colleague.key = site.open_request(HANNA, "Lost it", project="HR", issue_type="Badge", fields=fields).key
    colleague.rest()
    return colleague


def test_a_badge_goes_by_what_the_office_says(colleague: Colleague) -> None:
    """Drafts, the usual due field, no label needed, and no moves by the bot; the name is in a field."""
    badge(colleague)
    assert (colleague.open, colleague.said) == ([f"Print a badge for {NAME}"], [])
    assert colleague.noted[-1].startswith(DRAFT_HEAD)
    assert colleague.ticket.duedate == "2026-01-07"
    colleague.does("2026-01-05 10:00", "Print", by=DANA)
    assert colleague.status == "Printing"
    assert "please move this ticket to" in colleague.noted[-1]


def test_a_badge_has_no_status_to_wait_in(colleague: Colleague) -> None:
    """Staff's own rework needs none. Where the bot moves no ticket, it asks for that move, too."""
    badge(colleague)
    colleague.does("2026-01-05 10:00", "Print", by=DANA)
    site = colleague.harness.site
    site.transition(HANNA, colleague.key, "Handing Over")
    colleague.rest()
    colleague.does("2026-01-05 11:00", "Hand", "Needs Revision", by=DANA, finding="The photo is dark.")
    assert colleague.status == "Handing Over"
    assert "please move this ticket to" in colleague.noted[-1]
    assert "Printing" in colleague.noted[-1]
    site.transition(HANNA, colleague.key, "Printing")
    colleague.rest()
    assert colleague.open == [f"Print a badge for {NAME} (again)"]


def test_a_colleague_without_the_label_is_left_alone(colleague: Colleague) -> None:
    """Only the library asks for it."""
    site = colleague.harness.site
    key = site.open_request(HANNA, f"Onboarding of {NAME}", project="HR", issue_type="Return").key
    colleague.rest("2026-01-06 09:00")
    assert (site.issue(key).comments, site.subtasks(key)) == ([], [])


def test_the_contact_is_who_the_field_names(colleague: Colleague) -> None:
    """Hanna opened the ticket; Olive's word counts, though she is not the reporter."""
    colleague.opened(approved="Yes")
    colleague.does("2026-01-05 10:00", "Write the contract")
    colleague.writes("2026-01-05 11:00", "I confirm")
    assert "please set these fields" in colleague.noted[-1]
    assert colleague.ticket.reporter == HANNA
    assert OLIVE.customer


def test_a_step_and_a_branch_are_renamed_with_a_ticket_in_them(begin: Callable[..., Colleague], tmp_path: Path) -> None:
    """The subtask, its clock, and what was said go on; nothing is made or said twice."""
    folder = tmp_path / "before"
    shutil.copytree(OFFICE, folder)
    file = folder / "processes/library.yaml"
    text = file.read_text()
    for new, old in (
        ("  offer:\n    title", "  letter:\n    title"), ("    was: letter\n", ""),
        ("      contract:\n", "      agreement:\n"), ("        was: [agreement, paperwork]\n", ""),
        ("{status: Waiting for Colleague, was: Waiting}", "Waiting for Colleague"),
    ):  # fmt: skip
        assert text.count(new) == 1
        text = text.replace(new, old)
    file.write_text(text)
    colleague = begin(load_checked(folder, "", CHANNELS)).opened(approved="Yes")
    before = (colleague.open, colleague.said)
    harness = colleague.harness
    harness.stop_bot()
    harness.config = load_checked(OFFICE, "", CHANNELS)
    harness.start_bot()
    harness.bot.reconciler.enqueue([colleague.ticket.id])
    colleague.rest()
    assert (colleague.open, colleague.said) == before
    assert colleague.clocks == {"contract": "2026-01-07T16:00:00Z", "step": "2026-01-08T16:00:00Z"}
    colleague.does("2026-01-05 11:00", "Write the contract")
    colleague.writes("2026-01-05 12:00", "I confirm")
    assert "please set these fields" in colleague.noted[-1]
