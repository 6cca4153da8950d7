"""uvicorn's HTTP protocol with one more ability: to cut its connection when the app says so.

The application cannot reach the transport through ASGI, so each connection puts a function for it
into the `state` of its requests.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from workflow.sandbox.line import CUT

# Linger on, for zero seconds: closing sends a reset instead of an orderly end.
_RESET: Final = struct.pack("ii", 1, 0)


class CuttableProtocol(H11Protocol):
    """One connection that a fault can cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Offer the cut to every request of this connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, CUT: self._cut}

    def _cut(self, answer_began: bool) -> None:
        if answer_began:
            # What was written of the answer still arrives; then the connection just ends.
            self.transport.close()
            return
        connection = cast("socket.socket | None", self.transport.get_extra_info("socket"))
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()
