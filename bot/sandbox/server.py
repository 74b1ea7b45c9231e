"""Starts and stops the sandbox as a web server on this machine."""

from __future__ import annotations

from bot.sandbox.jira_site import Site
from bot.sandbox.rest import serving
from bot.web.wsgi_server import WebServer


class SandboxServer(WebServer):
    """Serves one site; port 0 means any free one. After `stop` it can be started again on the same port."""

    def __init__(self, site: Site, port: int = 0, host: str = "127.0.0.1") -> None:
        super().__init__(serving(site), port, host, name="sandbox")
        self.site = site

    def start(self) -> SandboxServer:
        """Listen and serve in the background. Raises OSError if the port is taken."""
        super().start()
        self.site.shapes.url = self.url
        return self

    def stop(self, patience: float = 5.0) -> None:
        """Stop serving and sending webhooks; the site keeps its issues."""
        super().stop(patience)
        self.site.hooks.stop()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
