"""An office with a process of one step and one comment of its own, for tests that need no more of it."""

from __future__ import annotations

from pathlib import Path

BOT_YAML = """
voice: full
grace: 0s
teams:
  help_center: {title: Help Center, accounts: ["712020:hanna"]}
texts: {requirements: https://old.example.org/requirements, securestor_help: https://old.example.org/help}
jira: {calls_per_second: 1000}
"""
CALENDAR = """
calendar: cli
zone: America/Chicago
spoken: Central Time
week: {monday: 8:00-17:00}
holidays: {country: US, subdivision: TX}
closed:
  2026-12-25: Christmas Day
  2027-01-01: New Year's Day
  2027-01-18: Martin Luther King Jr. Day
"""
PROCESS = """
process: hello
title: Hello
applies_to: {project: DDE, issue_type: DDE Set-Up}
since: 2026-01-01T00:00-06:00
calendar: cli
waiting_status: Waiting for District
ends: {done: Done}
steps:
  greet:
    title: Greeting
    status: Confirming Files
    party: district
    say: hello
    branches: {answer: {party: district, done_by: confirm}}
    next: done
"""
HELLO = "Welcome, {{ district }}: it is your turn. Please read {{ office.requirements|link }}\n"
HELLO_FILE = "templates/comments/hello/hello.j2"
REMINDER = "{{ district }}, it is still your turn.\n"
REMINDER_FILE = "templates/comments/any/reminder.j2"


def write_office(folder: Path) -> Path:
    """Write it into a new folder `config` there, and return that."""
    config = folder / "config"
    files = {"bot.yaml": BOT_YAML, "calendars/cli.yaml": CALENDAR, "processes/hello.yaml": PROCESS}
    files |= {HELLO_FILE: HELLO, REMINDER_FILE: REMINDER}
    for name, text in files.items():
        path = config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return config
