"""What a call to Jira costs the bot, made by the library or by us: `python -m benchmarks.jira_calls`.

Both go through the same session and adapter to a server that answers at once with what the sandbox answered before.
The figure is the processor time of the calling thread, the lowest of all rounds: what others do on the machine
disturbs it least."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import SettableClock
from bot.config.load import load
from bot.jira.client import API, Credentials, Library
from bot.jira.transport import Timeouts
from bot.sandbox.accounts import BOT, CARLA, HANNA
from bot.sandbox.jira_site import Site
from bot.sandbox.server import SandboxServer

CONFIG = Path(__file__).parents[1] / "config"
ROUNDS, CALLS = (5, 20) if "--fast" in sys.argv else (30, 50)
# Not served by the sandbox, as the bot does not ask for them.
ROLE = {"self": "https://jira.test/rest/api/2/project/1/role/10", "name": "Service Desk Team", "id": 10, "actors": []}
NAMED = [
    {"self": f"https://jira.test/rest/api/2/status/{n}", "id": str(n), "name": f"Name {n}", "description": ""}
    for n in range(20)
]
OTHERS = {
    "GET /project": NAMED,
    "GET /priority": NAMED,
    "GET /resolution": NAMED,
    "GET /status": NAMED,
    "GET /project/DDE/role": {"Service Desk Team": ROLE["self"]},
    "GET /project/DDE/role/10": ROLE,
    "POST /issue/bulk": {"issues": [{"id": str(n), "key": f"DDE-{n}", "self": "x"} for n in range(4)], "errors": []},
}


@dataclass
class Pair:
    """One question, asked by the library and by us."""

    name: str
    library: Callable[[Library], Any]
    method: str
    path: str
    params: dict[str, str] | None = None
    body: Any = None
    micros: dict[str, float] = field(default_factory=dict)
    requests: int = 0  # at the most, for some ask for more the first time

    def ours(self, library: Library) -> Any:
        """The same by a call of ours."""
        return library.request(self.method, API + self.path, self.params, self.body)


def pairs(ticket: str, comment: str) -> list[Pair]:
    """The calls that the bot makes where the library has one for them, then a few that it does not make."""
    issue, every = f"/issue/{ticket}", {"fields": "*all", "expand": "changelog,transitions", "properties": "x"}
    rights, text = "BROWSE_PROJECTS,ADD_COMMENTS", "Please confirm your files. " * 20
    page = {"startAt": "0", "maxResults": "100"}
    jql = {"jql": "project = DDE", "fields": ["updated"], "maxResults": 100}
    subtask = {"project": {"key": "DDE"}, "issuetype": {"id": "2"}, "parent": {"id": ticket}, "summary": "folder"}
    updates = {"issueUpdates": [{"fields": subtask}] * 4}
    return [
        Pair("myself", lambda j: j.myself(), "GET", "/myself"),
        Pair("server_info", lambda j: j.server_info(), "GET", "/serverInfo"),
        Pair("fields", lambda j: j.fields(), "GET", "/field"),
        Pair("project", lambda j: j.project("DDE").raw, "GET", "/project/DDE"),
        Pair("issue_types_for_project", lambda j: j.issue_types_for_project("DDE"), "GET", "/project/DDE/statuses"),
        Pair("my_permissions", lambda j: j.my_permissions(projectKey="DDE", permissions=rights), "GET",
             "/mypermissions", {"projectKey": "DDE", "permissions": rights}),
        Pair("user", lambda j: j.user(HANNA.id).raw, "GET", "/user", {"accountId": HANNA.id}),
        Pair("editmeta", lambda j: j.editmeta(ticket), "GET", f"{issue}/editmeta"),
        Pair("transitions", lambda j: j.transitions(ticket), "GET", f"{issue}/transitions"),
        Pair("transition_issue", lambda j: j.transition_issue(ticket, "11", fields={}), "POST",
             f"{issue}/transitions", None, {"transition": {"id": "11"}}),
        Pair("issue", lambda j: j.issue(ticket, **every).raw, "GET", issue, every),
        Pair("comments", lambda j: j.comments(ticket, start_at=0, max_results=100), "GET", f"{issue}/comment", page),
        Pair("enhanced_search_issues", lambda j: j.enhanced_search_issues(
            jql["jql"], maxResults=100, fields=["updated"], use_post=True), "POST", "/search/jql", None, jql),
        Pair("create_issues", lambda j: j.create_issues([dict(subtask) for _ in range(4)], prefetch=False), "POST",
             "/issue/bulk", None, updates),
        Pair("add_comment", lambda j: j.add_comment(ticket, text), "POST", f"{issue}/comment", None, {"body": text}),
        Pair("comment(…).delete", lambda j: j.comment(ticket, comment).delete(), "DELETE",
             f"{issue}/comment/{comment}"),
        Pair("issue(…).update", lambda j: j.issue(ticket, **every).update(fields={"duedate": "2026-02-02"}), "PUT",
             issue, None, {"fields": {"duedate": "2026-02-02"}}),
        Pair("projects", lambda j: j.projects(), "GET", "/project"),
        Pair("project_roles", lambda j: j.project_roles("DDE"), "GET", "/project/DDE/role"),
        Pair("project_role", lambda j: j.project_role("DDE", "10").raw, "GET", "/project/DDE/role/10"),
        Pair("priorities", lambda j: j.priorities(), "GET", "/priority"),
        Pair("resolutions", lambda j: j.resolutions(), "GET", "/resolution"),
        Pair("statuses", lambda j: j.statuses(), "GET", "/status"),
    ]  # fmt: skip


def recorded() -> tuple[list[Pair], Mapping[str, Any]]:
    """The calls, and what the sandbox answers to each, by method and path; None for no body."""
    clock = SettableClock(datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("America/Chicago")))
    site = Site(load(CONFIG).processes, clock)
    site.limits.limits = ()
    ticket = site.open_request(CARLA, "Lakeside ISD")
    for n in range(10):
        site.comment(CARLA, ticket, f"Our files are in the folder, part {n}. " * 5)
        site.set_labels(HANNA, ticket, add=[f"label-{n}"])
    asked = pairs(ticket.id, site.comments(ticket)[0].id)
    answers: dict[str, Any] = dict(OTHERS)
    with SandboxServer(site) as server:
        jira = Library(server.url, Credentials(BOT.email, BOT.token), lambda: 0.0, Timeouts())
        for one in asked:
            key = f"{one.method} {one.path}"
            if one.method in ("PUT", "DELETE") or (key.startswith("POST") and key.endswith("/transitions")):
                answers[key] = None
            elif key not in answers:
                answers[key] = one.ours(jira)
            if one.method == "DELETE":  # the library asks for it first
                answers[f"GET {one.path}"] = jira.request("GET", API + one.path, None, None)
    site.hooks.stop()
    # As on a live site: the library's search keeps these, and would else ask for the fields each time.
    answers["GET /field"] = [one | {"clauseNames": [one["id"]]} for one in answers["GET /field"]]
    return asked, answers


class Server:
    """Answers each request at once, by its method and path, and counts them."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {key: self._reply(body) for key, body in answers.items()}
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def _reply(body: Any) -> bytes:
        if body is None:
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        return head.encode() + content

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        read = connection.makefile("rb")
        while line := read.readline():
            length = 0
            while (header := read.readline()) != b"\r\n":
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            read.read(length)
            method, target, _ = line.decode().split()
            self.requests += 1
            connection.sendall(self.answers[f"{method} {target.partition('?')[0].removeprefix(API)}"])


def measure(asked: list[Pair], server: Server) -> None:
    """Fill in what each call costs, in turns."""
    jira = Library(server.url, Credentials(BOT.email, BOT.token), lambda: 0.0, Timeouts())
    for _ in range(ROUNDS):
        for one in asked:
            before = server.requests
            one.library(jira)
            one.requests = max(one.requests, server.requests - before)
            for who, call in (("library", one.library), ("ours", one.ours)):
                began = time.thread_time()
                for _ in range(CALLS):
                    call(jira)
                took = (time.thread_time() - began) / CALLS * 1e6
                one.micros[who] = min(took, one.micros.get(who, took))


def main() -> None:
    """Measure, and print the table."""
    asked, answers = recorded()
    measure(asked, Server(answers))
    print(f"{'call of the library':24} requests  library (µs)  one call of ours (µs)")
    for one in asked:
        print(f"{one.name:24} {one.requests:8} {one.micros['library']:13,.0f} {one.micros['ours']:22,.0f}")


if __name__ == "__main__":
    main()
