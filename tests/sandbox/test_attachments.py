"""Files on an issue: by whom, in which shape Jira shows them, and what is sent about them."""

from __future__ import annotations

import pytest

from bot.sandbox.accounts import CARLA, HANNA, OLIVE
from bot.sandbox.jira_site import Site
from bot.sandbox.needs import Needs
from bot.sandbox.records import Refused


def test_a_file_is_shown_as_jira_shows_it(site: Site, ticket: str, bot) -> None:
    """With its name, its author, its moment, its size, and its media type, which follows from the name."""
    site.attach(CARLA, ticket, "template.pdf", size=2048)
    (shown,) = bot.json("GET", f"/issue/{ticket}")["fields"]["attachment"]
    assert (shown["filename"], shown["size"], shown["mimeType"]) == ("template.pdf", 2048, "application/pdf")
    assert shown["author"]["accountId"] == CARLA.id
    assert {"id", "created", "content"} <= set(shown)


def test_attaching_is_a_change_that_a_webhook_tells_of(site: Site, ticket: str, receiver) -> None:
    """As an update of the issue, with one item in the changelog, whose `from` is empty."""
    site.register_webhook(receiver.url, "secret", ["jira:issue_updated"])
    file = site.attach(CARLA, ticket, "template.docx")
    assert site.hooks.wait_idle(5)
    (body,) = receiver.bodies
    (item,) = body["changelog"]["items"]
    assert (item["field"], item["fieldId"], item["from"]) == ("Attachment", "attachment", None)
    assert (item["to"], item["toString"]) == (file.id, "template.docx")
    assert site.issue(ticket).history[-1].author == CARLA


def test_who_may_not_attach(process, clock, ticket: str) -> None:
    """A customer who does not see the issue, anybody without a name for the file, and whom a rule refuses."""
    site = Site([process], clock, needs={"dde": Needs(people=(OLIVE,))})
    opened = site.open_request(CARLA, "Springfield ISD")
    with pytest.raises(Refused, match="does not exist"):
        site.attach(OLIVE, opened, "template.docx")
    with pytest.raises(Refused, match="needs a name"):
        site.attach(HANNA, opened, "  ")
    site.refuse(lambda act: Refused(403, "no") if act.kind == "attach" else None)
    with pytest.raises(Refused, match="no"):
        site.attach(CARLA, opened, "template.docx")
    assert site.issue(opened).attachments == []


def test_a_test_in_another_process_attaches_a_file(site: Site, ticket: str, stranger) -> None:
    """Over /sandbox/api, where an issue's files are read, too."""
    sent = {"by": CARLA.id, "issue": ticket, "filename": "photo.bin", "mimeType": "image/png"}
    made = stranger.json("POST", "/sandbox/api/attach", json=sent)
    assert made["mimeType"] == "image/png"
    assert stranger.json("GET", f"/sandbox/api/issue/{ticket}")["attachments"] == [made]


def test_a_person_attaches_a_file_on_the_page(site: Site, ticket: str, stranger) -> None:
    """Its name is enough; a name that nobody knows the kind of is a file of bytes."""
    stranger.session.cookies.set("who", CARLA.id)
    key = site.issue(ticket).key
    page = stranger("POST", f"/sandbox/act/{key}/attach", data={"filename": "New District", "kind": ""})
    assert "New District" in page.text
    (file,) = site.issue(ticket).attachments
    assert (file.author, file.kind) == (CARLA, "application/octet-stream")
