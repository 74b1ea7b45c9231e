"""The search index of the sandbox: it lags behind what the issues hold, and pages by token."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.sandbox import jql_reader
from bot.sandbox.catalogue import Catalogue
from bot.sandbox.records import IssueRecord, Refused
from bot.sandbox.shapes import CATEGORIES

DEFAULT_PAGE, LONGEST_PAGE = 50, 5000


@dataclass(frozen=True)
class Page:
    """One page of a search; `token` leads to the next one, None on the last."""

    issues: tuple[IssueRecord, ...]
    token: str | None


class Index:
    """Versions of each issue with the moment they were written; a search sees those that are `lag` old.

    `fat_page`: a search for more than ids gets at most so many issues a page, whatever it asks for, as Jira
    may do. Not thread-safe: the site calls it under its lock."""

    def __init__(self, clock: Clock, catalogue: Catalogue, lag: timedelta) -> None:
        self.lag = lag
        self.fat_page = 100
        self._clock = clock
        self._catalogue = catalogue
        self._versions: dict[str, list[tuple[datetime, IssueRecord | None]]] = {}
        self._rest: dict[str, tuple[str, tuple[str, ...]]] = {}

    def write(self, issue_id: str, at: datetime, record: IssueRecord | None) -> None:
        """Note a version of an issue, None if it was deleted."""
        seen = self._clock.now() - self.lag
        versions = self._versions.setdefault(issue_id, [])
        old = [v for v in versions if v[0] <= seen]
        self._versions[issue_id] = [
            *old[-1:],
            *versions[len(old) :],
            (at, record.snapshot() if record else None),
        ]

    def _visible(self) -> dict[str, IssueRecord]:
        seen = self._clock.now() - self.lag
        visible = {}
        for issue_id, versions in self._versions.items():
            old = [record for at, record in versions if at <= seen]
            if old and old[-1] is not None:
                visible[issue_id] = old[-1]
        return visible

    def search(
        self,
        text: Any,
        *,
        most: Any,
        token: str | None,
        fat: bool,
        allowed: Callable[[IssueRecord], bool],
        lenient: bool,
    ) -> Page:
        """One page of the issues that match the JQL in `text` and that the caller may see (`allowed`).

        `fat` means that more than ids is wanted. With `lenient` (an anonymous caller) a value that does not
        exist finds nothing; else it is refused, as is everything else that Jira answers with 400."""
        size = _size(most)
        visible = self._visible()
        if token is None:
            query = jql_reader.parse(text if isinstance(text, str) else "")
            if not lenient:
                jql_reader.check_values(query, self._known)
            ids = self._ids(query, [r for r in visible.values() if allowed(r)])
        else:
            jql_of_token, ids = self._rest.get(token, ("", ()))
            if not ids or jql_of_token != text:
                raise Refused(400, "The provided next page token is invalid or expired.")
        size = min(size, self.fat_page) if fat else size
        rest = ids[size:]
        following = uuid.uuid4().hex if rest else None
        if following:
            self._rest[following] = (str(text), rest)
        return Page(tuple(visible[i] for i in ids[:size] if i in visible), following)

    def _ids(self, query: jql_reader.Query, records: Sequence[IssueRecord]) -> tuple[str, ...]:
        facts = {r.id: self._facts(r) for r in records}
        hits = [i for i, f in facts.items() if all(c.allows(f) for c in query.clauses)]
        hits.sort(key=int, reverse=True)  # Jira's order where none is asked for: newest first
        for field, descending in reversed(query.order):
            hits.sort(key=lambda i: facts[i].order[field], reverse=descending)
        return tuple(hits)

    def _facts(self, record: IssueRecord) -> jql_reader.Facts:
        project = self._catalogue.projects[record.project]
        status = self._catalogue.statuses[record.status]
        number, title, _ = CATEGORIES[status.category]
        parent = self._versions.get(record.parent_id or "", [])
        parent_keys = [version.key for _, version in parent if version]
        words = {
            "project": (project.id, project.key, project.name),
            "status": (status.id, status.name),
            "statuscategory": (status.category, title, str(number)),
            "labels": record.labels,
            "issuetype": (self._catalogue.types[record.type].id, record.type),
            "parent": (record.parent_id or "", *parent_keys) if record.parent_id else (),
            "key": (record.key, record.id),
            "id": (record.key, record.id),
        }
        moments = {"updated": record.updated, "created": record.created}
        order = {"id": int(record.id), "key": int(record.key.rpartition("-")[2]), "status": int(status.id)}
        return jql_reader.Facts(
            {name: frozenset(v.casefold() for v in values) for name, values in words.items()},
            moments,
            {**order, **moments, "summary": record.summary.casefold()},
        )

    def _known(self, field: str, value: str) -> bool:
        wanted = value.casefold()
        if field == "labels":
            return True
        if field in ("key", "id", "parent"):
            newest = [v[-1][1] for v in self._versions.values()]
            return any(wanted in (r.id, r.key.casefold()) for r in newest if r)
        names: dict[str, list[tuple[str, ...]]] = {
            "project": [(p.id, p.key, p.name) for p in self._catalogue.projects.values()],
            "status": [(s.id, s.name) for s in self._catalogue.statuses.values()],
            "statuscategory": [(key, c[1], str(c[0])) for key, c in CATEGORIES.items()],
            "issuetype": [(t.id, t.name) for t in self._catalogue.types.values()],
        }
        return any(wanted == word.casefold() for words in names[field] for word in words)


def _size(most: Any) -> int:
    if most is None:
        return DEFAULT_PAGE
    if isinstance(most, bool) or not str(most).isdigit() or not 1 <= int(most) <= LONGEST_PAGE:
        raise Refused(400, f"maxResults must be between 1 and {LONGEST_PAGE}.")
    return int(most)
