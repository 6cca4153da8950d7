"""The loop around the planner: readings handed out, failures told, wishes heard. Virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from typing import TypeVar

import httpx
import pytest

from tests.support.virtual_time import START, clock, run_virtual
from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import RUNNING, SUCCEEDED, JobId, WorkspaceId
from workflow.airbyte.parsing import parse_job
from workflow.airbyte.readings import (
    ColdStartDone,
    FeedFact,
    JobGone,
    PollFailed,
    PollRecovered,
    RateChanged,
    ReadingTaken,
)
from workflow.clock import LoopClock
from workflow.http.door import Door
from workflow.http.strict_json import Json
from workflow.text import SafeText

BASE = "https://airbyte.example.com/api/public/v1"
ONE, TWO = JobId(1), JobId(2)
ResultT = TypeVar("ResultT")


class Server:
    """Jobs that run until told, with as many rows as seconds have passed."""

    def __init__(self) -> None:
        self.ends: dict[int, float] = {1: 1e9}
        self.broken: httpx.Response | httpx.TransportError | None = None
        self.asked: list[httpx.URL] = []
        self.latency = 0.05

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.latency)
        self.asked.append(request.url)
        if isinstance(self.broken, httpx.TransportError):
            raise self.broken
        if self.broken is not None:
            return self.broken
        now = asyncio.get_running_loop().time()
        number = request.url.path.rpartition("/")[2]
        if number == "jobs":
            status = request.url.params.get("status")
            rows = [self.row(job, now) for job in self.ends]
            return httpx.Response(
                200, json={"data": [row for row in rows if status in {None, row["status"]}]}
            )
        if int(number) not in self.ends:
            return httpx.Response(404, json={"title": "resource-not-found"})
        return httpx.Response(200, json=self.row(int(number), now))

    def row(self, number: int, now: float) -> dict[str, Json]:
        end = self.ends[number]
        last = START + timedelta(seconds=min(now, end))
        ended: dict[str, Json] = {"lastUpdatedAt": last.isoformat()} if now >= end else {}
        return {
            "jobId": number,
            "connectionId": f"c{number}",
            "jobType": "sync",
            "status": "succeeded" if now >= end else "running",
            "startTime": START.isoformat(),
            "rowsSynced": int(min(now, end)),
            **ended,
        }


Story = Callable[[Feed, Server], Coroutine[None, None, ResultT]]


def tell(story: Story[ResultT], server: Server | None = None) -> ResultT:
    """Run a story with a feed that polls, in virtual time."""

    async def run() -> ResultT:
        world = Server() if server is None else server
        async with polling(world, clock()) as feed:
            return await story(feed, world)

    return run_virtual(run())


@asynccontextmanager
async def polling(server: Server, now: LoopClock) -> AsyncIterator[Feed]:
    transport = httpx.MockTransport(server)
    door = Door(BASE, clock=now, rng=random.Random(1), transport=transport)
    feed = Feed(
        Client(door, BASE), clock=now, rng=random.Random(1), workspace_ids=[WorkspaceId("w1")]
    )
    task = asyncio.create_task(feed.run())
    try:
        yield feed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await door.aclose()


def test_a_tracked_job_is_read_until_it_ends() -> None:
    async def story(feed: Feed, server: Server) -> list[tuple[str, int | None]]:
        server.ends[1] = 10
        feed.track(ONE)
        seen = []
        serial = None
        while True:
            reading = await feed.next_reading(ONE, serial, heartbeat=60)
            serial = reading.serial
            seen.append((str(reading.status), reading.job.rows_synced))
            if reading.job.is_terminal:
                return seen

    seen = tell(story)

    assert [status for status, _ in seen] == ["running"] * (len(seen) - 1) + ["succeeded"]
    assert seen[-1] == ("succeeded", 10)
    assert 4 <= len(seen) <= 6


def test_a_heartbeat_gives_the_last_reading_again() -> None:
    async def story(feed: Feed, server: Server) -> tuple[float, bool]:
        server.ends[1] = 0
        feed.track(ONE)
        first = await feed.next_reading(ONE, None, heartbeat=15)
        loop = asyncio.get_running_loop()
        before = loop.time()
        again = await feed.next_reading(ONE, first.serial, heartbeat=15)
        return loop.time() - before, again is first

    assert tell(story) == (15, True)


def test_whoever_waits_without_a_reading_waits_on_past_the_heartbeat() -> None:
    async def story(feed: Feed, server: Server) -> float:
        server.broken = httpx.Response(503)
        feed.track(ONE)
        waiting = asyncio.create_task(feed.next_reading(ONE, None, heartbeat=1))
        await asyncio.sleep(100)
        assert not waiting.done()
        server.broken = None
        return (await waiting).left.timestamp() - START.timestamp()

    assert tell(story) >= 100


def test_an_accepted_answer_wakes_who_waits() -> None:
    async def story(feed: Feed, server: Server) -> tuple[str, str]:
        waiting = asyncio.create_task(feed.next_reading(TWO, None, heartbeat=60))
        await asyncio.sleep(1)
        moment = START + timedelta(seconds=1)
        row = {**server.row(1, 0), "jobId": 2}
        reading = feed.accept(parse_job(row), moment, moment, "post")
        assert reading is not None
        late = feed.accept(parse_job(row), START, moment, "get_job")
        assert late is None
        return (await waiting).origin, reading.origin

    assert tell(story) == ("post", "post")


def test_failures_are_told_and_counted_and_then_over() -> None:
    async def story(feed: Feed, server: Server) -> tuple[list[FeedFact], list[int]]:
        facts: list[FeedFact] = []
        feed.subscribe(facts.append)
        feed.track(ONE)
        server.broken = httpx.Response(503, headers={"Retry-After": "5"})
        await asyncio.sleep(40)
        failing = feed.status
        assert failing.failing is not None
        assert "503" in failing.failing
        assert failing.brief == "HTTP 503"
        assert failing.next_at is not None
        server.broken = None
        await asyncio.sleep(60)
        return facts, [failing.failures, feed.status.failures]

    facts, failures = tell(story)

    counts = [fact.count for fact in facts if isinstance(fact, PollFailed)]
    assert counts == [1, 2, 3]
    assert failures == [3, 0]
    assert PollRecovered(3) in facts


def test_a_server_that_is_not_there_is_said_so_in_a_word() -> None:
    async def story(feed: Feed, server: Server) -> list[SafeText | None]:
        feed.track(ONE)
        server.broken = httpx.ConnectError("[Errno 111] Connection refused")
        await asyncio.sleep(40)
        down = feed.status
        server.broken = None
        await asyncio.sleep(90)
        return [down.brief, feed.status.brief]

    assert tell(story) == ["no connection", None]


def test_a_stale_feed_knows_when_it_read_last() -> None:
    async def story(feed: Feed, server: Server) -> float:
        feed.track(ONE)
        await asyncio.sleep(10)
        server.broken = httpx.Response(200, text="<html>")
        await asyncio.sleep(100)
        assert feed.status.read_at is not None
        return (feed.status.read_at - START).total_seconds()

    assert 6 < tell(story) < 11


def test_a_cold_start_is_five_lists() -> None:
    async def story(feed: Feed, server: Server) -> list[str]:
        facts: list[FeedFact] = []
        feed.subscribe(facts.append)
        before = len(server.asked)
        await feed.cold_start()
        assert ColdStartDone(1) in facts
        return [url.params["status"] for url in server.asked[before:] if "status" in url.params]

    assert tell(story) == ["failed", "running", "incomplete", "pending", "queued"]


def test_a_cold_start_needs_no_loop_and_outlasts_failures() -> None:
    async def story() -> int:
        server = Server()
        server.broken = httpx.Response(503)
        now = clock()
        door = Door(BASE, clock=now, rng=random.Random(1), transport=httpx.MockTransport(server))
        feed = Feed(Client(door, BASE), clock=now, rng=random.Random(1))
        cold = asyncio.create_task(feed.cold_start())
        await asyncio.sleep(30)
        assert not cold.done()
        server.broken = None
        await cold
        return len(feed.jobs)

    assert run_virtual(story()) == 1


def test_lists_are_narrowed_to_the_profiles_workspaces() -> None:
    async def story(feed: Feed, server: Server) -> set[str]:
        feed.looking = True
        await asyncio.sleep(400)
        return {url.params.get("workspaceIds", "") for url in server.asked}

    assert tell(story) == {"w1"}


def test_the_deck_hears_of_a_foreign_job_and_its_end() -> None:
    async def story(feed: Feed, server: Server) -> list[str]:
        heard: list[str] = []

        def listen(fact: FeedFact) -> None:
            if isinstance(fact, ReadingTaken) and fact.reading.job_id == TWO and fact.changed:
                heard.append(str(fact.reading.status))

        feed.subscribe(listen)
        feed.looking = True
        await feed.cold_start()
        server.ends[2] = 200
        await asyncio.sleep(300)
        return heard

    heard = tell(story)

    assert heard[0] == "running"
    assert heard[-1] == "succeeded"


def test_asking_now_ends_a_pause() -> None:
    async def story(feed: Feed, server: Server) -> tuple[int, int]:
        await asyncio.sleep(5)
        before = len(server.asked)
        feed.look_now()
        await asyncio.sleep(1)
        return before, len(server.asked)

    before, after = tell(story)

    assert after == before + 1


def test_a_job_that_is_gone_is_said_after_being_sure() -> None:
    async def story(feed: Feed, server: Server) -> tuple[list[FeedFact], bool]:
        facts: list[FeedFact] = []
        feed.subscribe(facts.append)
        feed.track(ONE)
        await asyncio.sleep(5)
        del server.ends[1]
        await asyncio.sleep(60)
        return [fact for fact in facts if isinstance(fact, JobGone)], feed.gone(ONE) is not None

    gone, known = tell(story)

    assert [fact.job_id for fact in gone if isinstance(fact, JobGone)] == [ONE]
    assert known


def test_the_facts_of_a_page_come_together_and_then_others_have_a_turn() -> None:
    async def story(feed: Feed, server: Server) -> list[str]:
        order: list[str] = []
        server.ends = dict.fromkeys(range(1, 51), 1e9)

        def listen(fact: FeedFact) -> None:
            if isinstance(fact, ReadingTaken):
                order.append("reading")
                asyncio.get_running_loop().call_soon(order.append, "turn")

        feed.subscribe(listen)
        await asyncio.sleep(1)
        return order

    order = tell(story)

    assert order == ["reading"] * 50 + ["turn"] * 50


def test_a_listener_that_breaks_does_not_end_the_readings(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story(feed: Feed, server: Server) -> int:
        readings = 0

        def broken(fact: FeedFact) -> None:
            raise ZeroDivisionError

        def counting(fact: FeedFact) -> None:
            nonlocal readings
            readings += isinstance(fact, ReadingTaken)

        feed.subscribe(broken)
        unsubscribe = feed.subscribe(counting)
        feed.track(ONE)
        await asyncio.sleep(10)
        unsubscribe()
        heard = readings
        await asyncio.sleep(10)
        assert readings == heard
        return heard

    assert tell(story) >= 3
    assert "a listener of the feed failed" in caplog.text


def test_the_rate_is_told_when_it_changes() -> None:
    async def story(feed: Feed, server: Server) -> list[int]:
        rates: list[int] = []

        def listen(fact: FeedFact) -> None:
            if isinstance(fact, RateChanged):
                rates.append(fact.per_minute)

        feed.subscribe(listen)
        feed.track(ONE)
        await asyncio.sleep(120)
        return rates

    rates = tell(story)

    assert 18 <= max(rates) <= 22
    assert all(before != after for before, after in pairwise(rates))


def test_what_ended_stays_known() -> None:
    async def story(feed: Feed, server: Server) -> tuple[object, object]:
        server.ends = {1: 5.0, 2: 1e9}
        feed.track(ONE)
        feed.track(TWO)
        await asyncio.sleep(30)
        feed.untrack(ONE)
        one, two = feed.latest(ONE), feed.jobs[TWO]
        assert one is not None
        return one.status, two.status

    assert tell(story) == (SUCCEEDED, RUNNING)
