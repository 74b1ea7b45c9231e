"""All calls to Jira: reading an issue whole, applying effects, looking for marks, and the fuse."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import jira
import requests

from bot import payloads
from bot.core.issue import Issue, Subtask
from bot.core.ledger import PROPERTY, LedgerBroken, read_ledger
from bot.core.people import People
from bot.core.process import Office
from bot.fuse import Fuse
from bot.payloads import Transition
from bot.wire import (
    Conflict,
    JiraTrouble,
    Missing,
    Refused,
    Unauthenticated,
    Unknown,
    Unreachable,
    Wire,
    error_text,
)

LOG = logging.getLogger(__name__)

API = "/rest/api/2"  # the one version that Cloud and Data Center share; its texts are wiki markup
INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
_PAGE = 100
_MOST_PAGES = 500
_NOT_FOR_GOOD = frozenset({401, 404, 408, 409, 425, 429})  # of one element of a bulk call; 5xx too


@dataclass(frozen=True)
class Snapshot:
    """An issue as it was read, with the moves that Jira offered then: transition ids by status, for the ticket
    and for each subtask that was read whole."""

    issue: Issue
    moves: Mapping[str, str]
    subtask_moves: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class SubtaskText:
    """One subtask to be made, in words."""

    effect: str
    summary: str
    description: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """What a bulk call made (effect id to subtask id), what Jira refused for good (effect id to its reason), and
    what it could not make just now."""

    refs: dict[str, str]
    refused: dict[str, str]
    later: dict[str, str]


def connect_with(base_url: str, email: str, token: str, pat: str) -> Callable[[], requests.Session]:
    """A maker of authenticated sessions for Cloud (email and API token) or Data Center (personal access token).

    The library authenticates and keeps the session; its retries and its start-up call are off, because it
    sends POSTs again (`max_retries`) and will not start while Jira is down (`get_server_info`)."""

    def connect() -> requests.Session:
        auth: dict[str, Any] = {"token_auth": pat} if pat else {"basic_auth": (email, token)}
        client = jira.JIRA(server=base_url, max_retries=0, timeout=(5, 20), get_server_info=False, **auth)
        session: requests.Session = client._session
        session.__dict__["_client"] = client  # the client closes its session when it is collected
        return session

    return connect


class Gateway:
    """Jira, as the bot uses it. Nothing here decides what is wished; it reads, and does what it is told."""

    def __init__(self, wire: Wire, office: Office, cloud: bool, fuse: Fuse, statuses: Iterable[str]) -> None:
        self._wire, self._office, self._cloud, self._fuse = wire, office, cloud, fuse
        self._known_names = {name.casefold(): name for name in statuses}
        self._names: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self._me: str | None = None
        self._leaking: set[str] = set()

    # -- who the bot is

    def myself(self) -> str:
        """Ask Jira who the bot is: its account id. Raises Unauthenticated where the token is dead."""
        answer = self._wire.call("GET", f"{API}/myself")
        who = payloads.person(answer)
        if who is None:
            raise Unauthenticated("Jira does not say who the bot is.")
        self._me = who.id
        return who.id

    @property
    def me(self) -> str | None:
        """The bot's account id, None where Jira was not asked yet."""
        return self._me

    @property
    def bots(self) -> frozenset[str]:
        """Every account the bot writes or wrote with."""
        me = self._me or self.myself()
        return frozenset({me, *self._office.former_accounts})

    # -- reading

    def fetch(self, issue_id: str, applied: Mapping[str, str]) -> Snapshot:
        """The whole issue: its entire changelog, all comments, its ledger, and whole those subtasks that the
        present stay works with, by the ledger and by the effects that were `applied`.

        Raises a JiraTrouble; Missing decides nothing."""
        params = {"fields": "*all", "expand": "changelog,transitions", "properties": PROPERTY}
        raw = self._get_issue(issue_id, params)
        self._learn_statuses(raw)
        issue = payloads.issue_from(
            raw,
            status_name=self.status_name,
            property_key=PROPERTY,
            people_fields=[f for f in (self._office.participants_field, self._office.contact_field) if f],
            more_changes=self._changes(raw) if payloads.changes_missing(raw) else None,
            more_comments=self._comments(issue_id) if payloads.comments_missing(raw) else None,
        )
        wanted = self._working(issue, applied)
        ids = [s.id for s in issue.subtasks if s.id in wanted]
        whole, offered = self._subtasks(ids) if ids else ({}, {})
        subtasks = tuple(whole.get(s.id, s) for s in issue.subtasks)
        return Snapshot(replace(issue, subtasks=subtasks), self._by_status(payloads.transitions_of(raw)), offered)

    def _get_issue(self, issue_id: str, params: Mapping[str, str]) -> dict[str, Any]:
        raw = self._wire.call("GET", f"{API}/issue/{issue_id}", params)
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
            # A stay that only the store knows yet: the ledger's turn to be written did not come, or it is gone.
            if name.startswith("subtask:") and (ledger is None or ledger.visit(visit) is None):
                found.add(ref)
        if ledger is None:
            return found
        ledger.note(applied, issue.id)
        return found | ledger.working_subtasks(issue.status)

    def _changes(self, raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The whole changelog as it was when `raw` was read: what came since is for the next look, because the
        status and the moves that `raw` holds know nothing of it."""
        embedded = (raw.get("changelog") or {}).get("histories") or []
        newest = max((int(one["id"]) for one in embedded), default=None)
        found = self._pages(f"{API}/issue/{raw['id']}/changelog", "values", {})
        return [one for one in found if newest is None or int(one["id"]) <= newest]

    def _comments(self, issue_id: str) -> list[Mapping[str, Any]]:
        return self._pages(f"{API}/issue/{issue_id}/comment", "comments", {"orderBy": "created"})

    def _pages(self, path: str, name: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        most = 0
        for _ in range(_MOST_PAGES):
            page = {**params, "startAt": str(len(found)), "maxResults": str(_PAGE)}
            answer = self._wire.call("GET", path, page)
            entries, total = answer.get(name), answer.get("total")
            if not isinstance(entries, list) or not isinstance(total, int):
                raise Unreachable("Jira's answer holds no page of what was asked for.")
            if total < most:
                break  # one was deleted meanwhile: the pages have moved under the reader
            most = total
            found += entries
            if len(found) >= total:
                return found
            if not entries:
                break
        raise Unreachable("Jira's pages do not add up to its own total.")

    def _subtasks(self, ids: list[str]) -> tuple[dict[str, Subtask], dict[str, Mapping[str, str]]]:
        """The subtasks with their own history, and the moves that Jira offers for each."""
        whole: dict[str, Subtask] = {}
        offered: dict[str, Mapping[str, str]] = {}
        for raw in self._raw_subtasks(ids, ["summary", "status", "comment"], ["changelog", "transitions"]):
            subtask_id = str(raw.get("id"))
            whole[subtask_id] = payloads.subtask_from(
                raw,
                status_name=self.status_name,
                more_changes=self._changes(raw) if payloads.changes_missing(raw) else None,
                more_comments=self._comments(subtask_id) if payloads.comments_missing(raw) else None,
            )
            offered[subtask_id] = self._by_status(payloads.transitions_of(raw))
        if not set(ids) <= set(whole):
            raise Unreachable("Jira does not show a subtask that the ticket lists.")
        return whole, offered

    def _raw_subtasks(
        self, ids: list[str], fields: list[str], expand: list[str], properties: tuple[str, ...] = ()
    ) -> list[dict[str, Any]]:
        if not self._cloud:  # Data Center has no bulkfetch
            params = {"fields": ",".join(fields), "expand": ",".join(expand), "properties": ",".join(properties)}
            return [self._get_issue(one, params) for one in ids]
        found: list[dict[str, Any]] = []
        for start in range(0, len(ids), _PAGE):
            body = {
                "issueIdsOrKeys": ids[start : start + _PAGE],
                "fields": fields,
                "expand": expand,
                "properties": list(properties),
            }
            answer = self._wire.call("POST", f"{API}/issue/bulkfetch", body=body)
            found += answer.get("issues", [])
        return found

    # -- statuses and types: names differ by site and language, ids do not

    def status_name(self, status_id: str, name: str) -> str:
        """The process file's name for a Jira status, by its id; Jira's own name where the process has none."""
        return self._names.get(status_id) or self._known_names.get(name.casefold(), name)

    def _learn_statuses(self, raw: Mapping[str, Any]) -> None:
        project = payloads.project_of(raw)
        if project is None or project in self._asked:
            return
        types = self._wire.call("GET", f"{API}/project/{project}/statuses")
        if not isinstance(types, list) or not types:
            raise Unreachable("Jira does not tell the project's statuses.")
        for issue_type in types:
            for status in issue_type.get("statuses", []):
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

    def _subtask_type(self, project: str) -> str:
        if project not in self._types:
            answer = self._wire.call("GET", f"{API}/issue/createmeta/{project}/issuetypes", {"maxResults": "200"})
            types = answer.get("issueTypes") or answer.get("values") or []
            wanted = self._office.subtask_type.casefold()
            for one in types:
                if one.get("subtask") and str(one.get("name", "")).casefold() == wanted:
                    self._types[project] = str(one["id"])
        if project not in self._types:
            raise Refused(f'Project {project} has no subtask type "{self._office.subtask_type}".')
        return self._types[project]

    # -- doing

    def create_subtasks(self, issue: Issue, items: Collection[SubtaskText]) -> Made:
        """Make all subtasks in one call, each with its mark. Raises a JiraTrouble where none was made."""
        type_id = self._subtask_type(issue.project)
        updates = [
            {
                "fields": {
                    "project": {"key": issue.project},
                    "issuetype": {"id": type_id},
                    "parent": {"id": issue.id},
                    "summary": item.summary,
                    "description": item.description,
                    "labels": list(item.labels),
                },
                "properties": [_mark([item.effect])],
            }
            for item in items
        ]
        try:
            answer = self._wire.call("POST", f"{API}/issue/bulk", body={"issueUpdates": updates})
        except Refused as refused:  # all of them, each with its own reason; or the call itself
            answer = refused.answer
            if not isinstance(answer, dict) or not isinstance(answer.get("errors"), list):
                raise
        made, errors = answer.get("issues"), answer.get("errors", [])
        if not isinstance(made, list) or len(made) + len(errors) != len(updates):
            raise Unknown("Jira's answer does not tell which subtasks it made.")
        failed = {int(e["failedElementNumber"]): e for e in errors}
        ids = [item.effect for item in items]
        good = (effect for n, effect in enumerate(ids) if n not in failed)
        result = Made({effect: str(one["id"]) for effect, one in zip(good, made, strict=True)}, {}, {})
        for n, error in failed.items():
            status = int(error.get("status") or 400)
            kind = result.later if status >= 500 or status in _NOT_FOR_GOOD else result.refused
            kind[ids[n]] = error_text(error.get("elementErrors"))
        return result

    def comment(self, issue: Issue, body: str, public: bool, effects: Collection[str]) -> str:
        """Write one comment with its mark, and return its id. An internal one that Jira made public after all
        is deleted at once; Refused then tells so."""
        self._fuse.check_comment(issue, self.bots, public)
        if not public and issue.project in self._leaking:
            raise Refused(f"Internal comments in {issue.project} came out public; none is sent until the bot restarts.")
        properties = [_mark(effects)] if public else [INTERNAL, _mark(effects)]
        sent = {"body": body, "properties": properties}
        answer = self._wire.call("POST", f"{API}/issue/{issue.id}/comment", body=sent)
        comment_id = answer.get("id")
        if not comment_id:
            raise Unknown("Jira's answer does not name the comment.")
        if not public and issue.service_desk and answer.get("jsdPublic") is True:
            self.withdraw(issue, str(comment_id))
        return str(comment_id)

    def withdraw(self, issue: Issue, comment_id: str) -> NoReturn:
        """Delete an internal comment that the customer can read. Raises Refused, whether that worked or not, so
        that it is never sent again: it was mailed already."""
        self._leaking.add(issue.project)
        try:
            self._wire.call("DELETE", f"{API}/issue/{issue.id}/comment/{comment_id}")
            became = "it was deleted"
        except Missing:
            became = "it is gone"
        except JiraTrouble as trouble:
            became = f"it could not be deleted, so a person must do it at once ({trouble})"
        LOG.critical("%s: comment %s was meant to be internal and came out public: %s", issue.key, comment_id, became)
        raise Refused(f"Jira made an internal comment public; {became}. Is the bot's account an agent?")

    def transition(self, snapshot: Snapshot, status: str) -> None:
        """Move the ticket to a status, by the transition that Jira offered."""
        self._fuse.check_move(snapshot.issue, People(snapshot.issue, self._office, self.bots))
        self._transition(snapshot.issue.id, snapshot.issue.status, snapshot.moves, status)

    def move_subtask(self, snapshot: Snapshot, subtask_id: str, status: str) -> None:
        """Move one subtask to a status."""
        shown = next((s.status for s in snapshot.issue.subtasks if s.id == subtask_id), "")
        moves = snapshot.subtask_moves.get(subtask_id)
        if moves is None:  # it was not read whole
            raw = self._get_issue(subtask_id, {"fields": "status", "expand": "transitions"})
            moves = self._by_status(payloads.transitions_of(raw))
        self._transition(subtask_id, shown, moves, status)

    def _transition(self, issue_id: str, shown: str, moves: Mapping[str, str], status: str) -> None:
        """Raises Conflict where the issue no longer stands in the status that was `shown`: somebody was faster."""
        try:
            if status not in moves:
                offered = ", ".join(sorted(moves)) or "none"
                raise Refused(f'The workflow offers no move to "{status}" from here (it offers: {offered}).')
            self._wire.call("POST", f"{API}/issue/{issue_id}/transitions", body={"transition": {"id": moves[status]}})
        except Refused:
            raw = self._get_issue(issue_id, {"fields": "status"})
            now = raw["fields"].get("status") or {}
            if self.status_name(str(now.get("id")), str(now.get("name"))) != shown:
                raise Conflict("Somebody else moved it first.") from None
            raise

    def put(
        self,
        issue_id: str,
        add_labels: Iterable[str],
        remove_labels: Iterable[str],
        fields: Mapping[str, Any],
        ledger: Mapping[str, Any] | None,
    ) -> None:
        """Set labels, fields and the ledger in one call."""
        labels = [{"add": one} for one in add_labels] + [{"remove": one} for one in remove_labels]
        body: dict[str, Any] = {}
        if labels:
            body["update"] = {"labels": labels}
        if fields:
            body["fields"] = dict(fields)
        if ledger is not None:
            body["properties"] = [{"key": PROPERTY, "value": ledger}]
        self._wire.call("PUT", f"{API}/issue/{issue_id}", body=body)

    # -- settling: what became of a call whose answer was lost

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
            value = (raw.get("properties") or {}).get(PROPERTY)
            found |= dict.fromkeys(_effects(value), str(raw["id"]))
        return found

    def _effects_on(self, path: str) -> list[str]:
        try:
            return _effects(self._wire.call("GET", path).get("value"))
        except Missing:
            return []

    # -- finding

    def search(self, jql: str) -> list[payloads.Hit]:
        """Every issue that the index shows for a query: only a hint of where to look, never what is so."""
        found: list[payloads.Hit] = []
        fields = ["parent", "issuetype", "updated"]
        body: dict[str, Any] = {"jql": jql, "fields": fields, "maxResults": _PAGE}
        tokens: set[str] = set()
        for _ in range(_MOST_PAGES):
            path = f"{API}/search/jql" if self._cloud else f"{API}/search"
            answer = self._wire.call("POST", path, body=body)
            page = answer.get("issues")
            if not isinstance(page, list):
                raise Unreachable("Jira's answer holds no search result.")
            found += map(payloads.hit_of, page)
            if self._cloud:
                token = answer.get("nextPageToken")
                if not token:
                    return found
                if token in tokens:
                    raise Unreachable("Jira's search gives the same page again and again.")
                tokens.add(token)
                body["nextPageToken"] = token
            elif page and len(found) < int(answer.get("total", 0)):
                body["startAt"] = len(found)
            else:
                return found
        raise Unreachable("Jira's search has more pages than the bot reads.")


def _mark(effects: Collection[str]) -> dict[str, Any]:
    return {"key": PROPERTY, "value": {"effects": list(effects)}}


def _effects(value: Any) -> list[str]:
    effects = value.get("effects") if isinstance(value, dict) else None
    return [str(e) for e in effects] if isinstance(effects, list) else []
