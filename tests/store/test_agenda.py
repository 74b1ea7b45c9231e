"""The agenda: whose turn it is, that nobody works twice at once, and that no wake-up is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.clock import SettableClock
from bot.store.agenda import Agenda, Claim, LeaseLost, backoff
from bot.store.agenda_reader import Priority
from bot.store.agenda_sql import insert_if_ours
from bot.store.database import Store
from bot.store.global_limit import ActiveLimit
from bot.store.tables import looks

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
PEOPLE, TIMERS, SWEEPS = Priority

# A row of another table that only the owner of a lease may insert.
PROOF = insert_if_ours(
    looks,
    {
        "issue_id": sa.literal("1"),
        "key": sa.literal("A-1"),
        "at": sa.literal(datetime(2026, 1, 5, tzinfo=UTC), looks.c.at.type),
        "looked": sa.literal(0.0, sa.Double()),
        "reason": sa.literal(""),
        "effects": sa.literal([], sa.JSON()),
    },
)


class JumpingStore(Store):
    """Machine time is the test's on PostgreSQL too, so that leases can run out."""

    def machine(self, connection: sa.Connection) -> float:
        return self.clock.machine()

    def machine_value(self) -> sa.ColumnElement[float]:
        return sa.bindparam("machine", type_=sa.Double())

    def machine_parameter(self) -> dict[str, float]:
        return {"machine": self.clock.machine()}


@pytest.fixture
def store(engine_url: str, clock: SettableClock) -> Iterator[Store]:
    """A held store whose machine time jumps with the clock."""
    opened = JumpingStore(engine_url, clock)
    opened.lock()
    yield opened
    opened.close()


@pytest.fixture
def agenda(store: Store, clock: SettableClock) -> Iterator[Agenda]:
    """An agenda whose jitter is nil."""
    made = Agenda(store, clock, chance=lambda: 0.0)
    yield made
    made.close()


def claimed(agenda: Agenda) -> Claim:
    """A claim that must succeed."""
    claim = agenda.claim()
    assert claim is not None
    return claim


def test_nothing_is_claimed_before_it_is_due(agenda: Agenda, clock: SettableClock) -> None:
    """A timer is a row whose moment has not come; it costs nothing until then."""
    agenda.put("a", clock.now() + DAY, TIMERS)
    assert agenda.claim() is None
    assert agenda.next_due() == clock.now() + DAY
    clock.advance(DAY)
    assert claimed(agenda).key == "a"


def test_people_go_before_timers_and_timers_before_sweeps(agenda: Agenda, clock: SettableClock) -> None:
    """A nightly pass over everything must not keep a person waiting; within a class the longest due is first."""
    now = clock.now()
    agenda.put("sweep", now - DAY, SWEEPS)
    agenda.put("timer", now - MINUTE, TIMERS)
    agenda.put("later person", now, PEOPLE)
    agenda.put("person", now - MINUTE, PEOPLE)
    assert [claimed(agenda).key for _ in range(4)] == ["person", "later person", "timer", "sweep"]


def test_a_put_brings_forward_and_never_puts_off(agenda: Agenda, clock: SettableClock) -> None:
    """The earlier moment and the more urgent class win, whichever came first."""
    agenda.put("a", clock.now() + MINUTE, PEOPLE)
    agenda.put("a", clock.now() + DAY, SWEEPS)
    row = agenda.row("a")
    assert row is not None
    assert (row.due_at, row.priority) == (clock.now() + MINUTE, PEOPLE)


def test_a_row_that_is_not_due_forgets_how_urgent_it_was(agenda: Agenda, clock: SettableClock) -> None:
    """A sweep of a ticket that once had a person's attention is still a sweep."""
    agenda.put("a", clock.now(), PEOPLE)
    agenda.release(claimed(agenda), None)
    agenda.put("a", clock.now(), SWEEPS)
    assert claimed(agenda).priority is SWEEPS


def test_a_leased_key_is_nobody_elses(agenda: Agenda, clock: SettableClock) -> None:
    """Two looks at one issue at the same time would both apply its effects."""
    agenda.put("a", clock.now(), PEOPLE)
    claimed(agenda)
    agenda.put("a", clock.now(), PEOPLE)
    assert agenda.claim() is None


def test_a_lease_lasts_120_seconds_and_a_heartbeat_prolongs_it(agenda: Agenda, clock: SettableClock) -> None:
    """A slow look keeps its key; a dead worker's key is free again two minutes later."""
    agenda.put("a", clock.now(), PEOPLE)
    slow = claimed(agenda)
    clock.jump_machine(110)
    assert agenda.renew(slow)
    clock.jump_machine(110)
    assert agenda.claim() is None
    clock.jump_machine(11)
    assert claimed(agenda).tries == 2


def test_who_lost_the_lease_can_do_nothing(agenda: Agenda, store: Store, clock: SettableClock) -> None:
    """A worker that was away too long must not undo what its successor did."""
    agenda.put("a", clock.now(), PEOPLE)
    old = claimed(agenda)
    clock.jump_machine(121)
    new = claimed(agenda)
    assert not agenda.renew(old)
    assert not agenda.release(old, None)
    assert not agenda.park(old, "no")
    with pytest.raises(LeaseLost, match="lease on 'a' ran out"):
        store.write(lambda c: agenda.insert_in(c, old, PROOF, {}))
    store.write(lambda c: agenda.insert_in(c, new, PROOF, {}))
    assert store.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(looks)).scalar_one()) == 1


def test_a_lease_is_proven_until_the_commit(agenda: Agenda, store: Store, clock: SettableClock) -> None:
    """While an intent is being committed under a lease that has just run out, nobody else can claim the key."""
    agenda.put("a", clock.now(), PEOPLE)
    claim = claimed(agenda)
    clock.jump_machine(121)
    meanwhile: list[Claim | None] = []

    def prove(connection: sa.Connection) -> None:
        agenda.insert_in(connection, claim, PROOF, {})
        thread.start()
        if not store.sqlite:  # there the other claim waits for this transaction's turn to end
            thread.join(5)
            assert meanwhile == [None]

    thread = threading.Thread(target=lambda: meanwhile.append(agenda.claim()))
    store.write(prove)
    thread.join(5)
    assert len(meanwhile) == 1


def test_a_put_during_a_look_makes_it_due_again(agenda: Agenda, clock: SettableClock) -> None:
    """What came after the snapshot was read must be looked at, whatever the look decided."""
    agenda.put("a", clock.now(), PEOPLE)
    claim = claimed(agenda)
    agenda.put("a", clock.now() + MINUTE, SWEEPS)
    assert agenda.release(claim, clock.now() + DAY)
    assert claimed(agenda).woken == 2


def test_a_quiet_look_sets_the_next_timer(agenda: Agenda, clock: SettableClock) -> None:
    """The next moment is a timer's, however urgent this look was, and its tries are forgotten."""
    agenda.put("a", clock.now(), PEOPLE)
    assert agenda.release(claimed(agenda), clock.now() + DAY)
    row = agenda.row("a")
    assert row is not None
    assert (row.due_at, row.priority, row.tries) == (clock.now() + DAY, TIMERS, 0)


def test_a_look_that_goes_on_keeps_its_place(agenda: Agenda, clock: SettableClock) -> None:
    """After the bot moved a ticket for a person, the second look is that person's too."""
    agenda.put("a", clock.now(), PEOPLE)
    assert agenda.release(claimed(agenda), clock.now())
    assert claimed(agenda).priority is PEOPLE


def test_a_failed_look_backs_off_and_a_put_does_not_end_that(agenda: Agenda, clock: SettableClock) -> None:
    """A storm of webhooks must not become a storm of failing calls; each failure waits longer."""
    agenda.put("a", clock.now(), PEOPLE)
    waits = []
    for _ in range(3):
        assert agenda.release(claimed(agenda), None, failed=True)
        agenda.put("a", clock.now(), PEOPLE)
        assert agenda.claim() is None
        row = agenda.row("a")
        assert row is not None
        assert row.not_before is not None
        waits.append(round(row.not_before - clock.machine()))
        clock.jump_machine(waits[-1] + 0.5)
    assert waits == [1, 2, 4]
    assert claimed(agenda).tries == 4


def test_a_look_can_say_how_long_to_hold_its_row_back(agenda: Agenda, clock: SettableClock) -> None:
    """Jira's Retry-After for one issue stops that issue, at most for an hour."""
    agenda.put("a", clock.now(), PEOPLE)
    agenda.release(claimed(agenda), None, not_before=clock.machine() + 86_400, failed=True)
    clock.jump_machine(3590)
    assert agenda.claim() is None
    clock.jump_machine(11)
    assert agenda.claim() is not None


def test_a_new_row_can_be_held_back(agenda: Agenda, clock: SettableClock) -> None:
    """A job may start a while after the process, whatever business time is."""
    agenda.put("a", clock.now(), SWEEPS, not_before_machine=clock.machine() + 60)
    assert agenda.claim() is None
    clock.jump_machine(61)
    assert agenda.claim() is not None


def test_the_back_off_doubles_with_jitter_to_fifteen_minutes() -> None:
    """Workers that failed together must not come back together, nor ever give up."""
    assert [backoff(tries, lambda: 0.0) for tries in (1, 2, 5)] == [1, 2, 16]
    assert backoff(1, lambda: 1.0) == 1.5
    assert backoff(10_000, lambda: 0.0) == 600
    assert backoff(10_000, lambda: 1.0) == 900


def test_a_parked_row_waits_for_a_person(agenda: Agenda, clock: SettableClock) -> None:
    """Puts do not wake it, releasing it does, and what it waits for can be seen."""
    agenda.put("a", clock.now(), PEOPLE)
    assert agenda.park(claimed(agenda), "its ledger cannot be read")
    agenda.put("a", clock.now(), PEOPLE)
    assert agenda.claim() is None
    assert agenda.idle()
    assert [row.parked for row in agenda.rows()] == ["its ledger cannot be read"]
    assert agenda.unpark("a")
    assert not agenda.unpark("a")
    assert claimed(agenda).tries == 1


def test_a_job_is_put_once(agenda: Agenda, clock: SettableClock) -> None:
    """A restart does not run the nightly pass again."""
    assert agenda.put_once("job nightly", clock.now() + DAY, SWEEPS)
    assert not agenda.put_once("job nightly", clock.now(), SWEEPS)
    assert agenda.next_due() == clock.now() + DAY


def test_a_put_shares_its_callers_transaction(agenda: Agenda, store: Store, clock: SettableClock) -> None:
    """A delivery is stored and put, or neither, and then Jira sends it again."""

    def fail(connection: sa.Connection) -> None:
        agenda.put_in(connection, "a", clock.now(), PEOPLE)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.write(fail)
    assert agenda.rows() == []


def test_a_restart_takes_back_the_leases_of_a_killed_process(
    agenda: Agenda, store: Store, clock: SettableClock
) -> None:
    """With one process a lease cannot be a living one's; where replicas share, only time can tell."""
    agenda.put("a", clock.now(), PEOPLE)
    claimed(agenda)
    assert agenda.give_back_all() == (1 if store.sqlite else 0)
    again = agenda.claim()
    assert (again is not None) == store.sqlite


def test_a_look_that_kills_each_new_process_is_held_back(clock: SettableClock, tmp_path: object) -> None:
    """Otherwise one broken issue would keep the bot from ever looking at another."""
    store = Store(f"sqlite:///{tmp_path}/bot.db", clock)
    agenda = Agenda(store, clock, chance=lambda: 0.0)
    agenda.put("a", clock.now(), PEOPLE)
    for _ in range(2):
        claimed(agenda)
        agenda.give_back_all()
    assert agenda.claim() is None
    clock.jump_machine(2.5)
    assert claimed(agenda).tries == 3
    store.close()


def all_claimed(agenda: Agenda) -> list[Claim]:
    """Everything that can be claimed now, in its order."""
    claims = []
    while (claim := agenda.claim()) is not None:
        claims.append(claim)
    return claims


def test_keys_that_were_tried_before_are_worked_on_one_at_a_time(
    agenda: Agenda, store: Store, clock: SettableClock
) -> None:
    """What kills each process must not bring those nearer to being parked that were worked on beside it."""
    agenda.put("killer", clock.now() - MINUTE, PEOPLE)
    agenda.put("innocent", clock.now(), SWEEPS)
    handed = []
    for seconds in (121, 2, 2):  # a process dies of it and the lease runs out; then each is started again at once
        process = Agenda(store, clock)
        handed.append([(claim.key, claim.tries) for claim in all_claimed(process)])
        process.close()
        clock.jump_machine(seconds)
    assert handed == [[("killer", 1), ("innocent", 1)], [("killer", 2)], [("innocent", 2)]]


def test_keys_that_failed_before_wait_for_no_fresh_one_nor_for_another_process(
    agenda: Agenda, store: Store, clock: SettableClock
) -> None:
    """What is new goes on beside them, and a replica's process stands or falls by itself."""
    for key in ("one", "two"):
        agenda.put(key, clock.now(), PEOPLE)
        agenda.release(claimed(agenda), None, failed=True)
        clock.advance(MINUTE)  # else they are due at one moment, and either may be first
    clock.jump_machine(2)
    agenda.put("fresh", clock.now(), SWEEPS)
    assert [claim.key for claim in all_claimed(agenda)] == ["one", "fresh"]
    other = Agenda(store, clock)
    assert [claim.key for claim in all_claimed(other)] == ["two"]
    other.close()


def test_the_next_key_that_failed_before_follows_at_once(agenda: Agenda, clock: SettableClock) -> None:
    """After a process was killed all that it had is worked on as fast as one at a time can be."""
    for key in ("one", "two", "three"):
        agenda.put(key, clock.now(), PEOPLE)
        agenda.release(claimed(agenda), None, failed=True)
    clock.jump_machine(2)
    worked = []
    while claims := all_claimed(agenda):
        worked.append([claim.key for claim in claims])
        agenda.release(claims[0], None)
    assert sorted(worked) == [["one"], ["three"], ["two"]]


def test_a_process_that_is_told_to_stop_gives_back_only_its_own(
    agenda: Agenda, store: Store, clock: SettableClock
) -> None:
    """A replica's leases are its own, and a stop is no failed try."""
    other = Agenda(store, clock)
    for key in ("a", "b"):
        agenda.put(key, clock.now(), PEOPLE)
    mine, theirs = claimed(agenda), claimed(other)
    assert agenda.give_back_own() == 1
    assert not agenda.release(mine, None)
    assert other.renew(theirs)
    assert claimed(other).tries == 1
    other.close()


def test_a_hold_of_the_site_stops_every_worker(agenda: Agenda, store: Store, clock: SettableClock) -> None:
    """A quota, a burst limit or a dead token concerns all issues and all replicas alike."""
    other = Agenda(store, clock)
    agenda.put("a", clock.now(), PEOPLE)
    until = clock.machine() + 60
    agenda.global_limit.set(until, "Jira says: too many requests")
    assert other.claim() is None
    assert other.global_limit.active() == ActiveLimit(until, "Jira says: too many requests")
    assert not other.idle()
    clock.jump_machine(61)
    assert other.global_limit.active() is None
    assert other.claim() is not None
    agenda.global_limit.set(clock.machine() + 60, "again")
    agenda.global_limit.clear()
    assert agenda.global_limit.active() is None
    other.close()


@pytest.mark.postgres
@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)  # SQLite has one writer
def test_of_two_holds_at_the_same_time_the_longer_stays(
    agenda: Agenda, store: Store, engine_url: str, clock: SettableClock
) -> None:
    """A burst that one replica meets must not end the hour of quota that another is just telling of."""
    replica = JumpingStore(engine_url, clock)
    machine = clock.machine()
    burst = threading.Thread(target=Agenda(replica, clock).global_limit.set, args=(machine + 2, "burst"))

    def quota(connection: sa.Connection) -> None:
        agenda.global_limit.set_in(connection, machine + 1847, "quota")
        burst.start()
        waiting = sa.text(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        while burst.is_alive() and not connection.execute(waiting).scalar_one():
            burst.join(0.01)

    store.write(quota)
    burst.join()
    assert agenda.global_limit.active() == ActiveLimit(machine + 1847, "quota")
    replica.close()


def test_a_machine_clock_that_was_set_back_blocks_nothing_for_long(agenda: Agenda, clock: SettableClock) -> None:
    """Leases and holds made by a clock a year ahead are taken as over once it is put right."""
    clock.jump_machine(3e7)
    for key in ("leased", "held"):
        agenda.put(key, clock.now(), PEOPLE)
        clock.advance(MINUTE)
    claimed(agenda)
    agenda.release(claimed(agenda), None, failed=True)
    agenda.global_limit.set(clock.machine() + 60, "quota")
    clock.jump_machine(-3e7)
    again = [claimed(agenda)]
    agenda.release(again[0], None)
    again.append(claimed(agenda))
    assert {claim.key for claim in again} == {"leased", "held"}


def test_who_read_the_clock_a_moment_earlier_takes_no_lease(agenda: Agenda, clock: SettableClock) -> None:
    """Between two statements of one replica another may claim: its lease then ends later than any made now would."""
    agenda.put("a", clock.now(), PEOPLE)
    agenda.put("b", clock.now(), PEOPLE)
    claimed(agenda)
    agenda.release(claimed(agenda), None, not_before=clock.machine() + 3600, failed=True)
    agenda.global_limit.set(clock.machine() + 3600, "quota")
    clock.jump_machine(-0.5)
    assert agenda.global_limit.active() is not None
    agenda.global_limit.clear()
    assert agenda.claim() is None


def test_idle_means_that_nothing_is_due_or_leased(agenda: Agenda, clock: SettableClock) -> None:
    """A rehearsal moves its clock only then; what is held back is still to be done."""
    assert agenda.idle()
    agenda.put("a", clock.now() + MINUTE, TIMERS)
    assert agenda.idle()
    clock.advance(MINUTE)
    assert not agenda.idle()
    claim = claimed(agenda)
    assert not agenda.idle()
    assert agenda.next_due() is None
    agenda.release(claim, None, failed=True)
    assert not agenda.idle()
    clock.jump_machine(2)
    agenda.release(claimed(agenda), None)
    assert agenda.idle()


def test_a_put_wakes_a_worker_that_waits(agenda: Agenda, clock: SettableClock) -> None:
    """A person sees the bot answer at once, not at the next tick."""
    assert agenda.claim() is None
    woken: list[bool] = []
    worker = threading.Thread(target=lambda: woken.append(agenda.wait(10)))
    worker.start()
    agenda.put("a", clock.now(), PEOPLE)
    worker.join(5)
    assert woken == [True]


def test_a_put_between_claim_and_wait_is_not_missed(agenda: Agenda, clock: SettableClock) -> None:
    """A worker that found nothing and is about to sleep does not sleep through it."""
    assert agenda.claim() is None
    putter = threading.Thread(target=lambda: agenda.put("a", clock.now(), PEOPLE))
    putter.start()
    putter.join()
    assert agenda.wait(10)


def test_a_worker_that_waits_in_vain_goes_on(agenda: Agenda, store: Store) -> None:
    """A timeout is an ordinary answer."""
    assert store.sqlite or agenda.wait(10)  # PostgreSQL's listener rings once when it has begun to listen
    agenda.claim()
    assert not agenda.wait(0.01)


@pytest.mark.postgres
@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)
def test_a_put_wakes_the_workers_of_other_processes(agenda: Agenda, engine_url: str, clock: SettableClock) -> None:
    """With replicas, the one that hears the webhook need not be the one that has a worker free."""
    replica_store = Store(engine_url, clock)
    replica = Agenda(replica_store, clock)
    assert replica.claim() is None
    replica.wait(5)  # the listener rings once when it has begun to listen
    assert replica.claim() is None
    agenda.put("a", clock.now(), PEOPLE)
    assert replica.wait(10)
    assert replica.claim() is not None
    replica.close()
    replica_store.close()


@pytest.mark.postgres
@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)
def test_the_listener_comes_back_after_its_connection_was_cut(
    agenda: Agenda, store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that restarts must not leave a replica deaf."""
    monkeypatch.setattr("bot.store.wakeup.RECONNECT_SECONDS", 0.01)
    agenda.wait(5)
    cut = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query LIKE 'LISTEN \"agenda.' || current_schema() || '%'"
    )
    agenda.claim()
    assert store.write(lambda c: c.execute(cut).scalars().all()) == [True]
    assert agenda.wait(10)  # it rings whenever it begins to listen


def test_claimable_says_what_a_claim_would_find(agenda: Agenda, clock: SettableClock) -> None:
    """It is asked every second in place of claims in vain, so it must see a lease that ran out, too."""
    assert not agenda.claimable()
    agenda.put("a", clock.now() + MINUTE, TIMERS)
    assert not agenda.claimable()
    clock.advance(MINUTE)
    assert agenda.claimable()
    claim = claimed(agenda)
    assert not agenda.claimable()
    clock.jump_machine(121)
    assert agenda.claimable()
    claim = claimed(agenda)
    agenda.release(claim, None, failed=True)
    assert not agenda.claimable()
    clock.jump_machine(1000)
    assert agenda.claimable()
    agenda.park(claimed(agenda), "broken")
    assert not agenda.claimable()


def test_closing_ends_every_wait(agenda: Agenda) -> None:
    """A process that stops does not sit out its workers' timeouts."""
    agenda.claim()
    worker = threading.Thread(target=lambda: agenda.wait(60))
    worker.start()
    agenda.close()
    worker.join(5)
    assert not worker.is_alive()


def test_many_workers_share_the_work_and_never_a_key(agenda: Agenda, clock: SettableClock) -> None:
    """Each key is worked by one worker, and all of them are worked."""
    keys = {f"issue {number}" for number in range(40)}
    for key in keys:
        agenda.put(key, clock.now(), PEOPLE)
    worked: list[str] = []

    def work() -> None:
        while (claim := agenda.claim()) is not None:
            worked.append(claim.key)
            assert agenda.release(claim, None)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert sorted(worked) == sorted(keys)


def test_a_claim_seeks_in_the_index(store: Store, agenda: Agenda, clock: SettableClock) -> None:
    """A million rows that are not due cost a claim nothing."""
    statements: list[tuple[str, object]] = []

    @sa.event.listens_for(store.engine(), "before_cursor_execute")
    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    agenda.claim()
    ((claim, parameters),) = statements if store.sqlite else statements[-1:]
    if store.sqlite:
        plan = store.write(lambda c: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {claim}", parameters).all())  # type: ignore[arg-type]
        lines = [str(row[-1]) for row in plan]
        assert [line for line in lines if line.startswith("SCAN agenda")] == []
        assert sum("USING INDEX agenda_due (class=? AND due_at<?)" in line for line in lines) == len(Priority)
        return

    def explain(connection: sa.Connection) -> str:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # it would scan a table so small
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {claim}", parameters).scalars())  # type: ignore[arg-type]

    plan_text = store.write(explain)
    assert plan_text.count("Index Scan using agenda_due") == len(Priority)
    assert "Seq Scan" not in plan_text
