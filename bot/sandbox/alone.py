"""The sandbox Jira alone, in real time, to try out a bot that runs next to it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping, Sequence

from rich.console import Console

from bot.clock import Clock
from bot.core.model.process import Process
from bot.sandbox import accounts
from bot.sandbox.harness import SUBTASKS, TICKETS
from bot.sandbox.jira_site import Site
from bot.sandbox.needs import Needs
from bot.sandbox.server import SandboxServer


def run_alone(
    processes: Sequence[Process],
    clock: Clock,
    port: int,
    webhook: str,
    secret: str,
    out: Console,
    needs: Mapping[str, Needs] | None = None,
) -> None:
    """Serve a fresh site until a signal ends it. Raises OSError if the port is taken."""
    site = Site(processes, clock, needs=needs)
    if webhook:
        site.register_webhook(webhook, secret, TICKETS, jql_types="tickets")
        site.register_webhook(webhook, secret, SUBTASKS, jql_types="subtasks")
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    with SandboxServer(site, port) as server:
        out.print(f"The sandbox Jira: {server.url}", markup=False)
        out.print("Settings for a bot beside it:", markup=False)
        out.print(f"  JIRA_URL={server.url}", markup=False)
        out.print(f"  JIRA_EMAIL={accounts.BOT.email}\n  JIRA_API_TOKEN={accounts.BOT.token}", markup=False)
        if webhook:
            out.print(f"It sends its webhooks to {webhook}.", markup=False)
        else:
            out.print("It sends no webhooks: give --webhook and --secret for that.", markup=False)
        stop.wait()
