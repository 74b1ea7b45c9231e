"""The RULEs of the design, proved on the source: who may import what, who may ask the time, and how long things are."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bot.core.model.own_templates import OwnTemplate

ROOT = Path(__file__).parents[1]
BOT = ROOT / "bot"
MODULES = sorted(BOT.rglob("*.py"))
TREES = {path: ast.parse(path.read_text("utf-8")) for path in MODULES}
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 330, 60

# What Jira calls things. The core and the bot's own modules speak of issues, comments and subtasks instead.
FIELD_NAMES = {
    "accountId",
    "accountType",
    "changelog",
    "displayName",
    "fieldId",
    "fromString",
    "histories",
    "issuetype",
    "jsdPublic",
    "statusCategory",
    "toString",
    "webhookEvent",
}


def name_of(path: Path) -> str:
    """The module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def named(path: Path) -> str:
    """How a test's failure names a module."""
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """Every module that a module imports, wherever in it."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(path)}:{node.lineno}: write the whole name of what is imported"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """The dotted text of every call, with its line."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def imported_by(*prefixes: str) -> set[str]:
    """The modules that import one of these, or something below it."""
    return {
        name_of(path)
        for path in MODULES
        for name in imports(path)
        if any(name == p or name.startswith(f"{p}.") for p in prefixes)
    }


def in_core() -> list[Path]:
    """The modules of the core."""
    return [path for path in MODULES if path.is_relative_to(BOT / "core")]


def test_the_core_imports_the_standard_library_and_itself() -> None:
    """RULE: nothing else, so that it can be tested and reasoned about alone."""
    for path in in_core():
        for name in imports(path):
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names or name.startswith("bot.core"), f"{named(path)} imports {name}"


def test_the_core_has_no_clock_no_io_no_logging() -> None:
    """RULE: `now` is an argument; what it says is in its results."""
    for path in in_core():
        forbidden = {"logging", "os", "time", "io", "random", "socket", "subprocess", "threading", "pathlib", "uuid"}
        for name in imports(path):
            assert name.partition(".")[0] not in forbidden, f"{named(path)} imports {name}"
        for call, line in calls(path):
            last = call.rpartition(".")[2]
            assert call not in {"open", "print", "input", "exec", "eval"}, f"{named(path)}:{line}: {call}"
            assert last not in {"now", "utcnow", "today"}, f"{named(path)}:{line}: {call}"


def test_only_the_clock_asks_what_time_it_is() -> None:
    """RULE: wall time comes from bot/clock.py; a stop watch (time.monotonic) may be anywhere."""
    for path in MODULES:
        if path == BOT / "clock.py":
            continue
        asks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
                "datetime.datetime.now", "time.localtime", "time.gmtime"}  # fmt: skip
        for call, line in calls(path):
            assert call not in asks, f"{named(path)}:{line} asks {call}(); ask bot/clock.py"
        assert "time.time" not in set(imports(path)), named(path)


def test_only_the_client_imports_the_library_jira() -> None:
    """RULE: the library's traps are met in one place."""
    assert imported_by("jira") == {"bot.jira.client"}


def _speaks_rest(path: Path) -> bool:
    """Whether a module is one of those that put together what is sent to Jira, or examine a site's set-up."""
    return path.parent in (BOT / "jira", BOT / "doctor")


READERS = ("payloads", "references", "json_values")


def test_only_payloads_knows_jiras_field_names() -> None:
    """RULE: what Jira calls things is read in payloads.py and references.py; what is sent to Jira names a few."""
    for path in MODULES:
        if path.is_relative_to(BOT / "sandbox") or path.stem in READERS:
            continue
        sent = {"changelog", "histories", "issuetype", "jsdPublic", "accountId"} if _speaks_rest(path) else set()
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in FIELD_NAMES - sent:
                raise AssertionError(f"{named(path)}:{node.lineno} knows the field {node.value!r}")


def test_names_of_modules() -> None:
    """No module is named like one of the standard library, and none is a drawer for everything."""
    for path in MODULES:
        if path.name == "__init__.py":
            continue
        assert path.stem not in sys.stdlib_module_names, f"{named(path)} is named like a module of the standard library"
        assert path.stem not in {"utils", "util", "helpers", "common", "misc"}, named(path)


def test_no_module_name_twice() -> None:
    """A name leads to one module, whichever room it is in; a module is not called like a room either."""
    names = sorted(path.stem for path in MODULES if path.name != "__init__.py")
    rooms = {path.parent.name for path in MODULES if path.name == "__init__.py"} - {"demo"}
    assert names == sorted(set(names))
    assert not rooms & set(names)


def test_the_root_holds_the_composition_and_the_ground_floor() -> None:
    """Everything else has a room."""
    assert {path.stem for path in BOT.glob("*.py")} == {"__init__", "__main__", "app", "clock", "log"}


def test_each_room_states_its_rule() -> None:
    """It says what belongs there."""
    for path in MODULES:
        if not (path.name == "__init__.py" and path.parent != BOT):
            continue
        assert "RULE: " in (ast.get_docstring(TREES[path]) or ""), named(path)


def test_a_module_opens_with_a_sentence() -> None:
    """It says what the module is for."""
    for path in MODULES:
        text = ast.get_docstring(TREES[path])
        assert text, f"{named(path)} has no docstring"
        assert text.splitlines()[0][-1] in ".:?", named(path)


def test_lengths() -> None:
    """What grows wants a split by meaning."""
    for path in MODULES:
        lines = path.read_text("utf-8").count("\n")
        assert lines <= MOST_LINES, f"{named(path)} has {lines} lines"
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= MOST_LINES_OF_A_FUNCTION, f"{named(path)}:{node.lineno} {node.name} has {length} lines"


_IMPORT_ALL = """
import importlib, os, sys, threading
# What the libraries ask while they are loaded is theirs; of the bot's own names none may be asked for.
OURS = ("JIRA_", "DATABASE_URL", "BOT_", "HOST", "PORT")
asked = []
class Watched(type(os.environ)):
    def __getitem__(self, name):
        asked.append(name)
        return super().__getitem__(name)
os.environ.__class__ = Watched
before = threading.active_count()
for name in sys.argv[1:]:
    importlib.import_module(name)
ours = [name for name in asked if str(name).startswith(OURS)]
assert not ours, f"importing asks the environment for {ours}"
assert threading.active_count() == before, f"importing starts {threading.enumerate()}"
"""


def test_importing_does_nothing() -> None:
    """Nothing reads its configuration or starts a thread when it is imported, so a test or a tool may import it."""
    skip = {"bot.store.migrations.env", "bot.__main__"}  # Alembic runs the first itself; the second is the program
    names = [name for path in MODULES if (name := name_of(path)) not in skip]
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, *names], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def _templates_in(path: Path) -> Iterator[tuple[str, int]]:
    """Every literal that a module gives as the template of a comment, with its line."""
    for node in ast.walk(TREES[path]):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        at = {"say": 1, "correct": 1, "_answer": 1, "PostComment": 1, "answer": 1}.get(called)
        given = [node.args[at]] if at is not None and len(node.args) > at else []
        given += [k.value for k in node.keywords if k.arg == "template"]
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value, node.lineno


def test_a_template_that_code_names_is_registered() -> None:
    """RULE: by OwnTemplate, so that `check` proves it; a bare name would be missed."""
    for path in MODULES:
        if not (path.is_relative_to(BOT / "core") or path.is_relative_to(BOT / "controller")):
            continue
        for name, line in _templates_in(path):
            raise AssertionError(f"{named(path)}:{line} names the template {name!r}; add it to OwnTemplate")


def test_every_template_file_is_named_by_code_or_process() -> None:
    """RULE: none lies there that nobody says, and none that code names is missing."""
    folder = ROOT / "templates" / "comments" / "any"
    files = {path.stem for path in folder.glob("*.j2") if not path.stem.startswith("_")}
    assert files == {template.value for template in OwnTemplate}
