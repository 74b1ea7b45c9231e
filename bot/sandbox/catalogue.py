"""Projects, issue types, statuses and fields of the sandbox site, each with a fixed number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.model.process import Process
from bot.sandbox.workflows import SUBTASK_WORKFLOW, Workflow, workflow_of

SUBTASK_TYPE = "Sub-task"


@dataclass(frozen=True)
class CustomField:
    """A custom field. `kind` is "user", "users", "text" or "date"."""

    id: str
    name: str
    kind: str


PARTICIPANTS = CustomField("customfield_10010", "Request participants", "users")
CONTACT = CustomField("customfield_10050", "District contact", "user")
DISTRICT = CustomField("customfield_10051", "District", "text")
REVIEW_DUE = CustomField("customfield_10052", "Review due", "date")
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
    """Everything on the site that has a name and an id and is not an issue."""

    def __init__(self, processes: Sequence[Process], fields: Sequence[CustomField]) -> None:
        if not processes:
            raise ValueError("the sandbox needs at least one process to derive its project from")
        self.fields = {field.id: field for field in fields}
        self._workflows = {(p.project, p.issue_type): workflow_of(p) for p in processes}
        self.types = self._number_types(processes)
        self.projects = self._number_projects(processes)
        self.statuses = self._number_statuses()

    def _number_types(self, processes: Sequence[Process]) -> dict[str, IssueType]:
        names = dict.fromkeys([*(p.issue_type for p in processes), SUBTASK_TYPE])
        return {n: IssueType(str(10001 + i), n, n == SUBTASK_TYPE) for i, n in enumerate(names)}

    def _number_projects(self, processes: Sequence[Process]) -> dict[str, Project]:
        projects: dict[str, Project] = {}
        for process in processes:
            if process.project in projects:
                continue
            names = [p.issue_type for p in processes if p.project == process.project]
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
