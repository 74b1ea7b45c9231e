"""`python -m bot serve`, but for the fuse: more than 60 public comments an hour is what is measured, or soaked."""

from __future__ import annotations

import sys

from bot.cli.main import app
from bot.jira import fuse

if __name__ == "__main__":
    fuse.COMMENTS_AN_HOUR_ON_THE_SITE = sys.maxsize  # it counts all the same
    app(["serve"])
