"""The periodic jobs run once in their time, and the workers outlive whatever a claim brings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.config.load import Config
from bot.controller.periodic_jobs import CAUGHT_UP, NIGHTLY, Periods
from bot.controller.ticker import Ticker, new_scheduler
from bot.controller.workers import Workers
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.harness import Harness
from bot.store.agenda import Claim
from bot.store.agenda_reader import Priority
from bot.store.database import Store, StoreDown
from bot.store.global_limit import PAUSED
from bot.store.keys import JOB
from bot.store.tables import agenda

START = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
SHORT = Periods(
    catch_up=timedelta(minutes=5),
    identity=timedelta(minutes=10),
    pace=timedelta(0),
    spread=timedelta(0),
)


@pytest.fixture
def harness(config: Config, tmp_path: Path) -> Iterator[Harness]:
    """A sandbox that sends no webhooks, and the bot with its periodic jobs."""
    with Harness(config, tmp_path, START, periods=SHORT, webhooks=False) as harness:
        harness.site.limits.limits = ()
        harness.site.search_lag = timedelta(0)
        harness.settle()
        yield harness


def eventually(condition: Callable[[], Any]) -> None:
    """Wait, in real time, until something is so."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.005)


def called(harness: Harness, path: str, since: int) -> int:
    """How often a path was called since a mark."""
    return sum(1 for call in harness.site.calls_since(since) if call.path.endswith(path))


def test_each_job_runs_in_its_time(harness: Harness) -> None:
    """In 20 minutes: two identity checks, four catch-ups, no nightly pass."""
    mark = len(harness.site.calls)
    harness.advance(START + timedelta(minutes=21))
    assert called(harness, "/myself", mark) == 2
    assert called(harness, "/search/jql", mark) == 4


def test_the_catch_up_finds_each_change_once(harness: Harness) -> None:
    """What was seen and has not changed since is not looked at again, though the window reaches back."""
    ticket = harness.site.open_request(CARLA, "Lakeside ISD")
    harness.advance(START + timedelta(minutes=11))  # the second run sees the bot's own writes
    assert len(harness.site.comments(ticket)) == 1
    mark = len(harness.site.calls)
    harness.advance(START + timedelta(minutes=31))
    assert called(harness, "/issue/{issueIdOrKey}", mark) == 0
    subtask = harness.site.create_subtask(HANNA, ticket, "something else")
    harness.advance(START + timedelta(minutes=37))
    assert called(harness, "/issue/{issueIdOrKey}", mark) >= 1
    assert harness.bot.agenda.row(f"issue {subtask.id}") is None


def test_the_watermark_follows_the_begin_of_a_run(harness: Harness) -> None:
    """What changes while a run is on belongs to the next one."""
    harness.advance(START + timedelta(minutes=5))
    assert datetime.fromisoformat(harness.bot.store.get_fact(CAUGHT_UP)) == START + timedelta(minutes=5)


def test_a_bot_that_was_away_for_days_catches_up(harness: Harness) -> None:
    """The catch-up begins where the last one ended."""
    ticket = harness.site.open_request(CARLA, "Lakeside ISD", status="Done")  # no nightly pass looks at it
    harness.settle()
    harness.stop_bot()
    harness.clock.advance(timedelta(hours=1))
    harness.site.set_labels(HANNA, ticket, ["x"])
    harness.clock.advance(timedelta(days=3))
    mark = len(harness.site.calls)
    harness.start_bot()
    harness.settle()
    assert any(call.issue == ticket.id for call in harness.site.calls_since(mark))


def passes(harness: Harness) -> str | None:
    """The latest nightly pass, in the office's time."""
    at = harness.bot.store.get_fact(NIGHTLY)
    return at and f"{datetime.fromisoformat(at).astimezone(START.tzinfo):%a %H:%M}"


def nightly_due(harness: Harness) -> str:
    """When the nightly pass is due, in the office's time."""
    row = harness.bot.agenda.row(JOB + "nightly")
    assert row is not None
    assert row.due_at is not None
    return f"{row.due_at.astimezone(START.tzinfo):%a %H:%M}"


RARE = replace(SHORT, catch_up=timedelta(days=30), identity=timedelta(days=30))


@pytest.fixture
def calm(config: Config, tmp_path: Path) -> Iterator[Harness]:
    """A sandbox and a bot where only the nightly pass has something to do for days."""
    with Harness(config, tmp_path, START, periods=RARE, webhooks=False) as harness:
        harness.settle()
        yield harness


def test_the_nightly_pass_reconciles_every_ticket_under_way(calm: Harness) -> None:
    """Also what neither a webhook nor the catch-up announced, and not what has ended."""
    open_one = calm.site.open_request(CARLA, "Lakeside ISD")
    ended = calm.site.open_request(CARLA, "Old ISD", status="Done")
    calm.advance(START + timedelta(days=1))
    assert len(calm.site.comments(open_one)) == 1
    assert calm.bot.agenda.row(f"issue {ended.id}") is None


def test_the_nightly_pass_is_at_night_where_the_office_is(calm: Harness) -> None:
    """Not 24 hours after the start, nor after the last one; its row is there before the moment comes."""
    assert (passes(calm), nightly_due(calm)) == (None, "Tue 04:00")
    calm.advance(START + timedelta(days=1))
    assert (passes(calm), nightly_due(calm)) == ("Tue 04:00", "Wed 04:00")


def test_a_pass_that_was_missed_runs_once_at_the_start(calm: Harness) -> None:
    """The bot was down for three nights; then it keeps to the nights again."""
    calm.stop_bot()
    calm.clock.advance(timedelta(days=3))
    mark = len(calm.site.calls)
    calm.start_bot()
    calm.settle()
    assert called(calm, "/search/jql", mark) == 1
    assert (passes(calm), nightly_due(calm)) == ("Thu 09:00", "Fri 04:00")


@pytest.mark.parametrize(
    ("left", "due"),
    [
        (timedelta(hours=5), "Mon 14:00"),  # as 0.1.0 left it, 24 hours after its last pass
        (timedelta(hours=20), "Tue 04:00"),
        (timedelta(days=300), "Tue 04:00"),  # by a clock that was wrong
        (None, "Tue 04:00"),  # by a replica of a version that does not know the job
    ],
)
def test_a_row_that_another_version_left(calm: Harness, left: timedelta | None, due: str) -> None:
    """It keeps its moment where that comes before the next night, and is moved up to the night where it does not."""
    calm.stop_bot()
    store = Store(calm.database_url, calm.clock)
    moment = None if left is None else START + left
    store.write(lambda c: c.execute(sa.update(agenda).where(agenda.c.key == JOB + "nightly").values(due_at=moment)))
    store.close()
    calm.start_bot()
    calm.settle()
    assert nightly_due(calm) == due
    calm.advance(START + timedelta(days=1))
    assert nightly_due(calm) == "Wed 04:00"


def test_a_replica_that_starts_later_runs_no_job_again(harness: Harness) -> None:
    """Each job's row is there already, and stays as it is."""
    before, mark = harness.bot.agenda.rows(), len(harness.site.calls)
    harness.bot.jobs.start()
    harness.settle()
    assert (harness.bot.agenda.rows(), harness.site.calls_since(mark)) == (before, [])


def test_a_job_that_fails_by_jiras_state_is_tried_again(harness: Harness) -> None:
    """A dead token at the identity check stops all workers, says so, and the job's time stays."""
    harness.clock.advance(timedelta(minutes=10))
    harness.site.revoke(BOT)
    harness.bot.agenda.nudge()
    eventually(
        lambda: (
            harness.bot.agenda.global_limit.active() and all(r.leased_until is None for r in harness.bot.agenda.rows())
        )
    )
    harness.site.restore(BOT)
    harness.clock.jump_machine(70)
    harness.settle()
    row = harness.bot.agenda.row(JOB + "identity")
    assert row is not None
    assert row.parked is None
    assert row.due_at == START + timedelta(minutes=20)


def test_a_job_that_fails_by_our_own_fault_backs_off(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker lives on, and the job is tried again."""
    failed: list[int] = []

    def search(jql: str) -> list[Any]:
        failed.append(1)
        raise KeyError("a bug")

    monkeypatch.setattr(harness.bot.gateway, "search", search)
    harness.clock.advance(timedelta(minutes=5))
    harness.bot.agenda.nudge()
    eventually(lambda: failed)
    eventually(lambda: (row := harness.bot.agenda.row(JOB + "catch_up")) and row.leased_until is None)
    monkeypatch.undo()
    harness.clock.jump_machine(5)
    harness.settle()
    assert datetime.fromisoformat(harness.bot.store.get_fact(CAUGHT_UP)) == START + timedelta(minutes=5)


def test_a_job_that_lasts_longer_than_a_lease_runs_once(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search of many pages in a slow Jira: it keeps its lease, or another would begin it anew, without an end."""
    monkeypatch.setattr("bot.controller.periodic_jobs.RENEW_SECONDS", 0.02, raising=False)
    real, asked = harness.bot.gateway.search, []

    def renewed() -> bool:
        row = harness.bot.agenda.row(JOB + "catch_up")
        return row is not None and (row.leased_until or 0.0) > harness.clock.machine() + 100

    def search(jql: str) -> list[Any]:
        asked.append(jql)
        for _ in range(2 if len(asked) == 1 else 0):
            harness.clock.jump_machine(100)
            deadline = time.monotonic() + 2
            while not renewed() and time.monotonic() < deadline:
                time.sleep(0.005)
            harness.bot.agenda.nudge()
        return real(jql)

    monkeypatch.setattr(harness.bot.gateway, "search", search)
    harness.advance(START + timedelta(minutes=6))
    assert len(asked) == 1


def test_a_job_that_this_version_does_not_know(harness: Harness) -> None:
    """A row that another version left is put to rest."""
    harness.bot.agenda.put(JOB + "digest of old", harness.clock.now(), Priority.SWEEPS)
    harness.settle()
    row = harness.bot.agenda.row(JOB + "digest of old")
    assert row is not None
    assert row.due_at is None


def test_paused_claims_nothing_and_keeps_deliveries(config: Config, tmp_path: Path) -> None:
    """Nothing is looked at while it lasts; what came meanwhile is worked on afterwards."""
    with Harness(config, tmp_path, START) as harness:
        harness.settle()
        harness.bot.store.set_fact(PAUSED, True)
        mark = len(harness.site.calls)
        ticket = harness.site.open_request(CARLA, "Lakeside ISD")
        assert harness.site.hooks.wait_idle(10)
        assert harness.site.hooks.outcomes[-1].status == 202
        assert harness.bot.agenda.claim() is None  # nor does a worker, who may only be slow to ask
        row = harness.bot.agenda.row(f"issue {ticket.id}")
        assert row is not None
        assert (row.due_at, row.leased_until, row.tries) == (harness.clock.now(), None, 0)
        assert harness.site.calls_since(mark) == []
        harness.bot.store.set_fact(PAUSED, None)
        harness.settle()
        assert len(harness.site.comments(ticket)) == 1


def test_paused_workers_do_not_spin(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """While paused the workers ask together about once a second whether they may go on, though much is due."""
    asked: list[int] = []
    real = harness.bot.agenda.claim

    def claim() -> Claim | None:
        asked.append(1)
        return real()

    harness.bot.store.set_fact(PAUSED, True)
    for n in range(5):
        harness.bot.agenda.put(f"issue {n}", harness.clock.now(), Priority.PEOPLE)
    time.sleep(0.1)
    monkeypatch.setattr(harness.bot.agenda, "claim", claim)
    time.sleep(0.6)
    assert len(asked) <= 2


class Slow:
    """A reconciler whose looks last until they are let go."""

    def __init__(self) -> None:
        self.looking = threading.Event()
        self.go = threading.Event()
        self.ended = threading.Event()

    def reconcile(self, claim: Claim) -> None:
        self.looking.set()
        self.go.wait(10)
        self.ended.set()


def workers(harness: Harness, reconciler: Any, gone: Callable[[str], None] = lambda why: None) -> Workers:
    """Workers of a stage whose own ones were stopped."""
    harness.bot.workers.stop()
    bot = harness.bot
    made = Workers(bot.agenda, reconciler, bot.jobs, bot.store, gone, count=3)
    harness.bot.workers = made
    return made


def test_a_stop_waits_for_the_call_in_flight(harness: Harness) -> None:
    """However many workers are idle: the one that works has the whole patience."""
    slow = Slow()
    team = workers(harness, slow)
    team.start()
    harness.bot.agenda.put("issue 1", harness.clock.now(), Priority.PEOPLE)
    assert slow.looking.wait(10)
    threading.Timer(0.6, slow.go.set).start()
    team.stop(patience=5.0)
    assert slow.ended.is_set()


def test_a_stop_reaches_a_worker_that_is_about_to_wait(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """It asked whether to stop, was told no, and only then looks for work and waits: it must not wait long."""
    team = workers(harness, harness.bot.reconciler)
    real, asking = harness.bot.agenda.claim, threading.Event()

    def claim() -> Claim | None:
        asking.set()
        team._stopping.wait(10)
        time.sleep(0.02)  # the first nudge is past
        return real()

    monkeypatch.setattr(harness.bot.agenda, "claim", claim)
    team.start()
    assert asking.wait(10)
    begun = time.monotonic()
    team.stop(patience=5.0)
    assert time.monotonic() - begun < 2


def test_a_stop_gives_leases_back(harness: Harness) -> None:
    """What is not done in time is claimable at once by the next process, and was no try."""
    slow = Slow()
    team = workers(harness, slow)
    team.start()
    harness.bot.agenda.put("issue 1", harness.clock.now(), Priority.PEOPLE)
    assert slow.looking.wait(10)
    begun = time.monotonic()
    team.stop(patience=0.3)
    assert time.monotonic() - begun < 2
    assert harness.bot.agenda.give_back_own() == 1
    row = harness.bot.agenda.row("issue 1")
    assert row is not None
    assert (row.leased_until, row.tries) == (None, 0)
    slow.go.set()


def test_a_worker_outlives_a_fault(harness: Harness) -> None:
    """Whatever a look raises, the next claim is worked on."""
    seen: list[str] = []

    class Faulty:
        def reconcile(self, claim: Claim) -> None:
            seen.append(claim.key)
            harness.bot.agenda.release(claim, None)
            raise KeyError("a bug")

    team = workers(harness, Faulty())
    team.start()
    for n in range(1, 6):
        harness.bot.agenda.put(f"issue {n}", harness.clock.now(), Priority.PEOPLE)
    eventually(lambda: len(seen) == 5)


def test_a_database_that_is_down_for_a_while(harness: Harness) -> None:
    """The worker waits and goes on."""
    seen: list[str] = []

    class Down:
        def reconcile(self, claim: Claim) -> None:
            seen.append(claim.key)
            harness.bot.agenda.release(claim, None)
            if len(seen) == 1:
                raise StoreDown("the database is away")

    team = workers(harness, Down())
    team.start()
    harness.bot.agenda.put("issue 1", harness.clock.now(), Priority.PEOPLE)
    eventually(lambda: len(seen) == 1)
    harness.bot.agenda.put("issue 2", harness.clock.now(), Priority.PEOPLE)
    eventually(lambda: len(seen) == 2)


def test_a_database_that_is_gone_stops_the_process(harness: Harness) -> None:
    """Its file was deleted under the bot: the hook is called with one line, and the workers end."""
    whys: list[str] = []
    team = workers(harness, harness.bot.reconciler, whys.append)
    harness.bot.ticker.stop()
    for file in harness.var.glob("bot.db*"):
        file.unlink()
    team.start()
    eventually(lambda: len(whys) == 3)
    harness.bot.agenda.give_back_own = lambda: 0  # type: ignore[method-assign]  # nothing is left to give back to
    assert "was deleted while it was in use" in whys[0]
    assert "\n" not in whys[0]


@pytest.mark.parametrize("due", [False, True], ids=["nothing is due", "something is due"])
def test_a_tick_wakes_the_workers_only_for_something(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, due: bool
) -> None:
    """An idle replica asks its database one short question a second, and no worker claims in vain."""
    nudged: list[bool] = []
    monkeypatch.setattr(harness.bot.agenda, "nudge", lambda: nudged.append(True))
    monkeypatch.setattr(harness.bot.agenda, "claimable", lambda: due)
    ticker = Ticker(harness.bot.agenda, harness.bot.store, lambda why: None, lambda: None, lambda: None)
    ticker.start()  # its first tick is at once
    ticker.stop()
    assert bool(nudged) is due


def test_ticks_that_were_missed_for_an_hour_are_one_and_it_runs() -> None:
    """A suspended machine does not tick; once it is back it ticks once, and not as often as was missed."""
    scheduler, ran = new_scheduler(), threading.Semaphore(0)
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    scheduler.add_job(ran.release, "interval", minutes=10, next_run_time=hour_ago)
    scheduler.start()
    assert ran.acquire(timeout=10)
    scheduler.shutdown(wait=True)
    assert not ran.acquire(blocking=False)


def test_a_flood_does_not_keep_the_jobs_waiting(harness: Harness) -> None:
    """A job that is due goes before what people do, at its first run and at each later one."""
    rows = [row for row in harness.bot.agenda.rows() if row.key.startswith(JOB) and row.due_at is not None]
    assert rows
    assert {row.priority for row in rows} == {Priority.PEOPLE}
