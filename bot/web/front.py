"""GET /: one sentence for a person who opened the bot's address."""

from __future__ import annotations

from flask import Blueprint, Response


def front_page(webhooks: bool) -> Blueprint:
    """The blueprint of the front page. A stranger may read it, so it says nothing of tickets or settings."""
    blueprint = Blueprint("front", __name__)
    hears = "Jira sends its webhooks to /webhooks/jira." if webhooks else "Webhooks are off."

    @blueprint.get("/")
    def front() -> Response:
        return Response(
            f"The District Onboarding Bot is running. {hears}\n"
            "Its status: /statusz. What it knows about a ticket: python -m bot explain KEY\n",
            mimetype="text/plain",
        )

    return blueprint
