"""The web pages: who sees what, and that acting there is acting in Jira."""

from __future__ import annotations

import pytest

from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.jira_site import Site


def _as(stranger, account) -> None:
    stranger.session.cookies.set("who", account.id)


def test_staff_sees_all_and_badges(site: Site, stranger, ticket: str) -> None:
    """Staff sees moves, subtasks, labels, history, and for each comment who can read it."""
    site.comment(BOT, ticket, "a note", public=False)
    site.create_subtask(BOT, ticket, "Create the folder")
    site.set_labels(BOT, ticket, add=["review-at-risk"])
    _as(stranger, HANNA)
    page = stranger("GET", "/browse/DDE-1").text
    for words in ("a note", "Internal", "Create the folder", "Start SecureStor Folder", "review-at-risk"):
        assert words in page


def test_the_contact_sees_the_portal_only(site: Site, stranger, ticket: str) -> None:
    """The contact sees status and public comments: no note, subtask, move, label or history."""
    site.comment(BOT, ticket, "a note", public=False)
    site.comment(BOT, ticket, "a word to you")
    site.create_subtask(BOT, ticket, "Create the folder")
    site.set_labels(BOT, ticket, add=["review-at-risk"])
    _as(stranger, CARLA)
    page = stranger("GET", "/browse/DDE-1").text
    assert "a word to you" in page
    assert "Confirming Files" in page
    for words in ("a note", "Internal", "Create the folder", "Start SecureStor", "review-at-risk", "History"):
        assert words not in page


def test_the_contact_cannot_see_another_request(site: Site, stranger) -> None:
    """A request of somebody else is neither listed nor shown to the contact."""
    site.open_request(HANNA, "Shelbyville ISD")
    _as(stranger, CARLA)
    assert "Shelbyville" not in stranger("GET", "/").text
    assert "Shelbyville" not in stranger("GET", "/browse/DDE-1").text


def test_the_form_opens_a_request_as_the_contact(site: Site, stranger) -> None:
    """Whoever looks at the list, the request is the contact's."""
    stranger("POST", "/sandbox/act/open", data={"summary": "Springfield ISD"})
    assert [(r.summary, r.reporter) for r in site.issues()] == [("Springfield ISD", CARLA)]


@pytest.mark.parametrize(("audience", "public"), [("public", True), ("internal", False)])
def test_staff_chooses_who_reads(site: Site, stranger, ticket: str, audience: str, public: bool) -> None:
    """The choice in the form decides the audience of the comment."""
    _as(stranger, HANNA)
    stranger("POST", "/sandbox/act/DDE-1/comment", data={"body": "hello", "audience": audience})
    assert [(c.author, c.public) for c in site.comments(ticket)] == [(HANNA, public)]


def test_buttons_move_tickets_and_subtasks(site: Site, stranger, ticket: str) -> None:
    """A button does its transition, and a subtask's leads back to the ticket's page."""
    subtask = site.create_subtask(BOT, ticket, "Create the folder")
    _as(stranger, HANNA)
    done = next(t for t in site.catalogue.workflow("DDE", "Sub-task").available("To Do") if t.to == "Done")
    data = {"transition": done.id, "page": "DDE-1"}
    answer = stranger("POST", f"/sandbox/act/{subtask.key}/transition", data=data)
    assert answer.url.endswith("/browse/DDE-1")
    assert site.issue(subtask).status == "Done"


def test_a_refusal_is_shown_and_keeps_the_words(site: Site, stranger, ticket: str) -> None:
    """What Jira refuses is told on the page, and what was typed is still in the form."""
    _as(stranger, HANNA)
    answer = stranger("POST", "/sandbox/act/DDE-1/transition", data={"transition": "999", "body": "typed"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "typed" in answer.text


def test_everything_is_escaped(site: Site, stranger) -> None:
    """Whatever people write, no page lets it become markup."""
    bad = "<script>alert(1)</script>"
    issue = site.open_request(CARLA, bad, fields={"description": bad})
    site.comment(CARLA, issue, f"{bad} *{bad}* [~accountid:{bad}]\n# {bad}")
    site.create_subtask(HANNA, issue, bad)
    site.set_labels(HANNA, issue, add=[bad])
    for account in (HANNA, CARLA):
        _as(stranger, account)
        for path in ("/", f"/browse/{issue.key}"):
            assert "<script>alert" not in stranger("GET", path).text


def test_pages_learn_of_changes(site: Site, stranger, ticket: str) -> None:
    """The version grows with each change, so that an open page shows the bot's answer."""
    before = stranger.json("GET", "/sandbox/version")["version"]
    site.comment(BOT, ticket, "an answer")
    assert stranger.json("GET", "/sandbox/version")["version"] > before


def test_switching_people_stays_on_this_site(stranger) -> None:
    """The switch goes back to the page it was used on, and never to another host."""
    for back in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        answer = stranger("POST", "/sandbox/act/who", data={"who": CARLA.id, "back": back}, allow_redirects=False)
        assert answer.headers["Location"] == "/"


def test_a_link_may_name_who_acts(site: Site, stranger, ticket: str) -> None:
    """A link with `?who=` switches for good, so that what is shown and who acts are the same person."""
    assert "Write to us" in stranger("GET", f"/browse/DDE-1?who={CARLA.id}").text
    stranger("POST", "/sandbox/act/DDE-1/comment", data={"body": "CONFIRM"})
    assert [c.author for c in site.comments(ticket)] == [CARLA]


def test_a_ticket_that_is_not_there_has_a_page(stranger) -> None:
    """A wrong address leads back to the list."""
    answer = stranger("GET", "/browse/DDE-99")
    assert (answer.status_code, 'href="/"' in answer.text) == (404, True)
