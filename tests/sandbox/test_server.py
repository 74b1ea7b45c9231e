"""The sandbox as a server: starting, stopping, and many callers at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from bot.sandbox.accounts import BOT, CARLA
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer


def test_a_stopped_server_can_start_again(site: Site) -> None:
    """Stopped, nobody answers, also not on an open connection; started again, it is there with its issues."""
    issue = site.open_request(CARLA, "Springfield ISD")
    server = SandboxServer(site).start()
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (BOT.email, BOT.token)
        url = f"{server.url}/rest/api/2/issue/{issue.id}"
        assert session.get(url, timeout=5).ok
        server.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=5)
        server.start()
        assert session.get(url, timeout=5).json()["key"] == issue.key
        server.stop()


def test_many_may_write_at_once(site: Site, bot, ticket: str) -> None:
    """Twenty comments at the same time are twenty comments with ids of their own."""
    path = f"{bot.url}/rest/api/2/issue/{ticket}/comment"

    def write(number: int) -> int:
        answer = requests.post(path, json={"body": f"{number}"}, auth=bot.session.auth, timeout=10)
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(20))) == {201}
    comments = site.comments(ticket)
    assert len({c.id for c in comments}) == 20
    assert {c.body for c in comments} == {str(n) for n in range(20)}
