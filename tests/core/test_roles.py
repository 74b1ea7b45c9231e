"""Who is who: what a person did proves the role, and customers are never staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.model.issue import Person
from bot.core.model.ledger import Mover
from bot.core.model.roles import People
from tests.core.world import BOT as THE_BOT
from tests.core.world import CARLA, FOLDER, HANNA, LENA, MONDAY, OFFICE, ROBOT, World

OLD_BOT = Person("712020:old", "Bot of last year")
STRANGER = Person("712020:somebody", "Somebody")


def people(world: World | None = None) -> People:
    """The roles on a ticket."""
    return People((world or World()).issue, OFFICE, {THE_BOT.id, OLD_BOT.id})


def test_movers() -> None:
    """The bot under every account it had, apps, nobody known, and persons."""
    one = people()
    assert one.mover(THE_BOT) == one.mover(OLD_BOT) == Mover.BOT
    assert one.mover(ROBOT) == one.mover(None) == Mover.APP
    assert one.mover(HANNA) == one.mover(CARLA) == Mover.PERSON


def test_the_bots_own_account_may_be_an_app() -> None:
    """An account of the bot's is the bot, of whatever type Jira says it is."""
    assert people().mover(replace(THE_BOT, kind="app")) == Mover.BOT


def test_the_lists_name_staff() -> None:
    """Whom bot.yaml lists is staff from the beginning, and never the contact."""
    assert people().is_staff(HANNA, MONDAY)
    assert not people().is_contact(HANNA, MONDAY)


def test_an_internal_comment_proves_staff_from_then_on() -> None:
    """Only staff can write one."""
    world = World()
    assert not people(world).is_staff(LENA, MONDAY)
    world.wait(hours=1).say("Please hurry", LENA, public=False)
    assert not people(world).is_staff(LENA, MONDAY)
    assert people(world).is_staff(LENA, MONDAY + timedelta(hours=1))


def test_a_move_proves_staff() -> None:
    """Who moved the ticket was staff then, also where they reported it."""
    world = World().move(FOLDER, LENA)
    issue = replace(world.issue, reporter=LENA)
    assert People(issue, OFFICE, ()).is_staff(LENA, MONDAY)
    assert not People(issue, OFFICE, ()).is_contact(LENA, MONDAY)


def test_a_public_comment_proves_nothing() -> None:
    """Anybody may write one."""
    world = World()
    world.say("Hello", STRANGER)
    assert not people(world).is_staff(STRANGER, MONDAY)
    assert not people(world).is_contact(STRANGER, MONDAY)


def test_customers_are_never_staff() -> None:
    """Even where a field or a history would say so."""
    world = World().move(FOLDER, CARLA)
    assert not people(world).is_staff(CARLA, MONDAY)
    assert people(world).is_contact(CARLA, MONDAY)


def test_the_configured_field_names_a_contact() -> None:
    """Who is named there speaks for the district, with whatever kind of account."""
    issue = replace(World().issue, participants=(STRANGER,))
    assert People(issue, OFFICE, ()).is_contact(STRANGER, MONDAY)


def test_apps_and_the_bot_are_no_contacts() -> None:
    """Though they may have opened the request."""
    for who in (ROBOT, THE_BOT):
        issue = replace(World().issue, reporter=who)
        assert not People(issue, OFFICE, {THE_BOT.id}).is_contact(who, MONDAY)


def test_the_district_has_a_name() -> None:
    """The field's value, of either shape that Jira gives it; else the ticket's summary."""
    office = replace(OFFICE, district_field="customfield_1")
    issue = World().issue
    assert People(issue, office, ()).district() == "Lakeside ISD"
    for value in ("Springfield ISD ", {"value": "Springfield ISD"}):
        assert People(replace(issue, fields={"customfield_1": value}), office, ()).district() == "Springfield ISD"
    assert people().contact_name() == "Carla"


def test_a_pattern_finds_the_name_in_the_summary() -> None:
    """What its parentheses hold; a summary that does not match is the name as a whole, and a field comes first."""
    office = replace(OFFICE, district_pattern="Onboarding of (.*)", district_field="customfield_1")
    issue = replace(World().issue, summary="Onboarding of Lakeside ISD ")
    assert People(issue, office, ()).district() == "Lakeside ISD"
    assert People(replace(issue, summary="Lakeside "), office, ()).district() == "Lakeside"
    assert People(replace(issue, summary="Onboarding of "), office, ()).district() == "Onboarding of"
    assert People(replace(issue, fields={"customfield_1": "Field ISD"}), office, ()).district() == "Field ISD"


def test_with_a_contact_field_the_people_in_it_are_the_contacts_and_nobody_else() -> None:
    """Whoever reported the ticket; staff in it are still staff."""
    dana = Person("712020:dana", "Dana")
    issue = replace(World().issue, participants=(HANNA, dana))
    roles = People(issue, replace(OFFICE, contact_field="customfield_10050"), {THE_BOT.id})
    assert roles.is_contact(dana, MONDAY)
    assert not roles.is_contact(HANNA, MONDAY)
    assert not roles.is_contact(CARLA, MONDAY)
    assert roles.contact_name() == "Dana"
