"""A process file that changes while tickets are in it: what is refused stays as it was accepted, at start and while
the bot runs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from bot.app import load_checked
from bot.config.load import load
from bot.config.source import ConfigError
from bot.controller.process_files import ProcessFiles, some_of
from bot.sandbox.accounts import CARLA
from bot.sandbox.harness import Harness
from bot.store.accepted_files import AcceptedFiles
from tests.stories.acts import Story

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
SPINE = Path(__file__).parents[1] / "spine"
FILE = "processes/dde.yaml"


class Office:
    """A bot on a folder of its own, whose files a test edits; the bot looks at them when the test says so."""

    def __init__(self, tmp_path: Path, database_url: str, told: list[tuple[str, str]]) -> None:
        self.folder = tmp_path / "config"
        shutil.copytree(SPINE, self.folder)
        self.path = self.folder / FILE
        self.good = self.path.read_text()
        self.told = told
        self.harness = Harness(load_checked(self.folder), tmp_path, START, database_url=database_url)
        self.harness.settle()

    def edit(self, old: str, new: str) -> None:
        """Edit the process file; the bot looks at it later."""
        assert old in self.good
        self.path.write_text(self.good.replace(old, new))

    def reload(self) -> None:
        """The running bot looks at its files."""
        self.harness.bot.refresh()
        self.harness.settle()

    def restart(self) -> None:
        """The bot is started again, with the files as they are; without any, with those that it accepted."""
        bot = self.harness.bot
        self.harness.stop_bot()
        try:
            self.harness.config = load_checked(self.folder)
        except ConfigError:
            texts = [(FILE.rpartition("/")[2], self.good)]
            self.harness.config = load_checked(self.folder, texts=texts)
        assert bot is self.harness.bot
        self.harness.start_bot()
        self.harness.settle()

    @property
    def refused(self) -> tuple[str, ...]:
        """Why files are refused."""
        return self.harness.bot.files.refused

    @property
    def in_force(self) -> str:
        """The text of the process that the bot follows."""
        return self.harness.bot.config.sources["dde"].text

    def watch(self, times: int = 3) -> None:
        """Minutes pass, in which the operator is told what is new."""
        for _ in range(times):
            self.harness.bot.watch()
            self.harness.clock.jump_machine(60)


@pytest.fixture
def office(tmp_path: Path, engine_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office with no ticket yet."""
    for name in ("RELOAD_SECONDS", "WATCH_SECONDS"):
        monkeypatch.setattr(f"bot.controller.ticker.{name}", 3600)
    told: list[tuple[str, str]] = []

    def send(title: str, body: str) -> bool:
        told.append((title.removeprefix("District Onboarding Bot: "), body))
        return True

    monkeypatch.setattr("bot.app.operator_of", lambda settings: (send, lambda: None))
    made = Office(tmp_path, engine_url, told)
    yield made
    made.harness.close()


@pytest.fixture
def story(office: Office) -> Story:
    """A ticket in the step of the folder, with both subtasks open."""
    return Story(office.harness).opened().to_folder()


RENAMED = ("  create_securestor_folder:", "  make_folder:")
LINKED = ("next: create_securestor_folder", "next: make_folder")


def rename_step(office: Office, was: str = "") -> None:
    """The folder's step gets another name, with or without the old one."""
    text = office.good.replace(*RENAMED).replace(*LINKED)
    office.path.write_text(
        text.replace("    title: Creation of", f"    {was}\n    title: Creation of") if was else text
    )


def held(story: Story) -> object:
    """What Jira holds of a ticket."""
    shown = story.ticket
    return (shown.status, list(shown.labels), shown.duedate, shown.comments, [s.status for s in story.subtasks()])


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_a_step_that_is_renamed_is_refused_and_the_accepted_text_stays(office: Office, story: Story, how: str) -> None:
    """Nothing happens to the ticket, at reload and at start alike; once the file is put right, it is accepted at
    once."""
    before = held(story)
    rename_step(office)
    getattr(office, how)()
    (line,) = {line.partition(" is in force: ")[2] for line in office.refused}
    assert line.startswith(f"the step create_securestor_folder is gone ({story.key}). ")
    assert "write `was: create_securestor_folder`" in line
    assert office.in_force == office.good
    assert held(story) == before

    rename_step(office, "was: create_securestor_folder")
    office.reload()
    assert office.refused == ()
    assert "make_folder" in office.in_force


EDITS = {
    "a branch without was": ("      folder:\n", "      room:\n"),
    "a status": ("status: SecureStor Folder", "status: Folder"),
    "an issue type": ("issue_type: DDE Set-Up", "issue_type: Task"),
    "a project": ("project: DDE", "project: ODS"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_that_would_strand_a_ticket_is_refused_at_a_start(office: Office, story: Story, edit: str) -> None:
    """And taken back while the bot runs, it was none."""
    office.edit(*EDITS[edit])
    office.restart()
    assert office.refused
    assert all(story.key in line for line in office.refused)
    assert office.in_force == office.good
    office.path.write_text(office.good)
    office.reload()
    assert office.refused == ()


@pytest.mark.parametrize("edit", sorted(set(EDITS) - {"a project"}))  # Jira has no other project
def test_where_no_ticket_is_in_the_way_the_same_edits_are_accepted(office: Office, edit: str) -> None:
    """An office without tickets under way may change everything."""
    office.edit(*EDITS[edit])
    office.reload()
    assert office.refused == ()
    assert EDITS[edit][1].strip() in office.in_force


def test_other_edits_are_accepted_while_tickets_are_under_way(office: Office, story: Story) -> None:
    """A goal, a title, a new branch."""
    office.edit("goal: 20 business hours\n        subtask", "goal: 30 business hours\n        subtask")
    office.reload()
    assert office.refused == ()
    assert "30 business hours" in office.in_force
    assert story.key


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_a_file_that_is_gone_is_refused_and_its_return_is_no_event(office: Office, story: Story, how: str) -> None:
    """As in a deployment that deletes and copies: no word to the operator, and nothing is reconciled again."""
    loaded, calls = office.harness.bot.loaded, len(office.harness.site.calls)
    office.path.unlink()
    getattr(office, how)()
    (line,) = office.refused
    assert f"the file is gone ({story.key})" in line
    assert "process release dde" in line
    assert office.in_force == office.good
    office.watch(1)
    office.path.write_text(office.good)
    office.reload()
    office.watch()
    assert office.refused == ()
    assert office.told == []
    if how == "reload":
        assert (office.harness.bot.loaded, len(office.harness.site.calls)) == (loaded, calls)


def test_the_operator_is_told_once_and_again_when_it_is_over(
    office: Office, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else happens meanwhile, a restart too."""
    monkeypatch.setattr("bot.notify.alerts.DEPLOYMENT", 0.0)
    rename_step(office)
    office.reload()
    office.watch()
    office.restart()
    office.watch()
    ((title, body),) = office.told
    assert title == "a changed process file is refused"
    assert story.key in body
    office.path.write_text(office.good)
    office.reload()
    office.watch()
    assert [title for title, _ in office.told] == [title, "the process files are accepted"]


def test_a_refused_file_is_accepted_once_no_ticket_is_in_the_way(office: Office, story: Story) -> None:
    """Without anybody touching it again."""
    rename_step(office)
    office.reload()
    assert office.refused
    story.move("Withdrawn")
    office.watch(1)
    office.reload()
    assert office.refused == ()
    assert "make_folder" in office.in_force


def test_statusz_names_the_tickets(office: Office, story: Story) -> None:
    """And is green: the work goes on."""
    rename_step(office)
    office.reload()
    found: dict[str, Any] = requests.get(f"{office.harness.web.url}/statusz.json", timeout=5).json()
    assert any(story.key in problem for problem in found["configuration"]["problems"])
    assert any("would strand tickets" in line for line in found["attention"])
    assert found["state"] == "green"


def test_a_new_database_accepts_what_it_finds(office: Office, story: Story) -> None:
    """What is accepted is known from the first start on."""
    accepted = office.harness.bot.files.accepted()
    assert {name: one.text for name, one in accepted.items()} == {"dde": office.good}
    assert story.key


def test_all_reasons_are_given_at_once(office: Office, story: Story) -> None:
    """Of each edit, for every ticket."""
    other = office.harness.site.open_request(CARLA, "Hillside ISD").key
    office.harness.settle()
    text = office.good.replace("      folder:\n", "      room:\n").replace("status: Confirming", "status: Confirm")
    office.path.write_text(text)
    office.reload()
    assert [(story.key in line, other in line) for line in office.refused] == [(True, False), (False, True)]


def test_at_most_ten_keys_are_named() -> None:
    """And how many more there are."""
    assert some_of([f"DDE-{n}" for n in range(1, 11)]).endswith("DDE-10")
    assert some_of([f"DDE-{n}" for n in range(1, 14)]).endswith("DDE-10 and 3 more")


# -- every kind of edit, with a ticket in every place


def replaced(*pairs: tuple[str, str]) -> Callable[[str], str]:
    """An edit that replaces texts in the file."""

    def edit(text: str) -> str:
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        return text

    return edit


def without_branch(name: str) -> Callable[[str], str]:
    """An edit that takes a branch out of the file."""

    def edit(text: str) -> str:
        found = re.sub(rf"^      {name}:.*\n(?:        .*\n)*", "", text, count=1, flags=re.MULTILINE)
        assert found != text
        return found

    return edit


def one_step_less(text: str) -> str:
    """An edit that takes the quality review out."""
    return text[: text.index("  quality_review:")].replace("next: quality_review", "next: done")


FOLDER = {"folder", "uploads", "on hold"}
UNDER_WAY = {*FOLDER, "confirms", "review", "waits", "quality"}
TABLE: dict[str, tuple[Callable[[str], str], set[str]]] = {
    "nothing": (lambda text: text + "# a comment\n", set()),
    "other words": (replaced(("title: Quality Review", "title: The Quality Review")), set()),
    "another goal": (replaced(("goal: 20 business hours", "goal: 30 business hours")), set()),
    "a step renamed": (replaced(RENAMED, LINKED), FOLDER),
    "a step renamed with was": (
        replaced(RENAMED, LINKED, ("    title: Creation", "    was: create_securestor_folder\n    title: Creation")),
        set(),
    ),
    "the last step taken out": (one_step_less, {"quality"}),
    "a branch renamed": (replaced(("      folder:\n", "      room:\n")), {"folder", "on hold"}),
    "a branch renamed with was": (
        replaced(("      folder:\n", "      room:\n        was: folder\n")),
        set(),
    ),
    "a branch taken out": (without_branch("folder"), {"folder", "on hold"}),
    "the district's branch taken out": (without_branch("files"), FOLDER),
    "a status renamed": (replaced(("status: SecureStor Folder", "status: Folder")), {"folder", "uploads"}),
    "a review's status renamed": (replaced(("status: Initial File Review", "status: File Review")), {"review"}),
    "the waiting status renamed": (replaced(("Waiting for District", "Waiting")), {"waits"}),
    "the waiting status renamed with was": (
        replaced(("_status: Waiting for District", "_status: {status: Waiting, was: Waiting for District}")),
        set(),
    ),
    "another issue type": (replaced(("issue_type: DDE Set-Up", "issue_type: Task")), UNDER_WAY),
    "another project": (replaced(("project: DDE", "project: ODS")), UNDER_WAY),
    "an end's status renamed": (replaced(("withdrawn: Withdrawn", "withdrawn: Taken Back")), {"withdrawn"}),
    "an end renamed": (replaced(("withdrawn: Withdrawn", "taken_back: Withdrawn")), set()),
}  # fmt: skip


@pytest.fixture
def crowd(office: Office) -> dict[str, str]:
    """A ticket in every place: the key of each by the name of the place."""
    made = {}
    for name in ("confirms", "folder", "uploads", "on hold", "review", "waits", "quality", "withdrawn"):
        story = Story(office.harness).opened()
        made[story.key] = name
        if name in ("folder", "uploads", "on hold"):
            story.to_folder()
        if name in ("review", "waits", "quality"):
            story.to_review()
        if name == "uploads":
            story.set_to("folder", "Done")
        if name == "waits":
            story.note("Findings: the enrollment file is empty")
            story.set_to("review", "Needs Revision")
        moves = {"on hold": "On Hold", "quality": "Quality Review", "withdrawn": "Withdrawn"}
        if name in moves:
            story.move(moves[name])
    return made


def test_every_edit_is_refused_for_those_whom_it_would_strand_and_for_nobody_else(
    office: Office, crowd: dict[str, str]
) -> None:
    """With a ticket in every place: which tickets are named, of each kind of edit."""
    named = {}
    for name, (edit, _) in TABLE.items():
        office.path.write_text(edit(office.good))
        found = office.harness.bot.files.weigh(load_checked(office.folder))
        named[name] = {crowd[one.key] for refusal in found.refused for one in refusal.tickets}
    assert named == {name: expected for name, (_, expected) in TABLE.items()}


def test_no_refused_edit_touches_a_ticket_and_the_last_one_put_right_is_accepted(
    office: Office, crowd: dict[str, str]
) -> None:
    """One edit after the other while the bot runs, then the worst of them at a start."""
    site = office.harness.site
    site.search_lag = timedelta(0)
    version = site.version
    for name, (edit, expected) in TABLE.items():
        if expected:
            office.path.write_text(edit(office.good))
            office.reload()
            assert office.refused, name
            assert office.in_force == office.good
    office.path.unlink()
    office.restart()
    assert {key for key in crowd if any(key in line for line in office.refused)} == {
        key for key, name in crowd.items() if name != "withdrawn"
    }
    office.harness.bot.jobs.everything()
    office.harness.settle()
    assert site.version == version

    office.path.write_text(office.good)
    office.reload()
    assert office.refused == ()


def test_a_process_that_gets_another_name_is_refused_whole(office: Office, story: Story) -> None:
    """The accepted file and the renamed one cannot both be in force, since they take the same tickets."""
    bot = office.harness.bot
    office.edit("process: dde", "process: other")
    accepted = AcceptedFiles(bot.store)
    files = ProcessFiles(accepted, bot.index, bot.clock, lambda texts: load(office.folder, texts))
    config = files.in_force(load(office.folder), keep=True)
    assert f"the file is gone ({story.key})" in files.refused[0]
    assert [process.name for process in config.processes] == ["dde"]
    assert {name: one.text for name, one in accepted.all().items()} == {"dde": office.good}


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_a_template_that_came_with_a_refused_file_is_no_trouble(office: Office, story: Story, how: str) -> None:
    """Nothing uses it yet, since the accepted text does not know it."""
    own = office.folder / "templates/comments/dde/folder_news.j2"
    own.parent.mkdir(parents=True)
    own.write_text("News for {{ district }}.\n")
    text = office.good.replace(*RENAMED).replace(*LINKED).replace("say: securestor_folder", "say: folder_news")
    office.path.write_text(text)
    getattr(office, how)()
    assert story.key in office.refused[0]
    assert office.in_force == office.good


def test_a_folder_without_any_process_is_no_configuration(office: Office) -> None:
    """Even if no ticket is in the way: the bot goes on with what it has."""
    office.path.unlink()
    office.reload()
    assert "there is no .yaml file" in office.harness.bot.reloader.problems[0]
    assert office.in_force == office.good


def test_a_ticket_goes_on_under_the_new_name(office: Office, story: Story) -> None:
    """Its subtasks stay, and the index has the new name of its step, which is the one that the next edit must name."""
    before = held(story)
    rename_step(office, "was: create_securestor_folder")
    office.reload()
    office.harness.bot.reconciler.enqueue([story.ticket.id])
    office.harness.settle()
    assert held(story) == before
    row = office.harness.bot.index.row(story.ticket.id)
    assert row is not None
    assert row.step == "make_folder"
    assert len(row.branches) == 2
    office.path.write_text(office.good)
    office.reload()
    assert "the step make_folder is gone" in office.refused[0]


def test_a_label_that_is_renamed_is_taken_along(office: Office, story: Story) -> None:
    """The bot had set it under its old name, and nobody touches it by hand."""
    office.harness.at("2026-01-08 09:00")
    assert "review-at-risk" in story.labels
    office.edit("label: review-at-risk", "label: half-way-gone")
    office.reload()
    office.harness.bot.reconciler.enqueue([story.ticket.id])
    office.harness.settle()
    assert "half-way-gone" in story.labels
    assert "review-at-risk" not in story.labels
