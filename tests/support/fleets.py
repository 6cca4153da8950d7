"""A fleet on a sandbox, in virtual time or over a real socket, with what tests want to know."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.support.sandbox import InProcess, sandbox_in_process
from tests.support.virtual_time import START
from tests.support.virtual_time import clock as virtual_clock
from workflow.airbyte.auth import auth_for
from workflow.airbyte.client import Client
from workflow.airbyte.credentials import Credentials, NoAuth
from workflow.airbyte.feed import Feed
from workflow.clock import Clock
from workflow.http.door import Door
from workflow.runs.events import Event, LaunchId, RunId
from workflow.runs.fleet import Fleet
from workflow.runs.journal import Journal
from workflow.runs.journal.retention import Retention
from workflow.runs.launch import Order, Target
from workflow.runs.run import RunState
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.faults import parse_fault
from workflow.sandbox.model import Cause, ConnectionId, JobType
from workflow.sandbox.world import World
from workflow.text import safe

STEADY = Behaviour(duration=100.0, spread=0.0, rows=1_000, row_bytes=10, past_jobs=0, pending=4.0)


@dataclass
class Deck:
    """A fleet that is open, and everything that was told while it was."""

    fleet: Fleet
    client: Client
    journal: Journal
    clock: Clock
    told: list[Event] = field(default_factory=list)
    most_live: int = 0
    """The most runs that were under way at once, by the states that listeners saw."""

    def hear(self, event: Event) -> None:
        self.told.append(event)
        live = sum(one.live for one in self.fleet.launches.values())
        self.most_live = max(self.most_live, live)

    def kinds(self, run: RunId | None = None) -> list[str]:
        """Return the kinds of a run's events (or of those of no run), in order."""
        return [event.fact.kind for event in self.told if event.run == run]

    async def run_one(self, target: Target, **order: Any) -> RunState:
        """Launch one target and return its run when it has ended."""
        launch = await self.fleet.launch(Order((target,), **order))
        await self.fleet.end()
        return self.of_launch(launch)[0]

    def of_launch(self, launch: LaunchId) -> list[RunState]:
        """Return the states of a launch's runs."""
        return [state for state in self.fleet.runs.values() if state.launch == launch]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for an event after which something holds."""
        if holds():
            return
        happened = asyncio.Event()

        def heard(_: Event) -> None:
            if holds():
                happened.set()

        end = self.fleet.subscribe(heard)
        try:
            await happened.wait()
        finally:
            end()


@asynccontextmanager
async def open_deck(
    base_url: str,
    clock: Clock,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    journal: Path | None = None,
    seed: int = 1,
    credentials: Credentials = NoAuth(),  # noqa: B008 - frozen
    **options: Any,
) -> AsyncIterator[Deck]:
    """Open a fleet on a server; `options` are the fleet's own."""
    rng = random.Random(seed)
    auth = auth_for(credentials, base_url, clock)
    door = Door(base_url, clock=clock, rng=rng, auth=auth, transport=transport)
    client = Client(door, base_url)
    feed = Feed(client, clock=clock, rng=rng)
    book = await Journal.open(journal, clock, keep=Retention())
    fleet = Fleet(
        profile_name="prod",
        server=safe("sandbox.test"),
        client=client,
        feed=feed,
        journal=book,
        clock=clock,
        rng=rng,
        **options,
    )
    deck = Deck(fleet, client, book, clock)
    fleet.subscribe(deck.hear)
    try:
        async with fleet:
            yield deck
    finally:
        await book.aclose()
        await door.aclose()


@dataclass
class Scene:
    """A sandbox in this process, in virtual time, and decks on it."""

    box: InProcess
    clock: Clock
    journal: Path | None = None

    @property
    def world(self) -> World:
        return self.box.world

    def deck(self, **options: Any) -> Any:
        """Open a deck on the sandbox."""
        options.setdefault("journal", self.journal)
        return open_deck(self.box.base_url, self.clock, transport=self.box.transport, **options)

    def connection(self, behaviour: Behaviour = STEADY, **changes: Any) -> Target:
        """Add a connection that nobody else uses."""
        return add_connection(self.world, behaviour, **changes)

    def connections(self, count: int, behaviour: Behaviour = STEADY) -> tuple[Target, ...]:
        return tuple(self.connection(behaviour) for _ in range(count))

    def foreign_job(self, target: Target, job_type: JobType = JobType.SYNC) -> int:
        """Let a colleague start a job."""
        self.world.advance(self.clock.now().timestamp())
        connection = self.world.catalogue.connections[ConnectionId(target.connection_id)]
        return int(self.world.begin(connection, job_type, Cause("colleague")).id)

    @contextmanager
    def fault(self, text: str) -> Iterator[None]:
        """Let a fault strike while the block lasts; ``NAME:key=value,...``."""
        number = self.box.faults.add(parse_fault(text))
        try:
            yield
        finally:
            self.box.faults.remove(number)

    def posts(self) -> int:
        """Return how many POST /jobs the server saw."""
        return self.box.log.count("createJob")


def scene(*, journal: Path | None = None, **options: Any) -> Scene:
    """Make a sandbox on the running loop's virtual clock."""
    clock = virtual_clock()
    return Scene(sandbox_in_process(clock, **options), clock, journal)


def add_connection(world: World, behaviour: Behaviour = STEADY, **changes: Any) -> Target:
    """Add a connection to a world and return it as a launch's target."""
    catalogue = world.catalogue
    template = next(iter(catalogue.connections.values()))
    number = len(catalogue.connections)
    given: dict[str, Any] = {"name": f"rig {number}", "status": "active", **changes}
    made = replace(
        template,
        id=ConnectionId(catalogue.fresh_uuid("rig")),
        behaviour=behaviour,
        tag_ids=(),
        **given,
    )
    added = catalogue.add_connection(made)
    return Target(str(added.id), safe(added.name))


def most_at_once(world: World, targets: Iterable[Target]) -> int:
    """Return how many jobs of these connections were under way at once, by the server's books."""
    wanted = {target.connection_id for target in targets}
    edges: list[tuple[float, int]] = []
    for job in world.jobs:
        if str(job.connection_id) in wanted and job.cause.request is not None:
            edges.append((job.history[0][1], 1))
            if job.ended:
                edges.append((job.history[-1][1], -1))
    live = most = 0
    for _, change in sorted(edges):
        live += change
        most = max(most, live)
    return most


class QuickClock:
    """A wall clock that runs so many times faster; for real sockets, on both sides of them.

    Not faster than a busy machine is: what is to be 5 s old at most has 250 ms for it.
    """

    def __init__(self, speed: float = 20.0, start: datetime = START) -> None:
        self._speed = speed
        self._start = start
        self._zero = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._zero) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._speed)
