"""The log: one line a record, without secrets, and without line breaks that a ticket's text could forge."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Iterable
from typing import TextIO
from urllib.parse import quote

HIDDEN = "[hidden]"

_LINE = "%(asctime)sZ %(levelname)-7s %(name)s: %(message)s"
# What follows Basic or Bearer is a credential if it is long or holds a digit or "="; "basic settings" is not.
_CREDENTIALS = re.compile(r"\b(Basic|Bearer)\s+(?=\S*[0-9=]|\S{16})[A-Za-z0-9+/=._~:-]+", re.IGNORECASE)
# What acts on a terminal or ends a line: controls (C0, DEL, C1), Unicode's line ends, and direction marks.
_ACTIVE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class SafeFormatter(logging.Formatter):
    """Formats a record whole, with arguments and traceback, and only then hides secrets and controls."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(_LINE, "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime
        self.hidden = frozenset(secrets)
        spellings = {spelling for secret in self.hidden if secret for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)  # a secret may begin with another
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if spellings else None

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; a traceback's line ends are shown as \\n."""
        text = _CREDENTIALS.sub(rf"\1 {HIDDEN}", super().format(record))
        if self._secrets:
            text = self._secrets.sub(HIDDEN, text)
        return visible(text)


def set_up_logging(secrets: Iterable[str], level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every record of `level` and above to `stream` (standard error), hiding the `secrets`.

    It replaces what was set up before. Raises ValueError for a level that logging does not know."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(SafeFormatter(secrets))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # These tell each request and each tick at INFO, and urllib3 the addresses at DEBUG.
    for chatty in ("alembic", "apscheduler", "urllib3", "waitress.queue", "werkzeug"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _spellings(secret: str) -> tuple[str, ...]:
    """As itself, as Python quotes it in an argument, and as it stands in an address."""
    return secret, repr(secret)[1:-1], quote(secret, safe="")


def visible(text: str) -> str:
    """The text with all that would act on a terminal or end a line shown as an escape."""
    return _ACTIVE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "surrogatepass").decode("ascii")
