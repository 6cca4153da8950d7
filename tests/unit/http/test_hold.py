"""A request that its sender keeps back in the last moment: not a byte of it leaves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.clock import SystemClock
from workflow.http.door import LONGEST_QUIET, Door
from workflow.http.failures import NetworkFailure
from workflow.http.messages import Request

HOME = "https://airbyte.example.com/v1"


class Ear:
    """A server that only listens."""

    def __init__(self) -> None:
        self.connections = 0
        self.heard = b""
        self.url = ""
        self.at_work: list[asyncio.Task[None]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if (task := asyncio.current_task()) is not None:
            self.at_work.append(task)
        while said := await reader.read(1_000):
            self.heard += said
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[Ear, Door]]:
    ear = Ear()
    server = await asyncio.start_server(ear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ear.url = f"http://127.0.0.1:{port}"
    door = Door(ear.url, clock=SystemClock(), rng=random.Random(1))
    try:
        yield ear, door
    finally:
        await door.aclose()
        server.close()
        await asyncio.gather(*ear.at_work, return_exceptions=True)


def held_from(number: int) -> Iterator[str | None]:
    """Give no reason before the `number`-th question."""
    yield from (None for _ in range(number - 1))
    while True:
        yield "It is old by now."


def asked(ear: Ear, method: str, reasons: Iterator[str | None]) -> Request:
    return Request(method, f"{ear.url}/jobs/7", fresh=True, hold=lambda: next(reasons))


@pytest.mark.parametrize("method", ["DELETE", "POST"])
@pytest.mark.parametrize(("question", "connections"), [(1, 0), (2, 1)])
async def test_what_is_kept_back_leaves_no_byte_even_on_a_connection_that_stands(
    question: int, connections: int, method: str
) -> None:
    async with listening() as (ear, door):
        with pytest.raises(NetworkFailure, match="It is old by now") as failed:
            await door.send(asked(ear, method, held_from(question)))
        assert (failed.value.kind, failed.value.sent) == ("held", False)
        await door.send(asked(ear, method, held_from(99)))  # not held by what held the last
    assert ear.heard.count(method.encode() + b" /jobs/7") == 1
    assert ear.connections == connections + 1


# ------------------------------------------------------------------ a server that wants quiet


def quiet_after(status: int, wish: str | None, *, path: str = HOME) -> float:
    """Return for how long a server is to be left alone after such an answer."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers={} if wish is None else {"retry-after": wish})

    async def story() -> float:
        transport = httpx.MockTransport(answer)
        door = Door(
            HOME,
            clock=virtual_clock(),
            rng=random.Random(1),
            transport=transport,
            also=("https://elsewhere.example.com",),
        )
        await door.send(Request("POST", path))
        return door.left_alone_for

    return run_virtual(story())


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_wants_quiet_is_to_be_left_alone(status: int) -> None:
    assert quiet_after(status, "30") == 30.0


def test_no_server_is_left_alone_for_ever() -> None:
    assert quiet_after(429, "86400") == LONGEST_QUIET


@pytest.mark.parametrize(("status", "wish"), [(429, None), (200, "30"), (500, "30"), (429, "?")])
def test_one_that_does_not_say_so_is_not(status: int, wish: str | None) -> None:
    assert quiet_after(status, wish) == 0.0


def test_another_host_does_not_speak_for_the_server() -> None:
    assert quiet_after(429, "30", path="https://elsewhere.example.com/x") == 0.0
