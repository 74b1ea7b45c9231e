"""Shows the little wiki markup that comments use as HTML; everything is escaped first."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup, escape

ESCAPED = re.compile(r"\\([^\sA-Za-z0-9])")  # a backslash takes the meaning from the mark behind it
MENTION = re.compile(r"\[~accountid:([^\]\s]+)\]")
BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*\S)\*(?![\w*])")
ITEM = re.compile(r"\s*([#*-])\s+(.*)")
LISTS = {"#": "ol", "*": "ul", "-": "ul"}


def render(body: str, name_of: Callable[[str], str]) -> Markup:
    """Wiki markup as safe HTML: paragraphs, lists, bold and mentions, each shown as @ and `name_of(id)`."""
    blocks: list[str] = []
    items: list[str] = []
    kind, lines = "", body.replace("\r\n", "\n").split("\n")
    for line in [*lines, ""]:
        found = ITEM.fullmatch(line)
        if items and (not found or LISTS[found[1]] != kind):
            blocks.append(f"<{kind}>{''.join(items)}</{kind}>")
            items = []
        if found:
            kind = LISTS[found[1]]
            items.append(f"<li>{_inline(found[2], name_of)}</li>")
        else:
            blocks.append(_inline(line, name_of) if line.strip() else "")
    return Markup(_paragraphs(blocks))  # safe: every text went through _inline, which escapes


def _paragraphs(blocks: list[str]) -> str:
    html, lines = "", list[str]()
    for block in [*blocks, ""]:
        if block and not block.startswith(("<ol>", "<ul>")):
            lines.append(block)
            continue
        html += f"<p>{'<br>'.join(lines)}</p>" if lines else ""
        html, lines = html + block, []
    return html


def _inline(text: str, name_of: Callable[[str], str]) -> str:
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[1])
        return f"\x00{len(kept) - 1}\x00"

    # A control character cannot come from a person's keyboard; what carries one in is cleaned of it first.
    html = str(escape(ESCAPED.sub(keep, text.replace("\x00", ""))))
    html = MENTION.sub(lambda m: f'<span class="mention">@{escape(name_of(m[1]))}</span>', html)
    html = BOLD.sub(r"<strong>\1</strong>", html)
    return re.sub("\x00(\\d+)\x00", lambda m: str(escape(kept[int(m[1])])), html)
