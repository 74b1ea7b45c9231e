"""A relay of bytes between the bot and its database, which goes silent or away and comes back."""

from __future__ import annotations

import contextlib
import socket
import threading


class Relay:
    """Passes every connection on to `target`. While `silent` nothing passes, and connections stay open as they do when
    a server's machine stands still; while `away` they are cut, and new ones are cut at once."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._passing = threading.Event()
        self._passing.set()
        self._away = False
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def silent(self) -> None:
        """From now on nothing passes."""
        self._passing.clear()

    def away(self) -> None:
        """Cut everything, and from now on what is new."""
        self._away = True
        for end in list(self._open):
            _cut(end)

    def back(self) -> None:
        """Pass everything again; what was held while silent, too."""
        self._away = False
        self._passing.set()

    def stop(self) -> None:
        """Cut everything for good."""
        self.away()
        self._passing.set()
        _cut(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._away:
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                self._passing.wait()
                sink.sendall(chunk)
        for end in (source, sink):
            _cut(end)
            self._open.discard(end)


def _cut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
