"""YAML text as plain values that remember their line, and the problems found in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from bot.core.model.spelling import nearest

Value = str | None | list["Value"] | dict[str, "Value"]
Where = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in the configuration, and where."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class ConfigError(Exception):
    """The configuration cannot be used; `problems` has every reason, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def known_hint(word: str, known: Iterable[str]) -> str:
    """The hint that ends a sentence about an unknown word: the nearest known one, else all that are known."""
    words = set(known)
    if near := nearest(word, words):
        return f' (did you mean "{near}"?)'
    return f" (known: {', '.join(sorted(words))})" if words else ""


@dataclass(frozen=True)
class Source:
    """A YAML file as read. Every scalar is text, or None if empty: what it means is the model's to say.

    `lines` has the line of every path of keys and positions; `problems` what the YAML itself has wrong; `text` is the
    file as it was read."""

    file: str
    tree: Value = None
    lines: dict[Where, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    text: str = field(default="", repr=False)

    def line(self, path: Where) -> int:
        """The line of a path, or of the nearest thing around it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Where, text: str) -> Problem:
        """A problem at a path."""
        return Problem(self.file, self.line(path), text)

    @property
    def top(self) -> Place:
        """The whole file as a place."""
        return Place(self, (), self.tree)


@dataclass(frozen=True)
class Place:
    """A value and its place in the file; asking it for what is not there gives an empty place, so that
    one check need not wait until another has passed."""

    source: Source
    path: Where
    value: Value

    def __getitem__(self, key: str) -> Place:
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        return Place(self.source, (*self.path, key), inner)

    @property
    def text(self) -> str | None:
        """The text here, None if there is none."""
        return self.value if isinstance(self.value, str) else None

    @property
    def name(self) -> str:
        """The key that this is under."""
        return str(self.path[-1]) if self.path else ""

    def entries(self) -> list[Place]:
        """What a mapping or list holds, in its order; a lone text is a list of one."""
        if isinstance(self.value, dict):
            return [self[key] for key in self.value]
        if isinstance(self.value, list):
            return [Place(self.source, (*self.path, i), v) for i, v in enumerate(self.value)]
        return [] if self.value is None else [self]

    def problem(self, text: str) -> Problem:
        """A problem at this place."""
        return self.source.problem(self.path, text)


def read_source(path: Path, shown: str) -> Source:
    """Read one YAML file; `shown` is the name that problems call it by. Never raises for what it holds."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Source(shown, problems=(Problem(shown, 1, "the file is missing"),))
    except UnicodeDecodeError:
        return Source(shown, problems=(Problem(shown, 1, "the file is not text in UTF-8"),))
    return source_of(text, shown)


def source_of(text: str, shown: str) -> Source:
    """The text of one YAML file, as if it had been read. Never raises for what it holds."""
    try:
        root = _nodes(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        return Source(shown, problems=(Problem(shown, line, f"this is not YAML: {error.problem}"),))
    except YAMLError as error:
        return Source(shown, problems=(Problem(shown, 1, f"this is not YAML: {error}"),))
    if root is None:
        return Source(shown, problems=(Problem(shown, 1, "the file is empty"),))
    reader = _Reader(shown)
    tree = reader.plain(root, ())
    return Source(shown, tree, reader.lines, tuple(reader.problems), text)


@lru_cache(maxsize=32)
def _nodes(text: str) -> Node | None:
    """The nodes of a YAML text. Kept, because of all files that are read again only one has usually changed."""
    nodes: Node | None = YAML(typ="safe", pure=True).compose(text)
    return nodes


class _Reader:
    """Turns YAML nodes into plain values, noting lines, keys that stand twice and loops."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []
        self._within: set[int] = set()

    def plain(self, node: Node, path: Where) -> Value:
        """The value of a node; what cannot be read is noted and left out."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, ScalarNode):
            return None if str(node.tag).endswith(":null") else str(node.value)
        if id(node) in self._within:
            self._note(node, "a value must not contain itself (see the * and & here)")
            return None
        self._within.add(id(node))
        value: Value
        if isinstance(node, MappingNode):
            value = self._mapping(node, path)
        else:
            value = [self.plain(item, (*path, i)) for i, item in enumerate(node.value)]
        self._within.discard(id(node))
        return value

    def _mapping(self, node: MappingNode, path: Where) -> Value:
        tree: dict[str, Value] = {}
        for key, value in node.value:
            name = str(key.value)
            if not isinstance(key, ScalarNode):
                self._note(key, "a key must be a name, not a list or mapping")
            elif name in tree:
                first = self.lines[(*path, name)]
                self._note(key, f'"{name}" is there twice; it is already on line {first}')
            else:
                self.lines[(*path, name)] = key.start_mark.line + 1
                tree[name] = self.plain(value, (*path, name))
        return tree

    def _note(self, node: Node, text: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, text))
