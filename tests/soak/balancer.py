"""What stands before the replicas: it passes each connection on to one that listens, and refuses where none does."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading


class Balancer:
    """Forwards bytes to the ports given, in turn. A connection whose replica dies is cut, as a proxy does."""

    def __init__(self, ports: list[int]) -> None:
        self._ports, self._turn = ports, itertools.count()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="balancer", daemon=True)
        self.refused = 0

    def start(self) -> Balancer:
        """Listen on any free port."""
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._take, "127.0.0.1", 0), self._loop).result()
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return self

    def stop(self) -> None:
        """Cut everything."""

        def end() -> None:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.call_soon(self._loop.stop)

        self._loop.call_soon_threadsafe(end)
        self._thread.join(5.0)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Away from here a cancelled task would be reported as an error of the connection.
        with contextlib.suppress(asyncio.CancelledError, OSError), contextlib.closing(writer):
            found = await self._replica()
            if found is None:
                self.refused += 1
                return
            with contextlib.closing(found[1]):
                ways = {
                    asyncio.ensure_future(_pump(reader, found[1])),
                    asyncio.ensure_future(_pump(found[0], writer)),
                }
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()

    async def _replica(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for n in range(len(self._ports)):
            try:
                return await asyncio.open_connection("127.0.0.1", self._ports[(first + n) % len(self._ports)])
            except OSError:
                continue
        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
