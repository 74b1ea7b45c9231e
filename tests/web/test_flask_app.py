"""What all pages share: the answers to errors, and templates that escape what they show."""

from __future__ import annotations

import pytest
from flask import Flask, abort, render_template_string

from bot.web.flask_app import new_app
from bot.web.front import front_page


@pytest.fixture
def app() -> Flask:
    """An app with the front page and one that fails as it is told."""
    app = new_app("test")
    app.register_blueprint(front_page(webhooks=True))

    @app.get("/fails/<int:code>")
    def fails(code: int) -> str:
        if code == 500:
            raise ZeroDivisionError("a secret")
        abort(code)

    return app


@pytest.mark.parametrize(
    ("path", "code", "word"),
    [
        ("/nowhere", 404, "not found"),
        ("/fails/403", 403, "forbidden"),
        ("/fails/413", 413, "too large"),
        ("/fails/500", 500, "internal server error"),
    ],
)
def test_every_error_is_answered_in_one_shape(app: Flask, path: str, code: int, word: str) -> None:
    """A JSON object with a few words, and nothing of what happened inside."""
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.json) == (code, {"answer": word})


def test_an_answer_to_the_wrong_method_names_the_right_ones(app: Flask) -> None:
    """The headers of the error are kept."""
    answer = app.test_client().post("/")
    assert (answer.status_code, answer.json) == (405, {"answer": "method not allowed"})
    assert "GET" in answer.headers["Allow"]


def test_the_front_page_says_whether_webhooks_come_in(app: Flask) -> None:
    """In plain text, for a person who opened the address."""
    answer = app.test_client().get("/")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert "/webhooks/jira" in answer.text
    off = new_app("off")
    off.register_blueprint(front_page(webhooks=False))
    assert "Webhooks are off" in off.test_client().get("/").text


def test_the_templates_of_pages_escape_what_they_show(app: Flask) -> None:
    """Text of a ticket is text on every page."""
    with app.app_context():
        assert render_template_string("{{ text }}", text="<b>") == "&lt;b&gt;"
        assert app.jinja_env.get_template("status/page.html").environment is app.jinja_env
