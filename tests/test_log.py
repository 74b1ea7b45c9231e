"""The log tells everything in one line a record, and no secret."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from bot.log import SafeFormatter, set_up_logging

SECRET = "s3cret+value/of'ours"


@pytest.fixture
def stream() -> io.StringIO:
    """Where `log` writes to."""
    return io.StringIO()


@pytest.fixture
def log(stream: io.StringIO) -> Iterator[logging.Logger]:
    """A logger of its own that writes to `stream`."""
    logger = logging.getLogger("test-of-the-log")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(SafeFormatter([SECRET, "", "s3cret"]))
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def test_a_record_is_one_line_with_its_moment_in_utc(log: logging.Logger, stream: io.StringIO) -> None:
    """Moment, level, name, message."""
    log.warning("looked at %s", "DDE-7")
    assert stream.getvalue().endswith("Z WARNING test-of-the-log: looked at DDE-7\n")


@pytest.mark.parametrize("spelling", [SECRET, repr(SECRET), "s3cret%2Bvalue%2Fof%27ours", "s3cret alone"], ids=range(4))
def test_a_secret_is_hidden_in_each_spelling(log: logging.Logger, stream: io.StringIO, spelling: str) -> None:
    """In the message, in an argument, quoted by Python, and within an address."""
    log.warning("x=" + spelling.replace("%", "%%") + " %s", spelling)
    assert "s3cret" not in stream.getvalue()
    assert stream.getvalue().count("[hidden]") == 2


def test_a_secret_in_a_traceback_is_hidden(log: logging.Logger, stream: io.StringIO) -> None:
    """The words of an exception are hidden like all others, and stay on the line."""
    try:
        raise ValueError(f"refused {SECRET}\nsecond line")
    except ValueError:
        log.exception("failed")
    text = stream.getvalue()
    assert "s3cret" not in text
    assert "ValueError: refused [hidden]\\nsecond line" in text
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("{'Authorization': 'Basic Ym90OnRva2Vu'}", None),
        ("Authorization: Basic dXNlcjp0b2tlbg==", "Authorization: Basic [hidden]"),
        ("authorization: bearer eyJhbGciOi.J9-x_y", "authorization: bearer [hidden]"),
        ("the basic settings", "the basic settings"),
    ],
)
def test_credentials_of_a_header_are_hidden(
    log: logging.Logger, stream: io.StringIO, said: str, shown: str | None
) -> None:
    """Also such as the bot was never told, and no plain word."""
    log.warning("%s", said)
    assert "Ym90OnRva2Vu" not in stream.getvalue() or shown
    assert (shown or "Basic") in stream.getvalue()


def test_a_ticket_cannot_forge_a_line() -> None:
    """Line ends, terminal codes, direction marks and halves of characters are shown, not obeyed."""
    words = "summary: a\nb\r\x1b[2Jc\u2028d\u202ee\x85\ud800"
    # Formatted by hand: half a character, logged, would break the test runner's own record of it.
    line = SafeFormatter([]).format(logging.makeLogRecord({"msg": words}))
    assert line.endswith("summary: a\\nb\\r\\x1b[2Jc\\u2028d\\u202ee\\x85\\ud800")


def test_other_languages_stay_readable(log: logging.Logger, stream: io.StringIO) -> None:
    """Letters of any script are no controls."""
    log.warning("Größe 東京 Статус")
    assert "Größe 東京 Статус" in stream.getvalue()


def test_set_up_sends_all_records_through_it() -> None:
    """One handler for everything, from the level that was asked."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    root.handlers = []
    try:
        set_up_logging([SECRET], "info", stream)
        logging.getLogger("bot.web.webhook").info("got %s", SECRET)
        logging.getLogger("bot.web.webhook").debug("not told")
        logging.getLogger("urllib3").info("not told")
    finally:
        root.handlers, root.level = before, level
    assert stream.getvalue().endswith("Z INFO    bot.web.webhook: got [hidden]\n")
    assert "not told" not in stream.getvalue()


def test_an_unknown_level_is_refused() -> None:
    """A level that logging does not know is an error of the call."""
    root = logging.getLogger()
    before, root.handlers = root.handlers[:], []
    try:
        with pytest.raises(ValueError, match="LOUD"):
            set_up_logging([], "loud")
    finally:
        root.handlers = before
