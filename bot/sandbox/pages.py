"""The web pages of the sandbox: a person acts as staff or as the district contact and sees the bot answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from bot.sandbox import page_fields
from bot.sandbox.accounts import Account
from bot.sandbox.jira_site import NOT_FOUND
from bot.sandbox.records import IssueRecord, Refused
from bot.sandbox.rest_answers import the_site
from bot.sandbox.shapes import ZONE
from bot.words import wiki_html

COOKIE = "who"
CHOSEN_FOR = 90 * 24 * 3600  # seconds that the browser remembers who acts
pages = Blueprint("pages", __name__)


@pages.app_template_filter("moment")
def _moment(at: datetime) -> str:
    local = at.astimezone(ZONE)
    return f"{local:%a %b} {local.day}, {local.year}, {local.hour % 12 or 12}:{local:%M %p}"


@pages.app_template_filter("wiki")
def _wiki(body: str) -> Markup:
    people = the_site().people
    return wiki_html.render(body, lambda i: people[i].name if i in people else i)


@pages.get("/")
def tickets() -> ResponseReturnValue:
    """The list of tickets, and the form by which the contact opens a request."""
    return _asked_to_switch() or _list_page()


@pages.get("/browse/<key>")
def ticket(key: str) -> ResponseReturnValue:
    """One ticket, as the chosen person may see it."""
    if the_site().find(key) is None:
        return _page("hidden.html", "", key=key), 404
    return _asked_to_switch() or _ticket_page(key)


@pages.get("/sandbox/version")
def version() -> ResponseReturnValue:
    """A number that grows with every change, for pages that wait for the bot's answer."""
    return jsonify(version=the_site().version)


@pages.post("/sandbox/act/who")
def choose() -> ResponseReturnValue:
    """Act as somebody else from now on."""
    back = request.form.get("back", "/")
    # Only a path of this site: an address with a host, or "//host", would lead away from it.
    here = back.startswith("/") and not back.startswith(("//", "/\\"))
    return _switched(request.form.get("who", ""), back if here else "/")


@pages.post("/sandbox/act/open")
def open_request() -> ResponseReturnValue:
    """Open a request as a district contact, or as the staff member who fills in the form."""
    form, site = request.form, the_site()
    by = next((p for p in _openers() if p.id == form.get("by")), _openers()[0])
    project, _, issue_type = form.get("kind", "").partition("/")
    try:
        details = {"description": form["description"]} if form.get("description") else None
        if form.get("kind") and (project, issue_type) not in _kinds():
            raise Refused(400, "There is nothing of that kind to ask for.")
        kind = {"project": project or None, "issue_type": issue_type or None}
        record = site.open_request(by, form.get("summary", "").strip(), fields=details, **kind)
    except Refused as refused:
        return _list_page(str(refused)), refused.status
    return redirect(f"/browse/{record.key}", 303)


@pages.post("/sandbox/act/<key>/<verb>")
def act(key: str, verb: str) -> ResponseReturnValue:
    """Act on a ticket or subtask as the chosen person, then show the page it was done on."""
    site, form, who = the_site(), request.form, _who()
    page = form.get("page", key)
    try:
        if verb == "comment":
            site.comment(who, key, form.get("body", ""), public=form.get("audience") != "internal")
        elif verb == "transition":
            site.transition_by_id(who, key, form.get("transition", ""))
        elif verb == "attach":
            site.attach(who, key, form.get("filename", ""), kind=form.get("kind", ""))
        elif verb == "labels":
            site.set_labels(who, key, form.get("add", "").split(), form.getlist("remove"))
        elif verb == "fields":
            site.edit(who, key, page_fields.changed(site, who, site.issue(key), form))
        elif verb == "delete":
            site.delete_issue(who, key)
        else:
            raise Refused(404, f"The sandbox knows no act '{verb}'.")
    except Refused as refused:
        return _ticket_page(page, str(refused), form.get("body", "")), refused.status
    return redirect(f"/browse/{page}" if site.find(page) else "/", 303)


def _asked_to_switch() -> Response | None:
    # A link may name who acts; the forms of the page must then act as the same person.
    return _switched(request.args["who"], request.path) if "who" in request.args else None


def _switched(who: str, back: str) -> Response:
    answer = redirect(back, 303)
    if who in the_site().people:
        answer.set_cookie(COOKIE, who, max_age=CHOSEN_FOR, httponly=True, samesite="Strict")
    return answer


def _who() -> Account:
    people = the_site().people
    chosen = request.cookies.get(COOKIE, "")
    staff = next(p for p in list(people.values())[1:] if not p.customer)
    return people.get(chosen, staff)


def _openers() -> list[Account]:
    # The acting person is among them, but a staff member opens in a contact's name unless they choose their own.
    who, contacts = _who(), [p for p in the_site().people.values() if p.customer]
    return [who] if who.customer else [*contacts, who]


def _kinds() -> list[tuple[str, str]]:
    projects = the_site().catalogue.projects.values()
    return [(project.key, kind.name) for project in projects for kind in project.types if not kind.subtask]


def _list_page(error: str = "") -> str:
    site, who = the_site(), _who()
    shown = [r for r in site.issues() if site.sees(who, r)]
    return _page("list.html", error, tickets=shown[::-1], openers=_openers(), kinds=_kinds())


def _ticket_page(key: str, error: str = "", typed: str = "") -> str:
    site, who = the_site(), _who()
    with site.lock:
        record = site.find(key)
        if record is None:
            raise Refused(404, NOT_FOUND)
        if not site.sees(who, record):
            return _page("hidden.html", "", key=record.key)
        shown = record.for_customer() if who.customer else record.snapshot()
        subtasks = [] if who.customer else site.subtasks(record)
        parent = site.issue(record.parent_id) if record.parent_id else None
        controls = [] if who.customer else page_fields.controls(site, record)
        values = {"ticket": shown, "subtasks": subtasks, "parent": parent, "typed": typed, "controls": controls}
        return _page("ticket.html", error, **values)


def _page(template: str, error: str, **values: Any) -> str:
    site = the_site()
    return render_template(
        template,
        who=_who(),
        people=list(site.people.values())[1:],
        version=site.version,
        now=site.clock.now(),
        error=error,
        moves=_moves,
        category=lambda status: site.catalogue.statuses[status].category,
        **values,
    )


def _moves(record: IssueRecord) -> Any:
    return the_site().catalogue.workflow(record.project, record.type).available(record.status)
