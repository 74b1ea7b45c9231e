"""The calls that the library makes are as safe as ours: sent once, ended in time, and their answers judged."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.jira import transport
from bot.jira.call import JiraTrouble, Limited, Missing, Refused, Unauthenticated, Unknown, Unreachable
from bot.jira.client import Credentials, JiraClient
from bot.jira.json_values import Unreadable
from tests.jira.http_stub import HASTY, Reply, Stub, cut, dripping, says

Ask = Callable[[JiraClient], Any]

API = "/rest/api/2"
READS: dict[str, tuple[Ask, str]] = {
    "myself": (JiraClient.myself, "/myself"),
    "server_info": (JiraClient.server_info, "/serverInfo"),
    "fields": (JiraClient.fields, "/field"),
    "project": (lambda c: c.project("D/E"), "/project/D%2FE"),
    "issue_types": (lambda c: c.issue_types("DDE"), "/project/DDE/statuses"),
    "permissions": (lambda c: c.permissions("DDE", "A,B"), "/mypermissions?projectKey=DDE&permissions=A%2CB"),
    "user": (lambda c: c.user("712020:a&b"), "/user?accountId=712020:a%26b"),
    "edit_screen": (lambda c: c.edit_screen("DDE-1"), "/issue/DDE-1/editmeta"),
    "transitions": (lambda c: c.transitions("10", "5", "x.y"), "/issue/10/transitions?transitionId=5&expand=x.y"),
}


def move(client: JiraClient) -> Any:
    """The one write that the library makes."""
    return client.transition("10", "5", {"resolution": {"name": "Done"}})


CALLS = {name: ask for name, (ask, _) in READS.items()} | {"transition": move}
ANSWERS: dict[str, Any] = {"fields": [{"id": "x"}], "issue_types": [{"id": "1"}], "transitions": {"transitions": []}}


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server without replies yet, behind a path as Atlassian's gateway has one."""
    stub = Stub(prefix="/ex/jira/11f3-cloud")
    yield stub
    stub.server.shutdown()
    stub.server.server_close()


each = pytest.mark.parametrize("name", CALLS)


def trouble_of(name: str, client: JiraClient) -> JiraTrouble:
    """What a call raises."""
    with pytest.raises(JiraTrouble) as raised:
        CALLS[name](client)
    return raised.value


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("pat", ["", "pat"], ids=["cloud", "data center"])
def test_each_question_is_one_get(stub: Stub, name: str, pat: str) -> None:
    """Below the path of the gateway, with the account's own credentials; the answer is Jira's JSON."""
    stub.replies = [says(200, ANSWERS.get(name, {"id": "7", "self": "https://other.test/rest/api/2/x/7"}))]
    answer = READS[name][0](stub.client(pat=pat))
    ((method, path, body, headers),) = stub.asked
    shown = READS[name][1].replace("accountId", "username") if pat else READS[name][1]
    assert (method, path, body) == ("GET", stub.prefix + API + shown, b"")
    sent = {header.lower(): value for header, value in headers.items()}
    assert sent["authorization"].split()[0] == ("Bearer" if pat else "Basic")
    wanted = ANSWERS.get(name, {"id": "7", "self": "https://other.test/rest/api/2/x/7"})
    assert answer == (wanted["transitions"] if name == "transitions" else wanted)


def test_a_move_is_one_post(stub: Stub) -> None:
    """The transition goes by its id, with the fields of its screen; Jira answers without a body."""
    stub.replies = [says(204)]
    move(stub.client())
    assert [(method, path, body) for method, path, body, _ in stub.asked] == [
        (
            "POST",
            f"{stub.prefix}{API}/issue/10/transitions",
            b'{"transition": {"id": 5}, "fields": {"resolution": {"name": "Done"}}}',
        )
    ]


def test_no_move_goes_by_a_name(stub: Stub) -> None:
    """The library would look for a transition of that name, and make the first that fits."""
    stub.replies = [says(200, {"transitions": [{"id": "5", "name": "Done"}]})]
    with pytest.raises(Unreadable):
        stub.client().transition("10", "Done", {})
    assert stub.asked == []


@each
def test_a_cut_call_is_sent_once(stub: Stub, name: str) -> None:
    """The library as it comes sends it four times; only of a write does nobody know what became of it."""
    stub.replies = [cut]
    assert type(trouble_of(name, stub.client())) is (Unknown if name == "transition" else Unreachable)
    assert len(stub.asked) == 1


@each
@pytest.mark.parametrize(("value", "seconds"), [("40", 40), ("Mon, 05 Jan 2026 15:00:40 GMT", 1)])
def test_a_limit_is_raised_and_not_slept_out(stub: Stub, name: str, value: str, seconds: float) -> None:
    """The library would sleep in the worker, or break where the time to wait is a date."""
    stub.replies = [says(429, {}, {"Retry-After": value})]
    trouble = trouble_of(name, stub.client())
    assert isinstance(trouble, Limited)
    assert (trouble.seconds, trouble.site) == (seconds, True)
    assert len(stub.asked) == 1


@each
@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (says(401), Unauthenticated),
        (says(200, [], {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}), Unauthenticated),
        (says(200, {"id": "7"}, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}), Unauthenticated),
        (says(302, headers={"Location": "/login"}), Unreachable),
        (says(403, {"errorMessages": ["no"]}), Refused),
        (says(404, {"errorMessages": ["no"]}), Missing),
        (says(503, headers={"Retry-After": "0"}), Unknown),
        (says(200, b"<html>welcome</html>"), Unknown),
    ],
    ids=["401", "dead token", "denied token", "redirect", "403", "404", "503", "no JSON"],
)
def test_each_answer_is_known_for_what_it_is(stub: Stub, name: str, reply: Reply, trouble: type[JiraTrouble]) -> None:
    """The same kinds as for a call of ours, and nobody asks again, nor at the address of a redirect."""
    stub.replies = [reply]
    wanted = Unreachable if trouble is Unknown and name != "transition" else trouble
    assert type(trouble_of(name, stub.client())) is wanted
    assert len(stub.asked) == 1


@each
def test_an_answer_that_drips_ends_with_the_calls_whole_time(stub: Stub, name: str) -> None:
    """The deadline counts for the library, too, which knows only time-outs from byte to byte."""
    stub.replies = [dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 60)]
    began = time.monotonic()
    assert type(trouble_of(name, stub.client(timeouts=HASTY))) is (Unknown if name == "transition" else Unreachable)
    assert time.monotonic() - began < 2
    assert len(stub.asked) == 1


@each
def test_too_large_an_answer_is_none(stub: Stub, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read to its end."""
    monkeypatch.setattr(transport, "_MOST_BYTES", 1000)
    stub.replies = [says(200, "x" * 2000)]
    assert isinstance(trouble_of(name, stub.client()), Unknown | Unreachable)


ODD = [[], {}, "word", 7, [None], ["word"], {"self": 7}, {"transitions": None}, {"raw": 1, "x": {"self": [1]}}]


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("answer", ODD, ids=str)
def test_an_answer_of_another_shape_is_a_trouble_or_itself(stub: Stub, name: str, answer: Any) -> None:
    """What the library raises of its own (KeyError, AttributeError) comes out as one sentence for staff."""
    stub.replies = [says(200, answer)]
    with contextlib.suppress(Unreadable):
        READS[name][0](stub.client())
    assert len(stub.asked) == 1 or name == "server_info"


def test_only_an_empty_server_info_is_asked_again(stub: Stub) -> None:
    """The library's answer to a fault of Jira's (JRA-59676): a GET, four times at most. No other call is."""
    stub.replies = [says(200, {})]
    client = stub.client()
    assert client.server_info() == {}
    assert len(stub.asked) == 4
    assert client.myself() == {}
    assert len(stub.asked) == 5


def test_the_librarys_calls_take_their_turns_too(stub: Stub) -> None:
    """Calls of both kinds and of all threads share one pace."""
    stub.replies = [says(200, {"id": "1"})]
    client = stub.client(per_second=3)
    began = time.monotonic()
    threads = [threading.Thread(target=ask) for ask in (client.myself, lambda: client.call("GET", "/x")) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stub.asked) == 4
    assert time.monotonic() - began > 0.9


def test_no_cookie_is_kept(stub: Stub) -> None:
    """A session that Jira opened by a cookie would outlive the token."""
    stub.replies = [says(200, {"id": "1"}, {"Set-Cookie": "JSESSIONID=1; Path=/"})]
    client = stub.client()
    for ask in (client.myself, client.myself, lambda: client.call("GET", "/x")):
        ask()
    assert not any("cookie" in {name.lower() for name in headers} for *_, headers in stub.asked)


@pytest.mark.parametrize("ask", [JiraClient.myself, move, lambda c: c.call("POST", "/x", body={})])
@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://.example", "https://"])
def test_where_nobody_is_nothing_was_sent(url: str, ask: Ask) -> None:
    """A port without a server and an address that is none: that is known, also of a write."""
    with pytest.raises(Unreachable):
        ask(JiraClient(url, Credentials("a@b.c", "t"), 1000))


def test_credentials_show_no_secret() -> None:
    """Not in a log either."""
    assert "hush" not in repr(Credentials("a@b.c", "hush", "hush"))
