"""gunicorn with several workers, each of which is one more replica."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.sandbox.accounts import CARLA
from bot.sandbox.server import SandboxServer
from tests.cli.test_main import ROOT, SECRET, Serving, environment, folder, free_port, jira, serve, until

__all__ = ["folder", "jira", "serve"]  # fixtures

GUNICORN = shutil.which("gunicorn", path=str(Path(sys.executable).parent)) or "gunicorn"
COMMAND = (GUNICORN, "-c", str(ROOT / "gunicorn.conf.py"), "--workers", "2", "--threads", "4", "--preload")


def _workers(master: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


def _answered(jira: SandboxServer) -> bool:
    issue = jira.site.open_request(CARLA, "Lakeside ISD")
    return until(lambda: len(jira.site.comments(issue)) == 1)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("engine_url", ["postgres"], indirect=True)
def test_two_preloaded_workers_serve_and_work(
    engine_url: str, jira: SandboxServer, serve: Callable[..., Serving], tmp_path: Path
) -> None:
    """Two preloaded workers take deliveries and answer them; each periodic job runs once and not twice; SIGTERM ends
    both in order, with every lease given back."""
    serving = serve("env", f"DATABASE_URL={engine_url}", *COMMAND, "-b", "127.0.0.1:PORT", "wsgi:app")
    admin = sa.create_engine(engine_url, poolclass=sa.NullPool)

    def ask(query: str) -> int:
        with admin.connect() as connection:
            return int(connection.execute(sa.text(query)).scalar_one())

    at_work = "SELECT count(*) FROM agenda WHERE token IS NOT NULL OR due_at <= now()"
    assert until(lambda: len(_workers(serving.process.pid)) == 2)
    assert until(lambda: ask("SELECT count(*) FROM agenda") == 5)
    for _ in range(2):
        assert _answered(jira)
        assert until(lambda: ask(at_work) == 0)
    searches = [call for call in jira.site.calls if call.path.endswith("/search/jql")]
    assert len(searches) == 2  # one catch-up, and one look at all for a new database
    assert serving.stop() == 0
    assert ask("SELECT count(*) FROM agenda WHERE token IS NOT NULL") == 0
    assert "Traceback" not in serving.log.read_text()


@pytest.mark.slow
def test_a_second_worker_on_sqlite_is_refused(folder: Path, jira: SandboxServer) -> None:
    """gunicorn ends with one clear line instead of starting the worker for ever."""
    env = environment(folder, jira, JIRA_WEBHOOK_SECRET=SECRET)
    command = [*COMMAND, "-b", f"127.0.0.1:{free_port()}", "wsgi:app"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    refusal = [line for line in done.stderr.splitlines() if "in use by another serve" in line]
    assert len(refusal) == 1
    assert "--workers 1" in refusal[0]
    assert "Traceback" not in done.stderr
