"""The mutations of the core: every place that could be mutated, a sample of these by seed, and what becomes of each."""

from __future__ import annotations

import ast
import difflib
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from parso.tree import NodeOrLeaf

from tests.mutants.operators import FAMILIES

ROOT = Path(__file__).parents[2]
CORE = ROOT / "bot" / "core"


@dataclass(frozen=True)
class Identity:
    """What a mutation is known by as long as its line stays as it is, wherever in its function that moves."""

    path: str
    function: str
    operator: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __str__(self) -> str:
        head = f"{self.path} {self.function} {self.operator}"
        return "\n".join([head, *(f"- {line}" for line in self.before), *(f"+ {line}" for line in self.after)])


@dataclass(frozen=True)
class Mutation:
    """One change to one module. `lines` are those of the statement around it, as far as that is not others' body."""

    path: str
    line: int
    column: int
    family: str
    function: str
    operator: Operator
    occurrence: int
    lines: frozenset[int]

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.path}:{self.line}"

    @property
    def operator_name(self) -> str:
        """The operator, as its class is called."""
        return type(self.operator).__name__

    @property
    def module(self) -> str:
        """The module, as it is imported."""
        return ".".join(Path(self.path).with_suffix("").parts).removesuffix(".__init__")

    @cached_property
    def code(self) -> str:
        """The whole module, mutated."""
        return mutate_code(source(self.path), self.operator, self.occurrence) or ""

    @cached_property
    def identity(self) -> Identity:
        """What the list of known equivalents calls it."""
        before, after = changed(source(self.path), self.code)
        return Identity(self.path, self.function, self.operator_name, before, after)

    @property
    def changes_something(self) -> bool:
        """Whether Python can read the module, and reads another one: parentheses alone are no mutation."""
        try:
            return ast.dump(ast.parse(self.code)) != ast.dump(ast.parse(source(self.path)))
        except SyntaxError:
            return False


@cache
def source(path: str) -> str:
    """A module's code as it is."""
    return (ROOT / path).read_text("utf-8")


def changed(before: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines that two texts do not share, without the room around them."""
    old, new = before.splitlines(), after.splitlines()
    edits = [e for e in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if e[0] != "equal"]
    gone = tuple(line.strip() for _, first, last, _, _ in edits for line in old[first:last])
    come = tuple(line.strip() for _, _, _, first, last in edits for line in new[first:last])
    return gone, come


@cache
def mutations_of(path: str) -> tuple[Mutation, ...]:
    """Every mutation of one module, in the order of its code."""
    statements = list(_statements(source(path)))
    found, counted = [], Counter[Operator]()
    for node in ast_nodes(parso.parse(source(path))):
        ours = _is_ours(node)
        for family, operators in FAMILIES.items():
            for operator in operators:
                for (line, column), _ in operator.mutation_positions(node):
                    if ours:
                        lines = _around(line, statements)
                        at = _function(node), operator, counted[operator]
                        found.append(Mutation(path, line, column, family, *at, lines))
                    counted[operator] += 1
    return tuple(sorted(found, key=lambda m: (m.line, m.column)))


def modules() -> list[str]:
    """The modules of the core."""
    return sorted(str(path.relative_to(ROOT)) for path in CORE.rglob("*.py"))


def sample(size: int, seed: int, paths: Iterable[str]) -> list[Mutation]:
    """So many mutations at random: of each place and family one at most, in the order of the code."""
    places: dict[tuple[str, int, int, str], list[Mutation]] = {}
    for path in paths:
        for mutation in mutations_of(path):
            places.setdefault((path, mutation.line, mutation.column, mutation.family), []).append(mutation)
    dice = random.Random(seed)
    order = list(places.values())
    dice.shuffle(order)
    chosen = (mutation for mutation in map(dice.choice, order) if mutation.changes_something)
    return sorted(islice(chosen, size), key=lambda m: (m.path, m.line, m.column))


def _is_ours(node: NodeOrLeaf) -> bool:
    """Whether a node is code that runs for its own sake: no decorator, no annotation."""
    while node.parent is not None:
        parent = node.parent
        if parent.type == "decorator" or (parent.type == "funcdef" and node is parent.annotation):
            return False
        if parent.type in ("annassign", "tfpdef") and node is parent.children[parent.children.index(":") + 1]:
            return False
        node = parent
    return True


def _function(node: NodeOrLeaf) -> str:
    """The dotted name of the function or class around a node."""
    names = []
    while node is not None:
        if node.type in ("funcdef", "classdef"):
            names.append(node.name.value)
        node = node.parent
    return ".".join(reversed(names)) or "<module>"


def _statements(code: str) -> Iterator[tuple[int, int, int]]:
    """The first and the last line of each statement, and the last of its head."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.stmt):
            last = node.end_lineno or node.lineno
            body = getattr(node, "body", None)
            yield node.lineno, last, max(node.lineno, body[0].lineno - 1) if body else last


def _around(line: int, statements: list[tuple[int, int, int]]) -> frozenset[int]:
    """The lines of the innermost statement around a line; of one with a body only the head, if the line is in it."""
    first, last, head = min((s for s in statements if s[0] <= line <= s[1]), key=lambda s: s[1] - s[0])
    return frozenset(range(first, (head if line <= head else last) + 1))
