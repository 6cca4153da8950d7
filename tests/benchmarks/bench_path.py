"""What a poll costs from end to end, against a bare httpx client that makes the same request.

``python -m tests.benchmarks.bench_path [--json]``. A whole fleet (driver, caller or feed, ledger,
journal on disk) runs a document over loopback against a sandbox in a process of its own, whose job
never ends. A poll is timed from the moment its pause is over to the moment its next one begins,
everything in between written down: only the pause itself is skipped. Between rounds a bare
``httpx.AsyncClient`` sends the feed's or the document's own request and reads the answer's JSON.
``plain`` is a document whose getJob goes over HTTP by itself, ``feed`` the shipped one.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import httpx

from tests.benchmarks.common import Figure, alone, median
from workflow import documents
from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.arazzo.document import load
from workflow.arazzo.program import compile_program
from workflow.clock import Clock, SystemClock
from workflow.http.door import Door
from workflow.http.meter import Budget
from workflow.runs.events import Event, StepStarted
from workflow.runs.fleet import Fleet
from workflow.runs.journal import Journal
from workflow.runs.launch import Order, Target
from workflow.runs.pacing import INTERVAL
from workflow.runs.programs import airbyte_description
from workflow.text import safe

TARGET: Final = 1.3
"""Times a bare request."""
ROUNDS: Final = 12
POLLS: Final = 100
"""In each round, of each."""
WARM: Final = 50
LIMIT: Final = 90.0
"""Seconds for everything, when something stands still."""

WORLD: Final = """
workspaces: [W]
connections:
  - name: endless
    source: mysql
    destination: snowflake
    behaviour:
      {duration: 1000h, spread: 0, rows: 4000000000000, flush: 0.1, pending: 0, past_jobs: 0}
"""
"""One connection whose job goes on, with other rows in every answer."""

SHIPPED: Final = documents.read("trigger-sync-and-poll").decode()
PLAIN: Final = SHIPPED.replace(
    "bytesSynced: $response.body#/bytesSynced", "answered: $response.header.date"
)
"""Reads a header of getJob's answer, so that no reading of the feed will do."""


class Skipping(SystemClock):
    """The machine's clock, but a poll's pause is over when the benchmark says so."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._skipped = 0.0
        self._turns = asyncio.Semaphore(0)

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    async def sleep(self, seconds: float) -> None:
        """Wait for the next turn instead; what is longer than any pause is nobody's poll."""
        if not 0 < seconds <= self._longest:
            await super().sleep(seconds)
            return
        await self._turns.acquire()
        self._skipped += seconds

    def turn(self) -> None:
        """End one pause, now or as soon as it begins."""
        self._turns.release()


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """Serve the world in a process of its own; gives its base URL."""
    world = folder / "world.yaml"
    world.write_text(WORLD)
    options = ("--port", "0", "--speed", "1000", "--world", str(world))
    command = [sys.executable, "-m", "tui", "sandbox", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class Polls:
    """Lets one poll after the other happen, and takes its time."""

    def __init__(self, fleet: Fleet, clock: Skipping) -> None:
        self._clock = clock
        self._begun = asyncio.Event()
        fleet.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event.fact, StepStarted) and event.fact.step == "pollJob":
            self._begun.set()

    async def first(self) -> None:
        """Wait until the document begins to poll."""
        await self._begun.wait()

    async def one(self) -> None:
        """Let a poll go, and wait until the next one has begun."""
        self._begun.clear()
        self._clock.turn()
        await self._begun.wait()


@asynccontextmanager
async def polling(
    base_url: str, folder: Path, text: str, ours: Clock, feeds: Clock
) -> AsyncIterator[Fleet]:
    """Begin to run a document on the world's connection; let it be at the end of the block."""
    rng, system = random.Random(1), SystemClock()
    program = compile_program(
        load(text.encode(), "bench").needed(), {"airbyteApi": airbyte_description()}
    )
    door = Door(base_url, clock=system, rng=rng, budget=Budget(per_minute=1_000_000))
    client = Client(door, base_url)
    journal = await Journal.open(folder / f"{program.digest[:8]}.db", system)
    fleet = Fleet(
        profile_name="bench",
        server=safe(base_url),
        client=client,
        feed=Feed(client, clock=feeds, rng=rng),
        journal=journal,
        clock=ours,
        rng=rng,
    )
    try:
        async with fleet:
            page = await client.list_connections()
            target = Target(str(page.value.items[0].connection_id), safe("endless"))
            await fleet.launch(Order((target,), program=program))
            yield fleet
    finally:
        await journal.aclose()
        await door.aclose()


Poll: TypeAlias = Callable[[], Awaitable[None]]


async def timed(poll: Poll, times: int) -> list[float]:
    """Return the seconds that each of so many polls took."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        await poll()
        spent.append(time.perf_counter() - began)
    return spent


async def compare(base_url: str, folder: Path, case: str) -> tuple[float, float]:
    """Return the medians of a poll and of a bare request in the quietest round, in seconds.

    They are taken in turns, so that a neighbour on this machine slows both.
    """
    system = SystemClock()
    skipping = Skipping(INTERVAL if case == "plain" else 3_600.0)
    text, ours, feeds = (
        (PLAIN, skipping, system) if case == "plain" else (SHIPPED, system, skipping)
    )
    rounds: list[tuple[float, float]] = []
    async with (
        asyncio.timeout(LIMIT),
        polling(base_url, folder, text, ours, feeds) as fleet,
        httpx.AsyncClient(base_url=base_url) as bare,
    ):
        polls = Polls(fleet, skipping)
        await polls.first()
        job_id = next(iter(fleet.runs.values())).job_id

        async def request() -> None:
            (await bare.get(f"/jobs/{job_id}")).json()

        for poll in (polls.one, request):
            await timed(poll, WARM)
        for _ in range(ROUNDS):
            both: tuple[list[float], list[float]] = ([], [])
            for _ in range(POLLS):
                both[0].extend(await timed(polls.one, 1))
                both[1].extend(await timed(request, 1))
            rounds.append((median(both[0]), median(both[1])))
    return min(rounds, key=sum)


def measure() -> Iterator[Figure]:
    """Measure both ways of polling."""
    with tempfile.TemporaryDirectory() as name, sandbox(Path(name)) as base_url:
        for case in ("plain", "feed"):
            path, bare = asyncio.run(compare(base_url, Path(name), case))
            yield Figure("path", case, "a bare request", bare * 1_000, "ms")
            yield Figure(
                "path",
                case,
                "a poll, end to end",
                path * 1_000,
                "ms",
                ratio=path / bare,
                against="a bare request",
                target=TARGET,
                on_ratio=True,
            )


if __name__ == "__main__":
    alone(__doc__, measure)
