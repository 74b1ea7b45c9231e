"""The first step: agreements, the template, and the facts without which it does not end."""

from __future__ import annotations

import pytest

from bot.sandbox.accounts import CARLA, OLIVE
from tests.stories.dde.ways import clock
from tests.stories.ods.ways import (
    CONTACT,
    CORA,
    DISTRICT,
    NAME,
    PARTICIPANTS,
    STAR,
    VENDORS,
    Begin,
    attach,
    open_work,
    opened,
    put,
    to_pipeline,
)

TEMPLATE = f"{DISTRICT}: fill out the New District Information Template"
SAVE = f"Save {DISTRICT}'s template in the shared drive, and set the fields of the ticket"


# -- agreements


def test_agreements_signed_late(ods: Begin) -> None:
    """Until then there is no word, subtask or clock, and customer service is told once; then all begins at once."""
    story = opened(ods(), signed="")
    story.at("2026-01-20 10:00")
    assert story.talk == ["bot to team: please set when it is so"]
    assert "[~accountid:712020:cora]" in story.last
    assert "Agreements signed" in story.last
    assert (story.subtasks(), story.due) == ([], None)
    put(story, "2026-01-21 10:00", signed="Yes")
    assert story.to_district == ["please fill out the template"]
    assert open_work(story) == [TEMPLATE]
    assert clock(story)["due"] == "2026-01-28T18:00:00Z"


def test_agreements_that_are_unsigned_again(ods: Begin) -> None:
    """The subtask stays, the clock stops, no reminder goes out, and the team is told once; signed again, it goes on."""
    story = opened(ods())
    put(story, "2026-01-06 09:00", signed="No")
    story.at("2026-01-20 09:00")
    assert story.to_district == ["please fill out the template"]
    assert story.to_team == ["please set when it is so"]
    assert "its clock is stopped" in story.last
    assert open_work(story) == [TEMPLATE]
    assert story.labels == set()
    put(story, "2026-01-21 09:00", signed="Yes")
    assert clock(story)["due"] == "2026-01-27T17:00:00Z"  # four of five business days were left


# -- the template


@pytest.mark.parametrize("words", ["READY", "Ready, thanks!", "It is ready"])
def test_the_reply_ready_is_noted(ods: Begin, words: str) -> None:
    """The district's subtask is done, the district gets thanks, and customer service has the next subtask."""
    story = opened(ods())
    story.contact(words, at="2026-01-07 10:00", by=OLIVE)
    assert story.to_district[-1] == "we have your template"
    assert story.work == ["template: Done", "save: To Do"]


@pytest.mark.parametrize("words", ["", "Please find it attached, thank you", "READY"])
def test_an_attached_file_is_noted(ods: Begin, words: str) -> None:
    """With no comment, a polite one, or READY: once."""
    story = opened(ods())
    attach(story, "New District Information.docx", at="2026-01-07 10:00", words=words)
    story.at("2026-01-07 11:00")
    assert story.to_district == ["please fill out the template", "we have your template"]
    assert story.to_team == []
    assert open_work(story) == [SAVE]


@pytest.mark.parametrize(("name", "words"), [("logo.png", ""), ("template.docx", "Which SIS do you mean here?")])
def test_a_picture_or_a_file_with_a_question_is_not_the_template(ods: Begin, name: str, words: str) -> None:
    """A person reads what was asked, and the district's part is still open."""
    story = opened(ods())
    attach(story, name, at="2026-01-07 10:00", words=words)
    story.at("2026-01-07 11:00")
    assert open_work(story) == [TEMPLATE]
    assert story.to_team == (["please answer the contact"] if words else [])


def test_a_template_that_came_by_email(ods: Begin) -> None:
    """Staff close the district's subtask themselves."""
    story = opened(ods())
    story.set_to("template", "Done", at="2026-01-07 10:00", by=CORA)
    assert story.to_district[-1] == "we have your template"
    assert open_work(story) == [SAVE]


def test_the_contact_is_in_the_field(ods: Begin) -> None:
    """What customer service, who opened the ticket, writes in public is no reply."""
    story = opened(ods())
    story.contact("READY", at="2026-01-07 10:00", by=CORA)
    assert open_work(story) == [TEMPLATE]


def test_a_district_that_does_not_answer(ods: Begin) -> None:
    """Reminders after three and six business days, each of which says for how long; after ten, a person calls."""
    story = opened(ods())
    story.at("2026-01-08 09:00")
    assert story.to_district == ["please fill out the template", "reminder"]
    assert "reply READY" in story.last
    assert "3 business days ago" in story.last
    story.at("2026-01-13 09:00")
    assert story.to_district[-2:] == ["reminder", "reminder"]
    assert "6 business days ago" in story.last
    story.at("2026-01-20 09:00")
    assert "please phone the district" in story.to_team
    assert "[~accountid:712020:cora]" in story.last
    assert len(story.to_district) == 3


# -- what the step requires


def test_the_step_does_not_end_while_a_fact_is_missing(ods: Begin) -> None:
    """Staff are told which, once for each change; the ticket goes on with the last one."""
    story = opened(ods())
    story.contact("READY", at="2026-01-07 10:00", by=OLIVE)
    story.set_to("save", "Done", at="2026-01-08 10:00", by=CORA)
    assert story.status == "District Outreach"
    assert story.to_team == ["please set the fields"]
    for title in ("Kind of onboarding", "Student information system", "Where it is hosted", "In use since"):
        assert title in story.last
    put(story, "2026-01-08 11:00", kind="new district", sis="Synergy", hosted="Edupoint", vendors=(STAR,))
    assert story.to_team == ["please set the fields"] * 2
    assert [line for line in story.last.splitlines() if line.startswith("*")] == ["* In use since"]
    put(story, "2026-01-08 12:00", since="2019-08-01")
    assert story.status == "Data Pipeline"


def test_a_vendor_beside_no_vendor_is_asked_about(ods: Begin) -> None:
    """Only one of the two can be right, so the step does not end."""
    story = to_pipeline(ods(), vendors=(STAR, "No vendor"))
    assert story.status == "District Outreach"
    assert "please correct a field" in story.to_team
    put(story, "2026-01-09 10:00", vendors=("No vendor",))
    assert story.status == "Data Pipeline"
    assert story.ticket.custom[VENDORS]


def test_who_reported_it_is_not_the_contact(ods: Begin) -> None:
    """Where fields name the contact, the reply of a customer who opened the request does not count;
    a participant's counts, because the process names that field."""
    story = ods()
    site = story.harness.site
    story.key = site.open_request(CARLA, "ODS", project="ODS").key
    site.edit(CORA, story.key, {CONTACT: {"accountId": OLIVE.id}, NAME: DISTRICT})
    put(story, signed="Yes")
    story.contact("READY", at="2026-01-07 10:00", by=CARLA)
    assert open_work(story) == [TEMPLATE]
    site.edit(CORA, story.key, {PARTICIPANTS: [{"accountId": CARLA.id}]})
    story.contact("READY", at="2026-01-07 11:00", by=CARLA)
    assert open_work(story) == [SAVE]
