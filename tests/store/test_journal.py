"""The journal: an intent before each call, what became of each effect, and why nothing else was done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.clock import SettableClock
from bot.store.agenda import Agenda, Claim, LeaseLost
from bot.store.agenda_reader import Priority
from bot.store.database import Store
from bot.store.journal import Journal
from bot.store.tables import deliveries, intents

HOUR = timedelta(hours=1)


@pytest.fixture
def agenda(store: Store, clock: SettableClock) -> Iterator[Agenda]:
    """An agenda on the test's store."""
    made = Agenda(store, clock)
    yield made
    made.close()


@pytest.fixture
def claim(agenda: Agenda, clock: SettableClock) -> Claim:
    """The lease of the look that the tests are about."""
    agenda.put("issue 1", clock.now(), Priority.PEOPLE)
    made = agenda.claim()
    assert made is not None
    return made


@pytest.fixture
def journal(store: Store, agenda: Agenda, clock: SettableClock) -> Journal:
    """A journal on the test's store."""
    return Journal(store, agenda, clock)


def test_an_intent_is_open_until_its_answer_is_known(
    journal: Journal, claim: Claim, store: Store, clock: SettableClock
) -> None:
    """After a crash it tells which call may have happened, and what the issue had before it."""
    number = journal.open_intent(
        claim,
        "1",
        "create_subtasks",
        ["1:v:folder", "1:v:files"],
        {"branches": ["folder", "files"]},
        highest_comment="500",
        subtasks=["11", "12"],
    )
    (intent,) = journal.open_intents("1")
    assert (intent.id, intent.kind, intent.effect_ids) == (number, "create_subtasks", ("1:v:folder", "1:v:files"))
    assert (intent.highest_comment, intent.subtasks) == ("500", ("11", "12"))
    assert intent.call == {"branches": ["folder", "files"]}
    assert intent.began_at == clock.now()
    assert store.write(store.machine) - intent.began < 60
    assert journal.open_intents("2") == []


def test_closing_an_intent_says_what_is_done(journal: Journal, claim: Claim) -> None:
    """In one commit, so no crash leaves an intent closed with its effects unknown."""
    number = journal.open_intent(claim, "1", "create_subtasks", ["1:v:a", "1:v:b"], {})
    journal.close_intent(claim, number, "1", {"1:v:a": "11", "1:v:b": ""})
    journal.flush(claim)
    assert journal.open_intents("1") == []
    assert journal.done("1") == {"1:v:a": "11", "1:v:b": ""}


def test_a_bulk_call_can_be_done_in_part(journal: Journal, claim: Claim) -> None:
    """Jira makes those subtasks that it can; what it refused is not done."""
    number = journal.open_intent(claim, "1", "create_subtasks", ["1:v:a", "1:v:b"], {})
    journal.close_intent(claim, number, "1", {"1:v:a": "11"})
    journal.flush(claim)
    assert journal.done("1") == {"1:v:a": "11"}


def test_a_call_that_surely_did_not_happen_is_forgotten(journal: Journal, claim: Claim) -> None:
    """A refused connection needs no settling: its effects are simply wished again."""
    number = journal.open_intent(claim, "1", "comment", ["1:v:a"], {}, public=True)
    journal.fail_intent(number, "connection refused")
    assert journal.open_intents("1") == []
    assert journal.done("1") == {}


def test_no_intent_without_the_lease(journal: Journal, agenda: Agenda, claim: Claim) -> None:
    """A look whose issue is another worker's by now must not call Jira any more."""
    agenda.give_back_own()
    with pytest.raises(LeaseLost):
        journal.open_intent(claim, "1", "comment", ["1:v:a"], {})
    assert journal.open_intents("1") == []


def test_a_parked_effect_stays_until_somebody_says_retry(journal: Journal, clock: SettableClock) -> None:
    """What Jira refuses for good is visible with its reason; a retry names the issues to look at."""
    journal.park_effect("1", "1:v:a", "Jira says: no permission")
    journal.park_effect("2", "2:v:a", "Jira says: field is unknown")
    assert [(e.issue_id, e.reason) for e in journal.parked("1")] == [("1", "Jira says: no permission")]
    assert journal.parked()[0].at == clock.now()
    assert journal.retry(["1:v:a", "unknown"]) == ["1"]
    assert [e.issue_id for e in journal.parked()] == ["2"]
    assert journal.retry() == ["2"]
    assert journal.parked() == []


def test_what_is_done_stays_done(journal: Journal, claim: Claim) -> None:
    """A late refusal or a passed step does not take back what Jira holds; a success ends a parking."""
    journal.park_effect("1", "1:v:a", "refused")
    journal.close_intent(claim, journal.open_intent(claim, "1", "comment", ["1:v:a"], {}), "1", {"1:v:a": "77"})
    journal.flush(claim)
    journal.park_effect("1", "1:v:a", "refused again")
    journal.miss(claim, "1", ["1:v:a"], "the step was passed")
    journal.flush(claim)
    assert journal.done("1") == {"1:v:a": "77"}
    assert journal.parked() == []


def test_what_a_passed_step_missed_is_told(journal: Journal, claim: Claim) -> None:
    """It is not made up, but explain shows it."""
    journal.miss(claim, "1", ["1:v:a", "1:v:b"], "the ticket was moved on by hand")
    journal.flush(claim)
    assert {(e.effect_id, e.state) for e in journal.effects("1")} == {("1:v:a", "missed"), ("1:v:b", "missed")}
    assert journal.done("1") == {}


def test_public_comments_are_counted_even_if_their_answer_is_unknown(
    journal: Journal, claim: Claim, clock: SettableClock
) -> None:
    """The fuse errs to the safe side: what may have been mailed counts, what surely was not does not."""
    start = clock.now()
    done, failed = (journal.open_intent(claim, "1", "comment", ["e"], {}, public=True) for _ in range(2))
    journal.close_intent(claim, done, "1", {"e": "77"})
    journal.fail_intent(failed, "refused")
    clock.advance(HOUR)
    journal.open_intent(claim, "2", "comment", ["f"], {}, public=True)
    journal.open_intent(claim, "2", "comment", ["g"], {}, public=False)
    assert journal.count_public("1", start, start) == (1, 2)
    assert journal.count_public("1", start, start + HOUR) == (1, 1)
    assert journal.count_public("3", start, start + HOUR) == (0, 1)


def test_looks_are_told_newest_first(journal: Journal, claim: Claim, clock: SettableClock) -> None:
    """Explain lists what the bot did and why, also where it did nothing."""
    for reason in ("first", "second", "third"):
        journal.add_entry(claim, "1", "DDE-1", reason, ["1:v:a"], clock.now())
    journal.add_entry(claim, "2", "DDE-2", "another issue's", [], clock.now())
    journal.flush(claim)
    found = journal.entries("1", limit=2)
    assert [look.reason for look in found] == ["third", "second"]
    assert (found[0].key, found[0].at, found[0].effects) == ("DDE-1", clock.now(), ("1:v:a",))


def test_pruning_takes_what_is_old_and_never_an_open_intent(
    journal: Journal, store: Store, claim: Claim, clock: SettableClock
) -> None:
    """The file does not grow for ever; effects, and calls that still must be settled, stay however old."""
    journal.close_intent(claim, journal.open_intent(claim, "1", "comment", ["e"], {}), "1", {"e": "77"})
    still_open = journal.open_intent(claim, "1", "comment", ["f"], {})
    journal.add_entry(claim, "1", "DDE-1", "old", [], clock.now())
    journal.flush(claim)
    store.write(
        lambda c: store.record_delivery_in(
            c, identifier="x", event="e", issue_id="1", author_id=None, size=1, sha256="0"
        )
    )
    assert journal.prune(HOUR) == 0
    assert journal.prune(-HOUR) == 3
    assert [intent.id for intent in journal.open_intents("1")] == [still_open]
    assert journal.done("1") == {"e": "77"}
    assert journal.entries("1") == []
    left = sa.select(sa.func.count()).select_from(deliveries)
    assert store.read(lambda c: c.execute(left).scalar_one()) == 0


def test_no_number_of_an_intent_is_used_twice(journal: Journal, store: Store, claim: Claim) -> None:
    """A worker that closes its intent late must never close another's."""
    number = journal.open_intent(claim, "1", "comment", ["e"], {})
    store.write(lambda c: c.execute(sa.delete(intents)))
    assert journal.open_intent(claim, "1", "comment", ["e"], {}) > number
