"""A sandbox on a socket that outlives every fleet, real processes with fleets, and their judge."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.fleet_process import CREDENTIALS, Nursery, nursery
from tests.support.fleets import Deck, add_connection, open_deck
from tests.support.sandbox import running_sandbox
from tests.support.shared_clock import SharedClock
from tests.support.truth import Found, Truth, found_in, sender
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.faults import parse_fault
from workflow.sandbox.server import SandboxServer

HEIR = "heir"
WALKING, RUNNING = 10.0, 150.0
"""How fast time passes while a process lives that is to be struck, and when it is followed."""
SHORT = Behaviour(
    duration=6.0, spread=0.5, rows=1_000, row_bytes=10, past_jobs=0, pending=1.0,
    failure_chance=0.2, max_attempts=1,
)  # fmt: skip


@dataclass
class Place:
    """Where fleets live and die; one for many tests, each with connections of its own."""

    server: SandboxServer
    clock: SharedClock
    clock_file: Path
    fleets: Nursery

    def connections(self, count: int, behaviour: Behaviour = SHORT) -> list[str]:
        world = self.server.world
        return [add_connection(world, behaviour).connection_id for _ in range(count)]

    @contextmanager
    def fault(self, text: str | None) -> Iterator[None]:
        number = None if text is None else self.server.faults.add(parse_fault(text))
        try:
            yield
        finally:
            if number is not None:
                self.server.faults.remove(number)

    @asynccontextmanager
    async def deck(self, name: str, journal: Path) -> AsyncIterator[Deck]:
        """Open a fleet in this process; `name` is how the server knows it."""
        async with open_deck(
            self.server.base_url,
            self.clock,
            journal=journal,
            transport=_Named(httpx.AsyncHTTPTransport(), name),
            credentials=CREDENTIALS,
        ) as deck:
            yield deck

    async def take_up(self, journal: Path) -> Found:
        """Start again on a journal, and see everything that is taken up to its end."""
        async with self.deck(HEIR, journal) as deck:
            await deck.fleet.end()
            await self.all_answered()
            return await found_in(deck.journal)

    async def all_answered(self) -> None:
        """Wait until the server is done with what it was asked."""
        await self.until(lambda: not self.server.log.under_way)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds at the server, which is in another thread."""
        while not holds():  # noqa: ASYNC110 - nothing of another thread's can be awaited
            await asyncio.sleep(0.003)

    def heard(self) -> int:
        """The number of the latest request."""
        return max((entry.number for entry in self.server.log), default=0)

    def truth(
        self, connections: Collection[str], since: int, silent: Collection[str] = (HEIR,)
    ) -> Truth:
        """What the server knows of these connections and of requests after `since`."""
        posts = [e for e in self.server.log if e.endpoint == "createJob" and e.number > since]
        jobs = [job for job in self.server.world.jobs if str(job.connection_id) in connections]
        return Truth(posts, jobs, silent)


@contextmanager
def open_place(folder: Path) -> Iterator[Place]:
    """Serve a sandbox and start a nursery."""
    file = folder / "clock"
    clock = SharedClock(file, WALKING)
    with (
        nursery() as fleets,
        running_sandbox(clock=clock, connections=1, auth=True) as server,
    ):
        yield Place(server, clock, file, fleets)


class _Named(httpx.AsyncBaseTransport):
    """The network, with the sender's name in each request."""

    def __init__(self, inner: httpx.AsyncBaseTransport, process: str) -> None:
        self._inner = inner
        self._process = process

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        task = asyncio.current_task()
        request.headers["user-agent"] = sender(self._process, task.get_name() if task else "")
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
