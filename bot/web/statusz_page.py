"""The page /statusz for people: the same facts in words, for a wide screen and a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import render_template

Row = tuple[str, str]  # what it is, its state


def to_html(found: Mapping[str, Any]) -> str:
    """One page, without any other file, of what `statusz.report` found. Needs an app's context."""
    groups = [(title, [row for row in rows if row[1]]) for title, rows in _groups(found)]
    return render_template("status/page.html", found=found, groups=[group for group in groups if group[1]])


def _groups(found: Mapping[str, Any]) -> Iterator[tuple[str, list[Row]]]:
    scheduler, files = found["scheduler"], found["configuration"]
    if "jira" in found:  # the database could be read
        jira, agenda, hooks, closures = (found[name] for name in ("jira", "agenda", "webhooks", "closures"))
        state = "accepts the bot's token" if jira["state"] == "ok" else jira["state"]
        yield (
            "Jira",
            [
                ("State", state),
                ("Account", jira["account"] or "not known yet"),
                ("Checked at", moment(jira["identity_checked_at"])),
            ],
        )
        yield (
            "Work",
            [
                ("Due now", str(agenda["due"])),
                ("Longest wait", _minutes(agenda["oldest_due_seconds"]) if agenda["due"] else ""),
                ("Held back", str(agenda["held_back"])),
                ("Parked", str(found["parked"])),
                ("Caught up until", moment(found["caught_up_at"]) or "never yet"),
                ("Nightly pass", moment(found["nightly_at"]) or "never yet"),
            ],
        )
        yield "Webhooks", _of_webhooks(hooks)
    yield (
        "This process",
        [
            ("Scheduler", "runs" if scheduler["alive"] else "does not run"),
            ("Last tick", moment(scheduler["ticked_at"])),
            ("Configuration of", moment(files["loaded_at"])),
            *(("Refused", problem) for problem in files["problems"]),
            ("Unplanned closed days", str(closures["told"]) if "jira" in found else ""),
        ],
    )


def _of_webhooks(hooks: Mapping[str, Any]) -> list[Row]:
    if not hooks["expected"]:
        return [("Webhooks", "are off: Jira is asked once a minute what changed")]
    reported = hooks["changes"] - hooks["untold"]
    counted = (
        f"{reported} of {hooks['changes']} since {moment(hooks['counted_since'])}" if hooks["changes"] else "none yet"
    )
    return [("Latest delivery", moment(hooks["latest_at"]) or "none yet"), ("Reported by webhook", counted)]


def moment(text: str | None) -> str:
    """A time as people read it, "" if there is none."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if text else ""


def _minutes(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
