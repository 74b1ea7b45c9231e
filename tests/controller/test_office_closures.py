"""An unplanned closed day counts on every replica, survives a lost database, and moves what is running."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.app import Bot, build
from bot.config.closures_file import Kept, path_in, read_closures, to_json
from bot.config.load import load
from bot.controller.office_closures import Closures, NoClosure
from bot.core.history.closure_impact import MovedClock, moved_lines
from bot.core.model.ledger import PROPERTY
from bot.core.time.closures import Closure
from bot.jira.call import JiraTrouble
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.harness import Harness, unhurried
from bot.store.agenda_reader import Priority
from bot.store.database import Store
from bot.store.keys import key_of
from tests.stories.acts import Story

ROOT = Path(__file__).parents[1]
ZONE = ZoneInfo("America/Chicago")
START = datetime(2026, 1, 5, 9, 0, tzinfo=ZONE)
MONDAY = date(2026, 1, 12)
# For what is no matter of the database: a bot on PostgreSQL takes longer to start.
ON_SQLITE = pytest.mark.parametrize("engine_url", ["sqlite"], indirect=True)
LINES = ("exceptions:", "  2026-01-12: {name: ice storm, open: []}")


def local(text: str) -> datetime:
    """A moment in the office's own time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def storm(day: date = MONDAY, closes: time | None = None, at: str = "2026-01-09 06:00") -> Closure:
    """A closure, as it is entered."""
    return Closure("cli", day, closes, "ice storm", "Lena", local(at))


def office(folder: Path) -> Path:
    """A new folder of configuration, with one process."""
    shutil.copytree(ROOT / "spine", folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The configuration of the first replica."""
    return office(tmp_path / "config")


@pytest.fixture
def yaml(folder: Path) -> Path:
    """The calendar's file of the first replica."""
    return folder / "calendars/cli.yaml"


@pytest.fixture
def harness(folder: Path, tmp_path: Path, engine_url: str) -> Iterator[Harness]:
    """A bot at work, whose search shows what is so."""
    with Harness(load(folder), tmp_path, START, database_url=engine_url) as harness:
        harness.site.search_lag = harness.site.search_lag * 0
        yield harness


@pytest.fixture
def story(harness: Harness) -> Story:
    """A ticket in its first review since Thursday, 15:30: due on Tuesday, January 13, at 8:30."""
    return Story(harness).opened().to_review()


@contextmanager
def another(harness: Harness, folder: Path, database_url: str | None = None) -> Iterator[Bot]:
    """Another replica, with that folder of configuration, on the same database or another one. It is not started."""
    settings = harness.settings().model_copy(update={"database_url": SecretStr(database_url or harness.database_url)})
    bot = build(settings, unhurried(load(folder)), harness.clock, harness.periods)
    try:
        yield bot
    finally:
        bot.agenda.close()
        bot.store.close()


@pytest.fixture
def other(harness: Harness, tmp_path: Path) -> Iterator[Bot]:
    """Another replica on the same database, with files of its own."""
    with another(harness, office(tmp_path / "other")) as bot:
        yield bot


def lines(bot: Bot, moved: list[MovedClock]) -> list[str]:
    """What moved, as people read it."""
    return list(moved_lines(moved, bot.closures.calendars()))


def days(folder: Path) -> list[date]:
    """The closed days that the bot's own file in a folder has."""
    return [kept.closure.day for kept in read_closures(folder)]


def block(folder: Path) -> Path:
    """Keep everyone, even root, from writing the bot's file."""
    path_in(folder).mkdir()
    (path_in(folder) / "full").touch()
    return path_in(folder)


MOVED = "DDE-1 Lakeside ISD, Initial File Review, round 1: Tue 2026-01-13 08:30 CST -> Wed 2026-01-14 08:30 CST"


# -- entering one


def test_a_closure_moves_what_runs_and_is_kept_in_a_file(
    harness: Harness, story: Story, folder: Path, yaml: Path
) -> None:
    """The office's own files stay as they were; entered again it changes nothing and has the same answer."""
    before = yaml.read_bytes()
    assert story.due == "2026-01-13"
    first = harness.bot.closures.close(storm())
    harness.settle()
    assert lines(harness.bot, first) == [MOVED]
    assert (story.due, days(folder), yaml.read_bytes()) == ("2026-01-14", [MONDAY], before)
    found = harness.bot.closures.written(storm())
    assert (found.done, found.file, found.lines) == (True, str(path_in(folder)), ())

    written = path_in(folder).stat().st_mtime_ns
    assert harness.bot.closures.close(storm(at="2026-01-09 07:00")) == first
    assert path_in(folder).stat().st_mtime_ns == written


@ON_SQLITE
def test_a_dry_run_changes_nothing(harness: Harness, story: Story, folder: Path) -> None:
    """It only answers."""
    assert lines(harness.bot, harness.bot.closures.close(storm(), dry_run=True)) == [MOVED]
    assert not harness.bot.closures.written(storm()).done
    assert harness.bot.closures.calendars() is harness.bot.config.calendars
    assert (path_in(folder).exists(), story.due) == (False, "2026-01-13")
    row = harness.bot.agenda.row(key_of(story.ticket.id))
    assert row is not None
    assert row.due_at is not None
    assert row.due_at > harness.clock.now()


@ON_SQLITE
def test_what_is_asked_of_jira(harness: Harness, story: Story) -> None:
    """One search that has the ledgers along, and nothing of any ticket."""
    harness.bot.workers.stop()
    mark = len(harness.site.calls)
    harness.bot.closures.close(storm())
    assert [call.path.rpartition("/rest/api/2")[2] for call in harness.site.calls_since(mark)] == ["/search/jql"]
    row = harness.bot.agenda.row(key_of(story.ticket.id))
    assert row is not None
    assert (row.due_at, row.priority) == (harness.clock.now(), Priority.TIMERS)


@ON_SQLITE
def test_nothing_is_kept_where_jira_cannot_be_asked(harness: Harness, story: Story, folder: Path) -> None:
    """It can be entered again later, as if it had not been entered."""
    harness.jira.stop()
    with pytest.raises(JiraTrouble):
        harness.bot.closures.close(storm())
    assert (harness.bot.store.get_facts("closure "), path_in(folder).exists()) == ((), False)


@ON_SQLITE
def test_tickets_that_the_bot_leaves_alone_are_not_told(harness: Harness, story: Story) -> None:
    """By its label, or because the ledger cannot be read; the others are."""
    harness.bot.workers.stop()
    broken, off = (harness.site.open_request(CARLA, name) for name in ("Springfield ISD", "Shelbyville ISD"))
    ledger = harness.site.property(story.key, PROPERTY)
    harness.site.edit(HANNA, broken, properties={PROPERTY: {"v": 1, "process": 7}})
    harness.site.edit(HANNA, off, properties={PROPERTY: ledger})
    assert len(harness.bot.closures.close(storm(), dry_run=True)) == 2
    harness.site.set_labels(HANNA, off, ["bot-off"])
    assert lines(harness.bot, harness.bot.closures.close(storm(), dry_run=True)) == [MOVED]


@ON_SQLITE
@pytest.mark.parametrize(
    ("closure", "complaint"),
    [
        (storm(date(2026, 1, 10)), "is closed on Saturday, 2026-01-10 anyhow; nothing was changed."),
        (storm(date(2026, 1, 19)), r"anyhow \(Martin Luther King Jr. Day\); nothing was changed."),
        (storm(closes=time(17)), "is open 08:00-17:00 only on Monday, 2026-01-12 anyhow; nothing was changed."),
        (replace(storm(), calendar="cly"), r'no calendar "cly" \(did you mean "cli"\?\); nothing was changed.'),
    ],
)
def test_what_closes_nothing_is_said(harness: Harness, folder: Path, closure: Closure, complaint: str) -> None:
    """In one sentence, and nothing is kept."""
    with pytest.raises(NoClosure, match=complaint):
        harness.bot.closures.close(closure)
    assert (harness.bot.store.get_facts("closure "), path_in(folder).exists()) == ((), False)


def test_two_closures_of_a_day_at_one_moment(harness: Harness, story: Story, folder: Path) -> None:
    """In a demo the clock stands still between two commands: the second counts, and is written, all the same."""
    harness.bot.closures.close(storm(closes=time(13)))
    assert lines(harness.bot, harness.bot.closures.close(storm(closes=time(10))))
    harness.settle()
    assert harness.bot.closures.calendars()["cli"].hours_on(MONDAY) == ((time(8), time(10)),)
    assert [kept.closure.closes for kept in read_closures(folder)] == [time(10)]


@ON_SQLITE
def test_a_half_day_may_become_a_whole_one(harness: Harness, story: Story, folder: Path) -> None:
    """Each answer says what moves by it alone, and the last one stands; it cannot be undone by entering less."""
    noon = harness.bot.closures.close(storm(closes=time(12)))
    assert [one.new for one in noon] == [local("2026-01-13 13:30")]
    whole = harness.bot.closures.close(storm(at="2026-01-09 08:00"))
    assert [(one.old, one.new) for one in whole] == [(local("2026-01-13 13:30"), local("2026-01-14 08:30"))]
    assert [kept.closure.closes for kept in read_closures(folder)] == [None]
    assert harness.bot.closures.close(storm(at="2026-01-09 08:00")) == whole
    with pytest.raises(NoClosure, match=r"is closed on Monday, 2026-01-12 anyhow \(ice storm\)"):
        harness.bot.closures.close(storm(closes=time(12), at="2026-01-09 09:00"))


# -- many replicas


class InBetween:
    """A store with an act that happens right after the first time somebody has read facts."""

    def __init__(self, store: Store, act: Callable[[], object]) -> None:
        self._store, self._acts = store, [act]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def get_facts(self, prefix: str) -> tuple[Any, ...]:
        """The facts as they were before the act."""
        facts = self._store.get_facts(prefix)
        if self._acts:
            self._acts.pop()()
        return facts


def test_a_slow_copy_does_not_replace_a_newer_file(harness: Harness, folder: Path) -> None:
    """A process with the same folder read the days before another one was entered, and writes them afterwards."""
    tuesday = MONDAY + timedelta(days=1)
    harness.bot.closures.close(storm())
    with another(harness, folder) as bot:
        store: Any = InBetween(bot.store, lambda: harness.bot.closures.close(storm(tuesday)))
        Closures(bot.config, store, bot.agenda, bot.gateway, bot.clock).take_up()
    assert days(folder) == [MONDAY, tuesday]


def test_what_one_is_told_counts_on_the_other_from_its_next_reconcile(
    harness: Harness, story: Story, other: Bot
) -> None:
    """Nobody restarts anything, and nobody's files need be the same."""
    seen = other.reconciler.dry_run(story.key).progress
    assert seen is not None
    assert [clock.due for clock in seen.running] == [local("2026-01-13 08:30")]
    harness.bot.closures.close(storm())
    seen = other.reconciler.dry_run(story.key).progress
    assert seen is not None
    assert [clock.due for clock in seen.running] == [local("2026-01-14 08:30")]


def test_each_replica_keeps_its_own_file(harness: Harness, other: Bot, folder: Path) -> None:
    """It writes when it takes the closure up; the calendars stay the same objects until something is entered."""
    plain = other.closures.calendars()
    assert other.closures.calendars() is plain
    harness.bot.closures.close(storm())
    laid_over = other.closures.calendars()
    assert laid_over["cli"].hours_on(MONDAY) == ()
    assert other.closures.calendars() is laid_over
    assert days(other.config.folder) == []
    other.refresh()
    assert days(other.config.folder) == days(folder) == [MONDAY]
    harness.bot.closures.reopen("cli", MONDAY)
    other.refresh()
    assert days(other.config.folder) == days(folder) == []
    assert other.closures.calendars()["cli"] == other.config.calendars["cli"]


def test_a_lost_database_takes_nothing_away(harness: Harness, story: Story, tmp_path: Path, folder: Path) -> None:
    """A new one takes the closed days back from the file, and with them what they are without."""
    moved = harness.bot.closures.close(storm())
    harness.settle()
    with another(harness, folder, f"sqlite:///{tmp_path}/new.db") as bot:
        assert bot.closures.calendars()["cli"].hours_on(MONDAY) == ()
        assert bot.closures.close(storm()) == moved
        assert bot.closures.reopen("cli", MONDAY).done
        assert days(folder) == []


def test_a_file_that_is_behind_brings_nothing_back(harness: Harness, tmp_path: Path, folder: Path) -> None:
    """The replica was down, or its folder restored, when the day was taken back; entered again the day is closed."""
    harness.bot.closures.close(storm())
    behind = tmp_path / "behind"
    shutil.copytree(folder, behind)
    harness.bot.closures.reopen("cli", MONDAY)
    assert days(behind) == [MONDAY]
    with another(harness, behind) as bot:
        assert bot.closures.calendars()["cli"].hours_on(MONDAY) != ()
        bot.refresh()
        assert days(behind) == []
        harness.bot.closures.close(storm())
        assert bot.closures.calendars()["cli"].hours_on(MONDAY) == ()


@ON_SQLITE
def test_a_folder_that_cannot_be_written_is_no_failure(
    harness: Harness, story: Story, folder: Path, yaml: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The closure counts from the database; the log and the answer say what a person can add, until it is written."""
    blocked = block(folder)
    with caplog.at_level(logging.WARNING, "bot.controller.office_closures"):
        harness.bot.closures.close(storm())
    harness.settle()
    assert story.due == "2026-01-14"
    assert f"Add 2026-01-12 to {yaml}:\n" + "\n".join(LINES) in caplog.text
    found = harness.bot.closures.written(storm())
    assert (found.done, found.file, found.lines) == (False, str(yaml), LINES)
    assert "cannot be written: " in found.why
    assert harness.bot.closures.left_to_a_person == 1

    (blocked / "full").unlink()
    blocked.rmdir()
    harness.bot.closures.close(storm())  # entered again, it is tried again
    assert (days(folder), harness.bot.closures.left_to_a_person) == ([MONDAY], 0)


@ON_SQLITE
def test_a_person_who_added_the_day_has_nothing_left_to_do(
    harness: Harness, folder: Path, yaml: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The calendar's own file has it, so it does not matter that the bot's cannot be written."""
    block(folder)
    harness.bot.closures.close(storm())
    yaml.write_text(yaml.read_text() + "\n".join(LINES) + "\n")
    (path_in(folder) / "full").unlink()
    path_in(folder).rmdir()
    with another(harness, folder) as bot:
        block(folder)
        caplog.clear()
        bot.refresh()
        assert (bot.closures.written(storm()).done, bot.closures.left_to_a_person) == (True, 0)
        assert "Add 2026-01-12" not in caplog.text


def test_a_closure_that_was_a_mistake_is_taken_back(harness: Harness, story: Story, folder: Path) -> None:
    """By one command, in the database and in the file."""
    harness.bot.closures.close(storm())
    harness.settle()
    assert story.due == "2026-01-14"
    found = harness.bot.closures.reopen("cli", MONDAY)
    harness.settle()
    assert (found.done, found.lines, story.due, days(folder)) == (True, (), "2026-01-13", [])
    with pytest.raises(NoClosure, match=r"cli has no unplanned closed day on 2026-01-12 \(entered: none\)"):
        harness.bot.closures.reopen("cli", MONDAY)


def test_what_version_0_1_0_wrote_into_the_calendar_is_named(harness: Harness, folder: Path, yaml: Path) -> None:
    """There it is a plain exception, which counts on; a person must take it out after it was taken back."""
    harness.bot.closures.close(storm())
    yaml.write_text(yaml.read_text() + "\n".join(LINES) + "\n")
    with another(harness, folder) as bot:
        assert bot.closures.written(storm()).file == str(yaml)
        found = bot.closures.reopen("cli", MONDAY)
        assert (found.done, found.file, found.lines) == (False, str(yaml), LINES[1:])


def test_a_database_of_version_0_1_0_has_its_closures(harness: Harness, folder: Path, tmp_path: Path) -> None:
    """They count, and the file gets them."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.executescript((ROOT / "legacy/bot_0_1.sql").read_text(encoding="utf-8"))
    with another(harness, folder, f"sqlite:///{tmp_path}/old.db") as bot:
        assert bot.closures.calendars()["cli"].hours_on(date(2026, 1, 13)) == ()
        bot.refresh()
        assert days(folder) == [date(2026, 1, 13)]


def test_a_planned_exception_comes_back_as_it_was(harness: Harness, folder: Path, yaml: Path) -> None:
    """A half day that was closed as a whole is a half day again, and nobody is asked to take it out."""
    yaml.write_text(yaml.read_text() + "exceptions:\n  2026-01-12: {name: Half day, open: 8:00-12:00}\n")
    with another(harness, folder) as bot:
        bot.closures.close(storm())
        assert bot.closures.calendars()["cli"].hours_on(MONDAY) == ()
        assert bot.closures.reopen("cli", MONDAY).done
        assert bot.closures.calendars()["cli"].hours_on(MONDAY) == ((time(8), time(12)),)


def test_two_that_write_at_once_lose_nothing(harness: Harness, other: Bot, folder: Path) -> None:
    """Each replica is given other days, and both write into one folder; the file has them all in the end."""
    march = [date(2026, 3, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]
    with another(harness, folder) as same:
        bots = (harness.bot, same)
        people = [threading.Thread(target=bots[n % 2].closures.close, args=(storm(d),)) for n, d in enumerate(march)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        assert set(other.closures.calendars()["cli"].exceptions) == set(march)
        same.refresh()
        assert days(folder) == march


def test_a_calendar_that_this_replica_does_not_have_is_passed_over(harness: Harness, other: Bot) -> None:
    """A closure may be older than the configuration; it is kept for the replica that has its calendar."""
    other.store.set_fact("closure gone 2026-01-12", to_json(Kept(replace(storm(), calendar="gone"), None)))
    other.refresh()
    assert other.closures.calendars() == other.config.calendars
    assert days(other.config.folder) == [MONDAY]
