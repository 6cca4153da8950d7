"""Client and feed on the whole sandbox: over real sockets, and for hours in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tests.support.sandbox import InProcess, running_sandbox, sandbox_in_process
from tests.support.virtual_time import clock, run_virtual
from workflow.airbyte.auth import auth_for
from workflow.airbyte.client import Client
from workflow.airbyte.credentials import ClientCredentials, Credentials, NoAuth, Secret
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import REFRESH, RUNNING, SYNC, ConnectionId, JobId
from workflow.airbyte.problems import ApiProblem, ProblemKind
from workflow.airbyte.readings import FeedFact, PollFailed, ReadingTaken
from workflow.clock import SystemClock
from workflow.http.door import Door
from workflow.http.failures import NetworkFailure
from workflow.sandbox.auth import FIXED_CLIENT_ID, FIXED_CLIENT_SECRET

RIGHT = ClientCredentials(FIXED_CLIENT_ID, Secret(FIXED_CLIENT_SECRET))


@asynccontextmanager
async def client_of(base_url: str, credentials: Credentials | None = None) -> AsyncIterator[Client]:
    now = SystemClock()
    auth = auth_for(credentials or NoAuth(), base_url, now)
    door = Door(base_url, clock=now, rng=random.Random(1), auth=auth)
    try:
        yield Client(door, base_url)
    finally:
        await door.aclose()


async def test_all_230_connections_are_seen_with_a_token() -> None:
    with running_sandbox(connections=230, auth=True) as server:
        async with client_of(server.base_url, RIGHT) as client:
            pages = [page async for page in client.all_connections()]

    assert [page.size for page in pages] == [100, 100, 30]
    assert len({item.connection_id for page in pages for item in page.items}) == 230
    assert not any(page.unreadable for page in pages)


async def test_a_wrong_secret_is_said_clearly() -> None:
    wrong = ClientCredentials(FIXED_CLIENT_ID, Secret("canary"))
    with running_sandbox(auth=True) as server:
        async with client_of(server.base_url, wrong) as client:
            with pytest.raises(
                ApiProblem, match="client id and secret were not accepted"
            ) as caught:
                await client.list_workspaces()

    assert "canary" not in str(caught.value)


async def test_revoked_tokens_are_replaced_without_anybody_noticing() -> None:
    with running_sandbox(auth=True) as server:
        async with client_of(server.base_url, RIGHT) as client:
            await client.list_workspaces()
            server.auth.revoke_all()
            assert (await client.list_workspaces()).status == 200


async def test_a_refresh_and_an_unknown_connection_are_refused_in_words() -> None:
    with running_sandbox() as server:
        async with client_of(server.base_url) as client:
            connection = await active(client)
            with pytest.raises(ApiProblem) as refresh:
                await client.create_job(connection, REFRESH)
            with pytest.raises(ApiProblem) as unknown:
                await client.get_connection(ConnectionId("00000000-0000-0000-0000-000000000000"))

    assert refresh.value.kind is ProblemKind.UNPROCESSABLE
    assert "not supported" in refresh.value.sentence
    assert unknown.value.kind in {ProblemKind.NOT_FOUND, ProblemKind.FORBIDDEN}


async def test_a_trigger_while_a_job_runs_is_told_to_try_again_later() -> None:
    with running_sandbox(speed=20.0) as server:
        async with client_of(server.base_url) as client:
            connection = await active(client)
            feed = Feed(client, clock=SystemClock(), rng=random.Random(1))
            job_id = (await client.create_job(connection, SYNC)).value.job_id
            feed.track(job_id)
            polling = asyncio.create_task(feed.run())
            serial = None
            while (reading := await feed.next_reading(job_id, serial, 5)).status != RUNNING:
                serial = reading.serial
            with pytest.raises(ApiProblem) as caught:
                await client.create_job(connection, SYNC)
            polling.cancel()

    assert caught.value.kind is ProblemKind.TRY_AGAIN_LATER


async def active(client: Client) -> ConnectionId:
    async for page in client.all_connections():
        for connection in page.items:
            if connection.is_active:
                return connection.connection_id
    raise AssertionError("the sandbox has an active connection")


async def test_a_job_is_followed_to_its_end_over_a_socket() -> None:
    with running_sandbox(speed=2_000.0) as server:
        async with client_of(server.base_url) as client:
            feed = Feed(client, clock=SystemClock(), rng=random.Random(1))
            answer = await client.create_job(await active(client), SYNC)
            job_id = answer.value.job_id
            feed.accept(answer.value, answer.left, answer.arrived, "post")
            feed.track(job_id)
            polling = asyncio.create_task(feed.run())
            serial = None
            while not (reading := await feed.next_reading(job_id, serial, 30)).job.is_terminal:
                serial = reading.serial
            polling.cancel()
            truth = server.world.jobs.get(job_id)

    assert truth is not None
    assert reading.status == truth.status.value


@pytest.mark.parametrize(
    "fault",
    [
        "garbage:body=html",
        "garbage:body=broken",
        "garbage:body=binary",
        "cut-before",
        "cut-after",
        "cut-body",
        "server-error:status=502,body=html",
        "server-error:status=500,body=older",
        "server-error:status=503,body=empty",
        "rate-limit:retry_after=1",
    ],
)
async def test_every_fault_on_the_line_is_one_sentence(fault: str) -> None:
    with running_sandbox(faults=(fault,)) as server:
        async with client_of(server.base_url) as client:
            with pytest.raises((ApiProblem, NetworkFailure)) as caught:
                await client.get_job(JobId(1_001), replay="never")

    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    assert "job" in said


# ------------------------------------------------------------------ hours in virtual time


class Listening:
    """What a feed told, job by job."""

    def __init__(self, feed: Feed) -> None:
        self.timelines: dict[JobId, list[str]] = {}
        self.failures = 0
        feed.subscribe(self)

    def __call__(self, fact: FeedFact) -> None:
        if isinstance(fact, ReadingTaken):
            told = self.timelines.setdefault(fact.reading.job_id, [])
            if not told or told[-1] != fact.reading.status:
                told.append(fact.reading.status)
        self.failures += isinstance(fact, PollFailed)


async def watch_a_day(sandbox: InProcess, seconds: float) -> tuple[Listening, list[JobId]]:
    """Trigger every active connection, track what comes of it, and look on for so long."""
    now = clock()
    door = Door(sandbox.base_url, clock=now, rng=random.Random(1), transport=sandbox.transport)
    client = Client(door, sandbox.base_url)
    feed = Feed(client, clock=now, rng=random.Random(1))
    told = Listening(feed)
    polling = asyncio.create_task(feed.run())
    tracked: list[JobId] = []
    connections = [item async for page in client.all_connections() for item in page.items]
    for connection in connections:
        if not connection.is_active:
            continue
        try:
            answer = await client.create_job(connection.connection_id, SYNC)
        except (ApiProblem, NetworkFailure):
            continue
        feed.accept(answer.value, answer.left, answer.arrived, "post")
        feed.track(answer.value.job_id)
        tracked.append(answer.value.job_id)
    feed.looking = True
    await asyncio.sleep(seconds)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    await door.aclose()
    return told, tracked


def is_subsequence(told: Sequence[str], true: Sequence[str]) -> bool:
    rest = iter(true)
    return all(status in rest for status in told)


FAULTS = [
    (),
    ("rate-limit:endpoint=listJobs,probability=0.3",),
    ("date-offset:seconds=-3600s", "writer-skew:seconds=4s"),
    ("late-commit:seconds=6s", "latency:seconds=0.5s-3s"),
    ("writer-skew:seconds=45s", "cut-body:endpoint=listJobs,probability=0.2"),
    ("no-date", "garbage:endpoint=listJobs,probability=0.2", "wrong-next"),
]


@pytest.mark.parametrize("faults", FAULTS, ids=[" ".join(names) or "none" for names in FAULTS])
def test_every_timeline_is_a_subsequence_of_the_sandboxs_own_with_the_same_end(
    faults: tuple[str, ...],
) -> None:
    async def day() -> None:
        sandbox = sandbox_in_process(clock(), seed=3, faults=faults)
        told, tracked = await watch_a_day(sandbox, 4_500)
        assert tracked
        for job_id, timeline in told.timelines.items():
            truth = sandbox.world.jobs.get(job_id)
            assert truth is not None
            history = [str(status.value) for status, _ in truth.history]
            assert is_subsequence(timeline, history), (job_id, timeline, history)
            if job_id in tracked:
                assert timeline[-1] == history[-1], (job_id, timeline, history)

    run_virtual(day())
