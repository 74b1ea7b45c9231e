"""Clients that send signed webhooks over loopback, in a process of their own; what to send comes as JSON by stdin.

Bodies and signatures are made before the clock runs. Each client has one connection that is kept alive and sends one
after the other; when each went out and was answered is printed as JSON, in the machine's monotonic seconds."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from typing import Any

from benchmarks.jira_stub import CONTACT, answered, delivery, request


async def main(asked: dict[str, Any]) -> list[tuple[int, float, float, int]]:
    """Send them all."""
    more = {"created": "2026-11-02T09:00:00.000-0600", "reporter": CONTACT, "labels": [], "description": "x" * 2000}
    waiting = deque(
        (one, request(delivery("jira:issue_created", str(one), CONTACT, more), asked["secret"], "bot"))
        for one in asked["tickets"]
    )
    sent: list[tuple[int, float, float, int]] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", asked["port"])
        while waiting:
            ticket, text = waiting.popleft()
            began = time.monotonic()
            writer.write(text)
            status = await answered(reader)
            sent.append((ticket, began, time.monotonic(), status))
            await asyncio.sleep(asked["gap"])
        writer.close()

    await asyncio.gather(*(client() for _ in range(asked["clients"])))
    return sent


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
