"""What a district contact's comment asks for, by its first line; an unclear one is never guessed at."""

from __future__ import annotations

import re
from dataclasses import dataclass

CONFIRM = "confirm"
FILES_READY = "files_ready"
READY = "ready"
STATUS = "status"

KEYWORDS = {CONFIRM: "CONFIRM", FILES_READY: "FILES READY", READY: "READY", STATUS: "STATUS"}

# A reply is accepted only if every word of its line is known: its own, or one of these. So "not", "if", "tomorrow",
# "can you", and any unexpected word make it no reply, and a person reads it instead.
_POLITE = frozenset(
    """a again all and best dear everyone for good evening morning afternoon hello hey hi i it kind many much now ok
    okay our please regards sincerely so sure team thank thanks that the there these this to very we you your
    yes""".split()
)
_OWN = {
    CONFIRM: (frozenset({"confirm", "confirmed", "confirming", "am", "are", "is", "can"}), ("confirm",)),
    FILES_READY: (
        frozenset({"file", "files", "ready", "are", "is", "have", "uploaded", "been", "new", "corrected"}),
        ("file", "ready"),
    ),
    READY: (frozenset({"ready", "is", "are", "am", "s"}), ("ready",)),
    STATUS: (frozenset({"status", "what", "is", "s", "current", "update", "request"}), ("status",)),
}
_MOST_WORDS = 12
_FILE = re.compile(r"\[\^[^\]\n]*\]|![^!\n]*!")  # how a comment shows an attached file
_WITH_A_FILE = frozenset(
    {"ready", "is", "are", "attached", "attachment", "attachments", "find", "see", "file", "files"}
)
# A question without its mark ("can you confirm", "are the files ready"), or a request to the office.
_ASKS = re.compile(r"\b(can|is|are|have) (you|i|we|it|this|that|these|the|your|our|files?)\b|\bplease confirm\b")
_QUOTED = (">", "bq.")


@dataclass(frozen=True)
class Reply:
    """One reply that is certain. `more` says that the rest of the comment asks something a person should read."""

    intent: str
    more: bool = False


def parse_reply(body: str) -> Reply | None:
    """The reply in the comment's first line, or None if it is not certain.

    Quoted lines, and a line of nothing but a greeting, are skipped. A question or a negation is never a
    yes; only STATUS may be asked as a question.
    """
    lines = [line for line in map(str.strip, body.splitlines()) if not line.startswith(_QUOTED)]
    for index, line in enumerate(lines):
        words = set(_words(line))
        if not words or (words <= _POLITE and "?" not in line and len(line) < 60):
            continue
        intent = _intent(line)
        if intent is None:
            return None
        return Reply(intent, more=any("?" in text for text in lines[index + 1 :]))
    return None


def only_polite(body: str) -> bool:
    """Whether a comment that came with a file says nothing more: it is empty, polite, names the file, or says READY."""
    words = set(_words(_FILE.sub(" ", body)))
    return words <= _POLITE | _WITH_A_FILE and "?" not in body


def _words(line: str) -> list[str]:
    return re.findall(r"[^\W_]+", line.casefold().replace("’", "'").replace("n't", " not"))


def _intent(line: str) -> str | None:
    spoken = _words(line)
    words = set(spoken)
    if len(spoken) > _MOST_WORDS:
        return None
    asks = "?" in line or _ASKS.search(" ".join(spoken)) is not None
    for intent, (own, stems) in _OWN.items():
        said = all(any(word.startswith(stem) for word in words) for stem in stems)
        if said and words <= own | _POLITE and (intent == STATUS or not asks):
            return intent
    return None
