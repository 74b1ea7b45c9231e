"""The gateway reads an issue whole or not at all, sends what the library would drop, and costs few calls."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses

from bot.clock import SettableClock
from bot.config.load import Config
from bot.core.model.ledger import PROPERTY
from bot.core.model.process import Office
from bot.jira.call import Conflict, Missing, Refused, Unknown, Unreachable
from bot.jira.client import Credentials, JiraClient
from bot.jira.fuse import Fuse
from bot.jira.gateway import Gateway, Made, SubtaskText
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.catalogue import PARTICIPANTS
from bot.sandbox.harness import Harness
from bot.sandbox.jira_site import Call, Site
from bot.sandbox.server import SandboxServer
from tests.jira.changed_answers import answered

ROOT = Path(__file__).parents[2]
START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))


@pytest.fixture
def site(config: Config, clock: SettableClock) -> Iterator[Site]:
    """A sandbox site, served."""
    site = Site(config.processes, clock, search_lag=timedelta(0))
    site.limits.limits = ()
    yield site
    site.hooks.stop()


SUMMARY = "Onboarding of Lakeside ISD"


class Forgetful:
    """A memory of the fuse that remembers nothing."""

    def count_public(self, issue_id: str, day: datetime, hour: datetime) -> tuple[int, int]:
        return 0, 0

    def leaks(self, project: str) -> bool:
        return False

    def note_leak(self, project: str) -> None:
        pass


def gateway_to(
    url: str,
    config: Config,
    clock: SettableClock,
    cloud: bool = True,
    offices: Mapping[tuple[str, str], Office] = {},
) -> Gateway:
    """A gateway, with a fuse that remembers nothing."""
    process = config.processes[0]
    names = {*process.statuses, "Done", "Needs Revision", "Superseded"}
    client = JiraClient(url, Credentials(BOT.email, BOT.token, "" if cloud else "pat"), 1000)
    return Gateway(client, config.office, cloud, Fuse(clock, Forgetful()), names, offices)


@pytest.fixture
def gateway(site: Site, config: Config, clock: SettableClock) -> Iterator[Gateway]:
    """The bot's gateway to the sandbox."""
    with SandboxServer(site) as server:
        yield gateway_to(server.url, config, clock)


# -- reading whole


def test_a_history_of_more_than_100_entries_is_read_whole(site: Site, gateway: Gateway) -> None:
    """Jira embeds the latest 100 changes and the first 100 comments; the rest is fetched page by page."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    for n in range(205):
        site.set_labels(HANNA, ticket, add=[f"l{n}"])
        site.comment(CARLA, ticket, f"comment {n}")
    issue = gateway.fetch(ticket.id, {}).issue
    assert [c.new for c in issue.changes if c.field == "labels"][::204] == ["l0", " ".join(f"l{n}" for n in range(205))]
    assert [c.body for c in issue.comments] == [f"comment {n}" for n in range(205)]


@pytest.mark.parametrize("what", ["labels", "comment"])
def test_a_page_that_is_missing_is_no_history(what: str, site: Site, gateway: Gateway) -> None:
    """What cannot be read whole is not decided from."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    for n in range(120):
        site.set_labels(HANNA, ticket, add=[f"l{n}"]) if what == "labels" else site.comment(CARLA, ticket, "hello")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as fake:
        fake.add_passthru(re.compile(r".*/issue/\d+\?.*"))
        fake.add_passthru(re.compile(r".*/statuses"))
        page = {"startAt": 0, "maxResults": 100, "total": 120, "values": [], "comments": []}
        fake.get(re.compile(r".*/(changelog|comment)"), json=page)
        with pytest.raises(Unreachable, match="do not add up"):
            gateway.fetch(ticket.id, {})


def test_comments_deleted_while_the_pages_are_read(site: Site, gateway: Gateway) -> None:
    """Then the pages have moved under the reader, and one may have slipped through."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    for n in range(250):
        site.comment(CARLA, ticket, f"comment {n}")
    victim = site.comments(ticket)[0].id
    gone = _after_first_page(site, lambda: site.delete_comment(HANNA, victim))
    with pytest.raises(Unreachable, match="do not add up"):
        gateway.fetch(ticket.id, {})
    assert gone


def _after_first_page(site: Site, do: Callable[[], None]) -> list[int]:
    """Do something when the first page of comments was served."""
    done: list[int] = []

    class Calls(list[Call]):
        def append(self, call: Call) -> None:
            super().append(call)
            if call.path.endswith("/comment") and not done:
                done.append(1)
                do()

    site.calls = Calls(site.calls)
    return done


def test_a_move_while_the_pages_are_read_is_for_the_next_look(site: Site, gateway: Gateway) -> None:
    """The status and the moves that were read know nothing of it, so neither does the history."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    for n in range(120):
        site.set_labels(HANNA, ticket, add=[f"l{n}"])
    real = gateway._pages

    def moved(path: str, name: str, params: dict[str, str]) -> Any:
        site.transition(HANNA, ticket, "Declined")
        return real(path, name, params)

    gateway._pages = moved  # type: ignore[method-assign]
    issue = gateway.fetch(ticket.id, {}).issue
    assert issue.status == "Confirming Files"
    assert [c for c in issue.changes if c.field == "status"] == []
    assert len(issue.changes) == 120


def test_a_subtask_that_jira_does_not_show(site: Site, gateway: Gateway) -> None:
    """A subtask that the ticket lists and the answer leaves out makes the reading incomplete."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    subtask = site.create_subtask(HANNA, ticket, "folder")
    done = {f"{ticket.id}:created:subtask:folder": subtask.id}
    assert gateway.fetch(ticket.id, done).issue.subtasks[0].whole
    with responses.RequestsMock() as fake:
        fake.add_passthru(re.compile(r".*/issue/\d+\?.*"))
        fake.post(re.compile(r".*/bulkfetch"), json={"issues": [], "issueErrors": [{"id": subtask.id}]})
        with pytest.raises(Unreachable, match="does not show a subtask"):
            gateway.fetch(ticket.id, done)


def test_an_issue_that_is_not_there(gateway: Gateway) -> None:
    """404 is Missing, which decides nothing."""
    with pytest.raises(Missing):
        gateway.fetch("99999", {})


# -- searching


def test_a_search_reads_every_page(site: Site, gateway: Gateway) -> None:
    """By token, however short the pages are; a subtask leads to its ticket."""
    tickets = [site.open_request(CARLA, f"District {n}") for n in range(7)]
    subtask = site.create_subtask(HANNA, tickets[0], "folder")
    site.index.fat_page = 3
    hits = gateway.search('project in ("DDE") AND updated >= 0')
    assert {hit.issue_id for hit in hits} == {*(t.id for t in tickets), subtask.id}
    assert {hit.look_at for hit in hits} == {t.id for t in tickets}


@responses.activate
def test_a_search_whose_token_comes_back_is_not_complete(config: Config, clock: SettableClock) -> None:
    """The same token twice would be an endless loop, and an end there would be a lie."""
    answer = {"issues": [{"id": "1"}], "nextPageToken": "again", "isLast": False}
    responses.post("https://x.test/rest/api/2/search/jql", json=answer)
    with pytest.raises(Unreachable, match="same page again"):
        gateway_to("https://x.test", config, clock).search("project = DDE")
    assert len(responses.calls) == 2


@responses.activate
def test_a_search_without_issues_in_its_answer(config: Config, clock: SettableClock) -> None:
    """An answer that is no search result is not an empty one."""
    responses.post("https://x.test/rest/api/2/search/jql", json={})
    with pytest.raises(Unreachable):
        gateway_to("https://x.test", config, clock).search("project = DDE")


# -- other sites: localised, Data Center


def _localised(raw: Any) -> Any:
    text = json.dumps(raw)
    for name, shown in {"Confirming Files": "Bestätigung", "SecureStor Folder": "Ordner", "Done": "Fertig"}.items():
        text = text.replace(f'"name": "{name}"', f'"name": "{shown}", "untranslatedName": "{name}"')
        text = text.replace(f'"fromString": "{name}"', f'"fromString": "{shown}"')
        text = text.replace(f'"toString": "{name}"', f'"toString": "{shown}"')
    return json.loads(text)


def test_statuses_are_known_by_their_ids(site: Site, gateway: Gateway) -> None:
    """On a localised site the names differ, in the status, the changelog and the transitions; the ids do not."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    site.transition(HANNA, ticket, "SecureStor Folder")

    def localised(path: str, ask: Callable[[], Any]) -> Any:
        answer = _localised(ask())
        if path.endswith("/statuses"):
            return answer
        return json.loads(re.sub(r', "untranslatedName": "[^"]*"', "", json.dumps(answer)))

    with answered(localised):
        snapshot = gateway.fetch(ticket.id, {})
    assert snapshot.issue.status == "SecureStor Folder"
    assert [(c.old, c.new) for c in snapshot.issue.changes] == [("Confirming Files", "SecureStor Folder")]
    assert "Confirming Files" in snapshot.moves


def test_a_project_without_statuses_is_asked_again(site: Site, gateway: Gateway) -> None:
    """An empty answer must not be remembered as what the site's statuses are."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    with responses.RequestsMock() as fake:
        fake.add_passthru(re.compile(r".*/issue/\d+\?.*"))
        fake.get(re.compile(r".*/statuses"), json=[])
        with pytest.raises(Unreachable):
            gateway.fetch(ticket.id, {})
    assert gateway.fetch(ticket.id, {}).issue.status == "Confirming Files"


DC = "https://dc.test/rest/api/2"
DC_STATUS = {"id": "3", "name": "SecureStor Folder"}


@responses.activate
def test_data_center_has_other_paths(config: Config, clock: SettableClock) -> None:
    """No bulkfetch, the old search by startAt, users by key, the whole changelog embedded."""
    moment = "2026-01-05T09:00:00.000-0600"
    user = {"key": "JIRAUSER1", "name": "bot", "displayName": "Bot"}
    subtask = {"id": "11", "key": "DDE-2", "fields": {"summary": "s", "status": DC_STATUS}}
    ticket = {
        "id": "10",
        "key": "DDE-1",
        "fields": {
            "project": {"key": "DDE"},
            "issuetype": {"name": "DDE Set-Up"},
            "status": DC_STATUS,
            "summary": "Lakeside",
            "created": moment,
            "reporter": user,
            "subtasks": [subtask],
            "comment": {"comments": [], "total": 0},
        },
        "changelog": {"histories": [], "total": 0},
        "transitions": [{"id": "5", "to": {"id": "4", "name": "Initial File Review"}}],
    }
    whole = {**subtask, "changelog": {"histories": [], "total": 0}, "transitions": []}
    whole["fields"] = {**subtask["fields"], "comment": {"comments": [], "total": 0}}  # type: ignore[dict-item]
    responses.get(f"{DC}/issue/10", json=ticket)
    responses.get(f"{DC}/issue/11", json=whole)
    responses.get(f"{DC}/project/DDE/statuses", json=[{"statuses": [DC_STATUS]}])
    responses.get(f"{DC}/myself", json=user)
    pages = [{"issues": [{"id": str(n)}], "total": 2} for n in (10, 12)]
    for page in pages:
        responses.post(f"{DC}/search", json=page)
    gateway = gateway_to("https://dc.test", config, clock, cloud=False)
    snapshot = gateway.fetch("10", {"10:created:subtask:folder": "11"})
    assert gateway.myself() == "JIRAUSER1"
    assert snapshot.issue.subtasks[0].whole
    assert snapshot.moves == {"Initial File Review": "5"}
    assert [hit.issue_id for hit in gateway.search("project = DDE")] == ["10", "12"]
    assert json.loads(responses.calls[-1].request.body or "")["startAt"] == 1
    assert {c.request.headers["authorization"] for c in responses.calls} == {"Bearer pat"}


def test_tickets_come_with_their_ledgers_by_pages(site: Site, gateway: Gateway) -> None:
    """Subtasks are left out, and no ticket is asked for by itself."""
    tickets = [site.open_request(CARLA, f"District {n}") for n in range(5)]
    site.create_subtask(BOT, tickets[0], "folder")
    site.set_labels(HANNA, tickets[1], ["pilot"])
    site.edit(BOT, tickets[0], properties={PROPERTY: {"v": 1}, "other": 2})
    site.index.fat_page = 2
    mark = len(site.calls)
    found = sorted(gateway.tickets("project = DDE"), key=lambda one: one.key)
    assert [(one.key, one.district, one.ledger) for one in found] == [
        (ticket.key, ticket.summary, {"v": 1} if n == 0 else None) for n, ticket in enumerate(tickets)
    ]
    assert {(one.project, one.type) for one in found} == {("DDE", "DDE Set-Up")}
    assert [one.labels for one in found][:2] == [frozenset(), frozenset({"pilot"})]
    assert {call.path.rpartition("/")[2] for call in site.calls_since(mark)} == {"jql"}


@pytest.mark.parametrize(
    ("issue_type", "people", "district"), [("DDE Set-Up", [HANNA.id], "Lakeside ISD"), ("Another", [], SUMMARY)]
)
def test_the_office_of_its_process_counts_for_a_ticket(
    site: Site, config: Config, clock: SettableClock, issue_type: str, people: list[str], district: str
) -> None:
    """Whose people a ticket names, and what its district is called; other tickets have the office of all."""
    ticket = site.open_request(CARLA, SUMMARY)
    site.edit(BOT, ticket, {PARTICIPANTS.id: [{"accountId": HANNA.id}]})
    own = replace(config.office, contact_field=PARTICIPANTS.id, district_pattern="Onboarding of (.+)")
    with SandboxServer(site) as server:
        gateway = gateway_to(server.url, config, clock, offices={("DDE", issue_type): own})
        assert [one.id for one in gateway.fetch(ticket.id, {}).issue.participants] == people
        assert [one.district for one in gateway.tickets("project = DDE")] == [district]


@responses.activate
def test_tickets_of_data_center_are_asked_for_their_ledgers(config: Config, clock: SettableClock) -> None:
    """Its search knows no entity properties, and refuses a key that it does not know."""
    kind = {"name": "DDE Set-Up", "subtask": False}
    ticket = {"id": "10", "key": "DDE-1", "fields": {"summary": "Lakeside ISD", "issuetype": kind, "labels": ["x"]}}
    subtask = {"id": "11", "key": "DDE-2", "fields": {"issuetype": {"name": "Sub-task", "subtask": True}}}
    responses.post(f"{DC}/search", json={"issues": [ticket, subtask], "total": 2})
    responses.get(f"{DC}/issue/10", json={**ticket, "properties": {PROPERTY: {"v": 1}}})
    (found,) = gateway_to("https://dc.test", config, clock, cloud=False).tickets("project = DDE")
    assert (found.key, found.project, found.district, found.ledger) == ("DDE-1", "DDE", "Lakeside ISD", {"v": 1})
    asked = [call.request for call in responses.calls]
    assert "properties" not in json.loads(asked[0].body or "")
    assert f"properties={PROPERTY}" in str(asked[1].url)


# -- doing


def _text(effect: str, summary: str = "folder") -> SubtaskText:
    return SubtaskText(effect, summary, "", ())


def test_marks_are_found_again(site: Site, gateway: Gateway) -> None:
    """A comment and a subtask carry their effect ids in Jira, and tell them to whoever settles a lost call."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    site.create_subtask(BOT, ticket, "unmarked")
    gateway.myself()
    issue = gateway.fetch(ticket.id, {}).issue
    first = gateway.comment(issue, "one", True, ["a"])
    second = gateway.comment(issue, "two", False, ["b", "c"])
    made = gateway.create_subtasks(issue, [_text("d"), _text("e")])
    issue = gateway.fetch(ticket.id, {}).issue
    assert gateway.marked_comments(issue, 0) == {"a": first, "b": second, "c": second}
    assert gateway.marked_comments(issue, int(first)) == {"b": second, "c": second}
    assert gateway.marked_subtasks(issue, []) == made.refs
    assert gateway.marked_subtasks(issue, [made.refs["d"]]) == {"e": made.refs["e"]}
    assert [c.public for c in site.comments(ticket)] == [True, False]


def test_a_mark_of_somebody_else_counts_nothing(site: Site, gateway: Gateway) -> None:
    """Anyone can set a comment property; only the bot's own comments are looked at."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    site.comment(HANNA, ticket, "mine", properties={PROPERTY: {"effects": ["a"]}})
    assert gateway.marked_comments(gateway.fetch(ticket.id, {}).issue, 0) == {}


def test_a_bulk_create_tells_what_it_made(site: Site, gateway: Gateway) -> None:
    """201 on partial success: what was made is matched to what was asked for, in whatever place it failed."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    issue = gateway.fetch(ticket.id, {}).issue
    made = gateway.create_subtasks(issue, [_text("a", "one"), _text("b", "x" * 300), _text("c", "three")])
    assert list(made.refs) == ["a", "c"]
    assert {e: site.issue(ref).summary for e, ref in made.refs.items()} == {"a": "one", "c": "three"}
    assert list(made.refused) == ["b"]
    assert "255" in made.refused["b"]


def test_a_bulk_create_that_made_nothing(site: Site, gateway: Gateway) -> None:
    """Jira then answers 400, with a reason for each."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    made = gateway.create_subtasks(gateway.fetch(ticket.id, {}).issue, [_text("a", "x" * 300)])
    assert made == Made({}, {"a": made.refused["a"]}, {})
    assert "255" in made.refused["a"]


def test_a_bulk_answer_that_does_not_add_up(site: Site, gateway: Gateway) -> None:
    """Then nobody knows what was made."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    issue = gateway.fetch(ticket.id, {}).issue
    with responses.RequestsMock() as fake:
        fake.post(re.compile(r".*/issue/bulk"), status=201, json={"issues": [{"id": "5"}], "errors": []})
        with pytest.raises(Unknown):
            gateway.create_subtasks(issue, [_text("a"), _text("b")])


def test_a_move_is_matched_by_the_status_that_it_leads_to(site: Site, gateway: Gateway) -> None:
    """Transitions are named otherwise in each workflow; only where they lead counts."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    gateway.myself()
    snapshot = gateway.fetch(ticket.id, {})
    gateway.transition(snapshot, "SecureStor Folder")
    assert site.issue(ticket).status == "SecureStor Folder"
    with pytest.raises(Refused, match='offers no move to "Nowhere"'):
        gateway.transition(gateway.fetch(ticket.id, {}), "Nowhere")


def test_a_move_from_where_the_ticket_no_longer_is(site: Site, gateway: Gateway) -> None:
    """A person was faster: that is a conflict to look at again, not a refusal to give up on."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    gateway.myself()
    snapshot = gateway.fetch(ticket.id, {})
    site.transition(HANNA, ticket, "Declined")
    with pytest.raises(Conflict):
        gateway.transition(snapshot, "SecureStor Folder")


def test_a_subtask_that_was_not_read_whole_can_be_moved(site: Site, gateway: Gateway) -> None:
    """Its moves are asked for then."""
    ticket = site.open_request(CARLA, "Lakeside ISD")
    subtask = site.create_subtask(HANNA, ticket, "folder")
    gateway.move_subtask(gateway.fetch(ticket.id, {}), subtask.id, "Done")
    assert site.issue(subtask).status == "Done"


# -- what it costs


class Counted:
    """A stage whose REST calls by the bot are counted."""

    def __init__(self, config: Config, var: Path) -> None:
        self.harness = Harness(config, var, START)
        self.harness.site.limits.limits = ()

    def calls(self, do: Callable[[], object]) -> list[str]:
        """The bot's calls that follow from an act, up to the first look after its last write."""
        mark = len(self.harness.site.calls)
        do()
        self.harness.settle()
        return [f"{c.method} {c.path.removeprefix('/rest/api/2')}" for c in self.harness.site.calls_since(mark)]


@pytest.fixture
def counted(config: Config, tmp_path: Path) -> Iterator[Counted]:
    """A stage that has warmed up: who the bot is, the statuses and the subtask type are known."""
    counted = Counted(config, tmp_path)
    warm = counted.harness.site.open_request(CARLA, "Warm ISD")
    counted.harness.settle()
    counted.harness.site.comment(CARLA, warm, "Confirmed")
    counted.harness.advance(counted.harness.clock.now() + timedelta(minutes=1))
    yield counted
    counted.harness.close()


GET, BULK, COMMENT = "GET /issue/{issueIdOrKey}", "POST /issue/bulk", "POST /issue/{issueIdOrKey}/comment"
PUT, MOVE, FETCH = (
    "PUT /issue/{issueIdOrKey}",
    "POST /issue/{issueIdOrKey}/transitions",
    "POST /issue/bulkfetch",
)


def test_entering_a_step_costs_four_calls(counted: Counted) -> None:
    """GET, bulk create, comment, PUT of labels, fields and ledger; a look at the echo of these only reads."""
    site = counted.harness.site
    ticket = site.open_request(CARLA, "Lakeside ISD")
    counted.harness.settle()
    calls = counted.calls(lambda: site.transition(HANNA, ticket, "SecureStor Folder"))
    assert calls[:4] == [GET, BULK, COMMENT, PUT]
    assert set(calls[4:]) <= {GET, FETCH}


def test_leaving_a_step_costs_four_calls(counted: Counted) -> None:
    """GET, the subtasks in one call, PUT, the move; then the next step is entered."""
    site = counted.harness.site
    ticket = site.open_request(CARLA, "Lakeside ISD", status="Initial File Review")
    counted.harness.settle()
    site.transition(HANNA, ticket, "SecureStor Folder")
    counted.harness.settle()
    counted.harness.advance(counted.harness.clock.now() + timedelta(minutes=1))
    folder, files = [s for s in site.subtasks(ticket) if s.status == "To Do"][-2:]
    site.transition(HANNA, files, "Done")
    counted.harness.advance(counted.harness.clock.now() + timedelta(minutes=1))
    calls = counted.calls(lambda: site.transition(HANNA, folder, "Done"))
    assert calls[:4] == [GET, FETCH, PUT, MOVE]
    assert calls[4:8] == [GET, BULK, COMMENT, PUT]


def test_leaving_for_the_review_closes_the_districts_subtask_too(counted: Counted) -> None:
    """FILES READY costs one call more: the bot closes the subtask for which the district has answered."""
    site = counted.harness.site
    ticket = site.open_request(CARLA, "Lakeside ISD", status="SecureStor Folder")
    counted.harness.settle()
    site.transition(HANNA, site.subtasks(ticket)[0], "Done")
    counted.harness.advance(counted.harness.clock.now() + timedelta(minutes=1))
    calls = counted.calls(lambda: site.comment(CARLA, ticket, "FILES READY"))
    assert calls[:5] == [GET, FETCH, MOVE, PUT, MOVE]
    assert calls[5:9] == [GET, BULK, COMMENT, PUT]
