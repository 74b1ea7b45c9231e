"""JSON that was right once, made wrong at some of its places."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.examples import examples

# `make fuzz` sets FUZZ to the number of examples of each test; without it they are few, and the same each time;
# `few` are for `make slow`, and `make test` tries a third.
_ASKED = int(os.environ.get("FUZZ", "0"))


def fuzzed(few: int) -> settings:
    """How long a test goes on: `few` examples, or as many as were asked for."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    checks += [HealthCheck.large_base_example]
    return settings(
        max_examples=_ASKED or examples(max(few // 3, 20), few),
        derandomize=not _ASKED,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=checks,
    )


DEEP: list[Any] = []
for _ in range(200):
    DEEP = [DEEP]
_TWICE = "\0twice:"  # what follows it in a name is written as that name, so that it stands there twice

# What breaks readers: other types, numbers beyond all bounds, text that is no text, names of Python's own.
ODD: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [None, True, False, 0, -1, 1.5, 10**30, -(10**400), float("nan"), float("inf"), "", " ", "10001", "x" * 5000]
        + ["\0", "\ud800", "\u202e\u2028\x1b[2J", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "-1" * 40]
        + ["2026-02-30T00:00:00.000+0000", "../../admin", "{{ 7*7 }}", "[~accountid:x]", 10**15, -(10**15), "1e999"]
        + [[], {}, [[]], [None], {"": None}, DEEP, ["a", 1, {}], {"id": []}, {"__class__": {}}, [{}] * 300]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a value but the whole."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*path, name)
        yield from places(one, (*path, name))


@st.composite
def mutated(draw: st.DrawFn, value: Any, most: int = 4) -> Any:
    """The value, wrong at one to `most` of its places: another value there, none, or its name twice."""
    found = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, most))):
        there = list(places(found))
        if not there:
            break
        *path, last = draw(st.sampled_from(there))
        at = found
        for name in path:
            at = at[name]
        match draw(st.sampled_from(["other", "other", "none", "twice"])):
            case "other":
                at[last] = copy.deepcopy(draw(ODD))
            case "none":
                del at[last]
            case "twice" if isinstance(at, dict):
                at[f"{_TWICE}{last}"] = copy.deepcopy(draw(ODD))
    return found


def written(value: Any) -> bytes:
    """The value as JSON text, with those names twice that shall be."""
    return json.dumps(value).replace(json.dumps(_TWICE)[1:-1], "").encode()
