"""How comments look on the pages."""

from __future__ import annotations

import pytest

from bot.words.wiki_html import render


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
        (
            "see https://a.example/b?c=1&d=2.",
            '<p>see <a href="https://a.example/b?c=1&amp;d=2" rel="noreferrer">https://a.example/b?c=1&amp;d=2</a>.</p>',
        ),
        ("https:\u200b//a.example javascript://a", "<p>https:\u200b//a.example javascript://a</p>"),
        (
            'https://a.example/"onclick="x',
            '<p><a href="https://a.example/" rel="noreferrer">https://a.example/</a>&#34;onclick=&#34;x</p>',
        ),
        ("so:\n{noformat}\n* a <b>\n\n{noformat}\nend", "<p>so:</p><pre>* a &lt;b&gt;\n</pre><p>end</p>"),
        ("head\n\n{quote}\n# a\n\nb\n{quote}", "<p>head</p><blockquote><ol><li>a</li></ol><p>b</p></blockquote>"),
        ("{quote}\nopen", "<blockquote><p>open</p></blockquote>"),
        (r"\{quote\}", "<p>{quote}</p>"),
    ],
)
def test_wiki_markup_is_readable_and_safe(markup: str, html: str) -> None:
    """Lines, lists, boxes, links, bold and mentions are shown; a backslash gives the mark itself; all else is text."""
    assert render(markup, lambda account: f"Ann <{account}>") == html
