"""`python -m tests.faults.doomed POINT serve`: the bot in a process that kills itself at a named point.

A point is `module:Class.method:before|after:n`: at the n-th call of that method, before or after it. An empty one
kills nothing. The bot knows nothing of this: the method is wrapped before the bot starts."""

from __future__ import annotations

import importlib
import itertools
import os
import signal
import sys
from typing import Any


def arm(point: str) -> None:
    """Wrap the method that a point names."""
    module, path, when, nth = point.split(":")
    cls, name = path.split(".")
    owner = getattr(importlib.import_module(module), cls)
    real, calls, fatal = getattr(owner, name), itertools.count(1), int(nth)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == fatal
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*args, **kwargs)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    fatal_point = sys.argv.pop(1)
    if fatal_point:
        arm(fatal_point)
    from bot.cli.main import app

    app(prog_name="python -m bot")
