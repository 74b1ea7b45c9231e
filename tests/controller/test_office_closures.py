"""A day that is told as closed counts on every replica, stands in its files, and moves what is running."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from time import monotonic as time_passed
from time import sleep as pause
from zoneinfo import ZoneInfo

import pytest

from bot.app import Bot, build
from bot.config.load import Config, calendar_from, load
from bot.controller.office_closures import NoClosure
from bot.core.history.closure_impact import Moved, moved_lines
from bot.core.model.ledger import PROPERTY
from bot.core.time.closures import Closure
from bot.jira.call import Unreachable
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.harness import Harness, unhurried
from bot.store.agenda_reader import Priority
from bot.store.keys import key_of
from tests.stories.acts import Story

ROOT = Path(__file__).parents[1]
ZONE = ZoneInfo("America/Chicago")
START = datetime(2026, 1, 5, 9, 0, tzinfo=ZONE)
MONDAY, DAY = date(2026, 1, 12), date(2026, 1, 9)
LINE = "  2026-01-12: {name: ice storm, open: []}\n"


def local(text: str) -> datetime:
    """A moment in the office's own time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def storm(day: date = MONDAY, closes: time | None = None, at: str = "2026-01-09 06:00") -> Closure:
    """A closure, as it is told."""
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


@pytest.fixture
def other(harness: Harness, tmp_path: Path) -> Iterator[Bot]:
    """Another replica on the same database, with files of its own. It is built, and not started."""
    config = unhurried(load(office(tmp_path / "other")))
    bot = build(harness.settings(), config, harness.clock, harness.periods)
    yield bot
    bot.agenda.close()
    bot.store.close()


def lines(bot: Bot, moved: list[Moved]) -> list[str]:
    """What moved, as people read it."""
    return list(moved_lines(moved, bot.closures.calendars()))


def refreshed(bot: Bot) -> Config:
    """The configuration in use, after a look at the files; the bot's own ticker may be looking at the same time."""
    bot.refresh()
    return bot.config


def until(what: Callable[[], bool], patience: float = 20.0) -> None:
    """Wait, in real time, until it is so."""
    deadline = time_passed() + patience
    while not what():
        assert time_passed() < deadline, "it never came to pass"
        pause(0.02)


MOVED = "DDE-1 Lakeside ISD, Initial File Review, round 1: Tue 2026-01-13 08:30 CST -> Wed 2026-01-14 08:30 CST"


# -- telling one


def test_a_closure_moves_what_runs_and_stands_in_the_file(harness: Harness, story: Story, yaml: Path) -> None:
    """It is kept, written and acted upon; told again it changes nothing and has the same answer."""
    before = yaml.read_text()
    assert story.due == "2026-01-13"
    first = harness.bot.closures.close(storm())
    harness.settle()
    assert lines(harness.bot, first) == [MOVED]
    assert story.due == "2026-01-14"
    assert yaml.read_text() == before + "exceptions:\n" + LINE
    found = harness.bot.closures.written(storm())
    assert (found.done, found.lines) == (True, ("exceptions:", LINE.rstrip()))

    after = yaml.stat().st_mtime_ns
    until(lambda: refreshed(harness.bot).calendars["cli"].hours_on(MONDAY) == ())
    assert harness.bot.closures.close(storm(at="2026-01-09 07:00")) == first
    assert yaml.stat().st_mtime_ns == after


def test_a_dry_run_changes_nothing(harness: Harness, story: Story, yaml: Path) -> None:
    """It only answers."""
    before = yaml.read_text()
    assert lines(harness.bot, harness.bot.closures.close(storm(), dry_run=True)) == [MOVED]
    assert not harness.bot.closures.written(storm()).done
    assert harness.bot.closures.calendars() is harness.bot.config.calendars
    assert (yaml.read_text(), story.due) == (before, "2026-01-13")
    assert harness.bot.agenda.row(key_of(story.ticket.id)).due_at > harness.clock.now()  # type: ignore[union-attr, operator]


def test_what_is_asked_of_jira(harness: Harness, story: Story) -> None:
    """One search that has the ledgers along, and nothing of any ticket."""
    harness.bot.workers.stop()
    mark = len(harness.site.calls)
    harness.bot.closures.close(storm())
    assert [call.path.rpartition("/rest/api/2")[2] for call in harness.site.calls_since(mark)] == ["/search/jql"]
    row = harness.bot.agenda.row(key_of(story.ticket.id))
    assert row is not None
    assert (row.due_at, row.priority) == (harness.clock.now(), Priority.TIMERS)


def test_nothing_is_kept_where_jira_cannot_be_asked(
    harness: Harness, story: Story, yaml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be told again later, as if it had not been told."""

    def away(*_: object) -> None:
        raise Unreachable("away")

    before = yaml.read_text()
    monkeypatch.setattr(harness.bot.gateway, "tickets", away)
    with pytest.raises(Unreachable):
        harness.bot.closures.close(storm())
    assert (harness.bot.store.get_facts("closure "), yaml.read_text()) == ((), before)


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


@pytest.mark.parametrize(
    ("closure", "complaint"),
    [
        (storm(date(2026, 1, 10)), "is closed on Saturday, 2026-01-10 anyhow; nothing was changed."),
        (storm(date(2026, 1, 19)), r"anyhow \(Martin Luther King Jr. Day\); nothing was changed."),
        (storm(closes=time(17)), "is open 08:00-17:00 only on Monday, 2026-01-12 anyhow; nothing was changed."),
        (replace(storm(), calendar="cly"), r'no calendar "cly" \(did you mean "cli"\?\); nothing was changed.'),
    ],
)
def test_what_closes_nothing_is_said(harness: Harness, yaml: Path, closure: Closure, complaint: str) -> None:
    """In one sentence, and nothing is kept."""
    before = yaml.read_text()
    with pytest.raises(NoClosure, match=complaint):
        harness.bot.closures.close(closure)
    assert (harness.bot.store.get_facts("closure "), yaml.read_text()) == ((), before)


def test_two_closures_of_a_day_at_one_moment(harness: Harness, story: Story, yaml: Path) -> None:
    """In a demo the clock stands still between two orders: the second counts, and is written, all the same."""
    harness.bot.closures.close(storm(closes=time(13)))
    assert lines(harness.bot, harness.bot.closures.close(storm(closes=time(10))))
    harness.settle()
    assert harness.bot.closures.calendars()["cli"].hours_on(MONDAY) == ((time(8), time(10)),)
    assert f"{MONDAY}: {{name: ice storm, open: 8:00-10:00}}" in yaml.read_text()


def test_a_half_day_may_become_a_whole_one(harness: Harness, story: Story, yaml: Path) -> None:
    """Each answer tells what moves by it alone, and the last one stands; it cannot be undone by telling less."""
    noon = harness.bot.closures.close(storm(closes=time(12)))
    assert [one.new for one in noon] == [local("2026-01-13 13:30")]
    whole = harness.bot.closures.close(storm(at="2026-01-09 08:00"))
    assert [(one.old, one.new) for one in whole] == [(local("2026-01-13 13:30"), local("2026-01-14 08:30"))]
    assert yaml.read_text().endswith("exceptions:\n" + LINE)
    assert harness.bot.closures.close(storm(at="2026-01-09 08:00")) == whole
    with pytest.raises(NoClosure, match=r"is closed on Monday, 2026-01-12 anyhow \(ice storm\)"):
        harness.bot.closures.close(storm(closes=time(12), at="2026-01-09 09:00"))


# -- many replicas


def test_what_one_is_told_counts_on_the_other_from_its_next_look_on(harness: Harness, story: Story, other: Bot) -> None:
    """Nobody restarts anything, and nobody's files need be the same."""
    seen = other.reconciler.dry_run(story.key).progress
    assert seen is not None
    assert [clock.due for clock in seen.running] == [local("2026-01-13 08:30")]
    harness.bot.closures.close(storm())
    seen = other.reconciler.dry_run(story.key).progress
    assert seen is not None
    assert [clock.due for clock in seen.running] == [local("2026-01-14 08:30")]


def test_each_replica_writes_its_own_file_once(harness: Harness, other: Bot, yaml: Path) -> None:
    """When it takes the closure up; the calendars stay the same objects until something is told."""
    file = other.config.folder / "calendars/cli.yaml"
    before = file.read_text()
    plain = other.closures.calendars()
    assert other.closures.calendars() is plain
    harness.bot.closures.close(storm())
    laid_over = other.closures.calendars()
    assert laid_over["cli"].hours_on(MONDAY) == ()
    assert other.closures.calendars() is laid_over
    assert file.read_text() == before
    other.refresh()
    assert file.read_text() == yaml.read_text() == before + "exceptions:\n" + LINE
    other.refresh()
    calendars = other.closures.calendars()
    assert calendars["cli"] is other.config.calendars["cli"]  # the file has it: there is nothing left to lay over
    assert calendars["cli"].exceptions[MONDAY].name == "ice storm"


def test_who_takes_the_day_out_of_the_file_opens_it_again(harness: Harness, story: Story, yaml: Path) -> None:
    """On that replica the file is the truth once it was written; told anew, the day is closed again."""
    before = yaml.read_text()
    moved = harness.bot.closures.close(storm())
    until(lambda: MONDAY in refreshed(harness.bot).calendars["cli"].exceptions)
    yaml.write_text(before)
    until(lambda: MONDAY not in refreshed(harness.bot).calendars["cli"].exceptions)
    harness.bot.refresh()
    harness.settle()
    assert (yaml.read_text(), story.due) == (before, "2026-01-13")
    assert harness.bot.closures.close(storm(at="2026-01-09 10:00")) == moved
    harness.settle()
    assert (yaml.read_text(), story.due) == (before + "exceptions:\n" + LINE, "2026-01-14")


def test_a_lost_database_takes_nothing_away(harness: Harness, story: Story, tmp_path: Path, folder: Path) -> None:
    """The file holds what was told; a new folder gets it only from a database that knows it."""
    harness.bot.closures.close(storm())
    harness.settle()
    settings = harness.settings().model_copy(update={"database_url": None})
    fresh = type(harness.settings().database_url)(f"sqlite:///{tmp_path}/new.db")
    bot = build(settings.model_copy(update={"database_url": fresh}), unhurried(load(folder)), harness.clock)
    try:
        assert bot.closures.calendars()["cli"].hours_on(MONDAY) == ()
        with pytest.raises(NoClosure, match=r"anyhow \(ice storm\)"):
            bot.closures.close(storm())
    finally:
        bot.agenda.close()
        bot.store.close()


def test_a_folder_that_cannot_be_written_is_no_failure(
    harness: Harness, story: Story, yaml: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The closure counts from the database; the log and the answer say what a person must add, until they did."""
    before = yaml.read_text()
    marks = yaml.parent / ".closures"
    marks.mkdir()  # so that nobody, not even root, can write there
    with caplog.at_level(logging.WARNING, "bot.controller.office_closures"):
        harness.bot.closures.close(storm())
    harness.settle()
    assert (yaml.read_text(), story.due) == (before, "2026-01-14")
    assert f"Add it to {yaml}:\nexceptions:\n{LINE.rstrip()}" in caplog.text
    found = harness.bot.closures.written(storm())
    assert (found.done, found.file, found.lines) == (False, str(yaml), ("exceptions:", LINE.rstrip()))
    assert "Is a directory" in found.why

    yaml.write_text(before + "exceptions:\n" + LINE)
    caplog.clear()
    harness.bot.refresh()
    assert harness.bot.closures.written(storm()).done
    assert caplog.text == ""

    yaml.write_text(before)
    marks.rmdir()
    harness.bot.closures.close(storm())  # told again, it is tried again
    assert yaml.read_text() == before + "exceptions:\n" + LINE


def test_a_closure_that_was_a_mistake_is_taken_back(harness: Harness, story: Story, yaml: Path) -> None:
    """From the database at once; from a file it is a person who takes it out, and the answer names the line."""
    (yaml.parent / ".closures").mkdir()
    harness.bot.closures.close(storm())
    harness.settle()
    assert story.due == "2026-01-14"
    found = harness.bot.closures.reopen("cli", MONDAY)
    harness.settle()
    assert (found.done, found.lines, story.due) == (True, (), "2026-01-13")
    with pytest.raises(NoClosure, match=r"cli is closed on 2026-01-12 \(told: none\)"):
        harness.bot.closures.reopen("cli", MONDAY)

    (yaml.parent / ".closures").rmdir()
    harness.bot.closures.close(storm())
    found = harness.bot.closures.reopen("cli", MONDAY)
    assert (found.done, found.file, found.lines) == (False, str(yaml), (LINE.rstrip(),))


def test_two_that_write_at_once_lose_nothing(harness: Harness, other: Bot, yaml: Path) -> None:
    """Each replica is told other days, and both write into one folder."""
    same = build(harness.settings(), harness.config, harness.clock, harness.periods)
    days = [date(2026, 3, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]
    try:
        bots = (harness.bot, same)
        tellers = [threading.Thread(target=bots[n % 2].closures.close, args=(storm(d),)) for n, d in enumerate(days)]
        for teller in tellers:
            teller.start()
        for teller in tellers:
            teller.join()
        assert set(calendar_from(yaml).exceptions) == set(days)
        assert set(other.closures.calendars()["cli"].exceptions) == set(days)
    finally:
        same.agenda.close()
        same.store.close()


def test_a_calendar_that_this_replica_does_not_have_is_passed_over(harness: Harness, other: Bot) -> None:
    """A closure may be older than the configuration."""
    other.store.set_fact("closure gone 2026-01-12", {**_kept(harness), "calendar": "gone"})
    other.refresh()
    assert other.closures.calendars() == other.config.calendars


def _kept(harness: Harness) -> dict[str, object]:
    harness.bot.closures.close(storm(DAY))
    (fact,) = harness.bot.store.get_facts("closure ")
    harness.bot.store.set_fact("closure cli 2026-01-09", None)
    return dict(fact)
