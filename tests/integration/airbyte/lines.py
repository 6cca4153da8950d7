"""A server that puts any bytes on a real socket, for what no well-behaved server does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def line(reply: Reply, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve on 127.0.0.1; `reply` writes the answer to each request. Gives the address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await reply(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            # The client hung up, which is what some of these answers are for.
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.close()
        # Not wait_closed: an answer without an end would never let it return.


def written(data: bytes) -> Reply:
    """Answer with these bytes and hang up."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return reply


async def endless(writer: asyncio.StreamWriter) -> None:
    """Answer with a body that does not end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        writer.write(chunk)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    """Do not answer until the client has gone."""
    while not writer.is_closing():
        writer.write(b"")
        await asyncio.sleep(0.05)
