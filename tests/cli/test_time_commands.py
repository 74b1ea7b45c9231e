"""The commands that answer questions of business time, one by one and in bulk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.main import app
from bot.cli.time_commands import duration
from tests.small_office import write_office

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `time` with an office that is open on Mondays from eight to five, without any setting."""
    write_office(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("JIRA_URL", "JIRA_EMAIL", "JIRA_API_TOKEN", "JIRA_PAT", "DATABASE_URL", "BOT_CONFIG", "BOT_CLOCK"):
        monkeypatch.delenv(name, raising=False)

    def run_(command: str, *args: str, given: str | bytes = "") -> Result:
        return CliRunner().invoke(app, ["time", command, "--calendar", "cli", *args], input=given)

    return run_


def test_due_is_told_in_the_calendars_zone(run: Run, tmp_path: Path) -> None:
    """Whatever the offset of the start; no database is made."""
    done = run("due", "--from", "2026-01-05T21:00Z", "--goal", "10 business hours")
    assert (done.exit_code, done.output) == (0, "2026-01-12T16:00:00-06:00\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config"]


def test_elapsed_is_a_duration_in_hours(run: Run) -> None:
    """A day of open time is no day of the clock."""
    done = run("elapsed", "--from", "2026-01-05T00:00-06:00", "--to", "2026-02-01T00:00-06:00")
    assert (done.exit_code, done.output) == (0, "PT36H\n")


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(hours=1, minutes=19, seconds=47, milliseconds=655), "PT1H19M47.655S"),
        (timedelta(days=2), "PT48H"),
        (timedelta(microseconds=10), "PT0.00001S"),
        (timedelta(hours=20, milliseconds=500), "PT20H0.5S"),
        (timedelta(minutes=10), "PT10M"),
        (timedelta(seconds=30), "PT30S"),
    ],
)
def test_durations(time: timedelta, text: str) -> None:
    """ISO 8601, to the last digit."""
    assert duration(time) == text


def test_explain_prints_the_table(run: Run) -> None:
    """Every opening and every closed day."""
    done = run("explain", "--from", "2026-01-05T15:00-06:00", "--goal", "10 business hours")
    assert done.exit_code == 0, done.output
    assert "Mon 2026-01-05  15:00-17:00 CST  2 h 00 min   2 h 00 min" in done.output
    assert "Tue 2026-01-06  closed every Tuesday" in done.output
    assert done.output.endswith("\nDue: Mon 2026-01-12 16:00 CST\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("due", "--from", "2026-01-05T15:00", "--goal", "1 hour"),
         '"2026-01-05T15:00" has no offset from UTC; write it like 2026-01-08T15:40-06:00, or with a Z for UTC.'),
        (("due", "--from", "monday", "--goal", "1 hour"), '"monday" is not an ISO 8601 time'),
        (("due", "--from", "2026-01-05T15:00Z", "--goal", "1 moon"), '"moon" in the goal "1 moon" is not a unit'),
        (("due",), "--from and --goal must be given, or --stdin with one case per line."),
        (("due", "--stdin", "--goal", "1 hour"), "Give --from and --goal, or --stdin and one case per line, not both."),
        (("elapsed", "--from", "2026-01-05T15:00Z"), "--to must be given"),
        (("elapsed", "--from", "2026-01-05T15:00Z", "--to", "2026-01-04T15:00Z"), "is before the start"),
        (("explain", "--from", "2026-01-05T15:00", "--goal", "1 hour"), "has no offset from UTC"),
        (("due", "--calendar", "clu"), 'There is no calendar "clu" (did you mean "cli"?).'),
    ],
)  # fmt: skip
def test_bad_input_gets_one_sentence(run: Run, args: tuple[str, ...], message: str) -> None:
    """What was wrong, and what is accepted; exit 2."""
    done = run(*args)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_bad_line_has_its_answer_in_its_place(run: Run) -> None:
    """One answer a line whatever the line holds, and exit 1 at the end."""
    lines = [
        b"\xef\xbb\xbf2026-01-05T15:00-06:00\t10 business hours\r",
        b"",
        b"2026-01-05T15:00-06:00",
        b"2026-01-05T15:00-06:00\t1 hour\tmore",
        b"2026-01-05T15:00\t1 hour",
        b"2026-01-05T15:00Z\t1 \xff\x0b\xe2\x80\xa8hour",
        b"9999-01-05T15:00Z\t1 hour",
        b"2026-01-05T15:00-06:00\t1 Hour",
    ]
    done = run("due", "--stdin", given=b"\n".join(lines))
    assert done.exit_code == 1
    answers = done.output.split("\n")
    assert len(answers) == len(lines) + 1
    assert answers[0] == "2026-01-12T16:00:00-06:00"
    assert answers[7] == "2026-01-05T16:00:00-06:00"
    assert [answer.partition(":")[0] for answer in answers[1:7]] == ["error"] * 6


def test_ten_thousand_lines(run: Run) -> None:
    """Each is answered as it would be alone, in order."""
    lines = [f"2026-01-05T{n % 24:02}:{n % 60:02}:00-06:00\t{n % 90 + 1} business hours" for n in range(10_000)]
    done = run("due", "--stdin", given="\n".join(lines))
    assert done.exit_code == 0
    answers = done.output.splitlines()
    assert len(answers) == 10_000
    for n in (0, 4321, 9999):
        start, goal = lines[n].split("\t")
        assert run("due", "--from", start, "--goal", goal).output.strip() == answers[n]
    spans = [f"{line.split(chr(9))[0]}\t{answer}" for line, answer in zip(lines, answers, strict=True)]
    spent = run("elapsed", "--stdin", given="\n".join(spans))
    assert spent.output.splitlines() == [f"PT{n % 90 + 1}H" for n in range(10_000)]
