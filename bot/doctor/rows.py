"""A row of the doctor's findings, and how the doctor asks Jira: only by GET, each question once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, Literal, ParamSpec

from bot.config.load import Config
from bot.config.settings import Settings
from bot.jira.call import JiraTrouble
from bot.jira.client import JiraClient

P = ParamSpec("P")
State = Literal["ok", "problem", "unsure"]


@dataclass(frozen=True)
class Row:
    """One thing that was checked: its name, its state, what was found, and how to fix it (where it is not ok).
    `unsure` is what this account cannot read: a person must check."""

    name: str
    state: State
    said: str
    fix: str = ""


def ok(name: str, said: str) -> Row:
    """A row that is fine."""
    return Row(name, "ok", said)


def problem(name: str, said: str, fix: str) -> Row:
    """A row for what stops the bot, or will."""
    return Row(name, "problem", said, fix)


def unsure(name: str, said: str, fix: str) -> Row:
    """A row for what could not be determined."""
    return Row(name, "unsure", said, fix)


class Questions:
    """Questions to one Jira. Answers are kept, and so are errors: what several checks need is asked for once."""

    def __init__(self, client: JiraClient, config: Config, settings: Settings) -> None:
        self._client, self.config, self.settings = client, config, settings
        self._answers: dict[tuple[object, ...], Any] = {}

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The answer to a GET that the library has no method for. Raises the JiraTrouble that came of it."""
        question = path, *sorted((params or {}).items())
        return self._kept(question, lambda: self._client.call("GET", path, params))

    def once(self, method: Callable[Concatenate[JiraClient, P], Any], *args: P.args, **kwargs: P.kwargs) -> Any:
        """The answer to a reading method of the client. Raises the JiraTrouble that came of it."""
        question = method, *args, *sorted(kwargs.items())
        return self._kept(question, lambda: method(self._client, *args, **kwargs))

    def _kept(self, question: tuple[object, ...], call: Callable[[], Any]) -> Any:
        if question not in self._answers:
            try:
                self._answers[question] = call()
            except JiraTrouble as trouble:
                self._answers[question] = trouble
        answer = self._answers[question]
        if isinstance(answer, JiraTrouble):
            raise answer
        return answer


def listed(answer: Any, *names: str) -> list[Mapping[str, Any]]:
    """The objects in a list, or in the list under the first of `names` that is there; anything else is left out."""
    if isinstance(answer, Mapping):
        answer = next((answer[name] for name in names if name in answer), [])
    return [one for one in answer if isinstance(one, Mapping)] if isinstance(answer, list) else []


def whole(answer: Any) -> Mapping[str, Any]:
    """The answer where it is an object, else an empty object."""
    return answer if isinstance(answer, Mapping) else {}


def inside(answer: Any, name: str) -> Mapping[str, Any]:
    """The object under `name`, an empty one where there is none."""
    return whole(whole(answer).get(name))


def quoted(name: str) -> str:
    """A name as a quoted string in JQL."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
