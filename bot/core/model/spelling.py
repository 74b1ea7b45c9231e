"""Finds the known word that was probably meant by an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the known word most similar to `word`, ignoring case, or an empty string if no similarity reaches
    `cutoff`."""
    by_fold = {one.casefold(): one for one in known}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=cutoff)
    return by_fold[close[0]] if close else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question for the end of an error message, or an empty string if no known word is similar."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else ""
