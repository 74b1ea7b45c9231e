"""Projects, issue types, statuses and fields of the sandbox site, each with a fixed number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from bot.core.model.process import Process
from bot.sandbox import field_types
from bot.sandbox.field_types import Field, Place
from bot.sandbox.needs import NOTHING, Needs
from bot.sandbox.options import PRIORITIES, Options
from bot.sandbox.workflows import SUBTASK_WORKFLOW, Workflow, workflow_of

SUBTASK_TYPE = "Sub-task"

PARTICIPANTS = Field("customfield_10010", "Request participants", field_types.USERS)
CONTACT = Field("customfield_10050", "District contact", field_types.USER)
DISTRICT = Field("customfield_10051", "District", field_types.TEXT)
REVIEW_DUE = Field("customfield_10052", "Review due", field_types.DATE)
DEFAULT_FIELDS = (PARTICIPANTS, CONTACT, DISTRICT, REVIEW_DUE)


@dataclass(frozen=True)
class Status:
    """A status; `category` is Jira's key: new, indeterminate or done."""

    id: str
    name: str
    category: str


@dataclass(frozen=True)
class IssueType:
    """An issue type of the site."""

    id: str
    name: str
    subtask: bool


@dataclass(frozen=True)
class Project:
    """A service desk project with the issue types that it offers, requests first."""

    id: str
    key: str
    name: str
    types: tuple[IssueType, ...]


class Catalogue:
    """Everything on the site that has a name and an id and is not an issue.

    `fields` are the custom fields and `system` those of Jira's own fields that have options, by their ids. `needs`
    has, by the name of a process, what it needs beside its statuses. Raises ValueError if there is no process, if
    `needs` names an unknown one, or if two processes need one field as two kinds."""

    def __init__(
        self, processes: Sequence[Process], fields: Sequence[Field], needs: Mapping[str, Needs] | None = None
    ) -> None:
        if not processes:
            raise ValueError("the sandbox needs at least one process to derive its project from")
        needs = needs or {}
        if unknown := set(needs) - {p.name for p in processes}:
            raise ValueError(f"the sandbox has no process '{min(unknown)}'")
        self.fields = {field.id: field for field in fields}
        self.system = {
            "priority": Field("priority", "Priority", field_types.PRIORITY),
            "components": Field("components", "Components", field_types.COMPONENTS),
        }
        self.options = Options()
        for number, name in enumerate(PRIORITIES, 1):
            self.options.add("priority", name, str(number))
        self._add_needed_fields(processes, needs)
        for field in self.fields.values():
            self._add_options(field, "")
        self._workflows = {
            (p.project, kind): workflow_of(p, needs.get(p.name, NOTHING).moves)
            for p in processes
            for kind in p.issue_types
        }
        self.types = self._number_types(processes)
        self.projects = self._number_projects(processes)
        self.statuses = self._number_statuses()

    def _add_needed_fields(self, processes: Sequence[Process], needs: Mapping[str, Needs]) -> None:
        usual = set(self.fields)  # a process may need one of these as another kind, as nobody has chosen them
        for process in processes:
            places = {(process.project, kind) for kind in process.issue_types}
            for field in needs.get(process.name, NOTHING).fields:
                if field.id in self.system:
                    others = self.system[field.id].others or field.others
                    self.system[field.id] = replace(self.system[field.id], others=others)
                    self._add_options(replace(self.system[field.id], options=field.options), process.project)
                elif field.custom:
                    known = self.fields.get(field.id)
                    new = known is None or (field.id in usual and known.kind != field.kind)
                    usual -= {field.id} if new else set()
                    self.fields[field.id] = _joined(None if new else known, field, places)

    def _add_options(self, field: Field, project: str) -> None:
        for name in field.options:
            first = self.options.add(self.options_key(field, project), name)
            for child in field.children.get(name, ()):
                self.options.add(first.id, child)

    def options_key(self, field: Field, project: str) -> str:
        """The name of a field's list of options: each project has components of its own."""
        return f"components of {project}" if field.kind == field_types.COMPONENTS else field.id

    def screen(self, project: str, issue_type: str) -> list[Field]:
        """The fields with options and the custom fields on the screens of an issue type in a project."""
        return [f for f in (*self.system.values(), *self.fields.values()) if f.on_screen(project, issue_type)]

    def field(self, field_id: str) -> Field | None:
        """A custom field or a system field with options, by its id; None for any other."""
        return self.fields.get(field_id) or self.system.get(field_id)

    def _number_types(self, processes: Sequence[Process]) -> dict[str, IssueType]:
        names = dict.fromkeys([*(kind for p in processes for kind in p.issue_types), SUBTASK_TYPE])
        return {n: IssueType(str(10001 + i), n, n == SUBTASK_TYPE) for i, n in enumerate(names)}

    def _number_projects(self, processes: Sequence[Process]) -> dict[str, Project]:
        projects: dict[str, Project] = {}
        for process in processes:
            if process.project in projects:
                continue
            names = [kind for p in processes if p.project == process.project for kind in p.issue_types]
            types = tuple(self.types[name] for name in [*dict.fromkeys(names), SUBTASK_TYPE])
            number = str(10100 + len(projects))
            projects[process.project] = Project(number, process.project, process.title, types)
        return projects

    def _number_statuses(self) -> dict[str, Status]:
        statuses: dict[str, Status] = {}
        for workflow in [*self._workflows.values(), SUBTASK_WORKFLOW]:
            for name, category in workflow.categories.items():
                statuses.setdefault(name, Status(str(10200 + len(statuses)), name, category))
        return statuses

    def workflow(self, project: str, issue_type: str) -> Workflow:
        """The workflow of an issue type in a project."""
        return SUBTASK_WORKFLOW if issue_type == SUBTASK_TYPE else self._workflows[project, issue_type]

    def project(self, ref: str) -> Project | None:
        """A project by key or id, None if there is none."""
        found = (p for p in self.projects.values() if ref.casefold() in (p.id, p.key.casefold()))
        return next(found, None)

    def status_set(self, project: Project, issue_type: IssueType) -> tuple[Status, ...]:
        """The statuses of an issue type in a project, in the order of its workflow."""
        return tuple(self.statuses[n] for n in self.workflow(project.key, issue_type.name).categories)


def _joined(known: Field | None, needed: Field, places: Set[Place]) -> Field:
    if known is None:
        return replace(needed, places=frozenset(places))
    if known.kind != needed.kind:
        raise ValueError(f"one process needs {needed.id} as {known.kind}, another as {needed.kind}")
    return replace(
        known,
        options=tuple(dict.fromkeys([*known.options, *needed.options])),
        others=known.others or needed.others,
        children={**known.children, **needed.children},
        places=known.places | places if known.places else known.places,
    )
