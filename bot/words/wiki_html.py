"""Shows the little wiki markup that comments use as HTML; everything is escaped first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import takewhile

from markupsafe import Markup, escape

ESCAPED = re.compile(r"\\([^\sA-Za-z0-9])")  # a backslash takes the meaning from the mark behind it
MENTION = re.compile(r"\[~accountid:([^\]\s]+)\]")
BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]*\S)\*(?![\w*])")
LINK = re.compile(r"\bhttps?://[^\s<>&*\[\]|\x00]+(?:&amp;[^\s<>&*\[\]|\x00]+)*(?<![.,;:?!)])")  # in escaped text
ITEM = re.compile(r"\s*([#*-])\s+(.*)")
LISTS = {"#": "ol", "*": "ul", "-": "ul"}
BOXES = ("{noformat}", "{quote}")


def render(body: str, name_of: Callable[[str], str]) -> Markup:
    """Wiki markup as safe HTML: paragraphs, lists, bold, plain links, quotes, `noformat` boxes and mentions, each
    of which is shown as @ and `name_of(id)`."""
    # Safe: every text goes through _inline or a box, and both escape it.
    return Markup(_boxes(body.replace("\r\n", "\n").split("\n"), name_of))


def _boxes(lines: Iterable[str], name_of: Callable[[str], str]) -> str:
    """The lines with their boxes; a box that nobody closes reaches to the end, as in Jira."""
    html, flow, rest = "", list[str](), iter(lines)
    for line in rest:
        box = line.strip()
        if box not in BOXES:
            flow.append(line)
            continue
        html, flow = html + _flow(flow, name_of), []
        inside = _until(box, rest)
        if box == "{quote}":
            html += f"<blockquote>{_boxes(inside, name_of)}</blockquote>"
        else:
            html += f"<pre>{escape(chr(10).join(inside))}</pre>"
    return html + _flow(flow, name_of)


def _until(end: str, lines: Iterable[str]) -> list[str]:
    return list(takewhile(lambda line: line.strip() != end, lines))


def _flow(lines: list[str], name_of: Callable[[str], str]) -> str:
    """Lines without boxes: paragraphs and lists."""
    blocks: list[str] = []
    items: list[str] = []
    kind = ""
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
    return _paragraphs(blocks)


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
    html = LINK.sub(r'<a href="\g<0>" rel="noreferrer">\g<0></a>', html)
    html = MENTION.sub(lambda m: f'<span class="mention">@{escape(name_of(m[1]))}</span>', html)
    html = BOLD.sub(r"<strong>\1</strong>", html)
    return re.sub("\x00(\\d+)\x00", lambda m: str(escape(kept[int(m[1])])), html)
