"""What a poll costs from end to end, against a bare httpx client that makes the same request.

``python -m tests.benchmarks.bench_path [--json]``. A whole fleet (driver, caller or feed, ledger,
journal on disk) runs a document over loopback against a sandbox in a process of its own, whose job
never ends. A poll is timed from the moment its pause is over to the moment its next one begins and
every listener has been told; only the pause itself is skipped, and for everything that looks at a
clock it has passed, so that the journal writes as often as it does in life: what a poll only
repeats once a minute. After each poll a bare ``httpx.AsyncClient`` sends the feed's or the
document's own request and reads the answer's JSON. ``plain`` is a document whose getJob goes over
HTTP by itself, ``feed`` the shipped one. The target is for the median; the mean has in it the polls
that are written down, and those on which something else is due, such as the feed's sweep.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
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
ROUNDS: Final = 40
POLLS: Final = 60
"""In each round, of each."""
WARM: Final = 50
LONGEST: Final = 30.0
"""Seconds after which no further round is begun, however few there were."""
UNCHANGED: Final = 1.0
"""Seconds after which a poll has changed nothing, and another one is let go."""
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
        self._ahead = timedelta()
        self._turns = asyncio.Semaphore(0)
        self._pausing = asyncio.Event()
        self.begun = 0.0
        """When the latest pause began."""
        self.over = 0.0
        """When the latest pause was over."""

    def now(self) -> datetime:
        return super().now() + self._ahead

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped

    async def sleep(self, seconds: float) -> None:
        """Wait for the next turn instead; what is longer than any pause is nobody's poll."""
        if not 0 < seconds <= self._longest:
            await super().sleep(seconds)
            return
        self.begun = time.perf_counter()
        self._pausing.set()
        await self._turns.acquire()
        self._skipped += seconds
        self._ahead = timedelta(seconds=self._skipped)
        self.over = time.perf_counter()

    def turn(self) -> None:
        """End one pause, now or as soon as it begins."""
        self._pausing.clear()
        self._turns.release()

    async def paused(self) -> None:
        """Wait until the next pause has begun."""
        await self._pausing.wait()


class Following(SystemClock):
    """The same time for those who do not poll; they sleep as ever."""

    def __init__(self, skipping: Skipping) -> None:
        self._skipping = skipping

    def now(self) -> datetime:
        return self._skipping.now()

    def monotonic(self) -> float:
        return self._skipping.monotonic()


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
        self._heard = 0.0
        """When a listener was told that the latest one had begun."""
        fleet.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event.fact, StepStarted) and event.fact.step == "pollJob":
            self._heard = time.perf_counter()
            self._begun.set()

    async def first(self) -> None:
        """Wait until the document begins to poll."""
        await self._begun.wait()

    async def one(self) -> float:
        """Let a poll go, wait until the next one has begun to pause, and return its seconds."""
        self._begun.clear()
        while not self._begun.is_set():
            self._clock.turn()
            with suppress(TimeoutError):
                async with asyncio.timeout(UNCHANGED):
                    await self._begun.wait()
        await self._clock.paused()
        return max(self._heard, self._clock.begun) - self._clock.over


@asynccontextmanager
async def polling(
    base_url: str, folder: Path, text: str, ours: Clock, others: Clock, feeds: Clock
) -> AsyncIterator[Fleet]:
    """Begin to run a document on the world's connection; let it be at the end of the block."""
    rng = random.Random(1)
    program = compile_program(
        load(text.encode(), "bench").needed(), {"airbyteApi": airbyte_description()}
    )
    door = Door(base_url, clock=others, rng=rng, budget=Budget(per_minute=1_000_000))
    client = Client(door, base_url)
    journal = await Journal.open(folder / f"{program.digest[:8]}.db", others)
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


Round: TypeAlias = tuple[list[float], list[float]]
"""The seconds of its polls and of its bare requests, taken in turns."""


async def compare(base_url: str, folder: Path, case: str) -> Round:
    """Return the quietest round.

    A poll and a request take turns, so that a neighbour on this machine slows both.
    """
    skipping = Skipping(INTERVAL if case == "plain" else 3_600.0)
    others = Following(skipping)
    text, ours, feeds = (
        (PLAIN, skipping, others) if case == "plain" else (SHIPPED, others, skipping)
    )
    rounds: list[Round] = []
    async with (
        asyncio.timeout(LIMIT),
        polling(base_url, folder, text, ours, others, feeds) as fleet,
        httpx.AsyncClient(base_url=base_url) as bare,
    ):
        polls = Polls(fleet, skipping)
        await polls.first()
        job_id = next(iter(fleet.runs.values())).job_id

        async def request() -> float:
            began = time.perf_counter()
            (await bare.get(f"/jobs/{job_id}")).json()
            return time.perf_counter() - began

        for _ in range(WARM):
            await polls.one()
            await request()
        over = time.monotonic() + LONGEST
        while not rounds or (len(rounds) < ROUNDS and time.monotonic() < over):
            both: Round = ([], [])
            for _ in range(POLLS):
                both[0].append(await polls.one())
                both[1].append(await request())
            rounds.append(both)
    return min(rounds, key=lambda both: sum(map(median, both)))


def measure() -> Iterator[Figure]:
    """Measure both ways of polling."""
    with tempfile.TemporaryDirectory() as name, sandbox(Path(name)) as base_url:
        for case in ("plain", "feed"):
            polls, bare = asyncio.run(compare(base_url, Path(name), case))
            for what, middle, target in (
                ("end to end", median, TARGET),
                ("with what is seldom due, mean", statistics.fmean, None),
            ):
                yield Figure(
                    "path",
                    case,
                    f"a poll, {what}",
                    middle(polls) * 1_000,
                    "ms",
                    ratio=middle(polls) / middle(bare),
                    against="a bare request",
                    target=target,
                    on_ratio=True,
                )
            yield Figure("path", case, "a bare request", median(bare) * 1_000, "ms")


if __name__ == "__main__":
    alone(__doc__, measure)
