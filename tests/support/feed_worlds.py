"""Short worlds for the feed: the real sandbox, its faults on, and what the feed told of each job.

:func:`live_through` makes a world of a seed and lets it happen in virtual time; :func:`broken`
judges what was told by the server's own books: a job's history, when each of its states could be
seen, and the log of requests. Lists have ten rows a page, so that small worlds have many pages.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple
from urllib.parse import parse_qs

import httpx

from tests.support.fleets import add_connection
from tests.support.sandbox import InProcess, sandbox_in_process
from tests.support.virtual_time import clock as virtual_clock
from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import JobId
from workflow.airbyte.problems import ApiProblem
from workflow.airbyte.readings import FeedFact, ReadingTaken
from workflow.clock import Clock
from workflow.http.door import Door
from workflow.http.failures import NetworkFailure
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.faults import parse_fault
from workflow.sandbox.jobs import Job
from workflow.sandbox.log import LoggedRequest
from workflow.sandbox.model import Cause, ConnectionId, JobStatus, JobType

ROWS: Final = 10
"""Rows of a page; :mod:`~workflow.airbyte.passes` is to be told."""
LONGEST: Final = 15 * 1.1 + 4
"""Seconds between two looks when nothing fails: the longest interval, and the pages of a pass."""
_SETTLE: Final = 700.0
"""Two sweeps and a bit, after everything has ended and nothing fails any more."""

_CLOCKS: Final = (
    ("writer-skew:seconds=2s",),
    ("late-commit:seconds=0s-4s",),
    ("writer-skew:seconds=2s", "late-commit:seconds=0s-3s,probability=0.5"),
    ("date-offset:seconds=90s",),
    ("date-offset:seconds=-7200s", "late-commit:seconds=0s-2s"),
    ("no-date", "writer-skew:seconds=2s"),
)
"""What the overlap covers."""
_WILD: Final = (
    ("writer-skew:seconds=40s",),
    ("late-commit:seconds=5s-60s,probability=0.5",),
    ("writer-skew:seconds=200s", "late-commit:seconds=0s-20s", "date-offset:seconds=-90s"),
)
"""What only a sweep finds."""
_FAILURES: Final = (
    "rate-limit:endpoint=listJobs,probability={p}",
    "rate-limit:probability={p},retry_after=9",
    "server-error:status=503,body=html,probability={p}",
    "cut-body:probability={p}",
    "garbage:probability={p}",
)


@dataclass(frozen=True)
class Plan:
    """A world before it begins."""

    seed: int
    jobs: int
    faults: tuple[str, ...]
    fails: bool
    wild: bool
    """Clocks differ by more than the overlap covers."""
    others: bool
    """Somebody else's answers come in between, late and out of order."""
    looking: bool


def planned(seed: int, *, wild: bool | None = None, fails: bool | None = None) -> Plan:
    """Draw a world; what is given is not drawn."""
    rng = random.Random(f"plan {seed}")
    wild = rng.random() < 0.3 if wild is None else wild
    fails = rng.random() < 0.6 if fails is None else fails
    others = rng.random() < 0.3
    faults = ["latency:seconds=0.02s-0.4s", *rng.choice(_WILD if wild else _CLOCKS)]
    if fails:
        chosen = rng.sample(_FAILURES, k=2)
        faults += [one.format(p=rng.choice((0.05, 0.3, 0.7))) for one in chosen]
    if others:
        faults.append("slow:endpoint=getJob,probability=0.4,seconds=0.1s-12s")
    jobs = rng.choice((1, 2, 3, 8, 15, 35))
    return Plan(seed, jobs, tuple(faults), fails, wild, others, rng.random() < 0.4)


class State(NamedTuple):
    """A status of a job, and from when to when it could be seen at the server."""

    status: str
    since: float
    until: float


@dataclass
class Lived:
    """A world that is over."""

    plan: Plan
    box: InProcess
    tracked_at: dict[JobId, float] = field(default_factory=dict)
    told: dict[JobId, list[str]] = field(default_factory=lambda: defaultdict(list))
    visible: dict[JobId, list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))
    over_at: float = 0.0

    def history(self, job_id: JobId) -> list[str]:
        """Every status the job went through."""
        job = self.box.world.jobs.get(job_id)
        assert job is not None
        return [status.value for status, _ in job.history]

    def states(self, job_id: JobId) -> Iterator[State]:
        """What could be seen of a job."""
        ends = (*self.visible[job_id], ("", self.over_at))
        for (status, since), (_, until) in pairwise(ends):
            yield State(status, since, until)

    def hear(self, fact: FeedFact) -> None:
        """Note what the feed tells."""
        if isinstance(fact, ReadingTaken):
            told = self.told[fact.reading.job_id]
            if told[-1:] != [fact.reading.status]:
                told.append(fact.reading.status)

    def looks(self, job_id: JobId) -> Iterator[tuple[float, float]]:
        """From when to when the feed looked, successfully, at all that has news, or at the job."""
        running: list[LoggedRequest] = []
        for entry in self.box.log:
            if entry.user_agent == _OTHER:
                continue
            query = parse_qs(entry.query)
            if entry.endpoint == "getJob" and entry.path.endswith(f"/{job_id}") and _good(entry):
                yield entry.arrived, entry.answered
            if entry.endpoint == "listJobs" and "updatedAtStart" in query and "status" not in query:
                if query.get("offset", ["0"]) == ["0"]:
                    if running and all(map(_good, running)):
                        yield running[0].arrived, running[-1].answered
                    running = []
                running.append(entry)


_OTHER: Final = "somebody else"
_SPOILED: Final = frozenset({"cut-body", "garbage"})


def _good(entry: LoggedRequest) -> bool:
    return entry.status == 200 and not _SPOILED & set(entry.faults)


class _ShortPages(httpx.AsyncBaseTransport):
    """Asks for few rows at a time, and signs."""

    def __init__(self, inner: httpx.AsyncBaseTransport, signed: str) -> None:
        self._inner = inner
        self._signed = signed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if "limit" in url.params:
            url = url.copy_set_param("limit", ROWS)
        headers = {**request.headers, "user-agent": self._signed}
        return await self._inner.handle_async_request(
            httpx.Request(request.method, url, headers=headers, extensions=request.extensions)
        )


# ------------------------------------------------------------------ living through one


async def live_through(plan: Plan) -> Lived:
    """Let a world happen, from before its first job until long after its last."""
    clock, rng = virtual_clock(), random.Random(plan.seed)
    box = sandbox_in_process(
        clock, connections=1, seed=plan.seed, capacity=rng.choice((None, None, 5))
    )
    lived = Lived(plan, box)
    _watch_commits(lived)
    client, other = _client(box, clock, rng, "the feed"), _client(box, clock, rng, _OTHER)
    feed = Feed(client, clock=clock, rng=rng)
    feed.looking = plan.looking
    feed.subscribe(lived.hear)
    polling = asyncio.create_task(feed.run())
    await clock.sleep(5.0)
    numbers = [box.faults.add(parse_fault(fault)) for fault in plan.faults]
    talking = asyncio.create_task(_others(lived, other, feed, clock, rng))
    await asyncio.gather(*(_one(lived, feed, clock, rng) for _ in range(plan.jobs)))
    while any(not job.ended for job in _jobs(lived)):
        await clock.sleep(20.0)
        box.world.advance(clock.now().timestamp())
    talking.cancel()
    for number in numbers:
        box.faults.remove(number)
    await clock.sleep(_SETTLE)
    box.world.advance(clock.now().timestamp())
    lived.over_at = clock.now().timestamp()
    polling.cancel()
    with suppress(asyncio.CancelledError):
        await talking
    await client.door.aclose()
    await other.door.aclose()
    return lived


def _client(box: InProcess, clock: Clock, rng: random.Random, signed: str) -> Client:
    transport = _ShortPages(box.transport, signed)
    return Client(Door(box.base_url, clock=clock, rng=rng, transport=transport), box.base_url)


def _watch_commits(lived: Lived) -> None:
    """Note when each state of a job comes to be seen."""
    table, life = lived.box.world.jobs, lived.box.world.life
    publish = table.publish

    def noting(job: Job, status: JobStatus, stamp: float) -> None:
        lived.visible[JobId(job.id)].append((status.value, life.now))
        publish(job, status, stamp)

    table.publish = noting  # type: ignore[method-assign]


def _behaviour(rng: random.Random) -> Behaviour:
    """Draw a job that goes through states of very different lengths, shorter than a look too."""
    return Behaviour(
        duration=rng.choice((0.5, 3.0, 15.0, 60.0, 150.0)),
        pending=rng.choice((0.2, 2.0, 25.0)),
        first_failures=rng.choice((0, 0, 1, 3)),
        failure_chance=rng.choice((0.0, 0.5)),
        max_attempts=4,
        backoff=rng.choice((0.3, 5.0, 25.0)),
        past_jobs=0,
    )


async def _one(lived: Lived, feed: Feed, clock: Clock, rng: random.Random) -> None:
    """Let a job begin, and sometimes be cancelled; the feed is told soon after."""
    world = lived.box.world
    behaviour, late = _behaviour(rng), rng.choice((0.0, 0.1, 2.0))
    target = ConnectionId(add_connection(world, behaviour).connection_id)
    await clock.sleep(rng.uniform(0, 120))
    world.advance(clock.now().timestamp())
    job = world.begin(world.catalogue.connections[target], JobType.SYNC, Cause("colleague"))
    await clock.sleep(late)
    lived.tracked_at[JobId(job.id)] = clock.now().timestamp()
    feed.track(JobId(job.id))
    if rng.random() < 0.3:
        await clock.sleep(rng.uniform(0, 60))
        world.advance(clock.now().timestamp())
        world.cancel_on(target)


async def _others(
    lived: Lived, client: Client, feed: Feed, clock: Clock, rng: random.Random
) -> None:
    """Ask for jobs as somebody else would, and hand over the answers when they come."""

    async def ask(job_id: JobId) -> None:
        with suppress(ApiProblem, NetworkFailure):
            answer = await client.get_job(job_id, replay="never")
            feed.accept(answer.value, answer.left, answer.arrived, "get_job")

    asked: set[asyncio.Task[None]] = set()
    while lived.plan.others:
        await clock.sleep(rng.expovariate(1 / 4.0))
        if lived.tracked_at:
            task = asyncio.create_task(ask(rng.choice(list(lived.tracked_at))))
            asked.add(task)
            task.add_done_callback(asked.discard)


def _jobs(lived: Lived) -> list[Job]:
    # A job whose commit is late is not in the table yet: then its visible states are none.
    found = [lived.box.world.jobs.get(job_id) for job_id in lived.tracked_at]
    return [job for job in found if job is not None]


# ------------------------------------------------------------------ judging


def broken(lived: Lived) -> list[str]:
    """Return which promises were broken, in words."""
    faults: list[str] = []
    for job_id in lived.tracked_at:
        told, history = lived.told.get(job_id, []), lived.history(job_id)
        rest = iter(history)
        if not all(status in rest for status in told):
            faults.append(f"job {job_id} is told as {told} and went {history}")
        if told[-1:] != history[-1:]:
            faults.append(f"job {job_id} is last told as {told[-1:]} and went {history}")
        faults += _unseen(lived, job_id, told)
    return [f"{fault} in {lived.plan}" for fault in faults]


def _unseen(lived: Lived, job_id: JobId, told: list[str]) -> Iterator[str]:
    """Find states that were missed although a look, or time enough for one, fell in them.

    Answers of somebody else that come late may rightly stand in a look's way.
    """
    if lived.plan.wild or lived.plan.others:
        return
    looks = list(lived.looks(job_id))
    tracked = lived.tracked_at[job_id]
    for state in lived.states(job_id):
        since = max(state.since, tracked)
        looked = any(since <= begin and end < state.until for begin, end in looks)
        outlasted = not lived.plan.fails and state.until - since > LONGEST
        if (looked or outlasted) and state.status not in told:
            yield f"job {job_id} is told as {told} and was {state}"
