"""A configuration whole: what the YAML files say, and the words that they name, proved together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.config import Config, load
from bot.config_source import ConfigError, Problem
from bot.messages import channel_problems
from bot.proofread import OWN
from bot.render import Words

TEMPLATES = Path(__file__).parent.parent / "templates"


def words_of(config: Config, site_url: str = "") -> Words:
    """The words that a configuration speaks with: the shipped templates, and its own instead where it has any."""
    return Words(TEMPLATES, config.calendars, site_url, config.office.texts, config.folder / "templates")


def load_checked(folder: Path, site_url: str = "", channels: Mapping[str, str] | None = None) -> Config:
    """The configuration with its templates proved, and that each channel it names has one of the addresses
    `channels` (None: that is not asked). Raises ConfigError with everything that is wrong."""
    try:
        config = load(folder)
    except OSError as error:
        why = f"it cannot be read: {error.strerror}"
        raise ConfigError([Problem(str(error.filename or folder), 1, why)]) from None
    words = words_of(config, site_url)
    problems = [] if channels is None else [*channel_problems(config, channels)]
    for process in config.processes:
        for complaint in words.check(process, OWN):
            text = f"{complaint.template}:{complaint.line or 1}: {complaint.message}"
            problems.append(config.problem(process.name, complaint.place, text))
    if problems:
        raise ConfigError(problems)
    return config
