"""A WSGI app as a web server of this process, under waitress."""

from __future__ import annotations

import threading
import time
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from bot.web.flask_app import MOST_BYTES
from bot.web.webhook import AT_ONCE

THREADS = AT_ONCE + 2  # health checks are answered, however many deliveries wait for the database


class WebServer:
    """Serves one app; port 0 means any free one. After `stop` it can be started again on the same port."""

    def __init__(self, app: Any, port: int = 0, host: str = "127.0.0.1", name: str = "web") -> None:
        self.app, self.host, self.port, self._name = app, host, port, name

    @property
    def url(self) -> str:
        """The app's address, without a slash at its end; for a server that listens everywhere, the local one."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host
        return f"http://{host}:{self.port}"

    def start(self) -> WebServer:
        """Listen, and serve in the background. Raises OSError if the port is taken."""
        self._server = create_server(
            self.app,
            host=self.host,
            port=self.port,
            threads=THREADS,
            ident=self._name,
            max_request_body_size=MOST_BYTES + 1024,
        )
        self.port = int(self._server.effective_port)
        self._thread = threading.Thread(target=self._server.run, daemon=True, name=self._name)
        self._thread.start()
        return self

    def stop(self, patience: float = 5.0) -> None:
        """Stop serving; requests in progress get about `patience` seconds. Does nothing if it is stopped already."""
        if not self._thread.is_alive():
            return
        deadline = time.monotonic() + patience
        # Its loop must close its own sockets: from here, they would be closed while it waits on them.
        self._server.trigger.pull_trigger(self._close_sockets)
        self._thread.join(timeout=patience)
        # The pipe that wakes the loop is closed last: the line above may still have been writing to it.
        self._server.trigger.close()
        self._server.task_dispatcher.shutdown(timeout=max(0.0, deadline - time.monotonic()))

    def _close_sockets(self) -> None:
        for dispatcher in list(self._server._map.values()):
            if dispatcher is self._server:
                wasyncore.dispatcher.close(dispatcher)  # its own close would take the pipe along
            elif dispatcher is not self._server.trigger:
                dispatcher.close()
        self._server._map.clear()  # an empty map ends the loop
