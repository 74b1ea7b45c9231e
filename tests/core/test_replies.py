"""What the first line of a contact's comment says; a question or a negation is never a yes."""

from __future__ import annotations

import pytest

from bot.core.history.replies import CONFIRM, FILES_READY, STATUS, Reply, parse_reply


@pytest.mark.parametrize(
    "body",
    [
        "CONFIRM",
        "confirm",
        "Confirmed, thanks",
        "Confirmed.",
        "I confirm",
        "Yes, we confirm!",
        "We can confirm.",
        "*Confirmed*",
        "Hi team,\n\nconfirmed\n\nBest regards,\nCarla",
        "Good morning!\nI confirm.",
        "Confirm\n\nSent from my phone",
        "CONFIRM\n\n> can your district produce the required files?\n> If not, do not confirm.",
        "\n\nConfirm",
        "Thank you, CONFIRM",
        "Confirm please",
        "> Can your district produce the files?\n\nConfirm",
    ],
)
def test_a_confirmation(body: str) -> None:
    """The word alone, or with a few polite words around it, in any case."""
    assert parse_reply(body) == Reply(CONFIRM)


@pytest.mark.parametrize(
    "body",
    [
        "FILES READY",
        "files are ready",
        "Files ready!",
        "The files are ready, thank you.",
        "Our corrected files have been uploaded and are ready.",
        "files ready\nThanks, Carla",
        "Hello,\nThe new files are ready",
    ],
)
def test_files_ready(body: str) -> None:
    """The two words, in the order and the company that people write them in."""
    assert parse_reply(body) == Reply(FILES_READY)


@pytest.mark.parametrize("body", ["STATUS", "status?", "What is the status?", "What's the current status, please?"])
def test_status_may_be_a_question(body: str) -> None:
    """Asking for the status is the one reply that may end with a question mark."""
    assert parse_reply(body) == Reply(STATUS)


@pytest.mark.parametrize(
    "body",
    [
        "Files ready?",
        "Are the files ready?",
        "Confirm?",
        "Can I confirm?",
        "Can you confirm",
        "Hi, can you please confirm",
        "Please confirm",
        "Is this confirmed",
        "Are the files ready",
        "Hello team, are our files ready",
        "Have you the files ready",
        "Should we confirm now?",
        "not ready",
        "Files not ready",
        "The files aren't ready",
        "The files aren’t ready",
        "Files are never ready",
        "We cannot confirm",
        "We can't confirm",
        "I can not confirm this",
        "Unconfirmed",
        "Confirmed? No.",
        "No, confirm",
        "I do not confirm",
        "We will confirm tomorrow",
        "Please confirm that you got this",
        "The files are almost ready",
        "Files ready soon",
        "If the files are ready, what then",
        "student file is ready, the class file is missing",
        "Files will be ready on Monday",
        "Thanks",
        "Hello",
        "",
        "   \n\n",
        "👍",
        "Here they come.\nFILES READY",
        "> CONFIRM",
    ],
)
def test_no_reply(body: str) -> None:
    """Whatever is not certain is no reply: questions, negations, plans, conditions, and words in a later line."""
    assert parse_reply(body) is None


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("Confirmed\nWhen will the folder be there?", True),
        ("Confirmed\nThank you!", False),
        ("Confirmed\n> When will the folder be there?", False),
        ("Confirmed\nbq. Can your district produce the files?", False),
    ],
)
def test_a_question_below_a_reply(body: str, more: bool) -> None:
    """It is for a person to read, unless it only quotes the bot's own mail."""
    assert parse_reply(body) == Reply(CONFIRM, more)


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        ("yes " * 11 + "confirm", True),  # twelve words
        ("yes " * 12 + "confirm", False),
        ("thanks " * 8 + "you\nconfirm", True),  # 59 characters
        ("thanks " * 8 + "team\nconfirm", False),
        ("thanks?\nconfirm", False),
    ],
)
def test_how_much_may_stand_around_a_reply(body: str, reply: bool) -> None:
    """A line of twelve words, and before it lines of greetings that are shorter than sixty characters."""
    assert parse_reply(body) == (Reply(CONFIRM) if reply else None)
