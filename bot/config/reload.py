"""Takes up a changed configuration or template without a restart; a bad one is refused, and the old one is kept."""

from __future__ import annotations

import hashlib
import logging
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.config.load import Config
from bot.config.source import ConfigError

LOG = logging.getLogger(__name__)


class NotNow(Exception):
    """Whether the changed configuration can be used is not known now; the message says why."""


class Reloader:
    """Watches folders. `read` gives the configuration, or raises ConfigError or NotNow; `use` takes it up.

    `problems` are those of the newest version where that was refused, else empty."""

    def __init__(self, folders: Iterable[Path], read: Callable[[], Config], use: Callable[[Config], None]) -> None:
        self._folders, self._read, self._use = tuple(folders), read, use
        self._seen = self._print()
        self.problems: tuple[str, ...] = ()

    def check(self) -> None:
        """Take up what changed since the last check."""
        found = self._print()
        if found == self._seen:
            return
        self._seen = found
        try:
            config = self._read()
        except ConfigError as error:
            self.problems = tuple(str(problem) for problem in error.problems)
            LOG.error("The changed configuration is refused, the old one stays: %s", "; ".join(self.problems))
            return
        except NotNow as why:
            LOG.warning("The changed configuration must wait: %s", why)
            self.again()
            return
        self._use(config)
        self.problems = ()

    def again(self) -> None:
        """Read everything at the next check, even if nothing has changed."""
        self._seen = ""

    def _print(self) -> str:
        """A fingerprint of every file's place, size and time of change."""
        digest = hashlib.sha256()
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                try:
                    found = path.stat()
                except FileNotFoundError:  # a file that was there for a moment, while another was written anew
                    continue
                if not stat.S_ISREG(found.st_mode):
                    continue
                digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
        return digest.hexdigest()
