"""Which of the known words was meant by one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], least: float = 0.6) -> str:
    """The known word most like `word`, without regard to case; empty where none is alike to the share `least`."""
    by_fold = {one.casefold(): one for one in known}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=least)
    return by_fold[close[0]] if close else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to end an error message with; empty where no known word is near."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""
