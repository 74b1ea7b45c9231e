"""One call is made safe: sent once, ended in time, and its answer known for what it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bot.jira.call import Conflict, Limited, Missing, Refused, Unauthenticated, Unknown, Unreachable, retry_after
from bot.jira.client import Credentials, JiraClient
from bot.jira.transport import Timeouts
from tests.jira.http_stub import HASTY, Reply, Stub, cut, dripping, says


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server without replies yet."""
    stub = Stub()
    yield stub
    stub.server.shutdown()
    stub.server.server_close()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_cut_write_is_sent_once(stub: Stub, method: str) -> None:
    """The library would send it four times; here it is sent once, and nobody knows whether it happened."""
    stub.replies = [cut]
    with pytest.raises(Unknown):
        stub.client().call(method, "/x", body={})
    assert len(stub.asked) == 1


@pytest.mark.parametrize("reply", [says(429), says(503, headers={"Retry-After": "0"}), cut])
def test_nothing_is_sent_again_by_itself(stub: Stub, reply: Reply) -> None:
    """Neither a limit nor an outage nor a cut connection makes a second request, of whatever method."""
    stub.replies = [reply]
    with pytest.raises((Limited, Unreachable)):
        stub.client().call("GET", "/x")
    assert len(stub.asked) == 1


def test_a_kept_connection_that_was_closed_is_opened_anew(stub: Stub) -> None:
    """What broke one call does not harm the next."""
    stub.replies = [cut, says(200, {"id": "1"})]
    client = stub.client()
    with pytest.raises(Unknown):
        client.call("POST", "/x", body={})
    assert client.call("POST", "/x", body={}) == {"id": "1"}


def test_the_library_authenticates(stub: Stub) -> None:
    """Basic authentication on Cloud, the token as a bearer's on Data Center."""
    stub.replies = [says(200, {})]
    stub.client().call("GET", "/x")
    stub.client(pat="pat").call("GET", "/x")
    headers = [{name.lower(): value for name, value in asked[3].items()} for asked in stub.asked]
    assert [sent["authorization"].split()[0] for sent in headers] == ["Basic", "Bearer"]


@pytest.mark.parametrize(
    "reply",
    [
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 60),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", 60),
        dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", 60),
        dripping(b"", 60),
    ],
    ids=["body", "body without a length", "headers", "status line"],
)
def test_an_answer_that_drips_ends_with_the_calls_whole_time(stub: Stub, reply: Reply) -> None:
    """Time-outs of a read begin anew with every byte; the deadline does not."""
    stub.replies = [reply]
    begun = time.monotonic()
    with pytest.raises(Unknown):
        stub.client(timeouts=HASTY).call("POST", "/x", body={})
    assert time.monotonic() - begun < 2


def test_a_hang_ends_with_the_time_for_a_read(stub: Stub) -> None:
    """A server that takes the request and says nothing keeps nobody."""
    stub.replies = [lambda handler: time.sleep(2)]
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        stub.client(timeouts=Timeouts(1.0, 0.2, 5.0)).call("GET", "/x")
    assert time.monotonic() - begun < 1.5


def test_a_call_in_time_is_not_cut_later(stub: Stub) -> None:
    """The deadline of one call is not the next one's."""
    stub.replies = [says(200, {})]
    client = stub.client(timeouts=Timeouts(1.0, 1.0, 0.2))
    client.call("GET", "/x")
    time.sleep(0.25)
    assert client.call("GET", "/x") == {}


def test_a_refused_connection_surely_was_no_call() -> None:
    """Where nobody listens, nothing can have happened: that is known, also of a write."""
    client = JiraClient("http://127.0.0.1:9", Credentials("a@b.c", "t"), 1000)
    with pytest.raises(Unreachable):
        client.call("POST", "/x", body={})


SAYS_NOBODY = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (says(401), Unauthenticated),
        (says(200, {"values": []}, SAYS_NOBODY), Unauthenticated),
        (says(200, [], {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}), Unauthenticated),
        (says(404, {"errorMessages": []}, SAYS_NOBODY), Unauthenticated),
        (says(404, {"errorMessages": ["no issue"]}), Missing),
        (says(404, b"<html>not found</html>"), Unknown),
        (says(409, {"errorMessages": []}), Conflict),
        (says(400, {"errorMessages": ["no"]}), Refused),
        (says(403, {"errorMessages": ["no"]}), Refused),
        (says(413, {"errorMessages": ["too much"]}), Refused),
        (says(400), Refused),
        (says(403, b"<html>blocked</html>"), Unknown),
        (says(302, headers={"Location": "/login"}), Unreachable),
        (says(408, {}), Unknown),
        (says(500, b"<html>"), Unknown),
        (says(502), Unknown),
        (says(503), Unknown),
        (says(504), Unknown),
        (says(200, b"<html>welcome</html>"), Unknown),
        (says(201, b'{"id": "1'), Unknown),
        (says(200, b"[" * 100_000), Unknown),
    ],
)
def test_each_answer_to_a_write_is_known_for_what_it_is(stub: Stub, reply: Reply, trouble: type[Exception]) -> None:
    """Refused and parked is only what Jira itself refuses; what may have happened is never taken for undone."""
    stub.replies = [reply]
    with pytest.raises(trouble) as raised:
        stub.client().call("POST", "/x", body={})
    assert type(raised.value) is trouble


def test_no_content_is_an_empty_answer(stub: Stub) -> None:
    """204 is how Jira says that a move or an edit was done."""
    stub.replies = [says(204)]
    assert stub.client().call("PUT", "/x", body={}) == {}


def test_half_a_body_is_no_answer(stub: Stub) -> None:
    """An answer shorter than it says is lost, though its beginning looked well."""
    stub.replies = [
        lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}") and cut(handler)
    ]
    with pytest.raises(Unknown):
        stub.client().call("POST", "/x", body={})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"errorMessages": ["A is wrong.", "B too."], "errors": {}}, "A is wrong.; B too."),
        ({"errorMessages": [], "errors": {"issuetype": "Specify one"}}, "issuetype: Specify one"),
        ({"errorMessages": ["A."], "errors": {"f": "B."}}, "A.; f: B."),
        ({}, "no reason given"),
        (None, "no reason given"),
    ],
)
def test_the_reason_is_jiras_own_sentence(stub: Stub, body: Any, said: str) -> None:
    """Jira puts it into either of two places."""
    stub.replies = [says(400, body)]
    with pytest.raises(Refused, match=f"400: {said}$"):
        stub.client().call("POST", "/x", body={})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2"}, 2),
        ({"Retry-After": "1847"}, 1847),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "Mon, 05 Jan 2026 15:00:40 GMT", "Date": "Mon, 05 Jan 2026 15:00:00 GMT"}, 40),
        ({"Retry-After": "Mon, 05 Jan 2026 14:00:00 GMT", "Date": "Mon, 05 Jan 2026 15:00:00 GMT"}, 1),
        ({"Retry-After": "Mon, 05 Jan 2026 15:00:40 GMT"}, 10),
        ({"Retry-After": "soon"}, 10),
        ({"Retry-After": "²"}, 10),
        ({}, 10),
    ],
)
def test_how_long_jira_asks_to_wait(headers: dict[str, str], seconds: float) -> None:
    """In seconds, or until a date by the server's own clock; 10 s where it cannot be read."""
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("reason", "site"),
    [("jira-per-issue-on-write", False), ("jira-burst-based", True), ("jira-quota-tenant-based", True), ("", True)],
)
def test_whose_limit_it_is(stub: Stub, reason: str, site: bool) -> None:
    """Only the limit of writes of one issue is that issue's; an unnamed one may be the whole site's."""
    stub.replies = [says(429, {}, {"Retry-After": "40", "RateLimit-Reason": reason})]
    with pytest.raises(Limited) as raised:
        stub.client().call("POST", "/x", body={})
    assert (raised.value.seconds, raised.value.site) == (40, site)


def test_so_many_calls_a_second_and_no_more(stub: Stub) -> None:
    """In any second start at most as many as the office allows, from all threads together."""
    stub.replies = [says(200, {})]
    client = stub.client(per_second=5)
    starts: list[float] = []

    def call() -> None:
        for _ in range(2):
            client.call("GET", "/x")
            starts.append(time.monotonic())

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    starts.sort()
    assert len(starts) == 8
    assert min(later - first for first, later in zip(starts, starts[5:], strict=False)) > 0.8
