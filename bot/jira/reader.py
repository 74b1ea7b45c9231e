"""Reads from Jira: an issue in full or not at all, the marks on what the bot created, and search results."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.core.model.issue import Issue, Subtask
from bot.core.model.ledger import PROPERTY
from bot.core.model.ledger_json import LedgerBroken, read_ledger
from bot.core.model.process import Office
from bot.jira import payloads, references
from bot.jira.call import Missing, Unauthenticated, Unreachable
from bot.jira.client import API, JiraClient
from bot.jira.json_values import as_list, as_object, id_in
from bot.jira.payloads import Transition

_PAGE = 100
_BULK_CHANGES = 40  # "a maximum of 40 changelogs": Atlassian's OpenAPI of Cloud, BulkFetchIssueRequestBean
_MOST_PAGES = 500


@dataclass(frozen=True)
class Snapshot:
    """An issue as it was read, with the transitions that Jira offered then: ids by target status, for the ticket
    and for each subtask that was read in full."""

    issue: Issue
    moves: Mapping[str, str]
    subtask_moves: Mapping[str, Mapping[str, str]]


class GatewayReader:
    """The half of the gateway that only reads. Thread-safe. Every method that calls Jira raises a JiraTrouble."""

    def __init__(
        self,
        client: JiraClient,
        office: Office,
        cloud: bool,
        statuses: Iterable[str],
        offices: Mapping[tuple[str, str], Office],
    ) -> None:
        self._jira, self._office, self._cloud = client, office, cloud
        self._offices = offices
        self._known_names = {name.casefold(): name for name in statuses}
        self._names: dict[str, str] = {}
        self._subtask_types: dict[str, str] = {}  # by project
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self._me: str | None = None

    # -- who the bot is

    def myself(self) -> str:
        """The bot's account id, asked of Jira. Raises Unauthenticated where the token is not valid."""
        who = payloads.person(self._jira.myself())
        if who is None:
            raise Unauthenticated("Jira does not say who the bot is.")
        self._me = who.id
        return who.id

    @property
    def me(self) -> str | None:
        """The bot's account id, None before the first call of `myself`."""
        return self._me

    @property
    def bots(self) -> frozenset[str]:
        """Every account the bot uses or used."""
        me = self._me or self.myself()
        return frozenset({me, *self._office.former_accounts})

    def office_of(self, project: str, issue_type: str) -> Office:
        """The office for the tickets of a project and issue type: that of their process, else the one for all."""
        return self._offices.get((project, issue_type), self._office)

    # -- reading

    def fetch(self, issue_id: str, applied: Mapping[str, str]) -> Snapshot:
        """The full issue: its entire changelog, all comments, its ledger, and in full those subtasks that the current
        visit works with, according to the ledger and to the effects that were `applied`.

        Raises a JiraTrouble; Missing proves nothing about the issue."""
        params = {"fields": "*all", "expand": "changelog,transitions", "properties": PROPERTY}
        raw = self._get_issue(issue_id, params)
        project = references.project_of(raw)
        if project is not None and project not in self._asked:
            self._learn_project(project)
        office = self.office_of(project or "", references.type_of(raw))
        issue = payloads.issue_from(
            raw,
            status_name=self.status_name,
            property_key=PROPERTY,
            people_fields=[f for f in (office.contact_field, office.participants_field) if f],
            more_changes=self._changes(raw) if payloads.changes_missing(raw) else None,
            more_comments=self._comments(issue_id) if self._must_read_comments(raw) else None,
        )
        wanted = self._working(issue, applied)
        ids = [s.id for s in issue.subtasks if s.id in wanted]
        whole, offered = self._subtasks(ids) if ids else ({}, {})
        subtasks = tuple(whole.get(s.id, s) for s in issue.subtasks)
        return Snapshot(replace(issue, subtasks=subtasks), self._by_status(payloads.transitions_of(raw)), offered)

    def _get_issue(self, issue_id: str, params: Mapping[str, str]) -> dict[str, Any]:
        raw = self._jira.call("GET", f"{API}/issue/{issue_id}", params)
        if not isinstance(raw, dict) or "fields" not in raw:
            raise Unreachable("Jira's answer holds no issue.")
        return raw

    def _working(self, issue: Issue, applied: Mapping[str, str]) -> set[str]:
        try:
            ledger = read_ledger(issue.ledger)
        except LedgerBroken:
            return set()
        found: set[str] = set()
        for effect, ref in applied.items():
            _, visit, name = (effect.split(":", 2) + ["", ""])[:3]
            # A visit that only the database knows: the ledger was not written yet, or is gone.
            if name.startswith("subtask:") and (ledger is None or ledger.visit(visit) is None):
                found.add(ref)
        if ledger is None:
            return found
        ledger.note(applied, issue.id)
        return found | ledger.working_subtasks(issue.status)

    def _changes(self, raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The full changelog as of when `raw` was read. Later entries are left to the next look, because the status
        and transitions in `raw` do not reflect them."""
        embedded = as_list(as_object(raw.get("changelog")).get("histories"))
        newest = max((int(id_in(one, "a change")) for one in embedded), default=None)
        found = self._pages(f"{API}/issue/{id_in(raw, 'an issue')}/changelog", "values", {})
        return [one for one in found if newest is None or int(id_in(one, "a change")) <= newest]

    def _must_read_comments(self, raw: Mapping[str, Any]) -> bool:
        """Whether the embedded comments do not suffice. Data Center shows only by a property whether a comment is
        internal, and only pages of comments have it."""
        return payloads.comments_missing(raw) or (not self._cloud and payloads.audience_unknown(raw))

    def _comments(self, issue_id: str) -> list[Mapping[str, Any]]:
        asked = {"orderBy": "created"} if self._cloud else {"orderBy": "created", "expand": "properties"}
        return self._pages(f"{API}/issue/{issue_id}/comment", "comments", asked)

    def _pages(self, path: str, name: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        most = 0
        for _ in range(_MOST_PAGES):
            page = {**params, "startAt": str(len(found)), "maxResults": str(_PAGE)}
            answer = as_object(self._jira.call("GET", path, page))
            entries, total = answer.get(name), answer.get("total")
            if not isinstance(entries, list) or not isinstance(total, int):
                raise Unreachable("Jira's answer holds no page of what was asked for.")
            if total < most:
                break  # an entry was deleted meanwhile, so the pages have shifted
            most = total
            found += entries
            if len(found) >= total:
                return found
            if not entries:
                break
        raise Unreachable("Jira's pages do not add up to its own total.")

    def _subtasks(self, ids: list[str]) -> tuple[dict[str, Subtask], dict[str, Mapping[str, str]]]:
        """The subtasks in full by id, and the transition ids that Jira offers for each by status."""
        whole: dict[str, Subtask] = {}
        offered: dict[str, Mapping[str, str]] = {}
        for raw in self._raw_subtasks(ids, ["summary", "status", "comment"], ["changelog", "transitions"]):
            subtask_id = id_in(raw, "a subtask")
            whole[subtask_id] = payloads.subtask_from(
                raw,
                status_name=self.status_name,
                more_changes=self._changes(raw) if payloads.changes_missing(raw, _BULK_CHANGES) else None,
                more_comments=self._comments(subtask_id) if payloads.comments_missing(raw) else None,
            )
            offered[subtask_id] = self._by_status(payloads.transitions_of(raw))
        if not set(ids) <= set(whole):
            raise Unreachable("Jira does not show a subtask that the ticket lists.")
        return whole, offered

    def _raw_subtasks(
        self, ids: list[str], fields: list[str], expand: list[str], properties: tuple[str, ...] = ()
    ) -> Sequence[Mapping[str, Any]]:
        if not self._cloud:  # Data Center has no bulkfetch
            params = {"fields": ",".join(fields), "expand": ",".join(expand), "properties": ",".join(properties)}
            return [self._get_issue(one, params) for one in ids]
        found: list[Mapping[str, Any]] = []
        for start in range(0, len(ids), _PAGE):
            body = {
                "issueIdsOrKeys": ids[start : start + _PAGE],
                "fields": fields,
                "expand": expand,
                "properties": list(properties),
            }
            answer = as_object(self._jira.call("POST", f"{API}/issue/bulkfetch", body=body))
            found += map(as_object, as_list(answer.get("issues")))
        return found

    # -- statuses and types: names differ by site and language, ids do not

    def status_name(self, status_id: str, name: str) -> str:
        """The process file's name for a Jira status, by its id; Jira's own name where the process has none."""
        return self._names.get(status_id) or self._known_names.get(name.casefold(), name)

    def _learn_project(self, project: str) -> None:
        """Ask for the project's issue types, with the statuses of each."""
        types = self._jira.issue_types(project)
        if not types:
            raise Unreachable("Jira does not tell the project's statuses.")
        for issue_type in map(as_object, types):
            name = str(issue_type.get("name") or "")
            if issue_type.get("subtask") is True and name.casefold() == self._office.subtask_type.casefold():
                self._subtask_types[project] = id_in(issue_type, "a subtask type")
            for status in map(as_object, as_list(issue_type.get("statuses"))):
                shown = str(status.get("untranslatedName") or status.get("name") or "")
                known = self._known_names.get(shown.casefold())
                if known is not None:
                    self._names[str(status.get("id"))] = known
        with self._lock:
            self._asked.add(project)

    def _by_status(self, offered: Iterable[Transition]) -> dict[str, str]:
        moves: dict[str, str] = {}
        for one in offered:
            moves.setdefault(self.status_name(one.to_status_id, one.to_name), one.id)
        return moves

    # -- settling: whether a call whose answer was lost took effect

    def marked_comments(self, issue: Issue, after: int) -> dict[str, str]:
        """Effect id to comment id, for the bot's comments whose id is higher than `after`."""
        found: dict[str, str] = {}
        for comment in issue.comments:
            ours = comment.author is not None and comment.author.id in self.bots
            if ours and (not comment.id.isdigit() or int(comment.id) > after):
                found |= dict.fromkeys(
                    self._effects_on(f"{API}/comment/{comment.id}/properties/{PROPERTY}"), comment.id
                )
        return found

    def marked_subtasks(self, issue: Issue, seen: Collection[str]) -> dict[str, str]:
        """Effect id to subtask id, for the issue's subtasks that are not in `seen`."""
        ids = [s.id for s in issue.subtasks if s.id not in seen]
        found: dict[str, str] = {}
        for raw in self._raw_subtasks(ids, ["summary"], [], (PROPERTY,)) if ids else []:
            value = as_object(raw.get("properties")).get(PROPERTY)
            found |= dict.fromkeys(_effects(value), id_in(raw, "a subtask"))
        return found

    def _effects_on(self, path: str) -> list[str]:
        try:
            return _effects(as_object(self._jira.call("GET", path)).get("value"))
        except Missing:
            return []

    # -- finding

    def search(self, jql: str) -> list[references.SearchHit]:
        """Every issue in the search index for a query. The index lags: use it to find issues, never to decide."""
        return [references.search_hit_of(raw) for raw in self._found(jql, ["parent", "issuetype", "updated"])]

    def tickets(self, jql: str) -> list[references.FoundTicket]:
        """Every ticket in the search index for a query, with its ledger; subtasks are left out."""
        fields = references.ticket_fields((self._office, *self._offices.values()))
        raws = self._found(jql, fields, [PROPERTY] if self._cloud else [])
        found = [one for raw in raws if (one := self._found_ticket(raw)) is not None]
        if self._cloud:
            return found
        # Data Center's search gives no entity properties (JRASERVER-62898), so each ticket is read for its own.
        params = {"fields": ",".join(fields), "properties": PROPERTY}
        whole = [self._found_ticket(self._get_issue(one.issue_id, params)) for one in found]
        return [one for one in whole if one is not None]

    def _found_ticket(self, raw: Mapping[str, Any]) -> references.FoundTicket | None:
        return references.found_ticket_of(raw, PROPERTY, self.office_of)

    def _found(self, jql: str, fields: list[str], properties: list[str] | None = None) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        body: dict[str, Any] = {"jql": jql, "fields": fields, "maxResults": _PAGE}
        if properties:
            body["properties"] = properties
        tokens: set[str] = set()
        for _ in range(_MOST_PAGES):
            path = f"{API}/search/jql" if self._cloud else f"{API}/search"
            answer = as_object(self._jira.call("POST", path, body=body))
            page, total = answer.get("issues"), answer.get("total", 0)
            if not isinstance(page, list) or not isinstance(total, int):
                raise Unreachable("Jira's answer holds no search result.")
            found += map(as_object, page)
            if self._cloud:
                token = answer.get("nextPageToken")
                if not token:
                    return found
                if not isinstance(token, str) or token in tokens:
                    raise Unreachable("Jira's search gives the same page again and again.")
                tokens.add(token)
                body["nextPageToken"] = token
            elif page and len(found) < total:
                body["startAt"] = len(found)
            else:
                return found
        raise Unreachable("Jira's search has more pages than the bot reads.")


def _effects(value: Any) -> list[str]:
    effects = value.get("effects") if isinstance(value, dict) else None
    return [str(e) for e in effects] if isinstance(effects, list) else []
