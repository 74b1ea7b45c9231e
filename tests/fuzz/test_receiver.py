"""Whatever is sent to the receiver is answered soon, without a 5xx, and within bounds."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import hmac
import io
import json
import socket
import tracemalloc
from collections.abc import Iterator

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SettableClock
from bot.store.agenda import Agenda
from bot.store.database import Store
from bot.store.tables import deliveries
from bot.web.flask_app import MOST_BYTES, new_app
from bot.web.webhook import DeliveryStore, receiver, verify
from bot.web.wsgi_server import WebServer
from tests.fuzz.mutations import ODD, fuzzed, mutated, written
from tests.fuzz.samples import START, samples

SECRET = "only-for-tests"
IDENTIFIER = "X-Atlassian-Webhook-Identifier"


class AnyProject(frozenset[str]):
    """Every project is ours."""

    def __contains__(self, key: object) -> bool:
        return True


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The receiver over a store of its own, kept for all examples."""
    clock = SettableClock(START)
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('fuzz')}/bot.db", clock)
    store.lock()
    app = new_app("fuzz")
    app.extensions["store"] = store
    delivery_store = DeliveryStore(store, Agenda(store, clock))
    app.register_blueprint(
        receiver(secret=SECRET, deliveries=delivery_store, clock=clock, projects=AnyProject, own_account=lambda: "bot")
    )
    yield app
    store.close()


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    """Delivers without a socket."""
    return app.test_client()


@pytest.fixture(scope="module")
def server(app: Flask) -> Iterator[WebServer]:
    """The same, behind the web server that `serve` brings."""
    server = WebServer(app).start()
    yield server
    server.stop()


def signature(body: bytes) -> str:
    """As Jira signs."""
    return "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def deliver(client: FlaskClient, body: bytes, **more: str) -> int:
    """A signed delivery's answer."""
    return client.post("/webhooks/jira", data=body, headers={"X-Hub-Signature": signature(body)} | more).status_code


@fuzzed(120)
@given(data=st.data())
def test_a_payload_that_is_wrong_anywhere_is_taken_or_refused(client: FlaskClient, data: st.DataObject) -> None:
    """Wrong types, missing parts, names twice, deep and huge values, at every place of a real body."""
    body = data.draw(st.sampled_from(samples()[0]).flatmap(mutated))
    assert deliver(client, written(body)) in (200, 202, 400)


@fuzzed(50)
@given(
    body=st.one_of(
        st.binary(max_size=200),
        ODD.map(written),
        st.text().map(lambda text: text.encode("utf-16", "surrogatepass")),
        st.integers(1, 100_000).map(lambda deep: b'{"issue":' * deep),
        st.integers(1, 100_000).map(lambda deep: b"[" * deep + b"]" * deep),
        st.integers(1, 20_000).map(lambda long: b'{"issue":{"id":' + b"9" * long + b"}}"),
        st.binary(max_size=50).map(gzip.compress),
    )
)
def test_bytes_that_are_no_payload(client: FlaskClient, body: bytes) -> None:
    """Signed they are answered, and never with a 5xx."""
    assert deliver(client, body) in (200, 202, 400)


in_headers = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=300)


@fuzzed(50)
@given(header=st.none() | in_headers | st.sampled_from(["sha256", "=", "sha256=", "SHA256= "]).map(lambda s: s * 9))
def test_a_signature_of_any_form_but_the_right_one(client: FlaskClient, header: str | None) -> None:
    """Is refused with 401."""
    assert not verify(SECRET, b"{}", header)
    headers = {} if header is None else {"X-Hub-Signature": header}
    assert client.post("/webhooks/jira", data=b"{}", headers=headers).status_code == 401


@fuzzed(40)
@given(name=in_headers, kind=in_headers, coded=in_headers)
def test_other_headers_change_nothing(app: Flask, client: FlaskClient, name: str, kind: str, coded: str) -> None:
    """A delivery may be called anything, and say anything of its content."""
    body = json.dumps({"issue": {"id": "10001", "key": "DDE-1"}, "n": name}).encode()
    headers = {IDENTIFIER: name, "Content-Type": kind, "Content-Encoding": coded}
    assert deliver(client, body, **headers) in (200, 202)
    store: Store = app.extensions["store"]
    kept = store.read(lambda c: list(c.execute(sa.select(deliveries.c.identifier)).scalars()))
    assert all(one.isprintable() and len(one) <= 200 for one in kept)


# -- over a socket, where headers lie about the body


def talk(server: WebServer, *sent: bytes) -> str:
    """The first line of what a raw request is answered with, "" where the connection is just closed."""
    with socket.create_connection((server.host, server.port), timeout=10) as link:
        for part in sent:
            with contextlib.suppress(OSError):  # it need not listen to the end
                link.sendall(part)
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            return link.makefile("rb").readline().decode("latin-1").strip()
    return ""


BODY = json.dumps({"issue": {"id": "10001", "key": "DDE-1"}}).encode()
LINE = b"POST /webhooks/jira HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
SIGNED = b"X-Hub-Signature: " + signature(BODY).encode() + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("sent", "codes"),
    [
        pytest.param([SIGNED, b"Content-Length: 5\r\n\r\n", BODY], {"401"}, id="a length that is too short"),
        pytest.param([SIGNED, b"Content-Length: 9999\r\n\r\n", BODY], {"", "400", "401"}, id="too long a length"),
        pytest.param([SIGNED, b"Content-Length: -1\r\n\r\n", BODY], {"400", "401"}, id="a negative length"),
        pytest.param([SIGNED, b"Content-Length: many\r\n\r\n", BODY], {"400"}, id="a length that is no number"),
        pytest.param([SIGNED, b"Content-Length: 99999999999999999999\r\n\r\n", BODY], {"413"}, id="a huge length"),
        pytest.param([SIGNED, b"Content-Length: 38\r\nContent-Length: 5\r\n\r\n", BODY], {"400", "401"}, id="two"),
        pytest.param([SIGNED, b"\r\n"], {"401"}, id="no body"),
        pytest.param([b"X-Hub-Signature: sha256=0\r\n", SIGNED, b"Content-Length: %d\r\n\r\n" % len(BODY), BODY],
                     {"401"}, id="two signatures"),
        pytest.param([SIGNED, CHUNKED, b"\r\n%x\r\n" % len(BODY), BODY, b"\r\n0\r\n\r\n"], {"200", "202"}, id="chunks"),
        pytest.param([SIGNED, CHUNKED, b"\r\nzz\r\n", BODY], {"400"}, id="chunks of no size"),
        pytest.param([SIGNED, CHUNKED, b"\r\nffff\r\n", BODY], {"", "400", "401"}, id="half a chunk"),
        pytest.param([b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n"], {"", "431"}, id="headers without an end"),
        pytest.param([b"\x00\xff\r\n: :\r\n\r\n", BODY], {"400", "401"}, id="headers that are none"),
    ],
)  # fmt: skip
def test_a_request_that_lies_about_its_body(server: WebServer, sent: list[bytes], codes: set[str]) -> None:
    """It is refused, or the connection closed; the server goes on."""
    answer = talk(server, LINE, *sent)
    assert (answer.split(" ")[1] if answer else "") in codes
    assert requests.post(f"{server.url}/webhooks/jira", data=b"{}", timeout=10).status_code == 401


def test_a_body_beyond_the_limit_is_refused_and_the_largest_is_not(server: WebServer) -> None:
    """413 above 25 MB; below it a stranger is told 401, and Jira is heard."""
    url = f"{server.url}/webhooks/jira"
    codes = []
    for size in (MOST_BYTES, MOST_BYTES + 1, MOST_BYTES * 2):
        body = b'{"issue": {"id": "77", "key": "DDE-1"}}'.ljust(size)
        try:
            codes.append(requests.post(url, data=body, headers={"X-Hub-Signature": signature(body)}, timeout=60))
        except requests.ConnectionError:  # it closed while the rest was still being sent
            codes.append(None)
    assert [code.status_code if code is not None else 413 for code in codes] == [202, 413, 413]


def test_a_large_body_is_held_once(client: FlaskClient) -> None:
    """A stranger's 25 MB cost that and little more."""
    body = b"x" * MOST_BYTES
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        answer = client.post(
            "/webhooks/jira",
            input_stream=io.BytesIO(body),
            headers={"X-Hub-Signature": "sha256=00", "Content-Length": str(len(body))},
        )
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert answer.status_code == 401
    assert peak < 1.5 * MOST_BYTES


def test_a_slow_sender_keeps_nobody_waiting(server: WebServer) -> None:
    """More senders that never end than there are threads, and the next delivery is answered all the same."""
    links = [socket.create_connection((server.host, server.port), timeout=10) for _ in range(20)]
    try:
        for link in links:
            link.sendall(LINE + SIGNED + b"Content-Length: 1000\r\n\r\n{")
        assert requests.post(f"{server.url}/webhooks/jira", data=b"{}", timeout=10).status_code == 401
    finally:
        for link in links:
            link.close()
