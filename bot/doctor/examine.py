"""Does the live Jira match the configuration? Asked by GET alone; each row says how it stands and how to fix it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.config.load import Config
from bot.config.settings import Settings
from bot.doctor import access, project, workflow
from bot.doctor.rows import Questions, Row, unsure
from bot.jira.call import JiraTrouble
from bot.jira.client import JiraClient
from bot.log import visible

__all__ = ["Row", "examine", "healthy", "summary", "to_json", "to_table"]

Check = tuple[str, Callable[[], Iterator[Row]]]

_STYLES = {"ok": "green", "problem": "bold red", "unsure": "yellow"}


def examine(client: JiraClient, config: Config, settings: Settings) -> list[Row]:
    """Every row, in the order in which to mend them. Raises nothing for what Jira answers or does not: a check
    that could not be made is a row, and hides no other."""
    ask = Questions(client, config, settings)
    rows: list[Row] = []
    for name, check in ((access.SITE, access.reachable), (access.ACCOUNT, access.account)):
        rows += _made((name, partial(check, ask)))
        if any(row.state != "ok" for row in rows if row.name == name):
            # Without an answer, or as a stranger, every further row would say something wrong.
            mend = f'Mend the row "{name}" first, then run this again.'
            return rows + [unsure(title, "Not asked.", mend) for title, _ in _checks(ask)]
    for one in _checks(ask):
        rows += _made(one)
    return rows


def _checks(ask: Questions) -> Iterator[Check]:
    processes = ask.config.processes
    for key in dict.fromkeys(p.project for p in processes):
        yield f"project {key}", partial(project.project, ask, key)
        yield f"rights in {key}", partial(project.rights, ask, key)
        yield f"agent seat in {key}", partial(project.agent, ask, key)
        yield f"subtasks in {key}", partial(workflow.subtasks, ask, key)
    for process in processes:
        yield f"statuses of {process.name}", partial(workflow.statuses, ask, process)
        yield f"moves of {process.name}", partial(workflow.moves, ask, process)
        yield f"edit screen of {process.name}", partial(workflow.edit_screen, ask, process)
        yield f"request type of {process.name}", partial(project.request_type, ask, process)
    yield "fields", partial(workflow.fields, ask)
    yield "people", partial(access.people, ask)


def _made(check: Check) -> Iterator[Row]:
    name, work = check
    try:
        yield from work()
    except JiraTrouble as trouble:
        yield unsure(name, f"It could not be asked: {trouble}", "Run this again; if it stays so, look it up in Jira.")


def healthy(rows: Iterable[Row]) -> bool:
    """Whether no row is a problem; the command's exit code follows it.

    Rows that are unsure do not count: on a site where no ticket is under way some always are, and an exit code
    that can never be 0 would soon be read by nobody. `summary` names their number."""
    return not any(row.state == "problem" for row in rows)


def summary(rows: Sequence[Row]) -> str:
    """The last line: how many problems, and how many rows a person must still look at."""
    problems, unsures = (sum(row.state == state for row in rows) for state in ("problem", "unsure"))
    if problems:
        return f"{_count(problems, 'problem')} to mend, {unsures} unsure, of {_count(len(rows), 'row')}."
    if unsures:
        return f"No problem found, but {_count(unsures, 'row')} could not be found out: look at them yourself."
    return f"All is well, in {_count(len(rows), 'row')}."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def to_json(rows: Sequence[Row]) -> str:
    """All rows as JSON, with whether they are healthy."""
    shown = [{"name": r.name, "state": r.state, "said": r.said, "mend": r.mend} for r in rows]
    return json.dumps({"healthy": healthy(rows), "rows": shown}, ensure_ascii=False, indent=2)


def to_table(rows: Sequence[Row], console: Console) -> None:
    """Print the rows and the last line: a table on a terminal, else one plain line a row."""
    rows = [Row(visible(r.name), r.state, visible(r.said), visible(r.mend)) for r in rows]
    if console.is_terminal:
        table = Table("", "what", "how it stands", "how to mend it", box=SIMPLE_HEAD)
        for row in rows:
            # Texts of Jira's are never markup, so none of them can colour or hide a word here.
            cells = (Text(row.state, style=_STYLES[row.state]), Text(row.name), Text(row.said), Text(row.mend))
            table.add_row(*cells)
        console.print(table, soft_wrap=False)
    else:
        for row in rows:
            mend = f" Mend: {row.mend}" if row.mend else ""
            console.print(f"{row.state:<8} {row.name}: {row.said}{mend}", markup=False, soft_wrap=True)
    console.print(summary(rows), markup=False)
