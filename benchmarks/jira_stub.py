"""A Jira that answers at once, in a process of its own: just what a look at one ticket calls, and nothing else.

It is the sandbox's opposite: the sandbox knows Jira's rules and is slow, this one knows four calls and is fast, so that
what is measured is the bot. Every ticket was just moved by staff to File Preparation, which by the shipped process
asks for four subtasks and a public comment. What the bot makes is kept and shown again, so that one which makes
something twice is found out."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

BOT = {"accountId": "bench:bot", "accountType": "atlassian", "displayName": "Onboarding Bot", "active": True}
CONTACT = {"accountId": "bench:carla", "accountType": "customer", "displayName": "Carla Contact", "active": True}
STAFF = {"accountId": "712020:hanna", "accountType": "atlassian", "displayName": "Hanna", "active": True}
PASSED = ({"id": "1", "name": "SecureStor Folder"}, {"id": "2", "name": "Initial File Review"})
PASSED += ({"id": "3", "name": "Quality Review"},)
STATUS = {"id": "4", "name": "File Preparation"}
NEXT = ({"id": "5", "name": "Files in Production"}, {"id": "6", "name": "Waiting for District"})
SUBTASK_STATUS = {"id": "7", "name": "To Do"}
PROJECT = {"id": "10", "key": "DDE", "name": "DDE", "projectTypeKey": "service_desk"}
TICKET_TYPE = {"id": "20", "name": "DDE Set-Up", "subtask": False}
SUBTASK_TYPE = {"id": "21", "name": "Sub-task", "subtask": True}
LEDGER = "onboarding-bot"
FIRST_SUBTASK = 1_000_000_000  # every id from here on is a subtask's, every lower one a ticket's
ECHOES = 8  # connections by which webhooks go out

_MOVES = [{"id": to["id"], "name": to["name"], "to": to, "hasScreen": False} for to in NEXT]
_SUBTASK_MOVES = [{"id": "9", "name": "Done", "to": {"id": "8", "name": "Done"}, "hasScreen": False}]


@dataclass
class Ticket:
    """What one ticket holds; `spoken` is when its comment came, in seconds of the machine's monotonic clock."""

    id: str
    created: str
    comments: list[dict[str, Any]] = field(default_factory=list)
    subtasks: list[str] = field(default_factory=list)
    summaries: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    ledger: Any = None
    spoken: float = 0.0
    kept: float = 0.0


class Jira:
    """The tickets and the calls. `echo` is called with the event and the ticket of each change that Jira tells of."""

    def __init__(self, echo: Callable[[str, Ticket], None]) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.calls = 0
        self._echo = echo
        self._comment_id = 0
        self._subtask_id = FIRST_SUBTASK
        self._parents: dict[str, Ticket] = {}

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON of one call; a call that no look makes is 501, so that a change of the bot is noticed."""
        self.calls += 1
        parts = path.removeprefix("/rest/api/2/").split("/")
        match method, parts:
            case "GET", ["issue", number]:
                return 200, self._issue(self._ticket(number))
            case "POST", ["issue", "bulk"]:
                return 201, self._make(body["issueUpdates"])
            case "POST", ["issue", "bulkfetch"]:
                return 200, {"issues": [self._subtask(one) for one in body["issueIdsOrKeys"]]}
            case "POST", ["issue", number, "comment"]:
                return 201, self._comment(self._ticket(number), body)
            case "PUT", ["issue", number]:
                self._put(self._ticket(number), body)
                return 204, None
            case "GET", ["myself"]:
                return 200, BOT
            case "GET", ["project", _, "statuses"]:
                statuses = [*PASSED, STATUS, *NEXT]
                return 200, [TICKET_TYPE | {"statuses": statuses}, SUBTASK_TYPE | {"statuses": [SUBTASK_STATUS]}]
            case "POST", ["search", "jql"]:
                return 200, {"issues": [], "isLast": True}
            case "GET", ["", "bench"]:
                return 200, self._bench()
        return 501, {"errorMessages": [f"The stub knows no {method} {path}."], "errors": {}}

    def _ticket(self, number: str) -> Ticket:
        if number not in self.tickets:
            self.tickets[number] = Ticket(number, _moment())
        return self.tickets[number]

    def _issue(self, ticket: Ticket) -> dict[str, Any]:
        return {
            "id": ticket.id,
            "key": f"DDE-{ticket.id}",
            "fields": {
                **head(ticket.id),
                "created": ticket.created,
                "updated": ticket.created,
                "reporter": CONTACT,
                "creator": CONTACT,
                "description": "",
                "labels": ticket.labels,
                "duedate": None,
                **ticket.fields,
                "subtasks": [self._brief(ticket, one) for one in ticket.subtasks],
                "comment": {"comments": ticket.comments, "total": len(ticket.comments), "startAt": 0},
            },
            "properties": {LEDGER: ticket.ledger} if ticket.ledger is not None else {},
            "changelog": _history(ticket),
            "transitions": _MOVES,
        }

    def _brief(self, ticket: Ticket, number: str) -> dict[str, Any]:
        fields = {"summary": ticket.summaries[number], "status": SUBTASK_STATUS, "issuetype": SUBTASK_TYPE}
        return {"id": number, "key": f"DDE-{number}", "fields": fields}

    def _subtask(self, number: str) -> dict[str, Any]:
        raw = self._brief(self._parents[number], number)
        raw["fields"]["comment"] = {"comments": [], "total": 0, "startAt": 0}
        return raw | {"changelog": {"histories": [], "total": 0, "startAt": 0}, "transitions": _SUBTASK_MOVES}

    def _make(self, updates: list[dict[str, Any]]) -> dict[str, Any]:
        made = []
        for update in updates:
            ticket = self._ticket(update["fields"]["parent"]["id"])
            self._subtask_id += 1
            number = str(self._subtask_id)
            ticket.subtasks.append(number)
            ticket.summaries[number] = update["fields"]["summary"]
            self._parents[number] = ticket
            made.append({"id": number, "key": f"DDE-{number}"})
        return {"issues": made, "errors": []}

    def _comment(self, ticket: Ticket, body: dict[str, Any]) -> dict[str, Any]:
        self._comment_id += 1
        public = not any(p["key"] == "sd.public.comment" for p in body["properties"])
        now = _moment()
        comment = {"id": str(self._comment_id), "author": BOT, "updateAuthor": BOT, "body": body["body"]}
        comment |= {"created": now, "updated": now, "jsdPublic": public}
        ticket.comments.append(comment)
        ticket.spoken = ticket.spoken or time.monotonic()
        self._echo("comment_created", ticket)
        return comment

    def _put(self, ticket: Ticket, body: dict[str, Any]) -> None:
        ticket.fields |= body.get("fields", {})
        for one in body.get("update", {}).get("labels", []):
            ticket.labels += [one["add"]] if "add" in one else []
        for one in body.get("properties", []):
            ticket.ledger = one["value"]
        ticket.kept = time.monotonic()
        self._echo("jira:issue_updated", ticket)

    def _bench(self) -> dict[str, Any]:
        found = {t.id: [len(t.subtasks), len(t.comments), t.spoken, t.kept] for t in self.tickets.values()}
        return {"calls": self.calls, "tickets": found}


def head(number: str) -> dict[str, Any]:
    """The fields of a ticket that a comment's webhook has too."""
    fields = {"summary": f"District {number} ISD", "issuetype": TICKET_TYPE, "project": PROJECT, "status": STATUS}
    return {**fields, "assignee": None, "priority": {"id": "3", "name": "Medium"}}


def delivery(event: str, number: str, by: dict[str, Any], more: dict[str, Any]) -> bytes:
    """The body of a webhook about one ticket."""
    issue = {"id": number, "key": f"DDE-{number}", "fields": {**head(number), **more}}
    told = {"timestamp": int(time.time() * 1000), "webhookEvent": event, "user": by, "issue": issue}
    return json.dumps(told).encode()


def request(body: bytes, secret: str, host: str) -> bytes:
    """One delivery as it goes over the wire, signed."""
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    lines = (
        "POST /webhooks/jira HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json; charset=utf-8",
        "User-Agent: Atlassian Webhook HTTP Client",
        f"X-Hub-Signature: sha256={signed}",
        f"X-Atlassian-Webhook-Identifier: {uuid.uuid4().hex}",
        f"Content-Length: {len(body)}",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body


async def answered(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; its status."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    length = next((int(v) for k, _, v in (x.partition(":") for x in lines) if k.lower() == "content-length"), 0)
    await reader.readexactly(length)
    return int(lines[0].split(" ")[1])


class _Http(asyncio.Protocol):
    """HTTP/1.1 as the bot's client speaks it: kept alive, one request after the other, with a length."""

    def __init__(self, jira: Jira, delay: float) -> None:
        self._jira, self._delay, self._held = jira, delay, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        top, found, rest = self._held.partition(b"\r\n\r\n")
        if not found:
            return
        lines = top.decode("latin-1").split("\r\n")
        length = next((int(line[15:]) for line in lines if line[:15].lower() == "content-length:"), 0)
        if len(rest) < length:
            return
        self._held = rest[length:]
        method, target, _ = lines[0].split(" ")
        body = json.loads(rest[:length]) if length else None
        status, answer = self._jira.answer(method, urlsplit(target).path, body)
        content = b"" if answer is None else json.dumps(answer).encode()
        lines = [f"HTTP/1.1 {status} -", "Content-Type: application/json", f"Content-Length: {len(content)}", "", ""]
        whole = "\r\n".join(lines).encode() + content
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, whole)
        else:
            self._transport.write(whole)


class _Echo:
    """Sends webhooks of the bot's own writes back to it, as Jira does."""

    def __init__(self, port: int, secret: str) -> None:
        self._port, self._secret = port, secret
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._send()) for _ in range(ECHOES)]

    def tell(self, event: str, ticket: Ticket) -> None:
        """Queue one webhook."""
        more = {"created": ticket.created} if event == "comment_created" else {"labels": ticket.labels, **ticket.fields}
        self._queue.put_nowait(request(delivery(event, ticket.id, BOT, more), self._secret, "bot"))

    async def _send(self) -> None:
        streams = None
        while True:
            sent = await self._queue.get()
            if streams is None:
                streams = await asyncio.open_connection("127.0.0.1", self._port)
            streams[1].write(sent)
            await answered(streams[0])


def _history(ticket: Ticket) -> dict[str, Any]:
    """How staff moved it, the newest first."""
    way = (*PASSED, STATUS)
    entries = [
        {
            "id": str(int(ticket.id) * 10 + n),
            "author": STAFF,
            "created": ticket.created,
            "items": [
                {"field": "status", "fieldtype": "jira", "fieldId": "status"}
                | {"from": old["id"], "fromString": old["name"], "to": new["id"], "toString": new["name"]}
            ],
        }
        for n, (old, new) in enumerate(pairwise(way))
    ]
    return {"startAt": 0, "maxResults": 100, "total": len(entries), "histories": entries[::-1]}


def _moment() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


async def _serve(port: int, delay: float, echo_to: int, secret: str) -> None:
    def silent(event: str, ticket: Ticket) -> None:
        pass

    echo = _Echo(echo_to, secret).tell if echo_to else silent
    jira = Jira(echo)
    server = await asyncio.get_running_loop().create_server(lambda: _Http(jira, delay), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds until each answer")
    parser.add_argument("--echo-to", type=int, default=0, help="the bot's port; 0 sends no webhooks")
    parser.add_argument("--secret", default="")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.delay, given.echo_to, given.secret))
