"""The mutations themselves: what each operator of our own makes of a line, what is left alone, and the list of those
that change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from cosmic_ray.mutating import mutate_code

from tests.mutants import mutations
from tests.mutants.equivalents import BadEntry, known, parse
from tests.mutants.mutations import modules, mutations_of, sample
from tests.mutants.operators import DropCall, DropCondition, DropOperand, DropStatement, Own, SwapMembership
from tests.mutants.trials import _Finder

WAYS: list[tuple[type[Own], str, list[str]]] = [
    (DropStatement, "f(x)", ["pass"]),
    (DropStatement, "a.b, a[c] = 1, 2", ["pass"]),
    (DropStatement, "a += 1", ["pass"]),
    (DropStatement, "a = f(x)", []),
    (DropStatement, "a: int = 1", []),
    (DropStatement, '"""Words."""', []),
    (DropCall, "f(x)", []),  # a statement, which the operator above drops
    (DropCall, "a = f(x + 1)", ["a = (x + 1)"]),
    (DropCall, "a = f(x, b=1)", ["a = x"]),
    (DropCall, "a = f(x for x in y)", ["a = (x for x in y)"]),
    (DropCall, "a = f(*x)", []),
    (DropCall, "a = Thing(x)", []),
    (DropCall, "a = max(x, y)", ["a = x", "a = y"]),
    (DropCall, 'a = b.c.strip("|")', ["a = b.c"]),
    (DropCall, "a = b.f(x)", []),
    (DropCondition, "a if b else c", ["a if (b or True) else c", "a if (b and False) else c"]),
    (DropCondition, "if a and b: pass", ["if ((a and b) or True): pass", "if ((a and b) and False): pass"]),
    (DropCondition, "while a: pass", ["while (a and False): pass"]),
    (DropCondition, "[a for a in b if a]", ["[a for a in b if (a or True)]", "[a for a in b if (a and False)]"]),
    (DropOperand, "a or b or c", ["(b or c)", "(a or c)", "(a or b)"]),
    (SwapMembership, "a in b", ["a not in b"]),
    (SwapMembership, "a not in b", ["a in b"]),
    (SwapMembership, "[a for a in b]", []),
]


@pytest.mark.parametrize(("operator", "code", "becomes"), WAYS)
def test_what_becomes_of_a_line(operator: type[Own], code: str, becomes: list[str]) -> None:
    """Every way that an operator has, in order, and no further one."""
    ways = [mutate_code(f"{code}\n", operator(), number) for number in range(len(becomes) + 1)]
    assert ways == [*(f"{one}\n" for one in becomes), None]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A module to mutate, outside the project, with a name of its own since what was read is kept."""
    monkeypatch.setattr(mutations, "ROOT", tmp_path)
    return tmp_path / f"{request.node.name}.py"


def test_decorators_and_annotations_are_left_alone(module: Path) -> None:
    """They are not what the core decides."""
    module.write_text("@made(1)\ndef f(a: Literal[2] = 3) -> Literal[4]:\n    b: Literal[5] = 6\n    return b\n")
    found = {(m.line, m.function) for m in mutations_of(module.name)}
    assert found == {(2, "f"), (3, "f")}


def test_the_statement_around_a_place(module: Path) -> None:
    """All lines of what spans several, but of what has a body the head alone."""
    module.write_text("if (\n    a\n    or b\n):\n    c = max(\n        a,\n        1,\n    )\n")
    found = {(m.family, tuple(sorted(m.lines))) for m in mutations_of(module.name)}
    assert found == {
        ("and/or", (1, 2, 3, 4)),
        ("condition", (1, 2, 3, 4)),
        ("call", (5, 6, 7, 8)),
        ("number", (5, 6, 7, 8)),
    }


def test_a_seed_draws_the_same_sample_again() -> None:
    """And each of it changes what Python reads."""
    one, again, other = (sample(9, seed, modules()[-3:]) for seed in (1, 1, 2))
    assert one == again != other
    assert all(mutation.changes_something for mutation in one)


def test_a_mutated_module_is_found_in_the_place_of_the_file() -> None:
    """Only the one; the file stays as it is."""
    mutation = sample(1, 1, modules())[0]
    finder = _Finder(mutation)
    spec = finder.find_spec(mutation.module)
    assert spec is not None
    assert spec.origin == str(mutations.ROOT / mutation.path)
    assert finder.find_spec("bot") is None


ENTRY = "bot/x.py f Operator\n- a < b\n+ a <= b\n= they are never equal,\n= whatever is asked\n"


def test_an_entry_of_the_list() -> None:
    """It is what a run prints of a survivor, and a reason."""
    (identity, reason), *more = parse(f"# a remark\n{ENTRY}\n\n")
    assert str(identity) == ENTRY.partition("\n=")[0]
    assert reason == "they are never equal, whatever is asked"
    assert not more


@pytest.mark.parametrize(
    "text", ["bot/x.py f\n- a\n+ b\n= c\n", "bot/x.py f O\n- a\n+ b\n", "bot/x.py f O\na\n= c\n", "bot/x.py f O\n= \n"]
)
def test_what_is_no_entry(text: str) -> None:
    """A reason is a must, and so is each part."""
    with pytest.raises(BadEntry):
        list(parse(text))


def test_an_entry_for_a_line_that_is_gone(tmp_path: Path) -> None:
    """What fits no line any more excuses nothing."""
    file = tmp_path / "equivalent.txt"
    file.write_text(ENTRY)
    with pytest.raises(BadEntry, match=r"bot/x\.py"):
        known(file)


def test_the_list_fits_the_code() -> None:
    """Each of its entries is a mutation of the code as it is."""
    known()
