"""Whatever Jira answers, and whatever somebody made of a ledger, is read whole or refused in one sentence."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SettableClock
from bot.core.history.progress import follow
from bot.core.model.ledger_json import LedgerBroken, read_ledger, to_json
from bot.jira.call import JiraTrouble
from bot.jira.client import Credentials, JiraClient
from bot.jira.fuse import Fuse
from bot.jira.gateway import Gateway
from bot.jira.json_values import account_of, as_id, as_label, as_list, as_object, project_prefix
from bot.jira.references import author_of, event_of, issue_of, project_of
from bot.sandbox.accounts import BOT
from tests.fuzz.mutations import ODD, fuzzed, mutated
from tests.fuzz.samples import START, config, samples
from tests.jira.changed_answers import answered

CONFIG = config()


@contextlib.contextmanager
def gateway(wrong: Mapping[str, Any], cloud: bool) -> Iterator[Gateway]:
    """A gateway that each path is answered for as Jira did, but for the one that is wrong now."""
    answers = {**samples()[1], **wrong}

    def answer(path: str, _: object) -> Any:
        # A mutated answer may lead to other pages, of which there is but an empty one.
        return copy.deepcopy(answers.get(path, {"values": [], "comments": [], "total": 0}))

    names = {*CONFIG.processes[0].statuses, "Done", "Needs Revision", "Superseded"}
    fuse = Fuse(SettableClock(START), lambda since, issue: 0)
    client = JiraClient("https://jira.test", Credentials(pat="" if cloud else "pat"), 1e6)
    with answered(answer):
        yield Gateway(client, CONFIG.office, cloud, fuse, names)


def ticket_path() -> str:
    """The path under which the ticket was read."""
    return next(path for path, answer in samples()[1].items() if "changelog" in answer)


@fuzzed(150)
@given(data=st.data(), cloud=st.booleans())
def test_an_answer_that_is_wrong_anywhere_is_read_or_refused(data: st.DataObject, cloud: bool) -> None:
    """A snapshot, or a trouble that says so in one line; never anything else."""
    answers = samples()[1]
    path = data.draw(st.sampled_from(sorted(answers)))
    wrong = {path: data.draw(mutated(answers[path]) | ODD)}
    ticket = ticket_path()
    with gateway(wrong, cloud) as jira:
        with contextlib.suppress(JiraTrouble):
            jira.myself()
        said = "read"
        try:
            snapshot = jira.fetch(ticket.rpartition("/")[2], {})
            assert snapshot.issue.id.isdecimal()
            jira.marked_comments(snapshot.issue, 0)
            jira.marked_subtasks(snapshot.issue, ())
        except JiraTrouble as trouble:
            said = str(trouble)
        assert 0 < len(said) < 700
        assert "\n" not in said
        for search in (jira.search, jira.tickets):
            with contextlib.suppress(JiraTrouble):
                for found in search("project in (DDE)"):
                    assert found.issue_id.isdecimal()


@fuzzed(60)
@given(data=st.data())
def test_an_issue_that_could_be_read_can_be_thought_about(data: st.DataObject) -> None:
    """Odd moments, names and texts in a good answer do not break the core."""
    path = ticket_path()
    wrong = {path: data.draw(mutated(samples()[1][path]))}
    try:
        with gateway(wrong, cloud=True) as jira:
            issue = jira.fetch(path.rpartition("/")[2], {}).issue
        read_ledger(issue.ledger)
    except (JiraTrouble, LedgerBroken):
        return
    process = CONFIG.processes[0]
    if issue.type == process.issue_type and issue.project == process.project:
        progress = follow(issue, process, CONFIG.office, CONFIG.calendars, {BOT.id}, START)
        assert progress.ledger.visits


@fuzzed(150)
@given(value=st.one_of(ODD, st.deferred(lambda: mutated(samples()[2]))))
def test_a_ledger_of_anybody_is_refused_or_kept(value: Any) -> None:
    """What is read is written the same again, and can be read once more."""
    value = json.loads(json.dumps(value))
    ledger, said = None, "read"
    try:
        ledger = read_ledger(value)
    except LedgerBroken as broken:
        said = str(broken)
    assert 0 < len(said) < 500
    if ledger is not None:
        kept = to_json(ledger)
        again = read_ledger(json.loads(json.dumps(kept)))
        assert again is not None
        assert to_json(again) == kept


@fuzzed(200)
@given(value=ODD | st.deferred(lambda: st.sampled_from(samples()[0]).flatmap(mutated)))
def test_values_are_read_as_what_they_should_be(value: Any) -> None:
    """None of the readers of single values raises, and each gives what it promises."""
    for one in _all(value):
        assert isinstance(as_object(one), Mapping)
        assert isinstance(as_list(one), list)
        assert (as_id(one) or "1").isdecimal()
        assert (as_label(one) or "x").isprintable()
        assert (project_prefix(one) or "x").isascii()
        assert (account_of(as_object(one)) or "x").isprintable()
    assert (issue_of(value) or "1").isdecimal()
    assert event_of(value).isprintable()
    assert (author_of(value) or "x").isprintable()
    assert (project_of(value) or "x").isprintable()


def _all(value: Any) -> Iterator[Any]:
    yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _all(one)
