"""The process files of a third field use every key of the language, and `check` takes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from bot.app import load_checked
from bot.config.load import EXAMPLE_CONFIG
from bot.config.process_schema import ProcessModel
from bot.config.source import read_source
from bot.config.values import Shape
from bot.words.files import SHIPPED_TEMPLATES
from tests.third.ways import CHANNELS, OFFICE

BOT = Path(__file__).parents[2] / "bot"
PROCESSES = sorted((OFFICE / "processes").glob("*.yaml"))


def shapes(annotation: Any) -> Iterator[type[Shape]]:
    """Every shape that a value of this type can hold, with those below it."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        yield annotation
        for field in annotation.model_fields.values():
            yield from shapes(field.annotation)
    for inner in get_args(annotation):
        yield from shapes(inner)


def used(value: Any) -> Iterator[tuple[str, str]]:
    """The keys that a file sets, as the name of the shape and of its field."""
    if isinstance(value, Shape):
        yield from ((type(value).__name__, name) for name in value.model_fields_set)
        value = [getattr(value, name) for name in value.model_fields_set]
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from used(inner)


def test_every_key_of_the_language_is_used() -> None:
    """A key that is new in the schema has to be played here, too."""
    every = {(shape.__name__, name) for shape in {*shapes(ProcessModel)} for name in shape.model_fields}
    found = {key for file in PROCESSES for key in used(ProcessModel.model_validate(read_source(file, file.name).tree))}
    assert every - found == set()
    assert len(every) > 70


def test_the_files_are_good() -> None:
    """A process needs no text that it does not name itself, but those of every process."""
    assert [process.name for process in load_checked(OFFICE, "", CHANNELS).processes] == ["badge", "library"]


def test_a_process_for_which_nobody_waits_has_no_waiting_status() -> None:
    """Only a revision that asks the district needs one."""
    badge, library = load_checked(OFFICE, "", CHANNELS).processes
    assert (badge.waiting_status, library.waiting_status) == ("", "Waiting for Colleague")


# -- the code


def words_of_processes() -> set[str]:
    """What only one of the shipped processes says: its name, its steps, their statuses, and its templates."""
    config = load_checked(EXAMPLE_CONFIG)
    found = {word for p in config.processes for s in p.steps for word in (s.name, s.title, s.status)}
    for process in config.processes:
        found |= {path.stem for path in SHIPPED_TEMPLATES.glob(f"*/{process.name}/*.j2")}
    words = {word.casefold() for word in found if "_" in word or " " in word}
    names = {name.casefold() for p in config.processes for name in (p.name, p.project)}
    return (words | names) - {"not_received"}  # this one is a key of the language, too


def test_the_code_names_nothing_of_a_process() -> None:
    """What is said and done in one process is in its files. A demo and a preview show one as a sample."""
    words = words_of_processes()
    samples = [*(BOT / "sandbox/demo").glob("*.py"), BOT / "words/preview.py", BOT / "words/proofread.py"]
    for path in sorted(set(BOT.rglob("*.py")) - set(samples)):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value.casefold() not in words, f"{path}:{node.lineno} names {node.value!r}"


def test_a_text_of_every_process_names_nothing_of_one() -> None:
    """What the bot says everywhere speaks of no tool or product; a process has its own version where it wants that."""
    for path in sorted((SHIPPED_TEMPLATES / "comments/any").glob("*.j2")):
        said = path.read_text().casefold()
        assert [word for word in ("securestor", "roster", "dde", "oregon", "vendors") if word in said] == [], path.name
