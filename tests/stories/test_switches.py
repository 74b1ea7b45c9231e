"""Switching the bot on and off: over tickets that are under way, for a pilot, for one ticket, and without its moves."""

from __future__ import annotations

from datetime import datetime

from bot.config.load import Config
from bot.sandbox.accounts import BOT, CARLA, HANNA
from tests.stories.conftest import ZONE, Tell, with_office, with_process

SINCE = datetime(2026, 1, 12, 8, 0, tzinfo=ZONE)


def test_switched_on_over_tickets_under_way(tell: Tell, config: Config) -> None:
    """For a step entered before `since` the bot sets labels and a due date but writes no comment; from the next step on
    it comments."""
    story = tell(with_process(config, since=SINCE)).opened()
    story.move("SecureStor Folder", at="2026-01-06 10:00")
    story.move("Initial File Review", at="2026-01-08 15:30")
    assert story.due == "2026-01-13"
    story.at("2026-01-13 09:00")
    assert story.labels == {"review-overdue", "review-at-risk"}
    assert [c for c in story.ticket.comments if c.author == BOT] == []
    story.contact("STATUS", at="2026-01-13 10:00")
    assert story.talk == ["Carla: STATUS"]
    assert story.work == []

    story.move("Waiting for District", at="2026-01-14 10:00")
    assert story.labels == set()
    assert story.to_team == ["please write the findings"]
    story.note("Findings:\n* no birth dates")
    story.contact("FILES READY", at="2026-01-15 10:00")
    assert story.status == "Initial File Review"
    assert story.to_district == ["please correct your files", "we have set 2"]
    assert story.work == ["review 2: To Do"]


def test_the_first_reconcile_of_an_old_ticket(tell: Tell, config: Config) -> None:
    """A ticket that was under way before the bot was there gets its due date and its label, and nothing else."""
    story = tell(with_process(config, since=SINCE), webhooks=False)
    story.harness.stop_bot()
    story.key = story.harness.site.open_request(CARLA, "Lakeside ISD").key
    clock, site = story.harness.clock, story.harness.site
    clock.set(story.harness.local("2026-01-06 10:00"))
    site.comment(CARLA, story.key, "Confirmed")
    site.transition(HANNA, story.key, "SecureStor Folder")
    clock.set(story.harness.local("2026-01-08 15:30"))
    site.comment(CARLA, story.key, "Where is the folder?")
    clock.set(story.harness.local("2026-01-12 09:00"))
    story.harness.start_bot()
    story.harness.register_webhooks()
    site.set_labels(HANNA, story.key, ["seen"])
    story.harness.settle()
    assert story.labels == {"seen", "review-overdue"}
    assert story.due == "2026-01-08"
    assert story.work == []
    assert [c for c in story.ticket.comments if c.author == BOT] == []

    story.move("Initial File Review", at="2026-01-12 10:00")
    assert story.labels == {"seen"}
    assert story.due == "2026-01-14"
    assert story.to_district == ["we have the files"]
    assert story.work == ["review 1: To Do"]
    assert story.to_team == []


def test_without_auto_advance_nothing_is_moved(tell: Tell, config: Config) -> None:
    """Not even for a revision: staff are notified once that the step is ready, and move the ticket themselves."""
    story = tell(with_office(config, auto_advance=False)).opened()
    story.contact("Confirmed", at="2026-01-06 10:00")
    assert story.status == "Confirming Files"
    assert story.to_team == ["please move the ticket"]
    assert "to SecureStor Folder" in story.last
    story.move("SecureStor Folder", at="2026-01-06 11:00")
    story.set_to("folder", "Done", at="2026-01-07 10:00")
    story.contact("FILES READY", at="2026-01-08 15:30")
    assert story.status == "SecureStor Folder"
    story.move("Initial File Review", at="2026-01-09 09:00")
    assert story.due == "2026-01-13"  # from the receipt, not from the move
    story.note("Findings:\n* no birth dates")
    story.set_to("review", "Needs Revision", at="2026-01-12 10:00")
    assert story.status == "Initial File Review"
    assert story.to_district[-1] == "we have the files"
    assert "to Waiting for District" in story.last

    story.move("Waiting for District", at="2026-01-12 11:00")
    assert story.to_district[-1] == "please correct your files"
    assert story.to_team == ["please move the ticket"] * 3
    assert not [m for m in story.moves() if m.startswith("Onboarding")]


def test_a_pilot_follows_its_label(tell: Tell, config: Config) -> None:
    """With `only`, the bot works on tickets with that label and on no others."""
    story = tell(with_office(config, only="pilot")).opened()
    story.contact("Confirmed", at="2026-01-06 10:00")
    assert story.talk == ["Carla: Confirmed"]
    assert story.ledger is None
    story.label(add=("pilot",))
    assert story.status == "SecureStor Folder"
    assert story.to_district == ["we make the folder, please prepare the files"]


def test_bot_off_leaves_a_ticket_alone(tell: Tell) -> None:
    """With the label the bot does nothing on the ticket; without it the bot goes on from what it finds."""
    story = tell().opened().to_review()
    story.label(add=("bot-off",))
    said = story.talk
    story.at("2026-01-14 10:00")
    story.set_to("review", "Done")
    assert story.status == "Initial File Review"
    assert story.labels == {"bot-off"}
    assert story.talk == said
    story.label(remove=("bot-off",))
    assert story.status == "Quality Review"


def test_without_webhooks_the_catch_up_finds_everything(tell: Tell) -> None:
    """Without webhooks the bot asks the site at intervals, and the story ends the same way."""
    story = tell(webhooks=False).opened()
    story.at("2026-01-06 09:30")
    assert story.to_district == ["can you produce the files?"]
    story.contact("Confirmed", at="2026-01-06 10:00")
    story.at("2026-01-07 09:30")
    assert story.status == "SecureStor Folder"


def test_started_long_after_the_start_of_the_ticket(tell: Tell) -> None:
    """What a past step missed is not made up for: a bot that starts late comments on the current step alone."""
    story = tell(webhooks=False)
    story.key = story.harness.site.open_request(CARLA, "Lakeside ISD").key
    story.harness.site.transition(HANNA, story.key, "SecureStor Folder")
    story.harness.register_webhooks()
    story.label(add=("seen",))
    assert story.to_district == ["we make the folder, please prepare the files"]
    assert story.work == ["folder: To Do", "files: To Do"]
