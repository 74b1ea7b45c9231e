"""The store of the sandbox site: its issues in memory, how they are read, and what every change ends with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.clock import Clock
from bot.core.model.process import Process
from bot.sandbox import events
from bot.sandbox.accounts import DEFAULT_PEOPLE, Account
from bot.sandbox.catalogue import DEFAULT_FIELDS, PARTICIPANTS, Catalogue
from bot.sandbox.field_types import Field
from bot.sandbox.hooks import Hooks, Webhook
from bot.sandbox.limits import WriteLimits
from bot.sandbox.needs import Needs
from bot.sandbox.records import Act, ChangeItem, CommentRecord, HistoryEntry, IssueRecord, Refused
from bot.sandbox.search_index import Index
from bot.sandbox.shapes import Shapes

NOT_FOUND = "Issue does not exist or you do not have permission to see it."  # Jira's own words

Who = Account | str  # an account or its id
Which = IssueRecord | str  # an issue, its id or its key
Rule = Callable[[Act], Refused | None]


class Call(NamedTuple):
    """One REST call that was answered; `path` is the template, `account` None if it was anonymous."""

    method: str
    path: str
    account: str | None
    issue: str | None


class SiteStore:
    """What the site keeps. Safe to use from several threads; what its readers give back does not change.

    `needs` has, by the name of a process, the fields, moves and people that it needs; of several processes each has
    its project, or an issue type in the project of another."""

    def __init__(
        self,
        processes: Sequence[Process],
        clock: Clock,
        *,
        people: Sequence[Account] = DEFAULT_PEOPLE,
        fields: Sequence[Field] = DEFAULT_FIELDS,
        needs: Mapping[str, Needs] | None = None,
        search_lag: timedelta = timedelta(seconds=5),
        retry_delay: float = 5.0,
    ) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.catalogue = Catalogue(processes, fields, needs)
        brought = [person for need in (needs or {}).values() for person in need.people]
        self.people = {person.id: person for person in (*people, *brought)}
        self.hooks = Hooks(retry_delay)
        self.limits = WriteLimits(clock)
        self.index = Index(clock, self.catalogue, search_lag)
        self.calls: list[Call] = []
        self.version = 0  # counts changes, so that a page knows when to reload
        self._issues: dict[str, IssueRecord] = {}
        self.shapes = Shapes(self.catalogue, self._issues)
        self._rules: list[Rule] = []
        self._revoked: set[str] = set()
        self._last = clock.now()
        self._next_id = 10001
        self._next_key = dict.fromkeys(self.catalogue.projects, 1)

    # -- who and which ------------------------------------------------------------------------------------

    @property
    def search_lag(self) -> timedelta:
        """How long the search index lags behind; may be set at any moment."""
        return self.index.lag

    @search_lag.setter
    def search_lag(self, lag: timedelta) -> None:
        self.index.lag = lag

    def account(self, who: Who) -> Account:
        """The account itself; KeyError for an id that nobody has."""
        return self.people[who if isinstance(who, str) else who.id]

    def by_token(self, token: str, email: str | None = None) -> Account | None:
        """Who has this token (and this email, if given); None if nobody does, or if it was revoked."""
        for person in self.people.values():
            if person.token == token and person.id not in self._revoked and email in (None, person.email):
                return person
        return None

    def revoke(self, who: Who) -> None:
        """Kill the account's token: its calls are served as anonymous from now on."""
        self._revoked.add(self.account(who).id)

    def restore(self, who: Who) -> None:
        """Let a revoked token work again."""
        self._revoked.discard(self.account(who).id)

    def refuse(self, rule: Rule) -> Callable[[], None]:
        """From now on refuse each act for which `rule(act)` gives a Refused; the answer undoes that."""
        self._rules.append(rule)
        return lambda: self._rules.remove(rule)

    def calls_since(self, mark: int) -> list[Call]:
        """The REST calls after the first `mark` ones; take a mark with `len(site.calls)`."""
        return self.calls[mark:]

    def sees(self, who: Account | None, record: IssueRecord) -> bool:
        """Whether an account may see an issue: staff all, customers their own requests, strangers nothing."""
        if who is None or not who.customer:
            return who is not None
        participants = record.custom.get(PARTICIPANTS.id) or ()
        return record.parent_id is None and (record.reporter == who or who in participants)

    # -- reading ------------------------------------------------------------------------------------------

    def issue(self, which: Which) -> IssueRecord:
        """The issue as it is now; Refused (404) if there is none."""
        with self.lock:
            return self._record(which).snapshot()

    def issues(self) -> list[IssueRecord]:
        """Every ticket (no subtasks), oldest first."""
        with self.lock:
            return [r.snapshot() for r in self._issues.values() if r.parent_id is None]

    def comments(self, which: Which) -> list[CommentRecord]:
        """The issue's comments, oldest first."""
        return self.issue(which).comments

    def subtasks(self, which: Which) -> list[IssueRecord]:
        """The issue's subtasks, oldest first."""
        with self.lock:
            return [self._issues[i].snapshot() for i in self._record(which).subtask_ids]

    def labels(self, which: Which) -> list[str]:
        """The issue's labels."""
        return list(self.issue(which).labels)

    def property(self, which: Which, key: str) -> Any:
        """An entity property of the issue, None if it has none of that key."""
        return self.issue(which).properties.get(key)

    def comment_of(self, comment_id: str) -> tuple[IssueRecord, CommentRecord]:
        """A comment by its id, with its issue; Refused (404) if there is none."""
        with self.lock:
            for record in self._issues.values():
                for comment in record.comments:
                    if comment.id == comment_id:
                        return record.snapshot(), comment
        raise Refused(404, f"Can not find a comment for the id: {comment_id}.")

    def find(self, ref: str) -> IssueRecord | None:
        """The issue of that id or key (in any case), None if there is none."""
        with self.lock:
            found = self._issues.get(ref)
            same = (r for r in self._issues.values() if r.key.casefold() == ref.casefold())
            return found or next(same, None)

    def _record(self, which: Which) -> IssueRecord:
        record = self.find(which if isinstance(which, str) else which.id)
        if record is None:
            raise Refused(404, NOT_FOUND)
        return record

    # -- webhooks, and what every act ends with -------------------------------------------------------------

    def register_webhook(
        self, url: str, secret: str, events: Iterable[str], *, jql_types: str | None = None
    ) -> Webhook:
        """Send events to `url`; `jql_types` is "tickets", "subtasks" or None for both."""
        return self.hooks.register(url, secret, events, jql_types)

    def _staff(self, by: Who) -> Account:
        who = self.account(by)
        if who.customer:
            raise Refused(403, "A customer may open requests and comment on them, nothing else.")
        return who

    def _ask_rules(self, kind: str, who: Account, issue: IssueRecord | None, data: Mapping[str, Any]) -> None:
        act = Act(kind, who, issue.snapshot() if issue else None, data)
        for rule in self._rules:
            if refused := rule(act):
                raise refused

    def _moment(self) -> datetime:
        now = self.clock.now()
        # Jira knows milliseconds, and its moments never run backwards even where a clock does.
        self._last = max(self._last, now.replace(microsecond=now.microsecond // 1000 * 1000))
        return self._last

    def _id(self) -> str:
        self._next_id += 1
        return str(self._next_id - 1)

    def _changed(self, record: IssueRecord, who: Account, items: tuple[ChangeItem, ...]) -> IssueRecord:
        at = self._moment()
        entry = HistoryEntry(self._id(), who, at, items)
        record.history.append(entry)
        record.updated = at
        return self._done("jira:issue_updated", record, who, at, entry)

    def _done(
        self, event: str, record: IssueRecord, who: Account, at: datetime, entry: HistoryEntry | None
    ) -> IssueRecord:
        self.version += 1
        if event != "jira:issue_deleted":
            self.index.write(record.id, at, record)
        body = events.about_issue(self.shapes, event, record, who, at, entry)
        self.hooks.emit(event, subtask=record.parent_id is not None, issue_id=record.id, body=body)
        return record.snapshot()

    def _told(self, event: str, record: IssueRecord, comment: CommentRecord, at: datetime) -> None:
        self.version += 1
        record.updated = at
        self.index.write(record.id, at, record)
        self._emit_comment(event, record, comment, at)

    def _emit_comment(
        self, event: str, record: IssueRecord, comment: CommentRecord, at: datetime, flow: str = "Primary"
    ) -> None:
        body = events.about_comment(self.shapes, event, record, comment, at)
        subtask = record.parent_id is not None
        self.hooks.emit(event, subtask=subtask, issue_id=record.id, body=body, flow=flow)
