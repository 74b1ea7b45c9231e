"""What may be changed in a line of code: operators of Cosmic Ray's, and a few of our own where it has none.

Each family is one kind of mistake that somebody could make. A place in the code belongs to a family once, however many
ways there are to change it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import parso.python.tree as tree
from cosmic_ray import plugins
from cosmic_ray.operators.operator import Operator
from parso.tree import NodeOrLeaf

Span = tuple[tuple[int, int], tuple[int, int]]
AUGMENTED = ("+=", "-=", "*=", "/=", "//=", "%=", "|=", "&=", "^=", ">>=", "<<=", "**=", "@=")


def written(text: str, instead_of: NodeOrLeaf) -> NodeOrLeaf:
    """A node that is written as `text`, in the place of another."""
    return tree.Name(text, instead_of.start_pos, instead_of.get_first_leaf().prefix)


def alone(node: NodeOrLeaf) -> str:
    """A node's code, with parentheses where it would not hold together without them."""
    code: str = node.get_code(include_prefix=False)
    return code if node.type in ("name", "number", "string", "atom", "atom_expr") else f"({code})"


class Own(Operator):  # type: ignore[misc]
    """An operator that says for a node what may stand in its place: a child of it, or itself, and its new text."""

    @abstractmethod
    def changes(self, node: NodeOrLeaf) -> Iterator[tuple[NodeOrLeaf, str]]:
        """Each way to change the node: which part of it, and what is written instead."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        """Where the node can be changed, once for each way."""
        return ((part.start_pos, part.end_pos) for part, _ in self.changes(node))

    def mutate(self, node: Any, index: int) -> NodeOrLeaf:
        """The node, changed in one of the ways."""
        part, text = list(self.changes(node))[index]
        if part is node:
            return written(text, part)
        node.children[node.children.index(part)] = written(text, part)
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """The tests of this folder hold the examples."""
        return ()


class DropStatement(Own):
    """`f(x)`, `yield x`, `a.b = x`, `a[b] = x` and `a += x` become `pass`: a step is forgotten."""

    def changes(self, node: NodeOrLeaf) -> Iterator[tuple[NodeOrLeaf, str]]:
        """Statements that do something to what others see, or to a name that is there already."""
        if node.parent is not None and node.parent.type == "simple_stmt" and _does_something(node):
            yield node, "pass"


class DropCall(Own):
    """`f(x)` becomes `x`, `f(x, a=1)` too, `x.f()` becomes `x`, and `max(a, b)` one of the two."""

    def changes(self, node: NodeOrLeaf) -> Iterator[tuple[NodeOrLeaf, str]]:
        """Calls that what they are given might well stand for. What makes an object of a class is not one."""
        if not _is_call(node) or node.parent.type in ("simple_stmt", "decorator"):
            return
        *called, last = node.children
        given = _arguments(last)
        plain = [one for one in given if one.type != "argument" or one.children[-1].type.endswith("comp_for")]
        if len(called) == 1 and called[0].type == "name" and not called[0].value[:1].isupper():
            if len(plain) == 1 and not any(one.children[0].value in ("*", "**") for one in given if one not in plain):
                yield node, alone(plain[0])
            elif called[0].value in ("min", "max") and len(plain) > 1:
                yield from ((node, alone(one)) for one in plain)
        elif _is_attribute(called[-1]) and all(one.type in ("string", "number") for one in given):
            yield node, "".join(part.get_code(include_prefix=part is not called[0]) for part in called[:-1])


class DropCondition(Own):
    """The condition of `if`, `elif`, `while`, `a if b else c` and of a comprehension always holds, or never.

    It is asked all the same, since its answer may be given a name on the way. `while` never holds: what never ends
    would only be noticed."""

    def changes(self, node: NodeOrLeaf) -> Iterator[tuple[NodeOrLeaf, str]]:
        """The condition, which follows its keyword."""
        if node.type not in ("if_stmt", "while_stmt", "test", "comp_if"):
            return
        for word, asked in zip(node.children, node.children[1:], strict=False):
            if word.type == "keyword" and word.value in ("if", "elif", "while"):
                code = alone(asked)
                if word.value != "while":
                    yield asked, f"({code} or True)"
                yield asked, f"({code} and False)"


class DropOperand(Own):
    """`a and b` becomes `a`, or `b`; so does `a or b`."""

    def changes(self, node: NodeOrLeaf) -> Iterator[tuple[NodeOrLeaf, str]]:
        """One operand less, whichever."""
        if node.type in ("and_test", "or_test"):
            operands, word = node.children[::2], node.children[1].value
            for left_out in operands:
                kept = [one.get_code(include_prefix=False) for one in operands if one is not left_out]
                yield node, f"({f' {word} '.join(kept)})"


class SwapMembership(Own):
    """`in` becomes `not in`, and the other way around."""

    def changes(self, node: NodeOrLeaf) -> Iterator[tuple[NodeOrLeaf, str]]:
        """Cosmic Ray leaves this comparison alone."""
        if node.type == "comparison":
            for word in node.children[1::2]:
                said = " ".join(word.get_code(include_prefix=False).split())
                if said in ("in", "not in"):
                    yield word, "in" if said == "not in" else "not in"


def _is_call(node: NodeOrLeaf) -> bool:
    last = node.children[-1] if node.type == "atom_expr" else None
    return last is not None and last.type == "trailer" and last.children[0].value == "("


def _is_attribute(node: NodeOrLeaf) -> bool:
    return node.type == "trailer" and node.children[0].value == "."


def _arguments(trailer: NodeOrLeaf) -> list[NodeOrLeaf]:
    inside = trailer.children[1:-1]
    if inside and inside[0].type == "arglist":
        return [one for one in inside[0].children if one.type != "operator"]
    return list(inside)


def _does_something(node: NodeOrLeaf) -> bool:
    if node.type != "expr_stmt":
        return _is_call(node) or node.type == "yield_expr"
    target, sign = node.children[:2]
    if sign.type == "operator" and sign.value in AUGMENTED:
        return True
    if sign.type != "operator":
        return False  # `a: int = 1`
    targets = target.children[::2] if target.type == "testlist_star_expr" else [target]
    return all(one.type == "atom_expr" for one in targets)


def _cosmic(*names: str) -> list[Operator]:
    return [plugins.get_operator(f"core/{name}")() for name in names]


_COMPARISONS = "Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is".split()

FAMILIES: dict[str, list[Operator]] = {
    "comparison": [*_cosmic(*(f"ReplaceComparisonOperator_{name}" for name in _COMPARISONS)), SwapMembership()],
    "and/or": [*_cosmic("ReplaceAndWithOr", "ReplaceOrWithAnd"), DropOperand()],
    "not": _cosmic("ReplaceUnaryOperator_Delete_Not"),
    "condition": [DropCondition()],
    "statement": [DropStatement()],
    "call": [DropCall()],
    "number": _cosmic("NumberReplacer", "ReplaceUnaryOperator_Delete_USub"),
    "boolean": _cosmic("ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    "loop": _cosmic("ZeroIterationForLoop", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak"),
}
