"""The receiver takes in what Jira signed, once, and answers all else without doing anything."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from bot.clock import Clock, SettableClock
from bot.store.agenda import Agenda
from bot.store.agenda_reader import Priority
from bot.store.database import Store
from bot.store.tables import deliveries
from bot.web.flask_app import MOST_BYTES, new_app
from bot.web.probes import database_of, health_pages
from bot.web.webhook import AT_ONCE, Delivery, DeliveryStore, receiver, verify
from bot.web.wsgi_server import WebServer

RECORDED = Path(__file__).parents[3] / "shared" / "jira" / "webhooks"
SECRET = "only-for-tests"
BOT = "account-of-the-bot"
BODY = {
    "webhookEvent": "jira:issue_updated",
    "user": {"accountId": "ann"},
    "issue": {"id": "10001", "key": "DDE-1", "fields": {"project": {"key": "DDE"}, "summary": "private words"}},
}


class AnyProject(frozenset[str]):
    """Every project is ours: the recorded payloads come from many."""

    def __contains__(self, key: object) -> bool:
        return True


def client_of(store: Store, clock: Clock, projects: frozenset[str] = frozenset({"DDE"})) -> FlaskClient:
    """A client of an app that has nothing but the receiver."""
    app = new_app("test")
    delivery_store = DeliveryStore(store, Agenda(store, clock))
    app.register_blueprint(
        receiver(
            secret=SECRET, deliveries=delivery_store, clock=clock, projects=lambda: projects, own_account=lambda: BOT
        )
    )
    return app.test_client()


@pytest.fixture
def client(store: Store, clock: SettableClock) -> FlaskClient:
    """A client of the receiver over this test's store."""
    return client_of(store, clock)


def signed(body: bytes, secret: str = SECRET) -> str:
    """The header that Jira would send with `body`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliver(client: FlaskClient, body: object = BODY, **headers: str) -> TestResponse:
    """A signed delivery of `body`; `identifier=` names it as Cloud does."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"X-Hub-Signature": signed(raw)}
    if "identifier" in headers:
        sent["X-Atlassian-Webhook-Identifier"] = headers.pop("identifier")
    return client.post("/webhooks/jira", data=raw, headers=sent | headers)


def kept(store: Store) -> list[Mapping[str, Any]]:
    """The deliveries that the store holds."""
    return store.read(lambda connection: [*connection.execute(sa.select(deliveries)).mappings()])


def due(store: Store, clock: SettableClock) -> list[tuple[str, datetime | None, Priority]]:
    """What stands on the agenda."""
    return [(row.key, row.due_at, row.priority) for row in Agenda(store, clock).rows()]


def test_jiras_own_example_of_a_signature() -> None:
    """The published secret, body and signature fit each other."""
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    assert verify("It's a Secret to Everybody", b"Hello World!", signature)
    assert not verify("It's a Secret to Everybody", b"Hello World?", signature)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        "sha256",
        signed(b"body", "another secret"),
        signed(b"body").removeprefix("sha256="),
        "md5=" + hmac.new(SECRET.encode(), b"body", "md5").hexdigest(),
        "sha1=" + hmac.new(SECRET.encode(), b"body", "sha1").hexdigest(),
        signed(b"body") + "0",
        "sha256=é\udcff",
    ],
)
def test_what_is_no_signature(header: str | None) -> None:
    """Nothing but the right HMAC by an allowed method is taken."""
    assert not verify(SECRET, b"body", header)


def test_an_empty_secret_signs_nothing(store: Store, clock: SettableClock) -> None:
    """Anybody could compute it, so neither the check nor the receiver takes it."""
    assert not verify("", b"body", signed(b"body", ""))
    delivery_store = DeliveryStore(store, Agenda(store, clock))
    with pytest.raises(ValueError, match="JIRA_WEBHOOK_SECRET"):
        receiver(secret=" ", deliveries=delivery_store, clock=clock, projects=tuple, own_account=lambda: None)


def test_a_delivery_is_kept_and_its_issue_put_on_the_agenda(
    client: FlaskClient, store: Store, clock: SettableClock
) -> None:
    """202, the delivery's facts without its body, and a look at once."""
    raw = json.dumps(BODY).encode()

    answer = deliver(client, raw, identifier="delivery-1")

    assert (answer.status_code, answer.json) == (202, {"answer": "accepted"})
    (row,) = kept(store)
    assert dict(row) | {"received": None} == {
        "identifier": "delivery-1",
        "event": "jira:issue_updated",
        "issue_id": "10001",
        "author_id": "ann",
        "size": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "received_at": clock.now(),
        "received": None,
    }
    assert due(store, clock) == [("issue 10001", clock.now(), Priority.PEOPLE)]


def test_a_retried_delivery_is_done_once(client: FlaskClient, store: Store, clock: SettableClock) -> None:
    """The same identifier, or without one the same body, is answered 200 and changes nothing."""
    codes = [deliver(client, identifier="delivery-1").status_code for _ in range(5)]
    assert codes == [202, 200, 200, 200, 200]

    codes = [deliver(client).status_code for _ in range(2)]
    assert codes == [202, 200]
    raw = json.dumps(BODY).encode()
    identifiers = {row["identifier"] for row in kept(store)}
    assert identifiers == {"delivery-1", "sha256:" + hashlib.sha256(raw).hexdigest()}
    assert len(due(store, clock)) == 1


def test_an_identifier_that_no_jira_sends_is_not_kept(client: FlaskClient, store: Store) -> None:
    """An overlong one, which is not signed either, gives way to the body's hash."""
    assert deliver(client, identifier="x" * 5000).status_code == 202
    assert kept(store)[0]["identifier"].startswith("sha256:")


def test_an_echo_of_the_bot_waits_two_seconds(client: FlaskClient, store: Store, clock: SettableClock) -> None:
    """What the bot did itself is looked at no sooner than 2 s from now, after people's acts."""
    assert deliver(client, BODY | {"user": {"accountId": BOT}}).status_code == 202
    assert due(store, clock) == [("issue 10001", clock.now() + timedelta(seconds=2), Priority.TIMERS)]


def test_a_person_is_not_kept_waiting_by_an_echo(client: FlaskClient, store: Store, clock: SettableClock) -> None:
    """A person's act after an echo is looked at now."""
    deliver(client, BODY | {"user": {"accountId": BOT}})
    deliver(client)
    assert due(store, clock) == [("issue 10001", clock.now(), Priority.PEOPLE)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(BODY | {"issue": {"id": "1", "key": "HR-1"}}, 200, id="another project"),
        pytest.param({"webhookEvent": "user_created", "user": {"accountId": "ann"}}, 200, id="no issue"),
        pytest.param([1, 2], 200, id="a list"),
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"{", 400, id="half"),
        pytest.param(b"\xff\xfe\x00", 400, id="no text"),
        pytest.param(b"[" * 200_000, 400, id="too deep"),
        pytest.param(b"9" * 5000, 400, id="too big a number"),
    ],
)
def test_what_is_not_for_the_bot_leaves_nothing(client: FlaskClient, store: Store, body: object, code: int) -> None:
    """Signed, but not ours or no JSON: answered, and nothing stored."""
    assert deliver(client, body).status_code == code
    assert kept(store) == []


def test_an_issue_whose_project_is_not_told_is_looked_at(client: FlaskClient, store: Store) -> None:
    """Data Center's comment events name no project; the look itself finds out."""
    body = {"webhookEvent": "comment_created", "comment": {"self": "http://h/rest/api/2/issue/77/comment/5"}}
    assert deliver(client, body).status_code == 202
    assert kept(store)[0]["issue_id"] == "77"


@pytest.mark.parametrize("headers", [{}, {"X-Hub-Signature": "sha256=00"}], ids=["unsigned", "wrong"])
def test_nobody_else_is_heard(client: FlaskClient, store: Store, headers: dict[str, str]) -> None:
    """Without the right signature: 401, whatever the body, and nothing stored or told."""
    for raw in (json.dumps(BODY).encode(), b"{"):
        answer = client.post("/webhooks/jira", data=raw, headers=headers)
        assert (answer.status_code, answer.json) == (401, {"answer": "not signed"})
    assert kept(store) == []


class Counted(io.RawIOBase):
    """A body without an end that counts what was read of it."""

    def __init__(self) -> None:
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.count += len(buffer)
        return len(buffer)


def test_too_large_a_body_is_refused_unread(client: FlaskClient) -> None:
    """A length over 25 MB is enough for a 413."""
    body = Counted()
    length = {"wsgi.input": body, "CONTENT_LENGTH": str(MOST_BYTES + 2)}
    answer = client.post("/webhooks/jira", environ_overrides=length)
    assert (answer.status_code, answer.json, body.count) == (413, {"answer": "too large"}, 0)


def chunked(body: io.IOBase) -> dict[str, Any]:
    """The environment of a chunked request as waitress and gunicorn make it: a body that ends, and no length."""
    return {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}


@pytest.mark.parametrize(("size", "code"), [(MOST_BYTES, 202), (MOST_BYTES + 1, 413)], ids=["largest", "too large"])
def test_the_limit_is_the_same_for_a_chunked_body(client: FlaskClient, size: int, code: int) -> None:
    """25 MB are accepted and one byte more is not, with and without a length."""
    raw = json.dumps(BODY).encode().ljust(size)
    headers = {"X-Hub-Signature": signed(raw), "X-Atlassian-Webhook-Identifier": "one"}
    answer = client.post("/webhooks/jira", environ_overrides=chunked(io.BytesIO(raw)), headers=headers)
    assert answer.status_code == code
    headers["X-Atlassian-Webhook-Identifier"] = "two"
    known = {**chunked(io.BytesIO(raw)), "CONTENT_LENGTH": str(size)}
    assert client.post("/webhooks/jira", environ_overrides=known, headers=headers).status_code == code


def test_a_body_without_a_length_is_read_no_further_than_the_limit(client: FlaskClient) -> None:
    """A chunked body that never ends is left after 25 MB, with a 413."""
    body = Counted()
    answer = client.post("/webhooks/jira", environ_overrides=chunked(body))
    assert (answer.status_code, answer.json) == (413, {"answer": "too large"})
    assert MOST_BYTES < body.count <= MOST_BYTES + 1024 * 1024


def test_a_store_that_is_down_asks_jira_to_come_again(tmp_path: Path, clock: SettableClock) -> None:
    """503 makes Cloud send the delivery again; the answer tells nothing of the store."""
    (tmp_path / "bot.db").mkdir()
    client = client_of(Store(f"sqlite:///{tmp_path}/bot.db", clock), clock)

    answer = deliver(client)

    assert (answer.status_code, answer.json) == (503, {"answer": "try again"})
    assert int(answer.headers["Retry-After"]) > 0


def test_a_delivery_and_its_look_are_one_commit(store: Store, clock: SettableClock) -> None:
    """Where the agenda cannot take the issue, the delivery is not kept, so that Jira's retry counts."""

    class Broken(Agenda):
        def put_in(self, *_args: Any, **_more: Any) -> None:
            raise ZeroDivisionError

    app = new_app("test")
    delivery_store = DeliveryStore(store, Broken(store, clock))
    app.register_blueprint(
        receiver(
            secret=SECRET, deliveries=delivery_store, clock=clock, projects=lambda: {"DDE"}, own_account=lambda: BOT
        )
    )

    assert deliver(app.test_client()).status_code == 500
    assert kept(store) == []
    assert deliver(client_of(store, clock)).status_code == 202


def test_every_recorded_delivery_is_accepted(store: Store, clock: SettableClock) -> None:
    """Each real body, from Cloud and Data Center, is taken in under its issue (which is in test_payloads)."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded payloads are not there: ../shared/jira/webhooks")
    client = client_of(store, clock, AnyProject())
    recorded = sorted(RECORDED.glob("*.json"))

    codes = {path.name: deliver(client, path.read_bytes()).status_code for path in recorded}

    assert {name: code for name, code in codes.items() if code != 202} == {}
    issues = {
        *("99291", "2", "10040", "10002", "11389", "10023", "10010", "10001", "10013", "10300", "19435", "11442"),
    }
    assert {row["issue_id"] for row in kept(store)} == issues


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
near_json = st.fixed_dictionaries(
    {
        "webhookEvent": any_json,
        "user": st.fixed_dictionaries({"accountId": any_json}) | any_json,
        "issue": st.fixed_dictionaries({"id": st.integers() | any_json, "fields": any_json}) | any_json,
        "comment": any_json,
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary() | (any_json | near_json).map(lambda value: json.dumps(value).encode()), name=st.text())
def test_no_body_breaks_the_receiver(client: FlaskClient, body: bytes, name: str) -> None:
    """Whatever is signed is answered without a 5xx."""
    headers = {"X-Hub-Signature": signed(body)}
    if name.isascii() and name.isprintable():
        headers["X-Atlassian-Webhook-Identifier"] = name
    assert client.post("/webhooks/jira", data=body, headers=headers).status_code < 500


class StalledStore(DeliveryStore):
    """Takes deliveries in once the database goes on."""

    def __init__(self, store: Store, agenda: Agenda) -> None:
        super().__init__(store, agenda)
        self.goes_on = threading.Event()

    def accept(self, delivery: Delivery, at: datetime, cls: Priority) -> bool:
        """As ever, then."""
        self.goes_on.wait(60)
        return super().accept(delivery, at, cls)


def test_deliveries_that_wait_for_the_database_take_not_all_threads(
    store: Store, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as Jira sends at once: some wait, the others are told to come again, whoever asks for health is answered
    meanwhile, and with the database everything goes on."""
    monkeypatch.setattr("bot.web.webhook.TURN_SECONDS", 0.1)
    app, delivery_store = new_app("test"), StalledStore(store, Agenda(store, clock))
    app.register_blueprint(
        receiver(
            secret=SECRET, deliveries=delivery_store, clock=clock, projects=lambda: {"DDE"}, own_account=lambda: BOT
        )
    )
    app.register_blueprint(health_pages(database_of(store)))
    server = WebServer(app).start()

    def send(n: int) -> int:
        raw = json.dumps(BODY | {"timestamp": n}).encode()
        headers = {"X-Hub-Signature": signed(raw)}
        return requests.post(f"{server.url}/webhooks/jira", raw, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(20) as pool:
        try:
            sent = [pool.submit(send, n) for n in range(20)]
            refused = [done.result() for done in islice(as_completed(sent, timeout=20), 20 - AT_ONCE)]
            for page in ("healthz", "readyz"):
                assert requests.get(f"{server.url}/{page}", timeout=20).status_code == 200
        finally:
            delivery_store.goes_on.set()
    assert refused == [503] * (20 - AT_ONCE)
    assert sorted(done.result() for done in sent) == [202] * AT_ONCE + refused
    assert send(20) == 202
    server.stop()
