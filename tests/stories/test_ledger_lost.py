"""The bot's ledger on the ticket is damaged or removed, and its database is deleted."""

from __future__ import annotations

import pytest

from bot.core.model.ledger import PROPERTY
from bot.sandbox.accounts import HANNA
from tests.stories.acts import Story
from tests.stories.conftest import Tell


@pytest.mark.parametrize("nonsense", [{"v": 99}, "scribbled over", {"v": 1, "visits": [{"id": 7}]}])
def test_a_broken_ledger_stops_the_bot(tell: Tell, nonsense: object) -> None:
    """Staff are notified once, internally, and nothing else happens until the ledger is fixed or deleted."""
    story = tell().opened().to_folder()
    good = story.ledger
    story.harness.site.edit(HANNA, story.key, {}, properties={PROPERTY: nonsense})
    story.contact("FILES READY", at="2026-01-07 10:00")
    story.set_to("folder", "Done", at="2026-01-07 11:00")
    story.contact("STATUS", at="2026-01-07 12:00")
    assert story.status == "SecureStor Folder"
    assert story.to_team == ["cannot read my ledger"]
    assert story.work == ["folder: Done", "files: To Do"]
    assert story.ledger == nonsense

    story.harness.site.edit(HANNA, story.key, {}, properties={PROPERTY: good})
    story.label(add=("fixed",))
    assert story.status == "Initial File Review"
    assert story.to_team == ["cannot read my ledger"]


def forget(story: Story, ledger: bool, database: bool) -> None:
    """Delete the ledger, the database, or both, and let the bot reconcile the ticket."""
    harness = story.harness
    harness.stop_bot()
    if ledger:
        harness.site._issues[story.ticket.id].properties.pop(PROPERTY)
    if database:
        for file in harness.var.glob("bot.db*"):
            file.unlink()
    harness.start_bot()
    story.label(add=("looked",))
    story.label(remove=("looked",))


@pytest.mark.parametrize(("ledger", "database"), [(True, False), (False, True), (True, True)])
def test_memory_lost_in_a_review(tell: Tell, ledger: bool, database: bool) -> None:
    """Without its ledger, its database, or both, the bot repeats no comment and no subtask, and all clocks are as
    before."""
    story = tell().opened()
    story.contact("Where do I find the requirements?", at="2026-01-05 10:00")
    story.to_review()
    story.contact("status", at="2026-01-09 09:00")
    before = (story.talk, story.work, story.due, story.status)
    forget(story, ledger, database)
    assert (story.talk, story.work, story.due, story.status) == before
    story.set_to("review", "Done", at="2026-01-09 12:00")
    assert story.status == "Quality Review"


@pytest.mark.parametrize(("ledger", "database"), [(True, False), (False, True), (True, True)])
def test_memory_lost_while_the_folder_is_made(tell: Tell, ledger: bool, database: bool) -> None:
    """One half of a step was done: the other half goes on."""
    story = tell().opened().to_folder()
    story.set_to("folder", "Done", at="2026-01-07 10:00")
    before = (story.talk, story.work, story.due, story.status)
    forget(story, ledger, database)
    assert (story.talk, story.work, story.due, story.status) == before
    story.contact("FILES READY", at="2026-01-08 15:30")
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-13"


@pytest.mark.parametrize(("ledger", "database"), [(True, False), (True, True)])
def test_memory_lost_after_staff_took_the_files_in(tell: Tell, ledger: bool, database: bool) -> None:
    """The files were received when staff set a subtask to Done, which is read again from the subtask's own history."""
    story = tell().opened().to_folder()
    story.set_to("files", "Done", at="2026-01-07 09:00")
    story.set_to("folder", "Done", at="2026-01-08 15:30")
    before = (story.talk, story.work, story.due, story.status)
    forget(story, ledger, database)
    assert (story.talk, story.work, story.due, story.status) == before
