"""What a template names and nobody will fill in: unknown words, texts of the office, and facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from jinja2 import StrictUndefined, meta, nodes

from bot.core.model.effects import Facts
from bot.core.model.process import Process
from bot.core.model.spelling import did_you_mean
from bot.words.proofread import Wanted

OFFICE, FACTS, EACH = "office", "facts", "each"

Unknown = tuple[int, str]  # a line, and what is wrong in it


class OfficeTexts:
    """The texts that bot.yaml gives, as `office.name`. One that is unset or empty is a fault as soon as it is
    used, and may be asked for with `is defined`; iterating gives the names of those that are set."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {name: text for name, text in texts.items() if text and text.strip()}

    def __getitem__(self, name: str) -> str | StrictUndefined:
        if name in self._texts:
            return self._texts[name]
        return StrictUndefined(hint=_not_given(name, self._texts))

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)


class FactTexts:
    """The facts of a ticket as text, as `facts.name`, empty where one is not set. It has no other attribute that a
    fact's name could meet; a name that is no fact is a fault as soon as it is used."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, name: str) -> str | StrictUndefined:
        if name in self._texts:
            return self._texts[name]
        return StrictUndefined(hint=f"there is no fact {name!r}{did_you_mean(name, self._texts)}")


def unknown_words(
    tree: nodes.Template, known: Facts, office: Iterable[str], process: Process, want: Wanted
) -> list[Unknown]:
    """The words, office texts and facts that a template uses and that are not there for it, or not for the district
    to read, each once with its first line."""
    lines: dict[str, int] = {}
    for node in tree.find_all(nodes.Name):
        lines.setdefault(node.name, node.lineno)
    names = {*known, OFFICE, FACTS, *([EACH] if want.each is not None else [])}
    missing = sorted(meta.find_undeclared_variables(tree) - names)
    unknown = [(lines.get(m, 0), _unknown_word(m, names)) for m in missing]
    texts: dict[str, int] = {}
    for line, message in (*_unset(tree, office), *_facts(tree, process, want)):
        texts.setdefault(message, line)
    if want.public and want.each is not None and EACH in lines and not process.facts[want.each].public:
        texts[_not_public(want.each, process)] = lines[EACH]
    return unknown + [(line, message) for message, line in texts.items()]


def _unknown_word(word: str, names: Iterable[str]) -> str:
    if word == EACH:
        return f"{EACH!r} is only for the texts of a branch with for_each"
    return f"unknown word {word!r}{did_you_mean(word, names)}"


def _unset(tree: nodes.Template, office: Iterable[str]) -> Iterator[Unknown]:
    """The texts of the office that a template needs and nobody gives.

    A text that the template asks for first, with `is defined`, is not needed."""
    given = set(office)
    asked = {_name_in(test.node, OFFICE) for test in tree.find_all(nodes.Test) if test.name == "defined"}
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        name = _name_in(node, OFFICE)
        if name and name not in given | asked:
            yield node.lineno, _not_given(name, given)


def _not_given(name: str, given: Iterable[str]) -> str:
    return f"bot.yaml gives no text {name!r} for office.{name}; add it there{did_you_mean(name, given)}"


def _facts(tree: nodes.Template, process: Process, want: Wanted) -> Iterator[Unknown]:
    """The facts that a template names, also in its conditions, and that do not exist or are not public."""
    named = 0
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        name = _name_in(node, FACTS)
        named += bool(name)
        if name and name not in process.facts:
            yield node.lineno, f"there is no fact {name!r}{did_you_mean(name, process.facts)}"
        elif name and want.public and not process.facts[name].public:
            yield node.lineno, _not_public(name, process)
    whole = [node for node in tree.find_all(nodes.Name) if node.name == FACTS]
    if len(whole) > named:
        yield (
            whole[0].lineno,
            f"{FACTS!r} is used with the name of a fact, such as facts.{next(iter(process.facts), 'name')}",
        )


def _not_public(name: str, process: Process) -> str:
    public = ", ".join(fact.name for fact in process.facts.values() if fact.public) or "none"
    return f"the fact {name!r} is not public, so the district must not read it (public: {public})"


def _name_in(node: nodes.Node, word: str) -> str:
    """`requirements`, of `office.requirements`, where the word is `office`; empty for anything else."""
    if not isinstance(node, (nodes.Getattr, nodes.Getitem)) or not isinstance(node.node, nodes.Name):
        return ""
    if node.node.name != word:
        return ""
    return str(node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", ""))
