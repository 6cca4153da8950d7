"""One trigger at a time against a sandbox in this process: client, journal and driver, no fleet."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from tests.support.fleets import STEADY, add_connection
from tests.support.sandbox import InProcess, sandbox_in_process
from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.airbyte.client import Client
from workflow.clock import Clock
from workflow.http.door import Auth, Door, Send
from workflow.runs.cancelling import Canceller
from workflow.runs.events import Event, Fact, Json, RunCreated, RunFinished, RunId
from workflow.runs.journal import Journal
from workflow.runs.trigger import OnConflict, TriggerOrder, TriggerOutcome
from workflow.runs.trigger.driver import NotSent, Trigger
from workflow.sandbox.jobs import Job
from workflow.sandbox.model import Cause, JobType

PROFILE = "prod"


@dataclass
class Speaker:
    """A voice that remembers what it said."""

    run: RunId
    connection: str
    journal: Journal
    clock: Clock
    said: list[Fact] = field(default_factory=list)
    seq: int = 0
    unwanted: bool = False

    def stamp(self, fact: Fact) -> Event:
        self.seq += 1
        return Event(self.clock.now(), self.seq, fact, self.run, None, self.connection)

    @contextmanager
    def aside(self, *facts: Fact) -> Iterator[list[Event]]:
        yield [self.stamp(fact) for fact in facts]
        self.said.extend(facts)

    async def tell(self, *facts: Fact, checkpoint: Json = None) -> None:
        saved = {} if checkpoint is None else {self.run: checkpoint}
        events = [self.stamp(fact) for fact in facts]
        await self.journal.append(events, profile=PROFILE, checkpoints=saved)
        self.said.extend(facts)

    def of(self, kind: type[Fact]) -> list[Fact]:
        return [fact for fact in self.said if isinstance(fact, kind)]


@dataclass
class Rig:
    """A process with one profile: it can be ended and begun again on the same journal."""

    box: InProcess
    clock: Clock
    client: Client
    journal: Journal
    trigger: Trigger
    canceller: Canceller

    async def voice(self, run: str, connection: str) -> Speaker:
        """Begin a run and return its voice; one that is there already goes on."""
        name = RunId(run)
        speaker = Speaker(name, connection, self.journal, self.clock)
        row = await self.journal.run(name)
        if row is None:
            await speaker.tell(RunCreated(PROFILE, "w", ("trigger",)))
        else:
            await self.journal.own(name)
            speaker.seq = max(event.seq for event in await self.journal.events(name))
        return speaker

    async def fire(
        self, connection: str, *, run: str = "r-1", speaker: Speaker | None = None, **order: object
    ) -> TriggerOutcome:
        """Send a trigger."""
        speaker = speaker or await self.voice(run, connection)
        return await self.trigger.fire(order_for(connection, run, **order), speaker)

    async def recover(
        self, connection: str, *, run: str = "r-1", **order: object
    ) -> TriggerOutcome | NotSent:
        """Take a trigger up that an earlier process began."""
        speaker = await self.voice(run, connection)
        return await self.trigger.recover(order_for(connection, run, **order), speaker)

    async def finish(self, run: str, verdict: str) -> bool:
        """End a run."""
        speaker = await self.voice(run, "")
        return await self.journal.finish(RunId(run), speaker.stamp(RunFinished(verdict, "", {})))

    def connection(self, **changes: object) -> str:
        """Add a connection that nobody else uses."""
        return add_connection(self.box.world, STEADY, **changes).connection_id

    def jobs_of(self, connection: str) -> list[Job]:
        """Return the connection's jobs that did not end before the world began."""
        self.box.world.advance(self.clock.now().timestamp())
        jobs = self.box.world.jobs
        return [j for j in jobs if j.connection_id == connection and j.cause.kind != "history"]

    def colleague_starts(self, connection: str, job_type: str = "sync") -> int:
        """Let somebody else start a job."""
        found = self.box.world.catalogue.connection(connection)  # type: ignore[arg-type]
        assert found is not None
        self.box.world.advance(self.clock.now().timestamp())
        return self.box.world.begin(found, JobType(job_type), Cause("colleague")).id


@dataclass
class Sleeper(httpx.AsyncBaseTransport):
    """A way to a server, and the clock of a machine that falls asleep once.

    It does so for a while, an hour if not said otherwise, when the answer to a GET of `path`, a
    regular expression, is in its socket and has not been read yet: to the first that comes after
    `skip` others. Meanwhile something `happens`.
    """

    clock: Clock
    path: str
    span: float = 3_600.0
    skip: int = 0
    to: httpx.AsyncBaseTransport = field(default_factory=httpx.AsyncBaseTransport)
    happens: Callable[[], object] = lambda: None
    slept: float = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.to.handle_async_request(request)
        await answer.aread()
        if not self.slept and request.method == "GET" and re.search(self.path, request.url.path):
            self.skip -= 1
            if self.skip < 0:
                self.slept = self.span
                self.happens()
        return answer

    def now(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.slept)

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)


def order_for(connection: str, run: str, **order: object) -> TriggerOrder:
    """Return the order for one trigger."""
    given = {"job_type": "sync", "on_conflict": OnConflict.ATTACH, **order}
    return TriggerOrder(
        RunId(run), "trigger", 1, PROFILE, connection_id=connection, **given  # type: ignore[arg-type]
    )  # fmt: skip


@dataclass
class SlowTokens:
    """Credentials that take so long to be had when they are asked for the `slow`-th time."""

    clock: Clock
    slow: int
    seconds: float = 10.0

    async def authorization(self, send: Send) -> str | None:
        self.slow -= 1
        if self.slow == 0:
            await self.clock.sleep(self.seconds)
        return None

    def refused(self, authorization: str) -> bool:
        return False


@asynccontextmanager
async def rig(
    box: InProcess,
    clock: Clock,
    journal: Path | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    auth: Auth | None = None,
) -> AsyncIterator[Rig]:
    """Open a process on a sandbox."""
    rng = random.Random(1)
    door = Door(box.base_url, clock=clock, rng=rng, auth=auth, transport=transport or box.transport)
    client = Client(door, box.base_url)
    book = await Journal.open(journal, clock, rng=rng)
    try:
        yield Rig(box, clock, client, book, Trigger(client, book, clock), Canceller(client, clock))
    finally:
        await book.aclose()
        await door.aclose()


def in_a_sandbox(story: Callable[[Rig], Awaitable[None]], *faults: str, **options: object) -> None:
    """Play a story on a fresh sandbox in virtual time."""

    async def play() -> None:
        clock = virtual_clock()
        box = sandbox_in_process(clock, faults=faults, **options)
        async with rig(box, clock) as opened:
            await story(opened)

    run_virtual(play())


async def at(clock: Clock, seconds: float) -> None:
    """Let so much time pass."""
    await asyncio.sleep(0)
    await clock.sleep(seconds)
