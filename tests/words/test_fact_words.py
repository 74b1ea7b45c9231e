"""Facts in templates: which may be named where, and how their values are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.model.effects import NewSubtask, PostComment
from bot.core.model.facts import Condition, Fact, FactKind
from bot.core.model.process import Branch, Process, Step
from bot.words.preview import preview
from bot.words.render import SAMPLE, TemplateFault, Words

FACTS = {
    "kind": Fact("kind", "Kind", "customfield_1", FactKind.ONE_OF, ("new district", "conversion"), public=True),
    "pipeline": Fact("pipeline", "Pipeline", "customfield_2", FactKind.ONE_OF, ("existing", "new")),
    "vendors": Fact("vendors", "Vendors", "customfield_3", FactKind.SOME_OF, ("STAR", "DESSA"), none="No vendor"),
    "items": Fact("items", "Items", "customfield_4", FactKind.TEXT, public=True),
}


@dataclass(frozen=True)
class Zone:
    zone: str = "America/Chicago"
    spoken: str = "Central Time"


def process(**branch: Any) -> Process:
    """A step that says `one`, with one branch."""
    made = Branch("work", "team", **{"subtask": "Work", **branch})
    step = Step("s", "S", "S", ("team",), "done", say="one", branches=(made,))
    return Process("p", "P", "P", ("T",), None, "cli", "", {"done": "Done"}, (step,), facts=FACTS)


Write = Callable[..., Words]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes templates of the process and reads them."""

    def write(comments: Mapping[str, str], **texts: Any) -> Words:
        for name, text in comments.items():
            path = tmp_path / "comments/p" / f"{name}.j2"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Words(tmp_path, {"cli": Zone()}, **texts)

    return write


def complaints(words: Words, process: Process) -> list[str]:
    """What is wrong with the templates that the process names."""
    return [complaint.message for complaint in words.check(process, ())]


def test_a_text_has_the_values_of_facts(write: Write) -> None:
    """Empty where one is not set, whatever the fact is called."""
    words = write({"one": "{{ facts.kind }}, {{ facts.items }}, {{ facts['pipeline'] }}."})
    facts = {**SAMPLE, "facts": {"kind": "conversion", "items": "three", "pipeline": ""}}
    assert words.comment("p", PostComment((), "one", True, facts)) == "conversion, three, ."


def test_a_value_is_never_markup(write: Write) -> None:
    """Whatever people wrote into the field."""
    words = write({"one": "{{ facts.items }}"})
    text = words.comment("p", PostComment((), "one", True, {**SAMPLE, "facts": {"items": "*[~x]*"}}))
    assert text == r"\*\[\~x\]\*"


def test_a_subtask_is_written_for_its_value(write: Write) -> None:
    """In its summary too."""
    item = NewSubtask("1:2:subtask:a", "a", "{{ each }} for {{ district }}", None, (), {**SAMPLE, "each": "STAR"})
    assert write({}).subtask("p", item)[0] == "STAR for Bluebonnet Valley ISD"


def test_a_fact_that_is_none_cannot_be_rendered(write: Write) -> None:
    """It is named with the nearest one that is."""
    words = write({"one": "{{ facts.knd }}"})
    with pytest.raises(TemplateFault, match="there is no fact 'knd'; did you mean 'kind'"):
        words.comment("p", PostComment((), "one", True, {**SAMPLE, "facts": {"kind": "x"}}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ facts.knd }}", "there is no fact 'knd'; did you mean 'kind'?"),
        ("{{ facts['knd'] }}", "there is no fact 'knd'; did you mean 'kind'?"),
        ("{{ facts.pipeline }}", "the fact 'pipeline' is not public, so the district must not read it (publ"),
        ("{% if facts.pipeline == 'new' %}x{% endif %}", "the fact 'pipeline' is not public, so the district must not"),
        ("{{ facts }}", "'facts' is used with the name of a fact, such as facts.kind"),
        ("{% set all = facts %}{{ all.pipeline }}", "'facts' is used with the name of a fact, such as facts.kind"),
        ("{{ facts[district] }}", "'facts' is used with the name of a fact, such as facts.kind"),
        ("{{ each }}", "'each' is only for the texts of a branch with for_each"),
    ],
)  # fmt: skip
def test_check_finds_what_words_to_the_district_must_not_name(write: Write, text: str, says: str) -> None:
    """In conditions too, and in every way to write it."""
    (found,) = complaints(write({"one": f"{{{{ district }}}} {text}\n"}), process())
    assert found.startswith(says)


def test_words_to_the_district_may_name_public_facts(write: Write) -> None:
    """And say something else by their value."""
    text = "{{ district }}: {% if facts.kind == 'conversion' %}from the new system{% else %}new{% endif %}\n"
    assert complaints(write({"one": text}), process()) == []


def test_a_subtask_may_name_every_fact_but_none_that_is_not_there(write: Write) -> None:
    """Only staff read it."""
    words = write({"one": "{{ district }}\n"})
    assert complaints(words, process(subtask="Build the {{ facts.pipeline }} pipeline")) == []
    assert complaints(words, process(subtask="Build {{ facts.pipelin }}")) == [
        "there is no fact 'pipelin'; did you mean 'pipeline'?"
    ]


def test_each_is_for_the_texts_of_its_branch(write: Write) -> None:
    """The district may read it only where the fact is public."""
    words = write({"one": "{{ district }}\n", "ready": "{{ district }}: {{ each }} works\n"})
    vendors = process(subtask="{{ each }}", for_each="vendors", say_when_done="ready")
    (found,) = complaints(words, vendors)
    assert found.startswith("the fact 'vendors' is not public")
    public = {**FACTS, "vendors": replace(FACTS["vendors"], public=True)}
    assert complaints(words, replace(vendors, facts=public)) == []
    assert complaints(words, process(subtask="{{ each }}")) == [
        "'each' is only for the texts of a branch with for_each"
    ]


def test_check_fills_a_text_with_each_value(write: Write) -> None:
    """A text that is unfit for one value alone is found."""
    text = "{{ district }}{% if facts.kind == 'conversion' %} breach{% endif %}\n"
    assert complaints(write({"one": text}), process()) == ["'breach' is a word for staff, not for districts"]
    empty = "{% if facts.pipeline == 'existing' %}Join{% endif %}"
    assert complaints(write({"one": "{{ district }}\n"}), process(subtask=empty)) == ["the summary comes out empty"]


def test_preview_shows_a_text_for_each_value_that_changes_it(write: Write) -> None:
    """Once where no fact does, and once for the facts of a real ticket."""
    text = "{{ district }} {{ 'moves' if facts.kind == 'conversion' else 'starts' }}\n"
    words = write({"one": text, "two": "{{ district }}\n"})
    pages = preview(words, [process(say_when_done="two")], None, None)
    shown = [(page.name, page.case, page.text.split()[-1]) for page in pages]
    assert shown == [
        ("p/one", "", "starts"),
        ("p/one", "Kind: conversion", "moves"),
        ("p/two", "", "ISD"),
    ]
    (page,) = preview(words, [process()], "one", {"facts": {"kind": "conversion"}})
    assert (page.case, page.text.split()[-1]) == ("", "moves")


def test_a_text_that_names_what_was_passed_over_is_shown_and_checked_with_it(write: Write) -> None:
    """Where the process has an optional step: the words are there only after it was passed over."""
    text = "{{ district }}{% if passed_over %} without {{ passed_over|join }}{% endif %}\n"
    words, made = write({"one": text}), process()
    optional = Step("v", "Vendors", "V", ("team",), "done", condition=Condition({"vendors": ("any",)}))
    made = replace(made, steps=(*made.steps, optional))
    pages = preview(words, [made], "one", None)
    assert [(page.case, page.text.split()[-1]) for page in pages] == [
        ("", "ISD"),
        ("passed over: Vendors", "Vendors"),
    ]
    breach = write({"one": text.replace("without", "breach")})
    assert complaints(breach, made) == ["'breach' is a word for staff, not for districts"]


def test_a_process_has_texts_of_its_own(write: Write) -> None:
    """In its comments, and as `check` sees them."""
    words = write({"one": "{{ district }} {{ office.help }}\n"}, office={"x": "1"}, own={"p": {"help": "Ask us"}})
    assert words.comment("p", PostComment((), "one", True, SAMPLE)).endswith("Ask us")
    assert complaints(words, process()) == []
    assert len(complaints(words, replace(process(), name="q"))) == 1
