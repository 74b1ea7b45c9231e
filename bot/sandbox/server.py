"""Starts and stops the sandbox as a web server on this machine."""

from __future__ import annotations

import threading

from waitress.server import create_server

from bot.sandbox.rest import create_app
from bot.sandbox.site import Site

THREADS = 8


class SandboxServer:
    """Serves one site; port 0 means any free one. After `stop` it can be started again on the same port."""

    def __init__(self, site: Site, port: int = 0, host: str = "127.0.0.1") -> None:
        self.site = site
        self.host = host
        self.port = port
        self._app = create_app(site)

    @property
    def url(self) -> str:
        """Where the site is, without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> SandboxServer:
        """Listen and serve in the background; OSError where the port is taken."""
        self._server = create_server(self._app, host=self.host, port=self.port, threads=THREADS, ident="sandbox")
        self.port = int(self._server.effective_port)
        self.site.shapes.url = self.url
        self._thread = threading.Thread(target=self._server.run, daemon=True, name="sandbox")
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and sending webhooks; the site keeps its issues."""
        # Its loop must close its own sockets: closed from here, they would be closed while it waits on them.
        self._server.trigger.pull_trigger(self._close_all)
        self._thread.join(timeout=5.0)
        self._server.task_dispatcher.shutdown()
        self.site.hooks.stop()

    def _close_all(self) -> None:
        for dispatcher in list(self._server._map.values()):
            dispatcher.close()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
