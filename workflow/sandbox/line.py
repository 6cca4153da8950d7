"""The connection under a request: reading a bounded body from it, and cutting it.

ASGI has no way to cut a connection. A server that can puts a function for it into the `state` of
each request (:mod:`workflow.sandbox.protocol`); where there is none, because the application is
called in-process, :class:`ConnectionCut` is raised for the transport to turn into what it means.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

CUT: Final = "syncdeck.cut"
"""The key in ASGI's `state` under which a server puts a function that cuts the connection."""

_LARGEST_BODY: Final = 1_048_576


class ConnectionCut(Exception):  # noqa: N818 - an event on the line, not a mistake
    """A fault wants the connection cut here; leaves the application where no server does it.

    `answer_began` says whether the client had already got a part of the answer, `refused` that
    the connection was never made, so that nothing was sent.
    """

    def __init__(self, *, answer_began: bool = False, refused: bool = False) -> None:
        super().__init__("the connection was cut on purpose")
        self.answer_began = answer_began
        self.refused = refused


def sever(scope: Scope, *, answer_began: bool) -> bool:
    """Tell the server to cut the connection; say False where there is none that could."""
    cut: Callable[[bool], None] | None = scope.get("state", {}).get(CUT)
    if cut is None:
        return False
    cut(answer_began)
    return True


async def cut_connection(scope: Scope, receive: Receive, *, answer_began: bool) -> bool:
    """Cut the connection and wait until it is gone; say False where that is not possible."""
    if not sever(scope, answer_began=answer_began):
        return False
    # The server must see the connection gone before this call ends, or it answers 500 itself.
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


async def read_body(receive: Receive) -> bytes | None:
    """Return the whole body, or None as soon as it is too large.

    Raises starlette's ClientDisconnect when the client goes before it has sent all of it.
    """
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        body += bytes(message.get("body", b""))
        if len(body) > _LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body
