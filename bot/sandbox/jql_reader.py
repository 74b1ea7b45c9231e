"""The part of JQL that the sandbox understands: restrictions joined by AND, then ORDER BY."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.sandbox.records import Refused
from bot.sandbox.shapes import ZONE

TOKEN = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|!=|>=|<=|[=<>(),]|[^\s=<>!(),"']+)""")
EQUALITY = ("=", "!=", "in", "not in")
ORDERED = ("=", ">=", "<=", ">", "<")
SORTABLE = ("created", "id", "key", "status", "updated", "summary")
MOST_ORDER_FIELDS = 7
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."  # Jira's own


@dataclass(frozen=True)
class Facts:
    """What the index knows of one issue: per field the words that mean it (casefolded), and its moments."""

    words: Mapping[str, frozenset[str]]
    moments: Mapping[str, datetime]
    order: Mapping[str, str | int | datetime]


@dataclass(frozen=True)
class Clause:
    """One restriction."""

    field: str
    operator: str
    values: tuple[str, ...]

    def allows(self, facts: Facts) -> bool:
        """Whether an issue passes it. As in Jira, an issue without the field passes no != and no NOT IN."""
        if self.field in facts.moments:
            return self._compares(facts.moments[self.field], as_moment(self.values[0]))
        own = facts.words[self.field]
        hit = any(value.casefold() in own for value in self.values)
        return hit if self.operator in ("=", "in") else bool(own) and not hit

    def _compares(self, own: datetime, other: datetime) -> bool:
        results = {"=": own == other, ">=": own >= other, "<=": own <= other, ">": own > other}
        return results.get(self.operator, own < other)


@dataclass(frozen=True)
class Query:
    """A whole query; `order` holds (field, descending)."""

    clauses: tuple[Clause, ...]
    order: tuple[tuple[str, bool], ...]


WORD_FIELDS = ("project", "status", "statuscategory", "labels", "issuetype", "type", "parent", "key", "id")
MOMENT_FIELDS = ("updated", "created")


def parse(text: str) -> Query:
    """Read a query; Refused (400) with a clear message where the sandbox does not understand it."""
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while text[position:].strip():
        found = TOKEN.match(text, position)
        if not found:
            raise _wrong(f"the character '{text[position:].strip()[0]}' was not expected")
        tokens.append(found.group(1))
        position = found.end()
    return tokens


def _wrong(what: str) -> Refused:
    return Refused(400, f"Error in the JQL Query: {what}.")


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        clauses = []
        if self._peek() and self._peek() != "order":
            clauses.append(self._clause())
            while self._peek() == "and":
                self._next("AND")
                clauses.append(self._clause())
        order = self._order()
        if self._peek():
            raise _wrong(f"'{self._tokens[self._at]}' was not expected; the sandbox joins by AND only")
        if not clauses:
            raise Refused(400, UNBOUNDED)
        return Query(tuple(clauses), order)

    def _peek(self) -> str:
        return self._tokens[self._at].casefold() if self._at < len(self._tokens) else ""

    def _next(self, what: str) -> str:
        if self._at >= len(self._tokens):
            raise _wrong(f"the query ends where {what} was expected")
        self._at += 1
        return self._tokens[self._at - 1]

    def _clause(self) -> Clause:
        field = self._next("a field").strip("\"'").casefold()
        if field not in WORD_FIELDS + MOMENT_FIELDS:
            raise _wrong(f"Field '{field}' does not exist or the sandbox cannot search by it")
        operator = self._next("an operator").casefold()
        if operator == "not":
            operator = f"not {self._next('IN').casefold()}"
        allowed = ORDERED if field in MOMENT_FIELDS else EQUALITY
        if operator not in allowed:
            raise _wrong(f"the operator '{operator}' cannot be used with the field '{field}'")
        values = self._list() if operator.endswith("in") else (self._value(),)
        if field in MOMENT_FIELDS:
            as_moment(values[0])
        return Clause("issuetype" if field == "type" else field, operator, values)

    def _list(self) -> tuple[str, ...]:
        if self._next("(") != "(":
            raise _wrong("a list in parentheses was expected after IN")
        values = [self._value()]
        while (token := self._next("a comma or )")) == ",":
            values.append(self._value())
        if token != ")":
            raise _wrong(f"'{token}' was not expected in a list")
        return tuple(values)

    def _value(self) -> str:
        token = self._next("a value")
        if token in "(),=<>":
            raise _wrong(f"a value was expected, not '{token}'")
        if token[0] in "\"'":
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        return token

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if self._peek() != "order":
            return ()
        self._next("ORDER")
        if self._next("BY").casefold() != "by":
            raise _wrong("BY was expected after ORDER")
        fields = [self._order_field()]
        while self._peek() == ",":
            self._next(",")
            fields.append(self._order_field())
        if len(fields) > MOST_ORDER_FIELDS:
            raise _wrong(f"at most {MOST_ORDER_FIELDS} fields may be ordered by")
        return tuple(fields)

    def _order_field(self) -> tuple[str, bool]:
        field = self._next("a field").casefold()
        if field not in SORTABLE:
            raise _wrong(f"the sandbox cannot order by '{field}'")
        direction = self._next("ASC or DESC").casefold() if self._peek() in ("asc", "desc") else "asc"
        return field, direction == "desc"


def as_moment(text: str) -> datetime:
    """A moment in JQL: milliseconds since the epoch, or a date (and minute) in the user's time zone."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=ZONE).astimezone(UTC)
        except ValueError:
            continue
    raise _wrong(f"'{text}' is no date; use yyyy-MM-dd HH:mm or milliseconds since the epoch")


def check_values(query: Query, known: Callable[[str, str], bool]) -> None:
    """Refused (400) if a value of the query does not exist on the site, as `known(field, value)` says."""
    for clause in query.clauses:
        for value in clause.values:
            if clause.field not in MOMENT_FIELDS and not known(clause.field, value):
                raise Refused(400, f"The value '{value}' does not exist for the field '{clause.field}'.")
