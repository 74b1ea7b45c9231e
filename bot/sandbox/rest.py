"""The REST API of the sandbox: reading, searching, and the app that serves all of it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Flask, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue

from bot.sandbox import api, field_inventory, inventory, pages, rest_answers, writes
from bot.sandbox.jira_site import NOT_FOUND, Site
from bot.sandbox.records import IssueRecord, Refused
from bot.sandbox.rest_answers import caller, seen, signed_in, the_site
from bot.sandbox.search_index import Page
from bot.sandbox.shapes import moment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_FETCHED = 100
MOST_PROPERTIES = 5
reads = Blueprint("reads", __name__)


@functools.cache
def sandbox_app() -> Flask:
    """The web app of every site: REST below /rest/api/2 (and /latest), pages, and /sandbox/api for tests."""
    app = Flask(__name__, template_folder="html", static_folder="html/static", static_url_path="/static")
    cast(DefaultJSONProvider, app.json).sort_keys = False
    rest_answers.prepare(app)
    for version in ("2", "latest"):
        app.register_blueprint(reads, url_prefix=f"/rest/api/{version}", name=f"reads_{version}")
        app.register_blueprint(writes.writes, url_prefix=f"/rest/api/{version}", name=f"writes_{version}")
        app.register_blueprint(field_inventory.fields, url_prefix=f"/rest/api/{version}", name=f"fields_{version}")
        app.register_blueprint(inventory.inventory, url_prefix=f"/rest/api/{version}", name=f"inventory_{version}")
    app.register_blueprint(inventory.desk)
    app.register_blueprint(api.api)
    app.register_blueprint(pages.pages)
    return app


def serving(site: Site) -> WSGIApplication:
    """The web app as one site's. Its routes, which take longest, are the same for all."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[rest_answers.SITE] = site
        return sandbox_app()(environ, start_response)

    return serve


@reads.get("/serverInfo")
def server_info() -> ResponseReturnValue:
    """What kind of Jira this is; open to everybody."""
    site = the_site()
    return jsonify(
        baseUrl=site.shapes.url,
        version="1001.0.0-SNAPSHOT",
        versionNumbers=[1001, 0, 0],
        deploymentType="Cloud",
        buildNumber=100275,
        serverTime=moment(site.clock.now()),
        serverTitle="Sandbox Jira",
    )


@reads.get("/myself")
def myself() -> ResponseReturnValue:
    """Who calls."""
    account = signed_in()
    return jsonify({**(the_site().shapes.user(account) or {}), "emailAddress": account.email})


@reads.get("/project/<projectIdOrKey>/statuses")
def project_statuses(projectIdOrKey: str) -> ResponseReturnValue:
    """Per issue type of a project the statuses of its workflow."""
    catalogue, shapes = the_site().catalogue, the_site().shapes
    project = catalogue.project(projectIdOrKey)
    if project is None or caller() is None:
        raise Refused(404, f"No project could be found with key or id '{projectIdOrKey}'.")
    return jsonify(
        [
            {
                **shapes.issue_type(kind),
                "statuses": [shapes.status(s.name) for s in catalogue.status_set(project, kind)],
            }
            for kind in project.types
        ]
    )


@reads.get("/issue/createmeta/<projectIdOrKey>/issuetypes")
def create_meta(projectIdOrKey: str) -> ResponseReturnValue:
    """The issue types that the caller may create in a project."""
    project = the_site().catalogue.project(projectIdOrKey)
    types = project.types if project and caller() else ()
    start, size = _window(50)
    shown = [the_site().shapes.issue_type(t) for t in types[start : start + size]]
    return jsonify(issueTypes=shown, startAt=start, maxResults=size, total=len(types))


@reads.get("/issue/<issueIdOrKey>")
def get_issue(issueIdOrKey: str) -> ResponseReturnValue:
    """One issue."""
    with the_site().lock:
        return jsonify(
            the_site().shapes.issue(
                seen(issueIdOrKey),
                _names("fields") or ["*all"],
                _names("expand"),
                _names("properties"),
            )
        )


@reads.post("/issue/bulkfetch")
def bulk_fetch() -> ResponseReturnValue:
    """Up to 100 issues in one call, by ascending id; those that cannot be read are listed separately."""
    wanted = rest_answers.body()
    refs = wanted.get("issueIdsOrKeys")
    if not isinstance(refs, list) or not 1 <= len(refs) <= MOST_FETCHED:
        raise Refused(400, f"issueIdsOrKeys must list 1 to {MOST_FETCHED} issues.")
    found: dict[str, IssueRecord] = {}
    errors = []
    with the_site().lock:
        for ref in refs:
            try:
                record = seen(str(ref))
                found[record.id] = record
            except Refused as refused:
                errors.append({"id": str(ref), "errorMessage": refused.messages[0]})
        issues = [
            the_site().shapes.issue(
                found[i],
                wanted.get("fields") or ["*navigable"],
                wanted.get("expand") or (),
                wanted.get("properties") or (),
            )
            for i in sorted(found, key=int)
        ]
    return jsonify(issues=issues, issueErrors=errors)


@reads.get("/issue/<issueIdOrKey>/transitions")
def get_transitions(issueIdOrKey: str) -> ResponseReturnValue:
    """The transitions that the caller may do now; none for a customer."""
    record, account = seen(issueIdOrKey), caller()
    shown = [] if account and account.customer else the_site().shapes.transitions(record)
    return jsonify(expand="transitions", transitions=shown)


@reads.get("/issue/<issueIdOrKey>/changelog")
def get_changelog(issueIdOrKey: str) -> ResponseReturnValue:
    """The history, oldest first, by pages."""
    record = seen(issueIdOrKey)
    start, size = _window(the_site().shapes.most)
    values = [the_site().shapes.entry(e) for e in record.history[start : start + size]]
    total = len(record.history)
    last = start + size >= total
    return jsonify(startAt=start, maxResults=size, total=total, isLast=last, values=values)


@reads.get("/issue/<issueIdOrKey>/comment")
def get_comments(issueIdOrKey: str) -> ResponseReturnValue:
    """The comments, oldest first (`orderBy=-created`: newest first), by pages."""
    record = seen(issueIdOrKey)
    start, size = _window(the_site().shapes.most)
    ordered = record.comments[::-1] if request.args.get("orderBy") == "-created" else record.comments
    shown = [the_site().shapes.comment(record, c) for c in ordered[start : start + size]]
    return jsonify(startAt=start, maxResults=size, total=len(record.comments), comments=shown)


@reads.get("/issue/<issueIdOrKey>/comment/<id>")
def get_comment(issueIdOrKey: str, id: str) -> ResponseReturnValue:
    """One comment."""
    record = seen(issueIdOrKey)
    for comment in record.comments:
        if comment.id == id:
            return jsonify(the_site().shapes.comment(record, comment))
    raise Refused(404, f"Can not find a comment for the id: {id}.")


@reads.get("/issue/<issueIdOrKey>/properties/<propertyKey>")
def get_property(issueIdOrKey: str, propertyKey: str) -> ResponseReturnValue:
    """One entity property of an issue."""
    return _property(propertyKey, seen(issueIdOrKey).properties)


@reads.get("/comment/<commentId>/properties/<propertyKey>")
def get_comment_property(commentId: str, propertyKey: str) -> ResponseReturnValue:
    """One entity property of a comment."""
    record, comment = the_site().comment_of(commentId)
    if comment.id not in {c.id for c in seen(record.id).comments}:
        raise Refused(404, NOT_FOUND)
    return _property(propertyKey, comment.properties)


def _property(key: str, properties: Any) -> ResponseReturnValue:
    if key not in properties:
        raise Refused(404, f"The property with key '{key}' does not exist.")
    return jsonify(key=key, value=properties[key])


@reads.route("/search", methods=["GET", "POST"])
def removed_search() -> ResponseReturnValue:
    """The old search, which Cloud has taken away."""
    raise Refused(410, "This search was removed from Jira Cloud; use /rest/api/2/search/jql in its place.")


@reads.get("/search/jql")
def search() -> ResponseReturnValue:
    """Search by JQL in the address."""
    args = request.args
    names, properties = _names("fields"), _names("properties")
    return _search(args.get("jql"), names, properties, args.get("maxResults"), args.get("nextPageToken"))


@reads.post("/search/jql")
def search_by_post() -> ResponseReturnValue:
    """Search by JQL in the body."""
    wanted = rest_answers.body()
    names, properties = wanted.get("fields") or [], wanted.get("properties") or []
    return _search(wanted.get("jql"), names, properties, wanted.get("maxResults"), wanted.get("nextPageToken"))


def _search(
    text: Any, names: Sequence[str], properties: Sequence[str], most: Any, token: str | None
) -> ResponseReturnValue:
    site, account = the_site(), caller()
    if len(properties) > MOST_PROPERTIES:
        raise Refused(400, f"At most {MOST_PROPERTIES} properties may be asked for.")
    fat = bool(properties) or not {"id", "key"}.issuperset(names)
    with site.lock:
        page: Page = site.index.search(
            text,
            most=most,
            token=token,
            fat=fat,
            allowed=lambda record: site.sees(account, record),
            lenient=account is None,
        )
        issues = [_hit(record, names, properties) for record in page.issues]
    answer: dict[str, Any] = {"issues": issues, "isLast": page.token is None}
    return jsonify(answer if page.token is None else {**answer, "nextPageToken": page.token})


def _hit(record: IssueRecord, names: Sequence[str], properties: Sequence[str]) -> dict[str, Any]:
    account = caller()
    shown = record.for_customer() if account and account.customer else record
    found = the_site().shapes.issue(shown, names, properties=properties)
    if names and list(names) != ["id"]:
        return found
    return {name: found[name] for name in ("id", "properties") if name in found}


def _names(argument: str) -> list[str]:
    # A list in the address may be one argument with commas, or several arguments.
    return [n.strip() for given in request.args.getlist(argument) for n in given.split(",") if n.strip()]


def _window(most: int) -> tuple[int, int]:
    # What is no number counts as not given.
    start = request.args.get("startAt", 0, type=int)
    size = request.args.get("maxResults", most, type=int)
    return max(0, start), max(0, min(most, size))
