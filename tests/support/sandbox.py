"""A sandbox for tests: on a real socket in a thread, or in-process on a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from starlette.applications import Starlette

from workflow.clock import Clock
from workflow.sandbox.auth import Auth
from workflow.sandbox.build import build, plan_of
from workflow.sandbox.faultbox import FaultBox
from workflow.sandbox.line import ConnectionCut
from workflow.sandbox.log import RequestLog
from workflow.sandbox.options import SandboxOptions
from workflow.sandbox.server import SandboxServer, all_faults, auth_of, create_app
from workflow.sandbox.world import World


class SteppedClock:
    """A clock that stands still until a test, or somebody's sleep on it, moves it."""

    def __init__(self, start: datetime = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)) -> None:
        self._start = start
        self.seconds = 0.0

    def now(self) -> datetime:
        """Return the start plus what was stepped."""
        return self._start + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return what was stepped."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Step instead of waiting."""
        self.seconds += max(0.0, seconds)
        await asyncio.sleep(0)


class WaitingClock(SteppedClock):
    """A stepped clock on which a sleep lasts until the test has stepped far enough."""

    async def sleep(self, seconds: float) -> None:
        """Wait for the test."""
        until = self.seconds + seconds
        # An event would have to be set from the test's thread, in a loop it does not know.
        while self.seconds < until:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


@contextmanager
def running_sandbox(*, clock: Clock | None = None, **options: Any) -> Iterator[SandboxServer]:
    """Serve a sandbox on a free port of 127.0.0.1; `options` are those of SandboxOptions."""
    with SandboxServer(SandboxOptions(**options), clock=clock) as server:
        yield server


@dataclass(frozen=True)
class InProcess:
    """A sandbox without a socket: give `transport` to a client, `base_url` as its server."""

    world: World
    faults: FaultBox
    log: RequestLog
    auth: Auth
    app: Starlette
    transport: httpx.AsyncBaseTransport
    base_url: str = "http://sandbox.test/api/public/v1"

    def client(self, **settings: Any) -> httpx.AsyncClient:
        """Return a bare HTTP client on it."""
        return httpx.AsyncClient(transport=self.transport, base_url=self.base_url, **settings)


def sandbox_in_process(clock: Clock, **options: Any) -> InProcess:
    """Build a sandbox that lives on the given clock; `options` are those of SandboxOptions.

    An existing set of options can be given as ``options=``.
    """
    given = options.pop("options", SandboxOptions())
    settings = replace(given, **options).checked()
    plan = plan_of(settings)
    world = build(plan, settings, clock.now().timestamp())
    faults = FaultBox(settings.seed, all_faults(plan, settings))
    auth, log = auth_of(plan, settings), RequestLog()
    app = create_app(
        world, faults=faults, control=settings.control, auth=auth, clock=clock, log=log
    )
    return InProcess(world, faults, log, auth, app, CuttableTransport(app))


class CuttableTransport(httpx.AsyncBaseTransport):
    """httpx's ASGI transport with what a socket has and it lacks.

    A cut connection is a ReadError, the read timeout of a request counts (in the loop's time),
    and a server goes on with a request whose client has given up.
    """

    def __init__(self, app: Starlette) -> None:
        self._inner = httpx.ASGITransport(app=app)
        self._under_way: set[asyncio.Task[httpx.Response]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request to the application."""
        task = asyncio.ensure_future(self._inner.handle_async_request(request))
        self._under_way.add(task)
        task.add_done_callback(self._over)
        read = request.extensions.get("timeout", {}).get("read")
        done, _ = await asyncio.wait({task}, timeout=read)
        if not done:
            raise httpx.ReadTimeout("no answer in time", request=request)
        try:
            return task.result()
        except ConnectionCut as cut:
            if cut.refused:
                raise httpx.ConnectError("connection refused", request=request) from cut
            if cut.answer_began:
                raise httpx.RemoteProtocolError(
                    "peer closed connection without sending complete message body", request=request
                ) from cut
            raise httpx.ReadError("connection reset by peer", request=request) from cut

    def _over(self, task: asyncio.Task[httpx.Response]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # seen: a client who has given up does not ask for it

    async def aclose(self) -> None:
        """Let go of what still hangs."""
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
