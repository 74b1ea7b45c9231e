"""The jobs of the suite `queues` as Celery runs them, set up from the environment by `benchmarks.queues`."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import Celery

STEP_SECONDS = 0.03  # how long a call to Jira takes here

app = Celery("jobs", broker=os.environ["JOBS_BROKER"])
app.conf.broker_connection_retry_on_startup = True
if os.environ["JOBS_SAFE"]:
    # What Celery's documentation asks for where a job must not be lost: acknowledged when done, taken one at a time,
    # put back when the worker's process is lost, and given to another one after the visibility time-out.
    app.conf.task_acks_late = True
    app.conf.task_reject_on_worker_lost = True
    app.conf.worker_prefetch_multiplier = 1
    app.conf.broker_transport_options = {"visibility_timeout": int(os.environ["JOBS_SAFE"])}


def note(file: Path, line: str) -> None:
    """Append a line in one write, as a call to Jira leaves its effect."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def work(key: str) -> None:
    """A comment, then the subtasks."""
    file = Path(os.environ["JOBS_FILE"])
    for effect in ("comment", "subtasks"):
        note(file, f"{key} {effect}")
        time.sleep(STEP_SECONDS)


job = app.task(work, name="job")
