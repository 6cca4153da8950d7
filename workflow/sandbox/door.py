"""The listening socket: taken once, and shut for a while when a restart wants nobody let in.

A server that is down refuses connections, which tells a client more than a cut does: nothing was
sent. So the port stops listening for as long as the outage lasts. It stays bound all the while,
so that no other program takes it. How long that is, and that the outage began, is decided in
:mod:`workflow.sandbox.site`; here is only what the sockets do about it.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Final

import uvicorn

from workflow.clock import Clock
from workflow.sandbox.options import SandboxError
from workflow.sandbox.protocol import CuttableProtocol

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 2_048


class Door:
    """The socket of one server; :meth:`shut` belongs to the server's own loop."""

    def __init__(self, port: int, clock: Clock) -> None:
        self._clock = clock
        self.socket = _bound(port)
        # Listening already: a client that comes before the loop runs waits instead of being
        # refused.
        self.socket.listen(_BACKLOG)
        self.port: int = self.socket.getsockname()[1]
        self._opening: asyncio.Task[None] | None = None

    def shut(self, server: uvicorn.Server, seconds: float) -> None:
        """Refuse and end connections from now on, until so many seconds have passed."""
        for listener in server.servers:
            listener.close()
        self.socket.close()
        self.socket = _bound(self.port)
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        # From this instant, not from when the task has its turn.
        until = self._clock.now().timestamp() + seconds
        self._opening = asyncio.ensure_future(self._open_at(server, until))

    def close(self) -> None:
        """Give the port back."""
        self.socket.close()

    async def _open_at(self, server: uvicorn.Server, until: float) -> None:
        await self._clock.sleep(max(0.0, until - self._clock.now().timestamp()))
        protocol = partial(
            CuttableProtocol,
            config=server.config,
            server_state=server.server_state,
            app_state=server.lifespan.state,
        )
        loop = asyncio.get_running_loop()
        server.servers = [await loop.create_server(protocol, sock=self.socket, backlog=_BACKLOG)]


def _bound(port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only on sockets that say they are TCP; without it each answer
    # costs 40 ms of Nagle waiting for a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or "the port cannot be used"
        raise SandboxError(
            f"Cannot listen on {HOST}:{port}: {reason}; give another --port, or 0 for a free one."
        ) from None
    return listener
