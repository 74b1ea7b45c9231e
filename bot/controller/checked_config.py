"""The configuration with everything checked that the files alone do not show: its templates and its channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.config.load import Config, ProcessText, load
from bot.config.source import ConfigError, Problem
from bot.notify.channels import channel_problems
from bot.words.files import SHIPPED_TEMPLATES
from bot.words.proofread import OWN
from bot.words.render import Words


def words_of(config: Config, site_url: str = "") -> Words:
    """The words that a configuration speaks with: the shipped templates, and its own instead where it has any."""
    own = {process.name: config.office_for(process.name).texts for process in config.processes}
    return Words(SHIPPED_TEMPLATES, config.calendars, site_url, config.office.texts, config.folder / "templates", own)


def load_checked(
    folder: Path,
    site_url: str = "",
    channels: Mapping[str, str] | None = None,
    texts: Sequence[ProcessText] | None = None,
) -> Config:
    """The configuration, with its templates and channels checked: each channel that it names has one of the addresses
    in `channels` (None: not checked). With `texts`, its processes are those, whatever the files say. Raises
    ConfigError with everything that is wrong."""
    try:
        config = load(folder, texts)
    except OSError as error:
        why = f"it cannot be read: {error.strerror}"
        raise ConfigError([Problem(str(error.filename or folder), 1, why)]) from None
    words = words_of(config, site_url)
    problems = [] if channels is None else [*channel_problems(config, channels)]
    for process in config.processes:
        # A template that nothing uses may have come with a process file that is not in force.
        for complaint in words.check(process, OWN, strays=texts is None):
            text = f"{complaint.template}:{complaint.line or 1}: {complaint.message}"
            problems.append(config.problem(process.name, complaint.place, text))
    if problems:
        raise ConfigError(problems)
    return config
