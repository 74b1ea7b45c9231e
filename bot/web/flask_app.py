"""The Flask app that all pages share: one limit for bodies, one handler for errors, one Jinja environment."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from bot.words.files import SHIPPED_TEMPLATES

MOST_BYTES = 25 * 1024 * 1024  # Jira sends no larger body


def new_app(name: str = "bot") -> Flask:
    """A Flask app without pages. Pages are blueprints; their templates are in folders of `templates/`."""
    app = Flask(name, static_folder=None, template_folder=str(SHIPPED_TEMPLATES))
    # Werkzeug refuses a body without a length once the limit is reached, not once it is passed: hence one more byte.
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES + 1
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_error_handler(HTTPException, answer_of)
    return app


def answer_of(error: HTTPException) -> Response:
    """The answer to every request that ends with an error: `{"answer": …}`, what was raised in a few words.

    An unexpected exception arrives here as a 500, after Flask has logged it."""
    answer = Response(f'{{"answer": "{_in_words(error)}"}}\n', error.code, mimetype="application/json")
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):  # of the HTML page that Werkzeug would send
            answer.headers[name] = value  # such as Retry-After, Allow
    return answer


def _in_words(error: HTTPException) -> str:
    if error.description and error.description != type(error).description:
        return error.description
    return "too large" if isinstance(error, RequestEntityTooLarge) else error.name.lower()
