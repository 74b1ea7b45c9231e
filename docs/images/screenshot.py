"""Makes docs/images/sandbox.png again: a ticket in its first review, as the help center sees it in the sandbox.

Run it with `make screenshot`; it needs a Chromium on the PATH (CHROMIUM names another one)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import load_checked
from bot.config.load import EXAMPLE_CONFIG
from bot.sandbox.accounts import CARLA, HANNA
from bot.sandbox.harness import Harness

PICTURE = Path(__file__).with_name("sandbox.png")
SIZE = "1000,1250"
DISTRICT = "Lakeside ISD"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
).split()


def play(harness: Harness) -> str:
    """A district's first days, up to the review of its files; the ticket's key."""
    site = harness.site
    harness.at("2026-01-05 09:10")
    key = site.open_request(CARLA, DISTRICT).key
    harness.at("2026-01-05 14:20")
    site.comment(CARLA, key, "Confirmed, thanks!")
    harness.at("2026-01-06 10:00")
    site.transition(HANNA, site.subtasks(key)[0].key, "Done")
    harness.at("2026-01-07 15:40")
    site.comment(CARLA, key, "Files are ready")
    harness.at("2026-01-08 08:05")
    return key


def shoot(address: str, home: str) -> int:
    """Have the browser draw the page; its exit code."""
    browser = os.environ.get("CHROMIUM", "chromium")
    command = [browser, *FLAGS, f"--user-data-dir={home}", f"--window-size={SIZE}", f"--screenshot={PICTURE}", address]
    return subprocess.run(command, stderr=subprocess.DEVNULL, timeout=120, check=False).returncode


def main() -> int:
    """Play, and make the picture; the exit code."""
    config = load_checked(EXAMPLE_CONFIG)
    start = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo(next(iter(config.calendars.values())).zone))
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as var:
        harness = Harness(config, Path(var), start)
        try:
            return shoot(f"{harness.jira.url}/browse/{play(harness)}", home)
        finally:
            harness.close()


if __name__ == "__main__":
    sys.exit(main())
