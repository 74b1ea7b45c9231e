"""The sandbox site itself: what people and bots may do to its issues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.sandbox import events, field_changes, field_checks, field_values
from bot.sandbox.attachments import SiteWithFiles
from bot.sandbox.catalogue import SUBTASK_TYPE
from bot.sandbox.field_types import WITH_OPTIONS
from bot.sandbox.field_values import Reader
from bot.sandbox.options import Option
from bot.sandbox.records import INTERNAL, ChangeItem, CommentRecord, IssueRecord, Refused
from bot.sandbox.site_store import NOT_FOUND, Call, Which, Who

__all__ = ["NOT_FOUND", "Call", "Site", "Which", "Who"]

RESOLUTION = "Done"


class Site(SiteWithFiles):
    """A small, honest service desk site, safe to use from several threads.

    Moments come from `clock.now()` and never run backwards. Methods that act take who does it first, and
    raise Refused where Jira would answer with an error; the REST API and the web pages go through them too.
    What they and the readers give back is a copy that does not change."""

    def open_request(
        self,
        by: Who,
        summary: str,
        *,
        project: str | None = None,
        issue_type: str | None = None,
        fields: Mapping[str, Any] | None = None,
        status: str | None = None,
    ) -> IssueRecord:
        """Open a request (project and type: the first). With `status` it appears there, as by an import."""
        home = self.catalogue.projects[project or next(iter(self.catalogue.projects))]
        frame = {"project": {"key": home.key}, "issuetype": {"name": issue_type or home.types[0].name}}
        return self.create(by, {**frame, "summary": summary, **(fields or {})}, status=status)

    def create_subtask(
        self,
        by: Who,
        parent: Which,
        summary: str,
        *,
        fields: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> IssueRecord:
        """Make a subtask of a ticket."""
        above = self.issue(parent)
        frame = {"project": {"key": above.project}, "issuetype": {"name": SUBTASK_TYPE}}
        wanted = {**frame, "parent": {"id": above.id}, "summary": summary, **(fields or {})}
        return self.create(by, wanted, properties)

    def create(
        self,
        by: Who,
        fields: Mapping[str, Any],
        properties: Mapping[str, Any] | None = None,
        status: str | None = None,
    ) -> IssueRecord:
        """Make an issue from the fields of a REST create."""
        with self.lock:
            who = self.account(by)
            frame = field_checks.frame(fields, self.catalogue, self.find)
            named = {k: v for k, v in fields.items() if k not in ("project", "issuetype", "parent")}
            reader = Reader(self.catalogue, self.people, frame.project.key)
            values = field_checks.values({"summary": None, **named}, reader, frame.type.name)
            if who.customer and (frame.parent or not {"summary", "description"}.issuperset(named)):
                raise Refused(403, "A customer may open requests with a summary and a description only.")
            self._ask_rules("create", who, frame.parent, fields)
            number, at = self._next_key[frame.project.key], self._moment()
            self._next_key[frame.project.key] += 1
            first = self.catalogue.workflow(frame.project.key, frame.type.name).first
            plain = {k: v for k, v in values.items() if k not in self.catalogue.fields}
            record = IssueRecord(
                id=self._id(),
                key=f"{frame.project.key}-{number}",
                project=frame.project.key,
                type=frame.type.name,
                status=first,
                creator=who,
                created=at,
                updated=at,
                parent_id=frame.parent.id if frame.parent else None,
                custom={k: v for k, v in values.items() if k in self.catalogue.fields},
                properties=dict(properties or {}),
                **{"reporter": who, **plain},
            )
            self._place(record, status)
            self._issues[record.id] = record
            if frame.parent:
                frame.parent.subtask_ids.append(record.id)
            born = events.birth(self._id(), record, self.catalogue.statuses[record.status].id, who)
            return self._done("jira:issue_created", record, who, at, born)

    def _place(self, record: IssueRecord, status: str | None) -> None:
        categories = self.catalogue.workflow(record.project, record.type).categories
        if status is not None and status not in categories:
            raise Refused(400, f"The workflow of {record.type} has no status '{status}'.")
        record.status = status or record.status
        record.resolution = RESOLUTION if categories[record.status] == "done" else None

    def edit(
        self,
        by: Who,
        which: Which,
        fields: Mapping[str, Any] | None = None,
        *,
        operations: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> IssueRecord:
        """Set fields and properties in one write, `operations` as in the `update` of a REST edit: one changelog entry,
        none where nothing changed."""
        with self.lock:
            who, record = self._staff(by), self._record(which)
            fields, operations = fields or {}, operations or {}
            if twice := set(fields) & set(operations):
                raise Refused(400, errors={n: f"Field '{n}' is in both 'fields' and 'update'." for n in twice})
            reader = Reader(self.catalogue, self.people, record.project)
            values = field_checks.values(fields, reader, record.type)
            values |= field_checks.updates(operations, record, reader)
            self._ask_rules("edit", who, record, {**fields, "properties": dict(properties or {})})
            items = tuple(item for name, new in values.items() for item in self._set(record, name, new))
            record.properties.update(properties or {})
            if items:
                return self._changed(record, who, items)
            # A property alone changes neither `updated` nor the changelog, and sends no webhook; a search shows it.
            self.version += 1
            self.index.write(record.id, self._moment(), record)
            return record.snapshot()

    def _set(self, record: IssueRecord, name: str, new: Any) -> tuple[ChangeItem, ...]:
        field = self.catalogue.field(name)
        custom = field is not None and field.custom
        old = record.custom.get(name) if custom else getattr(record, name)
        if old == new or (field_values.empty(old) and field_values.empty(new)):
            return ()
        if custom:
            record.custom[name] = new
        else:
            setattr(record, name, new)
        if field is None:
            return (field_changes.of_system(name, old, new),)
        return field_changes.of_field(self.catalogue, field, record.project, old, new)

    def set_labels(self, by: Who, which: Which, add: Iterable[str] = (), remove: Iterable[str] = ()) -> IssueRecord:
        """Add and remove labels."""
        operations = [*({"add": label} for label in add), *({"remove": label} for label in remove)]
        return self.edit(by, which, operations={"labels": operations})

    def set_field(self, by: Who, which: Which, name: str, value: Any) -> IssueRecord:
        """Set one field, its value as in a REST edit (a user is {"accountId": ...})."""
        return self.edit(by, which, {name: value})

    def add_option(
        self, by: Who, field_id: str, name: str, *, parent: str | None = None, project: str | None = None
    ) -> Option:
        """Give a field one more option, as an administrator does; the option if there is one of that name already.

        `parent` is the id of a first level's option of a cascading select, `project` the key whose component it is
        (the first project's by default). Refused (404) if there is no such field with options."""
        with self.lock:
            self._staff(by)
            option = self.catalogue.options.add(parent or self._options_key(field_id, project), name)
            self.version += 1
            return option

    def rename_option(self, by: Who, field_id: str, option_id: str, name: str, *, project: str | None = None) -> Option:
        """Give an option another name: issues then show that name, and their changelogs stay as they are. Refused
        (404) if there is no such field or option."""
        with self.lock:
            self._staff(by)
            try:
                option = self.catalogue.options.rename(self._options_key(field_id, project), option_id, name)
            except KeyError:
                raise Refused(404, f"There is no option '{option_id}' of {field_id}.") from None
            self.version += 1
            return option

    def _options_key(self, field_id: str, project: str | None) -> str:
        field = self.catalogue.field(field_id)
        if field is None or field.kind not in WITH_OPTIONS:
            raise Refused(404, f"There is no field '{field_id}' with options.")
        return self.catalogue.options_key(field, project or next(iter(self.catalogue.projects)))

    def transition(self, by: Who, which: Which, status: str) -> IssueRecord:
        """Move an issue to a status; Refused (400) if its workflow has no such move from here."""
        with self.lock:
            record = self._record(which)
            move = self.catalogue.workflow(record.project, record.type).leading(record.status, status)
            if move is None:
                raise Refused(400, f"There is no transition from '{record.status}' to '{status}'.")
            return self.transition_by_id(by, which, move.id)

    def transition_by_id(self, by: Who, which: Which, transition_id: str) -> IssueRecord:
        """Do one of the transitions that exist from the issue's present status; else Refused (400)."""
        with self.lock:
            who, record = self._staff(by), self._record(which)
            workflow = self.catalogue.workflow(record.project, record.type)
            move = next((t for t in workflow.available(record.status) if t.id == transition_id), None)
            if move is None:
                raise Refused(400, f"Transition id '{transition_id}' is not valid for this issue.")
            self._ask_rules("transition", who, record, {"to": move.to})
            items = self._moved(record, move.to, workflow.categories[move.to])
            return self._changed(record, who, items)

    def _moved(self, record: IssueRecord, to: str, category: str) -> tuple[ChangeItem, ...]:
        old, new = self.catalogue.statuses[record.status], self.catalogue.statuses[to]
        status = ChangeItem("status", "status", "jira", old.id, old.name, new.id, new.name)
        before, after = record.resolution, RESOLUTION if category == "done" else None
        record.status, record.resolution = to, after
        if before == after:
            return (status,)
        # Cloud puts the resolution before the status.
        ids = ["10000" if value else None for value in (before, after)]
        return ChangeItem("resolution", "resolution", "jira", ids[0], before, ids[1], after), status

    def comment(
        self,
        by: Who,
        which: Which,
        body: str,
        *,
        public: bool = True,
        properties: Mapping[str, Any] | None = None,
    ) -> CommentRecord:
        """Write a comment: public unless said otherwise, as on a service desk. Customers write publicly only."""
        with self.lock:
            who, record = self.account(by), self._record(which)
            marks = dict(properties or {}) | ({} if public else {INTERNAL: {"internal": True}})
            at = self._moment()
            draft = CommentRecord("", who, who, at, at, field_checks.comment_body(body), marks)
            if not self.sees(who, record):
                raise Refused(404, NOT_FOUND)
            if who.customer and not draft.public:
                raise Refused(403, "A customer may comment publicly only.")
            self._ask_rules("comment", who, record, {"body": body, "public": draft.public})
            comment = replace(draft, id=self._id())
            record.comments.append(comment)
            self._told("comment_created", record, comment, at)
            return comment

    def edit_comment(self, by: Who, comment_id: str, body: str) -> CommentRecord:
        """Change a comment's words; customers may change their own only."""
        with self.lock:
            who, (found, old) = self.account(by), self.comment_of(comment_id)
            if who.customer and old.author != who:
                raise Refused(403, "A customer may edit their own comments only.")
            field_checks.comment_body(body)
            self._ask_rules("edit_comment", who, found, {"body": body})
            record, at = self._record(found), self._moment()
            new = replace(old, body=body, editor=who, updated=at)
            record.comments[record.comments.index(old)] = new
            self._told("comment_updated", record, new, at)
            return new

    def delete_comment(self, by: Who, comment_id: str) -> None:
        """Delete a comment."""
        with self.lock:
            who, (found, comment) = self._staff(by), self.comment_of(comment_id)
            self._ask_rules("delete_comment", who, found, {"body": comment.body})
            record, at = self._record(found), self._moment()
            record.comments.remove(comment)
            self._told("comment_deleted", record, comment, at)

    def set_comment_property(self, by: Who, comment_id: str, key: str, value: Any) -> bool:
        """Set a property of a comment; True if it was new. It is not an edit, and sends no webhook."""
        with self.lock:
            self._staff(by)
            found, comment = self.comment_of(comment_id)
            record = self._record(found)
            new = replace(comment, properties={**comment.properties, key: value})
            record.comments[record.comments.index(comment)] = new
            self.version += 1
            return key not in comment.properties

    def delete_issue(self, by: Who, which: Which, *, subtasks: bool = True) -> None:
        """Delete an issue with its subtasks; Refused (400) if it has some and `subtasks` is False."""
        with self.lock:
            who, record = self._staff(by), self._record(which)
            if record.subtask_ids and not subtasks:
                raise Refused(400, f"The issue '{record.key}' has subtasks. Delete them with it, or first.")
            self._ask_rules("delete", who, record, {})
            for subtask in self.subtasks(record):
                self.delete_issue(who, subtask)
            if record.parent_id:
                self._issues[record.parent_id].subtask_ids.remove(record.id)
            at = self._moment()
            del self._issues[record.id]
            self.index.write(record.id, at, None)
            self._done("jira:issue_deleted", record, who, at, None)
            for comment in record.comments:
                self._emit_comment("comment_deleted", record, comment, at, flow="Secondary")
