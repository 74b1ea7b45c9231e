"""What people do in the second process, and the paths through its steps that many stories begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox.accounts import OLIVE
from tests.stories.acts import Story

Begin = Callable[..., Story]
DISTRICT = "Cascade SD"
CORA, DEVIN = "712020:cora", "712020:devin"  # customer service, and a developer
CONTACT, PARTICIPANTS, NAME = "customfield_10050", "customfield_10010", "customfield_10051"
SIGNED, KIND, SIS, HOSTED, SINCE, PIPELINE, VENDORS = (f"customfield_1006{n}" for n in range(7))
STAR, DESSA = "Renaissance STAR", "Aperture DESSA"

# A phrase by which each of the bot's comments is recognized, and what the stories call that comment.
PHRASES = {
    "please fill out the New District Information Template": "please fill out the template",
    "that your New District Information Template is ready": "we have your template",
    "We are now setting up the data pipeline": "we set up the pipeline",
    "we are now loading your data": "we load your data",
    "you can now see your data": "you can see your data",
    "now comes from your new student information system": "your data comes from the new system",
    "WESD Customer Service will contact you": "we validate your data and train you",
    "we are now connecting your test vendors": "we connect your vendors",
    f"{STAR} is now connected": "STAR is connected",
    f"{DESSA} is now connected": "DESSA is connected",
    "onboarding to the Oregon Data Suite (ODS) is complete": "the onboarding is complete",
    "still waiting for your New District Information Template": "reminder",
    "as soon as this is so": "please set when it is so",
    "please set these fields": "please set the fields",
    "please correct a field": "please correct a field",
    "please begin": "please begin",
    "please phone": "please phone the district",
    "nothing is open in the step": "nothing is open here",
    "is on hold": "on hold",
    "no longer on hold": "the hold is over",
    "overdue": "overdue",
    "please answer in public": "please answer the contact",
    "is in the step": "where you stand",
}


def value(name: str) -> Any:
    """A choice of one, or nothing."""
    return {"value": name} if name else None


def put(
    story: Story, at: str | None = None, by: str = CORA, vendors: tuple[str, ...] | None = None, **fields: Any
) -> None:
    """Staff set fields of the ticket, by the names above in lowercase."""
    if at:
        story.at(at)
    names = {"signed": SIGNED, "kind": KIND, "pipeline": PIPELINE}
    texts = {"sis": SIS, "hosted": HOSTED, "since": SINCE}
    values = {names[n]: value(v) for n, v in fields.items() if n in names}
    values |= {texts[n]: v for n, v in fields.items() if n in texts}
    if vendors is not None:
        values[VENDORS] = [{"value": name} for name in vendors]
    story.harness.site.edit(by, story.key, values)
    story.harness.settle()


def opened(story: Story, at: str = "2026-01-05 09:00", signed: str = "Yes") -> Story:
    """Customer service opens the ticket on Monday morning; the contact is named in its field."""
    story.at(at)
    person = {"accountId": OLIVE.id}
    fields = {NAME: DISTRICT, CONTACT: person, PARTICIPANTS: [person], SIGNED: value(signed)}
    story.key = story.harness.site.open_request(CORA, "ODS", project="ODS", fields=fields).key
    story.harness.settle()
    return story


def attach(story: Story, name: str, at: str | None = None, words: str = "") -> None:
    """The contact attaches a file, with or without a comment."""
    if at:
        story.at(at)
    story.harness.site.attach(OLIVE, story.key, name)
    if words:
        story.harness.site.comment(OLIVE, story.key, words)
    story.harness.settle()


def to_pipeline(story: Story, kind: str = "new district", vendors: tuple[str, ...] = (STAR, DESSA)) -> Story:
    """The template came on Wednesday, and was saved on Thursday, January 8 at 10:00."""
    opened(story)
    attach(story, "template.docx", at="2026-01-07 10:00")
    put(story, "2026-01-08 10:00", kind=kind, sis="Synergy", hosted="Edupoint", since="2019-08-01", vendors=vendors)
    story.set_to("save", "Done", by=CORA)
    return story


def to_etl(story: Story, **how: Any) -> Story:
    """The developers found an existing pipeline on Friday, and had joined it on Wednesday, January 14 at 10:00."""
    to_pipeline(story, **how)
    put(story, "2026-01-09 10:00", by=DEVIN, pipeline="existing")
    story.set_to("analyze", "Done", by=DEVIN)
    story.set_to("join", "Done", at="2026-01-14 10:00", by=DEVIN)
    return story


def to_builds(story: Story, **how: Any) -> Story:
    """The data was in the warehouse on Friday, January 23 at 10:00."""
    to_etl(story, **how)
    story.set_to("staging", "Done", at="2026-01-20 10:00", by=DEVIN)
    story.set_to("warehouse", "Done", at="2026-01-23 10:00", by=DEVIN)
    return story


def to_validation(story: Story, **how: Any) -> Story:
    """The developers were done on Tuesday, January 27 at 10:00."""
    to_builds(story, **how)
    story.set_to("monitor", "Done", at="2026-01-27 10:00", by=DEVIN)
    if how.get("kind") != "conversion":
        story.set_to("history", "Done", by=DEVIN)
    return story


def to_vendors(story: Story, **how: Any) -> Story:
    """Customer service was done on Tuesday, February 3 at 10:00."""
    to_validation(story, **how)
    story.set_to("validate", "Done", at="2026-02-03 10:00", by=CORA)
    story.set_to("train", "Done", by=CORA)
    return story


def vendor(story: Story, name: str) -> Any:
    """The newest subtask for one vendor."""
    return [s for s in story.subtasks() if s.summary.startswith(name)][-1]


def finish_vendor(story: Story, name: str, at: str) -> None:
    """A developer has connected a vendor."""
    story.at(at)
    story.harness.site.transition(DEVIN, vendor(story, name), "Done")
    story.harness.settle()


def open_work(story: Story) -> list[str]:
    """The summaries of the subtasks that are open."""
    return [s.summary for s in story.subtasks() if s.status in ("To Do", "In Progress")]
