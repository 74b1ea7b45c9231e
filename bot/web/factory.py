"""The bot's pages, put together: the receiver of webhooks, whether it is up, and how it stands."""

from __future__ import annotations

from flask import Flask, Response

from bot.app import Bot, build, load_checked
from bot.config.settings import load_settings
from bot.log import set_up_logging
from bot.web.probes import database_of, health_pages
from bot.web.statusz import status_page
from bot.web.webhook import Intake, receiver


def web_app(bot: Bot) -> Flask:
    """The bot's pages: the receiver of webhooks (unless they are off), whether it is up, and how it stands.
    ValueError where webhooks are on and there is no secret."""
    app = Flask("bot", static_folder=None, template_folder=None)
    app.extensions["bot"] = bot
    if bot.settings.webhooks == "on":
        app.register_blueprint(
            receiver(
                secret=bot.settings.jira_webhook_secret.get_secret_value(),
                intake=Intake(bot.store, bot.agenda),
                clock=bot.clock,
                projects=lambda: {p.project for p in bot.config.processes},
                own_account=lambda: bot.gateway.me,
            )
        )
    database = database_of(bot.store)
    app.register_blueprint(health_pages(database))
    app.register_blueprint(status_page(bot, database))
    hears = "Jira sends its webhooks to /webhooks/jira." if bot.settings.webhooks == "on" else "Webhooks are off."

    @app.get("/")
    def front() -> Response:
        # A stranger may ask; nothing here tells of tickets or settings.
        return Response(
            f"The District Onboarding Bot is running. {hears}\n"
            "How it stands: /statusz. What it knows of a ticket: python -m bot explain KEY\n",
            mimetype="text/plain",
        )

    return app


def create_app() -> Flask:
    """The WSGI app, from the environment. Its threads start when `extensions["bot"].start()` is called, which
    gunicorn.conf.py does in every worker after it was forked.

    Raises SettingsError or ConfigError with every problem at once."""
    settings = load_settings()
    set_up_logging(settings.secrets)
    config = load_checked(settings.bot_config, settings.jira_url, settings.channels)
    return web_app(build(settings, config))
