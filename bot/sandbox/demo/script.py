"""The scripts of the demo, one file in `stories/` for each process that has a story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent / "stories"


class NoStory(LookupError):
    """No story of that process is told; the message names those that are."""


@dataclass(frozen=True)
class Script:
    """A story: whose it is, what people do in which order, and what Jira holds at the end.

    An act is a line that leads in (`say`), or has `at` (a local moment), `by` (the last part of an account's id) and
    one deed: `open` (facts), `write` (in public), `note` (internally; `to` a branch's subtask), `set` (facts), `attach`
    (a file's name), or `finish` (a branch, `as` a status, `each` a value)."""

    process: str
    district: str
    contact: str
    acts: Sequence[Mapping[str, Any]]
    end: Mapping[str, Any]

    @property
    def start(self) -> str:
        """The local moment of the first deed."""
        return str(next(act["at"] for act in self.acts if "at" in act))


def read_script(process: str) -> Script:
    """The script of a process. Raises NoStory if it has none."""
    told = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    if process not in told:
        raise NoStory(f'There is no story of a process "{process}"; there are stories of {" and ".join(told)}.')
    return Script(process, **YAML(typ="safe").load(FOLDER / f"{process}.yaml"))
