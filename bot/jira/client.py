"""The way to Jira: the library `jira` with our adapter below it, and the calls that the library cannot make.

Which call is made by whom, and why, is in docs/decisions/0010-who-makes-which-call.md."""

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

# What the library raises where an answer is JSON but has another shape than it expects.
_ODD_SHAPE = (AttributeError, KeyError, TypeError, ValueError, NotImplementedError, RecursionError, jira.JIRAError)


@dataclass(frozen=True)
class Credentials:
    """Of the bot's account: an email and its API token on Cloud, a personal access token on Data Center."""

    email: str = ""
    token: str = field(default="", repr=False)
    pat: str = field(default="", repr=False)

    @property
    def cloud(self) -> bool:
        """Whether they are Cloud's."""
        return not self.pat.strip()


class Library(jira.JIRA):
    """The library's client for one thread. It authenticates and keeps the session; below it is our adapter.

    Its own retries are off, because it sends POSTs again, and so is its first call, because the bot must start
    while Jira is down."""

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
        # What it would have asked the server: unknown, it takes every site for a Data Center.
        self.deploymentType = "Cloud" if credentials.cloud else "Server"
        session, adapter = self._session, JiraAdapter(pace, timeouts)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        # Proxies and certificates that the environment names, once: asked at every call they cost a fifth of it.
        settings = session.merge_environment_settings(base_url, {}, True, None, None)
        session.proxies, session.verify, session.cert = settings["proxies"], settings["verify"], settings["cert"]
        session.trust_env = False

    def request(self, method: str, path: str, params: Mapping[str, str] | None, body: Any) -> Any:
        """The parsed answer to a call that the library has no method for. Raises a JiraTrouble."""
        data = None if body is None else json.dumps(body).encode()
        return self._session.request(method, self.server_url + path, params=params, data=data).json()


class JiraClient:
    """Calls to one Jira site, from any thread; each thread gets a client of the library of its own, for a session
    of requests is not to be shared. Calls start at the `pace` given, or at most `per_second` in any second of this
    process. Every method raises a JiraTrouble of the kind that fits."""

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

    # -- what the library cannot do, or not safely

    def call(self, method: str, path: str, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """The parsed answer ({} where Jira answers without a body) to any call, by its path on the site."""
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
        """This thread's client of the library; what it raises of its own comes out as a JiraTrouble."""
        try:
            yield self._of_this_thread()
        except requests.RequestException as error:
            raise _never_sent(error) from error
        except _ODD_SHAPE as error:
            raise Unreadable("Jira's answer has a shape that cannot be read.") from error

    # -- what the library does; the answers are Jira's JSON, unchecked

    def myself(self) -> Any:
        """The account that the credentials are of."""
        with self._library() as library:
            return library.myself()

    def server_info(self) -> Any:
        """What kind of Jira this is, and the address that it gives itself."""
        with self._library() as library:
            return library.server_info()

    def fields(self) -> Any:
        """All fields that the account may see."""
        with self._library() as library:
            return library.fields()

    def project(self, key: str) -> Any:
        """One project, with its components."""
        with self._library() as library:
            return library.project(quote(key, safe="")).raw

    def issue_types(self, project: str) -> list[Any]:
        """The issue types of a project, each with the statuses of its workflow."""
        with self._library() as library:
            return [one.raw for one in library.issue_types_for_project(quote(project, safe=""))]

    def permissions(self, project: str, names: str) -> Any:
        """Which of the permissions, by their names with commas between, the account has in a project."""
        with self._library() as library:
            return library.my_permissions(projectKey=project, permissions=names)

    def user(self, name: str) -> Any:
        """One person, by account id on Cloud and by user name on Data Center."""
        with self._library() as library:
            return library.user(quote(name, safe=":")).raw

    def edit_screen(self, issue: str) -> Any:
        """The fields that the account may edit on an issue."""
        with self._library() as library:
            return library.editmeta(issue)

    def transitions(self, issue: str, transition_id: str, expand: str) -> Any:
        """The transition of that id in a list, an empty one where Jira does not offer it."""
        with self._library() as library:
            return library.transitions(issue, id=transition_id, expand=expand)

    def transition(self, issue: str, transition_id: str, fields: Mapping[str, Any]) -> None:
        """Make an issue go through a transition."""
        if not transition_id.isdecimal():  # the library would look for a transition of that name
            raise Unreadable("Jira's answer about a transition has no readable id.")
        with self._library() as library:
            library.transition_issue(issue, transition_id, fields=dict(fields))


def _never_sent(error: requests.RequestException) -> Unreachable:
    """The trouble of an address that is none: whatever happens once a request is sent, the adapter judges."""
    return Unreachable(f"Jira cannot be reached ({type(error).__name__}).")
