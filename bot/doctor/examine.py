"""Does the live Jira match the configuration? Uses only GET requests; each row has a finding and how to fix it."""

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
from bot.doctor import access, fact_fields, fields, project, subtasks, workflow
from bot.doctor.rows import Questions, Row, unsure
from bot.jira.call import JiraTrouble
from bot.jira.client import JiraClient
from bot.log import visible

__all__ = ["Row", "examine", "healthy", "summary", "to_json", "to_table"]

Check = tuple[str, Callable[[], Iterator[Row]]]

_STYLES = {"ok": "green", "problem": "bold red", "unsure": "yellow"}


def examine(client: JiraClient, config: Config, settings: Settings) -> list[Row]:
    """Every row, in the order in which to fix them. Raises nothing, whatever Jira answers: a check that could not
    be made is a row, and hides no other."""
    ask = Questions(client, config, settings)
    rows: list[Row] = []
    for name, check in ((access.SITE, access.reachable), (access.ACCOUNT, access.account)):
        rows += _made((name, partial(check, ask)))
        if any(row.state != "ok" for row in rows if row.name == name):
            # Without an answer, or as an anonymous caller, every further row would be wrong.
            fix = f'Fix the row "{name}" first, then run this again.'
            return rows + [unsure(title, "Not checked.", fix) for title, _ in _checks(ask)]
    for one in _checks(ask):
        rows += _made(one)
    return rows


def _checks(ask: Questions) -> Iterator[Check]:
    processes = ask.config.processes
    for key in dict.fromkeys(p.project for p in processes):
        yield f"project {key}", partial(project.project, ask, key)
        yield f"rights in {key}", partial(project.rights, ask, key)
        yield f"agent seat in {key}", partial(project.agent, ask, key)
        yield f"subtasks in {key}", partial(subtasks.subtasks, ask, key)
    for process in processes:
        for issue_type in process.issue_types:
            one = workflow.title(process, issue_type)
            yield f"statuses of {one}", partial(workflow.statuses, ask, process, issue_type)
            yield f"moves of {one}", partial(workflow.moves, ask, process, issue_type)
            yield f"edit screen of {one}", partial(fields.edit_screen, ask, process, issue_type)
            yield f"facts of {one}", partial(fact_fields.facts, ask, process, issue_type)
            yield f"request type of {one}", partial(project.request_type, ask, process, issue_type)
    yield "fields", partial(fields.fields, ask)
    yield "people", partial(access.people, ask)


def _made(check: Check) -> Iterator[Row]:
    name, work = check
    try:
        yield from work()
    except JiraTrouble as trouble:
        yield unsure(name, f"It could not be checked: {trouble}", "Run this again; if it stays so, check in Jira.")


def healthy(rows: Iterable[Row]) -> bool:
    """Whether no row is a problem; the command's exit code follows it.

    Unsure rows do not count: on a site without tickets in progress some always are, and people would soon ignore
    an exit code that is never 0. `summary` gives their number."""
    return not any(row.state == "problem" for row in rows)


def summary(rows: Sequence[Row]) -> str:
    """The last line: how many problems, and how many rows a person must still look at."""
    problems, unsures = (sum(row.state == state for row in rows) for state in ("problem", "unsure"))
    if problems:
        return f"{_count(problems, 'problem')} to fix, {unsures} unsure, of {_count(len(rows), 'row')}."
    if unsures:
        return f"No problem found, but {_count(unsures, 'row')} could not be determined: check them yourself."
    return f"All is well, in {_count(len(rows), 'row')}."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def to_json(rows: Sequence[Row]) -> str:
    """All rows as JSON, with whether they are healthy."""
    shown = [{"name": r.name, "state": r.state, "said": r.said, "mend": r.fix} for r in rows]
    return json.dumps({"healthy": healthy(rows), "rows": shown}, ensure_ascii=False, indent=2)


def to_table(rows: Sequence[Row], console: Console) -> None:
    """Print the rows and the last line: a table on a terminal, else one plain line a row."""
    rows = [Row(visible(r.name), r.state, visible(r.said), visible(r.fix)) for r in rows]
    if console.is_terminal:
        table = Table("", "what", "finding", "how to fix it", box=SIMPLE_HEAD)
        for row in rows:
            # Jira's texts are never markup, so none of them can color or hide a word here.
            cells = (Text(row.state, style=_STYLES[row.state]), Text(row.name), Text(row.said), Text(row.fix))
            table.add_row(*cells)
        console.print(table, soft_wrap=False)
    else:
        for row in rows:
            fix = f" Fix: {row.fix}" if row.fix else ""
            console.print(f"{row.state:<8} {row.name}: {row.said}{fix}", markup=False, soft_wrap=True)
    console.print(summary(rows), markup=False)
