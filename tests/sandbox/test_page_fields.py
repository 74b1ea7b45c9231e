"""Setting fields on a ticket's page: what the form offers, and that only what a person changed is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.clock import SettableClock
from bot.core.model.process import Process
from bot.sandbox.accounts import CARLA, HANNA, Account
from bot.sandbox.field_types import CASCADING, DATE, LABELS, MULTI_SELECT, NUMBER, SELECT, TEXT, YES_NO, Field
from bot.sandbox.jira_site import Site
from bot.sandbox.needs import Needs

PIPELINE, VENDORS, AGREED, SINCE, SIS, SEATS, HOSTED, TAGS = (f"customfield_1006{n}" for n in range(8))
CONTACT = "customfield_10050"
FIELDS = (
    Field(PIPELINE, "Pipeline", SELECT, ("existing", "new")),
    Field(VENDORS, "Test vendors", MULTI_SELECT, ("Renaissance STAR", "Aperture DESSA"), others=True),
    Field(AGREED, "Agreements signed", YES_NO),
    Field(SINCE, "In use since", DATE),
    Field(SIS, "Student information system", TEXT),
    Field(SEATS, "Seats", NUMBER),
    Field(HOSTED, "Where it is hosted", CASCADING, ("cloud",), children={"cloud": ("east",)}),
    Field(TAGS, "Tags", LABELS),
)
OLIVE = Account("qm:1f0c:olive", "Olive Oregon", "olive@bend.example", "token-olive", kind="customer")


@pytest.fixture
def site(process: Process, clock: SettableClock) -> Iterator[Site]:
    """A site whose tickets have a field of each kind, with a second contact."""
    needs = {process.name: Needs(fields=FIELDS, people=(OLIVE,))}
    site = Site([process], clock, needs=needs, search_lag=timedelta(0))
    yield site
    site.hooks.stop()


@pytest.fixture
def page(stranger, ticket: str) -> Any:
    """The ticket's page, as the help center sees it."""
    stranger.session.cookies.set("who", HANNA.id)
    return stranger


def _option(site: Site, key: str, name: str) -> str:
    option = site.catalogue.options.by_name(key, name)
    assert option
    return option.id


def _save(page, **sent: Any) -> Any:
    """Send the form as a browser does: every control with what it held, save what is named."""
    text = page("GET", "/browse/DDE-1").text
    data: dict[str, Any] = {f"was:{i}": was for i, was in re.findall(r'name="was:([^"]+)" value="([^"]*)"', text)}
    assert data
    for name in [n.removeprefix("was:") for n in data]:
        was = data[f"was:{name}"]
        data[f"field:{name}"] = [v for v in (was.split(",") if name == VENDORS else [was]) if v]
    data |= {(k if ":" in k else f"field:{k}"): v for k, v in sent.items()}
    return page("POST", "/sandbox/act/DDE-1/fields", data=data)


def _values(site: Site) -> dict[str, Any]:
    issue = site.issue("DDE-1")
    shown = site.shapes.fields(issue)
    return {i: shown[i] for i in issue.custom}


def test_staff_sets_every_kind_at_once(site: Site, page) -> None:
    """One form sets all kinds, in one change."""
    star, dessa = (_option(site, VENDORS, n) for n in ("Renaissance STAR", "Aperture DESSA"))
    cloud = _option(site, HOSTED, "cloud")
    sent = {
        PIPELINE: _option(site, PIPELINE, "new"),
        VENDORS: [star, dessa],
        AGREED: _option(site, AGREED, "Yes"),
        SINCE: "2026-06-05",
        SIS: "Synergy",
        SEATS: "250",
        HOSTED: f"{cloud}/{_option(site, cloud, 'east')}",
        TAGS: "a b",
        CONTACT: CARLA.id,
    }
    assert _save(page, **sent).status_code == 200
    values = _values(site)
    assert (values[PIPELINE]["value"], values[AGREED]["value"]) == ("new", "Yes")
    assert [v["value"] for v in values[VENDORS]] == ["Renaissance STAR", "Aperture DESSA"]
    assert (values[SINCE], values[SIS], values[SEATS], values[TAGS]) == ("2026-06-05", "Synergy", 250.0, ["a", "b"])
    assert (values[HOSTED]["child"]["value"], values[CONTACT]["accountId"]) == ("east", CARLA.id)
    (entry,) = site.issue("DDE-1").history
    assert (entry.author, len(entry.items)) == (HANNA, len(sent))


def test_what_nobody_changed_is_not_written(site: Site, page) -> None:
    """A form that is saved as it came changes nothing; what was emptied is cleared."""
    fields = {PIPELINE: {"value": "new"}, VENDORS: [{"value": "Renaissance STAR"}], SIS: "Synergy", SEATS: 2.5}
    site.edit(HANNA, "DDE-1", fields)
    _save(page)
    assert len(site.issue("DDE-1").history) == 1
    _save(page, **{PIPELINE: "", VENDORS: [], SIS: "", SEATS: ""})
    assert set(_values(site).values()) == {None}


def test_an_older_form_takes_nothing_back(site: Site, page) -> None:
    """What somebody else set in the meantime stays: the form writes only what its person changed."""
    site.set_field(HANNA, "DDE-1", SIS, "Synergy")
    data = {f"was:{SIS}": "", f"field:{SIS}": "", f"was:{SEATS}": "", f"field:{SEATS}": "5"}
    page("POST", "/sandbox/act/DDE-1/fields", data=data)
    assert _values(site) == {SIS: "Synergy", SEATS: 5.0}


def test_staff_adds_a_value_of_their_own(site: Site, page) -> None:
    """Where a field takes others, what staff write becomes an option and is chosen."""
    _save(page, **{f"other:{VENDORS}": "Somebody else"})
    assert [v["value"] for v in _values(site)[VENDORS]] == ["Somebody else"]
    _save(page, **{f"other:{PIPELINE}": "a third"})
    assert PIPELINE not in _values(site)


def test_a_refused_field_is_shown_on_the_page(site: Site, page) -> None:
    """What Jira refuses is shown, and nothing is written."""
    answer = _save(page, **{SEATS: "many", SIS: "Synergy"})
    assert answer.status_code == 400
    assert "Operation value must be a number" in answer.text
    assert site.issue("DDE-1").history == []


def test_a_contact_sees_and_sets_no_fields(site: Site, page) -> None:
    """The form is for staff; what a customer sends is refused, and adds no option either."""
    page.session.cookies.set("who", CARLA.id)
    assert "Save the fields" not in page("GET", "/browse/DDE-1").text
    data = {f"was:{VENDORS}": "", f"other:{VENDORS}": "Mine"}
    assert page("POST", "/sandbox/act/DDE-1/fields", data=data).status_code == 403
    assert site.catalogue.options.by_name(VENDORS, "Mine") is None


def test_staff_opens_in_a_contacts_name_or_their_own(site: Site, page) -> None:
    """The form that opens a request asks in whose name; a contact opens in their own."""
    for account in (OLIVE, HANNA):
        page("POST", "/sandbox/act/open", data={"summary": "Bend SD", "by": account.id})
    page.session.cookies.set("who", OLIVE.id)
    page("POST", "/sandbox/act/open", data={"summary": "Bend SD", "by": CARLA.id})
    assert [r.reporter for r in site.issues()[1:]] == [OLIVE, HANNA, OLIVE]
