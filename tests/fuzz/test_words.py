"""Text from tickets stays text: in the log, on a terminal, on a page, and in a comment to staff."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.app import words_of
from bot.cli import console
from bot.cli.explain import explain
from bot.controller.office_closures import Closures
from bot.controller.reconciler import View
from bot.core.model.effects import PostComment
from bot.core.model.ledger_json import LedgerBroken, read_ledger
from bot.doctor.examine import to_table
from bot.doctor.rows import Row
from bot.log import SafeFormatter
from bot.store.journal import EffectRecord, JournalEntry
from bot.web.flask_app import new_app
from bot.web.statusz_page import to_html
from tests.fuzz.mutations import fuzzed
from tests.fuzz.samples import START, config, told_story

ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
WICKED = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                "\n",
                "\r",
                "\x1b[2J",
                "\x1b]0;x\x07",
                "\x9b31m",
                "\u2028",
                "\u202e",
                "\x00",
                "\ud800",
                "[bold]",
                ":smile:",
            ]
            + [
                "[~accountid:712020:hanna]",
                "{{ 7*7 }}",
                "{% raw %}",
                "{noformat}",
                "!x|width=1!",
                "[a|http://x.example]",
            ]
            + [
                "<script>",
                "</dd>",
                "&amp;",
                "{color:red}",
                "h1. ",
                "||",
                "%s",
                "%(name)s",
                "{0}",
                " ",
                "Lakeside",
                "\\",
            ]
            + ["2026-01-05T15:00:00Z ERROR bot: all is lost", "://", "@hanna"]
        ),
        max_size=8,
    ).map("".join),
)


@pytest.fixture(scope="module")
def ticket() -> Iterator[tuple[View, Closures]]:
    """A ticket that is under way, as a look sees it."""
    with told_story() as (harness, ticket):
        yield harness.bot.reconciler.dry_run(ticket.id), harness.bot.closures


def printed(monkeypatch: pytest.MonkeyPatch, terminal: bool = True) -> io.StringIO:
    """What goes to the terminal from now on."""
    stream = io.StringIO()
    monkeypatch.setattr(
        console, "out", Console(file=stream, force_terminal=terminal, color_system=None, soft_wrap=True, emoji=False)
    )
    return stream


@fuzzed(100)
@given(text=WICKED, name=WICKED)
def test_a_log_has_a_line_for_each_record(text: str, name: str) -> None:
    """Whatever stands in a summary, a comment or a name, in an argument or in an error."""
    record = logging.makeLogRecord({"msg": "%s of %s", "args": (text, name), "levelname": "INFO", "name": "bot"})
    try:
        raise ValueError(text)
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    line = SafeFormatter(["s3cret-of-ours"]).format(record)
    assert not ACTIVE.search(line)
    assert "\n" not in line


@fuzzed(60)
@given(text=WICKED)
def test_an_explanation_is_the_lines_that_it_says(
    ticket: tuple[View, Closures], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A summary, a status, a reason: none begins a line, colours one, or moves the cursor."""
    view, closures = ticket
    issue = replace(view.snapshot.issue, summary=text, status=text)
    view = replace(view, snapshot=replace(view.snapshot, issue=issue), plan=replace(view.plan, reason=text))
    looks = [JournalEntry(issue.id, issue.key, START, text, (text,))]
    parked = [EffectRecord(issue.id, "1:2:say", "parked", "", text, START)]
    with monkeypatch.context() as patched:
        stream = printed(patched)
        lines = explain(view, closures.calendars(), looks, parked)
        for line in lines:
            console.say(line)
    assert not ACTIVE.search(stream.getvalue())
    assert stream.getvalue().count("\n") == len(lines)
    if "[bold]" in text:
        assert "[bold]" in stream.getvalue()
    if ":smile:" in text:
        assert ":smile:" in stream.getvalue()


@fuzzed(40)
@given(text=WICKED, terminal=st.booleans())
def test_a_site_cannot_act_on_the_doctors_terminal(text: str, terminal: bool) -> None:
    """Names of statuses and fields are Jira's."""
    stream = io.StringIO()
    shown = Console(file=stream, force_terminal=terminal, color_system=None, width=200, emoji=False)
    to_table([Row(text, "problem", text, text)], shown)
    assert not ACTIVE.search(stream.getvalue())


def report(text: str) -> dict[str, Any]:
    """What /statusz found, with a text wherever one of Jira's or of the configuration's may stand."""
    return {
        "state": "red",
        "ready": False,
        "reasons": [text],
        "attention": [text],
        "paused": False,
        "scheduler": {"alive": True, "ticked_at": None},
        "configuration": {"loaded_at": None, "problems": [text]},
        "jira": {"state": text, "account": text, "identity_checked_at": None},
        "agenda": {"due": 0, "oldest_due_seconds": 0, "held_back": 0},
        "webhooks": {"expected": False},
        "closures": {"told": 0},
        "parked": 0,
        "caught_up_at": None,
        "nightly_at": None,
    }


PAGES = new_app()


@fuzzed(60)
@given(text=WICKED)
def test_no_text_is_markup_on_the_page_of_how_it_stands(text: str) -> None:
    """The page has the same elements, whatever Jira says."""
    elements = re.compile(r"<[^>]*>")
    with PAGES.app_context():
        assert elements.findall(to_html(report(text or "x"))) == elements.findall(to_html(report("x")))


WORDS = words_of(config())


@fuzzed(60)
@given(text=WICKED)
def test_a_broken_ledger_is_told_without_what_it_holds_being_markup(text: str) -> None:
    """What somebody wrote into the property reaches staff as text, on one line, and mentions nobody."""
    try:
        read_ledger({"v": 1, "process": "dde", "version": "1", "visits": [{"id": text, "status": "x", "began": text}]})
    except LedgerBroken as broken:
        reason = str(broken)
    facts = {"reason": reason, "property": "onboarding-bot", "calendar": "cli", "now": START}
    said = WORDS.comment("dde", PostComment(("x",), "broken_ledger", public=False, facts=facts))
    calm = WORDS.comment("dde", PostComment(("x",), "broken_ledger", public=False, facts={**facts, "reason": "y"}))
    assert said.count("\n") == calm.count("\n")
    assert not re.search(r"(?<!\\)[\[{]", said)
