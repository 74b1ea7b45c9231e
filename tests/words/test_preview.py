"""The preview shows every template as it would be said: to the district, to the team, in a subtask."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.config.load import load
from bot.core.model.process import Branch, Process, Revision, Step
from bot.core.time.goals import parse_goal
from bot.words.preview import NoSuchTemplate, Page, preview, to_html, to_terminal
from bot.words.proofread import SAMPLE, count_words
from bot.words.render import Words

TEMPLATES = Path(__file__).parents[2] / "templates"
OFFICE = {"requirements": "https://cli.example.org/requirements.pdf", "securestor_help": "https://cli.example.org/help"}


@dataclass(frozen=True)
class Zone:
    zone: str = "America/Chicago"
    spoken: str = "Central Time"


def words(office: dict[str, str] = OFFICE, overrides: Path | None = None) -> Words:
    return Words(TEMPLATES, {"cli": Zone()}, "https://help.example.org", office, overrides)


def step(name: str, title: str, following: str, **more: Any) -> Step:
    goal = parse_goal("5 business days")
    return Step(name, title, title, ("functional_team",), following, goal=goal, **more)


def process(name: str = "dde") -> Process:
    formats = Branch("formats", "functional_team", subtask="Formats of {{ district }}", description="check_formats")
    steps = (
        step("request", "Request for Information", "quality", say="requirements"),
        step("quality", "Quality Review", "production", say="quality_review", branches=(formats,),
             revision=Revision("quality", "files_need_revision")),
        step("production", "Files in Production", "done", say="files_in_production"),
    )  # fmt: skip
    return Process(name, "DDE", "DDE", "Set-Up", None, "cli", "Waiting", {"done": "Done"}, steps)


def one(template: str, **facts: Any) -> Page:
    (page,) = preview(words(), [process()], template, facts)
    return page


def printed(pages: list[Page]) -> str:
    out = io.StringIO()
    to_terminal(pages, Console(file=out, width=200))
    return out.getvalue()


def test_every_template_has_a_page() -> None:
    """Nothing that the bot could say is left out, and what only others include is no page."""
    shipped = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.j2") if path.name[0] != "_"}
    config = load(TEMPLATES.parent / "config")
    texts = {name: config.office_for(name).texts for name in ("dde", "ods")}
    all_words = Words(TEMPLATES, config.calendars, "https://help.example.org", OFFICE, own=texts)
    pages = preview(all_words, config.processes, None, None)
    assert {page.file for page in pages} == shipped
    assert [page for page in pages if page.problems or not page.text] == []


def test_pages_come_by_audience_and_in_the_order_of_the_process() -> None:
    """First what the district reads, as it happens; then what the team reads; then the subtasks."""
    pages = preview(words(), [process()], None, None)
    audiences = [page.audience for page in pages]
    assert audiences == sorted(audiences, key=["public", "internal", "subtask"].index)
    names = [page.name for page in pages]
    assert names[:4] == ["dde/requirements", "dde/quality_review", "dde/files_need_revision", "dde/files_in_production"]


@pytest.mark.parametrize(
    ("name", "audience"),
    [("status", "public"), ("done", "public"), ("overdue", "internal"), ("check_formats", "subtask")],
)
def test_a_page_knows_who_reads_it(name: str, audience: str) -> None:
    """What the process or the bot says in public is public; what nobody names yet is shown by its folder."""
    assert one(name).audience == audience


@pytest.mark.parametrize("name", ["status", "any/status", "comments/any/status", "comments/any/status.j2"])
def test_a_template_is_called_by_its_name_or_its_path(name: str) -> None:
    """Whatever a person is likely to type finds it."""
    assert one(name).name == "any/status"


def test_an_unknown_template_is_answered_with_the_nearest() -> None:
    """A typing mistake is reported, with a suggestion."""
    with pytest.raises(NoSuchTemplate, match=r"There is no template 'dde/requirments'; did you mean 'requirements'\?"):
        preview(words(), [process()], "dde/requirments", None)
    with pytest.raises(NoSuchTemplate, match="no template '_team'"):
        preview(words(), [process()], "_team", None)


def test_two_processes_have_their_own_pages_and_share_the_rest() -> None:
    """What is for any process is shown once."""
    pages = preview(words(), [process(), process("ods")], None, None)
    names = [page.name for page in pages]
    assert len(names) == len(set(names))


def test_a_sample_is_of_the_step_that_says_it() -> None:
    """Step, next step and goal are those of the process file."""
    page = one("quality_review")
    assert 'in the step "Quality Review"' in page.text
    assert "over 5 business days" in one("files_in_production").text
    assert page.words == count_words(page.text)
    assert one("check_formats").title == "Formats of Bluebonnet Valley ISD"


def test_real_facts_go_before_the_sample() -> None:
    """With a ticket's own facts the page says what that district would read."""
    page = one("files_received", district="Lakeside ISD", round=1, due=None, key="DDE-7")
    assert page.text.startswith("We have received the files of Lakeside ISD")
    assert page.title == "DDE-7 Lakeside ISD"
    assert "Tuesday" not in page.text


def test_what_cannot_be_said_is_a_page_with_its_problem() -> None:
    """One bad template does not hide the others, and its page says what is wrong."""
    pages = {page.name: page for page in preview(words({}), [process()], None, None)}
    assert "bot.yaml gives no text 'requirements'" in pages["dde/requirements"].problems[0]
    assert pages["dde/requirements"].text == ""
    assert pages["dde/done"].text
    assert "bot.yaml gives no text 'requirements'" in html.unescape(to_html([pages["dde/requirements"]]))
    assert "! comments/dde/requirements.j2" in printed([pages["dde/requirements"]])


def test_an_offices_own_file_is_shown_with_its_form(tmp_path: Path) -> None:
    """The page names the file that was used, and what `check` would refuse."""
    own = tmp_path / "comments/dde/done.j2"
    own.parent.mkdir(parents=True)
    own.write_text("Your SLA ends.")
    (page,) = preview(words(overrides=tmp_path), [process()], "done", SAMPLE)
    assert (page.file, page.text) == (str(own), "Your SLA ends.")
    assert any("'SLA'" in problem for problem in page.problems)


def test_the_terminal_shows_what_a_reader_sees() -> None:
    """Lists are numbered, mentions are names, and nothing is left of the markup."""
    text = printed([one("files_need_revision", findings=("a_b",), district="*X* [red]"), one("ask_findings")])
    assert "dde/files_need_revision · public" in text
    assert "files of *X* [red]. They need" in text
    assert "  • a_b\n" in text
    assert "  3. Reply to this message with the words FILES READY" in text
    assert "@Sam Ortiz @Kim Lee, please write the findings" in text
    assert "{noformat}" not in text
    assert "Formats of Bluebonnet Valley ISD" in printed([one("check_formats")])


def test_the_web_page_shows_jira_and_a_phone() -> None:
    """A public comment is there twice, a subtask once; the page needs no other file and runs no script."""
    page = to_html([one("requirements")])
    link = f'<a href="{OFFICE["requirements"]}" rel="noreferrer">'
    assert page.count(link) == 2
    assert page.count("<ol>") == 2
    assert "on a phone" in page
    assert not re.search(r"<script|<link rel=\"stylesheet|<img|@import|url\(", page)
    assert 'class="phone"' not in to_html([one("check_formats")])


def test_no_fact_becomes_html() -> None:
    """What people wrote in a ticket is shown as text, wherever on the page."""
    evil = '<img src=x onerror="alert(1)">'
    page = to_html([one("files_need_revision", district=evil, findings=(evil,)), one("unheard", items=(evil,))])
    assert "<img" not in page
    assert html.escape(evil, quote=False).split("<")[0].split()[0] in page
