"""What the feed costs and how late it is, against asking for each job at a fixed interval.

Jobs are triggered within a second; they last lognormally (median 300 s, sigma 0.9). The server is
the sandbox in this process, and all live in one virtual time: hours pass in seconds, and the
figures are exact for their seeds. Requests are those in the sandbox's own log but for the
triggers; a delay is from a job's end at the server to knowing of it here. All ask over a line of
the same slowness. ``python -m tests.benchmarks.bench_feed``, ``--json`` for a machine.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import statistics
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.applications import Starlette
from starlette.types import Message

from tests.benchmarks.common import Figure, alone, percentile
from tests.support.fleets import add_connection
from tests.support.sandbox import InProcess, sandbox_in_process
from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import SYNC, ConnectionId, JobId, Status, is_terminal
from workflow.airbyte.readings import FeedFact, ReadingTaken
from workflow.clock import Clock
from workflow.http.door import Door
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.model import Cause, JobType
from workflow.text import safe

SEEDS: Final[Mapping[int, int]] = {1: 60, 20: 5, 200: 3, 1_000: 1}
"""So many worlds of so many jobs: what is told is the median world, of one job the mean one."""
MEDIAN, SIGMA = 300.0, 0.9
LATENCY: Final = "latency:seconds=0.05s-0.25s"
BASELINE: Final = "every 3 s"
STEADY, EVERY = 500, 5.0
WATCHED: Final = 300.0
"""Seconds: as long as the feed goes without a sweep, so that there is one in them."""
MOST_A_MINUTE: Final = 40.0
SCREEN, HEADLESS = "feed, on screen", "feed, headless"

_PARTS: Final = {(200, SCREEN): 1 / 40, (1_000, SCREEN): 1 / 60, (1_000, HEADLESS): 1 / 100}
"""Of the baseline's requests: what the feed is held to, by jobs and way."""
_MEAN: Final = {200: 3.0}
_P95: Final = {200: 9.0, 1_000: 5.0}
_ALIKE: Final = 1.1
"""With one job, readings and delay are to be the baseline's, within ten per cent."""


@dataclass(frozen=True)
class Stage:
    """A server with connections, and the ways to it."""

    box: InProcess
    clock: Clock
    client: Client
    trigger: Client
    """A line of its own, so that nobody's readings wait for a budget that triggers have spent."""
    connections: tuple[ConnectionId, ...]
    rng: random.Random


Known = dict[JobId, float]
"""When each job's end came to be known."""
Way = Callable[[Stage], Awaitable[Known]]


@dataclass(frozen=True)
class Outcome:
    """What one way came to in one world."""

    requests: int
    delays: tuple[float, ...]
    lived: float
    """Seconds that the jobs lived, all together."""


@dataclass(frozen=True)
class Steady:
    """What it came to where jobs end all the time."""

    a_minute: float
    """Requests."""
    delays: tuple[float, ...]


def measure() -> Iterator[Figure]:
    """Measure each way at each size."""
    yield from _steady_figures([play_steady(seed) for seed in range(3)])
    for size, seeds in SEEDS.items():
        outcomes = {way: [play(way, size, seed) for seed in range(seeds)] for way in WAYS}
        for way in WAYS:
            yield from _figures(size, way, outcomes[way], outcomes[BASELINE])


def _steady_figures(outcomes: list[Steady]) -> Iterator[Figure]:
    case = f"{STEADY} jobs, one ending every {EVERY:g} s"
    rate = statistics.median([one.a_minute for one in outcomes])
    late = [delay for one in outcomes for delay in one.delays]
    yield Figure("feed", case, "requests a minute", rate, "", target=MOST_A_MINUTE)
    yield Figure("feed", case, "mean delay", statistics.fmean(late), "s")
    yield Figure("feed", case, "p95 delay", percentile(late, 0.95), "s")


def _figures(
    size: int, way: str, outcomes: list[Outcome], baseline: list[Outcome]
) -> Iterator[Figure]:
    case = f"{size:,} job{'s' if size > 1 else ''}, {way}"
    of_all = statistics.fmean if size == 1 else statistics.median
    requests, least = (of_all([one.requests for one in some]) for some in (outcomes, baseline))
    mean, usual = (
        of_all([statistics.fmean(one.delays) for one in some]) for some in (outcomes, baseline)
    )
    late = [delay for one in outcomes for delay in one.delays]
    fed = way in {SCREEN, HEADLESS}
    alike = _ALIKE if fed and size == 1 else None
    part = alike or _PARTS.get((size, way))
    yield Figure("feed", case, "requests", requests, "", requests / least, BASELINE, part, True)
    if alike is not None:
        yield Figure("feed", case, "mean delay", mean, "s", mean / usual, BASELINE, alike, True)
    else:
        most = _MEAN.get(size) if fed else None
        yield Figure("feed", case, "mean delay", mean, "s", mean / usual, BASELINE, most)
    most = _P95.get(size) if fed else None
    yield Figure("feed", case, "p95 delay", percentile(late, 0.95), "s", target=most)


def play(way: str, size: int, seed: int) -> Outcome:
    """Let so many jobs run from trigger to end, watched in that way."""
    return run_virtual(_play(WAYS[way], size, seed))


async def _play(watch: Way, size: int, seed: int) -> Outcome:
    clock, rng = virtual_clock(), random.Random(seed)
    box = sandbox_in_process(clock, connections=1, seed=seed, faults=(LATENCY,))
    connections = tuple(
        ConnectionId(add_connection(box.world, _behaviour(rng)).connection_id) for _ in range(size)
    )
    reading, triggering = (
        Door(box.base_url, clock=clock, rng=rng, transport=box.transport) for _ in range(2)
    )
    ways = Client(reading, box.base_url), Client(triggering, box.base_url)
    known = await watch(Stage(box, clock, *ways, connections, rng))
    requests = box.log.count() - box.log.count("createJob")
    await reading.aclose()
    await triggering.aclose()
    lives = {JobId(job.id): (job.history[0][1], job.history[-1][1]) for job in box.world.jobs}
    delays = tuple(when - lives[job][1] for job, when in known.items())
    return Outcome(requests, delays, sum(lives[job][1] - lives[job][0] for job in known))


def play_steady(seed: int) -> Steady:
    """Let one of many jobs end every few seconds, near its usual end, while somebody looks."""
    return run_virtual(_play_steady(seed))


async def _play_steady(seed: int) -> Steady:
    clock, rng = virtual_clock(), random.Random(seed)
    box = sandbox_in_process(clock, connections=1, seed=seed, faults=(LATENCY,))
    door = Door(box.base_url, clock=clock, rng=rng, transport=box.transport)
    feed = Feed(Client(door, box.base_url), clock=clock, rng=rng)
    known: Known = {}

    def hear(fact: FeedFact) -> None:
        if isinstance(fact, ReadingTaken) and fact.reading.job.is_terminal:
            known[fact.reading.job_id] = clock.now().timestamp()

    polling = asyncio.create_task(feed.run())
    await feed.cold_start()
    feed.looking = True
    for number in range(STEADY):
        lasts = 60.0 + number * EVERY
        behaviour = Behaviour(duration=lasts, spread=0.0, pending=2.0, past_jobs=0)
        connection = box.world.catalogue.connections[
            add_connection(box.world, behaviour).connection_id
        ]
        job = box.world.begin(connection, JobType.SYNC, Cause("colleague"))
        feed.track(JobId(job.id), ConnectionId(connection.id), timedelta(seconds=lasts))
    await clock.sleep(60.0)
    feed.subscribe(hear)
    box.log.clear()
    await clock.sleep(WATCHED)
    rate = box.log.count() / WATCHED * 60
    polling.cancel()
    await door.aclose()
    lives = {JobId(job.id): job.history[-1][1] for job in box.world.jobs}
    return Steady(rate, tuple(when - lives[job] for job, when in known.items()))


def _behaviour(rng: random.Random) -> Behaviour:
    lasts = rng.lognormvariate(math.log(MEDIAN), SIGMA)
    return Behaviour(duration=lasts, spread=0.0, pending=2.0, past_jobs=0)


# ------------------------------------------------------------------ the ways


def fixed(every: float) -> Way:
    """Ask for each job by itself, so many seconds after it was last asked for."""

    async def watch(stage: Stage) -> Known:
        async def one(connection_id: ConnectionId) -> tuple[JobId, float]:
            await stage.clock.sleep(stage.rng.uniform(0, 1))
            job_id = (await stage.trigger.create_job(connection_id, SYNC)).value.job_id
            due = stage.clock.monotonic()
            while True:
                due += every
                await stage.clock.sleep(due - stage.clock.monotonic())
                if is_terminal(await _status(stage.box.app, job_id)):
                    return job_id, stage.clock.now().timestamp()

        return dict(await asyncio.gather(*map(one, stage.connections)))

    return watch


async def _status(app: Starlette, job_id: JobId) -> Status:
    """Read a job's status past every HTTP client: there are hundreds of thousands of these."""
    path, body = f"/api/public/v1/jobs/{job_id}", b""

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal body
        body += message.get("body", b"")

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "headers": [], "scheme": "http", "root_path": ""}
    await app(scope | {"http_version": "1.1", "asgi": {"version": "3.0"}}, receive, send)
    return Status(safe(json.loads(body)["status"]))


def fed(*, looking: bool) -> Way:
    """Let the feed tell; `looking` as the deck does, which is open when the jobs are triggered."""

    async def watch(stage: Stage) -> Known:
        feed = Feed(stage.client, clock=stage.clock, rng=stage.rng)
        ours: set[JobId] = set()
        known: Known = {}
        all_known = asyncio.Event()

        def hear(fact: FeedFact) -> None:
            if not isinstance(fact, ReadingTaken) or fact.reading.job_id not in ours:
                return
            if fact.reading.job.is_terminal:
                known[fact.reading.job_id] = stage.clock.now().timestamp()
                if len(known) == len(stage.connections):
                    all_known.set()

        async def one(connection_id: ConnectionId) -> None:
            await stage.clock.sleep(stage.rng.uniform(0, 1))
            answer = await stage.trigger.create_job(connection_id, SYNC)
            ours.add(answer.value.job_id)
            feed.accept(answer.value, answer.left, answer.arrived, "post")
            feed.track(answer.value.job_id, connection_id)

        polling = asyncio.create_task(feed.run())
        if looking:
            await feed.cold_start()
            feed.looking = True
            await stage.clock.sleep(stage.rng.uniform(60, 120))
        stage.box.log.clear()
        feed.subscribe(hear)
        await asyncio.gather(*map(one, stage.connections))
        await all_known.wait()
        polling.cancel()
        return known

    return watch


WAYS: Final[Mapping[str, Way]] = {
    BASELINE: fixed(3.0),
    "every 10 s": fixed(10.0),
    HEADLESS: fed(looking=False),
    SCREEN: fed(looking=True),
}


if __name__ == "__main__":
    alone(__doc__, measure)
