"""How comments look on the pages."""

from __future__ import annotations

import pytest

from bot.sandbox.wiki import render


@pytest.mark.parametrize(
    ("markup", "html"),
    [
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("ask:\n# a\n# b\nend", "<p>ask:</p><ol><li>a</li><li>b</li></ol><p>end</p>"),
        ("* a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("so *very* good", "<p>so <strong>very</strong> good</p>"),
        ("2*3*4", "<p>2*3*4</p>"),
        ("hi [~accountid:7:a]", '<p>hi <span class="mention">@Ann &lt;7:a&gt;</span></p>'),
        (r"\*not bold\* \{x\} it\'s 5 \< 6", "<p>*not bold* {x} it&#39;s 5 &lt; 6</p>"),
        (r"\[~accountid:7:a\]", "<p>[~accountid:7:a]</p>"),
        ("<b>&amp;", "<p>&lt;b&gt;&amp;amp;</p>"),
        (r"C:\temp", r"<p>C:\temp</p>"),
    ],
)
def test_wiki_markup_is_readable_and_safe(markup: str, html: str) -> None:
    """Lines, lists, bold and mentions are shown; a backslash gives the mark itself; all else is text."""
    assert render(markup, lambda account: f"Ann <{account}>") == html
