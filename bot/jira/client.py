"""The Jira client: the library `jira` on our HTTP adapter, plus raw calls for what the library cannot do.

docs/decisions/0010-who-makes-which-call.md lists who makes which call, and why."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import jira
import requests

from bot.jira.call import Unreachable
from bot.jira.json_values import Unreadable
from bot.jira.rate_limit import OwnPace, Pace
from bot.jira.transport import JiraAdapter, Timeouts

API = "/rest/api/2"  # the one version that Cloud and Data Center share; its texts are wiki markup

# What the library raises when an answer is JSON of an unexpected shape.
_ODD_SHAPE = (AttributeError, KeyError, TypeError, ValueError, NotImplementedError, RecursionError, jira.JIRAError)


@dataclass(frozen=True)
class Credentials:
    """The bot's credentials: an email and an API token on Cloud, a personal access token on Data Center."""

    email: str = ""
    token: str = field(default="", repr=False)
    pat: str = field(default="", repr=False)

    @property
    def cloud(self) -> bool:
        """Whether they are for Cloud."""
        return not self.pat.strip()


class Library(jira.JIRA):
    """The library's client, with our adapter mounted on its session. For one thread only.

    The library's retries are off, because it would send POSTs again. Its call for the server's version is off,
    because the bot must be able to start while Jira is down."""

    def __init__(self, base_url: str, credentials: Credentials, pace: Pace, timeouts: Timeouts) -> None:
        who: dict[str, Any] = {"basic_auth": (credentials.email, credentials.token)}
        super().__init__(
            server=base_url,
            options={"headers": {"Accept": "application/json"}},
            max_retries=0,
            timeout=(timeouts.connect, timeouts.read),
            get_server_info=False,
            **(who if credentials.cloud else {"token_auth": credentials.pat}),
        )
        # Normally from the server's answer; without it the library treats every site as Data Center.
        self.deploymentType = "Cloud" if credentials.cloud else "Server"
        self._root, self._adapter = self.server_url, JiraAdapter(pace, timeouts)
        session = self._session
        session.mount("https://", self._adapter)
        session.mount("http://", self._adapter)
        # Read the environment's proxies and certificates once: doing so for every call costs a fifth of the call.
        settings = session.merge_environment_settings(base_url, {}, True, None, None)
        session.proxies, session.verify, session.cert = settings["proxies"], settings["verify"], settings["cert"]
        session.trust_env = False

    def request(self, method: str, path: str, params: Mapping[str, str] | None, body: Any) -> Any:
        """The parsed answer to a call that the library has no safe method for. Raises a JiraTrouble."""
        session = self._session
        data = None if body is None else json.dumps(body).encode()
        request = session.prepare_request(requests.Request(method, self._root + path, params=params, data=data))
        # Straight to the adapter: the way through the library's session costs a tenth more, for what it must not do.
        answer = self._adapter.send(request, verify=session.verify, cert=session.cert, proxies=session.proxies)
        return answer.json()


class JiraClient:
    """Calls to one Jira site. Thread-safe: each thread gets its own client of the library, because sessions of
    `requests` must not be shared. Calls start at the given `pace`, or at most `per_second` per second in this
    process. Every method raises a JiraTrouble."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        per_second: float,
        timeouts: Timeouts = Timeouts(),
        pace: Pace | None = None,
    ) -> None:
        self._base_url, self._credentials, self._timeouts = base_url.rstrip("/"), credentials, timeouts
        self._pace = pace or OwnPace(per_second)
        self._local = threading.local()

    # -- raw calls, for what the library cannot do or does not do safely

    def call(self, method: str, path: str, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """The parsed answer to any call by its path on the site; {} where Jira answers without a body."""
        try:
            return self._of_this_thread().request(method, path, params, body)
        except requests.RequestException as error:
            raise _never_sent(error) from error

    def _of_this_thread(self) -> Library:
        if not hasattr(self._local, "library"):
            self._local.library = Library(self._base_url, self._credentials, self._pace, self._timeouts)
        library: Library = self._local.library
        return library

    @contextmanager
    def _library(self) -> Iterator[Library]:
        """This thread's client of the library. What the library itself raises comes out as a JiraTrouble."""
        try:
            yield self._of_this_thread()
        except requests.RequestException as error:
            raise _never_sent(error) from error
        except _ODD_SHAPE as error:
            raise Unreadable("Jira's answer has a shape that cannot be read.") from error

    # -- calls that the library makes; the answers are Jira's JSON, of any shape

    def myself(self) -> Any:
        """The account of the credentials."""
        with self._library() as library:
            return library.myself()

    def server_info(self) -> Any:
        """The site's version, kind of deployment and base URL."""
        with self._library() as library:
            return library.server_info()

    def fields(self) -> Any:
        """All fields that the account can see."""
        with self._library() as library:
            return library.fields()

    def project(self, key: str) -> Any:
        """One project, with its components."""
        with self._library() as library:
            return library.project(quote(key, safe="")).raw

    def issue_types(self, project: str) -> list[Any]:
        """The issue types of a project, each with its workflow's statuses."""
        with self._library() as library:
            return [one.raw for one in library.issue_types_for_project(quote(project, safe=""))]

    def permissions(self, project: str, names: str) -> Any:
        """Which of the permissions (names separated by commas) the account has in a project."""
        with self._library() as library:
            return library.my_permissions(projectKey=project, permissions=names)

    def user(self, name: str) -> Any:
        """One user, by account id on Cloud and by user name on Data Center."""
        with self._library() as library:
            return library.user(quote(name, safe=":")).raw

    def edit_screen(self, issue: str) -> Any:
        """The fields that the account can edit on an issue."""
        with self._library() as library:
            return library.editmeta(issue)

    def transitions(self, issue: str, transition_id: str, expand: str) -> Any:
        """A list with the transition of that id, an empty one where Jira does not offer it."""
        with self._library() as library:
            return library.transitions(issue, id=transition_id, expand=expand)

    def transition(self, issue: str, transition_id: str, fields: Mapping[str, Any]) -> None:
        """Perform a transition on an issue."""
        if not transition_id.isdecimal():  # the library would look it up as a name
            raise Unreadable("Jira's answer about a transition has no readable id.")
        with self._library() as library:
            library.transition_issue(issue, transition_id, fields=dict(fields))


def _never_sent(error: requests.RequestException) -> Unreachable:
    """The error for an invalid URL. Anything that goes wrong once a request is sent, the adapter raises."""
    return Unreachable(f"Jira cannot be reached ({type(error).__name__}).")
