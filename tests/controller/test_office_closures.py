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
from bot.sandbox.harness import Stage, unhurried
from bot.store.agenda_reader import Class
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
def stage(folder: Path, tmp_path: Path, engine_url: str) -> Iterator[Stage]:
    """A bot at work, whose search shows what is so."""
    with Stage(load(folder), tmp_path, START, database_url=engine_url) as stage:
        stage.site.search_lag = stage.site.search_lag * 0
        yield stage


@pytest.fixture
def story(stage: Stage) -> Story:
    """A ticket in its first review since Thursday, 15:30: due on Tuesday, January 13, at 8:30."""
    return Story(stage).opened().to_review()


@pytest.fixture
def other(stage: Stage, tmp_path: Path) -> Iterator[Bot]:
    """Another replica on the same database, with files of its own. It is built, and not started."""
    config = unhurried(load(office(tmp_path / "other")))
    bot = build(stage.settings(), config, stage.clock, stage.periods)
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


def test_a_closure_moves_what_runs_and_stands_in_the_file(stage: Stage, story: Story, yaml: Path) -> None:
    """It is kept, written and acted upon; told again it changes nothing and has the same answer."""
    before = yaml.read_text()
    assert story.due == "2026-01-13"
    first = stage.bot.closures.close(storm())
    stage.settle()
    assert lines(stage.bot, first) == [MOVED]
    assert story.due == "2026-01-14"
    assert yaml.read_text() == before + "exceptions:\n" + LINE
    found = stage.bot.closures.written(storm())
    assert (found.done, found.lines) == (True, ("exceptions:", LINE.rstrip()))

    after = yaml.stat().st_mtime_ns
    until(lambda: refreshed(stage.bot).calendars["cli"].hours_on(MONDAY) == ())
    assert stage.bot.closures.close(storm(at="2026-01-09 07:00")) == first
    assert yaml.stat().st_mtime_ns == after


def test_a_dry_run_changes_nothing(stage: Stage, story: Story, yaml: Path) -> None:
    """It only answers."""
    before = yaml.read_text()
    assert lines(stage.bot, stage.bot.closures.close(storm(), dry_run=True)) == [MOVED]
    assert not stage.bot.closures.written(storm()).done
    assert stage.bot.closures.calendars() is stage.bot.config.calendars
    assert (yaml.read_text(), story.due) == (before, "2026-01-13")
    assert stage.bot.agenda.row(key_of(story.ticket.id)).due_at > stage.clock.now()  # type: ignore[union-attr, operator]


def test_what_is_asked_of_jira(stage: Stage, story: Story) -> None:
    """One search that has the ledgers along, and nothing of any ticket."""
    stage.bot.workers.stop()
    mark = len(stage.site.calls)
    stage.bot.closures.close(storm())
    assert [call.path.rpartition("/rest/api/2")[2] for call in stage.site.calls_since(mark)] == ["/search/jql"]
    row = stage.bot.agenda.row(key_of(story.ticket.id))
    assert row is not None
    assert (row.due_at, row.cls) == (stage.clock.now(), Class.TIMERS)


def test_nothing_is_kept_where_jira_cannot_be_asked(
    stage: Stage, story: Story, yaml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be told again later, as if it had not been told."""

    def away(*_: object) -> None:
        raise Unreachable("away")

    before = yaml.read_text()
    monkeypatch.setattr(stage.bot.gateway, "tickets", away)
    with pytest.raises(Unreachable):
        stage.bot.closures.close(storm())
    assert (stage.bot.store.get_facts("closure "), yaml.read_text()) == ((), before)


def test_tickets_that_the_bot_leaves_alone_are_not_told(stage: Stage, story: Story) -> None:
    """By its label, or because the ledger cannot be read; the others are."""
    stage.bot.workers.stop()
    broken, off = (stage.site.open_request(CARLA, name) for name in ("Springfield ISD", "Shelbyville ISD"))
    ledger = stage.site.property(story.key, PROPERTY)
    stage.site.edit(HANNA, broken, properties={PROPERTY: {"v": 1, "process": 7}})
    stage.site.edit(HANNA, off, properties={PROPERTY: ledger})
    assert len(stage.bot.closures.close(storm(), dry_run=True)) == 2
    stage.site.set_labels(HANNA, off, ["bot-off"])
    assert lines(stage.bot, stage.bot.closures.close(storm(), dry_run=True)) == [MOVED]


@pytest.mark.parametrize(
    ("closure", "complaint"),
    [
        (storm(date(2026, 1, 10)), "is closed on Saturday, 2026-01-10 anyhow; nothing was changed."),
        (storm(date(2026, 1, 19)), r"anyhow \(Martin Luther King Jr. Day\); nothing was changed."),
        (storm(closes=time(17)), "is open 08:00-17:00 only on Monday, 2026-01-12 anyhow; nothing was changed."),
        (replace(storm(), calendar="cly"), r'no calendar "cly" \(did you mean "cli"\?\); nothing was changed.'),
    ],
)
def test_what_closes_nothing_is_said(stage: Stage, yaml: Path, closure: Closure, complaint: str) -> None:
    """In one sentence, and nothing is kept."""
    before = yaml.read_text()
    with pytest.raises(NoClosure, match=complaint):
        stage.bot.closures.close(closure)
    assert (stage.bot.store.get_facts("closure "), yaml.read_text()) == ((), before)


def test_two_closures_of_a_day_at_one_moment(stage: Stage, story: Story, yaml: Path) -> None:
    """In a demo the clock stands still between two orders: the second counts, and is written, all the same."""
    stage.bot.closures.close(storm(closes=time(13)))
    assert lines(stage.bot, stage.bot.closures.close(storm(closes=time(10))))
    stage.settle()
    assert stage.bot.closures.calendars()["cli"].hours_on(MONDAY) == ((time(8), time(10)),)
    assert f"{MONDAY}: {{name: ice storm, open: 8:00-10:00}}" in yaml.read_text()


def test_a_half_day_may_become_a_whole_one(stage: Stage, story: Story, yaml: Path) -> None:
    """Each answer tells what moves by it alone, and the last one stands; it cannot be undone by telling less."""
    noon = stage.bot.closures.close(storm(closes=time(12)))
    assert [one.new for one in noon] == [local("2026-01-13 13:30")]
    whole = stage.bot.closures.close(storm(at="2026-01-09 08:00"))
    assert [(one.old, one.new) for one in whole] == [(local("2026-01-13 13:30"), local("2026-01-14 08:30"))]
    assert yaml.read_text().endswith("exceptions:\n" + LINE)
    assert stage.bot.closures.close(storm(at="2026-01-09 08:00")) == whole
    with pytest.raises(NoClosure, match=r"is closed on Monday, 2026-01-12 anyhow \(ice storm\)"):
        stage.bot.closures.close(storm(closes=time(12), at="2026-01-09 09:00"))


# -- many replicas


def test_what_one_is_told_counts_on_the_other_from_its_next_look_on(stage: Stage, story: Story, other: Bot) -> None:
    """Nobody restarts anything, and nobody's files need be the same."""
    seen = other.reconciler.see(story.key).progress
    assert seen is not None
    assert [clock.due for clock in seen.running] == [local("2026-01-13 08:30")]
    stage.bot.closures.close(storm())
    seen = other.reconciler.see(story.key).progress
    assert seen is not None
    assert [clock.due for clock in seen.running] == [local("2026-01-14 08:30")]


def test_each_replica_writes_its_own_file_once(stage: Stage, other: Bot, yaml: Path) -> None:
    """When it takes the closure up; the calendars stay the same objects until something is told."""
    file = other.config.folder / "calendars/cli.yaml"
    before = file.read_text()
    plain = other.closures.calendars()
    assert other.closures.calendars() is plain
    stage.bot.closures.close(storm())
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


def test_who_takes_the_day_out_of_the_file_opens_it_again(stage: Stage, story: Story, yaml: Path) -> None:
    """On that replica the file is the truth once it was written; told anew, the day is closed again."""
    before = yaml.read_text()
    moved = stage.bot.closures.close(storm())
    until(lambda: MONDAY in refreshed(stage.bot).calendars["cli"].exceptions)
    yaml.write_text(before)
    until(lambda: MONDAY not in refreshed(stage.bot).calendars["cli"].exceptions)
    stage.bot.refresh()
    stage.settle()
    assert (yaml.read_text(), story.due) == (before, "2026-01-13")
    assert stage.bot.closures.close(storm(at="2026-01-09 10:00")) == moved
    stage.settle()
    assert (yaml.read_text(), story.due) == (before + "exceptions:\n" + LINE, "2026-01-14")


def test_a_lost_database_takes_nothing_away(stage: Stage, story: Story, tmp_path: Path, folder: Path) -> None:
    """The file holds what was told; a new folder gets it only from a database that knows it."""
    stage.bot.closures.close(storm())
    stage.settle()
    settings = stage.settings().model_copy(update={"database_url": None})
    fresh = type(stage.settings().database_url)(f"sqlite:///{tmp_path}/new.db")
    bot = build(settings.model_copy(update={"database_url": fresh}), unhurried(load(folder)), stage.clock)
    try:
        assert bot.closures.calendars()["cli"].hours_on(MONDAY) == ()
        with pytest.raises(NoClosure, match=r"anyhow \(ice storm\)"):
            bot.closures.close(storm())
    finally:
        bot.agenda.close()
        bot.store.close()


def test_a_folder_that_cannot_be_written_is_no_failure(
    stage: Stage, story: Story, yaml: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The closure counts from the database; the log and the answer say what a person must add, until they did."""
    before = yaml.read_text()
    marks = yaml.parent / ".closures"
    marks.mkdir()  # so that nobody, not even root, can write there
    with caplog.at_level(logging.WARNING, "bot.controller.office_closures"):
        stage.bot.closures.close(storm())
    stage.settle()
    assert (yaml.read_text(), story.due) == (before, "2026-01-14")
    assert f"Add it to {yaml}:\nexceptions:\n{LINE.rstrip()}" in caplog.text
    found = stage.bot.closures.written(storm())
    assert (found.done, found.file, found.lines) == (False, str(yaml), ("exceptions:", LINE.rstrip()))
    assert "Is a directory" in found.why

    yaml.write_text(before + "exceptions:\n" + LINE)
    caplog.clear()
    stage.bot.refresh()
    assert stage.bot.closures.written(storm()).done
    assert caplog.text == ""

    yaml.write_text(before)
    marks.rmdir()
    stage.bot.closures.close(storm())  # told again, it is tried again
    assert yaml.read_text() == before + "exceptions:\n" + LINE


def test_a_closure_that_was_a_mistake_is_taken_back(stage: Stage, story: Story, yaml: Path) -> None:
    """From the database at once; from a file it is a person who takes it out, and the answer names the line."""
    (yaml.parent / ".closures").mkdir()
    stage.bot.closures.close(storm())
    stage.settle()
    assert story.due == "2026-01-14"
    found = stage.bot.closures.reopen("cli", MONDAY)
    stage.settle()
    assert (found.done, found.lines, story.due) == (True, (), "2026-01-13")
    with pytest.raises(NoClosure, match=r"cli is closed on 2026-01-12 \(told: none\)"):
        stage.bot.closures.reopen("cli", MONDAY)

    (yaml.parent / ".closures").rmdir()
    stage.bot.closures.close(storm())
    found = stage.bot.closures.reopen("cli", MONDAY)
    assert (found.done, found.file, found.lines) == (False, str(yaml), (LINE.rstrip(),))


def test_two_that_write_at_once_lose_nothing(stage: Stage, other: Bot, yaml: Path) -> None:
    """Each replica is told other days, and both write into one folder."""
    same = build(stage.settings(), stage.config, stage.clock, stage.periods)
    days = [date(2026, 3, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]
    try:
        bots = (stage.bot, same)
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


def test_a_calendar_that_this_replica_does_not_have_is_passed_over(stage: Stage, other: Bot) -> None:
    """A closure may be older than the configuration."""
    other.store.set_fact("closure gone 2026-01-12", {**_kept(stage), "calendar": "gone"})
    other.refresh()
    assert other.closures.calendars() == other.config.calendars


def _kept(stage: Stage) -> dict[str, object]:
    stage.bot.closures.close(storm(DAY))
    (fact,) = stage.bot.store.get_facts("closure ")
    stage.bot.store.set_fact("closure cli 2026-01-09", None)
    return dict(fact)
