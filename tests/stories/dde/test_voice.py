"""What the bot may say: everything, drafts that staff send, or nothing at all."""

from __future__ import annotations

import pytest

from bot.config.load import Config
from bot.core.decide.drafts import DRAFT_HEAD
from bot.sandbox.accounts import BOT, CARLA, HANNA
from tests.stories.acts import Story
from tests.stories.conftest import Tell, with_office

REQUIREMENTS = "the requirements; can you produce the files?"


@pytest.fixture
def drafting(tell: Tell, config: Config) -> Story:
    """A request, answered with a draft."""
    return tell(with_office(config, voice="draft")).opened()


def test_a_draft_is_first_an_internal_comment(drafting: Story) -> None:
    """The district gets no comment; the team reads what would be said, and how to send it."""
    story = drafting
    assert story.status == "Confirming Files"
    assert story.to_district == []
    assert story.to_team == [f"draft: {REQUIREMENTS}"]
    assert story.last.startswith(DRAFT_HEAD)
    assert "/send" in story.last
    story.at("2026-01-07 10:00")
    assert story.to_district == []
    assert story.to_team == [f"draft: {REQUIREMENTS}"]


def test_send_posts_exactly_the_draft_once(drafting: Story) -> None:
    """What the team read is what the district reads, word for word."""
    story = drafting
    draft = story.last.split("{quote}\n")[1].removesuffix("\n{quote}")
    story.note("/send")
    assert story.to_district == [REQUIREMENTS]
    assert story.last == draft
    story.at("2026-01-07 10:00")
    story.note("Thanks, everybody")
    assert story.to_district == [REQUIREMENTS]


def test_send_with_other_words(drafting: Story) -> None:
    """The text below /send goes out instead of the draft's."""
    story = drafting
    story.note("/send\nDear Carla,\n\nplease call us about the files.")
    comments = [c for c in story.ticket.comments if c.author == BOT and c.public]
    assert [c.body for c in comments] == ["Dear Carla,\n\nplease call us about the files."]
    story.note("/send")
    assert len([c for c in story.ticket.comments if c.author == BOT and c.public]) == 1


def test_a_contacts_send_is_nothing(drafting: Story) -> None:
    """Only staff send, and only with an internal comment; a person reads the contact's comment."""
    story = drafting
    story.contact("/send", at="2026-01-05 10:00")
    assert story.to_district == []
    assert story.to_team[-1] == "the contact wrote a command"
    story.harness.site.comment(HANNA, story.key, "/send", public=True)
    story.harness.settle()
    assert story.to_district == []
    assert "please delete the public comment with /send" in story.last


def test_a_draft_of_a_passed_step_can_still_be_sent(drafting: Story) -> None:
    """Staff who read the draft only after the ticket has moved on send the newest one."""
    story = drafting
    story.contact("Confirmed", at="2026-01-06 10:00")
    assert story.status == "SecureStor Folder"
    story.note("/send")
    assert story.to_district == ["we make the folder, please prepare the files"]


def test_drafts_do_not_hold_the_process_up(drafting: Story) -> None:
    """Clocks, labels, subtasks, and moves are the same in every voice."""
    story = drafting.to_review()
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-13"
    assert story.to_district == []
    assert [line for line in story.to_team if not line.startswith("draft: ")] == []


def test_a_status_question_in_draft_mode(drafting: Story) -> None:
    """The reply is a draft too."""
    story = drafting
    story.contact("STATUS", at="2026-01-05 10:00", by=CARLA)
    assert story.to_team[-1] == "draft: where you stand"
    story.note("/send")
    assert story.to_district == ["where you stand"]


def test_the_silent_voice(tell: Tell, config: Config) -> None:
    """Nothing is said to the district and no draft is written; everything else happens as usual."""
    story = tell(with_office(config, voice="silent")).opened()
    assert story.status == "Confirming Files"
    story.to_review()
    assert story.status == "Initial File Review"
    assert story.due == "2026-01-13"
    assert story.work[-1] == "review 1: To Do"
    story.contact("STATUS", at="2026-01-09 09:00")
    assert [c for c in story.ticket.comments if c.author == BOT] == []
    story.at("2026-01-13 08:30")
    assert story.to_team == ["overdue"]


def test_from_silence_to_speech(tell: Tell, config: Config) -> None:
    """What was left out in silent mode is not made up for when `voice` changes."""
    story = tell(with_office(config, voice="silent")).opened()
    harness = story.harness
    harness.bot.adopt(with_office(harness.bot.config, voice="full"))
    harness.settle()
    story.at("2026-01-05 12:00")
    assert story.to_district == []
    story.to_folder()
    assert story.to_district == ["we make the folder, please prepare the files"]
