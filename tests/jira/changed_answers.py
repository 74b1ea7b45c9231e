"""Jira's answers, changed on their way to the bot, for calls of ours and of the library alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import requests

from bot.jira.transport import Answer, JiraAdapter

Ask = Callable[[], Any]  # sends the call that is under way, and gives the body of its answer


@contextmanager
def answered(by: Callable[[str, Ask], Any]) -> Iterator[None]:
    """Every call is answered by what `by` makes of its path and of the real answer; it may raise a JiraTrouble."""
    real = JiraAdapter.send

    def send(adapter: JiraAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Answer:
        response = requests.Response()
        response.status_code = 200
        body = by(str(urlsplit(request.url or "").path), lambda: real(adapter, request, *args, **kwargs).json())
        return Answer.of(response, b"", body)

    with mock.patch.object(JiraAdapter, "send", send):
        yield
