"""What the environment sets for the bot: complete and understood, or one clear line for each trouble."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.settings import Need, Settings, SettingsError, load_settings

CLOUD = {
    "JIRA_URL": "https://example.atlassian.net",
    "JIRA_EMAIL": "bot@example.org",
    "JIRA_API_TOKEN": "token-of-the-bot",
    "JIRA_WEBHOOK_SECRET": "secret-of-the-webhook",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts without any setting."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


Environment = dict[str, str]


def load(monkeypatch: pytest.MonkeyPatch, environment: Environment, need: Need = "serve") -> Settings:
    """The settings from exactly this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings(None, need)


def troubles(monkeypatch: pytest.MonkeyPatch, environment: Environment) -> list[str]:
    """The lines that this environment is refused with."""
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, environment)
    return refused.value.lines


def test_what_need_not_be_set_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Address, credentials and secret are enough."""
    settings = load(monkeypatch, CLOUD)

    assert settings.database_url.get_secret_value() == "sqlite:///var/bot.db"
    assert (settings.bot_config, settings.host, settings.port) == (Path("config"), "127.0.0.1", 8080)
    assert settings.bot_clock is None
    assert settings.cloud


def test_every_missing_setting_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing set: all that is needed is named at once."""
    lines = troubles(monkeypatch, {})

    assert [line.split()[0] for line in lines] == ["JIRA_URL", "JIRA_EMAIL", "JIRA_WEBHOOK_SECRET"]
    assert "JIRA_API_TOKEN" in lines[1]
    assert "JIRA_PAT" in lines[1]
    assert all("\n" not in line for line in lines)


@pytest.mark.parametrize("name", CLOUD)
@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_setting_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str, empty: str) -> None:
    """Each needed setting that is empty or blank is named, and only that one."""
    (line,) = troubles(monkeypatch, CLOUD | {name: empty})
    assert line.startswith(f"{name} is not set: put ")
    assert line.endswith(" into the environment or .env")


def test_reading_needs_no_webhook_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that only reads Jira starts without the webhook's secret."""
    assert load(monkeypatch, CLOUD | {"JIRA_WEBHOOK_SECRET": ""}, "read").jira_url == CLOUD["JIRA_URL"]


def test_data_center_needs_only_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A personal access token is enough alone, and beside Cloud's credentials it is refused."""
    pat = {"JIRA_URL": "http://jira.example.org/jira/", "JIRA_PAT": "pat-of-the-bot"}
    settings = load(monkeypatch, pat, "read")
    assert (settings.cloud, settings.jira_url) == (False, "http://jira.example.org/jira")

    (line,) = troubles(monkeypatch, CLOUD | pat)
    assert line.startswith("JIRA_PAT and JIRA_EMAIL and JIRA_API_TOKEN are both set")


@pytest.mark.parametrize(
    "url", ["https://api.atlassian.com/ex/jira/1f2e-3d", "http://127.0.0.1:8099", "https://example.org/jira/"]
)
def test_an_address_may_have_the_path_of_its_jira(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The gateway of scoped tokens and a Jira below a path are kept, without the last slash."""
    assert load(monkeypatch, CLOUD | {"JIRA_URL": url}).jira_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("example.atlassian.net", "is not a web address"),
        ("ftp://example.org", "is not a web address"),
        ("https://", "is not a web address"),
        ("https://example.org:port", "is not a web address"),
        ("https://exa mple.org", "is not a web address"),
        ("https://ann:pw@example.org", "holds a user name or password"),
        ("https://example.org/browse/DDE-1", "is the address of a page"),
        ("https://example.org/rest/api/2", "is the address of a page"),
        ("https://example.org/?a=b", "is the address of a page"),
        ("https://example.org/#top", "is the address of a page"),
    ],
)
def test_an_address_that_is_no_jira_is_refused(monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    """What is no web address, holds a password or leads into a page is named as such, and not repeated."""
    (line,) = troubles(monkeypatch, CLOUD | {"JIRA_URL": url})
    assert line.startswith(f"JIRA_URL {words}")
    assert "ann:pw" not in line


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_port_is_a_number_from_1_to_65535(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    """A port that is none has its line, beside those of other settings."""
    lines = troubles(monkeypatch, CLOUD | {"PORT": port, "JIRA_URL": ""})
    assert sorted(line.split()[0] for line in lines) == ["JIRA_URL", "PORT"]


@pytest.mark.parametrize("workers", ["0", "65"])
def test_a_number_of_workers_that_makes_no_sense_is_reported(monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    """At least one works, and more than so many only wait for each other."""
    (line,) = troubles(monkeypatch, CLOUD | {"WORKERS": workers})
    assert line == f"WORKERS is {workers}: give a number from 1 to 64"


@pytest.mark.parametrize("url", ["mysql://u:hunter22@h/db", "sqlite", "postgresql://u:hunter22@h/db"])
def test_an_unknown_database_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Only the databases that the bot has a driver for are taken."""
    (line,) = troubles(monkeypatch, CLOUD | {"DATABASE_URL": url})
    assert line.startswith("DATABASE_URL ")
    assert "hunter22" not in line


def test_a_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`.env` fills what the environment leaves open; what is not ours in it does no harm."""
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in CLOUD.items()) + "PORT=9000\nOTHER=1\n")
    monkeypatch.setenv("PORT", "9001")

    settings = load_settings(file)

    assert (settings.port, settings.jira_email) == (9001, "bot@example.org")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A `.env` that cannot be read is named."""
    file = tmp_path / ".env"
    file.write_bytes(b"JIRA_URL=\xff\xfe\n")
    with pytest.raises(SettingsError, match="cannot be read as UTF-8 text"):
        load_settings(file)


def test_no_text_of_the_settings_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither repr nor str nor a dump shows a token, a secret or the database's password."""
    database = "postgresql+psycopg://bot:p%40ss-word@db/bot"
    settings = load(monkeypatch, CLOUD | {"DATABASE_URL": database})

    shown = f"{settings!r} {settings} {settings.model_dump()}"

    secrets = {"token-of-the-bot", "secret-of-the-webhook", "p%40ss-word", "p@ss-word"}
    assert set(settings.secrets) == secrets
    assert not [secret for secret in secrets if secret in shown]


def test_a_value_that_is_neither_on_nor_off_is_reported_with_all_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """One refused value hides no other mistake."""
    for name, value in {"WEBHOOKS": "maybe", "PORT": "none", "JIRA_URL": ""}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings(None, "read")
    message = "\n".join(refused.value.lines)
    assert all(name in message for name in ("WEBHOOKS", "PORT", "JIRA_URL"))


def test_without_webhooks_no_secret_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site behind a firewall sends none, so nothing is to be verified."""
    monkeypatch.setenv("JIRA_URL", "https://jira.example")
    monkeypatch.setenv("JIRA_PAT", "a-token")
    monkeypatch.setenv("WEBHOOKS", "off")
    assert load_settings(None).webhooks == "off"


def test_a_channel_needs_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """NOTIFY alone is one line of what to write, and its value is not shown."""
    (line,) = troubles(monkeypatch, CLOUD | {"NOTIFY": "mailto://ann:pw@example.org"})
    assert line == "NOTIFY needs the name of a channel, as in NOTIFY_LEADS"
