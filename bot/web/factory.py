"""The bot's web app: the receiver of webhooks, the health checks, the status page, and the front page."""

from __future__ import annotations

from flask import Flask

from bot.app import Bot, build, configuration_of
from bot.config.settings import load_settings
from bot.log import set_up_logging
from bot.web.flask_app import new_app
from bot.web.front import front_page
from bot.web.probes import database_of, health_pages
from bot.web.statusz import status_page
from bot.web.webhook import DeliveryStore, receiver


def web_app(bot: Bot) -> Flask:
    """The bot's web app, one blueprint per page; without the receiver of webhooks if they are off.

    Raises ValueError if webhooks are on and there is no secret."""
    app = new_app()
    app.extensions["bot"] = bot
    webhooks = bot.settings.webhooks == "on"
    if webhooks:
        app.register_blueprint(
            receiver(
                secret=bot.settings.jira_webhook_secret.get_secret_value(),
                deliveries=DeliveryStore(bot.store, bot.agenda),
                clock=bot.clock,
                projects=lambda: {p.project for p in bot.config.processes},
                own_account=lambda: bot.gateway.me,
            )
        )
    database = database_of(bot.store)
    app.register_blueprint(health_pages(database))
    app.register_blueprint(status_page(bot, database))
    app.register_blueprint(front_page(webhooks))
    return app


def create_app() -> Flask:
    """The WSGI app, from the environment. Its threads start when `extensions["bot"].start()` is called, which
    gunicorn.conf.py does in every worker after it was forked.

    Raises SettingsError or ConfigError with every problem at once."""
    settings = load_settings()
    set_up_logging(settings.secrets)
    return web_app(build(settings, configuration_of(settings, settings.bot_config)))
