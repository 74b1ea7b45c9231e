"""A sandbox site with one short process, served over HTTP, and people who call it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from bot.clock import SettableClock
from bot.core.model.process import Process, Revision, Step
from bot.sandbox.accounts import BOT, CARLA, HANNA, Account
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer


def _step(name: str, status: str, then: str, revision: Revision | None = None) -> Step:
    return Step(name, name, status, ("help_center",), then, revision=revision)


@pytest.fixture(scope="session")
def process() -> Process:
    """Four steps, of which the third is a review."""
    steps = (
        _step("confirm", "Confirming Files", "folder"),
        _step("folder", "SecureStor Folder", "review"),
        _step("review", "Initial File Review", "quality", Revision("review", "sorry")),
        _step("quality", "Quality Review", "done"),
    )
    ends = {"done": "Done", "declined": "Declined"}
    return Process("dde", "DDE", "DDE", ("DDE Set-Up",), None, "cli", "Waiting for District", ends, steps)


@pytest.fixture
def site(process: Process, clock: SettableClock) -> Iterator[Site]:
    """A site whose index does not lag and whose webhooks are tried again at once."""
    site = Site([process], clock, search_lag=timedelta(0), retry_delay=0.01)
    yield site
    site.hooks.stop()


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    """The address of the served site."""
    with SandboxServer(site) as server:
        yield server.url


class Http:
    """Calls the REST API as one account, or as a stranger."""

    def __init__(self, url: str, auth: tuple[str, str] | None) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = auth

    def __call__(self, method: str, path: str, **sent: Any) -> requests.Response:
        base = "" if path.startswith(("/rest", "/sandbox", "/browse")) or path == "/" else "/rest/api/2"
        return self.session.request(method, f"{self.url}{base}{path}", timeout=10, **sent)

    def json(self, method: str, path: str, **sent: Any) -> Any:
        """The body of an answer that must have succeeded."""
        answer = self(method, path, **sent)
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture
def calling(url: str) -> Iterator[Callable[[Account | None], Http]]:
    """Makes callers."""
    made: list[Http] = []

    def call(account: Account | None) -> Http:
        made.append(Http(url, (account.email, account.token) if account else None))
        return made[-1]

    yield call
    for http in made:
        http.session.close()


@pytest.fixture
def bot(calling: Callable[[Account | None], Http]) -> Http:
    """The bot's way to the REST API."""
    return calling(BOT)


@pytest.fixture
def stranger(calling: Callable[[Account | None], Http]) -> Http:
    """Somebody without credentials."""
    return calling(None)


@pytest.fixture
def carla(calling: Callable[[Account | None], Http]) -> Http:
    """The district contact."""
    return calling(CARLA)


@pytest.fixture
def hanna(calling: Callable[[Account | None], Http]) -> Http:
    """Somebody of the help center."""
    return calling(HANNA)


@pytest.fixture
def ticket(site: Site) -> str:
    """The id of a request that Carla has opened."""
    return site.open_request(CARLA, "Springfield ISD").id


@dataclass
class Receiver:
    """Takes webhooks; answers with `statuses`, one after the other, and 202 when they are used up."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        """What came, parsed."""
        return [json.loads(body) for _, body in self.got]

    @property
    def events(self) -> list[str]:
        """The names of the events that came, sorted, since deliveries come in any order."""
        return sorted(body["webhookEvent"] for body in self.bodies)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An address that webhooks can be sent to."""
    receiver, lock = Receiver(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                receiver.got.append((dict(self.headers), body))
                status = receiver.statuses.pop(0) if receiver.statuses else 202
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield receiver
    server.shutdown()
    server.server_close()
