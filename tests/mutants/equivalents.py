"""The mutations that are known to change nothing, each with the reason: `equivalent.txt`.

An entry is what a run prints for a mutation that survived, and below it the reason:

    bot/core/some/module.py Class.method Operator
    - the line as it is
    + the line as it becomes
    = why nobody can tell the two apart

Entries are apart by an empty line; what begins with # is a remark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.mutants.mutations import ROOT, Identity, mutations_of

FILE = Path(__file__).with_name("equivalent.txt")


class BadEntry(Exception):
    """An entry that cannot be read, or that says nothing of the code as it is."""


def parse(text: str) -> Iterator[tuple[Identity, str]]:
    """Each entry with its reason."""
    without_remarks = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for entry in without_remarks.split("\n\n"):
        lines = entry.strip().splitlines()
        if lines:
            marks = {mark: [line[2:].strip() for line in lines[1:] if line[:2] == f"{mark} "] for mark in "-+="}
            head = lines[0].split()
            if len(head) != 3 or sum(map(len, marks.values())) != len(lines) - 1 or not all(marks["="] or [""]):
                raise BadEntry(f"This is no entry:\n{entry}")
            if not marks["="]:
                raise BadEntry(f"An entry needs a reason, in a line that begins with '= ':\n{entry}")
            path, function, operator = head
            yield Identity(path, function, operator, tuple(marks["-"]), tuple(marks["+"])), " ".join(marks["="])


def known(file: Path = FILE) -> dict[Identity, str]:
    """The reasons by what they are for. An entry that fits no mutation any more is an error."""
    entries = dict(parse(file.read_text("utf-8")))
    gone = [entry for entry in entries if not _is_there(entry)]
    if gone:
        raise BadEntry("No mutation of the code as it is fits these entries:\n\n" + "\n\n".join(map(str, gone)))
    return entries


def _is_there(entry: Identity) -> bool:
    return (ROOT / entry.path).is_file() and any(
        mutation.identity == entry
        for mutation in mutations_of(entry.path)
        if mutation.function == entry.function and mutation.operator_name == entry.operator
    )
