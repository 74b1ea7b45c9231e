"""The bot's pages, put together: the receiver of webhooks, whether it is up, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response

from bot.health import database_of, health_pages
from bot.statusz import status_page
from bot.webhook import Intake, receiver

if TYPE_CHECKING:
    from bot.app import Bot


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
