"""Messages to people outside Jira: which channel sends what, and whether each channel has an address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.config.escalation_checks import escalation_lists
from bot.config.load import Config
from bot.config.settings import Settings, SettingsError
from bot.config.source import Problem, known_hint
from bot.core.model.effects import Notify
from bot.core.model.process import OPERATOR
from bot.notify.alerts import TITLE, Send, apprise_sender, heartbeat, log_sender
from bot.words.wiki import Spoken, spoken


class Messenger:
    """Sends messages through `channels`, with times as `zones` say them. `site_url` is where people open a ticket;
    without it there is no link. `spare` sends the messages for a channel that does not exist."""

    def __init__(self, channels: Mapping[str, Send], spare: Send, zones: Mapping[str, Spoken], site_url: str) -> None:
        self._channels, self._spare, self._zones, self._site_url = channels, spare, zones, site_url.rstrip("/")

    def send(self, message: Notify) -> bool:
        """Send it. Whether it certainly went out; never raises."""
        lines = [message.body]
        if message.due is not None:
            lines.append(f"Due {spoken(message.due, self._zones[message.calendar])}.")
        if message.key and self._site_url:
            lines.append(f"{self._site_url}/browse/{message.key}")
        title = f"{TITLE}{message.title}" if message.channel == OPERATOR else message.title
        return self._channels.get(message.channel, self._spare)(title, "\n".join(lines))


def senders(config: Config, addresses: Mapping[str, str]) -> dict[str, Send]:
    """A sender for each channel that a process names and that has an address. Raises ValueError for a bad address."""
    named = {e.notify for p in config.processes for e in p.escalations if e.notify}
    return {name: apprise_sender(addresses[name], _setting(name)) for name in sorted(named & addresses.keys())}


def channel_problems(config: Config, addresses: Mapping[str, str]) -> Iterator[Problem]:
    """A problem for each channel that a process file names and that has no address, or a bad one."""
    for source in config.sources.values():
        for one in (e for escalations in escalation_lists(source.top) for e in escalations.entries()):
            channel = one["notify"]
            if channel.text and channel.text not in addresses:
                hint = known_hint(channel.text, addresses)
                setting = _setting(channel.text)
                yield channel.problem(
                    f'the channel "{channel.text}" has no address: set {setting} in the environment or .env{hint}'
                )
            elif channel.text:
                try:
                    apprise_sender(addresses[channel.text], _setting(channel.text))
                except ValueError as error:
                    yield channel.problem(str(error))


def _setting(channel: str) -> str:
    return f"NOTIFY_{channel.upper()}"


def quiet() -> None:
    """The heartbeat where no monitor is configured."""


def operator_of(settings: Settings) -> tuple[Send, Callable[[], object]]:
    """How to tell the operator, and what to call after each catch-up. Raises SettingsError with each address that is
    not valid."""
    send: Send = log_sender
    beat: Callable[[], object] = quiet
    lines = []
    if url := settings.operator_url.get_secret_value().strip():
        try:
            send = apprise_sender(url)
        except ValueError as error:
            lines.append(str(error))
    if url := settings.heartbeat_url.get_secret_value().strip():
        try:
            beat = heartbeat(url)
        except ValueError as error:
            lines.append(str(error))
    if lines:
        raise SettingsError(lines)
    return send, beat
