"""A server that answers by a script, to see what a client makes of each answer and how often it asks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.jira.client import Credentials, JiraClient
from bot.jira.transport import Timeouts

Reply = Callable[[BaseHTTPRequestHandler], None]
HASTY = Timeouts(connect=1.0, read=0.4, total=0.3)


def says(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with this status and body."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return reply


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def dripping(head: bytes, drops: int) -> Reply:
    """A head, then a byte every 50 ms: no read of it ever runs out of time."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        try:
            for _ in range(drops):
                time.sleep(0.05)
                handler.wfile.write(b"x")
        except OSError:  # the client has ended it
            return

    return reply


class Stub:
    """A server that gives one scripted reply after the other, the last for ever, and counts what it was asked."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.replies: list[Reply] = []
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stub.asked.append((self.command, self.path, body, dict(self.headers)))
                (stub.replies.pop(0) if len(stub.replies) > 1 else stub.replies[0])(self)

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def client(self, per_second: float = 1000, timeouts: Timeouts = Timeouts(), pat: str = "") -> JiraClient:
        """A client for it."""
        return JiraClient(self.url + self.prefix, Credentials("bot@example.org", "token", pat), per_second, timeouts)
