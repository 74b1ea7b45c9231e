"""All that the bot does in Jira: GatewayReader reads; Gateway creates, comments, moves and edits, within the fuse."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from bot.core.model.issue import Issue
from bot.core.model.ledger import PROPERTY
from bot.core.model.process import Office
from bot.core.model.roles import People
from bot.jira import payloads
from bot.jira.call import (
    Conflict,
    JiraTrouble,
    Missing,
    Refused,
    Unknown,
    error_text,
)
from bot.jira.client import API, JiraClient
from bot.jira.fuse import Fuse
from bot.jira.json_values import as_list, as_object
from bot.jira.reader import GatewayReader, Snapshot

LOG = logging.getLogger(__name__)

INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
MOST_SUBTASKS = 50  # Jira's limit for one bulk create
_NOT_FOR_GOOD = frozenset({401, 404, 408, 409, 425, 429})  # of one element of a bulk call; 5xx too


@dataclass(frozen=True)
class SubtaskText:
    """The texts and fields of one subtask to create."""

    effect: str
    summary: str
    description: str
    labels: tuple[str, ...]
    assignee: str | None = None
    component: str | None = None


@dataclass(frozen=True)
class Made:
    """The outcome of a bulk create by effect id: the ids of the subtasks made, the reasons of those that Jira refused
    for good, and the reasons of those that it could not create right now."""

    refs: dict[str, str]
    refused: dict[str, str]
    later: dict[str, str]


class Gateway(GatewayReader):
    """Jira, as the bot uses it. It makes no decisions: it reads, and does what the controller asks. Thread-safe."""

    def __init__(
        self,
        client: JiraClient,
        office: Office,
        cloud: bool,
        fuse: Fuse,
        statuses: Iterable[str],
        offices: Mapping[tuple[str, str], Office] = {},
    ) -> None:
        super().__init__(client, office, cloud, statuses, offices)
        self._fuse = fuse

    def _subtask_type(self, project: str) -> str:
        if project not in self._subtask_types:
            self._learn_project(project)
        if project not in self._subtask_types:
            raise Refused(f'Project {project} has no subtask type "{self._office.subtask_type}".')
        return self._subtask_types[project]

    def create_subtasks(self, issue: Issue, items: Collection[SubtaskText]) -> Made:
        """Create at most MOST_SUBTASKS subtasks in one call, each with its mark, and return the outcome of each.
        Raises a JiraTrouble where the call failed as a whole."""
        type_id = self._subtask_type(issue.project)
        updates: list[dict[str, Any]] = [
            {
                "fields": {
                    "project": {"key": issue.project},
                    "issuetype": {"id": type_id},
                    "parent": {"id": issue.id},
                    "summary": item.summary,
                    "description": item.description,
                    "labels": list(item.labels),
                    **self._for_whom(item),
                },
                "properties": [_mark([item.effect])],
            }
            for item in items
        ]
        try:
            answer = self._jira.call("POST", f"{API}/issue/bulk", body={"issueUpdates": updates})
        except Refused as refused:  # either each for its own reason, or the call itself
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
        """Write one comment with its mark, and return its id. Raises a JiraTrouble; Refused also where Jira made an
        internal comment public, which is then deleted at once."""
        self._fuse.check_comment(issue, self.bots, public)
        properties = [_mark(effects)] if public else [INTERNAL, _mark(effects)]
        sent = {"body": body, "properties": properties}
        answer = self._jira.call("POST", f"{API}/issue/{issue.id}/comment", body=sent)
        comment_id = answer.get("id")
        if not comment_id:
            raise Unknown("Jira's answer does not name the comment.")
        if not public and issue.service_desk and answer.get("jsdPublic") is True:
            self.withdraw(issue, str(comment_id))
        return str(comment_id)

    def withdraw(self, issue: Issue, comment_id: str) -> NoReturn:
        """Delete an internal comment that the customer can read. Raises Refused in any case, so that it is never
        sent again: it was emailed already."""
        try:
            self._fuse.note_leak(issue)
        finally:  # even if the database is down
            became = self._delete(issue, comment_id)
        raise Refused(f"Jira made an internal comment public; {became}. Is the bot's account an agent?")

    def _delete(self, issue: Issue, comment_id: str) -> str:
        """Delete a comment that came out public, and return what became of it, for a sentence."""
        try:
            self._jira.call("DELETE", f"{API}/issue/{issue.id}/comment/{comment_id}")
            became = "it was deleted"
        except Missing:
            became = "it is gone"
        except JiraTrouble as trouble:
            became = f"it could not be deleted, so a person must do it at once ({trouble})"
        LOG.critical("%s: comment %s was meant to be internal and came out public: %s", issue.key, comment_id, became)
        return became

    def _for_whom(self, item: SubtaskText) -> dict[str, Any]:
        """The assignee and component fields of a new subtask, where it has them; Data Center takes a user name."""
        fields: dict[str, Any] = {}
        if item.assignee:
            fields["assignee"] = {"accountId" if self._cloud else "name": item.assignee}
        if item.component:
            fields["components"] = [{"name": item.component}]
        return fields

    def transition(self, snapshot: Snapshot, status: str, resolution: str | None = None) -> None:
        """Move the ticket to a status by the transition that Jira offered, with a resolution where the transition's
        screen has that field. Raises a JiraTrouble; Conflict where somebody else moved the ticket first."""
        issue = snapshot.issue
        self._fuse.check_move(issue, People(issue, self.office_of(issue.project, issue.type), self.bots))
        fields = {}
        if (
            resolution is not None
            and status in snapshot.moves
            and self._asks_resolution(issue.id, snapshot.moves[status])
        ):
            fields["resolution"] = {"name": resolution}
        self._transition(issue.id, issue.status, snapshot.moves, status, fields)

    def _asks_resolution(self, issue_id: str, transition_id: str) -> bool:
        offered = map(as_object, as_list(self._jira.transitions(issue_id, transition_id, "transitions.fields")))
        return any(
            "resolution" in as_object(one.get("fields")) for one in offered if str(one.get("id")) == transition_id
        )

    def move_subtask(self, snapshot: Snapshot, subtask_id: str, status: str) -> None:
        """Move one subtask to a status. Raises like `transition`."""
        shown = next((s.status for s in snapshot.issue.subtasks if s.id == subtask_id), "")
        moves = snapshot.subtask_moves.get(subtask_id)
        if moves is None:  # not read in full
            raw = self._get_issue(subtask_id, {"fields": "status", "expand": "transitions"})
            moves = self._by_status(payloads.transitions_of(raw))
        self._transition(subtask_id, shown, moves, status)

    def _transition(
        self,
        issue_id: str,
        shown: str,
        moves: Mapping[str, str],
        status: str,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises Conflict where the issue is no longer in the status `shown`: somebody else was faster."""
        try:
            if status not in moves:
                offered = ", ".join(sorted(moves)) or "none"
                raise Refused(f'The workflow offers no move to "{status}" from here (it offers: {offered}).')
            self._jira.transition(issue_id, moves[status], fields or {})
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
        """Set labels, fields and the ledger in one call. Raises a JiraTrouble."""
        labels = [{"add": one} for one in add_labels] + [{"remove": one} for one in remove_labels]
        # Jira requires "fields" or "update" in every edit, even where only a property is written.
        body: dict[str, Any] = {"fields": dict(fields)}
        if labels:
            body["update"] = {"labels": labels}
        if ledger is not None:
            body["properties"] = [{"key": PROPERTY, "value": ledger}]
        self._jira.call("PUT", f"{API}/issue/{issue_id}", body=body)


def _mark(effects: Collection[str]) -> dict[str, Any]:
    return {"key": PROPERTY, "value": {"effects": list(effects)}}
