"""What a journal of many long runs costs: taking them up at a start, and forgetting them.

``python -m tests.benchmarks.bench_journal [--json]``. A file is filled with a thousand unfinished
runs of a thousand events each, as a deck that was killed leaves them: a snapshot of each, and what
happened in the five minutes since. A fleet takes them up from a server that does not answer.
*Folding every event* is measured on some of the runs and is what a start would be without
snapshots. Then the runs have ended long ago and are forgotten, while somebody writes: a write is
timed from being asked for to being committed, once in quiet and once beside the forgetting.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

import httpx

from tests.benchmarks.common import Figure, alone, median, percentile
from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.arazzo.turns import Response
from workflow.clock import SystemClock, rfc3339
from workflow.http.door import Door
from workflow.runs import snapshots
from workflow.runs.events import (
    Event,
    Fact,
    ReadingTaken,
    RunCreated,
    RunId,
    RunWaiting,
    StepFinished,
    StepStarted,
    TriggerSettled,
)
from workflow.runs.fleet import Fleet
from workflow.runs.folding import replay
from workflow.runs.journal import Journal, Retention
from workflow.runs.programs import trigger_and_poll
from workflow.runs.terms import Checkpoint, Terms
from workflow.runs.wire import to_json
from workflow.text import safe

RUNS: Final = 1_000
EVENTS: Final = 1_000
SINCE: Final = 15
"""Events since the latest snapshot: five minutes of a job that is polled, the most there are."""
SAMPLE: Final = 10
"""Runs of which every event is folded."""
WRITES: Final = 100
MOST_CPU: Final = 2.0
MOST_LAG: Final = 100.0
NOBODY: Final = "http://127.0.0.1:9/api/public/v1"
_NAME: Final = "0123456789"
"""Stands for a run's own part of its ids in what all runs have alike."""
_JOB: Final = {"jobId": 7, "status": "running", "jobType": "sync", "connectionId": f"c-{_NAME}"}


def facts() -> Iterator[Fact]:
    """Give what happens to a run whose job does not end."""
    yield RunCreated("bench", "w", ("triggerJob", "pollJob"), "stripe", "sync", server=NOBODY)
    yield RunWaiting("slot")
    yield StepStarted("triggerJob", 1, 1, 2)
    yield TriggerSettled("started", 7)
    yield StepFinished("triggerJob", 1, True, 200, 30)
    visit = 1
    while True:
        yield StepStarted("pollJob", visit, 2, 2)
        yield ReadingTaken(7, "running", visit * 100, visit * 10_000)
        yield StepFinished("pollJob", visit, True, 200, 3)
        visit += 1


def story(events: int) -> list[Event]:
    """Return so many events of a run, the last of them a moment ago."""
    run, now = RunId(f"r-{_NAME}"), datetime.now(UTC)
    return [
        Event(now - timedelta(seconds=20 * (events - n)), n + 1, fact, run, None, f"c-{_NAME}")
        for n, fact in enumerate(islice(facts(), events))
    ]


def checkpoint() -> str:
    """Return where a run stands that polls."""
    program = trigger_and_poll()
    inputs = {"connectionId": f"c-{_NAME}", "jobType": "sync"}
    turn = program.advance(program.start(inputs).state, Response(200, {}, _JOB))
    terms = Terms(inputs=inputs, digest=program.digest)
    return json.dumps(Checkpoint(terms, machine=program.dump(turn.state)).to_json())


def fill(path: Path, told: list[Event]) -> None:
    """Write the runs as the journal would have, in one go."""
    first, last = rfc3339(told[0].time), rfc3339(told[-1].time)
    rows = [(e.seq, rfc3339(e.time), e.fact.kind, json.dumps(to_json(e))) for e in told]
    before = told[:-SINCE]
    snapshot, saved = json.dumps(snapshots.dump(replay(before))), checkpoint()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        db.execute("BEGIN")
        for number in range(RUNS):
            name = f"{number:010}"
            run = f"r-{name}"
            db.execute(
                "INSERT INTO runs (run, profile, connection_id, created, updated, seq, job_id,"
                " status, checkpoint) VALUES (?, 'bench', ?, ?, ?, ?, 7, 'running', ?)",
                (run, f"c-{name}", first, last, len(told), saved.replace(_NAME, name)),
            )
            db.execute(
                "INSERT INTO snapshots VALUES (?, ?, ?, ?)",
                (run, before[-1].seq, snapshots.FORM, snapshot.replace(_NAME, name)),
            )
            db.execute(
                "INSERT INTO intents (run, step, visit, profile, connection_id, owner, state,"
                " since, job_type, base, look, how, job_id, suspects)"
                " VALUES (?, 'triggerJob', 1, 'bench', ?, 'x', 'closed', ?, 'sync', 3, 300,"
                " 'started', 7, '[]')",
                (run, f"c-{name}", first),
            )
            db.executemany(
                "INSERT INTO events (run, profile, seq, time, kind, body)"
                " VALUES (?, 'bench', ?, ?, ?, ?)",
                [(run, seq, at, kind, body.replace(_NAME, name)) for seq, at, kind, body in rows],
            )
        db.execute("COMMIT")


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Journal]:
    """Open the journal for as long as the block lasts."""
    journal = await Journal.open(path, SystemClock())
    try:
        yield journal
    finally:
        await journal.aclose()


async def fold_all(journal: Journal) -> float:
    """Return the seconds of CPU that folding every event of all runs would take."""
    began = time.process_time()
    for number in range(SAMPLE):
        replay(list(await journal.events(RunId(f"r-{number:010}"))))
    return (time.process_time() - began) * RUNS / SAMPLE


async def take_up(journal: Journal) -> tuple[float, list[float]]:
    """Return the seconds of CPU that taking up all runs takes, and how late the loop was."""

    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(3_600)
        raise AssertionError(request)

    clock, rng = SystemClock(), random.Random(1)
    door = Door(NOBODY, clock=clock, rng=rng, transport=httpx.MockTransport(never))
    client = Client(door, NOBODY)
    feed = Feed(client, clock=clock, rng=rng)
    fleet = Fleet(
        profile_name="bench",
        server=safe(NOBODY),
        client=client,
        feed=feed,
        journal=journal,
        clock=clock,
        rng=rng,
    )
    late: list[float] = []
    watching = asyncio.create_task(watch(late))
    began = time.process_time()
    await fleet.start()
    spent = time.process_time() - began
    watching.cancel()
    taken = sum(state.job_id == 7 for state in fleet.runs.values())
    await fleet.close()
    await door.aclose()
    if taken != RUNS:
        raise AssertionError(f"{taken} of {RUNS} runs were taken up")
    return spent, late


async def watch(late: list[float]) -> None:
    """Note how late the loop comes to what is due in 10 ms, the waits for a core left out."""
    while True:
        due, used = time.perf_counter() + 0.01, time.process_time()
        await asyncio.sleep(0.01)
        late.append(min(time.perf_counter() - due, time.process_time() - used))


async def forget(journal: Journal) -> tuple[list[float], list[float]]:
    """Return how long a write takes in quiet, and while everything is forgotten; in seconds."""
    long_ago = rfc3339(datetime.now(UTC) - timedelta(days=400))
    end = "UPDATE runs SET verdict = 'succeeded', ended = ?, owner = NULL"
    await journal._threads.now(lambda db: db.execute(end, (long_ago,)), durable=False)
    numbers = iter(range(1, 1_000_000))

    async def write() -> None:
        seq = next(numbers)
        told = Event(datetime.now(UTC), seq, RunWaiting("slot"), RunId("r-writer"), None, None)
        await journal.append([told], profile="bench")

    quiet = [await timed(write) for _ in range(WRITES)]
    forgetting = asyncio.create_task(journal.retain(Retention()))
    beside: list[float] = []
    while not forgetting.done():
        beside.append(await timed(write))
        await asyncio.sleep(0.005)
    if await forgetting != RUNS:
        raise AssertionError("not everything was forgotten")
    return quiet, beside


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def size(path: Path) -> float:
    """Return how many MiB a file has."""
    return path.stat().st_size / 2**20


async def figures(path: Path, events: int) -> list[Figure]:
    """Fill a journal and measure it."""
    async with opened(path):
        pass
    await asyncio.to_thread(fill, path, story(events))
    async with opened(path) as journal:
        every = await fold_all(journal)
        spent, late = await take_up(journal)
        before = size(path)
        quiet, beside = await forget(journal)
        after = size(path)
    case = f"{RUNS:,} runs of {events:,} events"
    return [
        Figure("journal", case, "folding every event, CPU", every, "s"),
        Figure(
            "journal",
            case,
            "taking up all runs, CPU",
            spent,
            "s",
            ratio=spent / every,
            against="folding every event",
            target=MOST_CPU,
        ),
        Figure("journal", case, "lag p99", percentile(late, 0.99) * 1e3, "ms", target=MOST_LAG),
        Figure("journal", case, "a write in quiet", median(quiet) * 1e3, "ms"),
        Figure(
            "journal",
            case,
            "a write while all is forgotten, p99",
            percentile(beside, 0.99) * 1e3,
            "ms",
            ratio=percentile(beside, 0.99) / median(quiet),
            against="in quiet",
            target=MOST_LAG,
        ),
        Figure("journal", case, "the file then", after, "MiB", after / before, "the file before"),
    ]


def measure(events: int = EVENTS) -> list[Figure]:
    """Measure runs of so many events each."""
    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(figures(Path(name) / "journal.db", events))


if __name__ == "__main__":
    alone(__doc__, measure)
