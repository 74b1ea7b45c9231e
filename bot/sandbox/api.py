"""Below /sandbox/api: acting and reading for tests in another process; no Jira has these paths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bot.sandbox.accounts import Account
from bot.sandbox.field_types import USERS
from bot.sandbox.jira_site import Site
from bot.sandbox.records import Act, AttachmentRecord, CommentRecord, HistoryEntry, IssueRecord, Refused
from bot.sandbox.rest_answers import body, the_site

api = Blueprint("api", __name__, url_prefix="/sandbox/api")


@api.get("/state")
def state() -> ResponseReturnValue:
    """Everything the site holds, whole."""
    site = the_site()
    with site.lock:
        tickets = [ticket_json(site, record) for record in site.issues()]
        return jsonify(
            now=site.clock.now().isoformat(),
            version=site.version,
            calls=len(site.calls),
            unsent=site.hooks.unsent(),
            tickets=tickets,
        )


@api.get("/issue/<ref>")
def issue(ref: str) -> ResponseReturnValue:
    """One issue, whole."""
    with the_site().lock:
        return jsonify(ticket_json(the_site(), the_site().issue(ref)))


@api.get("/calls")
def calls() -> ResponseReturnValue:
    """The REST calls that were answered, from number `since` on."""
    since = request.args.get("since", 0, type=int)
    return jsonify([call._asdict() for call in the_site().calls_since(since)])


@api.get("/hooks")
def hooks() -> ResponseReturnValue:
    """How many deliveries are unsent, and how each of the others ended."""
    sender = the_site().hooks
    return jsonify(unsent=sender.unsent(), outcomes=[outcome._asdict() for outcome in sender.outcomes])


@api.post("/<verb>")
def act(verb: str) -> ResponseReturnValue:
    """Do one act; the body names who does it (`by`) and what the act needs."""
    if verb not in ACTS:
        raise Refused(404, f"The sandbox knows no act '{verb}', only {', '.join(sorted(ACTS))}.")
    try:
        return jsonify(ACTS[verb](the_site(), body()))
    except KeyError as missing:
        raise Refused(400, f"'{verb}' needs {missing}, or there is nobody of that name.") from None


def ticket_json(site: Site, record: IssueRecord) -> dict[str, Any]:
    """An issue with its comments, history and subtasks as plain JSON; moments in ISO 8601."""
    return {
        "id": record.id,
        "key": record.key,
        "type": record.type,
        "status": record.status,
        "resolution": record.resolution,
        "summary": record.summary,
        "description": record.description,
        "reporter": record.reporter.id,
        "assignee": record.assignee.id if record.assignee else None,
        "labels": list(record.labels),
        "duedate": record.duedate,
        "priority": _plain(site, record, "priority"),
        "components": _plain(site, record, "components"),
        "fields": {name: _plain(site, record, name) for name in record.custom},
        "created": record.created.isoformat(),
        "updated": record.updated.isoformat(),
        "properties": record.properties,
        "comments": [_comment(c) for c in record.comments],
        "attachments": [_file(a) for a in record.attachments],
        "changelog": [_entry(e) for e in record.history],
        "subtasks": [ticket_json(site, s) for s in site.subtasks(record)],
    }


def _plain(site: Site, record: IssueRecord, name: str) -> Any:
    custom = site.catalogue.fields.get(name)
    field = custom or site.catalogue.system[name]
    value = record.custom[name] if custom else getattr(record, name)
    if isinstance(value, Account):
        return value.id
    if field.kind == USERS:
        return [a.id for a in value or ()]
    return site.shapes.of_fields.value(field, record.project, value)


def _comment(comment: CommentRecord) -> dict[str, Any]:
    return {
        "id": comment.id,
        "author": comment.author.id,
        "body": comment.body,
        "created": comment.created.isoformat(),
        "updated": comment.updated.isoformat(),
        "jsdPublic": comment.public,
        "properties": dict(comment.properties),
    }


def _file(file: AttachmentRecord) -> dict[str, Any]:
    return {
        "id": file.id,
        "filename": file.filename,
        "author": file.author.id,
        "created": file.created.isoformat(),
        "size": file.size,
        "mimeType": file.kind,
    }


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    items = [
        {"field": i.field_id, "from": i.old, "fromString": i.old_text, "to": i.new, "toString": i.new_text}
        for i in entry.items
    ]
    return {"id": entry.id, "author": entry.author.id, "at": entry.at.isoformat(), "items": items}


def _open(site: Site, sent: dict[str, Any]) -> Any:
    known = {"project": sent.get("project"), "issue_type": sent.get("issueType")}
    return ticket_json(
        site,
        site.open_request(sent["by"], sent["summary"], fields=sent.get("fields"), status=sent.get("status"), **known),
    )


def _write(site: Site, sent: dict[str, Any]) -> Any:
    public = sent.get("public", True)
    properties = sent.get("properties")
    return _comment(site.comment(sent["by"], sent["issue"], sent["body"], public=public, properties=properties))


def _attach(site: Site, sent: dict[str, Any]) -> Any:
    kind, size = sent.get("mimeType", ""), int(sent.get("size", 0))
    return _file(site.attach(sent["by"], sent["issue"], sent["filename"], kind=kind, size=size))


def _delete_comment(site: Site, sent: dict[str, Any]) -> Any:
    site.delete_comment(sent["by"], sent["comment"])
    return {}


def _delete(site: Site, sent: dict[str, Any]) -> Any:
    site.delete_issue(sent["by"], sent["issue"])
    return {}


def _labels(site: Site, sent: dict[str, Any]) -> Any:
    add, remove = sent.get("add", ()), sent.get("remove", ())
    return ticket_json(site, site.set_labels(sent["by"], sent["issue"], add, remove))


def _field(site: Site, sent: dict[str, Any]) -> Any:
    return ticket_json(site, site.set_field(sent["by"], sent["issue"], sent["name"], sent["value"]))


def _edit(site: Site, sent: dict[str, Any]) -> Any:
    return ticket_json(site, site.edit(sent["by"], sent["issue"], sent.get("fields"), operations=sent.get("update")))


def _option(site: Site, sent: dict[str, Any]) -> Any:
    by, field, value, project = sent["by"], sent["field"], sent["value"], sent.get("project")
    if "id" in sent:
        option = site.rename_option(by, field, sent["id"], value, project=project)
    else:
        option = site.add_option(by, field, value, parent=sent.get("parent"), project=project)
    return {"id": option.id, "value": option.name}


def _webhook(site: Site, sent: dict[str, Any]) -> Any:
    hook = site.register_webhook(sent["url"], sent["secret"], sent["events"], jql_types=sent.get("types"))
    return {"id": hook.id}


def _hooks(site: Site, sent: dict[str, Any]) -> Any:
    site.hooks.drop_all = bool(sent.get("drop_all", site.hooks.drop_all))
    site.hooks.retry_delay = float(sent.get("retry_delay", site.hooks.retry_delay))
    if "paused" in sent:
        (site.hooks.pause if sent["paused"] else site.hooks.resume)()
    return {"unsent": site.hooks.unsent()}


def _token(site: Site, sent: dict[str, Any]) -> Any:
    (site.revoke if sent["revoked"] else site.restore)(sent["account"])
    return {}


def _refuse(site: Site, sent: dict[str, Any]) -> Any:
    kind, word, status = sent["kind"], sent["contains"], int(sent.get("status", 400))
    message = sent.get("message", "The sandbox was told to refuse this.")
    left = [int(sent.get("times", 0)) or -1]  # how often still; below zero: for good

    def rule(act: Act) -> Refused | None:
        if act.kind != kind or word not in str(dict(act.data)) or not left[0]:
            return None
        left[0] -= 1
        return Refused(status, message)

    site.refuse(rule)
    return {}


def _settings(site: Site, sent: dict[str, Any]) -> Any:
    if "search_lag" in sent:
        site.search_lag = timedelta(seconds=sent["search_lag"])
    if "limits" in sent:
        site.limits.limits = tuple((int(most), float(seconds)) for most, seconds in sent["limits"])
    site.shapes.most = int(sent.get("embedded", site.shapes.most))
    return {}


ACTS: dict[str, Callable[[Site, dict[str, Any]], Any]] = {
    "attach": _attach,
    "open": _open,
    "comment": _write,
    "edit_comment": lambda site, sent: _comment(site.edit_comment(sent["by"], sent["comment"], sent["body"])),
    "delete_comment": _delete_comment,
    "transition": lambda site, sent: ticket_json(site, site.transition(sent["by"], sent["issue"], sent["status"])),
    "subtask": lambda site, sent: ticket_json(site, site.create_subtask(sent["by"], sent["parent"], sent["summary"])),
    "delete": _delete,
    "labels": _labels,
    "field": _field,
    "fields": _edit,
    "option": _option,
    "webhook": _webhook,
    "hooks": _hooks,
    "token": _token,
    "refuse": _refuse,
    "settings": _settings,
}
