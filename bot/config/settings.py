"""Where the bot's Jira, its secrets, and its store are: read from the environment and a `.env` file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import pydantic_settings
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Need = Literal["serve", "read", "store"]

_DATABASES = ("sqlite://", "postgresql+psycopg://")
_PASSWORD = re.compile(r"[^:/]+://[^:/@]*:(.*)@")  # up to the last @, as a password may hold one


class SettingsError(Exception):
    """Settings that are missing or wrong; `lines` has one clear sentence for each, no secret among them."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Settings(BaseSettings):
    """Every setting, named in the environment as here but in capitals. An empty one counts as not set."""

    model_config = SettingsConfigDict(
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        # NOTIFY_LEADS is the entry `leads` of `notify`.
        env_nested_delimiter="_",
        env_nested_max_split=1,
    )

    jira_url: str = ""
    jira_email: str = ""
    jira_api_token: SecretStr = SecretStr("")
    jira_pat: SecretStr = SecretStr("")
    jira_webhook_secret: SecretStr = SecretStr("")
    database_url: SecretStr = SecretStr("sqlite:///var/bot.db")
    bot_config: Path = Path("config")
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 4
    bot_clock: Path | None = None
    webhooks: Literal["on", "off"] = "on"
    operator_url: SecretStr = SecretStr("")
    heartbeat_url: SecretStr = SecretStr("")
    notify: Mapping[str, SecretStr] = {}

    @property
    def channels(self) -> dict[str, str]:
        """The channels that reach people outside Jira: an address for each name, from NOTIFY_<NAME>."""
        found = {name.lower(): address.get_secret_value().strip() for name, address in self.notify.items()}
        return {name: address for name, address in found.items() if address}

    @property
    def cloud(self) -> bool:
        """Whether the credentials are Jira Cloud's (an email and its API token), not Data Center's."""
        return not self.jira_pat.get_secret_value().strip()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen in a log, an error or on a page."""
        held = (
            self.jira_api_token,
            self.jira_pat,
            self.jira_webhook_secret,
            self.operator_url,
            self.heartbeat_url,
        )
        texts = [one.get_secret_value() for one in held]
        # What has no "://" is not an address, but a setting of another program that happens to start like this.
        texts += [text for one in self.notify.values() if "://" in (text := one.get_secret_value())]
        if match := _PASSWORD.match(self.database_url.get_secret_value()):
            texts += [match[1], unquote(match[1])]
        return tuple(dict.fromkeys(text for text in texts if text))


def load_settings(env_file: str | Path | None = ".env", need: Need = "serve") -> Settings:
    """The settings for `serve`, for commands that `read` Jira and so need no webhook secret, or for those that
    need the `store` alone.

    The environment wins over the file. Raises SettingsError with a line for everything that is wrong."""

    class SettingsHere(Settings):
        model_config = SettingsConfigDict(env_file=env_file, env_file_encoding="utf-8")

    lines = []
    try:
        try:
            settings: Settings = SettingsHere()
        except ValidationError as error:
            lines = [*_refused(error)]
            refused = {str(one["loc"][0]) for one in error.errors()}
            # The others are still checked, with the refused ones at their defaults.
            settings = SettingsHere(**{name: Settings.model_fields[name].default for name in refused})
    except pydantic_settings.SettingsError:  # about the one setting that is not plain text
        raise SettingsError(["NOTIFY needs the name of a channel, as in NOTIFY_LEADS"]) from None
    except (UnicodeDecodeError, OSError):
        raise SettingsError([f"{env_file} cannot be read as UTF-8 text: save it as UTF-8"]) from None
    lines += _problems(settings, need)
    if lines:
        raise SettingsError(lines)
    settings.jira_url = settings.jira_url.rstrip("/")
    return settings


def _refused(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_input=False, include_url=False):
        name = str(one["loc"][0]).upper()
        yield f"{name} is not understood ({one['msg']}): fix it in the environment or .env"


def _problems(settings: Settings, need: Need) -> Iterator[str]:
    if need != "store":
        yield from _url_problems(settings.jira_url)
        yield from _credential_problems(settings)
    if need == "serve" and settings.webhooks == "on" and not settings.jira_webhook_secret.get_secret_value().strip():
        yield _not_set("JIRA_WEBHOOK_SECRET", "the secret of the webhook")
    if not settings.database_url.get_secret_value().startswith(_DATABASES):
        yield (
            "DATABASE_URL does not name a database that the bot knows: start it with sqlite:/// or postgresql+psycopg://"
        )
    if not 1 <= settings.port <= 65535:
        yield f"PORT is {settings.port}: give a number from 1 to 65535"
    if not 1 <= settings.workers <= 64:
        yield f"WORKERS is {settings.workers}: give a number from 1 to 64"


def _url_problems(url: str) -> Iterator[str]:
    if not url.strip():
        yield _not_set("JIRA_URL", "the address of your Jira, such as https://example.atlassian.net,")
        return
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, or half an IPv6 address
        whole = False
    if not whole or any(char.isspace() for char in url):
        yield "JIRA_URL is not a web address: give one such as https://example.atlassian.net"
    elif parts.username or parts.password:
        yield "JIRA_URL holds a user name or password: take it out, and set JIRA_EMAIL and JIRA_API_TOKEN"
    elif parts.query or parts.fragment or _is_page(parts.path):
        yield "JIRA_URL is the address of a page: give the address of the whole Jira, without what follows it"


def _is_page(path: str) -> bool:
    """A path may belong to the Jira (/jira, /ex/jira/<cloudId>), but not lead into it."""
    folders = path.strip("/").split("/")
    return bool({"rest", "browse", "secure", "projects", "servicedesk", "login.jsp"} & set(folders))


def _credential_problems(settings: Settings) -> Iterator[str]:
    email, token = settings.jira_email.strip(), settings.jira_api_token.get_secret_value().strip()
    pat = settings.jira_pat.get_secret_value().strip()
    if pat and (email or token):
        given = " and ".join(name for name, value in _cloud_names(email, token) if value)
        yield (
            f"JIRA_PAT and {given} are both set: keep JIRA_PAT for Data Center, "
            "or JIRA_EMAIL and JIRA_API_TOKEN for Cloud"
        )
    elif not pat and not email and not token:
        yield (
            "JIRA_EMAIL and JIRA_API_TOKEN are not set, nor is JIRA_PAT: put the account of the bot "
            "(Cloud) or its personal access token (Data Center) into the environment or .env"
        )
    elif not pat and not email:
        yield _not_set("JIRA_EMAIL", "the email of the bot's account")
    elif not pat and not token:
        yield _not_set("JIRA_API_TOKEN", "the API token of the bot's account")


def _cloud_names(email: str, token: str) -> tuple[tuple[str, str], ...]:
    return ("JIRA_EMAIL", email), ("JIRA_API_TOKEN", token)


def _not_set(name: str, what: str) -> str:
    return f"{name} is not set: put {what} into the environment or .env"
